package org.novation.liquidation.auction;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.Recovery;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.insurance.Draw;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.Auction.Placed;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundAsked;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.AuctionEvent.ReservationLapsed;

/**
 * The shell around one auction, sharded by its id. What asks for a write is gathered until the
 * mailbox has been looked through once, decided in its order, and written at once; what arrives
 * meanwhile gathers for the next. Holds no rule.
 *
 * <p>A bid goes: reserved (a write) - held by the bidder - settled by the seller, whose write is
 * the commit point - booked here (a write) - answered. Whoever does not answer is asked again after
 * a while, then less and less often; after a recovery every open reservation goes on by asking its
 * bidder again. What is not heard of in time lapses, and the seller is asked until it has said
 * whether it settled it: so an answer to a liquidator is final, and so is what the fund is told.
 */
public final class AuctionActor
    extends EventSourcedBehavior<AuctionActor.Command, AuctionEvent, @Nullable Auction> {
  /** The entity type of auctions, and the first part of their persistence ids. */
  public static final String TYPE = "auction";

  /** Most bids gathered for one write; beyond, they are refused. */
  public static final int GATHERED_MAX = 1_024;

  /** Most callers that wait for the answer to one bid; beyond, the first are left to time out. */
  private static final int WAITING_MAX = 8;

  private static final Duration TICK = Duration.ofSeconds(1);

  /**
   * How often, in house time, it looks whether anybody may bid: while nobody may, when it is about
   * to end, and whenever a seller needs more than what is for sale.
   */
  private static final long LOOK_MS = 1_000;

  /** And otherwise: an auction whose clock runs on so long in a halt has lost a step or two. */
  private static final long LOOK_SELDOM_MS = 4_000;

  /** An open auction is told anew every so many ticks, for nodes that were not there before. */
  private static final int TICKS_PER_HEARTBEAT = 4;

  /** Who does not answer is asked again after 2, 4, 8 and 16 ticks, then every 16. */
  private static final int TICKS_PER_REPEAT = 16;

  /** After so many ticks in which nothing came and nothing is owed it leaves memory. */
  private static final int IDLE_TICKS = 32;

  /** One that owes nobody anything, and is told no more, looks only whether it may leave. */
  private static final int TICKS_AT_REST = IDLE_TICKS / 2;

  /** Most markets beside its own that it looks at for its seller. */
  private static final int NEEDED_MAX = 64;

  /**
   * For so long a seller's word holds that it needs one: it looks more often, and says it again.
   */
  private static final long NEEDED_MS = 32_000;

  /** What an auction understands. */
  public sealed interface Command extends PartyMessage {}

  // ---- from the seller's account

  /**
   * Sell this. Sent until {@link Opened} is answered, and again while the offer stands; known again
   * by the auction's id.
   *
   * @param accountVersion see {@link Bid#accountVersion}
   */
  public record Open(
      String account,
      String liquidationId,
      long accountVersion,
      long parameterVersion,
      Slice slice,
      ActorRef<PartyMessage> seller)
      implements Command {}

  /** The seller moved; see {@link Auction#reduce}. Sent again while the offer stands. */
  public record Reduce(long accountVersion, List<Long> withdrawnLots, long bankruptcyMicros)
      implements Command {
    public Reduce {
      withdrawnLots = List.copyOf(withdrawnLots);
    }
  }

  /** The seller sells nothing more here. Sent once: whatever is bid afterwards, it refuses. */
  public record Withdraw() implements Command {}

  /**
   * A bid is settled: on the seller's books, for ever. The answer to {@link SettleSlice}, and sent
   * again until {@link SettlementNoted} is answered.
   *
   * @param outboxNumber of the seller; 0 when no answer is needed
   * @param seller where that goes
   */
  public record Settled(
      String bidId,
      String bidder,
      Allocation allocation,
      Charge charge,
      long outboxNumber,
      ActorRef<PartyMessage> seller)
      implements Command {}

  /**
   * The seller has not settled this bid, and never will, whatever copies of {@link SettleSlice} are
   * still on their way. Not to be said while a settlement of it waits for {@link SettlementNoted}.
   */
  public record NotSettled(String bidId, LapseCause cause) implements Command {}

  /**
   * The seller can settle nothing, nor hand over what is left, while the price or a brake of this
   * forbids it, though it may not be for sale here: it has it. The auction looks at that market too
   * for a while. Said for each bid that it kept from settling, and again whenever the seller looks.
   *
   * @param leg its name, as a leg has it
   */
  public record SellerNeeds(String leg) implements Command {}

  // ---- from the bidder's account

  /** The bidder has the margin for it, and keeps it for a while. */
  public record Held(String bidId) implements Command {}

  /** The bidder cannot take it. */
  public record NotHeld(String bidId, LapseCause cause, Rejection why) implements Command {}

  // ---- from liquidators

  /**
   * Take a part of the slice. Answered when it is settled, or will not be; or with a refusal.
   *
   * @param registered whether the bidder may take slices
   * @param member whose account the bidder is; null from a node of a version that did not say
   */
  public record PlaceBid(
      Bid bid, boolean registered, @Nullable String member, ActorRef<BidAnswer> replyTo)
      implements Command {}

  /** What became of a bid. */
  public record ReadBid(String bidId, ActorRef<BidAnswer> replyTo) implements Command {}

  /** The auction as it is. */
  public record Read(ActorRef<AuctionRead> replyTo) implements Command {}

  /**
   * The answer to a bid.
   *
   * @param placed what is known of it; null when it was refused, or when there is no such auction
   *     or no such bid
   * @param refused why it was refused; null when it was not
   * @param why it lapsed, where that is known: why the bidder's account could not take it, or what
   *     kept the seller's from selling it
   */
  public record BidAnswer(
      Auction.@Nullable Placed placed, @Nullable BidRefusal refused, @Nullable Rejection why)
      implements PartyMessage {}

  /** An auction as others may see it; null when there is none of this id. */
  public record AuctionRead(@Nullable AuctionReading auction) implements PartyMessage {}

  /** Leave memory: the shard moves, or was asked to by the auction itself. */
  public record Stop() implements Command {}

  /** The fund's answer; null when there was none. */
  private record FundSaid(InsuranceFundActor.@Nullable Answer answer) implements Command {}

  private enum Internal implements Command {
    FLUSH,
    DUE,
    TICK
  }

  // ---- to accounts

  /** What an auction says to accounts. */
  public sealed interface ToAccount extends PartyMessage {}

  /** To the seller: the slice is for sale. */
  public record Opened(String auctionId) implements ToAccount {}

  /**
   * To the bidder: keep the margin for this, if it is there.
   *
   * @param settleByMs house time: the seller may sell it until then, and it is to be kept for as
   *     long. 0 from an auction of a version that did not say
   */
  public record HoldSlice(
      String auctionId,
      String bidId,
      Allocation allocation,
      long settleByMs,
      ActorRef<Command> replyTo)
      implements ToAccount {}

  /** To the bidder: it came to nothing. */
  public record ReleaseSlice(String auctionId, String bidId) implements ToAccount {}

  /** A deadline that has always passed. */
  public static final long NEVER_MS = 0;

  /**
   * To the seller: sell this part to this bidder, whose margin is held. Answered by {@link Settled}
   * or {@link NotSettled}, also when the sale is long over; sent again until then.
   *
   * @param deadlineMs house time: not to be settled later, for the hold may be gone; {@link
   *     #NEVER_MS} only asks whether it was
   */
  public record SettleSlice(
      String auctionId,
      String bidId,
      String bidder,
      Allocation allocation,
      long deadlineMs,
      ActorRef<Command> replyTo)
      implements ToAccount {}

  /** To the seller: the auction knows of this settlement. */
  public record SettlementNoted(long outboxNumber) implements ToAccount {}

  /**
   * To the seller: nobody bought what is left, or nobody could for too long. Sent until {@link
   * Withdraw} is answered.
   *
   * @param cause why nothing can be bid for any more
   */
  public record AuctionOver(String auctionId, EndCause cause, ActorRef<Command> replyTo)
      implements ToAccount {}

  // ---- state of the shell: volatile, lost with it and harmless to lose

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final String id;
  private final HouseTime time;
  private final Supplier<LiquidationPolicy> policy;
  private final Marks marks;
  private final BiConsumer<String, PartyMessage> accounts;
  private final Function<FundCommand, CompletionStage<InsuranceFundActor.Answer>> fund;
  private final Consumer<AuctionReading> publish;
  private final Consumer<ActorRef<Command>> passivate;

  private List<Command> gathered = new ArrayList<>();
  private int gatheredBids;
  private boolean flushing;
  private final Set<String> recovered = new HashSet<>(); // Reserved by an earlier incarnation.
  private final Set<String> held = new HashSet<>();
  private final Map<String, List<ActorRef<BidAnswer>>> waiting = new HashMap<>();
  private final Map<String, Rejection> whyNot = new LinkedHashMap<>();
  private final Map<String, Long> needed = new LinkedHashMap<>(); // By the seller, and how long.
  private boolean fundAsked;
  private boolean sellerKnows;
  private boolean untold; // Something is reserved of which liquidators have not heard.
  private boolean away; // Since then it has not looked at the markets.
  private int ticks; // From one look at what is owed to the next: in a crash there are very many.
  private int unsaidTicks; // Since it was last told.
  private int idleTicks;
  private int quietTicks; // In which nothing came.
  private HouseTime.@Nullable Alarm alarm;
  private long alarmMs; // When it goes off.

  private AuctionActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      String id,
      HouseTime time,
      Supplier<LiquidationPolicy> policy,
      Marks marks,
      BiConsumer<String, PartyMessage> accounts,
      Function<FundCommand, CompletionStage<InsuranceFundActor.Answer>> fund,
      Consumer<AuctionReading> publish,
      Consumer<ActorRef<Command>> passivate) {
    super(persistenceId(id));
    this.context = context;
    this.timers = timers;
    this.id = id;
    this.time = time;
    this.policy = policy;
    this.marks = marks;
    this.accounts = accounts;
    this.fund = fund;
    this.publish = publish;
    this.passivate = passivate;
  }

  /**
   * An auction. It stops when its journal fails: whether that write happened is unknown until it
   * has recovered.
   *
   * @param id of the auction
   * @param policy asked when it opens, by whose terms it goes to its end, and for its clock
   * @param marks as they are whenever they are asked for
   * @param accounts sends to an account, wherever it is
   * @param fund asks the fund of the pool; does not wait
   * @param publish tells liquidators how the auction is, after each change that they can see and
   *     every few seconds while it is open; does not wait. Of a reservation they hear by what comes
   *     of it, which is soon, or within a tick
   * @param passivate asks the shard to let this auction leave memory, by sending it {@link Stop}
   */
  public static Behavior<Command> create(
      String id,
      HouseTime time,
      Supplier<LiquidationPolicy> policy,
      Marks marks,
      BiConsumer<String, PartyMessage> accounts,
      Function<FundCommand, CompletionStage<InsuranceFundActor.Answer>> fund,
      Consumer<AuctionReading> publish,
      Consumer<ActorRef<Command>> passivate) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new AuctionActor(
                        context, timers, id, time, policy, marks, accounts, fund, publish,
                        passivate)));
  }

  /** Where an auction's journal is kept. */
  public static PersistenceId persistenceId(String auction) {
    return PersistenceId.of(TYPE, auction);
  }

  /** As an account's: no copy of every event for a stream that nobody listens to. */
  @Override
  @SuppressWarnings("unchecked") // It is one; Java does not see it, for in Scala it is a trait.
  public Behavior<Command> apply(TypedActorContext<Command> with) {
    return (Behavior<Command>) createEventSourcedBehavior().withEventPublishing(false);
  }

  @Override
  public @Nullable Auction emptyState() {
    return null;
  }

  @Override
  public EventHandler<@Nullable Auction, AuctionEvent> eventHandler() {
    return (auction, event) ->
        auction == null ? Auction.of((AuctionOpened) event) : auction.apply(event);
  }

  /** An auction is short: it is read from its events, and looks for no snapshot. */
  @Override
  public Recovery recovery() {
    return Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none());
  }

  @Override
  public SignalHandler<@Nullable Auction> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (auction, signal) -> onRecovered(auction))
        .onSignal(PostStop.class, (auction, signal) -> cancelAlarm())
        .build();
  }

  @Override
  public CommandHandler<Command, AuctionEvent, @Nullable Auction> commandHandler() {
    return this::on;
  }

  private Effect<AuctionEvent, @Nullable Auction> on(@Nullable Auction auction, Command command) {
    switch (command) {
      case PlaceBid(_, _, _, var replyTo) when gatheredBids >= GATHERED_MAX ->
          replyTo.tell(new BidAnswer(null, new BidRefusal.TooManyReservations(gatheredBids), null));
      case PlaceBid bid -> {
        gatheredBids++;
        gather(bid);
      }
      case ReadBid(var bidId, var replyTo) ->
          replyTo.tell(answer(auction == null ? null : auction.bids().get(bidId)));
      case Read(var replyTo) ->
          replyTo.tell(new AuctionRead(auction == null ? null : AuctionReading.of(auction)));
      case Held(var bidId) -> onHeld(auction, bidId);
      case NotHeld refused -> {
        // Of an earlier incarnation's reservation the seller alone knows what became.
        if (!held.contains(refused.bidId()) && !recovered.contains(refused.bidId()))
          gather(refused);
      }
      case Internal.TICK -> onTick(auction);
      case Internal.FLUSH -> {
        return flush(auction);
      }
      case Stop() -> {
        return Effect().stop();
      }
      case Internal.DUE -> {
        cancelAlarm(); // Whatever the clock says by now: it may have stepped back since.
        gather(command);
      }
      case SellerNeeds(var leg) when needed.size() >= NEEDED_MAX && !needed.containsKey(leg) -> {}
      case SellerNeeds(var leg) -> {
        if (needed.put(leg, time.nowMs() + NEEDED_MS) == null) gather(Internal.DUE);
        if (auction != null) rememberStop(auction, leg);
      }
      case Open _, Reduce _, Withdraw _, Settled _, NotSettled _, FundSaid _ -> gather(command);
    }
    return Effect().none();
  }

  private void gather(Command command) {
    gathered.add(command);
    if (command != Internal.DUE) {
      idleTicks = 0;
      quietTicks = 0;
    }
    if (flushing) return;
    flushing = true;
    context.getSelf().tell(Internal.FLUSH);
  }

  private void onHeld(@Nullable Auction auction, String bidId) {
    Placed placed = auction == null ? null : auction.bids().get(bidId);
    if (auction == null || placed == null || !placed.undecided()) return;
    // It said before that it cannot, which is about to be written, and told.
    for (Command before : gathered)
      if (before instanceof NotHeld refused && refused.bidId().equals(bidId)) return;
    if (held.add(bidId)) askSeller(auction, placed);
  }

  // ---- deciding and writing

  private Effect<AuctionEvent, @Nullable Auction> flush(@Nullable Auction auction) {
    List<Command> commands = gathered;
    gathered = new ArrayList<>();
    gatheredBids = 0;
    flushing = false;
    Turn turn = new Turn(auction, time.nowMs());
    turn.look();
    for (Command command : commands) turn.take(command);
    turn.timePasses();
    if (turn.events.isEmpty()) {
      turn.written(auction);
      return Effect().none();
    }
    return Effect().persist(turn.events).thenRun(turn::written);
  }

  /** What is decided in one go, and said once it is written. */
  private final class Turn {
    private final long nowMs;
    private final List<AuctionEvent> events = new ArrayList<>();
    private final List<Consumer<@Nullable Auction>> answers = new ArrayList<>();
    private @Nullable Auction auction;

    Turn(@Nullable Auction auction, long nowMs) {
      this.auction = auction;
      this.nowMs = nowMs;
    }

    void look() {
      if (!needed.isEmpty()) needed.values().removeIf(untilMs -> untilMs < nowMs);
      if (auction != null)
        record(auction.look(marks, needed.keySet(), policy.get().standstillMsMax(), away, nowMs));
      away = false;
    }

    void take(Command command) {
      Auction now = auction;
      if (command instanceof Open open) open(open);
      else if (now != null) take(now, command);
      else if (command instanceof PlaceBid bid) bid.replyTo().tell(answer(null));
    }

    private void open(Open open) {
      if (auction == null) {
        AuctionOpened opened =
            Auction.open(
                id,
                open.liquidationId(),
                open.account(),
                open.accountVersion(),
                open.parameterVersion(),
                open.slice(),
                policy.get(),
                nowMs);
        events.add(opened);
        auction = Auction.of(opened);
      }
      answers.add(_ -> open.seller().tell(new Opened(id)));
    }

    private void take(Auction now, Command command) {
      switch (command) {
        case PlaceBid bid -> place(now, bid);
        case Reduce(var version, var withdrawn, var bankruptcy) ->
            record(now.reduce(version, withdrawn, bankruptcy, nowMs));
        case Withdraw() -> {
          sellerKnows = true;
          record(now.recover(nowMs));
        }
        case Settled settled -> {
          record(
              now.settle(
                  settled.bidId(),
                  settled.bidder(),
                  settled.allocation(),
                  settled.charge(),
                  nowMs));
          if (settled.outboxNumber() != 0)
            answers.add(_ -> settled.seller().tell(new SettlementNoted(settled.outboxNumber())));
        }
        case NotSettled(var bidId, var cause) -> record(now.lapse(bidId, cause, nowMs));
        case NotHeld(var bidId, var cause, var why) -> {
          remember(bidId, why);
          record(now.lapse(bidId, cause, nowMs));
        }
        case FundSaid(var said) -> {
          fundAsked = false;
          if (said != null) record(hear(now, said));
        }
        default -> {} // The time alone: see timePasses.
      }
    }

    private void place(Auction now, PlaceBid placing) {
      String member = placing.member() == null ? "" : placing.member();
      Auction.Decision decision =
          now.decide(placing.bid(), placing.registered(), member, marks, needed.keySet(), nowMs);
      record(decision.events());
      switch (decision.answer()) {
        case Auction.Answer.Refused(var why) ->
            answers.add(_ -> placing.replyTo().tell(new BidAnswer(null, why, null)));
        case Auction.Answer.Accepted(var placed) ->
            answers.add(after -> answerOnceKnown(after, placed.bid().bidId(), placing.replyTo()));
      }
    }

    private List<AuctionEvent> hear(Auction now, InsuranceFundActor.Answer said) {
      boolean settling = now.pledge() != null && now.pledge().answered();
      if (said instanceof InsuranceFundActor.Done(var draw))
        return settling ? now.fundSettled(nowMs) : now.pledged(granted(draw), nowMs);
      if (said instanceof InsuranceFundActor.Refused(var why)) {
        if (settling)
          throw new IllegalStateException("the fund does not know its own pledge: " + why);
        return waits(now, why) ? List.of() : now.pledged(0, nowMs);
      }
      return List.of(); // It is asked again.
    }

    private static long granted(@Nullable Draw draw) {
      if (draw == null) throw new IllegalStateException("the fund does not say what it grants");
      return draw.grantedMicros();
    }

    /** Whether the fund may say something else soon, while that is still of use. */
    private static boolean waits(Auction now, FundRefusal why) {
      boolean passes = why instanceof FundRefusal.Busy || why instanceof FundRefusal.InTheFuture;
      return passes && now.ended() == null;
    }

    void timePasses() {
      if (auction != null) record(auction.due(nowMs));
    }

    private void record(List<AuctionEvent> more) {
      if (auction == null || more.isEmpty()) return;
      events.addAll(more);
      auction = auction.after(more);
    }

    void written(@Nullable Auction after) {
      if (after != null) {
        for (AuctionEvent event : events) follow(after, event);
        setAlarm(after);
        if (events.stream().anyMatch(AuctionActor::shows)) say(after);
        else untold |= events.stream().anyMatch(BidReserved.class::isInstance);
        setTicks(after);
      }
      for (Consumer<@Nullable Auction> answer : answers) answer.accept(after);
    }
  }

  private void say(Auction auction) {
    untold = false;
    unsaidTicks = 0;
    publish.accept(AuctionReading.of(auction));
  }

  /**
   * Whether liquidators are to see at once what is otherwise afterwards. A reservation is settled
   * or void within milliseconds: told by itself it would be a third of all that they are told.
   */
  private static boolean shows(AuctionEvent event) {
    return switch (event) {
      case BidReserved _, FundAsked _, AuctionEvent.FundSettled _ -> false;
      case AuctionEvent.FundPledged pledged -> pledged.micros() > 0;
      case AuctionOpened _,
          BidSettled _,
          ReservationLapsed _,
          AuctionEvent.SliceReduced _,
          AuctionEvent.BiddingStopped _,
          AuctionEvent.BiddingResumed _,
          AuctionEnded _ ->
          true;
    };
  }

  // ---- what follows from what was written

  private void follow(Auction after, AuctionEvent event) {
    switch (event) {
      case BidReserved reserved ->
          askBidder(
              after,
              reserved.bid(),
              reserved.allocation(),
              new BidStatus.Reserved(reserved.expiresAtMs()));
      case BidSettled settled -> decided(after, settled.bidId());
      case ReservationLapsed lapsed -> {
        Placed placed = after.bids().get(lapsed.bidId());
        if (placed != null && placed.undecided()) {
          askSeller(after, placed);
        } else {
          if (placed != null)
            accounts.accept(placed.bid().bidder(), new ReleaseSlice(id, lapsed.bidId()));
          decided(after, lapsed.bidId());
        }
      }
      case AuctionEnded _ -> tellSeller(after);
      case FundAsked _ -> askFund(after);
      case AuctionOpened _,
          AuctionEvent.SliceReduced _,
          AuctionEvent.FundPledged _,
          AuctionEvent.FundSettled _,
          AuctionEvent.BiddingStopped _,
          AuctionEvent.BiddingResumed _ -> {}
    }
    if (after.owesFundItsRest()) askFund(after);
  }

  private void askBidder(
      Auction auction, Bid bid, Allocation allocation, BidStatus.Reserved reserved) {
    accounts.accept(
        bid.bidder(),
        new HoldSlice(
            id, bid.bidId(), allocation, auction.settleByMs(reserved), context.getSelf()));
  }

  private void askSeller(Auction auction, Placed placed) {
    long deadlineMs =
        placed.status() instanceof BidStatus.Reserved reserved
            ? auction.settleByMs(reserved)
            : NEVER_MS;
    accounts.accept(
        auction.opened().account(),
        new SettleSlice(
            id,
            placed.bid().bidId(),
            placed.bid().bidder(),
            placed.allocation(),
            deadlineMs,
            context.getSelf()));
  }

  private void tellSeller(Auction auction) {
    EndCause cause = auction.ended();
    if (cause != null && sellerMustKnow(cause))
      accounts.accept(auction.opened().account(), new AuctionOver(id, cause, context.getSelf()));
  }

  private boolean sellerMustKnow(EndCause cause) {
    return cause.sellerActs() && !sellerKnows;
  }

  /** One question at a time; the same ids again whenever it is not known what came of it. */
  private void askFund(Auction auction) {
    Auction.Pledge pledge = auction.pledge();
    if (fundAsked || pledge == null || (pledge.answered() && !auction.owesFundItsRest())) return;
    fundAsked = true;
    AuctionOpened opened = auction.opened();
    FundCommand question =
        pledge.answered()
            ? new FundCommand.SettleDraw(id, auction.fundMicros())
            : new FundCommand.ReserveDraw(
                id, opened.liquidationId(), opened.account(), pledge.askedMicros(), opened.atMs());
    context.pipeToSelf(fund.apply(question), (answer, failure) -> new FundSaid(answer));
  }

  // ---- answers to liquidators

  private void decided(Auction after, String bidId) {
    held.remove(bidId);
    recovered.remove(bidId);
    List<ActorRef<BidAnswer>> theirs = waiting.remove(bidId);
    if (theirs == null) return;
    BidAnswer answer = answer(after.bids().get(bidId));
    for (ActorRef<BidAnswer> replyTo : theirs) replyTo.tell(answer);
  }

  private void answerOnceKnown(@Nullable Auction after, String bidId, ActorRef<BidAnswer> replyTo) {
    Placed placed = after == null ? null : after.bids().get(bidId);
    if (placed == null || !placed.undecided()) {
      replyTo.tell(answer(placed));
      return;
    }
    List<ActorRef<BidAnswer>> theirs = waiting.computeIfAbsent(bidId, _ -> new ArrayList<>(1));
    if (theirs.size() == WAITING_MAX) theirs.removeFirst();
    theirs.add(replyTo);
  }

  private BidAnswer answer(@Nullable Placed placed) {
    if (placed == null) return new BidAnswer(null, null, null);
    boolean lapsed = placed.status() instanceof BidStatus.Lapsed;
    return new BidAnswer(placed, null, lapsed ? whyNot.get(placed.bid().bidId()) : null);
  }

  private void remember(String bidId, Rejection why) {
    whyNot.put(bidId, why);
    if (whyNot.size() > Auction.BIDS_MAX) whyNot.remove(whyNot.keySet().iterator().next());
  }

  /** Why the seller settles none of the bids that wait for it. */
  private void rememberStop(Auction auction, String leg) {
    var stop = marks.stop(leg);
    if (stop == null) return;
    for (Placed placed : auction.undecided())
      if (!whyNot.containsKey(placed.bid().bidId()))
        remember(placed.bid().bidId(), Rejection.of(stop));
  }

  // ---- time

  /** One that goes off sooner stays: setting it anew after each event costs more than a look. */
  private void setAlarm(Auction auction) {
    long lookMs = auction.ended() == null ? time.nowMs() + lookInMs(auction) : Long.MAX_VALUE;
    long dueMs = Math.min(auction.nextDueMs(), lookMs);
    if (alarm != null && alarmMs <= dueMs && dueMs < Long.MAX_VALUE) return;
    cancelAlarm();
    if (dueMs == Long.MAX_VALUE) return;
    ActorRef<Command> self = context.getSelf();
    alarmMs = dueMs;
    alarm = time.at(dueMs, id, () -> self.tell(Internal.DUE));
  }

  private long lookInMs(Auction auction) {
    boolean seldom =
        auction.standstill() == null
            && needed.isEmpty()
            && time.nowMs() < auction.terms().endsAtMs() - LOOK_SELDOM_MS - LOOK_MS;
    return seldom ? LOOK_SELDOM_MS : LOOK_MS;
  }

  private void cancelAlarm() {
    if (alarm != null) alarm.cancel();
    alarm = null;
  }

  private void onRecovered(@Nullable Auction auction) {
    setTicks(auction);
    if (auction == null) return;
    away = true;
    // It may be one that only the seller has, who has not said so again yet.
    if (auction.standstill() != null)
      needed.put(auction.standstill().market(), time.nowMs() + NEEDED_MS);
    for (Placed placed : auction.undecided()) recovered.add(placed.bid().bidId());
    sayAgain(auction);
    gather(Internal.DUE);
  }

  private void setTicks(@Nullable Auction auction) {
    int wanted = TICKS_AT_REST;
    if (auction == null || untold || waits(auction)) wanted = 1;
    else if (auction.ended() == null) wanted = TICKS_PER_HEARTBEAT;
    if (wanted == ticks) return;
    ticks = wanted;
    quietTicks = 0;
    timers.startTimerWithFixedDelay(Internal.TICK, Internal.TICK, TICK.multipliedBy(ticks));
  }

  private void onTick(@Nullable Auction auction) {
    quietTicks += ticks;
    unsaidTicks += ticks;
    boolean again =
        quietTicks > 1 && (Integer.bitCount(quietTicks) == 1 || quietTicks % TICKS_PER_REPEAT == 0);
    if (auction != null && again) sayAgain(auction);
    boolean heartbeat = unsaidTicks >= TICKS_PER_HEARTBEAT;
    if (auction != null && auction.ended() == null && (untold || heartbeat)) say(auction);
    boolean busy = auction != null && (auction.ended() == null || waits(auction));
    idleTicks = busy ? 0 : idleTicks + ticks;
    if (idleTicks >= IDLE_TICKS || (auction == null && idleTicks > 1))
      passivate.accept(context.getSelf());
    else setTicks(auction);
  }

  /** Whether somebody was asked, or must be told, and may not have heard. */
  private boolean waits(Auction auction) {
    Auction.Pledge pledge = auction.pledge();
    EndCause cause = auction.ended();
    return !auction.undecided().isEmpty()
        || (cause != null && sellerMustKnow(cause))
        || (pledge != null && (!pledge.answered() || auction.owesFundItsRest()));
  }

  /** Asks again whatever was asked and is not answered. */
  private void sayAgain(Auction auction) {
    for (Placed placed : auction.undecided()) {
      if (placed.status() instanceof BidStatus.Reserved reserved
          && !held.contains(placed.bid().bidId()))
        askBidder(auction, placed.bid(), placed.allocation(), reserved);
      else askSeller(auction, placed);
    }
    tellSeller(auction);
    askFund(auction);
  }
}
