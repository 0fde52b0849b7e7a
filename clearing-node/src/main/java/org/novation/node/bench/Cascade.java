package org.novation.node.bench;

import java.io.IOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.novation.api.AccountPort.AccountView;
import org.novation.api.Answer;
import org.novation.api.client.NovationClient;
import org.novation.clearing.HouseAccount;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.ledger.AuditReport;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Throttle;
import org.novation.node.Node;
import org.novation.node.NodeSettings;
import org.novation.node.store.StoreConfig;
import org.novation.simulation.SimulationException;
import org.novation.simulation.bench.CascadeLoad;
import org.novation.simulation.bench.TradeLoad;
import org.novation.simulation.bench.TradeSink;
import org.novation.simulation.bench.Verdict;

/**
 * One cascade through a whole node: accounts are opened and trade, every price falls by 30 % at
 * once, liquidators bid over gRPC, and whatever they leave goes through the fund and deleveraging;
 * until nothing is left to be resolved, and then the audit.
 */
final class Cascade {
  /** How liquidators come to bid, as people write it. */
  enum Bidders {
    /** Each over a connection, with TLS and a token, as they do. */
    wire,
    /** In the node's own process, so that what is measured is the house alone. */
    inside
  }

  /** What is left of every price. */
  static final int LEFT_PERCENT = 70;

  /** A fifth of the accounts are above 3.24, where 70 % of a price no longer keep the margin. */
  private static final double LEVERAGE_MAX = 4.35;

  /** Above this leverage every account is under maintenance margin then. */
  private static final double LEVERAGE_DOOMED = 3.25;

  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

  /**
   * As a house begins with, but everything may go on sale at once, and an auction lasts 20 seconds
   * instead of 90.
   */
  static final LiquidationPolicy POLICY = compressed();

  private static final int LIQUIDATORS = 4;
  private static final int FIRST = CascadeLoad.MAKERS + LIQUIDATORS; // Trader's number.
  private static final int IN_FLIGHT = 4_096;

  /** What makers and liquidators bring. */
  static final long RICH_MICROS = 100_000_000_000_000L;

  /** For each account: some half of what the insolvent among them owe. */
  private static final long FUND_UNITS_PER_ACCOUNT = 40;

  /** Less in a second is no more than goes on all the time. */
  private static final long COMPILING_MS = 100;

  /** After which it is waited for no longer. */
  private static final long COMPILED_SECONDS = 60;

  private static final long POLL_MS = 5;
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(15);

  private static LiquidationPolicy compressed() {
    LiquidationPolicy usual = LiquidationPolicy.DEFAULTS;
    return new LiquidationPolicy(
        usual.bufferPpm(),
        usual.penaltyPpm(),
        usual.feeCapPpm(),
        usual.dustMicros(),
        usual.leastSliceMicros(),
        Throttle.LIMIT_MICROS_MAX,
        5_000,
        5_000,
        5_000,
        5_000,
        usual.minimumBidPpm(),
        usual.reservationMs(),
        usual.standstillMsMax());
  }

  /**
   * What a cascade took.
   *
   * @param resolvedMs from the gap until neither account, auction nor wave was left, and the
   *     house's default account was empty
   * @param cpu until then
   * @param compilerMs for how long the JVM's compilers ran until then, which is in {@code cpu} too
   * @param heapBefore bytes that live after a full collection, before the gap
   * @param heapPeak most bytes in use since, garbage included
   * @param heapAfter bytes that live after a full collection, when all was resolved
   */
  record Result(
      CascadeJournal.Figures journal,
      long resolvedMs,
      long waves,
      long bidsSettled,
      long bidsRefused,
      long bidsUnknown,
      CpuTime cpu,
      long compilerMs,
      long heapBefore,
      long heapPeak,
      long heapAfter,
      AuditReport audit) {
    /** Accounts that had closed or recovered, for each second until the last one. */
    double perSecond() {
      return (journal.closed() + journal.recovered()) * 1_000.0 / Math.max(1, journal.lastFlatMs());
    }
  }

  private final Say say;
  private final BenchNode node;
  private final Bidders bidders;
  private final List<BenchLiquidator> liquidators = new ArrayList<>();

  private Cascade(Say say, BenchNode node, Bidders bidders) {
    this.say = say;
    this.node = node;
    this.bidders = bidders;
  }

  /** The node's settings for it. */
  static NodeSettings settings(Path directory, StoreConfig store, Catalogue catalogue) {
    return NodeSettings.local(directory, store, catalogue).withLiquidation(POLICY);
  }

  /**
   * When every price falls by 30 %, a fifth of these accounts is under maintenance margin, most of
   * them with a debt.
   */
  static CascadeLoad load(Catalogue catalogue, int accounts, long seed) {
    return load(catalogue, accounts, 1, seed);
  }

  /** That fifth alone: as many liquidations for a rehearsal, with fewer accounts to open. */
  static CascadeLoad doomed(Catalogue catalogue, int accounts, long seed) {
    return load(catalogue, accounts, LEVERAGE_DOOMED, seed);
  }

  private static CascadeLoad load(
      Catalogue catalogue, int accounts, double leverageMin, long seed) {
    List<TradeLoad.Market> markets = new ArrayList<>();
    List<Long> lots = new ArrayList<>();
    for (TradeLoad.Market market : BenchNode.markets(catalogue, catalogue.instruments())) {
      Perpetual perpetual = catalogue.perpetual(catalogue.instrumentListed(market.symbol()));
      markets.add(
          new TradeLoad.Market(market.symbol(), market.markTicks(), perpetual.lotsPerTradeMax()));
      lots.add(perpetual.notionalMicros(market.markTicks(), 1));
    }
    return new CascadeLoad(seed, FIRST, accounts, leverageMin, LEVERAGE_MAX, markets, lots);
  }

