package org.novation.account;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent.DrawAsked;
import org.novation.account.AccountEvent.OfferReduced;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.HouseTime;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.LotGrants;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * Drives one account through its liquidation between two writes: asks the markets what may go on
 * sale and the fund for what will be missing, tells the auction of its slice how that has changed,
 * and looks again for as long as nothing comes of it. Decides nothing that is written: where the
 * liquidation stands is the account's to say. All of it is volatile and harmless to lose, and an
 * account that is well has none.
 *
 * @param <C> how an auction is addressed
 */
final class Unwinding<C> {
  /** How often, in house time, an account looks where its liquidation is. */
  private static final long LOOK_MS = 1_000;

  /** Whoever sells and sees nothing happen looks after 2 and then every 4 times as long. */
  private static final int QUIET_LOOKS_MAX = 2;

  /** How long it waits at most, in house time, to ask again for what may go on sale. */
  private static final long TURN_MS_MAX = 15_000;

  /** So many auctions in a row may stand still for too long before what is left is handed over. */
  private static final int STANDSTILLS_MAX = 3;

  /** How often the default account says that it has something to resolve. */
  private static final long DEFAULT_LOOK_MS = 10_000;

  /** The actor of the account, as far as it is needed here. */
  interface Shell<C> {
    /** Hands on an answer when it is there, null when it failed, with the account as it is then. */
    <T> void hear(CompletionStage<T> answer, BiConsumer<Account, @Nullable T> then);

    /** Opens the auction of what is offered, again until its end. */
    void open(SliceOffered offered);

    /** Has {@link #look()} called. From any thread. */
    void wake();

    /** Where what was granted waits for the next write. */
    SaleDesk<C, ?, ?> sales();

    /** Has what waits written. */
    void flushSoon();

    /** Whether the account may settle and hand over something now. */
    boolean maySell(Account account);
  }

  private final String id;
  private final House house;
  private final Shell<C> shell;
  private boolean auctionOpened; // The auction of the standing offer has answered.
  private AuctionActor.@Nullable Reduce reduced; // What it was told last.
  private @Nullable C overTo; // The auction that said it is over.
  private @Nullable String stoodStill; // The auction that last stood still for too long.
  private int standstills; // How many did in a row: of a throttled seller's, any number.
  private Batch.@Nullable Grant grant; // What the fund granted for the debt to be handed over.
  private boolean drawing; // The fund was asked.
  private boolean pacing; // The markets were asked what may go on sale.
  private @Nullable LotGrants toSell; // What they granted, until the slice is cut.
  private boolean resting; // Until the next look: nothing may.
  private byte quietLooks; // Of which nothing came.
  private HouseTime.@Nullable Alarm look; // Null: none is set.
  private @Nullable CoinOffers coinOffers; // Of the default account, once it had coins.

  Unwinding(String id, House house, Shell<C> shell) {
    this.id = id;
    this.house = house;
    this.shell = shell;
  }

  /** Whether there is something to drive on, but for word of what the account owes. */
  static boolean concerns(Account account) {
    return switch (account.liquidation()) {
      case LiquidationState.Liquidating _, LiquidationState.Closed _ -> true;
      case LiquidationState.Healthy _,
          LiquidationState.MarginCall _,
          LiquidationState.Recovered _ ->
          account.state() == MarginState.LIQUIDATION
              || account.offered() != null
              || HouseAccount.is(account.id());
    };
  }

  /** Whether nothing is left to drive on: a new one is as good. */
  boolean isOver(Account account) {
    return !pacing
        && !drawing
        && toSell == null
        && look == null
        && coinOffers == null
        && account.offered() == null;
  }

  // ---- after each write, or when there was nothing to write

  /** Has the auction opened of what is offered now, and that withdrawn which was before. */
  void offered(@Nullable SliceOffered before, @Nullable SliceOffered now) {
    if (before != null && !before.equals(now)) {
      house.auction(before.auctionId(), new AuctionActor.Withdraw());
      if (!before.auctionId().equals(stoodStill)) standstills = 0;
    }
    if (now != null && !now.equals(before)) {
      auctionOpened = false;
      reduced = null;
      grant = null;
      overTo = null;
      shell.open(now);
    }
  }

