package org.novation.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor.Delivery;
import org.novation.account.AccountActor.LegsAcknowledged;
import org.novation.account.AccountActor.Reassess;
import org.novation.account.AccountEvent.DrawAsked;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.House.JournalAnswer;
import org.novation.account.WaterfallSimulation.Fence;
import org.novation.account.WaterfallSimulation.Violation;
import org.novation.clearing.Attempt;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.FirstRole;
import org.novation.clearing.GatewayActor.HoldAnswer;
import org.novation.clearing.GatewayActor.Request;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.LastRole;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.AdlCoordinatorActor.CandidatesRead;
import org.novation.deleveraging.WaveStep;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.insurance.Cause;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundRefusal;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.risk.Health;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** An account, with the shell that {@link AccountActor} is. */
final class SimulatedAccount extends SimulatedParty<AccountEvent> {
  private static final long LOOK_MS = 1_000;
  private static final long DEFAULT_LOOK_MS = 10_000;
  private static final long OFFER_AGAIN_MS = 20_000;

  // ---- messages, where those of the actors name an actor

  record Hold(Request request) {}

  record Novate(Request request) {}

  record ApplyLegs(String last, List<Delivery> deliveries, Address from) {}

  record Deposit(String id, String asset, long amount) {}

  record ApplyTransfer(long outboxNumber, Transfer transfer, Address from) {}

  record ReadCandidates(
      long gathering, Map<String, Long> neededLots, long lookBackMs, Address replyTo) {}

  record Told(long gathering, CandidatesRead candidates) {}

  record ReadDefault(long read, Address replyTo) {}

  record DefaultTold(long read, AdlCoordinatorActor.DefaultRead answer) {}

  record DoStep(
      long wave,
      WaveStep step,
      String defaulter,
      long executedAtMs,
      long lookBackMs,
      Address replyTo) {}

  record Receive(long number, Remittance remittance, Address from) {}

  private record ReceiveLookedUp(Receive receive, @Nullable Boolean found) {}

  private record LookedUp(
      Delivery delivery, String last, Address from, @Nullable JournalAnswer answer) {}

  private record TransferLookedUp(ApplyTransfer apply, @Nullable JournalAnswer answer) {}

  private record StepLookedUp(SaleDesk.StepAnswer<Address> step, @Nullable JournalAnswer answer) {}

  private record Paced(@Nullable LotBudget budget) {}

  private record Drawn(String liquidationId, InsuranceFundActor.@Nullable Answer answer) {}

  private record DrawnToHandOver(String drawId, InsuranceFundActor.@Nullable Answer answer) {}

  private record FundTook(long outboxNumber, InsuranceFundActor.@Nullable Answer answer) {}

  private enum Internal {
    FLUSH,
    LOOK
  }

  // ---- state

  private Account account;
  private @Nullable AccountSnapshot stored;
  private Desk<Address, Address> desk;
  private SaleDesk<Address, Address, Address> sales;
  private TransferDesk<Long, Address> transfers = new TransferDesk<>();
  private List<Deposit> deposits = new ArrayList<>();
  private final Set<Fingerprint> lookups = new HashSet<>();
  private final Map<Long, SaleDesk.StepAnswer<Address>> closings = new LinkedHashMap<>();
  private boolean flushing;
  private boolean auctionOpened;
  private AuctionActor.@Nullable Reduce reduced;
  private boolean pacing;
  private boolean resting;
  private long offerAgainMs;
  private boolean drawing;
  private Batch.@Nullable Grant grant;
  private @Nullable Address overTo;
  private @Nullable HouseAlarm look;
  private @Nullable MarketView decidedOn;
  private long decidedAtMs;
  private boolean decidedBlind;
  private @Nullable ClosedGate decidedBehind;
  private int node; // On which it runs.
  private long redeliveries;
  long searches;

  SimulatedAccount(WaterfallSimulation house, String id) {
    super(house, id);
    node = house.votes() == null ? 0 : house.votes().anyNode();
    account = new Account(id, this::catalogue);
    desk = emptyDesk();
    sales = new SaleDesk<>(desk.holds());
  }

  Account account() {
    return account;
  }

  /** The markets that the last write was decided on. */
  MarketView decidedOn() {
    MarketView view = decidedOn;
    return view == null ? view() : view;
  }

  long decidedAtMs() {
    return decidedAtMs;
  }

