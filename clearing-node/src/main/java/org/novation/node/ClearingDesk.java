package org.novation.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor;
import org.novation.account.AccountActor.TradeFound;
import org.novation.account.Leg;
import org.novation.api.ClearingPort;
import org.novation.api.error.Problem;
import org.novation.clearing.ExecutionWindow;
import org.novation.clearing.GatewayActor;
import org.novation.clearing.Outcome;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;

/**
 * Leads trades from the edge to the gateways: all trades of one first account to the same one, so
 * that they are grouped.
 */
final class ClearingDesk implements ClearingPort {
  private static final Duration PATIENCE = JournalSearch.Patience.DEFAULT.reader();

  private final List<ActorRef<GatewayActor.Message>> gateways;
  private final Accounts accounts;
  private final ExecutionWindow window;
  private final LongSupplier houseMs;

  ClearingDesk(
      List<ActorRef<GatewayActor.Message>> gateways,
      Accounts accounts,
      ExecutionWindow window,
      LongSupplier houseMs) {
    this.gateways = List.copyOf(gateways);
    this.accounts = accounts;
    this.window = window;
    this.houseMs = houseMs;
  }

  @Override
  public void submit(List<Trade> trades, Answers answers) {
    long nowMs = houseMs.getAsLong();
    List<List<Trade>> parts = new ArrayList<>(gateways.size());
    List<List<Integer>> positions = new ArrayList<>(gateways.size());
    for (int gateway = 0; gateway < gateways.size(); gateway++) {
      parts.add(new ArrayList<>());
      positions.add(new ArrayList<>());
    }
    for (int position = 0; position < trades.size(); position++) {
      Trade trade = trades.get(position);
      @Nullable Rejection why = window.against(trade, nowMs);
      if (why != null) {
        answers.answer(position, new Outcome.NotBegun(why));
        continue;
      }
      int gateway = Math.floorMod(trade.first().hashCode(), gateways.size());
      parts.get(gateway).add(trade);
      positions.get(gateway).add(position);
    }
    for (int gateway = 0; gateway < gateways.size(); gateway++) {
      if (parts.get(gateway).isEmpty()) continue;
      List<Integer> theirs = positions.get(gateway);
      gateways
          .get(gateway)
          .tell(
              new GatewayActor.Submit(
                  parts.get(gateway),
                  (position, outcome) -> answers.answer(theirs.get(position), outcome)));
    }
  }

  @Override
  public CompletionStage<Optional<BookedTrade>> find(
      String venue, String tradeId, String accountId) {
    EntityRef<PartyMessage> account = accounts.ref(accountId);
    CompletionStage<TradeFound> found =
        account.ask(replyTo -> new AccountActor.FindTrade(venue, tradeId, replyTo), PATIENCE);
    return InPlace.of(found)
        .thenApply(
            answer -> {
              if (!answer.searched())
                throw new Problem.Found(
                    Problem.unavailable("the journal could not be searched: ask again"));
              if (answer.legs().isEmpty()) return Optional.empty();
              Leg leg = answer.legs().getFirst();
              return Optional.of(
                  new BookedTrade(
                      leg.trade(accountId),
                      leg.novatedAtMs(),
                      leg.tradeFundingIndex(),
                      leg.realisedMicros(),
                      leg.fundingMicros(),
                      answer.feePpm()));
            });
  }
}
