package org.novation.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.api.BrakePort;
import org.novation.api.MarketPort;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.LotGrants;
import org.novation.liquidation.Slice;
import org.novation.liquidation.Watch;
import org.novation.liquidation.auction.Marks;
import org.novation.market.Broadcast;
import org.novation.market.MarketActor;
import org.novation.market.MarketActor.PricesTaken;
import org.novation.market.MarketActor.QuotesAnswered;
import org.novation.market.MarketBook;
import org.novation.market.MarketTerms;
import org.novation.market.Observation;
import org.novation.market.PriceBand;
import org.novation.market.PriceBoard;
import org.novation.market.PriceBoardActor;
import org.novation.market.PriceRefusal;
import org.novation.market.QuoteRefusal;
import org.novation.market.Quotes;
import org.novation.risk.Action;
import org.novation.risk.MarketView;
import org.novation.risk.Stop;

/**
 * The markets of the cluster and this node's board of them, as the edge and the accounts use them.
 */
final class Markets implements MarketPort {
  private static final EntityTypeKey<MarketActor.Command> KEY =
      EntityTypeKey.create(MarketActor.Command.class, MarketActor.TYPE);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ClusterSharding sharding;
  private final PriceBoard board;
  private final Watch watch;
  private final MarketView unpriced;
  private final LongSupplier houseMs;
  private final BrakeDesk brakes;
  private final List<ActorRef<?>> parts;

  private Markets(
      ClusterSharding sharding,
      PriceBoard board,
      Watch watch,
      MarketView unpriced,
      LongSupplier houseMs,
      BrakeDesk brakes,
      List<ActorRef<?>> parts) {
    this.sharding = sharding;
    this.board = board;
    this.watch = watch;
    this.unpriced = unpriced;
    this.houseMs = houseMs;
    this.brakes = brakes;
    this.parts = parts;
  }

