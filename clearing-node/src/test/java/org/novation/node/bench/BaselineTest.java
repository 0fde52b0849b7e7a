package org.novation.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.node.bench.Baseline.Books;
import org.novation.node.bench.Baseline.Form;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;
import org.novation.simulation.bench.Order;
import org.novation.simulation.bench.Skew;
import org.novation.simulation.bench.TradeLoad;
import org.novation.simulation.bench.TradeSink;
import org.novation.simulation.bench.Verdict;

/** A baseline that did less than its work would be no measure. */
final class BaselineTest {
  private static final long MILLION = 1_000_000_000_000L;
  private static final int TRADES = 2_000;

  @ParameterizedTest
  @CsvSource({"UNIFORM,4,1", "MARKET_MAKER,4,1", "UNIFORM,3,16", "MARKET_MAKER,3,16"})
  void keepsItsBooksWhileManyTradeAtOnce(Skew skew, int connections, int batch)
      throws SQLException, InterruptedException {
    TradeLoad load = load(20, skew);
    Baseline baseline = baseline(load, MILLION);
    List<Order> orders = new ArrayList<>();
    for (int n = 0; n < TRADES; n++) orders.add(load.next());
    assertThat(submit(baseline, new Form(connections, batch), orders))
        .containsOnly(Verdict.NOVATED);
    Books books = baseline.books();
    assertThat(books.hold()).as("%s", books).isTrue();
    assertThat(books.trades()).isEqualTo(TRADES);
  }

  @Test
  void booksATradeOnceHoweverOftenItIsSubmitted() throws SQLException, InterruptedException {
    TradeLoad load = load(4, Skew.UNIFORM);
    Baseline baseline = baseline(load, MILLION);
    Order order = new Order(1, 0, 600_000, 1, 0, 1);
    Order otherContent = new Order(1, 0, 600_000, 2, 0, 1);
    Form alone = new Form(1, 1);
    assertThat(submit(baseline, alone, List.of(order))).containsOnly(Verdict.NOVATED);
    assertThat(submit(baseline, alone, List.of(otherContent))).containsOnly(Verdict.REFUSED);
    assertThat(baseline.books()).isEqualTo(new Books(0, 0, 0, 1, 2));
  }

  @Test
  void refusesWhatMarginDoesNotCoverAndChangesNothing() throws SQLException, InterruptedException {
    // One lot at 60,000.0 is 60 USDC and needs 3.
    TradeLoad load = load(2, Skew.UNIFORM);
    Form alone = new Form(1, 1);
    Baseline tooLittle = baseline(load, 2_999_999);
    Order order = new Order(1, 0, 600_000, 1, 0, 1);
    assertThat(submit(tooLittle, alone, List.of(order))).containsOnly(Verdict.REFUSED);
    assertThat(tooLittle.books()).isEqualTo(new Books(0, 0, 0, 0, 0));
    Baseline enough = baseline(load, 3_000_000);
    assertThat(submit(enough, alone, List.of(order))).containsOnly(Verdict.NOVATED);
    // And back again: a reduction passes.
    assertThat(submit(enough, alone, List.of(new Order(2, 0, 600_000, 1, 1, 0))))
        .containsOnly(Verdict.NOVATED);
    assertThat(enough.books()).isEqualTo(new Books(0, 0, 0, 2, 4));
  }

  private static List<Verdict> submit(Baseline baseline, Form form, List<Order> orders)
      throws SQLException, InterruptedException {
    AtomicReferenceArray<Verdict> verdicts = new AtomicReferenceArray<>(orders.size());
    CountDownLatch answered = new CountDownLatch(orders.size());
    try (TradeSink sink = baseline.open(form)) {
      for (int n = 0; n < orders.size(); n++) {
        int at = n;
        sink.submit(
            orders.get(n),
            verdict -> {
              verdicts.set(at, verdict);
              answered.countDown();
            });
      }
      answered.await();
    }
    List<Verdict> list = new ArrayList<>();
    for (int n = 0; n < orders.size(); n++) list.add(verdicts.get(n));
    return list;
  }

  private static Baseline baseline(TradeLoad load, long cashMicros) throws SQLException {
    StoreConfig.JdbcPostgres store = (StoreConfig.JdbcPostgres) TestStore.POSTGRESQL.fresh();
    return Baseline.create(
        () -> DriverManager.getConnection(store.url(), store.user(), store.password()),
        catalogue(),
        load,
        cashMicros);
  }

  private static TradeLoad load(int accounts, Skew skew) {
    return new TradeLoad(
        1,
        accounts,
        skew,
        List.of(
            new TradeLoad.Market("BTC-PERP", 600_000, 10),
            new TradeLoad.Market("ETH-PERP", 30_000, 100)));
  }

  private static Catalogue catalogue() {
    return new Catalogue(
        1,
        List.of(perpetual("BTC"), perpetual("ETH")),
        List.of(new Asset("USDC", 6, 1_000_000, 0, 0, true)));
  }

  private static Perpetual perpetual(String underlying) {
    long[] bounds = {0, MILLION / 10};
    return new Perpetual(
        underlying + "-PERP",
        underlying,
        Increment.of("0.1"),
        Increment.of("0.001"),
        1_000_000,
        100_000_000,
        new Ladder(bounds, new long[] {50_000, 100_000}),
        new Ladder(bounds, new long[] {25_000, 50_000}),
        new Perpetual.Scaling(0, 0, 700_000, 2_000_000, 100_000, 1_200_000),
        MILLION,
        50_000,
        new Perpetual.Funding(100, 500, 40_000));
  }
}
