package org.novation.node.clockwork;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

final class ClockworkTest {
  private final Clockwork clockwork = new Clockwork(1_000);

  @Test
  void runsTasksInTheOrderInWhichTheyCameAndThoseThatTheyBringAfterwards() {
    List<String> ran = new ArrayList<>();
    clockwork.execute(
        () -> {
          ran.add("a");
          clockwork.execute(() -> ran.add("c"));
        });
    clockwork.execute(() -> ran.add("b"));
    clockwork.run();
    assertThat(ran).containsExactly("a", "b", "c");
  }

  @Test
  void wakesInTheOrderOfTheHoursAndAtOneHourInThatOfTheMaking() {
    List<String> woken = new ArrayList<>();
    clockwork.after(2_000_000, () -> woken.add("late at " + clockwork.millis()));
    clockwork.after(1_000_000, () -> woken.add("first at " + clockwork.millis()));
    clockwork.after(1_000_000, () -> woken.add("second at " + clockwork.millis()));
    clockwork.after(3_000_000, () -> woken.add("never"));
    clockwork.advance(Duration.ofMillis(2));
    assertThat(woken).containsExactly("first at 1001", "second at 1001", "late at 1002");
    assertThat(clockwork.millis()).isEqualTo(1_002);
  }

  @Test
  void countsWhatOtherThreadsPutIn() throws InterruptedException, ExecutionException {
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      other.submit(() -> clockwork.execute(() -> {})).get();
    }
    assertThat(clockwork.strays()).isEqualTo(1);
    clockwork.execute(() -> {});
    clockwork.run();
    assertThat(clockwork.strays()).isEqualTo(1);
  }

  /** Whatever dispatchers Pekko has, those too that nothing of a replay happens to use. */
  @Test
  void everyDispatcherThatAReplayMayUseIsTheClockwork() {
    ActorSystem<Void> system = clockwork.system(Behaviors.empty(), "clockwork", config());
    Set<String> dispatchers = new TreeSet<>();
    find("", system.settings().config().root(), dispatchers);
    dispatchers.removeIf(ClockworkTest::isElsewhere);
    assertThat(dispatchers)
        .contains("pekko.actor.default-dispatcher", "pekko.actor.internal-dispatcher");
    List<String> elsewhere = new ArrayList<>();
    clockwork.run();
    for (String path : dispatchers) {
      List<Thread> ranOn = new ArrayList<>();
      system
          .dispatchers()
          .lookup(DispatcherSelector.fromConfig(path))
          .execute(() -> ranOn.add(Thread.currentThread()));
      clockwork.run();
      if (!ranOn.equals(List.of(Thread.currentThread()))) elsewhere.add(path);
    }
    assertThat(elsewhere).isEmpty();
    system.terminate();
    clockwork.advance(Duration.ofMinutes(1));
  }

  private static Config config() {
    return ConfigFactory.parseString("pekko.actor.provider = local")
        .withFallback(ConfigFactory.load());
  }

  /**
   * What has threads of its own: who listens to a network, who keeps distributed data on a disk,
   * and Pekko's earlier remoting. No replay calls, keeps or uses any.
   */
  private static boolean isElsewhere(String dispatcher) {
    return dispatcher.startsWith("pekko.io.")
        || dispatcher.endsWith(".durable.pinned-store")
        || dispatcher.startsWith("pekko.remote.classic.");
  }

  /** What names an executor and how it is made is a dispatcher. */
  private static void find(String path, ConfigObject in, Set<String> found) {
    if (in.containsKey("executor") && in.containsKey("type")) found.add(path);
    for (Map.Entry<String, ConfigValue> each : in.entrySet())
      if (each.getValue() instanceof ConfigObject inner)
        find(path.isEmpty() ? each.getKey() : path + '.' + each.getKey(), inner, found);
  }
}
