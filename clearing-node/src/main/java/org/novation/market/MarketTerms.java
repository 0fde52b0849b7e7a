package org.novation.market;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.brake.Pause;
import org.novation.brake.Pauses;
import org.novation.instrument.Catalogue;
import org.novation.risk.Stop;

/**
 * What markets and boards run by from now on: all of one parameter version, and of one step of what
 * is on its way. Immutable.
 *
 * @param catalogue continues the one before: see {@link Catalogue#continuesIn}
 * @param oracles who may publish, by underlying; nobody for one that is not there
 * @param halts what governance has halted, beside what operators have paused
 * @param standstill what holds everything up that heeds such a brake; null for nothing
 */
public record MarketTerms(
    Catalogue catalogue,
    MarketRules rules,
    Map<String, List<String>> oracles,
    Pauses halts,
    @Nullable Stop standstill) {
  public MarketTerms {
    oracles = Map.copyOf(oracles);
  }

  /** Of a house in which the same oracles publish everything, and nothing is halted. */
  public static MarketTerms of(Catalogue catalogue, MarketRules rules, List<String> oracles) {
    Map<String, List<String>> all = new HashMap<>();
    for (String symbol : MarketBook.symbols(catalogue)) all.put(symbol, oracles);
    return new MarketTerms(catalogue, rules, all, Pauses.NONE, null);
  }

  /** Who may publish a symbol. */
  public List<String> oracles(String symbol) {
    return oracles.getOrDefault(symbol, List.of());
  }

  /** What is paused, by operators and by governance. */
  Pauses paused(@Nullable Pauses byOperators) {
    if (byOperators == null || byOperators.all().isEmpty()) return halts;
    if (halts.all().isEmpty()) return byOperators;
    List<Pause> all = new ArrayList<>(byOperators.all());
    all.addAll(halts.all());
    return new Pauses(all);
  }
}
