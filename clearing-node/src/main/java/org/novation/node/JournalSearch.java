package org.novation.node;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.House.JournalAnswer;
import org.novation.account.House.Query;
import org.novation.account.Leg;

/**
 * Looks up in an account's journal what the account does not remember. Reads events one by one and
 * keeps what matches.
 */
final class JournalSearch {
  private final ActorSystem<?> system;
  private final JdbcReadJournal journal;

  JournalSearch(ActorSystem<?> system) {
    this.system = system;
    this.journal =
        PersistenceQuery.get(system)
            .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier());
  }

  CompletionStage<JournalAnswer> search(String account, Query query) {
    long from = query.event() == 0 ? 1 : query.event();
    long to = query.event() == 0 ? Long.MAX_VALUE : query.event();
    return journal
        .currentEventsByPersistenceId(AccountActor.persistenceId(account).id(), from, to)
        .runFold(
            new Found(query),
            (found, envelope) -> found.look((AccountEvent) envelope.event()),
            system)
        .thenApply(Found::answer);
  }

  private static final class Found {
    private final Query query;
    private final List<Leg> legs = new ArrayList<>(1);
    private final List<AccountEvent.CollateralDeposited> deposits = new ArrayList<>(1);

    Found(Query query) {
      this.query = query;
    }

    Found look(AccountEvent event) {
      @Nullable String venue = query.venue();
      switch (event) {
        case AccountEvent.TradesCleared cleared when venue != null -> {
          look(cleared.novated(), venue);
          look(cleared.applied(), venue);
        }
        case AccountEvent.CollateralDeposited deposit when venue == null -> {
          if (deposit.depositId().equals(query.id())) deposits.add(deposit);
        }
        default -> {}
      }
      return this;
    }

    private void look(List<Leg> candidates, String venue) {
      for (Leg leg : candidates) {
        if (leg.tradeId().equals(query.id()) && leg.venue().equals(venue)) legs.add(leg);
      }
    }

    JournalAnswer answer() {
      return new JournalAnswer(List.copyOf(legs), List.copyOf(deposits));
    }
  }
}
