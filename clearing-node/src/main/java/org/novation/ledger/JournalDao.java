package org.novation.ledger;

import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.jdbc.config.JournalConfig;
import org.apache.pekko.persistence.jdbc.journal.dao.DefaultJournalDao;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.scaladsl.Sink;
import org.apache.pekko.stream.scaladsl.Source;
import scala.Option;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.concurrent.duration.FiniteDuration;
import scala.runtime.BoxedUnit;
import scala.util.Try;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcProfile;

/** Pekko's own, but that the events of one write share rows: {@link JournalRows}. */
public final class JournalDao extends DefaultJournalDao {
  /** Called by Pekko, by the class's name in the configuration. */
  public JournalDao(
      JdbcBackend.JdbcDatabaseDef db,
      JdbcProfile profile,
      JournalConfig config,
      Serialization serialization,
      ExecutionContext context,
      Materializer materializer) {
    super(db, profile, config, serialization, context, materializer);
  }

  @Override
  public Future<Seq<Try<BoxedUnit>>> asyncWriteMessages(Seq<AtomicWrite> writes) {
    return super.asyncWriteMessages(JournalRows.folded(writes));
  }

  @Override
  public Future<Object> highestSequenceNr(String persistenceId, long from) {
    Future<Object> newestRow = super.highestSequenceNr(persistenceId, from);
    if (!JournalRows.mayHoldSeveral(persistenceId)) return newestRow;
    return newestRow.flatMap(
        number -> (long) number == 0 ? newestRow : last(persistenceId, (long) number), ec());
  }

  private Future<Object> last(String persistenceId, long row) {
    return messages(persistenceId, row, row, 1)
        .runWith(Sink.head(), mat())
        .map(found -> JournalRows.last(found.get()._1()), ec());
  }

  /** A recovery begins after a snapshot, and so with a row: snapshots are of the end of a write. */
  @Override
  public Source<Try<Tuple2<PersistentRepr, Object>>, NotUsed> messagesWithBatch(
      String persistenceId,
      long from,
      long to,
      int page,
      Option<Tuple2<FiniteDuration, Scheduler>> refresh) {
    if (!JournalRows.mayHoldSeveral(persistenceId) || refresh.isDefined())
      return super.messagesWithBatch(persistenceId, from, to, page, refresh);
    return JournalRows.events(
        (first, last, max) -> messages(persistenceId, first, last, max),
        from,
        to,
        0,
        page,
        mat(),
        ec());
  }
}
