package org.novation.simulation;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlSettings;
import org.novation.instrument.Catalogue;
import org.novation.node.Node;
import org.novation.node.NodeSettings;
import org.novation.node.store.StoreConfig;

/**
 * A whole node for a simulation: in this process, in a directory of its own, on a clock of its own,
 * reached through its port like any other.
 */
public final class Sandbox implements AutoCloseable {
  private final HouseClock clock;
  private final Node node;
  private final NodeExchange exchange;

  private Sandbox(HouseClock clock, Node node, NodeExchange exchange) {
    this.clock = clock;
    this.node = node;
    this.exchange = exchange;
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
   * @param port 0 for a free one
   * @param startMs what its clock shows first
   * @throws SimulationException when its store is in use already
   */
  public static Sandbox start(
      Path directory,
      StoreConfig store,
      Catalogue catalogue,
      Terms terms,
      int port,
      long startMs,
      long seed)
      throws IOException {
    HouseClock clock = new HouseClock(startMs);
    Node node =
        Node.start(
            NodeSettings.local(directory, store, catalogue)
                .withAdl(AdlSettings.DEFAULTS.withPolicy(terms.policy()))
                .withClock(clock)
                .withPort(port));
    try {
      NodeExchange exchange = NodeExchange.connect(node, clock, seed);
      if (!exchange.isEmpty()) {
        exchange.close();
        throw new SimulationException(
            "the store has accounts already: a simulation needs an empty one");
      }
      if (new BigDecimal(terms.fund()).signum() > 0) exchange.endow(terms.fund());
      return new Sandbox(clock, node, exchange);
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
