package org.novation.node.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.money.Decimals.DecimalException;
import org.novation.money.Fixed;
import org.novation.money.Increment;
import org.novation.risk.Haircut;
import org.novation.risk.Holds;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarginStatement.Term;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/**
 * One account and its markets as a person wrote them into a file: what {@code risk eval} reckons
 * on. The same types as in a node hold it, so the same hard bounds refuse it.
 *
 * @param scalings per instrument, how its ladders in force came about
 */
record RiskCase(Portfolio portfolio, Holds holds, MarketView view, List<List<Term>> scalings) {
  private static final Asset USDC = new Asset("USDC", 6, Fixed.PPM, 0, 0, false);
  private static final int ENTRIES_MAX = Catalogue.ENTRIES_MAX - 1;
  private static final long LOTS_MAX = 1L << 53;
  private static final Increment TICK = Increment.of("0.01");
  private static final Increment LOT = Increment.of("0.001");
  private static final int ASSET_DECIMALS = 8;

  /** Reads a case; every complaint is a {@link JsonField.InputException}. */
  static RiskCase read(JsonField file) {
    file.only(
        "account",
        "cash",
        "leverageMax",
        "collateral",
        "instruments",
        "marks",
        "positions",
        "pending");
    return new Reader(file).read();
  }

  /** Collects what the parts of a file say until all of it is known. */
  private static final class Reader {
    private final JsonField file;
    private final Portfolio portfolio = new Portfolio();
    private final Holds holds = new Holds();
    private final List<Perpetual> perpetuals = new ArrayList<>();
    private final List<MarketView.Instrument> markets = new ArrayList<>();
    private final List<List<Term>> scalings = new ArrayList<>();
    private final Map<String, Integer> listed = new HashMap<>();
    private final List<Asset> assets = new ArrayList<>(List.of(USDC));
    private final List<MarketView.AssetPrice> prices =
        new ArrayList<>(List.of(MarketView.SETTLEMENT));

    Reader(JsonField file) {
      this.file = file;
    }

    RiskCase read() {
      file.find("account").ifPresent(JsonField::text);
      file.find("leverageMax").ifPresent(field -> portfolio.capLeverage(leverage(field)));
      portfolio.credit(0, file.find("cash").map(field -> field.scaled(6)).orElse(0L));
      for (JsonField each : file.list("collateral", ENTRIES_MAX)) readCollateral(each);
      for (JsonField each : file.get("instruments").items(ENTRIES_MAX)) readInstrument(each);
      file.find("marks").ifPresent(this::refuseUnknownMarks);
      for (JsonField each : file.list("positions", ENTRIES_MAX)) readPosition(each);
      for (JsonField each : file.list("pending", ENTRIES_MAX)) readPending(each);
      MarketView view =
          new MarketView(
              new Catalogue(0, perpetuals, assets),
              0,
              markets.toArray(MarketView.Instrument[]::new),
              prices.toArray(MarketView.AssetPrice[]::new));
      return new RiskCase(portfolio, holds, view, scalings);
    }

    private static long leverage(JsonField field) {
      long leverage = field.scaled(0);
      if (leverage < 0 || leverage > 100) throw field.wrong("must lie in 1..100, or 0 for none");
      return leverage;
    }

    private void readCollateral(JsonField entry) {
      entry.only(
          "asset",
          "amount",
          "price",
          "weight",
          "concentration",
          "houseCap",
          "houseHolds",
          "stablecoin",
          "decimals");
      String symbol = entry.get("asset").text();
      if (symbol.equals(USDC.symbol())) {
        throw entry.get("asset").wrong("USDC is the settlement asset: state it as cash");
      }
      if (assets.stream().anyMatch(asset -> asset.symbol().equals(symbol))) {
        throw entry.get("asset").wrong(symbol + " is there twice");
      }
      int decimals =
          entry.find("decimals").map(field -> (int) bounded(field, 12)).orElse(ASSET_DECIMALS);
      long houseCap = entry.find("houseCap").map(field -> field.scaled(decimals)).orElse(0L);
      long houseHolds = entry.find("houseHolds").map(field -> field.scaled(decimals)).orElse(0L);
      Asset asset =
          valid(
              entry,
              () ->
                  new Asset(
                      symbol,
                      decimals,
                      entry.get("weight").millionths(0),
                      entry.find("concentration").map(field -> field.millionths(0)).orElse(0L),
                      houseCap,
                      entry.find("stablecoin").map(JsonField::flag).orElse(false)));
      long price = entry.get("price").millionths(1);
      long factor = Haircut.houseFactorPpm(asset, houseHolds);
      portfolio.credit(assets.size(), entry.get("amount").scaled(decimals));
      assets.add(asset);
      prices.add(new MarketView.AssetPrice(price, factor, factor, factor, PriceValidity.FRESH, 0));
    }

