package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.novation.account.Batch;
import org.novation.clearing.Fingerprint;
import org.novation.insurance.Cap;
import org.novation.insurance.Cause;
import org.novation.insurance.Draw;
import org.novation.insurance.Fund;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.insurance.FundEvent.GateChanged;
import org.novation.insurance.FundSnapshot;
import org.novation.insurance.InsuranceFundActor;
import org.novation.ledger.AuditReport.FundLine;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Role;

/**
 * Rebuilds every insurance fund from its first event and judges each event by what was before: what
 * it holds is what came in less what was paid, no part of it is ever negative, the house's tranche
 * pays first and is repaid last, a draw gets at most what was asked and says why not more, time
 * never runs backwards, snapshots equal the replay. Hands every contribution, reservation and
 * payment to the matcher, which finds ids that were booked twice, however long ago.
 *
 * <p>A liquidation's draws together get at most the cap that they name. Not judged again are the
 * other caps and the level of the gate: the policy is no part of the journal.
 */
final class FundAudit {
  private final LegMatcher matcher;
  private final VersionAudit versions;
  private final List<FundLine> lines = new ArrayList<>();

  FundAudit(LegMatcher matcher, VersionAudit versions) {
    this.matcher = matcher;
    this.versions = versions;
  }

  /** One line for each fund that was read. */
  List<FundLine> lines() {
    return lines;
  }

  /** What a contribution is matched by. */
  static Fingerprint contribution(String pool, String id) {
    return Fingerprint.of("contribution " + pool + '/' + id, "");
  }

  /** What the two events of a draw are matched by. */
  static Fingerprint draw(String pool, String liquidationId) {
    return Fingerprint.of("draw " + pool + '/' + liquidationId, "");
  }

  void read(Connection connection) throws SQLException, ViolationException {
    try (JournalReader journal =
            new JournalReader(connection, Table.EVENTS, InsuranceFundActor.TYPE);
        JournalReader stored =
            new JournalReader(connection, Table.SNAPSHOTS, InsuranceFundActor.TYPE)) {
      for (Row row = journal.peek(); row != null; row = journal.peek())
        readFund(row.persistenceId(), journal, stored);
      Row orphan = stored.next();
      if (orphan != null) throw wrong(orphan, "there is a snapshot, but no event until it");
    }
  }

  private void readFund(String persistenceId, JournalReader journal, JournalReader stored)
      throws SQLException, ViolationException {
    String pool = persistenceId.substring(persistenceId.indexOf('|') + 1);
    Fund fund = new Fund();
    long atMs = Long.MIN_VALUE;
    for (Row row = journal.peek();
        row != null && row.persistenceId().equals(persistenceId);
        row = journal.peek()) {
      journal.next();
      FundEvent event = Auditor.read(row, FundEvent.class, persistenceId, fund.events() + 1);
      if (event.atMs() < atMs) throw wrong(row, "happened before the event before it");
      atMs = event.atMs();
      versions.require(event.parameterVersion(), row);
      judge(fund, event, pool, row);
      try {
        fund.apply(event);
      } catch (IllegalStateException | ArithmeticException e) {
        throw wrong(row, "the event cannot follow: " + e.getMessage());
      }
      compareSnapshot(fund, persistenceId, stored);
    }
    lines.add(
        new FundLine(
            pool,
            fund.events(),
            fund.openDraws().size(),
            Long.toString(fund.contributedMicros()),
            Long.toString(fund.paidMicros()),
            Long.toString(fund.houseMicros()),
            Long.toString(fund.balanceMicros()),
            Long.toString(fund.reservedMicros())));
  }

  private void judge(Fund fund, FundEvent event, String pool, Row row) throws ViolationException {
    switch (event) {
      case Contributed in -> {
        if (in.amountMicros() <= 0) throw wrong(row, "contributes " + in.amountMicros());
        // By its name, which no operator can give it: an account sent it.
        boolean sent =
            in.cause() == Cause.SURPLUS || in.cause() == Batch.cause(in.account(), in.id());
        Role role = sent ? Role.SURPLUS : Role.CONTRIBUTED;
        match(contribution(pool, in.id()), role, row, in.amountMicros());
      }
      case DrawReserved out -> {
        judge(fund, out, row);
        long granted = out.houseMicros() + out.balanceMicros();
        match(draw(pool, out.liquidationId()), Role.RESERVED, row, granted);
      }
      case DrawSettled end -> {
        judge(fund, end, row);
        match(draw(pool, end.liquidationId()), Role.PAID, row, end.paidMicros());
      }
      case GateChanged changed -> {
        if (changed.open() == fund.gateOpen()) throw wrong(row, "changes the gate to what it was");
        if (changed.availableMicros() != fund.availableMicros()) {
          throw wrong(
              row,
              "says that "
                  + changed.availableMicros()
                  + " is available, but it is "
                  + fund.availableMicros());
        }
      }
    }
  }

  private static void judge(Fund fund, DrawReserved out, Row row) throws ViolationException {
    long granted = out.houseMicros() + out.balanceMicros();
    boolean full = granted == out.requestedMicros();
    if (granted < 0 || granted > out.requestedMicros() || full != (out.boundBy() == Cap.NONE)) {
      throw wrong(
          row,
          "grants " + granted + " of " + out.requestedMicros() + ", bound by " + out.boundBy());
    }
    long left = Math.max(0, out.eventCapMicros() - fund.liquidationUsedMicros(out.liquidation()));
    boolean beyond = granted > left || (out.boundBy() == Cap.EVENT && granted < left);
    if (out.eventCapMicros() > 0 && beyond) {
      throw wrong(
          row,
          "grants " + granted + ", but its liquidation " + out.liquidation() + " may get " + left);
    }
    long first = Math.min(granted, fund.houseMicros());
    if (out.houseMicros() != first) {
      throw wrong(
          row, "takes " + out.houseMicros() + " from the house's tranche, which owes " + first);
    }
  }

  private static void judge(Fund fund, DrawSettled end, Row row) throws ViolationException {
    Draw draw = fund.draw(end.liquidationId());
    if (draw == null) throw wrong(row, "settles " + end.liquidationId() + ", which is not open");
    long returned = end.returnedHouseMicros() + end.returnedBalanceMicros();
    if (end.paidMicros() < 0 || end.paidMicros() + returned != draw.grantedMicros()) {
      throw wrong(
          row,
          "pays "
              + end.paidMicros()
              + " and returns "
              + returned
              + " of a grant of "
              + draw.grantedMicros());
    }
    if (end.returnedBalanceMicros() != Math.min(returned, draw.balanceMicros()))
      throw wrong(row, "repays the house before the fund");
  }

  private void match(Fingerprint id, Role role, Row row, long check) {
    matcher.add(new Entry(id, role, row.ordering(), check));
  }

  private static void compareSnapshot(Fund fund, String persistenceId, JournalReader stored)
      throws SQLException, ViolationException {
    Row row = stored.peek();
    if (row == null
        || !row.persistenceId().equals(persistenceId)
        || row.sequenceNumber() != fund.events()) return;
    stored.next();
    FundSnapshot snapshot =
        FundSnapshot.read(Auditor.read(row, Record.class, persistenceId, fund.events()));
    if (!snapshot.equals(fund.snapshot()))
      throw wrong(row, "the snapshot is not what the events until it add up to");
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}
