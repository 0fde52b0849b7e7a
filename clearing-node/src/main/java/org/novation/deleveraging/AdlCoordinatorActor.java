package org.novation.deleveraging;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
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
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.deleveraging.AdlHouse.Gathered;
import org.novation.deleveraging.AdlHouse.WaveTold;

/**
 * The shell around the waves of one risk pool, sharded by the pool's name. When something was taken
 * over it waits {@link AdlSettings#settleMs} for what follows, looks at the pool's default account,
 * and as long as that has contracts or owes money it resolves them in one wave after the other:
 * reads the candidates, decides, writes receipt and first steps at once, publishes the hash, and
 * only then sends steps to accounts, each until it is answered. Everything that decides goes by the
 * house's time; the wall's only sends again.
 *
 * <p>An account that does not answer holds up nobody else, but the wave is not over before its
 * answer is known. What nobody could resolve is recorded with the wave that tried, and is looked at
 * again when something new is taken over, and every {@link AdlSettings#retryMs}; another wave
 * begins only when it can do something.
 */
public final class AdlCoordinatorActor
    extends EventSourcedBehavior<AdlCoordinatorActor.Command, WaveEvent, Coordination> {
  /** The entity type of coordinators, and the first part of their persistence ids. */
  public static final String TYPE = "adl";

  /** House time until prices that could not be trusted, or nodes that were silent, are asked. */
  static final long SOON_MS = 1_000;

  /** Wall time until what was not answered is asked again. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  // ---- messages

  /** What a coordinator understands. */
  public sealed interface Command extends PartyMessage {}

  /** The pool's default account has taken something over: look at it soon. */
  public record Look() implements Command {}

  /**
   * The answer to {@link ReadCandidates} and {@link ReadToRank}; empty when the account has no
   * position.
   *
   * @param heldUp open positions that are not named, because no price or a brake forbids to
   *     deleverage them now
   */
  public record CandidatesRead(String account, List<Candidate> candidates, int heldUp)
      implements PartyMessage {
    public CandidatesRead {
      candidates = List.copyOf(candidates);
    }
  }

  /**
   * The answer to {@link ReadDefault}.
   *
   * @param version of the default account
   * @param equityMicros at the marks of the exposures, coins at their haircut; negative when money
   *     is missing
   * @param priced whether every price that this rests on allows liquidation, and the figures fit
   * @param exposures what it has to close, and the losses that it took over: an instrument may have
   *     only one of both
   * @param fundPaidMicros what the fund ever paid of debts whose rest the account took over
   */
  public record DefaultRead(
      long version,
      long equityMicros,
      boolean priced,
      List<Exposure> exposures,
      long fundPaidMicros)
      implements Command {
    public DefaultRead {
      exposures = List.copyOf(exposures);
    }
  }

  /**
   * The account did the step, now or before. Of a closing it is said only once the default
   * account's leg is known to be booked too: the coordinator reads that account as soon as it has
   * every answer, and would otherwise close the same contracts once more.
   *
   * @param micros really taken or paid; 0 for a closing
   * @param version of the account afterwards
   */
  public record StepDone(String stepId, long micros, long version) implements Command {}

  /** The account is not at the version that the closing was chosen on, and never will be again. */
  public record StepChanged(String stepId, long version) implements Command {}

  /** Tell how things stand. */
  public record Read(ActorRef<Reading> replyTo) implements Command {}

  /**
   * How things stand.
   *
   * @param waves so far, the one under way included
   * @param newest the wave under way, else the last one; null before the first
   * @param deficitMicros of the default account when it was last looked at: while it is not zero,
   *     somebody's loss is not covered
   * @param openLots of the default account then, without signs
   */
  public record Reading(
      String pool, long waves, @Nullable WaveSummary newest, long deficitMicros, long openLots)
      implements PartyMessage {}

  private record Answered(long read, DefaultRead answer) implements Command {}

  private record CandidatesGathered(DefaultRead of, @Nullable Gathered gathered)
      implements Command {}

  private enum Internal implements Command {
    /** The alarm. */
    LOOK,
    FLUSH,
    NEXT,
    AGAIN
  }

  // ---- to accounts

  /** What a coordinator says to accounts. */
  public sealed interface ToAccount extends PartyMessage {}

  /**
   * Tell of every open position that can be deleveraged now.
   *
   * @param neededLots by instrument's symbol, how many lots the wave must close
   */
  public record ReadCandidates(
      Map<String, Long> neededLots, long lookBackMs, ActorRef<CandidatesRead> replyTo)
      implements ToAccount {
    public ReadCandidates {
      neededLots = Map.copyOf(neededLots);
    }
  }

  /**
   * Tell of every open position as it ranks at the last marks, whether or not a brake or a stale
   * price forbids to deleverage it now. Nothing is asked of anybody for it.
   */
  public record ReadToRank(ActorRef<CandidatesRead> replyTo) implements ToAccount {}

  /** To the default account: tell what is to be resolved. */
  public record ReadDefault(ActorRef<Command> replyTo) implements ToAccount {}

  /**
   * Do this once. Sent until answered.
   *
   * @param wave running number of the pool's wave: grows, and one is over before the next begins,
   *     so that an account remembers the steps of the newest alone
   * @param defaulter the account that the closings close against
   * @param executedAtMs of a closing as a trade
   * @param lookBackMs of a taking, for realised profit: as it was when candidates were read
   */
  public record DoStep(
      long wave,
      WaveStep step,
      String defaulter,
      long executedAtMs,
      long lookBackMs,
      ActorRef<Command> replyTo)
      implements ToAccount {}

  // ---- state of the shell: volatile, lost with it and harmless to lose

  private enum Doing {
    NOTHING,
    READING,
    GATHERING,
    CARRYING_OUT
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final String pool;
  private final String defaulter;
  private final Supplier<AdlSettings> inForce;
  private final AdlHouse house;
  private Doing doing = Doing.NOTHING;
  private boolean lookAgain;
  private long reads;
  private @Nullable ActorRef<Command> reader; // Null but while reading.
  private HouseTime.@Nullable Alarm alarm;
  private long alarmDueMs;
  private long deficitMicros;
  private long openLots;
  private List<WaveCommand> results = new ArrayList<>();
  private boolean flushing;
  private Outbound outbound = new Outbound(List.of());
  private @Nullable WaveSummary told;

  private AdlCoordinatorActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      String pool,
      String defaulter,
      Supplier<AdlSettings> inForce,
      AdlHouse house) {
    super(persistenceId(pool));
    this.context = context;
    this.timers = timers;
    this.pool = pool;
    this.defaulter = defaulter;
    this.inForce = inForce;
    this.house = house;
  }

  /**
   * A coordinator. It stops when its journal fails: whether that write happened is unknown until it
   * has recovered.
   *
   * @param pool the entity's id
   * @param defaulter the account that holds what nobody bought, and owes what nobody paid
   * @param inForce how it decides, asked each time
   */
  public static Behavior<Command> create(
      String pool, String defaulter, Supplier<AdlSettings> inForce, AdlHouse house) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new AdlCoordinatorActor(context, timers, pool, defaulter, inForce, house)));
  }

  private AdlSettings settings() {
    return inForce.get();
  }

  /** Where a coordinator's journal is kept. */
  public static PersistenceId persistenceId(String pool) {
    return PersistenceId.of(TYPE, pool);
  }

  @Override
  public Coordination emptyState() {
    return new Coordination(pool);
  }

  @Override
  public EventHandler<Coordination, WaveEvent> eventHandler() {
    return (coordination, event) -> {
      coordination.apply(event);
      return coordination;
    };
  }

  @Override
  public boolean shouldSnapshot(Coordination coordination, WaveEvent event, long number) {
    return event instanceof WaveEvent.WaveFinished;
  }

  @Override
  public SnapshotAdapter<Coordination> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(Coordination coordination) {
        return coordination.snapshot();
      }

      @Override
      public Coordination fromJournal(Object from) {
        return new Coordination((CoordinationSnapshot) from);
      }
    };
  }

  @Override
  public SignalHandler<Coordination> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (coordination, signal) -> onRecovered(coordination))
        .onSignal(PostStop.class, (coordination, signal) -> dropAlarm())
        .build();
  }

  @Override
  public CommandHandler<Command, WaveEvent, Coordination> commandHandler() {
    return this::on;
  }

  private Effect<WaveEvent, Coordination> on(Coordination coordination, Command command) {
    switch (command) {
      case Look() -> lookIn(settings().settleMs());
      case Internal.LOOK -> look();
      case DefaultRead _ -> {} // Only what this reading asked for counts: see Answered.
      case Answered(var read, var answer) -> {
        if (doing == Doing.READING && read == reads) onDefaultRead(answer);
      }
      case CandidatesGathered(var of, var gathered) -> {
        return onGathered(coordination, of, gathered);
      }
      case StepDone(var stepId, var micros, var version) ->
          result(new WaveCommand.Done(stepId, micros, version));
      case StepChanged(var stepId, var version) -> result(new WaveCommand.Changed(stepId, version));
      case Internal.FLUSH -> {
        return flush(coordination);
      }
      case Internal.NEXT -> {
        return next(coordination);
      }
      case Internal.AGAIN -> again(coordination);
      case Read(var replyTo) ->
          replyTo.tell(
              new Reading(
                  pool, coordination.waves(), coordination.newest(), deficitMicros, openLots));
    }
    return Effect().none();
  }

  private void onRecovered(Coordination coordination) {
    timers.startTimerWithFixedDelay(Internal.AGAIN, Internal.AGAIN, AGAIN);
    if (coordination.wave() == null) {
      lookIn(settings().settleMs());
      return;
    }
    // Whether the hash went out before the end is not known.
    tell(coordination);
    carryOut(coordination);
  }

  // ---- looking

  /** Looks then, unless it will before. */
  private void lookIn(long forMs) {
    if (doing != Doing.NOTHING) {
      lookAgain = true;
      return;
    }
    HouseTime time = house.time();
    long dueMs = time.nowMs() + forMs;
    if (alarm != null && alarmDueMs <= dueMs) return;
    dropAlarm();
    alarmDueMs = dueMs;
    ActorRef<Command> self = context.getSelf();
    alarm = time.at(dueMs, TYPE + "|" + pool, () -> self.tell(Internal.LOOK));
  }

  private void look() {
    if (doing != Doing.NOTHING) return; // An alarm that was just going off.
    dropAlarm();
    lookAgain = false;
    doing = Doing.READING;
    long read = ++reads;
    ActorRef<Command> self = context.getSelf();
    // An answer to an earlier reading, which was sent again and overtaken, must not count.
    reader =
        context.spawnAnonymous(
            Behaviors.receiveMessage(
                answer -> {
                  if (answer instanceof DefaultRead told) self.tell(new Answered(read, told));
                  return Behaviors.same();
                }));
    readDefault();
  }

  private void readDefault() {
    ActorRef<Command> asking = reader;
    if (asking != null) house.send(defaulter, new ReadDefault(asking));
  }

  private void onDefaultRead(DefaultRead read) {
    stopReader();
    if (!read.priced()) { // It tells no figures then.
      rest(SOON_MS);
      return;
    }
    deficitMicros = Math.max(0, -read.equityMicros());
    openLots = read.exposures().stream().mapToLong(Exposure::closeLots).sum();
    if (deficitMicros == 0 && openLots == 0) {
      rest();
    } else {
      doing = Doing.GATHERING;
      context.pipeToSelf(
          house.candidates(read.exposures(), settings().lookBackMs(), settings().candidatesMax()),
          (gathered, failure) -> new CandidatesGathered(read, gathered));
    }
  }

  private void rest() {
    doing = Doing.NOTHING;
    if (lookAgain) lookIn(settings().settleMs());
  }

  private void rest(long forMs) {
    rest();
    lookIn(forMs);
  }

  private void dropAlarm() {
    if (alarm != null) alarm.cancel();
    alarm = null;
  }

  private void stopReader() {
    if (reader != null) context.stop(reader);
    reader = null;
  }

  // ---- beginning

  private Effect<WaveEvent, Coordination> onGathered(
      Coordination coordination, DefaultRead of, @Nullable Gathered gathered) {
    if (doing != Doing.GATHERING) return Effect().none(); // Asked for before a restart.
    if (gathered == null) {
      context.getLog().warn("Pool {}: the candidates could not be read", pool);
      rest(SOON_MS);
      return Effect().none();
    }
    if (of.fundPaidMicros() < coordination.fundMicros())
      context
          .getLog()
          .warn(
              "Pool {}: receipts count {} micros of the fund's, the default account says {}",
              pool,
              coordination.fundMicros(),
              of.fundPaidMicros());
    long nowMs = house.time().nowMs();
    Receipt receipt = Receipt.of(input(coordination, of, gathered, nowMs));
    Allocation decided = receipt.allocation();
    WaveSummary last = coordination.last();
    boolean nothingToDo = decided.closings().isEmpty() && decided.takings().isEmpty();
    long deficit = receipt.input().deficitMicros();
    if (nothingToDo && last != null && last.tells(deficit, decided.unfilled())) {
      rest(settings().retryMs()); // Recorded once; there is still nobody.
      return Effect().none();
    }
    context
        .getLog()
        .info(
            "Pool {}: {} of {} accounts on {} nodes told of {} candidates",
            pool,
            gathered.answered(),
            gathered.asked(),
            gathered.nodes(),
            receipt.input().candidates().size());
    doing = Doing.CARRYING_OUT;
    return Effect().persist(coordination.begin(receipt, nowMs)).thenRun(this::written);
  }

  private AdlInput input(Coordination coordination, DefaultRead of, Gathered gathered, long nowMs) {
    return new AdlInput(
        Coordination.waveId(pool, coordination.waves() + 1),
        pool,
        defaulter,
        nowMs,
        house.parameterVersion(),
        settings().policy(),
        settings().lookBackMs(),
        settings().candidatesMax(),
        coordination.uncountedMicros(of.fundPaidMicros()),
        Math.max(0, -of.equityMicros()),
        of.exposures(),
        CandidateSelection.merge(List.of(gathered.candidates()), defaulter, of.exposures()));
  }

  // ---- carrying out

  /** A round was planned, or the wave is over: in this order, first told and then done. */
  private void written(Coordination coordination) {
    tell(coordination);
    if (coordination.wave() == null) finished(coordination);
    else carryOut(coordination);
  }

  private void tell(Coordination coordination) {
    WaveSummary newest = coordination.newest();
    if (newest == null || newest.equals(told)) return;
    if (told == null || told.wave() != newest.wave()) {
      context
          .getLog()
          .info(
              "Pool {}: wave {} begins, deficit {} micros, {} lots to close, receipt SHA-256 {}",
              pool,
              newest.waveId(),
              newest.deficitMicros(),
              newest.neededLots(),
              newest.sha256());
    }
    told = newest;
    house.announce(new WaveTold(pool, newest));
  }

  private void carryOut(Coordination coordination) {
    doing = Doing.CARRYING_OUT;
    AdlWave wave = coordination.wave();
    if (wave == null) return;
    outbound = new Outbound(wave.pending());
    if (wave.pending().isEmpty()) context.getSelf().tell(Internal.NEXT);
    else sendMore(coordination);
  }

  private void finished(Coordination coordination) {
    WaveSummary last = coordination.last();
    if (last == null) return;
    context
        .getLog()
        .info(
            "Pool {}: wave {} is over, {} lots closed, {} micros taken, {} uncovered, {} unfilled",
            pool,
            last.waveId(),
            last.closedLots(),
            last.takenMicros(),
            last.uncoveredMicros(),
            last.unfilled());
    rest(last.unresolved() ? settings().retryMs() : settings().settleMs());
  }

  private void result(WaveCommand result) {
    if (doing != Doing.CARRYING_OUT) return; // A late repetition.
    results.add(result);
    if (flushing) return;
    flushing = true;
    context.getSelf().tell(Internal.FLUSH);
  }

  private Effect<WaveEvent, Coordination> flush(Coordination coordination) {
    flushing = false;
    List<WaveCommand> came = results;
    results = new ArrayList<>();
    AdlWave wave = coordination.wave();
    if (wave == null) return Effect().none();
    AdlWave.Recorded recorded = wave.decideAll(came, house.time().nowMs());
    for (WaveRefusal why : recorded.refused()) {
      // An earlier wave's steps are answered again now and then; anything else is a defect.
      if (!(why instanceof WaveRefusal.UnknownStep))
        context.getLog().error("Pool {}: an answer that cannot be: {}", pool, why);
    }
    if (recorded.events().isEmpty()) return Effect().none();
    return Effect()
        .persist(recorded.events())
        .thenRun(
            after -> {
              for (WaveEvent event : recorded.events()) outbound.answered(AdlWave.stepId(event));
              if (wave.pending().isEmpty()) context.getSelf().tell(Internal.NEXT);
              else sendMore(after);
            });
  }

  private Effect<WaveEvent, Coordination> next(Coordination coordination) {
    AdlWave wave = coordination.wave();
    if (wave == null) return Effect().none();
    List<WaveEvent> events = wave.next(house.time().nowMs());
    if (events.isEmpty()) return Effect().none();
    return Effect().persist(events).thenRun(this::written);
  }

  private void again(Coordination coordination) {
    if (doing == Doing.READING) readDefault();
    if (doing != Doing.CARRYING_OUT || coordination.wave() == null) return;
    outbound.tick();
    tell(coordination);
    sendMore(coordination);
  }

  private void sendMore(Coordination coordination) {
    AdlWave wave = coordination.wave();
    Receipt receipt = wave == null ? null : wave.receipt();
    if (receipt == null) return;
    for (WaveStep step = outbound.next(settings().stepsInFlightMax());
        step != null;
        step = outbound.next(settings().stepsInFlightMax())) {
      house.send(
          step.account(),
          new DoStep(
              coordination.waves(),
              step,
              defaulter,
              receipt.input().atMs(),
              receipt.input().lookBackMs(),
              context.getSelf()));
    }
  }

  /**
   * Steps to be sent, and sent again in their turn: first whoever has not been asked, then whoever
   * was asked longest ago, and nobody before a whole tick has passed. So many at a time; whoever
   * has not answered for a tick no longer counts among these, and holds up nobody.
   */
  private static final class Outbound {
    private static final long NEVER = -2;

    private static final class Waiting {
      final WaveStep step;
      long sentAt = NEVER;

      Waiting(WaveStep step) {
        this.step = step;
      }
    }

    private final Map<String, Waiting> waiting = new HashMap<>();
    private final Deque<Waiting> turns = new ArrayDeque<>();
    private long tick;
    private int inFlight; // Sent in this tick.

    Outbound(List<WaveStep> steps) {
      for (WaveStep step : steps) {
        Waiting each = new Waiting(step);
        waiting.put(step.id(), each);
        turns.add(each);
      }
    }

    void tick() {
      tick++;
      inFlight = 0;
    }

    void answered(String stepId) {
      Waiting answered = waiting.remove(stepId);
      if (answered != null && answered.sentAt == tick) inFlight--;
    }

    @Nullable WaveStep next(int inFlightMax) {
      while (inFlight < inFlightMax && !turns.isEmpty()) {
        Waiting first = turns.element();
        boolean known = !waiting.containsKey(first.step.id());
        if (!known && first.sentAt > tick + NEVER) return null;
        turns.remove();
        if (known) continue;
        first.sentAt = tick;
        inFlight++;
        turns.add(first);
        return first.step;
      }
      return null;
    }
  }
}
