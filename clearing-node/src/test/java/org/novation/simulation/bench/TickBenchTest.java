package org.novation.simulation.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TickBenchTest {
  @Test
  void measuresBothTicksThatCrossNobodyAndAccountsThatAreCrossed() {
    TickBench.Result result = new TickBench(1, 500).run(1_000);
    assertThat(result.accounts()).isEqualTo(500);
    assertThat(result.triggers()).isGreaterThan(500);
    assertThat(result.tickMedian()).isPositive();
    assertThat(result.crossings()).isPositive();
    assertThat(result.crossingTotal()).isPositive();
  }
}
