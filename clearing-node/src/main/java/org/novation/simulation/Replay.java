package org.novation.simulation;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.money.Decimals;
import org.novation.simulation.Exchange.Money;
import org.novation.simulation.Exchange.NewAccount;
import org.novation.simulation.Exchange.Submission;
import org.novation.simulation.TradesFile.RealTrade;

/**
 * Runs prices and trades against a house, step by step: the clock moves to the step's time, oracles
 * publish its prices, the crowd (or a file of real trades) deals at those that were taken, and only
 * when every deal is answered does the clock move on. So virtual time never outruns what is under
 * way, at whatever speed the house works. While the house resolves a default, time goes on in small
 * steps, see {@link Resolution}.
 */
public final class Replay {
  /** Most built-in liquidators. */
  public static final int LIQUIDATORS_MAX = Liquidators.COUNT_MAX;

  /** Most trades that are submitted before their answers are awaited. */
  private static final int TRADES_AT_ONCE = 4_096;

  /**
   * About how many rounds of dealing a tape has, however many steps: a step without one costs
   * little.
   */
  private static final long ROUNDS = 3_000;

  /** The share of rounds in which everybody takes a first position. */
  private static final double OPENING_SHARE = 0.05;

  private static final int ACCOUNTS_AT_ONCE = 1_000;
  private static final int MOVERS = 4;
  private static final String MEMBER = "crowd";

  private final Plan plan;
  private final Exchange house;
  private final Progress progress;
  private final LongSupplier nanoTime;
  private final Tally tally;
  private final Timeline timeline = new Timeline();
  private final Crowd crowd;
  private final Map<String, Integer> marketOf = new HashMap<>(); // By symbol of the index.
  private final RealTrades realTrades;
  private final Liquidators liquidators;
  private final Resolution resolution;

  /**
   * What is to be run.
   *
   * @param ticks in order of time; closed by the caller
   * @param steps how many different times there are
   * @param first each symbol's first price above 0
   * @param catalogue what the house lists
   * @param trades real trades instead of the crowd's own deals; closed by the caller
   * @param liquidators how many bid for what is for sale
   * @param stepsMax where to stop early
   */
  public record Plan(
      TickSource ticks,
      long steps,
      long firstMs,
      Map<String, BigDecimal> first,
      Catalogue catalogue,
      @Nullable TradesFile trades,
      int accounts,
      int liquidators,
      long seed,
      long stepsMax) {
    public Plan {
      first = Map.copyOf(first);
      if (stepsMax <= 0) throw new IllegalArgumentException("a replay has at least one step");
    }

    long stepsToRun() {
      return Math.min(steps, stepsMax);
    }
  }

  private Replay(Plan plan, Exchange house, Progress progress, LongSupplier nanoTime) {
    this.plan = plan;
    this.house = house;
    this.progress = progress;
    this.nanoTime = nanoTime;
    this.tally = new Tally(plan.stepsToRun());
    List<Crowd.Market> markets = new ArrayList<>();
    for (int i = 0; i < plan.catalogue().instruments(); i++) {
      String symbol = plan.catalogue().perpetual(i).underlying();
      BigDecimal first = plan.first().get(symbol);
      if (first == null || first.signum() <= 0) continue;
      marketOf.putIfAbsent(symbol, markets.size());
      markets.add(new Crowd.Market(i, first.doubleValue()));
    }
    if (markets.isEmpty())
      throw new TapeException(
          "the tape has no price of anything that config/ lists: it has "
              + String.join(", ", plan.first().keySet())
              + "; --list-unknown lists them");
    this.crowd = new Crowd(plan.catalogue(), markets, plan.accounts(), plan.seed());
    this.realTrades = new RealTrades(plan.catalogue(), crowd, plan.seed());
    this.liquidators =
        new Liquidators(plan.catalogue(), plan.liquidators(), plan.accounts(), plan.seed());
    this.resolution = new Resolution(house, plan.catalogue(), liquidators, crowd);
  }

  /**
   * Runs it to the end and says what happened. Invariants are not in it: they are read from the
   * journal afterwards.
   *
   * @param nanoTime for how long it took
   */
  public static Tally.Result run(
      Plan plan, Exchange house, Progress progress, LongSupplier nanoTime) {
    return new Replay(plan, house, progress, nanoTime).run();
  }

  private Tally.Result run() {
    house.advanceTo(plan.firstMs());
    openAccounts();
    long begun = nanoTime.getAsLong();
    steps();
    progress.doing("waiting for the last margin checks");
    house.settle();
    resolution.end();
    tally.margin(house.margin());
    return tally.result(
        plan.accounts(),
        house.retries(),
        (nanoTime.getAsLong() - begun) / 1e9,
        realTrades.unknown(),
        plan.trades() == null ? crowd.movers(MOVERS) : List.of(),
        timeline.samples());
  }

  private void openAccounts() {
    List<NewAccount> batch = new ArrayList<>(ACCOUNTS_AT_ONCE);
    for (int account = 0; account < crowd.accounts(); account++) {
      batch.add(newAccount(account));
      if (batch.size() == ACCOUNTS_AT_ONCE || account == crowd.accounts() - 1) {
        progress.doing("opening accounts: " + (account + 1) + " of " + crowd.accounts());
        house.open(batch);
        batch.clear();
      }
    }
    house.open(liquidators.accounts());
  }

