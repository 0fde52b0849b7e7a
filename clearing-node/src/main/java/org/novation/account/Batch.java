package org.novation.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent.AccountOpened;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.account.AccountEvent.MarginStateChanged;
import org.novation.account.AccountEvent.Mark;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.clearing.Books;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Perpetual;
import org.novation.risk.Fill;
import org.novation.risk.Headroom;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.Margin;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * Decides what arrived at an account together, each command on the books as the ones before it
 * leave them, and gathers the outcome into as few events as possible. Reads the account and changes
 * nothing: the events do. Deterministic in its arguments.
 */
public final class Batch implements Books {
  /**
   * Most ids of trades that an account remembers; beyond, the oldest quarter is forgotten. At
   * 15,000 trades a second that is some 13 seconds, and trades that were executed earlier are
   * refused.
   */
  public static final int TRADES_REMEMBERED = 262_144;

  /** Most ids of deposits that an account remembers; beyond, its journal is asked. */
  public static final int DEPOSITS_REMEMBERED = 4_096;

  /** Most legs that wait to be acknowledged. */
  public static final int OUTBOX_MAX = 65_536;

  /**
   * How long ids of trades are remembered at least, unless there are too many: longer than any
   * gateway begins them.
   */
  public static final long REMEMBERED_MS = 70 * 60_000;

  static final int SWEEP_MIN = 1_024;

  private final Account account;
  private final Holds holds;
  private final MarketView view;
  private final long nowMs;
  private Portfolio draft;
  private @Nullable Judgement judged;
  private boolean opened;
  private final List<AccountEvent> events = new ArrayList<>(2);
  private final List<Leg> novated = new ArrayList<>();
  private final List<Leg> applied = new ArrayList<>();
  private final List<Long> acknowledged = new ArrayList<>();
  private final Map<Fingerprint, Fingerprint> decided =
      new HashMap<>(); // Id alone to id with content.

  /**
   * @param holds what the account holds as the first of other trades
   * @param nowMs house time
   */
  public Batch(Account account, Holds holds, MarketView view, long nowMs) {
    this.account = account;
    this.holds = holds;
    this.view = view;
    this.nowMs = nowMs;
    this.draft = account.portfolio();
    this.opened = account.open();
  }

  // ---- what the protocol asks

  @Override
  public Known known(Trade trade) {
    Known known = account.known(trade);
    if (known != Known.NO && known != Known.FORGOTTEN) return known;
    Fingerprint now = decided.get(idOnly(trade));
    if (now != null) return now.equals(trade.fingerprint()) ? Known.YES : Known.OTHER_CONTENT;
    return known;
  }

  @Override
  public @Nullable Rejection judge(Trade trade) {
    judged = null;
    if (!opened) return new Rejection.UnknownAccount(account.id());
    Judgement judgement = Judgement.of(account.id(), draft, holds, trade, view, nowMs);
    judged = judgement;
    return judgement.rejection();
  }

  @Override
  public long oldestMs() {
    return account.oldestMs();
  }

  /** Whether the outbox has room for so many more legs. */
  public boolean outboxHasRoom() {
    return account.outbox().size() + novated.size() < OUTBOX_MAX;
  }

  // ---- decisions

  /**
   * Books the trade that was judged last and found possible: this write will be its commit point.
   */
  public void novate(Trade trade) {
    Judgement judgement = judged;
    if (judgement == null || judgement.after() == null || judgement.fill() == null) {
      throw new IllegalStateException("a trade is judged before it is novated");
    }
    judged = null;
    draft = judgement.after();
    MarketView.Instrument market =
        view.instrument(view.catalogue().instrumentListed(trade.instrument()));
    novated.add(
        Leg.of(
            trade,
            account.id(),
            judgement.fill(),
            nowMs,
            market.markTicks(),
            market.fundingIndex()));
    decided.put(idOnly(trade), trade.fingerprint());
  }

