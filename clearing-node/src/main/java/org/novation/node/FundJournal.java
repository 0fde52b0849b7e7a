package org.novation.node;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.novation.insurance.FundEvent;
import org.novation.insurance.InsuranceFundActor;
import org.novation.insurance.JournalSays;

/** Reads what a fund has written, event by event, beside the fund itself. */
final class FundJournal {
  /** Searches of this node at once: they share the journal's connections with all writes. */
  private static final int SEARCHES_MAX = 4;

  /** Without an event for so long, the database is stuck. A search in a long journal takes long. */
  private static final Duration SILENCE = Duration.ofSeconds(10);

  private final ActorSystem<?> system;
  private final CurrentEventsByPersistenceIdQuery journal;
  private final Semaphore searches = new Semaphore(SEARCHES_MAX);

  FundJournal(ActorSystem<?> system) {
    this.system = system;
    this.journal =
        PersistenceQuery.get(system)
            .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier());
  }

  /** What the journal says of an id; fails when that is not known. */
  CompletionStage<JournalSays> says(String pool, String id) {
    if (!searches.tryAcquire())
      return CompletableFuture.failedStage(
          new IllegalStateException("the journal is being searched too often at once"));
    return journal
        .currentEventsByPersistenceId(
            InsuranceFundActor.persistenceId(pool).id(), 1, Long.MAX_VALUE)
        .idleTimeout(SILENCE)
        .runFold(
            JournalSays.of(id), (says, envelope) -> says.and((FundEvent) envelope.event()), system)
        .whenComplete((_, _) -> searches.release());
  }
}
