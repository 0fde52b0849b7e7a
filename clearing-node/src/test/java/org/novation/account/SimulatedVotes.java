package org.novation.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.account.WaterfallSimulation.Fence;
import org.novation.account.WaterfallSimulation.Violation;
import org.novation.governance.Pace;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.governance.Voted;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Fees;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * What a simulated house votes, and the nodes that hear of it: each at its own time, perhaps not of
 * every version, perhaps of one that it cannot read. An account goes by the version of the node
 * that it runs on, whatever other nodes go by. Draws from a random of its own, so that what is
 * voted changes nothing of what else happens.
 */
final class SimulatedVotes {
  static final int NODES = 3;

  /** Contracts that a house has at most. */
  static final int LISTED_MAX = 5;

  /** Far beyond the end of any way. */
  private static final long AT_ONCE_MS = 1_000 * 24 * Pace.STEP_MS;

  private static final long NOTICE_END_MS = Pace.NOTICE_MS - Pace.STEP_MS;

  /** What a version comes to, between two steps of its ramps. */
  private record Step(long fromMs, long untilMs, Catalogue catalogue) {}

  /** What a node goes by, until the next step of a ramp. */
  private static final class Node {
    ParameterSet set;
    boolean blind; // There is a version that it cannot read.
    @Nullable Catalogue catalogue;
    long untilMs;

    Node(ParameterSet set) {
      this.set = set;
    }
  }

  private final WaterfallSimulation house;
  private final SplittableRandom random;
  private final TreeMap<Long, ParameterSet> versions = new TreeMap<>();
  private final Map<Long, List<Step>> steps = new HashMap<>(); // By version.
  private final List<Node> nodes = new ArrayList<>();

  SimulatedVotes(WaterfallSimulation house, long seed) {
    this.house = house;
    this.random = new SplittableRandom(~seed);
    List<Parameter> begun = new ArrayList<>();
    Catalogue catalogue = Markets.CATALOGUE;
    for (int i = 0; i < catalogue.instruments(); i++)
      begun.add(new Parameter.Contract(catalogue.perpetual(i), false));
    for (int a = 0; a < catalogue.assets(); a++)
      begun.add(new Parameter.Collateral(catalogue.asset(a)));
    begun.add(new Parameter.Fees(random.nextLong(3_000), 500_000));
    ParameterSet first = Voted.first(begun, nowMs());
    versions.put(first.version(), first);
    for (int n = 0; n < NODES; n++) nodes.add(new Node(first));
  }

  private long nowMs() {
    return WaterfallSimulation.EPOCH_MS + house.nowMs();
  }

  private ParameterSet newest() {
    return versions.lastEntry().getValue();
  }

  /** What the house lists by now, whoever has heard of it. */
  Catalogue listed() {
    return step(newest(), nowMs()).catalogue();
  }

  // ---- nodes

  int anyNode() {
    return random.nextInt(NODES);
  }

  /** What a node lists and asks for now. */
  Catalogue catalogue(int number) {
    Node node = nodes.get(number);
    Catalogue known = node.catalogue;
    if (known == null || nowMs() >= node.untilMs) {
      known = fenced(node.set, inForce(node.set, nowMs()));
      node.catalogue = known;
      node.untilMs = node.set.changesAtMs(nowMs());
    }
    return known;
  }

  boolean takesNewRisk(int number) {
    return !nodes.get(number).blind;
  }

  /** A node hears of the newest version, or of one before it; it cannot read each of them. */
  void hear() {
    int number = anyNode();
    Node node = nodes.get(number);
    long newer = newest().version() - node.set.version();
    if (newer == 0) return;
    if (random.nextInt(5) == 0) {
      node.blind = true;
      house.marketsMoved();
      return;
    }
    hear(number, node.set.version() + 1 + random.nextLong(newer));
  }

  private void hear(int number, long version) {
    Node node = nodes.get(number);
    ParameterSet heard = versions.get(version);
    if (heard == null) throw new IllegalStateException("there was no version " + version);
    node.set = heard;
    node.blind = false;
    node.catalogue = null;
    house.note("node " + number, "goes by version", version);
    house.ledger.count("versions heard of");
    house.marketsMoved();
  }

  /** Every node hears of the newest version. */
  void hearAll() {
    for (int n = 0; n < NODES; n++)
      if (nodes.get(n).blind || nodes.get(n).set.version() < newest().version())
        hear(n, newest().version());
  }

  /** The node hears of what an account has that is to run there. */
  void listAtLeast(int number, int instruments) {
    if (catalogue(number).instruments() < instruments) hear(number, newest().version());
  }

  // ---- votes

  /** What happens to votes and their nodes beside what else happens. */
  void stumble() {
    int roll = random.nextInt(1_000);
    if (roll < 12) {
      vote();
    } else if (roll < 60) {
      hear();
    } else if (roll < 70) {
      house.pass(random.nextInt(4) == 0 ? 20 * Pace.STEP_MS : Pace.STEP_MS * 2 / 3);
      house.reassessAll();
    } else if (roll < 130) {
      house.submitTrade();
    }
  }