  /**
   * What the account does next to be unwound, or to have its debt paid.
   *
   * @param before what was offered before the write
   * @param owes whether it owes more than it has, as far as it is not well
   */
  void goOn(@Nullable SliceOffered before, Account account, boolean owes) {
    SliceOffered now = account.offered();
    switch (account.liquidation()) {
      case LiquidationState.Liquidating _ -> {
        DrawAsked asked = account.asked();
        if (now == null) pace(account);
        else if (asked != null && mayDraw(account)) drawToHandOver(now, asked);
        // What is for sale is the auction's to look after.
        if (now == null || asked != null) lookSoon();
        else lookIn(LOOK_MS << quietLooks);
      }
      case LiquidationState.Closed(var liquidationId, var deficit) -> {
        if (deficit == 0) break;
        if (!drawing && !resting) draw(account, liquidationId, deficit);
        lookSoon();
      }
      case LiquidationState.Healthy _,
          LiquidationState.MarginCall _,
          LiquidationState.Recovered _ -> {
        // Only a brake keeps it from being liquidated: no price tells when that is released.
        if (account.state() == MarginState.LIQUIDATION || owes) lookSoon();
      }
    }
    if (HouseAccount.is(id)) resolve(before, account);
  }

  /** The default account has positions closed, money made good, and coins sold. */
  private void resolve(@Nullable SliceOffered before, Account account) {
    Portfolio portfolio = account.portfolio();
    SliceOffered now = account.offered();
    boolean hasCoins = Saleable.hasCoins(portfolio, house.view());
    if (portfolio.flat() && portfolio.cashMicros() == 0 && !hasCoins && now == null) return;
    house.defaultTaken();
    lookIn(DEFAULT_LOOK_MS); // Word of it may be lost.
    if (!hasCoins || now != null) return;
    if (coinOffers == null) coinOffers = new CoinOffers();
    if (before != null) coinOffers.over(portfolio, house.houseMs());
    if (coinOffers.due(portfolio, house.houseMs())) pace(account);
  }

  /** Tells the auction how much less these events offer. */
  void reduce(Account account, List<AccountEvent> events) {
    for (AccountEvent event : events) {
      if (!(event instanceof OfferReduced less)) continue;
      reduced =
          new AuctionActor.Reduce(
              account.ownVersion(), less.withdrawnLots(), less.bankruptcyMicros());
      house.auction(less.auctionId(), reduced);
    }
  }

  /** Something of it was written: it need not wait longer from look to look. */
  void moved() {
    quietLooks = 0;
  }

  // ---- the auction

  /** Tells the auction what it has not confirmed. */
  void sendAgain(Account account, SliceOffered offered) {
    if (!auctionOpened) shell.open(offered);
    if (reduced == null && account.ownVersion() > offered.ownVersion())
      reduced = Batch.reduction(account, house.view());
    if (reduced != null) house.auction(offered.auctionId(), reduced);
  }

  /** An auction says that it is open. */
  void opened(Account account, String auctionId) {
    SliceOffered offered = account.offered();
    if (offered != null && offered.auctionId().equals(auctionId)) auctionOpened = true;
  }

  /** An auction says that it is over. */
  void over(Account account, String auctionId, EndCause cause, C auction) {
    SliceOffered offered = account.offered();
    boolean stands = offered != null && offered.auctionId().equals(auctionId);
    overTo = auction;
    shell.sales().over(auctionId, stands ? ending(auctionId, cause) : cause, auction, grant);
    shell.flushSoon();
  }

  /** What a market that opens and closes in turn keeps unsold is handed over in the end. */
  private EndCause ending(String auctionId, EndCause cause) {
    if (cause != EndCause.STOOD_STILL) return cause;
    if (!auctionId.equals(stoodStill)) standstills++;
    stoodStill = auctionId;
    return standstills > STANDSTILLS_MAX ? EndCause.NOBODY_BOUGHT : cause;
  }

  // ---- what may go on sale

  /** Asks the markets how much may go on sale, before the slice is cut. */
  private void pace(Account account) {
    if (pacing || resting) return;
    MarketView view = house.view();
    Slice wanted = Batch.wanted(account, view, house.liquidation(view));
    if (wanted == null) {
      rest();
      return;
    }
    pace(wanted);
  }

  /** Likewise, of a slice; unless they were asked and have not answered. */
  void pace(Slice wanted) {
    if (pacing) return;
    pacing = true;
    shell.hear(house.pace(wanted), this::paced);
  }

  private void paced(Account account, @Nullable LotGrants grants) {
    pacing = false;
    if (grants == null) {
      rest();
      shell.flushSoon(); // The trigger waits for nobody who does not answer.
    } else if (grants.nothing() && account.liquidation() instanceof LiquidationState.Liquidating) {
      restUntilMore(grants); // The trigger is on record, and there is nothing else to be.
    } else {
      toSell = grants;
      shell.sales().cut(grants);
      shell.flushSoon();
    }
  }

