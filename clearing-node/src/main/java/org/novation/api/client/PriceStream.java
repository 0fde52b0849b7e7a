package org.novation.api.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.novation.protocol.v1.MarketServiceGrpc;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PublishPricesRequest;
import org.novation.protocol.v1.PublishPricesResponse;

/**
 * Publishes an oracle's prices in order, each message answered. A price that was lost with its
 * stream is not sent again: a newer one will do.
 */
public final class PriceStream implements AutoCloseable {
  /** Most messages on their way. */
  public static final int UNANSWERED_MAX = 64;

  private final Channel channel;
  private @Nullable Session session; // Guarded by this.
  private boolean closed;

  PriceStream(Channel channel) {
    this.channel = channel;
  }

  /**
   * Publishes 1 to 256 prices, waiting while as many messages are on their way as may be. The
   * future fails with {@link CallFailed} when the stream does; the next message opens another.
   */
  public CompletableFuture<PublishPricesResponse> publish(List<OraclePrice> prices)
      throws InterruptedException {
    CompletableFuture<PublishPricesResponse> answer = new CompletableFuture<>();
    synchronized (this) {
      while (!closed && session != null && session.unanswered.size() >= UNANSWERED_MAX) wait();
      if (closed) throw CallFailed.unavailable("the stream is closed");
      Session to = session;
      if (to == null) {
        session = to = new Session();
        to.open();
      }
      to.send(PublishPricesRequest.newBuilder().addAllPrices(prices).build(), answer);
    }
    return answer;
  }

  /** Ends the stream; what is unanswered fails. */
  @Override
  public void close() {
    Session open;
    synchronized (this) {
      closed = true;
      open = session;
    }
    if (open != null) open.fail(CallFailed.unavailable("the stream is closed"));
  }

  private final class Session
      implements ClientResponseObserver<PublishPricesRequest, PublishPricesResponse> {
    private final Deque<CompletableFuture<PublishPricesResponse>> unanswered = new ArrayDeque<>();
    private @Nullable ClientCallStreamObserver<PublishPricesRequest> call;

    void open() {
      ClientCalls.asyncBidiStreamingCall(
          channel.newCall(MarketServiceGrpc.getPublishPricesMethod(), CallOptions.DEFAULT), this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<PublishPricesRequest> requests) {
      call = requests;
    }

    void send(PublishPricesRequest request, CompletableFuture<PublishPricesResponse> answer) {
      unanswered.add(answer);
      if (call != null) call.onNext(request);
    }

    @Override
    public void onNext(PublishPricesResponse response) {
      CompletableFuture<PublishPricesResponse> answer;
      synchronized (PriceStream.this) {
        answer = unanswered.poll();
        PriceStream.this.notifyAll();
      }
      if (answer != null) answer.complete(response);
    }

    @Override
    public void onError(Throwable failure) {
      fail(CallFailed.of(failure));
    }

    @Override
    public void onCompleted() {
      fail(CallFailed.unavailable("the node ended the stream"));
    }

    void fail(CallFailed why) {
      List<CompletableFuture<PublishPricesResponse>> lost;
      synchronized (PriceStream.this) {
        lost = new ArrayList<>(unanswered);
        unanswered.clear();
        if (session == this) session = null;
        PriceStream.this.notifyAll();
      }
      if (call != null) call.cancel("no longer used", null);
      for (CompletableFuture<PublishPricesResponse> answer : lost)
        answer.completeExceptionally(why);
    }
  }
}
