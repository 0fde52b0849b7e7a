package org.novation.api.client;

import com.google.rpc.Code;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.SubmitTradesRequest;
import org.novation.protocol.v1.SubmitTradesResponse;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.TradeResult;

/**
 * Submits trades at speed. Trades that are submitted while the one before is on its way travel
 * together. A trade whose outcome is unknown, also because the stream was cut, is submitted again
 * with the same id until it is known or the tries are used up.
 *
 * <p>Answers come on the client's threads, in any order, one per trade. Whoever takes them must not
 * wait, and so must not {@link #submit} when that could wait.
 */
public final class TradeStream implements AutoCloseable {
  private final Channel channel;
  private final Limits limits;
  private final Executor executor;
  private final ScheduledExecutorService timer;
  private final AtomicInteger signals = new AtomicInteger();

  // Guarded by this.
  private final Map<String, Flight> flights = new LinkedHashMap<>();
  private final Deque<Flight> unsent = new ArrayDeque<>();
  private @Nullable Session session;
  private int failedSessions; // Since the last answer.
  private int untold; // Answers that are known and not yet taken.
  private boolean waitingToReopen;
  private @Nullable CallFailed broken;
  private boolean closed;

  /**
   * @param unanswered most trades on their way, 1 to 16,384
   * @param perMessage most trades that travel together, 1 to 1,024
   * @param tries how often a trade is submitted before its outcome is given up as unknown
   * @param firstPause before the second try; doubles with each further one, up to 3 s
   */
  public record Limits(int unanswered, int perMessage, int tries, Duration firstPause) {
    public static final Limits DEFAULT = new Limits(8_192, 256, 10, Duration.ofMillis(50));

    public Limits {
      if (unanswered < 1 || unanswered > 16_384)
        throw new IllegalArgumentException("1 to 16384 unanswered trades");
      if (perMessage < 1 || perMessage > 1_024)
        throw new IllegalArgumentException("1 to 1024 trades a message");
      if (tries < 1) throw new IllegalArgumentException("a trade is tried at least once");
    }
  }

  /** Takes the answer to one trade. */
  @FunctionalInterface
  public interface Answered {
    /**
     * @param answer {@link TradeAnswer.Unknown} only when all tries are used up
     */
    void answered(Trade trade, TradeAnswer answer);
  }

  private static final class Flight {
    final Trade trade;
    final Answered answered;
    int tries;
    boolean pausing; // Waits for its next try, neither sent nor to be sent.

    Flight(Trade trade, Answered answered) {
      this.trade = trade;
      this.answered = answered;
    }
  }

  private record Completed(Flight flight, TradeAnswer answer) {}

  TradeStream(Channel channel, Limits limits, Executor executor, ScheduledExecutorService timer) {
    this.channel = channel;
    this.limits = limits;
    this.executor = executor;
    this.timer = timer;
  }

  /**
   * Submits a trade, waiting while as many are on their way as may be.
   *
   * @throws CallFailed when the stream is not permitted, or was closed
   * @throws IllegalArgumentException when a trade of this id is on its way
   */
  public void submit(Trade trade, Answered answered) throws InterruptedException {
    Flight flight = new Flight(trade, answered);
    synchronized (this) {
      while (broken == null && !closed && flights.size() >= limits.unanswered()) wait();
      if (broken != null) throw broken;
      if (closed) throw CallFailed.unavailable("the stream is closed");
      if (flights.putIfAbsent(trade.getTradeId(), flight) != null) {
        throw new IllegalArgumentException(
            "trade " + trade.getTradeId() + " is on its way already");
      }
      unsent.add(flight);
    }
    signal();
  }

  /** How many trades are on their way. */
  public synchronized int unanswered() {
    return flights.size();
  }

