package org.novation.node.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.HdrHistogram.Histogram;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.Phase;
import org.novation.ledger.EventCodec;
import org.novation.ledger.Journalled;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;

/**
 * What the journal says of a cascade: how far each account came when, and what was written. The
 * journal, because nobody can tell it anything afterwards.
 */
final class CascadeJournal {
  private static final int FETCH = 2_000;
  private static final Set<String> OURS =
      Journalled.KINDS.stream().map(EventCodec.Kind::manifest).collect(Collectors.toSet());

  /** Milliseconds from one step to another, over all accounts that went it. */
  record Spread(long count, long p50Ms, long p99Ms, long maxMs) {
    private static Spread of(Histogram histogram) {
      return new Spread(
          histogram.getTotalCount(),
          histogram.getValueAtPercentile(50),
          histogram.getValueAtPercentile(99),
          histogram.getMaxValue());
    }
  }

  /**
   * What was found.
   *
   * @param liquidated accounts whose liquidation began
   * @param closed of these, the ones that have nothing left
   * @param recovered of these, the ones that have enough again
   * @param indebted of those that closed, the ones that owed something
   * @param lastFlatMs from the gap until the last of them had closed or recovered
   * @param lastSettledMs from the gap until the last debt was settled
   * @param handedOver slices that nobody bought
   * @param times by the steps that they lie between
   * @param rows which the events are stored in
   * @param kinds events by kind
   */
  record Figures(
      int liquidated,
      int closed,
      int recovered,
      int indebted,
      long lastFlatMs,
      long lastSettledMs,
      long handedOver,
      SequencedMap<String, Spread> times,
      long events,
      long rows,
      long bytes,
      SortedMap<String, Long> kinds) {}

  private static final class Course {
    long triggeredMs;
    long offeredMs;
    long endedMs;
    boolean closed;
    boolean indebted;
  }

  private final Histogram gapToTrigger = new Histogram(3);
  private final Histogram triggerToOffer = new Histogram(3);
  private final Histogram offerToOpen = new Histogram(3);
  private final Histogram offerToSold = new Histogram(3);
  private final Histogram gapToFlat = new Histogram(3);
  private final Map<String, Course> courses = new HashMap<>();
  private final Map<String, Long> offers = new HashMap<>();
  private final SortedMap<String, Long> kinds = new TreeMap<>();
  private final long gapMs;
  private long events;
  private long rows;
  private long bytes;
  private long handedOver;
  private long lastSettledMs;

  private CascadeJournal(long gapMs) {
    this.gapMs = gapMs;
  }

  /** The number of the newest row. */
  static long newest(DataSource store) throws SQLException {
    try (Connection connection = store.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT coalesce(max(\"ordering\"), 0) FROM \"event_journal\"")) {
      row.next();
      return row.getLong(1);
    }
  }

  /**
   * Everything that was written since.
   *
   * @param after the number of a row
   * @param gapMs when prices fell, by the house's clock
   */
  static Figures read(DataSource store, long after, long gapMs) throws SQLException {
    CascadeJournal journal = new CascadeJournal(gapMs);
    try (Connection connection = store.getConnection()) {
      connection.setAutoCommit(false); // Else PostgreSQL gives all rows at once.
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT \"persistence_id\", \"event_ser_manifest\", \"event_payload\" FROM"
                  + " \"event_journal\" WHERE \"ordering\" > ? ORDER BY \"persistence_id\","
                  + " \"sequence_number\"")) {
        select.setFetchSize(FETCH);
        select.setLong(1, after);
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) journal.row(rows.getString(1), rows.getString(2), rows.getBytes(3));
        }
      }
      connection.rollback();
    }
    return journal.figures();
  }

  private void row(String entity, String manifest, byte[] payload) {
    rows++;
    bytes += payload.length;
    Journalled.parts(manifest, payload)
        .forEach(part -> take(entity, part.manifest(), part.bytes()));
  }

  private void take(String entity, String manifest, byte[] payload) {
    events++;
    boolean ours = OURS.contains(manifest);
    kinds.merge(ours ? manifest : "sharding", 1L, Long::sum);
    if (!ours) return;
    switch (Journalled.CODEC.read(manifest, payload)) {
      case AccountEvent event -> take(entity, event);
      case AuctionOpened opened -> {
        Long offered = offers.get(opened.auctionId());
        if (offered != null) offerToOpen.recordValue(Math.max(0, opened.atMs() - offered));
      }
      default -> {}
    }
  }

  private void take(String entity, AccountEvent event) {
    Course course = courses.computeIfAbsent(entity, _ -> new Course());
    switch (event) {
      case AccountEvent.LiquidationChanged changed -> changed(course, changed);
      case AccountEvent.SliceOffered offered -> {
        if (course.offeredMs == 0)
          triggerToOffer.recordValue(Math.max(0, offered.atMs() - course.triggeredMs));
        course.offeredMs = offered.atMs();
        offers.put(offered.auctionId(), offered.atMs());
      }
      case AccountEvent.SliceSold sold ->
          offerToSold.recordValue(Math.max(0, sold.atMs() - course.offeredMs));
      case AccountEvent.HandedOver _ -> handedOver++;
      case AccountEvent.DebtSettled settled ->
          lastSettledMs = Math.max(lastSettledMs, settled.atMs() - gapMs);
      default -> {}
    }
  }

  private void changed(Course course, AccountEvent.LiquidationChanged changed) {
    if (changed.to() == Phase.LIQUIDATING && course.triggeredMs == 0) {
      course.triggeredMs = changed.atMs();
      gapToTrigger.recordValue(Math.max(0, changed.atMs() - gapMs));
    }
    if (changed.from() != Phase.LIQUIDATING) return;
    course.endedMs = changed.atMs();
    course.closed = changed.to() == Phase.CLOSED;
    course.indebted = changed.deficitMicros() > 0;
  }

  private Figures figures() {
    int liquidated = 0;
    int closed = 0;
    int recovered = 0;
    int indebted = 0;
    long last = 0;
    for (Course course : courses.values()) {
      if (course.triggeredMs == 0) continue;
      liquidated++;
      if (course.endedMs == 0) continue;
      if (course.closed) closed++;
      else recovered++;
      if (course.indebted) indebted++;
      last = Math.max(last, course.endedMs - gapMs);
      gapToFlat.recordValue(Math.max(0, course.endedMs - gapMs));
    }
    SequencedMap<String, Spread> times = new LinkedHashMap<>();
    times.put("gap to trigger", Spread.of(gapToTrigger));
    times.put("trigger to offer", Spread.of(triggerToOffer));
    times.put("offer to auction", Spread.of(offerToOpen));
    times.put("offer to sold", Spread.of(offerToSold));
    times.put("gap to flat", Spread.of(gapToFlat));
    return new Figures(
        liquidated,
        closed,
        recovered,
        indebted,
        last,
        lastSettledMs,
        handedOver,
        times,
        events,
        rows,
        bytes,
        kinds);
  }
}
