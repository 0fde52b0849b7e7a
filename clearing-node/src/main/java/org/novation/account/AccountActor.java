package org.novation.account;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
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
import org.novation.account.House.JournalAnswer;
import org.novation.account.House.Query;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.FirstRole;
import org.novation.clearing.GatewayActor;
import org.novation.clearing.GatewayActor.HoldsAnswered;
import org.novation.clearing.GatewayActor.LastAnswered;
import org.novation.clearing.LastRole;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.risk.MarginState;
import org.novation.risk.Portfolio;

/**
 * The shell around one account. What asks for a write is gathered until the mailbox has been looked
 * through once, decided in one {@link Batch} and written at once; what arrives meanwhile gathers
 * for the next. Holds no rule.
 */
public final class AccountActor extends EventSourcedBehavior<PartyMessage, AccountEvent, Account> {
  /** The entity type of accounts, and the first part of their persistence ids. */
  public static final String TYPE = "account";

  /** Most watchers of one account. */
  public static final int WATCHERS_MAX = 64;

  private static final int LOOKUPS_MAX = 64;
  private static final int SNAPSHOT_EVERY = 1_000;
  private static final Duration RESEND = Duration.ofSeconds(2);
  private static final Duration IDLE = Duration.ofMinutes(2);
  private static final RetentionCriteria RETENTION =
      RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);

  // ---- messages

  /** What an account understands besides the clearing protocol. */
  public sealed interface Message extends PartyMessage {}

  /** Open the account for a member. */
  public record Open(String member, ActorRef<Reply> replyTo) implements Message {}

  /** Credit collateral, {@code amount} in the asset's smallest unit. */
  public record Deposit(String depositId, String asset, long amount, ActorRef<Reply> replyTo)
      implements Message {}

  /** Cap the account's own leverage; 0 lifts the cap. */
  public record CapLeverage(long leverageMax, ActorRef<Reply> replyTo) implements Message {}

  /** Read the account. */
  public record Get(ActorRef<Reply> replyTo) implements Message {}

  /** Find a trade by its id, in memory and in the journal. */
  public record FindTrade(String venue, String tradeId, ActorRef<TradeFound> replyTo)
      implements Message {}

  /** Tell of the account now and after every change, until the watcher stops. */
  public record Watch(ActorRef<Reply> watcher) implements Message {}

  /** A market crossed one of the account's triggers. */
  public record Reassess() implements Message {}

  /** Legs that {@code last} has committed and whose other side this account is. */
  public record ApplyLegs(String last, List<Delivery> deliveries, ActorRef<PartyMessage> replyTo)
      implements Message {}

  /** One leg, as its last account booked it. */
  public record Delivery(long outboxNumber, Leg leg) {}

  /** Leave memory: the shard moves, or was asked to by the account itself. */
  public record Stop() implements Message {}

  /** These legs are on the other account's books. */
  public record LegsAcknowledged(List<Long> outboxNumbers) implements Message {}

  private record LookedUp(
      Delivery delivery,
      String last,
      ActorRef<PartyMessage> replyTo,
      @Nullable JournalAnswer answer)
      implements Message {}

  private record DepositLookedUp(Deposit deposit, @Nullable JournalAnswer answer)
      implements Message {}

  private record WatcherStopped(ActorRef<Reply> watcher) implements Message {}

  private enum Internal implements Message {
    FLUSH,
    LEGS,
    RESEND,
    IDLE
  }

  /** The answer to a command. */
  public interface Reply extends PartyMessage {}

  /** Done; the account afterwards. */
  public record Done(AccountReading account) implements Reply {}

  /** Refused: nothing has changed. */
  public record Refused(Rejection why) implements Reply {}

  /** Unknown, or too busy: to be retried with the same id. */
  public record TryAgain(String why) implements Reply {}

  /** A trade that was looked for; no leg when it is not there. */
  public record TradeFound(@Nullable String member, List<Leg> legs, boolean searched)
      implements PartyMessage {}

  // ---- state of the shell: volatile, lost with it and harmless to lose

  private record ToDeposit(Deposit deposit, Known inJournal) {}

  private final ActorContext<PartyMessage> context;
  private final String id;
  private final Catalogue catalogue;
  private final House house;
  private final Consumer<ActorRef<PartyMessage>> passivate;
  private Desk<ActorRef<GatewayActor.Message>, ActorRef<PartyMessage>> desk;
  private List<ToDeposit> toDeposit = List.of();
  private List<Message> toDecide = List.of(); // Open, CapLeverage.
  private Set<Fingerprint> lookups = Set.of();
  private Set<ActorRef<Reply>> watchers = Set.of();
  private boolean flushing;
  private boolean legsWait;
  private @Nullable Told told = Told.NOTHING; // Null: as the account is now.
  private boolean watched;
  private @Nullable Cancellable resend; // Null: no leg is on its way.
  private @Nullable Cancellable idle; // Null: nothing is left that only time could change.
  private long idleSince = -1;

  private AccountActor(
      ActorContext<PartyMessage> context,
      String id,
      Catalogue catalogue,
      House house,
      Consumer<ActorRef<PartyMessage>> passivate) {
    super(persistenceId(id));
    this.context = context;
    this.id = id;
    this.catalogue = catalogue;
    this.house = house;
    this.passivate = passivate;
    this.desk = emptyDesk(house);
  }

  private static Desk<ActorRef<GatewayActor.Message>, ActorRef<PartyMessage>> emptyDesk(
      House house) {
    return new Desk<>(new FirstRole(house.timing()), new LastRole(house.timing(), house.wallMs()));
  }

  /**
   * An account. It stops when its journal fails: whether that write happened is unknown until it
   * has recovered.
   *
   * @param passivate asks the shard to let this account leave memory, by sending it {@link Stop}
   */
  public static Behavior<PartyMessage> create(
      String id, Catalogue catalogue, House house, Consumer<ActorRef<PartyMessage>> passivate) {
    return Behaviors.setup(context -> new AccountActor(context, id, catalogue, house, passivate));
  }

  /** Where an account's journal is kept. */
  public static PersistenceId persistenceId(String account) {
    return PersistenceId.of(TYPE, account);
  }

  @Override
  public Account emptyState() {
    return new Account(id, catalogue);
  }

  @Override
  public EventHandler<Account, AccountEvent> eventHandler() {
    return (account, event) -> {
      account.apply(event);
      return account;
    };
  }

  @Override
  public SnapshotAdapter<Account> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(Account account) {
        return account.snapshot();
      }

      @Override
      public Account fromJournal(Object from) {
        return Account.of((AccountSnapshot) from, catalogue);
      }
    };
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RETENTION;
  }

  @Override
  public SignalHandler<Account> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (account, signal) -> onRecovered(account))
        .onSignal(PostStop.class, (account, signal) -> onStopped(account))
        .build();
  }

  @Override
  public CommandHandler<PartyMessage, AccountEvent, Account> commandHandler() {
    return this::on;
  }

  private Effect<AccountEvent, Account> on(Account account, PartyMessage message) {
    if (idle == null && message != Internal.IDLE) lookAgain();
    switch (message) {
      case GatewayActor.HoldTrades(var requests, var gateway) ->
          gateway.tell(
              new HoldsAnswered(
                  desk.hold(account, requests, house.view(), house.houseMs(), house.wallMs())));
      case GatewayActor.VoidTrades(var requests, var gateway) ->
          gateway.tell(
              new LastAnswered(
                  desk.refuse(account, requests, house.view(), house.houseMs(), house.wallMs())));
      case GatewayActor.ReleaseTrades(var requests) -> desk.release(requests);
      case GatewayActor.NovateTrades(var requests, var gateway) -> {
        desk.novate(requests, gateway);
        flushSoon();
      }
      case ApplyLegs apply -> onApplyLegs(account, apply);
      case LegsAcknowledged(var numbers) -> desk.acknowledge(account, numbers);
      case Reassess() -> flushSoon();
      case Open open -> decide(open);
      case CapLeverage cap -> decide(cap);
      case Deposit deposit -> onDeposit(account, deposit);
      case Get(var replyTo) -> replyTo.tell(reading(account));
      case FindTrade find -> onFindTrade(account, find);
      case Watch(var watcher) -> onWatch(account, watcher);
      case WatcherStopped(var watcher) -> watchers = Sparse.minus(watchers, watcher);
      case LookedUp looked -> onLookedUp(account, looked);
      case DepositLookedUp looked -> onDepositLookedUp(looked);
      case Internal.FLUSH -> {
        return flush(account, false);
      }
      case Internal.LEGS -> {
        legsWait = false;
        if (desk.hasWork()) flushSoon();
      }
      case Internal.RESEND -> {
        resend = null;
        send(desk.unacknowledged(account));
      }
      case Internal.IDLE -> {
        return onIdle(account);
      }
      case Stop() -> {
        return Effect().stop();
      }
      default ->
          throw new IllegalStateException("an account does not understand " + message.getClass());
    }
    return Effect().none();
  }

  // ---- the protocol

  private void onApplyLegs(Account account, ApplyLegs apply) {
    Desk.Delivered delivered =
        desk.deliver(account, apply.last(), apply.deliveries(), apply.replyTo());
    if (!delivered.known().isEmpty()) apply.replyTo().tell(new LegsAcknowledged(delivered.known()));
    for (Delivery delivery : delivered.toLookUp()) {
      context.pipeToSelf(
          house.search(id, new Query(delivery.leg().venue(), delivery.leg().tradeId(), 0)),
          (answer, failure) -> new LookedUp(delivery, apply.last(), apply.replyTo(), answer));
    }
    legsMayWait();
  }

  private void onLookedUp(Account account, LookedUp looked) {
    Delivery delivery = looked.delivery();
    if (desk.lookedUp(account, looked.last(), delivery, looked.replyTo(), looked.answer()))
      looked.replyTo().tell(new LegsAcknowledged(List.of(delivery.outboxNumber())));
    legsMayWait();
  }

  /** Which halves the writes of a busy account. */
  private void legsMayWait() {
    if (flushing || legsWait || !desk.hasWork()) return;
    if (house.legsWait().isZero()) {
      flushSoon();
      return;
    }
    legsWait = true;
    context.scheduleOnce(house.legsWait(), context.getSelf(), Internal.LEGS);
  }

  private void send(List<Delivery> deliveries) {
    if (deliveries.isEmpty()) return;
    Map<String, List<Delivery>> byAccount = new HashMap<>();
    for (Delivery delivery : deliveries) {
      byAccount
          .computeIfAbsent(delivery.leg().counterparty(), any -> new ArrayList<>())
          .add(delivery);
    }
    ActorRef<PartyMessage> self = context.getSelf();
    byAccount.forEach((account, theirs) -> house.send(account, new ApplyLegs(id, theirs, self)));
    if (resend == null) resend = context.scheduleOnce(RESEND, self, Internal.RESEND);
  }

  // ---- the other commands

  private void decide(Message message) {
    toDecide = Sparse.plus(toDecide, message);
    flushSoon();
  }

  private void onDeposit(Account account, Deposit deposit) {
    Fingerprint fingerprint =
        Account.depositFingerprint(deposit.depositId(), deposit.asset(), deposit.amount());
    if (account.knownDeposit(fingerprint) != Known.FORGOTTEN) {
      toDeposit = Sparse.plus(toDeposit, new ToDeposit(deposit, Known.NO));
      flushSoon();
    } else if (lookups.size() >= LOOKUPS_MAX || lookups.contains(fingerprint)) {
      deposit.replyTo().tell(new TryAgain("the account is busy looking up earlier deposits"));
    } else {
      lookups = Sparse.plus(lookups, fingerprint);
      context.pipeToSelf(
          house.search(id, new Query(null, deposit.depositId(), 0)),
          (answer, failure) -> new DepositLookedUp(deposit, answer));
    }
  }

  private void onDepositLookedUp(DepositLookedUp looked) {
    Deposit deposit = looked.deposit();
    JournalAnswer answer = looked.answer();
    if (answer == null) {
      lookedUp(deposit);
      deposit.replyTo().tell(new TryAgain("the journal could not be searched"));
      return;
    }
    Known known = Known.NO;
    for (AccountEvent.CollateralDeposited before : answer.deposits()) {
      boolean same = before.asset().equals(deposit.asset()) && before.amount() == deposit.amount();
      known = same ? Known.YES : Known.OTHER_CONTENT;
    }
    toDeposit = Sparse.plus(toDeposit, new ToDeposit(deposit, known));
    flushSoon();
  }

  private void lookedUp(Deposit deposit) {
    lookups =
        Sparse.minus(
            lookups,
            Account.depositFingerprint(deposit.depositId(), deposit.asset(), deposit.amount()));
  }

  private void onFindTrade(Account account, FindTrade find) {
    Fingerprint idOnly = Fingerprint.of(Trade.idText(find.venue(), find.tradeId()), "");
    String member = account.member();
    context.pipeToSelf(
        house.search(id, new Query(find.venue(), find.tradeId(), account.bookedBy(idOnly), true)),
        (answer, failure) -> {
          find.replyTo()
              .tell(
                  new TradeFound(
                      member, answer == null ? List.of() : answer.legs(), answer != null));
          return new LegsAcknowledged(List.of());
        });
  }

  private void onWatch(Account account, ActorRef<Reply> watcher) {
    if (!watchers.contains(watcher) && watchers.size() >= WATCHERS_MAX) {
      watcher.tell(new TryAgain("the account has " + WATCHERS_MAX + " watchers"));
      return;
    }
    if (!watchers.contains(watcher)) {
      watchers = Sparse.plus(watchers, watcher);
      context.watchWith(watcher, new WatcherStopped(watcher));
    }
    watcher.tell(reading(account));
  }

  private Reply reading(Account account) {
    if (!account.open()) return new Refused(new Rejection.UnknownAccount(id));
    return new Done(AccountReading.of(account, desk.holds(), catalogue));
  }

  // ---- deciding and writing

  private void flushSoon() {
    if (flushing) return;
    flushing = true;
    context.getSelf().tell(Internal.FLUSH);
  }

  private Effect<AccountEvent, Account> flush(Account account, boolean acknowledgementsToo) {
    flushing = false;
    Batch batch = new Batch(account, desk.holds(), house.view(), house.houseMs());
    Replies replies = new Replies();
    decideCommands(batch, replies);
    Desk.Decided<ActorRef<GatewayActor.Message>, ActorRef<PartyMessage>> decided =
        desk.decide(account, batch, house.wallMs(), acknowledgementsToo);
    MarginState before = account.state();
    List<AccountEvent> events = decided.events();
    if (events.isEmpty()) {
      tell(decided);
      replies.send(account);
      watch(account);
      return Effect().none();
    }
    told = Told.of(account.portfolio());
    return Effect()
        .persist(events)
        .thenRun(
            after -> {
              tell(decided);
              replies.send(after);
              send(decided.committed());
              for (Delivery committed : decided.committed()) house.novated(committed.leg());
              if (after.state() != before) house.stateChanged(id, before, after.state());
              tell(after);
              watch(after);
              if (!watchers.isEmpty()) {
                Reply reading = reading(after);
                watchers.forEach(watcher -> watcher.tell(reading));
              }
            });
  }

  private void decideCommands(Batch batch, Replies replies) {
    for (Message message : toDecide) {
      switch (message) {
        case Open open -> replies.add(open.replyTo(), batch.open(open.member()));
        case CapLeverage cap -> replies.add(cap.replyTo(), batch.capLeverage(cap.leverageMax()));
        default -> throw new IllegalStateException("not a command: " + message);
      }
    }
    toDecide = List.of();
    for (ToDeposit todo : toDeposit) {
      Deposit deposit = todo.deposit();
      lookedUp(deposit);
      replies.add(
          deposit.replyTo(),
          batch.deposit(deposit.depositId(), deposit.asset(), deposit.amount(), todo.inJournal()));
    }
    toDeposit = List.of();
  }

  private void tell(Desk.Decided<ActorRef<GatewayActor.Message>, ActorRef<PartyMessage>> decided) {
    decided.answers().forEach((gateway, theirs) -> gateway.tell(new LastAnswered(theirs)));
    decided
        .acknowledgements()
        .forEach((lastAccount, numbers) -> lastAccount.tell(new LegsAcknowledged(numbers)));
  }

  /**
   * What is said once the write has happened; had it failed, nobody would have been told anything.
   */
  private final class Replies {
    private record Told(ActorRef<Reply> replyTo, @Nullable Rejection refused) {}

    private final List<Told> told = new ArrayList<>(0);

    void add(ActorRef<Reply> replyTo, @Nullable Rejection why) {
      told.add(new Told(replyTo, why));
    }

    void send(Account account) {
      for (Told one : told) {
        Rejection why = one.refused();
        one.replyTo().tell(why == null ? reading(account) : new Refused(why));
      }
    }
  }

  // ---- life

  private void onRecovered(Account account) {
    desk = emptyDesk(house);
    tell(account);
    watch(account);
    send(desk.unacknowledged(account));
    if (!account.portfolio().flat()) flushSoon(); // Prices may have crossed while it was away.
    lookAgain();
  }

  private void onStopped(Account account) {
    Portfolio portfolio = account.portfolio();
    Told known = told != null ? told : Told.of(portfolio);
    for (int slot = 0; slot < known.lots.length; slot++)
      house.positionChanged(portfolio.instrumentAt(slot), known.lots[slot], 0);
    for (int slot = 0; slot < known.amounts.length; slot++) {
      if (portfolio.assetAt(slot) != 0)
        house.balanceChanged(portfolio.assetAt(slot), known.amounts[slot], 0);
    }
    if (watched) house.unwatch(id);
    if (resend != null) resend.cancel();
    if (idle != null) idle.cancel();
  }

  /**
   * What the house was told, while a write is under way that the account's state is ahead by: lots
   * and balances by slot of the portfolio, whose slots never move.
   */
  private record Told(long[] lots, long[] amounts) {
    static final Told NOTHING = new Told(new long[0], new long[0]);

    static Told of(Portfolio portfolio) {
      long[] lots = new long[portfolio.positions()];
      for (int slot = 0; slot < lots.length; slot++) lots[slot] = portfolio.lotsAt(slot);
      long[] amounts = new long[portfolio.balances()];
      for (int slot = 0; slot < amounts.length; slot++) amounts[slot] = portfolio.amountAt(slot);
      return new Told(lots, amounts);
    }

    long lotsAt(int slot) {
      return slot < lots.length ? lots[slot] : 0;
    }

    long amountAt(int slot) {
      return slot < amounts.length ? amounts[slot] : 0;
    }
  }

  /**
   * Tells the house what the account has now, where that changed: open interest and house deposits
   * are sums over accounts.
   */
  private void tell(Account account) {
    Told before = told;
    if (before == null) return;
    told = null;
    Portfolio portfolio = account.portfolio();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      long now = portfolio.lotsAt(slot);
      if (now != before.lotsAt(slot))
        house.positionChanged(portfolio.instrumentAt(slot), before.lotsAt(slot), now);
    }
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      long now = portfolio.amountAt(slot);
      if (portfolio.assetAt(slot) != 0 && now != before.amountAt(slot))
        house.balanceChanged(portfolio.assetAt(slot), before.amountAt(slot), now);
    }
  }

  private void watch(Account account) {
    if (!account.portfolio().flat()) {
      house.watch(id, account.portfolio(), account.state());
      watched = true;
    } else if (watched) {
      house.unwatch(id);
      watched = false;
    }
  }

  /** The house's deposits are summed over the accounts in memory: who pledges stays. */
  private static boolean pledges(Portfolio portfolio) {
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (portfolio.assetAt(slot) != 0 && portfolio.amountAt(slot) != 0) return true;
    }
    return false;
  }

  /**
   * Nothing happened for a while: note what is acknowledged, and leave memory when there is nothing
   * to watch over. Looks again only while there is something that time alone may change.
   */
  private Effect<AccountEvent, Account> onIdle(Account account) {
    idle = null;
    if (account.events() != idleSince) {
      idleSince = account.events();
      lookAgain();
      return Effect().none();
    }
    if (desk.hasAcknowledgements()) {
      lookAgain();
      return flush(account, true);
    }
    desk.expire(house.wallMs());
    if (!account.outbox().isEmpty() || !desk.holds().isEmpty()) {
      lookAgain();
    } else if (account.portfolio().flat() && !pledges(account.portfolio()) && watchers.isEmpty()) {
      passivate.accept(context.getSelf());
    }
    return Effect().none();
  }

  private void lookAgain() {
    idle = context.scheduleOnce(IDLE, context.getSelf(), Internal.IDLE);
  }
}
