package org.novation.node;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;

/**
 * What a node trades, read from {@code config/instruments.conf}: the catalogue, and the terms on
 * which a replay may list a symbol that nobody described. Every flaw of the file is a {@link
 * ConfigurationException} of one line that names file, line, path and what is wrong; the file is
 * taken as a whole or not at all.
 */
public final class InstrumentConfig {
  /** The file's name in the configuration directory. */
  public static final String FILE_NAME = "instruments.conf";

  private static final int TICK_SCALE_MAX = 12;
  private static final int DIGITS_BELOW_LOWEST = 4;
  private static final int LOT_DIGITS_TO_SPARE = 2;

  private final Catalogue catalogue;
  private final Settings unlisted;

  private InstrumentConfig(Catalogue catalogue, Settings unlisted) {
    this.catalogue = catalogue;
    this.unlisted = unlisted;
  }

  /**
   * Reads {@code instruments.conf} in a configuration directory.
   *
   * @throws ConfigurationException when it is missing or any value of it cannot be used
   */
  public static InstrumentConfig in(Path configDirectory) {
    return read(configDirectory.resolve(FILE_NAME));
  }

  /**
   * Reads a file.
   *
   * @throws ConfigurationException when it is missing or any value of it cannot be used
   */
  public static InstrumentConfig read(Path file) {
    Settings root =
        Settings.read(file)
            .only("version", "assets", "perpetual-defaults", "perpetuals", "unlisted");
    Settings defaults = root.section("perpetual-defaults");
    List<Asset> assets = new ArrayList<>();
    for (Settings asset : root.sections("assets", Catalogue.ENTRIES_MAX)) assets.add(asset(asset));
    List<Perpetual> perpetuals = new ArrayList<>();
    for (Settings perpetual : root.sections("perpetuals", Catalogue.ENTRIES_MAX)) {
      perpetuals.add(perpetual(perpetual.over(defaults)));
    }
    Settings unlisted =
        root.section("unlisted")
            .over(defaults)
            .only(
                "trade-value-max",
                "account-value-max",
                "brackets",
                "price-band",
                "profit-cap",
                "scaling",
                "funding",
                "halt");
    InstrumentConfig config =
        new InstrumentConfig(
            catalogue(root, root.decimal("version", 0), perpetuals, assets), unlisted);
    config.unlisted(new Unlisted("PROBE", BigDecimal.ONE, BigDecimal.ONE));
    return config;
  }

  /** Everything that is listed. */
  public Catalogue catalogue() {
    return catalogue;
  }

  /**
   * A symbol of a tape and the prices that it has there.
   *
   * @param symbol of the index, e.g. {@code LUNA}; lists {@code LUNA-PERP}
   * @param lowest above 0
   * @param highest at least {@code lowest}
   */
  public record Unlisted(String symbol, BigDecimal lowest, BigDecimal highest) {}

  /**
   * The catalogue with these symbols listed behind the others, on the file's terms for the unknown.
   * Lot and tick follow from the prices: a lot is worth less than ten at the highest and the lowest
   * is ten thousand ticks, unless prices span so far that one tick times one lot were no whole
   * micro; then the lot is worth up to a thousand, and the tick gets coarser.
   *
   * @throws ConfigurationException when a symbol cannot be listed: its name or its prices do not
   *     fit the bounds of the house
   */
  public Catalogue withUnlisted(List<Unlisted> symbols) {
    List<Perpetual> perpetuals = new ArrayList<>();
    for (int i = 0; i < catalogue.instruments(); i++) perpetuals.add(catalogue.perpetual(i));
    List<Asset> assets = new ArrayList<>();
    for (int a = 0; a < catalogue.assets(); a++) assets.add(catalogue.asset(a));
    for (Unlisted symbol : symbols) perpetuals.add(unlisted(symbol));
    return catalogue(unlisted, catalogue.version(), perpetuals, assets);
  }

  private static Catalogue catalogue(
      Settings at, long version, List<Perpetual> perpetuals, List<Asset> assets) {
    try {
      return new Catalogue(version, perpetuals, assets);
    } catch (IllegalArgumentException e) {
      throw at.wrong(reason(e));
    }
  }

  private static Asset asset(Settings settings) {
    settings.only("symbol", "decimals", "weight", "concentration", "house-cap", "stablecoin");
    int decimals = settings.integer("decimals");
    if (decimals < 0 || decimals > 12) throw settings.wrong("decimals", "lies in 0 to 12");
    try {
      return new Asset(
          settings.text("symbol"),
          decimals,
          settings.ppm("weight"),
          settings.ppm("concentration"),
          settings.decimal("house-cap", decimals),
          settings.flag("stablecoin"));
    } catch (IllegalArgumentException e) {
      throw settings.wrong(reason(e));
    }
  }

  private static Perpetual perpetual(Settings settings) {
    settings.only(
        "symbol",
        "underlying",
        "tick",
        "lot",
        "trade-max",
        "account-max",
        "brackets",
        "price-band",
        "profit-cap",
        "scaling",
        "funding",
        "halt");
    Increment lot = settings.increment("lot");
    return perpetual(
        settings,
        settings.text("symbol"),
        settings.text("underlying"),
        settings.increment("tick"),
        lot,
        settings.count("trade-max", lot),
        settings.count("account-max", lot));
  }

