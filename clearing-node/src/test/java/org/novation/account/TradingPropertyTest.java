package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.CATALOGUE;
import static org.novation.account.Markets.NOW_MS;
import static org.novation.account.Markets.NO_HOLDS;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.at;
import static org.novation.account.Markets.trade;
import static org.novation.account.Markets.with;
import static org.novation.account.Markets.withBtc;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.MarginStateChanged;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.Brakes;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/**
 * What holds after anything that may happen to a few accounts that trade with one another. {@code
 * -Dnovation.seeds=N} runs more seeds, {@code -Dnovation.seed=S} one.
 */
final class TradingPropertyTest {
  private static final int SEEDS = Integer.getInteger("novation.seeds", 200);
  private static final int STEPS = 150;

  /** Accounts with their journals, and the market that all of them see. */
  private static final class World {
    final SplittableRandom random;
    final List<Account> accounts = new ArrayList<>();
    final Map<String, List<AccountEvent>> journals = new HashMap<>();
    final List<Trade> trades = new ArrayList<>();
    final long[] funding = new long[CATALOGUE.instruments()];
    MarketView view = at(100);
    long novated;
    long refused;

    World(long seed) {
      random = new SplittableRandom(seed);
      for (String id : List.of("a", "b", "c")) {
        Account account = new Account(id, CATALOGUE);
        accounts.add(account);
        journals.put(id, new ArrayList<>());
        Batch batch = batch(account);
        batch.open("member-" + id);
        batch.deposit("first", "USDC", 1 + random.nextLong(2_000 * UNIT), Known.NO);
        write(account, batch);
      }
    }

    Batch batch(Account account) {
      return new Batch(account, NO_HOLDS, view, LiquidationPolicy.DEFAULTS, NOW_MS);
    }

    List<AccountEvent> write(Account account, Batch batch) {
      List<AccountEvent> events = List.copyOf(batch.finish());
      events.forEach(account::apply);
      journal(account).addAll(events);
      return events;
    }

    List<AccountEvent> journal(Account account) {
      return journals.computeIfAbsent(account.id(), any -> new ArrayList<>());
    }

    Account account(String id) {
      return accounts.stream().filter(a -> a.id().equals(id)).findFirst().orElseThrow();
    }

    Account anyAccount() {
      return accounts.get(random.nextInt(accounts.size()));
    }

    void step() {
      switch (random.nextInt(8)) {
        case 0 -> moveMarket();
        case 1 -> deposit();
        case 2 -> capLeverage();
        case 3 -> repeat();
        default -> submit(anyTrade("trade-" + trades.size()));
      }
    }

    private void moveMarket() {
      for (int i = 0; i < funding.length; i++) {
        funding[i] += random.nextLong(-400_000_000, 400_000_001);
        boolean stale = random.nextInt(10) == 0;
        long mark = view.instrument(i).markTicks() + random.nextInt(-4, 5);
        view =
            with(
                view,
                i,
                Math.max(1, mark),
                funding[i],
                stale ? PriceValidity.STALE : PriceValidity.FRESH);
        view = view.with(i, view.instrument(i).braked(anyBrakes()), NOW_MS);
      }
      view = withBtc(view, 50 + random.nextInt(100), PriceValidity.FRESH);
      for (Account account : accounts) write(account, batch(account));
    }

    /** Off, or just over, or on for one millisecond more. */
    private Brakes anyBrakes() {
      return Brakes.NONE
          .withHalt(random.nextInt(5) == 0 ? NOW_MS + random.nextInt(2) : 0)
          .withPause(Operation.TRADING, random.nextInt(9) == 0 ? NOW_MS + random.nextInt(2) : 0);
    }

    private void deposit() {
      Account account = anyAccount();
      boolean coins = random.nextInt(4) == 0;
      String id = "deposit-" + random.nextInt(20);
      AccountSnapshot before = account.snapshot();
      Batch batch = batch(account);
      Rejection why =
          batch.deposit(id, coins ? "BTC" : "USDC", 1 + random.nextLong(3) * 50 * UNIT, Known.NO);
      refusedOrNot(account, before, why, write(account, batch));
    }

