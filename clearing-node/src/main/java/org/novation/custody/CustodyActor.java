package org.novation.custody;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
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
import org.novation.clearing.HouseAccount;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.custody.CustodyCommand.NoteBooked;
import org.novation.custody.CustodyCommand.NoteCredited;
import org.novation.custody.CustodyCommand.NoteHeld;
import org.novation.custody.CustodyCommand.RequestWithdrawal;
import org.novation.custody.Withdrawal.State;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

/**
 * The shell around custody, sharded by the pool's name. It tells accounts what to hold, to book and
 * to give back, at least once, until they answer; asks the house's default account whether it owes
 * anything; and looks each second of house time what is due. Without an answer of that account that
 * counts, nothing is asked for and nothing leaves. Holds no rule.
 *
 * <p>That it owes nothing counts for {@link #DEBT_KNOWN_MS} from the question, and only until
 * somebody else comes to owe no more: what he owed may be the default account's since, and an
 * earlier answer is without it. Who hands over a debt owes it until the default account has it.
 */
public final class CustodyActor
    extends EventSourcedBehavior<CustodyActor.Command, CustodyEvent, Custody> {
  /** The entity type of custody, and the first part of its persistence id. */
  public static final String TYPE = "custody";

  /** Most that waits while the journal writes; beyond, it is to be asked again. */
  static final int WAITING_MAX = 1_000;

  /** Most withdrawals in one answer. */
  public static final int PAGE_MAX = 500;

  /** Searches of the journal at a time: each reads all of it. */
  private static final int LOOKUPS_MAX = 4;

  /** Callers who wait for one withdrawal to be held; more are told how it stands. */
  private static final int ASKING_MAX = 16;

  private static final int SNAPSHOT_EVERY = 5_000;
  private static final Duration RESEND = Duration.ofSeconds(2);
  private static final long LOOK_MS = 1_000;

  /** Of the questions of each look, one or two may be lost. */
  static final long DEBT_KNOWN_MS = 3 * LOOK_MS;

  // ---- messages

  /** What custody understands. */
  public sealed interface Command extends CustodyMessage {}

  /** Decide this, and answer once it is written. May be repeated. */
  public record Decide(CustodyCommand command, ActorRef<Answer> replyTo) implements Command {}

  /** Tell of one withdrawal, from the journal where it is forgotten. */
  public record Find(String account, String withdrawalId, ActorRef<Answer> replyTo)
      implements Command {}

  /**
   * Tell of withdrawals, of one account or, when that is empty, of all.
   *
   * @param after only those with a greater number
   */
  public record ListWithdrawals(String account, long after, int limit, ActorRef<Answer> replyTo)
      implements Command {}

  /** Tell who the custodians are and what lies in the vaults. */
  public record Read(ActorRef<Answer> replyTo) implements Command {}

  /** An account's answer to {@link Hold}. */
  public record HoldAnswered(String account, long withdrawal, HoldRefusal why) implements Command {}

  /** An account's answer to {@link Finalise} and {@link Return}. */
  public record Booked(String account, long withdrawal) implements Command {}

  /** An account's answer to {@link CreditDeposit}. */
  public record Credited(String depositId) implements Command {}

  /** An account that cannot book a deposit now: it is told again. */
  public record NotCredited(String depositId, String why) implements Command {}

  /**
   * The default account's answer to {@link TellDebt}.
   *
   * @param asked what it was asked; null from a node of an earlier version, whose answer counts for
   *     none
   */
  public record DebtTold(@Nullable DebtAsked asked, boolean owes) implements Command {}

  private record LookedUp(Decide decide, @Nullable JournalSays says) implements Command {}

  private record Found(Find find, @Nullable JournalSays says) implements Command {}

  private enum Internal implements Command {
    LOOK,
    ADVANCE,
    RESEND
  }

  /** The answer to a command. */
  public sealed interface Answer extends CustodyMessage {}

  /**
   * Done, now or before.
   *
   * @param withdrawal that it was about, as it is then; null when it was about none
   * @param deposit likewise; null also when it is forgotten
   */
  public record Done(@Nullable Withdrawal withdrawal, @Nullable Deposit deposit)
      implements Answer {}

  /** Refused. */
  public record Refused(CustodyRefusal why) implements Answer {}

  /** Unknown, or too busy: to be asked again with the same id. */
  public record TryAgain(String why) implements Answer {}

  /** The answer to {@link ListWithdrawals}. */
  public record Withdrawals(List<Withdrawal> withdrawals, long setVersion) implements Answer {
    public Withdrawals {
      withdrawals = List.copyOf(withdrawals);
    }
  }

  /** The answer to {@link Read}. */
  public record Figures(
      String house, CustodianSet custodians, List<CustodySnapshot.Held> vaults, long events)
      implements Answer {
    public Figures {
      vaults = List.copyOf(vaults);
    }
  }

  /** What custody tells accounts. Each may come late, twice, or after the next. */
  public sealed interface ToAccount extends PartyMessage {}

  /** Book a deposit, once. */
  public record CreditDeposit(
      String depositId, String asset, long amount, ActorRef<Command> replyTo)
      implements ToAccount {}

  /** Hold this money, unless a withdrawal of this number or a higher one was seen before. */
  public record Hold(
      long withdrawal, String withdrawalId, String asset, long amount, ActorRef<Command> replyTo)
      implements ToAccount {}

  /** What is held for a withdrawal has left the house. */
  public record Finalise(long withdrawal, ActorRef<Command> replyTo) implements ToAccount {}

  /** What is held for a withdrawal, now or ever, is the account's again. */
  public record Return(long withdrawal, ActorRef<Command> replyTo) implements ToAccount {}

  /**
   * When the default account was asked.
   *
   * @param atMs house time
   * @param debtsGone as the gate said then
   * @param number of the question, from 1: clocks are set back; 0 where a node of an earlier
   *     version repeats it
   */
  public record DebtAsked(long atMs, long debtsGone, long number) {
    private boolean before(DebtAsked other) {
      boolean numbered = number != 0 && other.number != 0;
      return numbered ? number < other.number : atMs < other.atMs;
    }
  }

  /** Tell whether you owe anything. To the house's default account. */
  public record TellDebt(DebtAsked asked, ActorRef<Command> replyTo) implements ToAccount {}

  /**
   * What custody finds around it.
   *
   * @param terms asked for each decision; its custodians are put in force as soon as they are
   *     others, of a greater version, than who is
   * @param send to an account, wherever it is
   * @param gate what forbids an asset to leave the house, given an insolvent account or null
   * @param journal what custody's journal says of an id, all of it read in the background; fails
   *     when that is not known
   * @param publish carries a withdrawal that has changed to every node; does not wait
   */
  public record Surroundings(
      Supplier<CustodyTerms> terms,
      HouseTime time,
      BiConsumer<String, ToAccount> send,
      Gate gate,
      Function<String, CompletionStage<JournalSays>> journal,
      Consumer<Withdrawal> publish) {}

  /** Whether an asset may leave the house now. */
  @FunctionalInterface
  public interface Gate {
    /** What forbids it; null when nothing does. */
    @Nullable Stop against(String asset, @Nullable String insolventAccount);

    /** Whether that can be told yet; until then nothing leaves. */
    default boolean known() {
      return true;
    }

    /** How often somebody, the default account aside, came to owe no more than he has. */
    default long debtsGone() {
      return 0;
    }
  }

  // ---- state of the shell: volatile, lost with it and harmless to lose

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Surroundings around;
  private final Map<Long, List<ActorRef<Answer>>> asking = new HashMap<>(); // By withdrawal.
  private long questions; // To the default account.
  private @Nullable DebtAsked answered; // By its last word,
  private boolean owing; // which was this.
  private int lookups;
  private int waiting; // Let in, and not yet seen by custody.
  private HouseTime.@Nullable Alarm look;

  private CustodyActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      String pool,
      Surroundings around) {
    super(
        persistenceId(pool),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2)
            .withStashCapacity(WAITING_MAX + 100));
    this.context = context;
    this.timers = timers;
    this.around = around;
  }

  /**
   * Custody of one pool. When its journal fails it starts anew from what is written; whoever waits
   * for an answer gets none and asks again.
   */
  public static Behavior<Command> create(String pool, Surroundings around) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  CustodyActor custody = new CustodyActor(context, timers, pool, around);
                  return Behaviors.intercept(() -> custody.new Door(), custody);
                }));
  }

  /** Where custody's journal is kept. */
  public static PersistenceId persistenceId(String pool) {
    return PersistenceId.of(TYPE, pool);
  }

  /** Turns away what could not be kept while the journal writes: a full stash ends the actor. */
  private final class Door extends BehaviorInterceptor<Command, Command> {
    Door() {
      super(Command.class);
    }

    @Override
    public Behavior<Command> aroundReceive(
        TypedActorContext<Command> ctx, Command message, ReceiveTarget<Command> target) {
      ActorRef<Answer> caller = caller(message);
      if (caller == null) return target.apply(ctx, message);
      if (waiting >= WAITING_MAX) {
        caller.tell(new TryAgain("custody is busy"));
        return Behaviors.same();
      }
      waiting++;
      return target.apply(ctx, message);
    }
  }

  /** Who waits for an answer to a message; null for those of the house, few or told again. */
  private static @Nullable ActorRef<Answer> caller(Command message) {
    return switch (message) {
      case Decide decide -> decide.replyTo();
      case Find find -> find.replyTo();
      case ListWithdrawals list -> list.replyTo();
      case Read read -> read.replyTo();
      case HoldAnswered _, Booked _, Credited _, NotCredited _, DebtTold _ -> null;
      case LookedUp _, Found _, Internal _ -> null;
    };
  }

  // ---- what Pekko asks

  /** Never changed: after a failed write Pekko begins again with this very object. */
  @Override
  public Custody emptyState() {
    return new Custody();
  }

  @Override
  public EventHandler<Custody, CustodyEvent> eventHandler() {
    return (recorded, event) -> {
      Custody custody = recorded.events() == 0 ? new Custody() : recorded;
      custody.apply(event);
      return custody;
    };
  }

  @Override
  public SnapshotAdapter<Custody> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(Custody custody) {
        return custody.snapshot();
      }

      @Override
      public Custody fromJournal(Object from) {
        return new Custody((CustodySnapshot) from);
      }
    };
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SignalHandler<Custody> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (custody, signal) -> onRecovered(custody))
        .onSignal(PreRestart.class, (custody, signal) -> forget())
        .onSignal(PostStop.class, (custody, signal) -> forget())
        .build();
  }

  @Override
  public CommandHandler<Command, CustodyEvent, Custody> commandHandler() {
    return this::on;
  }

  /**
   * Before anything else, those are put in force who are custodians by now: who has been removed
   * signs nothing any more, and nothing that waited.
   */
  private Effect<CustodyEvent, Custody> on(Custody custody, Command command) {
    if (caller(command) != null) waiting--;
    List<CustodyEvent> adopted = adoption(custody);
    if (adopted.isEmpty()) return handle(custody, command);
    return Effect()
        .persist(adopted)
        .thenRun(
            after -> {
              follow(after, adopted);
              context.getSelf().tell(command);
            });
  }

  private Effect<CustodyEvent, Custody> handle(Custody custody, Command command) {
    switch (command) {
      case Decide decide -> {
        return decide(custody, decide, null);
      }
      case LookedUp(var decide, var says) -> {
        lookups--;
        if (says != null) return decide(custody, decide, says);
        decide.replyTo().tell(new TryAgain("the journal could not be searched"));
      }
      case Find find -> find(custody, find);
      case Found(var find, var says) -> {
        lookups--;
        find.replyTo().tell(found(find, says));
      }
      case ListWithdrawals list -> list.replyTo().tell(list(custody, list));
      case Read(var replyTo) ->
          replyTo.tell(
              new Figures(
                  around.terms().get().policy().house(),
                  custody.custodians(),
                  custody.vaults(),
                  custody.events()));
      case HoldAnswered(var account, var withdrawal, var why) -> {
        takeBack(custody, account, withdrawal);
        return note(custody, new NoteHeld(account, withdrawal, why));
      }
      case Booked(var account, var withdrawal) -> {
        return note(custody, new NoteBooked(account, withdrawal));
      }
      case Credited(var depositId) -> {
        return note(custody, new NoteCredited(depositId));
      }
      case NotCredited(var depositId, var why) ->
          context.getLog().warn("Deposit {} cannot be credited yet: {}", depositId, why);
      case DebtTold(var asked, var owes) -> {
        if (asked == null) break;
        if (answered != null && asked.before(answered)) break; // An old word.
        boolean shut = unknown() != null || owing;
        answered = asked;
        owing = owes;
        if (shut && !owes) return note(custody, new CustodyCommand.Advance());
      }
      case Internal.LOOK -> {
        look = null;
        askForDebt();
        lookSoon();
        return note(custody, new CustodyCommand.Advance());
      }
      case Internal.ADVANCE -> {
        return note(custody, new CustodyCommand.Advance());
      }
      case Internal.RESEND -> sendAgain(custody);
    }
    return Effect().none();
  }

  // ---- deciding and writing

  private Effect<CustodyEvent, Custody> decide(
      Custody custody, Decide asked, @Nullable JournalSays says) {
    CustodyCommand command = asked.command();
    ActorRef<Answer> caller = asked.replyTo();
    String unknown = command instanceof RequestWithdrawal ? unknown() : null;
    if (unknown != null) {
      caller.tell(new TryAgain(unknown));
      return Effect().none();
    }
    CustodyDecision decision =
        says == null ? custody.decide(command, given()) : custody.decide(command, given(), says);
    return switch (decision) {
      case CustodyDecision.LookUp(var id) -> {
        lookUp(asked, says, id);
        yield Effect().none();
      }
      case CustodyDecision.Refused(var why, var events) ->
          events.isEmpty()
              ? refuse(caller, why)
              : Effect().persist(events).thenRun(after -> caller.tell(new Refused(why)));
      case CustodyDecision.Accepted(var events) -> {
        if (events.isEmpty()) {
          answer(custody, asked, says);
          yield Effect().none();
        }
        yield Effect()
            .persist(events)
            .thenRun(
                after -> {
                  answer(after, asked, says);
                  follow(after, events);
                });
      }
    };
  }

  private Effect<CustodyEvent, Custody> refuse(ActorRef<Answer> caller, CustodyRefusal why) {
    caller.tell(new Refused(why));
    return Effect().none();
  }

  private Effect<CustodyEvent, Custody> note(Custody custody, CustodyCommand command) {
    return switch (custody.decide(command, given())) {
      case CustodyDecision.Accepted(var events) when !events.isEmpty() ->
          Effect().persist(events).thenRun(after -> follow(after, events));
      case CustodyDecision.Accepted _, CustodyDecision.Refused _, CustodyDecision.LookUp _ ->
          Effect().none();
    };
  }

  private Conditions given() {
    CustodyTerms terms = around.terms().get();
    return new Conditions(
        terms.parameterVersion(), terms.policy(), this::stop, around.time().nowMs());
  }

  private @Nullable Stop stop(String asset) {
    Stop stop = around.gate().against(asset, owing ? HouseAccount.DEFAULT : null);
    // Asked last: who is no debtor any more was counted before.
    return stop != null || unknown() == null
        ? stop
        : new Stop(Brake.INSOLVENT_ACCOUNT, HouseAccount.DEFAULT, 0);
  }

  /** Why it is not known whether the house owes anything; null when it is. */
  private @Nullable String unknown() {
    DebtAsked last = answered;
    if (last == null || !around.gate().known())
      return "it is not known yet whether the house owes anything";
    if (owing) return null;
    if (last.debtsGone() != around.gate().debtsGone())
      return "it is not known yet whether the house has just taken over a debt";
    long silentMs = around.time().nowMs() - last.atMs();
    if (silentMs < 0)
      return "the house's clock was set back since its default account said that it owes nothing";
    return silentMs <= DEBT_KNOWN_MS
        ? null
        : "the house's default account, which holds debts that nothing has covered, has not said "
            + "for "
            + silentMs / 1_000
            + " s whether it owes anything";
  }

  private void askForDebt() {
    DebtAsked asked = new DebtAsked(around.time().nowMs(), around.gate().debtsGone(), ++questions);
    around.send().accept(HouseAccount.DEFAULT, new TellDebt(asked, context.getSelf()));
  }

  private void lookUp(Decide asked, @Nullable JournalSays says, String id) {
    if (says != null || lookups >= LOOKUPS_MAX) {
      asked.replyTo().tell(new TryAgain("custody is busy looking up earlier ids"));
      return;
    }
    lookups++;
    context.pipeToSelf(around.journal().apply(id), (found, failure) -> new LookedUp(asked, found));
  }

  // ---- answers

  private void answer(Custody custody, Decide asked, @Nullable JournalSays says) {
    ActorRef<Answer> caller = asked.replyTo();
    switch (asked.command()) {
      case RequestWithdrawal request -> {
        Withdrawal withdrawal = custody.withdrawal(request.account(), request.withdrawalId());
        if (withdrawal == null && says != null) withdrawal = says.withdrawal();
        if (withdrawal != null && withdrawal.state() instanceof State.Holding) {
          List<ActorRef<Answer>> others =
              asking.computeIfAbsent(withdrawal.number(), _ -> new ArrayList<>());
          if (others.size() < ASKING_MAX) {
            others.add(caller);
            return;
          }
        }
        caller.tell(outcome(withdrawal));
      }
      case CustodyCommand.Vote vote ->
          caller.tell(new Done(custody.withdrawal(vote.account(), vote.withdrawalId()), null));
      case CustodyCommand.CancelWithdrawal cancel ->
          caller.tell(new Done(custody.withdrawal(cancel.account(), cancel.withdrawalId()), null));
      case CustodyCommand.AttestDeposit attest ->
          caller.tell(new Done(null, custody.deposit(attest.chain(), attest.transaction())));
      case CustodyCommand.AdoptCustodians _,
          NoteHeld _,
          NoteBooked _,
          NoteCredited _,
          CustodyCommand.Advance _ ->
          caller.tell(new Done(null, null));
    }
  }

  /** What an account refused is refused to whoever asks for it, then and later. */
  private static Answer outcome(@Nullable Withdrawal withdrawal) {
    if (withdrawal == null) return new Done(null, null);
    return switch (withdrawal.state()) {
      case State.Closing(var outcome, var why, _) when outcome == Outcome.REFUSED ->
          new Refused(new CustodyRefusal.NotHeld(withdrawal.id(), why));
      case State.Closed(var outcome, var why, _) when outcome == Outcome.REFUSED ->
          new Refused(new CustodyRefusal.NotHeld(withdrawal.id(), why));
      case State.Holding _, State.Open _, State.Closing _, State.Closed _ ->
          new Done(withdrawal, null);
    };
  }

  private void find(Custody custody, Find find) {
    Withdrawal withdrawal = custody.withdrawal(find.account(), find.withdrawalId());
    if (withdrawal != null) {
      find.replyTo().tell(new Done(withdrawal, null));
    } else if (lookups >= LOOKUPS_MAX) {
      find.replyTo().tell(new TryAgain("custody is busy looking up earlier ids"));
    } else {
      lookups++;
      context.pipeToSelf(
          around.journal().apply(JournalSays.ofWithdrawal(find.account(), find.withdrawalId())),
          (says, failure) -> new Found(find, says));
    }
  }

  private static Answer found(Find find, @Nullable JournalSays says) {
    if (says == null) return new TryAgain("the journal could not be searched");
    return says.withdrawal() == null
        ? new Refused(new CustodyRefusal.UnknownWithdrawal(find.account(), find.withdrawalId()))
        : new Done(says.withdrawal(), null);
  }

  private static Answer list(Custody custody, ListWithdrawals list) {
    List<Withdrawal> page = new ArrayList<>();
    for (Withdrawal withdrawal : custody.withdrawals()) {
      if (withdrawal.number() <= list.after()) continue;
      if (!list.account().isEmpty() && !withdrawal.account().equals(list.account())) continue;
      if (page.size() >= Math.min(list.limit(), PAGE_MAX)) break;
      page.add(withdrawal);
    }
    return new Withdrawals(page, custody.custodians().version());
  }

  // ---- what follows from events

  private void follow(Custody custody, List<CustodyEvent> events) {
    for (CustodyEvent event : events) {
      switch (event) {
        case CustodyEvent.DepositConfirmed confirmed -> credit(confirmed.content());
        case CustodyEvent.WithdrawalRequested asked ->
            changed(custody, asked.account(), asked.number());
        case CustodyEvent.OfWithdrawal of -> changed(custody, of.account(), of.withdrawal());
        case CustodyEvent.CustodiansAdopted _,
            CustodyEvent.DepositAttested _,
            CustodyEvent.DepositCredited _ -> {}
      }
    }
    lookSoon();
    // One thing is done at a time: more may be due.
    if (events.getLast() instanceof CustodyEvent.WithdrawalEnded)
      context.getSelf().tell(Internal.ADVANCE);
  }

  private void changed(Custody custody, String account, long number) {
    Withdrawal withdrawal = custody.numbered(account, number);
    if (withdrawal == null) return;
    around.publish().accept(withdrawal);
    tell(withdrawal);
    if (withdrawal.state() instanceof State.Holding) return;
    List<ActorRef<Answer>> callers = asking.remove(number);
    if (callers != null) callers.forEach(caller -> caller.tell(outcome(withdrawal)));
  }

  /** What its account is to hear of it; nothing while it is open, and when it is over. */
  private void tell(Withdrawal withdrawal) {
    ToAccount message =
        switch (withdrawal.state()) {
          case State.Holding _ ->
              new Hold(
                  withdrawal.number(),
                  withdrawal.id(),
                  withdrawal.asset(),
                  withdrawal.amount(),
                  context.getSelf());
          case State.Closing closing ->
              closing.outcome() == Outcome.SETTLED
                  ? new Finalise(withdrawal.number(), context.getSelf())
                  : new Return(withdrawal.number(), context.getSelf());
          case State.Open _, State.Closed _ -> null;
        };
    if (message != null) around.send().accept(withdrawal.account(), message);
  }

  /**
   * An account that was opened only after it was told that a withdrawal is over may be asked by a
   * message of before, and hold it.
   */
  private void takeBack(Custody custody, String account, long number) {
    Withdrawal withdrawal = custody.numbered(account, number);
    if (withdrawal == null || withdrawal.state() instanceof State.Closed)
      around.send().accept(account, new Return(number, context.getSelf()));
  }

  private void credit(Deposit.Content content) {
    around
        .send()
        .accept(
            content.account(),
            new CreditDeposit(
                content.depositId(), content.asset(), content.amount(), context.getSelf()));
  }

  private void sendAgain(Custody custody) {
    custody.withdrawals().forEach(this::tell);
    for (Deposit deposit : custody.deposits()) {
      if (deposit.stage() == Deposit.Stage.CONFIRMED) credit(deposit.content());
    }
    if (answered == null) askForDebt();
  }

  private void lookSoon() {
    if (look != null) return;
    ActorRef<Command> self = context.getSelf();
    look = around.time().at(around.time().nowMs() + LOOK_MS, TYPE, () -> self.tell(Internal.LOOK));
  }

  // ---- life

  private void onRecovered(Custody custody) {
    timers.startTimerWithFixedDelay(Internal.RESEND, RESEND);
    context.getSelf().tell(Internal.ADVANCE);
    sendAgain(custody);
    lookSoon();
  }

  /** What puts in force who are custodians by now; nothing when they are. */
  private List<CustodyEvent> adoption(Custody custody) {
    CustodianSet next = around.terms().get().custodians();
    CustodianSet now = custody.custodians();
    if (next.version() <= now.version() || next.sameAs(now)) return List.of();
    return custody.decide(new CustodyCommand.AdoptCustodians(next), given())
            instanceof CustodyDecision.Accepted(var events)
        ? events
        : List.of();
  }

  private void forget() {
    asking
        .values()
        .forEach(
            callers ->
                callers.forEach(caller -> caller.tell(new TryAgain("custody is starting anew"))));
    asking.clear();
    answered = null;
    owing = false;
    if (look != null) look.cancel();
    look = null;
  }
}
