package org.novation.risk;

import static org.novation.money.Decimals.micros;
import static org.novation.money.Decimals.ppm;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.money.Fixed;
import org.novation.money.Increment;
import org.novation.risk.MarginStatement.Balance;
import org.novation.risk.MarginStatement.Held;
import org.novation.risk.MarginStatement.Position;
import org.novation.risk.MarginStatement.Term;

/**
 * Writes a {@link MarginStatement}. It adds up the same terms as {@link Margin}, in the same
 * roundings, and says each of them; a rule that is switched off has no term.
 */
final class StatementWriter {
  private static final int FUNDING_INDEX_DECIMALS = 12; // It counts 1e-6 micros.

  private final Portfolio portfolio;
  private final Holds holds;
  private final MarketView view;

  StatementWriter(Portfolio portfolio, Holds holds, MarketView view) {
    this.portfolio = portfolio;
    this.holds = holds;
    this.view = view;
  }

  MarginStatement statement() {
    List<Balance> balances = new ArrayList<>();
    for (int slot = 0; slot < portfolio.balances(); slot++) balances.add(balance(slot));
    List<Open> open = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) open.add(open(slot));
    List<Held> held = new ArrayList<>();
    for (int slot = 0; slot < holds.instruments(); slot++) {
      if (holds.boughtLotsAt(slot) != 0 || holds.soldLotsAt(slot) != 0) held.add(held(slot));
    }

    long cash = portfolio.cashMicros();
    long collateral = Math.subtractExact(total(balances.stream().map(Balance::valueMicros)), cash);
    long unrealised = total(open.stream().map(Open::profit));
    long funding = total(open.stream().map(Open::funding));
    long beyondCap = total(open.stream().map(Open::beyondCap));
    long equity = total(Stream.of(cash, collateral, unrealised, funding));
    Health health =
        new Health(
            equity,
            Math.subtractExact(equity, beyondCap),
            total(open.stream().map(Open::initial)),
            total(open.stream().map(Open::maintenance)));
    Health reserved = reserved(health, held);
    List<Position> positions = open.stream().map(each -> position(each, health)).toList();

