package org.novation.governance;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Set;

/**
 * A proposal of another house as it was recorded, to hold our counting rule against.
 *
 * @param id as recorded
 * @param quorum in the votes' unit; 0 when none is recorded
 * @param status what became of it, in the record's own words
 */
public record RecordedProposal(String id, Votes votes, BigInteger quorum, String status) {
  private static final Set<String> PASSED =
      Set.of("executed", "queued", "succeeded", "passed", "timelocked");
  private static final Set<String> FAILED =
      Set.of(
          "defeated",
          "defeated_or_no_quorum",
          "failed",
          "rejected",
          "no_quorum",
          "quorum_not_reached",
          "short_of_quorum");

  /** How a record compares with what its votes amount to. */
  public enum Verdict {
    /** The votes lead to the recorded outcome. */
    REACHED,
    /** The votes lead elsewhere. */
    DIFFERS,
    /**
     * The record ended in what no vote decides: cancelled, vetoed, expired, still open, or a word
     * that says nothing of the votes.
     */
    UNDECIDED
  }

  /** What the votes amount to under a simple majority and the recorded quorum. */
  public Outcome outcome() {
    return new Counting(quorum, Counting.MAJORITY_PPM).outcome(votes);
  }

  /** Whether our rule reaches what was recorded. */
  public Verdict verdict() {
    boolean passed = PASSED.contains(word());
    if (!passed && !FAILED.contains(word())) return Verdict.UNDECIDED;
    return passed == (outcome() == Outcome.SUCCEEDED) ? Verdict.REACHED : Verdict.DIFFERS;
  }

  /** The status in small letters, words joined by underscores. */
  public String word() {
    return status.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s-]+", "_");
  }
}
