package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.Updates;
import org.novation.clearing.HouseAccount;
import org.novation.custody.CustodianSecret;
import org.novation.governance.Amendment;
import org.novation.governance.CouncilMessage;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.Parameter;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.ApproveActRequest;
import org.novation.protocol.v1.CastVoteRequest;
import org.novation.protocol.v1.CouncilAct;
import org.novation.protocol.v1.DraftedProposal;
import org.novation.protocol.v1.ExecuteProposalRequest;
import org.novation.protocol.v1.FigureText;
import org.novation.protocol.v1.GetProposalRequest;
import org.novation.protocol.v1.GetProposalResponse;
import org.novation.protocol.v1.GetStakeRequest;
import org.novation.protocol.v1.GetStakeResponse;
import org.novation.protocol.v1.ListParametersRequest;
import org.novation.protocol.v1.ListProposalsRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.ParameterInForce;
import org.novation.protocol.v1.PreviewProposalRequest;
import org.novation.protocol.v1.PreviewProposalResponse;
import org.novation.protocol.v1.ProposalStage;
import org.novation.protocol.v1.ProposeRequest;
import org.novation.protocol.v1.StakeTokensRequest;
import org.novation.protocol.v1.TightenRequest;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.UnstakeTokensRequest;
import org.novation.protocol.v1.VoteChoice;
import org.novation.protocol.v1.WatchProposalsResponse;