    private void capLeverage() {
      Account account = anyAccount();
      AccountSnapshot before = account.snapshot();
      Batch batch = batch(account);
      Rejection why = batch.capLeverage(random.nextInt(12));
      refusedOrNot(account, before, why, write(account, batch));
    }

    private Trade anyTrade(String id) {
      int buyer = random.nextInt(accounts.size());
      int seller = (buyer + 1 + random.nextInt(accounts.size() - 1)) % accounts.size();
      int instrument = random.nextInt(CATALOGUE.instruments());
      long price = Math.max(1, view.instrument(instrument).markTicks() + random.nextInt(-3, 4));
      return trade(
          id,
          CATALOGUE.perpetual(instrument).symbol(),
          1 + random.nextInt(25),
          price,
          accounts.get(buyer).id(),
          accounts.get(seller).id());
    }

    /** As the protocol does it: the first must have margin, the last decides, the first books. */
    private void submit(Trade trade) {
      Account first = account(trade.first());
      Account last = account(trade.last());
      AccountSnapshot firstBefore = first.snapshot();
      AccountSnapshot lastBefore = last.snapshot();
      Rejection why = batch(first).judge(trade);
      Batch batch = batch(last);
      if (why == null) why = batch.judge(trade);
      if (why != null) {
        refused++;
        assertThat(batch.finish()).isEmpty();
        assertThat(first.snapshot()).isEqualTo(firstBefore);
        assertThat(last.snapshot()).isEqualTo(lastBefore);
        return;
      }
      novated++;
      trades.add(trade);
      batch.novate(trade);
      write(last, batch);
      assertAllowed(last, lastBefore, trade);
      Batch leg = batch(first);
      leg.apply(Markets.oldestCommitted(last), last.id());
      write(first, leg);
      assertAllowed(first, firstBefore, trade);
      Batch acknowledged = batch(last);
      acknowledged.acknowledge(List.copyOf(last.outbox().keySet()));
      write(last, acknowledged);
    }

    /** The table of the risk rules, said once more and differently. */
    private void assertAllowed(Account account, AccountSnapshot before, Trade trade) {
      Portfolio was = Account.of(before, CATALOGUE).portfolio();
      int instrument = CATALOGUE.instrumentListed(trade.instrument());
      Brakes brakes = view.instrument(instrument).brakes();
      assertThat(brakes.paused(Operation.TRADING, NOW_MS)).as("traded while paused").isFalse();
      boolean halted = brakes.halted(NOW_MS);
      if (halted) {
        long lots = was.lots(instrument);
        assertThat(account.portfolio().lots(instrument))
            .as("%s takes %s in a halt", account.id(), trade)
            .isBetween(Math.min(0, lots + 1), Math.max(0, lots - 1));
      }
      Health then = Margin.health(was, view);
      Health now = Margin.health(account.portfolio(), view);
      if (now.initialEquityMicros() >= now.initialMarginMicros()
          && allFresh(account, trade)
          && !halted) return;
      assertThat(now.maintenanceMarginMicros())
          .as("%s takes %s", account.id(), trade)
          .isLessThanOrEqualTo(then.maintenanceMarginMicros());
      assertThat(times(now.equityMicros(), then.maintenanceMarginMicros()))
          .as("%s takes %s", account.id(), trade)
          .isGreaterThanOrEqualTo(
              then.equityMicros() < 0
                  ? times(then.equityMicros(), then.maintenanceMarginMicros())
                  : times(then.equityMicros(), now.maintenanceMarginMicros()));
    }

    private boolean allFresh(Account account, Trade trade) {
      for (int i = 0; i < CATALOGUE.instruments(); i++) {
        boolean matters =
            account.portfolio().lots(i) != 0 || CATALOGUE.instrumentListed(trade.instrument()) == i;
        if (matters && view.instrument(i).validity() != PriceValidity.FRESH) return false;
      }
      return true;
    }

