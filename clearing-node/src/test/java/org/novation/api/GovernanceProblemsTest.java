package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.novation.api.error.Problem;
import org.novation.governance.Refusal;
import org.novation.ledger.RandomRecords;

/** Reasons are part of the contract: a refusal that is renamed would break who acts on it. */
final class GovernanceProblemsTest {
  private static final String REASONS =
      """
      AMOUNT_NOT_POSITIVE BAD_SIGNATURE BEYOND_COUNCIL BREAKS_RULE CHANGES_NOT_COUNTABLE
      COUNCIL_EXPIRED DELEGATED_TO_SELF DEPOSIT_TOO_SMALL DUPLICATE_WITH_OTHER_CONTENT
      FIXED_FIGURE HALT_TOO_LONG HOUSE_FULL INSUFFICIENT_STAKE IN_THE_FUTURE KILL_SWITCH_THROWN
      LIMIT_TAKEN_AWAY MAINTENANCE_NOT_BELOW_INITIAL MISSING_FIGURE NOTHING_CHANGES
      NOT_ON_COUNCIL NOT_SET_UP NOT_THE_PROPOSER NOT_TIGHTER NO_ORACLES NO_WEIGHT
      ORACLES_BELOW_QUORUM OTHER_CONTENT OUT_OF_BOUNDS SETTLEMENT_ASSET SET_UP_ALREADY
      SET_UP_LACKS STAKE_NOT_TAKEN STAKE_TOO_SMALL STAKE_UNDER_WAY STANDS_ALONE TEXT_NOT_USABLE
      TIGHTENING_UNDER_WAY TIMELOCK_HOLDS TOO_MANY_BRACKETS TOO_MANY_LEAVING TOO_MANY_PROPOSALS
      TOO_MANY_STAKERS TOO_MANY_TOKENS TOO_OLD UNKNOWN_ACT UNKNOWN_FIGURE UNKNOWN_PARAMETER UNKNOWN_PROPOSAL UNREADABLE_FIGURE
      VERSION_MOVED VOTE_CLOSED WRONG_STAGE\
      """;

  @Test
  void everyRefusalHasItsReasonItsNumbersAndASentence() {
    for (Class<?> kind : Refusal.class.getPermittedSubclasses()) {
      Refusal why = (Refusal) new RandomRecords(1, null).next(kind.asSubclass(Record.class));
      Problem problem = GovernanceProblems.problem(why);
      assertThat(problem.numbers()).as(kind.getName()).hasSize(kind.getRecordComponents().length);
      assertThat(problem.message()).isNotBlank();
      assertThat(problem.code()).isNotIn(Code.OK, Code.UNKNOWN, Code.INTERNAL);
    }
    assertThat(
            Stream.of(Refusal.class.getPermittedSubclasses())
                .map(kind -> GovernanceProblems.reason(kind.asSubclass(Refusal.class))))
        .containsExactlyInAnyOrderElementsOf(Arrays.asList(REASONS.split("\\s+")));
  }

  @Test
  void numbersStandUnderTheNamesOfTheContract() {
    Refusal why = new Refusal.OutOfBounds("contract/BTC-PERP", "bandPpm", 7, 1_000, 500_000);
    assertThat(GovernanceProblems.problem(why).numbers())
        .containsEntry("path", "contract/BTC-PERP")
        .containsEntry("figure", "bandPpm")
        .containsEntry("value", "7")
        .containsEntry("least", "1000");
    assertThat(GovernanceProblems.problem(new Refusal.TimelockHolds("p", 9)).numbers())
        .containsEntry("until_ms", "9");
  }
}