/** Stakes, votes, the council and tokens through a whole node over TCP, in a time of its own. */
final class GovernanceNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final long NOW = 1_700_000_000_000L;
  private static final String BAND = "contract/BTC-PERP";

  @TempDir Path home;
  private final AtomicLong clock = new AtomicLong(NOW);
  private Node node;
  private NovationClient alice;
  private NovationClient operator;

  @BeforeEach
  void start() throws Exception {
    Path config = Path.of("..", "config");
    NodeSettings dev = NodeSettings.read(config, "dev", Map.of());
    node =
        Node.start(
            NodeSettings.local(
                    home,
                    new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
                    InstrumentConfig.in(config).catalogue())
                .withCustody(Objects.requireNonNull(dev.custody()))
                .withGovernance(Objects.requireNonNull(dev.governance()))
                .withClock(clock::get));
    alice = as("alice");
    operator = as("operator");
  }

  @AfterEach
  void stop() {
    alice.close();
    operator.close();
    node.close();
  }

  private NovationClient as(String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  @Test
  void aVoteIsStakedCountedWaitedForAndThenInForceAndTheTokensComeBackOnce() throws Exception {
    await(alice.openAccount("a1", ""));
    await(operator.deposit("d1", "a1", "NOVA", "50000"));
    StakeTokensRequest stake = stake("s1", "a1", "40000");
    await(alice.stake(stake));
    await(alice.stake(stake)); // A retry.
    assertThat(nova("a1")).isEqualTo("10000");
    assertThat(staked().getStaked()).isEqualTo("40000");
    assertThat(refusal(() -> await(alice.stake(stake("s1", "a1", "1")))).reason())
        .isEqualTo("DUPLICATE_WITH_OTHER_CONTENT");
    CallFailed poor = refusal(() -> await(alice.stake(stake("s2", "a1", "10001"))));
    assertThat(poor.reason()).isEqualTo("STAKE_NOT_TAKEN");
    assertThat(nova("a1")).isEqualTo("10000");

    ParameterInForce band = parameter(BAND);
    assertThat(refusal(() -> await(alice.propose(proposal("p0", band, "900000")))).numbers())
        .containsEntry("figure", "bandPpm")
        .containsEntry("most", "500000");
    try (Updates<WatchProposalsResponse> updates = alice.watchProposals()) {
      await(alice.propose(proposal("p1", band, "60000")));
      await(alice.propose(proposal("p1", band, "60000"))); // A retry.
      assertThat(Objects.requireNonNull(updates.next()).getProposal().getStage())
          .isEqualTo(ProposalStage.PROPOSAL_STAGE_VOTING);
    }
    GetProposalResponse read = proposal("p1");
    assertThat(read.getChanges(0).getFigures(0).getBefore()).isEqualTo("50000");
    assertThat(read.getChanges(0).getFigures(0).getAfter()).isEqualTo("60000");
    assertThat(read.getWeight()).isEqualTo("40000");
    assertThat(refusal(() -> await(alice.castVote(vote("v0", "not what was read")))).reason())
        .isEqualTo("OTHER_CONTENT");
    await(alice.castVote(vote("v1", read.getSha256())));
    assertThat(proposal("p1").getProposal().getInFavour()).isEqualTo("40000");

    clock.addAndGet(5 * DAY);
    eventually(
        () -> proposal("p1").getProposal().getStage() == ProposalStage.PROPOSAL_STAGE_TIMELOCKED);
    CallFailed locked = refusal(this::execute);
    assertThat(locked.reason()).isEqualTo("TIMELOCK_HOLDS");
    assertThat(locked.numbers()).containsEntry("until_ms", Long.toString(NOW + 8 * DAY));
    clock.addAndGet(3 * DAY);
    execute();
    execute(); // A retry.
    eventually(() -> node.parameters().newest().version() == 2);
    assertThat(parameter(BAND).getVersion()).isEqualTo(2);
    assertThat(
            node.parameters().newest().at(clock.get(), Parameter.Contract.class).stream()
                .filter(each -> each.terms().symbol().equals("BTC-PERP"))
                .map(each -> each.terms().bandPpm()))
        .containsExactly(60_000L);
    assertThat(refusal(() -> await(alice.propose(proposal("p2", band, "70000")))).reason())
        .isEqualTo("VERSION_MOVED");

    await(
        alice.unstake(
            UnstakeTokensRequest.newBuilder()
                .setCommandId("u1")
                .setIssuedAtMs(clock.get())
                .setAccountId("a1")
                .setAmount("40000")
                .build()));
    assertThat(staked().getLeaving(0).getReleaseAtMs()).isEqualTo(clock.get() + 14 * DAY);
    stop();
    start();
    assertThat(node.parameters().newest().version()).isEqualTo(2);
    clock.addAndGet(14 * DAY);
    eventually(() -> nova("a1").equals("50000"));
    eventually(() -> held().equals("0"));
    assertThat(nova(HouseAccount.STAKES, operator)).isEqualTo("0");
    assertThat(node.audit().violation()).isNull();
  }

  @Test
  void nobodyVotesWithTheAccountOfAnotherNorGivesTheStakesTokens() throws Exception {
    await(alice.openAccount("a1", ""));
    await(operator.deposit("d1", "a1", "NOVA", "50000"));
    try (NovationClient bob = as("bob")) {
      assertThat(refusal(() -> await(bob.stake(stake("s1", "a1", "40000")))).reason())
          .isEqualTo("UNKNOWN_ACCOUNT");
    }
    assertThat(
            refusal(
                    () ->
                        await(
                            alice.transfer(
                                org.novation.protocol.v1.TransferRequest.newBuilder()
                                    .setTransferId("t1")
                                    .setAccountId("a1")
                                    .setToAccountId(HouseAccount.STAKES)
                                    .setAsset("NOVA")
                                    .setAmount("1")
                                    .build())))
                .reason())
        .isEqualTo("UNKNOWN_ACCOUNT");
    assertThat(nova("a1")).isEqualTo("50000");
  }

  @Test
  void aPreviewSaysWhomAVoteWouldPutUnderMarginAndMovesNothing() throws Exception {
    for (String account : List.of("a1", "long", "short")) {
      await(alice.openAccount(account, ""));
      await(operator.deposit("d-" + account, account, "USDC", "2000"));
    }
    await(operator.deposit("d-nova", "a1", "NOVA", "50000"));
    await(alice.stake(stake("s1", "a1", "50000")));
    publish("BTC", "60000");
    try (NovationClient venue = as("venue-1")) {
      await(
          venue.submit(
              Trade.newBuilder()
                  .setTradeId("t1")
                  .setInstrument("BTC-PERP")
                  .setPrice("60000")
                  .setQuantity("1")
                  .setBuyerAccountId("long")
                  .setSellerAccountId("short")
                  .setExecutedAtMs(clock.get())
                  .build()));
    }
    eventually(() -> node.openInterestLots(0) > 0);
    ParameterInForce contract = parameter(BAND);
    ProposeRequest dearer = amended("p1", contract, "maintenance", "0:40000", "initial", "0:80000");
    PreviewProposalResponse drafted = await(alice.previewProposal(draft(dearer)));
    await(alice.propose(dearer));
    PreviewProposalResponse preview =
        await(
            alice.previewProposal(PreviewProposalRequest.newBuilder().setProposalId("p1").build()));
    assertThat(drafted.toBuilder().setAsOfMs(0).build())
        .isEqualTo(preview.toBuilder().setAsOfMs(0).build());
    assertThat(preview.getAccounts()).isEqualTo(2);
    assertThat(preview.getLookedAt()).isEqualTo(2);
    assertThat(preview.getBelowMaintenanceBefore().getAccounts()).isZero();
    assertThat(preview.getNewlyBelowMaintenance().getAccounts()).isEqualTo(2);
    assertThat(preview.getNewlyBelowMaintenance().getNotional()).isEqualTo("120000");
    assertThat(preview.getDistributionList()).hasSize(9);
    assertThat(node.counters().liquidating()).isZero();
    assertThat(
            refusal(
                    () ->
                        await(
                            alice.previewProposal(
                                PreviewProposalRequest.newBuilder().setProposalId("none").build())))
                .reason())
        .isEqualTo("UNKNOWN_PROPOSAL");
  }

  @Test
  void whatCouldNotBeProposedIsNotPreviewedNorMuchThatWasNot() throws Exception {
    ParameterInForce contract = parameter(BAND);
    PreviewProposalRequest absurd = draft(amended("p", contract, "bandPpm", "2000000"));
    assertThat(refusal(() -> await(alice.previewProposal(absurd))).reason())
        .isEqualTo("OUT_OF_BOUNDS");
    PreviewProposalRequest nothing = PreviewProposalRequest.getDefaultInstance();
    assertThat(refusal(() -> await(alice.previewProposal(nothing))).numbers())
        .containsEntry("field", "proposal_id");
    for (int n = 1; n <= 4; n++) {
      PreviewProposalRequest one = draft(amended("p", contract, "bandPpm", "4000" + n));
      eventually(() -> previewed(one)); // A node that has just begun is not found at once.
    }
    PreviewProposalRequest more = draft(amended("p", contract, "bandPpm", "40009"));
    assertThat(refusal(() -> await(alice.previewProposal(more))).reason())
        .isEqualTo("TOO_MANY_PREVIEWS");
    await(alice.previewProposal(draft(amended("p", contract, "bandPpm", "40001"))));
    await(alice.openAccount("a1", ""));
    await(operator.deposit("d-nova", "a1", "NOVA", "50000"));
    await(alice.stake(stake("s1", "a1", "50000")));
    await(alice.propose(amended("p1", contract, "bandPpm", "40010")));
    await(alice.previewProposal(PreviewProposalRequest.newBuilder().setProposalId("p1").build()));
  }

  private boolean previewed(PreviewProposalRequest request) {
    try {
      await(alice.previewProposal(request));
      return true;
    } catch (CallFailed notYet) {
      return false;
    }
  }

  private static PreviewProposalRequest draft(ProposeRequest of) {
    return PreviewProposalRequest.newBuilder()
        .setDraft(DraftedProposal.newBuilder().addAllAmendments(of.getAmendmentsList()))
        .build();
  }

  private void publish(String symbol, String price) throws Exception {
    for (int oracle = 1; oracle <= 3; oracle++) {
      try (NovationClient client = as("oracle-" + oracle);
          PriceStream prices = client.prices()) {
        await(
            prices.publish(
                List.of(
                    OraclePrice.newBuilder()
                        .setSymbol(symbol)
                        .setPrice(price)
                        .setSequence(1)
                        .setTimeMs(clock.get())
                        .build())));
      }
    }
    eventually(() -> node.view().instrument(0).markTicks() > 0);
  }

  @Test
  void theCouncilTightensWithTwoSignaturesAtOnceAndLoosensNothing() throws Exception {
    Amendment tighter = new Amendment(BAND, 1, List.of(new Entry("bandPpm", "40000")));
    Amendment looser = new Amendment(BAND, 1, List.of(new Entry("bandPpm", "60000")));
    assertThat(refusal(() -> tighten("t0", looser, "dora")).reason()).isEqualTo("NOT_TIGHTER");
    assertThat(refusal(() -> tighten("t0", tighter, "emil")).reason()).isEqualTo("BAD_SIGNATURE");
    tighten("t1", tighter, "dora");
    CouncilAct act =
        await(operator.proposals(ListProposalsRequest.getDefaultInstance())).getActs(0);
    assertThat(act.getApprovedByList()).containsExactly("dora");
    assertThat(node.parameters().newest().version()).isEqualTo(1);
    approve(act, "emil");
    eventually(() -> node.parameters().newest().version() == 2);
    assertThat(parameter(BAND).getFiguresList())
        .anySatisfy(
            figure -> {
              assertThat(figure.getName()).isEqualTo("bandPpm");
              assertThat(figure.getNow()).isEqualTo("40000");
            });
    assertThat(node.audit().violation()).isNull();
  }

  // ---- what these tests do again and again

  private StakeTokensRequest stake(String id, String account, String amount) {
    return StakeTokensRequest.newBuilder()
        .setCommandId(id)
        .setIssuedAtMs(NOW)
        .setAccountId(account)
        .setAmount(amount)
        .build();
  }

  private ProposeRequest proposal(String id, ParameterInForce of, String bandPpm) {
    return amended(id, of, "bandPpm", bandPpm);
  }

  private static ProposeRequest amended(String id, ParameterInForce of, String... figures) {
    org.novation.protocol.v1.Amendment.Builder amendment =
        org.novation.protocol.v1.Amendment.newBuilder()
            .setPath(of.getPath())
            .setBaseVersion(of.getVersion());
    for (int n = 0; n < figures.length; n += 2)
      amendment.addFigures(FigureText.newBuilder().setName(figures[n]).setText(figures[n + 1]));
    return ProposeRequest.newBuilder()
        .setProposalId(id)
        .setIssuedAtMs(NOW)
        .setAccountId("a1")
        .setTitle("a wider band")
        .setText("spreads have grown")
        .setDeposit("10000")
        .addAmendments(amendment)
        .build();
  }

  private GetProposalResponse proposal(String id) {
    return await(
        alice.proposal(GetProposalRequest.newBuilder().setProposalId(id).setVoter("a1").build()));
  }

  private CastVoteRequest vote(String id, String sha256) {
    return CastVoteRequest.newBuilder()
        .setCommandId(id)
        .setIssuedAtMs(NOW)
        .setProposalId("p1")
        .setAccountId("a1")
        .setChoice(VoteChoice.VOTE_CHOICE_IN_FAVOUR)
        .setSha256(sha256)
        .build();
  }

  private void execute() {
    await(
        alice.executeProposal(
            ExecuteProposalRequest.newBuilder()
                .setCommandId("x1")
                .setIssuedAtMs(NOW)
                .setProposalId("p1")
                .build()));
  }

  private void tighten(String id, Amendment amendment, String signer) throws IOException {
    GovernanceCommand.Tighten command =
        new GovernanceCommand.Tighten(id, NOW, "dora", "bad prices", List.of(amendment), "");
    org.novation.protocol.v1.Amendment.Builder written =
        org.novation.protocol.v1.Amendment.newBuilder()
            .setPath(amendment.path())
            .setBaseVersion(amendment.baseVersion());
    for (Entry each : amendment.figures())
      written.addFigures(FigureText.newBuilder().setName(each.figure()).setText(each.text()));
    await(
        operator.tighten(
            TightenRequest.newBuilder()
                .setActId(id)
                .setIssuedAtMs(NOW)
                .setCouncilMember("dora")
                .setReason("bad prices")
                .addAmendments(written)
                .setSignature(sign(signer, command))
                .build()));
  }

  private void approve(CouncilAct act, String member) throws IOException {
    GovernanceCommand.Approve command =
        new GovernanceCommand.Approve(
            "y-" + member, NOW, member, act.getActId(), act.getSha256(), "");
    await(
        operator.approveAct(
            ApproveActRequest.newBuilder()
                .setCommandId(command.id())
                .setIssuedAtMs(NOW)
                .setCouncilMember(member)
                .setActId(act.getActId())
                .setSha256(act.getSha256())
                .setSignature(sign(member, command))
                .build()));
  }

  /** With the key that the development node keeps. */
  private String sign(String member, GovernanceCommand.OfCouncil command) throws IOException {
    Path key = home.resolve("dev").resolve("council").resolve(member + ".key");
    String house = node.parameters().newest().house(clock.get());
    return CustodianSecret.of(Files.readString(key).strip())
        .sign(CouncilMessage.bytes(house, command));
  }

  private ParameterInForce parameter(String path) {
    return await(alice.parameters(ListParametersRequest.newBuilder().setPathPrefix(path).build()))
        .getParameters(0);
  }

  private GetStakeResponse staked() {
    return await(alice.stakeOf(GetStakeRequest.newBuilder().setAccountId("a1").build()));
  }

  private String held() {
    return await(alice.proposals(ListProposalsRequest.getDefaultInstance())).getHeld();
  }

  private String nova(String account) {
    return nova(account, alice);
  }

  private static String nova(String account, NovationClient client) {
    return await(client.account(account)).getAccount().getBalancesList().stream()
        .filter(each -> each.getAsset().equals("NOVA"))
        .map(each -> each.getAmount())
        .findFirst()
        .orElse("0");
  }

  private interface Call {
    void run() throws Exception;
  }

  private static CallFailed refusal(Call call) {
    return Objects.requireNonNull(catchThrowableOfType(CallFailed.class, call::run));
  }

  private static void eventually(BooleanSupplier holds) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}
