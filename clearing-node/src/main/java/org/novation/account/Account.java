package org.novation.account;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent.AccountOpened;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.account.AccountEvent.MarginStateChanged;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.risk.MarginState;
import org.novation.risk.Portfolio;

/**
 * One account as its journal tells it. Changed by {@link #apply} alone, which records what was
 * decided and judges nothing again; an event that cannot follow throws, and stops the account: a
 * silent ledger is better than a false one.
 */
public final class Account {
  private static final long[] NOTHING = {};

  private final String id;
  private final Catalogue catalogue;
  private long events;
  private @Nullable String member; // Null until opened.
  private long openedAtMs;
  private MarginState state = MarginState.HEALTHY;
  private Portfolio portfolio = new Portfolio();
  private long[] deposited = NOTHING; // By slot of the portfolio's balances.
  private SortedMap<Long, Leg> outbox = Collections.emptySortedMap(); // No tree while it is empty.
  private long nextOutboxNumber = 1;
  private final RecentIds trades = new RecentIds();
  private final RecentIds deposits = new RecentIds();
  private int sweepAt = Batch.SWEEP_MIN; // Not part of the state: when to look for ids to forget.

  /** An account that nothing has happened to. */
  public Account(String id, Catalogue catalogue) {
    this.id = id;
    this.catalogue = catalogue;
  }

  public String id() {
    return id;
  }

  /** How many events made this state; the sequence number of the last. */
  public long events() {
    return events;
  }

  public boolean open() {
    return member != null;
  }

  /** The member it belongs to; null until opened. */
  public @Nullable String member() {
    return member;
  }

  public long openedAtMs() {
    return openedAtMs;
  }

  /** Where the journal says that it stands. */
  public MarginState state() {
    return state;
  }

  /** Balances and positions: to read and to copy, never to change. */
  public Portfolio portfolio() {
    return portfolio;
  }

  /**
   * Legs that this account committed and whose other account is not known to have them, by outbox
   * number.
   */
  public SortedMap<Long, Leg> outbox() {
    return Collections.unmodifiableSortedMap(outbox);
  }

  public long nextOutboxNumber() {
    return nextOutboxNumber;
  }

  /** What came in from outside, of the balance in this slot of the portfolio. */
  public long depositedAt(int slot) {
    return slot < deposited.length ? deposited[slot] : 0;
  }

  /** How many trades are remembered. */
  public int remembered() {
    return trades.size();
  }

  /** What is known of a trade. */
  public Known known(Trade trade) {
    Fingerprint id = trade.fingerprint();
    if (trades.sameContent(id)) return Known.YES;
    if (trades.event(id) != 0) return Known.OTHER_CONTENT;
    return trade.executedAtMs() <= trades.forgottenThroughMs() ? Known.FORGOTTEN : Known.NO;
  }

  /** The number of the event that booked a trade of this id; 0 when it is not remembered. */
  public long bookedBy(Fingerprint trade) {
    return trades.event(trade);
  }

  /** The oldest execution time whose trades are all remembered. */
  public long oldestMs() {
    return trades.forgottenThroughMs() == Long.MIN_VALUE
        ? Long.MIN_VALUE
        : trades.forgottenThroughMs() + 1;
  }

  /** What is known of a deposit; {@code FORGOTTEN} when only the journal can tell. */
  public Known knownDeposit(Fingerprint deposit) {
    if (deposits.sameContent(deposit)) return Known.YES;
    if (deposits.event(deposit) != 0) return Known.OTHER_CONTENT;
    return deposits.forgottenThroughMs() == Long.MIN_VALUE ? Known.NO : Known.FORGOTTEN;
  }

  /** From how many remembered trades on it is worth looking for some to forget. */
  int sweepAt() {
    return sweepAt;
  }

  /** When a trade that is on the books was novated. */
  long novatedAtMs(Trade trade) {
    return trades.bookedAtMs(trade.fingerprint());
  }

  /** Whether a trade of this very content is on the books, as far as is remembered. */
  boolean booked(Trade trade) {
    return trades.sameContent(trade.fingerprint());
  }