  /** Waits until every answer is taken; false when some trades have none after this long. */
  public synchronized boolean awaitAnswers(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!flights.isEmpty() || untold > 0) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (leftMs <= 0) return false;
      wait(leftMs);
    }
    return true;
  }

  /** Ends the stream; the outcome of what is unanswered stays unknown, and nobody is told. */
  @Override
  public void close() {
    Session open;
    synchronized (this) {
      closed = true;
      flights.clear();
      unsent.clear();
      open = session;
      session = null;
      notifyAll();
    }
    if (open != null) open.end();
  }

  private void signal() {
    if (signals.getAndIncrement() == 0) executor.execute(this::run);
  }

  private void run() {
    int seen = signals.get();
    while (seen != 0) {
      send();
      seen = signals.addAndGet(-seen);
    }
  }

  /** By one thread at a time. */
  private void send() {
    Session to = session();
    while (to != null && to.isReady()) {
      List<Trade> batch = nextBatch(to);
      if (batch.isEmpty()) return;
      to.send(SubmitTradesRequest.newBuilder().addAllTrades(batch).build());
    }
  }

  private @Nullable Session session() {
    Session opened;
    synchronized (this) {
      if (closed || broken != null || waitingToReopen) return null;
      if (session != null || unsent.isEmpty()) return session;
      opened = session = new Session();
    }
    opened.open();
    return opened;
  }

  private synchronized List<Trade> nextBatch(Session to) {
    if (session != to) return List.of();
    List<Trade> batch = new ArrayList<>(Math.min(unsent.size(), limits.perMessage()));
    while (!unsent.isEmpty() && batch.size() < limits.perMessage()) {
      Flight flight = unsent.remove();
      flight.tries++;
      batch.add(flight.trade);
    }
    return batch;
  }

  private void received(SubmitTradesResponse response) {
    List<Completed> completed = new ArrayList<>(response.getResultsCount());
    synchronized (this) {
      failedSessions = 0;
      for (TradeResult result : response.getResultsList()) {
        Flight flight = flights.get(result.getTradeId());
        if (flight == null) continue;
        if (isUnavailable(result) && flight.tries < limits.tries()) {
          tryAgainLater(flight);
        } else {
          flights.remove(result.getTradeId());
          completed.add(new Completed(flight, TradeAnswer.of(result)));
        }
      }
      untold += completed.size();
      notifyAll();
    }
    tell(completed);
  }

  private static boolean isUnavailable(TradeResult result) {
    return result.hasRefused() && result.getRefused().getCode() == Code.UNAVAILABLE_VALUE;
  }

  private void tell(List<Completed> completed) {
    try {
      for (Completed each : completed)
        each.flight().answered.answered(each.flight().trade, each.answer());
    } finally {
      synchronized (this) {
        untold -= completed.size();
        notifyAll();
      }
    }
  }

  private void tryAgainLater(Flight flight) {
    flight.pausing = true;
    var _ =
        timer.schedule(
            () -> {
              synchronized (this) {
                // A stream that was cut meanwhile has put every trade that is left back in the
                // queue.
                if (flight.pausing) unsent.add(flight);
                flight.pausing = false;
              }
              signal();
            },
            pauseMs(flight.tries),
            TimeUnit.MILLISECONDS);
  }

  private long pauseMs(int failures) {
    return Math.min(3_000, limits.firstPause().toMillis() << Math.min(failures - 1, 10));
  }

  /** The stream was cut: the outcome of what was sent on it is unknown. */
  private void cut(Session which, CallFailed why) {
    List<Completed> givenUp = new ArrayList<>();
    synchronized (this) {
      if (session != which) return;
      session = null;
      failedSessions++;
      boolean isFinal = why.kind() != CallFailed.Kind.UNAVAILABLE;
      if (isFinal) broken = why;
      unsent.clear();
      for (Flight flight : List.copyOf(flights.values())) {
        flight.pausing = false;
        if (isFinal || failedSessions >= limits.tries() || flight.tries >= limits.tries()) {
          flights.remove(flight.trade.getTradeId());
          givenUp.add(
              new Completed(flight, new TradeAnswer.Unknown(String.valueOf(why.getMessage()))));
        } else {
          unsent.add(flight);
        }
      }
      untold += givenUp.size();
      reopenLater();
      notifyAll();
    }
    tell(givenUp);
  }

  private void reopenLater() {
    waitingToReopen = true;
    var _ =
        timer.schedule(
            () -> {
              synchronized (this) {
                waitingToReopen = false;
              }
              signal();
            },
            pauseMs(failedSessions),
            TimeUnit.MILLISECONDS);
  }

  /** One stream of the wire. */
  private final class Session
      implements ClientResponseObserver<SubmitTradesRequest, SubmitTradesResponse> {
    private @Nullable ClientCallStreamObserver<SubmitTradesRequest> call;

    void open() {
      ClientCalls.asyncBidiStreamingCall(
          channel.newCall(ClearingServiceGrpc.getSubmitTradesMethod(), CallOptions.DEFAULT), this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<SubmitTradesRequest> requests) {
      call = requests;
      requests.setOnReadyHandler(TradeStream.this::signal);
    }

    boolean isReady() {
      return call != null && call.isReady();
    }

    void send(SubmitTradesRequest request) {
      if (call != null) call.onNext(request);
    }

    void end() {
      if (call != null) call.cancel("the stream is closed", null);
    }

    @Override
    public void onNext(SubmitTradesResponse response) {
      received(response);
    }

    @Override
    public void onError(Throwable failure) {
      cut(this, CallFailed.of(failure));
    }

    @Override
    public void onCompleted() {
      cut(this, CallFailed.unavailable("the node ended the stream"));
    }
  }
}