    /** A trade that is on the books, again, or its id with other content. */
    private void repeat() {
      if (trades.isEmpty()) return;
      Trade trade = trades.get(random.nextInt(trades.size()));
      for (String id : List.of(trade.buyer(), trade.seller())) {
        Account account = account(id);
        assertThat(account.known(trade)).isEqualTo(Known.YES);
        Trade other =
            trade(
                trade.tradeId(),
                trade.instrument(),
                trade.lots(),
                trade.priceTicks() + 1,
                trade.buyer(),
                trade.seller());
        assertThat(account.known(other)).isEqualTo(Known.OTHER_CONTENT);
      }
    }

    private void refusedOrNot(
        Account account,
        AccountSnapshot before,
        @Nullable Rejection why,
        List<AccountEvent> events) {
      if (why == null) return;
      refused++;
      assertThat(events).isEmpty();
      assertThat(account.snapshot()).isEqualTo(before);
    }

    void assertInvariants() {
      for (int i = 0; i < CATALOGUE.instruments(); i++) {
        int instrument = i;
        assertThat(sum(i, Portfolio::lotsAt)).as("positions").isZero();
        assertThat(sum(i, (p, slot) -> p.basisMicrosAt(slot) - p.realisedMicrosAt(slot)))
            .as("cost basis")
            .isZero();
        BigInteger settled =
            sum(i, Portfolio::fundingMicrosAt)
                .multiply(BigInteger.valueOf(Portfolio.FUNDING_SCALE))
                .add(sum(i, Portfolio::fundingResidueAt));
        BigInteger unsettled =
            sum(i, (p, slot) -> -p.lotsAt(slot) * (funding[instrument] - p.fundingIndexAt(slot)));
        assertThat(settled.add(unsettled)).as("funding").isZero();
      }
      for (Account account : accounts) {
        assertThat(account.cashIsExplained()).isTrue();
        for (int slot = 0; slot < account.portfolio().positions(); slot++)
          assertThat(Math.abs(account.portfolio().lotsAt(slot))).isLessThanOrEqualTo(100);
      }
    }

    void assertReplays() {
      for (Account account : accounts) {
        List<AccountEvent> journal = journal(account);
        Account replayed = new Account(account.id(), CATALOGUE);
        journal.forEach(replayed::apply);
        assertThat(replayed.snapshot()).isEqualTo(account.snapshot());
        // From a snapshot in the middle, it goes on as from the start.
        int middle = random.nextInt(journal.size() + 1);
        Account half = new Account(account.id(), CATALOGUE);
        journal.subList(0, middle).forEach(half::apply);
        Account restored = Account.of(half.snapshot(), CATALOGUE);
        assertThat(restored.snapshot()).isEqualTo(half.snapshot());
        journal.subList(middle, journal.size()).forEach(restored::apply);
        assertThat(restored.snapshot()).isEqualTo(account.snapshot());
        assertThat(restored.cashIsExplained()).isTrue();
      }
    }

    private BigInteger sum(int instrument, ToLongBiFunction<Portfolio, Integer> figure) {
      BigInteger sum = BigInteger.ZERO;
      for (Account account : accounts) {
        int slot = account.portfolio().slotOf(instrument);
        if (slot >= 0)
          sum = sum.add(BigInteger.valueOf(figure.applyAsLong(account.portfolio(), slot)));
      }
      return sum;
    }
  }

  private static BigInteger times(long a, long b) {
    return BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
  }

  private interface Property {
    void holds(long seed);
  }

  private static void forEverySeed(Property property) {
    Long only = Long.getLong("novation.seed");
    for (long seed = only == null ? 0 : only; seed < (only == null ? SEEDS : only + 1); seed++) {
      try {
        property.holds(seed);
      } catch (AssertionError | RuntimeException wrong) {
        throw new AssertionError(
            "seed " + seed + " (again with -Dnovation.seed=" + seed + "): " + wrong.getMessage(),
            wrong);
      }
    }
  }