    List<Term> terms = new ArrayList<>();
    terms.add(
        amount(
            "equity",
            "cash %s + collateral %s + unrealised profit %s + accrued funding %s"
                .formatted(micros(cash), micros(collateral), micros(unrealised), micros(funding)),
            equity));
    terms.add(
        amount(
            "equity for initial margin",
            "equity %s - profit beyond caps %s".formatted(micros(equity), micros(beyondCap)),
            health.initialEquityMicros()));
    terms.add(
        amount(
            "initial margin", sum(open.stream().map(Open::initial)), health.initialMarginMicros()));
    terms.add(
        amount(
            "maintenance margin",
            sum(open.stream().map(Open::maintenance)),
            health.maintenanceMarginMicros()));
    terms.addAll(freeTerms(health, reserved));
    terms.add(standing(health));
    return new MarginStatement(
        view.catalogue().version(),
        view.timeMs(),
        portfolio.leverageMax(),
        health,
        reserved,
        cash,
        collateral,
        unrealised,
        funding,
        prices(),
        balances,
        positions,
        held,
        terms);
  }

  private static Health reserved(Health health, List<Held> held) {
    long loss = total(held.stream().map(Held::lossMicros));
    return new Health(
        Math.subtractExact(health.equityMicros(), loss),
        Math.subtractExact(health.initialEquityMicros(), loss),
        Math.addExact(
            health.initialMarginMicros(), total(held.stream().map(Held::initialMarginMicros))),
        Math.addExact(
            health.maintenanceMarginMicros(),
            total(held.stream().map(Held::maintenanceMarginMicros))));
  }

  private static List<Term> freeTerms(Health health, Health reserved) {
    String free =
        "equity for initial margin %s - initial margin %s"
            .formatted(micros(health.initialEquityMicros()), micros(health.initialMarginMicros()));
    if (reserved.equals(health)) {
      return List.of(amount("free collateral", free, health.freeMicros()));
    }
    long loss = health.equityMicros() - reserved.equityMicros();
    long more = reserved.initialMarginMicros() - health.initialMarginMicros();
    Term holding =
        amount(
            "reserved by held trades",
            "their loss %s + the initial margin they add %s".formatted(micros(loss), micros(more)),
            loss + more);
    return List.of(
        holding,
        amount("free collateral", free + " - reserved " + holding.value(), reserved.freeMicros()));
  }

  /** Which threshold decides where the account stands. */
  private static Term standing(Health health) {
    String equity = micros(health.equityMicros());
    String counting = micros(health.initialEquityMicros());
    String warning = micros(Health.earlyWarningMicros(health.initialMarginMicros()));
    MarginState state = health.state();
    String formula =
        switch (state) {
          case LIQUIDATION ->
              "equity %s < maintenance margin %s"
                  .formatted(equity, micros(health.maintenanceMarginMicros()));
          case MARGIN_CALL ->
              "equity for initial margin %s < initial margin %s"
                  .formatted(counting, micros(health.initialMarginMicros()));
          case EARLY_WARNING ->
              "equity for initial margin %s < 1.1 x initial margin = %s"
                  .formatted(counting, warning);
          case HEALTHY ->
              "equity for initial margin %s >= 1.1 x initial margin = %s"
                  .formatted(counting, warning);
        };
    return new Term("state", formula, state.name());
  }

  private PriceValidity prices() {
    PriceValidity worst = PriceValidity.FRESH;
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) == 0) continue;
      worst = worse(worst, view.instrument(portfolio.instrumentAt(slot)).validity());
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (!view.counts(portfolio.assetAt(slot), portfolio.amountAt(slot))) continue;
      worst = worse(worst, view.asset(portfolio.assetAt(slot)).validity());
    }
    return worst;
  }

  private static PriceValidity worse(PriceValidity one, PriceValidity other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  // ---- balances

  private Balance balance(int slot) {
    int index = portfolio.assetAt(slot);
    long amount = portfolio.amountAt(slot);
    Asset asset = view.catalogue().asset(index);
    MarketView.AssetPrice price = view.asset(index);
    if (index == 0) {
      Term counted = amount("value", "the settlement asset counts as it is", amount);
      return new Balance(asset, amount, price.priceMicros(), Fixed.PPM, amount, List.of(counted));
    }
    String size = Decimals.format(amount, asset.decimals());
    String market = size + " x " + micros(price.priceMicros());
    long value = Margin.valueMicros(view, index, amount);
    if (amount < 0) {
      Term counted = amount("value", market + ", a debt counts in full, rounded down", value);
      return new Balance(asset, amount, price.priceMicros(), Fixed.PPM, value, List.of(counted));
    }
    List<Term> terms = new ArrayList<>();
    long unit = Increment.pow10(asset.decimals());
    Term worth =
        amount(
            "market value",
            market + ", rounded down",
            Fixed.mulDivFloor(amount, price.priceMicros(), unit));
    terms.add(worth);
    long weight = weight(asset, amount, size, price.houseFactorPpm(), terms);
    long depeg = Haircut.depegMicros(asset, amount, price.priceMicros());
    String formula = worth.value() + " x " + ppm(weight);
    if (depeg != 0) {
      terms.add(
          amount(
              "depeg contingency",
              "%s x (%s - %s), rounded up"
                  .formatted(size, micros(Haircut.DEPEG_MICROS), micros(price.priceMicros())),
              depeg));
      formula = "max(0, %s - %s)".formatted(formula, micros(depeg));
    }
    terms.add(amount("value", formula + ", rounded down", value));
    return new Balance(asset, amount, price.priceMicros(), weight, value, terms);
  }

  private static long weight(
      Asset asset, long amount, String size, long houseFactor, List<Term> terms) {
    long weight = Haircut.accountWeightPpm(asset, amount);
    if (asset.concentrationPpm() != 0) {
      long concentration = Haircut.concentrationPpm(asset, amount);
      terms.add(
          rate(
              "concentration",
              "1.1 / (1 + %s x sqrt(%s)), rounded down"
                  .formatted(ppm(asset.concentrationPpm()), size),
              concentration));
      terms.add(
          rate(
              "account weight",
              "min(%s, %s)".formatted(ppm(asset.weightPpm()), ppm(concentration)),
              weight));
    }
    if (houseFactor == Fixed.PPM) return weight;
    terms.add(
        rate(
            "house factor",
            "min(1, house cap %s / what the house holds), rounded down"
                .formatted(Decimals.format(asset.houseCap(), asset.decimals())),
            houseFactor));
    long shrunk = Fixed.ppmFloor(weight, houseFactor);
    terms.add(
        rate("weight", "%s x %s, rounded down".formatted(ppm(weight), ppm(houseFactor)), shrunk));
    return shrunk;
  }

  // ---- positions

  /** A position before the account's totals are known. */
  private record Open(
      int slot,
      Perpetual perpetual,
      MarketView.Instrument market,
      long lots,
      long notional,
      long basis,
      long profit,
      long funding,
      long beyondCap,
      long initial,
      long maintenance,
      List<Term> terms) {}

  private Open open(int slot) {
    int instrument = portfolio.instrumentAt(slot);
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    MarketView.Instrument market = view.instrument(instrument);
    long lots = portfolio.lotsAt(slot);
    if (lots == 0) {
      return new Open(slot, perpetual, market, 0, 0, 0, 0, 0, 0, 0, 0, List.of());
    }
    long notional = perpetual.notionalMicros(market.markTicks(), lots);
    long basis = portfolio.basisMicrosAt(slot);
    long profit = Math.subtractExact(notional, basis);
    long beyondCap = Margin.beyondCapMicros(perpetual, profit);
    long funding = portfolio.accruedFundingMicrosAt(slot, market.fundingIndex());

    List<Term> terms = new ArrayList<>();
    String size =
        "%s x %s".formatted(perpetual.lot().text(lots), perpetual.tick().text(market.markTicks()));
    terms.add(amount("notional", size, notional));
    terms.add(
        amount(
            "unrealised profit",
            "notional %s - cost basis %s".formatted(micros(notional), micros(basis)),
            profit));
    if (beyondCap != 0) {
      terms.add(
          amount(
              "profit beyond cap",
              "%s - cap %s".formatted(micros(profit), micros(perpetual.profitCapMicros())),
              beyondCap));
    }
    if (market.fundingIndex() != portfolio.fundingIndexAt(slot)) {
      terms.add(
          amount(
              "accrued funding",
              "%d lots x (%s at last touch - %s now) per lot, rounded down"
                  .formatted(
                      lots,
                      Decimals.format(portfolio.fundingIndexAt(slot), FUNDING_INDEX_DECIMALS),
                      Decimals.format(market.fundingIndex(), FUNDING_INDEX_DECIMALS)),
              funding));
    }
    long initial = initial(perpetual, market.ladders().initial(), Math.abs(notional), terms);
    long maintenance =
        requirement(
            "maintenance",
            perpetual.maintenance(),
            market.ladders().maintenance(),
            Math.abs(notional),
            terms);
    return new Open(
        slot,
        perpetual,
        market,
        lots,
        notional,
        basis,
        profit,
        funding,
        beyondCap,
        initial,
        maintenance,
        terms);
  }

  private long initial(Perpetual perpetual, Ladder inForce, long notional, List<Term> terms) {
    terms.add(
        new Term(
            "bracket",
            bracket(inForce, notional),
            "%d of %d".formatted(inForce.tier(notional) + 1, inForce.tiers())));
    long byBracket = requirement("initial", perpetual.initial(), inForce, notional, terms);
    long cap = portfolio.leverageMax();
    if (cap == 0) return byBracket;
    long byLeverage = Math.ceilDiv(notional, cap);
    terms.add(
        amount(
            "initial margin by leverage cap",
            "%s / %d, rounded up".formatted(micros(notional), cap),
            byLeverage));
    long initial = Margin.initialMicros(inForce, notional, cap);
    terms.add(
        amount(
            "initial margin with leverage cap",
            "max(%s, %s)".formatted(micros(byBracket), micros(byLeverage)),
            initial));
    return initial;
  }

  private static String bracket(Ladder ladder, long notional) {
    int tier = ladder.tier(notional);
    String from = micros(ladder.lowerBoundMicros(tier)) + " <= " + micros(notional);
    if (tier == ladder.tiers() - 1) return from;
    return from + " < " + micros(ladder.lowerBoundMicros(tier + 1));
  }

  /** |N| · rate − deduction, with the terms of the rate and of the deduction. */
  private static long requirement(
      String name, Ladder listed, Ladder inForce, long notional, List<Term> terms) {
    int tier = inForce.tier(notional);
    long rate = inForce.ratePpm(tier);
    long scaling = rate - listed.ratePpm(tier);
    terms.add(
        rate(
            name + " rate",
            scaling == 0
                ? "of the bracket"
                : "%s of the bracket + %s of scaling"
                    .formatted(ppm(listed.ratePpm(tier)), ppm(scaling)),
            rate));
    long deduction = inForce.deductionMicros(tier);
    String formula = "%s x %s".formatted(micros(notional), ppm(rate));
    if (deduction != 0) {
      terms.add(amount(name + " deduction", telescope(inForce, tier), deduction));
      formula += " - " + micros(deduction);
    }
    long requirement = inForce.requirementMicros(notional);
    terms.add(amount(name + " margin", formula + ", rounded up", requirement));
    return requirement;
  }

  /** Σ lowerBound · (rate − rate of the bracket below). */
  private static String telescope(Ladder ladder, int tier) {
    List<String> steps = new ArrayList<>();
    for (int n = 1; n <= tier; n++) {
      steps.add(
          "%s x (%s - %s)"
              .formatted(
                  micros(ladder.lowerBoundMicros(n)),
                  ppm(ladder.ratePpm(n)),
                  ppm(ladder.ratePpm(n - 1))));
    }
    return String.join(" + ", steps);
  }

  private Position position(Open open, Health health) {
    List<Term> terms = new ArrayList<>(open.terms());
    OptionalLong bankruptcy = OptionalLong.empty();
    OptionalLong liquidation = OptionalLong.empty();
    if (open.lots() != 0 && health.maintenanceMarginMicros() > 0) {
      bankruptcy = bankruptcy(open, health, terms);
      liquidation = liquidation(open, health, terms);
    }
    return new Position(
        open.perpetual(),
        open.lots(),
        open.market().markTicks(),
        open.notional(),
        open.basis(),
        open.profit(),
        open.funding(),
        portfolio.realisedMicrosAt(open.slot()),
        open.beyondCap(),
        open.initial(),
        open.maintenance(),
        bankruptcy,
        liquidation,
        terms);
  }

  private static OptionalLong bankruptcy(Open open, Health health, List<Term> terms) {
    long share =
        BankruptcyPrice.shareMicros(
            health.equityMicros(), open.maintenance(), health.maintenanceMarginMicros());
    terms.add(
        amount(
            "share of equity",
            "%s x %s / %s, rounded down"
                .formatted(
                    micros(health.equityMicros()),
                    micros(open.maintenance()),
                    micros(health.maintenanceMarginMicros())),
            share));
    OptionalLong ticks =
        BankruptcyPrice.ticks(open.perpetual(), open.lots(), open.market().markTicks(), share);
    String formula =
        "(%s - %s) / %s, to the tick in the account's favour"
            .formatted(
                micros(open.notional()), micros(share), open.perpetual().lot().text(open.lots()));
    terms.add(new Term("bankruptcy price", formula, price(open.perpetual(), ticks)));
    return ticks;
  }

  private static OptionalLong liquidation(Open open, Health health, List<Term> terms) {
    Perpetual perpetual = open.perpetual();
    Ladder ladder = open.market().ladders().maintenance();
    OptionalLong ticks =
        LiquidationPrice.ticks(perpetual, ladder, open.lots(), open.market().markTicks(), health);
    String formula = "no mark takes equity across maintenance margin";
    if (ticks.isPresent()) {
      long notional = perpetual.notionalMicros(ticks.getAsLong(), open.lots());
      long equity = health.equityMicros() - open.notional() + notional;
      long maintenance =
          health.maintenanceMarginMicros()
              - open.maintenance()
              + ladder.requirementMicros(Math.abs(notional));
      formula =
          "there equity is %s < maintenance margin %s; one tick %s it is enough"
              .formatted(micros(equity), micros(maintenance), open.lots() > 0 ? "higher" : "lower");
    }
    terms.add(new Term("liquidation price", formula, price(perpetual, ticks)));
    return ticks;
  }

  private static String price(Perpetual perpetual, OptionalLong ticks) {
    return ticks.isPresent() ? perpetual.tick().text(ticks.getAsLong()) : "none";
  }

  // ---- held trades

  private Held held(int slot) {
    int instrument = holds.instrumentAt(slot);
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    MarketView.Instrument market = view.instrument(instrument);
    long bought = holds.boughtLotsAt(slot);
    long sold = holds.soldLotsAt(slot);
    long lots = portfolio.lots(instrument);
    long worst = Math.max(Math.abs(lots), Math.max(Math.abs(lots + bought), Math.abs(lots - sold)));
    long now = Math.abs(perpetual.notionalMicros(market.markTicks(), lots));
    long then = perpetual.notionalMicros(market.markTicks(), worst);
    long lossBuying =
        Math.max(
            0, holds.costMicrosAt(slot) - perpetual.notionalMicros(market.markTicks(), bought));
    long lossSelling =
        Math.max(
            0, perpetual.notionalMicros(market.markTicks(), sold) - holds.proceedsMicrosAt(slot));
    Ladder ladder = market.ladders().initial();
    long cap = portfolio.leverageMax();
    long initialNow = Margin.initialMicros(ladder, now, cap);
    long initialThen = Margin.initialMicros(ladder, then, cap);
    Ladder below = market.ladders().maintenance();
    long maintenanceNow = below.requirementMicros(now);
    long maintenanceThen = below.requirementMicros(then);
    List<Term> terms =
        List.of(
            new Term(
                "worst size",
                "max(|%1$s|, |%1$s + %2$s|, |%1$s - %3$s|)"
                    .formatted(
                        perpetual.lot().text(lots),
                        perpetual.lot().text(bought),
                        perpetual.lot().text(sold)),
                perpetual.lot().text(worst)),
            amount(
                "loss against the mark",
                "buying %s + selling %s".formatted(micros(lossBuying), micros(lossSelling)),
                Math.addExact(lossBuying, lossSelling)),
            amount(
                "initial margin added",
                "%s - %s".formatted(micros(initialThen), micros(initialNow)),
                initialThen - initialNow),
            amount(
                "maintenance margin added",
                "%s - %s".formatted(micros(maintenanceThen), micros(maintenanceNow)),
                maintenanceThen - maintenanceNow));
    return new Held(
        perpetual,
        bought,
        sold,
        Math.addExact(lossBuying, lossSelling),
        initialThen - initialNow,
        maintenanceThen - maintenanceNow,
        terms);
  }

  // ---- words

  private static Term amount(String name, String formula, long micros) {
    return new Term(name, formula, micros(micros));
  }

  private static Term rate(String name, String formula, long ppm) {
    return new Term(name, formula, ppm(ppm));
  }

  private static String sum(Stream<Long> micros) {
    List<String> parts = micros.filter(each -> each != 0).map(Decimals::micros).toList();
    return parts.isEmpty() ? "no position" : String.join(" + ", parts);
  }

  private static long total(Stream<Long> micros) {
    return micros.reduce(0L, Math::addExact);
  }
}
