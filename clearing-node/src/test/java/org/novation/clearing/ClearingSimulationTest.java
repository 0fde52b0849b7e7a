package org.novation.clearing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.clearing.ClearingSimulation.Fence;
import org.novation.clearing.ClearingSimulation.Scenario;
import org.novation.clearing.ClearingSimulation.Tally;
import org.novation.clearing.ClearingSimulation.Violation;

/**
 * The protocol under faults. {@code -Dnovation.seeds=N} runs more seeds, {@code -Dnovation.seed=S}
 * replays one and shows everything that happened in it.
 */
final class ClearingSimulationTest {
  private static final int SEEDS = Integer.getInteger("novation.seeds", 1_000);

  /** Enough to meet the rarest violation several times over. */
  private static final int SEEDS_WITHOUT_FENCE = 100_000;

  @Test
  void oneTradeIsAtomicAndAnsweredTruthfullyWhateverFails() {
    Tally tally = run(Scenario.ONE_TRADE, 10 * SEEDS);
    assertThat(tally.novated()).isGreaterThan(SEEDS);
    assertThat(tally.refused()).isGreaterThan(SEEDS);
  }

  @Test
  void manyTradesAtOnceAreAtomicAndAnsweredTruthfullyWhateverFails() {
    Tally tally = run(Scenario.MANY_TRADES, SEEDS);
    assertThat(tally.novated()).isGreaterThan(SEEDS);
    assertThat(tally.refused()).isGreaterThan(SEEDS / 2);
    assertThat(tally.unknown()).isPositive();
    assertThat(tally.crashes()).isGreaterThan(10L * SEEDS);
    assertThat(tally.lookups()).isPositive();
    assertThat(tally.given()).isGreaterThan(2L * SEEDS);
    assertThat(tally.givenNot()).isGreaterThan(SEEDS);
    assertThat(tally.corrected()).isGreaterThan(SEEDS / 4);
  }

  @Test
  void aCorrectionIsOnBothAccountsOnceWhateverFails() {
    Tally tally = run(Scenario.ONE_CORRECTION, 10 * SEEDS);
    assertThat(tally.corrected()).isGreaterThan(SEEDS);
    assertThat(tally.feesGivenBack()).isGreaterThan(SEEDS / 4);
  }

  @Test
  void aLegIsGivenUpOnceAndItsBookSaysSoWhateverFails() {
    ClearingSimulation.GivenUp givenUp = run(Scenario.ONE_GIVE_UP, 2 * SEEDS).givenUp();
    assertThat(givenUp.done()).isGreaterThan(SEEDS / 2);
    assertThat(givenUp.permitted()).isGreaterThan(SEEDS / 10);
    assertThat(givenUp.refused()).isGreaterThan(SEEDS / 10);
    assertThat(givenUp.declined()).isGreaterThan(SEEDS / 10);
    assertThat(givenUp.expired()).isPositive();
  }

  @Test
  void aTransferArrivesOnceAndIsAnsweredTruthfullyWhateverFails() {
    Tally tally = run(Scenario.ONE_TRANSFER, 10 * SEEDS);
    assertThat(tally.given()).isGreaterThan(SEEDS);
    assertThat(tally.givenNot()).isGreaterThan(SEEDS);
  }

  @ParameterizedTest
  @EnumSource(Fence.class)
  void aViolationIsFoundAsSoonAsAFenceIsTakenAwayAndNoneWithIt(Fence fence) {
    violates(fence, fence.scenario, fence.violation);
  }

  /** Who gives collateral away says refused by the same rules as the last account of a trade. */
  @ParameterizedTest
  @EnumSource(
      value = Fence.class,
      names = {
        "LAST_RECOVERY",
        "LAST_MEMORY",
        "REFRESH",
        "DEADLINE",
        "RECOVERY_SKEW",
        "MEMORY_SKEW"
      })
  void transfersNeedTheFencesOfTradesToo(Fence fence) {
    violates(fence, Scenario.ONE_TRANSFER, "told refused, but given");
  }

  private static void violates(Fence fence, Scenario scenario, String violation) {
    long seed = firstViolation(fence, scenario, violation);
    assertThat(seed).as("first seed that shows '%s'", violation).isNotNegative();
    assertThatCode(() -> ClearingSimulation.run(seed, scenario, null)).doesNotThrowAnyException();
  }

  @Test
  void theSameSeedGivesTheSameHistory() {
    for (long seed = 0; seed < 20; seed++) {
      List<String> history = ClearingSimulation.trace(seed, Scenario.MANY_TRADES, null);
      assertThat(ClearingSimulation.trace(seed, Scenario.MANY_TRADES, null)).isEqualTo(history);
    }
  }

  private static Tally run(Scenario scenario, int seeds) {
    Long only = Long.getLong("novation.seed");
    if (only != null) {
      List<String> history = ClearingSimulation.trace(only, scenario, null);
      try {
        ClearingSimulation.run(only, scenario, null);
      } catch (Violation violation) {
        throw new AssertionError(String.join("\n", history), violation);
      }
    }
    Tally tally = Tally.NOTHING;
    for (long seed = 0; seed < seeds; seed++) {
      try {
        tally = tally.plus(ClearingSimulation.run(seed, scenario, null));
      } catch (Violation | RuntimeException wrong) {
        throw new AssertionError(
            "seed " + seed + " (replay with -Dnovation.seed=" + seed + "): " + wrong.getMessage(),
            wrong);
      }
    }
    return tally;
  }

  private static long firstViolation(Fence fence, Scenario scenario, String violation) {
    for (long seed = 0; seed < SEEDS_WITHOUT_FENCE; seed++) {
      try {
        ClearingSimulation.run(seed, scenario, fence);
      } catch (Violation found) {
        if (String.valueOf(found.getMessage()).startsWith(violation)) return seed;
      }
    }
    return -1;
  }
}