  /** Whether its node could not read the newest version then. */
  boolean decidedBlind() {
    return decidedBlind;
  }

  /** The gate of deleveraging as it was then. */
  @Nullable ClosedGate decidedBehind() {
    return decidedBehind;
  }

  /** What the node lists that it runs on. */
  private Catalogue catalogue() {
    return house.catalogue(node);
  }

  private MarketView view() {
    return house.view(node);
  }

  private Desk<Address, Address> emptyDesk() {
    return new Desk<>(
        new FirstRole(WaterfallSimulation.TIMING),
        new LastRole(WaterfallSimulation.TIMING, wallMs()));
  }

  /** Opens it with so much cash, before anything else happens. */
  void begin(long cashMicros, long coins) {
    Batch batch = batch();
    Rejection no = batch.open("member-" + id);
    if (cashMicros > 0 && no == null) no = batch.deposit("first", "USDC", cashMicros, Known.NO);
    if (coins > 0 && no == null) no = batch.deposit("coins", "BTC", coins, Known.NO);
    if (no != null) throw new IllegalStateException(no.toString());
    persist(batch.finish(), () -> {});
    written();
  }

  private void tellNeed() {
    SliceOffered offered = account.offered();
    String leg = offered == null ? "" : batch().keptFromSelling();
    if (offered != null && !leg.isEmpty())
      send(offered.auctionId(), new AuctionActor.SellerNeeds(leg));
  }

  private Batch batch() {
    return new Batch(account, desk.holds(), view(), house.policy, houseMs(), house::closedGate);
  }

  @Override
  void apply(AccountEvent event) {
    account.apply(event);
  }

  @Override
  void persist(List<AccountEvent> events, Runnable then) {
    super.persist(
        house.without(Fence.PROFIT_ONCE)
            ? events.stream().map(SimulatedAccount::withoutParts).toList()
            : events,
        then);
  }

  private static AccountEvent withoutParts(AccountEvent event) {
    return event instanceof AccountEvent.ProfitTaken taken
        ? new AccountEvent.ProfitTaken(
            taken.number(),
            taken.atMs(),
            taken.wave(),
            taken.stepId(),
            taken.askedMicros(),
            taken.takenMicros(),
            taken.lookBackMs(),
            List.of(),
            0)
        : event;
  }

  @Override
  Object state() {
    return account.snapshot();
  }

  @Override
  Object replayed() {
    return replay(null).snapshot();
  }

  private Account replay(@Nullable AccountSnapshot from) {
    Account again =
        from == null ? new Account(id, this::catalogue) : Account.of(from, this::catalogue);
    for (AccountEvent event : journal) if (event.number() > again.events()) again.apply(event);
    return again;
  }

  @Override
  void recover() {
    SimulatedVotes votes = house.votes();
    if (votes != null) {
      node = votes.anyNode();
      votes.listAtLeast(node, named(account.portfolio()));
      decidedOn = null;
    }
    account = replay(stored);
    desk = emptyDesk();
    sales = new SaleDesk<>(desk.holds());
    transfers = new TransferDesk<>();
    deposits = new ArrayList<>();
    lookups.clear();
    closings.clear();
    flushing = false;
    auctionOpened = false;
    reduced = null;
    pacing = false;
    resting = false;
    offerAgainMs = 0;
    drawing = false;
    grant = null;
    overTo = null;
    look = null;
    sendAgain();
    unwind(account.offered());
    if (AccountActor.fallsWithPrices(account.portfolio())) flushSoon();
  }

  /** A catalogue must have so many contracts for its journal to be read. */
  private static int named(Portfolio portfolio) {
    int named = 0;
    for (int slot = 0; slot < portfolio.positions(); slot++)
      named = Math.max(named, portfolio.instrumentAt(slot) + 1);
    return named;
  }

  @Override
  void tick() {
    sendAgain();
  }

  /** Nothing has happened for a while. */
  void idle() {
    if (desk.hasAcknowledgements() || account.feesKeptMicros() > 0) flush(true);
    desk.expire(wallMs());
    sales.expire(wallMs());
  }

  /** A snapshot is taken. */
  void store() {
    stored = account.snapshot();
  }

  /** As a batch does when it remembers too many ids, here at any moment. */
  void forget(long throughMs) {
    persist(
        List.of(
            new TradesCleared(
                account.events() + 1,
                houseMs(),
                1,
                List.of(),
                List.of(),
                List.of(),
                throughMs,
                new Health(0, 0, 0, 0))),
        () -> {});
  }

