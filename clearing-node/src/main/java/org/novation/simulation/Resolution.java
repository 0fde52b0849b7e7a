package org.novation.simulation;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.Account;

/**
 * Lets the default waterfall work between two steps of a tape: an auction lasts a minute or two,
 * while a tape may have a price an hour. Time goes on in small steps, at each of which the oracles
 * say the same prices anew, the liquidators bid, and the house's answers are waited for; until
 * nothing is left to resolve, nothing moves any more, or the tape goes on. Then the crowd is told
 * what became of its accounts. One thread.
 */
final class Resolution {
  /** Longest stretch of house time between two prices of the tape. */
  private static final long WHOLE_MS = 900_000;

  /** Nothing that is left to itself is silent for longer: an auction ends, a wave is tried anew. */
  private static final long SILENCE_MS = 150_000;

  private static final long STEP_MS_MIN = 5_000;

  /** Prices are fresh for longer than that. */
  private static final long STEP_MS_MAX = 10_000;

  private static final long UNLOAD_EVERY_MS = 60_000;

  private final Exchange house;
  private final Catalogue catalogue;
  private final Liquidators liquidators;
  private final Crowd crowd;
  private long waves; // That the crowd knows of.
  private long toldAllMs = -WHOLE_MS;
  private long unloadedMs;

  Resolution(Exchange house, Catalogue catalogue, Liquidators liquidators, Crowd crowd) {
    this.house = house;
    this.catalogue = catalogue;
    this.liquidators = liquidators;
    this.crowd = crowd;
  }

  /**
   * Runs it.
   *
   * @param prices that were taken at {@code fromMs}
   * @param untilMs the last moment before the tape goes on
   */
  void run(List<Tick> prices, long fromMs, long untilMs) {
    long endMs = Math.min(untilMs, fromMs + WHOLE_MS);
    long nowMs = fromMs;
    long movedMs = fromMs;
    long moves = -1;
    while (true) {
      house.quiet();
      long nextMs = liquidators.bid(house, nowMs);
      if (nowMs >= endMs || nowMs - movedMs >= SILENCE_MS || isDone()) break;
      if (nowMs - unloadedMs >= UNLOAD_EVERY_MS) unload(nowMs);
      nowMs = Math.min(endMs, Math.clamp(nextMs, nowMs + STEP_MS_MIN, nowMs + STEP_MS_MAX));
      goOn(prices, nowMs);
      long now = house.waterfallMoves();
      if (now != moves) movedMs = nowMs;
      moves = now;
    }
    tellCrowd(nowMs);
    unload(nowMs);
  }

  /** The oracles say the same anew: else prices would be stale, and nothing could be sold. */
  private void goOn(List<Tick> prices, long nowMs) {
    house.advanceTo(nowMs);
    if (prices.isEmpty()) return;
    house.publish(prices.stream().map(t -> new Tick(nowMs, t.symbol(), t.price())).toList());
  }

  /**
   * Whether nothing is left to resolve; asked twice, for between two slices of an account there is
   * a moment in which it does not show.
   */
  private boolean isDone() {
    if (house.resolving()) return false;
    house.quiet();
    return !house.resolving();
  }

  private void unload(long nowMs) {
    liquidators.unload(house, crowd, nowMs);
    unloadedMs = nowMs;
  }

  /** Everybody is told what became of waves that nobody has been told of yet. */
  void end() {
    if (house.waves() != waves) tell(crowd.holders());
  }

  /**
   * Whoever was liquidated is told at once. A wave may have closed anybody's contracts: whoever has
   * some looks now and then, or the house would do little else than answer.
   */
  private void tellCrowd(long nowMs) {
    Set<String> changed = new TreeSet<>();
    for (String seller : liquidators.sellers()) if (crowd.isOne(seller)) changed.add(seller);
    if (house.waves() != waves && nowMs >= toldAllMs + WHOLE_MS) {
      waves = house.waves();
      toldAllMs = nowMs;
      changed.addAll(crowd.holders());
    }
    tell(List.copyOf(changed));
  }

  private void tell(List<String> changed) {
    for (Account account : house.accounts(changed)) {
      double equity = Liquidator.number(account.getEquity());
      crowd.isNow(account.getAccountId(), Liquidators.lots(account, catalogue), equity);
    }
  }
}