  /**
   * Starts the markets and this node's board.
   *
   * @param rules of the markets, and of the board from each change on
   * @param reassess tells an account that a market crossed one of its triggers
   */
  static Markets start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      NodeSettings settings,
      RulesInForce rules,
      Consumer<String> reassess) {
    MarketTerms terms = rules.now().markets();
    PriceBoard board = new PriceBoard(terms.catalogue(), settings.houseMs().getAsLong());
    MarketView unpriced = board.view();
    ActorRef<Topic.Command<Broadcast>> topic =
        system.systemActorOf(
            Topic.create(Broadcast.class, "markets"), "markets-topic", Props.empty());
    ActorRef<ShardingEnvelope<MarketActor.Command>> region =
        sharding.init(
            Entity.of(
                KEY,
                entity ->
                    MarketActor.create(
                        entity.getEntityId(),
                        () -> rules.now().markets(),
                        settings.houseMs(),
                        settings.engine()::wallMs,
                        board::pauses,
                        update -> topic.tell(Topic.publish(update)))));
    ActorRef<PriceBoardActor.Message> boardActor =
        system.systemActorOf(
            PriceBoardActor.create(
                board,
                terms,
                settings.houseMs(),
                settings.engine()::nanos,
                reassess,
                topic,
                (symbol, command) -> region.tell(new ShardingEnvelope<>(symbol, command)),
                PriceBoardActor.Settings.DEFAULTS),
            "price-board",
            Props.empty());
    Markets markets =
        new Markets(
            sharding,
            board,
            PriceBoardActor.watch(boardActor),
            unpriced,
            settings.houseMs(),
            BrakeDesk.start(
                system, sharding, settings.houseMs(), topic, board, () -> rules.now().killed()),
            List.of(topic, boardActor));
    rules.listen(
        next -> {
          boardActor.tell(new PriceBoardActor.Govern(next.markets()));
          markets.wake(next.markets().catalogue());
        });
    boardActor.tell(new PriceBoardActor.Govern(rules.now().markets())); // Should it have changed.
    return markets;
  }

  /** Has every market, and what keeps the pauses, tell this node's board how it is. */
  void wake() {
    brakes.wake();
    wake(board.view().catalogue());
  }

  /** What is awake already takes no harm. */
  private void wake(Catalogue catalogue) {
    for (String symbol : MarketBook.symbols(catalogue))
      sharding.entityRefFor(KEY, symbol).tell(new MarketActor.PriceCleared("", 0));
  }

  private Catalogue catalogue() {
    return board.view().catalogue();
  }

  /**
   * Whether all of them have told it: funding indexes are known from then on. An instrument is
   * written anew with the first word of its market.
   */
  boolean heardAll() {
    if (board.pauses() == null) return false;
    MarketView view = board.view();
    for (int i = 0; i < unpriced.catalogue().instruments(); i++) {
      if (view.instrument(i) == unpriced.instrument(i)) return false;
    }
    return true;
  }

  PriceBoard board() {
    return board;
  }

  /** What this node cannot do without: a board that nobody writes would be fresh for ever. */
  List<ActorRef<?>> parts() {
    return parts;
  }

  Watch watch() {
    return watch;
  }

  BrakePort brakes() {
    return brakes;
  }

  /**
   * What the market has against a trade's price, or null. The house's own trades are at prices that
   * were judged when they were made: a give-up is at that of the trade given up.
   */
  @Nullable Rejection outOfBand(Trade trade) {
    if (trade.venue().equals(HouseAccount.VENUE)) return null;
    MarketView view = view();
    Integer instrument = view.catalogue().instrument(trade.instrument());
    if (instrument == null) return new Rejection.UnknownInstrument(trade.instrument());
    long mark = view.instrument(instrument).markTicks();
    if (mark == 0) return null; // Without a mark the accounts refuse, which knows of reductions.
    PriceBand band = PriceBand.around(mark, view.catalogue().perpetual(instrument).bandPpm());
    if (band.contains(trade.priceTicks())) return null;
    return new Rejection.PriceOutOfBand(
        trade.instrument(), trade.priceTicks(), band.lowestTicks(), band.highestTicks());
  }

  /** At what legs of slices change hands, and what forbids it. */
  Marks toLiquidate() {
    return new Marks() {
      @Override
      public long mark(String leg) {
        MarketView view = view();
        if (!listed(leg, view) || stopOf(leg, view) != null) return 0;
        return Coins.are(leg)
            ? view.asset(Coins.listed(view.catalogue(), leg)).priceMicros()
            : view.instrument(view.catalogue().instrumentListed(leg)).markTicks();
      }

      @Override
      public @Nullable Stop stop(String leg) {
        MarketView view = view();
        return listed(leg, view) ? stopOf(leg, view) : null;
      }
    };
  }

  private static boolean listed(String leg, MarketView view) {
    Catalogue listed = view.catalogue();
    return (Coins.are(leg) ? Coins.asset(listed, leg) : listed.instrument(leg)) != null;
  }

  private @Nullable Stop stopOf(String leg, MarketView view) {
    long nowMs = houseMs.getAsLong();
    return Coins.are(leg)
        ? view.stopOfAsset(Action.AUCTION, Coins.listed(view.catalogue(), leg), nowMs)
        : view.stopOfInstrument(Action.AUCTION, view.catalogue().instrumentListed(leg), nowMs);
  }

  /** The market that paces a leg: of an instrument its underlying's, of coins their own. */
  private String paces(String leg) {
    return Coins.are(leg)
        ? Coins.symbol(leg)
        : catalogue().perpetual(catalogue().instrumentListed(leg)).underlying();
  }

  private int number(String leg) {
    return Coins.are(leg) ? ~Coins.listed(catalogue(), leg) : catalogue().instrumentListed(leg);
  }

  private long bundleLots(Slice.Leg leg) {
    int number = number(leg.instrument());
    return number < 0 ? Coins.bundle(catalogue().asset(~number), leg.markTicks()) : 1;
  }

  private long perBundleMicros(Slice.Leg leg, long bundleLots) {
    int number = number(leg.instrument());
    return number < 0
        ? Coins.bundleMicros(catalogue().asset(~number), bundleLots, leg.markTicks())
        : catalogue().perpetual(number).notionalMicros(leg.markTicks(), bundleLots);
  }

  /** How much of a slice may go on sale now, as every market of it grants. */
  CompletionStage<LotGrants> pace(Slice wanted, long limitMicros) {
    return pace(wanted, limitMicros, LotGrants.NONE);
  }

  private CompletionStage<LotGrants> pace(Slice wanted, long limitMicros, LotGrants granted) {
    if (granted.complete(wanted)) return CompletableFuture.completedStage(granted);
    Slice.Leg leg = wanted.legs().get(granted.grants().size());
    long lots = granted.lotsToAsk(wanted);
    if (lots == 0)
      return pace(
          wanted,
          limitMicros,
          granted.plus(
              new LotGrants.Grant(leg.instrument(), number(leg.instrument()), 0, 1, 0, 0)));
    long bundle = bundleLots(leg);
    long perBundle = perBundleMicros(leg, bundle);
    return InPlace.of(
            sharding
                .entityRefFor(KEY, paces(leg.instrument()))
                .<MarketActor.PaceGranted>ask(
                    replyTo ->
                        new MarketActor.TakePace(
                            leg.instrument(),
                            Math.ceilDiv(lots, bundle),
                            perBundle,
                            limitMicros,
                            replyTo),
                    PATIENCE))
        .whenComplete((_, failure) -> giveBackAfter(failure, granted))
        .thenCompose(
            answer ->
                pace(
                    wanted,
                    limitMicros,
                    granted.plus(
                        new LotGrants.Grant(
                            leg.instrument(),
                            number(leg.instrument()),
                            Math.min(lots, Math.multiplyExact(answer.lots(), bundle)),
                            bundle,
                            perBundle,
                            answer.atMs(),
                            answer.moreAtMs(),
                            answer.incarnation()))));
  }

  private void giveBackAfter(@Nullable Throwable failure, LotGrants granted) {
    if (failure != null) giveBack(granted.unused(null));
  }

  /** So much may go to others. */
  void giveBack(List<LotGrants.Grant> unused) {
    for (LotGrants.Grant grant : unused) {
      sharding
          .entityRefFor(KEY, paces(grant.symbol()))
          .tell(
              new MarketActor.GiveBackPace(
                  grant.symbol(), grant.countedMicros(), grant.atMs(), grant.incarnation()));
    }
  }

  // ---- the edge's questions

  @Override
  public MarketView view() {
    return board.view();
  }

  @Override
  public MarketReading market(int instrument) {
    PriceBoard.Facts facts = board.facts(instrument);
    return new MarketReading(
        board.view().instrument(instrument),
        facts.fundingRatePpm(),
        facts.openInterestLots(),
        facts.feeds(),
        facts.timeMs(),
        houseMs.getAsLong());
  }

  @Override
  public CompletionStage<Published> publish(String oracle, List<OraclePrice> prices) {
    List<RefusedPrice> refused = new ArrayList<>();
    Map<String, List<Integer>> bySymbol = new LinkedHashMap<>();
    Set<String> known = MarketBook.symbols(catalogue());
    for (int index = 0; index < prices.size(); index++) {
      String symbol = prices.get(index).symbol();
      if (known.contains(symbol)) {
        bySymbol.computeIfAbsent(symbol, any -> new ArrayList<>()).add(index);
      } else {
        refused.add(new RefusedPrice(index, new PriceRefusal.UnknownSymbol(symbol)));
      }
    }
    CompletionStage<Published> sum = CompletableFuture.completedStage(new Published(0, 0, refused));
    for (Map.Entry<String, List<Integer>> symbol : bySymbol.entrySet()) {
      List<Integer> indexes = symbol.getValue();
      List<Observation> observations =
          indexes.stream().map(index -> observation(prices.get(index))).toList();
      CompletionStage<PricesTaken> taken =
          sharding
              .entityRefFor(KEY, symbol.getKey())
              .ask(
                  replyTo -> new MarketActor.PublishPrices(oracle, observations, replyTo),
                  PATIENCE);
      sum = sum.thenCombine(InPlace.of(taken), (before, now) -> add(before, now, indexes));
    }
    return sum;
  }

  private static Observation observation(OraclePrice price) {
    return new Observation(price.price(), price.sequence(), price.timeMs(), price.confidence());
  }

  private static Published add(Published before, PricesTaken now, List<Integer> indexes) {
    List<RefusedPrice> refused = new ArrayList<>(before.refused());
    for (MarketActor.RefusedPrice price : now.refused()) {
      refused.add(new RefusedPrice(indexes.get(price.index()), price.why()));
    }
    return new Published(before.accepted() + now.accepted(), before.gaps() + now.gaps(), refused);
  }

  @Override
  public CompletionStage<Optional<QuoteRefusal>> report(
      String venue, int instrument, Quotes quotes) {
    Perpetual perpetual = catalogue().perpetual(instrument);
    CompletionStage<QuotesAnswered> answered =
        sharding
            .entityRefFor(KEY, perpetual.underlying())
            .ask(
                replyTo -> new MarketActor.ReportQuotes(venue, perpetual.symbol(), quotes, replyTo),
                PATIENCE);
    return InPlace.of(answered).thenApply(answer -> Optional.ofNullable(answer.refusal()));
  }

  @Override
  public AccountPort.Watch watch(int instrument, Runnable changed) {
    PriceBoard.Listening listening = board.listen(instrument, changed);
    return listening::close;
  }
}
