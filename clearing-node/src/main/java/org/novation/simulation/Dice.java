package org.novation.simulation;

/**
 * Seeded chance that is the same on every machine and every release of Java: SplitMix64 (Steele,
 * Lea and Flood, 2014) with its constants written out, and distributions by {@link StrictMath}. One
 * thread each.
 */
final class Dice {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;
  private double spare = Double.NaN;

  Dice(long seed) {
    this.state = seed;
  }

  /** Independent dice for a named part, so that one part's throws do not shift another's. */
  static Dice of(long seed, String part) {
    return new Dice(mix(seed ^ mix(part.hashCode() * GOLDEN_GAMMA)));
  }

  long next() {
    return mix(state += GOLDEN_GAMMA);
  }

  /** Uniform in [0, 1), 53 bits. */
  double uniform() {
    return (next() >>> 11) * 0x1.0p-53;
  }

  double uniform(double from, double to) {
    return from + (to - from) * uniform();
  }

  /** Uniform in [0, bound); the bias is below bound / 2^64. */
  int below(int bound) {
    return (int) Math.unsignedMultiplyHigh(next(), bound);
  }

  boolean chance(double probability) {
    return uniform() < probability;
  }

  /** Standard normal, by Marsaglia's polar method. */
  double gaussian() {
    if (!Double.isNaN(spare)) {
      double second = spare;
      spare = Double.NaN;
      return second;
    }
    while (true) {
      double u = 2 * uniform() - 1;
      double v = 2 * uniform() - 1;
      double s = u * u + v * v;
      if (s >= 1 || s == 0) continue;
      double scale = StrictMath.sqrt(-2 * StrictMath.log(s) / s);
      spare = v * scale;
      return u * scale;
    }
  }

  /** Student's t with three degrees of freedom, scaled to variance 1: fat tails. */
  double fatTailed() {
    double a = gaussian();
    double b = gaussian();
    double c = gaussian();
    double chiSquare = a * a + b * b + c * c;
    return gaussian() / StrictMath.sqrt(Math.max(chiSquare, 1e-12)); // Variance 3 / (3 − 2) / 3.
  }

  /** Above 0, median {@code median}, heavier above than below. */
  double logNormal(double median, double sigma) {
    return median * StrictMath.exp(sigma * gaussian());
  }

  /** A count with this mean: Poisson by Knuth's product up to 30, by its normal limit above. */
  int count(double mean) {
    if (mean > 30)
      return Math.max(0, (int) StrictMath.rint(mean + StrictMath.sqrt(mean) * gaussian()));
    double limit = StrictMath.exp(-mean);
    int count = 0;
    for (double product = uniform(); product > limit; product *= uniform()) count++;
    return count;
  }

  /** The output function of SplitMix64. */
  static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