  /**
   * Books a leg that the trade's last account committed, whatever margin is left: the trade is
   * final. Does nothing when it is on the books already. Not to be called when {@link
   * Account#mayHaveForgotten} and the journal was not asked.
   */
  public void apply(Leg last, String lastAccount) {
    Trade trade = last.trade(lastAccount);
    if (account.booked(trade) || trade.fingerprint().equals(decided.get(idOnly(trade)))) return;
    int instrument = view.catalogue().instrumentListed(trade.instrument());
    long index = view.instrument(instrument).fundingIndex();
    long lots = trade.signedLots(account.id());
    Fill fill =
        draft.fill(instrument, lots, -last.notionalMicros(), index, last.tradeFundingIndex());
    draft = draft.copy();
    draft.apply(instrument, fill);
    applied.add(
        Leg.of(
            trade,
            account.id(),
            fill,
            last.novatedAtMs(),
            last.markTicks(),
            last.tradeFundingIndex()));
    decided.put(idOnly(trade), trade.fingerprint());
  }

  /**
   * Takes note that another account has its leg. Costs no write of its own when trades are booked
   * as well.
   */
  public void acknowledge(List<Long> outboxNumbers) {
    for (Long number : outboxNumbers) {
      if (account.outbox().containsKey(number)) acknowledged.add(number);
    }
  }

  /** Opens the account; again by the same member changes nothing. */
  public @Nullable Rejection open(String member) {
    if (opened) {
      String owner = account.member();
      if (owner == null) owner = ((AccountOpened) events.getFirst()).member();
      return owner.equals(member) ? null : new Rejection.AccountTaken(account.id());
    }
    events.add(new AccountOpened(nextNumber(), nowMs, account.id(), member));
    opened = true;
    return null;
  }

  /**
   * Credits collateral, {@code amount} in the asset's smallest unit. A deposit id that is known
   * with the same content changes nothing.
   *
   * @param inJournal what the journal said of this id, where the account may have forgotten it
   */
  public @Nullable Rejection deposit(String depositId, String asset, long amount, Known inJournal) {
    if (!opened) return new Rejection.UnknownAccount(account.id());
    if (amount <= 0) return new Rejection.AmountNotPositive(amount);
    Integer index = view.catalogue().asset(asset);
    if (index == null) return new Rejection.UnknownAsset(asset);
    Fingerprint id = Account.depositFingerprint(depositId, asset, amount);
    Known known = account.knownDeposit(id);
    if (known == Known.FORGOTTEN) known = inJournal;
    for (AccountEvent event : events) {
      if (event instanceof CollateralDeposited d && d.depositId().equals(depositId)) {
        known = d.asset().equals(asset) && d.amount() == amount ? Known.YES : Known.OTHER_CONTENT;
      }
    }
    if (known == Known.YES) return null;
    if (known == Known.OTHER_CONTENT) return new Rejection.DuplicateWithOtherContent(depositId);
    Portfolio after = draft.copy();
    try {
      after.credit(index, amount);
      Headroom.require(after, holds, view);
    } catch (ArithmeticException tooLarge) {
      return new Rejection.TooLarge(account.id());
    }
    draft = after;
    events.add(new CollateralDeposited(nextNumber(), nowMs, depositId, asset, amount));
    return null;
  }

  /**
   * Caps the account's own leverage; refused where the account would not meet its new initial
   * margin, and while that margin cannot be reckoned for want of a mark.
   */
  public @Nullable Rejection capLeverage(long leverageMax) {
    if (!opened) return new Rejection.UnknownAccount(account.id());
    if (draft.leverageMax() == leverageMax) return null;
    String unpriced = firstUnpriced();
    if (unpriced != null) return new Rejection.MarketStale(unpriced);
    Portfolio after = draft.copy();
    after.capLeverage(leverageMax);
    try {
      Health before = Margin.health(draft, holds, view);
      Health then = Margin.health(after, holds, view);
      if (then.initialMarginMicros() > before.initialMarginMicros() && then.freeMicros() < 0) {
        return new Rejection.InsufficientMargin(
            account.id(),
            then.initialMarginMicros() - before.initialMarginMicros(),
            before.freeMicros());
      }
    } catch (ArithmeticException tooLarge) {
      return new Rejection.TooLarge(account.id());
    }
    draft = after;
    events.add(new LeverageCapped(nextNumber(), nowMs, leverageMax));
    return null;
  }

