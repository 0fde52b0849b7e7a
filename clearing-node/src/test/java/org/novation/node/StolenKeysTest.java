package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.custody.CanonicalMessage;
import org.novation.custody.CustodianSecret;
import org.novation.custody.Purpose;
import org.novation.governance.CouncilMessage;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceCommand;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Amendment;
import org.novation.protocol.v1.ApproveActRequest;
import org.novation.protocol.v1.AttestDepositRequest;
import org.novation.protocol.v1.CancelProposalRequest;
import org.novation.protocol.v1.CancelWithdrawalRequest;
import org.novation.protocol.v1.CastVoteRequest;
import org.novation.protocol.v1.ExecuteProposalRequest;
import org.novation.protocol.v1.FigureInForce;
import org.novation.protocol.v1.FigureText;
import org.novation.protocol.v1.GetCustodyResponse;
import org.novation.protocol.v1.GetProposalRequest;
import org.novation.protocol.v1.ListParametersRequest;
import org.novation.protocol.v1.ListProposalsRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.ProposalStage;
import org.novation.protocol.v1.ProposeRequest;
import org.novation.protocol.v1.RequestWithdrawalRequest;
import org.novation.protocol.v1.StakeTokensRequest;
import org.novation.protocol.v1.TightenRequest;
import org.novation.protocol.v1.VoteChoice;

/**
 * The robbery of April 2026, step by step, through a whole node over TCP: list a worthless
 * collateral, raise its price, lift the limits, withdraw. Each kind of keys is stolen in turn, all
 * of that kind at once, and each step is tried with what those keys can do. Every step fails, or
 * leads where it cannot hurt; which kinds together would succeed stands in {@code THREATS.md}.
 */