  /** Whether it holds a part of a slice, or has taken it. */
  boolean holds(String auctionId, String bidId) {
    return sales.holds(auctionId, bidId);
  }

  boolean holdsNothing() {
    return desk.holds().isEmpty();
  }

  // ---- messages

  @Override
  void on(Object message) {
    if (!understands(message)) {
      crash(); // As the actor does; whoever sent it sends it again.
      return;
    }
    switch (message) {
      case Hold(var request) -> onHold(request);
      case Novate(var request) -> {
        desk.novate(List.of(request), self());
        flushSoon();
      }
      case ApplyLegs apply -> onApplyLegs(apply);
      case LegsAcknowledged(var numbers) -> {
        desk.acknowledge(account, numbers);
        numbers.forEach(this::closed);
      }
      case Reassess() -> flushSoon();
      case Deposit deposit -> {
        deposits.add(deposit);
        flushSoon();
      }
      case LookedUp looked -> onLookedUp(looked);
      case ApplyTransfer apply -> onApplyTransfer(apply);
      case TransferLookedUp looked -> onTransferLookedUp(looked);
      case Receive receive -> onReceive(receive);
      case ReceiveLookedUp(var receive, var found) ->
          arrived(
              receive,
              transfers.searched(receive.number(), receive.remittance(), found, receive.from()));
      case DoStep todo -> {
        sales.step(
            todo.wave(),
            unfenced(todo.step()),
            todo.defaulter(),
            todo.executedAtMs(),
            todo.lookBackMs(),
            false,
            todo.replyTo());
        flushSoon();
      }
      case StepLookedUp looked -> onStepLookedUp(looked);
      case ReadCandidates read ->
          send(read.replyTo(), new Told(read.gathering(), candidates(read)));
      case ReadDefault(var read, var replyTo) ->
          send(replyTo, new DefaultTold(read, DefaultReading.of(account, view(), houseMs())));
      case Paced(var budget) -> {
        pacing = false;
        if (budget == null) {
          rest();
          flushSoon();
        } else {
          sales.cut(budget);
          flushSoon();
        }
      }
      case Drawn drawn -> onDrawn(drawn);
      case DrawnToHandOver drawn -> onDrawnToHandOver(drawn);
      case FundTook took -> onFundTook(took);
      case Internal.LOOK -> {
        look = null;
        resting = false;
        tellNeed();
        flushSoon();
      }
      case Internal.FLUSH -> flush(false);
      case Ignored.IGNORED -> {}
      default -> onAuction(message);
    }
  }

  /** Whether its node has heard of what a message names. */
  private boolean understands(Object message) {
    List<String> named =
        switch (message) {
          case ApplyLegs(_, var deliveries, _) ->
              deliveries.stream().map(each -> each.leg().instrument()).toList();
          case LookedUp looked -> List.of(looked.delivery().leg().instrument());
          case ApplyTransfer(_, var transfer, _) ->
              transfer.legs().stream().map(Leg::instrument).toList();
          case DoStep todo when todo.step().kind() == WaveStep.Kind.CLOSE ->
              List.of(todo.step().instrument());
          default -> List.of();
        };
    return named.stream().allMatch(each -> Coins.are(each) || catalogue().instrument(each) != null);
  }

  private void onAuction(Object message) {
    switch (message) {
      case AuctionActor.Opened(var auctionId) -> {
        SliceOffered offered = account.offered();
        if (offered != null && offered.auctionId().equals(auctionId)) auctionOpened = true;
      }
      case SimulatedAuction.HoldSlice hold -> {
        long heldMs = WaterfallSimulation.TIMING.holdMs(hold.settleByMs() - houseMs());
        Rejection why =
            sales.hold(
                account,
                hold.auctionId(),
                hold.bidId(),
                hold.allocation(),
                view(),
                wallMs(),
                wallMs() + heldMs);
        if (why == null) house.ledger.held(this, hold.auctionId(), hold.bidId());
        send(
            hold.replyTo(),
            why == null
                ? new AuctionActor.Held(hold.bidId())
                : new AuctionActor.NotHeld(hold.bidId(), SliceJudgement.cause(why), why));
      }
      case AuctionActor.ReleaseSlice(var auctionId, var bidId) -> sales.release(auctionId, bidId);
      case SimulatedAuction.SettleSlice settle -> {
        boolean late =
            house.without(Fence.DEADLINE) && settle.deadlineMs() != AuctionActor.NEVER_MS;
        sales.settle(
            settle.auctionId(),
            settle.bidId(),
            settle.bidder(),
            settle.allocation(),
            late ? Long.MAX_VALUE : settle.deadlineMs(),
            settle.replyTo());
        flushSoon();
      }
      case AuctionActor.SettlementNoted(var number) -> desk.acknowledge(account, List.of(number));
      case SimulatedAuction.AuctionOver over -> {
        overTo = over.replyTo();
        sales.over(over.auctionId(), over.cause(), over.replyTo(), grant);
        flushSoon();
      }
      default -> throw new IllegalStateException("an account does not understand " + message);
    }
  }

