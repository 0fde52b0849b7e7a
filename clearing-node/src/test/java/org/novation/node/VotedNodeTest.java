package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.ApiServer;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.clearing.HouseAccount;
import org.novation.governance.Amendment;
import org.novation.governance.Choice;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceActor;
import org.novation.governance.GovernanceActor.Published;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.governance.Setting;
import org.novation.governance.Voted;
import org.novation.instrument.Asset;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Brake;
import org.novation.protocol.v1.CorrectionStage;
import org.novation.protocol.v1.ListCorrectionsRequest;
import org.novation.protocol.v1.MarketBrake;
import org.novation.protocol.v1.Operation;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PreviewTradeRequest;
import org.novation.protocol.v1.PreviewTradeResponse;
import org.novation.protocol.v1.ProposeCorrectionRequest;
import org.novation.protocol.v1.SetPauseRequest;
import org.novation.protocol.v1.Side;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.TradeCorrection;
import org.novation.risk.PriceValidity;

/** What a whole node does from the moment on in which it hears of another version. */
final class VotedNodeTest {
  private static final Path CONFIG = Path.of("..", "config");
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long NOW = 1_700_000_000_000L;
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;

  @TempDir Path home;
  private final AtomicLong clock = new AtomicLong(NOW);
  private Node node;
  private NovationClient operator;
  private long sequence;
  private int trades;
  private boolean staked;
  private final Map<String, BigDecimal> held = new HashMap<>();
  private @Nullable Published heard; // What the test says in governance's place.

  @BeforeEach
  void start() throws Exception {
    NodeSettings dev = NodeSettings.read(CONFIG, "dev", Map.of());
    node =
        Node.start(
            NodeSettings.local(
                    home,
                    new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
                    InstrumentConfig.in(CONFIG).catalogue())
                .withCustody(Objects.requireNonNull(dev.custody()))
                .withGovernance(Objects.requireNonNull(dev.governance()))
                .withClock(clock::get));
    operator = as("operator");
    open("a", "b");
    publish("BTC", "60000");
  }

  @AfterEach
  void stop() {
    operator.close();
    node.close();
  }

  @Test
  void aRetiredContractIsOnlyReduced() throws Exception {
    trade("BTC-PERP", "a", "b", "0.2", "60000");
    decide("p", new Parameter.Contract(contract(0), true));
    assertThat(brakes()).contains(Brake.BRAKE_RETIRED);
    assertBraked(refusal("BTC-PERP", "a", "b", "0.1", "60000"), "RETIRED", "BTC-PERP");
    trade("BTC-PERP", "b", "a", "0.1", "60000");
    assertBraked(refusal("BTC-PERP", "b", "a", "0.2", "60000"), "RETIRED", "BTC-PERP");
    trade("BTC-PERP", "b", "a", "0.1", "60000");
    decide("q", new Parameter.Contract(contract(0), false));
    trade("BTC-PERP", "a", "b", "0.2", "60000");
    assertThat(node.audit().violation()).isNull();
  }

  @Test
  void theKillSwitchLetsOnlyReductionsThroughAndStopsOperators() throws Exception {
    trade("BTC-PERP", "a", "b", "0.2", "60000");
    vote(new Parameter.KillSwitch(true));
    assertThat(brakes()).contains(Brake.BRAKE_KILL_SWITCH);
    assertBraked(refusal("BTC-PERP", "a", "b", "0.1", "60000"), "KILL_SWITCH", "*");
    trade("BTC-PERP", "b", "a", "0.1", "60000");
    SetPauseRequest pause =
        SetPauseRequest.newBuilder()
            .setId("p-1")
            .setOperation(Operation.OPERATION_LIQUIDATION)
            .setMarket("*")
            .setReason("stolen")
            .build();
    assertThat(failure(() -> await(operator.pause(pause))).reason()).isEqualTo("KILL_SWITCH");
    assertThat(failure(() -> await(operator.deposit("d-2", "a", "USDC", "1000000"))).reason())
        .isEqualTo("KILL_SWITCH");
    assertThat(await(operator.pauses()).getPausesList()).isEmpty();
    vote(new Parameter.KillSwitch(false));
    await(operator.deposit("d-2", "a", "USDC", "1000000"));
    trade("BTC-PERP", "a", "b", "0.1", "60000");
  }

