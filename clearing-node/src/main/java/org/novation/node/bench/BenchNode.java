package org.novation.node.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort.AccountView;
import org.novation.api.Answer;
import org.novation.api.auth.DevKeys;
import org.novation.api.auth.Role;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.TradeStream;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.node.Node;
import org.novation.node.NodeSettings;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.OraclePrice;
import org.novation.simulation.SimulationException;
import org.novation.simulation.bench.TradeLoad;
import org.novation.simulation.bench.TradeSink;

/**
 * A node to be measured, in this process, with its own gRPC port, TLS and tokens; three oracles
 * that publish the same prices every second, as long as it lives; and clients on its port.
 */
final class BenchNode implements AutoCloseable {
  private static final String MEMBER = "bench";
  private static final String VENUE = "venue-1";
  private static final List<String> ORACLES = List.of("oracle-1", "oracle-2", "oracle-3");
  private static final int ASKING = 64;
  private static final int ATTEMPTS = 5;
  private static final int READING = 256;
  private static final long ANSWER_SECONDS = 60;
  private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long PRICED_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final Duration TOKEN_LIFETIME = Duration.ofDays(1);
  private static final long TRADE_VALUE_MICROS = 1_000_000_000;

  /** What is traded and at which price, for whatever the catalogue lists of it; others at 100. */
  private static final Map<String, String> PRICES =
      Map.of("BTC", "60000", "ETH", "3000", "SOL", "150", "XRP", "0.5");

