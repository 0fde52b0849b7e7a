package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.EdgeNode;
import org.novation.api.auth.Role;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy.Kind;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.ReceiptJson;
import org.novation.deleveraging.WaveSummary;

/** The commands that ask a node, against a real server with a fake trade behind it. */
final class ClientCommandsTest {
  private static EdgeNode node;

  private record Answer(int code, String out, String err) {
    JsonNode json() throws Exception {
      return new ObjectMapper().readTree(out);
    }
  }

  @BeforeAll
  static void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @BeforeEach
  void forget() {
    node.trade.forwarded.clear();
    node.trade.outcome = new Outcome.Novated(1_700_000_000_000L);
    node.trade.refusal = null;
  }

  @Test
  void opensAccountForMember() {
    Answer answer = run("operator", "account", "open", "a-9", "--member", "alice");
    assertThat(answer.code()).isZero();
    assertThat(answer.out()).startsWith("a-9 of alice, open since 1970-01-01T00:00:01Z");
    assertThat(node.trade.forwarded).containsExactly("open a-9 for alice");
  }

  @Test
  void depositsUnderTheIdThatWasSaid() throws Exception {
    Answer answer =
        run("custodian", "account", "deposit", "a-1", "12.5", "BTC", "--id", "d-1", "--json");
    assertThat(answer.code()).isZero();
    assertThat(answer.json().get("balance").asText()).isEqualTo("12.5");
    assertThat(answer.err()).isEmpty();
    assertThat(node.trade.forwarded).containsExactly("deposit d-1: 1250000000 BTC to a-1");
  }

  @Test
  void saysHowToRepeatDepositWhoseIdItMadeUp() {
    Answer answer = run("custodian", "account", "deposit", "a-1", "5");
    assertThat(answer.code()).isZero();
    assertThat(answer.out()).isEqualTo("a-1 holds 5 USDC\n");
    assertThat(answer.err()).contains("to try again, say --id cli-");
  }

  @Test
  void showsAccountAsTablesWithFiguresToTheRight() {
    Answer answer = run("alice", "account", "show", "a-1");
    assertThat(answer.code()).isZero();
    assertThat(answer.err()).isEmpty();
    assertThat(answer.out().lines())
        .contains(
            "a-1 of alice: healthy, allowed: anything",
            "equity                     12,000.00",
            "  cash                     10,000.00",
            "free collateral             7,000.00")
        .noneMatch(line -> line.endsWith(" "));
  }

  @Test
  void showsEveryTermOnRequest() {
    assertThat(run("alice", "account", "show", "a-1", "--terms").out()).contains("= 2 x 50000");
  }

  @Test
  void showsAccountToProgramsWithEveryFigureExact() throws Exception {
    Answer answer = run("alice", "account", "show", "a-1", "--json");
    assertThat(answer.json().get("equity").asText()).isEqualTo("12000");
    assertThat(answer.json().at("/positions/0/costBasis").asText()).isEqualTo("98000");
    assertThat(answer.json().get("maxLeverage").asInt(-1)).isZero();
  }

  @Test
  void listsAccountsUpToTheLimit() {
    Answer answer = run("auditor", "account", "list", "--limit", "2");
    assertThat(answer.out().lines().skip(1))
        .containsExactly(
            "a-1      alice   1970-01-01T00:00:00Z", "a-2      alice   1970-01-01T00:00:00Z");
    assertThat(answer.err()).isEqualTo("there are more: raise --limit\n");
  }

  @Test
  void watchesAccountForAsManyStatesAsWereSaid() {
    Answer answer = run("alice", "account", "watch", "a-1", "--count", "1");
    assertThat(answer.code()).isZero();
    assertThat(answer.out()).contains("#1  healthy  equity 12,000.00");
  }

