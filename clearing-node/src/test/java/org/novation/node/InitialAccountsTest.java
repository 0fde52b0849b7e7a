package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.novation.instrument.Catalogue;
import org.novation.node.InitialAccounts.InitialAccount;
import org.novation.node.InitialAccounts.InitialDeposit;

final class InitialAccountsTest {
  private static final Catalogue CATALOGUE =
      InstrumentConfig.in(Path.of("..", "config")).catalogue();
  private static final String GOOD =
      """
      {
        "accountId": "desk-1",
        "member": "acme",
        "deposits": [
          { "id": "d-1", "asset": "BTC", "amount": "1.5" }
        ]
      }
      """;

  @TempDir private Path directory;

  @Test
  void readsOneAccountOrAListPerFileInTheOrderOfTheirNames() throws IOException {
    write("b.json", GOOD);
    write(
        "a.json",
        "[{\"accountId\":\"x\",\"member\":\"m\"},{\"accountId\":\"y\",\"member\":\"m\"}]");
    write("README.md", "not an account");
    List<InitialAccount> accounts = InitialAccounts.read(directory, CATALOGUE);
    assertThat(accounts).extracting(InitialAccount::accountId).containsExactly("x", "y", "desk-1");
    assertThat(accounts.getLast().deposits())
        .containsExactly(new InitialDeposit("d-1", "BTC", 150_000_000));
  }

  @Test
  void aDirectoryThatIsNotThereDescribesNoAccount() {
    assertThat(InitialAccounts.read(directory.resolve("none"), CATALOGUE)).isEmpty();
  }

  @Test
  void anAccountDescribedTwiceIsRefusedWithBothFiles() throws IOException {
    write("a.json", GOOD);
    write("b.json", GOOD);
    assertThatThrownBy(() -> InitialAccounts.read(directory, CATALOGUE))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("b.json: account desk-1 is described twice")
        .hasMessageContaining("a.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "1.5"      | 1.5         | account.json:5: deposits[0].amount: must be a text in quotes
          "1.5"      | "-1"        | account.json: account desk-1: deposit d-1: amount must be above 0
          "1.5"      | "1e3"       | amount must be a plain decimal with at most 8 decimals, not 1e3
          "1.5"      | null        | deposit d-1: asset and amount are needed
          "BTC"      | "DOGE"      | deposit d-1: asset DOGE is not listed
          "acme"     | "a c"       | member of account desk-1 must be 1 to 64 characters
          "member"   | "membr"     | account.json:7: membr: Unrecognized field "membr"
          "accountId": "desk-1", | #  | account.json:2:
          ]          | #           | account.json:
          """,
      quoteCharacter = '\0')
  void oneFlawStopsTheStartWithOneLineThatNamesTheFile(String right, String wrong, String complaint)
      throws IOException {
    assertThat(GOOD).contains(right);
    write("account.json", GOOD.replace(right, wrong));
    assertThatThrownBy(() -> InitialAccounts.read(directory, CATALOGUE))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(complaint)
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource({"''", "null", "[null]", "7", "{", "{} {}"})
  void aFileThatIsNoAccountIsNamed(String content) throws IOException {
    write("account.json", content);
    assertThatThrownBy(() -> InitialAccounts.read(directory, CATALOGUE))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("account.json")
        .message()
        .doesNotContain("\n");
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }
}
