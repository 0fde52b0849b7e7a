package org.novation.market;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.novation.instrument.Catalogue;
import org.novation.liquidation.TriggerBox;
import org.novation.liquidation.Watch;
import org.novation.liquidation.WatchIndex;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * Writes one node's {@link PriceBoard} from what the markets broadcast, and owns its watch index:
 * an update is put on the board first, then the accounts whose triggers it crossed are told, so
 * that whoever reassesses sees it. Not persistent: markets say how they are every second, accounts
 * register when they recover.
 */
public final class PriceBoardActor extends AbstractBehavior<PriceBoardActor.Message> {
  private static final Duration TICK = Duration.ofMillis(250);
  private static final int TICKS_PER_ROUND = 4;

  /** Other nodes' totals count for so long after they were last heard of. */
  private static final long NODE_LOST_MS = 30_000;

  private static final int ROUNDS_PER_REPORT = 5;

  /**
   * What may differ by profile.
   *
   * @param boxTtlMs after so long, in the house's time, a box is reckoned anew
   * @param silentMs after so long without a word, by the wall clock, an underlying is stale
   */
  public record Settings(long boxTtlMs, long silentMs) {
    /** An hour; ten seconds, which is ten heartbeats. */
    public static final Settings DEFAULTS = new Settings(3_600_000, 10_000);
  }

  /** What a board understands; of this node alone. */
  public sealed interface Message {}

  /** Go by these from now on. */
  public record Govern(MarketTerms terms) implements Message {}

  private record Heard(Broadcast broadcast) implements Message {}

  private record Register(String accountId, TriggerBox box, boolean settled, MarketView basis)
      implements Message {}

  private record Forget(String accountId) implements Message {}

  private enum Internal implements Message {
    TICK
  }

  private record Other(NodeTotals totals, long atWallMs) {}

  private final PriceBoard board;
  private MarketTerms terms;
  private final BoardBook book;
  private final WatchIndex index;
  private final LongSupplier houseMs;
  private final LongSupplier nanos;
  private final ActorRef<Topic.Command<Broadcast>> topic;
  private final BiConsumer<String, MarketActor.Command> markets;
  private final String address;
  private final long incarnation;
  private final Settings settings;
  private final Map<String, Other> others = new HashMap<>();
  private NodeTotals reported;
  private int ticks;

  private PriceBoardActor(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      PriceBoard board,
      MarketTerms terms,
      LongSupplier houseMs,
      LongSupplier nanos,
      Consumer<String> reassess,
      ActorRef<Topic.Command<Broadcast>> topic,
      BiConsumer<String, MarketActor.Command> markets,
      Settings settings) {
    super(context);
    this.board = board;
    this.terms = terms;
    this.book = new BoardBook(terms, board.view());
    this.index = new WatchIndex(board.view(), reassess);
    this.houseMs = houseMs;
    this.nanos = nanos;
    this.topic = topic;
    this.markets = markets;
    this.address = context.getSystem().address().toString();
    this.incarnation = context.getSystem().startTime();
    this.settings = settings;
    this.reported = new NodeTotals(address, incarnation, Map.of(), Map.of());
    topic.tell(Topic.subscribe(context.messageAdapter(Broadcast.class, Heard::new)));
    timers.startTimerWithFixedDelay(Internal.TICK, TICK);
  }

