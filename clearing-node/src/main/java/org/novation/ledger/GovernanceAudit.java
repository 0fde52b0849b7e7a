package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.account.Account;
import org.novation.account.AccountEvent.CollateralReceived;
import org.novation.account.AccountEvent.CollateralSent;
import org.novation.clearing.HouseAccount;
import org.novation.governance.Governance;
import org.novation.governance.GovernanceActor;
import org.novation.governance.GovernanceEvent;
import org.novation.governance.GovernanceSnapshot;
import org.novation.governance.GovernanceSnapshotV1;
import org.novation.governance.GovernanceSnapshotV2;
import org.novation.governance.Reckoning;
import org.novation.governance.Stakes;
import org.novation.governance.Stakes.Leaving;
import org.novation.governance.Stakes.Returning;
import org.novation.instrument.Catalogue;
import org.novation.ledger.AuditReport.StakesLine;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;

/**
 * Rebuilds governance from its first event, reckons again every vote, approval and figure of a new
 * version, and holds the accounts to it: the tokens that are staked are those that accounts gave
 * the house's account of stakes, each once, nothing leaves that but what was released, to whom it
 * was released, and in the end it holds what is staked.
 *
 * <p>Memory: an entry for each stake and each release there ever was.
 */
final class GovernanceAudit {
  /** Tokens that governance moves under an id. */
  private static final class Moved {
    final String from;
    final String to;
    final long micros;
    final Row row;
    boolean done; // As governance has it.
    boolean never;
    boolean sent; // As the account has it that gives.
    boolean arrived; // As the account has it that gets.

    Moved(String from, String to, long micros, Row row) {
      this.from = from;
      this.to = to;
      this.micros = micros;
      this.row = row;
    }
  }

  private final VersionAudit versions;
  private final Map<String, Moved> moves = new HashMap<>();
  private final Map<String, Long> askedOf = new HashMap<>(); // The last asking of each voter.
  private @Nullable String token; // What the first stake was of.
  private Governance read = Governance.EMPTY;
  private @Nullable Account stakes; // The house's account of them, in the end.

  /**
   * @param versions told of each version, in the order of the journal
   */
  GovernanceAudit(VersionAudit versions) {
    this.versions = versions;
  }

  /** What it holds of its voters' tokens; null when nothing is voted. */
  @Nullable StakesLine line() {
    if (read.events() == 0) return null;
    Stakes stakes = read.stakes();
    long leaving = 0;
    for (Leaving each : stakes.leaving()) leaving = Math.addExact(leaving, each.micros());
    long returning = 0;
    for (Returning each : stakes.returning()) returning = Math.addExact(returning, each.micros());
    long held = 0;
    for (Moved each : moves.values()) {
      if (!each.sent) continue;
      boolean in = each.to.equals(HouseAccount.STAKES);
      held = Math.addExact(held, in ? each.micros : -each.micros);
    }
    return new StakesLine(
        read.parameters().version(),
        read.events(),
        token == null ? "" : token,
        stakes.holders().values().stream().filter(each -> each.micros() > 0).count(),
        Long.toString(stakes.stakedMicros()),
        Long.toString(leaving),
        Long.toString(returning),
        Long.toString(held));
  }

  // ---- governance's own journal, read first

  void read(Connection connection) throws SQLException, ViolationException {
    try (JournalReader journal = new JournalReader(connection, Table.EVENTS, GovernanceActor.TYPE);
        JournalReader stored =
            new JournalReader(connection, Table.SNAPSHOTS, GovernanceActor.TYPE)) {
      Governance house = Governance.EMPTY;
      for (Row row = journal.next(); row != null; row = journal.next()) {
        GovernanceEvent event =
            Auditor.read(row, GovernanceEvent.class, row.persistenceId(), house.events() + 1);
        follow(event, row);
        long before = house.parameters().version();
        try {
          String problem = Reckoning.problem(house, event);
          if (problem != null) throw wrong(row, problem);
          house = house.apply(event);
        } catch (IllegalStateException | IllegalArgumentException | ArithmeticException e) {
          throw wrong(row, "the event cannot follow: " + e.getMessage());
        }
        if (house.parameters().version() != before)
          versions.executed(house.parameters().version(), row);
        compareSnapshot(house, row.persistenceId(), stored);
        read = house;
      }
      Row orphan = stored.next();
      if (orphan != null) throw wrong(orphan, "there is a snapshot, but no event until it");
    }
  }

