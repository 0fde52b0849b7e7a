package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.error.Problem;
import org.novation.clearing.Outcome;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.SubmitTradesRequest;
import org.novation.protocol.v1.SubmitTradesResponse;
import org.novation.protocol.v1.TradeResult;

/**
 * One stream of trades and their answers.
 *
 * <p>Flow control: a further message is asked for only while it fits under {@link #UNANSWERED_MAX},
 * however full, and the transport takes answers. A trade counts as unanswered until its answer is
 * handed to the transport, so this bounds the answers in memory too: a client that does not read is
 * not read from, and after a while its stream is cut. Answers that are there together travel
 * together; one that is alone does not wait.
 *
 * <p>Requests arrive on the call's own thread, answers on any. What they share is guarded by {@code
 * lock}; the transport is spoken to by the drain alone, outside of it.
 */
final class SubmitTradesCall implements StreamObserver<SubmitTradesRequest> {
  /** Most trades of a stream that may be unanswered. */
  static final int UNANSWERED_MAX = Limits.TRADES_UNANSWERED;

  /** Most trades of one message, and most answers of one. */
  static final int MESSAGE_MAX = Limits.TRADES_PER_MESSAGE;

  /** Messages asked for ahead, so that one is decoded while the one before is being read. */
  private static final int REQUESTED_MAX = 4;

  private final String venue;
  private final ClearingPort clearing;
  private final Supplier<Catalogue> catalogue;
  private final ServerCallStreamObserver<SubmitTradesResponse> call;
  private final ScheduledExecutorService timer;
  private final long patienceMs;
  private final Drain drain;

  private final Object lock = new Object();
  private final Deque<TradeResult> answers = new ArrayDeque<>();
  private int unanswered; // Including those whose answers wait above.
  private int requested; // Messages that were asked for and have not arrived.
  private boolean halfClosed;
  private boolean ended;
  private @Nullable Problem failure;
  private @Nullable ScheduledFuture<?> cut; // Set while the client leaves waiting answers unread.

  SubmitTradesCall(
      String venue,
      ClearingPort clearing,
      Supplier<Catalogue> catalogue,
      ServerCallStreamObserver<SubmitTradesResponse> call,
      Edge edge) {
    this.venue = venue;
    this.clearing = clearing;
    this.catalogue = catalogue;
    this.call = call;
    this.timer = edge.timer();
    this.patienceMs = edge.patience().toMillis();
    this.drain = new Drain(edge.executor(), this::step);
  }

  /** Begins to read. To be called while the call is being set up. */
  void start() {
    call.disableAutoRequest();
    call.setOnReadyHandler(drain::signal);
    call.setOnCancelHandler(this::end);
    requested = 1;
    call.request(1);
  }

  @Override
  public void onNext(SubmitTradesRequest message) {
    int count = message.getTradesCount();
    if (count < 1 || count > MESSAGE_MAX) {
      fail(
          Problem.inField(
              "trades",
              "MALFORMED",
              "1 to " + MESSAGE_MAX + " trades a message",
              "value",
              Integer.toString(count),
              "max",
              Integer.toString(MESSAGE_MAX)));
      return;
    }
    List<Trade> batch = new ArrayList<>(count);
    List<TradeResult> malformed = read(message, batch);
    synchronized (lock) {
      if (ended || failure != null) return;
      requested--;
      unanswered += count;
      answers.addAll(malformed);
    }
    if (!batch.isEmpty())
      clearing.submit(batch, (index, outcome) -> answered(batch.get(index), outcome));
    if (malformed.isEmpty()) {
      readOn();
    } else {
      drain.signal();
    }
  }

  /** Fills the batch with what can be read and returns the refusals of what cannot. */
  private List<TradeResult> read(SubmitTradesRequest message, List<Trade> batch) {
    Catalogue listed = catalogue.get();
    List<TradeResult> malformed = List.of();
    for (int i = 0; i < message.getTradesCount(); i++) {
      org.novation.protocol.v1.Trade trade = message.getTrades(i);
      try {
        batch.add(Trades.read(venue, trade, listed));
      } catch (Problem.Found found) {
        if (malformed.isEmpty()) malformed = new ArrayList<>();
        malformed.add(
            Outcomes.result(trade.getTradeId(), found.problem().within("trades[" + i + "]")));
      }
    }
    return malformed;
  }

  private void answered(Trade trade, Outcome outcome) {
    TradeResult result = Outcomes.result(trade.tradeId(), outcome, catalogue.get());
    synchronized (lock) {
      if (ended) return;
      answers.add(result);
    }
    drain.signal();
  }

  @Override
  public void onCompleted() {
    synchronized (lock) {
      halfClosed = true;
    }
    drain.signal();
  }

  @Override
  public void onError(Throwable cancelled) {
    end();
  }

  private void fail(Problem problem) {
    synchronized (lock) {
      if (failure == null) failure = problem;
    }
    drain.signal();
  }

  /** Nobody listens any more. */
  private void end() {
    synchronized (lock) {
      ended = true;
      answers.clear();
      worry(false);
    }
  }

  /** Hands the transport what it takes, then closes the call, reads on or worries. */
  private void step() {
    boolean sent = false;
    while (call.isReady()) {
      List<TradeResult> taken = take();
      if (taken.isEmpty()) break;
      call.onNext(SubmitTradesResponse.newBuilder().addAllResults(taken).build());
      sent = true;
    }
    Problem failed;
    synchronized (lock) {
      if (ended) return;
      failed = failure;
      ended = failed != null || (halfClosed && unanswered == 0);
      if (sent) worry(false);
      worry(!ended && !answers.isEmpty());
      if (ended) answers.clear();
    }
    if (failed != null) {
      call.onError(failed.toException());
    } else if (ended) {
      call.onCompleted();
    } else {
      readOn();
    }
  }

  private List<TradeResult> take() {
    synchronized (lock) {
      int count = Math.min(answers.size(), MESSAGE_MAX);
      if (count == 0 || ended) return List.of();
      List<TradeResult> taken = new ArrayList<>(count);
      for (int i = 0; i < count; i++) taken.add(answers.remove());
      unanswered -= count;
      return taken;
    }
  }

  private void readOn() {
    int more;
    synchronized (lock) {
      if (ended || halfClosed || failure != null || !call.isReady()) return;
      int room = (UNANSWERED_MAX - unanswered) / MESSAGE_MAX;
      more = Math.min(room, REQUESTED_MAX) - requested;
      if (more <= 0) return;
      requested += more;
    }
    call.request(more);
  }

  /** Starts, keeps or ends the time within which the client must read. */
  private void worry(boolean unread) {
    if (unread && cut == null) {
      cut = timer.schedule(this::cut, patienceMs, TimeUnit.MILLISECONDS);
    } else if (!unread && cut != null) {
      cut.cancel(false);
      cut = null;
    }
  }

  private void cut() {
    fail(
        Problem.of(
            Code.RESOURCE_EXHAUSTED,
            "SLOW_READER",
            "answers were not read for "
                + patienceMs
                + " ms: submit what is unanswered again, with the same ids",
            "patience_ms",
            Long.toString(patienceMs)));
  }
}
