package org.novation.api.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.LiquidationServiceGrpc;
import org.novation.protocol.v1.WatchAuctionsRequest;
import org.novation.protocol.v1.WatchAuctionsResponse;

/**
 * The auctions of a node as a liquidator follows them: every open one, then each after its changes.
 * A watch that is cut is begun again by itself, and then tells every open auction anew.
 *
 * <p>The listener is called by one thread at a time, and the next state is asked for when it
 * returns: while it works, what it has not seen is replaced by what is newer.
 */
public final class AuctionStream implements AutoCloseable {
  private static final long PAUSE_MS_MAX = 3_000;

  private final Channel channel;
  private final Listener listener;
  private final ScheduledExecutorService timer;
  private int failures; // Since the last state; by the session's thread alone.
  private @Nullable Session session; // Guarded by this.
  private boolean closed; // Guarded by this.

  /** Follows auctions. */
  public interface Listener {
    /** An auction as it is now; its end is told once. */
    void auction(Auction auction);

    /** The node says no for good; nothing more is told. */
    void refused(CallFailed why);
  }

  AuctionStream(Channel channel, Listener listener, ScheduledExecutorService timer) {
    this.channel = channel;
    this.listener = listener;
    this.timer = timer;
  }

  synchronized void open() {
    if (closed) return;
    Session opened = new Session();
    opened.start();
    session = opened;
  }

  @Override
  public void close() {
    Session open;
    synchronized (this) {
      closed = true;
      open = session;
      session = null;
    }
    if (open != null) open.call.cancel("no longer watched", null);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private final class Session extends ClientCall.Listener<WatchAuctionsResponse> {
    final ClientCall<WatchAuctionsRequest, WatchAuctionsResponse> call =
        channel.newCall(LiquidationServiceGrpc.getWatchAuctionsMethod(), CallOptions.DEFAULT);

    void start() {
      call.start(this, new Metadata());
      call.sendMessage(WatchAuctionsRequest.getDefaultInstance());
      call.halfClose();
      call.request(1);
    }

    @Override
    public void onMessage(WatchAuctionsResponse response) {
      if (isClosed()) return;
      failures = 0;
      listener.auction(response.getAuction());
      call.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (isClosed()) return;
      CallFailed why =
          status.isOk()
              ? CallFailed.unavailable("the node ended the watch")
              : CallFailed.of(status.asRuntimeException(trailers));
      if (why.kind() != CallFailed.Kind.UNAVAILABLE) {
        listener.refused(why);
        return;
      }
      long pauseMs = Math.min(PAUSE_MS_MAX, 50L << Math.min(failures++, 10));
      var _ = timer.schedule(AuctionStream.this::open, pauseMs, TimeUnit.MILLISECONDS);
    }
  }
}
