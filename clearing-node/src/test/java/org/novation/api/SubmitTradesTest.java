package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.FakeTrade.Batch;
import org.novation.api.auth.Role;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.SubmitTradesRequest;
import org.novation.protocol.v1.SubmitTradesResponse;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.TradeResult;

/** The stream of trades, seen from a client that controls every message. */
final class SubmitTradesTest {
  private static final Duration PATIENCE = Duration.ofMillis(500);
  private static final Rejection SHORT = new Rejection.InsufficientMargin("a-1", 10, 5);

  private EdgeNode node;

  @BeforeEach
  void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home, PATIENCE);
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  @Test
  void answersEachTradeOnceAndCompletesAfterTheLast() {
    try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
      wire.call.request(1_000);
      for (int i = 0; i < 100; i++) wire.send(message(i * 10, 10));
      wire.call.halfClose();
      assertThat(wire.status().isOk()).isTrue();
      assertThat(wire.results).hasSize(1_000).allMatch(TradeResult::hasNovated);
      assertThat(wire.results).extracting(TradeResult::getTradeId).doesNotHaveDuplicates();
    }
  }

  @Test
  void answersThatAreThereTogetherTravelTogether() {
    node.trade.answering = false;
    try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
      wire.call.request(1_000);
      for (int i = 0; i < 20; i++) wire.send(message(i * 50, 50));
      await(() -> node.trade.waiting.size() == 20);
      node.trade.waiting.forEach(batch -> batch.answer(new Outcome.Novated(1)));
      await(() -> wire.results.size() == 1_000);
      assertThat(wire.messages.size()).isLessThan(500);
    }
  }

  @Test
  void malformedTradeIsRefusedAloneAndNamed() {
    try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
      wire.call.request(10);
      wire.send(
          SubmitTradesRequest.newBuilder()
              .addTrades(trade("t-1"))
              .addTrades(trade("t-2").toBuilder().setPrice("NaN"))
              .addTrades(trade("t-3"))
              .build());
      await(() -> wire.results.size() == 3);
      TradeResult refused =
          wire.results.stream().filter(TradeResult::hasRefused).findFirst().orElseThrow();
      assertThat(refused.getTradeId()).isEqualTo("t-2");
      assertThat(EdgeNode.field(refused.getRefused())).isEqualTo("trades[1].price");
      assertThat(node.trade.forwarded).hasSize(2);
    }
  }

  @Test
  void refusesMessageWithoutTradesAndWithTooMany() {
    for (int count : new int[] {0, 1_025}) {
      try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
        wire.call.request(10);
        wire.send(message(0, count));
        assertThat(wire.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(wire.reason()).isEqualTo("MALFORMED");
      }
    }
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void stopsReadingWhileTooManyTradesAreUnanswered() {
    node.trade.answering = false;
    try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
      wire.call.request(Integer.MAX_VALUE);
      for (int i = 0; i < 40; i++) wire.send(message(i * 1_000, 1_000));
      await(() -> node.trade.forwarded.size() >= 15_000);
      settle(() -> node.trade.forwarded.size());
      assertThat(node.trade.forwarded.size()).isBetween(15_000, 16_384);

      // As answers come, it reads on, until nothing is left.
      await(
          () -> {
            Batch batch = node.trade.waiting.poll();
            if (batch != null) batch.answer(new Outcome.Novated(1));
            return wire.results.size() == 40_000;
          });
      assertThat(node.trade.forwarded).hasSize(40_000);
    }
  }

  @Test
  void clientThatNeverReadsIsNotReadFromAndThenCut() throws Exception {
    node.trade.outcome = new Outcome.Refused(SHORT); // Long answers fill the pipe sooner.
    ManagedChannel narrow = node.builder().flowControlWindow(65_535).build();
    try (Wire wire = new Wire(narrow, node.as("venue-1"))) {
      for (int i = 0; i < 60; i++) wire.send(message(i * 1_000, 1_000));
      await(() -> node.trade.forwarded.size() >= 1_000);
      settle(() -> node.trade.forwarded.size());
      assertThat(node.trade.forwarded.size()).isLessThan(20_000);
      await(() -> wire.sawCutAfterReading());
      assertThat(wire.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(wire.reason()).isEqualTo("SLOW_READER");
    } finally {
      narrow.shutdownNow();
    }
  }

  @Test
  void streamCutInTheMiddleLeavesTradesToBeSubmittedAgain() {
    node.trade.answering = false;
    try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
      wire.call.request(10);
      wire.send(message(0, 3));
      await(() -> !node.trade.waiting.isEmpty());
      wire.call.cancel("cut", null);
      assertThat(wire.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    }
    node.trade.waiting.remove().answer(new Outcome.Novated(1)); // Too late for this stream.
    node.trade.answering = true;
    try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
      wire.call.request(10);
      wire.send(message(0, 3));
      await(() -> wire.results.size() == 3);
    }
    assertThat(node.trade.forwarded).hasSize(6);
  }

  @Test
  void streamEndsWithItsToken() {
    ClientInterceptor token =
        node.as("venue-1", Set.of(Role.VENUE), Instant.now(), Duration.ofMinutes(1));
    try (Wire wire = new Wire(node.channel, token)) {
      wire.call.request(10);
      wire.send(message(0, 1));
      await(() -> wire.results.size() == 1);
      node.ahead = Duration.ofMinutes(2);
      wire.send(message(1, 1));
      assertThat(wire.status().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(wire.reason()).isEqualTo("TOKEN_EXPIRED");
      assertThat(node.trade.forwarded).hasSize(1);
    }
  }

  @Test
  void unknownOutcomeSaysUnavailable() {
    node.trade.outcome = new Outcome.Unavailable("the account moved");
    try (Wire wire = new Wire(node.channel, node.as("venue-1"))) {
      wire.call.request(10);
      wire.send(message(0, 1));
      await(() -> wire.results.size() == 1);
      assertThat(wire.results.peek().getRefused().getCode()).isEqualTo(Code.UNAVAILABLE_VALUE);
    }
  }

  static Trade trade(String id) {
    return Trade.newBuilder()
        .setTradeId(id)
        .setInstrument("BTC-PERP")
        .setPrice("50000")
        .setQuantity("1")
        .setBuyerAccountId("a-1")
        .setSellerAccountId("b-1")
        .setExecutedAtMs(1_000)
        .build();
  }

  private static SubmitTradesRequest message(int from, int count) {
    SubmitTradesRequest.Builder message = SubmitTradesRequest.newBuilder();
    for (int i = from; i < from + count; i++) message.addTrades(trade("t-" + i));
    return message.build();
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline of a condition").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Waits until a figure has not changed for a while. */
  private static void settle(IntSupplier figure) {
    int[] last = {figure.getAsInt()};
    long[] since = {System.nanoTime()};
    await(
        () -> {
          int now = figure.getAsInt();
          if (now != last[0]) since[0] = System.nanoTime();
          last[0] = now;
          return System.nanoTime() - since[0] > PATIENCE.toNanos() / 2;
        });
  }

  /** One stream, which reads only what it asks for. */
  private static final class Wire extends ClientCall.Listener<SubmitTradesResponse>
      implements AutoCloseable {
    final Queue<SubmitTradesResponse> messages = new ConcurrentLinkedQueue<>();
    final Queue<TradeResult> results = new ConcurrentLinkedQueue<>();
    final ClientCall<SubmitTradesRequest, SubmitTradesResponse> call;
    private final CompletableFuture<Status> closed = new CompletableFuture<>();
    private volatile Metadata trailers = new Metadata();

    Wire(ManagedChannel channel, ClientInterceptor token) {
      call =
          ClientInterceptors.intercept(channel, token)
              .newCall(ClearingServiceGrpc.getSubmitTradesMethod(), CallOptions.DEFAULT);
      call.start(this, new Metadata());
    }

    void send(SubmitTradesRequest message) {
      call.sendMessage(message);
    }

    @Override
    public void onMessage(SubmitTradesResponse message) {
      messages.add(message);
      results.addAll(message.getResultsList());
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      this.trailers = trailers;
      closed.complete(status);
    }

    /** Reads little by little what the node had sent, until it finds that the node gave up. */
    boolean sawCutAfterReading() {
      LockSupport.parkNanos(PATIENCE.toNanos());
      call.request(4);
      return closed.isDone();
    }

    Status status() {
      return closed.orTimeout(60, TimeUnit.SECONDS).join();
    }

    String reason() {
      com.google.rpc.Status status = StatusProto.fromStatusAndTrailers(status(), trailers);
      return EdgeNode.info(status).getReason();
    }

    @Override
    public void close() {
      call.cancel("the test is over", null);
    }
  }
}
