package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.novation.governance.RecordedProposal.Verdict;

final class CountingTest {
  private static final Counting MAJORITY = new Counting(BigInteger.valueOf(400), 500_000);
  private static final Counting TWO_THIRDS = new Counting(BigInteger.ZERO, 666_666);

  @Test
  void succeedsWithTheQuorumInFavourAndMoreThanAreAgainst() {
    assertThat(MAJORITY.outcome(Votes.of(400, 399, 0))).isEqualTo(Outcome.SUCCEEDED);
    assertThat(MAJORITY.outcome(Votes.of(399, 0, 0))).isEqualTo(Outcome.SHORT_OF_QUORUM);
    assertThat(MAJORITY.outcome(Votes.of(400, 400, 0))).isEqualTo(Outcome.DEFEATED);
    assertThat(MAJORITY.outcome(Votes.NONE)).isEqualTo(Outcome.DEFEATED);
  }

  @Test
  void countsNeitherThoseAgainstNorThoseAbstainingTowardTheQuorum() {
    assertThat(MAJORITY.outcome(Votes.of(300, 299, 1_000_000))).isEqualTo(Outcome.SHORT_OF_QUORUM);
  }

  @Test
  void asksForMoreThanTheThresholdOfThoseWhoTookASide() {
    assertThat(TWO_THIRDS.outcome(Votes.of(666_666, 333_334, 9))).isEqualTo(Outcome.DEFEATED);
    assertThat(TWO_THIRDS.outcome(Votes.of(666_667, 333_333, 9))).isEqualTo(Outcome.SUCCEEDED);
  }

  @Test
  void countsWhatFitsNoLong() {
    BigInteger wei = BigInteger.TEN.pow(30);
    Counting counting = new Counting(wei, Counting.MAJORITY_PPM);
    assertThat(counting.outcome(new Votes(wei, wei.subtract(BigInteger.ONE), BigInteger.ZERO)))
        .isEqualTo(Outcome.SUCCEEDED);
    assertThat(counting.outcome(new Votes(wei, wei, BigInteger.ZERO))).isEqualTo(Outcome.DEFEATED);
  }

  @Test
  void roundsAQuorumUp() {
    assertThat(Counting.of(10_000_001, 100_000, 500_000).quorum()).isEqualTo(1_000_001);
  }

  @Test
  void refusesARuleByWhichAMinorityWins() {
    assertThatThrownBy(() -> new Counting(BigInteger.ZERO, 499_999)).hasMessageContaining("half");
    assertThatThrownBy(() -> new Counting(BigInteger.ZERO, 1_000_000)).hasMessageContaining("half");
    assertThatThrownBy(() -> new Counting(BigInteger.ONE.negate(), 500_000))
        .hasMessageContaining("quorum");
    assertThatThrownBy(() -> Votes.of(0, -1, 0)).hasMessageContaining("less than nothing");
  }

  @Test
  void comparesARecordWithItsVotes() {
    Votes enough = Votes.of(400, 1, 0);
    Votes few = Votes.of(1, 0, 0);
    assertThat(recorded(enough, "Executed").verdict()).isEqualTo(Verdict.REACHED);
    assertThat(recorded(few, "executed").verdict()).isEqualTo(Verdict.DIFFERS);
    assertThat(recorded(few, "Defeated or no-quorum").verdict()).isEqualTo(Verdict.REACHED);
    assertThat(recorded(enough, "defeated").verdict()).isEqualTo(Verdict.DIFFERS);
    assertThat(recorded(few, "canceled").verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(recorded(enough, "expired").verdict()).isEqualTo(Verdict.UNDECIDED);
  }

  private static RecordedProposal recorded(Votes votes, String status) {
    return new RecordedProposal("1", votes, BigInteger.valueOf(400), status);
  }
}
