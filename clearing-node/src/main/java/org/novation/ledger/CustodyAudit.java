package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.CollateralHeld;
import org.novation.account.AccountEvent.CollateralReturned;
import org.novation.account.AccountEvent.CollateralWithdrawn;
import org.novation.custody.Custody;
import org.novation.custody.CustodyActor;
import org.novation.custody.CustodyEvent;
import org.novation.custody.CustodyEvent.DepositConfirmed;
import org.novation.custody.CustodyEvent.DepositCredited;
import org.novation.custody.CustodyEvent.WithdrawalBooked;
import org.novation.custody.CustodyEvent.WithdrawalEnded;
import org.novation.custody.CustodyEvent.WithdrawalHeld;
import org.novation.custody.CustodyEvent.WithdrawalRequested;
import org.novation.custody.CustodySnapshot;
import org.novation.custody.Outcome;
import org.novation.custody.Withdrawal;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;

/**
 * Rebuilds custody from its first event and holds the accounts to it: what an account holds, gives
 * up or gets back for a withdrawal is what custody decided, and each once; what custody says was
 * booked is on the account's books; a withdrawal left with enough approvals of the set in force,
 * not before its time; a deposit that custody credited is on its account, once; vaults are deposits
 * less withdrawals and snapshots equal the replay.
 *
 * <p>Signatures are verified once more where the house's name is given, which custodians sign and
 * the journal does not hold. Not judged again are limits: the policy is no part of it. Memory: an
 * entry for each withdrawal and each attested deposit there ever was.
 */
final class CustodyAudit {
  private record Asked(String account, String asset, long amount, Row row) {}

  /** What custody says of one withdrawal, and what its account does. */
  private static final class Matched {
    final Asked asked;
    boolean heldSaid;
    @Nullable Outcome outcome;
    boolean bookedSaid;
    boolean held;
    boolean over;

    Matched(Asked asked) {
      this.asked = asked;
    }
  }

  private static final class In {
    final DepositConfirmed confirmed;
    final Row row;
    boolean creditedSaid;
    boolean credited;

    In(DepositConfirmed confirmed, Row row) {
      this.confirmed = confirmed;
      this.row = row;
    }
  }

  private final @Nullable String house;
  private final VersionAudit versions;
  private final Map<Long, Matched> withdrawals = new HashMap<>();
  private final Map<String, In> deposits = new HashMap<>();

  /**
   * @param house as custodians sign it; null where signatures are not to be verified
   * @param versions of governance, which was read before
   */
  CustodyAudit(@Nullable String house, VersionAudit versions) {
    this.house = house;
    this.versions = versions;
  }

  // ---- custody's own journal, read first

  void read(Connection connection) throws SQLException, ViolationException {
    try (JournalReader journal = new JournalReader(connection, Table.EVENTS, CustodyActor.TYPE);
        JournalReader stored = new JournalReader(connection, Table.SNAPSHOTS, CustodyActor.TYPE)) {
      Custody custody = new Custody();
      for (Row row = journal.next(); row != null; row = journal.next()) {
        CustodyEvent event =
            Auditor.read(row, CustodyEvent.class, row.persistenceId(), custody.events() + 1);
        versions.require(event.parameterVersion(), row);
        judge(custody, event, row);
        if (house != null && !custody.isSigned(event, house))
          throw wrong(row, "no custodian in force signed this for " + house);
        try {
          custody.apply(event);
        } catch (IllegalStateException | ArithmeticException e) {
          throw wrong(row, "the event cannot follow: " + e.getMessage());
        }
        compareSnapshot(custody, row.persistenceId(), stored);
      }
      Row orphan = stored.next();
      if (orphan != null) throw wrong(orphan, "there is a snapshot, but no event until it");
    }
  }

  private void judge(Custody custody, CustodyEvent event, Row row) throws ViolationException {
    switch (event) {
      case DepositConfirmed in -> {
        if (in.custodians().size() < custody.custodians().attestationsNeeded())
          throw wrong(row, "confirms a deposit that too few attest");
        if (deposits.put(id(in.chain(), in.transaction()), new In(in, row)) != null)
          throw wrong(row, "confirms a deposit twice");
      }
      case DepositCredited credited -> {
        In in = deposits.get(id(credited.chain(), credited.transaction()));
        if (in == null) throw wrong(row, "credits a deposit that is not confirmed");
        in.creditedSaid = true;
      }
      case WithdrawalRequested asks ->
          withdrawals.put(
              asks.number(),
              new Matched(new Asked(asks.account(), asks.asset(), asks.amount(), row)));
      case WithdrawalHeld held -> of(held, row).heldSaid = true;
      case WithdrawalEnded ended -> {
        of(ended, row).outcome = ended.outcome();
        if (ended.outcome() == Outcome.SETTLED) judge(custody, ended, row);
      }
      case WithdrawalBooked booked -> of(booked, row).bookedSaid = true;
      case CustodyEvent.CustodiansAdopted _,
          CustodyEvent.DepositAttested _,
          CustodyEvent.WithdrawalApproved _,
          CustodyEvent.WithdrawalDisputed _,
          CustodyEvent.WithdrawalOpposed _ -> {}
    }
  }

