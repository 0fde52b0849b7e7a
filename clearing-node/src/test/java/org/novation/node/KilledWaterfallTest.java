package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.novation.ledger.AuditReport;
import org.novation.ledger.Auditor;
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

  /** Auctions of a second and a half instead of a minute and a half. */
  private static final List<String[]> COMPRESSED =
      List.of(
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
      life.kill();
    }
    try (Life life = new Life()) {
      life.until(
          () -> life.lots(HouseAccount.DEFAULT) > 0, "the house takes over what nobody buys");
      life.kill();
    }
    try (Life life = new Life()) {
      life.until(() -> life.waves() > 0, "a wave has begun");
      life.kill();
    }
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
      life.stop();
    }
    try (Store books = Store.open(StoreConfig.parse("postgres", home, Map.of()))) {
      AuditReport report = Auditor.audit(books.dataSource(), "USDC");
      assertThat(report.violation()).as("the auditor's verdict").isNull();
    }
  }

  /** The installation's own configuration, in a hurry. */
  private void configure() throws IOException {
    Path from = Path.of("..", "config");
    Path to = Files.createDirectories(home.resolve("installation").resolve("config"));
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file);
        if (file.endsWith("node.conf")) {
          for (String[] change : COMPRESSED) {
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
    private final Process process;
    private final NovationClient operator;
    private final NovationClient venue;
    private final List<NovationClient> clients = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread oracles;

    Life() throws Exception {
      process = start();
      int port = port(process);
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

    int waves() {
      return NovationClient.await(operator.waves(ListWavesRequest.getDefaultInstance()))
          .getWavesCount();
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
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }

    /** As the machine would: nothing is flushed, nobody is told. */
    void kill() throws InterruptedException {
      process.destroyForcibly();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    void stop() throws InterruptedException {
      process.destroy();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Override
    public void close() throws InterruptedException {
      over.set(true);
      oracles.interrupt();
      oracles.join();
      clients.forEach(NovationClient::close);
      process.destroyForcibly();
    }
  }

  private Process start() throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-Dnovation.home=" + home.resolve("installation"),
            "-cp",
            classPath,
            "org.novation.node.cli.Main",
            "serve",
            "--data",
            home.toString(),
            "--store",
            "postgres",
            "--port",
            "0")
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static int port(Process process) throws IOException, InterruptedException {
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    // A database server that outlives the node keeps the pipe open: its end says nothing.
    while (process.isAlive() || out.ready()) {
      if (!out.ready()) {
        TimeUnit.MILLISECONDS.sleep(20);
        continue;
      }
      String line = out.readLine();
      if (line != null && line.startsWith("Serving on "))
        return Integer.parseInt(line.replaceFirst("^.*?:(\\d+) .*$", "$1"));
    }
    throw new IllegalStateException("the node ended before it served");
  }
}
