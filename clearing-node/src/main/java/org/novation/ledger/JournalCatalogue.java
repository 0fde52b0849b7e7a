package org.novation.ledger;

import java.util.ArrayList;
import java.util.List;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.Leg;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;

/**
 * The instruments and assets that a journal names, found while it is read: the audit needs no
 * configuration, and an instrument that is no longer listed is audited all the same. The first
 * trade of an instrument tells what one tick times one lot is worth; every later one is held to it.
 * Immutable; never used to reckon margin.
 */
final class JournalCatalogue {
  /** Only there because a perpetual must have them. */
  private static final Ladder INITIAL = new Ladder(new long[] {0}, new long[] {1_000_000});

  private static final Ladder MAINTENANCE = new Ladder(new long[] {0}, new long[] {500_000});
  private static final long LOTS_MAX = 1L << 53;

  private final Catalogue catalogue;

  private JournalCatalogue(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  /** Nothing but the settlement asset. */
  static JournalCatalogue of(String settlementAsset) {
    return new JournalCatalogue(
        new Catalogue(
            0, List.of(), List.of(new Asset(settlementAsset, 6, 1_000_000, 0, 0, false))));
  }

  Catalogue get() {
    return catalogue;
  }

  /** With what the event names; this very object when it names nothing new. */
  JournalCatalogue with(AccountEvent event) {
    return switch (event) {
      case CollateralDeposited deposit -> withAsset(deposit.asset());
      case AccountEvent.CollateralHeld held -> withAsset(held.asset());
      case AccountEvent.CollateralSent sent -> withAsset(sent.asset());
      case AccountEvent.CollateralReceived received -> withAsset(received.asset());
      case AccountEvent.FeesPaid paid -> withAsset(paid.asset());
      case TradesCleared cleared -> with(cleared.applied()).with(cleared.novated());
      case AccountEvent.SliceSold sold -> with(sold.legs());
      case AccountEvent.TransferTaken taken -> with(taken.legs());
      case AccountEvent.HandedOver handed -> with(handed.legs());
      case AccountEvent.LiquidationChanged _,
          AccountEvent.SliceOffered _,
          AccountEvent.OfferReduced _,
          AccountEvent.OfferClosed _,
          AccountEvent.HandOverDeferred _,
          AccountEvent.DrawAsked _,
          AccountEvent.DrawReleased _,
          AccountEvent.DebtSettled _,
          AccountEvent.ProfitTaken _,
          AccountEvent.StepDeclined _,
          AccountEvent.DeficitPaid _,
          AccountEvent.FeesCharged _,
          AccountEvent.SurplusPaid _,
          AccountEvent.CollateralReturned _,
          AccountEvent.CollateralWithdrawn _,
          AccountEvent.AccountOpened _,
          AccountEvent.LeverageCapped _,
          AccountEvent.OutboxAcknowledged _,
          AccountEvent.MarginStateChanged _ ->
          this;
    };
  }

  private JournalCatalogue withAsset(String asset) {
    if (catalogue.asset(asset) != null) return this;
    List<Asset> assets = new ArrayList<>();
    for (int i = 0; i < catalogue.assets(); i++) assets.add(catalogue.asset(i));
    assets.add(new Asset(asset, 0, 0, 0, 0, false));
    return new JournalCatalogue(new Catalogue(0, perpetuals(), assets));
  }

  private JournalCatalogue with(List<Leg> legs) {
    JournalCatalogue grown = this;
    for (Leg leg : legs) grown = grown.with(leg);
    return grown;
  }

  private JournalCatalogue with(Leg leg) {
    if (Coins.are(leg.instrument())) return withAsset(Coins.symbol(leg.instrument()));
    if (catalogue.instrument(leg.instrument()) != null) return this;
    List<Perpetual> perpetuals = perpetuals();
    perpetuals.add(perpetual(leg));
    List<Asset> assets = new ArrayList<>();
    for (int i = 0; i < catalogue.assets(); i++) assets.add(catalogue.asset(i));
    return new JournalCatalogue(new Catalogue(0, perpetuals, assets));
  }

  /**
   * Whether coins changed hands at their price, for some number of decimals: which an asset has,
   * the journal does not say.
   */
  static boolean isWorth(Leg leg) {
    for (int decimals = Asset.DECIMALS_MAX; decimals >= 0; decimals--) {
      Asset asset = new Asset(Coins.symbol(leg.instrument()), decimals, 0, 0, 0, false);
      long worth = Coins.worthMicros(asset, leg.lots(), leg.priceTicks());
      if (worth == leg.notionalMicros()) return true;
      if (Math.abs(worth) > Math.abs(leg.notionalMicros())) return false; // And grows from here.
    }
    return false;
  }

  private List<Perpetual> perpetuals() {
    List<Perpetual> perpetuals = new ArrayList<>();
    for (int i = 0; i < catalogue.instruments(); i++) perpetuals.add(catalogue.perpetual(i));
    return perpetuals;
  }

  private static Perpetual perpetual(Leg leg) {
    long tickValue = leg.notionalMicros() / Math.multiplyExact(leg.priceTicks(), leg.lots());
    return new Perpetual(
        leg.instrument(),
        "JOURNAL",
        new Increment(tickValue, 6),
        new Increment(1, 0),
        LOTS_MAX,
        LOTS_MAX,
        INITIAL,
        MAINTENANCE,
        new Perpetual.Scaling(0, 0, 1, 1_000_000, 1, 1),
        0,
        1,
        new Perpetual.Funding(0, 0, 1));
  }
}
