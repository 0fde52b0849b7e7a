package org.novation.simulation.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** On a clock that moves by a microsecond whenever it is read, and by every pause. */
final class LoadDriverTest {
  private final AtomicLong clock = new AtomicLong();
  private final TradeLoad load =
      new TradeLoad(1, 10, Skew.UNIFORM, List.of(new TradeLoad.Market("BTC-PERP", 600_000, 1)));

  @Test
  void sinkThatStallsIsChargedForEveryTradeThatWasDueMeanwhile() throws InterruptedException {
    // 1,000 trades a second; the 100th takes half a second, so 500 more are due before it returns.
    Sink sink =
        new Sink() {
          @Override
          public void submit(Order order, Consumer<Verdict> whenAnswered) {
            if (order.number() == 100) clock.addAndGet(Duration.ofMillis(500).toNanos());
            whenAnswered.accept(Verdict.NOVATED);
          }
        };
    Measured measured = driver(sink).atRate(1_000, 10, Duration.ofSeconds(1));
    assertThat(measured.novated()).isEqualTo(1_000);
    assertThat(measured.latency().p50Micros()).isBetween(1L, 200_000L);
    assertThat(measured.latency().p99Micros()).isGreaterThan(450_000);
    assertThat(measured.latency().maxMicros()).isBetween(499_000L, 510_000L);
  }

  @Test
  void closedLoopKeepsNoMoreInFlightThanItSays() throws InterruptedException {
    Queue<Consumer<Verdict>> open = new ArrayDeque<>();
    AtomicLong most = new AtomicLong();
    Sink sink =
        new Sink() {
          @Override
          public void submit(Order order, Consumer<Verdict> whenAnswered) {
            open.add(whenAnswered);
            most.accumulateAndGet(open.size(), Math::max);
            // The oldest ones are answered when there is no room for another; the last ones too.
            if (open.size() == 5 || clock.get() > Duration.ofMillis(9).toNanos()) {
              while (!open.isEmpty()) open.remove().accept(Verdict.NOVATED);
            }
          }
        };
    Measured measured = driver(sink).saturate(5, Duration.ofMillis(10));
    assertThat(most).hasValue(5);
    assertThat(measured.inFlight()).isEqualTo(5);
    assertThat(measured.perSecond()).isPositive();
  }

  @Test
  void refusedAndUnknownTradesAreNotCountedAsNovated() throws InterruptedException {
    Sink sink =
        new Sink() {
          @Override
          public void submit(Order order, Consumer<Verdict> whenAnswered) {
            whenAnswered.accept(Verdict.values()[(int) (order.number() % 3)]);
          }
        };
    Measured measured = driver(sink).atRate(1_000, 10, Duration.ofMillis(300));
    assertThat(measured.novated()).isEqualTo(100);
    assertThat(measured.refused()).isEqualTo(100);
    assertThat(measured.unknown()).isEqualTo(100);
  }

  private LoadDriver driver(TradeSink sink) {
    return new LoadDriver(load, sink, () -> clock.addAndGet(1_000), clock::addAndGet);
  }

  private abstract static class Sink implements TradeSink {
    @Override
    public void close() {
      // Nothing is open.
    }
  }
}
