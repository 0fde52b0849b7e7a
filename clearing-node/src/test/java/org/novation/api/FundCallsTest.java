package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.SubmitTradesTest.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.insurance.FundRefusal;
import org.novation.protocol.v1.DrawBound;
import org.novation.protocol.v1.Fund;
import org.novation.protocol.v1.ListMovementsRequest;
import org.novation.protocol.v1.ListMovementsResponse;
import org.novation.protocol.v1.Movement;
import org.novation.protocol.v1.MovementKind;
import org.novation.protocol.v1.WatchFundResponse;

/** The insurance fund, asked over TLS. */
final class FundCallsTest {
  private EdgeNode node;
  private NovationClient anybody;
  private NovationClient operator;

  @BeforeEach
  void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
    anybody = NovationClient.connect(node.target("venue-1"));
    operator = NovationClient.connect(node.target("operator"));
  }

  @AfterEach
  void stop() {
    anybody.close();
    operator.close();
    node.close();
  }

  @Test
  void showsTheFundToWhoeverHasToken() {
    Fund fund = NovationClient.await(anybody.fund()).getFund();
    assertThat(fund.getPool()).isEqualTo("main");
    assertThat(fund.getSequenceNumber()).isEqualTo(5);
    assertThat(fund.getBalance()).isEqualTo("30");
    assertThat(fund.getAvailable()).isEqualTo("30");
    assertThat(fund.getContributed()).isEqualTo("150");
    assertThat(fund.getPaid()).isEqualTo("120");
    assertThat(fund.getDeleveragingMayStart()).isTrue();
    assertThat(fund.getParameters().getEventCap()).isEqualTo("1000000");
    assertThat(fund.getParameters().getDeleveragingStart()).isEqualTo("0.3");
    assertThat(fund.getCoverTwo().getMove()).isEqualTo("-0.3");
    assertThat(fund.getCoverTwo().getLargestLoss()).isEqualTo("25");
    assertThat(fund.getCoverTwo().getSecondLoss()).isEqualTo("15");
    assertThat(fund.getCoverTwo().getShortfall()).isEqualTo("10");
    assertThat(fund.toString()).as("no account is named").doesNotContain("\"x\"", "\"y\"");
  }

  @Test
  void saysThatItDoesNotKnowBeforeItHasHeardOfTheFund() {
    node.trade.fund.view = null;
    assertThat(failure(anybody.fund()).code()).isEqualTo("UNAVAILABLE");
  }

  @Test
  void pagesOfTheHistoryFollowOneAnotherWithWhatTheFundHeldThen() {
    List<Movement> all = new ArrayList<>();
    String token = "";
    do {
      ListMovementsResponse page = NovationClient.await(anybody.movements(page(2, token)));
      assertThat(page.getMovementsCount()).isBetween(1, 2);
      all.addAll(page.getMovementsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(all).extracting(Movement::getSequenceNumber).containsExactly(5L, 4L, 3L, 2L, 1L);
    assertThat(all)
        .extracting(Movement::getKind)
        .containsExactly(
            MovementKind.MOVEMENT_KIND_DRAW_SETTLED,
            MovementKind.MOVEMENT_KIND_GATE_OPENED,
            MovementKind.MOVEMENT_KIND_DRAW_RESERVED,
            MovementKind.MOVEMENT_KIND_SURPLUS,
            MovementKind.MOVEMENT_KIND_HOUSE);
    assertThat(all).extracting(Movement::getAmount).containsExactly("10", "0", "-130", "50", "100");
    assertThat(all).extracting(Movement::getBalance).containsExactly("30", "20", "20", "50", "0");
    assertThat(all)
        .extracting(Movement::getHouseTranche)
        .containsExactly("0", "0", "0", "100", "100");
    assertThat(all).extracting(Movement::getReserved).containsExactly("0", "130", "130", "0", "0");
    Movement draw = all.get(2);
    assertThat(draw.getRequested()).isEqualTo("140");
    assertThat(draw.getBoundBy()).isEqualTo(DrawBound.DRAW_BOUND_EVENT_CAP);
    assertThat(draw.getAccount()).isEqualTo("b");
    assertThat(draw.getLiquidationId()).isEqualTo("liquidation-7");
    assertThat(all.getFirst().getPaid()).isEqualTo("120");
  }

  @Test
  void aWatcherHearsOfTheFundNowAndAfterChanges() throws Exception {
    try (Updates<WatchFundResponse> updates = anybody.watchFund()) {
      assertThat(number(updates.next())).isEqualTo(5);
      await(() -> !node.trade.fund.watchers.isEmpty());
      for (int number = 6; number <= 5_000; number++) {
        node.trade.fund.view = FakeFund.view(number);
        node.trade.fund.watchers.forEach(Runnable::run);
      }
      int read = 0;
      long last = 5;
      while (last < 5_000) {
        long next = number(updates.next());
        assertThat(next).isGreaterThanOrEqualTo(last);
        last = next;
        read++;
      }
      assertThat(read).as("a slow reader skips states").isLessThan(4_995);
    }
    await(() -> node.trade.fund.watchers.isEmpty());
  }

  private static long number(@Nullable WatchFundResponse update) {
    return Objects.requireNonNull(update).getFund().getSequenceNumber();
  }

  @Test
  void anOperatorAddsToTheTrancheOfTheHouse() {
    assertThat(NovationClient.await(operator.contribute("h-1", "2.5")).getHouseTranche())
        .isEqualTo("102.5");
    assertThat(node.trade.forwarded).containsExactly("contribute h-1: 2500000");
  }

  @Test
  void aRefusalOfTheFundReachesTheCaller() {
    node.trade.fund.refusal = new FundRefusal.DuplicateWithOtherContent("h-1");
    CallFailed failed = failure(operator.contribute("h-1", "2.5"));
    assertThat(failed.reason()).isEqualTo("DUPLICATE_WITH_OTHER_CONTENT");
    assertThat(failed.numbers()).containsEntry("id", "h-1");
    node.trade.fund.refusal = new FundRefusal.TooLarge(Long.MAX_VALUE);
    assertThat(failure(operator.contribute("h-1", "2.5")).reason()).isEqualTo("TOO_LARGE");
  }

  @ParameterizedTest
  @CsvSource({
    "-1, NOT_POSITIVE",
    "0, NOT_POSITIVE",
    "0.0000001, TOO_PRECISE",
    "9223372036855, TOO_LARGE",
    "NaN, MALFORMED",
    "1e5, MALFORMED",
    "'', MALFORMED"
  })
  void refusesAnAmountThatIsNone(String amount, String reason) {
    CallFailed failed = failure(operator.contribute("h-1", amount));
    assertThat(failed.reason()).isEqualTo(reason);
    assertThat(failed.numbers()).containsEntry("field", "amount");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "../x", "ä"})
  void refusesAContributionIdThatIsNone(String id) {
    CallFailed failed = failure(operator.contribute(id, "1"));
    assertThat(failed.reason()).isEqualTo("MALFORMED");
    assertThat(failed.numbers()).containsEntry("field", "contribution_id");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "1/2/3",
        "0/0/0/0",
        "-1/0/0/0",
        "1/-1/0/0",
        "1/0/0/0/0",
        "x/0/0/0",
        "99999999999999999999/0/0/0",
        "9999999999999999999/0/0/0",
        "1/ 0/0/0",
        "١/0/0/0"
      })
  void refusesAPageTokenThatIsNone(String text) {
    String token =
        text.equals("*")
            ? text
            : Base64.getUrlEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    CallFailed failed = failure(anybody.movements(page(10, token)));
    assertThat(failed.reason()).isEqualTo("MALFORMED");
    assertThat(failed.numbers()).containsEntry("field", "page_token");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1_001, Integer.MIN_VALUE})
  void refusesAPageSizeThatIsNone(int size) {
    CallFailed failed = failure(anybody.movements(page(size, "")));
    assertThat(failed.numbers()).containsEntry("field", "page_size");
    assertThat(node.trade.forwarded).isEmpty();
  }

  private static ListMovementsRequest page(int size, String token) {
    return ListMovementsRequest.newBuilder().setPageSize(size).setPageToken(token).build();
  }

  private static CallFailed failure(CompletableFuture<?> call) {
    return catchThrowableOfType(CallFailed.class, () -> NovationClient.await(call));
  }
}
