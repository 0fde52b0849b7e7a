package org.novation.account;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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
import org.novation.account.AccountEvent.OfferClosed;
import org.novation.account.AccountEvent.OfferReduced;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.AccountEvent.SliceSold;
import org.novation.account.AccountEvent.StepDeclined;
import org.novation.account.AccountEvent.SurplusPaid;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.AccountEvent.TransferTaken;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Trade;
import org.novation.deleveraging.RealisedWindow;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.auction.Charge;
import org.novation.liquidation.auction.Offer;
import org.novation.risk.MarginState;
import org.novation.risk.Portfolio;

/**
 * One account as its journal tells it. Changed by {@link #apply} alone, which records what was
 * decided and judges nothing again; an event that cannot follow throws, and stops the account: a
 * silent ledger is better than a false one.
 */
public final class Account {
  private static final long[] NOTHING = {};
  static final LiquidationState HEALTHY = new LiquidationState.Healthy();

  private final String id;
  private final Supplier<Catalogue> catalogue;
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
  private long version;
  private long ownVersion;
  private HeldWithdrawals withdrawals = HeldWithdrawals.NONE;
  private long feesKeptMicros;
  private @Nullable WaterfallBooks waterfall; // Most accounts have none.
  private int sweepAt = Batch.SWEEP_MIN; // Not part of the state: when to look for ids to forget.

  /** An account that nothing has happened to. */
  public Account(String id, Catalogue catalogue) {
    this(id, () -> catalogue);
  }

  /**
   * An account that nothing has happened to, in a house that may list more while it lives.
   *
   * @param catalogue as it is now; asked for indices alone, which never change
   */
  public Account(String id, Supplier<Catalogue> catalogue) {
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

  /** Where it stands between health and the end of its liquidation. */
  public LiquidationState liquidation() {
    return waterfall == null ? HEALTHY : waterfall.liquidation;
  }

  /** When it came to stand there; 0 when it always did. */
  public long liquidationAtMs() {
    return waterfall == null ? 0 : waterfall.liquidationAtMs;
  }

  /** The number of the last event that changed balances or positions, or declined to. */
  public long version() {
    return version;
  }

  /** The number of the last such event that was no settlement of its own auction. */
  public long ownVersion() {
    return ownVersion;
  }

  /** What it has on offer in an auction; null when nothing. */
  public @Nullable Offer offer() {
    return waterfall == null ? null : waterfall.offer;
  }

  /** How that offer began; null when nothing is on offer. */
  public @Nullable SliceOffered offered() {
    return waterfall == null || waterfall.offer == null ? null : waterfall.offered;
  }

  /** What the fund was asked for, and not handed over yet; null when nothing was. */
  public @Nullable DrawAsked asked() {
    return waterfall == null ? null : waterfall.asked;
  }

  /**
   * How often in a row a closed gate has spared the account its hand-over: since its liquidation
   * began, or since it last handed something over.
   */
  public long deferrals() {
    return waterfall == null ? 0 : waterfall.deferrals;
  }

  /** What others are still to hear, by outbox number. */
  public SortedMap<Long, Dispatch> dispatches() {
    return waterfall == null ? Collections.emptySortedMap() : waterfall.dispatches();
  }

  /** Whether an auction may not have heard yet that this bid of it is settled. */
  boolean owesNotice(String auctionId, String bidId) {
    for (Dispatch dispatch : dispatches().values()) {
      if (dispatch instanceof Dispatch.Notify notice
          && notice.auctionId().equals(auctionId)
          && notice.bidId().equals(bidId)) return true;
    }
    return false;
  }

  /** What came as cash other than by deposits, profit and funding: for coins, too. */
  public long movedMicros() {
    return waterfall == null ? 0 : waterfall.movedMicros();
  }

  /**
   * What an instrument realised within the look-back, less all that waves took of its profit: of
   * what was realised, and of what is not yet. Of the slot of the portfolio.
   */
  public long realisedMicros(int slot, long nowMs, long lookBackMs) {
    if (waterfall == null) return 0;
    return Math.subtractExact(
        waterfall.realisedMicros(slot, nowMs, lookBackMs), waterfall.chargedMicros(slot));
  }

  /**
   * What waves took of the unrealised profit of the position in this slot. It stays with the
   * position, and moves into the look-back with what is realised of it, so that it lowers what
   * counts as profit for as long as the profit itself counts.
   */
  public long chargedMicros(int slot) {
    return waterfall == null ? 0 : waterfall.chargedMicros(slot);
  }

  /**
   * What may be taken of its profit in an instrument: unrealised at this mark, and realised within
   * the look-back, less what waves took of either; at least 0.
   *
   * @throws ArithmeticException when a figure does not fit
   */
  public long profitMicros(String instrument, long markTicks, long nowMs, long lookBackMs) {
    Integer index = catalogue.get().instrument(instrument);
    int slot = index == null ? -1 : portfolio.slotOf(index);
    if (slot < 0) return 0;
    return Math.max(
        0,
        Math.addExact(unrealisedMicros(slot, markTicks), realisedMicros(slot, nowMs, lookBackMs)));
  }

  private long unrealisedMicros(int slot, long markTicks) {
    Perpetual perpetual = catalogue.get().perpetual(portfolio.instrumentAt(slot));
    return Math.subtractExact(
        perpetual.notionalMicros(markTicks, portfolio.lotsAt(slot)), portfolio.basisMicrosAt(slot));
  }

  /**
   * What the account lost by instrument within a day, where it has closed: what its debt comes
   * from.
   */
  public List<Loss> lossesAt(long nowMs) {
    return lossesAt(nowMs, List.of());
  }

  /** The same with these legs on, each of which closes a position. */
  List<Loss> lossesAt(long nowMs, List<Leg> closing) {
    List<Loss> losses = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      String symbol = catalogue.get().perpetual(portfolio.instrumentAt(slot)).symbol();
      long realised = realisedMicros(slot, nowMs, RealisedWindow.LOOK_BACK_MAX_MS);
      int side = waterfall == null ? 0 : waterfall.side(slot);
      for (Leg leg : closing) {
        if (!leg.instrument().equals(symbol)) continue;
        realised = Math.addExact(realised, leg.realisedMicros());
        side = leg.lots() > 0 ? -1 : 1;
      }
      if (realised < 0 && side != 0) losses.add(new Loss(symbol, side, -realised));
    }
    return losses;
  }

