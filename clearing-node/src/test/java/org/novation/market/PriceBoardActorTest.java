package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.market.TestPerpetuals.CATALOGUE;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.FishingOutcome;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.brake.Pause;
import org.novation.brake.Pauses;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.liquidation.Watch;
import org.novation.risk.Action;
import org.novation.risk.Brake;
import org.novation.risk.Brakes;
import org.novation.risk.Margin;
import org.novation.risk.MarginState;
import org.novation.risk.Operation;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;
import org.novation.risk.Stop;
import org.novation.risk.WithdrawalGate;
import org.novation.risk.WithdrawalGate.Outage;

final class PriceBoardActorTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long MILLION = 1_000_000_000_000L;
  private static final Catalogue SCALED =
      new Catalogue(
          1,
          List.of(TestPerpetuals.perpetual("BTC-PERP", "0.1", 40 * MILLION, 100 * MILLION)),
          List.of(
              new Asset("USDC", 6, 1_000_000, 0, 0, false),
              new Asset("BTC", 8, 900_000, 0, 1_000, false)));

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString("pekko.actor.provider = local")
              .withFallback(ConfigFactory.load()));
  private final TestProbe<String> woken = kit.createTestProbe(String.class);
  private final TestProbe<MarketActor.Command> markets =
      kit.createTestProbe(MarketActor.Command.class);
  private PriceBoard board = new PriceBoard(CATALOGUE, NOW);
  private ActorRef<Topic.Command<Broadcast>> topic = kit.spawn(Topic.create(Broadcast.class, "t"));
  private Watch watch = start(PriceBoardActor.Settings.DEFAULTS);
  private long number;

  @BeforeEach
  void listenToTheTopic() {
    // The board subscribes by itself; until that has arrived the topic has nobody to tell.
    until(
        () -> {
          say(1_000);
          return board.view().instrument(0).validity() == PriceValidity.FRESH;
        });
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void putsAnUpdateOnTheBoardBeforeItWakesWhomItCrossed() {
    Portfolio portfolio = longTen(200_000_000L);
    register("a", portfolio, MarginState.HEALTHY);
    say(990);
    woken.expectNoMessage(Duration.ofMillis(50));
    say(800);
    assertThat(woken.receiveMessage()).isEqualTo("a");
    assertThat(board.view().instrument(0).markTicks()).isEqualTo(800);
    assertThat(Margin.health(portfolio, board.view()).state()).isNotEqualTo(MarginState.HEALTHY);
  }

  @Test
  void wakesAgainUntilTheAccountRegisters() {
    register("a", longTen(200_000_000L), MarginState.HEALTHY);
    say(800);
    assertThat(woken.receiveMessage()).isEqualTo("a");
    assertThat(woken.receiveMessage()).as("repeated").isEqualTo("a");
    Portfolio portfolio = longTen(200_000_000L);
    register("a", portfolio, Margin.health(portfolio, board.view()).state());
    watch.register("b", portfolio, MarginState.HEALTHY, board.view());
    assertThat(woken.fishForMessage(Duration.ofSeconds(5), this::untilB)).endsWith("b");
  }

  private FishingOutcome untilB(String id) {
    return id.equals("b") ? FishingOutcomes.complete() : FishingOutcomes.continueAndIgnore();
  }

  @Test
  void wakesAnAccountThatRegistersOnAViewTheMarketHasLeft() {
    var seen = board.view();
    say(800);
    until(() -> board.view().instrument(0).markTicks() == 800);
    watch.register("a", longTen(200_000_000L), MarginState.HEALTHY, seen);
    assertThat(woken.receiveMessage()).isEqualTo("a");
  }

  @Test
  void tellsListenersOfTheInstrumentUntilTheyClose() {
    List<Long> seen = new CopyOnWriteArrayList<>();
    Runnable listener = () -> seen.add(board.view().instrument(0).markTicks());
    try (PriceBoard.Listening _ = board.listen(0, listener)) {
      say(1_010);
      until(() -> seen.contains(1_010L));
    }
    say(1_020);
    say(1_030);
    until(() -> board.view().instrument(0).markTicks() == 1_030);
    assertThat(seen).endsWith(1_010L);
  }

  @Test
  void ignoresAnOlderUpdateThatArrivesLate() {
    say(1_010);
    topic.tell(Topic.publish(update(1, 1, 500, PriceValidity.FRESH)));
    say(1_020);
    until(() -> board.view().instrument(0).markTicks() == 1_020);
    assertThat(board.facts(0).feeds()).isEqualTo(3);
  }

  @Test
  void listensToAMarketThatRestarted() {
    topic.tell(Topic.publish(update(2, 1, 0, PriceValidity.NONE)));
    until(() -> board.view().instrument(0).validity() == PriceValidity.NONE);
    topic.tell(Topic.publish(update(2, 2, 1_030, PriceValidity.FRESH)));
    until(() -> board.view().instrument(0).markTicks() == 1_030);
  }

  @Test
  void wakesWhoseRecordIsWrongOncePricesAllowItToBeRightedAndNobodyElse() {
    topic.tell(Topic.publish(update(1, ++number, 1_000, PriceValidity.DIVERGED)));
    until(() -> board.view().instrument(0).validity() == PriceValidity.DIVERGED);
    register("right", longTen(200_000_000L), MarginState.HEALTHY);
    register("wrong", longTen(200_000_000L), MarginState.MARGIN_CALL);
    woken.expectNoMessage(Duration.ofMillis(50));
    say(1_000);
    assertThat(woken.receiveMessage()).isEqualTo("wrong");
  }

  @Test
  void takesAnUnderlyingThatFellSilentForStaleAndBelievesItAgain() {
    restart(SCALED, new PriceBoardActor.Settings(3_600_000, 500));
    until(() -> board.view().instrument(0).validity() == PriceValidity.STALE);
    assertThat(board.view().asset(1).validity()).isEqualTo(PriceValidity.STALE);
    topic.tell(Topic.publish(update(1, ++number, 1_000, PriceValidity.FRESH)));
    until(() -> board.view().instrument(0).validity() == PriceValidity.FRESH);
  }

  @Test
  void showsAHaltAndAnOutageAndKeepsThemWhenTheMarketFallsSilent() {
    restart(SCALED, new PriceBoardActor.Settings(3_600_000, 500));
    board.totals().positionChanged(0, 0, 5);
    topic.tell(Topic.publish(braked(NOW + 9, NOW + 7)));
    Brakes brakes = Brakes.NONE.withHalt(NOW + 9).withOutage(NOW + 7);
    until(() -> board.view().instrument(0).brakes().equals(brakes));
    assertThat(board.view().asset(1).brakes()).isEqualTo(Brakes.NONE.withOutage(NOW + 7));
    until(() -> board.view().instrument(0).validity() == PriceValidity.STALE);
    assertThat(board.view().instrument(0).brakes()).isEqualTo(brakes);
    until(() -> board.facts(0).openInterestLots() == 5);
    assertThat(board.gate(null).outages()).as("it lasts").containsExactly(new Outage("BTC", 0));
    topic.tell(Topic.publish(braked(0, NOW + 7)));
    until(() -> board.view().instrument(0).validity() == PriceValidity.FRESH);
    assertThat(board.gate("a"))
        .isEqualTo(new WithdrawalGate(List.of(new Outage("BTC", NOW + 7)), "a"));
  }

  @Test
  void goesByThePausesThatItHeardLastInEveryMarketAndForEveryAsset() {
    assertThat(board.pauses()).isNull();
    Pause trading = new Pause(Operation.TRADING, "BTC-PERP", NOW + 9, "why", "op", NOW);
    Pause all =
        new Pause(Operation.WITHDRAWALS, Pause.EVERYWHERE, Brakes.OPEN_ENDED, "why", "op", NOW);
    Pauses both = new Pauses(List.of(trading, all));
    topic.tell(Topic.publish(new PausesSaid(2, both)));
    until(() -> both.equals(board.pauses()));
    Brakes withdrawals = Brakes.NONE.withPause(Operation.WITHDRAWALS, Brakes.OPEN_ENDED);
    assertThat(board.view().asset(0).brakes()).isEqualTo(withdrawals);
    assertThat(board.view().asset(1).brakes()).isEqualTo(withdrawals);
    Brakes market = withdrawals.withPause(Operation.TRADING, NOW + 9);
    assertThat(board.view().instrument(0).brakes()).isEqualTo(market);
    topic.tell(Topic.publish(new PausesSaid(1, Pauses.NONE))); // Late.
    topic.tell(Topic.publish(braked(NOW + 5, 0)));
    until(() -> board.view().instrument(0).brakes().equals(market.withHalt(NOW + 5)));
    topic.tell(Topic.publish(new PausesSaid(3, Pauses.NONE)));
    until(() -> board.view().instrument(0).brakes().equals(Brakes.NONE.withHalt(NOW + 5)));
    assertThat(board.view().asset(0).brakes()).isEqualTo(Brakes.NONE);
    Pause adl = new Pause(Operation.ADL, Pause.EVERYWHERE, NOW + 3, "why", "op", NOW);
    topic.tell(Topic.publish(new PausesSaid(4, new Pauses(List.of(adl)))));
    until(() -> board.view().asset(0).brakes().paused(Operation.ADL, NOW));
    assertThat(board.view().stop(Action.DELEVERAGE, new Portfolio(), NOW))
        .isEqualTo(new Stop(Brake.PAUSE, "USDC", NOW + 3));
  }

  private MarketUpdate braked(long haltedUntilMs, long withdrawableFromMs) {
    return new MarketUpdate(
        "BTC",
        1,
        ++number,
        NOW,
        100_000_000,
        PriceValidity.FRESH,
        3,
        withdrawableFromMs,
        List.of(
            new MarketUpdate.Instrument(
                "BTC-PERP", 1_000, 1_000, 0, 0, 1_000_000, 1_000_000, haltedUntilMs)));
  }

  @Test
  void sumsOpenInterestOverNodesAndScalesInitialMargin() {
    restart(SCALED, PriceBoardActor.Settings.DEFAULTS);
    // 70M at 100 USDC and 0.001 per lot: 400M lots here, 300M on another node.
    board.totals().positionChanged(0, 0, 400_000_000L);
    board.totals().positionChanged(0, 0, -400_000_000L);
    topic.tell(
        Topic.publish(new NodeTotals("other", 1, Map.of("BTC-PERP", 300_000_000L), Map.of())));
    until(() -> board.facts(0).openInterestLots() == 700_000_000L);
    until(() -> board.view().instrument(0).ladders().initial().ratePpm(0) == 525_000);
  }

  @Test
  void aNodeThatRestartedCountsOnce() {
    restart(SCALED, PriceBoardActor.Settings.DEFAULTS);
    board.totals().positionChanged(0, 0, 100L);
    tellTotals("other", 1, 300L);
    tellTotals("third", 1, 1_000L);
    until(() -> board.facts(0).openInterestLots() == 1_400L);
    tellTotals("other", 2, 50L); // It has recovered a part of its accounts so far.
    until(() -> board.facts(0).openInterestLots() == 1_150L);
    tellTotals("other", 1, 300L); // Late.
    tellTotals(kit.system().address().toString(), 1, 7_000L); // Of this very node before its start.
    tellTotals("third", 1, 1_001L);
    until(() -> board.facts(0).openInterestLots() == 1_151L);
  }

  private void tellTotals(String address, long incarnation, long lots) {
    topic.tell(
        Topic.publish(new NodeTotals(address, incarnation, Map.of("BTC-PERP", lots), Map.of())));
  }

  @Test
  void shrinksAWeightByWhatTheWholeHouseHolds() {
    restart(SCALED, PriceBoardActor.Settings.DEFAULTS);
    board.totals().balanceChanged(1, 0, 1_500);
    topic.tell(Topic.publish(new NodeTotals("other", 1, Map.of(), Map.of("BTC", 500L))));
    until(() -> board.view().asset(1).houseFactorPpm() == 500_000);
    board.totals().balanceChanged(1, 1_500, -20);
    until(() -> board.view().asset(1).houseFactorPpm() == 1_000_000);
  }

  @Test
  void aCoinThatIsGivenAWeightWakesItsHoldersAndSoDoesTakingItAway() {
    Catalogue weightless =
        new Catalogue(
            1,
            List.of(SCALED.perpetual(0)),
            List.of(SCALED.asset(0), new Asset("NOVA", 6, 0, 0, 0, false)));
    Catalogue weighty =
        new Catalogue(
            2,
            List.of(SCALED.perpetual(0)),
            List.of(SCALED.asset(0), new Asset("NOVA", 6, 1, 0, 0, false)));
    board = new PriceBoard(weightless, NOW);
    topic = kit.spawn(Topic.create(Broadcast.class, "t2"));
    ActorRef<PriceBoardActor.Message> actor = spawn(PriceBoardActor.Settings.DEFAULTS);
    watch = PriceBoardActor.watch(actor);
    listenToTheTopic();
    Portfolio portfolio = longTen(1_000_000_000L);
    portfolio.credit(1, 1);
    register("a", portfolio, MarginState.HEALTHY);
    woken.expectNoMessage(Duration.ofMillis(50));
    govern(actor, weighty);
    assertThat(woken.receiveMessage()).isEqualTo("a");
    assertThat(Margin.mayChangeState(portfolio, board.view())).isFalse();
    register("a", portfolio, MarginState.HEALTHY);
    govern(actor, weightless);
    assertThat(woken.receiveMessage()).as("it can be liquidated again").isEqualTo("a");
    assertThat(Margin.mayChangeState(portfolio, board.view())).isTrue();
  }

  private static void govern(ActorRef<PriceBoardActor.Message> board, Catalogue catalogue) {
    board.tell(
        new PriceBoardActor.Govern(MarketTerms.of(catalogue, MarketRules.DEFAULTS, List.of())));
  }

  @Test
  void passesTheNewestClearedPriceToItsMarket() {
    board.cleared(0, 1_001);
    board.cleared(0, 1_002);
    assertThat(markets.receiveMessage()).isEqualTo(new MarketActor.PriceCleared("BTC-PERP", 1_002));
    markets.expectNoMessage(Duration.ofMillis(600));
  }

  private Watch start(PriceBoardActor.Settings settings) {
    return PriceBoardActor.watch(spawn(settings));
  }

  private ActorRef<PriceBoardActor.Message> spawn(PriceBoardActor.Settings settings) {
    return kit.spawn(
        PriceBoardActor.create(
            board,
            MarketTerms.of(board.view().catalogue(), MarketRules.DEFAULTS, List.of()),
            () -> NOW,
            System::nanoTime,
            id -> woken.getRef().tell(id),
            topic,
            (symbol, command) -> markets.getRef().tell(command),
            settings));
  }

  private void restart(Catalogue catalogue, PriceBoardActor.Settings settings) {
    board = new PriceBoard(catalogue, NOW);
    topic = kit.spawn(Topic.create(Broadcast.class, "t2"));
    watch = start(settings);
    listenToTheTopic();
  }

  private void register(String id, Portfolio portfolio, MarginState state) {
    watch.register(id, portfolio, state, board.view());
  }

  private void say(long ticks) {
    topic.tell(Topic.publish(update(1, ++number, ticks, PriceValidity.FRESH)));
  }

  private static MarketUpdate update(
      long incarnation, long number, long ticks, PriceValidity validity) {
    return new MarketUpdate(
        "BTC",
        incarnation,
        number,
        NOW + number,
        ticks * 100_000,
        validity,
        3,
        0,
        List.of(
            new MarketUpdate.Instrument("BTC-PERP", ticks, ticks, 0, 0, 1_000_000, 1_000_000, 0)));
  }

  /** 10,000 lots of 0.001 from 100 USDC: 1,000 USDC. */
  private static Portfolio longTen(long cashMicros) {
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, cashMicros);
    portfolio.restore(0, 10_000, 1_000_000_000L, 0, 0, 0, 0);
    return portfolio;
  }

  private void until(BooleanSupplier holds) {
    woken.awaitAssert(
        Duration.ofSeconds(10),
        () -> {
          assertThat(holds.getAsBoolean()).isTrue();
          return null;
        });
  }
}