  /** Something is executed that was voted, with one to three changes. */
  void vote() {
    List<Parameter> voted = new ArrayList<>();
    int changes = 1 + random.nextInt(3);
    for (int n = 0; n < changes; n++) {
      Parameter one = change();
      voted.removeIf(each -> each.path().equals(one.path()));
      voted.add(one);
    }
    ParameterSet before = newest();
    ParameterSet next = Voted.next(before, nowMs(), voted.toArray(Parameter[]::new));
    versions.put(next.version(), next);
    house.note("governance", "executes", next.version() + " " + voted);
    house.ledger.count("votes");
    for (SimulatedAccount each : house.accounts()) nobodyIsWorseOff(each, before, next);
    house.marketsMoved();
  }

  private Parameter change() {
    return switch (random.nextInt(9)) {
      case 0 -> new Parameter.Fees(random.nextLong(5_000), random.nextLong(1_000_001));
      case 1 -> list();
      case 2 -> {
        Asset btc = listed().asset(Markets.BTC);
        long weight = 500_000 + random.nextLong(450_000);
        yield new Parameter.Collateral(
            new Asset(btc.symbol(), btc.decimals(), weight, 0, 0, false));
      }
      case 3, 4 -> retire();
      default -> margins();
    };
  }

  /** The contract as it was voted last, not as it is on its way there. */
  private Parameter.Contract anyContract() {
    List<Parameter.Contract> contracts =
        newest().voted().stream()
            .filter(Parameter.Contract.class::isInstance)
            .map(Parameter.Contract.class::cast)
            .toList();
    return contracts.get(random.nextInt(contracts.size()));
  }

  private Parameter list() {
    if (listed().instruments() >= LISTED_MAX) return margins();
    house.ledger.count("contracts listed");
    Perpetual like = Markets.CATALOGUE.perpetual(random.nextInt(2));
    String symbol = "PERP-" + listed().instruments();
    return new Parameter.Contract(
        with(like, symbol, like.maintenance(), like.initial(), 100), false);
  }

  private Parameter retire() {
    Parameter.Contract one = anyContract();
    house.ledger.count(one.retired() ? "contracts brought back" : "contracts retired");
    return new Parameter.Contract(one.terms(), !one.retired());
  }

  private Parameter margins() {
    Parameter.Contract one = anyContract();
    long maintenance = 20_000 + random.nextLong(180_000);
    long initial = maintenance + 10_000 + random.nextLong(100_000);
    return new Parameter.Contract(
        with(
            one.terms(),
            one.terms().symbol(),
            new Ladder(new long[] {0}, new long[] {maintenance}),
            new Ladder(new long[] {0}, new long[] {initial}),
            4 + random.nextLong(100)),
        one.retired());
  }

  private static Perpetual with(
      Perpetual of, String symbol, Ladder maintenance, Ladder initial, long lotsPerAccountMax) {
    return new Perpetual(
        symbol,
        of.underlying(),
        of.tick(),
        of.lot(),
        Math.min(8, lotsPerAccountMax),
        lotsPerAccountMax,
        initial,
        maintenance,
        of.scaling(),
        of.profitCapMicros(),
        of.bandPpm(),
        of.funding(),
        of.halt());
  }

  // ---- what must hold

  /**
   * Nothing that an account is measured by gets worse for it by a vote, now or within a day: each
   * figure is as it was, or as it would have been by then without that vote.
   */
  private void nobodyIsWorseOff(SimulatedAccount account, ParameterSet before, ParameterSet after) {
    Portfolio portfolio = account.account().portfolio();
    for (long later : List.of(0L, NOTICE_END_MS)) {
      Catalogue without = worse(inForce(before, nowMs()), inForce(before, nowMs() + later));
      Health least = health(portfolio, without);
      Health with = health(portfolio, inForce(after, nowMs() + later));
      if (with.maintenanceMarginMicros() > least.maintenanceMarginMicros()
          || with.equityMicros() < least.equityMicros())
        throw new Violation(
            "a vote alone makes " + account.id + " worse off: " + least + " became " + with);
    }
  }

  /** Of each figure that accounts are measured by, the worse for them. */
  private static Catalogue worse(Catalogue a, Catalogue b) {
    List<Perpetual> perpetuals = new ArrayList<>();
    for (int i = 0; i < a.instruments(); i++) {
      boolean more =
          a.perpetual(i).maintenance().ratePpm(0) > b.perpetual(i).maintenance().ratePpm(0);
      perpetuals.add((more ? a : b).perpetual(i));
    }
    List<Asset> assets = new ArrayList<>();
    for (int n = 0; n < a.assets(); n++)
      assets.add((a.asset(n).weightPpm() < b.asset(n).weightPpm() ? a : b).asset(n));
    return new Catalogue(a.version(), perpetuals, assets);
  }

  private Health health(Portfolio portfolio, Catalogue listed) {
    return Margin.health(portfolio, house.markets(listed));
  }