  /** What the markets granted for this write; null when nothing. */
  @Nullable LotGrants takeGrants() {
    LotGrants grants = toSell;
    toSell = null;
    return grants;
  }

  // ---- the fund

  private void draw(Account account, String liquidationId, long deficitMicros) {
    drawing = true;
    shell.hear(
        house.fund(
            new FundCommand.ReserveDraw(
                Batch.drawId(liquidationId),
                liquidationId,
                id,
                deficitMicros,
                account.liquidationAtMs())),
        (later, answer) -> drawn(later, liquidationId, answer));
  }

  private void drawn(
      Account account, String liquidationId, InsuranceFundActor.@Nullable Answer answer) {
    drawing = false;
    Long micros = grantedMicros(answer);
    if (micros == null) {
      rest();
    } else if (account.liquidation() instanceof LiquidationState.Closed(var closed, _)
        && closed.equals(liquidationId)) {
      shell.sales().grant(liquidationId, micros);
      shell.flushSoon();
    } else if (micros > 0) {
      house.fund(new FundCommand.SettleDraw(Batch.drawId(liquidationId), 0));
    }
  }

  /** The fund keeps its money for nobody who could not hand over anything now. */
  private boolean mayDraw(Account account) {
    return grant == null && !drawing && !resting && shell.maySell(account);
  }

  /** Asks the fund, as often as it takes, for what the journal says that it is asked for. */
  private void drawToHandOver(SliceOffered offered, DrawAsked asked) {
    drawing = true;
    shell.hear(
        house.fund(
            new FundCommand.ReserveDraw(
                asked.drawId(), offered.liquidationId(), id, asked.micros(), asked.atMs())),
        (later, answer) -> drawnToHandOver(later, asked.drawId(), answer));
  }

  private void drawnToHandOver(
      Account account, String drawId, InsuranceFundActor.@Nullable Answer answer) {
    drawing = false;
    SliceOffered offered = account.offered();
    DrawAsked asked = account.asked();
    if (offered == null || asked == null || !asked.drawId().equals(drawId)) return;
    Long micros = grantedMicros(answer);
    if (micros == null) {
      rest();
      return;
    }
    grant = new Batch.Grant(drawId, micros);
    // Else the auction says again that it is over.
    if (overTo != null) over(account, offered.auctionId(), EndCause.NOBODY_BOUGHT, overTo);
  }

  /** Null when the fund did not say, and is to be asked again. */
  private static @Nullable Long grantedMicros(InsuranceFundActor.@Nullable Answer answer) {
    return switch (answer) {
      case null -> null;
      case InsuranceFundActor.TryAgain _, InsuranceFundActor.Figures _ -> null;
      case InsuranceFundActor.Refused(FundRefusal.Busy _) -> null;
      case InsuranceFundActor.Refused _ -> 0L;
      case InsuranceFundActor.Done(var draw) -> draw == null ? 0L : draw.grantedMicros();
    };
  }

  // ---- looking again

  /** The alarm that {@link Shell#wake()} told of. */
  void look() {
    look = null;
    resting = false;
    if (quietLooks < QUIET_LOOKS_MAX) quietLooks++;
  }

  /** Whether nothing may be asked before the next look. */
  boolean rests() {
    return resting;
  }

  /** Whether it will look again. */
  boolean willLook() {
    return look != null;
  }

  /**
   * What was granted came to nothing, and would be granted again at once, and for ever.
   *
   * @param grants of the markets; null when it was the fund's
   */
  void cameToNothing(@Nullable LotGrants grants) {
    if (grants == null) rest();
    else restUntilMore(grants);
  }

  private void rest() {
    resting = true;
    lookSoon();
  }

  /**
   * For as long as no more will be granted, so that many who wait for their turn do not all ask
   * every second; but not for long, for others may give theirs back.
   */
  private void restUntilMore(LotGrants grants) {
    resting = true;
    stopLooking();
    lookIn(Math.clamp(grants.moreAtMs() - house.houseMs(), LOOK_MS, TURN_MS_MAX));
  }

  private void lookSoon() {
    lookIn(LOOK_MS);
  }

  private void lookIn(long forMs) {
    if (look == null) look = house.at(house.houseMs() + forMs, id, shell::wake);
  }

  /** The account leaves this node. */
  void stopLooking() {
    if (look != null) look.cancel();
    look = null;
  }
}
