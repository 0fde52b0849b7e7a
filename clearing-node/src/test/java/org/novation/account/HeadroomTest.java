package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.NO_HOLDS;
import static org.novation.account.Markets.trade;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.deleveraging.AdlCoordinatorActor.DefaultRead;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.TriggerBox;
import org.novation.money.Increment;
import org.novation.risk.Headroom;
import org.novation.risk.Health;
import org.novation.risk.Margin;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/**
 * Accounts at the bound of what can be reckoned: they grow no further, and whatever prices do then,
 * no batch is lost and no account dies of it.
 */
final class HeadroomTest {
  private static final int SEEDS = 300;
  private static final Catalogue CATALOGUE = catalogue();
  private static final long[] AT_FIRST = {1_000, 60_000_000, 7};

  @Test
  void anAccountIsReckonableWhilePricesStayWithinItsHeadroom() {
    AtomicInteger refused = new AtomicInteger();
    Seeds.each(
        SEEDS,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          Account account = new Account("a", CATALOGUE);
          refused.addAndGet(grow(account, random));
          MarketView moved = at(moved(random, Headroom.PRICE_FACTOR));
          Health health = Margin.health(account.portfolio(), moved);
          assertThat(health.state()).isNotNull();
          assertThat(health.freeMicros()).isLessThanOrEqualTo(health.initialEquityMicros());
          assertThat(TriggerBox.around(account.portfolio(), moved).priced()).isTrue();
        });
    assertThat(refused).as("trades beyond the bound").hasPositiveValue();
  }

  @Test
  void aFinalLegIsBookedHoweverFarPricesHaveGone() {
    AtomicInteger beyond = new AtomicInteger();
    Seeds.each(
        SEEDS,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          Account account = new Account("a", CATALOGUE);
          grow(account, random);
          MarketView moved = at(moved(random, 1L << 36));
          Trade trade = anyTrade("leg", random, 1_000);
          Batch batch = new Batch(account, NO_HOLDS, moved, LiquidationPolicy.DEFAULTS, NOW_MS);
          batch.apply(committed(trade), "b");
          batch.capLeverage(50); // Taken or refused, not thrown.
          List<AccountEvent> events = batch.finish();
          assertThat(events).hasAtLeastOneElementOfType(TradesCleared.class);
          events.forEach(account::apply);
          assertThat(account.booked(trade)).isTrue();
          if (!TriggerBox.around(account.portfolio(), moved).priced()) beyond.incrementAndGet();
        });
    assertThat(beyond).as("accounts that cannot be reckoned").hasPositiveValue();
  }

  /** Such an account, the house's own among them, holds up nobody who asks everybody. */
  @Test
  void whoCannotBeReckonedTellsACoordinatorOfNothing() {
    AtomicInteger beyond = new AtomicInteger();
    Seeds.each(
        SEEDS,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          Account account = new Account("a", CATALOGUE);
          grow(account, random);
          MarketView moved = at(moved(random, 1L << 36));
          DefaultRead read = DefaultReading.of(account, moved, NOW_MS);
          var positions = PositionReading.of(account, moved, NOW_MS, Map.of(), 0);
          if (TriggerBox.around(account.portfolio(), moved).priced()) return;
          beyond.incrementAndGet();
          assertThat(positions.candidates()).isEmpty();
          assertThat(read.priced()).isFalse();
        });
    assertThat(beyond).as("accounts that cannot be reckoned").hasPositiveValue();
  }

  /** The leg as B, the last of the trade, committed it. */
  private static Leg committed(Trade trade) {
    Batch batch =
        new Batch(
            new Account("b", CATALOGUE),
            NO_HOLDS,
            at(AT_FIRST),
            LiquidationPolicy.DEFAULTS,
            NOW_MS);
    batch.open("member");
    batch.deposit("d", "USDC", 1L << 50, Known.NO);
    assertThat(batch.judge(trade)).isNull();
    batch.novate(trade);
    batch.finish();
    return batch.committed().getFirst().leg();
  }

  @Test
  void aDepositStopsAtTheBound() {
    Account account = new Account("a", CATALOGUE);
    Batch batch = new Batch(account, NO_HOLDS, at(AT_FIRST), LiquidationPolicy.DEFAULTS, NOW_MS);
    batch.open("member");
    assertThat(batch.deposit("d-1", "USDC", Headroom.GROSS_MICROS_MAX, Known.NO)).isNull();
    assertThat(batch.deposit("d-2", "USDC", 1, Known.NO)).isEqualTo(new Rejection.TooLarge("a"));
    // Ten whole units at 1.
    assertThat(batch.deposit("d-3", "EUR", 10_000_000, Known.NO))
        .isEqualTo(new Rejection.TooLarge("a"));
  }

  /** Deposits and trades of any size; returns how many were refused because they would not fit. */
  private static int grow(Account account, SplittableRandom random) {
    Batch batch = new Batch(account, NO_HOLDS, at(AT_FIRST), LiquidationPolicy.DEFAULTS, NOW_MS);
    batch.open("member");
    batch.deposit("cash", "USDC", 1 + random.nextLong(Headroom.GROSS_MICROS_MAX), Known.NO);
    batch.deposit("euros", "EUR", 1 + random.nextLong(1L << 52), Known.NO);
    int refused = 0;
    for (int n = 0; n < 60; n++) {
      Trade trade = anyTrade("t-" + n, random, 1L << (10 + random.nextInt(43)));
      @Nullable Rejection why = batch.judge(trade);
      if (why == null) batch.novate(trade);
      else if (why instanceof Rejection.TooLarge) refused++;
    }
    batch.finish().forEach(account::apply);
    return refused;
  }

  private static Trade anyTrade(String id, SplittableRandom random, long lotsMax) {
    int instrument = random.nextInt(CATALOGUE.instruments());
    String symbol = CATALOGUE.perpetual(instrument).symbol();
    long lots = 1 + random.nextLong(lotsMax);
    boolean buys = random.nextBoolean();
    return trade(id, symbol, lots, AT_FIRST[instrument], buys ? "a" : "b", buys ? "b" : "a");
  }

  /** Each mark anywhere between one tick and so many times what it was, often at an end. */
  private static long[] moved(SplittableRandom random, long factor) {
    long[] marks = new long[AT_FIRST.length];
    for (int i = 0; i < marks.length; i++) {
      long highest = AT_FIRST[i] * factor;
      marks[i] =
          switch (random.nextInt(3)) {
            case 0 -> 1;
            case 1 -> highest;
            default -> 1 + random.nextLong(highest);
          };
    }
    return marks;
  }

  private static MarketView at(long[] marks) {
    MarketView view = MarketView.unpriced(CATALOGUE, NOW_MS);
    for (int i = 0; i < marks.length; i++) {
      Perpetual perpetual = CATALOGUE.perpetual(i);
      MarginLadders ladders = MarginLadders.fixed(perpetual.initial(), perpetual.maintenance());
      view =
          view.with(
              i,
              new MarketView.Instrument(marks[i], marks[i], 0, PriceValidity.FRESH, ladders),
              NOW_MS);
    }
    return view.with(1, MarketView.SETTLEMENT, NOW_MS);
  }

  /** Margins next to nothing, so that only the bound stops an account. */
  private static Catalogue catalogue() {
    Ladder initial = new Ladder(new long[] {0}, new long[] {2});
    Ladder maintenance = new Ladder(new long[] {0}, new long[] {1});
    Perpetual.Scaling scaling = new Perpetual.Scaling(0, 0, 1_000_000, 1_000_000, 1, 1_000_000);
    return new Catalogue(
        1,
        Stream.of("1", "0.001", "0.01")
            .map(
                tick ->
                    new Perpetual(
                        "P" + tick.length() + "-PERP",
                        "P" + tick.length(),
                        Increment.of(tick),
                        Increment.of("0.001"),
                        1L << 53,
                        1L << 53,
                        initial,
                        maintenance,
                        scaling,
                        Long.MAX_VALUE,
                        500_000,
                        new Perpetual.Funding(100, 500, 40_000)))
            .toList(),
        List.of(
            new Asset("USDC", 6, 1_000_000, 0, 0, false),
            new Asset("EUR", 6, 1_000_000, 0, 0, false)));
  }
}