  /** An event's figures are those of the version that it names, all of them. */
  void check(SimulatedAccount account, AccountEvent event) {
    switch (event) {
      case AccountEvent.MarginStateChanged e ->
          check(account, e.parameterVersion(), e.health(), e.number());
      case AccountEvent.LiquidationChanged e ->
          check(account, e.parameterVersion(), e.health(), e.number());
      case AccountEvent.FeesCharged e -> {
        if (fees(e.parameterVersion()).tradePpm() != e.tradePpm())
          throw new Violation("of two versions: " + account.id + " is charged by " + e);
      }
      default -> {}
    }
  }

  private void check(SimulatedAccount account, long version, Health health, long number) {
    MarketView view = account.decidedOn();
    if (view.catalogue().version() != version)
      throw new Violation("of two versions: event " + number + " names " + version);
    Catalogue truly = inForce(set(version), account.decidedAtMs());
    Health reckoned = Margin.health(account.account().portfolio(), measured(view, truly));
    if (!reckoned.equals(health))
      throw new Violation(
          "of two versions: event "
              + number
              + " of "
              + account.id
              + " has "
              + health
              + " by version "
              + version
              + ", by which it is "
              + reckoned);
  }

  Fees fees(long version) {
    return inForce(set(version), nowMs()).fees();
  }

  /** Whether a version lets an account's position in a contract go from one size to another. */
  void checkGrowth(SimulatedAccount account, int instrument, long had, long has) {
    if (Math.abs(has) < Math.abs(had) && Long.signum(has) * Long.signum(had) >= 0) return;
    Catalogue decidedOn = account.decidedOn().catalogue();
    Catalogue truly = inForce(set(decidedOn.version()), account.decidedAtMs());
    String symbol = truly.perpetual(instrument).symbol();
    if (truly.retired(instrument))
      throw new Violation("new risk in what is retired: " + account.id + ", " + symbol);
    if (account.decidedOn().standstill() != null || account.decidedBlind())
      throw new Violation("new risk by an old version: " + account.id + ", " + symbol);
    if (Math.abs(has) > Math.abs(had)
        && Math.abs(has) > truly.perpetual(instrument).lotsPerAccountMax())
      throw new Violation("beyond the cap: " + account.id + " has " + has + " of " + symbol);
    if (decidedOn.version() > 1) house.ledger.count("trades under a later version");
  }

  private ParameterSet set(long version) {
    ParameterSet set = versions.get(version);
    if (set == null) throw new Violation("there was no version " + version);
    return set;
  }

  /** The same prices, measured by another catalogue. */
  private static MarketView measured(MarketView prices, Catalogue by) {
    MarketView view = MarketView.unpriced(by, prices.timeMs());
    for (int i = 0; i < by.instruments() && i < prices.catalogue().instruments(); i++) {
      MarketView.Instrument priced = prices.instrument(i);
      Perpetual perpetual = by.perpetual(i);
      view =
          view.with(
              i,
              new MarketView.Instrument(
                  priced.markTicks(),
                  priced.indexTicks(),
                  priced.fundingIndex(),
                  priced.validity(),
                  MarginLadders.fixed(perpetual.initial(), perpetual.maintenance())),
              prices.timeMs());
    }
    for (int a = 1; a < by.assets(); a++) view = view.with(a, prices.asset(a), prices.timeMs());
    return view;
  }

  // ---- without a fence

  private Catalogue inForce(ParameterSet set, long atMs) {
    return step(set, house.without(Fence.NOTICE) ? atMs + AT_ONCE_MS : atMs).catalogue();
  }

  /** Reckoned once: it takes longer than all the rest. */
  private Step step(ParameterSet set, long atMs) {
    List<Step> known = steps.computeIfAbsent(set.version(), _ -> new ArrayList<>());
    for (Step each : known) if (each.fromMs <= atMs && atMs < each.untilMs) return each;
    Step step = new Step(atMs, set.changesAtMs(atMs), set.catalogue(atMs));
    known.add(step);
    return step;
  }

  /** What a node makes of a version. */
  private Catalogue fenced(ParameterSet set, Catalogue truly) {
    List<Perpetual> perpetuals = new ArrayList<>();
    List<Asset> assets = new ArrayList<>();
    Set<String> retired = new HashSet<>();
    Catalogue terms = house.without(Fence.ONE_VERSION) ? listed() : truly;
    for (int i = 0; i < truly.instruments(); i++) {
      perpetuals.add(terms.perpetual(i));
      if (truly.retired(i) && !house.without(Fence.RETIRED))
        retired.add(truly.perpetual(i).symbol());
    }
    for (int a = 0; a < truly.assets(); a++) assets.add(truly.asset(a));
    if (house.without(Fence.LISTS_ONLY_GROW) && set.version() > 1)
      perpetuals.addFirst(perpetuals.removeLast());
    return new Catalogue(set.version(), perpetuals, assets, retired, terms.fees());
  }
}
