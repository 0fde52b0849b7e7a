package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.House.JournalAnswer;
import org.novation.account.House.Query;
import org.novation.node.JournalSearch.Patience;

/** Looking up an old leg or deposit, over a journal that does as the test wants. */
final class JournalSearchTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          "search",
          ConfigFactory.parseString("pekko.actor.provider = local")
              .withFallback(ConfigFactory.load()));
  private static final Query DEPOSIT = new Query(null, "d-1", 0);
  private static final Query LEG = new Query("v", "t-1", 0);
  private static final Query READER = new Query("v", "t-1", 0, true);
  private static final Patience SHORT =
      new Patience(Duration.ofMillis(200), Duration.ofMillis(600));
  private static final Patience LONG = new Patience(Duration.ofMinutes(1), Duration.ofMinutes(1));

  private Source<EventEnvelope, NotUsed> journal = Source.empty();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void findsEveryDepositOfAnId() throws Exception {
    journal = Source.from(List.of(deposit("d-1", 5), deposit("d-2", 6)));
    assertThat(answer(search(SHORT), DEPOSIT).deposits())
        .extracting(CollateralDeposited::amount)
        .containsExactly(5L);
  }

  @Test
  void aJournalThatIsSilentIsNotWaitedForAndNotTakenForEmpty() {
    journal = Source.<EventEnvelope>never().mapMaterializedValue(_ -> NotUsed.notUsed());
    JournalSearch search = search(SHORT);
    // More often than there is room: whoever gives up leaves his place to the next.
    for (int n = 0; n < 2 * JournalSearch.DEPOSITS_MAX; n += JournalSearch.DEPOSITS_MAX) {
      List<CompletableFuture<JournalAnswer>> asked = new ArrayList<>();
      for (int i = 0; i < JournalSearch.DEPOSITS_MAX; i++) asked.add(ask(search, DEPOSIT));
      for (CompletableFuture<JournalAnswer> each : asked)
        assertThatThrownBy(() -> each.get(30, TimeUnit.SECONDS))
            .hasRootCauseInstanceOf(TimeoutException.class);
    }
  }

  @Test
  void aReaderIsNotServedLongerThanHeWaits() {
    journal = slowly(Source.repeat(deposit("d-2", 1)));
    assertThatThrownBy(() -> answer(search(SHORT), READER))
        .hasRootCauseInstanceOf(TimeoutException.class);
  }

  @Test
  void whatIsToBeBookedIsLookedUpInTheLongestJournalAsLongAsItGoesOn() throws Exception {
    journal =
        slowly(Source.repeat(deposit("d-2", 1)).take(20).concat(Source.single(deposit("d-1", 5))));
    assertThat(answer(search(SHORT), DEPOSIT).deposits()).hasSize(1);
    assertThat(answer(search(SHORT), LEG).legs()).isEmpty();
  }

  /** Beyond a reader's patience after a dozen events, and never silent. */
  private static Source<EventEnvelope, NotUsed> slowly(Source<EventEnvelope, NotUsed> events) {
    return events.throttle(1, Duration.ofMillis(50)).mapMaterializedValue(_ -> NotUsed.notUsed());
  }

  @Test
  void readersAndDepositsLeaveALegItsPlace() throws Exception {
    journal = Source.<EventEnvelope>never().mapMaterializedValue(_ -> NotUsed.notUsed());
    JournalSearch search = search(LONG);
    List<CompletableFuture<JournalAnswer>> refused = new ArrayList<>();
    for (int n = 0; n < 32; n++) {
      refused.add(ask(search, READER));
      refused.add(ask(search, DEPOSIT));
    }
    assertThat(refused.getLast()).isCompletedExceptionally();
    journal = Source.empty();
    assertThat(answer(search, LEG).legs()).isEmpty();
  }

  @Test
  void oneSearchTooManyIsToldToComeAgain() throws Exception {
    CompletableFuture<List<EventEnvelope>> read = new CompletableFuture<>();
    journal =
        Source.completionStage(read)
            .mapConcat(events -> events)
            .mapMaterializedValue(_ -> NotUsed.notUsed());
    JournalSearch search = search(LONG);
    List<CompletableFuture<JournalAnswer>> asked = new ArrayList<>();
    for (int n = 0; n < JournalSearch.DEPOSITS_MAX; n++) asked.add(ask(search, DEPOSIT));
    assertThat(ask(search, DEPOSIT)).isCompletedExceptionally();
    read.complete(List.of(deposit("d-1", 5)));
    for (CompletableFuture<JournalAnswer> each : asked)
      assertThat(each.get(30, TimeUnit.SECONDS).deposits()).hasSize(1);
    assertThat(answer(search, DEPOSIT).deposits()).hasSize(1);
  }

  private JournalSearch search(Patience patience) {
    return new JournalSearch(KIT.system(), (id, from, to) -> journal, patience);
  }

  private static CompletableFuture<JournalAnswer> ask(JournalSearch search, Query query) {
    return search.search("a", query).toCompletableFuture();
  }

  private static JournalAnswer answer(JournalSearch search, Query query) throws Exception {
    return ask(search, query).get(30, TimeUnit.SECONDS);
  }

  private static EventEnvelope deposit(String id, long amount) {
    AccountEvent event = new CollateralDeposited(1, 1, id, "USDC", amount);
    return EventEnvelope.apply(Offset.sequence(1), "account|a", 1, event, 0);
  }
}
