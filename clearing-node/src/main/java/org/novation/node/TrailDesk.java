package org.novation.node;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.novation.api.TrailPort;
import org.novation.ledger.TrailAudit;
import org.novation.trail.TrailActor;
import org.novation.trail.TrailEntry;
import org.novation.trail.TrailHead;
import org.novation.trail.TrailRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The trail of the house: written by its one writer, read from the journal. */
final class TrailDesk implements TrailPort {
  private static final Logger LOG = LoggerFactory.getLogger("novation.trail");
  private static final EntityTypeKey<TrailActor.Command> KEY =
      EntityTypeKey.create(TrailActor.Command.class, TrailActor.TYPE);

  /** Longer than the journal's circuit breaker waits for a write. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  private final EntityRef<TrailActor.Command> writer;
  private final DataSource journal;
  private final Executor blocking;

  private TrailDesk(EntityRef<TrailActor.Command> writer, DataSource journal, Executor blocking) {
    this.writer = writer;
    this.journal = journal;
    this.blocking = blocking;
  }

  /**
   * Starts the writer, if no node has it.
   *
   * @param blocking reads the journal
   */
  static TrailDesk start(
      ClusterSharding sharding, LongSupplier clockMs, DataSource journal, Executor blocking) {
    var _ = sharding.init(Entity.of(KEY, _ -> TrailActor.create(clockMs)));
    return new TrailDesk(sharding.entityRefFor(KEY, TrailActor.ID), journal, blocking);
  }

  @Override
  public CompletionStage<TrailHead> append(TrailEntry entry) {
    CompletionStage<TrailActor.Ends> ends =
        writer.ask(replyTo -> new TrailActor.Append(entry, replyTo), PATIENCE);
    return InPlace.of(ends)
        .thenApply(
            written -> {
              // Kept with the logs, it is an anchor outside of the database.
              LOG.info("{}:{}", written.head().number(), written.head().hash());
              return written.head();
            });
  }

  @Override
  public CompletionStage<TrailHead> head() {
    CompletionStage<TrailActor.Ends> ends = writer.ask(TrailActor.Read::new, PATIENCE);
    return InPlace.of(ends).thenApply(TrailActor.Ends::head);
  }

  @Override
  public CompletionStage<List<TrailRecord>> after(long number, int limit) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return TrailAudit.after(journal, number, limit);
          } catch (SQLException e) {
            throw new CompletionException(e);
          }
        },
        blocking);
  }
}
