package org.novation.market;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
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
import org.novation.brake.Pauses;
import org.novation.liquidation.Throttle;

/**
 * The market of one underlying, sharded by its symbol. One entity holds every perpetual on it and
 * the price of the asset of that name, so that an oracle's price reaches all of them in one
 * message. A thin shell around {@link MarketBook}: prices are published as they are judged and
 * never stored; the end of an hour is, and halts are.
 */
public final class MarketActor
    extends EventSourcedBehavior<MarketActor.Command, MarketEvent, MarketState> {
  /** Names the entity type in sharding and in the journal. */
  public static final String TYPE = "market";

  private static final Duration TICK = Duration.ofMillis(250);

  /** With every so many ticks the market says how it is, changed or not: boards may be new. */
  private static final int TICKS_PER_HEARTBEAT = 4;

  private static final int SNAPSHOT_EVERY = 100;

  /** What a market understands. */
  public sealed interface Command extends MarketMessage {}

  /** One oracle's prices of this symbol, in order. */
  public record PublishPrices(
      String oracle, List<Observation> prices, ActorRef<PricesTaken> replyTo) implements Command {
    public PublishPrices {
      prices = List.copyOf(prices);
    }
  }

  /**
   * The answer to {@link PublishPrices}.
   *
   * @param gaps sequence numbers that the accepted prices skipped
   */
  public record PricesTaken(int accepted, long gaps, List<RefusedPrice> refused)
      implements MarketMessage {
    public PricesTaken {
      refused = List.copyOf(refused);
    }
  }

  /**
   * A price without effect.
   *
   * @param index of the price in the message
   */
  public record RefusedPrice(int index, PriceRefusal why) {}

  /** A venue's order book of one instrument. */
  public record ReportQuotes(
      String venue, String instrument, Quotes quotes, ActorRef<QuotesAnswered> replyTo)
      implements Command {}

  /** The answer to {@link ReportQuotes}; null: they were taken. */
  public record QuotesAnswered(@Nullable QuoteRefusal refusal) implements MarketMessage {}

  /** The newest price at which a trade was novated. No answer. */
  public record PriceCleared(String instrument, long priceTicks) implements Command {}

  /**
   * Put at most so many lots on sale for a liquidation: no more notional goes on sale within a
   * minute of house time than the limit. What is granted counts until {@link GiveBackPace}.
   *
   * @param perLotMicros notional of one lot at the mark
   */
  public record TakePace(
      String instrument,
      long lots,
      long perLotMicros,
      long limitMicros,
      ActorRef<PaceGranted> replyTo)
      implements Command {}

  /**
   * The answer to {@link TakePace}.
   *
   * @param atMs house time at which it counts
   * @param moreAtMs where that was less than asked, when there will be more unless something is
   *     given back before; else 0
   * @param incarnation of what counts it
   */
  public record PaceGranted(
      String instrument, long lots, long atMs, long moreAtMs, long incarnation)
      implements MarketMessage {}

  /**
   * So much of what was granted is not on sale after all. Sent once, no answer: where it is lost,
   * the grant counts for its minute.
   */
  public record GiveBackPace(String instrument, long notionalMicros, long atMs, long incarnation)
      implements Command {}

  private enum Internal implements Command {
    TICK
  }

  private final String symbol;
  private final long incarnation;
  private final MarketBook book;
  private final LongSupplier houseMs;
  private final Supplier<MarketTerms> inForce;
  private final Supplier<@Nullable Pauses> pauses;
  private final Consumer<MarketUpdate> publish;
  private final TimerScheduler<Command> timers;
  private MarketTerms terms;
  private boolean known; // Whether anything is listed that needs this symbol's price.
  // In memory: after a restart as much may go on sale as in a minute without.
  private final Map<String, Throttle> throttles = new HashMap<>();
  private int ticks;

  private MarketActor(
      TimerScheduler<Command> timers,
      String symbol,
      Supplier<MarketTerms> inForce,
      MarketTerms terms,
      long incarnation,
      LongSupplier houseMs,
      Supplier<@Nullable Pauses> pauses,
      Consumer<MarketUpdate> publish) {
    super(
        persistenceId(symbol),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    this.timers = timers;
    this.symbol = symbol;
    this.inForce = inForce;
    this.terms = terms;
    this.incarnation = incarnation;
    this.book = new MarketBook(symbol, terms, incarnation);
    this.known = MarketBook.symbols(terms.catalogue()).contains(symbol);
    this.houseMs = houseMs;
    this.pauses = pauses;
    this.publish = publish;
  }

  /**
   * A market.
   *
   * @param symbol of the underlying; the entity's id
   * @param inForce what it runs by, asked before each message
   * @param houseMs the house's time
   * @param wallMs later in each life of the market than in those before
   * @param pauses what this node has heard of pauses; null as long as it has heard nothing, when no
   *     hour is closed
   * @param publish carries an update to the price board of every node; does not wait
   */
  public static Behavior<Command> create(
      String symbol,
      Supplier<MarketTerms> inForce,
      LongSupplier houseMs,
      LongSupplier wallMs,
      Supplier<@Nullable Pauses> pauses,
      Consumer<MarketUpdate> publish) {
    return Behaviors.withTimers(
        timers -> {
          // Wall time, not the house's: a replay may begin in any year, more than once.
          long incarnation = wallMs.getAsLong();
          return new MarketActor(
              timers, symbol, inForce, inForce.get(), incarnation, houseMs, pauses, publish);
        });
  }

  /** Where a market's journal is kept. */
  public static PersistenceId persistenceId(String symbol) {
    return PersistenceId.of(TYPE, symbol);
  }

  @Override
  public MarketState emptyState() {
    return MarketState.EMPTY;
  }

  @Override
  public EventHandler<MarketState, MarketEvent> eventHandler() {
    return MarketState::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, 2);
  }

  @Override
  public SnapshotAdapter<MarketState> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(MarketState state) {
        return state;
      }

      @Override
      public MarketState fromJournal(Object from) {
        return from instanceof MarketState.WithoutHalts old ? old.state() : (MarketState) from;
      }
    };
  }

  @Override
  public SignalHandler<MarketState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (state, signal) -> onRecovered(state))
        .build();
  }

  @Override
  public CommandHandler<Command, MarketEvent, MarketState> commandHandler() {
    return this::on;
  }

  private Effect<MarketEvent, MarketState> on(MarketState state, Command command) {
    long nowMs = houseMs.getAsLong();
    govern();
    // Before anything else, so that what arrives now counts in the minute and hour that it is.
    Pauses heard = pauses.get();
    MarketEvent.HourClosed closed = heard == null ? null : book.advance(nowMs, heard);
    switch (command) {
      case PublishPrices prices -> onPrices(prices, nowMs);
      case ReportQuotes(var venue, var instrument, var quotes, var replyTo) -> {
        replyTo.tell(new QuotesAnswered(book.quote(venue, instrument, quotes, nowMs)));
        publish(nowMs, false);
      }
      case PriceCleared(var instrument, var ticks) -> {
        book.cleared(instrument, ticks, nowMs);
        publish(nowMs, false);
      }
      case TakePace pace -> onPace(pace, nowMs);
      case GiveBackPace unused -> onGiveBack(unused);
      case Internal.TICK -> publish(nowMs, ++ticks % TICKS_PER_HEARTBEAT == 0);
    }
    List<MarketEvent> due = new ArrayList<>(book.brakes(nowMs));
    if (closed != null) due.add(closed);
    return due.isEmpty() ? Effect().none() : Effect().persist(due).thenRun(this::adopt);
  }

  private void govern() {
    MarketTerms now = inForce.get();
    if (now == terms) return;
    terms = now;
    known = MarketBook.symbols(now.catalogue()).contains(symbol);
    book.govern(now);
  }

  private void onPrices(PublishPrices prices, long nowMs) {
    List<RefusedPrice> refused = new ArrayList<>(0);
    long gaps = 0;
    for (int n = 0; n < prices.prices().size(); n++) {
      Feeds.Intake intake =
          known
              ? book.observe(prices.oracle(), prices.prices().get(n), nowMs)
              : new Feeds.Intake(new PriceRefusal.UnknownSymbol(symbol), 0);
      gaps += intake.gaps();
      PriceRefusal why = intake.refusal();
      if (why != null) refused.add(new RefusedPrice(n, why));
    }
    publish(nowMs, false);
    int accepted = prices.prices().size() - refused.size();
    prices.replyTo().tell(new PricesTaken(accepted, gaps, refused));
  }

  private void onPace(TakePace pace, long nowMs) {
    Throttle throttle = throttles.getOrDefault(pace.instrument(), Throttle.idle());
    long lots =
        Math.min(pace.lots(), throttle.lots(nowMs, pace.limitMicros(), pace.perLotMicros()));
    if (lots > 0) {
      long notional = Math.multiplyExact(lots, pace.perLotMicros());
      throttles.put(pace.instrument(), throttle.take(nowMs, notional));
    }
    long moreAtMs = lots < pace.lots() ? throttle.moreAtMs(nowMs) : 0;
    pace.replyTo().tell(new PaceGranted(pace.instrument(), lots, nowMs, moreAtMs, incarnation));
  }

  private void onGiveBack(GiveBackPace unused) {
    if (unused.incarnation() != incarnation) return; // It is not counted here.
    throttles.computeIfPresent(
        unused.instrument(),
        (_, throttle) -> throttle.giveBack(unused.atMs(), unused.notionalMicros()));
  }

  private void adopt(MarketState recorded) {
    book.adopt(recorded);
    publish(houseMs.getAsLong(), false);
  }

  private void publish(long nowMs, boolean again) {
    MarketUpdate update = book.update(nowMs, again);
    if (update != null) publish.accept(update);
  }

  private void onRecovered(MarketState state) {
    book.recover(state);
    timers.startTimerWithFixedDelay(Internal.TICK, Internal.TICK, TICK);
  }
}
