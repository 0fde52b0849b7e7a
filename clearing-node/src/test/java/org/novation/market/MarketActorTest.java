package org.novation.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.market.TestPerpetuals.CATALOGUE;
import static org.novation.market.TestPerpetuals.UNIT;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.brake.Pauses;
import org.novation.market.MarketActor.PaceGranted;
import org.novation.market.MarketActor.PricesTaken;
import org.novation.market.MarketActor.PublishPrices;
import org.novation.risk.PriceValidity;

/** Every command, answer, event and snapshot goes through its serializer on the way. */
final class MarketActorTest {
  private static final long HOUR = 3_600_000;
  private static final long NOW = 400_000 * HOUR;
  private static final Config CONFIG =
      EventSourcedBehaviorTestKit.config()
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.load())
          .resolve();
  private static final ActorTestKit KIT = ActorTestKit.create(CONFIG);

  private final AtomicLong clock = new AtomicLong(NOW);
  private final AtomicReference<@Nullable Pauses> pauses = new AtomicReference<>(Pauses.NONE);
  private final TestProbe<MarketUpdate> board = KIT.createTestProbe(MarketUpdate.class);
  private final AtomicReference<MarketTerms> terms =
      new AtomicReference<>(
          MarketTerms.of(CATALOGUE, MarketRules.DEFAULTS, List.of("a", "b", "c")));
  private final EventSourcedBehaviorTestKit<MarketActor.Command, MarketEvent, MarketState> market =
      EventSourcedBehaviorTestKit.create(
          KIT.system(),
          MarketActor.create(
              "BTC",
              terms::get,
              clock::get,
              System::currentTimeMillis,
              pauses::get,
              update -> board.getRef().tell(update)));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @BeforeEach
  void clear() {
    market.clear();
    pauses.set(Pauses.NONE);
    clock.set(NOW);
  }

  @Test
  void publishesAFreshQuorumAndStoresNoTick() {
    publishAll(100 * UNIT, 1);
    MarketUpdate update = await(each -> each.validity() == PriceValidity.FRESH);
    assertThat(update.instruments().getFirst().markTicks()).isEqualTo(1_000);
    assertThat(market.getState()).isEqualTo(MarketState.EMPTY);
  }

  @Test
  void answersWithWhatWasRefusedAndWhy() {
    publishAll(100 * UNIT, 1);
    PricesTaken answer =
        publish(
            "a",
            new Observation(0, 2, NOW, 0),
            new Observation(100 * UNIT, 1, NOW, 0),
            new Observation(1_000 * UNIT, 3, NOW, 0),
            new Observation(101 * UNIT, 5, NOW, 0));
    assertThat(answer.accepted()).isEqualTo(1);
    assertThat(answer.gaps()).isEqualTo(3);
    assertThat(answer.refused())
        .containsExactly(
            new MarketActor.RefusedPrice(0, new PriceRefusal.NotPositive(0)),
            new MarketActor.RefusedPrice(1, new PriceRefusal.OutOfSequence(1, 1)),
            new MarketActor.RefusedPrice(
                2, new PriceRefusal.Outlier(1_000 * UNIT, 100 * UNIT, 3_000_000)));
  }

  @Test
  void letsOthersHaveWhatASellerGivesBackButNotWhatAnEarlierIncarnationGranted() {
    long limit = 10 * UNIT;
    PaceGranted first = pace(8, limit);
    assertThat(first.lots()).isEqualTo(8);
    assertThat(first.moreAtMs()).isZero();
    assertThat(pace(8, limit).lots()).isEqualTo(2);
    assertThat(pace(8, limit).lots()).isZero();
    assertThat(pace(8, limit).moreAtMs()).isBetween(clock.get() + 60_001, clock.get() + 61_000);
    giveBack(5, first.atMs(), first.incarnation() - 1);
    assertThat(pace(8, limit).lots()).isZero();
    giveBack(5, first.atMs(), first.incarnation());
    assertThat(pace(8, limit).lots()).isEqualTo(5);
    clock.addAndGet(61_000);
    giveBack(5, first.atMs(), first.incarnation());
    assertThat(pace(20, limit).lots()).isEqualTo(10);
  }

  private PaceGranted pace(long lots, long limitMicros) {
    return market
        .<PaceGranted>runCommand(
            replyTo -> new MarketActor.TakePace("BTC-PERP", lots, UNIT, limitMicros, replyTo))
        .reply();
  }

  private void giveBack(long lots, long atMs, long incarnation) {
    market.runCommand(new MarketActor.GiveBackPace("BTC-PERP", lots * UNIT, atMs, incarnation));
  }

  @Test
  void recordsTheEndOfAnHourAndComesBackWithIt() {
    publishAll(100 * UNIT, 1);
    clock.set(NOW + HOUR);
    publishAll(100 * UNIT, 2);
    MarketState before = market.getState();
    assertThat(before.hourMs()).isEqualTo(NOW + HOUR);
    // The interest of 0.01 % per 8 h on a lot worth 0.1 USDC, for an hour.
    assertThat(before.instruments().getFirst().fundingIndex()).isEqualTo(100_000 * 100 / 8);
    assertThat(market.restart().state()).isEqualTo(before);
    MarketUpdate update = await(each -> each.validity() == PriceValidity.NONE && each.number() > 3);
    assertThat(update.instruments().getFirst().fundingIndex()).isEqualTo(100_000 * 100 / 8);
  }

  @Test
  void recordsTheHourWithItsSamplesWhenTheJournalHasFailedIt() {
    publishAll(100 * UNIT, 1);
    await(each -> each.validity() == PriceValidity.FRESH);
    report(new Quotes(1_050, 1_050, 1_050, 1_050, 1, NOW));
    PersistenceTestKit journal = market.persistenceTestKit();
    journal.failNextPersisted(MarketActor.persistenceId("BTC").id());
    clock.set(NOW + HOUR);
    MarketUpdate paid =
        await(
            each ->
                !each.instruments().isEmpty() && each.instruments().getFirst().fundingIndex() != 0);
    MarketEvent.HourClosed closed =
        journal.expectNextPersistedClass(
            MarketActor.persistenceId("BTC").id(), MarketEvent.HourClosed.class);
    assertThat(closed.endMs()).isEqualTo(NOW + HOUR);
    assertThat(closed.closings().getFirst().samples()).isEqualTo(1);
    assertThat(closed.closings().getFirst().indexTicks()).isEqualTo(1_000);
    assertThat(paid.instruments().getFirst().fundingIndex())
        .isEqualTo(closed.closings().getFirst().fundingIndex());
  }

  @Test
  void replaysToTheSameStateWhateverTheHours() {
    for (int hour = 0; hour < 250; hour++) {
      clock.set(NOW + hour * HOUR);
      publishAll((100 + hour % 7) * UNIT, hour + 1);
      report(hour + 1);
    }
    MarketState live = market.getState();
    assertThat(live.hourMs()).isEqualTo(NOW + 249 * HOUR);
    assertThat(market.restart().state()).as("from a snapshot and what followed").isEqualTo(live);
  }

  @Test
  void closesNoHourBeforeItKnowsWhatIsPaused() {
    publishAll(100 * UNIT, 1);
    pauses.set(null);
    clock.set(NOW + HOUR);
    publishAll(100 * UNIT, 2);
    assertThat(market.getState()).isEqualTo(MarketState.EMPTY);
    pauses.set(Pauses.NONE);
    publishAll(100 * UNIT, 3);
    assertThat(market.getState().hourMs()).isEqualTo(NOW + HOUR);
  }

  @Test
  void recordsAHaltAndItsEndAndComesBackHalted() {
    publishAll(100 * UNIT, 1);
    publishAll(120 * UNIT, 2);
    long until = NOW + CATALOGUE.perpetual(0).halt().durationMs();
    await(each -> haltedUntil(each) == until);
    MarketState halted = market.getState();
    assertThat(halted.halts()).containsExactly(new MarketState.Halt("BTC-PERP", until));
    assertThat(market.restart().state()).isEqualTo(halted);
    MarketUpdate back = await(each -> each.validity() == PriceValidity.NONE);
    assertThat(haltedUntil(back)).as("before the first price").isEqualTo(until);
    clock.set(until + 5); // Nobody says anything: it reopens by itself.
    await(each -> !each.instruments().isEmpty() && haltedUntil(each) == 0);
    PersistenceTestKit journal = market.persistenceTestKit();
    assertThat(journal.persistedInStorage(MarketActor.persistenceId("BTC").id()))
        .last()
        .isEqualTo(new MarketEvent.Reopened("BTC-PERP", until, 1));
  }

  @Test
  void haltsInSpiteOfAJournalThatFailsAndRecordsItThen() {
    publishAll(100 * UNIT, 1);
    PersistenceTestKit journal = market.persistenceTestKit();
    journal.failNextPersisted(MarketActor.persistenceId("BTC").id());
    publishAll(120 * UNIT, 2);
    long until = NOW + CATALOGUE.perpetual(0).halt().durationMs();
    journal.expectNextPersistedClass(
        MarketActor.persistenceId("BTC").id(), MarketEvent.Halted.class);
    await(each -> haltedUntil(each) == until);
  }

  @Test
  void readsASnapshotFromBeforeThereWereHalts() {
    MarketState.WithoutHalts old = new MarketState.WithoutHalts(List.of("o"), 7, List.of());
    assertThat(old.state()).isEqualTo(new MarketState(List.of("o"), 7, List.of(), List.of()));
    KIT.serializationTestKit().verifySerialization(old, true);
  }

  private static long haltedUntil(MarketUpdate update) {
    return update.instruments().getFirst().haltedUntilMs();
  }

  @Test
  void followsTheOraclesThatItsJournalNames() {
    market.initialize(new MarketEvent.OraclesRegistered(List.of("x", "y", "z")));
    PricesTaken answer = publish("a", new Observation(100 * UNIT, 1, NOW, 0));
    assertThat(answer.refused().getFirst().why())
        .isEqualTo(new PriceRefusal.UnregisteredOracle("a", "BTC"));
    assertThat(publish("x", new Observation(100 * UNIT, 1, NOW, 0)).accepted()).isEqualTo(1);
  }

  @Test
  void refusesQuotesWithTheirNumbers() {
    publishAll(100 * UNIT, 1);
    assertThat(report(5).refusal()).isNull();
    MarketActor.QuotesAnswered again = report(5);
    assertThat(again.refusal()).isEqualTo(new QuoteRefusal.OutOfSequence(5, 5));
  }

  @Test
  void survivesQuotesThatNobodyCanCountWithAndKeepsItsPrice() {
    publishAll(100 * UNIT, 1);
    Quotes absurd = new Quotes(100_000_000_000L, 100_000_000_000L, 0, 0, 1, NOW);
    assertThat(report(absurd).refusal())
        .isEqualTo(new QuoteRefusal.Outlier(100_000_000_000L, 1_000, 1_100_000));
    publishAll(101 * UNIT, 2);
    MarketUpdate update = await(each -> each.priceMicros() == 101_000_000);
    assertThat(update.instruments().getFirst().markTicks()).isEqualTo(1_010);
  }

  @Test
  void everyRefusalTravelsBetweenNodes() {
    List<PriceRefusal> refusals =
        List.of(
            new PriceRefusal.UnknownSymbol("S"),
            new PriceRefusal.UnregisteredOracle("o", "S"),
            new PriceRefusal.NotPositive(0),
            new PriceRefusal.OutOfSequence(1, 2),
            new PriceRefusal.SequenceTooHigh(1, 2),
            new PriceRefusal.StalePrice(1, 2),
            new PriceRefusal.InTheFuture(1, 2),
            new PriceRefusal.Outlier(1, 2, 3),
            new PriceRefusal.TooUnsure(1, 2));
    for (PriceRefusal refusal : refusals) travels(taken(refusal));
    List<QuoteRefusal> quoteRefusals =
        List.of(
            new QuoteRefusal.UnknownInstrument("I"),
            new QuoteRefusal.Crossed(1, 2),
            new QuoteRefusal.OutOfSequence(1, 2),
            new QuoteRefusal.SequenceTooHigh(1, 2),
            new QuoteRefusal.StaleQuotes(1, 2),
            new QuoteRefusal.InTheFuture(1, 2),
            new QuoteRefusal.NoIndex("I"),
            new QuoteRefusal.Outlier(1, 2, 3),
            new QuoteRefusal.TooManyVenues(3));
    for (QuoteRefusal refusal : quoteRefusals) travels(new MarketActor.QuotesAnswered(refusal));
    travels(new MarketActor.PriceCleared("BTC-PERP", 5));
    travels(new NodeTotals("n", 7, Map.of("BTC-PERP", 1L), Map.of("BTC", 2L)));
    travels(
        new MarketUpdate(
            "BTC",
            1,
            2,
            3,
            4,
            PriceValidity.DIVERGED,
            5,
            6,
            List.of(new MarketUpdate.Instrument("BTC-PERP", 1, 2, 3, 4, 5, 6, 7))));
  }

  private static PricesTaken taken(PriceRefusal refusal) {
    return new PricesTaken(1, 2, List.of(new MarketActor.RefusedPrice(3, refusal)));
  }

  private static void travels(MarketMessage message) {
    KIT.serializationTestKit().verifySerialization(message, true);
  }

  private MarketUpdate await(Predicate<MarketUpdate> wanted) {
    return board
        .fishForMessage(
            Duration.ofSeconds(10),
            each ->
                wanted.test(each)
                    ? FishingOutcomes.complete()
                    : FishingOutcomes.continueAndIgnore())
        .getLast();
  }

  private void publishAll(long price, long sequence) {
    for (String oracle : List.of("a", "b", "c")) {
      publish(oracle, new Observation(price, sequence, clock.get(), 0));
    }
  }

  private PricesTaken publish(String oracle, Observation... prices) {
    return market
        .<PricesTaken>runCommand(replyTo -> new PublishPrices(oracle, List.of(prices), replyTo))
        .reply();
  }

  private MarketActor.QuotesAnswered report(long sequence) {
    return report(new Quotes(999, 1_001, 998, 1_002, sequence, clock.get()));
  }

  private MarketActor.QuotesAnswered report(Quotes quotes) {
    return market
        .<MarketActor.QuotesAnswered>runCommand(
            replyTo -> new MarketActor.ReportQuotes("v", "BTC-PERP", quotes, replyTo))
        .reply();
  }
}
