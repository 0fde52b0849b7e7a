package org.novation.node.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Properties;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.node.store.Store;
import org.novation.simulation.bench.TradeLoad;
import org.novation.simulation.bench.TradeSink;

/**
 * The baseline: a clearing function in PL/pgSQL, what a user would otherwise build. It locks both
 * accounts in order, knows trades by their ids, checks margin, updates positions and cash and
 * inserts trade and postings, flushed at each commit like Novation's journal. It lives in a schema
 * of its own, {@code baseline}, which {@link #create} makes anew; the function is in {@code
 * baseline.sql}.
 */
public final class Baseline {
  /** Where connections come from. */
  @FunctionalInterface
  public interface Connector {
    Connection open() throws SQLException;
  }

  /**
   * How the function is called.
   *
   * @param connections so many callers side by side
   * @param batch trades in one call and one transaction; 1 calls for each trade
   */
  public record Form(int connections, int batch) {
    @Override
    public String toString() {
      String callers = connections == 1 ? "1 connection" : connections + " connections";
      return batch == 1
          ? callers + ", one call a trade"
          : callers + ", " + batch + " trades a call";
    }
  }

  /**
   * Sums over all accounts: what must be zero, in lots and micros.
   *
   * @param lots signed, over all positions
   * @param cashMicros cash less what was put in, less what was realised
   * @param basisMicros basis less what was realised
   * @param trades on the books
   * @param postings two for each trade
   */
  public record Books(long lots, long cashMicros, long basisMicros, long trades, long postings) {
    /** Whether the baseline did its work. */
    public boolean hold() {
      return lots == 0 && cashMicros == 0 && basisMicros == 0 && postings == 2 * trades;
    }
  }

  private static final String SCRIPT = "baseline.sql";

  private final Connector connector;
  private final int accounts;
  private final long cashMicros;

  private Baseline(Connector connector, int accounts, long cashMicros) {
    this.connector = connector;
    this.accounts = accounts;
    this.cashMicros = cashMicros;
  }

  /** Connections to a store's database that are not the store's own. */
  static Connector connector(Store.Connections connections) {
    Properties properties = new Properties();
    if (connections.user() != null) properties.put("user", connections.user());
    if (connections.password() != null) properties.put("password", connections.password());
    properties.put("prepareThreshold", "1"); // A prepared statement from the first call on.
    return () -> DriverManager.getConnection(connections.url(), properties);
  }

  /**
   * Makes the schema anew and opens accounts {@code 0 .. accounts - 1} with so much cash each.
   * Instruments are numbered as in the load's markets.
   */
  public static Baseline create(
      Connector connector, Catalogue catalogue, TradeLoad load, long cashMicros)
      throws SQLException {
    try (Connection connection = connector.open();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(script());
      insertInstruments(connection, catalogue, load);
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO baseline.account SELECT n, ? FROM generate_series(0, ?) AS n")) {
        insert.setLong(1, cashMicros);
        insert.setInt(2, load.accounts() - 1);
        insert.executeUpdate();
      }
      connection.commit();
      connection.setAutoCommit(true);
      statement.execute("VACUUM ANALYZE baseline.account, baseline.instrument");
    }
    return new Baseline(connector, load.accounts(), cashMicros);
  }

  private static void insertInstruments(Connection connection, Catalogue catalogue, TradeLoad load)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO baseline.instrument VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      for (int n = 0; n < load.markets().size(); n++) {
        TradeLoad.Market market = load.markets().get(n);
        Perpetual perpetual = catalogue.perpetual(catalogue.instrumentListed(market.symbol()));
        Ladder ladder = perpetual.initial();
        Long[] bounds = new Long[ladder.tiers()];
        Long[] rates = new Long[ladder.tiers()];
        Long[] deductions = new Long[ladder.tiers()];
        for (int tier = 0; tier < ladder.tiers(); tier++) {
          bounds[tier] = ladder.lowerBoundMicros(tier);
          rates[tier] = ladder.ratePpm(tier);
          deductions[tier] = ladder.deductionMicros(tier);
        }
        insert.setInt(1, n);
        insert.setString(2, market.symbol());
        insert.setLong(3, perpetual.tickValueMicros());
        insert.setLong(4, market.markTicks());
        insert.setArray(5, bigints(connection, bounds));
        insert.setArray(6, bigints(connection, rates));
        insert.setArray(7, bigints(connection, deductions));
        insert.executeUpdate();
      }
    }
  }

  private static Array bigints(Connection connection, Long[] values) throws SQLException {
    return connection.createArrayOf("bigint", values);
  }

  /** Opens the connections and takes trades through them, whichever of them is free. */
  public TradeSink open(Form form) throws SQLException {
    return BaselineSink.open(connector, form);
  }

  /** Forgets trades and postings, so that no run pays for the tables of the one before. */
  public void forgetTrades() throws SQLException {
    try (Connection connection = connector.open();
        Statement statement = connection.createStatement()) {
      statement.execute("TRUNCATE baseline.trade, baseline.posting, baseline.position");
      statement.execute("UPDATE baseline.account SET cash = " + cashMicros);
      statement.execute("VACUUM ANALYZE baseline.account");
      statement.execute("CHECKPOINT");
    }
  }

  /** Leaves the database as it was found. */
  public void drop() throws SQLException {
    try (Connection connection = connector.open();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP SCHEMA baseline CASCADE");
    }
  }

  /** Adds up the books. */
  public Books books() throws SQLException {
    try (Connection connection = connector.open();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                WITH realised AS (SELECT coalesce(sum(realised), 0) AS sum FROM baseline.posting)
                SELECT
                  (SELECT coalesce(sum(lots), 0) FROM baseline.position),
                  (SELECT coalesce(sum(cash), 0) FROM baseline.account) - realised.sum,
                  (SELECT coalesce(sum(basis), 0) FROM baseline.position) - realised.sum,
                  (SELECT count(*) FROM baseline.trade),
                  (SELECT count(*) FROM baseline.posting)
                FROM realised
                """)) {
      row.next();
      return new Books(
          row.getLong(1),
          row.getLong(2) - accounts * cashMicros,
          row.getLong(3),
          row.getLong(4),
          row.getLong(5));
    }
  }

  private static String script() {
    try (InputStream in =
        Objects.requireNonNull(Baseline.class.getResourceAsStream(SCRIPT), SCRIPT)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