    private static long bounded(JsonField field, long most) {
      long value = field.scaled(0);
      if (value < 0 || value > most) throw field.wrong("must lie in 0.." + most);
      return value;
    }

    private void readInstrument(JsonField entry) {
      entry.only(
          "symbol",
          "tick",
          "lot",
          "initialRate",
          "maintenanceRate",
          "brackets",
          "openInterest",
          "openInterestLower",
          "openInterestUpper",
          "initialMultiplier",
          "maintenanceMultiplier",
          "profitCap");
      String symbol = entry.get("symbol").text();
      if (listed.containsKey(symbol)) throw entry.get("symbol").wrong(symbol + " is there twice");
      Ladders ladders = Ladders.read(entry);
      long lower = amount(entry, "openInterestLower");
      long upper = amount(entry, "openInterestUpper");
      Perpetual perpetual =
          valid(
              entry,
              () ->
                  new Perpetual(
                      symbol,
                      symbol.split("-", 2)[0],
                      entry.find("tick").map(Reader::increment).orElse(TICK),
                      entry.find("lot").map(Reader::increment).orElse(LOT),
                      LOTS_MAX,
                      LOTS_MAX,
                      ladders.initial(),
                      ladders.maintenance(),
                      new Perpetual.Scaling(
                          lower, upper, Fixed.PPM, Fixed.PPM, Fixed.PPM, Fixed.PPM),
                      entry
                          .find("profitCap")
                          .map(field -> field.millionths(0))
                          .orElse(Long.MAX_VALUE),
                      Fixed.PPM / 10,
                      new Perpetual.Funding(0, 0, 1)));
      List<Term> scaling = new ArrayList<>();
      MarginLadders inForce = inForce(entry, perpetual, scaling);
      long mark =
          file.find("marks")
              .flatMap(marks -> marks.find(symbol))
              .map(field -> price(field, perpetual))
              .orElse(0L);
      PriceValidity validity = mark == 0 ? PriceValidity.NONE : PriceValidity.FRESH;
      listed.put(symbol, perpetuals.size());
      perpetuals.add(perpetual);
      markets.add(new MarketView.Instrument(mark, mark, 0, validity, inForce));
      scalings.add(List.copyOf(scaling));
    }

    /** Volatility multiplies the rates first; open interest takes initial margin on toward 1. */
    private static MarginLadders inForce(JsonField entry, Perpetual perpetual, List<Term> scaling) {
      long initialMultiplier = multiplier(entry, "initialMultiplier");
      long maintenanceMultiplier = multiplier(entry, "maintenanceMultiplier");
      if (maintenanceMultiplier > initialMultiplier) {
        throw entry
            .get("maintenanceMultiplier")
            .wrong("must not exceed initialMultiplier: maintenance follows initial margin");
      }
      Ladder initial = perpetual.initial().scaledBy(initialMultiplier);
      Ladder maintenance = perpetual.maintenance().scaledBy(maintenanceMultiplier);
      if (initialMultiplier != Fixed.PPM) {
        scaling.add(
            new Term(
                "volatility, initial rate",
                "rate x " + Decimals.ppm(initialMultiplier) + ", at most 1, rounded up",
                Decimals.ppm(initial.ratePpm(0))));
      }
      if (maintenanceMultiplier != Fixed.PPM) {
        scaling.add(
            new Term(
                "volatility, maintenance rate",
                "rate x " + Decimals.ppm(maintenanceMultiplier) + ", at most 1, rounded up",
                Decimals.ppm(maintenance.ratePpm(0))));
      }
      long lower = perpetual.scaling().openInterestLowerMicros();
      long upper = perpetual.scaling().openInterestUpperMicros();
      if (upper == 0) return MarginLadders.fixed(initial, maintenance);
      long openInterest = entry.get("openInterest").millionths(0);
      Ladder grown = initial.scaledByOpenInterest(openInterest, lower, upper);
      scaling.add(
          new Term(
              "open interest, initial rate",
              "%1$s + (1 - %1$s) x clamp((%2$s - %3$s) / (%4$s - %3$s), 0, 1), rounded down"
                  .formatted(
                      Decimals.ppm(initial.ratePpm(0)),
                      Decimals.micros(openInterest),
                      Decimals.micros(lower),
                      Decimals.micros(upper)),
              Decimals.ppm(grown.ratePpm(0))));
      return MarginLadders.fixed(grown, maintenance);
    }

