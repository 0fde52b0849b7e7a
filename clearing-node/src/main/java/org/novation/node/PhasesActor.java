package org.novation.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.novation.account.PhaseReading;
import org.novation.clearing.PartyMessage;

/**
 * Says to every node where the accounts of this one stand, and writes what is heard to this node's
 * board. A change is said at once, with those of the same moment; whoever is not in health is said
 * again every {@link #REPEAT}, and whoever came back to health twice more: so a word that is lost,
 * and a node that is new, are made good by the next; until then its board takes it that somebody is
 * insolvent. Who is not heard of for three times as long is forgotten, and who owed when he was
 * heard of last, and whose node may have died of what made him owe, for thirty times as long.
 */
final class PhasesActor extends AbstractBehavior<PartyMessage> {
  static final Duration REPEAT = Duration.ofSeconds(10);

  private static final Duration MOMENT = Duration.ofMillis(20);
  private static final int READINGS_MAX = 500; // In one message.
  private static final int SILENT_REPEATS = 3;
  private static final int SILENT_DEBTOR_REPEATS = 30;
  private static final int HEALTHY_REPEATS = 2;

  /** An account of this node stands so. */
  record Stands(PhaseReading reading) implements PartyMessage {}

  /** An account has left this node. */
  record Left(String account) implements PartyMessage {}

  /** Where accounts of some node stand. */
  record Told(List<PhaseReading> readings) implements PartyMessage {
    Told {
      readings = List.copyOf(readings);
    }
  }

  private enum Timer implements PartyMessage {
    MOMENT,
    REPEAT
  }

  /** An account of this node, and how often it is still said again. */
  private record Own(PhaseReading reading, int repeats) {}

  private final TimerScheduler<PartyMessage> timers;
  private final PhaseBoard board;
  private final ActorRef<Topic.Command<Told>> topic;
  private final Map<String, Own> own = new HashMap<>();
  private final Map<String, Integer> silent = new HashMap<>(); // Repeats since it was heard of.
  private Map<String, PhaseReading> toSay = new LinkedHashMap<>();

  private PhasesActor(
      ActorContext<PartyMessage> context,
      TimerScheduler<PartyMessage> timers,
      PhaseBoard board,
      ActorRef<Topic.Command<Told>> topic) {
    super(context);
    this.timers = timers;
    this.board = board;
    this.topic = topic;
  }

  /**
   * The actor of one node.
   *
   * @param topic carries what is said to every node; this actor subscribes to it
   */
  static Behavior<PartyMessage> create(PhaseBoard board, ActorRef<Topic.Command<Told>> topic) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  topic.tell(Topic.subscribe(context.getSelf().narrow()));
                  timers.startTimerWithFixedDelay(Timer.REPEAT, Timer.REPEAT, REPEAT);
                  return new PhasesActor(context, timers, board, topic);
                }));
  }

  @Override
  public Receive<PartyMessage> createReceive() {
    return newReceiveBuilder()
        .onMessage(Stands.class, stands -> onStands(stands.reading()))
        .onMessage(Left.class, left -> onLeft(left.account()))
        .onMessage(Told.class, told -> onTold(told.readings()))
        .onMessageEquals(Timer.MOMENT, this::onMoment)
        .onMessageEquals(Timer.REPEAT, this::onRepeat)
        .build();
  }

  private Behavior<PartyMessage> onStands(PhaseReading reading) {
    int repeats = reading.allWell() ? HEALTHY_REPEATS : Integer.MAX_VALUE;
    own.put(reading.accountId(), new Own(reading, repeats));
    if (toSay.isEmpty()) timers.startSingleTimer(Timer.MOMENT, MOMENT);
    toSay.put(reading.accountId(), reading);
    return this;
  }

  private Behavior<PartyMessage> onLeft(String account) {
    own.remove(account);
    return this;
  }

  private Behavior<PartyMessage> onTold(List<PhaseReading> readings) {
    for (PhaseReading reading : readings) {
      board.take(reading);
      if (board.knows(reading.accountId())) silent.put(reading.accountId(), 0);
      else silent.remove(reading.accountId());
    }
    return this;
  }

  private Behavior<PartyMessage> onMoment() {
    say(List.copyOf(toSay.values()));
    toSay = new LinkedHashMap<>();
    return this;
  }

  private Behavior<PartyMessage> onRepeat() {
    say(own.values().stream().map(Own::reading).toList());
    own.replaceAll((_, each) -> new Own(each.reading(), each.repeats() - 1));
    own.values().removeIf(each -> each.repeats() <= 0);
    board.heardAll();
    silent.replaceAll((_, repeats) -> repeats + 1);
    List<String> gone = new ArrayList<>();
    silent.forEach(
        (account, repeats) -> {
          int most = board.owes(account) ? SILENT_DEBTOR_REPEATS : SILENT_REPEATS;
          if (repeats > most) gone.add(account);
        });
    for (String account : gone) {
      silent.remove(account);
      board.forget(account);
    }
    return this;
  }

  private void say(List<PhaseReading> readings) {
    for (int from = 0; from < readings.size(); from += READINGS_MAX) {
      int to = Math.min(readings.size(), from + READINGS_MAX);
      topic.tell(Topic.publish(new Told(readings.subList(from, to))));
    }
  }
}
