package org.novation.simulation;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlSettings;
import org.novation.instrument.Catalogue;
import org.novation.node.Engine;
import org.novation.node.Node;
import org.novation.node.NodeSettings;
import org.novation.node.clockwork.Clockwork;
import org.novation.node.store.StoreConfig;

/**
 * A whole node for a simulation: in this process and on this thread, in a directory of its own, on
 * clocks of its own, reached through its services like any other. Its {@link Clockwork} is driven
 * by the thread that starts it, and by no other.
 */
public final class Sandbox implements AutoCloseable {
  private static final Duration PRICES_EVERY = Duration.ofSeconds(1);

  private final HouseClock clock;
  private final Clockwork clockwork;
  private final Node node;
  private final NodeExchange exchange;
  private final boolean listens;
  private final long straysBefore; // While it started, the cluster's network was made.

  private Sandbox(
      HouseClock clock,
      Clockwork clockwork,
      Node node,
      NodeExchange exchange,
      boolean listens,
      long straysBefore) {
    this.clock = clock;
    this.clockwork = clockwork;
    this.node = node;
    this.exchange = exchange;
    this.listens = listens;
    this.straysBefore = straysBefore;
  }

  /**
   * What the house has for its defaults.
   *
   * @param fund what it puts into the insurance fund's first tranche, a decimal amount; 0 for
   *     nothing
   */
  public record Terms(AdlPolicy.Kind policy, String fund) {
    /** The default policy, and a fund for so many accounts. */
    public static Terms usual(int accounts) {
      return new Terms(AdlPolicy.Kind.PRO_RATA, usualFund(accounts));
    }

    /** A small one: what a hundred units for each account make. */
    public static String usualFund(int accounts) {
      return String.valueOf(100L * accounts);
    }
  }

  /**
   * Starts one and connects to it.
   *
   * @param directory for its keys and tokens
   * @param port on which others may call too, 0 for a free one; null for none, without which the
   *     same seed always gives the same end
   * @param startMs what its clock shows first
   * @throws SimulationException when its store is in use already
   */
  public static Sandbox start(
      Path directory,
      StoreConfig store,
      Catalogue catalogue,
      Terms terms,
      @Nullable Integer port,
      long startMs,
      long seed)
      throws IOException {
    HouseClock clock = new HouseClock(startMs);
    Clockwork clockwork = new Clockwork(startMs);
    Node node =
        Node.start(
            NodeSettings.local(directory, store, catalogue)
                .withAdl(AdlSettings.DEFAULTS.withPolicy(terms.policy()))
                .withClock(clock)
                .withEngine(Engine.of(clockwork, port != null))
                .withPort(port == null ? 0 : port));
    long strays = clockwork.strays();
    try {
      NodeExchange exchange = NodeExchange.connect(node, clockwork, clock, seed);
      if (!exchange.isEmpty()) {
        exchange.close();
        throw new SimulationException(
            "the store has accounts already: a simulation needs an empty one");
      }
      if (new BigDecimal(terms.fund()).signum() > 0) exchange.endow(terms.fund());
      return new Sandbox(clock, clockwork, node, exchange, port != null, strays);
    } catch (IOException | RuntimeException e) {
      node.close();
      throw e;
    }
  }

  /** Its clock. */
  public HouseClock clock() {
    return clock;
  }

  /** The node itself. */
  public Node node() {
    return node;
  }

  /** The way in. */
  public NodeExchange exchange() {
    return exchange;
  }

  /**
   * {@link FinalState} as it is now: the same for the same questions and times, however the machine
   * schedules.
   *
   * @throws IllegalStateException when another thread had a hand in it
   */
  public String stateHash() {
    long strays = clockwork.strays() - straysBefore;
    if (!listens && strays > 0)
      throw new IllegalStateException(
          strays + " tasks came from other threads: how this ended was a matter of chance");
    return FinalState.sha256(exchange.allAccounts(), exchange.fund(), exchange.allWaves());
  }

  /**
   * Goes on with the time of day, and with prices every second, until it is stopped or the node
   * ends by itself.
   *
   * @param last the price of each symbol to go on from
   */
  public void serve(Map<String, Double> last, long seed) {
    clock.follow(System::currentTimeMillis);
    LivePrices prices = new LivePrices(last, exchange, seed);
    while (!exchange.stopped() && node.runs()) {
      prices.publish(clock.getAsLong());
      exchange.keepUp(PRICES_EVERY);
    }
  }

  /** Ends what it does, at the next step; from any thread. It is left to be closed by its own. */
  public void stop() {
    exchange.stop();
  }

  /** Whether it was stopped. */
  public boolean stopped() {
    return exchange.stopped();
  }

  /** What its default waterfall did so far. */
  public Waterfall waterfall() {
    return new Waterfall(
        node.settings().adl().policy(), node.waterfall(), exchange.negativeEquityMicros());
  }

  @Override
  public void close() {
    exchange.close();
    node.close();
  }

  /** Deletes a directory with everything in it; one that is not there is fine. */
  public static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) return;
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) throw failure;
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