  @Test
  void whatTheCouncilHaltsIsPausedUntilItsTime() throws Exception {
    vote(new Parameter.Halt("BTC-PERP", NOW + 10 * 60_000, 0, 0, 0, 0, 0));
    CallFailed halted = refusal("BTC-PERP", "a", "b", "0.1", "60000");
    assertThat(halted.numbers())
        .containsEntry("brake", "PAUSE")
        .containsEntry("until_ms", Long.toString(NOW + 10 * 60_000));
    clock.set(NOW + 10 * 60_000);
    publish("BTC", "60000");
    trade("BTC-PERP", "a", "b", "0.1", "60000");
  }

  @Test
  void aNodeThatCannotReadTheNewestVersionTakesNoNewRiskAndStillLiquidates() throws Exception {
    open("c");
    trade("BTC-PERP", "a", "b", "0.2", "60000");
    trade("BTC-PERP", "c", "b", "18", "60000");
    List<Setting.Written> strange = new ArrayList<>(node.parameters().newest().written());
    List<Entry> unknown = List.of(new Entry("fromTheFuture", "1"));
    strange.add(new Setting.Written("moon/house", NOW, 2, unknown, unknown));
    assertThat(takesNewRisk()).isEqualTo(ServingStatus.SERVING);
    hear(new Published(2, strange));
    eventually(() -> node.view().standstill() != null);
    eventually(() -> takesNewRisk() == ServingStatus.NOT_SERVING);
    CallFailed why = refusal("BTC-PERP", "a", "b", "0.1", "60000");
    assertBraked(why, "PARAMETERS", "version 2");
    trade("BTC-PERP", "b", "a", "0.1", "60000");
    // By the version that it has.
    long before = node.counters().liquidating();
    publish("BTC", "56700");
    publish("BTC", "54000");
    eventually(() -> node.counters().liquidating() > before);
    assertThat(node.audit().violation()).isNull();
    vote(3, node.parameters().newest());
    eventually(() -> node.view().standstill() == null);
    eventually(() -> takesNewRisk() == ServingStatus.SERVING);
  }