  // ---- the outcome

  /** Whether anything but acknowledgements was decided: those alone may wait for the next write. */
  public boolean decidedAnything() {
    return !events.isEmpty() || !novated.isEmpty() || !applied.isEmpty();
  }

  /** When a trade that is on the books, or was decided in this batch, was novated. */
  public long novatedAtMs(Trade trade) {
    long before = account.novatedAtMs(trade);
    return before != 0 ? before : nowMs;
  }

  /** Legs booked with this batch as commit point, in order. */
  public List<Leg> novated() {
    return novated;
  }

  /**
   * The events of all that was decided, in order, and of the account's margin state where that has
   * changed. Empty when nothing happened.
   */
  public List<AccountEvent> finish() {
    Reckoned reckoned = reckoned();
    Health health = reckoned == null ? null : reckoned.health();
    if (!novated.isEmpty() || !applied.isEmpty()) {
      Health recorded = health != null ? health : new Health(0, 0, 0, 0);
      events.add(
          new TradesCleared(
              nextNumber(),
              nowMs,
              view.catalogue().version(),
              novated,
              applied,
              acknowledged,
              forgetThroughMs(),
              recorded));
    } else if (!acknowledged.isEmpty()) {
      events.add(new OutboxAcknowledged(nextNumber(), nowMs, acknowledged));
    }
    if (opened
        && reckoned != null
        && Margin.mayChangeState(draft, view)
        && reckoned.state() != account.state()) {
      events.add(
          new MarginStateChanged(
              nextNumber(),
              nowMs,
              view.catalogue().version(),
              account.state(),
              reckoned.state(),
              reckoned.health(),
              marks()));
    }
    return events;
  }

  private record Reckoned(Health health, MarginState state) {}

  /**
   * Null where a mark is missing, and where prices have left the {@link Headroom} that the account
   * had when it grew, so that its figures do not fit. What was decided is written all the same, for
   * trades are final; the margin state stays what it is.
   */
  private @Nullable Reckoned reckoned() {
    if (firstUnpriced() != null) return null;
    try {
      Health health = Margin.health(draft, view);
      return new Reckoned(health, health.state());
    } catch (ArithmeticException beyondHeadroom) {
      return null;
    }
  }

  private long nextNumber() {
    return account.events() + events.size() + 1;
  }

  private long forgetThroughMs() {
    int then = account.remembered() + novated.size() + applied.size();
    if (then < account.sweepAt() && then <= TRADES_REMEMBERED) return Long.MIN_VALUE;
    long byTime = nowMs - REMEMBERED_MS;
    return then <= TRADES_REMEMBERED
        ? byTime
        : Math.max(byTime, account.tradesToForget(TRADES_REMEMBERED / 4 * 3));
  }

  /** The first open position without a mark; null when each has one. */
  private @Nullable String firstUnpriced() {
    for (int slot = 0; slot < draft.positions(); slot++) {
      int instrument = draft.instrumentAt(slot);
      if (draft.lotsAt(slot) != 0 && view.instrument(instrument).markTicks() == 0)
        return view.catalogue().perpetual(instrument).symbol();
    }
    return null;
  }

  private List<Mark> marks() {
    List<Mark> marks = new ArrayList<>();
    for (int slot = 0; slot < draft.positions(); slot++) {
      if (draft.lotsAt(slot) == 0) continue;
      Perpetual perpetual = view.catalogue().perpetual(draft.instrumentAt(slot));
      MarketView.Instrument market = view.instrument(draft.instrumentAt(slot));
      marks.add(new Mark(perpetual.symbol(), market.markTicks(), market.fundingIndex()));
    }
    return marks;
  }

  private static Fingerprint idOnly(Trade trade) {
    return new Fingerprint(trade.fingerprint().high(), trade.fingerprint().low(), 0);
  }
}
