package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Fingerprint;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.CoordinationSnapshot;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.ReceiptVerifier;
import org.novation.deleveraging.WaveCommand;
import org.novation.deleveraging.WaveDecision;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveEvent.StepDone;
import org.novation.deleveraging.WaveEvent.StepReplaced;
import org.novation.deleveraging.WaveSummary;
import org.novation.ledger.AuditReport.WaveLine;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Role;

/**
 * Rebuilds every wave of deleveraging from its first event: the receipt is the one whose hash was
 * published and is what its input makes of it; every step that was planned, and the end, is what
 * the rules say follows from the receipt and the results until then; it resolves what the default
 * account had, and counts what the fund had paid for that, see {@link DefaultAudit}; each result is
 * one that its step may have; taken = paid + held at each event, and nothing is held at the end;
 * time never runs backwards; snapshots equal the replay. Hands every step that was done to the
 * matcher.
 */
final class WaveAudit {
  private final LegMatcher matcher;
  private final VersionAudit versions;
  private final DefaultAudit defaults;
  private final List<WaveLine> lines = new ArrayList<>();

  WaveAudit(LegMatcher matcher, VersionAudit versions, DefaultAudit defaults) {
    this.matcher = matcher;
    this.versions = versions;
    this.defaults = defaults;
  }

  /** One line for each pool that had a wave. */
  List<WaveLine> lines() {
    return lines;
  }

  /** What a step of a wave is matched by; its check is what was taken or paid, 0 of a closing. */
  static Fingerprint step(String stepId) {
    return Fingerprint.of("adl step " + stepId, "");
  }

  void read(Connection connection) throws SQLException, ViolationException {
    try (JournalReader journal =
            new JournalReader(connection, Table.EVENTS, AdlCoordinatorActor.TYPE);
        JournalReader stored =
            new JournalReader(connection, Table.SNAPSHOTS, AdlCoordinatorActor.TYPE)) {
      for (Row row = journal.peek(); row != null; row = journal.peek())
        new Pool(row.persistenceId()).read(journal, stored);
      Row orphan = stored.next();
      if (orphan != null) throw wrong(orphan, "there is a snapshot, but no event until it");
    }
  }

  /** One pool, event by event. */
  private final class Pool {
    private final String persistenceId;
    private final String pool;
    private final Coordination coordination;

    /** What must come next, where that follows from what was. */
    private final Deque<WaveEvent> following = new ArrayDeque<>();

    private long atMs = Long.MIN_VALUE;
    private long taken;
    private long paid;
    private long uncovered;

    Pool(String persistenceId) {
      this.persistenceId = persistenceId;
      this.pool = persistenceId.substring(persistenceId.indexOf('|') + 1);
      this.coordination = new Coordination(pool);
    }

    void read(JournalReader journal, JournalReader stored) throws SQLException, ViolationException {
      for (Row row = journal.peek();
          row != null && row.persistenceId().equals(persistenceId);
          row = journal.peek()) {
        journal.next();
        WaveEvent event =
            Auditor.read(row, WaveEvent.class, persistenceId, coordination.events() + 1);
        if (event.atMs() < atMs) throw wrong(row, "happened before the event before it");
        atMs = event.atMs();
        judge(event, row);
        apply(event, row);
        compareSnapshot(row, stored);
      }
      AdlWave open = coordination.wave();
      lines.add(
          new WaveLine(
              pool,
              coordination.waves(),
              coordination.events(),
              Long.toString(taken + (open == null ? 0 : open.takenMicros())),
              Long.toString(paid + (open == null ? 0 : open.paidMicros())),
              Long.toString(open == null ? 0 : open.heldMicros()),
              Long.toString(uncovered),
              Long.toString(coordination.fundMicros())));
    }

    private void apply(WaveEvent event, Row row) throws ViolationException {
      try {
        coordination.apply(event);
      } catch (IllegalStateException | IllegalArgumentException | ArithmeticException e) {
        throw wrong(row, "the event cannot follow: " + e.getMessage());
      }
      AdlWave wave = coordination.wave();
      WaveSummary last = coordination.last();
      if (wave == null && last != null) {
        taken += last.takenMicros();
        paid += last.paidMicros();
        uncovered = last.uncoveredMicros();
      } else if (wave != null && event instanceof WaveEvent.WaveBegun begun) {
        verify(wave, begun, row);
      }
    }

    private void verify(AdlWave wave, WaveEvent.WaveBegun begun, Row row)
        throws ViolationException {
      Receipt receipt = wave.receipt();
      if (receipt == null) throw wrong(row, "begins without a receipt");
      boolean tellsOfTheFund = row.manifest().equals(Journalled.CODEC.manifest(begun));
      if (tellsOfTheFund && begun.fundMicros() != receipt.input().fundMicros())
        throw wrong(row, "tells another figure of the fund than the receipt");
      versions.require(receipt.input().parameterVersion(), row);
      ReceiptVerifier.Verdict verdict = ReceiptVerifier.verify(receipt);
      if (!verdict.equal())
        throw wrong(row, "the receipt is false: " + verdict.differences().getFirst());
      defaults.judge(coordination, receipt, row);
    }

    private void judge(WaveEvent event, Row row) throws ViolationException {
      @Nullable AdlWave wave = coordination.wave();
      switch (event) {
        case WaveEvent.ReceiptPart _, WaveEvent.WaveBegun _ -> {} // Judged by their hash.
        case StepDone done -> {
          judge(
              wave, new WaveCommand.Done(done.stepId(), done.micros(), done.version()), event, row);
          matcher.add(
              new Entry(step(done.stepId()), Role.CARRIED_OUT, row.ordering(), done.micros()));
        }
        case StepReplaced replaced ->
            judge(wave, new WaveCommand.Changed(replaced.stepId(), replaced.version()), event, row);
        case WaveEvent.StepsPlanned _, WaveEvent.WaveFinished _ -> {
          if (following.isEmpty() && wave != null) following.addAll(wave.next(event.atMs()));
          if (!event.equals(following.poll()))
            throw wrong(row, "is not what follows from the receipt and the steps until then");
        }
      }
    }

    private static void judge(@Nullable AdlWave wave, WaveCommand result, WaveEvent event, Row row)
        throws ViolationException {
      if (wave == null) throw wrong(row, "tells of a step, but no wave is under way");
      WaveDecision decision = wave.decide(result, event.atMs());
      if (!decision.equals(new WaveDecision.Accepted(List.of(event))))
        throw wrong(row, "is no result of a step that is open: " + decision);
    }

    private void compareSnapshot(Row row, JournalReader stored)
        throws SQLException, ViolationException {
      Row taken = stored.peek();
      if (taken == null
          || !taken.persistenceId().equals(persistenceId)
          || taken.sequenceNumber() != coordination.events()) return;
      stored.next();
      CoordinationSnapshot snapshot =
          Auditor.read(taken, CoordinationSnapshot.class, persistenceId, coordination.events());
      if (coordination.wave() != null || !snapshot.equals(coordination.snapshot()))
        throw wrong(row, "the snapshot is not what the events until it add up to");
    }
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}
