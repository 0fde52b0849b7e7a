package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.governance.StakeSimulation.Fence;
import org.novation.governance.StakeSimulation.Violation;

/**
 * Stakes under faults. {@code -Dnovation.seeds=N} runs more seeds, {@code -Dnovation.seed=S}
 * replays one.
 */
final class StakeSimulationTest {
  private static final int SEEDS = Integer.getInteger("novation.seeds", 200);
  private static final int SEEDS_WITHOUT_FENCE = 5_000;

  @Test
  void everyTokenIsCountedWhereItIsWhateverFails() {
    Long only = Long.getLong("novation.seed");
    Map<String, Long> counts = new TreeMap<>();
    for (long seed = only == null ? 0 : only; seed <= (only == null ? SEEDS : only); seed++) {
      StakeSimulation.run(seed, null)
          .forEach((what, times) -> counts.merge(what, times, Long::sum));
    }
    if (only != null) return;
    assertThat(counts.get("Staked")).isGreaterThan(SEEDS);
    assertThat(counts.get("StakeNotTaken")).isGreaterThan(SEEDS / 2);
    assertThat(counts.get("StakeReturned")).isGreaterThan(SEEDS / 2);
    assertThat(counts.get("crashes")).isGreaterThan(5L * SEEDS);
    assertThat(counts).containsKeys("Voted", "Executed");
  }

  @ParameterizedTest
  @EnumSource(Fence.class)
  void somethingBreaksAsSoonAsAFenceIsTakenAwayAndNothingWithIt(Fence fence) {
    long broken = -1;
    for (long seed = 0; broken < 0 && seed < SEEDS_WITHOUT_FENCE; seed++) {
      try {
        StakeSimulation.run(seed, fence);
      } catch (Violation found) {
        broken = seed;
      }
    }
    assertThat(broken).as("the first seed that breaks without %s", fence).isNotNegative();
    long seed = broken;
    assertThatCode(() -> StakeSimulation.run(seed, null)).doesNotThrowAnyException();
  }
}
