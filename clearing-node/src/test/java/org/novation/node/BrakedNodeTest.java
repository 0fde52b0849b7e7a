package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.novation.api.AccountPort.AccountView;
import org.novation.api.Answer;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Brake;
import org.novation.protocol.v1.ClearPauseRequest;
import org.novation.protocol.v1.MarketBrake;
import org.novation.protocol.v1.Operation;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Pause;
import org.novation.protocol.v1.PositionRank;
import org.novation.protocol.v1.SetPauseRequest;
import org.novation.protocol.v1.Trade;
import org.novation.risk.Action;
import org.novation.risk.PriceValidity;

/**
 * Brakes of a whole node over TCP, in a house time of its own: what they refuse, and that they
 * last.
 */
final class BrakedNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long NOW = 1_700_000_000_000L;
  private static final long HALT = 120_000;

  @TempDir Path home;
  private final AtomicLong clock = new AtomicLong(NOW);
  private Node node;
  private NovationClient operator;
  private long sequence;
  private int trades;
  private int commands;

  @BeforeEach
  void start() throws Exception {
    node =
        Node.start(
            NodeSettings.local(
                    home,
                    new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
                    InstrumentConfig.in(Path.of("..", "config")).catalogue())
                .withClock(clock::get));
    operator = as("operator");
  }

  @AfterEach
  void stop() {
    operator.close();
    node.close();
  }

  private void restart() throws Exception {
    stop();
    start();
  }

  @Test
  void aPauseRefusesEveryTradeAndSurvivesARestartUntilItIsLifted() throws Exception {
    open("a", "b");
    publish("60000");
    trade("a", "b", "0.2");
    set(Operation.OPERATION_TRADING, "BTC-PERP", NOW + 60_000);
    eventually(
        () -> brakes().contains(brake(Brake.BRAKE_PAUSE, Operation.OPERATION_TRADING, 60_000)));
    assertBraked(refusal("b", "a", "0.1"), "PAUSE", "BTC-PERP", NOW + 60_000);
    restart();
    publish("60000");
    CallFailed why = refusal("b", "a", "0.1");
    assertBraked(why, "PAUSE", "BTC-PERP", NOW + 60_000);
    assertThat(why)
        .hasMessageContaining(
            "an operator has paused this for BTC-PERP until 2023-11-14T22:14:20Z");
    assertThat(pauses()).extracting(Pause::getReason).containsExactly("drill");
    clear(Operation.OPERATION_TRADING, "BTC-PERP");
    eventually(() -> brakes().stream().noneMatch(each -> each.getBrake() == Brake.BRAKE_PAUSE));
    trade("b", "a", "0.1");
  }

  @Test
  void aPauseEndsByItselfExactlyAtItsTime() throws Exception {
    open("a", "b");
    set(Operation.OPERATION_TRADING, "*", NOW + 60_000);
    clock.set(NOW + 59_999);
    publish("60000");
    assertBraked(refusal("a", "b", "0.1"), "PAUSE", "BTC-PERP", NOW + 60_000);
    clock.set(NOW + 60_000);
    trade("a", "b", "0.1");
    assertThat(pauses()).isEmpty();
  }

  @Test
  void aMarketThatMovesTooFarLetsEveryoneOutAndNobodyInAndReopensByItself() throws Exception {
    open("a", "b");
    publish("60000");
    trade("a", "b", "0.2");
    eventually(() -> !flat("a") && !flat("b")); // The answer waits for one of them.
    clock.addAndGet(1_000);
    publish("66001");
    long until = clock.get() + HALT;
    eventually(() -> node.view().instrument(0).brakes().haltedUntilMs() == until);
    CallFailed why = refusal("a", "b", "0.1", "66001");
    assertBraked(why, "HALT", "BTC-PERP", until);
    assertThat(why).hasMessageContaining("only reductions are allowed until 2023-11-14T22:15:21Z");
    trade("b", "a", "0.1", "66001");
    assertBraked(refusal("b", "a", "0.2", "66001"), "HALT", "BTC-PERP", until);
    restart();
    clock.set(until - 1);
    publish("66001");
    assertBraked(refusal("a", "b", "0.1", "66001"), "HALT", "BTC-PERP", until);
    clock.set(until);
    trade("a", "b", "0.1", "66001");
    eventually(() -> node.view().instrument(0).brakes().haltedUntilMs() == 0);
  }

  @Test
  void afterARestartNobodyIsLiquidatedBeforeAFreshQuorumNorWithdrawsForFiveMinutesAfter()
      throws Exception {
    publish("60000");
    restart();
    assertThat(node.view().mayLiquidate(0, clock.get())).isFalse();
    assertThat(brakes())
        .contains(brake(Brake.BRAKE_NO_FRESH_PRICE, Operation.OPERATION_UNSPECIFIED, -NOW));
    publish("60000");
    assertThat(node.view().mayLiquidate(0, clock.get())).isTrue();
    assertThat(brakes())
        .containsExactly(brake(Brake.BRAKE_OUTAGE, Operation.OPERATION_UNSPECIFIED, 300_000));
    for (int minute = 1; minute <= 5; minute++) {
      assertThat(brakes()).extracting(MarketBrake::getBrake).containsExactly(Brake.BRAKE_OUTAGE);
      clock.addAndGet(60_000);
      publish("60000");
    }
    assertThat(brakes()).isEmpty();
  }

  @Test
  void everybodyIsToldHisRankThoughDeleveragingIsPausedAndPricesAreOld() throws Exception {
    open("a", "b", "c");
    publish("60000");
    trade("a", "b", "0.2");
    trade("a", "c", "0.1");
    eventually(() -> !flat("a") && !flat("b") && !flat("c"));
    set(Operation.OPERATION_ADL, "*", 0);
    eventually(() -> node.view().stopOfAsset(Action.DELEVERAGE, 0, clock.get()) != null);
    clock.addAndGet(1_000);
    publish("59000");
    assertThat(rank("b", 2)).isEqualTo(1);
    assertThat(rank("c", 2)).isEqualTo(2);
    clock.addAndGet(3_600_000);
    eventually(() -> node.view().instrument(0).validity() != PriceValidity.FRESH);
    assertThat(rank("c", 2)).isEqualTo(2);
    assertThat(rank("a", 1)).isEqualTo(1);
  }

  /** Of the only position of an account, among so many. */
  private long rank(String account, long positions) {
    List<PositionRank> ranks = await(operator.rank(account)).getRanksList();
    assertThat(ranks).hasSize(1);
    assertThat(ranks.getFirst().getPositions()).isEqualTo(positions);
    return ranks.getFirst().getRank();
  }

  @Test
  void aPauseOfLiquidationIsWhatAccountsGoBy() throws Exception {
    publish("60000");
    set(Operation.OPERATION_LIQUIDATION, "BTC-PERP", 0);
    eventually(() -> !node.view().mayLiquidate(0, clock.get()));
    assertThat(node.view().mayLiquidate(1, clock.get())).as("it has no price").isFalse();
    clear(Operation.OPERATION_LIQUIDATION, "BTC-PERP");
    eventually(() -> node.view().mayLiquidate(0, clock.get()));
  }

  @ParameterizedTest
  @CsvSource({
    "1, OPERATION_UNSPECIFIED, BTC-PERP, 0, drill, MALFORMED",
    "1, OPERATION_TRADING, DOGE-PERP, 0, drill, UNKNOWN_INSTRUMENT",
    "1, OPERATION_TRADING, '', 0, drill, UNKNOWN_INSTRUMENT",
    "1, OPERATION_WITHDRAWALS, BTC-PERP, 0, drill, UNKNOWN_ASSET",
    "1, OPERATION_TRADING, *, 1, drill, IN_THE_PAST",
    "1, OPERATION_TRADING, *, -1, drill, IN_THE_PAST",
    "1, OPERATION_TRADING, *, 0, '', MALFORMED",
    "'', OPERATION_TRADING, *, 0, drill, MALFORMED",
    "known, OPERATION_ADL, *, 0, another, DUPLICATE_WITH_OTHER_CONTENT"
  })
  void aPauseThatIsNoneChangesNothing(
      String id, Operation operation, String market, long until, String reason, String refusal) {
    SetPauseRequest known = pause("known", Operation.OPERATION_ADL, "*", 0, "drill");
    await(operator.pause(known));
    await(operator.pause(known));
    eventually(() -> pauses().size() == 1);
    CallFailed why =
        failure(() -> await(operator.pause(pause(id, operation, market, until, reason))));
    assertThat(why.reason()).isEqualTo(refusal);
    assertThat(failure(() -> clear(Operation.OPERATION_ADL, "BTC-PERP")).reason())
        .isEqualTo("NOT_PAUSED");
    assertThat(pauses()).extracting(Pause::getMarket).containsExactly("*");
  }

  private NovationClient as(String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private void open(String... accounts) {
    for (String account : accounts) {
      await(operator.openAccount(account, "alice"));
      await(operator.deposit("d-" + account, account, "USDC", "1000000"));
    }
  }

  private void set(Operation operation, String market, long untilMs) {
    await(operator.pause(pause("set-" + ++commands, operation, market, untilMs, "drill")));
    eventually(() -> !pauses().isEmpty());
  }

  private static SetPauseRequest pause(
      String id, Operation operation, String market, long untilMs, String reason) {
    return SetPauseRequest.newBuilder()
        .setId(id)
        .setOperation(operation)
        .setMarket(market)
        .setUntilMs(untilMs)
        .setReason(reason)
        .build();
  }

  private void clear(Operation operation, String market) {
    await(
        operator.unpause(
            ClearPauseRequest.newBuilder()
                .setId("clear-" + ++commands)
                .setOperation(operation)
                .setMarket(market)
                .setReason("over")
                .build()));
  }

  private List<Pause> pauses() {
    return await(operator.pauses()).getPausesList();
  }

  private List<MarketBrake> brakes() {
    return await(operator.market("BTC-PERP")).getMarket().getBrakesList();
  }

  private static MarketBrake brake(Brake brake, Operation operation, long untilAfterNowMs) {
    return MarketBrake.newBuilder()
        .setBrake(brake)
        .setOperation(operation)
        .setUntilMs(NOW + untilAfterNowMs)
        .build();
  }

  private boolean flat(String account) {
    return node.accounts().get(account).toCompletableFuture().join()
            instanceof Answer.Done<AccountView>(var view)
        && view.portfolio().flat();
  }

  private void trade(String buyer, String seller, String quantity) throws IOException {
    trade(buyer, seller, quantity, "60000");
  }

  private void trade(String buyer, String seller, String quantity, String price)
      throws IOException {
    try (NovationClient venue = as("venue-1")) {
      await(
          venue.submit(
              Trade.newBuilder()
                  .setTradeId("t-" + ++trades)
                  .setInstrument("BTC-PERP")
                  .setPrice(price)
                  .setQuantity(quantity)
                  .setBuyerAccountId(buyer)
                  .setSellerAccountId(seller)
                  .setExecutedAtMs(clock.get())
                  .build()));
    }
  }

  private CallFailed refusal(String buyer, String seller, String quantity) {
    return refusal(buyer, seller, quantity, "60000");
  }

  private CallFailed refusal(String buyer, String seller, String quantity, String price) {
    return failure(() -> trade(buyer, seller, quantity, price));
  }

  private static CallFailed failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    CallFailed failed = catchThrowableOfType(CallFailed.class, call);
    assertThat(failed).isNotNull();
    return failed;
  }

  private static void assertBraked(CallFailed why, String brake, String subject, long untilMs) {
    assertThat(why.reason()).isEqualTo("BRAKED");
    assertThat(why.numbers())
        .isEqualTo(Map.of("brake", brake, "subject", subject, "until_ms", Long.toString(untilMs)));
  }

  /** Three oracles say so, until this node has heard. */
  private void publish(String price) throws Exception {
    sequence++;
    for (int oracle = 1; oracle <= 3; oracle++) {
      try (NovationClient client = as("oracle-" + oracle);
          PriceStream prices = client.prices()) {
        var answer =
            await(
                prices.publish(
                    List.of(
                        OraclePrice.newBuilder()
                            .setSymbol("BTC")
                            .setPrice(price)
                            .setSequence(sequence)
                            .setTimeMs(clock.get())
                            .build())));
        assertThat(answer.getAccepted()).isEqualTo(1);
      }
    }
    long at = clock.get();
    eventually(
        () ->
            node.view().instrument(0).validity() == PriceValidity.FRESH
                && node.view().timeMs() >= at);
  }

  private interface Condition {
    boolean holds();
  }

  private static void eventually(Condition condition) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
