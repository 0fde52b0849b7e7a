package org.novation.api.client;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import org.jspecify.annotations.Nullable;

/**
 * States as they become known, read one after the other. What is not read in time is replaced by
 * what is newer. Nothing is asked for before the first is read.
 */
public final class Updates<A> implements AutoCloseable {
  private final BlockingClientCall<?, A> call;

  Updates(BlockingClientCall<?, A> call) {
    this.call = call;
  }

  /**
   * The next state, waiting for it; null when there will be none.
   *
   * @throws CallFailed when the node ends the watch
   */
  public @Nullable A next() throws InterruptedException {
    try {
      return call.read();
    } catch (StatusException e) {
      throw CallFailed.of(e);
    }
  }

  @Override
  public void close() {
    call.cancel("no longer watched", null);
  }
}
