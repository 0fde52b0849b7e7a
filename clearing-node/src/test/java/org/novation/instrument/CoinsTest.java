package org.novation.instrument;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.money.Increment;

final class CoinsTest {
  @Test
  void aBundleCountsForHardlyMoreThanItIsWorth() {
    Seeds.each(
        2_000,
        seed -> {
          Random random = new Random(seed);
          int decimals = random.nextInt(13);
          Asset coin = new Asset("COIN", decimals, 900_000, 0, 0, false);
          long price = 1 + (long) Math.exp(random.nextDouble() * Math.log(1e12));
          long bundle = Coins.bundle(coin, price);
          long counted = Coins.bundleMicros(coin, bundle, price);
          long worth = Coins.worthMicros(coin, bundle, price);
          assertThat(bundle).isBetween(1L, Increment.pow10(decimals));
          assertThat(counted).isBetween(Math.max(1, worth), Math.max(1, worth + 1));
          if (price >= 1_000) assertThat(worth).isGreaterThanOrEqualTo(1_000);
        });
  }
}
