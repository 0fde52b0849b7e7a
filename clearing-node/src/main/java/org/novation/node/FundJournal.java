package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.novation.insurance.FundEvent;
import org.novation.insurance.InsuranceFundActor;
import org.novation.insurance.JournalSays;

/** Reads what a fund has written, event by event, beside the fund itself. */
final class FundJournal {
  /** Readers' pages of this node at once: they share the journal's connections with all writes. */
  private static final int PAGES_MAX = 4;

  /** Without an event for so long, the database is stuck. A search in a long journal takes long. */
  private static final Duration SILENCE = Duration.ofSeconds(10);

  private final ActorSystem<?> system;
  private final CurrentEventsByPersistenceIdQuery journal;
  private final Semaphore pages = new Semaphore(PAGES_MAX);

  FundJournal(ActorSystem<?> system) {
    this.system = system;
    this.journal =
        PersistenceQuery.get(system)
            .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier());
  }

  /** What the journal says of an id, all of it read; fails when that is not known. */
  CompletionStage<JournalSays> says(String pool, String id) {
    return InPlace.of(
        events(pool, 1, Long.MAX_VALUE).runFold(JournalSays.of(id), JournalSays::and, system));
  }

  /**
   * The last so many events until one of them, oldest first; fewer where there are no more. Fails
   * when too many read at once.
   */
  CompletionStage<List<FundEvent>> until(String pool, long number, int limit) {
    if (!pages.tryAcquire())
      return CompletableFuture.failedStage(
          new IllegalStateException("the journal is being read too often at once"));
    return InPlace.of(
            events(pool, Math.max(1, number - limit + 1), number).runWith(Sink.seq(), system))
        .whenComplete((_, _) -> pages.release());
  }

  private Source<FundEvent, NotUsed> events(String pool, long from, long to) {
    return journal
        .currentEventsByPersistenceId(InsuranceFundActor.persistenceId(pool).id(), from, to)
        .idleTimeout(SILENCE)
        .map(envelope -> (FundEvent) envelope.event());
  }
}