  private static Perpetual perpetual(
      Settings settings,
      String symbol,
      String underlying,
      Increment tick,
      Increment lot,
      long lotsPerTradeMax,
      long lotsPerAccountMax) {
    Ladders ladders = ladders(settings);
    Perpetual.Scaling scaling = scaling(settings.section("scaling"));
    Perpetual.Funding funding = funding(settings.section("funding"));
    Perpetual.Halt halt = halt(settings.section("halt"));
    try {
      return new Perpetual(
          symbol,
          underlying,
          tick,
          lot,
          lotsPerTradeMax,
          lotsPerAccountMax,
          ladders.initial(),
          ladders.maintenance(),
          scaling,
          settings.micros("profit-cap"),
          settings.ppm("price-band"),
          funding,
          halt);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw settings.wrong(reason(e));
    }
  }

  private record Ladders(Ladder initial, Ladder maintenance) {}

  private static Ladders ladders(Settings settings) {
    List<Settings> brackets = settings.sections("brackets", Ladder.TIERS_MAX);
    long[] from = new long[brackets.size()];
    long[] initial = new long[brackets.size()];
    long[] maintenance = new long[brackets.size()];
    for (int n = 0; n < from.length; n++) {
      Settings bracket = brackets.get(n).only("from", "initial", "maintenance");
      from[n] = bracket.micros("from");
      initial[n] = bracket.ppm("initial");
      maintenance[n] = bracket.ppm("maintenance");
      if (maintenance[n] >= initial[n]) throw bracket.wrong("maintenance", "must be below initial");
    }
    try {
      return new Ladders(new Ladder(from, initial), new Ladder(from, maintenance));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw settings.wrong("brackets", reason(e));
    }
  }

  private static Perpetual.Scaling scaling(Settings settings) {
    settings.only(
        "sigma-reference",
        "sigma-stressed",
        "multiplier-max",
        "maintenance-step-per-hour",
        "open-interest-from",
        "open-interest-to");
    try {
      return new Perpetual.Scaling(
          settings.micros("open-interest-from"),
          settings.micros("open-interest-to"),
          settings.ppm("sigma-reference"),
          settings.ppm("multiplier-max"),
          settings.ppm("maintenance-step-per-hour"),
          settings.ppm("sigma-stressed"));
    } catch (IllegalArgumentException e) {
      throw settings.wrong(reason(e));
    }
  }

  private static Perpetual.Funding funding(Settings settings) {
    settings.only("interest", "clamp", "cap-per-hour");
    try {
      return new Perpetual.Funding(
          settings.ppm("interest"), settings.ppm("clamp"), settings.ppm("cap-per-hour"));
    } catch (IllegalArgumentException e) {
      throw settings.wrong(reason(e));
    }
  }

  private static Perpetual.Halt halt(Settings settings) {
    settings.only("move", "window-seconds", "seconds");
    try {
      return new Perpetual.Halt(
          settings.ppm("move"),
          settings.decimal("window-seconds", 3),
          settings.decimal("seconds", 3));
    } catch (IllegalArgumentException e) {
      throw settings.wrong(reason(e));
    }
  }

  private Perpetual unlisted(Unlisted coin) {
    String symbol = coin.symbol();
    BigDecimal lowest = coin.lowest();
    BigDecimal highest = coin.highest();
    if (lowest.signum() <= 0 || highest.compareTo(lowest) < 0)
      throw unlisted.wrong(symbol + " cannot be listed: it has no positive price");
    // Powers of ten. One tick times one lot is a whole micro when their exponents add up to -6 or
    // more: where prices span so far that both wishes do not fit, the lot grows first, then the
    // tick.
    int wishedTick = exponent(lowest) - DIGITS_BELOW_LOWEST;
    int fineLot = -exponent(highest);
    int lotExponent = Math.clamp(-6L - wishedTick, fineLot, fineLot + LOT_DIGITS_TO_SPARE);
    int tickExponent = Math.max(wishedTick, Math.max(-6 - lotExponent, -TICK_SCALE_MAX));
    Increment tick = powerOfTen(tickExponent);
    Increment lot = powerOfTen(lotExponent);
    return perpetual(
        unlisted,
        symbol + "-PERP",
        symbol,
        tick,
        lot,
        lotsWorth(unlisted.micros("trade-value-max"), highest, lot),
        lotsWorth(unlisted.micros("account-value-max"), highest, lot));
  }

  /** How many lots are worth so much at a price, rounded down, at least one. */
  private static long lotsWorth(long micros, BigDecimal price, Increment lot) {
    BigDecimal lotValue = price.multiply(BigDecimal.valueOf(lot.unscaled(), lot.scale()));
    BigDecimal lots = BigDecimal.valueOf(micros, 6).divideToIntegralValue(lotValue);
    return lots.min(BigDecimal.valueOf(1L << 53)).max(BigDecimal.ONE).longValueExact();
  }

  /** The power of ten of a price's first digit. */
  private static int exponent(BigDecimal price) {
    return price.precision() - price.scale() - 1;
  }

  private static Increment powerOfTen(int exponent) {
    return exponent >= 0
        ? new Increment(Increment.pow10(exponent), 0)
        : new Increment(1, -exponent);
  }

  private static String reason(RuntimeException e) {
    return String.valueOf(e.getMessage());
  }
}