  /** Runs it on a node of {@link #settings} that nobody has used. */
  static Result run(Say say, BenchNode node, Bidders bidders, CascadeLoad load)
      throws IOException, InterruptedException, SQLException {
    Cascade cascade = new Cascade(say, node, bidders);
    try {
      return cascade.run(load);
    } finally {
      cascade.liquidators.forEach(BenchLiquidator::close);
    }
  }

  private Result run(CascadeLoad load) throws IOException, InterruptedException, SQLException {
    node.open(0, CascadeLoad.MAKERS, RICH_MICROS);
    for (int n = 0; n < LIQUIDATORS; n++) {
      String name = "liquidator-" + n;
      String account = node.account(CascadeLoad.MAKERS + n);
      require(node.open(account, name, RICH_MICROS).toCompletableFuture().join());
      AuctionWay way =
          bidders == Bidders.wire
              ? new WireWay(node.liquidator(name), account)
              : new InsideWay(node.node().sales(), account);
      liquidators.add(new BenchLiquidator(way, n, LIQUIDATORS));
    }
    endow(load.traders());
    fill(load);
    return fall();
  }

  /** What was found worth compiling is still being compiled: waits until it is done. */
  static void awaitCompiled() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(COMPILED_SECONDS);
    long before = -1;
    while (COMPILER.getTotalCompilationTime() - before > COMPILING_MS
        && System.nanoTime() < deadline) {
      before = COMPILER.getTotalCompilationTime();
      TimeUnit.SECONDS.sleep(1);
    }
  }

  private static void require(Answer<?> answer) {
    if (!(answer instanceof Answer.Done<?>))
      throw new SimulationException("an account does not do as it is told: " + answer);
  }

  // ---- before

  private void fill(CascadeLoad load) throws InterruptedException {
    say.doing("opening " + Say.count(load.traders()) + " accounts, each with a position");
    node.open(load.first(), load.traders(), number -> load.trader(number).cashMicros());
    Semaphore inFlight = new Semaphore(IN_FLIGHT);
    LongAdder lost = new LongAdder();
    try (TradeSink venue = node.venue(load.markets(), 1, IN_FLIGHT)) {
      for (int account = load.first(); account < load.first() + load.traders(); account++) {
        inFlight.acquire();
        venue.submit(
            load.order(account),
            verdict -> {
              if (verdict != Verdict.NOVATED) lost.increment();
              inFlight.release();
            });
      }
      inFlight.acquire(IN_FLIGHT);
    }
    if (lost.sum() > 0) throw new SimulationException(lost.sum() + " trades were not novated");
    node.settle(load.first(), load.traders());
  }

  private void endow(int accounts) throws IOException {
    try (NovationClient operator = node.operator()) {
      String units = Long.toString(FUND_UNITS_PER_ACCOUNT * accounts);
      var _ = NovationClient.await(operator.contribute("bench-endowment", units));
    }
  }

  // ---- the gap

  private Result fall() throws InterruptedException, SQLException {
    long newest = CascadeJournal.newest(node.store().dataSource());
    long triggers = node.node().counters().liquidationTriggers();
    long waves = node.node().waves();
    long[] bids = bids();
    long heapBefore = HeapUse.now().bytes();
    heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
    say.doing("every price falls by 30 %");
    long compiledBefore = COMPILER.getTotalCompilationTime();
    CpuTime before = CpuTime.now();
    long gapMs = node.gap(LEFT_PERCENT);
    awaitResolved(triggers);
    long resolvedMs = System.currentTimeMillis() - gapMs;
    CpuTime cpu = CpuTime.now().since(before);
    long compiled = COMPILER.getTotalCompilationTime() - compiledBefore;
    long peak = heapPools().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    long heapAfter = HeapUse.now().bytes();
    long[] bidsAfter = bids();
    for (int n = 0; n < bids.length; n++) bids[n] = bidsAfter[n] - bids[n];
    say.doing("auditing");
    AuditReport audit = node.node().audit();
    return new Result(
        CascadeJournal.read(node.store().dataSource(), newest, gapMs),
        resolvedMs,
        node.node().waves() - waves,
        bids[0],
        bids[1],
        bids[2],
        cpu,
        compiled,
        heapBefore,
        peak,
        heapAfter,
        audit);
  }

  /** Settled, refused, asked again. */
  private long[] bids() {
    long[] sums = new long[3];
    for (BenchLiquidator liquidator : liquidators) {
      sums[0] += liquidator.settled();
      sums[1] += liquidator.refused();
      sums[2] += liquidator.unknown();
    }
    return sums;
  }

  private static List<MemoryPoolMXBean> heapPools() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private void awaitResolved(long triggersBefore) throws InterruptedException {
    Node of = node.node();
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    long said = System.nanoTime();
    while (of.counters().liquidationTriggers() == triggersBefore
        || of.resolving()
        || !houseIsEmpty()) {
      long now = System.nanoTime();
      if (now > deadline)
        throw new SimulationException(
            of.counters().liquidating() + " accounts are still in liquidation");
      if (now - said > TimeUnit.SECONDS.toNanos(1)) {
        said = now;
        say.doing(
            "  %s triggered, %s under way, %d waves"
                .formatted(
                    Say.count(of.counters().liquidationTriggers() - triggersBefore),
                    Say.count(of.counters().liquidating()),
                    of.waves()));
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }
  }

  private boolean houseIsEmpty() {
    Answer<AccountView> answer =
        node.node().accounts().get(HouseAccount.DEFAULT).toCompletableFuture().join();
    return answer instanceof Answer.Done<AccountView>(var view)
        && view.portfolio().flat()
        && view.portfolio().cashMicros() == 0;
  }
}
