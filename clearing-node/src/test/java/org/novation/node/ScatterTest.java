package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.account.Markets;
import org.novation.clearing.PartyMessage;
import org.novation.deleveraging.AdlCoordinatorActor.CandidatesRead;
import org.novation.deleveraging.AdlCoordinatorActor.ReadCandidates;
import org.novation.deleveraging.AdlCoordinatorActor.ReadToRank;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Exposure;
import org.novation.liquidation.Watch;
import org.novation.node.CandidatesActor.Part;
import org.novation.node.CandidatesActor.Stood;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** All accounts of a node are asked at once, and the node answers for them. */
final class ScatterTest {
  private static final Config CONFIG =
      ConfigFactory.parseString("pekko.actor.provider = local")
          .withFallback(ManualTime.config())
          .withFallback(ConfigFactory.load());
  private static final ActorTestKit KIT = ActorTestKit.create("scatter", CONFIG);
  private static final ManualTime TIME = ManualTime.get(KIT.system());
  private static final Scatter.Limits LIMITS =
      new Scatter.Limits(8, Duration.ofSeconds(1), Duration.ofSeconds(10));

  private final Map<String, Integer> asked = new HashMap<>();
  private final Map<String, ActorRef<CandidatesRead>> unanswered = new HashMap<>();
  private final Set<String> silent = new HashSet<>();
  private final Scatter scatter = new Scatter(KIT.system(), this::send, LIMITS);
  private final Watch watch =
      scatter.learningFrom(
          new Watch() {
            @Override
            public void register(
                String accountId, Portfolio portfolio, MarginState recorded, MarketView view) {}

            @Override
            public void forget(String accountId) {}
          });

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @BeforeEach
  void open() {
    for (int n = 0; n < 30; n++) hasPosition("a" + n);
  }

  private void hasPosition(String account) {
    watch.register(account, new Portfolio(), MarginState.HEALTHY, Markets.at(100));
  }

  private synchronized void send(String account, PartyMessage message) {
    ActorRef<CandidatesRead> replyTo =
        switch (message) {
          case ReadCandidates read -> read.replyTo();
          case ReadToRank read -> read.replyTo();
          default -> throw new AssertionError("sent " + message);
        };
    asked.merge(account, 1, Integer::sum);
    if (silent.contains(account)) unanswered.put(account, replyTo);
    else replyTo.tell(answer(account));
  }

  private static CandidatesRead answer(String account) {
    int n = Integer.parseInt(account.substring(1));
    return new CandidatesRead(
        account,
        List.of(new Candidate("BTC-PERP", account, 1, -2, -1_800, n - 10, 0, 1_000, 2, 9, 0)),
        0);
  }

