package org.novation.governance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseTime;

/**
 * The shell around governance: one entity of the cluster. Answers when a decision is written, says
 * a new version to every node at once, and again every few seconds: nodes may be new. Has accounts
 * give the tokens that are staked and take those that are released, at least once, until they have.
 * Does what is due when house time says so. Holds no rule.
 */
public final class GovernanceActor
    extends EventSourcedBehavior<GovernanceActor.Command, GovernanceEvent, Governance> {
  /** Names the entity type in sharding and in the journal. */
  public static final String TYPE = "governance";

  /** The only entity. */
  public static final String ID = "house";

  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final int SNAPSHOT_EVERY = 500;

  /** Most stakes on their way out in one answer. */
  private static final int LEAVING_TOLD = 100;

  /** Most tokens on their way at a time, and most who wait for one answer. */
  static final int MOVING_MAX = 64;

  private static final int ASKING_MAX = 16;

  /** Callers who are let in while it writes; more are asked to ask again. */
  static final int WAITING_MAX = 1_000;

  /** Of a list in one message, which has at most 256 KiB: an act holds its changes whole. */
  static final int PROPOSALS_PER_PAGE = 50;

  static final int ACTS_PER_PAGE = 2;

  // ---- messages

  /** What it understands. */
  public sealed interface Command extends GovernanceMessage {}

  /** Decide this, and answer once it is written. May be repeated. */
  public record Decide(GovernanceCommand.Asked command, ActorRef<Answer> replyTo)
      implements Command {}

  /** Tell of one proposal, as one voter sees it. */
  public record Find(String proposalId, String voter, ActorRef<Answer> replyTo)
      implements Command {}

  /** Tell what is voted and what waits for approval, a page of it; the first is 0. */
  public record ListProposals(int page, ActorRef<Answer> replyTo) implements Command {}

  /** Tell what somebody has staked. */
  public record FindStake(String voter, ActorRef<Answer> replyTo) implements Command {}

  /** To be there, and say what is in force. No answer. */
  public record Wake() implements Command {}

  private record MoveAnswered(Move move, @Nullable Moved answer) implements Command {}

  private enum Internal implements Command {
    SET_UP,
    ADVANCE,
    HEARTBEAT
  }

  /** An answer. */
  public sealed interface Answer extends GovernanceMessage {}

  /**
   * Done, now or before.
   *
   * @param version of the parameters now
   * @param events by which it was done; none when it was done before
   */
  public record Done(long version, List<GovernanceEvent> events) implements Answer {
    public Done {
      events = List.copyOf(events);
    }
  }

  /** Refused. */
  public record Refused(Refusal why) implements Answer {}

  /** Too busy, and nothing was done: to be asked again. */
  public record TryAgain() implements Answer {}

  /**
   * The answer to {@link Find}; null when it is unknown, or ended long ago. Of weights, deposits
   * and ballots only the voter's own.
   */
  public record Found(GovernanceSnapshot.@Nullable Kept proposal) implements Answer {}

  /**
   * The answer to {@link ListProposals}: at most {@link Governance#OPEN_MAX} and {@link
   * Governance#ENDED_MAX}, the newest first.
   *
   * @param heldMicros every token that is here, staked or leaving
   * @param more whether there is another page
   */
  public record Listed(
      List<Summary> proposals,
      List<GovernanceSnapshot.Waiting> acts,
      long stakedMicros,
      long heldMicros,
      boolean more)
      implements Answer {
    public Listed {
      proposals = List.copyOf(proposals);
      acts = List.copyOf(acts);
    }

    /** With what a later page tells. What came to be meanwhile is told once. */
    public Listed and(Listed page) {
      Map<String, Summary> all = new LinkedHashMap<>();
      proposals.forEach(each -> all.put(each.id(), each));
      page.proposals.forEach(each -> all.putIfAbsent(each.id(), each));
      Map<String, GovernanceSnapshot.Waiting> waiting = new LinkedHashMap<>();
      acts.forEach(each -> waiting.put(each.id(), each));
      page.acts.forEach(each -> waiting.putIfAbsent(each.id(), each));
      return new Listed(
          List.copyOf(all.values()),
          List.copyOf(waiting.values()),
          page.stakedMicros,
          page.heldMicros,
          page.more);
    }
  }

  /**
   * The answer to {@link FindStake}.
   *
   * @param freeMicros of the stake, what can leave: what does not stand behind an open proposal
   * @param delegate who votes with it; empty when its owner does
   * @param weightMicros with how much the voter would vote on what is proposed now
   */
  public record StakeFound(
      String voter,
      long stakedMicros,
      long freeMicros,
      String delegate,
      long weightMicros,
      List<Stakes.Leaving> leaving)
      implements Answer {
    public StakeFound {
      leaving = List.copyOf(leaving);
    }
  }

  /** A proposal in a list, and what every node is told when one has changed. */
  public record Summary(
      String id,
      String proposer,
      String title,
      long createdAtMs,
      List<String> paths,
      GovernanceSnapshot.At stage,
      long stakedMicros,
      long inFavourMicros,
      long againstMicros,
      long abstainingMicros)
      implements GovernanceMessage {
    public Summary {
      paths = List.copyOf(paths);
    }

    /** Of a whole proposal. */
    public static Summary of(Proposal of) {
      return new Summary(
          of.id(),
          of.proposer(),
          of.title(),
          of.createdAtMs(),
          of.changes().stream().map(each -> each.path().toString()).toList(),
          GovernanceSnapshot.At.of(of.stage()),
          of.stakedMicros(),
          of.inFavourMicros(),
          of.againstMicros(),
          of.abstainingMicros());
    }

    /** Where it stands. */
    public Stage at() {
      return stage.stage();
    }
  }

  /**
   * What is in force, for every node: {@link ParameterSet#of} reads it. Of two the one of the
   * greater version is newer.
   */
  public record Published(long version, List<Setting.Written> settings)
      implements GovernanceMessage {
    public Published {
      settings = List.copyOf(settings);
    }

    static Published of(Governance house) {
      return new Published(house.parameters().version(), house.parameters().written());
    }
  }

  // ---- what it finds around it

  /**
   * Tokens between an account and the stakes.
   *
   * @param id never another's: the same move again changes nothing, however often and late
   * @param in out of the account; else back to it
   */
  public record Move(String id, String account, boolean in, long micros) {}

  /** What became of a {@link Move}. */
  public sealed interface Moved {
    /** It is on both books, or will be for certain. */
    record Done() implements Moved {}

    /** Nothing has moved, and by what was tried so far nothing will. */
    record Refused(String why) implements Moved {}

    /** Unknown: to be tried again. */
    record Unknown() implements Moved {}
  }

  /**
   * What governance finds around it.
   *
   * @param configured what the house begins with; asked once in its life
   * @param publish carries what is in force to every node; does not wait
   * @param tell likewise a proposal that has changed
   * @param move moves tokens
   */
  public record Surroundings(
      HouseTime time,
      Supplier<List<Parameter>> configured,
      Consumer<Published> publish,
      Consumer<Summary> tell,
      Function<Move, CompletionStage<Moved>> move) {}

  // ---- life

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Surroundings around;
  private final Map<Long, List<ActorRef<Answer>>> asking = new HashMap<>(); // By stake asked for.
  private final Set<String> moving = new HashSet<>();
  private long askedThrough; // By number, in this round.
  private long returnedThrough;
  private HouseTime.@Nullable Alarm alarm;
  private int waiting; // Let in, and not yet seen by governance.

  private GovernanceActor(
      ActorContext<Command> context, TimerScheduler<Command> timers, Surroundings around) {
    super(
        PersistenceId.of(TYPE, ID),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2)
            .withStashCapacity(WAITING_MAX + 100));
    this.context = context;
    this.timers = timers;
    this.around = around;
  }

  /** The governance of the house. */
  public static Behavior<Command> create(Surroundings around) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  GovernanceActor house = new GovernanceActor(context, timers, around);
                  return Behaviors.intercept(() -> house.new Door(), house);
                }));
  }

  /** Turns away what could not be kept while the journal writes: a full stash ends the actor. */
  private final class Door extends BehaviorInterceptor<Command, Command> {
    Door() {
      super(Command.class);
    }

    @Override
    public Behavior<Command> aroundReceive(
        TypedActorContext<Command> ctx, Command message, ReceiveTarget<Command> target) {
      ActorRef<Answer> caller =
          switch (message) {
            case Decide decide -> decide.replyTo();
            case Find find -> find.replyTo();
            case ListProposals list -> list.replyTo();
            case FindStake find -> find.replyTo();
            case Wake _, MoveAnswered _, Internal _ -> null; // Few.
          };
      if (caller == null) return target.apply(ctx, message);
      if (waiting >= WAITING_MAX) {
        caller.tell(new TryAgain());
        return Behaviors.same();
      }
      waiting++;
      return target.apply(ctx, message);
    }
  }

  @Override
  public Governance emptyState() {
    return Governance.EMPTY;
  }

  @Override
  public EventHandler<Governance, GovernanceEvent> eventHandler() {
    return Governance::apply;
  }

  @Override
  public SnapshotAdapter<Governance> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(Governance house) {
        return GovernanceSnapshot.of(house);
      }

      @Override
      public Governance fromJournal(Object from) {
        return switch (from) {
          case GovernanceSnapshotV1 v1 -> v1.upgraded().upgraded().governance();
          case GovernanceSnapshotV2 v2 -> v2.upgraded().governance();
          default -> ((GovernanceSnapshot) from).governance();
        };
      }
    };
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SignalHandler<Governance> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (house, signal) -> onRecovered(house))
        .onSignal(PreRestart.class, (house, signal) -> forget())
        .onSignal(PostStop.class, (house, signal) -> forget())
        .build();
  }

  private void onRecovered(Governance house) {
    timers.startTimerWithFixedDelay(Internal.HEARTBEAT, HEARTBEAT);
    if (house.parameters().version() == 0) context.getSelf().tell(Internal.SET_UP);
    else around.publish().accept(Published.of(house));
    watchClock(house);
    follow(house);
  }

  private void forget() {
    cancelAlarm();
    asking.clear();
    moving.clear();
    askedThrough = 0;
    returnedThrough = 0;
  }

  // ---- deciding

  @Override
  public CommandHandler<Command, GovernanceEvent, Governance> commandHandler() {
    return this::on;
  }

  private Effect<GovernanceEvent, Governance> on(Governance house, Command command) {
    return switch (command) {
      case Decide(var asked, var replyTo) -> {
        waiting--;
        yield decide(house, asked, replyTo);
      }
      case Find(var id, var voter, var replyTo) -> {
        waiting--;
        Proposal proposal = house.proposal(id);
        replyTo.tell(
            new Found(
                proposal == null ? null : GovernanceSnapshot.Kept.of(proposal.seenBy(voter))));
        yield Effect().none();
      }
      case ListProposals(var page, var replyTo) -> {
        waiting--;
        replyTo.tell(listed(house, page));
        yield Effect().none();
      }
      case FindStake(var voter, var replyTo) -> {
        waiting--;
        replyTo.tell(stake(house, voter));
        yield Effect().none();
      }
      case Internal.SET_UP ->
          decide(house, new GovernanceCommand.SetUp(around.configured().get()), nobody());
      case Internal.ADVANCE -> decide(house, new GovernanceCommand.Advance(), nobody());
      case MoveAnswered(var move, var answer) -> {
        moving.remove(move.id());
        yield answered(house, move, answer);
      }
      case Internal.HEARTBEAT -> {
        beginRound(house.stakes());
        follow(house);
        yield say(house);
      }
      case Wake _ -> say(house);
    };
  }

  private Effect<GovernanceEvent, Governance> say(Governance house) {
    if (house.parameters().version() > 0) around.publish().accept(Published.of(house));
    return Effect().none();
  }

  private ActorRef<Answer> nobody() {
    return context.getSystem().ignoreRef();
  }

  private Effect<GovernanceEvent, Governance> decide(
      Governance house, GovernanceCommand command, ActorRef<Answer> replyTo) {
    return switch (house.decide(command, around.time().nowMs())) {
      case Decision.Refused(var why) -> {
        if (command instanceof GovernanceCommand.SetUp)
          context.getLog().error("The house cannot be set up as it is configured: {}", why);
        replyTo.tell(new Refused(why));
        yield Effect().none();
      }
      case Decision.Accepted(var events) -> {
        if (events.isEmpty()) {
          answer(house, command, events, replyTo);
          yield Effect().none();
        }
        yield Effect()
            .persist(events)
            .thenRun(
                after -> {
                  if (after.parameters().version() != house.parameters().version())
                    around.publish().accept(Published.of(after));
                  for (Proposal each : after.proposals().values()) {
                    if (!each.equals(house.proposal(each.id())))
                      around.tell().accept(Summary.of(each));
                  }
                  watchClock(after);
                  answer(after, command, events, replyTo);
                  tellAsking(after, events);
                  follow(after);
                });
      }
    };
  }

  /** A stake is answered when its account has, everything else at once. */
  private void answer(
      Governance house,
      GovernanceCommand command,
      List<GovernanceEvent> events,
      ActorRef<Answer> replyTo) {
    if (command instanceof GovernanceCommand.Stake stake) {
      for (Stakes.Asked each : house.stakes().asked()) {
        if (!each.voter().equals(stake.voter()) || !each.origin().id().equals(stake.id())) continue;
        List<ActorRef<Answer>> waiting =
            asking.computeIfAbsent(each.number(), _ -> new ArrayList<>());
        if (waiting.size() < ASKING_MAX) waiting.add(replyTo);
        return;
      }
    }
    replyTo.tell(new Done(house.parameters().version(), events));
  }

  /** Answers who waited for what has been decided since. */
  private void tellAsking(Governance house, List<GovernanceEvent> events) {
    Map<Long, Answer> refused = new HashMap<>();
    for (GovernanceEvent event : events) {
      if (event instanceof GovernanceEvent.StakeNotTaken not)
        refused.put(not.asked(), new Refused(new Refusal.StakeNotTaken(not.voter(), not.why())));
    }
    Answer done = new Done(house.parameters().version(), events);
    asking.forEach(
        (asked, waiting) -> {
          if (house.stakes().asked(asked) == null)
            waiting.forEach(each -> each.tell(refused.getOrDefault(asked, done)));
        });
    asking.keySet().removeIf(asked -> house.stakes().asked(asked) == null);
  }

  // ---- tokens

  /** Has every token move that is to, some at a time, each once a round. */
  private void follow(Governance house) {
    for (Stakes.Asked each : house.stakes().asked()) {
      if (moving.size() >= MOVING_MAX) return;
      if (each.number() <= askedThrough) continue;
      askedThrough = each.number();
      move(new Move("stake-" + each.number(), each.voter(), true, each.micros()));
    }
    for (Stakes.Returning each : house.stakes().returning()) {
      if (moving.size() >= MOVING_MAX) return;
      if (each.number() <= returnedThrough) continue;
      returnedThrough = each.number();
      move(new Move("unstake-" + each.number(), each.voter(), false, each.micros()));
    }
  }

  /** Begins a round, unless there is somebody who had no turn in the last. */
  private void beginRound(Stakes stakes) {
    if (!stakes.asked().isEmpty() && stakes.asked().getLast().number() > askedThrough) return;
    if (!stakes.returning().isEmpty() && stakes.returning().getLast().number() > returnedThrough)
      return;
    askedThrough = 0;
    returnedThrough = 0;
  }

  private void move(Move move) {
    if (!moving.add(move.id())) return;
    context.pipeToSelf(
        around.move().apply(move), (answer, failure) -> new MoveAnswered(move, answer));
  }

  /** What is not known, and what an account does not take back now, is tried in the next round. */
  private Effect<GovernanceEvent, Governance> answered(
      Governance house, Move move, @Nullable Moved answer) {
    long number = Long.parseLong(move.id().substring(move.id().indexOf('-') + 1));
    return switch (answer) {
      case Moved.Done() ->
          decide(
              house,
              move.in()
                  ? new GovernanceCommand.NoteTaken(number)
                  : new GovernanceCommand.NoteReturned(number),
              nobody());
      case Moved.Refused(var why) when move.in() ->
          decide(house, new GovernanceCommand.NoteNotTaken(number, why), nobody());
      case Moved.Refused(var why) -> {
        context.getLog().warn("Tokens cannot go back to {} yet: {}", move.account(), why);
        follow(house);
        yield Effect().none();
      }
      case Moved.Unknown() -> {
        follow(house);
        yield Effect().none();
      }
      case null -> {
        follow(house);
        yield Effect().none();
      }
    };
  }

  private static Listed listed(Governance house, int page) {
    List<Proposal> proposals = List.copyOf(house.proposals().values()).reversed();
    List<Act> acts = List.copyOf(house.acts().values());
    long after = page + 1L;
    return new Listed(
        page(proposals, page, PROPOSALS_PER_PAGE).map(Summary::of).toList(),
        page(acts, page, ACTS_PER_PAGE).map(GovernanceSnapshot.Waiting::of).toList(),
        house.stakes().stakedMicros(),
        house.stakes().heldMicros(),
        proposals.size() > after * PROPOSALS_PER_PAGE || acts.size() > after * ACTS_PER_PAGE);
  }

  private static <E> Stream<E> page(List<E> of, int page, int size) {
    return of.stream().skip((long) page * size).limit(size);
  }

  private static StakeFound stake(Governance house, String voter) {
    Stakes stakes = house.stakes();
    Stakes.Holder holder = stakes.holders().get(voter);
    return new StakeFound(
        voter,
        stakes.stakedMicros(voter),
        house.freeMicros(voter),
        holder == null ? "" : holder.delegate(),
        stakes.weights().getOrDefault(voter, 0L),
        stakes.leaving().stream()
            .filter(each -> each.voter().equals(voter))
            .limit(LEAVING_TOLD)
            .toList());
  }

  // ---- the clock

  private void watchClock(Governance house) {
    cancelAlarm();
    long nextAtMs = house.nextAtMs();
    if (nextAtMs == Long.MAX_VALUE) return;
    ActorRef<Command> self = context.getSelf();
    alarm = around.time().at(nextAtMs, TYPE, () -> self.tell(Internal.ADVANCE));
  }

  private void cancelAlarm() {
    if (alarm != null) alarm.cancel();
    alarm = null;
  }
}
