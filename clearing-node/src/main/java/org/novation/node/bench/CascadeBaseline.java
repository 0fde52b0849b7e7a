package org.novation.node.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.node.bench.Baseline.Connector;
import org.novation.node.bench.Baseline.Form;
import org.novation.simulation.SimulationException;
import org.novation.simulation.bench.CascadeLoad;
import org.novation.simulation.bench.Skew;
import org.novation.simulation.bench.TradeLoad;

/**
 * The baseline of a cascade: the same accounts in the tables of {@link Baseline}; one query finds
 * those under maintenance margin, and a function in the database liquidates one at a time: lock
 * seller and buyer, check margin, move positions, cash and fee, insert rows. No auction, no bids,
 * no client: the least that must be done.
 */
final class CascadeBaseline {
  private static final List<Form> FORMS =
      List.of(new Form(1, 1), new Form(2, 1), new Form(4, 1), new Form(1, 64), new Form(2, 64));
  private static final int BUYERS = 4;
  private static final int ROWS = 1_000;

  /**
   * What it did.
   *
   * @param findMs to find the accounts
   * @param allMs to find and to liquidate them
   */
  record Result(Form form, int liquidated, long findMs, long allMs) {
    double perSecond() {
      return liquidated * 1_000.0 / Math.max(1, allMs);
    }
  }

  private final Connector connector;
  private final CascadeLoad load;
  private final long richMicros;

  private CascadeBaseline(Connector connector, CascadeLoad load, long richMicros) {
    this.connector = connector;
    this.load = load;
    this.richMicros = richMicros;
  }

  /**
   * Runs it in the form that serves it best.
   *
   * @param factorPercent what is left of every price
   * @param richMicros the cash of makers and buyers
   */
  static Result run(
      Say say,
      Connector connector,
      Catalogue catalogue,
      CascadeLoad load,
      int factorPercent,
      long richMicros)
      throws SQLException, InterruptedException {
    int accounts = load.first() + load.traders();
    Baseline baseline =
        Baseline.create(
            connector,
            catalogue,
            new TradeLoad(load.seed(), accounts, Skew.UNIFORM, load.markets()),
            richMicros);
    CascadeBaseline cascade = new CascadeBaseline(connector, load, richMicros);
    Result best = null;
    for (Form form : FORMS) {
      cascade.fill(factorPercent);
      Result tried = cascade.fall(form);
      say.doing(
          "  baseline, %s: %s liquidations/s"
              .formatted(form, Say.count(Math.round(tried.perSecond()))));
      if (best == null || tried.perSecond() > best.perSecond()) best = tried;
    }
    cascade.requireBalance();
    baseline.drop();
    if (best == null) throw new IllegalStateException("a baseline has forms");
    return best;
  }

  /** Everybody with its position, at the prices of before; then the prices fall. */
  private void fill(int factorPercent) throws SQLException {
    try (Connection connection = connector.open();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(
          "TRUNCATE baseline.trade, baseline.posting, baseline.position, baseline.liquidation,"
              + " baseline.fund_movement");
      statement.execute("UPDATE baseline.account SET cash = " + richMicros);
      for (int n = 0; n < load.markets().size(); n++)
        statement.execute(
            "UPDATE baseline.instrument SET mark = %d WHERE id = %d"
                .formatted(load.markets().get(n).markTicks() * factorPercent / 100, n));
      try (PreparedStatement position =
              connection.prepareStatement(
                  "INSERT INTO baseline.position AS p VALUES (?, ?, ?, ?) ON CONFLICT (account,"
                      + " instrument) DO UPDATE SET lots = p.lots + excluded.lots, basis = p.basis"
                      + " + excluded.basis");
          PreparedStatement cash =
              connection.prepareStatement("UPDATE baseline.account SET cash = ? WHERE id = ?")) {
        for (int account = load.first(); account < load.first() + load.traders(); account++) {
          CascadeLoad.Trader trader = load.trader(account);
          long basis = trader.lots() * load.lotMicros().get(trader.market());
          add(position, account, trader.market(), trader.lots(), basis);
          add(position, trader.maker(), trader.market(), -trader.lots(), -basis);
          cash.setLong(1, trader.cashMicros());
          cash.setInt(2, account);
          cash.addBatch();
          if (account % ROWS != 0) continue;
          position.executeBatch();
          cash.executeBatch();
        }
        position.executeBatch();
        cash.executeBatch();
      }
      connection.commit();
      connection.setAutoCommit(true);
      statement.execute("VACUUM ANALYZE baseline.account, baseline.position");
      statement.execute("CHECKPOINT");
    }
  }