  // ---- trades

  private void onHold(Request request) {
    List<HoldAnswer> answers = desk.hold(batch(), List.of(request), wallMs());
    if (answers.getFirst().answer() instanceof FirstRole.Answer.Held)
      send(request.trade().last(), new Novate(request));
  }

  private void onApplyLegs(ApplyLegs apply) {
    Desk.Delivered delivered =
        desk.deliver(account, apply.last(), apply.deliveries(), apply.from());
    if (!delivered.known().isEmpty()) send(apply.from(), new LegsAcknowledged(delivered.known()));
    for (Delivery delivery : delivered.toLookUp())
      tellSelf(
          new LookedUp(delivery, apply.last(), apply.from(), search(delivery.leg().tradeId())));
    if (desk.hasWork()) flushSoon();
  }

  private void onLookedUp(LookedUp looked) {
    Delivery delivery = looked.delivery();
    if (desk.lookedUp(account, looked.last(), delivery, looked.from(), looked.answer()))
      send(looked.from(), new LegsAcknowledged(List.of(delivery.outboxNumber())));
    if (desk.hasWork()) flushSoon();
  }

  /** What the journal says of a trade's or a transfer's id; null when it does not say in time. */
  private @Nullable JournalAnswer search(String named) {
    searches++;
    if (house.fails()) return null;
    List<Leg> legs = new ArrayList<>();
    List<String> transfers = new ArrayList<>();
    for (AccountEvent event : journal) {
      switch (event) {
        case TradesCleared cleared -> {
          legs.addAll(cleared.novated());
          legs.addAll(cleared.applied());
        }
        case AccountEvent.TransferTaken taken -> transfers.add(taken.transferId());
        default -> {}
      }
    }
    legs.removeIf(leg -> !leg.tradeId().equals(named));
    transfers.removeIf(transfer -> !transfer.equals(named));
    return new JournalAnswer(legs, 0, List.of(), transfers, List.of());
  }

  private void send(List<Delivery> deliveries) {
    Map<String, List<Delivery>> byAccount = new LinkedHashMap<>();
    for (Delivery delivery : deliveries)
      byAccount
          .computeIfAbsent(delivery.leg().counterparty(), _ -> new ArrayList<>())
          .add(delivery);
    byAccount.forEach((to, theirs) -> send(to, new ApplyLegs(id, theirs, self())));
  }

  private void sendAgain() {
    send(desk.unacknowledged(account));
    account
        .dispatches()
        .forEach(
            (number, dispatch) -> {
              if (!desk.isAcknowledged(number)) dispatch(number, dispatch);
            });
    SliceOffered offered = account.offered();
    if (offered == null) return;
    if (!auctionOpened) open(offered);
    if (reduced == null && account.ownVersion() > offered.ownVersion())
      reduced = Batch.reduction(account, view());
    if (reduced != null) send(offered.auctionId(), reduced);
  }

  // ---- the default waterfall

  private CandidatesRead candidates(ReadCandidates read) {
    return PositionReading.of(account, view(), houseMs(), read.neededLots(), read.lookBackMs());
  }

  private void onApplyTransfer(ApplyTransfer asked) {
    ApplyTransfer apply = house.without(Fence.TRANSFER_IDS) ? unrecognisable(asked) : asked;
    Transfer transfer = apply.transfer();
    switch (account.knownTransfer(transfer.id(), transfer.atMs())) {
      case YES, OTHER_CONTENT ->
          send(apply.from(), new LegsAcknowledged(List.of(apply.outboxNumber())));
      case NO -> {
        sales.take(apply.outboxNumber(), transfer, apply.from());
        flushSoon();
      }
      case FORGOTTEN -> {
        if (lookups.add(Account.transferFingerprint(transfer.id())))
          tellSelf(new TransferLookedUp(apply, search(transfer.id())));
      }
    }
  }

