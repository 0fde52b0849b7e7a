package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.governance.House.DAY;
import static org.novation.governance.House.NOW;
import static org.novation.governance.House.UNIT;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit.CommandResultWithReply;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.ManualHouseTime;
import org.novation.governance.GovernanceActor.Answer;
import org.novation.governance.GovernanceActor.Command;
import org.novation.governance.GovernanceActor.Decide;
import org.novation.governance.GovernanceActor.Done;
import org.novation.governance.GovernanceActor.Find;
import org.novation.governance.GovernanceActor.Found;
import org.novation.governance.GovernanceActor.ListProposals;
import org.novation.governance.GovernanceActor.Listed;
import org.novation.governance.GovernanceActor.Move;
import org.novation.governance.GovernanceActor.Moved;
import org.novation.governance.GovernanceActor.Published;
import org.novation.governance.GovernanceActor.Refused;
import org.novation.governance.GovernanceActor.Summary;
import org.novation.governance.GovernanceCommand.Execute;
import org.novation.governance.GovernanceCommand.Propose;
import org.novation.governance.GovernanceCommand.Stake;
import org.novation.governance.GovernanceCommand.Vote;

/** The shell: every command, answer and event goes through its serializer on the way. */
final class GovernanceActorTest {
  private static final Config CONFIG =
      EventSourcedBehaviorTestKit.config()
          .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
          .withFallback(ConfigFactory.load())
          .resolve();
  private static final ActorTestKit KIT = ActorTestKit.create(CONFIG);

  private final ManualHouseTime time = new ManualHouseTime(NOW);
  private final List<Published> published = new CopyOnWriteArrayList<>();
  private final List<Move> moves = new CopyOnWriteArrayList<>();
  private final Map<String, Moved> answers = new ConcurrentHashMap<>();
  private final List<Summary> told = new CopyOnWriteArrayList<>();
  private final EventSourcedBehaviorTestKit<Command, GovernanceEvent, Governance> house =
      EventSourcedBehaviorTestKit.create(
          KIT.system(),
          GovernanceActor.create(
              new GovernanceActor.Surroundings(
                  time, House::parameters, published::add, told::add, this::move)),
          EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyState(false));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @Test
  void beginsWithWhatIsConfiguredAndSaysIt() {
    assertThat(read().proposals()).isEmpty();
    ParameterSet said = ParameterSet.of(1, published.getFirst().settings());
    assertThat(said).isEqualTo(house.getState().parameters());
    assertThat(said.voted()).isEqualTo(House.parameters());
  }

  @Test
  void putsAVoteInForceAndComesBackTheSame() {
    read();
    assertThat(ask(new Stake("s", NOW, "anna", 1_000_000 * UNIT))).isInstanceOf(Done.class);
    Amendment band = House.amend(house.getState(), "contract/BTC-PERP", "bandPpm", "60000");
    ask(new Propose("p", NOW, "anna", "t", "why", List.of(band), 10_000 * UNIT));
    Found found =
        (Found) house.<Answer>runCommand(replyTo -> new Find("p", "anna", replyTo)).reply();
    String sha256 = house.getState().proposals().values().iterator().next().sha256();
    assertThat(found.proposal()).isNotNull();
    Vote vote = new Vote("v", NOW, "p", "anna", Choice.IN_FAVOUR, sha256);
    assertThat(ask(vote)).isInstanceOf(Done.class);
    assertThat(ask(vote)).as("a retry").isEqualTo(new Done(1, List.of()));
    time.advance(5 * DAY); // The alarm counts the votes.
    assertThat(read().proposals().getFirst().stage().name()).isEqualTo("Timelocked");
    assertThat(ask(new Execute("x", NOW, "p")))
        .isEqualTo(new Refused(new Refusal.TimelockHolds("p", NOW + 8 * DAY)));
    time.advance(3 * DAY);
    published.clear();
    assertThat(ask(new Execute("x", NOW, "p"))).isInstanceOf(Done.class);
    assertThat(published.getFirst().version()).isEqualTo(2);
    assertThat(told.stream().map(each -> each.at().getClass().getSimpleName()).distinct())
        .containsExactly("Voting", "Timelocked", "Executed");
    Governance live = house.getState();
    assertThat(house.restart().state()).isEqualTo(live);
    assertThat(GovernanceSnapshot.of(live).governance()).isEqualTo(live);
  }

  @Test
  void asksAnAccountForTokensUntilItAnswersAndTellsTheVoterWhatItSaid() {
    read();
    answers.put("poor", new Moved.Refused("it has none"));
    assertThat(ask(new Stake("s1", NOW, "poor", UNIT)))
        .isEqualTo(new Refused(new Refusal.StakeNotTaken("poor", "it has none")));
    assertThat(house.getState().stakes()).isEqualTo(Stakes.NONE);
    answers.put("poor", new Moved.Done());
    assertThat(ask(new Stake("s1", NOW, "poor", UNIT))).isInstanceOf(Done.class);
    assertThat(house.getState().stakes().stakedMicros("poor")).isEqualTo(UNIT);
    assertThat(moves).extracting(Move::id).doesNotHaveDuplicates().hasSize(2);
  }

