package org.novation.api;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ConflatingManyTest {
  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final Call call = new Call();
  private final ConflatingMany<String, String> states =
      new ConflatingMany<>(call, new Edge(Runnable::run, timer, Duration.ofSeconds(1)), 3, s -> s);

  /** A client that reads when the test says so. */
  private static final class Call extends ServerCallStreamObserver<String> {
    final List<String> sent = new ArrayList<>();
    final List<String> failures = new ArrayList<>();
    @Nullable Runnable onReady;
    boolean ready;
    int reads; // So many without being told to.

    void read() {
      ready = true;
      requireNonNull(onReady).run();
      ready = false;
    }

    @Override
    public boolean isReady() {
      return ready || reads > 0;
    }

    @Override
    public void onNext(String state) {
      sent.add(state);
      reads--;
    }

    @Override
    public void onError(Throwable failure) {
      failures.add(EdgeNode.reason((StatusRuntimeException) failure));
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      onReady = handler;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void onCompleted() {}
  }

  @BeforeEach
  void start() {
    states.start(() -> {});
  }

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  @Test
  void keepsTheNewestStateOfEachThingForAClientThatDoesNotRead() {
    for (int n = 0; n < 1_000; n++) {
      states.offer("a", "a" + n);
      states.offer("b", "b" + n);
    }
    assertThat(call.sent).isEmpty();
    call.read();
    assertThat(call.sent).containsExactly("a999", "b999");
    assertThat(call.failures).isEmpty();
  }

  @Test
  void comesToWhatIsOnlyAsTheClientReadsAndTellsChangesFirst() {
    Call reader = new Call();
    ConflatingMany<String, String> stream =
        new ConflatingMany<>(
            reader, new Edge(Runnable::run, timer, Duration.ofSeconds(1)), 3, s -> s);
    List<String> comeTo = new ArrayList<>();
    stream.start(() -> {}, Stream.of("a", "b", "c", "d", "end").peek(comeTo::add).iterator());
    assertThat(comeTo).isEmpty();
    reader.reads = 2;
    stream.offer("x", "x1");
    assertThat(reader.sent).containsExactly("x1", "a");
    assertThat(comeTo).containsExactly("a");
    stream.offer("x", "x2");
    reader.read();
    assertThat(reader.sent).containsExactly("x1", "a", "x2", "b", "c", "d", "end");
  }

  @Test
  void cutsAClientThatLeavesTooManyThingsUnread() {
    for (int n = 0; n < 3; n++) states.offer("k" + n, "v");
    assertThat(call.failures).isEmpty();
    states.offer("k3", "v");
    states.offer("k4", "v");
    call.read();
    assertThat(call.failures).containsExactly("SLOW_READER");
    assertThat(call.sent).isEmpty();
  }
}
