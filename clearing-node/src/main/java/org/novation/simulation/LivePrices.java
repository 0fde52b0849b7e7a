package org.novation.simulation;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.novation.api.client.CallFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on with the prices when the tape is over, so that a house that keeps serving is not stale:
 * every second a small seeded step from the last ones, at the time of day.
 */
public final class LivePrices implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LivePrices.class);
  private static final double STEP = 0.0002;
  private static final int DECIMALS = 2;

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("live-prices").daemon(true).factory());
  private final Map<String, Double> prices;
  private final Exchange house;
  private final LongSupplier clockMs;
  private final Dice dice;

  private LivePrices(Map<String, Double> last, Exchange house, LongSupplier clockMs, long seed) {
    this.prices = new TreeMap<>(last);
    this.house = house;
    this.clockMs = clockMs;
    this.dice = Dice.of(seed, "live");
  }

  /**
   * Starts publishing; from now on the house is this thread's alone.
   *
   * @param last the price of each symbol to go on from
   */
  public static LivePrices start(
      Map<String, Double> last, Exchange house, LongSupplier clockMs, long seed) {
    LivePrices live = new LivePrices(last, house, clockMs, seed);
    var _ = live.timer.scheduleAtFixedRate(live::publish, 0, 1, TimeUnit.SECONDS);
    return live;
  }

  private void publish() {
    List<Tick> ticks = new ArrayList<>();
    prices.replaceAll((symbol, price) -> price * (1 + STEP * dice.gaussian()));
    prices.forEach(
        (symbol, price) ->
            ticks.add(
                new Tick(
                    clockMs.getAsLong(),
                    symbol,
                    BigDecimal.valueOf(price).setScale(DECIMALS, RoundingMode.HALF_UP))));
    try {
      house.publish(ticks);
    } catch (CallFailed failed) {
      LOG.warn("Prices were not taken: {}", failed.getMessage());
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
