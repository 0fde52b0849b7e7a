package org.novation.node;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.brake.Pause;
import org.novation.brake.Pauses;
import org.novation.custody.CustodianSet;
import org.novation.custody.CustodyPolicy;
import org.novation.custody.CustodyTerms;
import org.novation.deleveraging.AdlSettings;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.governance.Path;
import org.novation.governance.Topic;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.FundTerms;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.market.MarketRules;
import org.novation.market.MarketTerms;
import org.novation.risk.Brake;
import org.novation.risk.Operation;
import org.novation.risk.Stop;

/**
 * Everything that this node runs by at a moment, of one parameter version and one step of its
 * ramps: a function of both alone. Immutable, and handed on whole, so that nobody goes by half of a
 * version.
 *
 * @param version of the parameters
 * @param changesAtMs house time of the next step; {@code Long.MAX_VALUE} when there is none
 * @param custody null when the house has none
 * @param killed whether nobody but a vote may do anything privileged
 */
record Rules(
    long version,
    long changesAtMs,
    MarketTerms markets,
    LiquidationPolicy liquidation,
    FundPolicy fund,
    AdlSettings adl,
    @Nullable CustodySettings custody,
    boolean killed) {
  /** In the place of an operator's name where governance has halted something. */
  static final String GOVERNANCE = "governance";

  private static final String HALTED = "halted by governance";

  /** What the node is configured with: what a house runs by in which nobody votes. */
  static Rules configured(NodeSettings settings) {
    return new Rules(
        settings.catalogue().version(),
        Long.MAX_VALUE,
        MarketTerms.of(settings.catalogue(), settings.markets(), settings.oracles()),
        settings.liquidation(),
        settings.fund(),
        settings.adl(),
        settings.custody(),
        false);
  }

  /**
   * What is in force at a time.
   *
   * @param configured for what nobody can vote on
   * @throws IllegalArgumentException when the parameters break a bound of those who go by them
   */
  static Rules of(ParameterSet set, long nowMs, Rules configured) {
    boolean killed = set.killed();
    return new Rules(
        set.version(),
        set.changesAtMs(nowMs),
        new MarketTerms(
            set.catalogue(nowMs),
            prices(set, nowMs, configured.markets().rules()),
            oracles(set, nowMs),
            halts(set, nowMs),
            killed ? new Stop(Brake.KILL_SWITCH, Pause.EVERYWHERE, 0) : null),
        liquidation(set, nowMs, configured.liquidation()),
        fund(set, nowMs, configured.fund()),
        adl(set, nowMs, configured.adl()),
        custody(set, nowMs, configured.custody()),
        killed);
  }

  /** What the fund decides by. */
  FundTerms fundTerms() {
    return new FundTerms(version, fund);
  }

  /**
   * What custody decides by.
   *
   * @throws IllegalStateException when the house has none
   */
  CustodyTerms custodyTerms() {
    if (custody == null) throw new IllegalStateException("there is no custody");
    return new CustodyTerms(version, custody.policy(), custody.custodians());
  }

  /** The same, with new risk held up: this node cannot go by a version that others go by. */
  Rules without(String version) {
    Stop standstill = markets.standstill();
    if (standstill == null) standstill = new Stop(Brake.PARAMETERS, version, 0);
    return new Rules(
        this.version,
        changesAtMs,
        new MarketTerms(
            markets.catalogue(), markets.rules(), markets.oracles(), markets.halts(), standstill),
        liquidation,
        fund,
        adl,
        custody,
        killed);
  }

  private static MarketRules prices(ParameterSet set, long nowMs, MarketRules otherwise) {
    Parameter.Prices prices = set.only(nowMs, Parameter.Prices.class);
    return prices == null ? otherwise : prices.terms();
  }

  private static Map<String, List<String>> oracles(ParameterSet set, long nowMs) {
    Map<String, List<String>> oracles = new HashMap<>();
    for (Parameter.Oracles each : set.at(nowMs, Parameter.Oracles.class))
      oracles.put(each.underlying(), each.names());
    return oracles;
  }

  private static LiquidationPolicy liquidation(
      ParameterSet set, long nowMs, LiquidationPolicy otherwise) {
    Parameter.Liquidation liquidation = set.only(nowMs, Parameter.Liquidation.class);
    return liquidation == null ? otherwise : liquidation.terms();
  }

  private static FundPolicy fund(ParameterSet set, long nowMs, FundPolicy otherwise) {
    for (Parameter.Fund each : set.at(nowMs, Parameter.Fund.class)) {
      if (each.pool().equals(Funds.POOL)) return each.terms();
    }
    return otherwise;
  }

  private static AdlSettings adl(ParameterSet set, long nowMs, AdlSettings otherwise) {
    for (Parameter.Deleveraging each : set.at(nowMs, Parameter.Deleveraging.class)) {
      if (each.pool().equals(Deleveraging.POOL)) return each.terms();
    }
    return otherwise;
  }

  /** Null as configured: a house that has no custody gets none by a vote. */
  private static @Nullable CustodySettings custody(
      ParameterSet set, long nowMs, @Nullable CustodySettings configured) {
    if (configured == null) return null;
    CustodyPolicy policy = set.custody(nowMs);
    CustodianSet first = configured.custodians();
    Parameter.Custodians custodians = set.only(nowMs, Parameter.Custodians.class);
    long changes = set.version(new Path(Topic.CUSTODIANS, Path.HOUSE)) - 1;
    return new CustodySettings(
        policy == null ? configured.policy() : policy,
        // Signatures are bound to it, so it only ever grows.
        custodians == null ? first : custodians.set(Math.addExact(first.version(), changes)));
  }

  // ---- halts

  private static Pauses halts(ParameterSet set, long nowMs) {
    List<Pause> all = new ArrayList<>();
    for (Parameter.Halt halt : set.at(nowMs, Parameter.Halt.class)) {
      for (Operation operation : Operation.values()) {
        long untilMs = untilMs(halt, operation);
        if (untilMs > nowMs)
          all.add(new Pause(operation, halt.market(), untilMs, HALTED, GOVERNANCE, nowMs));
      }
    }
    return new Pauses(all);
  }

  private static long untilMs(Parameter.Halt halt, Operation operation) {
    return switch (operation) {
      case TRADING -> halt.tradingUntilMs();
      case LIQUIDATION -> halt.liquidationUntilMs();
      case AUCTIONS -> halt.auctionsUntilMs();
      case ADL -> halt.adlUntilMs();
      case FUNDING -> halt.fundingUntilMs();
      case WITHDRAWALS -> halt.withdrawalsUntilMs();
    };
  }
}
