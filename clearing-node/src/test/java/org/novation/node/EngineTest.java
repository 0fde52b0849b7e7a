package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.novation.node.clockwork.Clockwork;

final class EngineTest {
  private static final long START_MS = 1_700_000_000_000L;

  /** Whatever the machine's clock shows, and however long it takes. */
  @Test
  void onAClockworkTimeAndChanceAreTheSameInEachRun() {
    Clockwork clockwork = new Clockwork(START_MS);
    Engine engine = Engine.of(clockwork, false);
    clockwork.advance(Duration.ofMillis(7));
    assertThat(engine.wallMs()).isEqualTo(START_MS + 7);
    assertThat(engine.nanos()).isEqualTo(7_000_000);
    long drawn = engine.random().nextLong();
    assertThat(Engine.of(new Clockwork(START_MS), false).random().nextLong()).isEqualTo(drawn);
  }

  /** One life of a node must not be taken for another. */
  @Test
  void onThreadsChanceDiffersFromOneLifeToTheNext() {
    long drawn = Engine.threads().random().nextLong();
    assertThat(Engine.threads().random().nextLong()).isNotEqualTo(drawn);
  }
}