    private static long multiplier(JsonField entry, String name) {
      return entry.find(name).map(field -> field.millionths(Fixed.PPM)).orElse(Fixed.PPM);
    }

    private static long amount(JsonField entry, String name) {
      return entry.find(name).map(field -> field.millionths(0)).orElse(0L);
    }

    private static Increment increment(JsonField field) {
      String text = field.decimal();
      try {
        return Increment.of(text);
      } catch (DecimalException | IllegalArgumentException e) {
        throw field.wrong("\"" + JsonField.shortened(text) + "\" is not a step such as 0.01");
      }
    }

    private void refuseUnknownMarks(JsonField marks) {
      for (String symbol : marks.fieldNames()) {
        if (!listed.containsKey(symbol)) {
          throw marks.get(symbol).wrong("is not among the instruments");
        }
      }
    }

    private void readPosition(JsonField entry) {
      entry.only("instrument", "quantity", "entryPrice", "costBasis", "accruedFunding");
      int instrument = instrument(entry);
      if (portfolio.slotOf(instrument) >= 0) {
        throw entry.get("instrument").wrong("has a position already");
      }
      Perpetual perpetual = perpetuals.get(instrument);
      long lots = lots(entry.get("quantity"), perpetual);
      notional(entry.get("quantity"), perpetual, markets.get(instrument).markTicks(), lots);
      long basis = basis(entry, perpetual, lots);
      long touched =
          entry
              .find("accruedFunding")
              .map(field -> fundingIndexAtLastTouch(field, lots))
              .orElse(0L);
      portfolio.restore(instrument, lots, basis, touched, 0, 0, 0);
    }

    /** What a position cost: stated, or quantity times an average price, rounded up. */
    private static long basis(JsonField entry, Perpetual perpetual, long lots) {
      Optional<JsonField> stated = entry.find("costBasis");
      if (stated.isPresent() == entry.find("entryPrice").isPresent()) {
        throw entry.wrong("needs either entryPrice or costBasis");
      }
      if (stated.isPresent()) {
        long basis = stated.get().scaled(6);
        if (basis != 0 && (basis ^ lots) < 0) {
          throw stated.get().wrong("must have the sign of the quantity");
        }
        return basis;
      }
      JsonField price = entry.get("entryPrice");
      if (price.scaled(12) <= 0) throw price.wrong("must be above 0");
      BigDecimal cost =
          new BigDecimal(perpetual.lot().text(lots)).multiply(new BigDecimal(price.decimal()));
      try {
        return cost.movePointRight(6).setScale(0, RoundingMode.CEILING).longValueExact();
      } catch (ArithmeticException e) {
        throw price.wrong("quantity times price is too large");
      }
    }

    /**
     * The funding index that gives the position this accrued funding while the index stands at 0.
     * An index is whole: of more than a million lots it may miss the figure by a few micros, then
     * downwards.
     */
    private static long fundingIndexAtLastTouch(JsonField field, long lots) {
      long accrued = field.scaled(6);
      long size = Math.abs(lots);
      try {
        long least = Fixed.mulDivCeil(accrued, Portfolio.FUNDING_SCALE, size);
        boolean over = Fixed.mulDivFloor(least, size, Portfolio.FUNDING_SCALE) > accrued;
        return Long.signum(lots) * (over ? least - 1 : least);
      } catch (ArithmeticException e) {
        throw field.wrong("is too large for so small a position");
      }
    }

