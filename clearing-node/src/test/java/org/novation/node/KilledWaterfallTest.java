package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.clearing.HouseAccount;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.WaveEvent;
import org.novation.ledger.AuditReport;
import org.novation.ledger.Auditor;
import org.novation.ledger.Journalled;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.ListWavesRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;

/**
 * A node in a process of its own, killed with SIGKILL in the midst of a default: while slices are
 * for sale, while debts are handed over, and during a wave of deleveraging. Whatever the moment,
 * the next life goes on where it was, and in the end exactly what was missing is taken from those
 * who won, once.
 */
final class KilledWaterfallTest {
  private static final int PAIRS = 12;
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /**
   * Auctions of a second and a half instead of a minute and a half; and one step of a wave after
   * the other, so that a wave lasts long enough to be killed in.
   */
  private static final List<String[]> CHANGED =
      List.of(
          new String[] {"steps-in-flight-max = 512", "steps-in-flight-max = 1"},
          new String[] {"to-penalty = 30 s", "to-penalty = 200 ms"},
          new String[] {"to-bankruptcy = 30 s", "to-bankruptcy = 200 ms"},
          new String[] {"to-fund-cap = 20 s", "to-fund-cap = 200 ms"},
          new String[] {"last-call = 10 s", "last-call = 1 s"});

  @TempDir Path home;
  private volatile String price = "60000";

  @Test
  void whoeverIsKilledWhenWinnersPayExactlyWhatIsMissingOnce() throws Exception {
    assumeFalse(Boolean.getBoolean("novation.skipPostgres"), "PostgreSQL is skipped");
    configure();
    try (Life life = new Life()) {
      for (int pair = 0; pair < PAIRS; pair++) life.open(pair);
      price = "48500"; // Each long lost 1,150 of its 1,000.
      life.until(() -> !life.auctionOf(0).isEmpty(), "a slice is for sale");
      life.process.kill();
    }
    try (Life life = new Life()) {
      life.until(
          () -> life.lots(HouseAccount.DEFAULT) > 0, "the house takes over what nobody buys");
      life.process.kill();
    }
    try (Life life = new Life()) {
      life.until(life::isDeleveraging, "a wave is under way");
      life.process.kill();
    }
    assertThat(waveUnderWay()).as("it was killed before the wave was over").isTrue();
    try (Life life = new Life()) {
      BigDecimal expected = new BigDecimal(PAIRS * (2_000 + 1_150 - 150));
      life.until(
          () -> life.sumOfCash("short-").compareTo(expected) == 0,
          "the winners have paid what is missing");
      for (int pair = 0; pair < PAIRS; pair++) {
        assertThat(life.account("long-" + pair).getCash()).isEqualTo("0");
        assertThat(life.lots("long-" + pair)).isZero();
        assertThat(life.lots("short-" + pair)).isZero();
      }
      assertThat(life.account(HouseAccount.DEFAULT).getCash()).isEqualTo("0");
      life.process.stop();
    }
    try (Store books = Store.open(StoreConfig.parse("postgres", home, Map.of()))) {
      AuditReport report = Auditor.audit(books.dataSource(), "USDC");
      assertThat(report.violation()).as("the auditor's verdict").isNull();
    }
  }

