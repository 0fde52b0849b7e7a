package org.novation.governance;

import java.util.List;
import java.util.stream.Stream;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.market.HouseFactor;
import org.novation.market.LadderBook;
import org.novation.money.Fixed;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/** The markets of now as they would be with other parameters: same prices, other margin. */
public final class ProposedMarkets {
  private static final int STRESSED_SHARE = 4;

  private ProposedMarkets() {}

  /**
   * What scales an instrument's ladders now.
   *
   * @param initialMultiplierPpm volatility's multiplier of initial margin
   * @param maintenanceMultiplierPpm of maintenance margin
   * @param openInterestMicros notional held long
   */
  public record Scale(
      long initialMultiplierPpm, long maintenanceMultiplierPpm, long openInterestMicros) {
    /** Nothing does. */
    public static final Scale NONE = new Scale(Fixed.PPM, Fixed.PPM, 0);
  }

  /**
   * The whole catalogue with these changes, each as it was voted: the end of every ramp.
   *
   * @throws IllegalArgumentException when they cannot be listed together
   */
  public static Catalogue catalogue(ParameterSet parameters, List<Change> changes) {
    List<Setting> settings =
        Stream.concat(parameters.voted().stream(), changes.stream().map(Change::after))
            .map(each -> Setting.settled(each, 0, 0))
            .toList();
    return ParameterSet.NONE.with(settings, parameters.version() + 1).catalogue(0);
  }

  /**
   * The view with another catalogue, which lists at least what the view's does, at the same places.
   * Volatility itself is not in a view: it is what explains the multiplier of now, and where that
   * stands at one, as high as that allows.
   *
   * @param scales of each instrument of the view; those beyond the list are not scaled
   * @param houseDeposits of each asset of the view, in its smallest unit; beyond the list nothing
   */
  public static MarketView view(
      MarketView now, Catalogue then, List<Scale> scales, List<Long> houseDeposits) {
    MarketView.Instrument[] instruments = new MarketView.Instrument[then.instruments()];
    for (int i = 0; i < instruments.length; i++)
      instruments[i] = instrument(now, then, i, i < scales.size() ? scales.get(i) : Scale.NONE);
    MarketView.AssetPrice[] assets = new MarketView.AssetPrice[then.assets()];
    for (int a = 0; a < assets.length; a++)
      assets[a] = asset(now, then.asset(a), a, a < houseDeposits.size() ? houseDeposits.get(a) : 0);
    return new MarketView(then, now.timeMs(), instruments, assets);
  }

  private static MarketView.Instrument instrument(
      MarketView now, Catalogue then, int i, Scale scale) {
    Perpetual after = then.perpetual(i);
    if (i >= now.catalogue().instruments())
      return new MarketView.Instrument(
          0, 0, 0, PriceValidity.NONE, MarginLadders.fixed(after.initial(), after.maintenance()));
    Perpetual before = now.catalogue().perpetual(i);
    requireSame(before.symbol(), after.symbol());
    MarketView.Instrument market = now.instrument(i);
    MarginLadders ladders =
        new LadderBook(after)
            .scale(
                multiplier(before, after, scale.initialMultiplierPpm()),
                multiplier(before, after, scale.maintenanceMultiplierPpm()),
                scale.openInterestMicros());
    return new MarketView.Instrument(
        market.markTicks(),
        market.indexTicks(),
        market.fundingIndex(),
        market.validity(),
        ladders,
        market.brakes());
  }

  /** clamp(σ/σ_ref, 1, v_max), with the σ of which the multiplier was made. Rounds up. */
  private static long multiplier(Perpetual before, Perpetual after, long ppm) {
    if (before.scaling().equals(after.scaling())) return ppm;
    long sigma = Fixed.ppmCeil(before.scaling().sigmaReferencePpm(), ppm);
    long stressed = after.scaling().sigmaStressedPpm() - before.scaling().sigmaStressedPpm();
    long then = Math.max(0, sigma + Math.ceilDiv(stressed, STRESSED_SHARE));
    return Math.clamp(
        Fixed.mulDivCeil(then, Fixed.PPM, after.scaling().sigmaReferencePpm()),
        Fixed.PPM,
        after.scaling().multiplierMaxPpm());
  }

  private static MarketView.AssetPrice asset(MarketView now, Asset after, int a, long deposits) {
    if (a >= now.catalogue().assets())
      return new MarketView.AssetPrice(0, Fixed.PPM, Fixed.PPM, Fixed.PPM, PriceValidity.NONE, 0);
    requireSame(now.catalogue().asset(a).symbol(), after.symbol());
    if (a == 0) return now.asset(0);
    HouseFactor factor = new HouseFactor(after);
    factor.scale(deposits);
    MarketView.AssetPrice price = now.asset(a);
    return new MarketView.AssetPrice(
        price.priceMicros(),
        factor.factorPpm(),
        factor.floorPpm(),
        factor.ceilingPpm(),
        price.validity(),
        price.epoch(),
        price.brakes());
  }

  private static void requireSame(String before, String after) {
    if (!before.equals(after))
      throw new IllegalArgumentException(after + " stands where " + before + " stood");
  }
}