  private void onTransferLookedUp(TransferLookedUp looked) {
    ApplyTransfer apply = looked.apply();
    String transferId = apply.transfer().id();
    lookups.remove(Account.transferFingerprint(transferId));
    JournalAnswer answer = looked.answer();
    if (answer == null) return;
    if (answer.transfers().contains(transferId)) {
      send(apply.from(), new LegsAcknowledged(List.of(apply.outboxNumber())));
    } else {
      sales.take(apply.outboxNumber(), apply.transfer(), apply.from());
      flushSoon();
    }
  }

  private void onReceive(Receive receive) {
    var arrival =
        transfers.receive(account, receive.number(), receive.remittance(), receive.from());
    arrived(receive, arrival);
    if (arrival != TransferDesk.Arrival.TO_LOOK_UP) return;
    searches++;
    String key = receive.remittance().key();
    boolean found =
        journal.stream()
            .anyMatch(
                event ->
                    event instanceof AccountEvent.CollateralReceived known
                        && Remittance.key(known.from(), known.transferId()).equals(key));
    tellSelf(new ReceiveLookedUp(receive, house.fails() ? null : found));
  }

  private void arrived(Receive receive, TransferDesk.Arrival arrival) {
    if (arrival == TransferDesk.Arrival.KNOWN)
      send(receive.from(), new LegsAcknowledged(List.of(receive.number())));
    else if (arrival == TransferDesk.Arrival.GATHERED) flushSoon();
  }

  private void onStepLookedUp(StepLookedUp looked) {
    var step = looked.step();
    lookups.remove(step.trade().fingerprint());
    JournalAnswer answer = looked.answer();
    if (answer == null) return;
    if (!answer.legs().isEmpty()) {
      done(
          new SaleDesk.StepAnswer<>(
              step.wave(),
              step.step(),
              step.trade(),
              new Batch.Step.Done(0, account.version()),
              step.coordinator()));
      return;
    }
    sales.step(
        step.wave(),
        step.step(),
        step.trade().counterparty(id),
        step.trade().executedAtMs(),
        0,
        true,
        step.coordinator());
    flushSoon();
  }

  private void onDrawn(Drawn drawn) {
    drawing = false;
    boolean closed =
        account.liquidation() instanceof LiquidationState.Closed(var liquidation, _)
            && liquidation.equals(drawn.liquidationId());
    switch (drawn.answer()) {
      case null -> rest();
      case InsuranceFundActor.TryAgain _, InsuranceFundActor.Figures _ -> rest();
      case InsuranceFundActor.Refused(FundRefusal.Busy _) -> rest();
      case InsuranceFundActor.Refused _ -> grant(closed, drawn.liquidationId(), 0);
      case InsuranceFundActor.Done(var draw) ->
          grant(closed, drawn.liquidationId(), draw == null ? 0 : draw.grantedMicros());
    }
  }

  private void grant(boolean closed, String liquidationId, long micros) {
    if (closed) {
      sales.grant(liquidationId, micros);
      flushSoon();
    } else if (micros > 0) {
      settleNothing(Batch.drawId(liquidationId));
    }
  }

  private void drawToHandOver(SliceOffered offered, DrawAsked asked) {
    drawing = true;
    house.askFund(
        this,
        new FundCommand.ReserveDraw(
            asked.drawId(), offered.liquidationId(), id, asked.micros(), asked.atMs()),
        answer -> new DrawnToHandOver(asked.drawId(), answer));
  }

  private void onDrawnToHandOver(DrawnToHandOver drawn) {
    drawing = false;
    SliceOffered offered = account.offered();
    DrawAsked asked = account.asked();
    if (offered == null || asked == null || !asked.drawId().equals(drawn.drawId())) return;
    switch (drawn.answer()) {
      case InsuranceFundActor.Done(var draw) ->
          granted(offered, drawn.drawId(), draw == null ? 0 : draw.grantedMicros());
      case InsuranceFundActor.Refused(FundRefusal.Busy _) -> rest();
      case InsuranceFundActor.Refused _ -> granted(offered, drawn.drawId(), 0);
      case null -> rest();
      case InsuranceFundActor.TryAgain _, InsuranceFundActor.Figures _ -> rest();
    }
  }

