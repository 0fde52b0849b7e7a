package org.novation.risk;

import java.util.List;
import java.util.OptionalLong;
import org.novation.instrument.Asset;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;

/**
 * Margin, explained: every figure of {@link Margin} with the terms that make it, so that a trader
 * can follow it by hand. Its totals are those of {@link Margin#health(Portfolio, Holds,
 * MarketView)}, to the micro; amounts are micros of the settlement asset unless named.
 *
 * @param parameterVersion version of the parameters that were used
 * @param pricedAtMs when the newest price was set, in the house's time
 * @param leverageMax the account's own leverage cap; 0 when it has none
 * @param health the account as it stands
 * @param reserved the account should the worst of its held trades come true; {@code health} when it
 *     holds none
 * @param cashMicros balance of the settlement asset
 * @param collateralMicros every other asset at its haircut
 * @param unrealisedMicros profit of open positions at the mark
 * @param fundingMicros accrued and not yet settled, negative when owed
 * @param prices the worst validity of the prices that the statement rests on
 * @param balances one per asset ever held
 * @param positions one per instrument ever traded, flat ones too: they keep what they realised
 * @param held one per instrument with trades on hold
 * @param terms of the totals
 */
public record MarginStatement(
    long parameterVersion,
    long pricedAtMs,
    long leverageMax,
    Health health,
    Health reserved,
    long cashMicros,
    long collateralMicros,
    long unrealisedMicros,
    long fundingMicros,
    PriceValidity prices,
    List<Balance> balances,
    List<Position> positions,
    List<Held> held,
    List<Term> terms) {

  /** One step of a sum, in plain decimals of the settlement asset: name = formula = value. */
  public record Term(String name, String formula, String value) {}

  /**
   * One balance: value = amount · price · weight.
   *
   * @param amount in the asset's smallest unit
   * @param priceMicros per whole unit
   * @param weightPpm what a unit counts for, house factor included; a negative balance counts in
   *     full
   */
  public record Balance(
      Asset asset,
      long amount,
      long priceMicros,
      long weightPpm,
      long valueMicros,
      List<Term> terms) {
    public Balance {
      terms = List.copyOf(terms);
    }

    /** The amount as a decimal. */
    public String amountText() {
      return Decimals.format(amount, asset.decimals());
    }
  }

  /**
   * One position.
   *
   * @param notionalMicros lots · mark · tick value, signed as {@code lots}
   * @param beyondCapMicros unrealised profit that does not count toward initial margin
   * @param bankruptcyTicks closing every position at its bankruptcy price leaves exactly nothing,
   *     or a residue in the account's favour; see {@link BankruptcyPrice}
   * @param liquidationTicks see {@link LiquidationPrice}
   */
  public record Position(
      Perpetual perpetual,
      long lots,
      long markTicks,
      long notionalMicros,
      long basisMicros,
      long unrealisedMicros,
      long fundingMicros,
      long realisedMicros,
      long beyondCapMicros,
      long initialMarginMicros,
      long maintenanceMarginMicros,
      OptionalLong bankruptcyTicks,
      OptionalLong liquidationTicks,
      List<Term> terms) {
    public Position {
      terms = List.copyOf(terms);
    }

    /** Signed quantity as a decimal. */
    public String quantityText() {
      return perpetual.lot().text(lots);
    }

    /** The mark as a decimal. */
    public String markText() {
      return perpetual.tick().text(markTicks);
    }

    /** The bankruptcy price as a decimal, empty when there is none. */
    public String bankruptcyText() {
      return priceText(bankruptcyTicks);
    }

    /** The liquidation price as a decimal, empty when there is none. */
    public String liquidationText() {
      return priceText(liquidationTicks);
    }

    private String priceText(OptionalLong ticks) {
      return ticks.isPresent() ? perpetual.tick().text(ticks.getAsLong()) : "";
    }
  }

  /**
   * Trades on hold in one instrument, at their worst: all buys on, all sells on, or none.
   *
   * @param lossMicros what they lose against the mark, at least 0
   * @param initialMarginMicros what they add to initial margin
   * @param maintenanceMarginMicros what they add to maintenance margin
   */
  public record Held(
      Perpetual perpetual,
      long boughtLots,
      long soldLots,
      long lossMicros,
      long initialMarginMicros,
      long maintenanceMarginMicros,
      List<Term> terms) {
    public Held {
      terms = List.copyOf(terms);
    }
  }

  public MarginStatement {
    balances = List.copyOf(balances);
    positions = List.copyOf(positions);
    held = List.copyOf(held);
    terms = List.copyOf(terms);
  }

  /** The statement of a portfolio without holds. */
  public static MarginStatement of(Portfolio portfolio, MarketView view) {
    return of(portfolio, new Holds(), view);
  }

  /** The statement of a portfolio and the trades that it holds. */
  public static MarginStatement of(Portfolio portfolio, Holds holds, MarketView view) {
    return new StatementWriter(portfolio, holds, view).statement();
  }

  /** Where the account stands; trades on hold do not count before they are on the books. */
  public MarginState state() {
    return health.state();
  }

  /** What could still be used, after what open holds reserve; negative when short of it. */
  public long freeMicros() {
    return reserved.freeMicros();
  }

  /**
   * What the account may do (risk rules, sections 6 and 7): a phrase for people and programs. On
   * prices that allow no liquidation none is pending, and on prices that allow no new risk there
   * are reductions only.
   */
  public String allowed() {
    return switch (state()) {
      case HEALTHY, EARLY_WARNING -> prices.allowsNewRisk() ? "anything" : "reductions only";
      case MARGIN_CALL -> "reductions only";
      case LIQUIDATION ->
          prices.allowsLiquidation() ? "reductions only, liquidation pending" : "reductions only";
    };
  }
}
