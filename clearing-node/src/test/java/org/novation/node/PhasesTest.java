package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.PhaseReading;
import org.novation.clearing.PartyMessage;
import org.novation.node.PhasesActor.Left;
import org.novation.node.PhasesActor.Stands;
import org.novation.node.PhasesActor.Told;

/** What nodes hear of where each other's accounts stand. */
final class PhasesTest {
  private static final ActorTestKit KIT = ActorTestKit.create("phases", ManualTime.config());
  private static final ManualTime TIME = ManualTime.get(KIT.system());

  private final ActorRef<Topic.Command<Told>> topic =
      KIT.spawn(Topic.create(Told.class, "phases-" + UUID.randomUUID()));
  private final PhaseBoard one = new PhaseBoard();
  private final PhaseBoard other = new PhaseBoard();
  private final ActorRef<PartyMessage> here = KIT.spawn(PhasesActor.create(one, topic));
  private final ActorRef<PartyMessage> there = KIT.spawn(PhasesActor.create(other, topic));
  private final List<String> told = new CopyOnWriteArrayList<>();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private static PhaseReading reading(
      String account, long number, @Nullable Phase from, Phase phase) {
    return new PhaseReading(account, "m", number, 1, from, phase, "", null, false);
  }

  private static List<String> standing(PhaseBoard board) {
    return board
        .standing()
        .map(reading -> reading.accountId() + " " + reading.phase())
        .filter(account -> !account.startsWith("~"))
        .toList();
  }

  private void pass(Duration time) {
    TIME.timePasses(time);
    settleDown();
  }

