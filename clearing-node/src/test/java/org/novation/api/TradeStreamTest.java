package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.SubmitTradesTest.await;
import static org.novation.api.SubmitTradesTest.trade;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.FakeTrade.Batch;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.TradeAnswer;
import org.novation.api.client.TradeStream;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;

/**
 * The client's stream: what is unknown is submitted again with the same id, and nothing else is.
 */
final class TradeStreamTest {
  private static final TradeStream.Limits LIMITS =
      new TradeStream.Limits(100, 10, 4, Duration.ofMillis(5));
  private static final Duration LONG = Duration.ofSeconds(60);

  private final Map<String, TradeAnswer> answers = new ConcurrentHashMap<>();
  private EdgeNode node;
  private NovationClient client;

  @BeforeEach
  void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
    client = NovationClient.connect(node.target("venue-1"));
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    node.close();
  }

  @Test
  void eachTradeIsAnsweredOnce() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (TradeStream stream = client.trades(LIMITS)) {
      for (int i = 0; i < 5_000; i++) {
        stream.submit(trade("t-" + i), (trade, answer) -> count.incrementAndGet());
      }
      assertThat(stream.awaitAnswers(LONG)).isTrue();
    }
    assertThat(count).hasValue(5_000);
    assertThat(node.trade.forwarded).hasSize(5_000);
  }

  @Test
  void submitsAgainWhileTheOutcomeIsUnknown() throws Exception {
    node.trade.answering = false;
    try (TradeStream stream = client.trades(LIMITS)) {
      submit(stream, "t-1");
      answerNext(new Outcome.Unavailable("a shard moves"));
      answerNext(new Outcome.Unavailable("a shard moves"));
      answerNext(new Outcome.Novated(9));
      assertThat(stream.awaitAnswers(LONG)).isTrue();
    }
    assertThat(answers).containsEntry("t-1", new TradeAnswer.Novated(9));
    assertThat(node.trade.forwarded).hasSize(3);
  }

  @Test
  void givesUpAfterItsTriesAndSaysThatItDoesNotKnow() throws Exception {
    node.trade.outcome = new Outcome.Unavailable("a shard moves");
    try (TradeStream stream = client.trades(LIMITS)) {
      submit(stream, "t-1");
      assertThat(stream.awaitAnswers(LONG)).isTrue();
    }
    assertThat(answers.get("t-1")).isInstanceOf(TradeAnswer.Unknown.class);
    assertThat(node.trade.forwarded).hasSize(4);
  }

  @Test
  void refusalIsFinal() throws Exception {
    node.trade.outcome = new Outcome.Refused(new Rejection.UnknownAccount("b-1"));
    try (TradeStream stream = client.trades(LIMITS)) {
      submit(stream, "t-1");
      assertThat(stream.awaitAnswers(LONG)).isTrue();
    }
    assertThat(answers.get("t-1"))
        .isEqualTo(
            new TradeAnswer.Refused(
                "UNKNOWN_ACCOUNT", "there is no account b-1", Map.of("account", "b-1")));
    assertThat(node.trade.forwarded).hasSize(1);
  }

  @Test
  void waitsWhileTooManyAreOnTheirWay() throws Exception {
    node.trade.answering = false;
    try (TradeStream stream = client.trades(LIMITS)) {
      Thread submitter =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 250; i++) submitUnlessInterrupted(stream, "t-" + i);
                  });
      await(() -> node.trade.forwarded.size() == 100);
      assertThat(stream.unanswered()).isEqualTo(100);
      await(
          () -> {
            Batch batch = node.trade.waiting.poll();
            if (batch != null) batch.answer(new Outcome.Novated(1));
            return answers.size() == 250;
          });
      submitter.join();
    }
  }

  @Test
  void streamThatIsCutGoesOnWithTheSameIds() throws Exception {
    node.trade.answering = false;
    // Enough tries for as long as a node takes to come back.
    TradeStream.Limits patient = new TradeStream.Limits(100, 10, 1_000, Duration.ofMillis(5));
    try (TradeStream stream = client.trades(patient)) {
      submit(stream, "t-1");
      submit(stream, "t-2");
      await(() -> node.trade.forwarded.size() == 2);
      node.trade.waiting.clear();
      node.restart();
      node.trade.answering = true;
      assertThat(stream.awaitAnswers(LONG)).isTrue();
    }
    assertThat(answers)
        .hasSize(2)
        .allSatisfy((id, a) -> assertThat(a).isEqualTo(new TradeAnswer.Novated(1_000)));
    assertThat(node.trade.forwarded.stream().distinct()).hasSize(2);
  }

  @Test
  void streamThatIsNotPermittedSaysSo() throws Exception {
    try (NovationClient oracle = NovationClient.connect(node.target("oracle-1"));
        TradeStream stream = oracle.trades(LIMITS)) {
      submit(stream, "t-1");
      await(() -> answers.containsKey("t-1"));
      assertThat(answers.get("t-1")).isInstanceOf(TradeAnswer.Unknown.class);
      CallFailed failed = catchThrowableOfType(CallFailed.class, () -> submit(stream, "t-2"));
      assertThat(failed.reason()).isEqualTo("ROLE_REQUIRED");
    }
  }

  private void submit(TradeStream stream, String id) throws InterruptedException {
    stream.submit(trade(id), (trade, answer) -> answers.put(trade.getTradeId(), answer));
  }

  private void submitUnlessInterrupted(TradeStream stream, String id) {
    try {
      submit(stream, id);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answerNext(Outcome outcome) {
    await(() -> !node.trade.waiting.isEmpty());
    node.trade.waiting.remove().answer(outcome);
  }
}
