package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.FundReading;

final class FundBoardTest {
  private final AtomicLong nanos = new AtomicLong(5);
  private final FundBoard board = new FundBoard(nanos::get);

  private static FundReading reading(long number, boolean gateOpen) {
    return new FundReading(
        "main", number, 0, 300, 600, 0, 900, 0, 1_000, gateOpen, 0, FundPolicy.DEFAULT);
  }

  private void passes(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void saysWhatAClosedGateRestsOn() {
    board.take(reading(7, false));
    assertThat(board.closedGate()).isEqualTo(new ClosedGate(7, 900, 1_000));
  }

  @Test
  void aGateOfWhichNothingWasHeardYetIsTakenToBeOpen() {
    assertThat(board.closedGate()).isNull();
  }

  @Test
  void anOpenGateIsOpenAsSoonAsItIsHeardOf() {
    board.take(reading(7, false));
    board.take(reading(8, true));
    board.take(reading(7, false)); // Overtaken on the way.
    assertThat(board.closedGate()).isNull();
  }

  @Test
  void whatWasHeardCountsForThreeHeartbeatsOfTheFund() {
    board.take(reading(7, false));
    passes(Duration.ofSeconds(15));
    assertThat(board.closedGate()).isNotNull();
    passes(Duration.ofNanos(1));
    assertThat(board.closedGate()).isNull();
    board.take(reading(7, false)); // It says the same again.
    assertThat(board.closedGate()).isNotNull();
  }
}