  private static void judge(Custody custody, WithdrawalEnded ended, Row row)
      throws ViolationException {
    for (Withdrawal withdrawal : custody.withdrawals()) {
      if (withdrawal.number() != ended.withdrawal()) continue;
      if (!(withdrawal.state() instanceof Withdrawal.State.Open open))
        throw wrong(row, "settles what is not held");
      long version = custody.custodians().version();
      long approvals =
          open.approvals().stream().filter(vote -> vote.setVersion() == version).count();
      if (approvals < custody.custodians().approvalsNeeded())
        throw wrong(row, "settles with " + approvals + " approvals");
      if (ended.atMs() < open.releasableFromMs() || ended.atMs() >= withdrawal.expiresAtMs())
        throw wrong(row, "settles outside its time");
    }
  }

  private Matched of(CustodyEvent.OfWithdrawal event, Row row) throws ViolationException {
    Matched matched = withdrawals.get(event.withdrawal());
    if (matched == null) throw wrong(row, "nobody asked for withdrawal " + event.withdrawal());
    return matched;
  }

  private static void compareSnapshot(Custody custody, String persistenceId, JournalReader stored)
      throws SQLException, ViolationException {
    Row row = stored.peek();
    if (row == null
        || !row.persistenceId().equals(persistenceId)
        || row.sequenceNumber() != custody.events()) return;
    stored.next();
    CustodySnapshot snapshot =
        Auditor.read(row, CustodySnapshot.class, persistenceId, custody.events());
    if (!snapshot.equals(custody.snapshot()))
      throw wrong(row, "the snapshot differs from the replay of the events until it");
  }

  // ---- what accounts did

  void deposited(String account, CollateralDeposited deposit, Row row) throws ViolationException {
    In in = deposits.get(deposit.depositId());
    if (in == null || !in.confirmed.account().equals(account)) return;
    if (!in.confirmed.asset().equals(deposit.asset()) || in.confirmed.amount() != deposit.amount())
      throw wrong(row, "books a deposit otherwise than custodians attest it");
    in.credited = true;
  }

  void held(String account, CollateralHeld held, Row row) throws ViolationException {
    Matched matched = of(account, held.withdrawal(), row);
    if (matched.held
        || !matched.asked.asset().equals(held.asset())
        || matched.asked.amount() != held.amount())
      throw wrong(row, "holds for a withdrawal what was not asked for");
    matched.held = true;
  }

  void returned(String account, CollateralReturned returned, Row row) throws ViolationException {
    Matched matched = of(account, returned.withdrawal(), row);
    if (matched.over || matched.outcome == null || matched.outcome == Outcome.SETTLED)
      throw wrong(row, "takes back a withdrawal that is under way, over or settled");
    matched.over = true;
  }

  void withdrawn(String account, CollateralWithdrawn withdrawn, Row row) throws ViolationException {
    Matched matched = of(account, withdrawn.withdrawal(), row);
    if (matched.over || matched.outcome != Outcome.SETTLED)
      throw wrong(row, "lets go of what is not settled");
    matched.over = true;
  }

  private Matched of(String account, long withdrawal, Row row) throws ViolationException {
    Matched matched = withdrawals.get(withdrawal);
    if (matched == null || !matched.asked.account().equals(account))
      throw wrong(row, "nobody asked this account for withdrawal " + withdrawal);
    return matched;
  }

  /** Once all accounts were read. */
  void finish() throws ViolationException {
    for (Matched matched : withdrawals.values()) {
      if (matched.heldSaid && !matched.held)
        throw wrong(matched.asked.row(), "is held, but not on its account's books");
      if (matched.bookedSaid && !matched.over)
        throw wrong(matched.asked.row(), "is over, but not on its account's books");
    }
    for (In in : deposits.values()) {
      if (in.creditedSaid && !in.credited)
        throw wrong(in.row, "is credited, but not on its account's books");
    }
  }

  private static String id(String chain, String transaction) {
    return chain + ':' + transaction;
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}
