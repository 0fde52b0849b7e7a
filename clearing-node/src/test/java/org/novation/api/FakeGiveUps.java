package org.novation.api;

import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.novation.clearing.GiveUpActor.Answered;
import org.novation.clearing.GiveUpBook;
import org.novation.clearing.GiveUpCase;
import org.novation.clearing.GiveUpCommand;
import org.novation.clearing.GiveUpEvent;

/** Give-ups as the edge sees them: real books, without a journal and without clearing. */
final class FakeGiveUps implements GiveUpPort {
  private final Queue<String> forwarded;
  private final Map<String, GiveUpBook> books = new HashMap<>();

  FakeGiveUps(Queue<String> forwarded) {
    this.forwarded = forwarded;
  }

  @Override
  public synchronized CompletionStage<Answered> ask(String toAccount, GiveUpCommand command) {
    forwarded.add("give-up to " + toAccount + ": " + command);
    GiveUpBook book = books.getOrDefault(toAccount, GiveUpBook.EMPTY);
    GiveUpBook.Decision decision = book.decide(command, 2_000, 86_400_000);
    for (GiveUpEvent event : decision.events()) book = book.apply(event);
    books.put(toAccount, book);
    GiveUpCase of = decision.refusal() == null ? book.find(key(command)) : null;
    return CompletableFuture.completedFuture(new Answered(of, decision.refusal()));
  }

  private static String key(GiveUpCommand command) {
    return switch (command) {
      case GiveUpCommand.Propose(var giveUp) -> giveUp.key();
      case GiveUpCommand.Accept(var key) -> key;
      case GiveUpCommand.Cancel(var key) -> key;
      case GiveUpCommand.Permit _ -> "";
      case GiveUpCommand.Note(var key, _, _) -> key;
    };
  }

  @Override
  public synchronized CompletionStage<GiveUpBook> read(String toAccount) {
    forwarded.add("read give-ups to " + toAccount);
    return CompletableFuture.completedFuture(books.getOrDefault(toAccount, GiveUpBook.EMPTY));
  }
}