  private static void add(
      PreparedStatement insert, int account, int instrument, long lots, long basis)
      throws SQLException {
    insert.setInt(1, account);
    insert.setInt(2, instrument);
    insert.setLong(3, lots);
    insert.setLong(4, basis);
    insert.addBatch();
  }

  private Result fall(Form form) throws SQLException, InterruptedException {
    long begin = System.nanoTime();
    ConcurrentLinkedQueue<Integer> accounts = new ConcurrentLinkedQueue<>();
    try (Connection connection = connector.open();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT baseline.under_maintenance()")) {
      while (rows.next()) accounts.add(rows.getInt(1));
    }
    long found = System.nanoTime();
    AtomicInteger done = new AtomicInteger();
    AtomicReference<@Nullable SQLException> failed = new AtomicReference<>();
    List<Thread> callers = new ArrayList<>();
    for (int n = 0; n < form.connections(); n++) {
      int buyer = CascadeLoad.MAKERS + n % BUYERS; // Nobody else's account.
      callers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Connection connection = connector.open()) {
                      liquidate(connection, accounts, buyer, form.batch(), done);
                    } catch (SQLException e) {
                      failed.set(e);
                    }
                  }));
    }
    for (Thread caller : callers) caller.join();
    SQLException failure = failed.get();
    if (failure != null) throw failure;
    long end = System.nanoTime();
    return new Result(form, done.get(), (found - begin) / 1_000_000, (end - begin) / 1_000_000);
  }

  private static void liquidate(
      Connection connection,
      ConcurrentLinkedQueue<Integer> accounts,
      int buyer,
      int batch,
      AtomicInteger done)
      throws SQLException {
    try (PreparedStatement call =
        connection.prepareStatement(
            "SELECT baseline.liquidate(id, ?) FROM unnest(?) AS id ORDER BY id")) {
      List<Integer> next = new ArrayList<>(batch);
      while (true) {
        for (Integer account = accounts.poll(); account != null; account = accounts.poll()) {
          next.add(account);
          if (next.size() == batch) break;
        }
        if (next.isEmpty()) return;
        call.setInt(1, buyer);
        call.setObject(2, next.stream().mapToInt(Integer::intValue).toArray());
        try (ResultSet rows = call.executeQuery()) {
          while (rows.next()) {
            if (rows.getInt(1) != 0)
              throw new SimulationException("the baseline does not liquidate: " + rows.getInt(1));
            done.incrementAndGet();
          }
        }
        next.clear();
      }
    }
  }

  /** A baseline that loses money would be no measure. */
  private void requireBalance() throws SQLException {
    try (Connection connection = connector.open();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT
                  (SELECT sum(lots) FROM baseline.position),
                  (SELECT sum(cash) FROM baseline.account)
                    + (SELECT coalesce(sum(amount), 0) FROM baseline.fund_movement)
                    - (SELECT sum(realised) FROM baseline.posting),
                  (SELECT sum(basis) FROM baseline.position)
                    - (SELECT sum(realised) FROM baseline.posting)
                """)) {
      row.next();
      long brought = 0;
      for (int account = 0; account < load.first() + load.traders(); account++)
        brought += account < load.first() ? richMicros : load.trader(account).cashMicros();
      if (row.getLong(1) != 0 || row.getLong(2) != brought || row.getLong(3) != 0)
        throw new SimulationException("the baseline's books do not balance");
    }
  }
}