  @Test
  void givesTokensBackUnderTheSameNameUntilTheAccountHasThemAlsoAfterAnEnd() {
    read();
    ask(new Stake("s1", NOW, "anna", 2 * UNIT));
    ask(new GovernanceCommand.Unstake("u1", NOW, "anna", 2 * UNIT));
    answers.put("anna", new Moved.Unknown());
    moves.clear();
    time.advance(14 * DAY);
    eventually(() -> moves.size() == 1);
    assertThat(house.getState().stakes().heldMicros()).isEqualTo(2 * UNIT);
    answers.put("anna", new Moved.Done());
    house.restart();
    eventually(() -> house.getState().stakes().heldMicros() == 0);
    assertThat(moves.stream().distinct()).hasSize(1);
    assertThat(moves.getFirst())
        .isEqualTo(new Move(moves.getFirst().id(), "anna", false, 2 * UNIT));
  }

  @Test
  void whoseAccountTakesNothingBackKeepsNobodyElseWaiting() {
    read();
    int many = GovernanceActor.MOVING_MAX + 1;
    for (int n = 0; n <= many; n++) ask(new Stake("s", NOW, "v" + n, UNIT));
    for (int n = 0; n <= many; n++) ask(new GovernanceCommand.Unstake("u", NOW, "v" + n, UNIT));
    for (int n = 0; n < many; n++) answers.put("v" + n, new Moved.Refused("it is closed"));
    moves.clear();
    time.advance(14 * DAY);
    eventually(() -> house.getState().stakes().heldMicros() == many * UNIT);
    assertThat(moves).as("each is tried once a round").hasSizeLessThanOrEqualTo(2 * (many + 1));
    answers.clear();
    eventually(() -> house.getState().stakes().heldMicros() == 0);
  }

  private static void eventually(BooleanSupplier holds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void comesBackFromASnapshot() {
    read();
    for (int n = 0; n < 520; n++) ask(new Stake("s" + n, NOW, "v" + n % 7, UNIT));
    Governance live = house.getState();
    assertThat(house.restart().state()).isEqualTo(live);
  }

  /** Every message between nodes has at most 256 KiB, and titles and acts are what people write. */
  @Test
  void tellsOfEverythingInPagesThatReachEveryNode() throws Exception {
    read();
    ask(new Stake("s", NOW, "anna", 1_000_000 * UNIT));
    List<Amendment> wide = new ArrayList<>();
    for (String path : List.of("oracles/BTC", "oracles/ETH"))
      wide.add(House.amend(house.getState(), path, "names", names(64)));
    for (int n = 0; n < 20; n++) {
      ask(new Propose("p" + n, NOW, "anna", "\u20ac".repeat(200), "x", wide, 10_000 * UNIT));
      ask(new GovernanceCommand.Withdraw("w" + n, NOW, "p" + n, "anna"));
    }
    for (int n = 0; n < 60; n++)
      ask(new Propose("q" + n, NOW, "anna", "\u20ac".repeat(200), "x", wide, 10_000 * UNIT));
    Amendment halt =
        House.amend(house.getState(), "halt/*", "tradingUntilMs", Long.toString(NOW + DAY));
    for (int n = 0; n < 10; n++)
      ask(
          ((GovernanceCommand.OfCouncil)
              House.signed(
                  new GovernanceCommand.Tighten(
                      "t" + n, NOW, "k" + (1 + n % 5), "r", List.of(halt), ""))));
    Listed all = null;
    Serialization serialization = SerializationExtension.get(KIT.system());
    for (int page = 0; all == null || all.more(); page++) {
      int number = page;
      Listed next =
          (Listed) house.<Answer>runCommand(replyTo -> new ListProposals(number, replyTo)).reply();
      assertThat(serialization.serialize(next).get().length).isLessThan(200 * 1024);
      all = all == null ? next : all.and(next);
    }
    assertThat(all.proposals()).hasSize(80);
    assertThat(all.proposals().getFirst().id()).isEqualTo("q59");
    assertThat(all.acts()).hasSize(10);
  }

  private static String names(int many) {
    return IntStream.range(0, many)
        .mapToObj(n -> "o" + n + "x".repeat(60 - (n < 10 ? 0 : 1)))
        .collect(Collectors.joining(","));
  }

  private CompletionStage<Moved> move(Move move) {
    moves.add(move);
    return CompletableFuture.completedFuture(
        answers.getOrDefault(move.account(), new Moved.Done()));
  }

  private Answer ask(GovernanceCommand.Asked command) {
    CommandResultWithReply<Command, GovernanceEvent, Governance, Answer> result =
        house.runCommand(replyTo -> new Decide(command, replyTo));
    return result.reply();
  }

  private Listed read() {
    return (Listed) house.<Answer>runCommand(replyTo -> new ListProposals(0, replyTo)).reply();
  }
}
