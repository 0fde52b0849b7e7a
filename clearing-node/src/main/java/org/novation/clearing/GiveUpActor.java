package org.novation.clearing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.GiveUpCase.Stage;

/**
 * The shell around what is given up to one account, sharded by that account. What is accepted is
 * submitted to clearing until there is an outcome, also after a crash; whoever waits for it is
 * answered then. Holds no rule.
 */
public final class GiveUpActor
    extends EventSourcedBehavior<GiveUpActor.Command, GiveUpEvent, GiveUpBook> {
  /** Names the entity type in sharding and in the journal. */
  public static final String TYPE = "give-up";

  private static final Duration QUIET = Duration.ofMinutes(2);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final int SNAPSHOT_EVERY = 500;
  private static final int WAITING_MAX = 16;

  /** What it understands. */
  public sealed interface Command extends GiveUpMessage {}

  /** To decide something; answered when what it leads to is known. */
  public record Ask(GiveUpCommand command, ActorRef<Answered> replyTo) implements Command {}

  /**
   * The answer to {@link Ask}.
   *
   * @param of the give-up as it is then; null when refused, or when it is about none
   * @param refusal null when it is done, or was
   */
  public record Answered(@Nullable GiveUpCase of, @Nullable GiveUpRefusal refusal)
      implements GiveUpMessage {}

  /** To tell everything. */
  public record Read(ActorRef<Told> replyTo) implements Command {}

  /** The answer to {@link Read}. */
  public record Told(GiveUpBook book) implements GiveUpMessage {}

  /** To leave memory: what the shard sends when asked to let it go. */
  public record Stop() implements Command {}

  private record Cleared(GiveUpCase of, @Nullable Outcome outcome) implements Command {}

  enum Internal implements Command {
    RETRY,
    IDLE
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final LongSupplier houseMs;
  private final long windowMs;
  private final Function<Trade, CompletionStage<Outcome>> clearing;
  private final Consumer<ActorRef<Command>> passivate;
  private final Map<String, List<ActorRef<Answered>>> waiting = new HashMap<>(); // By key.
  private final Set<String> submitted = new HashSet<>(); // By key, until there is an answer.

  private GiveUpActor(
      String account,
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      LongSupplier houseMs,
      long windowMs,
      Function<Trade, CompletionStage<Outcome>> clearing,
      Consumer<ActorRef<Command>> passivate) {
    super(
        PersistenceId.of(TYPE, account),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    this.context = context;
    this.timers = timers;
    this.houseMs = houseMs;
    this.windowMs = windowMs;
    this.clearing = clearing;
    this.passivate = passivate;
    context.setReceiveTimeout(QUIET, Internal.IDLE);
  }

  /**
   * What is given up to an account.
   *
   * @param windowMs how long after its novation a leg may be given up
   * @param clearing clears a trade; an outcome of {@code Unavailable} is asked for again
   * @param passivate asks the shard to let this leave memory, by sending it {@link Stop}
   */
  public static Behavior<Command> create(
      String account,
      LongSupplier houseMs,
      long windowMs,
      Function<Trade, CompletionStage<Outcome>> clearing,
      Consumer<ActorRef<Command>> passivate) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new GiveUpActor(
                        account, context, timers, houseMs, windowMs, clearing, passivate)));
  }

  @Override
  public GiveUpBook emptyState() {
    return GiveUpBook.EMPTY;
  }

  @Override
  public EventHandler<GiveUpBook, GiveUpEvent> eventHandler() {
    return GiveUpBook::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SignalHandler<GiveUpBook> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.class,
            (book, signal) -> {
              submitted.clear();
              submit(book);
            })
        .build();
  }

  @Override
  public CommandHandler<Command, GiveUpEvent, GiveUpBook> commandHandler() {
    return this::on;
  }

  private Effect<GiveUpEvent, GiveUpBook> on(GiveUpBook book, Command command) {
    return switch (command) {
      case Ask(var asked, var replyTo) -> onAsk(book, asked, replyTo);
      case Read(var replyTo) -> Effect().none().thenRun(now -> replyTo.tell(new Told(now)));
      case Cleared cleared -> onCleared(book, cleared);
      case Internal.RETRY -> Effect().none().thenRun(this::submit);
      case Internal.IDLE -> Effect().none().thenRun(this::leave);
      case Stop() -> Effect().stop();
    };
  }

  /** Nothing happened for a while: whoever asks next wakes it, unless it has something to do. */
  private void leave(GiveUpBook book) {
    boolean busy = book.cases().stream().anyMatch(each -> each.stage() == Stage.ACCEPTED);
    if (!busy) passivate.accept(context.getSelf());
  }

  private Effect<GiveUpEvent, GiveUpBook> onAsk(
      GiveUpBook book, GiveUpCommand command, ActorRef<Answered> replyTo) {
    GiveUpBook.Decision decision = book.decide(command, houseMs.getAsLong(), windowMs);
    if (decision.refusal() != null)
      return Effect().none().thenRun(_ -> replyTo.tell(new Answered(null, decision.refusal())));
    return Effect()
        .persist(decision.events())
        .thenRun(
            now -> {
              submit(now);
              answer(now, command, replyTo);
            });
  }

  private void answer(GiveUpBook book, GiveUpCommand command, ActorRef<Answered> replyTo) {
    String key =
        switch (command) {
          case GiveUpCommand.Propose(var giveUp) -> giveUp.key();
          case GiveUpCommand.Accept(var accepted) -> accepted;
          case GiveUpCommand.Cancel(var cancelled) -> cancelled;
          case GiveUpCommand.Permit _ -> "";
          case GiveUpCommand.Note(var noted, _, _) -> noted;
        };
    GiveUpCase of = book.find(key);
    List<ActorRef<Answered>> others = waiting.getOrDefault(key, List.of());
    if (of == null || of.stage() != Stage.ACCEPTED || others.size() >= WAITING_MAX)
      replyTo.tell(new Answered(of, null));
    else waiting.computeIfAbsent(key, _ -> new ArrayList<>()).add(replyTo);
  }

  /** Everything that is accepted and has no outcome yet. */
  private void submit(GiveUpBook book) {
    for (GiveUpCase each : book.cases()) {
      if (each.stage() != Stage.ACCEPTED || !submitted.add(each.giveUp().key())) continue;
      context.pipeToSelf(
          clearing.apply(each.giveUp().trade(each.acceptedAtMs())),
          (outcome, failure) -> new Cleared(each, outcome));
    }
  }

  private Effect<GiveUpEvent, GiveUpBook> onCleared(GiveUpBook book, Cleared cleared) {
    GiveUpCase of = cleared.of();
    String key = of.giveUp().key();
    submitted.remove(key);
    @Nullable Rejection why =
        switch (cleared.outcome()) {
          case Outcome.Refused(var refused) -> refused;
          case Outcome.NotBegun(var notBegun) -> notBegun;
          case Outcome.Novated _, Outcome.Unavailable _ -> null;
          case null -> null;
        };
    if (why == null && !(cleared.outcome() instanceof Outcome.Novated)) {
      timers.startSingleTimer(Internal.RETRY, RETRY);
      return Effect().none();
    }
    GiveUpCommand.Note note =
        new GiveUpCommand.Note(key, of.acceptedAtMs(), why == null ? "" : why.toString());
    return Effect()
        .persist(book.decide(note, houseMs.getAsLong(), windowMs).events())
        .thenRun(
            now -> {
              GiveUpRefusal refusal = why == null ? null : new GiveUpRefusal.NotCleared(why);
              List<ActorRef<Answered>> callers = waiting.remove(key);
              if (callers == null) return;
              GiveUpCase then = refusal == null ? now.find(key) : null;
              callers.forEach(caller -> caller.tell(new Answered(then, refusal)));
            });
  }
}
