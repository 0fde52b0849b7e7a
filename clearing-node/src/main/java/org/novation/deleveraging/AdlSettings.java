package org.novation.deleveraging;

/**
 * How a pool's coordinator decides and works.
 *
 * @param policy which policy decides
 * @param lookBackMs for realised profit, at most a day
 * @param candidatesMax of each instrument, beyond all winners, that each node names: whoever may be
 *     asked to close without having won
 * @param stepsInFlightMax steps on their way to accounts at the same time
 * @param settleMs house time that what is taken over may gather before a wave begins: a defaulter's
 *     debt follows its contracts, and whoever was closed by then could no longer pay for it
 * @param retryMs house time until what could not be resolved is looked at again
 */
public record AdlSettings(
    AdlPolicy.Kind policy,
    long lookBackMs,
    int candidatesMax,
    int stepsInFlightMax,
    long settleMs,
    long retryMs) {
  /** The default policy, a day back, a thousand of each. */
  public static final AdlSettings DEFAULTS =
      new AdlSettings(
          AdlPolicy.Kind.PRO_RATA, RealisedWindow.LOOK_BACK_MAX_MS, 1_000, 512, 2_000, 10_000);

  /** Beyond, one instrument alone could fill a wave. */
  public static final int CANDIDATES_MAX = 10_000;

  /** Answers must find room among what waits while the coordinator writes. */
  public static final int STEPS_IN_FLIGHT_MAX = 1_024;

  /**
   * @throws IllegalArgumentException when a figure is out of its range; names it
   */
  public AdlSettings {
    require("look-back", lookBackMs, 0, RealisedWindow.LOOK_BACK_MAX_MS);
    require("candidates-max", candidatesMax, 1, CANDIDATES_MAX);
    require("steps-in-flight-max", stepsInFlightMax, 1, STEPS_IN_FLIGHT_MAX);
    require("settle", settleMs, 0, 60_000);
    require("retry", retryMs, 1_000, 3_600_000);
  }

  private static void require(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "novation.adl." + name + " must be from " + least + " to " + most + ", not " + value);
    }
  }

  /** The same under another policy. */
  public AdlSettings withPolicy(AdlPolicy.Kind other) {
    return new AdlSettings(other, lookBackMs, candidatesMax, stepsInFlightMax, settleMs, retryMs);
  }
}