  /** Whether the journal, as the killed node left it, has a wave that is not over. */
  private boolean waveUnderWay() throws SQLException {
    Coordination waves = new Coordination("main");
    try (Store books = Store.open(StoreConfig.parse("postgres", home, Map.of()));
        Connection connection = books.dataSource().getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "select event_ser_manifest, event_payload from event_journal"
                    + " where persistence_id = 'adl|main' order by sequence_number");
        ResultSet rows = select.executeQuery()) {
      while (rows.next())
        waves.apply((WaveEvent) Journalled.CODEC.read(rows.getString(1), rows.getBytes(2)));
    }
    return waves.wave() != null;
  }

  /** The installation's own configuration, in a hurry. */
  private void configure() throws IOException {
    Path from = Path.of("..", "config");
    Path to = Files.createDirectories(home.resolve("installation").resolve("config"));
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file);
        if (file.endsWith("node.conf")) {
          for (String[] change : CHANGED) {
            assertThat(text).contains(change[0]);
            text = text.replace(change[0], change[1]);
          }
        }
        Files.writeString(to.resolve(file.getFileName()), text);
      }
    }
  }

  /** A condition that asks the node. */
  private interface Condition {
    boolean holds() throws IOException;
  }

  private final class Life implements AutoCloseable {
    private final NodeProcess process;
    private final NovationClient operator;
    private final NovationClient venue;
    private final List<NovationClient> clients = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread oracles;

    Life() throws Exception {
      process =
          NodeProcess.start(
              home.resolve("installation"),
              "512m",
              Map.of(),
              "--data",
              home.toString(),
              "--store",
              "postgres");
      int port = process.port();
      operator = client(port, "operator");
      venue = client(port, "venue-1");
      List<PriceStream> prices = new ArrayList<>();
      for (int oracle = 1; oracle <= 3; oracle++)
        prices.add(client(port, "oracle-" + oracle).prices());
      oracles = Thread.ofPlatform().name("oracles").start(() -> publish(prices));
    }

    private NovationClient client(int port, String name) throws IOException {
      NovationClient client = NovationClient.connect(Target.local(home, port, name));
      clients.add(client);
      return client;
    }

    private void publish(List<PriceStream> oracles) {
      try {
        while (!over.get()) {
          for (PriceStream oracle : oracles) {
            long nowMs = System.currentTimeMillis();
            var answer =
                oracle.publish(
                    List.of(
                        OraclePrice.newBuilder()
                            .setSymbol("BTC")
                            .setPrice(price)
                            .setSequence(nowMs)
                            .setTimeMs(nowMs)
                            .build()));
            answer.exceptionally(failure -> null); // Killed meanwhile: the next life has its own.
          }
          TimeUnit.MILLISECONDS.sleep(200);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void open(int pair) throws Exception {
      deposit("long-" + pair, "1000");
      deposit("short-" + pair, "2000");
      until(() -> !operatorMarket().isEmpty(), "there is a mark");
      NovationClient.await(
          venue.submit(
              Trade.newBuilder()
                  .setTradeId("t-" + pair)
                  .setInstrument("BTC-PERP")
                  .setPrice("60000")
                  .setQuantity("0.1")
                  .setBuyerAccountId("long-" + pair)
                  .setSellerAccountId("short-" + pair)
                  .setExecutedAtMs(System.currentTimeMillis())
                  .build()));
    }

    private String operatorMarket() {
      return NovationClient.await(operator.market("BTC-PERP")).getMarket().getMark();
    }

    private void deposit(String account, String cash) {
      NovationClient.await(operator.openAccount(account, "alice"));
      NovationClient.await(operator.deposit("d-" + account, account, "USDC", cash));
    }

    Account account(String id) {
      return NovationClient.await(operator.account(id)).getAccount();
    }

    String auctionOf(int pair) {
      return account("long-" + pair).getLiquidation().getAuctionId();
    }

    double lots(String id) {
      return account(id).getPositionsList().stream()
          .mapToDouble(position -> Math.abs(Double.parseDouble(position.getQuantity())))
          .sum();
    }

    boolean isDeleveraging() {
      return NovationClient.await(operator.waves(ListWavesRequest.getDefaultInstance()))
          .getWavesList()
          .stream()
          .anyMatch(wave -> wave.getFinishedAtMs() == 0 && wave.getStepsOpen() > 0);
    }

    BigDecimal sumOfCash(String prefix) {
      BigDecimal sum = BigDecimal.ZERO;
      for (int pair = 0; pair < PAIRS; pair++)
        sum = sum.add(new BigDecimal(account(prefix + pair).getCash()));
      return sum;
    }

    void until(Condition condition, String what) throws Exception {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!condition.holds()) {
        assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }

    @Override
    public void close() throws InterruptedException {
      over.set(true);
      oracles.interrupt();
      oracles.join();
      clients.forEach(NovationClient::close);
      process.close();
    }
  }
}