  private NewAccount newAccount(int account) {
    List<Money> deposits = new ArrayList<>(2);
    for (Crowd.Deposit deposit : crowd.deposits(account)) {
      var asset = plan.catalogue().asset(deposit.asset());
      deposits.add(new Money(asset.symbol(), Decimals.format(deposit.amount(), asset.decimals())));
    }
    return new NewAccount(crowd.accountId(account), MEMBER, deposits);
  }

  private void steps() {
    long total = plan.stepsToRun();
    long every = Math.max(1, total / ROUNDS);
    long openingRounds = Math.max(1, (long) ((double) total / every * OPENING_SHARE));
    int openings = (int) Math.ceilDiv((long) crowd.accounts(), openingRounds);
    double rate = Math.clamp(crowd.accounts() / 80.0, 12, 250);
    Tick tick = plan.ticks().next();
    RealTrade trade = plan.trades() == null ? null : plan.trades().next();
    for (long step = 0; step < total && tick != null; step++) {
      long timeMs = tick.timeMs();
      List<Tick> prices = new ArrayList<>();
      for (; tick != null && tick.timeMs() == timeMs; tick = plan.ticks().next()) prices.add(tick);
      if (trade != null && step > 0) trade = submitUntil(trade, timeMs);
      house.advanceTo(timeMs);
      List<Tick> taken = publish(step, prices);
      if (plan.trades() == null && step % every == 0) deal(timeMs, openings, rate);
      long untilMs = tick == null || step == total - 1 ? Long.MAX_VALUE : tick.timeMs() - 1;
      if (house.resolving()) resolution.run(taken, timeMs, untilMs);
      tally.step(step, timeMs, house.margin());
      timeline.add(timeMs, crowd.price(0), house.openInterest());
      progress.step(step + 1, total, tally.novated(), tally.liquidationTriggers());
    }
    // Trades after the last price: the house goes on for as long as its price is fresh.
    if (trade != null) submitUntil(trade, Long.MAX_VALUE);
  }

  /** Those that were taken. */
  private List<Tick> publish(long step, List<Tick> all) {
    List<Tick> listed = new ArrayList<>(all.size());
    for (Tick tick : all) {
      if (isListed(tick.symbol())) listed.add(tick);
      else tally.unknown(tick.symbol());
    }
    if (listed.isEmpty()) return List.of();
    List<Tick> taken = new ArrayList<>(listed.size());
    List<@Nullable String> answers = house.publish(listed);
    for (int i = 0; i < listed.size(); i++) {
      Tick tick = listed.get(i);
      String refusal = answers.get(i);
      tally.price(step, tick, refusal);
      if (refusal != null) continue;
      taken.add(tick);
      liquidators.priced(tick);
      Integer market = marketOf.get(tick.symbol());
      if (market != null) crowd.priced(market, tick.price().doubleValue());
    }
    return taken;
  }

  private boolean isListed(String symbol) {
    return marketOf.containsKey(symbol) || plan.catalogue().asset(symbol) != null;
  }

  private void deal(long timeMs, int openings, double rate) {
    List<Deal> deals = crowd.round(timeMs, openings, rate);
    for (int from = 0; from < deals.size(); from += TRADES_AT_ONCE) {
      List<Deal> some = deals.subList(from, Math.min(deals.size(), from + TRADES_AT_ONCE));
      List<@Nullable String> answers = house.submit(some.stream().map(this::submission).toList());
      for (int i = 0; i < some.size(); i++) {
        String refusal = answers.get(i);
        tally.trade(refusal);
        if (refusal == null) crowd.novated(some.get(i));
        else if (refusal.equals("INSUFFICIENT_MARGIN")) crowd.refused(some.get(i));
      }
    }
  }

  private Submission submission(Deal deal) {
    var perpetual = plan.catalogue().perpetual(deal.instrument());
    return new Submission(
        "crowd-" + plan.seed() + "-" + deal.number(),
        perpetual.symbol(),
        perpetual.tick().text(deal.priceTicks()),
        perpetual.lot().text(deal.lots()),
        crowd.accountId(deal.buyer()),
        crowd.accountId(deal.seller()),
        deal.timeMs());
  }

  /**
   * Submits the real trades before a time, each second of them at its own time; returns the next.
   */
  private @Nullable RealTrade submitUntil(RealTrade first, long untilMs) {
    TradesFile file = Objects.requireNonNull(plan.trades());
    List<Submission> batch = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    RealTrade trade = first;
    long timeMs = first.timeMs();
    while (trade != null && trade.timeMs() < untilMs) {
      Submission submission = realTrades.submission(trade);
      // A trade that the file has twice is a retry: it goes out when the first is answered.
      boolean again = submission != null && !ids.add(submission.tradeId());
      if (again || batch.size() == TRADES_AT_ONCE) {
        flush(batch, timeMs);
        ids.clear();
        if (submission != null) ids.add(submission.tradeId());
      }
      timeMs = trade.timeMs();
      if (submission != null) batch.add(submission);
      trade = file.next();
    }
    flush(batch, timeMs);
    return trade;
  }

  private void flush(List<Submission> batch, long timeMs) {
    if (batch.isEmpty()) return;
    house.advanceTo(timeMs);
    for (String refusal : house.submit(batch)) tally.trade(refusal);
    batch.clear();
  }
}
