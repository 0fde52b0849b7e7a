package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;

final class ProRataTest {
  @Test
  void givesTheMicrosThatAreLeftToTheLargestRemaindersAndOfEqualOnesToTheFirst() {
    assertThat(ProRata.split(10, new long[] {1, 1, 1})).containsExactly(4, 3, 3);
    assertThat(ProRata.split(10, new long[] {3, 3, 1})).containsExactly(4, 4, 2);
    assertThat(ProRata.split(1, new long[] {0, 2, 3})).containsExactly(0, 0, 1);
    assertThat(ProRata.split(5, new long[] {0, 0})).containsExactly(0, 0);
  }

  @Test
  void addsUpToTheAmountAndStaysWithinAMicroOfEachExactShare() {
    Seeds.each(
        5_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          int parts = random.nextInt(1, 8);
          long[] weights = new long[parts];
          for (int n = 0; n < parts; n++) {
            weights[n] =
                random.nextInt(4) == 0
                    ? 0
                    : random.nextLong(1L << random.nextInt(1, random.nextBoolean() ? 60 : 6));
          }
          long total = ProRata.sum(weights);
          if (total == 0) return;
          long amount =
              random.nextBoolean() ? random.nextLong(total + 1) : random.nextLong(Long.MAX_VALUE);
          long[] shares = ProRata.split(amount, weights);
          assertThat(ProRata.sum(shares)).isEqualTo(amount);
          for (int n = 0; n < parts; n++) {
            BigInteger exact = BigInteger.valueOf(amount).multiply(BigInteger.valueOf(weights[n]));
            BigInteger off =
                BigInteger.valueOf(shares[n]).multiply(BigInteger.valueOf(total)).subtract(exact);
            assertThat(off.abs()).isLessThan(BigInteger.valueOf(total));
            if (amount <= total) assertThat(shares[n]).isLessThanOrEqualTo(weights[n]);
            if (weights[n] == 0) assertThat(shares[n]).isZero();
          }
        });
  }
}