  /** Whether a trade executed then may have been booked and forgotten. */
  boolean mayHaveForgotten(Trade trade) {
    return trade.executedAtMs() <= trades.forgottenThroughMs();
  }

  /** Through which time ids of trades may be forgotten, to keep at most {@code keep}. */
  long tradesToForget(int keep) {
    return trades.timeToKeep(keep);
  }

  static Fingerprint depositFingerprint(String depositId, String asset, long amount) {
    return Fingerprint.of(depositId, asset + '/' + amount);
  }

  /** Records an event. */
  public void apply(AccountEvent event) {
    if (event.number() != events + 1) {
      throw new IllegalStateException(
          "account "
              + id
              + ": event "
              + event.number()
              + " follows event "
              + events
              + ": the journal has a gap");
    }
    events = event.number();
    switch (event) {
      case AccountOpened opened -> {
        if (member != null) throw new IllegalStateException("account " + id + " was opened twice");
        member = opened.member();
        openedAtMs = opened.atMs();
      }
      case LeverageCapped capped -> portfolio.capLeverage(capped.leverageMax());
      case CollateralDeposited deposit -> applyDeposit(deposit);
      case TradesCleared cleared -> applyCleared(cleared);
      case OutboxAcknowledged acknowledged -> removeFromOutbox(acknowledged.acknowledged());
      case MarginStateChanged changed -> state = changed.to();
    }
    if (member == null) throw new IllegalStateException("account " + id + " was never opened");
  }