  @Test
  void showsTheInsuranceFundWithItsCaps() throws Exception {
    Answer answer = run("alice", "fund", "show");
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.out().lines())
        .contains(
            "available                              30.00",
            "paid                                  120.00",
            "deleveraging may start                   yes",
            "for one account in 60 minutes   2,000,000.00",
            "worst move of every price                 -30 %",
            "the fund would lack                       10.00")
        .noneMatch(line -> line.endsWith(" "));
    Answer json = run("alice", "fund", "show", "--json");
    assertThat(json.json().at("/coverTwo/shortfall").asText()).isEqualTo("10");
    assertThat(json.json().get("houseTranche").asText()).isEqualTo("0");
  }

  @Test
  void listsTheHistoryOfTheFundUpToTheLimit() {
    Answer answer = run("auditor", "fund", "history", "--limit", "3");
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.out().lines().skip(1))
        .hasSize(3)
        .element(2)
        .asString()
        .matches("3 +1970-\\S+ +draw reserved of 140.00 \\(event cap\\) +l +b +-130.00 .*");
    assertThat(answer.err()).isEqualTo("there are more: raise --limit\n");
    assertThat(run("auditor", "fund", "history").out().lines()).hasSize(6);
  }

  @Test
  void watchesTheFundForAsManyStatesAsWereSaid() {
    Answer answer = run("voter", "fund", "watch", "--count", "1");
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(answer.out()).contains("#5  available 30.00  reserved 0.00  paid 120.00");
  }

  @Test
  void contributesUnderTheIdThatWasSaidAndSaysHowToRepeatOneThatItMadeUp() {
    Answer answer = run("operator", "fund", "contribute", "2.5", "--id", "h-1");
    assertThat(answer.out()).isEqualTo("the house's tranche holds 102.5\n");
    assertThat(answer.err()).isEmpty();
    assertThat(node.trade.forwarded).containsExactly("contribute h-1: 2500000");
    assertThat(run("operator", "fund", "contribute", "1").err())
        .contains("to try again, say --id cli-");
    assertThat(run("alice", "fund", "contribute", "1").code()).isEqualTo(1);
  }

  @Test
  void pausesAnOperationAndLiftsThePause() {
    String[] set = "brake set trading BTC-PERP --id p-1 --until-ms 5 --reason drill".split(" ");
    Answer paused = run("operator", set);
    assertThat(paused.code()).isZero();
    assertThat(paused.out())
        .isEqualTo("trading of BTC-PERP is paused until 1970-01-01T00:00:00Z\n");
    Answer lifted =
        run("operator", "brake clear withdrawals all --id p-2 --reason over".split(" "));
    assertThat(lifted.out()).isEqualTo("withdrawals of all goes on\n");
    assertThat(node.trade.forwarded)
        .containsExactly(
            "ask Set[id=p-1, operation=TRADING, market=BTC-PERP, untilMs=5, reason=drill,"
                + " operator=operator]",
            "ask Clear[id=p-2, operation=WITHDRAWALS, market=*, reason=over, operator=operator]");
  }

  @Test
  void pausesForATimeAsPeopleWriteIt() {
    long before = System.currentTimeMillis();
    String set = "brake set adl all --id p-3 --reason drill --for ";
    Answer paused = run("operator", (set + "1h30m").split(" "));
    assertThat(paused.err()).contains("pause p-3: to try again, say --id p-3 --until-ms ");
    String asked = String.valueOf(node.trade.forwarded.poll());
    long until = Long.parseLong(asked.replaceAll(".*untilMs=(\\d+),.*", "$1"));
    assertThat(until).isBetween(before + 5_400_000, System.currentTimeMillis() + 5_400_000);
    assertThat(run("operator", (set + "soon").split(" ")).code()).isEqualTo(2);
    assertThat(run("operator", (set + "-5m").split(" ")).code()).isEqualTo(2);
  }

  @Test
  void listsWhatIsPausedAndWhy() {
    assertThat(run("auditor", "brake", "list").out().lines().skip(1))
        .containsExactly(
            "trading    BTC-PERP  2023-11-14T22:13:20Z  carol  bad index",
            "adl        *         lifted                carol  drill");
  }

  @Test
  void refusesAPauseOfWhatIsNotThereOrWithoutAReason() {
    for (String set :
        List.of(
            "brake set trading DOGE-PERP --reason drill",
            "brake set withdrawals BTC-PERP --reason drill",
            "brake set trading BTC --reason drill",
            "brake set everything all --reason drill",
            "brake set trading all")) {
      assertThat(run("operator", set.split(" ")).code()).as(set).isEqualTo(2);
    }
    assertThat(run("operator", "brake", "set", "adl", "all", "--reason", " ").err())
        .contains("say why in 1 to 200 characters of one line");
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void submitsTradeInTheOrderThatItIsSpoken() {
    Answer answer =
        run(
            "venue-1",
            "trade",
            "submit",
            "BTC-PERP",
            "0.5",
            "60000",
            "--buyer",
            "a-1",
            "--seller",
            "b-1",
            "--id",
            "t-1",
            "--executed-at-ms",
            "1000");
    assertThat(answer.code()).isZero();
    assertThat(answer.out())
        .isEqualTo("novated at 2023-11-14T22:13:20Z: a-1 buys 0.5 BTC-PERP from b-1 at 60000\n");
    assertThat(node.trade.forwarded)
        .containsExactly(
            "submit venue-1/t-1: a-1 buys 500 lots of BTC-PERP at 600000 ticks from b-1");
  }

  @Test
  void refusalIsOneLineAndExitCodeOne() {
    node.trade.outcome =
        new Outcome.Refused(new Rejection.InsufficientMargin("a-1", 1_500_000, 250_000));
    Answer answer = submit("0.5", "--id", "t-1", "--executed-at-ms", "1000");
    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.out()).isEmpty();
    assertThat(answer.err())
        .isEqualTo(
            "novation trade submit: INSUFFICIENT_MARGIN: a-1 needs 1.5 of margin and has 0.25"
                + " free\n");
  }

  @Test
  void refusalReachesProgramsWithItsNumbers() throws Exception {
    node.trade.outcome =
        new Outcome.Refused(new Rejection.InsufficientMargin("a-1", 1_500_000, 250_000));
    Answer answer = submit("0.5", "--id", "t-1", "--executed-at-ms", "1000", "--json");
    JsonNode error = new ObjectMapper().readTree(answer.err()).get("error");
    assertThat(error.get("reason").asText()).isEqualTo("INSUFFICIENT_MARGIN");
    assertThat(error.at("/numbers/required").asText()).isEqualTo("1.5");
  }

  @Test
  void wrongInputIsOneLineAndExitCodeTwo() {
    Answer answer = submit("NaN", "--id", "t-1", "--executed-at-ms", "1000");
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err())
        .startsWith("novation trade submit: MALFORMED: trade.quantity: ")
        .hasLineCount(1);
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void missingOptionIsOneLineAndExitCodeTwo() {
    Answer answer = run("venue-1", "trade", "submit", "BTC-PERP", "1", "60000", "--buyer", "a-1");
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).contains("--seller").hasLineCount(1);
  }

  @Test
  void nodeThatIsNotThereIsExitCodeThreeAndSaysWhatToDo() {
    Answer answer =
        execute(
            "account",
            "show",
            "a-1",
            "--endpoint",
            "localhost:1",
            "--tls-ca",
            node.keys.authority().toString(),
            "--token-file",
            node.keys.token("alice").toString());
    assertThat(answer.code()).isEqualTo(3);
    assertThat(answer.err()).contains("localhost:1").contains("novation serve").hasLineCount(1);
  }

  @Test
  void unknownOutcomeIsExitCodeThree() {
    node.trade.outcome = new Outcome.Unavailable("a shard moves");
    Answer answer = submit("0.5", "--id", "t-1", "--executed-at-ms", "1000");
    assertThat(answer.code()).isEqualTo(3);
    assertThat(answer.err()).contains("retry with the same id").hasLineCount(1);
  }

  @Test
  void missingTokenSaysWhatToDo() {
    Answer answer =
        execute(
            "account",
            "list",
            "--tls-ca",
            node.keys.authority().toString(),
            "--token-file",
            "nowhere");
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).contains("nowhere").contains("novation serve").hasLineCount(1);
  }

  @Test
  void findsTrade() {
    Answer answer = run("operator", "trade", "get", "t-1", "--account", "a-1");
    assertThat(answer.code()).isZero();
    assertThat(answer.out()).contains("realised by a-1  -2.5").containsPattern("fee paid +50\n");
    assertThat(run("operator", "trade", "get", "t-2", "--account", "a-1").code()).isEqualTo(1);
  }

  @Test
  void previewsTrade() {
    Answer answer = run("alice", "trade", "preview", "a-1", "sell", "BTC-PERP", "1", "50000");
    assertThat(answer.out()).startsWith("would be taken\nfor a fee of 25 USDC: 0 % of");
    assertThat(node.trade.forwarded).containsExactly("preview a-1: -1000 BTC-PERP at 500000");
  }

  @Test
  void previewsAProposalOrWhatNobodyHasProposedButNotBoth() {
    for (String[] wrong :
        List.of(
            new String[] {"gov", "preview"},
            new String[] {"gov", "preview", "p1", "--set", "fees/house/tradePpm=1"})) {
      Answer answer = run("alice", wrong);
      assertThat(answer.code()).isEqualTo(2);
      assertThat(answer.err()).contains("say a proposal, or by --set or --file").hasLineCount(1);
    }
    Answer unknown = run("alice", "gov", "preview", "--set", "fees/house/tradePpm=1");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("fees/house").hasLineCount(1);
  }

  @Test
  void publishesPrice() {
    Answer answer = run("oracle-1", "price", "publish", "BTC", "60000.5");
    assertThat(answer.code()).isZero();
    assertThat(answer.out()).isEqualTo("published BTC 60000.5\n");
    assertThat(node.trade.forwarded).hasSize(1);
  }

  @Test
  void showsAndListsMarkets() {
    assertThat(run("alice", "market", "show", "BTC-PERP").out().lines())
        .anyMatch(line -> line.matches("mark +50000"))
        .anyMatch(line -> line.matches("funding per 8 h +0.01 %"))
        .contains(" 1,000,000.00     10 %          5 %");
    assertThat(run("alice", "market", "list").out().lines()).hasSize(3);
    assertThat(run("alice", "market", "watch", "ETH-PERP", "--count", "1").code()).isZero();
  }

  private static Answer submit(String quantity, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "trade",
                "submit",
                "BTC-PERP",
                quantity,
                "60000",
                "--buyer",
                "a-1",
                "--seller",
                "b-1"));
    args.addAll(List.of(more));
    return run("venue-1", args.toArray(String[]::new));
  }

  @Test
  void listsWhatIsVotedAndProposesWhatIsSet() {
    assertThat(run("voter", "gov", "list").out()).contains("p-1", "voting", "a band");
    Answer proposed =
        run(
            "alice",
            "gov",
            "propose",
            "--account",
            "a-1",
            "--deposit",
            "10000",
            "--title",
            "t",
            "--set",
            "contract/BTC-PERP/halt.movePpm=90000",
            "--id",
            "p-2",
            "--issued",
            "1000");
    assertThat(proposed.err()).isEmpty();
    assertThat(node.trade.forwarded)
        .anyMatch(
            said ->
                said.contains("Propose[id=p-2, issuedAtMs=1000, proposer=a-1")
                    && said.contains("figure=halt.movePpm, text=90000"));
  }

  @Test
  void saysInOneLineWhatIsWrongWithAVoteAndWithWhatIsSet() {
    Answer vote =
        run(
            "alice",
            "gov",
            "vote",
            "p-1",
            "maybe",
            "--account",
            "a-1",
            "--id",
            "v",
            "--issued",
            "1000");
    assertThat(vote.code()).isEqualTo(2);
    assertThat(vote.err()).hasLineCount(1).contains("vote for, against or abstain");
    Answer set =
        run(
            "alice",
            "gov",
            "propose",
            "--account",
            "a-1",
            "--deposit",
            "1",
            "--set",
            "band",
            "--id",
            "p",
            "--issued",
            "1000");
    assertThat(set.code()).isEqualTo(2);
    assertThat(set.err()).hasLineCount(1).contains("--set PATH/FIGURE=VALUE");
  }

  @Test
  void showsHowNearAnAccountIsToBeingDeleveraged() {
    assertThat(run("alice", "adl", "rank", "a-1").out().lines().skip(1))
        .containsExactly("BTC-PERP        -2        2.50     4  40   *****");
  }

  @Test
  void listsWavesNewestFirstAndSaysWhenThereAreMore() {
    node.trade.wave =
        new WaveSummary(
            1,
            "main-1",
            "ab",
            Kind.QUEUE,
            1_000,
            0,
            5_000_000,
            9,
            3,
            4,
            2,
            0,
            7,
            1,
            1,
            0,
            0,
            0,
            List.of(),
            3_250_000);
    Answer answer = run("voter", "adl", "waves", "--limit", "1");
    assertThat(answer.out())
        .contains("main-1", "1970-01-01T00:00:01Z", "3.25", "5.00", "under way", "9", "7");
    assertThat(answer.err()).isEqualTo("there are more: raise --limit\n");
    node.trade.wave = null;
  }

  /** Fetched from a node and decided again without one. */
  @Test
  void fetchesAReceiptThatVerifies(@TempDir Path directory) {
    AdlInput input =
        new AdlInput(
            "main-1",
            "main",
            "loser",
            1,
            1,
            Kind.PRO_RATA,
            0,
            9,
            0,
            100,
            List.of(new Exposure("BTC-PERP", 1, 5, 700, 900, 1_000, 1)),
            List.of(new Candidate("BTC-PERP", "anna", 11, -4, -3_900, 300, 0, 5_000, 4, 90, 0)));
    node.trade.receipt = ReceiptJson.write(Receipt.of(input)).getBytes(StandardCharsets.UTF_8);
    Path file = directory.resolve("receipt.json");
    assertThat(run("bob", "adl", "receipt", "main-1", "--out", file.toString()).code()).isZero();
    assertThat(execute("adl", "verify", file.toString()).out()).startsWith("equal: wave main-1");
    assertThat(run("bob", "adl", "receipt", "main-1").out()).contains(Receipt.of(input).sha256());
    Answer none = run("bob", "adl", "receipt", "main-9", "--out", directory + "/none.json");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("UNKNOWN_WAVE");
    assertThat(directory.resolve("none.json")).doesNotExist();
  }

  @Test
  void listsShowsAndWatchesAuctions() throws Exception {
    Answer list = run("operator", "auction", "list");
    assertThat(list.code()).isZero();
    assertThat(list.out().lines())
        .contains(
            "auction  legs                        notional  discount   free  bids                 "
                + " ends",
            "l.1      2 BTC-PERP, -10 ETH-PERP  200,000.00       1 %  100 %     0 "
                + " 1970-01-01T00:17:50Z");
    Answer show = run("operator", "auction", "show", "l.2");
    assertThat(show.out())
        .contains("account version", "discount now", "1 %, 2,000.00", "1970-01-01T00:17:10Z");
    assertThat(run("operator", "auction", "show", "l.2", "--json").json().get("accountVersion"))
        .isNotNull();
    Answer watch = run("auditor", "auction", "watch", "--count", "2");
    assertThat(watch.code()).isZero();
    assertThat(watch.out().lines()).hasSize(2).allMatch(line -> line.contains("open"));
  }

  @Test
  void bidsForAnAuctionAsALiquidator() throws Exception {
    Files.writeString(
        node.keys.token("alice-liquidator"),
        node.keys
            .issuer()
            .issue("alice", Set.of(Role.LIQUIDATOR), Instant.now(), Duration.ofHours(1)));
    Answer answer =
        run("alice-liquidator", "auction", "bid", "l.2", "--account", "a-1", "--quantity", "0.5");
    assertThat(answer.err()).contains("to try again, say --id cli-");
    assertThat(answer.out())
        .isEqualTo(
            "a-1 takes 0.5 BTC-PERP at 50000\nand 500.00, 1.00 of it from the insurance fund\n");
    Answer refused =
        run(
            "alice-liquidator",
            "auction",
            "bid",
            "l.2",
            "--account",
            "a-1",
            "--fraction",
            "0.5",
            "--minimum-discount",
            "0.02");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("the discount is 0.01, less than 0.02");
    assertThat(run("operator", "auction", "bid", "l.2", "--account", "a-1").code()).isEqualTo(2);
  }

  private static Answer run(String as, String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--endpoint", "localhost:" + node.port()));
    all.addAll(List.of("--tls-ca", node.keys.authority().toString()));
    all.addAll(List.of("--token-file", node.keys.token(as).toString()));
    return execute(all.toArray(String[]::new));
  }

  private static Answer execute(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    return new Answer(code, out.toString(), err.toString());
  }
}
