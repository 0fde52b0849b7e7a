package org.novation.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.pekko.NotUsed;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.scaladsl.Sink;
import org.apache.pekko.stream.scaladsl.Source;
import org.novation.account.AccountActor;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.auction.AuctionActor;
import scala.Option;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.util.Success;
import scala.util.Try;

/**
 * How events become rows of the journal, and rows events. What an account, an auction or a fund
 * writes at once is one row, {@link Together}, with the number of its first event; so two writers
 * of one entity want the same number, as with a row for each, and the second fails. Everything
 * above sees events with numbers of their own.
 */
final class JournalRows {
  /** Whose events are searched by their manifests only together with those of {@link Together}. */
  private static final Set<String> TYPES =
      Set.of(AccountActor.TYPE, AuctionActor.TYPE, InsuranceFundActor.TYPE);

  /** In place of a number: there are no more rows. */
  private static final long END = 0;

  /** A page of rows, by their numbers. */
  @FunctionalInterface
  interface Pages {
    Source<Try<Tuple2<PersistentRepr, Object>>, NotUsed> rows(long from, long to, long max);
  }

  private JournalRows() {}

  /** Whether rows of this entity may hold several events. */
  static boolean mayHoldSeveral(String persistenceId) {
    int end = persistenceId.indexOf('|');
    return end > 0 && TYPES.contains(persistenceId.substring(0, end));
  }

  /** Each of these writes in as few rows as it takes. */
  static Seq<AtomicWrite> folded(Seq<AtomicWrite> writes) {
    List<AtomicWrite> folded = new ArrayList<>(writes.length());
    for (AtomicWrite write : CollectionConverters.asJava(writes)) folded.add(folded(write));
    return CollectionConverters.asScala(folded).toList();
  }

  private static AtomicWrite folded(AtomicWrite write) {
    Seq<PersistentRepr> events = write.payload();
    if (events.length() < 2 || !mayHoldSeveral(write.persistenceId())) return write;
    List<PersistentRepr> rows = new ArrayList<>();
    for (int at = 0; at < events.length(); at += Together.MAX) {
      PersistentRepr first = events.apply(at);
      int size = Math.min(Together.MAX, events.length() - at);
      rows.add(size == 1 ? first : first.withPayload(together(events, at, size)));
    }
    return new AtomicWrite(CollectionConverters.asScala(rows).toList());
  }

  private static Together together(Seq<PersistentRepr> events, int at, int size) {
    List<Record> together = new ArrayList<>(size);
    for (int n = at; n < at + size; n++) together.add((Record) events.apply(n).payload());
    return new Together(together);
  }

  /** The number of the last event of a row. */
  static long last(PersistentRepr row) {
    return row.payload() instanceof Together(var events)
        ? row.sequenceNr() + events.size() - 1
        : row.sequenceNr();
  }

  /**
   * The events with these numbers, one after the other.
   *
   * @param before how far before the first one its row may begin
   * @param page rows at a time
   */
  static Source<Try<Tuple2<PersistentRepr, Object>>, NotUsed> events(
      Pages pages,
      long from,
      long to,
      int before,
      int page,
      Materializer materializer,
      ExecutionContext context) {
    return Source.<Long, List<Try<Tuple2<PersistentRepr, Object>>>>unfoldAsync(
            Math.max(1, from - before),
            next ->
                next == END || next > to
                    ? Future.successful(Option.empty())
                    : pages
                        .rows(next, to, page)
                        .runWith(Sink.seq(), materializer)
                        .map(rows -> page(rows, next, from, to, rows.length() == page), context))
        .asJava()
        .mapConcat(events -> events)
        .asScala();
  }

  /** What of some rows was asked for, and from where to go on. */
  private static Option<Tuple2<Long, List<Try<Tuple2<PersistentRepr, Object>>>>> page(
      Seq<Try<Tuple2<PersistentRepr, Object>>> rows, long next, long from, long to, boolean more) {
    List<Try<Tuple2<PersistentRepr, Object>>> events = new ArrayList<>();
    long last = next;
    for (Try<Tuple2<PersistentRepr, Object>> each : CollectionConverters.asJava(rows)) {
      Tuple2<PersistentRepr, Object> row = each.get(); // Or the search fails with what failed.
      last = last(row._1());
      unfold(row, from, to, events);
    }
    return Option.apply(new Tuple2<>(more ? last + 1 : END, events));
  }

  private static void unfold(
      Tuple2<PersistentRepr, Object> row,
      long from,
      long to,
      List<Try<Tuple2<PersistentRepr, Object>>> into) {
    PersistentRepr repr = row._1();
    List<?> payloads =
        repr.payload() instanceof Together(var events) ? events : List.of(repr.payload());
    for (int n = 0; n < payloads.size(); n++) {
      long number = repr.sequenceNr() + n;
      if (number < from || number > to) continue;
      PersistentRepr event =
          repr.withPayload(payloads.get(n))
              .update(
                  number, repr.persistenceId(), repr.deleted(), repr.sender(), repr.writerUuid());
      into.add(new Success<>(new Tuple2<>(event, row._2())));
    }
  }
}