  private void granted(SliceOffered offered, String drawId, long micros) {
    grant = new Batch.Grant(drawId, micros);
    if (overTo == null) return;
    sales.over(offered.auctionId(), EndCause.NOBODY_BOUGHT, overTo, grant);
    flushSoon();
  }

  private void settleNothing(String drawId) {
    house.askFund(this, new FundCommand.SettleDraw(drawId, 0), _ -> Ignored.IGNORED);
  }

  private enum Ignored {
    IGNORED
  }

  private void onFundTook(FundTook took) {
    switch (took.answer()) {
      case null -> {}
      case InsuranceFundActor.TryAgain _, InsuranceFundActor.Figures _ -> {}
      case InsuranceFundActor.Refused(FundRefusal.UnknownDraw _) ->
          desk.acknowledge(account, List.of(took.outboxNumber()));
      case InsuranceFundActor.Refused(var why) ->
          throw new Violation("the fund refuses what " + id + " owes it to hear: " + why);
      case InsuranceFundActor.Done _ -> desk.acknowledge(account, List.of(took.outboxNumber()));
    }
  }

  private void dispatch(long number, Dispatch dispatch) {
    switch (dispatch) {
      case Dispatch.Remit(var remittance) -> {
        send(remittance.to(), new Receive(number, unfenced(remittance), self()));
        if (house.without(Fence.FEES_UNTIL_TAKEN)) desk.acknowledge(account, List.of(number));
      }
      case Dispatch.Deliver(var transfer) ->
          send(transfer.to(), new ApplyTransfer(number, transfer, self()));
      case Dispatch.Notify notice -> {
        send(
            notice.auctionId(),
            new SimulatedAuction.Settled(
                notice.bidId(),
                notice.bidder(),
                notice.allocation(),
                notice.charge(),
                number,
                self()));
        if (house.without(Fence.NOTICE_UNTIL_NOTED)) desk.acknowledge(account, List.of(number));
      }
      case Dispatch.Contribute(var contributionId, var micros, var issuedAtMs) -> {
        String named =
            house.without(Fence.CONTRIBUTION_IDS)
                ? contributionId + '~' + ++redeliveries
                : contributionId;
        Cause cause = Batch.cause(id, contributionId);
        tellFund(number, new FundCommand.Contribute(named, cause, id, micros, issuedAtMs));
      }
      case Dispatch.SettleDraw(var drawId, var paid) -> {
        tellFund(number, new FundCommand.SettleDraw(drawId, paid));
        if (house.without(Fence.DRAW_UNTIL_SETTLED)) desk.acknowledge(account, List.of(number));
      }
    }
  }

  private void tellFund(long number, FundCommand command) {
    house.askFund(this, command, answer -> new FundTook(number, answer));
  }

  /** What the account does next to be unwound, or to have its debt paid. */
  private void unwind(@Nullable SliceOffered before) {
    SliceOffered now = account.offered();
    if (before != null && !before.equals(now))
      send(before.auctionId(), new AuctionActor.Withdraw());
    if (now != null && !now.equals(before)) {
      auctionOpened = false;
      reduced = null;
      grant = null;
      overTo = null;
      open(now);
    }
    switch (account.liquidation()) {
      case LiquidationState.Liquidating _ -> {
        DrawAsked asked = account.asked();
        if (now == null) pace();
        else if (asked != null && grant == null && !drawing && !resting) drawToHandOver(now, asked);
        lookSoon();
      }
      case LiquidationState.Closed(var liquidationId, var deficit) -> {
        if (deficit == 0) break;
        if (!drawing && !resting) draw(liquidationId, deficit);
        lookSoon();
      }
      case LiquidationState.Healthy _,
          LiquidationState.MarginCall _,
          LiquidationState.Recovered _ -> {
        if (account.state() == MarginState.LIQUIDATION) lookSoon();
      }
    }
    if (HouseAccount.is(id)) resolve(before);
  }