  @Test
  void theBooksBalanceAndReplayAfterRandomTrading() {
    long[] outcomes = new long[2];
    forEverySeed(
        seed -> {
          World world = new World(seed);
          for (int step = 0; step < STEPS; step++) {
            world.step();
            world.assertInvariants();
          }
          world.assertReplays();
          outcomes[0] += world.novated;
          outcomes[1] += world.refused;
        });
    assertThat(outcomes[0]).isGreaterThan(outcomes[1] / 20).isPositive();
    assertThat(outcomes[1]).isGreaterThan(outcomes[0] / 20).isPositive();
  }

  @Test
  void manyTradesInOneBatchLeaveWhatAsManyBatchesLeave() {
    forEverySeed(
        seed -> {
          World world = new World(seed);
          for (int step = 0; step < 30; step++) world.step();
          Account account = world.anyAccount();
          Account together = Account.of(account.snapshot(), CATALOGUE);
          Account apart = Account.of(account.snapshot(), CATALOGUE);
          List<String> takenTogether = new ArrayList<>();
          List<String> takenApart = new ArrayList<>();
          Batch batch = world.batch(together);
          for (int i = 0; i < 20; i++) {
            Trade trade = world.anyTrade("more-" + i);
            if (!trade.buyer().equals(account.id()) && !trade.seller().equals(account.id()))
              continue;
            if (batch.judge(trade) == null) {
              batch.novate(trade);
              takenTogether.add(trade.tradeId());
            }
            Batch single = world.batch(apart);
            if (single.judge(trade) == null) {
              single.novate(trade);
              takenApart.add(trade.tradeId());
            }
            single.finish().forEach(apart::apply);
          }
          batch.finish().forEach(together::apply);
          assertThat(takenTogether).isEqualTo(takenApart);
          assertThat(together.snapshot().balances()).isEqualTo(apart.snapshot().balances());
          assertThat(together.snapshot().positions()).isEqualTo(apart.snapshot().positions());
          assertThat(together.snapshot().outbox()).isEqualTo(apart.snapshot().outbox());
          assertThat(together.state()).isEqualTo(apart.state());
        });
  }

  @Test
  void aReassessmentAfterAReassessmentFindsNothingNew() {
    forEverySeed(
        seed -> {
          World world = new World(seed);
          for (int step = 0; step < 60; step++) world.step();
          for (Account account : world.accounts) {
            for (AccountEvent event : world.write(account, world.batch(account)))
              assertThat(event).isInstanceOf(MarginStateChanged.class);
            assertThat(world.batch(account).finish()).isEmpty();
          }
        });
  }

  /** However holds are granted and booked, the account never ends under what margin allowed. */
  @Test
  void whatHoldsGrantedFitsWhenAllOfItIsBooked() {
    forEverySeed(
        seed -> {
          World world = new World(seed);
          Account account = world.anyAccount();
          Holds holds = new Holds();
          List<Trade> held = new ArrayList<>();
          for (int i = 0; i < 30; i++) {
            Trade trade = world.anyTrade("held-" + i);
            if (!trade.buyer().equals(account.id()) && !trade.seller().equals(account.id()))
              continue;
            if (Judgement.of(account.id(), account.portfolio(), holds, trade, world.view, NOW_MS)
                    .rejection()
                != null) continue;
            int instrument = CATALOGUE.instrumentListed(trade.instrument());
            long lots = trade.signedLots(account.id());
            holds.add(
                instrument,
                lots,
                CATALOGUE.perpetual(instrument).notionalMicros(trade.priceTicks(), lots));
            held.add(trade);
          }
          Portfolio books = account.portfolio().copy();
          while (!held.isEmpty()) {
            Trade trade = held.remove(world.random.nextInt(held.size()));
            if (world.random.nextInt(4) == 0) continue; // Refused at the other account.
            int instrument = CATALOGUE.instrumentListed(trade.instrument());
            long lots = trade.signedLots(account.id());
            long notional =
                CATALOGUE.perpetual(instrument).notionalMicros(trade.priceTicks(), lots);
            books.apply(instrument, books.fill(instrument, lots, notional, 0, 0));
            assertThat(Margin.health(books, world.view).freeMicros()).isNotNegative();
            assertThat(Math.abs(books.lots(instrument))).isLessThanOrEqualTo(100);
          }
        });
  }
}
