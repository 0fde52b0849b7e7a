package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.ledger.AuditReport.TrailLine;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.TestJournal.Stored;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;
import org.novation.trail.TrailActor;
import org.novation.trail.TrailEntry;
import org.novation.trail.TrailHead;
import org.novation.trail.TrailRecord;

/** A trail as it was written passes; changed in any way it does not. */
final class TrailAuditTest {
  private static final String ID = TrailActor.PERSISTENCE_ID.id();

  private final List<TrailRecord> records = new ArrayList<>();
  private @Nullable TrailHead snapshot;

  TrailAuditTest() {
    for (int i = 0; i < 20; i++) record("p-" + i);
  }

  private void record(String resource) {
    TrailEntry entry = new TrailEntry("carol", "x/SetPause", resource, "…", TrailEntry.ASKED);
    records.add(head().next(entry, 1_000 + records.size()));
  }

  private TrailHead head() {
    return records.isEmpty() ? TrailHead.START : TrailHead.START.after(records.getLast());
  }

  @ParameterizedTest
  @EnumSource
  void findsNothingWrongInATrailAsItWasWritten(TestStore kind) throws SQLException {
    snapshot = new TrailHead(10, records.get(9).hash());
    try (Store store = Store.open(kind.fresh())) {
      store(store);
      AuditReport report = Auditor.audit(store.dataSource(), "USDC", head(), null);
      assertThat(report.violation()).isNull();
      assertThat(report.trail()).isEqualTo(new TrailLine(20, head().hash()));
      assertThat(TrailAudit.after(store.dataSource(), 17, 2)).isEqualTo(records.subList(17, 19));
    }
  }

  @Test
  void findsARecordThatWasChanged() {
    TrailRecord sound = records.get(6);
    records.set(6, changed(sound, "p-x", sound.hash()));
    assertThat(violation(null)).isEqualTo(at(7, "is not what its hash was taken of"));
  }

  @Test
  void findsARecordThatWasChangedTogetherWithItsHash() {
    TrailHead before = new TrailHead(6, records.get(5).hash());
    TrailEntry other = new TrailEntry("carol", "x/SetPause", "p-x", "…", "OK");
    records.set(6, before.next(other, 1_006));
    assertThat(violation(null)).isEqualTo(at(8, "does not follow the record before it"));
  }

  @Test
  void findsARecordThatWasRemoved() {
    records.remove(6);
    assertThat(violation(null))
        .isEqualTo(new Violation(ID, 7, "the event is missing: the next one has number 8"));
  }

  /** Numbers are closed up so that no gap shows. */
  @Test
  void findsARecordThatWasRemovedAndTheRestMovedUp() {
    records.remove(6);
    for (int i = 6; i < records.size(); i++) {
      TrailRecord r = records.get(i);
      records.set(
          i,
          new TrailRecord(
              i + 1,
              r.atMs(),
              r.principal(),
              r.action(),
              r.resource(),
              r.request(),
              r.outcome(),
              r.previous(),
              r.hash()));
    }
    assertThat(violation(null)).isEqualTo(at(7, "does not follow the record before it"));
  }

  @Test
  void findsRecordsThatChangedPlaces() {
    TrailRecord seventh = records.get(6);
    TrailRecord eighth = records.get(7);
    records.set(6, numbered(eighth, 7));
    records.set(7, numbered(seventh, 8));
    assertThat(violation(null)).isEqualTo(at(7, "does not follow the record before it"));
  }

  @Test
  void findsATrailThatWasCutByAnAnchorOrBySnapshots() {
    TrailHead anchor = head();
    records.removeLast();
    assertThat(violation(null)).isNull();
    assertThat(violation(anchor))
        .isEqualTo(at(19, "ends here, but went on to record 20: it was cut"));
    snapshot = anchor;
    assertThat(violation(null))
        .isEqualTo(at(19, "ends before a snapshot of it: records were cut off"));
    records.clear();
    snapshot = null;
    assertThat(violation(anchor))
        .isEqualTo(at(0, "ends here, but went on to record 20: it was cut"));
  }

  /**
   * Whoever may write to the database can reckon every hash anew; what was kept elsewhere stays.
   */
  @Test
  void findsATrailThatWasWrittenAnewByAnAnchor() {
    TrailHead anchor = new TrailHead(15, records.get(14).hash());
    records.subList(6, records.size()).clear();
    while (records.size() < 30) record("forged-" + records.size());
    assertThat(violation(null)).isNull();
    assertThat(violation(anchor))
        .isEqualTo(at(15, "has another hash than the anchor: it was written anew"));
  }

  private static Violation at(long number, String what) {
    return new Violation(ID, number, "the trail " + what);
  }

  private static TrailRecord changed(TrailRecord r, String resource, String hash) {
    return new TrailRecord(
        r.number(),
        r.atMs(),
        r.principal(),
        r.action(),
        resource,
        r.request(),
        r.outcome(),
        r.previous(),
        hash);
  }

  private static TrailRecord numbered(TrailRecord r, long number) {
    return new TrailRecord(
        number,
        r.atMs(),
        r.principal(),
        r.action(),
        r.resource(),
        r.request(),
        r.outcome(),
        r.previous(),
        r.hash());
  }

  private @Nullable Violation violation(@Nullable TrailHead anchor) {
    try (Store store = Store.open(new StoreConfig.H2Memory("trail-" + System.nanoTime()))) {
      store(store);
      return Auditor.audit(store.dataSource(), "USDC", anchor, null).violation();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private void store(Store store) throws SQLException {
    List<Stored> rows = new ArrayList<>();
    for (TrailRecord record : records) {
      // A row that is removed leaves its gap; the number of a row is the record's.
      rows.add(new Stored(ID, record.number(), record));
    }
    TrailHead taken = snapshot;
    TestJournal.store(
        store.dataSource(),
        rows,
        taken == null ? List.of() : List.of(new Stored(ID, taken.number(), taken)));
  }
}
