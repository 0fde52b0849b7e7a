package org.novation.governance;

import java.math.BigInteger;
import org.novation.money.Fixed;

/**
 * The counting rule. A proposal succeeds when votes in favour reach the quorum, and are more than
 * the threshold's share of all who took a side; equal to the threshold is not enough. Only votes in
 * favour count toward the quorum: who is against must never help by turning up. Who abstains is
 * shown and counts for nothing. Source: Compound's GovernorBravo, whose threshold is a half.
 *
 * @param quorum fewest votes in favour, in the votes' unit; 0 when there is none
 * @param thresholdPpm the share of those in favour that must be exceeded, a half to less than one
 */
public record Counting(BigInteger quorum, long thresholdPpm) {
  /** A simple majority. */
  public static final long MAJORITY_PPM = 500_000;

  private static final BigInteger WHOLE = BigInteger.valueOf(Fixed.PPM);

  /**
   * @throws IllegalArgumentException when a figure is out of its range
   */
  public Counting {
    if (quorum.signum() < 0) throw new IllegalArgumentException("a quorum is at least 0");
    if (thresholdPpm < MAJORITY_PPM || thresholdPpm >= Fixed.PPM)
      throw new IllegalArgumentException("a threshold is a half to less than one");
  }

  /** The quorum that is a share of all stakes, rounded up. */
  public static Counting of(long stakedMicros, long quorumPpm, long thresholdPpm) {
    return new Counting(BigInteger.valueOf(Fixed.ppmCeil(stakedMicros, quorumPpm)), thresholdPpm);
  }

  /** What these votes amount to once nobody can vote any more. */
  public Outcome outcome(Votes votes) {
    BigInteger sides = votes.inFavour().add(votes.against());
    boolean prevails =
        votes.inFavour().multiply(WHOLE).compareTo(sides.multiply(BigInteger.valueOf(thresholdPpm)))
            > 0;
    if (!prevails) return Outcome.DEFEATED;
    return votes.inFavour().compareTo(quorum) >= 0 ? Outcome.SUCCEEDED : Outcome.SHORT_OF_QUORUM;
  }
}
