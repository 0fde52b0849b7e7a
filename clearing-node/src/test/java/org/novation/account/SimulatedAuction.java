package org.novation.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.novation.account.WaterfallSimulation.Fence;
import org.novation.account.WaterfallSimulation.Violation;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.Auction.Placed;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundAsked;
import org.novation.liquidation.auction.AuctionEvent.ReservationLapsed;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.BidRefusal;
import org.novation.liquidation.auction.Charge;

/** An auction, with the shell that {@link AuctionActor} is. */
final class SimulatedAuction extends SimulatedParty<AuctionEvent> {
  private static final long LOOK_MS = 1_000;
  private static final long NEEDED_MS = 32_000;

  // ---- messages, where those of the actor name an actor

  record Open(
      String account,
      String liquidationId,
      long accountVersion,
      long parameterVersion,
      Slice slice,
      Address seller) {}

  record Settled(
      String bidId,
      String bidder,
      Allocation allocation,
      Charge charge,
      long outboxNumber,
      Address seller) {}

  record HoldSlice(
      String auctionId, String bidId, Allocation allocation, long settleByMs, Address replyTo) {}

  record SettleSlice(
      String auctionId,
      String bidId,
      String bidder,
      Allocation allocation,
      long deadlineMs,
      Address replyTo) {}

  record AuctionOver(String auctionId, EndCause cause, Address replyTo) {}

  /**
   * @param attempt of the client, who knows the answer by it
   */
  record PlaceBid(Bid bid, boolean registered, long attempt) {}

  /** Of {@code placed} and {@code refused} one is null, or both where nothing is known. */
  record BidAnswer(
      String auctionId,
      String bidId,
      long attempt,
      @Nullable Placed placed,
      @Nullable BidRefusal refused) {}

  private record FundSaid(InsuranceFundActor.@Nullable Answer answer) {}

  private enum Internal {
    FLUSH,
    DUE
  }

  // ---- state

  private @Nullable Auction auction;
  private List<Object> gathered = new ArrayList<>();
  private boolean flushing;
  private final Set<String> recovered = new HashSet<>();
  private final Set<String> held = new HashSet<>();
  private final Map<String, Long> needed = new LinkedHashMap<>();
  private final Map<String, List<Long>> waiting = new HashMap<>();
  private boolean fundAsked;
  private boolean sellerKnows;
  private boolean away;
  private @Nullable HouseAlarm alarm;

  SimulatedAuction(WaterfallSimulation house, String id) {
    super(house, id);
  }

  @Nullable Auction auction() {
    return auction;
  }

  /** Whether somebody else still has to hear something of it, or it waits for a word. */
  boolean owes() {
    Auction now = auction;
    if (now == null) return false;
    Auction.Pledge pledge = now.pledge();
    EndCause cause = now.ended();
    return cause == null
        || !now.undecided().isEmpty()
        || (cause.sellerActs() && !sellerKnows)
        || (pledge != null && !pledge.settled());
  }

  @Override
  void apply(AuctionEvent event) {
    Auction now = auction;
    auction = now == null ? Auction.of((AuctionOpened) event) : now.apply(event);
  }

  @Override
  Object state() {
    Auction now = auction;
    return now == null ? "none" : now;
  }

  @Override
  Object replayed() {
    if (journal.isEmpty()) return "none";
    return Auction.of((AuctionOpened) journal.getFirst()).after(journal.subList(1, journal.size()));
  }

  @Override
  void recover() {
    auction = journal.isEmpty() ? null : (Auction) replayed();
    gathered = new ArrayList<>();
    flushing = false;
    recovered.clear();
    held.clear();
    needed.clear();
    waiting.clear();
    fundAsked = false;
    sellerKnows = false;
    alarm = null;
    Auction now = auction;
    away = now != null;
    if (now == null) return;
    if (now.standstill() != null) needed.put(now.standstill().market(), houseMs() + NEEDED_MS);
    for (Placed placed : now.undecided()) recovered.add(placed.bid().bidId());
    sayAgain(now);
    gather(Internal.DUE);
  }

  @Override
  void tick() {
    Auction now = auction;
    if (now != null) sayAgain(now);
  }

  @Override
  void on(Object message) {
    switch (message) {
      case AuctionActor.Held(var bidId) -> onHeld(bidId);
      case AuctionActor.NotHeld refused -> {
        boolean earlier =
            recovered.contains(refused.bidId())
                && !house.without(Fence.NOT_HELD_OF_AN_EARLIER_LIFE);
        if (!held.contains(refused.bidId()) && !earlier) gather(refused);
      }
      case AuctionActor.SellerNeeds(var leg) -> {
        if (needed.put(leg, houseMs() + NEEDED_MS) == null) gather(Internal.DUE);
      }
      case Internal.FLUSH -> flush();
      default -> gather(message);
    }
  }