  private CompletionStage<Scatter.Answers<CandidatesRead>> ask() {
    return scatter.ask(
        CandidatesRead.class,
        CandidatesRead::account,
        replyTo -> new ReadCandidates(Map.of(), 0, replyTo));
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void asksEveryAccountWithAPositionOnce() throws Exception {
    watch.forget("a7");
    Scatter.Answers<CandidatesRead> answers = await(ask());
    assertThat(answers.asked()).isEqualTo(29);
    assertThat(answers.answers())
        .extracting(CandidatesRead::account)
        .hasSize(29)
        .doesNotHaveDuplicates()
        .doesNotContain("a7");
    for (int n = 0; n < 30; n++) assertThat(timesAsked("a" + n)).isEqualTo(n == 7 ? 0 : 1);
  }

  @Test
  void answersAtOnceWhereNobodyHasAPosition() throws Exception {
    for (int n = 0; n < 30; n++) watch.forget("a" + n);
    assertThat(await(ask()).asked()).isZero();
  }

  @Test
  void asksTheSilentAgainAndGoesOnWithoutThem() throws Exception {
    for (int n = 0; n < 20; n++) silent.add("a" + n); // More than may be unanswered at once.
    CompletionStage<Scatter.Answers<CandidatesRead>> answers = ask();
    for (int second = 0; second < 4; second++) TIME.timePasses(Duration.ofSeconds(1));
    synchronized (this) {
      assertThat(asked).hasSize(30);
      silent.remove("a0");
    }
    for (int second = 0; second < 8; second++) TIME.timePasses(Duration.ofSeconds(1));
    Scatter.Answers<CandidatesRead> found = await(answers);
    assertThat(found.asked()).isEqualTo(30);
    assertThat(found.answers()).hasSize(11).extracting(CandidatesRead::account).contains("a0");
  }

  @Test
  void countsNoAnswerTwice() throws Exception {
    silent.add("a3");
    CompletionStage<Scatter.Answers<CandidatesRead>> answers = ask();
    TIME.timePasses(Duration.ofSeconds(1));
    answerLate("a3", "a1", "a3", "a3");
    assertThat(await(answers).answers()).hasSize(30);
  }

  private synchronized void answerLate(String account, String... as) {
    ActorRef<CandidatesRead> replyTo = unanswered.get(account);
    if (replyTo == null) throw new AssertionError(account + " was not asked");
    for (String each : as) replyTo.tell(answer(each));
  }

  @Test
  void aNodeNamesItsCandidatesInPartsThatFitAMessage() {
    for (int n = 30; n < 1_700; n++) hasPosition("a" + n);
    ActorRef<CandidatesActor.Message> node =
        KIT.spawn(CandidatesActor.create(scatter, System::nanoTime));
    TestProbe<PartyMessage> asker = KIT.createTestProbe();
    Exposure exposure = new Exposure("BTC-PERP", 1, 5, 0, 900, 0, 1);
    node.tell(new CandidatesActor.Gather(3, List.of(exposure), 0, 4, asker.getRef()));
    List<Candidate> named = new ArrayList<>();
    int parts = 0;
    do {
      Part part = (Part) asker.receiveMessage(Duration.ofSeconds(20));
      assertThat(part.tag()).isEqualTo(3);
      assertThat(part.part()).isEqualTo(parts);
      assertThat(part.asked()).isEqualTo(1_700);
      assertThat(part.answered()).isEqualTo(1_700);
      assertThat(part.candidates()).hasSizeLessThanOrEqualTo(CandidatesActor.CANDIDATES_PER_PART);
      named.addAll(part.candidates());
      parts++;
      if (parts == part.parts()) break;
    } while (true);
    assertThat(named).hasSize(1_689 + 4); // All winners, and four of eleven others.
  }

  @Test
  void aNodeRanksFromOneReadingForASecond() {
    AtomicLong nanos = new AtomicLong();
    ActorRef<CandidatesActor.Message> node = KIT.spawn(CandidatesActor.create(scatter, nanos::get));
    TestProbe<PartyMessage> asker = KIT.createTestProbe();
    for (int n = 0; n < 5; n++) stand(node, asker, n);
    assertThat(timesAsked("a20")).isEqualTo(1);
    nanos.addAndGet(999_999_999);
    stand(node, asker, 5);
    assertThat(timesAsked("a20")).isEqualTo(1);
    nanos.addAndGet(1);
    stand(node, asker, 6);
    assertThat(timesAsked("a20")).isEqualTo(2);
  }

  private static void stand(
      ActorRef<CandidatesActor.Message> node, TestProbe<PartyMessage> asker, int tag) {
    node.tell(new CandidatesActor.Stand(tag, answer("a20").candidates(), asker.getRef()));
    Stood stood = (Stood) asker.receiveMessage(Duration.ofSeconds(20));
    assertThat(stood.tag()).isEqualTo(tag);
    assertThat(stood.standings().getFirst().ahead()).isEqualTo(9);
    assertThat(stood.standings().getFirst().total()).isEqualTo(29);
  }

  private synchronized int timesAsked(String account) {
    return asked.getOrDefault(account, 0);
  }
}