    private void readPending(JsonField entry) {
      entry.only("instrument", "quantity", "price");
      int instrument = instrument(entry);
      Perpetual perpetual = perpetuals.get(instrument);
      long lots = lots(entry.get("quantity"), perpetual);
      long price = price(entry.get("price"), perpetual);
      holds.add(instrument, lots, notional(entry.get("quantity"), perpetual, price, lots));
    }

    /** An instrument that is listed and has a mark. */
    private int instrument(JsonField entry) {
      JsonField field = entry.get("instrument");
      Integer instrument = listed.get(field.text());
      if (instrument == null) throw field.wrong(field.text() + " is not among the instruments");
      if (markets.get(instrument).markTicks() == 0) {
        throw new JsonField.InputException("marks." + field.text(), "missing");
      }
      return instrument;
    }

    private static long lots(JsonField field, Perpetual perpetual) {
      long lots = steps(field, perpetual.lot(), "lot");
      if (lots == 0) throw field.wrong("must not be 0");
      if (Math.abs(lots) > LOTS_MAX) throw field.wrong("is too large");
      return lots;
    }

    private static long price(JsonField field, Perpetual perpetual) {
      long ticks = steps(field, perpetual.tick(), "tick");
      if (ticks <= 0) throw field.wrong("must be above 0");
      return ticks;
    }

    private static long steps(JsonField field, Increment step, String name) {
      String text = field.decimal();
      try {
        return step.count(text);
      } catch (DecimalException e) {
        throw field.wrong(
            switch (e.flaw()) {
              case MALFORMED ->
                  "\"" + JsonField.shortened(text) + "\" is not a plain decimal such as -12.5";
              case TOO_PRECISE -> text + " is not a multiple of the " + name + " " + step;
              case TOO_LARGE -> text + " is too large";
            });
      }
    }

    private static long notional(JsonField field, Perpetual perpetual, long ticks, long lots) {
      try {
        return perpetual.notionalMicros(ticks, lots);
      } catch (ArithmeticException e) {
        throw field.wrong("quantity times price is too large");
      }
    }
  }

  /** The two ladders of an instrument, before scaling. */
  private record Ladders(Ladder initial, Ladder maintenance) {
    static Ladders read(JsonField entry) {
      Optional<JsonField> brackets = entry.find("brackets");
      if (brackets.isPresent() == entry.find("initialRate").isPresent()) {
        throw entry.wrong("needs either initialRate or brackets");
      }
      if (brackets.isEmpty()) return of(entry, List.of(entry), "initialRate", "maintenanceRate");
      entry
          .find("maintenanceRate")
          .ifPresent(
              field -> {
                throw field.wrong("belongs beside initialRate; a bracket has its own maintenance");
              });
      List<JsonField> tiers = brackets.get().items(Ladder.TIERS_MAX);
      tiers.forEach(tier -> tier.only("from", "initial", "maintenance"));
      return of(brackets.get(), tiers, "initial", "maintenance");
    }

    /** Maintenance is half of initial margin, rounded down, where it is not stated. */
    private static Ladders of(
        JsonField whole, List<JsonField> tiers, String initial, String maintenance) {
      long[] bounds = new long[tiers.size()];
      long[] initialPpm = new long[bounds.length];
      long[] maintenancePpm = new long[bounds.length];
      for (int n = 0; n < bounds.length; n++) {
        JsonField tier = tiers.get(n);
        bounds[n] = tier.find("from").map(field -> field.millionths(0)).orElse(0L);
        initialPpm[n] = tier.get(initial).millionths(0);
        long half = initialPpm[n] / 2;
        maintenancePpm[n] = tier.find(maintenance).map(field -> field.millionths(0)).orElse(half);
      }
      return valid(
          whole,
          () -> new Ladders(new Ladder(bounds, initialPpm), new Ladder(bounds, maintenancePpm)));
    }
  }

  /** Turns what a hard bound of the house says into a complaint about a field. */
  private static <T> T valid(JsonField field, Supplier<T> build) {
    try {
      return build.get();
    } catch (IllegalArgumentException e) {
      throw field.wrong(String.valueOf(e.getMessage()));
    } catch (ArithmeticException e) {
      throw field.wrong("its figures are too large");
    }
  }
}
