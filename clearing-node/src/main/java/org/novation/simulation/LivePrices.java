package org.novation.simulation;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.novation.api.client.CallFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on with the prices when the tape is over, so that a house that keeps serving is not stale: a
 * small seeded step from the last ones each time.
 */
final class LivePrices {
  private static final Logger LOG = LoggerFactory.getLogger(LivePrices.class);
  private static final double STEP = 0.0002;
  private static final int DECIMALS = 2;

  private final Map<String, Double> prices;
  private final Exchange house;
  private final Dice dice;

  /**
   * @param last the price of each symbol to go on from
   */
  LivePrices(Map<String, Double> last, Exchange house, long seed) {
    this.prices = new TreeMap<>(last);
    this.house = house;
    this.dice = Dice.of(seed, "live");
  }

  /** Publishes the next ones. */
  void publish(long timeMs) {
    List<Tick> ticks = new ArrayList<>();
    prices.replaceAll((symbol, price) -> price * (1 + STEP * dice.gaussian()));
    prices.forEach(
        (symbol, price) ->
            ticks.add(
                new Tick(
                    timeMs,
                    symbol,
                    BigDecimal.valueOf(price).setScale(DECIMALS, RoundingMode.HALF_UP))));
    try {
      house.publish(ticks);
    } catch (CallFailed failed) {
      LOG.warn("Prices were not taken: {}", failed.getMessage());
    }
  }
}
