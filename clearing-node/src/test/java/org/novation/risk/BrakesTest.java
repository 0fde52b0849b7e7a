package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.risk.Action.DRAW_FUND;
import static org.novation.risk.Action.LIQUIDATE;
import static org.novation.risk.Action.OPEN_RISK;
import static org.novation.risk.Action.REDUCE;
import static org.novation.risk.Action.WITHDRAW;
import static org.novation.risk.PriceValidity.DIVERGED;
import static org.novation.risk.PriceValidity.FRESH;
import static org.novation.risk.PriceValidity.NONE;
import static org.novation.risk.PriceValidity.STALE;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;

/** Risk rules, sections 7 and 12: what is forbidden by what, and until when. */
final class BrakesTest {
  private static final long NOW = 1_700_000_000_000L;

  /** The whole matrix, written out: each action under each brake alone. */
  private static final String MATRIX =
      """
      action       fresh  diverged  stale  none   halt  outage  paused
      OPEN_RISK    yes    yes       -      -      -     yes     TRADING
      REDUCE       yes    yes       yes    -      yes   yes     TRADING
      LIQUIDATE    yes    -         -      -      yes   yes     LIQUIDATION
      AUCTION      yes    -         -      -      yes   yes     AUCTIONS
      DELEVERAGE   yes    -         -      -      yes   yes     ADL
      WITHDRAW     yes    -         -      -      -     -       WITHDRAWALS
      DEPOSIT      yes    yes       yes    yes    yes   yes     never
      PAY_FUNDING  yes    yes       yes    -      yes   yes     FUNDING
      DRAW_FUND    yes    -         -      -      yes   yes     LIQUIDATION
      """;

  @Test
  void theMatrixIsAsItIsWrittenHere() {
    List<String> rows = new ArrayList<>();
    rows.add("action fresh diverged stale none halt outage paused");
    for (Action action : Action.values()) {
      rows.add(
          String.join(
              " ",
              action.name(),
              cell(action, FRESH, Brakes.NONE),
              cell(action, DIVERGED, Brakes.NONE),
              cell(action, STALE, Brakes.NONE),
              cell(action, NONE, Brakes.NONE),
              cell(action, FRESH, Brakes.NONE.withHalt(NOW + 1)),
              cell(action, FRESH, Brakes.NONE.withOutage(NOW + 1)),
              pausedBy(action)));
    }
    assertThat(rows).containsExactlyElementsOf(MATRIX.lines().map(BrakesTest::squeeze).toList());
  }

  private static String squeeze(String line) {
    return line.replaceAll(" +", " ");
  }

  private static String cell(Action action, PriceValidity validity, Brakes brakes) {
    Stop stop = brakes.stop(action, validity, "BTC-PERP", NOW);
    assertThat(brakes.allow(action, validity, NOW)).isEqualTo(stop == null);
    return stop == null ? "yes" : "-";
  }

  /** The only operation whose pause stops an action. */
  private static String pausedBy(Action action) {
    List<String> operations = new ArrayList<>();
    for (Operation operation : Operation.values()) {
      Brakes paused = Brakes.NONE.withPause(operation, NOW + 1);
      if (cell(action, FRESH, paused).equals("-")) operations.add(operation.name());
    }
    return operations.isEmpty() ? "never" : String.join(",", operations);
  }

  @Test
  void pricesAreTrustedAsFarAsTheMatrixSays() {
    for (PriceValidity validity : PriceValidity.values()) {
      assertThat(validity.allowsLiquidation()).isEqualTo(validity == FRESH);
      assertThat(validity.allowsNewRisk()).isEqualTo(validity == FRESH || validity == DIVERGED);
    }
  }

  @Test
  void aRefusalNamesTheFirstBrakeAndItsEnd() {
    Brakes all =
        Brakes.NONE.withPause(Operation.WITHDRAWALS, NOW + 1).withOutage(NOW + 2).withHalt(NOW + 3);
    assertThat(stop(all, WITHDRAW, STALE, NOW)).isEqualTo(new Stop(Brake.PAUSE, "BTC", NOW + 1));
    assertThat(stop(all, WITHDRAW, STALE, NOW + 1))
        .isEqualTo(new Stop(Brake.OUTAGE, "BTC", NOW + 2));
    assertThat(stop(all, WITHDRAW, STALE, NOW + 2)).isEqualTo(new Stop(Brake.HALT, "BTC", NOW + 3));
    assertThat(stop(all, WITHDRAW, STALE, NOW + 3))
        .isEqualTo(new Stop(Brake.NO_FRESH_PRICE, "BTC", 0));
    assertThat(stop(all, WITHDRAW, DIVERGED, NOW + 3))
        .isEqualTo(new Stop(Brake.DIVERGED_PRICES, "BTC", 0));
    assertThat(stop(all, WITHDRAW, FRESH, NOW + 3)).isNull();
  }

  @Test
  void aPauseWithoutAnEndNamesNone() {
    Brakes paused = Brakes.NONE.withPause(Operation.LIQUIDATION, Brakes.OPEN_ENDED);
    assertThat(stop(paused, LIQUIDATE, FRESH, NOW)).isEqualTo(new Stop(Brake.PAUSE, "BTC", 0));
    assertThat(stop(paused, DRAW_FUND, FRESH, Long.MAX_VALUE - 1)).isNotNull();
  }

  /** Any brakes at any time: nothing passes a halt but what reduces, and each brake ends alone. */
  @Test
  void everyBrakeEndsByItselfExactlyAtItsTime() {
    Seeds.each(
        200,
        seed -> {
          Random random = new Random(seed);
          long halt = NOW + random.nextInt(4);
          long outage = NOW + random.nextInt(4);
          long pause = NOW + random.nextInt(4);
          Operation operation = Operation.values()[random.nextInt(Operation.values().length)];
          Brakes brakes = Brakes.NONE.withHalt(halt).withOutage(outage).withPause(operation, pause);
          for (long now = NOW; now < NOW + 5; now++) {
            for (Action action : Action.values()) {
              boolean free =
                  (action.pausedAs() != operation || now >= pause)
                      && (action != WITHDRAW || now >= outage)
                      && ((action != OPEN_RISK && action != WITHDRAW) || now >= halt);
              assertThat(brakes.allow(action, FRESH, now))
                  .as("%s at %d", action, now)
                  .isEqualTo(free);
            }
            assertThat(brakes.allow(REDUCE, NONE, now)).isFalse();
          }
        });
  }

  @Test
  void brakesThatAreAllOffAreNone() {
    assertThat(Brakes.NONE.withHalt(1).withHalt(0)).isSameAs(Brakes.NONE);
    assertThat(Brakes.NONE.withPause(Operation.ADL, 1).withPause(Operation.ADL, 0))
        .isSameAs(Brakes.NONE);
    assertThat(Brakes.NONE.withHalt(1))
        .isEqualTo(Brakes.NONE.withHalt(1))
        .isNotEqualTo(Brakes.NONE);
  }

  private static @Nullable Stop stop(
      Brakes brakes, Action action, PriceValidity validity, long nowMs) {
    return brakes.stop(action, validity, "BTC", nowMs);
  }
}
