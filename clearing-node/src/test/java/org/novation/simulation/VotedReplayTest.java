package org.novation.simulation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.auth.DevKeys;
import org.novation.api.client.NovationClient;
import org.novation.custody.Custodian;
import org.novation.custody.CustodianSecret;
import org.novation.node.Engine;
import org.novation.node.InstrumentConfig;
import org.novation.node.Node;
import org.novation.node.NodeSettings;
import org.novation.node.clockwork.Clockwork;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Amendment;
import org.novation.protocol.v1.CastVoteRequest;
import org.novation.protocol.v1.ExecuteProposalRequest;
import org.novation.protocol.v1.FigureText;
import org.novation.protocol.v1.GetProposalRequest;
import org.novation.protocol.v1.ProposeRequest;
import org.novation.protocol.v1.StakeTokensRequest;
import org.novation.protocol.v1.VoteChoice;

/**
 * A vote's result is the same on replay: a tape in whose middle a proposal is staked, voted, waited
 * for and executed, and which then falls while the requirement it raised is on its way, comes to
 * one end.
 */
final class VotedReplayTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final InstrumentConfig CONFIG = InstrumentConfig.in(HOME.resolve("config"));
  private static final long START_MS = 1_700_000_000_000L;
  private static final long HALF_A_DAY_MS = 12 * 3_600_000L;
  private static final int STEPS = 36;
  private static final int PROPOSED_AT = 4;
  private static final int EXECUTED_AT = PROPOSED_AT + 17; // Five days of votes, three of waiting.
  private static final int FALLS_FROM = STEPS - 8; // Halfway up the ramp.
  private static final int ACCOUNTS = 40;
  private static final long SEED = 5;

  /** In the brackets that there are: almost as much as initial margin. */
  private static final String MAINTENANCE =
      "0:22000,150000000000000:45000,500000000000000:90000,1500000000000000:180000";

  @TempDir private Path directory;

  @Test
  void aVoteInTheMiddleOfATapeHasOneEndHoweverTheMachineSchedules() throws Exception {
    String first = run(directory.resolve("first"), true);
    assertThat(inAnotherProcess(directory.resolve("second"))).isEqualTo(first);
    assertThat(run(directory.resolve("without"), false)).isNotEqualTo(first);
  }

  /** Where hashes that differ from one JVM to the next differ. */
  private static String inAnotherProcess(Path directory) throws IOException, InterruptedException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Path end = Files.createDirectories(directory).resolve("end");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                VotedReplayTest.class.getName(),
                directory.toString(),
                end.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.waitFor()).isZero();
    return Files.readString(end);
  }

  /** The other process. */
  public static void main(String... arguments) throws IOException {
    Files.writeString(Path.of(arguments[1]), run(Path.of(arguments[0]), true));
  }

  /** The state in the end, the hash of what was voted, and that of the whole journal. */
  private static String run(Path directory, boolean votes) throws IOException {
    Tape tape = Tape.open(write(Files.createDirectories(directory)));
    Map<String, BigDecimal> first = new TreeMap<>();
    tape.facts().symbols().forEach((symbol, range) -> first.put(symbol, range.first()));
    HouseClock clock = new HouseClock(START_MS);
    Clockwork clockwork = new Clockwork(START_MS);
    NodeSettings dev = NodeSettings.read(HOME.resolve("config"), "dev", Map.of());
    NodeSettings settings =
        NodeSettings.local(
                directory,
                new StoreConfig.H2Scratch(directory.resolve("novation")),
                CONFIG.catalogue())
            .withGovernance(requireNonNull(dev.governance()).withCouncil(council(), 2))
            .withClock(clock)
            .withEngine(Engine.of(clockwork, false));
    try (TickSource ticks = tape.ticks();
        Node node = Node.start(settings)) {
      long strays = clockwork.strays();
      try (NodeExchange house = NodeExchange.connect(node, clockwork, clock, SEED)) {
        Replay.Plan plan =
            new Replay.Plan(
                ticks,
                tape.facts().steps(),
                START_MS,
                first,
                CONFIG.catalogue(),
                null,
                ACCOUNTS,
                2,
                SEED,
                Long.MAX_VALUE);
        String read = "";
        Tally.Result result;
        try (Vote vote = new Vote(node, house, clock)) {
          result = Replay.run(plan, house, votes ? vote : Progress.NONE, System::nanoTime);
          read = vote.hash;
        }
        assertThat(result.novated()).isGreaterThan(100);
        assertThat(result.margin().liquidationTriggers()).isPositive();
        assertThat(node.catalogue().version()).isEqualTo(votes ? 2 : 1);
        assertThat(Books.verdict(node).hold()).isTrue();
        assertThat(clockwork.strays()).isEqualTo(strays);
        String state = FinalState.sha256(house.allAccounts(), house.fund(), house.allWaves());
        return state + ' ' + read + ' ' + JournalBytes.sha256(node);
      }
    }
  }

  /** Of the same keys in each run. */
  private static List<Custodian> council() {
    return Stream.of("a", "b", "c")
        .map(digit -> new Custodian(digit, CustodianSecret.of(digit.repeat(64)).publicKey()))
        .toList();
  }

  private static Path write(Path directory) throws IOException {
    StringBuilder lines = new StringBuilder(Tape.HEADER).append('\n');
    for (int step = 0; step < STEPS; step++) {
      long timeMs = START_MS + step * HALF_A_DAY_MS;
      int fallen = Math.max(0, step - FALLS_FROM);
      lines.append(timeMs).append(",BTC,").append(60_000 - fallen * 1_500).append('\n');
      lines.append(timeMs).append(",ETH,").append(3_000 - fallen * 80).append('\n');
    }
    return Files.writeString(directory.resolve("tape.csv"), lines);
  }

  /** One voter's way through a vote, between steps of the tape. */
  private static final class Vote implements Progress, AutoCloseable {
    private final NodeExchange house;
    private final HouseClock clock;
    private final NovationClient operator;
    private final NovationClient alice;
    private String hash = "";

    Vote(Node node, NodeExchange house, HouseClock clock) throws IOException {
      this.house = house;
      this.clock = clock;
      DevKeys keys = requireNonNull(node.devKeys());
      this.operator = node.client(Files.readString(keys.token("operator")).strip());
      this.alice = node.client(Files.readString(keys.token("alice")).strip());
    }

    @Override
    public void doing(String what) {
      // Nobody listens.
    }

    @Override
    public void step(long done, long total, long trades, long triggers) {
      if (done == PROPOSED_AT) propose();
      if (done == EXECUTED_AT) execute();
    }

    @Override
    public void close() {
      operator.close();
      alice.close();
    }

    private void propose() {
      await(alice.openAccount("voter", ""));
      await(operator.deposit("tokens", "voter", "NOVA", "100000"));
      await(
          alice.stake(
              StakeTokensRequest.newBuilder()
                  .setCommandId("stake")
                  .setIssuedAtMs(clock.getAsLong())
                  .setAccountId("voter")
                  .setAmount("90000")
                  .build()));
      await(
          alice.propose(
              ProposeRequest.newBuilder()
                  .setProposalId("p")
                  .setIssuedAtMs(clock.getAsLong())
                  .setAccountId("voter")
                  .setTitle("dearer")
                  .setText("all of it")
                  .setDeposit("10000")
                  .addAllAmendments(
                      List.of(
                          amendment("fees/house", "tradePpm", "500"),
                          amendment("contract/BTC-PERP", "maintenance", MAINTENANCE)))
                  .build()));
      hash =
          await(
                  alice.proposal(
                      GetProposalRequest.newBuilder().setProposalId("p").setVoter("voter").build()))
              .getSha256();
      await(
          alice.castVote(
              CastVoteRequest.newBuilder()
                  .setCommandId("vote")
                  .setIssuedAtMs(clock.getAsLong())
                  .setProposalId("p")
                  .setAccountId("voter")
                  .setChoice(VoteChoice.VOTE_CHOICE_IN_FAVOUR)
                  .setSha256(hash)
                  .build()));
    }

    private static Amendment amendment(String path, String figure, String text) {
      return Amendment.newBuilder()
          .setPath(path)
          .setBaseVersion(1)
          .addFigures(FigureText.newBuilder().setName(figure).setText(text))
          .build();
    }

    private void execute() {
      await(
          alice.executeProposal(
              ExecuteProposalRequest.newBuilder()
                  .setCommandId("execute")
                  .setIssuedAtMs(clock.getAsLong())
                  .setProposalId("p")
                  .build()));
    }

    private <A> A await(CompletableFuture<A> answer) {
      while (!answer.isDone()) house.settle();
      return answer.join();
    }
  }
}