  private void resolve(@Nullable SliceOffered before) {
    Portfolio portfolio = account.portfolio();
    SliceOffered now = account.offered();
    boolean hasCoins = Saleable.hasCoins(portfolio, view());
    if (portfolio.flat() && portfolio.cashMicros() == 0 && !hasCoins && now == null) return;
    send(SimulatedCoordinator.ID, new AdlCoordinatorActor.Look());
    lookIn(DEFAULT_LOOK_MS);
    if (!hasCoins || now != null) return;
    if (before != null)
      offerAgainMs = houseMs() + (house.faults() ? OFFER_AGAIN_MS : 6 * OFFER_AGAIN_MS);
    if (houseMs() >= offerAgainMs) pace();
  }

  private void open(SliceOffered offered) {
    send(
        offered.auctionId(),
        new SimulatedAuction.Open(
            id,
            offered.liquidationId(),
            offered.ownVersion(),
            offered.parameterVersion(),
            offered.slice(),
            self()));
  }

  private void reduce(List<AccountEvent> events) {
    for (AccountEvent event : events) {
      if (!(event instanceof AccountEvent.OfferReduced less)) continue;
      reduced =
          new AuctionActor.Reduce(
              account.ownVersion(), less.withdrawnLots(), less.bankruptcyMicros());
      send(less.auctionId(), reduced);
    }
  }

  private void pace() {
    if (pacing || resting) return;
    Slice wanted = Batch.wanted(account, view(), house.policy);
    if (wanted == null) {
      rest();
      return;
    }
    ask();
  }

  private void ask() {
    pacing = true;
    tellSelf(new Paced(house.budget()));
  }

  private boolean paceFirst(Batch batch) {
    if (!house.pacesFirst() || resting || sales.hasWork() || desk.hasWork()) return false;
    if (transfers.hasWork() || !deposits.isEmpty()) return false;
    if (batch.wantedFirst() == null) return false;
    if (!pacing) ask();
    return true;
  }

  private void draw(String liquidationId, long deficitMicros) {
    drawing = true;
    String drawId = Batch.drawId(liquidationId);
    if (house.without(Fence.DRAW_IDS)) drawId += "~" + ++redeliveries;
    house.askFund(
        this,
        new FundCommand.ReserveDraw(
            drawId, liquidationId, id, deficitMicros, account.liquidationAtMs()),
        answer -> new Drawn(liquidationId, answer));
  }

  private void rest() {
    resting = true;
    lookSoon();
  }

  private void lookSoon() {
    lookIn(LOOK_MS);
  }

  private void lookIn(long forMs) {
    if (look == null) look = at(houseMs() + forMs, Internal.LOOK);
  }

  // ---- deciding and writing

  private void flushSoon() {
    if (flushing) return;
    flushing = true;
    tellSelf(Internal.FLUSH);
  }

  private void flush(boolean acknowledgementsToo) {
    flushing = false;
    decidedOn = view();
    decidedAtMs = WaterfallSimulation.EPOCH_MS + house.nowMs();
    decidedBehind = house.closedGate();
    decidedBlind = house.votes() != null && !house.votes().takesNewRisk(node);
    Batch batch = batch();
    if (paceFirst(batch)) return;
    if (acknowledgementsToo) batch.payFees();
    for (Deposit deposit : deposits) {
      Rejection why = batch.deposit(deposit.id(), deposit.asset(), deposit.amount(), Known.NO);
      if (why != null) throw new Violation("a deposit was refused: " + why);
    }
    deposits = new ArrayList<>();
    boolean spent = sales.hasGrant();
    var sold = sales.decide(batch, wallMs());
    var moved = transfers.decide(batch, desk.role(), wallMs());
    Desk.Decided<Address, Address> decided =
        desk.decide(account, batch, wallMs(), acknowledgementsToo);
    SliceOffered offeredBefore = account.offered();
    List<AccountEvent> events = decided.events();
    if (spent && events.isEmpty()) rest();
    if (events.isEmpty()) {
      tell(decided);
      tell(sold);
      tell(moved);
      unwind(offeredBefore);
      return;
    }
    persist(
        events,
        () -> {
          tell(decided);
          tell(sold);
          tell(moved);
          send(decided.committed());
          batch.dispatches().forEach(this::dispatch);
          unwind(offeredBefore);
          reduce(events);
        });
  }

  private void tell(Desk.Decided<Address, Address> decided) {
    decided
        .acknowledgements()
        .forEach((from, numbers) -> send(from, new LegsAcknowledged(numbers)));
  }

