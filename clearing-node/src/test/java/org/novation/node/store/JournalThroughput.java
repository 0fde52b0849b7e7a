package org.novation.node.store;

import com.sun.management.OperatingSystemMXBean;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.ConcurrentHistogram;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * How many events a second the journal takes, by itself: every actor persists, waits for the
 * answer, persists again. Not a test: {@code java -cp … org.novation.node.store.JournalThroughput
 * STORE ACTORS EVENTS-PER-WRITE SECONDS}, where STORE is what {@code --store} takes.
 */
final class JournalThroughput {
  private final AtomicBoolean counting = new AtomicBoolean();
  private final AtomicBoolean running = new AtomicBoolean(true);
  private final ConcurrentHistogram micros =
      new ConcurrentHistogram(Duration.ofMinutes(1).toMillis() * 1_000, 3);
  private final int eventsPerWrite;
  private final CountDownLatch stopped;

  private JournalThroughput(int actors, int eventsPerWrite) {
    this.eventsPerWrite = eventsPerWrite;
    this.stopped = new CountDownLatch(actors);
  }

  public static void main(String[] args) throws InterruptedException {
    StoreConfig config =
        StoreConfig.parse(args[0], Path.of("target", "throughput"), System.getenv());
    int actors = Integer.parseInt(args[1]);
    int eventsPerWrite = Integer.parseInt(args[2]);
    long seconds = Long.parseLong(args[3]);
    try (Store store = Store.open(config)) {
      Config all =
          ConfigFactory.systemProperties()
              .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
              .withFallback(store.persistenceConfig())
              .withFallback(ConfigFactory.load());
      JournalThroughput measured = new JournalThroughput(actors, eventsPerWrite);
      ActorSystem<Void> system = ActorSystem.create(measured.drivers(actors), "throughput", all);
      Thread.sleep(Duration.ofSeconds(seconds)); // The compiler and the server warm up.
      long cpuNanos = cpuNanos();
      measured.counting.set(true);
      Thread.sleep(Duration.ofSeconds(seconds));
      measured.counting.set(false);
      cpuNanos = cpuNanos() - cpuNanos;
      measured.running.set(false);
      measured.stopped.await();
      System.out.printf(
          "%s, %d actors, %d a write: %,d events/s, p50 %.1f ms, p99 %.1f ms, %.1f us of this JVM's"
              + " CPU an event%n",
          store,
          actors,
          eventsPerWrite,
          measured.micros.getTotalCount() * eventsPerWrite / seconds,
          measured.micros.getValueAtPercentile(50) / 1e3,
          measured.micros.getValueAtPercentile(99) / 1e3,
          cpuNanos / 1e3 / Math.max(1, measured.micros.getTotalCount() * eventsPerWrite));
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  /** Says more than the rate does where the machine has other work too. */
  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private Behavior<Void> drivers(int actors) {
    String run = Long.toString(System.currentTimeMillis(), 36);
    return Behaviors.setup(
        context -> {
          for (int i = 0; i < actors; i++) {
            var ledgerling = context.spawn(Ledgerling.create(run + "-" + i, 0), "ledgerling-" + i);
            context.spawn(driver(ledgerling), "driver-" + i);
          }
          return Behaviors.empty();
        });
  }

  private Behavior<Done> driver(ActorRef<Ledgerling.Message> ledgerling) {
    return Behaviors.setup(
        context -> {
          long[] sent = {System.nanoTime()};
          ledgerling.tell(new Ledgerling.Add(eventsPerWrite, context.getSelf()));
          return Behaviors.receiveMessage(
              _ -> {
                long now = System.nanoTime();
                if (counting.get()) micros.recordValue((now - sent[0]) / 1_000);
                if (!running.get()) {
                  stopped.countDown();
                  return Behaviors.stopped();
                }
                sent[0] = now;
                ledgerling.tell(new Ledgerling.Add(eventsPerWrite, context.getSelf()));
                return Behaviors.same();
              });
        });
  }
}