  private void applyDeposit(CollateralDeposited deposit) {
    int asset = catalogue.assetListed(deposit.asset());
    portfolio.credit(asset, deposit.amount());
    deposited = Arrays.copyOf(deposited, portfolio.balances());
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (portfolio.assetAt(slot) == asset)
        deposited[slot] = Math.addExact(deposited[slot], deposit.amount());
    }
    deposits.add(
        depositFingerprint(deposit.depositId(), deposit.asset(), deposit.amount()),
        deposit.atMs(),
        deposit.atMs(),
        events);
    if (deposits.size() > Batch.DEPOSITS_REMEMBERED) {
      deposits.forgetThrough(deposits.timeToKeep(Batch.DEPOSITS_REMEMBERED / 2));
    }
  }

  private void applyCleared(TradesCleared cleared) {
    for (Leg leg : cleared.applied()) book(leg);
    for (Leg leg : cleared.novated()) {
      book(leg);
      putIntoOutbox(nextOutboxNumber++, leg);
    }
    removeFromOutbox(cleared.acknowledged());
    if (cleared.forgottenThroughMs() == Long.MIN_VALUE) return;
    trades.forgetThrough(cleared.forgottenThroughMs());
    sweepAt = Math.max(Batch.SWEEP_MIN, 2 * trades.size());
  }

  private void putIntoOutbox(long number, Leg leg) {
    if (outbox.isEmpty()) outbox = new TreeMap<>();
    outbox.put(number, leg);
  }

  private void removeFromOutbox(List<Long> numbers) {
    if (outbox.isEmpty()) return;
    numbers.forEach(outbox::remove);
    if (outbox.isEmpty()) outbox = Collections.emptySortedMap();
  }

  private void book(Leg leg) {
    portfolio.apply(catalogue.instrumentListed(leg.instrument()), leg.fill());
    trades.add(leg.trade(id).fingerprint(), leg.executedAtMs(), leg.novatedAtMs(), events);
  }

  /**
   * Whether cash = deposits + realised profit + funding, and every other balance is what was
   * deposited.
   */
  public boolean cashIsExplained() {
    long explained = 0;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      explained += portfolio.realisedMicrosAt(slot) + portfolio.fundingMicrosAt(slot);
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      long expected = depositedAt(slot);
      if (portfolio.assetAt(slot) == 0) {
        expected += explained;
        explained = 0;
      }
      if (portfolio.amountAt(slot) != expected) return false;
    }
    return explained == 0;
  }

  // ---- snapshots

  /** The state as it is stored. */
  public AccountSnapshot snapshot() {
    return snapshot(ids(trades), ids(deposits));
  }

  /** The state without the ids it remembers, which may be very many. */
  AccountSnapshot snapshotWithoutIds() {
    return snapshot(List.of(), List.of());
  }

  private AccountSnapshot snapshot(
      List<AccountSnapshot.Id> tradeIds, List<AccountSnapshot.Id> depositIds) {
    List<AccountSnapshot.Balance> balances = new ArrayList<>();
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      balances.add(
          new AccountSnapshot.Balance(
              catalogue.asset(portfolio.assetAt(slot)).symbol(),
              portfolio.amountAt(slot),
              depositedAt(slot)));
    }
    List<AccountSnapshot.Position> positions = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      positions.add(
          new AccountSnapshot.Position(
              catalogue.perpetual(portfolio.instrumentAt(slot)).symbol(),
              portfolio.lotsAt(slot),
              portfolio.basisMicrosAt(slot),
              portfolio.fundingIndexAt(slot),
              portfolio.realisedMicrosAt(slot),
              portfolio.fundingMicrosAt(slot),
              portfolio.fundingResidueAt(slot)));
    }
    List<AccountSnapshot.Pending> pending = new ArrayList<>();
    outbox.forEach((number, leg) -> pending.add(new AccountSnapshot.Pending(number, leg)));
    return new AccountSnapshot(
        events,
        id,
        member == null ? "" : member,
        openedAtMs,
        state,
        portfolio.leverageMax(),
        balances,
        positions,
        pending,
        nextOutboxNumber,
        tradeIds,
        trades.forgottenThroughMs(),
        depositIds,
        deposits.forgottenThroughMs());
  }

  /** The account that a snapshot was taken of. */
  public static Account of(AccountSnapshot snapshot, Catalogue catalogue) {
    Account account = new Account(snapshot.accountId(), catalogue);
    account.events = snapshot.number();
    account.member = snapshot.member().isEmpty() ? null : snapshot.member();
    account.openedAtMs = snapshot.openedAtMs();
    account.state = snapshot.state();
    account.portfolio.capLeverage(snapshot.leverageMax());
    account.deposited = new long[snapshot.balances().size()];
    for (int slot = 0; slot < account.deposited.length; slot++) {
      AccountSnapshot.Balance balance = snapshot.balances().get(slot);
      account.portfolio.credit(catalogue.assetListed(balance.asset()), balance.amount());
      account.deposited[slot] = balance.deposited();
    }
    for (AccountSnapshot.Position position : snapshot.positions()) {
      account.portfolio.restore(
          catalogue.instrumentListed(position.instrument()),
          position.lots(),
          position.basis(),
          position.fundingIndex(),
          position.realised(),
          position.funding(),
          position.residue());
    }
    for (AccountSnapshot.Pending pending : snapshot.outbox())
      account.putIntoOutbox(pending.outboxNumber(), pending.leg());
    account.nextOutboxNumber = snapshot.nextOutboxNumber();
    restore(account.trades, snapshot.trades(), snapshot.tradesForgottenThroughMs());
    restore(account.deposits, snapshot.deposits(), snapshot.depositsForgottenThroughMs());
    return account;
  }

  private static List<AccountSnapshot.Id> ids(RecentIds ids) {
    List<AccountSnapshot.Id> list = new ArrayList<>(ids.size());
    for (long[] e : ids.entries())
      list.add(new AccountSnapshot.Id(e[0], e[1], e[2], e[3], e[4], e[5]));
    return list;
  }

  private static void restore(
      RecentIds into, List<AccountSnapshot.Id> ids, long forgottenThroughMs) {
    into.forgetThrough(forgottenThroughMs);
    for (AccountSnapshot.Id id : ids) {
      into.add(
          new Fingerprint(id.high(), id.low(), id.content()),
          id.timeMs(),
          id.bookedAtMs(),
          id.event());
    }
  }
}
