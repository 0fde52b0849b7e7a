package org.novation.api;

import static org.novation.money.Decimals.micros;
import static org.novation.money.Decimals.ppm;

import org.novation.api.MarketPort.MarketReading;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.money.Fixed;
import org.novation.money.Increment;
import org.novation.protocol.v1.Brake;
import org.novation.protocol.v1.MarginBracket;
import org.novation.protocol.v1.Market;
import org.novation.protocol.v1.MarketBrake;
import org.novation.protocol.v1.PriceValidity;
import org.novation.risk.Brakes;
import org.novation.risk.MarketView;
import org.novation.risk.Stop;

/** Writes markets. */
final class Markets {
  private Markets() {}

  /**
   * @param view of the terms by which the reading is
   */
  static Market write(int instrument, MarketView view, MarketReading reading) {
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    MarketView.Instrument market = reading.market();
    Market.Builder written =
        Market.newBuilder()
            .setInstrument(perpetual.symbol())
            .setUnderlying(perpetual.underlying())
            .setTick(perpetual.tick().toString())
            .setLot(perpetual.lot().toString())
            .setMark(price(perpetual, market.markTicks()))
            .setIndex(price(perpetual, market.indexTicks()))
            .setValidity(validity(market.validity()))
            .setTimeMs(reading.timeMs())
            .setFundingRate(ppm(reading.fundingRatePpm()))
            .setFundingIndex(fundingIndex(perpetual, market.fundingIndex()))
            .setOpenInterest(perpetual.lot().text(reading.openInterestLots()))
            .setFeeds(reading.feeds());
    Ladder initial = market.ladders().initial();
    Ladder maintenance = market.ladders().maintenance();
    for (int tier = 0; tier < initial.tiers(); tier++)
      written.addBrackets(bracket(initial, maintenance, tier));
    addBrakes(written, market, reading.nowMs());
    if (view.catalogue().retired(instrument)) written.addBrakes(brake(Brake.BRAKE_RETIRED, 0));
    Stop standstill = view.standstill();
    if (standstill != null)
      written.addBrakes(brake(Brake.valueOf("BRAKE_" + standstill.brake().name()), 0));
    return written.build();
  }

  /** Before the first price there is none. */
  private static String price(Perpetual perpetual, long ticks) {
    return ticks == 0 ? "" : perpetual.tick().text(ticks);
  }

  /**
   * From 1e-6 micros per lot to the quote asset per unit, exact unless a lot is no power of ten.
   */
  private static String fundingIndex(Perpetual perpetual, long index) {
    long perUnit =
        Fixed.mulDivFloor(
            index, Increment.pow10(perpetual.lot().scale()), perpetual.lot().unscaled());
    return Decimals.format(perUnit, 12);
  }

  private static MarginBracket bracket(Ladder initial, Ladder maintenance, int tier) {
    return MarginBracket.newBuilder()
        .setFromNotional(micros(initial.lowerBoundMicros(tier)))
        .setInitialRate(ppm(initial.ratePpm(tier)))
        .setMaintenanceRate(ppm(maintenance.ratePpm(tier)))
        .setInitialDeduction(micros(initial.deductionMicros(tier)))
        .setMaintenanceDeduction(micros(maintenance.deductionMicros(tier)))
        .build();
  }

  private static void addBrakes(Market.Builder written, MarketView.Instrument market, long nowMs) {
    Brakes brakes = market.brakes();
    for (org.novation.risk.Operation operation : org.novation.risk.Operation.values()) {
      if (!brakes.paused(operation, nowMs)) continue;
      long until = brakes.pausedUntilMs(operation);
      written.addBrakes(
          brake(Brake.BRAKE_PAUSE, until == Brakes.OPEN_ENDED ? 0 : until)
              .setOperation(Pauses.write(operation)));
    }
    if (brakes.withdrawableFromMs() > nowMs)
      written.addBrakes(brake(Brake.BRAKE_OUTAGE, brakes.withdrawableFromMs()));
    if (brakes.halted(nowMs)) written.addBrakes(brake(Brake.BRAKE_HALT, brakes.haltedUntilMs()));
    switch (market.validity()) {
      case FRESH -> {}
      case DIVERGED -> written.addBrakes(brake(Brake.BRAKE_DIVERGED_PRICES, 0));
      case STALE, NONE -> written.addBrakes(brake(Brake.BRAKE_NO_FRESH_PRICE, 0));
    }
  }

  private static MarketBrake.Builder brake(Brake brake, long untilMs) {
    return MarketBrake.newBuilder().setBrake(brake).setUntilMs(untilMs);
  }

  private static PriceValidity validity(org.novation.risk.PriceValidity validity) {
    return switch (validity) {
      case FRESH -> PriceValidity.PRICE_VALIDITY_FRESH;
      case DIVERGED -> PriceValidity.PRICE_VALIDITY_DIVERGED;
      case STALE -> PriceValidity.PRICE_VALIDITY_STALE;
      case NONE -> PriceValidity.PRICE_VALIDITY_NONE;
    };
  }
}