  private void gather(Object message) {
    gathered.add(message);
    if (flushing) return;
    flushing = true;
    tellSelf(Internal.FLUSH);
  }

  private void onHeld(String bidId) {
    Placed placed = auction == null ? null : auction.bids().get(bidId);
    if (auction == null || placed == null || !placed.undecided()) return;
    for (Object before : gathered)
      if (before instanceof AuctionActor.NotHeld refused
          && refused.bidId().equals(bidId)
          && !house.without(Fence.FIRST_WORD_OF_A_BIDDER)) return;
    if (held.add(bidId)) askSeller(auction, placed);
  }

  private void flush() {
    List<Object> messages = gathered;
    gathered = new ArrayList<>();
    flushing = false;
    Turn turn = new Turn(auction, houseMs());
    turn.look();
    messages.forEach(turn::take);
    turn.timePasses();
    if (turn.events.isEmpty()) turn.written();
    else persist(turn.events, turn::written);
  }

  private final class Turn {
    final long nowMs;
    final List<AuctionEvent> events = new ArrayList<>();
    final List<Consumer<@Nullable Auction>> answers = new ArrayList<>();
    @Nullable Auction now;

    Turn(@Nullable Auction now, long nowMs) {
      this.now = now;
      this.nowMs = nowMs;
    }

    void look() {
      needed.values().removeIf(untilMs -> untilMs < nowMs);
      if (now != null)
        record(now.look(house::mark, needed.keySet(), house.policy.standstillMsMax(), away, nowMs));
      away = false;
    }

    void take(Object message) {
      Auction before = now;
      if (message instanceof Open open) open(open);
      else if (before != null) take(before, message);
      else if (message instanceof PlaceBid bid) answer(bid.bid().bidId(), bid.attempt(), null);
    }

    private void open(Open open) {
      if (now == null) {
        AuctionOpened opened =
            Auction.open(
                id,
                open.liquidationId(),
                open.account(),
                open.accountVersion(),
                open.parameterVersion(),
                open.slice(),
                house.policy,
                nowMs);
        events.add(opened);
        now = Auction.of(opened);
      }
      answers.add(_ -> send(open.seller(), new AuctionActor.Opened(id)));
    }

    private void take(Auction before, Object message) {
      switch (message) {
        case PlaceBid bid -> place(before, bid);
        case AuctionActor.Reduce(var version, var withdrawn, var bankruptcy) ->
            record(before.reduce(version, withdrawn, bankruptcy, nowMs));
        case AuctionActor.Withdraw() -> {
          sellerKnows = true;
          record(before.recover(nowMs));
        }
        case Settled settled -> {
          record(
              before.settle(
                  settled.bidId(),
                  settled.bidder(),
                  settled.allocation(),
                  settled.charge(),
                  nowMs));
          if (settled.outboxNumber() != 0)
            answers.add(
                _ ->
                    send(
                        settled.seller(),
                        new AuctionActor.SettlementNoted(settled.outboxNumber())));
        }
        case AuctionActor.NotSettled(var bidId, var cause) ->
            record(before.lapse(bidId, cause, nowMs));
        case AuctionActor.NotHeld(var bidId, var cause, var _) ->
            record(before.lapse(bidId, cause, nowMs));
        case FundSaid(var said) -> {
          fundAsked = false;
          if (said != null) record(hear(before, said));
        }
        case Internal.DUE -> {}
        default -> throw new IllegalStateException("an auction does not understand " + message);
      }
    }

    private void place(Auction before, PlaceBid placing) {
      Auction.Decision decision =
          before.decide(
              placing.bid(), placing.registered(), "", house::mark, needed.keySet(), nowMs);
      record(decision.events());
      switch (decision.answer()) {
        case Auction.Answer.Refused(var why) ->
            answers.add(
                _ ->
                    house.send(
                        WaterfallSimulation.CLIENTS,
                        new BidAnswer(id, placing.bid().bidId(), placing.attempt(), null, why)));
        case Auction.Answer.Accepted(var placed) ->
            answers.add(after -> answerOnceKnown(after, placed.bid().bidId(), placing.attempt()));
      }
    }

    private List<AuctionEvent> hear(Auction before, InsuranceFundActor.Answer said) {
      boolean settling = before.pledge() != null && before.pledge().answered();
      if (said instanceof InsuranceFundActor.Done(var draw)) {
        if (draw == null) throw new Violation("the fund does not say what it grants");
        return settling ? before.fundSettled(nowMs) : before.pledged(draw.grantedMicros(), nowMs);
      }
      if (said instanceof InsuranceFundActor.Refused(var why)) {
        if (settling) throw new Violation("the fund does not know its own pledge: " + why);
        boolean passes = why instanceof FundRefusal.Busy || why instanceof FundRefusal.InTheFuture;
        return passes && before.ended() == null ? List.of() : before.pledged(0, nowMs);
      }
      return List.of();
    }

