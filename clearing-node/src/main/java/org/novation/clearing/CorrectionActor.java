package org.novation.clearing;

import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
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

/**
 * The shell around corrections: one entity of the cluster. Answers when a decision is written, and
 * tells the account of an approved correction until that has booked it. Holds no rule.
 */
public final class CorrectionActor
    extends EventSourcedBehavior<CorrectionActor.Command, CorrectionEvent, CorrectionBook> {
  /** Names the entity type in sharding and in the journal. */
  public static final String TYPE = "correction";

  /** The only entity. */
  public static final String ID = "house";

  private static final Duration RESEND = Duration.ofSeconds(2);
  private static final int SNAPSHOT_EVERY = 100;

  /** What it understands. */
  public sealed interface Command extends CorrectionMessage {}

  /** To decide something. */
  public record Ask(CorrectionCommand command, ActorRef<Answered> replyTo) implements Command {}

  /**
   * The answer to {@link Ask} and {@link FindOf}.
   *
   * @param of the correction as it is then; null when refused
   * @param refusal null when it is done, or was
   */
  public record Answered(@Nullable CorrectionCase of, @Nullable CorrectionRefusal refusal)
      implements CorrectionMessage {}

  /** To tell what corrects a trade of an account, or may yet: null when nothing does. */
  public record FindOf(String venue, String tradeId, String account, ActorRef<Answered> replyTo)
      implements Command {}

  /** To tell everything. */
  public record Read(ActorRef<Told> replyTo) implements Command {}

  /** The answer to {@link Read}. */
  public record Told(CorrectionBook book) implements CorrectionMessage {}

  /**
   * An account's answer to {@link CarryOut}: it is on its books, now or before.
   *
   * @param key of the order
   */
  public record CarriedOut(String correctionId, String key) implements Command {}

  /** To an account: do this, once. */
  public record CarryOut(CorrectionOrder order, ActorRef<Command> replyTo)
      implements PartyMessage {}

  private enum Internal implements Command {
    RESEND
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final LongSupplier houseMs;
  private final long windowMs;
  private final BiConsumer<String, PartyMessage> accounts;

  private CorrectionActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      LongSupplier houseMs,
      long windowMs,
      BiConsumer<String, PartyMessage> accounts) {
    super(
        PersistenceId.of(TYPE, ID),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    this.context = context;
    this.timers = timers;
    this.houseMs = houseMs;
    this.windowMs = windowMs;
    this.accounts = accounts;
  }

  /**
   * Corrections of the house.
   *
   * @param windowMs how long after its novation a trade may be corrected
   * @param accounts sends to an account, wherever it is
   */
  public static Behavior<Command> create(
      LongSupplier houseMs, long windowMs, BiConsumer<String, PartyMessage> accounts) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new CorrectionActor(context, timers, houseMs, windowMs, accounts)));
  }

  @Override
  public CorrectionBook emptyState() {
    return CorrectionBook.EMPTY;
  }

  @Override
  public EventHandler<CorrectionBook, CorrectionEvent> eventHandler() {
    return CorrectionBook::apply;
  }

  @Override
  public SnapshotAdapter<CorrectionBook> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(CorrectionBook book) {
        return book;
      }

      @Override
      public CorrectionBook fromJournal(Object from) {
        return from instanceof CorrectionBookV1 v1 ? v1.upgraded() : (CorrectionBook) from;
      }
    };
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SignalHandler<CorrectionBook> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.class,
            (book, signal) -> {
              timers.startTimerWithFixedDelay(Internal.RESEND, RESEND);
              carryOut(book);
            })
        .build();
  }

  @Override
  public CommandHandler<Command, CorrectionEvent, CorrectionBook> commandHandler() {
    return this::on;
  }

  private Effect<CorrectionEvent, CorrectionBook> on(CorrectionBook book, Command command) {
    return switch (command) {
      case Ask(var asked, var replyTo) -> onAsk(book, asked, replyTo);
      case FindOf(var venue, var tradeId, var account, var replyTo) ->
          Effect()
              .none()
              .thenRun(now -> replyTo.tell(new Answered(now.of(venue, tradeId, account), null)));
      case Read(var replyTo) -> Effect().none().thenRun(now -> replyTo.tell(new Told(now)));
      case CarriedOut(var id, var key) ->
          onAsk(
              book, new CorrectionCommand.NoteCarriedOut(id, key), context.getSystem().ignoreRef());
      case Internal _ -> Effect().none().thenRun(this::carryOut);
    };
  }

  private Effect<CorrectionEvent, CorrectionBook> onAsk(
      CorrectionBook book, CorrectionCommand command, ActorRef<Answered> replyTo) {
    CorrectionBook.Decision decision = book.decide(command, houseMs.getAsLong(), windowMs);
    CorrectionEvent event = decision.event();
    if (event == null)
      return Effect().none().thenRun(now -> replyTo.tell(answer(now, command, decision.refusal())));
    return Effect()
        .persist(event)
        .thenRun(
            now -> {
              carryOut(now, event);
              replyTo.tell(answer(now, command, null));
            });
  }

  private static Answered answer(
      CorrectionBook book, CorrectionCommand command, @Nullable CorrectionRefusal refusal) {
    if (refusal != null) return new Answered(null, refusal);
    String id =
        switch (command) {
          case CorrectionCommand.Propose(var correction) -> correction.id();
          case CorrectionCommand.Approve approve -> approve.id();
          case CorrectionCommand.Reject reject -> reject.id();
          case CorrectionCommand.NoteCarriedOut(var booked, _) -> booked;
        };
    return new Answered(book.find(id), null);
  }

  /** What follows from an event at once. */
  private void carryOut(CorrectionBook book, CorrectionEvent event) {
    String id =
        switch (event) {
          case CorrectionEvent.CorrectionApproved approved -> approved.id();
          case CorrectionEvent.CorrectionBooked(_, var booked) -> booked;
          case CorrectionEvent.CorrectionProposedV1 _,
              CorrectionEvent.CorrectionProposed _,
              CorrectionEvent.CorrectionRejected _,
              CorrectionEvent.FeeSettled _ ->
              "";
        };
    CorrectionCase of = id.isEmpty() ? null : book.find(id);
    if (of != null) carryOut(of);
  }

  /** Everything that is approved and not known to be done. */
  private void carryOut(CorrectionBook book) {
    book.cases().forEach(this::carryOut);
  }

  private void carryOut(CorrectionCase of) {
    for (CorrectionOrder order : of.orders())
      accounts.accept(order.account(), new CarryOut(order, context.getSelf()));
  }
}
