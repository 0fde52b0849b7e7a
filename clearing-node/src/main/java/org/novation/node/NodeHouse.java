package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.novation.account.House;
import org.novation.account.Leg;
import org.novation.account.PhaseReading;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Timing;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.FundCommand;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LotGrants;
import org.novation.liquidation.Slice;
import org.novation.liquidation.Watch;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.market.PriceBoard;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** What the accounts of this node find around them. */
final class NodeHouse implements House {
  /**
   * Spares a busy account about half of its writes; far less than a hold lasts, and hardly more
   * than a person notices.
   */
  private static final Duration LEGS_WAIT = Duration.ofMillis(100);

  private final PriceBoard board;
  private final LongSupplier houseMs;
  private final LongSupplier wallMs;
  private final Timing timing;
  private final BiConsumer<String, PartyMessage> accounts;
  private final Watch watch;
  private final Counters counters;
  private final JournalSearch search;
  private final Waterfall waterfall;
  private final ActorRef<PartyMessage> phases;

  /** Where accounts reach the default waterfall. */
  record Waterfall(
      Function<MarketView, LiquidationPolicy> policy,
      HouseTime time,
      Function<Slice, CompletionStage<LotGrants>> pace,
      Consumer<List<LotGrants.Grant>> giveBack,
      BiConsumer<String, AuctionActor.Command> auctions,
      Function<FundCommand, CompletionStage<InsuranceFundActor.Answer>> fund,
      Supplier<@Nullable ClosedGate> gate,
      Runnable defaultTaken) {}

  NodeHouse(
      PriceBoard board,
      LongSupplier houseMs,
      LongSupplier wallMs,
      Timing timing,
      BiConsumer<String, PartyMessage> accounts,
      Watch watch,
      Counters counters,
      JournalSearch search,
      Waterfall waterfall,
      ActorRef<PartyMessage> phases) {
    this.board = board;
    this.houseMs = houseMs;
    this.wallMs = wallMs;
    this.timing = timing;
    this.accounts = accounts;
    this.watch = watch;
    this.counters = counters;
    this.search = search;
    this.waterfall = waterfall;
    this.phases = phases;
  }

  @Override
  public MarketView view() {
    return board.view();
  }

  @Override
  public long houseMs() {
    return houseMs.getAsLong();
  }

  @Override
  public long wallMs() {
    return wallMs.getAsLong();
  }

  @Override
  public Timing timing() {
    return timing;
  }

  @Override
  public Duration legsWait() {
    return LEGS_WAIT;
  }

  @Override
  public void send(String account, PartyMessage message) {
    accounts.accept(account, message);
  }

  @Override
  public void watch(String account, Portfolio portfolio, MarginState state) {
    watch.register(account, portfolio, state, board.view());
  }

  @Override
  public void unwatch(String account) {
    watch.forget(account);
  }

  @Override
  public void positionChanged(int instrument, long lotsBefore, long lotsNow) {
    board.totals().positionChanged(instrument, lotsBefore, lotsNow);
  }

  @Override
  public void balanceChanged(int asset, long before, long now) {
    board.totals().balanceChanged(asset, before, now);
  }

  @Override
  public void novated(Leg leg) {
    board.cleared(board.view().catalogue().instrumentListed(leg.instrument()), leg.priceTicks());
  }

  @Override
  public void stateChanged(String account, MarginState from, MarginState to) {
    counters.stateChanged(from, to);
  }

  @Override
  public void stands(PhaseReading reading) {
    phases.tell(new PhasesActor.Stands(reading));
  }

  @Override
  public void standsNoMore(String account) {
    phases.tell(new PhasesActor.Left(account));
  }

  @Override
  public CompletionStage<JournalAnswer> search(String account, Query query) {
    return search.search(account, query);
  }

  // ---- the default waterfall

  @Override
  public LiquidationPolicy liquidation(MarketView view) {
    return waterfall.policy().apply(view);
  }

  @Override
  public HouseTime.Alarm at(long dueMs, String account, Runnable wake) {
    return waterfall.time().at(dueMs, account, wake);
  }

  @Override
  public CompletionStage<LotGrants> pace(Slice wanted) {
    return waterfall.pace().apply(wanted);
  }

  @Override
  public void giveBack(List<LotGrants.Grant> unused) {
    waterfall.giveBack().accept(unused);
  }

  @Override
  public void auction(String auctionId, AuctionActor.Command message) {
    waterfall.auctions().accept(auctionId, message);
  }

  @Override
  public CompletionStage<InsuranceFundActor.Answer> fund(FundCommand command) {
    return waterfall.fund().apply(command);
  }

  @Override
  public @Nullable ClosedGate closedGate() {
    return waterfall.gate().get();
  }

  @Override
  public void defaultTaken() {
    waterfall.defaultTaken().run();
  }
}