    void timePasses() {
      if (now != null) record(now.due(nowMs));
    }

    private void record(List<AuctionEvent> more) {
      if (now == null || more.isEmpty()) return;
      events.addAll(more);
      now = now.after(more);
    }

    void written() {
      Auction after = auction;
      if (after != null) {
        for (AuctionEvent event : events) follow(after, event);
        setAlarm(after);
      }
      answers.forEach(answer -> answer.accept(after));
    }
  }

  // ---- what follows

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
        if (placed != null && placed.undecided() && !house.without(Fence.SELLER_HAS_THE_WORD)) {
          askSeller(after, placed);
        } else {
          if (placed != null)
            send(placed.bid().bidder(), new AuctionActor.ReleaseSlice(id, lapsed.bidId()));
          decided(after, lapsed.bidId());
        }
      }
      case AuctionEnded ended -> {
        if (ended.cause() == EndCause.STOOD_STILL)
          house.ledger.count("auctions that stood still for too long");
        tellSeller(after);
      }
      case FundAsked _ -> askFund(after);
      case AuctionOpened _,
          AuctionEvent.SliceReduced _,
          AuctionEvent.FundPledged _,
          AuctionEvent.FundSettled _ -> {}
      case AuctionEvent.BiddingStopped _ -> house.ledger.count("auctions that stood still");
      case AuctionEvent.BiddingResumed _ -> house.ledger.count("auctions that went on");
    }
    if (owesFundItsRest(after)) askFund(after);
  }

  private boolean owesFundItsRest(Auction auction) {
    Auction.Pledge pledge = auction.pledge();
    boolean early =
        house.without(Fence.FUND_WAITS_FOR_THE_SELLER)
            && auction.ended() != null
            && pledge != null
            && pledge.micros() > 0
            && !pledge.settled();
    return early || auction.owesFundItsRest();
  }

  private void askBidder(
      Auction auction, Bid bid, Allocation allocation, BidStatus.Reserved reserved) {
    long settleByMs = house.without(Fence.HELD_UNTIL_SETTLED) ? 0 : auction.settleByMs(reserved);
    send(bid.bidder(), new HoldSlice(id, bid.bidId(), allocation, settleByMs, self()));
  }

  private void askSeller(Auction auction, Placed placed) {
    long deadlineMs = AuctionActor.NEVER_MS;
    if (placed.status() instanceof BidStatus.Reserved reserved) {
      deadlineMs = auction.settleByMs(reserved);
    }
    send(
        auction.opened().account(),
        new SettleSlice(
            id,
            placed.bid().bidId(),
            placed.bid().bidder(),
            placed.allocation(),
            deadlineMs,
            self()));
  }

  private void tellSeller(Auction auction) {
    EndCause cause = auction.ended();
    if (cause != null && cause.sellerActs() && !sellerKnows)
      send(auction.opened().account(), new AuctionOver(id, cause, self()));
  }

  private void askFund(Auction auction) {
    Auction.Pledge pledge = auction.pledge();
    if (fundAsked || pledge == null || (pledge.answered() && !owesFundItsRest(auction))) return;
    fundAsked = true;
    AuctionOpened opened = auction.opened();
    FundCommand question =
        pledge.answered()
            ? new FundCommand.SettleDraw(id, auction.fundMicros())
            : new FundCommand.ReserveDraw(
                id, opened.liquidationId(), opened.account(), pledge.askedMicros(), opened.atMs());
    house.askFund(this, question, FundSaid::new);
  }

  private void decided(Auction after, String bidId) {
    held.remove(bidId);
    recovered.remove(bidId);
    List<Long> theirs = waiting.remove(bidId);
    if (theirs == null) return;
    for (long attempt : theirs) answer(bidId, attempt, after.bids().get(bidId));
  }

  private void answerOnceKnown(@Nullable Auction after, String bidId, long attempt) {
    Placed placed = after == null ? null : after.bids().get(bidId);
    if (placed == null || !placed.undecided()) answer(bidId, attempt, placed);
    else waiting.computeIfAbsent(bidId, _ -> new ArrayList<>(1)).add(attempt);
  }

  private void answer(String bidId, long attempt, @Nullable Placed placed) {
    house.send(WaterfallSimulation.CLIENTS, new BidAnswer(id, bidId, attempt, placed, null));
  }

  private void setAlarm(Auction auction) {
    if (alarm != null) alarm.cancel();
    alarm = null;
    long lookMs = auction.ended() == null ? houseMs() + LOOK_MS : Long.MAX_VALUE;
    long dueMs = Math.min(auction.nextDueMs(), lookMs);
    if (dueMs != Long.MAX_VALUE) alarm = at(dueMs, Internal.DUE);
  }

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
