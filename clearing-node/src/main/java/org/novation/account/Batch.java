package org.novation.account;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor.Delivery;
import org.novation.account.AccountEvent.AccountOpened;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.CollateralHeld;
import org.novation.account.AccountEvent.CollateralReceived;
import org.novation.account.AccountEvent.CollateralReturned;
import org.novation.account.AccountEvent.CollateralSent;
import org.novation.account.AccountEvent.CollateralWithdrawn;
import org.novation.account.AccountEvent.DebtSettled;
import org.novation.account.AccountEvent.DeficitPaid;
import org.novation.account.AccountEvent.DrawAsked;
import org.novation.account.AccountEvent.DrawReleased;
import org.novation.account.AccountEvent.FeesCharged;
import org.novation.account.AccountEvent.FeesPaid;
import org.novation.account.AccountEvent.HandOverDeferred;
import org.novation.account.AccountEvent.HandedOver;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.account.AccountEvent.LiquidationChanged;
import org.novation.account.AccountEvent.MarginStateChanged;
import org.novation.account.AccountEvent.Mark;
import org.novation.account.AccountEvent.OfferClosed;
import org.novation.account.AccountEvent.OfferReduced;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.account.AccountEvent.ProfitPart;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.AccountEvent.SliceSold;
import org.novation.account.AccountEvent.StepDeclined;
import org.novation.account.AccountEvent.SurplusPaid;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.AccountEvent.TransferTaken;
import org.novation.clearing.Books;
import org.novation.clearing.CorrectionOrder;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.custody.HoldRefusal;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.ProfitBase;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.insurance.Cause;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.FundCommand;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.LiquidationState.Standing;
import org.novation.liquidation.LiquidationState.Transition;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.Sizing;
import org.novation.liquidation.Slice;
import org.novation.liquidation.SliceSizing;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.Charge;
import org.novation.liquidation.auction.Offer;
import org.novation.risk.Action;
import org.novation.risk.Brake;
import org.novation.risk.Fill;
import org.novation.risk.Headroom;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.Margin;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.Stop;
import org.novation.risk.Withdrawable;
import org.novation.risk.WithdrawalGate;

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

  /**
   * How often in a row an account is spared its hand-over while the fund's gate is closed. An
   * auction lasts a minute or so by the usual terms: three more are the few minutes in which buyers
   * come back after a crash, or never; for longer the fund's money is not to be risked on it.
   */
  public static final int DEFERRALS_MAX = 3;

  /** Fees are kept for the house until they come to so much, or nothing happens for a while. */
  public static final long FEES_KEPT_MICROS = 1_000_000_000;

  /** No owner's transfer has a slash in its name. */
  private static final String FEES = "fees/";

  private static final String GIVEN = "given/";

  /**
   * What the fund is to book an account's contribution as. By how its name begins: the rest is a
   * bidder's, where it is of an auction, whose name begins otherwise, with the account's and more.
   */
  public static Cause cause(String account, String contributionId) {
    if (contributionId.startsWith(account + '/' + FEES)) return Cause.FEE;
    return contributionId.startsWith(account + '/' + GIVEN) ? Cause.HOUSE : Cause.SURPLUS;
  }

  private final Account account;
  private final Holds holds;
  private final MarketView view;
  private final LiquidationPolicy policy;
  private final long nowMs;
  private final Supplier<@Nullable ClosedGate> gate;
  private Portfolio draft;
  private @Nullable Offer offer;
  private boolean movedByItself; // By something else than its own auction.
  private @Nullable Judgement judged;
  private boolean opened;
  private HeldWithdrawals withdrawals;
  private long chargedMicros; // Of the event that is being gathered.
  private long feesKeptMicros;
  private long feesPaidFromMicros = FEES_KEPT_MICROS;
  private final List<AccountEvent> events = new ArrayList<>(2);
  private final List<Delivery> committed = new ArrayList<>(); // Of the whole batch.
  private SortedMap<Long, Dispatch> dispatches = Collections.emptySortedMap();
  private long nextOutboxNumber;
  private List<Leg> novated = new ArrayList<>(); // Of the event that is being gathered.
  private List<Leg> applied = new ArrayList<>(); // Likewise.
  private List<Long> acknowledged = new ArrayList<>(0);
  private int booked; // Ids that this batch adds to those remembered.
  private final Map<Fingerprint, Fingerprint> decided =
      new HashMap<>(); // Id alone to id with content.
  private Set<String> taken = Set.of(); // Transfers of this batch.
  private Map<String, Long> steps = Map.of(); // Of this batch.
  private boolean debtSettled;
  private long closed; // The event of a closing of this batch.
  private @Nullable DrawAsked asking; // Of the fund, by this batch.
  private @Nullable LotBudget toCut; // What may go on sale should a liquidation begin.
  private @Nullable Sizing sizing;
  private boolean released; // What the fund was asked for goes back with this batch.
  private Set<String> sold = Set.of(); // Transfers to bidders, of this batch.
  private long ownVersion;
  private @Nullable Portfolio reckonedOf;
  private @Nullable Reckoned reckoned;

  /**
   * With the gate of deleveraging open.
   *
   * @param holds what the account holds as the first of other trades
   * @param nowMs house time
   */
  public Batch(
      Account account, Holds holds, MarketView view, LiquidationPolicy policy, long nowMs) {
    this(account, holds, view, policy, nowMs, () -> null);
  }

  /**
   * @param holds what the account holds as the first of other trades
   * @param nowMs house time
   * @param gate of deleveraging, asked where something would be handed over; null while it is open,
   *     or not known
   */
  public Batch(
      Account account,
      Holds holds,
      MarketView view,
      LiquidationPolicy policy,
      long nowMs,
      Supplier<@Nullable ClosedGate> gate) {
    this.account = account;
    this.holds = holds;
    this.view = view;
    this.policy = policy;
    this.nowMs = nowMs;
    this.gate = gate;
    this.draft = account.portfolio();
    this.offer = account.offer();
    this.ownVersion = account.ownVersion();
    this.nextOutboxNumber = account.nextOutboxNumber();
    this.opened = account.open();
    this.withdrawals = account.withdrawals();
    this.feesKeptMicros = account.feesKeptMicros();
  }

  /** Whose books these are. */
  String accountId() {
    return account.id();
  }

  /** House time of what is decided. */
  long houseMs() {
    return nowMs;
  }

  /** What was listed when they were opened. */
  Catalogue catalogue() {
    return view.catalogue();
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
    return account.outbox().size()
            + account.dispatches().size()
            + committed.size()
            + novated.size()
            + dispatches.size()
        < OUTBOX_MAX;
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
    if (!trade.venue().equals(HouseAccount.VENUE)) {
      var _ = charge(judgement.fill().notionalMicros());
    }
    novate(trade, judgement.fill());
  }

  /** Notes what the draft has paid already. */
  private long charge(long notionalMicros) {
    long micros = view.catalogue().fees().ofTradeMicros(notionalMicros);
    chargedMicros = Math.addExact(chargedMicros, micros);
    return micros;
  }

  private void novate(Trade trade, Fill fill) {
    MarketView.Instrument market =
        view.instrument(view.catalogue().instrumentListed(trade.instrument()));
    novate(trade, fill, market.markTicks(), market.fundingIndex());
  }

  private void novate(Trade trade, Fill fill, long markTicks, long fundingIndex) {
    movedByItself = true;
    novated.add(Leg.of(trade, account.id(), fill, nowMs, markTicks, fundingIndex));
    booked++;
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
    movedByItself = true;
    // An event books what was applied first, and here a step of deleveraging went before.
    if (!novated.isEmpty()) gather();
    draft = draft.copy();
    applied.add(mirror(last, trade));
    if (!trade.venue().equals(HouseAccount.VENUE)) {
      long fee = charge(last.notionalMicros());
      if (fee != 0) draft.credit(0, Math.negateExact(fee));
    }
    booked++;
    decided.put(idOnly(trade), trade.fingerprint());
  }

  /** Books the other side of a leg on the draft. */
  private Leg mirror(Leg last, Trade trade) {
    if (Coins.are(trade.instrument())) {
      int asset = Coins.listed(view.catalogue(), trade.instrument());
      Fill coins =
          coins(
              draft,
              asset,
              trade.signedLots(account.id()),
              Math.negateExact(last.notionalMicros()));
      return Leg.of(trade, account.id(), coins, last.novatedAtMs(), last.markTicks(), 0);
    }
    int instrument = view.catalogue().instrumentListed(trade.instrument());
    long index = view.instrument(instrument).fundingIndex();
    long lots = trade.signedLots(account.id());
    Fill fill =
        draft.fill(instrument, lots, -last.notionalMicros(), index, last.tradeFundingIndex());
    draft.apply(instrument, fill);
    return Leg.of(
        trade, account.id(), fill, last.novatedAtMs(), last.markTicks(), last.tradeFundingIndex());
  }

  /**
   * Takes note that another account has its leg. Costs no write of its own when trades are booked
   * as well.
   */
  public void acknowledge(List<Long> outboxNumbers) {
    for (Long number : outboxNumbers) {
      if (account.outbox().containsKey(number) || account.dispatches().containsKey(number))
        acknowledged.add(number);
    }
  }

  /** Opens the account; again by the same member changes nothing. */
  public @Nullable Rejection open(String member) {
    if (opened) {
      String owner = account.member();
      if (owner == null) owner = ((AccountOpened) events.getFirst()).member();
      return owner.equals(member) ? null : new Rejection.AccountTaken(account.id());
    }
    add(new AccountOpened(nextNumber(), nowMs, account.id(), member));
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
    // What is staked comes from accounts alone.
    boolean anybodys = opened && !account.id().equals(HouseAccount.STAKES);
    if (!anybodys) return new Rejection.UnknownAccount(account.id());
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
    gather();
    draft = after;
    move(new CollateralDeposited(nextNumber(), nowMs, depositId, asset, amount));
    return null;
  }

  // ---- withdrawals

  /**
   * Takes collateral out of the balances for a withdrawal. A number that was seen before changes
   * nothing: it is held, or it is over.
   *
   * @param withdrawal custody's number for it
   * @return why not; null when it is held, now or before, or over
   */
  public @Nullable HoldRefusal hold(
      long withdrawal, String withdrawalId, String asset, long amount) {
    if (withdrawals.hasSeen(withdrawal)) return null;
    Integer index = view.catalogue().asset(asset);
    HoldRefusal plain = refusedPlainly(index, asset, amount);
    if (plain != null || index == null) return plain;
    if (withdrawals.open().size() >= HeldWithdrawals.OPEN_MAX)
      return refusal(HoldRefusal.Code.TOO_MANY, 0, 0);
    Portfolio after = draft.copy();
    after.credit(index, Math.negateExact(amount));
    HoldRefusal why = refusedByMargin(after, index);
    if (why != null) return why;
    gather();
    draft = after;
    withdrawals = withdrawals.with(new HeldWithdrawals.Held(withdrawal, asset, amount));
    move(
        new CollateralHeld(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            withdrawal,
            withdrawalId,
            asset,
            amount,
            recorded()));
    return null;
  }

  private @Nullable HoldRefusal refusedPlainly(@Nullable Integer index, String asset, long amount) {
    if (!opened || HouseAccount.is(account.id()))
      return refusal(HoldRefusal.Code.UNKNOWN_ACCOUNT, 0, 0);
    long balance = index == null ? 0 : draft.amount(index);
    if (amount <= 0 || amount > balance)
      return new HoldRefusal(HoldRefusal.Code.BALANCE, asset, balance, amount, 0);
    return switch (account.liquidation()) {
      case LiquidationState.Liquidating _, LiquidationState.Closed _ ->
          refusal(HoldRefusal.Code.LIQUIDATION, 0, 0);
      case LiquidationState.Healthy _,
          LiquidationState.MarginCall _,
          LiquidationState.Recovered _ ->
          null;
    };
  }

  private @Nullable HoldRefusal refusedByMargin(Portfolio after, int index) {
    String unpriced = firstUnpriced();
    if (unpriced != null)
      return new HoldRefusal(HoldRefusal.Code.NO_FRESH_PRICE, unpriced, 0, 0, 0);
    // What is wrong in the house as a whole, custody has asked before and asks again.
    Stop stop = WithdrawalGate.OPEN.against(draft, index, view, nowMs);
    if (stop != null) {
      HoldRefusal.Code code = HoldRefusal.Code.valueOf(stop.brake().name());
      return new HoldRefusal(code, stop.subject(), 0, 0, stop.untilMs());
    }
    try {
      Withdrawable left = Withdrawable.of(after, holds, view);
      return left.allowed()
          ? null
          : refusal(HoldRefusal.Code.MARGIN, left.equityMicros(), left.requiredMicros());
    } catch (ArithmeticException beyondHeadroom) {
      return refusal(HoldRefusal.Code.MARGIN, 0, 0);
    }
  }

  private HoldRefusal refusal(HoldRefusal.Code code, long haveMicros, long needMicros) {
    return new HoldRefusal(code, account.id(), haveMicros, needMicros, 0);
  }

  /**
   * Gives back what is held for a withdrawal. One that was never held, and whose question may still
   * be on its way, will not be held when it comes. Again changes nothing.
   */
  public void giveBack(long withdrawal) {
    HeldWithdrawals.Held held = withdrawals.find(withdrawal);
    if (held == null && withdrawals.hasSeen(withdrawal)) return;
    if (!opened) return; // It can hold nothing, and custody asks it for nothing more.
    gather();
    withdrawals = withdrawals.without(withdrawal);
    if (held == null) {
      add(new CollateralReturned(nextNumber(), nowMs, withdrawal, "", 0));
      return;
    }
    draft = draft.copy();
    draft.credit(view.catalogue().assetListed(held.asset()), held.amount());
    move(new CollateralReturned(nextNumber(), nowMs, withdrawal, held.asset(), held.amount()));
  }

  /**
   * What is held for a withdrawal has left the house. Again changes nothing.
   *
   * @throws IllegalStateException when it was never held: custody and account disagree
   */
  public void letGo(long withdrawal) {
    HeldWithdrawals.Held held = withdrawals.find(withdrawal);
    if (held == null) {
      if (withdrawals.hasSeen(withdrawal)) return;
      throw new IllegalStateException(
          "account " + account.id() + " never held withdrawal " + withdrawal);
    }
    gather();
    withdrawals = withdrawals.without(withdrawal);
    add(new CollateralWithdrawn(nextNumber(), nowMs, withdrawal, held.asset(), held.amount()));
  }

  // ---- transfers between accounts

  /**
   * What is known of an order to give collateral to another account; {@code FORGOTTEN} when only
   * the journal can tell.
   */
  public Known known(TransferOrder order) {
    for (AccountEvent event : events) {
      if (!(event instanceof CollateralSent sent) || !sent.transferId().equals(order.id()))
        continue;
      TransferOrder before =
          new TransferOrder(sent.transferId(), sent.to(), sent.asset(), sent.amount());
      return before.equals(order) ? Known.YES : Known.OTHER_CONTENT;
    }
    return account.knownDeposit(Account.orderFingerprint(order));
  }

  /**
   * Why the account cannot give this away; null when it can. What may be withdrawn may be given to
   * another account, and nothing else: the same margin, prices and brakes, but for those that are
   * about the house as a whole, which it does not leave.
   */
  public @Nullable Rejection judge(TransferOrder order) {
    Integer index = view.catalogue().asset(order.asset());
    if (index == null) return new Rejection.UnknownAsset(order.asset());
    if (order.amount() <= 0) return new Rejection.AmountNotPositive(order.amount());
    HoldRefusal plain = refusedPlainly(index, order.asset(), order.amount());
    if (plain != null) return rejection(plain);
    HoldRefusal why = refusedByMargin(without(index, order.amount()), index);
    return why == null ? null : rejection(why);
  }

  private Portfolio without(int asset, long amount) {
    Portfolio after = draft.copy();
    after.credit(asset, Math.negateExact(amount));
    return after;
  }

  private Rejection rejection(HoldRefusal why) {
    return switch (why.code()) {
      case UNKNOWN_ACCOUNT -> new Rejection.UnknownAccount(why.subject());
      case BALANCE ->
          new Rejection.InsufficientBalance(
              account.id(), why.subject(), why.needMicros(), why.haveMicros());
      case MARGIN ->
          new Rejection.InsufficientEquity(why.subject(), why.haveMicros(), why.needMicros());
      case LIQUIDATION -> new Rejection.InLiquidation(why.subject());
      case NO_FRESH_PRICE -> new Rejection.MarketStale(why.subject());
      case PAUSE, INSOLVENT_ACCOUNT, OUTAGE, HALT, DIVERGED_PRICES, KILL_SWITCH, PARAMETERS ->
          new Rejection.Braked(Brake.valueOf(why.code().name()), why.subject(), why.untilMs());
      case NONE, TOO_MANY -> throw new IllegalStateException("no reason for a transfer: " + why);
    };
  }

  /** Gives away what was judged and found possible: this write will be its commit point. */
  public void send(TransferOrder order) {
    gather();
    draft = without(view.catalogue().assetListed(order.asset()), order.amount());
    move(
        new CollateralSent(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            order.id(),
            order.to(),
            order.asset(),
            order.amount(),
            recorded()));
  }

  /**
   * Why the account will not have this of another one; null when it will. One in liquidation takes
   * what ends that alone: the crumbs of somebody who wants to disturb its auction would do so for
   * ever.
   */
  public @Nullable Rejection admit(String asset, long amount) {
    if (!opened || HouseAccount.is(account.id())) return new Rejection.UnknownAccount(account.id());
    Integer index = view.catalogue().asset(asset);
    // The fund holds what the house settles in, and would never part with anything else.
    boolean ofFund = account.id().equals(HouseAccount.FUND);
    if (index == null || (ofFund && index != 0)) return new Rejection.UnknownAsset(asset);
    Portfolio after = draft.copy();
    try {
      after.credit(index, amount);
      Headroom.require(after, holds, view);
      return switch (account.liquidation()) {
        case LiquidationState.Liquidating _, LiquidationState.Closed _ -> rescue(after);
        case LiquidationState.Healthy _,
            LiquidationState.MarginCall _,
            LiquidationState.Recovered _ ->
            null;
      };
    } catch (ArithmeticException tooLarge) {
      return new Rejection.TooLarge(account.id());
    }
  }

  private @Nullable Rejection rescue(Portfolio after) {
    String unpriced = firstUnpriced();
    if (unpriced != null) return new Rejection.MarketStale(unpriced);
    Health then = Margin.health(after, view);
    long from = Math.max(0, Saleable.recoveredFromMicros(after, view, then, policy));
    if (then.equityMicros() >= from) return null;
    long missing = Math.subtractExact(from, Margin.health(draft, view).equityMicros());
    return new Rejection.NoRescue(account.id(), missing);
  }

  /**
   * Takes what another account gave: it is final. Does nothing when it is on the books already. Not
   * to be called where it may have been forgotten and the journal was not asked.
   */
  public void receive(Remittance coming) {
    String key = coming.key();
    if (taken.contains(key) || account.bookedBy(Account.transferFingerprint(key)) != 0) return;
    taken = Sparse.plus(taken, key);
    gather();
    draft = draft.copy();
    draft.credit(view.catalogue().assetListed(coming.asset()), coming.amount());
    booked++;
    move(
        new CollateralReceived(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            coming.id(),
            coming.from(),
            coming.atMs(),
            coming.asset(),
            coming.amount(),
            forgetThroughMs(),
            recorded()));
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
    gather();
    draft = after;
    add(new LeverageCapped(nextNumber(), nowMs, leverageMax));
    return null;
  }

  // ---- corrections

  /** The answer to a correction. */
  public enum Corrected {
    /** On the books with this batch, or before. */
    BOOKED,
    /** Not on these prices, or not before the house has the money: it is told again. */
    NOT_NOW,
    /** The trade was corrected before, in another way. */
    CORRECTED_OTHERWISE,
    /** The account may have forgotten it: the journal is to be asked first. */
    FORGOTTEN
  }

  /**
   * Puts a trade right, whatever margin is left: it is approved, and whoever falls short by it is
   * liquidated like anybody else. This write is the commit point. Does nothing when it is on the
   * books already.
   *
   * @param searched whether the journal was asked and does not know it
   */
  public Corrected correct(CorrectionOrder order, boolean searched) {
    Known known =
        switch (order) {
          case CorrectionOrder.Reverse reverse -> known(reverse.trade());
          case CorrectionOrder.Pay pay -> known(order(pay));
        };
    switch (known) {
      case YES -> {
        return Corrected.BOOKED;
      }
      case OTHER_CONTENT -> {
        return Corrected.CORRECTED_OTHERWISE;
      }
      case FORGOTTEN -> {
        if (!searched) return Corrected.FORGOTTEN;
      }
      case NO -> {}
    }
    if (!outboxHasRoom()) return Corrected.NOT_NOW;
    return switch (order) {
      case CorrectionOrder.Reverse reverse -> reverse(reverse);
      case CorrectionOrder.Pay pay -> pay(pay);
    };
  }

  /**
   * Members owe what they do not have. What the house gives back of fees comes from what it earned,
   * so that it never owes, and so is no defaulter to its own members: it waits until there is some.
   */
  private Corrected pay(CorrectionOrder.Pay pay) {
    boolean ofHouse = account.id().equals(HouseAccount.REVENUE);
    if (ofHouse && draft.cashMicros() < pay.micros()) return Corrected.NOT_NOW;
    send(order(pay));
    return Corrected.BOOKED;
  }

  private TransferOrder order(CorrectionOrder.Pay pay) {
    return new TransferOrder(pay.key(), pay.to(), view.catalogue().asset(0).symbol(), pay.micros());
  }

  /** Both legs accrue funding from where those of the first trade did: so that it is undone too. */
  private Corrected reverse(CorrectionOrder.Reverse reverse) {
    Trade trade = reverse.trade();
    int instrument = view.catalogue().instrumentListed(trade.instrument());
    MarketView.Instrument market = view.instrument(instrument);
    if (market.markTicks() == 0) return Corrected.NOT_NOW;
    long lots = trade.signedLots(account.id());
    Portfolio after = draft.copy();
    Fill fill;
    try {
      long notional =
          view.catalogue().perpetual(instrument).notionalMicros(trade.priceTicks(), lots);
      fill = after.fill(instrument, lots, notional, market.fundingIndex(), reverse.fundingIndex());
      after.apply(instrument, fill);
    } catch (ArithmeticException tooLarge) {
      return Corrected.NOT_NOW;
    }
    draft = after;
    novate(trade, fill, market.markTicks(), reverse.fundingIndex());
    return Corrected.BOOKED;
  }

  // ---- the seller's side of an auction

  /** The answer to a settlement. */
  public sealed interface Settlement {
    /** It is booked with this batch. */
    record Settled(Charge charge) implements Settlement {}

    /** It is not, and never will be. */
    record NotSettled(LapseCause cause) implements Settlement {}

    /** It was booked before: the notice in the outbox tells, or has told. */
    record Before() implements Settlement {}

    /**
     * Too late, or not on these prices: the bid is not answered, and the auction asks what came of
     * it.
     *
     * @param leg the name, as a leg has it, of what the account has and whose price or brake
     *     forbids it; empty where that is not why
     */
    record NotNow(String leg) implements Settlement {}
  }

  /**
   * The leg of what the account has whose price or brake keeps it from settling anything, and from
   * handing over what nobody bought; empty for none.
   */
  public String keptFromSelling() {
    return allowed(Action.AUCTION) ? "" : stopping(Action.AUCTION);
  }

  private static final Settlement BEFORE = new Settlement.Before();
  private static final Settlement NOT_YET = new Settlement.NotNow("");

  /**
   * Sells a part of what is on offer to a bidder whose margin is held. Its write is the commit
   * point.
   *
   * @param deadlineMs house time: later the bidder's hold may be gone; {@link
   *     AuctionActor#NEVER_MS} asks whether it was settled, when no question with a deadline can be
   *     in time any more
   */
  public Settlement settle(
      String auctionId, String bidId, String bidder, Allocation allocation, long deadlineMs) {
    String transferId = Account.transferId(auctionId, bidId);
    if (sold.contains(transferId) || account.bookedBy(Account.transferFingerprint(transferId)) != 0)
      return BEFORE;
    if (account.owesNotice(auctionId, bidId)) return BEFORE;
    Offer selling = offer;
    if (selling == null || !selling.auctionId().equals(auctionId))
      return new Settlement.NotSettled(LapseCause.WITHDRAWN);
    switch (selling.judge(bidId, allocation)) {
      case SETTLED_BEFORE -> {
        return BEFORE;
      }
      case REFUSED -> {
        return new Settlement.NotSettled(LapseCause.WITHDRAWN);
      }
      case SETTLE -> {}
    }
    if (!holds(allocation.legs())) return new Settlement.NotSettled(LapseCause.WITHDRAWN);
    // A no is for ever: not where a copy of the question might still be answered with yes.
    if (deadlineMs == AuctionActor.NEVER_MS) return new Settlement.NotSettled(LapseCause.HOUSE);
    if (!allowed(Action.AUCTION)) return new Settlement.NotNow(stopping(Action.AUCTION));
    for (Allocation.Leg leg : allocation.legs())
      if (!hasPrice(leg.instrument())) return new Settlement.NotNow(leg.instrument());
    if (nowMs > deadlineMs || !outboxHasRoom()) return NOT_YET;
    try {
      return new Settlement.Settled(sell(selling, bidId, bidder, allocation));
    } catch (ArithmeticException tooLarge) {
      return NOT_YET;
    }
  }

  /**
   * Whether a leg can change hands at its price. Where the account's margin depends on it that was
   * asked before; of coins without a weight it must be fresh because they are what is sold.
   */
  private boolean hasPrice(String leg) {
    return !Coins.are(leg)
        || view.asset(Coins.listed(view.catalogue(), leg)).validity().allowsLiquidation();
  }

  /** Whether the account still has what is to be sold: it may have moved in this very batch. */
  private boolean holds(List<Allocation.Leg> legs) {
    for (Allocation.Leg leg : legs) {
      long held = held(leg.instrument());
      if (Long.signum(held) != Long.signum(leg.lots()) || Math.abs(leg.lots()) > Math.abs(held))
        return false;
    }
    return true;
  }

  /** Signed lots, or units of coins, as this batch leaves them. */
  private long held(String leg) {
    return Coins.are(leg)
        ? draft.amount(Coins.listed(view.catalogue(), leg))
        : draft.lots(view.catalogue().instrumentListed(leg));
  }

  private Charge sell(Offer selling, String bidId, String bidder, Allocation allocation) {
    Sale sale = sale(selling, bidId, bidder, allocation.legs());
    Charge charge = Charge.of(allocation, sale.equityShareMicros, policy);
    book(selling, bidId, bidder, allocation, charge, sale);
    return charge;
  }

  /**
   * Positions and balances as they are with a part sold at its prices, before any other cash moves.
   *
   * @param health at the marks
   */
  private record Sale(Portfolio after, List<Leg> legs, Health health, long equityShareMicros) {}

  private Sale sale(Offer selling, String bidId, String bidder, List<Allocation.Leg> allocated) {
    gather();
    Saleable before = saleable(selling, draft, view);
    Portfolio after = draft.copy();
    List<Leg> legs = new ArrayList<>(allocated.size());
    String id = Account.transferId(selling.auctionId(), bidId);
    for (Allocation.Leg leg : allocated) {
      long lots = Math.negateExact(leg.lots());
      Trade trade =
          new Trade(
              HouseAccount.VENUE,
              id + '/' + leg.instrument(),
              leg.instrument(),
              leg.priceTicks(),
              Math.abs(lots),
              lots > 0 ? account.id() : bidder,
              lots > 0 ? bidder : account.id(),
              nowMs);
      legs.add(sell(after, trade, lots));
    }
    // Of what is left at these prices: the marks may have moved since the part was reserved.
    long share = before.shareMicros(saleable(selling, after, view), HouseAccount.is(account.id()));
    return new Sale(after, legs, Margin.health(after, view), share);
  }

  private Leg sell(Portfolio after, Trade trade, long lots) {
    if (Coins.are(trade.instrument())) {
      int asset = Coins.listed(view.catalogue(), trade.instrument());
      long worth = Coins.worthMicros(view.catalogue().asset(asset), lots, trade.priceTicks());
      Fill fill = coins(after, asset, lots, worth);
      return Leg.of(trade, account.id(), fill, nowMs, view.asset(asset).priceMicros(), 0);
    }
    int instrument = view.catalogue().instrumentListed(trade.instrument());
    MarketView.Instrument market = view.instrument(instrument);
    long notional = view.catalogue().perpetual(instrument).notionalMicros(trade.priceTicks(), lots);
    long index = market.fundingIndex();
    Fill fill = after.fill(instrument, lots, notional, index, index);
    after.apply(instrument, fill);
    return Leg.of(trade, account.id(), fill, nowMs, market.markTicks(), index);
  }

  /** Coins change hands for cash. */
  private static Fill coins(Portfolio portfolio, int asset, long amount, long worthMicros) {
    portfolio.credit(asset, amount);
    portfolio.credit(0, Math.negateExact(worthMicros));
    return new Fill(amount, worthMicros, 0, 0, 0, 0);
  }

  /** What an offer is priced by. */
  private Saleable saleable(Offer selling, Portfolio portfolio, MarketView at) {
    return saleable(account.id(), selling, portfolio, at);
  }

  private static Saleable saleable(
      String account, Offer selling, Portfolio portfolio, MarketView at) {
    if (HouseAccount.is(account)) return Saleable.ofHouse(portfolio, at);
    Health health = Margin.health(portfolio, at);
    return selling.legs().stream().anyMatch(leg -> Coins.are(leg.instrument()))
        ? Saleable.everything(health, portfolio, at)
        : Saleable.positions(health);
  }

  private void book(
      Offer selling, String bidId, String bidder, Allocation allocation, Charge charge, Sale sale) {
    sale.after.credit(
        0, Math.negateExact(Math.addExact(charge.sellerMicros(), charge.feeMicros())));
    draft = sale.after;
    Offer left = selling.settle(bidId, allocation);
    offer = left.nothingRemains() ? null : left;
    sold = Sparse.plus(sold, Account.transferId(selling.auctionId(), bidId));
    booked++;
    add(
        new SliceSold(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            selling.auctionId(),
            bidId,
            bidder,
            allocation,
            charge,
            sale.legs,
            forgetThroughMs(),
            Margin.health(draft, view)));
    if (offer == null) releaseDraw();
  }

  /** Nothing is handed over any more: what the fund was asked for goes back. */
  private void releaseDraw() {
    DrawAsked asked = asking != null ? asking : account.asked();
    if (asked == null || released) return;
    released = true;
    add(new DrawReleased(nextNumber(), nowMs, asked.drawId()));
  }

  /** The answer to the end of an auction that nobody bought from. */
  public sealed interface HandOver {
    /** The auction need not say it again. */
    record Done() implements HandOver {}

    /** Not on these prices, or not under this brake. */
    record NotNow() implements HandOver {}

    /** The account will owe something: the fund is asked first, see {@link Account#asked}. */
    record NeedsFund() implements HandOver {}
  }

  /**
   * What the fund granted for the debt of an account.
   *
   * @param micros at least 0
   */
  public record Grant(String drawId, long micros) {}

  private static final HandOver HANDED = new HandOver.Done();
  private static final HandOver NOT_HANDED = new HandOver.NotNow();

  /**
   * The auction is over and nobody bought what is left: it goes to the house's default account at
   * the marks, with its share of equity, for it was for sale at that price. Where the account is
   * left with nothing but a debt, the fund pays what it granted, and the rest goes along. Waits for
   * prices that allow liquidation; does nothing where the account has recovered, or has nothing on
   * offer there. What the house itself could not sell stays with it, to be offered again.
   *
   * <p>While the fund's gate is closed a solvent account is spared that, at most {@link
   * #DEFERRALS_MAX} times in a row: its offer is closed, and another is made.
   *
   * @param grant of the fund; null while it was not asked
   */
  public HandOver handOver(String auctionId, @Nullable Grant grant) {
    Offer selling = offer;
    if (selling == null || !selling.auctionId().equals(auctionId)) return HANDED;
    if (HouseAccount.is(account.id())) {
      closeOffer(selling);
      return HANDED;
    }
    if (!allowed(Action.AUCTION) || !outboxHasRoom()) return NOT_HANDED;
    try {
      // It has recovered: the offer is closed with this batch, unless something else comes of it.
      Health health = Margin.health(draft, view);
      if (health.equityMicros() >= Saleable.recoveredFromMicros(draft, view, health, policy))
        return NOT_HANDED;
      List<Allocation.Leg> left = remainder(selling);
      if (left.isEmpty())
        return NOT_HANDED; // It was reduced in this very batch, or waits for a price.
      ClosedGate closed = spares(health) ? gate.get() : null;
      if (closed != null) {
        defer(selling, closed, health);
        return HANDED;
      }
      Sale sale = sale(selling, Account.HANDED_OVER, HouseAccount.DEFAULT, left);
      long equity = sale.health.equityMicros();
      boolean owes = equity < 0 && Saleable.nothingToSell(sale.after, view, sale.health, policy);
      DrawAsked asked = account.asked();
      boolean granted = asked != null && grant != null && grant.drawId().equals(asked.drawId());
      if (owes && !granted) {
        ask(auctionId, Math.negateExact(equity));
        return new HandOver.NeedsFund();
      }
      long paid = owes && grant != null ? Math.min(grant.micros(), Math.negateExact(equity)) : 0;
      long cash = owes ? equity + paid : Math.max(0, sale.equityShareMicros);
      sale.after.credit(0, Math.subtractExact(paid, cash));
      draft = sale.after;
      offer = null;
      booked++;
      move(
          new HandedOver(
              nextNumber(),
              nowMs,
              view.catalogue().version(),
              auctionId,
              Account.liquidationId(account.liquidation()),
              sale.legs,
              cash,
              asked == null ? "" : asked.drawId(),
              paid,
              cash < 0 ? account.lossesAt(nowMs, sale.legs) : List.of(),
              forgetThroughMs(),
              recorded(),
              paid));
      return HANDED;
    } catch (ArithmeticException tooLarge) {
      return NOT_HANDED;
    }
  }

  /**
   * The auction is over because nobody could bid for too long: what is left is no offer any more
   * once somebody can, and what the account needs to sell by then is offered in another. Until then
   * it stays one, so that no other asks for the fund's money meanwhile.
   */
  public HandOver offerAnew(String auctionId) {
    Offer selling = offer;
    if (selling == null || !selling.auctionId().equals(auctionId)) return HANDED;
    if (!allowed(Action.AUCTION)) return NOT_HANDED;
    closeOffer(selling);
    return HANDED;
  }

  /** Whether a closed gate would keep the account from what deleveraging does to others for it. */
  private boolean spares(Health health) {
    return health.equityMicros() >= 0 && account.deferrals() < DEFERRALS_MAX;
  }

  private void defer(Offer selling, ClosedGate closed, Health health) {
    gather();
    events.add(
        new HandOverDeferred(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            selling.auctionId(),
            Account.liquidationId(account.liquidation()),
            account.deferrals() + 1,
            closed,
            health,
            marks()));
    closeOffer(selling);
  }

  private void ask(String auctionId, long micros) {
    if (account.asked() != null || asking != null) return;
    asking = new DrawAsked(nextNumber(), nowMs, auctionId, drawId(auctionId), micros);
    add(asking);
  }

  /** What is on offer, still held, and priced. */
  private List<Allocation.Leg> remainder(Offer selling) {
    List<Allocation.Leg> legs = new ArrayList<>();
    for (int leg = 0; leg < selling.legs().size(); leg++) {
      Slice.Leg of = selling.legs().get(leg);
      long held = held(of.instrument()) * Long.signum(of.lots());
      long lots = Math.min(selling.remainingLots(leg), held);
      if (lots <= 0 || !hasPrice(of.instrument())) continue;
      legs.add(
          new Allocation.Leg(
              of.instrument(), Long.signum(of.lots()) * lots, price(of.instrument())));
    }
    return legs;
  }

  /** The mark, or the price of coins. */
  private long price(String leg) {
    return Coins.are(leg)
        ? view.asset(Coins.listed(view.catalogue(), leg)).priceMicros()
        : view.instrument(view.catalogue().instrumentListed(leg)).markTicks();
  }

  /**
   * Cuts the slice that is to be sold next, where the account is in liquidation and nothing is on
   * offer, or the house has taken over coins; where a liquidation begins with this batch, its
   * first.
   *
   * @param budget what may go on sale now
   */
  public void cut(LotBudget budget) {
    if (HouseAccount.is(account.id())) cut(account.id() + '-' + nextNumber(), budget);
    else if (account.liquidation() instanceof LiquidationState.Liquidating(var id)) cut(id, budget);
    else toCut = budget;
  }

  /** What there was to sell; null where nothing was to be cut. Known once it is finished. */
  public @Nullable Sizing sizing() {
    return sizing;
  }

  private void cut(String id, LotBudget budget) {
    if (offer != null || !allowed(Action.LIQUIDATE)) return;
    try {
      gather();
      sizing = sizing(account.id(), draft, view, policy, budget);
    } catch (ArithmeticException tooLarge) {
      return;
    }
    if (!(sizing instanceof Sizing.Cut(var slice))) return;
    long number = nextNumber();
    String auctionId = id + '.' + number;
    offer = Offer.of(auctionId, slice);
    movedByItself = false; // It was cut from what is there now.
    add(
        new SliceOffered(
            number, nowMs, view.catalogue().version(), auctionId, id, ownVersion, slice));
  }

  /**
   * The slice with which a liquidation would begin now, were it not throttled; null when none
   * would, or when one is under way.
   */
  @Nullable Slice wantedFirst() {
    LiquidationState state = account.liquidation();
    if (!opened || HouseAccount.is(account.id()) || state instanceof LiquidationState.Liquidating)
      return null;
    Reckoned now = reckoned();
    if (now == null || now.state() != MarginState.LIQUIDATION) return null;
    boolean begins =
        state
            .next(standing(now.health(), allowed(Action.LIQUIDATE)), "")
            .map(Transition::to)
            .filter(LiquidationState.Liquidating.class::isInstance)
            .isPresent();
    return begins ? wanted(account.id(), draft, view, policy) : null;
  }

  /**
   * The slice that an account in liquidation would have to sell now, were it not throttled; null
   * when none, or when that cannot be said.
   */
  static @Nullable Slice wanted(Account account, MarketView view, LiquidationPolicy policy) {
    return wanted(account.id(), account.portfolio(), view, policy);
  }

  private static Sizing sizing(
      String account,
      Portfolio portfolio,
      MarketView view,
      LiquidationPolicy policy,
      LotBudget budget) {
    return HouseAccount.is(account)
        ? SliceSizing.ofHouse(portfolio, view, policy, budget)
        : SliceSizing.of(portfolio, view, policy, budget);
  }

  private static @Nullable Slice wanted(
      String account, Portfolio portfolio, MarketView view, LiquidationPolicy policy) {
    try {
      Sizing sizing = sizing(account, portfolio, view, policy, LotBudget.UNLIMITED);
      return sizing instanceof Sizing.Cut(var slice) ? slice : null;
    } catch (ArithmeticException beyondHeadroom) {
      return null;
    }
  }

  /** What the auction of the standing offer is to hear; null when that cannot be reckoned. */
  static AuctionActor.@Nullable Reduce reduction(Account account, MarketView view) {
    Offer offer = account.offer();
    if (offer == null || !Margin.mayChangeState(account.portfolio(), view)) return null;
    try {
      return new AuctionActor.Reduce(
          account.ownVersion(),
          offer.withdrawnLots(),
          offer.bankruptcyMicros(saleable(account.id(), offer, account.portfolio(), view)));
    } catch (ArithmeticException beyondHeadroom) {
      return null;
    }
  }

  // ---- what others hand over

  /**
   * Takes over what another account handed this one, whatever margin is left: it is final. Does
   * nothing when it is on the books already. Not to be called where it may have been forgotten and
   * the journal was not asked.
   */
  public void take(Transfer transfer) {
    if (taken.contains(transfer.id())) return;
    if (account.bookedBy(Account.transferFingerprint(transfer.id())) != 0) return;
    taken = Sparse.plus(taken, transfer.id());
    gather();
    draft = draft.copy();
    List<Leg> legs = new ArrayList<>(transfer.legs().size());
    for (Leg leg : transfer.legs()) legs.add(mirror(leg, leg.trade(transfer.from())));
    draft.credit(0, transfer.cashMicros());
    booked++;
    move(
        new TransferTaken(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            transfer.id(),
            transfer.from(),
            transfer.atMs(),
            legs,
            transfer.cashMicros(),
            transfer.losses(),
            forgetThroughMs(),
            recorded(),
            transfer.fundMicros()));
  }

  // ---- debts

  /** The id of the draw that a closed account's debt is paid by. */
  public static String drawId(String liquidationId) {
    return liquidationId + FundCommand.ReserveDraw.DEBT;
  }

  /** Whether a draw is for the debt of a closed account; else it is for an auction's takers. */
  public static boolean isDebt(String drawId) {
    return drawId.endsWith(FundCommand.ReserveDraw.DEBT);
  }

  /**
   * Settles the debt of an account that closed: the fund's grant, and the rest becomes the default
   * account's. Does nothing unless the account is closed in this liquidation.
   */
  public void settleDebt(String liquidationId, long grantedMicros) {
    if (!(account.liquidation() instanceof LiquidationState.Closed(var id, var deficit))
        || !id.equals(liquidationId)
        || deficit == 0
        || debtSettled) return;
    if (!draft.flat() || !allowed(Action.DRAW_FUND)) return;
    long owed = Math.max(0, Math.negateExact(Margin.health(draft, view).equityMicros()));
    long paid = Math.min(owed, grantedMicros);
    gather();
    draft = draft.copy();
    draft.credit(0, owed);
    debtSettled = true;
    move(
        new DebtSettled(
            nextNumber(),
            nowMs,
            liquidationId,
            drawId(liquidationId),
            paid,
            owed - paid,
            owed == paid ? List.of() : account.lossesAt(nowMs),
            owed == paid ? 0 : paid));
  }

  // ---- steps of deleveraging

  /** The answer to a step. */
  public sealed interface Step {
    /** Done with this batch or before. */
    record Done(long micros, long version) implements Step {}

    /** The account is not at the version that the closing was chosen on, and never will be. */
    record Changed(long version) implements Step {}

    /** Not yet: a price is missing, or the step is of a wave that is over. */
    record NotNow() implements Step {}

    /** The account may have forgotten it: the journal is to be asked first. */
    record Forgotten() implements Step {}
  }

  private static final Step NOT_NOW = new Step.NotNow();

  /**
   * Closes a part of a position against the default account, as a trade that this write commits.
   *
   * @param knownFromJournal whether the journal was asked and does not know it
   * @param patient whether to wait where it cannot be done now; else it never will be
   */
  public Step close(Trade trade, long atVersion, boolean knownFromJournal, boolean patient) {
    Known known = known(trade);
    if (known == Known.YES) {
      long number = account.bookedBy(trade.fingerprint());
      return new Step.Done(0, number == 0 ? closed : number);
    }
    if (known == Known.FORGOTTEN && !knownFromJournal) return new Step.Forgotten();
    if (account.version() != atVersion || movedByItself || !events.isEmpty())
      return new Step.Changed(account.version());
    int instrument = view.catalogue().instrumentListed(trade.instrument());
    Reach reach = new Reach(draft, view, nowMs);
    if (!outboxHasRoom() || reach.stoppedEverywhere() || !reach.reaches(instrument))
      return patient ? NOT_NOW : decline(trade.tradeId());
    long lots = trade.signedLots(account.id());
    long notional = view.catalogue().perpetual(instrument).notionalMicros(trade.priceTicks(), lots);
    long index = view.instrument(instrument).fundingIndex();
    Fill fill = draft.fill(instrument, lots, notional, index, index);
    draft = draft.copy();
    draft.apply(instrument, fill);
    novate(trade, fill);
    closed = nextNumber();
    return new Step.Done(0, closed);
  }

  private Step decline(String stepId) {
    long number = nextNumber();
    add(new StepDeclined(number, nowMs, stepId));
    return new Step.Changed(number);
  }

  /**
   * Takes profit: of each instrument all that is asked, or what is still there and was not taken
   * before; nothing in a market that may not be deleveraged now, once it is not waited for.
   *
   * @param asked by instrument
   * @param lookBackMs within which realised profit counts
   * @param patient whether to wait where a part cannot be taken now; else it never will be
   */
  public Step takeProfit(
      long wave, String stepId, List<Taking> asked, long lookBackMs, boolean patient) {
    Long before = stepBefore(wave, stepId);
    if (before != null) return new Step.Done(before, account.version());
    if (wave < account.wave()) return NOT_NOW;
    // Profit is the account's, as it was before this batch: what this moves is written first.
    if (booked > 0 || !steps.isEmpty()) return NOT_NOW;
    Reach reach = new Reach(draft, view, nowMs);
    long[] takeable = takeable(asked, lookBackMs, reach);
    boolean heldUp = takeable == null || !asked.stream().allMatch(part -> reaches(reach, part));
    if (heldUp && patient) return NOT_NOW;
    List<ProfitPart> parts = new ArrayList<>(asked.size());
    long askedMicros = 0;
    long taking = 0;
    for (int n = 0; n < asked.size(); n++) {
      String instrument = asked.get(n).instrument();
      askedMicros += asked.get(n).totalMicros();
      long micros = takeable == null ? 0 : takeable[n];
      taking += micros;
      if (micros > 0) parts.add(new ProfitPart(instrument, mark(instrument), micros));
    }
    gather();
    draft = draft.copy();
    draft.credit(0, Math.negateExact(taking));
    did(stepId, taking);
    long number = nextNumber();
    move(
        new ProfitTaken(
            number,
            nowMs,
            wave,
            stepId,
            askedMicros,
            taking,
            lookBackMs,
            parts,
            ProfitTaken.OLDEST_FIRST));
    return new Step.Done(taking, number);
  }

  /** By part; null where that cannot be said on these prices. */
  private long @Nullable [] takeable(List<Taking> asked, long lookBackMs, Reach reach) {
    if (reach.stoppedEverywhere()) return null;
    long[] askedMicros = new long[asked.size()];
    long[] profits = new long[asked.size()];
    try {
      for (int n = 0; n < profits.length; n++) {
        String instrument = asked.get(n).instrument();
        askedMicros[n] = asked.get(n).totalMicros();
        if (reaches(reach, asked.get(n)))
          profits[n] = account.profitMicros(instrument, mark(instrument), nowMs, lookBackMs);
      }
      OptionalLong equity = reach.equityMicros();
      if (equity.isEmpty()) return null;
      return ProfitBase.takeable(askedMicros, profits, equity.getAsLong());
    } catch (ArithmeticException beyondHeadroom) {
      return null;
    }
  }

  private boolean reaches(Reach reach, Taking part) {
    return reach.reaches(view.catalogue().instrumentListed(part.instrument()));
  }

  private long mark(String instrument) {
    return view.instrument(view.catalogue().instrumentListed(instrument)).markTicks();
  }

  /** Pays the default account what a wave took. */
  public Step pay(long wave, String stepId, long micros) {
    Long before = stepBefore(wave, stepId);
    if (before != null) return new Step.Done(before, account.version());
    if (wave < account.wave()) return NOT_NOW;
    gather();
    draft = draft.copy();
    draft.credit(0, micros);
    did(stepId, micros);
    long number = nextNumber();
    move(new DeficitPaid(number, nowMs, wave, stepId, micros));
    return new Step.Done(micros, number);
  }

  private void did(String stepId, long micros) {
    if (steps.isEmpty()) steps = new HashMap<>();
    steps.put(stepId, micros);
  }

  private @Nullable Long stepBefore(long wave, String stepId) {
    Long now = steps.get(stepId);
    if (now != null) return now;
    return wave == account.wave() ? account.step(stepId) : null;
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

  /** Legs booked with this batch as commit point, in order; complete once it is finished. */
  public List<Delivery> committed() {
    return committed;
  }

  /** What others are to hear once it is written, by outbox number; likewise. */
  public SortedMap<Long, Dispatch> dispatches() {
    return dispatches;
  }

  /**
   * The events of all that was decided, in order, of the account's margin state where that has
   * changed, and of what follows for its liquidation. Empty when nothing happened.
   */
  public List<AccountEvent> finish() {
    gather();
    sendFees();
    if (!acknowledged.isEmpty())
      events.add(new OutboxAcknowledged(nextNumber(), nowMs, acknowledged));
    if (!opened) return events;
    if (HouseAccount.is(account.id())) {
      if (!Saleable.mayHaveCoins(draft, view)) payOut("." + nextNumber());
      return events;
    }
    if (account.id().equals(HouseAccount.FUND)) {
      payOut('/' + GIVEN + nextNumber());
      return events;
    }
    Reckoned now = reckoned();
    if (now == null || !Margin.mayChangeState(draft, view)) {
      if (movedByItself) reoffer(null);
      return events;
    }
    if (now.state() != account.state()) {
      events.add(
          new MarginStateChanged(
              nextNumber(),
              nowMs,
              view.catalogue().version(),
              account.state(),
              now.state(),
              now.health(),
              marks()));
    }
    liquidate(now.health());
    return events;
  }

  /** What the margin says follows for the liquidation, and for what is on offer. */
  private void liquidate(Health health) {
    LiquidationState state = account.liquidation();
    if (!step(state, health) && movedByItself) reoffer(health);
  }

  private Standing standing(Health health, boolean trusted) {
    return new Standing(
        health,
        Saleable.nothingToSell(draft, view, health, policy),
        trusted,
        Saleable.recoveredFromMicros(draft, view, health, policy));
  }

  /** Goes from state to state until none follows; says whether one did. */
  private boolean step(LiquidationState state, Health health) {
    boolean begins = !(state instanceof LiquidationState.Liquidating);
    Standing standing = standing(health, !begins || allowed(Action.LIQUIDATE));
    if (state.next(standing, "").isEmpty()) return false;
    String newId = account.id() + '-' + nextNumber();
    LiquidationState next = state.next(standing, newId).map(Transition::to).orElse(state);
    if (offer != null) closeOffer(offer);
    if (state instanceof LiquidationState.Closed(var closed, var deficit)
        && deficit > 0
        && !debtSettled) {
      // The fund may hold something for it: it is to have that back.
      move(new DebtSettled(nextNumber(), nowMs, closed, drawId(closed), 0, 0, List.of(), 0));
    }
    String id = Account.liquidationId(next);
    events.add(
        new LiquidationChanged(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            Account.phase(state),
            Account.phase(next),
            id.isEmpty() ? Account.liquidationId(state) : id,
            Account.deficitMicros(next),
            health,
            marks()));
    if (next instanceof LiquidationState.Liquidating(var began) && toCut != null) cut(began, toCut);
    if (begins) return true;
    step(next, health); // From recovered on to where its equity is.
    return true;
  }

  /**
   * The account moved: no more is on offer than it needs to sell now.
   *
   * @param health null when that cannot be said: then nothing is on offer
   */
  private void reoffer(@Nullable Health health) {
    Offer selling = offer;
    if (selling == null) return;
    Slice needed = null;
    if (health != null) needed = wanted(account.id(), draft, view, policy);
    Offer less = selling.reassess(needed);
    if (health == null || less.nothingRemains()) {
      closeOffer(selling);
      return;
    }
    offer = less;
    events.add(
        new OfferReduced(
            nextNumber(),
            nowMs,
            selling.auctionId(),
            less.withdrawnLots(),
            less.bankruptcyMicros(saleable(less, draft, view))));
  }

  private void closeOffer(Offer selling) {
    Offer before = account.offer();
    // Cut and closed in one batch: nothing of it ever was on sale.
    if (before == null || !before.auctionId().equals(selling.auctionId())) sizing = null;
    events.add(new OfferClosed(nextNumber(), nowMs, selling.auctionId()));
    offer = null;
    releaseDraw();
  }

  /** What a flat account of the house has is the fund's. */
  private void payOut(String name) {
    long cash = draft.cashMicros();
    if (!draft.flat() || cash <= 0 || !outboxHasRoom()) return;
    move(new SurplusPaid(nextNumber(), nowMs, account.id() + name, cash));
  }

  /** Trades so far become an event, so that what follows is numbered after them. */
  private void gather() {
    if (novated.isEmpty() && applied.isEmpty()) return;
    move(
        new TradesCleared(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            novated,
            applied,
            acknowledged,
            forgetThroughMs(),
            recorded()));
    for (Leg leg : novated) committed.add(new Delivery(nextOutboxNumber++, leg));
    novated = new ArrayList<>(0);
    applied = new ArrayList<>(0);
    acknowledged = new ArrayList<>(0);
    if (chargedMicros == 0) return;
    feesKeptMicros = Math.addExact(feesKeptMicros, chargedMicros);
    move(
        new FeesCharged(
            nextNumber(),
            nowMs,
            view.catalogue().version(),
            view.catalogue().fees().tradePpm(),
            chargedMicros));
    chargedMicros = 0;
  }

  /** Sends the fees that are kept for the house on their way, however little it is. */
  public void payFees() {
    feesPaidFromMicros = 1;
  }

  /** Not one by one: a fund that heard of each trade would hear of nothing else. */
  private void sendFees() {
    if (feesKeptMicros < feesPaidFromMicros || !outboxHasRoom()) return;
    long number = nextNumber();
    long fund = view.catalogue().fees().ofFundMicros(feesKeptMicros);
    add(
        new FeesPaid(
            number,
            nowMs,
            view.catalogue().version(),
            FEES + number,
            view.catalogue().asset(0).symbol(),
            fund,
            feesKeptMicros - fund));
    feesKeptMicros = 0;
  }

  private void add(AccountEvent event) {
    events.add(event);
    for (Dispatch dispatch : Account.dispatches(account.id(), event)) {
      if (dispatches.isEmpty()) dispatches = new TreeMap<>();
      dispatches.put(nextOutboxNumber++, dispatch);
    }
  }

  /** Adds an event by which the account moves other than by its own auction. */
  private void move(AccountEvent event) {
    movedByItself = true;
    ownVersion = event.number();
    add(event);
  }

  private Health recorded() {
    Reckoned now = reckoned();
    return now == null ? new Health(0, 0, 0, 0) : now.health();
  }

  /** Whether no price and no brake of what the account has forbids this. */
  private boolean allowed(Action action) {
    return firstUnpriced() == null && view.stop(action, draft, nowMs) == null;
  }

  /** The leg of what the account has whose price or brake forbids this; empty for none alone. */
  private String stopping(Action action) {
    String unpriced = firstUnpriced();
    if (unpriced != null) return unpriced;
    for (int slot = 0; slot < draft.positions(); slot++) {
      int instrument = draft.instrumentAt(slot);
      if (draft.lotsAt(slot) != 0 && view.stopOfInstrument(action, instrument, nowMs) != null)
        return view.catalogue().perpetual(instrument).symbol();
    }
    for (int slot = 0; slot < draft.balances(); slot++) {
      int asset = draft.assetAt(slot);
      if (view.counts(asset, draft.amountAt(slot))
          && view.stopOfAsset(action, asset, nowMs) != null)
        return Coins.leg(view.catalogue().asset(asset).symbol());
    }
    return "";
  }

  private record Reckoned(Health health, MarginState state) {}

  /**
   * Null where a mark is missing, and where prices have left the {@link Headroom} that the account
   * had when it grew, so that its figures do not fit. What was decided is written all the same, for
   * trades are final; the margin state stays what it is.
   */
  private @Nullable Reckoned reckoned() {
    if (reckonedOf != draft) reckoned = reckon();
    reckonedOf = draft;
    return reckoned;
  }

  private @Nullable Reckoned reckon() {
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
    int then = account.remembered() + booked;
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
