package org.novation.account;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
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
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.House.JournalAnswer;
import org.novation.account.House.Query;
import org.novation.clearing.Books.Known;
import org.novation.clearing.CorrectionActor;
import org.novation.clearing.CorrectionOrder;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.FirstRole;
import org.novation.clearing.GatewayActor;
import org.novation.clearing.GatewayActor.HoldsAnswered;
import org.novation.clearing.GatewayActor.LastAnswered;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.LastRole;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.custody.CustodyActor;
import org.novation.custody.HoldRefusal;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.instrument.Catalogue;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.LotGrants;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.Sizing;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.StressMoves;

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
  private static final TryAgain BUSY = new TryAgain("the account is busy: ask again");
  private static final int SNAPSHOT_EVERY = 1_000;
  private static final Duration RESEND = Duration.ofSeconds(2);

  /** Each time it takes twice as long, so often: a house that is late is not helped by copies. */
  private static final int RESENT_MAX = 2;

  private static final Duration CREDIT_PATIENCE = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofMinutes(2);

  /** So long one that was never opened stays: whoever asks for any id fills no memory. */
  private static final Duration UNOPENED = Duration.ofSeconds(5);

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

  /** Tell what the account would lose beyond its own money under each of {@link StressMoves}. */
  public record ReadStress(ActorRef<StressRead> replyTo) implements Message {}

  /** The answer to {@link ReadStress}; empty while a price is missing. */
  public record StressRead(String account, List<Long> lossMicros) implements PartyMessage {
    public StressRead {
      lossMicros = List.copyOf(lossMicros);
    }
  }

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

  /** What {@code from} has handed this account. */
  public record ApplyTransfer(long outboxNumber, Transfer transfer, ActorRef<PartyMessage> replyTo)
      implements Message {}

  /** Whether it would take collateral of another account. The answer is for now alone. */
  public record Admit(String asset, long amount, ActorRef<Reply> replyTo) implements Message {}

  /** Give collateral to another account. May be repeated. */
  public record Send(TransferDesk.Asked asked, ActorRef<Reply> replyTo) implements Message {}

  /** What another account has given this one. */
  public record Receive(long outboxNumber, Remittance remittance, ActorRef<PartyMessage> replyTo)
      implements Message {}

  private record CorrectionLookedUp(
      CorrectionActor.CarryOut carryOut, @Nullable JournalAnswer answer) implements Message {}

  private record OrderLookedUp(Send send, @Nullable JournalAnswer answer) implements Message {}

  private record RemittanceLookedUp(Receive receive, @Nullable JournalAnswer answer)
      implements Message {}

  private record TransferLookedUp(ApplyTransfer apply, @Nullable JournalAnswer answer)
      implements Message {}

  private record StepLookedUp(
      SaleDesk.StepAnswer<ActorRef<AdlCoordinatorActor.Command>> step,
      @Nullable JournalAnswer answer)
      implements Message {}

  private record CreditDecided(CustodyActor.CreditDeposit credit, @Nullable Reply answer)
      implements Message {}

  private record Heard(Consumer<Account> then) implements Message {}

  private record FundTook(long outboxNumber, InsuranceFundActor.@Nullable Answer answer)
      implements Message {}

  private record WatcherStopped(ActorRef<Reply> watcher) implements Message {}

  private enum Internal implements Message {
    FLUSH,
    LEGS,
    RESEND,
    LOOK,
    IDLE,
    UNOPENED
  }

  /** The answer to a command. */
  public interface Reply extends PartyMessage {}

  /** Done; the account afterwards. */
  public record Done(AccountReading account) implements Reply {}

  /** It would. */
  public record Admitted() implements Reply {}

  /** Refused: nothing has changed. */
  public record Refused(Rejection why) implements Reply {}

  /** Unknown, or too busy: to be retried with the same id. */
  public record TryAgain(String why) implements Reply {}

  /**
   * A trade that was looked for; no leg when it is not there.
   *
   * @param feePpm see {@link JournalAnswer}
   */
  public record TradeFound(@Nullable String member, List<Leg> legs, long feePpm, boolean searched)
      implements PartyMessage {}

  // ---- state of the shell: volatile, lost with it and harmless to lose

  private record ToDeposit(Deposit deposit, Known inJournal) {}

  private final ActorContext<PartyMessage> context;
  private final String id;
  private final Supplier<Catalogue> catalogue;
  private final House house;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private Desk<ActorRef<GatewayActor.Message>, ActorRef<PartyMessage>> desk;
  // Null where nothing is on it: nearly always, of nearly all accounts.
  private @Nullable
      SaleDesk<
          ActorRef<AuctionActor.Command>,
          ActorRef<AdlCoordinatorActor.Command>,
          ActorRef<PartyMessage>>
      sales;
  private @Nullable Unwinding<ActorRef<AuctionActor.Command>> unwinding;
  private @Nullable TransferDesk<ActorRef<Reply>, ActorRef<PartyMessage>> transfers;
  private @Nullable CorrectionDesk<ActorRef<CorrectionActor.Command>> corrections;
  private List<ToDeposit> toDeposit = List.of();
  private List<Message> toDecide = List.of(); // Open, CapLeverage.
  private List<CustodyActor.ToAccount> toWithdraw = List.of();
  private Set<Fingerprint> lookups = Set.of();
  private Set<ActorRef<Reply>> watchers = Set.of();
  private boolean flushing;
  private boolean legsWait;
  private @Nullable Told told = Told.NOTHING; // Null: as the account is now.
  private boolean watched;
  private boolean woken; // By the watch, since it was last told what to watch.
  private byte resent; // How often, since something new was sent.
  private @Nullable Cancellable resend; // Null: nothing is on its way.
  private @Nullable Cancellable idle; // Null: nothing is left that only time could change.
  private long idleSince = -1;
  private boolean owed; // As was said last.

  private AccountActor(
      ActorContext<PartyMessage> context,
      String id,
      Supplier<Catalogue> catalogue,
      House house,
      ActorRef<ClusterSharding.ShardCommand> shard) {
    super(persistenceId(id));
    this.context = context;
    this.id = id;
    this.catalogue = catalogue;
    this.house = house;
    this.shard = shard;
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
   * @param catalogue as it is now
   * @param shard asked to let this account leave memory, which it does by sending it {@link Stop}
   */
  public static Behavior<PartyMessage> create(
      String id,
      Supplier<Catalogue> catalogue,
      House house,
      ActorRef<ClusterSharding.ShardCommand> shard) {
    return Behaviors.setup(context -> new AccountActor(context, id, catalogue, house, shard));
  }

  /** Where an account's journal is kept. */
  public static PersistenceId persistenceId(String account) {
    return PersistenceId.of(TYPE, account);
  }

  /**
   * As it is, but without a copy of every event for a stream of the whole node, which one actor
   * leads and nobody listens to.
   */
  @Override
  @SuppressWarnings("unchecked") // It is one; Java does not see it, for in Scala it is a trait.
  public Behavior<PartyMessage> apply(TypedActorContext<PartyMessage> with) {
    return (Behavior<PartyMessage>) createEventSourcedBehavior().withEventPublishing(false);
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
        return Account.of(AccountSnapshot.read(from), catalogue);
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
          gateway.tell(new HoldsAnswered(desk.hold(batch(account), requests, house.wallMs())));
      case GatewayActor.VoidTrades(var requests, var gateway) ->
          gateway.tell(new LastAnswered(desk.refuse(batch(account), requests, house.wallMs())));
      case GatewayActor.ReleaseTrades(var requests) -> desk.release(requests);
      case GatewayActor.NovateTrades(var requests, var gateway) -> {
        desk.novate(requests, gateway);
        flushSoon();
      }
      case ApplyLegs apply -> onApplyLegs(account, apply);
      case LegsAcknowledged(var numbers) -> {
        desk.acknowledge(account, numbers);
        numbers.forEach(this::closed);
        if (owed) tellDebt(account); // What it handed over may have arrived.
      }
      case Reassess() -> {
        woken = true;
        flushSoon();
      }
      case Open open -> decide(open);
      case CapLeverage cap -> decide(cap);
      case Deposit deposit -> onDeposit(account, deposit);
      case Get(var replyTo) -> replyTo.tell(reading(account));
      case ReadStress(var replyTo) -> {
        List<Long> losses = StressMoves.lossMicros(account.portfolio(), house.view());
        replyTo.tell(new StressRead(id, losses == null ? List.of() : losses));
      }
      case FindTrade find -> onFindTrade(account, find);
      case Watch(var watcher) -> onWatch(account, watcher);
      case WatcherStopped(var watcher) -> watchers = Sparse.minus(watchers, watcher);
      case LookedUp looked -> onLookedUp(account, looked);
      case DepositLookedUp looked -> onDepositLookedUp(looked);
      case AuctionActor.ToAccount fromAuction -> onAuction(account, fromAuction);
      case AdlCoordinatorActor.ToAccount fromCoordinator -> onCoordinator(account, fromCoordinator);
      case CustodyActor.ToAccount fromCustody -> onCustody(account, fromCustody);
      case CreditDecided(var credit, var answer) -> onCredited(credit, answer);
      case ApplyTransfer apply -> onApplyTransfer(account, apply);
      case TransferLookedUp looked -> onTransferLookedUp(looked);
      case Admit(var asset, var amount, var replyTo) -> {
        Rejection why = batch(account).admit(asset, amount);
        replyTo.tell(why == null ? new Admitted() : new Refused(why));
      }
      case CorrectionActor.CarryOut(var order, var office) -> {
        if (account.open() && corrections().gather(order, office)) flushSoon();
      }
      case CorrectionLookedUp looked -> onCorrectionLookedUp(looked);
      case Send send -> onSend(account, send);
      case OrderLookedUp looked -> onOrderLookedUp(account, looked);
      case Receive receive -> onReceive(account, receive);
      case RemittanceLookedUp looked -> onRemittanceLookedUp(looked);
      case StepLookedUp looked -> onStepLookedUp(account, looked);
      case Heard(var then) -> then.accept(account);
      case FundTook took -> onFundTook(account, took);
      case Internal.LOOK -> {
        if (unwinding != null) unwinding.look();
        tellNeed(account);
        flushSoon();
      }
      case Internal.FLUSH -> {
        return flush(account, false);
      }
      case Internal.LEGS -> {
        legsWait = false;
        if (desk.hasWork()) flushSoon();
      }
      case Internal.RESEND -> {
        resend = null;
        if (resent < RESENT_MAX) resent++;
        sendAgain(account);
      }
      case Internal.UNOPENED -> {
        if (!account.open() && toDecide.isEmpty()) leave();
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
    if (house.legsWait().isZero() || HouseAccount.is(id)) {
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
    resendLater();
  }

  private void resendLater() {
    if (resend == null)
      resend =
          context.scheduleOnce(
              RESEND.multipliedBy(1L << resent), context.getSelf(), Internal.RESEND);
  }

  /** Everything that is owed and not known to have arrived. */
  private void sendAgain(Account account) {
    send(desk.unacknowledged(account));
    account
        .dispatches()
        .forEach(
            (number, dispatch) -> {
              if (!desk.isAcknowledged(number)) dispatch(number, dispatch);
            });
    SliceOffered offered = account.offered();
    if (offered == null) return;
    unwinding().sendAgain(account, offered);
    resendLater();
  }

  // ---- the default waterfall

  private void onAuction(Account account, AuctionActor.ToAccount message) {
    switch (message) {
      case AuctionActor.Opened(var auctionId) -> {
        if (unwinding != null) unwinding.opened(account, auctionId);
      }
      case AuctionActor.HoldSlice hold -> {
        long heldMs = house.timing().holdMs(hold.settleByMs() - house.houseMs());
        Rejection why =
            sales()
                .hold(
                    account,
                    hold.auctionId(),
                    hold.bidId(),
                    hold.allocation(),
                    house.view(),
                    house.wallMs(),
                    house.wallMs() + heldMs);
        hold.replyTo()
            .tell(
                why == null
                    ? new AuctionActor.Held(hold.bidId())
                    : new AuctionActor.NotHeld(hold.bidId(), SliceJudgement.cause(why), why));
      }
      case AuctionActor.ReleaseSlice(var auctionId, var bidId) -> {
        if (sales != null) sales.release(auctionId, bidId);
      }
      case AuctionActor.SettleSlice settle -> {
        sales()
            .settle(
                settle.auctionId(),
                settle.bidId(),
                settle.bidder(),
                settle.allocation(),
                settle.deadlineMs(),
                settle.replyTo());
        flushSoon();
      }
      case AuctionActor.SettlementNoted(var number) -> desk.acknowledge(account, List.of(number));
      case AuctionActor.AuctionOver over ->
          unwinding().over(account, over.auctionId(), over.cause(), over.replyTo());
    }
  }

  private void onCoordinator(Account account, AdlCoordinatorActor.ToAccount message) {
    switch (message) {
      case AdlCoordinatorActor.ReadToRank(var replyTo) ->
          replyTo.tell(PositionReading.toRank(account, house.view(), house.houseMs()));
      case AdlCoordinatorActor.ReadCandidates read ->
          read.replyTo()
              .tell(
                  PositionReading.of(
                      account,
                      house.view(),
                      house.houseMs(),
                      read.neededLots(),
                      read.lookBackMs()));
      case AdlCoordinatorActor.ReadDefault(var replyTo) ->
          replyTo.tell(DefaultReading.of(account, house.view(), house.houseMs()));
      case AdlCoordinatorActor.DoStep todo -> {
        sales()
            .step(
                todo.wave(),
                todo.step(),
                todo.defaulter(),
                todo.executedAtMs(),
                todo.lookBackMs(),
                false,
                todo.replyTo());
        flushSoon();
      }
    }
  }

  private void onApplyTransfer(Account account, ApplyTransfer apply) {
    Transfer transfer = apply.transfer();
    switch (account.knownTransfer(transfer.id(), transfer.atMs())) {
      case YES, OTHER_CONTENT ->
          apply.replyTo().tell(new LegsAcknowledged(List.of(apply.outboxNumber())));
      case NO -> {
        if (sales().take(apply.outboxNumber(), transfer, apply.replyTo())) flushSoon();
      }
      case FORGOTTEN -> {
        Fingerprint fingerprint = Account.transferFingerprint(transfer.id());
        if (lookups.size() >= LOOKUPS_MAX || lookups.contains(fingerprint)) return;
        lookups = Sparse.plus(lookups, fingerprint);
        context.pipeToSelf(
            house.search(id, new Query(HouseAccount.VENUE, transfer.id(), 0)),
            (answer, failure) -> new TransferLookedUp(apply, answer));
      }
    }
  }

  private void onTransferLookedUp(TransferLookedUp looked) {
    ApplyTransfer apply = looked.apply();
    String transferId = apply.transfer().id();
    JournalAnswer answer = looked.answer();
    boolean booked = answer != null && answer.transfers().contains(transferId);
    if (booked) apply.replyTo().tell(new LegsAcknowledged(List.of(apply.outboxNumber())));
    boolean taking =
        answer != null
            && !booked
            && sales().take(apply.outboxNumber(), apply.transfer(), apply.replyTo());
    if (taking) flushSoon();
    // A search that begins before it is written would miss it. Else it is sent again.
    else lookups = Sparse.minus(lookups, Account.transferFingerprint(transferId));
  }

  private void onStepLookedUp(Account account, StepLookedUp looked) {
    var step = looked.step();
    lookups = Sparse.minus(lookups, step.trade().fingerprint());
    JournalAnswer answer = looked.answer();
    if (answer == null) return; // It is sent again.
    if (!answer.legs().isEmpty()) {
      done(
          account,
          new SaleDesk.StepAnswer<>(
              step.wave(),
              step.step(),
              step.trade(),
              new Batch.Step.Done(0, account.version()),
              step.coordinator()));
      return;
    }
    sales()
        .step(
            step.wave(),
            step.step(),
            step.trade().counterparty(id),
            step.trade().executedAtMs(),
            0, // A closing's, which takes no profit.
            true,
            step.coordinator());
    flushSoon();
  }

  private void onFundTook(Account account, FundTook took) {
    switch (took.answer()) {
      case null -> {} // It is sent again.
      case InsuranceFundActor.TryAgain _, InsuranceFundActor.Figures _ -> {}
      case InsuranceFundActor.Refused(FundRefusal.UnknownDraw _) ->
          desk.acknowledge(account, List.of(took.outboxNumber())); // Nothing was held.
      case InsuranceFundActor.Refused(var why) ->
          context.getLog().error("The fund refuses what account {} owes it to hear: {}", id, why);
      case InsuranceFundActor.Done _ -> desk.acknowledge(account, List.of(took.outboxNumber()));
    }
  }

  private void dispatch(long number, Dispatch dispatch) {
    switch (dispatch) {
      case Dispatch.Deliver(var transfer) ->
          house.send(transfer.to(), new ApplyTransfer(number, transfer, context.getSelf()));
      case Dispatch.Remit(var remittance) ->
          house.send(remittance.to(), new Receive(number, remittance, context.getSelf()));
      case Dispatch.Notify notice ->
          house.auction(
              notice.auctionId(),
              new AuctionActor.Settled(
                  notice.bidId(),
                  notice.bidder(),
                  notice.allocation(),
                  notice.charge(),
                  number,
                  context.getSelf()));
      case Dispatch.Contribute(var contributionId, var micros, var issuedAtMs) ->
          tellFund(
              number,
              new FundCommand.Contribute(
                  contributionId, Batch.cause(id, contributionId), id, micros, issuedAtMs));
      case Dispatch.SettleDraw(var drawId, var paid) ->
          tellFund(number, new FundCommand.SettleDraw(drawId, paid));
    }
    resendLater();
  }

  private void tellFund(long number, FundCommand command) {
    context.pipeToSelf(house.fund(command), (answer, failure) -> new FundTook(number, answer));
  }

  private void tell(
      Account account,
      SaleDesk.Decided<
              ActorRef<AuctionActor.Command>,
              ActorRef<AdlCoordinatorActor.Command>,
              ActorRef<PartyMessage>>
          decided) {
    for (var answer : decided.settlements()) {
      // What is settled is told by the outbox.
      if (answer.answer() instanceof Batch.Settlement.NotSettled(var cause))
        answer.auction().tell(new AuctionActor.NotSettled(answer.bidId(), cause));
      else if (answer.answer() instanceof Batch.Settlement.NotNow(var leg) && !leg.isEmpty())
        answer.auction().tell(new AuctionActor.SellerNeeds(leg));
    }
    decided.over().forEach(auction -> auction.tell(new AuctionActor.Withdraw()));
    for (var taken : decided.taken()) {
      lookups = Sparse.minus(lookups, Account.transferFingerprint(taken.transferId()));
      taken.from().tell(new LegsAcknowledged(List.of(taken.outboxNumber())));
    }
    for (var answer : decided.steps()) {
      switch (answer.answer()) {
        case Batch.Step.Done _ -> done(account, answer);
        case Batch.Step.Changed(var version) ->
            answer
                .coordinator()
                .tell(new AdlCoordinatorActor.StepChanged(answer.step().id(), version));
        case Batch.Step.NotNow _ -> {} // It is sent again.
        case Batch.Step.Forgotten _ -> lookUp(answer);
      }
    }
  }

  /** A closing is done once the default account has its leg too: the coordinator reads it then. */
  private void done(
      Account account, SaleDesk.StepAnswer<ActorRef<AdlCoordinatorActor.Command>> answer) {
    for (Map.Entry<Long, Leg> owed : account.outbox().entrySet()) {
      Leg leg = owed.getValue();
      if (leg.venue().equals(HouseAccount.VENUE)
          && leg.tradeId().equals(answer.step().id())
          && !desk.isAcknowledged(owed.getKey())) {
        sales().awaitLeg(owed.getKey(), answer);
        return;
      }
    }
    tellDone(answer);
  }

  private void closed(long outboxNumber) {
    var answer = sales == null ? null : sales.legArrived(outboxNumber);
    if (answer != null) tellDone(answer);
  }

  private static void tellDone(SaleDesk.StepAnswer<ActorRef<AdlCoordinatorActor.Command>> answer) {
    if (answer.answer() instanceof Batch.Step.Done(var micros, var version)) {
      answer
          .coordinator()
          .tell(new AdlCoordinatorActor.StepDone(answer.step().id(), micros, version));
    }
  }

  private void lookUp(SaleDesk.StepAnswer<ActorRef<AdlCoordinatorActor.Command>> step) {
    Fingerprint fingerprint = step.trade().fingerprint();
    if (lookups.size() >= LOOKUPS_MAX || lookups.contains(fingerprint)) return;
    lookups = Sparse.plus(lookups, fingerprint);
    context.pipeToSelf(
        house.search(id, new Query(HouseAccount.VENUE, step.trade().tradeId(), 0)),
        (answer, failure) -> new StepLookedUp(step, answer));
  }

  /** Drives its liquidation on after a write of these events, which may be none. */
  private void unwind(@Nullable SliceOffered before, Account account, List<AccountEvent> events) {
    if (unwinding != null || Unwinding.concerns(account))
      unwinding().offered(before, account.offered());
    tellDebt(account);
    if (unwinding == null && !owed) return;
    unwinding().goOn(before, account, owed);
    unwinding().reduce(account, events);
    if (unwinding().isOver(account)) unwinding = null;
  }

  private Unwinding<ActorRef<AuctionActor.Command>> unwinding() {
    if (unwinding == null) unwinding = new Unwinding<>(id, house, new Seller());
    return unwinding;
  }

  private final class Seller implements Unwinding.Shell<ActorRef<AuctionActor.Command>> {
    private final ActorRef<PartyMessage> self = context.getSelf();

    @Override
    public <T> void hear(CompletionStage<T> answer, BiConsumer<Account, @Nullable T> then) {
      context.pipeToSelf(
          answer, (heard, failure) -> new Heard(account -> then.accept(account, heard)));
    }

    @Override
    public void open(SliceOffered offered) {
      house.auction(
          offered.auctionId(),
          new AuctionActor.Open(
              id,
              offered.liquidationId(),
              offered.ownVersion(),
              offered.parameterVersion(),
              offered.slice(),
              self));
      resendLater();
    }

    @Override
    public void wake() {
      self.tell(Internal.LOOK);
    }

    @Override
    public SaleDesk<ActorRef<AuctionActor.Command>, ?, ?> sales() {
      return AccountActor.this.sales();
    }

    @Override
    public void flushSoon() {
      AccountActor.this.flushSoon();
    }

    @Override
    public boolean maySell(Account account) {
      return batch(account).keptFromSelling().isEmpty();
    }
  }

  /** For as long as it can sell nothing: whether or not somebody bids, its auction must not end. */
  private void tellNeed(Account account) {
    SliceOffered offered = account.offered();
    if (offered == null) return;
    String leg = batch(account).keptFromSelling();
    if (!leg.isEmpty()) house.auction(offered.auctionId(), new AuctionActor.SellerNeeds(leg));
  }

  /**
   * A liquidation is written down together with its first slice, once the markets have said how
   * much may go on sale: that saves a write when there are very many. Whatever else has to be
   * written meanwhile takes the trigger along and does not wait, and so does an answer that fails
   * to come.
   */
  private boolean paceFirst(Batch batch) {
    if (unwinding != null && unwinding.rests()) return false;
    if (desk.hasWork()) return false;
    if (sales != null && sales.hasWork()) return false;
    if (transfers != null && transfers.hasWork()) return false;
    if (corrections != null && corrections.hasWork()) return false;
    if (!toDeposit.isEmpty() || !toWithdraw.isEmpty() || !toDecide.isEmpty()) return false;
    Slice wanted = batch.wantedFirst();
    if (wanted == null) return false;
    unwinding().pace(wanted);
    return true;
  }

  private void giveBack(@Nullable LotGrants grants, @Nullable Sizing sizing) {
    if (grants == null) return;
    Slice cut = sizing instanceof Sizing.Cut(var slice) ? slice : null;
    List<LotGrants.Grant> unused = grants.unused(cut);
    if (!unused.isEmpty()) house.giveBack(unused);
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

  // ---- transfers of collateral

  private void onSend(Account account, Send send) {
    switch (transfers().send(account, send.asked(), send.replyTo())) {
      case GATHERED -> flushSoon();
      case TO_LOOK_UP -> lookUp(send);
      case KNOWN, BUSY -> send.replyTo().tell(BUSY);
    }
  }

  private void lookUp(Send send) {
    Fingerprint id = Account.orderFingerprint(send.asked().order());
    if (lookups.size() >= LOOKUPS_MAX || lookups.contains(id)) {
      send.replyTo().tell(BUSY);
      return;
    }
    lookups = Sparse.plus(lookups, id);
    context.pipeToSelf(
        house.search(this.id, new Query(null, send.asked().order().id(), 0)),
        (answer, failure) -> new OrderLookedUp(send, answer));
  }

  /** However long the search took: the next attempt finds what it said. */
  private void onOrderLookedUp(Account account, OrderLookedUp looked) {
    Send send = looked.send();
    TransferOrder order = send.asked().order();
    lookups = Sparse.minus(lookups, Account.orderFingerprint(order));
    JournalAnswer answer = looked.answer();
    if (answer == null) {
      send.replyTo().tell(new TryAgain("the journal could not be searched"));
      return;
    }
    transfers().searched(account, order, answer.sent().isEmpty() ? null : answer.sent().getFirst());
    onSend(account, send);
  }

  private void onReceive(Account account, Receive receive) {
    Remittance remittance = receive.remittance();
    arrived(
        receive,
        transfers().receive(account, receive.outboxNumber(), remittance, receive.replyTo()));
  }

  private void onRemittanceLookedUp(RemittanceLookedUp looked) {
    Receive receive = looked.receive();
    JournalAnswer answer = looked.answer();
    Remittance remittance = receive.remittance();
    Boolean found = answer == null ? null : answer.transfers().contains(remittance.key());
    arrived(
        receive,
        transfers().searched(receive.outboxNumber(), remittance, found, receive.replyTo()));
  }

  private void arrived(Receive receive, TransferDesk.Arrival arrival) {
    switch (arrival) {
      case GATHERED -> flushSoon();
      case KNOWN -> receive.replyTo().tell(new LegsAcknowledged(List.of(receive.outboxNumber())));
      case BUSY -> {} // It is sent again.
      case TO_LOOK_UP ->
          context.pipeToSelf(
              house.search(id, new Query(HouseAccount.VENUE, receive.remittance().key(), 0)),
              (answer, failure) -> new RemittanceLookedUp(receive, answer));
    }
  }

  private void tell(
      Account account, TransferDesk.Decided<ActorRef<Reply>, ActorRef<PartyMessage>> decided) {
    for (var received : decided.received())
      received.from().tell(new LegsAcknowledged(List.of(received.outboxNumber())));
    for (var answered : decided.answers()) {
      Reply reply =
          switch (answered.answer()) {
            case LastRole.Answer.Commit(), LastRole.Answer.Novated() -> reading(account);
            case LastRole.Answer.Refused(var why) -> new Refused(why);
            case LastRole.Answer.Forgotten(var why) -> new Refused(why);
            case LastRole.Answer.Unavailable(var why) -> new TryAgain(why);
          };
      answered.replyTo().tell(reply);
    }
  }

  // ---- corrections

  private void tell(CorrectionDesk.Decided<ActorRef<CorrectionActor.Command>> decided) {
    for (var booked : decided.booked()) carriedOut(booked.order(), booked.office());
    for (CorrectionOrder order : decided.never())
      context.getLog().error("Account {} has corrected that trade in another way: {}", id, order);
    for (var forgotten : decided.toLookUp()) {
      CorrectionOrder order = forgotten.order();
      Query query =
          switch (order) {
            case CorrectionOrder.Reverse(_, var trade, _) ->
                new Query(HouseAccount.VENUE, trade.tradeId(), 0);
            case CorrectionOrder.Pay pay -> new Query(null, pay.key(), 0);
          };
      context.pipeToSelf(
          house.search(id, query),
          (answer, failure) ->
              new CorrectionLookedUp(
                  new CorrectionActor.CarryOut(order, forgotten.office()), answer));
    }
  }

  private void onCorrectionLookedUp(CorrectionLookedUp looked) {
    CorrectionOrder order = looked.carryOut().order();
    JournalAnswer answer = looked.answer();
    boolean known = answer != null && !(answer.legs().isEmpty() && answer.sent().isEmpty());
    if (answer != null && !known) {
      corrections().notInJournal(order, looked.carryOut().replyTo());
      flushSoon();
      return;
    }
    corrections().done(order);
    if (known) carriedOut(order, looked.carryOut().replyTo());
  }

  private static void carriedOut(CorrectionOrder order, ActorRef<CorrectionActor.Command> office) {
    office.tell(new CorrectionActor.CarriedOut(order.correctionId(), order.key()));
  }

  // ---- custody

  private void onCustody(Account account, CustodyActor.ToAccount message) {
    switch (message) {
      case CustodyActor.CreditDeposit credit ->
          context.ask(
              Reply.class,
              context.getSelf(),
              CREDIT_PATIENCE,
              replyTo -> new Deposit(credit.depositId(), credit.asset(), credit.amount(), replyTo),
              (answer, failure) -> new CreditDecided(credit, answer));
      case CustodyActor.TellDebt(var asked, var replyTo) ->
          replyTo.tell(
              new CustodyActor.DebtTold(asked, DefaultReading.owes(account, house.view())));
      case CustodyActor.Hold _, CustodyActor.Finalise _, CustodyActor.Return _ -> {
        toWithdraw = Sparse.plus(toWithdraw, message);
        flushSoon();
      }
    }
  }

  private static void onCredited(CustodyActor.CreditDeposit credit, @Nullable Reply answer) {
    switch (answer) {
      case Done _ -> credit.replyTo().tell(new CustodyActor.Credited(credit.depositId()));
      case Refused(var why) ->
          credit.replyTo().tell(new CustodyActor.NotCredited(credit.depositId(), why.toString()));
      case null, default -> {} // It is told again.
    }
  }

  /** Null when there is nothing to say: it is asked again. */
  private @Nullable Runnable decide(Batch batch, CustodyActor.ToAccount message) {
    return switch (message) {
      case CustodyActor.Hold hold -> {
        HoldRefusal why =
            batch.hold(hold.withdrawal(), hold.withdrawalId(), hold.asset(), hold.amount());
        HoldRefusal answer = why == null ? HoldRefusal.NONE : why;
        yield () ->
            hold.replyTo().tell(new CustodyActor.HoldAnswered(id, hold.withdrawal(), answer));
      }
      case CustodyActor.Return back -> {
        batch.giveBack(back.withdrawal());
        yield () -> back.replyTo().tell(new CustodyActor.Booked(id, back.withdrawal()));
      }
      case CustodyActor.Finalise finalise -> {
        batch.letGo(finalise.withdrawal());
        yield () -> finalise.replyTo().tell(new CustodyActor.Booked(id, finalise.withdrawal()));
      }
      case CustodyActor.CreditDeposit _, CustodyActor.TellDebt _ -> null;
    };
  }

  private void onFindTrade(Account account, FindTrade find) {
    Fingerprint idOnly = Fingerprint.of(Trade.idText(find.venue(), find.tradeId()), "");
    String member = account.member();
    context.pipeToSelf(
        house.search(id, new Query(find.venue(), find.tradeId(), account.bookedBy(idOnly), true)),
        (answer, failure) -> {
          find.replyTo()
              .tell(
                  answer == null
                      ? new TradeFound(member, List.of(), 0, false)
                      : new TradeFound(member, answer.legs(), answer.feePpm(), true));
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
    return new Done(AccountReading.of(account, desk.holds(), catalogue.get()));
  }

  // ---- deciding and writing

  private void flushSoon() {
    if (flushing) return;
    flushing = true;
    context.getSelf().tell(Internal.FLUSH);
  }

  private Effect<AccountEvent, Account> flush(Account account, boolean idle) {
    flushing = false;
    Batch batch = batch(account);
    if (paceFirst(batch)) return Effect().none();
    if (idle) batch.payFees();
    Replies replies = new Replies();
    decideCommands(batch, replies);
    boolean spent = sales != null && sales.hasGrant();
    LotGrants grants = unwinding == null ? null : unwinding.takeGrants();
    SaleDesk.Decided<
            ActorRef<AuctionActor.Command>,
            ActorRef<AdlCoordinatorActor.Command>,
            ActorRef<PartyMessage>>
        sold = sales == null ? SaleDesk.Decided.nothing() : sales.decide(batch, house.wallMs());
    TransferDesk.Decided<ActorRef<Reply>, ActorRef<PartyMessage>> moved =
        transfers == null
            ? TransferDesk.Decided.nothing()
            : transfers.decide(batch, desk.role(), house.wallMs());
    CorrectionDesk.Decided<ActorRef<CorrectionActor.Command>> corrected =
        corrections == null ? CorrectionDesk.Decided.nothing() : corrections.decide(batch);
    clear();
    Desk.Decided<ActorRef<GatewayActor.Message>, ActorRef<PartyMessage>> decided =
        desk.decide(account, batch, house.wallMs(), idle);
    MarginState before = account.state();
    SliceOffered offeredBefore = account.offered();
    List<AccountEvent> events = decided.events();
    if (spent && events.isEmpty()) unwinding().cameToNothing(grants);
    if (events.isEmpty()) {
      tell(decided);
      tell(account, sold);
      tell(account, moved);
      tell(corrected);
      giveBack(grants, batch.sizing());
      replies.send(account);
      // Whoever was woken is not watched before it registers anew; everybody else still is.
      if (woken) watch(account);
      unwind(offeredBefore, account, events);
      return Effect().none();
    }
    told = Told.of(account.portfolio());
    resent = 0;
    if (unwinding != null) unwinding.moved();
    return Effect()
        .persist(events)
        .thenRun(
            after -> {
              tell(decided);
              tell(after, sold);
              tell(after, moved);
              tell(corrected);
              giveBack(grants, batch.sizing());
              replies.send(after);
              send(decided.committed());
              batch.dispatches().forEach(this::dispatch);
              for (Delivery committed : decided.committed()) {
                if (!committed.leg().venue().equals(HouseAccount.VENUE))
                  house.novated(committed.leg());
              }
              if (after.state() != before) house.stateChanged(id, before, after.state());
              tellPhases(after, events);
              tell(after);
              watch(after);
              unwind(offeredBefore, after, events);
              if (!watchers.isEmpty()) {
                Reply reading = reading(after);
                watchers.forEach(watcher -> watcher.tell(reading));
              }
            });
  }

  private SaleDesk<
          ActorRef<AuctionActor.Command>,
          ActorRef<AdlCoordinatorActor.Command>,
          ActorRef<PartyMessage>>
      sales() {
    if (sales == null) sales = new SaleDesk<>(desk.holds());
    return sales;
  }

  private TransferDesk<ActorRef<Reply>, ActorRef<PartyMessage>> transfers() {
    if (transfers == null) transfers = new TransferDesk<>();
    return transfers;
  }

  private CorrectionDesk<ActorRef<CorrectionActor.Command>> corrections() {
    if (corrections == null) corrections = new CorrectionDesk<>();
    return corrections;
  }

  /** Desks on which nothing is left take no memory. */
  private void clear() {
    if (sales != null && sales.isEmpty()) sales = null;
    if (transfers != null && transfers.isEmpty()) transfers = null;
    if (corrections != null && corrections.isEmpty()) corrections = null;
  }

  private Batch batch(Account account) {
    MarketView view = house.view();
    return new Batch(
        account, desk.holds(), view, house.liquidation(view), house.houseMs(), house::closedGate);
  }

  private void decideCommands(Batch batch, Replies replies) {
    for (CustodyActor.ToAccount message : toWithdraw) {
      Runnable answer = decide(batch, message);
      if (answer != null) replies.add(answer);
    }
    toWithdraw = List.of();
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
    private final List<Runnable> others = new ArrayList<>(0);

    void add(ActorRef<Reply> replyTo, @Nullable Rejection why) {
      told.add(new Told(replyTo, why));
    }

    void add(Runnable other) {
      others.add(other);
    }

    void send(Account account) {
      others.forEach(Runnable::run);
      for (Told one : told) {
        Rejection why = one.refused();
        one.replyTo().tell(why == null ? reading(account) : new Refused(why));
      }
    }
  }

  // ---- life

  private void onRecovered(Account account) {
    desk = emptyDesk(house);
    sales = null;
    transfers = null;
    corrections = null;
    tell(account);
    owed = owes(account);
    if (owed || !(account.liquidation() instanceof LiquidationState.Healthy))
      house.stands(PhaseReading.of(account, owed));
    watch(account);
    sendAgain(account);
    unwind(account.offered(), account, List.of());
    // Prices may have crossed while it was away.
    if (fallsWithPrices(account.portfolio())) flushSoon();
    lookAgain();
    if (!account.open()) context.scheduleOnce(UNOPENED, context.getSelf(), Internal.UNOPENED);
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
    house.standsNoMore(id);
    if (resend != null) resend.cancel();
    if (unwinding != null) unwinding.stopLooking();
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

  private void tellPhases(Account account, List<AccountEvent> events) {
    for (AccountEvent event : events) {
      if (!(event instanceof AccountEvent.LiquidationChanged changed)) continue;
      owed = owes(account);
      house.stands(PhaseReading.of(account, changed, owed));
    }
  }

  /** Says so where the account has come to owe more than it has, or no longer. */
  private void tellDebt(Account account) {
    boolean owes = owes(account);
    if (owes == owed) return;
    owed = owes;
    house.stands(PhaseReading.of(account, owes));
  }

  /** Of what an account has that is well nobody asks. */
  private boolean owes(Account account) {
    if (HouseAccount.is(id)) return false;
    return handsOver(account)
        || (!(account.liquidation() instanceof LiquidationState.Healthy)
            && DefaultReading.owes(account, house.view()));
  }

  /**
   * Whether something is on its way to the default account, which can say nothing of it yet: a
   * debt, or contracts that may be worth less than nothing when they arrive.
   */
  private boolean handsOver(Account account) {
    for (Map.Entry<Long, Dispatch> owed : account.dispatches().entrySet()) {
      if (owed.getValue() instanceof Dispatch.Deliver(var transfer)
          && transfer.to().equals(HouseAccount.DEFAULT)
          && !desk.isAcknowledged(owed.getKey())) return true;
    }
    return false;
  }

  private void watch(Account account) {
    woken = false;
    if (fallsWithPrices(account.portfolio()) && !HouseAccount.is(id)) {
      house.watch(id, account.portfolio(), account.state());
      watched = true;
    } else if (watched) {
      house.unwatch(id);
      watched = false;
    }
  }

  /** Whether prices alone can bring it under its maintenance margin. */
  static boolean fallsWithPrices(Portfolio portfolio) {
    return !portfolio.flat() || Saleable.owesAgainstCoins(portfolio);
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
    if (desk.hasAcknowledgements() || account.feesKeptMicros() > 0) {
      lookAgain();
      return flush(account, true);
    }
    desk.expire(house.wallMs());
    if (sales != null) sales.expire(house.wallMs());
    clear();
    if (!account.outbox().isEmpty()
        || !account.dispatches().isEmpty()
        || !desk.holds().isEmpty()
        || (unwinding != null && unwinding.willLook())) {
      lookAgain();
    } else if (account.portfolio().flat() && !pledges(account.portfolio()) && watchers.isEmpty()) {
      leave();
    }
    return Effect().none();
  }

  private void leave() {
    shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
  }

  private void lookAgain() {
    idle = context.scheduleOnce(IDLE, context.getSelf(), Internal.IDLE);
  }
}