  private final Node node;
  private final NovationClient client;
  private final String venueToken;
  private final List<PriceStream> oracles;
  private final ScheduledExecutorService publisher =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("bench-oracles").daemon(true).factory());
  private List<OraclePrice> prices; // By the publisher's thread alone.
  private long sequence; // Likewise.
  private final String run = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);

  private BenchNode(
      Node node,
      NovationClient client,
      String venueToken,
      List<PriceStream> oracles,
      List<OraclePrice> prices) {
    this.node = node;
    this.client = client;
    this.venueToken = venueToken;
    this.oracles = oracles;
    this.prices = prices;
  }

  /** Starts a node; returns when every market has a price. */
  static BenchNode start(Path directory, StoreConfig store, Catalogue catalogue)
      throws IOException, InterruptedException {
    return start(NodeSettings.local(directory, store, catalogue));
  }

  /** The same by other settings. */
  static BenchNode start(NodeSettings settings) throws IOException, InterruptedException {
    Path directory = settings.dataDirectory();
    Node node = Node.start(settings);
    try {
      NovationClient client = NovationClient.connect(Target.local(directory, node.port(), VENUE));
      List<PriceStream> oracles = new ArrayList<>();
      for (String oracle : ORACLES) oracles.add(client.as(token(directory, oracle)).prices());
      BenchNode started =
          new BenchNode(
              node, client, token(directory, VENUE), oracles, prices(settings.catalogue()));
      started.publisher.scheduleWithFixedDelay(started::publish, 0, 1, TimeUnit.SECONDS);
      started.awaitPrices();
      return started;
    } catch (IOException | RuntimeException e) {
      node.close();
      throw e;
    }
  }

  private static String token(Path directory, String name) throws IOException {
    return Files.readString(DevKeys.of(directory).token(name)).strip();
  }

  Store store() {
    return node.store();
  }

  /** What tools in the same process see of it. */
  Node node() {
    return node;
  }

  /** A connection as somebody who may bid in auctions, of this name. */
  NovationClient liquidator(String name) throws IOException {
    Path directory = node.settings().dataDirectory();
    String token =
        DevKeys.of(directory)
            .issuer()
            .issue(name, Set.of(Role.LIQUIDATOR), Instant.now(), TOKEN_LIFETIME);
    return NovationClient.connect(
        new Target("localhost:" + node.port(), DevKeys.of(directory).authority(), token));
  }

  /** A connection as the operator of the house. */
  NovationClient operator() throws IOException {
    return NovationClient.connect(
        Target.local(node.settings().dataDirectory(), node.port(), "operator"));
  }

  /** The markets of this node, at the prices that are published; trades of about 1,000 USDC. */
  static List<TradeLoad.Market> markets(Catalogue catalogue, int atMost) {
    List<TradeLoad.Market> markets = new ArrayList<>();
    for (int n = 0; n < Math.min(atMost, catalogue.instruments()); n++) {
      Perpetual perpetual = catalogue.perpetual(n);
      long mark = perpetual.tick().count(price(perpetual.underlying()));
      long lot = perpetual.notionalMicros(mark, 1);
      markets.add(
          new TradeLoad.Market(
              perpetual.symbol(),
              mark,
              Math.clamp(TRADE_VALUE_MICROS / lot, 1, perpetual.lotsPerTradeMax())));
    }
    return markets;
  }

  private static String price(String underlying) {
    return PRICES.getOrDefault(underlying, "100");
  }

  // ---- prices

  private static List<OraclePrice> prices(Catalogue catalogue) {
    List<OraclePrice> prices = new ArrayList<>();
    for (int n = 0; n < catalogue.instruments(); n++) {
      String underlying = catalogue.perpetual(n).underlying();
      prices.add(
          OraclePrice.newBuilder().setSymbol(underlying).setPrice(price(underlying)).build());
    }
    return prices;
  }

  private void publish() {
    long now = System.currentTimeMillis();
    sequence = Math.max(now, sequence + 1);
    List<OraclePrice> stamped =
        prices.stream()
            .map(price -> price.toBuilder().setSequence(sequence).setTimeMs(now).build())
            .toList();
    try {
      for (PriceStream oracle : oracles) oracle.publish(stamped);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Publishes so many percent of every first price from now on, at once.
   *
   * @return when it was said, by the house's clock
   */
  long gap(int percent) throws InterruptedException {
    try {
      return publisher
          .submit(
              () -> {
                prices =
                    prices.stream()
                        .map(
                            price ->
                                price.toBuilder()
                                    .setPrice(
                                        new BigDecimal(price(price.getSymbol()))
                                            .multiply(BigDecimal.valueOf(percent, 2))
                                            .toPlainString())
                                    .build())
                        .toList();
                long now = System.currentTimeMillis();
                publish();
                return now;
              })
          .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (TimeoutException e) {
      throw new SimulationException("the oracles could not publish");
    }
  }

  private void awaitPrices() throws InterruptedException {
    long deadline = System.nanoTime() + PRICED_NANOS;
    Catalogue catalogue = node.catalogue();
    for (int n = 0; n < catalogue.instruments(); n++) {
      while (node.view().instrument(n).markTicks() == 0) {
        if (System.nanoTime() > deadline)
          throw new SimulationException(catalogue.perpetual(n).symbol() + " got no price");
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  // ---- accounts

  /** The name of an account of a load; no two runs share one, should they share a database. */
  String account(int number) {
    return "bench-" + run + "-" + number;
  }

  /** The prefix of this run's trade ids. */
  String run() {
    return run;
  }

  /** Opens so many accounts, from this number on, with so much cash each. */
  void open(int first, int accounts, long cashMicros) throws InterruptedException {
    open(first, accounts, _ -> cashMicros);
  }

  /** The same with what each number says. */
  void open(int first, int accounts, IntToLongFunction cashMicros) throws InterruptedException {
    each(first, accounts, number -> open(account(number), MEMBER, cashMicros.applyAsLong(number)));
  }

  /** Opens one account for a member. */
  CompletionStage<Answer<Long>> open(String account, String member, long cashMicros) {
    return node.accounts()
        .open(account, member)
        .thenCompose(
            opened ->
                opened instanceof Answer.Done<?>
                    ? deposit(account, account, cashMicros)
                    : CompletableFuture.failedStage(new IllegalStateException(opened.toString())));
  }

  /**
   * Has so many accounts write down what they know to have arrived at the other sides of their
   * trades, as each does when nothing happens for a few minutes: by a deposit of one micro.
   */
  void settle(int first, int accounts) throws InterruptedException {
    each(first, accounts, number -> deposit(account(number), account(number) + "-settled", 1));
  }

  private CompletionStage<Answer<Long>> deposit(String account, String id, long micros) {
    return node.accounts().deposit(account, id, "USDC", micros);
  }

  private static void each(int first, int accounts, IntFunction<CompletionStage<Answer<Long>>> does)
      throws InterruptedException {
    Semaphore asking = new Semaphore(ASKING);
    AtomicReference<@Nullable String> failed = new AtomicReference<>();
    for (int n = first; n < first + accounts; n++) {
      asking.acquire();
      attempt(n, does, 1)
          .whenComplete(
              (answer, failure) -> {
                if (!(answer instanceof Answer.Done<?>))
                  failed.set(String.valueOf(failure == null ? answer : failure));
                asking.release();
              });
    }
    asking.acquire(ASKING);
    if (failed.get() != null)
      throw new SimulationException("an account does not do as it is told: " + failed.get());
  }

  /** Tries again while the node does not answer in time: the ids are the same. */
  private static CompletionStage<Answer<Long>> attempt(
      int account, IntFunction<CompletionStage<Answer<Long>>> does, int attempt) {
    return does.apply(account)
        .exceptionallyCompose(
            failure ->
                attempt < ATTEMPTS
                    ? attempt(account, does, attempt + 1)
                    : CompletableFuture.failedStage(failure));
  }

  /**
   * What the books add up to once every committed trade has reached its second account, which may
   * be after its answer; or as they stand when that takes too long.
   */
  Sums settledSums(int accounts, long cashMicros) throws InterruptedException {
    long deadline = System.nanoTime() + SETTLED_NANOS;
    Sums sums = sums(accounts, cashMicros);
    while (!sums.hold() && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(200);
      sums = sums(accounts, cashMicros);
    }
    return sums;
  }

  /** Whether every account answers, and what their positions and cash add up to. */
  private Sums sums(int accounts, long cashMicros) throws InterruptedException {
    long[] lots = new long[node.catalogue().instruments()];
    long unexplained = 0;
    for (int from = 0; from < accounts; from += READING) {
      List<CompletableFuture<Answer<AccountView>>> asked = new ArrayList<>();
      for (int n = from; n < Math.min(accounts, from + READING); n++)
        asked.add(node.accounts().get(account(n)).toCompletableFuture());
      for (var answer : asked) {
        if (!(await(answer) instanceof Answer.Done<AccountView> done))
          throw new SimulationException("an account does not answer");
        var portfolio = done.value().portfolio();
        long cash = portfolio.cashMicros() - cashMicros;
        for (int slot = 0; slot < portfolio.positions(); slot++) {
          lots[portfolio.instrumentAt(slot)] += portfolio.lotsAt(slot);
          cash -= portfolio.realisedMicrosAt(slot) + portfolio.fundingMicrosAt(slot);
        }
        unexplained += Math.abs(cash);
      }
    }
    return new Sums(Arrays.stream(lots).map(Math::abs).sum(), unexplained);
  }

  /** What must be zero: lots that have no other side, and cash that nothing explains. */
  record Sums(long lots, long cashMicros) {
    boolean hold() {
      return lots == 0 && cashMicros == 0;
    }
  }

  private static <T> T await(CompletableFuture<T> answer) throws InterruptedException {
    try {
      return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (TimeoutException e) {
      throw new SimulationException("no answer within " + ANSWER_SECONDS + " s");
    }
  }

  // ---- trades

  /** A venue's streams into the node's port. */
  TradeSink venue(List<TradeLoad.Market> markets, int streams, int inFlight) {
    TradeStream.Limits limits =
        new TradeStream.Limits(
            Math.clamp(Math.ceilDiv(inFlight, streams) * 2L, 1, 16_384),
            TradeStream.Limits.DEFAULT.perMessage(),
            TradeStream.Limits.DEFAULT.tries(),
            TradeStream.Limits.DEFAULT.firstPause());
    List<TradeStream> open = new ArrayList<>();
    NovationClient venue = client.as(venueToken);
    for (int n = 0; n < streams; n++) open.add(venue.trades(limits));
    return new VenueSink(this, open, node.catalogue(), markets);
  }

  @Override
  public void close() {
    publisher.shutdownNow();
    try {
      if (!publisher.awaitTermination(ANSWER_SECONDS, TimeUnit.SECONDS))
        throw new IllegalStateException("prices are still being published");
      oracles.forEach(PriceStream::close);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      client.close();
      node.close();
    }
  }
}