  /** What a load balancer is told, without a token, under the name that says so. */
  private ServingStatus takesNewRisk() {
    ManagedChannel channel = channel();
    try {
      HealthCheckRequest asked =
          HealthCheckRequest.newBuilder().setService(ApiServer.NEW_RISK).build();
      return HealthGrpc.newBlockingStub(channel).check(asked).getStatus();
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel channel() {
    try {
      return NettyChannelBuilder.forTarget(
              "localhost:" + node.port(),
              TlsChannelCredentials.newBuilder()
                  .trustManager(Objects.requireNonNull(node.devKeys()).authority().toFile())
                  .build())
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aNewContractAndANewCollateralAreUsableFromTheVersionOnThatListsThem() throws Exception {
    trade("BTC-PERP", "a", "b", "0.2", "60000");
    Perpetual btc = contract(0);
    Perpetual doge =
        new Perpetual(
            "DOGE-PERP",
            "DOGE",
            btc.tick(),
            btc.lot(),
            1_000_000,
            10_000_000,
            btc.initial(),
            btc.maintenance(),
            btc.scaling(),
            btc.profitCapMicros(),
            btc.bandPpm(),
            btc.funding(),
            btc.halt());
    int instruments = node.catalogue().instruments();
    decide(
        "p",
        new Parameter.Oracles("DOGE", List.of("oracle-1", "oracle-2", "oracle-3")),
        new Parameter.Contract(doge, false),
        new Parameter.Collateral(new Asset("DOGE", 8, 500_000, 0, 1_000_000_000_000_000L, false)));
    assertThat(node.catalogue().instruments()).isEqualTo(instruments + 1);
    assertThat(node.catalogue().perpetual(0)).isEqualTo(btc);
    publish("DOGE", "100");
    eventually(() -> node.view().instrument(instruments).validity() == PriceValidity.FRESH);
    trade("DOGE-PERP", "a", "b", "1", "100");
    await(operator.deposit("d-doge", "a", "DOGE", "5"));
    // Worth nothing on the first day, whatever the vote says, and then a little.
    int asset = Objects.requireNonNull(node.catalogue().asset("DOGE"));
    assertThat(node.catalogue().asset(asset).weightPpm()).isZero();
    clock.addAndGet(24 * HOUR);
    eventually(() -> node.catalogue().asset(asset).weightPpm() == 50_000);
    assertThat(node.audit().violation()).isNull();
  }

  /** Requirements that double: an account that had enough is not liquidated before its grace. */
  @Test
  void aRequirementThatRisesReachesAccountsHourByHourAfterADay() throws Exception {
    // With four fifths of the money that it has as initial margin: trebled, maintenance is more.
    open("d");
    await(operator.deposit("more", "d", "USDC", "900000"));
    Perpetual of = contract(0);
    long ratePpm = node.view().instrument(0).ladders().initial().ratePpm(0);
    String quantity = Decimals.format(80_000L * 1_000_000_000 / 60_000 / ratePpm, 3);
    trade("BTC-PERP", "a", "d", quantity, "60000");
    decide(
        "p",
        new Parameter.Contract(
            new Perpetual(
                of.symbol(),
                of.underlying(),
                of.tick(),
                of.lot(),
                of.lotsPerTradeMax(),
                of.lotsPerAccountMax(),
                of.initial().scaledBy(3_000_000),
                of.maintenance().scaledBy(3_000_000),
                of.scaling(),
                of.profitCapMicros(),
                of.bandPpm(),
                of.funding(),
                of.halt()),
            false));
    clock.addAndGet(DAY);
    publish("BTC", "60000");
    assertThat(contract(0).maintenance()).isEqualTo(of.maintenance());
    assertThat(node.counters().liquidating()).isZero();
    long last = of.maintenance().ratePpm(0);
    for (int day = 1; day <= 7; day++) {
      clock.addAndGet(DAY);
      publish("BTC", "60000");
      long before = last;
      eventually(() -> contract(0).maintenance().ratePpm(0) > before);
      last = contract(0).maintenance().ratePpm(0);
    }
    assertThat(last).isEqualTo(3 * of.maintenance().ratePpm(0));
    assertThat(node.view().instrument(0).ladders().maintenance().ratePpm(0))
        .isGreaterThanOrEqualTo(last);
    // Nothing else has moved: the ramp alone has reached the account.
    eventually(
        () ->
            quantity("a", "BTC-PERP").compareTo(new BigDecimal(quantity)) != 0
                || node.counters().liquidating() > 0);
    assertThat(node.audit().violation()).isNull();
  }

  /** One in a hundred of both sides: half of it for the fund, half for the house. */
  @Test
  void feesThatWereVotedComeFromBothSidesAndReachTheFundAndTheHouse() throws Exception {
    trade("BTC-PERP", "a", "b", "1", "60000");
    trade("BTC-PERP", "b", "a", "1", "60000");
    assertThat(cash("a")).isEqualByComparingTo("100000");
    decide("p", new Parameter.Fees(10_000, 500_000));
    PreviewTradeResponse preview = preview("a", "1");
    assertThat(preview.getFee()).isEqualTo("600");
    assertThat(preview.getFeeRate()).isEqualTo("0.01");
    assertThat(preview.getAfter().getParameterVersion()).isEqualTo(2);
    trade("BTC-PERP", "a", "b", "1", "60000");
    assertThat(cash("a")).isEqualByComparingTo("99400");
    assertThat(cash("a")).isEqualByComparingTo(preview.getAfter().getCash());
    assertThat(await(operator.account("a")).getAccount().getFreeCollateral())
        .isEqualTo(preview.getAfter().getFreeCollateral());
    assertThat(cash("b")).isEqualByComparingTo("99400");
    trade("BTC-PERP", "b", "a", "1", "60000");
    // More than is kept: what both have paid is on its way, half and half.
    eventually(() -> cash(HouseAccount.REVENUE).compareTo(new BigDecimal("1200")) == 0);
    eventually(() -> fund().compareTo(new BigDecimal("1200")) == 0);
    assertThat(cash("a")).isEqualByComparingTo("98800");
    assertThat(node.audit().violation()).isNull();
    decide("q", new Parameter.Fees(0, 0));
    trade("BTC-PERP", "b", "a", "1", "60000");
    assertThat(cash("a")).isEqualByComparingTo("98800");
    assertThat(node.audit().violation()).isNull();
  }

  /** What margin is left for without a fee, it is not left for with one; the preview says so. */
  @Test
  void aPreviewRefusesWhatOnlyItsFeeIsMissingFor() {
    open("d");
    BigDecimal lot = new BigDecimal("0.001");
    BigDecimal most = BigDecimal.ZERO;
    for (BigDecimal step = BigDecimal.ONE; step.compareTo(lot) >= 0; ) {
      if (preview("d", most.add(step).toPlainString()).getAllowed()) most = most.add(step);
      else step = step.movePointLeft(1);
    }
    assertThat(most).isGreaterThan(BigDecimal.ONE);
    vote(new Parameter.Fees(10_000, 500_000));
    PreviewTradeResponse preview = preview("d", most.toPlainString());
    assertThat(preview.getAllowed()).isFalse();
    assertThat(preview.getReason()).isEqualTo("INSUFFICIENT_MARGIN");
    assertThat(refusal("BTC-PERP", "d", "b", most.toPlainString(), "60000").reason())
        .isEqualTo("INSUFFICIENT_MARGIN");
  }

  private PreviewTradeResponse preview(String account, String quantity) {
    return await(
        operator.preview(
            PreviewTradeRequest.newBuilder()
                .setAccountId(account)
                .setSide(Side.SIDE_BUY)
                .setInstrument("BTC-PERP")
                .setQuantity(quantity)
                .setPrice("60000")
                .build()));
  }

  /** Of two trades that are undone, and one that is settled dearer, of 600 a side each. */
  @Test
  void aBustGivesBackWhatItsTradeCostAsSoonAsTheHouseHasIt() throws Exception {
    decide("p", new Parameter.Fees(10_000, 500_000));
    trade("BTC-PERP", "a", "b", "1", "60000");
    trade("BTC-PERP", "b", "a", "1", "60000");
    trade("BTC-PERP", "a", "b", "1", "60000");
    eventually(() -> cash(HouseAccount.REVENUE).compareTo(new BigDecimal("1200")) == 0);
    TradeCorrection bust = correct("t-1", "");
    assertThat(bust.getBuyerFee()).isEqualTo("600");
    assertThat(bust.getSellerFee()).isEqualTo("600");
    eventually(() -> cash("a").compareTo(new BigDecimal("98800")) == 0);
    eventually(() -> cash("b").compareTo(new BigDecimal("98800")) == 0);
    eventually(() -> correction("t-1").getFeesDueCount() == 0);
    assertThat(cash(HouseAccount.REVENUE)).isEqualByComparingTo("0");

    TradeCorrection dearer = correct("t-2", "61000");
    assertThat(dearer.getBuyerFee()).isEqualTo("-10");
    eventually(() -> correction("t-2").getFeesDueCount() == 0);
    eventually(() -> cash(HouseAccount.REVENUE).compareTo(new BigDecimal("20")) == 0);
    assertThat(cash("a")).isEqualByComparingTo("99790");
    assertThat(cash("b")).isEqualByComparingTo("97790");

    correct("t-3", "");
    eventually(() -> correction("t-3").getStage() == CorrectionStage.CORRECTION_STAGE_BOOKED);
    assertThat(correction("t-3").getFeesDueList()).containsExactly("a", "b");
    assertThat(node.audit().violation()).isNull();
    stop();
    start();
    assertThat(correction("t-3").getFeesDueList()).containsExactly("a", "b");
    await(operator.deposit("d-house", HouseAccount.REVENUE, "USDC", "1180"));
    eventually(() -> correction("t-3").getFeesDueCount() == 0);
    eventually(() -> cash("b").compareTo(new BigDecimal("98390")) == 0);
    assertThat(cash("a")).isEqualByComparingTo("100390");
    assertThat(cash(HouseAccount.REVENUE)).isEqualByComparingTo("0");
    assertThat(node.audit().violation()).isNull();
  }

  private TradeCorrection correct(String tradeId, String newPrice) throws IOException {
    TradeCorrection proposed =
        await(
                operator.proposeCorrection(
                    ProposeCorrectionRequest.newBuilder()
                        .setCorrectionId("c-" + tradeId)
                        .setVenue("venue-1")
                        .setTradeId(tradeId)
                        .setAccountId("a")
                        .setNewPrice(newPrice)
                        .setReason("fat finger")
                        .build()))
            .getCorrection();
    try (NovationClient other = as("operator-2")) {
      await(other.approveCorrection("c-" + tradeId, proposed.getHash()));
    }
    return proposed;
  }

  private TradeCorrection correction(String tradeId) {
    return await(operator.corrections(ListCorrectionsRequest.getDefaultInstance()))
        .getCorrectionsList()
        .stream()
        .filter(each -> each.getCorrectionId().equals("c-" + tradeId))
        .findFirst()
        .orElseThrow();
  }

  private List<Brake> brakes() {
    return await(operator.market("BTC-PERP")).getMarket().getBrakesList().stream()
        .map(MarketBrake::getBrake)
        .toList();
  }

  private BigDecimal cash(String account) {
    return new BigDecimal(await(operator.account(account)).getAccount().getCash());
  }

  private BigDecimal fund() {
    return new BigDecimal(await(operator.fund()).getFund().getBalance());
  }

  /**
   * Trades at random over prices at random, while a contract's requirement is voted up and another
   * contract listed: sums hold at any time, and whoever replays the journal has the same accounts.
   */
  @Test
  void tradingGoesOnThroughAVoteAndAReplayGivesTheSameAccounts() throws Exception {
    String[] accounts = {"a", "b", "c", "d"};
    open(accounts);
    Random random = new Random(42);
    tradeAtRandom(random, accounts, 12, "BTC-PERP");
    Perpetual btc = contract(0);
    long quarter = btc.maintenance().ratePpm(0) / 4;
    String dearer = dearer(btc, quarter);
    decide("p", amend("contract/BTC-PERP", "maintenance", dearer), amendOf(like(btc, "BTC-2")));
    assertThat(node.view().catalogue().version()).isEqualTo(2);
    assertThat(contract(0).maintenance()).isEqualTo(btc.maintenance());
    int listed = Objects.requireNonNull(node.catalogue().instrument("BTC-2"));
    eventually(() -> node.view().instrument(listed).validity() == PriceValidity.FRESH);
    assertThat(node.counters().liquidating()).isZero();
    tradeAtRandom(random, accounts, 12, "BTC-PERP", "BTC-2");
    for (int day = 1; day <= 8; day++) {
      clock.addAndGet(DAY);
      publish("BTC", "60000");
      eventually(() -> node.view().timeMs() >= clock.get());
      tradeAtRandom(random, accounts, 2, "BTC-PERP", "BTC-2");
    }
    assertThat(contract(0).maintenance().ratePpm(0))
        .isEqualTo(btc.maintenance().ratePpm(0) + quarter);
    assertThat(node.audit().violation()).isNull();
    List<String> before = books(accounts);
    stop();
    start();
    assertThat(node.view().catalogue().version()).isEqualTo(2);
    assertThat(contract(0).maintenance().ratePpm(0))
        .isEqualTo(btc.maintenance().ratePpm(0) + quarter);
    assertThat(books(accounts)).isEqualTo(before);
    assertThat(node.audit().violation()).isNull();
    tradeAtRandom(random, accounts, 4, "BTC-PERP", "BTC-2");
    assertThat(node.audit().violation()).isNull();
  }

  private void tradeAtRandom(Random random, String[] accounts, int count, String... contracts)
      throws Exception {
    for (int n = 0; n < count; n++) {
      long price = 59_500 + random.nextInt(1_000);
      publish("BTC", Long.toString(price));
      int buyer = random.nextInt(accounts.length);
      int seller = (buyer + 1 + random.nextInt(accounts.length - 1)) % accounts.length;
      String quantity = "0." + (1 + random.nextInt(9));
      String contract = contracts[random.nextInt(contracts.length)];
      trade(contract, accounts[buyer], accounts[seller], quantity, Long.toString(price));
    }
  }

  /** What the journal alone says: nothing that depends on prices. */
  private List<String> books(String... accounts) {
    List<String> books = new ArrayList<>();
    for (String account : accounts) {
      var read = await(operator.account(account)).getAccount();
      books.add(read.getAccountId() + " " + read.getBalancesList());
      read.getPositionsList()
          .forEach(
              position ->
                  books.add(
                      position.getInstrument()
                          + " "
                          + position.getQuantity()
                          + " "
                          + position.getRealisedProfit()));
    }
    return books;
  }

  private static String dearer(Perpetual of, long byPpm) {
    StringJoiner ladder = new StringJoiner(",");
    for (int n = 0; n < of.maintenance().tiers(); n++)
      ladder.add(
          of.maintenance().lowerBoundMicros(n) + ":" + (of.maintenance().ratePpm(n) + byPpm));
    return ladder.toString();
  }

  private static Perpetual like(Perpetual of, String symbol) {
    return new Perpetual(
        symbol,
        of.underlying(),
        of.tick(),
        of.lot(),
        of.lotsPerTradeMax(),
        of.lotsPerAccountMax(),
        of.initial(),
        of.maintenance(),
        of.scaling(),
        of.profitCapMicros(),
        of.bandPpm(),
        of.funding(),
        of.halt());
  }

  private Amendment amend(String path, String figure, String text) {
    return new Amendment(
        path,
        node.parameters()
            .newest()
            .version(Objects.requireNonNull(org.novation.governance.Path.parse(path))),
        List.of(new Entry(figure, text)));
  }

  private static Amendment amendOf(Perpetual listed) {
    Setting.Written written =
        Voted.first(List.of(new Parameter.Contract(listed, false)), NOW).written().getFirst();
    return new Amendment(written.path(), 0, written.to());
  }

  /** Every figure of these, as they are to be. */
  private void decide(String id, Parameter... voted) throws Exception {
    List<Amendment> amendments = new ArrayList<>();
    for (Setting.Written each : Voted.first(List.of(voted), clock.get()).written()) {
      var path = Objects.requireNonNull(org.novation.governance.Path.parse(each.path()));
      amendments.add(
          new Amendment(each.path(), node.parameters().newest().version(path), each.to()));
    }
    decide(id, amendments.toArray(Amendment[]::new));
  }

  /** Stakes, proposes, votes, waits and executes: eight days. */
  private void decide(String id, Amendment... amendments) throws Exception {
    long at = clock.get();
    if (!staked) {
      open("voter");
      await(operator.deposit("d-nova", "voter", "NOVA", "100000"));
      done(new GovernanceCommand.Stake("s-" + id, at, "voter", 100_000_000_000L));
      staked = true;
    }
    done(
        new GovernanceCommand.Propose(
            id, at, "voter", "title", "why", List.of(amendments), 10_000_000_000L));
    GovernanceActor.Answer found =
        node.governance().find(id, "voter").toCompletableFuture().get(60, TimeUnit.SECONDS);
    String hash = Objects.requireNonNull(((GovernanceActor.Found) found).proposal()).sha256();
    done(new GovernanceCommand.Vote("v-" + id, at, id, "voter", Choice.IN_FAVOUR, hash));
    clock.addAndGet(5 * DAY);
    publish("BTC", "60000");
    clock.addAndGet(3 * DAY);
    publish("BTC", "60000");
    long version = node.parameters().newest().version();
    done(new GovernanceCommand.Execute("x-" + id, clock.get(), id));
    eventually(() -> node.view().catalogue().version() == version + 1);
  }

  private void done(GovernanceCommand.Asked command) throws Exception {
    assertThat(node.governance().ask(command).toCompletableFuture().get(60, TimeUnit.SECONDS))
        .isInstanceOf(GovernanceActor.Done.class);
  }

  // ---- what the house does

  private Perpetual contract(int instrument) {
    return node.catalogue().perpetual(instrument);
  }

  /** As if it had been executed: without its weeks, and without a place in the journal. */
  private void vote(Parameter... voted) {
    ParameterSet next = Voted.next(node.parameters().newest(), clock.get(), voted);
    vote(next.version(), next);
  }

  private void vote(long version, ParameterSet set) {
    hear(new Published(version, set.written()));
    eventually(() -> node.view().catalogue().version() == version);
  }

  private void hear(Published published) {
    heard = published;
    hearAgain();
  }

  /**
   * As governance says it every few seconds: what that really says in between is an older version,
   * and to a node that has heard nothing newer for a minute it is silent.
   */
  private void hearAgain() {
    Published published = heard;
    if (published == null) return;
    long nowMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    for (Parameters.Part part : Parameters.parts(published)) node.parameters().take(part, nowMs);
  }

  private NovationClient as(String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private void open(String... accounts) {
    for (String account : accounts) {
      await(operator.openAccount(account, "alice"));
      await(operator.deposit("d-" + account, account, "USDC", "100000"));
    }
  }

  private void trade(String instrument, String buyer, String seller, String quantity, String price)
      throws IOException {
    try (NovationClient venue = as("venue-1")) {
      await(
          venue.submit(
              Trade.newBuilder()
                  .setTradeId("t-" + ++trades)
                  .setInstrument(instrument)
                  .setPrice(price)
                  .setQuantity(quantity)
                  .setBuyerAccountId(buyer)
                  .setSellerAccountId(seller)
                  .setExecutedAtMs(clock.get())
                  .build()));
    }
    // Until the first account has its leg, a reduction may come too early for it.
    BigDecimal bought = new BigDecimal(quantity);
    held.merge(instrument + buyer, bought, BigDecimal::add);
    held.merge(instrument + seller, bought.negate(), BigDecimal::add);
    for (String account : List.of(buyer, seller))
      eventually(
          () -> quantity(account, instrument).compareTo(held.get(instrument + account)) == 0);
  }

  private BigDecimal quantity(String account, String instrument) {
    return await(operator.account(account)).getAccount().getPositionsList().stream()
        .filter(position -> position.getInstrument().equals(instrument))
        .map(position -> new BigDecimal(position.getQuantity()))
        .findFirst()
        .orElse(BigDecimal.ZERO);
  }

  private CallFailed refusal(
      String instrument, String buyer, String seller, String quantity, String price) {
    return failure(() -> trade(instrument, buyer, seller, quantity, price));
  }

  private static CallFailed failure(ThrowingCallable call) {
    CallFailed failed = catchThrowableOfType(CallFailed.class, call);
    assertThat(failed).isNotNull();
    return failed;
  }

  private static void assertBraked(CallFailed why, String brake, String subject) {
    assertThat(why.reason()).isEqualTo("BRAKED");
    assertThat(why.numbers())
        .isEqualTo(Map.of("brake", brake, "subject", subject, "until_ms", "0"));
  }

  /** Three oracles say so. */
  private void publish(String symbol, String price) throws Exception {
    sequence++;
    for (int oracle = 1; oracle <= 3; oracle++) {
      try (NovationClient client = as("oracle-" + oracle);
          PriceStream prices = client.prices()) {
        var answer =
            await(
                prices.publish(
                    List.of(
                        OraclePrice.newBuilder()
                            .setSymbol(symbol)
                            .setPrice(price)
                            .setSequence(sequence)
                            .setTimeMs(clock.get())
                            .build())));
        assertThat(answer.getAccepted()).as("%s", answer).isEqualTo(1);
      }
    }
    long at = clock.get();
    eventually(
        () ->
            !symbol.equals("BTC")
                || (node.view().instrument(0).validity() == PriceValidity.FRESH
                    && node.view().timeMs() >= at));
  }

  private interface Condition {
    boolean holds();
  }

  private void eventually(Condition condition) {
    long deadline = System.nanoTime() + PATIENCE;
    while (true) {
      hearAgain();
      if (condition.holds()) return;
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
