package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.liquidation.LiquidationState.Closed;
import org.novation.liquidation.LiquidationState.Healthy;
import org.novation.liquidation.LiquidationState.Liquidating;
import org.novation.liquidation.LiquidationState.MarginCall;
import org.novation.liquidation.LiquidationState.Recovered;
import org.novation.liquidation.LiquidationState.Standing;
import org.novation.liquidation.LiquidationState.Transition;
import org.novation.risk.Health;

final class LiquidationStateTest {
  private static final Standing HEALTHY = standing(2_200, false);
  private static final Standing CALLED = standing(1_020, false);
  private static final Standing IN_THE_BUFFER = standing(1_019, false);
  private static final Standing SHORT = standing(999, false);
  private static final Standing FLAT = standing(0, true);
  private static final Standing IN_DEBT = standing(-7, true);
  private static final List<Standing> STANDINGS =
      List.of(
          HEALTHY,
          standing(2_000, false),
          CALLED,
          IN_THE_BUFFER,
          standing(1_000, false),
          SHORT,
          standing(-5, false),
          FLAT,
          standing(100, true),
          IN_DEBT);
  private static final List<LiquidationState> STATES =
      List.of(
          new Healthy(),
          new MarginCall(),
          new Liquidating("l"),
          new Recovered("l"),
          new Closed("l", 7));

  @Test
  void goesThroughALiquidationToRecovery() {
    LiquidationState state = new Healthy();
    state = after(state, CALLED, new MarginCall());
    state = after(state, SHORT, new Liquidating("new"));
    assertThat(state.next(SHORT, "other")).isEmpty();
    state = after(state, CALLED, new Recovered("new"));
    assertThat(state.next(CALLED, "other")).isEmpty();
    after(state, HEALTHY, new Healthy());
  }

  @Test
  void closesWithTheDeficitAndWaitsForItToBeMadeGood() {
    LiquidationState state = after(new Liquidating("new"), IN_DEBT, new Closed("new", 7));
    assertThat(state.next(IN_DEBT, "other")).isEmpty();
    after(state, FLAT, new Healthy());
  }

  @Test
  void triggersStrictlyUnderMaintenanceAndRecoversAtTheBuffer() {
    assertThat(new MarginCall().next(standing(1_000, false), "new")).isEmpty();
    LiquidationState state = new Liquidating("new");
    assertThat(state.next(IN_THE_BUFFER, "new")).isEmpty();
    after(state, CALLED, new Recovered("new"));
  }

  @Test
  void neitherBeginsNorEndsALiquidationOnPricesThatAreNotTrusted() {
    for (LiquidationState state : STATES) {
      for (Standing trusted : STANDINGS) {
        Standing standing =
            new Standing(trusted.health(), trusted.flat(), false, trusted.recoveredFromMicros());
        LiquidationState to = state.next(standing, "new").map(Transition::to).orElse(state);
        assertThat(to instanceof Liquidating).isEqualTo(state instanceof Liquidating);
      }
    }
  }

  @Test
  void reachesEveryStateAndNeverLeavesALiquidationButByRecoveryOrTheEnd() {
    SplittableRandom random = new SplittableRandom(1);
    LiquidationState state = new Healthy();
    Set<Class<?>> seen = new HashSet<>();
    for (int step = 0; step < 20_000; step++) {
      Standing standing = STANDINGS.get(random.nextInt(STANDINGS.size()));
      LiquidationState to = state.next(standing, "l-" + step).map(Transition::to).orElse(state);
      if (state instanceof Liquidating before) {
        switch (to) {
          case Liquidating now -> assertThat(now).isEqualTo(before);
          case Recovered now -> {
            assertThat(now.liquidationId()).isEqualTo(before.liquidationId());
            assertThat(standing.health().equityMicros()).isGreaterThanOrEqualTo(1_020);
          }
          case Closed now -> {
            assertThat(now.liquidationId()).isEqualTo(before.liquidationId());
            assertThat(standing.flat()).isTrue();
          }
          case Healthy _, MarginCall _ -> throw new AssertionError(state + " to " + to);
        }
      }
      seen.add(to.getClass());
      state = to;
    }
    assertThat(seen).hasSize(5);
  }

  private static LiquidationState after(
      LiquidationState from, Standing standing, LiquidationState to) {
    assertThat(from.next(standing, "new")).contains(new Transition(from, to));
    return to;
  }

  /** Initial margin 2,000, maintenance margin 1,000, buffer 20; a flat account needs nothing. */
  private static Standing standing(long equity, boolean flat) {
    Health health =
        flat ? new Health(equity, equity, 0, 0) : new Health(equity, equity, 2_000, 1_000);
    return new Standing(
        health,
        flat,
        true,
        LiquidationPolicy.DEFAULTS.targetMicros(health.maintenanceMarginMicros()));
  }
}