final class StolenKeysTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long HOUR = Duration.ofHours(1).toMillis();
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final long NOW = 1_700_000_000_000L;
  private static final String STAKE = "1000000";
  private static final String SAVINGS = "50000000";
  private static final String OWN = "100";

  @TempDir Path home;
  private final AtomicLong clock = new AtomicLong(NOW);
  private final List<NovationClient> clients = new ArrayList<>();
  private Node node;
  private NovationClient thief;
  private NovationClient honest;
  private NovationClient custodian;
  private NovationClient voter;
  private GetCustodyResponse custody;
  private int commands;

  @BeforeEach
  void start() throws Exception {
    Path config = home.resolve("config");
    try (Stream<Path> files = Files.list(Path.of("..", "config"))) {
      Files.createDirectories(config);
      for (Path file : files.filter(Files::isRegularFile).toList())
        Files.copy(file, config.resolve(file.getFileName()));
    }
    // A development node in all but this: money comes in through its custodians alone.
    Path dev = config.resolve("dev.conf");
    Files.writeString(
        dev, Files.readString(dev).replace("credits-by-token = on", "credits-by-token = off"));
    node =
        Node.start(
            NodeSettings.read(config, "dev", Map.of())
                .withDataDirectory(home.resolve("data"), Map.of())
                .withStore(new StoreConfig.H2File(home.resolve("h2").resolve("novation")))
                .withPort(0)
                .withClock(clock::get));
    thief = as("alice");
    honest = as("bob");
    custodian = as("custodian");
    voter = as("voter");
    eventually(() -> await(custodian.custody()).getSetVersion() == 1, "custody is there");
    eventually(() -> node.knowsDebtors(), "every account in trouble was heard of");
    custody = await(custodian.custody());
    await(thief.openAccount("thief", ""));
    await(honest.openAccount("savings", ""));
    deposit("0x1", "USDC", SAVINGS, "savings");
    deposit("0x3", "USDC", OWN, "thief");
    eventually(() -> cash("savings").equals(SAVINGS), "the savings are there");
    eventually(() -> cash("thief").equals(OWN), "the thief has a little of his own");
    say("60000");
  }

  @AfterEach
  void stop() {
    clients.forEach(NovationClient::close);
    node.close();
  }

  // ---- one kind of keys after the other

  @Test
  void whoHasEveryVoteListsAtWeightNothingLiftsLimitsByATenthADayAndWithdrawsNothing()
      throws Exception {
    deposit("0x2", "NOVA", STAKE, "thief");
    eventually(() -> balance("thief", "NOVA").equals(STAKE), "the thief has every token");
    stakeAll();
    long hourBefore = Long.parseLong(now("withdrawal-limits/USDC", "hourFloor"));

    String listing = propose("list", listing(), lifted());
    passAndExecute(listing);

    assertThat(now("collateral/FAKE", "weightPpm")).isEqualTo("0");
    assertThat(figure("collateral/FAKE", "weightPpm").getVoted()).isEqualTo("900000");
    clock.addAndGet(DAY);
    assertThat(Long.parseLong(now("collateral/FAKE", "weightPpm"))).isLessThanOrEqualTo(50_000);
    assertThat(Long.parseLong(now("withdrawal-limits/USDC", "hourFloor")))
        .isBetween(hourBefore, hourBefore + hourBefore / 10);

    assertRefused("PERMISSION_DENIED", () -> price(thief, "FAKE", "1000000"));
    assertRefused(
        "PERMISSION_DENIED", () -> attest(thief, "ana", "0x9", "FAKE", "1000000", "thief"));
    cannotWithdraw();
  }

  @Test
  void whoHasEveryOraclesKeyListsNothingRaisesNoPriceFarLiftsNothingAndWithdrawsNothing()
      throws Exception {
    for (String oracle : List.of("oracle-1", "oracle-2", "oracle-3")) {
      NovationClient keys = as(oracle);
      assertRefused("PERMISSION_DENIED", () -> proposeAs(keys, "o-list", listing()));
      assertRefused("PERMISSION_DENIED", () -> proposeAs(keys, "o-lift", lifted()));
      assertRefused("PERMISSION_DENIED", () -> withdrawAs(keys, "o-w"));
    }
    long before = node.view().instrument(0).markTicks();
    for (int times = 0; times < 5; times++) {
      clock.addAndGet(1_000);
      say("600000");
    }
    assertThat(node.view().instrument(0).markTicks())
        .as("ten times the price is believed by nobody")
        .isLessThan(2 * before);
    cannotWithdraw();
  }

  @Test
  void whoHasEveryKeyOfTheCouncilLoosensNothingAndMovesNothing() throws Exception {
    for (List<Amendment> loose : List.of(listing(), lifted())) {
      CallFailed failed = refusal(() -> tighten("act-" + ++commands, loose));
      assertThat(failed.reason()).isEqualTo("NOT_TIGHTER");
    }
    assertRefused("PERMISSION_DENIED", () -> price(voter, "BTC", "600000"));
    assertRefused("PERMISSION_DENIED", () -> attest(voter, "ana", "0x9", "USDC", "1", "thief"));
    cannotWithdraw();
  }

  @Test
  void whoHasEveryCustodiansKeyListsNothingRaisesNothingLiftsNothingAndCreditsNoFakes()
      throws Exception {
    assertRefused("PERMISSION_DENIED", () -> proposeAs(custodian, "c-list", listing()));
    assertRefused("PERMISSION_DENIED", () -> proposeAs(custodian, "c-lift", lifted()));
    assertRefused("PERMISSION_DENIED", () -> price(custodian, "BTC", "600000"));
    for (String who : List.of("ana", "ben", "cleo")) {
      CallFailed failed = refusal(() -> attest(custodian, who, "0x9", "FAKE", "1000000", "thief"));
      assertThat(failed.reason()).isEqualTo("UNKNOWN_ASSET");
    }
    cannotWithdraw();
  }

  /** What no book can stop: they say that money has come. What limits leave of it is little. */
  @Test
  void whoHasEveryCustodiansKeyCreditsRealCoinsOfWhichLimitsLetLittleLeave() throws Exception {
    deposit("0x9", "USDC", SAVINGS, "thief");
    eventually(() -> cash("thief").equals("50000100"), "they say that it has come");
    CallFailed all = refusal(() -> await(thief.withdraw(withdrawal("thief", "all", SAVINGS))));
    assertThat(all.reason()).isEqualTo("LIMIT_REACHED");
    holdsAndReturns(thief, "thief", "1000");
    assertThat(cash("savings")).isEqualTo(SAVINGS);
  }

  @Test
  void whoHasTheOperatorsTokenListsNothingRaisesNothingLiftsNothingAndCreditsNobody()
      throws Exception {
    NovationClient operator = as("operator");
    assertRefused("PERMISSION_DENIED", () -> proposeAs(operator, "p-list", listing()));
    assertRefused("PERMISSION_DENIED", () -> proposeAs(operator, "p-lift", lifted()));
    assertRefused("PERMISSION_DENIED", () -> price(operator, "BTC", "600000"));
    CallFailed credit = refusal(() -> await(operator.deposit("d", "thief", "USDC", "1000000")));
    assertThat(credit.reason()).isEqualTo("ONLY_BY_CUSTODIANS");
    CallFailed fed = refusal(() -> await(operator.contribute("c", "1000000")));
    assertThat(fed.reason()).isEqualTo("ONLY_FROM_ACCOUNTS");
    assertRefused("PERMISSION_DENIED", () -> withdrawAs(operator, "p-w"));
    cannotWithdraw();
  }

  /** Votes give no token: the new custodians' signatures count, but somebody must bring them. */
  @Test
  void whoHasEveryVoteNamesOraclesAndCustodiansOfItsOwnOnceNobodyStopsItAndNeedsATokenThen()
      throws Exception {
    deposit("0x2", "NOVA", STAKE, "thief");
    eventually(() -> balance("thief", "NOVA").equals(STAKE), "the thief has every token");
    stakeAll();
    Map<String, CustodianSecret> own = new LinkedHashMap<>();
    for (String name : List.of("eve", "mallory", "trudy"))
      own.put(name, CustodianSecret.of("%064x".formatted(name.hashCode() & 0xffff_ffffL)));
    StringJoiner members = new StringJoiner(",");
    own.forEach((name, secret) -> members.add(name + "=" + secret.publicKey()));
    List<Amendment> keys =
        List.of(
            amendment("custodians/house", Map.of("members", members.toString())),
            amendment("oracles/BTC", Map.of("names", "eve,mallory,trudy")));

    String stopped = propose("keys", keys, List.of());
    vote(stopped);
    clock.addAndGet(5 * DAY + HOUR);
    eventually(() -> stage(stopped) == ProposalStage.PROPOSAL_STAGE_TIMELOCKED, "it succeeded");
    cancel("stop", stopped);
    assertThat(refusal(() -> execute(stopped)).reason()).isEqualTo("WRONG_STAGE");
    assertThat(await(custodian.custody()).getSetVersion()).isEqualTo(1);

    String unseen = propose("again", keys, List.of());
    vote(unseen);
    clock.addAndGet(5 * DAY + HOUR);
    eventually(() -> stage(unseen) == ProposalStage.PROPOSAL_STAGE_TIMELOCKED, "it succeeded");
    assertThat(refusal(() -> execute(unseen)).reason()).isEqualTo("TIMELOCK_HOLDS");
    clock.addAndGet(3 * DAY);
    execute(unseen);
    eventually(
        () -> {
          clock.addAndGet(1_000); // Custody looks now and then.
          return await(custodian.custody()).getSetVersion() > 1;
        },
        "they are in force");
    custody = await(custodian.custody());
    assertThat(now("oracles/BTC", "names")).isEqualTo("eve,mallory,trudy");
    CustodianSecret eve = Objects.requireNonNull(own.get("eve"));
    CustodianSecret mallory = Objects.requireNonNull(own.get("mallory"));
    assertThat(refusal(() -> attest(custodian, "ana", "0x9", "USDC", "1000", "thief")).reason())
        .as("those of before count no more")
        .isNotEmpty();
    assertRefused(
        "PERMISSION_DENIED", () -> attest(thief, "eve", eve, "0x9", "USDC", "1000", "thief"));
    assertThat(cash("thief")).isEqualTo(OWN);
    attest(custodian, "eve", eve, "0x9", "USDC", "1000", "thief");
    attest(custodian, "mallory", mallory, "0x9", "USDC", "1000", "thief");
    eventually(() -> cash("thief").equals("1100"), "with a custodian's token too it is credited");
  }

  // ---- and who stops it

  @Test
  void twoOfTheCouncilStopAListingBeforeItsTimelockEnds() throws Exception {
    deposit("0x2", "NOVA", STAKE, "thief");
    eventually(() -> balance("thief", "NOVA").equals(STAKE), "the thief has every token");
    stakeAll();
    String listing = propose("list", listing(), List.of());
    vote(listing);
    clock.addAndGet(5 * DAY + HOUR);
    eventually(() -> stage(listing) == ProposalStage.PROPOSAL_STAGE_TIMELOCKED, "it succeeded");
    cancel("stop", listing);
    assertThat(stage(listing)).isEqualTo(ProposalStage.PROPOSAL_STAGE_CANCELLED);
    CallFailed failed = refusal(() -> execute(listing));
    assertThat(failed.reason()).isEqualTo("WRONG_STAGE");
  }

  // ---- the steps

  /** A worthless coin at nine tenths of what its friends say it is worth. */
  private List<Amendment> listing() {
    return List.of(
        copied("collateral/BTC", "collateral/FAKE", Map.of("weightPpm", "900000")),
        copied("oracles/BTC", "oracles/FAKE", Map.of()),
        copied("withdrawal-limits/BTC", "withdrawal-limits/FAKE", Map.of()));
  }

  /** A hundred times as much may leave. */
  private List<Amendment> lifted() {
    Map<String, String> figures = new LinkedHashMap<>();
    for (String name : List.of("hourFloor", "dayFloor", "accountDayMax", "addressDayMax"))
      figures.put(name, Long.toString(100 * Long.parseLong(now("withdrawal-limits/USDC", name))));
    return List.of(amendment("withdrawal-limits/USDC", figures));
  }

  /** Everybody can have what is his own; nobody more, nor what is another's. */
  private void cannotWithdraw() throws Exception {
    CallFailed failed = refusal(() -> withdrawAs(thief, "w-" + ++commands));
    assertThat(failed.reason()).isEqualTo("NOT_HELD");
    CallFailed others =
        refusal(() -> await(thief.withdraw(withdrawal("savings", "w-" + ++commands, "1000"))));
    assertThat(others.reason()).isEqualTo("UNKNOWN_WITHDRAWAL");
    assertThat(cash("savings")).isEqualTo(SAVINGS);
    holdsAndReturns(thief, "thief", OWN);
    holdsAndReturns(honest, "savings", "1000");
  }

  private void holdsAndReturns(NovationClient owner, String account, String amount)
      throws Exception {
    String before = cash(account);
    String id = "w-" + ++commands;
    await(owner.withdraw(withdrawal(account, id, amount)));
    eventually(() -> !cash(account).equals(before), account + " has less: it is held");
    await(
        owner.cancel(
            CancelWithdrawalRequest.newBuilder()
                .setAccountId(account)
                .setWithdrawalId(id)
                .build()));
    eventually(() -> cash(account).equals(before), account + " has it again");
  }

  private void withdrawAs(NovationClient who, String id) {
    await(who.withdraw(withdrawal("thief", id, "1000")));
  }

  private RequestWithdrawalRequest withdrawal(String account, String id, String amount) {
    return RequestWithdrawalRequest.newBuilder()
        .setAccountId(account)
        .setWithdrawalId(id)
        .setChain("ethereum")
        .setAsset("USDC")
        .setAmount(amount)
        .setAddress("0xthief")
        .setExpiresAtMs(clock.get() + 6 * DAY)
        .build();
  }

  private void say(String price) throws Exception {
    for (String oracle : List.of("oracle-1", "oracle-2", "oracle-3"))
      price(as(oracle), "BTC", price);
  }

  private long sequence = NOW;

  private void price(NovationClient who, String symbol, String price) throws Exception {
    try (var prices = who.prices()) {
      await(
          prices.publish(
              List.of(
                  OraclePrice.newBuilder()
                      .setSymbol(symbol)
                      .setPrice(price)
                      .setSequence(++sequence)
                      .setTimeMs(clock.get())
                      .build())));
    }
  }

  // ---- votes

  private void stakeAll() {
    await(
        thief.stake(
            StakeTokensRequest.newBuilder()
                .setCommandId("stake")
                .setIssuedAtMs(clock.get())
                .setAccountId("thief")
                .setAmount(STAKE)
                .build()));
  }

  private String propose(String id, List<Amendment> listing, List<Amendment> lifted) {
    List<Amendment> amendments = new ArrayList<>(listing);
    amendments.addAll(lifted);
    proposeAs(thief, id, amendments);
    return id;
  }

  private void proposeAs(NovationClient who, String id, List<Amendment> amendments) {
    await(
        who.propose(
            ProposeRequest.newBuilder()
                .setProposalId(id)
                .setIssuedAtMs(clock.get())
                .setAccountId("thief")
                .setTitle("A fine new coin")
                .setText("Everybody wants it.")
                .addAllAmendments(amendments)
                .setDeposit("10000")
                .build()));
  }

  private void vote(String proposal) {
    String sha256 =
        await(thief.proposal(GetProposalRequest.newBuilder().setProposalId(proposal).build()))
            .getSha256();
    await(
        thief.castVote(
            CastVoteRequest.newBuilder()
                .setCommandId("vote-" + proposal)
                .setIssuedAtMs(clock.get())
                .setProposalId(proposal)
                .setAccountId("thief")
                .setChoice(VoteChoice.VOTE_CHOICE_IN_FAVOUR)
                .setSha256(sha256)
                .build()));
  }

  private void passAndExecute(String proposal) throws Exception {
    vote(proposal);
    clock.addAndGet(5 * DAY + HOUR);
    eventually(() -> stage(proposal) == ProposalStage.PROPOSAL_STAGE_TIMELOCKED, "it succeeded");
    CallFailed early = refusal(() -> execute(proposal));
    assertThat(early.reason()).isEqualTo("TIMELOCK_HOLDS");
    clock.addAndGet(3 * DAY);
    execute(proposal);
    eventually(
        () -> !parameters("collateral/FAKE").isEmpty(), "this node knows the version in force");
  }

  private void execute(String proposal) {
    await(
        thief.executeProposal(
            ExecuteProposalRequest.newBuilder()
                .setCommandId("execute-" + ++commands)
                .setIssuedAtMs(clock.get())
                .setProposalId(proposal)
                .build()));
  }

  private ProposalStage stage(String proposal) {
    return await(thief.proposal(GetProposalRequest.newBuilder().setProposalId(proposal).build()))
        .getProposal()
        .getStage();
  }

  // ---- the council

  private void tighten(String act, List<Amendment> amendments) throws Exception {
    long at = clock.get();
    String house = house();
    GovernanceCommand.Tighten command =
        new GovernanceCommand.Tighten(
            act, at, "dora", "because", amendments.stream().map(this::ruled).toList(), "");
    await(
        voter.tighten(
            TightenRequest.newBuilder()
                .setActId(act)
                .setIssuedAtMs(at)
                .setCouncilMember("dora")
                .setReason("because")
                .addAllAmendments(amendments)
                .setSignature(secret("council", "dora").sign(CouncilMessage.bytes(house, command)))
                .build()));
  }

  private org.novation.governance.Amendment ruled(Amendment amendment) {
    return new org.novation.governance.Amendment(
        amendment.getPath(),
        amendment.getBaseVersion(),
        amendment.getFiguresList().stream()
            .map(figure -> new Entry(figure.getName(), figure.getText()))
            .toList());
  }

  private void cancel(String act, String proposal) throws Exception {
    long at = clock.get();
    String house = house();
    GovernanceCommand.Cancel stop =
        new GovernanceCommand.Cancel(act, at, "dora", "a robbery", proposal, "");
    await(
        voter.cancelProposal(
            CancelProposalRequest.newBuilder()
                .setActId(act)
                .setIssuedAtMs(at)
                .setCouncilMember("dora")
                .setReason("a robbery")
                .setProposalId(proposal)
                .setSignature(secret("council", "dora").sign(CouncilMessage.bytes(house, stop)))
                .build()));
    String sha256 =
        await(voter.proposals(ListProposalsRequest.newBuilder().build())).getActsList().stream()
            .filter(each -> each.getActId().equals(act))
            .findAny()
            .orElseThrow()
            .getSha256();
    GovernanceCommand.Approve agreed =
        new GovernanceCommand.Approve("agree", at, "emil", act, sha256, "");
    await(
        voter.approveAct(
            ApproveActRequest.newBuilder()
                .setCommandId("agree")
                .setIssuedAtMs(at)
                .setCouncilMember("emil")
                .setActId(act)
                .setSha256(sha256)
                .setSignature(secret("council", "emil").sign(CouncilMessage.bytes(house, agreed)))
                .build()));
  }

  private String house() {
    return await(thief.parameters(ListParametersRequest.newBuilder().build())).getHouse();
  }

  // ---- what is in force

  private Map<String, FigureInForce> parameters(String path) {
    Map<String, FigureInForce> figures = new LinkedHashMap<>();
    await(thief.parameters(ListParametersRequest.newBuilder().setPathPrefix(path).build()))
        .getParametersList()
        .forEach(each -> each.getFiguresList().forEach(one -> figures.put(one.getName(), one)));
    return figures;
  }

  private FigureInForce figure(String path, String name) {
    FigureInForce figure = parameters(path).get(name);
    if (figure == null) throw new AssertionError(path + " has no " + name);
    return figure;
  }

  private String now(String path, String name) {
    return figure(path, name).getNow();
  }

  private long version(String path) {
    return await(thief.parameters(ListParametersRequest.newBuilder().setPathPrefix(path).build()))
        .getParameters(0)
        .getVersion();
  }

  private Amendment amendment(String path, Map<String, String> figures) {
    Amendment.Builder amendment =
        Amendment.newBuilder().setPath(path).setBaseVersion(version(path));
    figures.forEach(
        (name, text) -> amendment.addFigures(FigureText.newBuilder().setName(name).setText(text)));
    return amendment.build();
  }

  private Amendment copied(String from, String to, Map<String, String> otherwise) {
    Amendment.Builder amendment = Amendment.newBuilder().setPath(to);
    parameters(from)
        .forEach(
            (name, figure) ->
                amendment.addFigures(
                    FigureText.newBuilder()
                        .setName(name)
                        .setText(otherwise.getOrDefault(name, figure.getNow()))));
    return amendment.build();
  }

  // ---- money

  private void deposit(String transaction, String asset, String amount, String account)
      throws IOException {
    for (String who : List.of("ana", "ben"))
      attest(custodian, who, transaction, asset, amount, account);
  }

  private void attest(
      NovationClient by,
      String who,
      String transaction,
      String asset,
      String amount,
      String account)
      throws IOException {
    attest(by, who, secret("custodians", who), transaction, asset, amount, account);
  }

  private void attest(
      NovationClient by,
      String who,
      CustodianSecret secret,
      String transaction,
      String asset,
      String amount,
      String account) {
    long expires = clock.get() + DAY;
    CanonicalMessage message =
        new CanonicalMessage(
            Purpose.ATTEST_DEPOSIT,
            custody.getHouse(),
            "ethereum",
            asset,
            Long.parseLong(amount) * 1_000_000,
            "0xfrom",
            account,
            transaction,
            5,
            expires,
            custody.getSetVersion());
    await(
        by.attest(
            AttestDepositRequest.newBuilder()
                .setChain("ethereum")
                .setTransaction(transaction)
                .setAsset(asset)
                .setAmount(amount)
                .setAddress("0xfrom")
                .setAccountId(account)
                .setBlock(5)
                .setExpiresAtMs(expires)
                .setCustodian(who)
                .setSignature(secret.sign(message))
                .build()));
  }

  /** As the development node keeps it. */
  private CustodianSecret secret(String kind, String name) throws IOException {
    Path file = home.resolve("data").resolve("dev").resolve(kind).resolve(name + ".key");
    return CustodianSecret.of(Files.readString(file).strip());
  }

  private String balance(String account, String asset) {
    NovationClient owner = account.equals("savings") ? honest : thief;
    return await(owner.account(account)).getAccount().getBalancesList().stream()
        .filter(each -> each.getAsset().equals(asset))
        .map(each -> each.getAmount())
        .findAny()
        .orElse("0");
  }

  private String cash(String account) {
    return balance(account, "USDC");
  }

  // ---- asking

  private NovationClient as(String name) throws IOException {
    NovationClient client =
        NovationClient.connect(Target.local(home.resolve("data"), node.port(), name));
    clients.add(client);
    return client;
  }

  private static CallFailed refusal(ThrowingCallable call) {
    CallFailed failed = catchThrowableOfType(CallFailed.class, call);
    assertThat(failed).as("it is refused").isNotNull();
    return failed;
  }

  private static void assertRefused(String code, ThrowingCallable call) {
    assertThat(refusal(call).code()).isEqualTo(code);
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void eventually(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
