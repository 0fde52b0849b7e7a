package org.novation.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.MarketPort.OraclePrice;
import org.novation.api.MarketPort.Published;
import org.novation.api.MarketPort.RefusedPrice;
import org.novation.api.error.Problem;
import org.novation.protocol.v1.PublishPricesRequest;
import org.novation.protocol.v1.PublishPricesResponse;

/**
 * One oracle's stream of prices: one message is read, published and answered, then the next is
 * asked for. So prices keep their order, and nothing waits here but one answer.
 */
final class PublishPricesCall implements StreamObserver<PublishPricesRequest> {
  private static final int MESSAGE_MAX = Limits.PRICES_PER_MESSAGE;

  private final String oracle;
  private final MarketPort markets;
  private final ServerCallStreamObserver<PublishPricesResponse> call;
  private final Drain drain;

  private final Object lock = new Object();
  private @Nullable PublishPricesResponse answer;
  private @Nullable Problem failure;
  private boolean
      answering; // From a message's arrival until its answer is handed to the transport.
  private boolean halfClosed;
  private boolean ended;

  PublishPricesCall(
      String oracle,
      MarketPort markets,
      ServerCallStreamObserver<PublishPricesResponse> call,
      Edge edge) {
    this.oracle = oracle;
    this.markets = markets;
    this.call = call;
    this.drain = new Drain(edge.executor(), this::step);
  }

  /** Begins to read. To be called while the call is being set up. */
  void start() {
    call.disableAutoRequest();
    call.setOnReadyHandler(drain::signal);
    call.setOnCancelHandler(this::end);
    call.request(1);
  }

  @Override
  public void onNext(PublishPricesRequest message) {
    synchronized (lock) {
      answering = true;
    }
    try {
      Fields.requireCount("prices", message.getPricesCount(), MESSAGE_MAX);
    } catch (Problem.Found found) {
      fail(found.problem());
      return;
    }
    PublishPricesResponse.Builder response = PublishPricesResponse.newBuilder();
    List<OraclePrice> prices = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    for (int i = 0; i < message.getPricesCount(); i++) {
      try {
        prices.add(Prices.read(message.getPrices(i)));
        positions.add(i);
      } catch (Problem.Found found) {
        response.addRefused(
            Prices.refused(message.getPrices(i), found.problem().within("prices[" + i + "]")));
      }
    }
    if (prices.isEmpty()) {
      answer(response.build());
      return;
    }
    var _ =
        Stages.timely(markets.publish(oracle, prices))
            .whenComplete(
                (published, problem) -> {
                  if (problem == null) {
                    answer(written(message, response, positions, published));
                  } else {
                    fail(Stages.problem(problem));
                  }
                });
  }

  private static PublishPricesResponse written(
      PublishPricesRequest message,
      PublishPricesResponse.Builder response,
      List<Integer> positions,
      Published published) {
    for (RefusedPrice refused : published.refused()) {
      response.addRefused(
          Prices.refused(
              message.getPrices(positions.get(refused.index())), Prices.problem(refused.why())));
    }
    return response.setAccepted(published.accepted()).setGaps(published.gaps()).build();
  }

  private void answer(PublishPricesResponse response) {
    synchronized (lock) {
      answer = response;
    }
    drain.signal();
  }

  private void fail(Problem problem) {
    synchronized (lock) {
      failure = problem;
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

  private void end() {
    synchronized (lock) {
      ended = true;
    }
  }

  private void step() {
    PublishPricesResponse ready = null;
    Problem failed;
    boolean done;
    synchronized (lock) {
      if (ended) return;
      failed = failure;
      if (failed == null && answer != null && call.isReady()) {
        ready = answer;
        answer = null;
        answering = false;
      }
      done = halfClosed && !answering;
      ended = done || failed != null;
    }
    if (ready != null) call.onNext(ready);
    if (failed != null) {
      call.onError(failed.toException());
    } else if (done) {
      call.onCompleted();
    } else if (ready != null) {
      call.request(1);
    }
  }
}