  private void follow(GovernanceEvent event, Row row) throws ViolationException {
    switch (event) {
      case GovernanceEvent.StakeAsked asked -> {
        askedOf.put(asked.voter(), asked.number());
        moves.put(
            "stake-" + asked.number(),
            new Moved(asked.voter(), HouseAccount.STAKES, asked.micros(), row));
      }
      case GovernanceEvent.Staked staked -> {
        Long asked = askedOf.remove(staked.voter());
        Moved moved = asked == null ? null : moves.get("stake-" + asked);
        if (moved == null || moved.micros != staked.micros() || !moved.from.equals(staked.voter()))
          throw wrong(row, "stakes tokens that nobody was asked for");
        moved.done = true;
      }
      case GovernanceEvent.StakeNotTaken not -> moved("stake-" + not.asked(), row).never = true;
      case GovernanceEvent.StakeReleased released ->
          moves.put(
              "unstake-" + released.number(),
              new Moved(HouseAccount.STAKES, released.voter(), released.micros(), row));
      case GovernanceEvent.StakeReturned back ->
          moved("unstake-" + back.released(), row).done = true;
      case GovernanceEvent.HouseSetUp _,
          GovernanceEvent.UnstakeBegun _,
          GovernanceEvent.Delegated _,
          GovernanceEvent.Proposed _,
          GovernanceEvent.Deposited _,
          GovernanceEvent.VotingBegun _,
          GovernanceEvent.Voted _,
          GovernanceEvent.VotesCounted _,
          GovernanceEvent.Executed _,
          GovernanceEvent.ProposalExpired _,
          GovernanceEvent.ProposalOutdated _,
          GovernanceEvent.ProposalWithdrawn _,
          GovernanceEvent.ProposalCancelled _,
          GovernanceEvent.ActBegun _,
          GovernanceEvent.ActApproved _,
          GovernanceEvent.ActDone _,
          GovernanceEvent.ActLapsed _ -> {}
    }
  }

  private Moved moved(String id, Row row) throws ViolationException {
    Moved moved = moves.get(id);
    if (moved == null) throw wrong(row, "no tokens were to move as " + id);
    return moved;
  }

  private static void compareSnapshot(Governance house, String persistenceId, JournalReader stored)
      throws SQLException, ViolationException {
    Row row = stored.peek();
    if (row == null
        || !row.persistenceId().equals(persistenceId)
        || row.sequenceNumber() != house.events()) return;
    stored.next();
    Record read = Auditor.read(row, Record.class, persistenceId, house.events());
    if (read instanceof GovernanceSnapshotV1 v1) read = v1.upgraded();
    if (read instanceof GovernanceSnapshotV2 v2) read = v2.upgraded();
    GovernanceSnapshot replayed = GovernanceSnapshot.of(house);
    // Since one of before ids were each author's own, less is known than all events together say.
    if (read instanceof GovernanceSnapshot of
        && of.forgottenThroughMs() > replayed.forgottenThroughMs()) read = of.remembering(replayed);
    if (!read.equals(replayed))
      throw wrong(row, "the snapshot differs from the replay of the events until it");
  }

  // ---- what accounts did

  /** Collateral was given to another account. */
  void sent(String account, CollateralSent sent, Row row) throws ViolationException {
    boolean leaves = account.equals(HouseAccount.STAKES);
    if (!leaves && !sent.to().equals(HouseAccount.STAKES)) return;
    Moved moved = moves.get(sent.transferId());
    if (moved == null || !moved.from.equals(account) || !moved.to.equals(sent.to()))
      throw wrong(row, (leaves ? "takes from" : "gives to") + " the stakes what nobody asked for");
    if (moved.never) throw wrong(row, "gives tokens that it had refused to give");
    if (token == null) token = sent.asset();
    if (moved.sent || moved.micros != sent.amount() || !token.equals(sent.asset()))
      throw wrong(row, "moves other tokens than those that are staked or released");
    moved.sent = true;
  }

  /** Collateral that another account gave has come. */
  void received(String account, CollateralReceived received) {
    Moved moved = moves.get(received.transferId());
    if (moved != null && moved.to.equals(account) && moved.from.equals(received.from()))
      moved.arrived = true;
  }

  /** An account in its last state. */
  void read(Account account) {
    if (account.id().equals(HouseAccount.STAKES)) stakes = account;
  }

  /** Collateral came into the house for an account. */
  void deposited(String account, Row row) throws ViolationException {
    if (account.equals(HouseAccount.STAKES)) throw wrong(row, "brings in stakes of nobody's");
  }

  /** Once all accounts were read. */
  void finish(Catalogue catalogue) throws ViolationException {
    for (Map.Entry<String, Moved> each : moves.entrySet()) {
      Moved moved = each.getValue();
      if (moved.done && !moved.sent)
        throw wrong(moved.row, each.getKey() + " is done, but not on the account's books");
    }
    requireSameTokens(catalogue);
  }

  /** What the house's account holds is what is staked, but for what is under way. */
  private void requireSameTokens(Catalogue catalogue) throws ViolationException {
    if (stakes == null || token == null) return;
    long expected = read.stakes().heldMicros();
    for (Moved each : moves.values()) {
      boolean comes = each.to.equals(HouseAccount.STAKES);
      if (comes && each.arrived && !each.done) expected += each.micros;
      if (comes && !each.arrived && each.done) expected -= each.micros;
      if (!comes && each.sent && !each.done) expected -= each.micros;
    }
    long held = stakes.portfolio().amount(catalogue.assetListed(token));
    if (held != expected)
      throw new ViolationException(
          stakes.id(),
          stakes.events(),
          "holds " + held + " of the token where " + expected + " are staked or under way");
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}
