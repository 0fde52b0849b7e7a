package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.custody.CustodySimulation.Fence;
import org.novation.custody.CustodySimulation.Violation;

/**
 * Deposits and withdrawals under faults. {@code -Dnovation.seeds=N} runs more seeds, {@code
 * -Dnovation.seed=S} replays one.
 */
final class CustodySimulationTest {
  private static final int SEEDS = Integer.getInteger("novation.seeds", 100);
  private static final int SEEDS_WITHOUT_FENCE = 3_000;

  @Test
  void noUnitIsLostOrDoubledWhateverFails() {
    Long only = Long.getLong("novation.seed");
    Map<String, Long> counts = new TreeMap<>();
    for (long seed = only == null ? 0 : only; seed <= (only == null ? SEEDS : only); seed++) {
      CustodySimulation.run(seed, null)
          .forEach((what, times) -> counts.merge(what, times, Long::sum));
    }
    if (only != null) return;
    assertThat(counts).containsKeys("SETTLED", "REFUSED", "CANCELLED", "EXPIRED", "crashes");
    assertThat(counts.get("SETTLED")).isGreaterThan(SEEDS / 10);
    assertThat(counts.get("deposits")).isGreaterThan(SEEDS / 2);
    assertThat(counts.get("crashes")).isGreaterThan(5L * SEEDS);
  }

  @ParameterizedTest
  @EnumSource(Fence.class)
  void somethingBreaksAsSoonAsAFenceIsTakenAwayAndNothingWithIt(Fence fence) {
    long broken = -1;
    for (long seed = 0; broken < 0 && seed < SEEDS_WITHOUT_FENCE; seed++) {
      try {
        CustodySimulation.run(seed, fence);
      } catch (Violation found) {
        broken = seed;
      }
    }
    assertThat(broken).as("the first seed that breaks without %s", fence).isNotNegative();
    long seed = broken;
    assertThatCode(() -> CustodySimulation.run(seed, null)).doesNotThrowAnyException();
  }
}
