package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.node.store.StoreConfig;

/** A node that has lost a part says so and ends, rather than answer from what it knew then. */
final class LostPartTest {
  @TempDir private Path directory;

  @Test
  void aNodeWhosePriceBoardFailsServesNoMoreAndEndsSoThatItIsStartedAgain() throws Exception {
    AtomicBoolean broken = new AtomicBoolean();
    LongSupplier clock =
        () -> {
          if (broken.get()) throw new IllegalStateException("the clock broke, as the test wants");
          return System.currentTimeMillis();
        };
    try (Node node = Node.start(settings().withClock(clock));
        NovationClient anybody =
            NovationClient.connect(Target.local(directory, node.port(), "venue-1"))) {
      assertThat(await(anybody.serving())).isTrue();
      CompletableFuture<Boolean> ended = ended(node);
      broken.set(true); // The board asks for the time in each of its rounds.
      assertThat(ended.get(30, TimeUnit.SECONDS)).as("ended as it was told").isFalse();
      assertThat(await(anybody.serving())).isFalse();
    }
  }

  @Test
  void aNodeThatIsClosedHasLostNothing() throws Exception {
    CompletableFuture<Boolean> ended;
    try (Node node = Node.start(settings())) {
      ended = ended(node);
    }
    assertThat(ended.get(30, TimeUnit.SECONDS)).isTrue();
  }

  private NodeSettings settings() {
    return NodeSettings.local(
        directory,
        new StoreConfig.H2Memory("lost-part-" + directory.getFileName()),
        InstrumentConfig.in(Path.of("..", "config")).catalogue());
  }

  private static CompletableFuture<Boolean> ended(Node node) {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                ended.complete(node.awaitEnd());
              } catch (InterruptedException e) {
                ended.completeExceptionally(e);
              }
            });
    return ended;
  }
}
