package org.novation.instrument;

import org.novation.money.Fixed;
import org.novation.money.Increment;

/**
 * A perpetual contract and its governed parameters. One tick times one lot is {@link
 * #tickValueMicros()}, an integer, so notional = ticks · lots · tickValue is exact.
 *
 * @param symbol e.g. {@code BTC-PERP}
 * @param underlying the index it follows, e.g. {@code BTC}
 * @param lotsPerTradeMax largest quantity of one trade
 * @param lotsPerAccountMax largest absolute position
 * @param initial initial margin by notional, before open-interest and volatility scaling
 * @param maintenance maintenance margin by notional, below {@code initial} in every bracket
 * @param scaling open-interest and volatility scaling
 * @param profitCapMicros unrealised profit beyond this does not count toward initial margin
 * @param bandPpm how far from the mark a trade's price may be, as a fraction of the mark
 * @param funding funding parameters
 * @param halt when trading halts
 */
public record Perpetual(
    String symbol,
    String underlying,
    Increment tick,
    Increment lot,
    long lotsPerTradeMax,
    long lotsPerAccountMax,
    Ladder initial,
    Ladder maintenance,
    Scaling scaling,
    long profitCapMicros,
    long bandPpm,
    Funding funding,
    Halt halt) {

  /**
   * Scaling of the ladders.
   *
   * @param openInterestLowerMicros notional of open interest from which initial margin rises
   * @param openInterestUpperMicros notional at which it reaches 100 %; 0 switches it off
   * @param sigmaReferencePpm annual volatility at which the multiplier is 1
   * @param multiplierMaxPpm largest multiplier, at least 1
   * @param maintenanceStepPpmPerHour how fast the maintenance multiplier may follow
   * @param sigmaStressedPpm the stressed volatility that keeps a quarter of the weight
   */
  public record Scaling(
      long openInterestLowerMicros,
      long openInterestUpperMicros,
      long sigmaReferencePpm,
      long multiplierMaxPpm,
      long maintenanceStepPpmPerHour,
      long sigmaStressedPpm) {
    public Scaling {
      require(openInterestLowerMicros >= 0, "open-interest cap must not be negative");
      require(
          openInterestUpperMicros == 0 || openInterestUpperMicros > openInterestLowerMicros,
          "upper open-interest cap must exceed the lower");
      require(sigmaReferencePpm > 0 && sigmaStressedPpm > 0, "volatility must be positive");
      require(
          multiplierMaxPpm >= Fixed.PPM && multiplierMaxPpm <= 5 * Fixed.PPM,
          "largest multiplier lies in 1..5");
      require(maintenanceStepPpmPerHour > 0, "maintenance step must be positive");
    }
  }

  /**
   * Funding parameters, rates per 8 hours in ppm of index notional unless named.
   *
   * @param interestPpm the interest term, 0.01 % by default
   * @param clampPpm clamp around the interest term, 0.05 % by default
   * @param capPpmPerHour largest absolute rate per hour, 4 % by default
   */
  public record Funding(long interestPpm, long clampPpm, long capPpmPerHour) {
    public Funding {
      require(clampPpm >= 0, "clamp must not be negative");
      require(capPpmPerHour > 0 && capPpmPerHour <= 40_000, "funding cap lies in 0..4 % per hour");
    }
  }

  /**
   * When the market halts: reductions only, for a while.
   *
   * @param movePpm the index moved more than this, as a fraction of what it moved from
   * @param windowMs within this time
   * @param durationMs how long the halt lasts; a further such move begins it anew
   */
  public record Halt(long movePpm, long windowMs, long durationMs) {
    /** 10 % within 5 minutes halts for 2. */
    public static final Halt DEFAULT = new Halt(100_000, 300_000, 120_000);

    public Halt {
      require(movePpm >= 10_000 && movePpm <= 500_000, "a move that halts lies in 1..50 %");
      require(isShort(windowMs) && isShort(durationMs), "a halt and its window last 1 s to 1 h");
    }

    private static boolean isShort(long ms) {
      return ms >= 1_000 && ms <= 3_600_000;
    }
  }

  /** One that halts as most do. */
  public Perpetual(
      String symbol,
      String underlying,
      Increment tick,
      Increment lot,
      long lotsPerTradeMax,
      long lotsPerAccountMax,
      Ladder initial,
      Ladder maintenance,
      Scaling scaling,
      long profitCapMicros,
      long bandPpm,
      Funding funding) {
    this(
        symbol,
        underlying,
        tick,
        lot,
        lotsPerTradeMax,
        lotsPerAccountMax,
        initial,
        maintenance,
        scaling,
        profitCapMicros,
        bandPpm,
        funding,
        Halt.DEFAULT);
  }

  /**
   * @throws IllegalArgumentException when a parameter breaks a hard bound
   */
  public Perpetual {
    require(symbol.matches("[A-Z0-9][A-Z0-9-]{0,31}"), "bad symbol " + symbol);
    require(underlying.matches("[A-Z0-9]{1,16}"), "bad underlying " + underlying);
    require(
        lotsPerTradeMax > 0 && lotsPerAccountMax >= lotsPerTradeMax,
        "lot limits must be positive and ordered");
    require(lotsPerAccountMax <= 1L << 53, "a position of more than 2^53 lots is not supported");
    require(profitCapMicros >= 0, "profit cap must not be negative");
    require(bandPpm > 0 && bandPpm < Fixed.PPM, "price band lies in 0..1");
    require(
        initial.tiers() == maintenance.tiers(),
        "initial and maintenance ladders must have the same brackets");
    for (int n = 0; n < initial.tiers(); n++) {
      require(
          initial.lowerBoundMicros(n) == maintenance.lowerBoundMicros(n),
          "initial and maintenance ladders must have the same brackets");
      require(
          maintenance.ratePpm(n) < initial.ratePpm(n),
          "maintenance must be below initial margin: " + symbol);
      require(maintenance.ratePpm(n) > 0, "maintenance margin must be positive: " + symbol);
    }
    tickValueMicros(tick, lot);
  }

  /** Micros of one tick times one lot. */
  public long tickValueMicros() {
    return tickValueMicros(tick, lot);
  }

  /**
   * {@code ticks · lots · tickValue}, exact, with the sign of {@code lots}; throws when it does not
   * fit.
   */
  public long notionalMicros(long priceTicks, long lots) {
    return Math.multiplyExact(Math.multiplyExact(priceTicks, lots), tickValueMicros());
  }

  private static long tickValueMicros(Increment tick, Increment lot) {
    long numerator =
        Math.multiplyExact(Math.multiplyExact(tick.unscaled(), lot.unscaled()), Fixed.MICROS);
    long denominator = Increment.pow10(tick.scale() + lot.scale());
    require(numerator % denominator == 0, "one tick times one lot must be whole micros");
    return numerator / denominator;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new IllegalArgumentException(otherwise);
  }
}
