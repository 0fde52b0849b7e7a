package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseTime;
import org.novation.governance.ParameterSet;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.MarketView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules that this node goes by, made anew with each version that it hears of and at each hour
 * of a ramp. Read by any thread, at the cost of a volatile read.
 *
 * <p>At once or nowhere: a version that this node cannot read, or cannot go by, leaves the last one
 * standing and takes no new risk until a later one can be gone by. What reduces goes on, and so do
 * liquidations: who stops them while others move is the greater risk.
 */
final class RulesInForce {
  private static final Logger LOG = LoggerFactory.getLogger(RulesInForce.class);
  private static final String KEY = "rules";

  /** Twelve heartbeats of governance: longer than it takes to move to another node. */
  static final long SILENT_MS = 60_000;

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final HouseTime time;
  private final Rules configured;
  private final List<Consumer<Rules>> listeners = new CopyOnWriteArrayList<>();
  private ParameterSet set = ParameterSet.NONE;
  private long impossible; // A version that it could read and not go by.
  private volatile String missing = ""; // What it should go by and cannot; empty for nothing.
  private HouseTime.@Nullable Alarm alarm;
  private volatile Rules before;
  private volatile Rules now;

  /** A node that goes by its configuration until it hears of a version. */
  RulesInForce(HouseTime time, Rules configured) {
    this.time = time;
    this.configured = configured;
    this.before = configured;
    this.now = configured;
  }

  /** Looks every second, by the engine's clock; ends with the system. */
  Behavior<Boolean> watch(Parameters parameters, LongSupplier nanos) {
    return Behaviors.withTimers(
        timers -> {
          timers.startTimerWithFixedDelay(true, LOOK);
          return Behaviors.receiveMessage(
              _ -> {
                look(parameters, TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong()));
                return Behaviors.same();
              });
        });
  }

  /** What is in force on this node. */
  Rules now() {
    return now;
  }

  /** What accounts are liquidated by at the version, and the step, of a view. */
  LiquidationPolicy liquidation(MarketView by) {
    Rules earlier = before; // Read first: what is in force now is then the same or a later one.
    Rules newest = now;
    return earlier.markets().catalogue() == by.catalogue()
        ? earlier.liquidation()
        : newest.liquidation();
  }

  /** Calls {@code changed} with each change from now on, one after the other; it must not wait. */
  void listen(Consumer<Rules> changed) {
    listeners.add(changed);
  }

  /** Goes by a version; does nothing with one that is not newer. */
  synchronized void take(ParameterSet next) {
    if (next.version() <= set.version()) return;
    try {
      Rules rules = Rules.of(next, time.nowMs(), configured);
      boolean first = set.version() == 0 && listeners.isEmpty();
      if (!first && !now.markets().catalogue().continuesIn(rules.markets().catalogue()))
        throw new IllegalArgumentException("what is listed only grows");
      set = next;
      missing = "";
      LOG.info("Goes by version {} of the parameters", next.version());
      put(rules);
    } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
      LOG.error("Version {} of the parameters cannot be gone by", next.version(), e);
      impossible = next.version();
      miss("version " + next.version());
    }
  }

  /**
   * Looks whether this node still goes by the newest version: not while there is one that it cannot
   * read or go by, or has heard of in parts alone, nor when it has heard none whole for so long
   * that there may be one.
   *
   * @param wallMs on the clock that the parameters were heard by
   */
  synchronized void look(Parameters parameters, long wallMs) {
    long newer = Math.max(parameters.begun(), Math.max(parameters.unreadable(), impossible));
    if (newer > set.version()) miss("version " + newer);
    else if (parameters.silentMs(wallMs) > SILENT_MS) miss("the newest version");
    else miss("");
  }

  private void miss(String what) {
    if (missing.equals(what)) return;
    missing = what;
    if (what.isEmpty())
      LOG.info("Takes new risk again: version {} of the parameters is the newest", set.version());
    else LOG.error("Takes no new risk: it cannot go by {} of the parameters", what);
    step();
  }

  /** What this node should go by and cannot; empty for nothing. */
  String missing() {
    return missing;
  }

  private synchronized void step() {
    put(set.version() == 0 ? configured : Rules.of(set, time.nowMs(), configured));
  }

  private void put(Rules rules) {
    Rules next = missing.isEmpty() ? rules : rules.without(missing);
    before = now;
    now = next;
    if (alarm != null) alarm.cancel();
    alarm =
        next.changesAtMs() == Long.MAX_VALUE ? null : time.at(next.changesAtMs(), KEY, this::step);
    for (Consumer<Rules> each : listeners) each.accept(next);
  }
}
