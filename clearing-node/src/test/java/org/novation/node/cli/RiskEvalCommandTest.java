package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

final class RiskEvalCommandTest {
  private static final Path EXAMPLE = Path.of("..", "config", "examples", "risk-eval.json");

  @TempDir private Path directory;

  private record Answer(int code, String out, String err) {
    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(out);
    }
  }

  /** Risk rules, section 15, number 1. */
  @Test
  void reckonsTheWorkedNumberFromAFileOfFiveLines() throws IOException {
    Answer answer =
        eval(
            """
            {
              "instruments": [{"symbol": "BTC-PERP", "initialRate": 0.1, "maintenanceRate": 0.075}],
              "marks": {"BTC-PERP": 900},
              "positions": [{"instrument": "BTC-PERP", "quantity": 1, "entryPrice": 1000}]
            }
            """,
            "--json");

    assertThat(answer.code()).isZero();
    JsonNode json = answer.json();
    assertThat(json.get("equity").asText()).isEqualTo("-100");
    assertThat(json.get("maintenanceMargin").asText()).isEqualTo("67.5");
    assertThat(json.get("allowed").asText()).isEqualTo("reductions only, liquidation pending");
    assertThat(json.at("/positions/0/bankruptcyPrice").asText()).isEqualTo("1000");
    assertThat(json.at("/positions/0/terms/0/formula").asText()).isEqualTo("1 x 900");
  }

  @Test
  void reckonsTheExampleThatTheProjectShips() throws IOException {
    Answer answer = run(EXAMPLE, "--json");
    JsonNode json = answer.json();
    assertThat(answer.code()).isZero();
    assertThat(json.get("equity").asText()).isEqualTo("69783.414257");
    assertThat(json.get("initialMargin").asText()).isEqualTo("41253.15");
    assertThat(json.get("maintenanceMargin").asText()).isEqualTo("5195.26");
    assertThat(json.get("freeCollateral").asText()).isEqualTo("28530.264257");
    assertThat(json.at("/instruments/1/brackets/0/initial").asText()).isEqualTo("0.525");
    assertThat(json.at("/positions/0/liquidationPrice").asText()).isEqualTo("43226.1");
    assertThat(json.at("/positions/0/accruedFunding").asText()).isEqualTo("-41.25");
  }

  @Test
  void printsTablesForPeople() {
    Answer answer = run(EXAMPLE);
    assertThat(answer.code()).isZero();
    assertThat(answer.err()).isEmpty();
    assertThat(answer.out())
        .startsWith("HEALTHY: anything")
        .contains("free collateral             28,530.26")
        .contains("accrued funding              -41.25")
        .contains("maintenance margin               = 325263 x 0.02 - 2500, rounded up = 4005.26");
  }

  @Test
  void takesMaintenanceAsHalfOfInitialMarginWhereItIsNotStated() throws IOException {
    Answer answer = eval(with("\"cash\": \"1000\""), "--json");
    assertThat(answer.json().get("initialMargin").asText()).isEqualTo("10");
    assertThat(answer.json().get("maintenanceMargin").asText()).isEqualTo("5");
  }

  @Test
  void showsWhatPendingTradesReserve() throws IOException {
    Answer answer =
        eval(
            with(
                """
                "cash": 1000,
                "pending": [{"instrument": "BTC-PERP", "quantity": "2", "price": "103"}]
                """),
            "--json");
    // 1000 of equity, 10 of initial margin, 20 more for three bought, 6 of loss against the mark.
    assertThat(answer.json().get("freeCollateral").asText()).isEqualTo("964");
    assertThat(answer.json().at("/pending/0/loss").asText()).isEqualTo("6");
  }

  @Test
  void scalesByVolatilityAndThenByOpenInterest() throws IOException {
    Answer answer =
        eval(
            """
            {
              "cash": "1000",
              "instruments": [{"symbol": "X-PERP", "initialRate": "0.1", "maintenanceRate": "0.05",
                "initialMultiplier": "2", "maintenanceMultiplier": "1.5",
                "openInterest": "75", "openInterestLower": "50", "openInterestUpper": "100"}]
            }
            """,
            "--json");
    JsonNode bracket = answer.json().at("/instruments/0/brackets/0");
    assertThat(bracket.get("initial").asText()).isEqualTo("0.6"); // 0.2 + 0.8 / 2
    assertThat(bracket.get("maintenance").asText()).isEqualTo("0.075");
  }

  @Test
  void readsFundingOfALargePositionAsAnIndexThatIsNeverKinder() throws IOException {
    Answer answer =
        eval(
            """
            {
              "instruments": [{"symbol": "X-PERP", "initialRate": "0.1", "lot": "1", "tick": "0.000001"}],
              "marks": {"X-PERP": "0.01"},
              "positions": [{"instrument": "X-PERP", "quantity": "-30000000", "entryPrice": "0.01",
                "accruedFunding": "-0.000007"}]
            }
            """,
            "--json");
    assertThat(answer.json().at("/positions/0/accruedFunding").asText()).isEqualTo("-0.00003");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          `"cash": "12,5"`            | cash: "12,5" is not a plain decimal such as -12.5
          `"cash": "NaN"`             | cash: "NaN" is not a plain decimal such as -12.5
          `"cash": "0.0000001"`       | cash: 0.0000001 has more than 6 decimals
          `"cash": "99999999999999"`  | cash: 99999999999999 is too large
          `"cash": 1e999999999`       | cash: has too many digits
          `"cash": true`              | cash: must be a decimal, such as "0.5" or 0.5
          `"csh": "1"`                | csh: unknown field; known here: account, cash, leverageMax, collateral, instruments, marks, positions, pending
          `"leverageMax": 500`        | leverageMax: must lie in 1..100, or 0 for none
          `"pending": {}`             | pending: must be a list: [...]
          `"pending": [{"instrument": "X"}]` | pending[0].instrument: X is not among the instruments
          `"pending": [{"instrument": "BTC-PERP", "quantity": "0.0005", "price": 1}]` | pending[0].quantity: 0.0005 is not a multiple of the lot 0.001
          `"pending": [{"instrument": "BTC-PERP", "quantity": "0", "price": 1}]` | pending[0].quantity: must not be 0
          `"pending": [{"instrument": "BTC-PERP", "quantity": "1", "price": 0}]` | pending[0].price: must be above 0
          `"pending": [{"instrument": "BTC-PERP", "quantity": "1", "price": "1.005"}]` | pending[0].price: 1.005 is not a multiple of the tick 0.01
          `"pending": [{"instrument": "BTC-PERP", "quantity": "9000000000000", "price": 90000000}]` | pending[0].quantity: quantity times price is too large
          `"collateral": [{"asset": "USDC"}]` | collateral[0].asset: USDC is the settlement asset: state it as cash
          `"collateral": [{"asset": "BTC", "amount": 1, "price": 5}]` | collateral[0].weight: missing
          `"collateral": [{"asset": "BTC", "amount": 1, "price": 5, "weight": 2}]` | collateral[0]: a weight lies in 0..1: BTC
          `"collateral": [{"asset": "BTC", "amount": 1, "price": 0, "weight": 1}]` | collateral[0].price: must be at least 0.000001
          `"cash": 1, "cash": 2`      | line 5, column 18: not JSON: Duplicate field 'cash'
          """)
  void namesTheFieldThatCannotBeUsed(String field, String complaint) throws IOException {
    Answer answer = eval(with(field));
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.out()).isEmpty();
    assertThat(answer.err().strip()).endsWith("case.json: " + complaint).doesNotContain("\n");
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          `{}`                                          | instruments: missing
          `[]`                                          | must be an object: {...}
          `  `                                          | the file is empty
          `{"instruments": [{}]}`                       | instruments[0].symbol: missing
          `{"instruments": [{"symbol": "X-PERP"}]}`     | instruments[0]: needs either initialRate or brackets
          `{"instruments": [{"symbol": "x", "initialRate": "0.1"}]}` | instruments[0]: bad symbol x
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "1.5"}]}` | instruments[0]: a rate lies in 0..1
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1", "maintenanceRate": "0.1"}]}` | instruments[0]: maintenance must be below initial margin: X-PERP
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1", "tick": "0"}]}` | instruments[0].tick: "0" is not a step such as 0.01
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1", "tick": "0.000001", "lot": "0.1"}]}` | instruments[0]: one tick times one lot must be whole micros
          `{"instruments": [{"symbol": "X-PERP", "brackets": [{"from": 5, "initial": 1}]}]}` | instruments[0].brackets: a ladder has 1 to 32 tiers and starts at 0
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1", "openInterestUpper": 5}]}` | instruments[0].openInterest: missing
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1"}], "marks": {"Y-PERP": 5}}` | marks.Y-PERP: is not among the instruments
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1"}], "positions": [{"instrument": "X-PERP"}]}` | marks.X-PERP: missing
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1"}], "marks": {"X-PERP": 1}, "positions": [{"instrument": "X-PERP", "quantity": 1}]}` | positions[0]: needs either entryPrice or costBasis
          `{"instruments": [{"symbol": "X-PERP", "initialRate": "0.1"}], "marks": {"X-PERP": 1}, "positions": [{"instrument": "X-PERP", "quantity": 1, "costBasis": -1}]}` | positions[0].costBasis: must have the sign of the quantity
          """)
  void namesWhatIsMissingOrOutOfBounds(String file, String complaint) throws IOException {
    Answer answer = eval(file);
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err().strip()).endsWith("case.json: " + complaint).doesNotContain("\n");
  }

  @Test
  void saysWhereTheFileStopsBeingJson() throws IOException {
    Answer answer = eval("{\n  \"cash\": }\n");
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).contains("line 2, column ").contains("not JSON").hasLineCount(1);
  }

  @Test
  void saysThatAFileIsNotThere() {
    Answer answer = run(directory.resolve("none.json"));
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).contains("none.json: no such file");
  }

  @Test
  void refusesFiguresThatDoNotFit() throws IOException {
    Answer answer =
        eval(
            with(
                """
                "cash": "9223372036854",
                "collateral": [{"asset": "BTC", "amount": 1, "price": 1000000, "weight": 1}]
                """));
    assertThat(answer.code()).isEqualTo(2);
    assertThat(answer.err()).contains("the figures are too large").hasLineCount(1);
  }

  /** A file with one long at its mark, and what is to be tried. */
  private static String with(String field) {
    return """
    {
      "instruments": [{"symbol": "BTC-PERP", "initialRate": "0.1"}],
      "marks": {"BTC-PERP": "100"},
      "positions": [{"instrument": "BTC-PERP", "quantity": "1", "entryPrice": "100"}],
    %s
    }
    """
        .formatted(field);
  }

  private Answer eval(String json, String... options) throws IOException {
    Path file = directory.resolve("case.json");
    Files.writeString(file, json);
    return run(file, options);
  }

  private static Answer run(Path file, String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = new CommandLine(new Main());
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] arguments = new String[options.length + 3];
    arguments[0] = "risk";
    arguments[1] = "eval";
    arguments[2] = file.toString();
    System.arraycopy(options, 0, arguments, 3, options.length);
    int code = command.execute(arguments);
    return new Answer(code, out.toString(), err.toString());
  }
}