  private void tell(TransferDesk.Decided<Long, Address> decided) {
    for (var received : decided.received())
      send(received.from(), new LegsAcknowledged(List.of(received.outboxNumber())));
  }

  private void tell(SaleDesk.Decided<Address, Address, Address> decided) {
    for (var answer : decided.settlements()) {
      if (answer.answer() instanceof Batch.Settlement.NotSettled(var cause))
        send(answer.auction(), new AuctionActor.NotSettled(answer.bidId(), cause));
      else if (answer.answer() instanceof Batch.Settlement.NotNow(var leg) && !leg.isEmpty())
        send(answer.auction(), new AuctionActor.SellerNeeds(leg));
    }
    decided.over().forEach(auction -> send(auction, new AuctionActor.Withdraw()));
    for (var taken : decided.taken())
      send(taken.from(), new LegsAcknowledged(List.of(taken.outboxNumber())));
    for (var answer : decided.steps()) {
      switch (answer.answer()) {
        case Batch.Step.Done _ -> done(answer);
        case Batch.Step.Changed(var version) ->
            send(
                answer.coordinator(),
                new AdlCoordinatorActor.StepChanged(answer.step().id(), version));
        case Batch.Step.NotNow _ -> {}
        case Batch.Step.Forgotten _ -> {
          if (lookups.add(answer.trade().fingerprint()))
            tellSelf(new StepLookedUp(answer, search(answer.trade().tradeId())));
        }
      }
    }
  }

  private void done(SaleDesk.StepAnswer<Address> answer) {
    for (Map.Entry<Long, Leg> owed : account.outbox().entrySet()) {
      Leg leg = owed.getValue();
      if (leg.venue().equals(HouseAccount.VENUE)
          && leg.tradeId().equals(answer.step().id())
          && !desk.isAcknowledged(owed.getKey())
          && !house.without(Fence.BOTH_LEGS)) {
        closings.put(owed.getKey(), answer);
        return;
      }
    }
    tellDone(answer);
  }

  private void closed(long outboxNumber) {
    var answer = closings.remove(outboxNumber);
    if (answer != null) tellDone(answer);
  }

  private void tellDone(SaleDesk.StepAnswer<Address> answer) {
    if (answer.answer() instanceof Batch.Step.Done(var micros, var version))
      send(
          answer.coordinator(),
          new AdlCoordinatorActor.StepDone(original(answer.step().id()), micros, version));
  }

  // ---- without a fence

  private static String original(String renamed) {
    int at = renamed.indexOf('~');
    return at < 0 ? renamed : renamed.substring(0, at);
  }

  private ApplyTransfer unrecognisable(ApplyTransfer apply) {
    Transfer was = apply.transfer();
    return new ApplyTransfer(
        apply.outboxNumber(),
        new Transfer(
            was.id() + '~' + ++redeliveries,
            was.from(),
            was.to(),
            was.atMs(),
            was.legs(),
            was.cashMicros(),
            was.losses(),
            was.fundMicros()),
        apply.from());
  }

  private Remittance unfenced(Remittance of) {
    if (!house.without(Fence.REMITTANCE_IDS)) return of;
    String another = of.id() + '~' + ++redeliveries;
    return new Remittance(another, of.from(), of.to(), of.atMs(), of.asset(), of.amount());
  }

  private WaveStep unfenced(WaveStep step) {
    boolean renamed = house.without(Fence.STEP_IDS) && step.kind() != WaveStep.Kind.CLOSE;
    boolean anyVersion = house.without(Fence.CLOSING_VERSION);
    if (!renamed && !anyVersion) return step;
    return new WaveStep(
        renamed ? step.id() + '~' + ++redeliveries : step.id(),
        step.kind(),
        step.instrument(),
        step.account(),
        anyVersion ? account.version() : step.version(),
        step.lots(),
        step.priceTicks(),
        step.micros(),
        step.parts());
  }

  /** An attempt of a venue to have a trade novated. */
  static Request request(long attempt, Trade trade, long wallMs) {
    return new Request(new Attempt(attempt, wallMs), trade);
  }

  /** Which legs wait for their other side, for whoever looks at an account from outside. */
  Map<Long, String> owed() {
    Map<Long, String> owed = new HashMap<>();
    account.outbox().forEach((number, leg) -> owed.put(number, leg.toString()));
    account.dispatches().forEach((number, dispatch) -> owed.put(number, dispatch.toString()));
    return owed;
  }
}
