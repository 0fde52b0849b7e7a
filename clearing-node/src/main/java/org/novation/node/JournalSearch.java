package org.novation.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.House.JournalAnswer;
import org.novation.account.House.Query;
import org.novation.account.Leg;
import org.novation.account.Remittance;
import org.novation.account.TransferOrder;
import org.novation.clearing.HouseAccount;

/**
 * Looks up in an account's journal what the account does not remember. Reads events one by one and
 * keeps what matches. A search that gets no further, and one too many at a time, fail: nothing can
 * be said then, neither that it is there nor that it is not, and whoever asked is to ask again.
 *
 * <p>Legs, deposits and readers each have places of their own, so that nobody who asks for unknown
 * ids keeps a committed leg from its account.
 */
final class JournalSearch {
  /**
   * Most searches of a node at once for legs, for deposits, and for readers: they share the
   * journal's connections with all writes.
   */
  static final int LEGS_MAX = 8;

  static final int DEPOSITS_MAX = 4;
  static final int READERS_MAX = 4;

  /**
   * How long a search may take.
   *
   * @param silence without an event: the database is stuck. Legs and deposits know no other end,
   *     for they must be found in the longest journal, or could never be booked
   * @param reader in all, for a reader: as long as he waits
   */
  record Patience(Duration silence, Duration reader) {
    static final Patience DEFAULT = new Patience(Duration.ofSeconds(10), Duration.ofSeconds(20));
  }

  private final ActorSystem<?> system;
  private final CurrentEventsByPersistenceIdQuery journal;
  private final Patience patience;
  private final Semaphore legs = new Semaphore(LEGS_MAX);
  private final Semaphore deposits = new Semaphore(DEPOSITS_MAX);
  private final Semaphore readers = new Semaphore(READERS_MAX);

  JournalSearch(ActorSystem<?> system) {
    this(
        system,
        PersistenceQuery.get(system)
            .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier()),
        Patience.DEFAULT);
  }

  JournalSearch(
      ActorSystem<?> system, CurrentEventsByPersistenceIdQuery journal, Patience patience) {
    this.system = system;
    this.journal = journal;
    this.patience = patience;
  }

  /** What the journal says; fails when that is not known in time. */
  CompletionStage<JournalAnswer> search(String account, Query query) {
    Semaphore free = query.reading() ? readers : query.venue() == null ? deposits : legs;
    if (!free.tryAcquire())
      return CompletableFuture.failedStage(
          new IllegalStateException("the journal is being searched too often at once"));
    Source<EventEnvelope, NotUsed> events = events(account, query).idleTimeout(patience.silence());
    if (query.reading()) events = events.completionTimeout(patience.reader());
    return InPlace.of(
            events.runFold(
                new Found(query),
                (found, envelope) -> found.look((AccountEvent) envelope.event()),
                system))
        .thenApply(Found::answer)
        .whenComplete((_, _) -> free.release());
  }

  private Source<EventEnvelope, NotUsed> events(String account, Query query) {
    long from = query.event() == 0 ? 1 : query.event();
    // With the event after it: that of the fee.
    long to = query.event() == 0 ? Long.MAX_VALUE : query.event() + 1;
    String id = AccountActor.persistenceId(account).id();
    return journal.currentEventsByPersistenceId(id, from, to);
  }

  private static final class Found {
    private final Query query;
    private final List<Leg> legs = new ArrayList<>(1);
    private long bookedBy; // The event of the first of them.
    private long feePpm;
    private final List<AccountEvent.CollateralDeposited> deposits = new ArrayList<>(1);
    private final List<String> transfers = new ArrayList<>(0);
    private final List<TransferOrder> sent = new ArrayList<>(0);

    Found(Query query) {
      this.query = query;
    }

    Found look(AccountEvent event) {
      @Nullable String venue = query.venue();
      switch (event) {
        case AccountEvent.TradesCleared cleared when venue != null -> {
          look(cleared.novated(), venue);
          look(cleared.applied(), venue);
          if (bookedBy == 0 && !legs.isEmpty()) bookedBy = cleared.number();
        }
        case AccountEvent.FeesCharged charged -> {
          boolean ofVenue = !legs.isEmpty() && !legs.getFirst().venue().equals(HouseAccount.VENUE);
          if (ofVenue && charged.number() == bookedBy + 1) feePpm = charged.tradePpm();
        }
        case AccountEvent.SliceSold sold when venue != null -> look(sold.legs(), venue);
        case AccountEvent.HandedOver handed when venue != null -> look(handed.legs(), venue);
        case AccountEvent.TransferTaken taken when venue != null -> {
          look(taken.legs(), venue);
          if (taken.transferId().equals(query.id())) transfers.add(taken.transferId());
        }
        case AccountEvent.CollateralReceived received when venue != null -> {
          String key = Remittance.key(received.from(), received.transferId());
          if (key.equals(query.id())) transfers.add(key);
        }
        case AccountEvent.CollateralSent order when venue == null -> {
          if (order.transferId().equals(query.id()))
            sent.add(
                new TransferOrder(order.transferId(), order.to(), order.asset(), order.amount()));
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
      return new JournalAnswer(
          List.copyOf(legs),
          feePpm,
          List.copyOf(deposits),
          List.copyOf(transfers),
          List.copyOf(sent));
    }
  }
}