  /** Losses that came with debts that this account took over. */
  public List<Loss> lossesTaken() {
    return waterfall == null ? List.of() : waterfall.losses();
  }

  /**
   * What the insurance fund ever paid of debts whose rest, with the contracts, this account took
   * over.
   */
  public long fundPaidMicros() {
    return waterfall == null ? 0 : waterfall.fundPaidMicros();
  }

  /** The newest wave of deleveraging that took or paid something here; 0 when none did. */
  public long wave() {
    return waterfall == null ? 0 : waterfall.wave();
  }

  /** What a step of the newest wave took or paid; null when it has not been done. */
  public @Nullable Long step(String stepId) {
    return waterfall == null ? null : waterfall.step(stepId);
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

  /** What is held for withdrawals, and through which number they are known. */
  public HeldWithdrawals withdrawals() {
    return withdrawals;
  }

  /**
   * What came in from outside, less what left or is held to leave, of the balance in this slot of
   * the portfolio.
   */
  public long depositedAt(int slot) {
    return slot < deposited.length ? deposited[slot] : 0;
  }

  /** Fees that left its balances and are not on their way to the house yet. */
  public long feesKeptMicros() {
    return feesKeptMicros;
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

  /**
   * What is known of a deposit, or of a transfer that was sent; {@code FORGOTTEN} when only the
   * journal can tell.
   */
  public Known knownDeposit(Fingerprint id) {
    if (deposits.sameContent(id)) return Known.YES;
    if (deposits.event(id) != 0) return Known.OTHER_CONTENT;
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

  /** Among the ids of deposits, none of which begins so. */
  static Fingerprint orderFingerprint(TransferOrder order) {
    return Fingerprint.of(
        "sent/" + order.id(), order.to() + '/' + order.asset() + '/' + order.amount());
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
      case CollateralHeld held -> {
        withdrawals =
            withdrawals.with(
                new HeldWithdrawals.Held(held.withdrawal(), held.asset(), held.amount()));
        cross(held.asset(), Math.negateExact(held.amount()));
      }
      case CollateralReturned returned -> {
        requireHeld(returned.withdrawal(), returned.asset(), returned.amount());
        withdrawals = withdrawals.without(returned.withdrawal());
        if (!returned.asset().isEmpty()) cross(returned.asset(), returned.amount());
      }
      case CollateralWithdrawn withdrawn -> {
        requireHeld(withdrawn.withdrawal(), withdrawn.asset(), withdrawn.amount());
        withdrawals = withdrawals.without(withdrawn.withdrawal());
      }
      case CollateralSent sent -> applySent(sent);
      case CollateralReceived received -> {
        moveAsset(received.asset(), received.amount());
        remember(Remittance.key(received.from(), received.transferId()), received.sentAtMs());
        forgetTrades(received.forgottenThroughMs());
      }
      case TradesCleared cleared -> applyCleared(cleared);
      case FeesCharged charged -> {
        move(Math.negateExact(charged.micros()));
        feesKeptMicros = Math.addExact(feesKeptMicros, charged.micros());
      }
      case FeesPaid paid -> {
        feesKeptMicros -= Math.addExact(paid.fundMicros(), paid.houseMicros());
        if (feesKeptMicros < 0)
          throw new IllegalStateException("account " + id + " pays more fees than it was charged");
      }
      case OutboxAcknowledged acknowledged -> removeFromOutbox(acknowledged.acknowledged());
      case MarginStateChanged changed -> state = changed.to();
      case LiquidationChanged changed -> applyChanged(changed);
      case SliceOffered offered -> {
        waterfall().offer = Offer.of(offered.auctionId(), offered.slice());
        waterfall().offered = offered;
      }
      case OfferReduced reduced ->
          waterfall().offer = onOffer(reduced.auctionId()).withdrawn(reduced.withdrawnLots());
      case OfferClosed closed -> {
        onOffer(closed.auctionId());
        waterfall().offer = null;
      }
      case SliceSold sold -> applySold(sold);
      case HandOverDeferred deferred -> {
        onOffer(deferred.auctionId());
        waterfall().deferrals = deferred.times();
      }
      case HandedOver handed -> applyHanded(handed);
      case DrawAsked asked -> {
        onOffer(asked.auctionId());
        waterfall().asked = asked;
      }
      case DrawReleased _ -> waterfall().asked = null;
      case TransferTaken taken -> applyTaken(taken);
      case DebtSettled settled -> applySettled(settled);
      case ProfitTaken taken -> {
        for (AccountEvent.ProfitPart part : taken.parts()) charge(part, taken);
        move(Math.negateExact(taken.takenMicros()));
        waterfall().did(taken.wave(), taken.stepId(), taken.takenMicros());
      }
      case StepDeclined _ -> version = events;
      case DeficitPaid paid -> {
        waterfall().paid(paid.micros(), Math.max(paid.micros(), -portfolio.cashMicros()));
        move(paid.micros());
        waterfall().did(paid.wave(), paid.stepId(), paid.micros());
      }
      case SurplusPaid paid -> {
        move(Math.negateExact(paid.micros()));
        waterfall().loseNothing();
      }
    }
    for (Dispatch dispatch : dispatches(id, event)) waterfall().put(nextOutboxNumber++, dispatch);
    if (member == null) throw new IllegalStateException("account " + id + " was never opened");
  }

  private void applyDeposit(CollateralDeposited deposit) {
    cross(deposit.asset(), deposit.amount());
    rememberDeposit(
        depositFingerprint(deposit.depositId(), deposit.asset(), deposit.amount()), deposit.atMs());
  }

  private void applySent(CollateralSent sent) {
    moveAsset(sent.asset(), Math.negateExact(sent.amount()));
    rememberDeposit(
        orderFingerprint(
            new TransferOrder(sent.transferId(), sent.to(), sent.asset(), sent.amount())),
        sent.atMs());
  }

  private void rememberDeposit(Fingerprint id, long atMs) {
    deposits.add(id, atMs, atMs, events);
    if (deposits.size() > Batch.DEPOSITS_REMEMBERED) {
      deposits.forgetThrough(deposits.timeToKeep(Batch.DEPOSITS_REMEMBERED / 2));
    }
  }

  /** Collateral crosses the border of the house's books; negative when it leaves. */
  private void cross(String symbol, long amount) {
    int asset = catalogue.get().assetListed(symbol);
    moved();
    portfolio.credit(asset, amount);
    deposited = Arrays.copyOf(deposited, portfolio.balances());
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (portfolio.assetAt(slot) == asset)
        deposited[slot] = Math.addExact(deposited[slot], amount);
    }
  }

  private void requireHeld(long withdrawal, String asset, long amount) {
    HeldWithdrawals.Held held = withdrawals.find(withdrawal);
    boolean fits =
        held == null
            ? asset.isEmpty() && amount == 0 && !withdrawals.hasSeen(withdrawal)
            : held.asset().equals(asset) && held.amount() == amount;
    if (!fits)
      throw new IllegalStateException(
          "account " + id + " holds " + held + ", not " + amount + ' ' + asset);
  }

  private void applyCleared(TradesCleared cleared) {
    for (Leg leg : cleared.applied()) book(leg);
    for (Leg leg : cleared.novated()) {
      book(leg);
      putIntoOutbox(nextOutboxNumber++, leg);
    }
    removeFromOutbox(cleared.acknowledged());
    moved();
    forgetTrades(cleared.forgottenThroughMs());
  }

  private void forgetTrades(long throughMs) {
    if (throughMs == Long.MIN_VALUE) return;
    trades.forgetThrough(throughMs);
    sweepAt = Math.max(Batch.SWEEP_MIN, 2 * trades.size());
  }

  private void applyChanged(LiquidationChanged changed) {
    if (changed.from() != phase(liquidation()))
      throw new IllegalStateException(
          "account " + id + " leaves " + changed.from() + ", but was " + liquidation());
    waterfall().liquidation = state(changed.to(), changed.liquidationId(), changed.deficitMicros());
    waterfall().liquidationAtMs = changed.atMs();
    waterfall().deferrals = 0;
  }

  private void applySold(SliceSold sold) {
    Offer before = onOffer(sold.auctionId());
    long own = ownVersion;
    for (Leg leg : sold.legs()) bookHouse(leg, sold.atMs());
    Charge charge = sold.charge();
    move(Math.negateExact(Math.addExact(charge.sellerMicros(), charge.feeMicros())));
    ownVersion = own;
    Offer after = before.settle(sold.bidId(), sold.allocation());
    waterfall().offer = after.nothingRemains() ? null : after;
    remember(transferId(sold.auctionId(), sold.bidId()), sold.atMs());
    forgetTrades(sold.forgottenThroughMs());
  }

  private void applyHanded(HandedOver handed) {
    onOffer(handed.auctionId());
    for (Leg leg : handed.legs()) bookHouse(leg, handed.atMs());
    move(Math.subtractExact(handed.paidMicros(), handed.cashMicros()));
    waterfall().offer = null;
    waterfall().asked = null;
    waterfall().deferrals = 0;
    remember(transferId(handed.auctionId(), HANDED_OVER), handed.atMs());
    forgetTrades(handed.forgottenThroughMs());
  }

  private void remember(String transferId, long handedAtMs) {
    trades.add(transferFingerprint(transferId), handedAtMs, handedAtMs, events);
  }

  private void applyTaken(TransferTaken taken) {
    for (Leg leg : taken.legs()) bookHouse(leg, taken.atMs());
    move(taken.cashMicros());
    if (!taken.losses().isEmpty()) waterfall().lose(taken.losses());
    if (taken.fundMicros() != 0) waterfall().fundPaid(taken.fundMicros());
    remember(taken.transferId(), taken.handedAtMs());
    forgetTrades(taken.forgottenThroughMs());
  }

  private void applySettled(DebtSettled settled) {
    move(Math.addExact(settled.paidMicros(), settled.handedMicros()));
    // Not once more, should prices keep the state from moving on by itself.
    if (liquidation() instanceof LiquidationState.Closed(var closed, _)
        && closed.equals(settled.liquidationId()))
      waterfall().liquidation = new LiquidationState.Closed(closed, 0);
  }

  /** What is held of what a leg names: signed lots of an instrument, or units of an asset. */
  public long held(String leg) {
    if (!Coins.are(leg)) return lots(leg);
    Integer asset = Coins.asset(catalogue.get(), leg);
    return asset == null ? 0 : portfolio.amount(asset);
  }

  /** Signed lots of an instrument. */
  public long lots(String instrument) {
    Integer index = catalogue.get().instrument(instrument);
    return index == null ? 0 : portfolio.lots(index);
  }

  /** What others are to hear because of an event of this account, in the order of the outbox. */
  public static List<Dispatch> dispatches(String account, AccountEvent event) {
    return switch (event) {
      case SliceSold sold -> dispatches(account, sold);
      case HandedOver handed -> dispatches(account, handed);
      case DebtSettled settled -> dispatches(account, settled);
      case CollateralSent sent ->
          List.of(
              new Dispatch.Remit(
                  new Remittance(
                      sent.transferId(),
                      account,
                      sent.to(),
                      sent.atMs(),
                      sent.asset(),
                      sent.amount())));
      case FeesPaid paid -> dispatches(account, paid);
      case DrawReleased released -> List.of(new Dispatch.SettleDraw(released.drawId(), 0));
      case SurplusPaid paid ->
          List.of(new Dispatch.Contribute(paid.contributionId(), paid.micros(), paid.atMs()));
      default -> List.of();
    };
  }

  private static List<Dispatch> dispatches(String account, FeesPaid paid) {
    List<Dispatch> dispatches = new ArrayList<>(2);
    if (paid.fundMicros() > 0)
      dispatches.add(
          new Dispatch.Contribute(
              account + '/' + paid.paymentId(), paid.fundMicros(), paid.atMs()));
    if (paid.houseMicros() > 0)
      dispatches.add(
          new Dispatch.Remit(
              new Remittance(
                  paid.paymentId(),
                  account,
                  HouseAccount.REVENUE,
                  paid.atMs(),
                  paid.asset(),
                  paid.houseMicros())));
    return dispatches;
  }

  private static List<Dispatch> dispatches(String account, SliceSold sold) {
    List<Dispatch> dispatches = new ArrayList<>(3);
    String id = transferId(sold.auctionId(), sold.bidId());
    Charge charge = sold.charge();
    dispatches.add(
        new Dispatch.Deliver(
            new Transfer(
                id,
                account,
                sold.bidder(),
                sold.atMs(),
                sold.legs(),
                charge.takerMicros(),
                List.of(),
                0)));
    dispatches.add(
        new Dispatch.Notify(
            sold.auctionId(), sold.bidId(), sold.bidder(), sold.allocation(), charge));
    if (charge.feeMicros() > 0)
      dispatches.add(new Dispatch.Contribute(id, charge.feeMicros(), sold.atMs()));
    return dispatches;
  }

  private static List<Dispatch> dispatches(String account, HandedOver handed) {
    Dispatch delivery =
        new Dispatch.Deliver(
            new Transfer(
                transferId(handed.auctionId(), HANDED_OVER),
                account,
                HouseAccount.DEFAULT,
                handed.atMs(),
                handed.legs(),
                handed.cashMicros(),
                handed.losses(),
                handed.fundMicros()));
    return handed.drawId().isEmpty()
        ? List.of(delivery)
        : List.of(delivery, new Dispatch.SettleDraw(handed.drawId(), handed.paidMicros()));
  }

  private static List<Dispatch> dispatches(String account, DebtSettled settled) {
    Dispatch draw = new Dispatch.SettleDraw(settled.drawId(), settled.paidMicros());
    if (settled.handedMicros() == 0) return List.of(draw);
    return List.of(
        draw,
        new Dispatch.Deliver(
            new Transfer(
                settled.drawId(),
                account,
                HouseAccount.DEFAULT,
                settled.atMs(),
                List.of(),
                Math.negateExact(settled.handedMicros()),
                settled.losses(),
                settled.fundMicros())));
  }

  private void charge(AccountEvent.ProfitPart part, ProfitTaken taken) {
    int slot = portfolio.slotOf(catalogue.get().instrumentListed(part.instrument()));
    if (slot < 0) throw new IllegalStateException(id + " never won in " + part.instrument());
    long unrealised = unrealisedMicros(slot, part.markTicks());
    waterfall().charge(slot, taken, part.micros(), unrealised);
  }

  private WaterfallBooks waterfall() {
    if (waterfall == null) waterfall = new WaterfallBooks();
    return waterfall;
  }

  private Offer onOffer(String auctionId) {
    Offer offer = offer();
    if (offer == null || !offer.auctionId().equals(auctionId))
      throw new IllegalStateException("account " + id + " has nothing on offer in " + auctionId);
    return offer;
  }

  /** Cash that moves other than by a deposit, a profit or funding. */
  private void move(long micros) {
    portfolio.credit(0, micros);
    waterfall().move(micros);
    moved();
  }

  /** Likewise, of any asset. */
  private void moveAsset(String symbol, long amount) {
    int asset = catalogue.get().assetListed(symbol);
    if (asset == 0) {
      move(amount);
      return;
    }
    portfolio.credit(asset, amount);
    waterfall().moveCoins(asset, amount);
    moved();
  }

  private void moved() {
    version = events;
    ownVersion = events;
  }

  /** In the place of a bid's id, which is never empty. */
  static final String HANDED_OVER = "";

  /** The id under which a part of a slice changes hands. */
  static String transferId(String auctionId, String bidId) {
    return auctionId + '/' + bidId;
  }

  static Fingerprint transferFingerprint(String transferId) {
    return Fingerprint.of(Trade.idText(HouseAccount.VENUE, transferId), "transfer");
  }

  /** What is known of a transfer handed over then. */
  public Known knownTransfer(String transferId, long handedAtMs) {
    if (trades.event(transferFingerprint(transferId)) != 0) return Known.YES;
    return handedAtMs <= trades.forgottenThroughMs() ? Known.FORGOTTEN : Known.NO;
  }

  static Phase phase(LiquidationState state) {
    return switch (state) {
      case LiquidationState.Healthy _ -> Phase.HEALTHY;
      case LiquidationState.MarginCall _ -> Phase.MARGIN_CALL;
      case LiquidationState.Liquidating _ -> Phase.LIQUIDATING;
      case LiquidationState.Recovered _ -> Phase.RECOVERED;
      case LiquidationState.Closed _ -> Phase.CLOSED;
    };
  }

  static String liquidationId(LiquidationState state) {
    return switch (state) {
      case LiquidationState.Healthy _, LiquidationState.MarginCall _ -> "";
      case LiquidationState.Liquidating(var id) -> id;
      case LiquidationState.Recovered(var id) -> id;
      case LiquidationState.Closed(var id, _) -> id;
    };
  }

  static long deficitMicros(LiquidationState state) {
    return state instanceof LiquidationState.Closed(_, var deficit) ? deficit : 0;
  }

  static LiquidationState state(Phase phase, String liquidationId, long deficitMicros) {
    return switch (phase) {
      case HEALTHY -> HEALTHY;
      case MARGIN_CALL -> new LiquidationState.MarginCall();
      case LIQUIDATING -> new LiquidationState.Liquidating(liquidationId);
      case RECOVERED -> new LiquidationState.Recovered(liquidationId);
      case CLOSED -> new LiquidationState.Closed(liquidationId, deficitMicros);
    };
  }

  private void putIntoOutbox(long number, Leg leg) {
    if (outbox.isEmpty()) outbox = new TreeMap<>();
    outbox.put(number, leg);
  }

  private void removeFromOutbox(List<Long> numbers) {
    if (waterfall != null) waterfall.remove(numbers);
    if (outbox.isEmpty()) return;
    numbers.forEach(outbox::remove);
    if (outbox.isEmpty()) outbox = Collections.emptySortedMap();
  }

  private void book(Leg leg) {
    bookHouse(leg, leg.novatedAtMs());
    trades.add(leg.trade(id).fingerprint(), leg.executedAtMs(), leg.novatedAtMs(), events);
  }

  /** A leg that is known by its transfer, or by its trade. */
  private void bookHouse(Leg leg, long atMs) {
    if (Coins.are(leg.instrument())) {
      bookCoins(Coins.listed(catalogue.get(), leg.instrument()), leg);
      return;
    }
    int instrument = catalogue.get().instrumentListed(leg.instrument());
    long before = portfolio.lots(instrument);
    portfolio.apply(instrument, leg.fill());
    int slot = portfolio.slotOf(instrument);
    long charged =
        waterfall == null ? 0 : waterfall.discharge(slot, before, portfolio.lotsAt(slot));
    if (leg.realisedMicros() == 0 && charged == 0) return;
    waterfall().realise(slot, atMs, leg.lots(), Math.subtractExact(leg.realisedMicros(), charged));
  }

  private void bookCoins(int asset, Leg leg) {
    portfolio.credit(asset, leg.lots());
    waterfall().moveCoins(asset, leg.lots());
    move(Math.negateExact(leg.notionalMicros()));
  }

  /**
   * Whether cash = deposits less withdrawals + realised profit + funding + what transfers and the
   * default waterfall moved, and every other balance is what was deposited and what those moved of
   * it.
   */
  public boolean cashIsExplained() {
    long explained = movedMicros();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      explained += portfolio.realisedMicrosAt(slot) + portfolio.fundingMicrosAt(slot);
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      long expected = depositedAt(slot);
      if (portfolio.assetAt(slot) == 0) {
        expected += explained;
        explained = 0;
      } else if (waterfall != null) {
        expected += waterfall.movedCoins(portfolio.assetAt(slot));
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
              catalogue.get().asset(portfolio.assetAt(slot)).symbol(),
              portfolio.amountAt(slot),
              depositedAt(slot)));
    }
    List<AccountSnapshot.Position> positions = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      positions.add(
          new AccountSnapshot.Position(
              catalogue.get().perpetual(portfolio.instrumentAt(slot)).symbol(),
              portfolio.lotsAt(slot),
              portfolio.basisMicrosAt(slot),
              portfolio.fundingIndexAt(slot),
              portfolio.realisedMicrosAt(slot),
              portfolio.fundingMicrosAt(slot),
              portfolio.fundingResidueAt(slot)));
    }
    List<AccountSnapshot.Pending> pending = new ArrayList<>();
    outbox.forEach((number, leg) -> pending.add(new AccountSnapshot.Pending(number, leg)));
    List<AccountSnapshot.PendingRemittance> remittances = new ArrayList<>();
    dispatches()
        .forEach(
            (number, dispatch) -> {
              if (dispatch instanceof Dispatch.Remit(var remittance))
                remittances.add(new AccountSnapshot.PendingRemittance(number, remittance));
            });
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
        deposits.forgottenThroughMs(),
        version,
        ownVersion,
        phase(liquidation()),
        liquidationId(liquidation()),
        deficitMicros(liquidation()),
        liquidationAtMs(),
        waterfall == null ? WaterfallSnapshot.NONE : waterfall.snapshot(catalogue.get(), this),
        withdrawals,
        remittances,
        feesKeptMicros,
        deferrals(),
        charged());
  }

  private List<AccountSnapshot.Charged> charged() {
    List<AccountSnapshot.Charged> charged = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (chargedMicros(slot) != 0)
        charged.add(
            new AccountSnapshot.Charged(
                catalogue.get().perpetual(portfolio.instrumentAt(slot)).symbol(),
                chargedMicros(slot)));
    }
    return charged;
  }

  /** The account that a snapshot was taken of. */
  public static Account of(AccountSnapshot snapshot, Catalogue catalogue) {
    return of(snapshot, () -> catalogue);
  }

  /** The same in a house that may list more while it lives. */
  public static Account of(AccountSnapshot snapshot, Supplier<Catalogue> inForce) {
    Catalogue catalogue = inForce.get();
    Account account = new Account(snapshot.accountId(), inForce);
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
    account.version = snapshot.version();
    account.ownVersion = snapshot.ownVersion();
    account.withdrawals = snapshot.withdrawals();
    account.feesKeptMicros = snapshot.feesKeptMicros();
    if (!snapshot.waterfall().equals(WaterfallSnapshot.NONE))
      account.waterfall = WaterfallBooks.of(snapshot.waterfall(), catalogue, account);
    if (snapshot.phase() != Phase.HEALTHY || snapshot.liquidationAtMs() != 0) {
      account.waterfall().liquidation =
          state(snapshot.phase(), snapshot.liquidationId(), snapshot.deficitMicros());
      account.waterfall().liquidationAtMs = snapshot.liquidationAtMs();
    }
    if (snapshot.deferrals() != 0) account.waterfall().deferrals = snapshot.deferrals();
    for (AccountSnapshot.Charged charged : snapshot.charged())
      account
          .waterfall()
          .restoreCharged(
              account.portfolio.slotOf(catalogue.instrumentListed(charged.instrument())),
              charged.micros());
    for (AccountSnapshot.PendingRemittance pending : snapshot.remittances())
      account.waterfall().put(pending.outboxNumber(), new Dispatch.Remit(pending.remittance()));
    for (int slot = 0; slot < account.portfolio.balances(); slot++) {
      int asset = account.portfolio.assetAt(slot);
      long moved = account.portfolio.amountAt(slot) - account.depositedAt(slot);
      if (asset != 0 && moved != 0) account.waterfall().moveCoins(asset, moved);
    }
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
