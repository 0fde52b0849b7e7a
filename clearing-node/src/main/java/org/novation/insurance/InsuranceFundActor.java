package org.novation.insurance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
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
 * The shell around the fund of one risk pool, sharded by the pool's name. A crash brings thousands
 * of draws at once: what arrives is gathered until the mailbox has been looked through once,
 * decided in order and written at once; each is answered when it is written. Holds no rule.
 */
public final class InsuranceFundActor
    extends EventSourcedBehavior<InsuranceFundActor.Command, FundEvent, Fund> {
  /** The entity type of funds, and the first part of their persistence ids. */
  public static final String TYPE = "fund";

  /** Most commands in one write. */
  static final int BATCH_MAX = 1_000;

  /** Most that waits while the journal writes; beyond, it is to be asked again. */
  static final int WAITING_MAX = 3_000;

  /** Searches of the journal at a time: each reads all of it. */
  private static final int LOOKUPS_MAX = 4;

  /** A snapshot holds every id that is remembered, megabytes: seldom, and still a short replay. */
  private static final int SNAPSHOT_EVERY = 20_000;

  /** Changes of balances are told so often at most; of the gate, at once. */
  private static final Duration TELL = Duration.ofMillis(100);

  /** Changed or not: a node may be new, or have missed the last word. */
  public static final Duration HEARTBEAT = Duration.ofSeconds(5);

  // ---- messages

  /** What a fund understands. */
  public sealed interface Command extends FundMessage {}

  /** Decide this, and answer once it is written. May be repeated. */
  public record Decide(FundCommand command, ActorRef<Answer> replyTo) implements Command {}

  /** Tell how the fund is. */
  public record Read(ActorRef<Answer> replyTo) implements Command {}

  private record LookedUp(Decide decide, @Nullable JournalSays says) implements Command {}

  private enum Internal implements Command {
    FLUSH,
    CHECK_GATE,
    TELL,
    HEARTBEAT
  }

  /** The answer to {@link Decide} and {@link Read}. */
  public sealed interface Answer extends FundMessage {}

  /**
   * Done, now or before.
   *
   * @param draw as it is now, where the command was about one
   */
  public record Done(@Nullable Draw draw) implements Answer {}

  /** Refused: nothing has changed. */
  public record Refused(FundRefusal why) implements Answer {}

  /** Unknown, or too busy: to be asked again with the same id. */
  public record TryAgain(String why) implements Answer {}

  /** The answer to {@link Read}. */
  public record Figures(FundReading reading) implements Answer {}

  // ---- state of the shell: volatile, lost with it and harmless to lose

  /**
   * @param says null unless the journal had to be looked up
   */
  private record Asked(Decide decide, @Nullable JournalSays says) {}

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final String pool;
  private final Supplier<FundTerms> terms;
  private final HouseTime time;
  private final Function<String, CompletionStage<JournalSays>> journal;
  private final Consumer<FundReading> publish;
  private List<Asked> gathered = new ArrayList<>();
  private List<Asked> writing = List.of();
  private int lookups;
  private int waiting; // Let in, and not yet seen by the fund.
  private int ahead; // Events that the fund already has, and that Pekko is about to hand it.
  private boolean flushing;
  private HouseTime.@Nullable Alarm alarm;

  private InsuranceFundActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      String pool,
      Supplier<FundTerms> terms,
      HouseTime time,
      Function<String, CompletionStage<JournalSays>> journal,
      Consumer<FundReading> publish) {
    super(
        persistenceId(pool),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2)
            .withStashCapacity(WAITING_MAX + 100));
    this.context = context;
    this.timers = timers;
    this.pool = pool;
    this.terms = terms;
    this.time = time;
    this.journal = journal;
    this.publish = publish;
  }

  /**
   * A fund. When its journal fails it starts anew from what is written, and asks whoever waited to
   * ask again.
   *
   * @param pool the risk pool; the entity's id
   * @param terms asked for each decision
   * @param journal what this fund's journal says of an id, all of it read in the background; fails
   *     when that is not known
   * @param publish carries a reading to every node; does not wait
   */
  public static Behavior<Command> create(
      String pool,
      Supplier<FundTerms> terms,
      HouseTime time,
      Function<String, CompletionStage<JournalSays>> journal,
      Consumer<FundReading> publish) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  InsuranceFundActor fund =
                      new InsuranceFundActor(context, timers, pool, terms, time, journal, publish);
                  return Behaviors.intercept(() -> fund.new Door(), fund);
                }));
  }

  /** Where a fund's journal is kept. */
  public static PersistenceId persistenceId(String pool) {
    return PersistenceId.of(TYPE, pool);
  }

  /**
   * Turns away what the fund could not keep while it writes: Pekko's stash, when it is full, ends
   * the actor.
   */
  private final class Door extends BehaviorInterceptor<Command, Command> {
    Door() {
      super(Command.class);
    }

    @Override
    public Behavior<Command> aroundReceive(
        TypedActorContext<Command> ctx, Command message, ReceiveTarget<Command> target) {
      if (message instanceof Internal || message instanceof LookedUp)
        return target.apply(ctx, message);
      if (waiting >= WAITING_MAX) {
        tryAgain(message, "the fund is busy");
        return Behaviors.same();
      }
      waiting++;
      return target.apply(ctx, message);
    }
  }

  private static void tryAgain(Command command, String why) {
    switch (command) {
      case Decide decide -> decide.replyTo().tell(new TryAgain(why));
      case Read read -> read.replyTo().tell(new TryAgain(why));
      case LookedUp looked -> tryAgain(looked.decide(), why);
      case Internal _ -> {}
    }
  }

  // ---- what Pekko asks

  /**
   * Never changed: after a failed write Pekko begins again with this very object. See {@link #own}.
   */
  @Override
  public Fund emptyState() {
    return new Fund();
  }

  private static Fund own(Fund recorded) {
    return recorded.events() == 0 ? new Fund() : recorded;
  }

  @Override
  public EventHandler<Fund, FundEvent> eventHandler() {
    return (recorded, event) -> {
      if (ahead > 0) {
        ahead--;
        return recorded;
      }
      Fund fund = own(recorded);
      fund.apply(event);
      return fund;
    };
  }

  @Override
  public SnapshotAdapter<Fund> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(Fund fund) {
        return fund.snapshot();
      }

      @Override
      public Fund fromJournal(Object from) {
        return new Fund(FundSnapshot.read(from));
      }
    };
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SignalHandler<Fund> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (fund, signal) -> onRecovered(fund))
        .onSignal(PreRestart.class, (fund, signal) -> forget())
        .onSignal(PostStop.class, (fund, signal) -> forget())
        .build();
  }

  @Override
  public CommandHandler<Command, FundEvent, Fund> commandHandler() {
    return this::on;
  }

  private Effect<FundEvent, Fund> on(Fund fund, Command command) {
    switch (command) {
      case Decide decide -> {
        waiting--;
        gathered.add(new Asked(decide, null));
        if (gathered.size() >= BATCH_MAX) return flush(fund);
        flushSoon();
      }
      case Read(var replyTo) -> {
        waiting--;
        replyTo.tell(new Figures(reading(fund)));
      }
      case LookedUp(var decide, var says) -> {
        lookups--;
        if (says == null) {
          tryAgain(decide, "the journal could not be searched");
        } else {
          gathered.add(new Asked(decide, says));
          flushSoon();
        }
      }
      case Internal.FLUSH -> {
        flushing = false;
        return flush(fund);
      }
      case Internal.CHECK_GATE -> {
        alarm = null;
        checkGate();
      }
      case Internal.TELL, Internal.HEARTBEAT -> publish.accept(reading(fund));
    }
    return Effect().none();
  }

  // ---- deciding and writing

  private void flushSoon() {
    if (flushing) return;
    flushing = true;
    context.getSelf().tell(Internal.FLUSH);
  }

  private Effect<FundEvent, Fund> flush(Fund recorded) {
    Fund fund = own(recorded);
    boolean gateWasOpen = fund.gateOpen();
    long nowMs = time.nowMs();
    writing = gathered;
    gathered = new ArrayList<>();
    List<FundEvent> events = new ArrayList<>();
    List<Reply> replies = new ArrayList<>(writing.size());
    for (Asked asked : writing) {
      Answer answer = decide(fund, asked, nowMs, events);
      if (answer != null) replies.add(new Reply(asked.decide().replyTo(), answer));
    }
    // Of a fund's very first events the draft is thrown away, and they are applied as Pekko says.
    ahead = fund == recorded ? events.size() : 0;
    if (events.isEmpty()) {
      answer(replies);
      watchGate(recorded);
      return Effect().none();
    }
    return Effect()
        .persist(events)
        .thenRun(
            after -> {
              answer(replies);
              if (after.gateOpen() != gateWasOpen) onGateChanged(after);
              else if (!timers.isTimerActive(Internal.TELL))
                timers.startSingleTimer(Internal.TELL, TELL);
              watchGate(after);
            });
  }

  private record Reply(ActorRef<Answer> to, Answer answer) {}

  /** Null when it is not decided yet: the journal is being looked up. */
  private @Nullable Answer decide(Fund fund, Asked asked, long nowMs, List<FundEvent> events) {
    FundCommand command = asked.decide().command();
    JournalSays says = asked.says();
    FundDecision decision =
        says == null
            ? fund.decide(command, terms.get(), nowMs)
            : fund.decide(command, terms.get(), nowMs, says);
    return switch (decision) {
      case FundDecision.Refused(var why) -> new Refused(why);
      case FundDecision.LookUp(var id) -> lookUp(asked, id);
      case FundDecision.Accepted accepted -> {
        record(fund, accepted, events);
        yield new Done(drawOf(fund, command, says));
      }
    };
  }

  /** What is decided is done at once, so that the next one is decided on what is left. */
  private static void record(Fund fund, FundDecision.Accepted accepted, List<FundEvent> events) {
    accepted.events().forEach(fund::apply);
    events.addAll(accepted.events());
  }

  private static @Nullable Draw drawOf(Fund fund, FundCommand command, @Nullable JournalSays says) {
    String id =
        switch (command) {
          case FundCommand.ReserveDraw draw -> draw.liquidationId();
          case FundCommand.SettleDraw settle -> settle.liquidationId();
          case FundCommand.Contribute _, FundCommand.CheckGate _ -> null;
        };
    if (id == null) return null;
    Draw draw = fund.draw(id);
    return draw == null && says != null ? says.draw() : draw;
  }

  private @Nullable Answer lookUp(Asked asked, String id) {
    if (asked.says() != null) return new TryAgain("ids were forgotten while they were looked up");
    if (lookups >= LOOKUPS_MAX) return new TryAgain("the fund is busy looking up earlier ids");
    lookups++;
    context.pipeToSelf(journal.apply(id), (says, failure) -> new LookedUp(asked.decide(), says));
    return null;
  }

  private void answer(List<Reply> replies) {
    writing = List.of();
    for (Reply reply : replies) reply.to().tell(reply.answer());
  }

  // ---- the gate

  private void onGateChanged(Fund fund) {
    FundReading reading = reading(fund);
    context
        .getLog()
        .info(
            "The gate of deleveraging of pool {} is {}: {} available, the peak was {} (micros)",
            pool,
            fund.gateOpen() ? "open" : "closed",
            reading.availableMicros(),
            reading.peakMicros());
    publish.accept(reading);
  }

  /** Time alone can close the gate, as peaks leave the window; it never opens it. */
  private void watchGate(Fund fund) {
    if (!fund.gateOpen()) {
      cancelAlarm();
    } else if (alarm == null) {
      ActorRef<Command> self = context.getSelf();
      alarm =
          time.at(
              PeakWindow.nextSlotMs(time.nowMs()),
              TYPE + '-' + pool,
              () -> self.tell(Internal.CHECK_GATE));
    }
  }

  private void checkGate() {
    ActorRef<Answer> nobody = context.getSystem().ignoreRef();
    gathered.add(new Asked(new Decide(new FundCommand.CheckGate(), nobody), null));
    flushSoon();
  }

  private void cancelAlarm() {
    if (alarm != null) alarm.cancel();
    alarm = null;
  }

  // ---- life

  private void onRecovered(Fund fund) {
    timers.startTimerWithFixedDelay(Internal.HEARTBEAT, HEARTBEAT);
    publish.accept(reading(fund));
    checkGate(); // An empty fund's gate is open, and the hours have gone by.
  }

  /** Whether what was being written is written is not known; what was gathered is not decided. */
  private void forget() {
    for (Asked asked : writing) tryAgain(asked.decide(), "the journal failed; it may be written");
    for (Asked asked : gathered) tryAgain(asked.decide(), "the fund is starting anew");
    writing = List.of();
    gathered = new ArrayList<>();
    ahead = 0;
    flushing = false;
    cancelAlarm();
  }

  private FundReading reading(Fund fund) {
    return FundReading.of(pool, fund, terms.get().policy(), time.nowMs());
  }
}
