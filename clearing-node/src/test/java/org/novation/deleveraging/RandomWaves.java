package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Random defaults and candidates, the same for the same seed. A quarter are squeezes: a defaulter
 * long of everything against shorts whom its bankruptcy prices would cost about what they have.
 */
final class RandomWaves {
  static final String DEFAULTER = "defaulter";
  private static final String[] INSTRUMENTS = {"BTC-PERP", "ETH-PERP", "SOL-PERP"};

  private final SplittableRandom random;
  private final long seed;
  private final boolean squeeze;

  RandomWaves(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    this.squeeze = random.nextInt(4) == 0;
  }

  AdlInput input(AdlPolicy.Kind policy) {
    List<Exposure> exposures = new ArrayList<>();
    for (String instrument : INSTRUMENTS) {
      if (!squeeze && random.nextInt(3) == 0) continue;
      long mark = random.nextLong(1, 5_000);
      exposures.add(
          new Exposure(
              instrument,
              squeeze || random.nextBoolean() ? 1 : -1,
              random.nextInt(4) == 0 ? 0 : random.nextLong(300),
              random.nextInt(4) == 0 ? 0 : random.nextLong(1, 1_000_000),
              mark,
              bankruptcyTicks(mark),
              random.nextLong(1, 1_000)));
    }
    List<Candidate> candidates = new ArrayList<>();
    int accounts = random.nextInt(12);
    for (int account = 0; account < accounts; account++) addAccount(candidates, "a" + account);
    long deficit =
        switch (random.nextInt(6)) {
          case 0 -> 0;
          case 1 -> random.nextLong(10);
          case 2 -> random.nextLong(100_000_000_000L);
          default -> random.nextLong(2_000_000);
        };
    return new AdlInput(
        "w-" + Long.toUnsignedString(seed),
        "main",
        DEFAULTER,
        1_700_000_000_000L,
        7,
        policy,
        86_400_000,
        10,
        random.nextLong(1_000),
        deficit,
        exposures,
        candidates);
  }

  private long bankruptcyTicks(long mark) {
    if (squeeze) return mark + random.nextLong(1, 10);
    return random.nextInt(5) == 0 ? 0 : random.nextLong(1, 5_000);
  }

  private void addAccount(List<Candidate> candidates, String account) {
    long equity = random.nextLong(-100_000, squeeze ? 400_000 : 2_000_000);
    long version = random.nextLong(1, 100);
    for (String instrument : INSTRUMENTS) {
      if (random.nextInt(3) == 0) continue;
      long lots = random.nextLong(1, 100) * (!squeeze && random.nextBoolean() ? 1 : -1);
      long basis = random.nextLong(1, 1_000_000) * Long.signum(lots);
      long closable = random.nextInt(3) == 0 ? random.nextLong(Math.abs(lots) + 1) : Math.abs(lots);
      long maintenance = random.nextLong(100_000);
      candidates.add(
          new Candidate(
              instrument,
              account,
              version,
              lots,
              basis,
              random.nextLong(-300_000, 600_000),
              random.nextInt(3) == 0 ? random.nextLong(-200_000, 400_000) : 0,
              equity,
              closable,
              maintenance,
              maintenance - random.nextLong(3)));
    }
  }

  /** The same facts in another order. */
  static AdlInput shuffled(AdlInput input, long seed) {
    List<Exposure> exposures = new ArrayList<>(input.exposures());
    List<Candidate> candidates = new ArrayList<>(input.candidates());
    Collections.shuffle(exposures, new Random(seed));
    Collections.shuffle(candidates, new Random(seed + 1));
    return input.remaining(input.deficitMicros(), exposures, candidates);
  }
}
