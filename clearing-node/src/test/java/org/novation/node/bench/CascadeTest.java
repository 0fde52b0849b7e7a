package org.novation.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.sql.DriverManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.instrument.Catalogue;
import org.novation.node.InstrumentConfig;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;
import org.novation.simulation.bench.CascadeLoad;

/** A benchmark that does less than it says would be no measure. */
final class CascadeTest {
  private static final int ACCOUNTS = 300;

  @TempDir Path home;
  private final Catalogue catalogue = InstrumentConfig.in(Path.of("..", "config")).catalogue();
  private final Say nobody =
      new Say(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()));

  @Test
  void everyAccountThatFellShortIsFlatOrHasEnoughAgainAndTheBooksHold() throws Exception {
    StoreConfig store = new StoreConfig.H2File(home.resolve("h2").resolve("novation"));
    Cascade.Result result;
    try (BenchNode node = BenchNode.start(Cascade.settings(home, store, catalogue))) {
      result =
          Cascade.run(nobody, node, Cascade.Bidders.wire, Cascade.load(catalogue, ACCOUNTS, 1));
    }
    CascadeJournal.Figures journal = result.journal();
    assertThat(result.audit().violation()).isNull();
    assertThat(journal.liquidated()).isBetween(ACCOUNTS / 7, ACCOUNTS / 3);
    assertThat(journal.closed() + journal.recovered()).isEqualTo(journal.liquidated());
    assertThat(result.bidsSettled() + journal.handedOver())
        .isGreaterThanOrEqualTo(journal.liquidated());
    assertThat(journal.lastFlatMs()).isPositive().isLessThanOrEqualTo(result.resolvedMs());
    assertThat(journal.times())
        .hasEntrySatisfying(
            "gap to flat", spread -> assertThat(spread.count()).isEqualTo(journal.liquidated()));
  }

  @Test
  void baselineLiquidatesTheSameAccountsAndLosesNothing() throws Exception {
    StoreConfig.JdbcPostgres store = (StoreConfig.JdbcPostgres) TestStore.POSTGRESQL.fresh();
    CascadeLoad load = Cascade.load(catalogue, ACCOUNTS, 1);
    CascadeBaseline.Result result =
        CascadeBaseline.run(
            nobody,
            () -> DriverManager.getConnection(store.url(), store.user(), store.password()),
            catalogue,
            load,
            Cascade.LEFT_PERCENT,
            Cascade.RICH_MICROS);
    int shortOfMargin = 0;
    for (int account = load.first(); account < load.first() + ACCOUNTS; account++)
      if (isShort(load, account)) shortOfMargin++;
    assertThat(result.liquidated()).isEqualTo(shortOfMargin);
  }

  private boolean isShort(CascadeLoad load, int account) {
    CascadeLoad.Trader trader = load.trader(account);
    long before = trader.lots() * load.lotMicros().get(trader.market());
    long now = before / 100 * Cascade.LEFT_PERCENT;
    return trader.cashMicros() - (before - now)
        < catalogue.perpetual(trader.market()).maintenance().requirementMicros(now);
  }
}