  /** What a timer set off is said a moment later. */
  private static void soon(BooleanSupplier holds, String what) {
    KIT.createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(10),
            Duration.ofMillis(5),
            () -> {
              assertThat(holds.getAsBoolean()).as(what).isTrue();
              return null;
            });
  }

  /** What was said to everybody before the marker has been heard once that is. */
  private void settleDown() {
    TestProbe<Object> probe = KIT.createTestProbe();
    String marker = "~" + System.nanoTime();
    probe.awaitAssert(
        Duration.ofSeconds(10),
        Duration.ofMillis(5),
        () -> {
          topic.tell(Topic.publish(new Told(List.of(reading(marker, 1, null, Phase.MARGIN_CALL)))));
          assertThat(one.knows(marker) && other.knows(marker)).isTrue();
          return null;
        });
  }

  @Test
  void everyNodeHearsOfAChangeAtOnceAndOfOnlyTheNewest() {
    settleDown();
    other.listen(
        reading -> {
          if (!reading.accountId().startsWith("~"))
            told.add(reading.accountId() + " " + reading.phase());
        });
    here.tell(new Stands(reading("a", 3, Phase.HEALTHY, Phase.MARGIN_CALL)));
    there.tell(new Stands(reading("b", 3, Phase.HEALTHY, Phase.LIQUIDATING)));
    pass(Duration.ofMillis(20));
    assertThat(standing(one)).containsExactly("a MARGIN_CALL", "b LIQUIDATING");
    assertThat(standing(other)).isEqualTo(standing(one));
    topic.tell(Topic.publish(new Told(List.of(reading("b", 2, null, Phase.MARGIN_CALL)))));
    here.tell(new Stands(reading("a", 5, Phase.MARGIN_CALL, Phase.HEALTHY)));
    pass(Duration.ofMillis(20));
    assertThat(standing(other)).containsExactly("b LIQUIDATING");
    assertThat(told).containsExactlyInAnyOrder("a MARGIN_CALL", "b LIQUIDATING", "a HEALTHY");
    // It is said again, also after a recovery, and nobody is told again.
    there.tell(new Stands(reading("b", 9, null, Phase.LIQUIDATING)));
    pass(PhasesActor.REPEAT.multipliedBy(2));
    assertThat(told).hasSize(3);
  }

  private static PhaseReading debtor(String account, long number, Phase phase, boolean owes) {
    return new PhaseReading(account, "m", number, 1, null, phase, "l", null, owes);
  }

  @Test
  void whoOwesIsKnownInWhateverPhaseForAsLongAsItSaysSo() {
    settleDown();
    TIME.timePasses(PhasesActor.REPEAT);
    soon(() -> !other.hasInsolvent(), "nobody");
    long number = 3;
    for (Phase phase : List.of(Phase.MARGIN_CALL, Phase.LIQUIDATING, Phase.CLOSED)) {
      for (boolean owes : List.of(false, true, false, true)) {
        here.tell(new Stands(debtor("i", number, phase, owes))); // Prices alone have done that.
        TIME.timePasses(Duration.ofMillis(20));
        soon(() -> other.hasInsolvent() == owes, phase + " " + owes);
        pass(PhasesActor.REPEAT.multipliedBy(5));
        assertThat(other.hasInsolvent()).as("%s %s", phase, owes).isEqualTo(owes);
      }
      number++;
    }
    // What it handed over is on its way.
    here.tell(new Stands(debtor("i", number, Phase.HEALTHY, true)));
    TIME.timePasses(Duration.ofMillis(20));
    soon(() -> standing(other).isEmpty(), "nobody sees it any more");
    pass(PhasesActor.REPEAT.multipliedBy(5));
    assertThat(other.hasInsolvent()).isTrue();
    long gone = other.debtsGone();
    here.tell(new Stands(debtor("i", number, Phase.HEALTHY, false)));
    TIME.timePasses(Duration.ofMillis(20));
    soon(() -> !other.hasInsolvent(), "well again");
    assertThat(other.debtsGone()).isEqualTo(gone + 1);
  }

  @Test
  void aNewNodeHearsOfWhoIsWellAndStillOwesAndForgetsWhoDiedOfIt() {
    here.tell(new Stands(debtor("i", 3, Phase.HEALTHY, true)));
    settleDown();
    TIME.timePasses(PhasesActor.REPEAT);
    soon(() -> other.hasHeardAll() && other.owes("i"), "it is said again");
    assertThat(standing(other)).isEmpty();
    here.tell(new Left("i"));
    for (int repeat = 0; repeat < 35; repeat++) pass(PhasesActor.REPEAT);
    soon(() -> !other.hasInsolvent(), "forgotten");
  }

  @Test
  void aBoardThatHasJustBegunTakesItThatSomebodyOwesUntilEverybodyHasSpoken() {
    settleDown();
    here.tell(new Stands(debtor("i", 3, Phase.CLOSED, true)));
    pass(Duration.ofMillis(20));
    PhaseBoard late = new PhaseBoard();
    ActorRef<PartyMessage> latecomer = KIT.spawn(PhasesActor.create(late, topic));
    assertThat(late.hasInsolvent()).as("it has heard of nobody").isTrue();
    assertThat(late.hasHeardAll()).isFalse();
    settleDown();
    TIME.timePasses(PhasesActor.REPEAT);
    soon(() -> late.hasHeardAll() && late.owes("i"), "it has heard of everybody");
    here.tell(new Stands(debtor("i", 4, Phase.HEALTHY, false)));
    TIME.timePasses(Duration.ofMillis(20));
    soon(() -> !late.hasInsolvent(), "well again");
    KIT.stop(latecomer);
  }

  @Test
  void whoOwedWhenItsNodeDiedIsKnownForMinutesAndNotForEver() {
    settleDown();
    here.tell(new Stands(debtor("i", 3, Phase.LIQUIDATING, true)));
    pass(Duration.ofMillis(20));
    here.tell(new Left("i"));
    pass(PhasesActor.REPEAT.multipliedBy(20));
    assertThat(other.hasInsolvent()).isTrue();
    for (int repeat = 0; repeat < 15; repeat++) pass(PhasesActor.REPEAT);
    soon(() -> !other.hasInsolvent(), "forgotten");
  }

  @Test
  void aLostWordIsMadeGoodByTheNextAndANewNodeLearnsWhatIs() {
    settleDown();
    here.tell(new Stands(reading("a", 3, Phase.HEALTHY, Phase.MARGIN_CALL)));
    here.tell(new Stands(reading("b", 3, Phase.HEALTHY, Phase.LIQUIDATING)));
    pass(Duration.ofMillis(20));
    PhaseBoard late = new PhaseBoard();
    ActorRef<PartyMessage> latecomer = KIT.spawn(PhasesActor.create(late, topic));
    other.forget("b"); // As if it had not heard.
    assertThat(standing(late)).isEmpty();
    settleDown();
    pass(PhasesActor.REPEAT);
    TestProbe<Object> probe = KIT.createTestProbe();
    probe.awaitAssert(
        () -> {
          assertThat(standing(late)).containsExactly("a MARGIN_CALL", "b LIQUIDATING");
          return null;
        });
    assertThat(standing(other)).containsExactly("a MARGIN_CALL", "b LIQUIDATING");
    // Back in health, and one has not heard that.
    here.tell(new Stands(reading("a", 5, Phase.MARGIN_CALL, Phase.HEALTHY)));
    pass(Duration.ofMillis(20));
    other.take(reading("a", 4, null, Phase.MARGIN_CALL));
    assertThat(standing(other)).contains("a MARGIN_CALL");
    pass(PhasesActor.REPEAT);
    assertThat(standing(other)).containsExactly("b LIQUIDATING");
    KIT.stop(latecomer);
  }

  @Test
  void anAccountThatLeftIsSaidByItsNewNodeOrForgotten() {
    settleDown();
    for (String account : List.of("a", "b"))
      here.tell(new Stands(reading(account, 3, Phase.HEALTHY, Phase.CLOSED)));
    pass(Duration.ofMillis(20));
    here.tell(new Left("a"));
    here.tell(new Left("b"));
    there.tell(new Stands(reading("b", 4, null, Phase.CLOSED)));
    List<List<String>> seen = new ArrayList<>();
    for (int repeat = 0; repeat < 5; repeat++) {
      pass(PhasesActor.REPEAT);
      seen.add(standing(one));
    }
    assertThat(seen.getFirst()).containsExactly("a CLOSED", "b CLOSED");
    assertThat(seen.getLast()).containsExactly("b CLOSED");
  }

  @Test
  void manyAreSaidInSeveralMessages() {
    settleDown();
    for (int n = 0; n < 1_234; n++)
      here.tell(new Stands(reading("a" + n, 1, Phase.HEALTHY, Phase.MARGIN_CALL)));
    pass(Duration.ofMillis(20));
    TestProbe<Object> probe = KIT.createTestProbe();
    probe.awaitAssert(
        () -> {
          assertThat(standing(other)).hasSize(1_234);
          return null;
        });
  }
}