  /**
   * The board of a node.
   *
   * @param terms what the board was made of; others come by {@link Govern}
   * @param houseMs the house's time
   * @param nanos for how long somebody has been silent
   * @param reassess tells an account of this node that a trigger was crossed; does not wait
   * @param topic where markets and boards broadcast
   * @param markets sends to the market of an underlying
   */
  public static Behavior<Message> create(
      PriceBoard board,
      MarketTerms terms,
      LongSupplier houseMs,
      LongSupplier nanos,
      Consumer<String> reassess,
      ActorRef<Topic.Command<Broadcast>> topic,
      BiConsumer<String, MarketActor.Command> markets,
      Settings settings) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new PriceBoardActor(
                        context, timers, board, terms, houseMs, nanos, reassess, topic, markets,
                        settings)));
  }

  /**
   * The accounts' way to the watch index of a board. The box is reckoned in the caller's thread and
   * sent as a few small arrays.
   */
  public static Watch watch(ActorRef<Message> board) {
    return new Watch() {
      @Override
      public void register(
          String accountId, Portfolio portfolio, MarginState recorded, MarketView view) {
        TriggerBox box = TriggerBox.around(portfolio, view);
        boolean settled = !box.priced() || box.state() == recorded;
        board.tell(new Register(accountId, box, settled, view));
      }

      @Override
      public void forget(String accountId) {
        board.tell(new Forget(accountId));
      }
    };
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Heard(MarketUpdate update) -> onUpdate(update);
      case Heard(NodeTotals totals) -> onTotals(totals);
      case Heard(PausesSaid said) -> {
        if (book.take(said, houseMs.getAsLong())) publish();
      }
      case Govern(var next) -> onGovern(next);
      case Register(var accountId, var box, var settled, var basis) ->
          index.register(accountId, box, settled, basis, houseMs.getAsLong());
      case Forget(var accountId) -> index.forget(accountId);
      case Internal.TICK -> onTick();
    }
    return this;
  }

  /**
   * What a node says replaces what the one before it at the same address said: its accounts have
   * moved, or are the very ones that are counted again. What that one still says late is nobody's,
   * and so is what is said of this address, whether by this node or by the one before it.
   */
  private void onTotals(NodeTotals totals) {
    if (totals.address().equals(address)) return;
    Other before = others.get(totals.address());
    if (before == null || before.totals().incarnation() <= totals.incarnation())
      others.put(totals.address(), new Other(totals, wallMs()));
  }

  private void onUpdate(MarketUpdate update) {
    if (book.take(update, houseMs.getAsLong(), wallMs(), settings.silentMs())) publish();
  }

  private void onGovern(MarketTerms next) {
    if (next == terms) return;
    terms = next;
    book.govern(next, houseMs.getAsLong());
    publish();
  }

  /** The board first, then the triggers. */
  private void publish() {
    board.publish(book.view(), book.facts(), book.deposits(), book.pauses());
    index.move(book.view());
  }

  private void onTick() {
    Catalogue catalogue = terms.catalogue();
    for (int i = 0; i < catalogue.instruments(); i++) {
      long ticks = board.takeCleared(i);
      if (ticks == 0) continue;
      String instrument = catalogue.perpetual(i).symbol();
      markets.accept(
          catalogue.perpetual(i).underlying(), new MarketActor.PriceCleared(instrument, ticks));
    }
    if (++ticks % TICKS_PER_ROUND != 0) return;
    onRound(ticks / TICKS_PER_ROUND);
  }

  private void onRound(int round) {
    long wallMs = wallMs();
    others.values().removeIf(other -> wallMs - other.atWallMs() > NODE_LOST_MS);
    long nowMs = houseMs.getAsLong();
    boolean changed = book.silence(nowMs, wallMs, settings.silentMs());
    changed |= book.scale(new Sums(), nowMs);
    if (changed) publish();
    index.repeatUnanswered();
    index.expire(nowMs, settings.boxTtlMs());
    NodeTotals own = ownTotals();
    if (own.equals(reported) && round % ROUNDS_PER_REPORT != 0) return;
    reported = own;
    topic.tell(Topic.publish(own));
  }

  private NodeTotals ownTotals() {
    Catalogue catalogue = terms.catalogue();
    Map<String, Long> lots = new HashMap<>();
    for (int i = 0; i < catalogue.instruments(); i++) {
      long held = board.totals().longLots(i);
      if (held != 0) lots.put(catalogue.perpetual(i).symbol(), held);
    }
    Map<String, Long> deposits = new HashMap<>();
    for (int a = 1; a < catalogue.assets(); a++) {
      long held = board.totals().deposits(a);
      if (held != 0) deposits.put(catalogue.asset(a).symbol(), held);
    }
    return new NodeTotals(address, incarnation, lots, deposits);
  }

  /** This node's own totals, as they are now, and the others' as they last said. */
  private final class Sums implements BoardBook.Totals {
    @Override
    public long longLots(int instrument) {
      String symbol = terms.catalogue().perpetual(instrument).symbol();
      long sum = board.totals().longLots(instrument);
      for (Other other : others.values()) sum += other.totals().longLots().getOrDefault(symbol, 0L);
      return sum;
    }

    @Override
    public long deposits(int asset) {
      String symbol = terms.catalogue().asset(asset).symbol();
      long sum = board.totals().deposits(asset);
      for (Other other : others.values()) sum += other.totals().deposits().getOrDefault(symbol, 0L);
      return sum;
    }
  }

  private long wallMs() {
    return TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong());
  }
}
