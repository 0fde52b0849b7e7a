package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.liquidation.LiquidationState.Closed;
import org.novation.liquidation.LiquidationState.Healthy;
import org.novation.liquidation.LiquidationState.Liquidating;
import org.novation.liquidation.LiquidationState.MarginCall;
import org.novation.liquidation.LiquidationState.Recovered;
import org.novation.liquidation.LiquidationState.SliceOutcome;
import org.novation.liquidation.LiquidationState.Stage;
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
          new Liquidating("l", 1, Stage.BETWEEN_SLICES),
          new Liquidating("l", 1, Stage.ON_OFFER),
          new Liquidating("l", 1, Stage.HANDED_ON),
          new Recovered("l"),
          new Closed("l", 7));

  @Test
  void goesThroughALiquidationOfTwoSlicesToRecovery() {
    LiquidationState state = new Healthy();
    state = after(state, CALLED, SliceOutcome.NONE, new MarginCall());
    state = after(state, SHORT, SliceOutcome.NONE, liquidating(0, Stage.BETWEEN_SLICES));
    state = after(state, SHORT, SliceOutcome.OFFERED, liquidating(1, Stage.ON_OFFER));
    state = after(state, SHORT, SliceOutcome.SOLD, liquidating(1, Stage.BETWEEN_SLICES));
    state = after(state, SHORT, SliceOutcome.OFFERED, liquidating(2, Stage.ON_OFFER));
    state = after(state, CALLED, SliceOutcome.SOLD, new Recovered("new"));
    assertThat(state.next(CALLED, SliceOutcome.NONE, "other")).isEmpty();
    after(state, HEALTHY, SliceOutcome.NONE, new Healthy());
  }

  @Test
  void handsOnWhatNobodyBoughtAndClosesWithTheDeficit() {
    LiquidationState state = liquidating(1, Stage.ON_OFFER);
    state = after(state, SHORT, SliceOutcome.HANDED_ON, liquidating(1, Stage.HANDED_ON));
    state = after(state, IN_DEBT, SliceOutcome.RESOLVED, new Closed("new", 7));
    assertThat(state.next(IN_DEBT, SliceOutcome.NONE, "other")).isEmpty();
    after(state, FLAT, SliceOutcome.NONE, new Healthy());
  }

  @Test
  void triggersStrictlyUnderMaintenanceAndRecoversAtTheBuffer() {
    assertThat(new MarginCall().next(standing(1_000, false), SliceOutcome.NONE, "new")).isEmpty();
    LiquidationState state = liquidating(1, Stage.ON_OFFER);
    assertThat(state.next(IN_THE_BUFFER, SliceOutcome.NONE, "new")).isEmpty();
    after(state, CALLED, SliceOutcome.NONE, new Recovered("new"));
  }

  @Test
  void neitherBeginsNorEndsALiquidationOnPricesThatAreNotTrusted() {
    for (LiquidationState state : STATES) {
      for (Standing trusted : STANDINGS) {
        Standing standing =
            new Standing(trusted.health(), trusted.flat(), false, trusted.recoveredFromMicros());
        for (SliceOutcome news : SliceOutcome.values()) {
          LiquidationState to = state.next(standing, news, "new").map(Transition::to).orElse(state);
          assertThat(to instanceof Liquidating).isEqualTo(state instanceof Liquidating);
        }
      }
    }
  }

  @Test
  void changesNothingWhenNewsRepeats() {
    for (LiquidationState state : STATES) {
      for (Standing standing : STANDINGS) {
        for (SliceOutcome news : SliceOutcome.values()) {
          Optional<Transition> first = state.next(standing, news, "new");
          if (first.isEmpty()) continue;
          assertThat(first.get().from()).isEqualTo(state);
          assertThat(first.get().to()).isNotEqualTo(state);
          LiquidationState then = first.get().to();
          if (then instanceof Liquidating || state instanceof Liquidating) {
            Optional<Transition> second = then.next(standing, news, "new");
            if (then instanceof Liquidating && state instanceof Liquidating)
              assertThat(second).as("%s, %s, %s", state, standing, news).isEmpty();
          } else {
            assertThat(then.next(standing, news, "new")).isEmpty();
          }
        }
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
      SliceOutcome news = SliceOutcome.values()[random.nextInt(SliceOutcome.values().length)];
      LiquidationState to =
          state.next(standing, news, "l-" + step).map(Transition::to).orElse(state);
      if (state instanceof Liquidating before) {
        switch (to) {
          case Liquidating now -> {
            assertThat(now.liquidationId()).isEqualTo(before.liquidationId());
            assertThat(now.slices()).isBetween(before.slices(), before.slices() + 1);
          }
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
      LiquidationState from, Standing standing, SliceOutcome news, LiquidationState to) {
    assertThat(from.next(standing, news, "new")).contains(new Transition(from, to));
    return to;
  }

  private static Liquidating liquidating(int slices, Stage stage) {
    return new Liquidating("new", slices, stage);
  }

  /** Initial margin 2,000, maintenance margin 1,000, buffer 20; a flat account needs nothing. */
  private static Standing standing(long equity, boolean flat) {
    Health health =
        flat ? new Health(equity, equity, 0, 0) : new Health(equity, equity, 2_000, 1_000);
    return Standing.of(health, flat, true, LiquidationPolicy.DEFAULTS);
  }
}
