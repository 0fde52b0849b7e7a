package org.novation.ledger;

import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.jdbc.config.ReadJournalConfig;
import org.apache.pekko.persistence.jdbc.query.dao.DefaultReadJournalDao;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.scaladsl.Source;
import scala.Option;
import scala.Tuple2;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;
import scala.util.Try;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcProfile;

/** Pekko's own, but that rows hold several events: {@link JournalRows}. */
public final class JournalReadDao extends DefaultReadJournalDao {
  /** Called by Pekko, by the class's name in the configuration. */
  public JournalReadDao(
      JdbcBackend.JdbcDatabaseDef db,
      JdbcProfile profile,
      ReadJournalConfig config,
      Serialization serialization,
      ExecutionContext context,
      Materializer materializer) {
    super(db, profile, config, serialization, context, materializer);
  }

  /** Readers begin with any event: the row that holds it begins so far before at most. */
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
        Together.MAX - 1,
        page,
        mat(),
        ec());
  }
}
