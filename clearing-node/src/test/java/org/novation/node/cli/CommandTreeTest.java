package org.novation.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What holds for every command there is, whoever adds one. */
final class CommandTreeTest {
  static Stream<String> commands() {
    return tree(Main.commandLine()).map(command -> command.getCommandSpec().qualifiedName());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void takesWhatItSaysItTakesWhenItIsToldNothing(String name) {
    takesItsDefaults(Main.commandLine(), below(name));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void namesWordsInItsErrorsAsTheyAreWritten(String name) {
    for (ArgSpec each : command(name).getCommandSpec().args()) {
      if (!each.type().isEnum()) continue;
      List<String> wrong = new ArrayList<>(below(name));
      if (each instanceof PositionalParamSpec at)
        wrong.addAll(Collections.nCopies(at.index().min(), "before"));
      wrong.add(said(each, "no-such-word"));
      assertThatThrownBy(() -> Main.commandLine().parseArgs(wrong.toArray(String[]::new)))
          .isInstanceOf(ParameterException.class)
          .message()
          .containsPattern("\\[[a-z-]+(, [a-z-]+)*]");
    }
  }

  /** Picocli formats each line, and warns into the manual of one that cannot be. */
  @ParameterizedTest
  @MethodSource("commands")
  void itsManualCanBeFormatted(String name) {
    CommandSpec spec = command(name).getCommandSpec();
    Stream<String> lines =
        Stream.of(spec.usageMessage().header(), spec.usageMessage().description())
            .flatMap(Stream::of);
    Stream<String> ofArgs = spec.args().stream().flatMap(arg -> Stream.of(arg.description()));
    assertThat(Stream.concat(lines, ofArgs))
        .allSatisfy(line -> assertThatCode(line::formatted).doesNotThrowAnyException());
  }

  @Test
  void aDefaultThatIsNotTakenIsSeenAlsoWhereMoreIsMissing() {
    CommandSpec wrong =
        CommandSpec.create()
            .addOption(
                OptionSpec.builder("--how").type(TimeUnit.class).defaultValue("slowly").build())
            .addOption(OptionSpec.builder("--why").type(String.class).required(true).build());
    assertThatThrownBy(() -> takesItsDefaults(new CommandLine(wrong), List.of()))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("'--how'")
        .hasMessageContaining("'slowly'");
  }

  /** Picocli takes such a default only once another option of the group is there. */
  @Test
  void aDefaultThatIsNotTakenIsSeenAlsoInAGroup() {
    OptionSpec how =
        OptionSpec.builder("--how").type(TimeUnit.class).defaultValue("slowly").build();
    CommandSpec wrong =
        CommandSpec.create().addArgGroup(ArgGroupSpec.builder().addArg(how).build());
    assertThatThrownBy(() -> takesItsDefaults(new CommandLine(wrong), List.of()))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("'--how'")
        .hasMessageContaining("'slowly'");
  }

  @Test
  void aSkewIsWrittenAsTheManualHasIt() {
    CommandLine root = Main.commandLine();
    assertThatThrownBy(() -> root.parseArgs("bench", "trades", "--skew", "MARKET_MAKER"))
        .hasMessageContaining("[uniform, market-maker]");
    ParseResult parsed = root.parseArgs("bench", "trades", "--skew", "market-maker");
    assertThat(parsed.subcommand().subcommand().<Object>matchedOptionValue("--skew", ""))
        .hasToString("market-maker");
  }

  @ParameterizedTest
  @ValueSource(strings = {"wire", "inside"})
  void liquidatorsBidAsTheManualHasIt(String bidders) {
    CommandLine root = Main.commandLine();
    ParseResult parsed = root.parseArgs("bench", "cascade", "--bidders", bidders);
    assertThat(parsed.subcommand().subcommand().<Object>matchedOptionValue("--bidders", ""))
        .hasToString(bidders);
    assertThatThrownBy(() -> root.parseArgs("bench", "cascade", "--bidders", "both"))
        .hasMessageContaining("[wire, inside]");
  }

  /**
   * That more must be said is no fault; defaults are taken before what is missing is noticed. Those
   * of a group are said, one by one: nobody takes them where nothing of it is.
   */
  private static void takesItsDefaults(CommandLine root, List<String> path) {
    takes(root, path);
    CommandLine command = root;
    for (String word : path)
      command = Objects.requireNonNull(command.getSubcommands().get(word), word);
    for (ArgSpec each : command.getCommandSpec().args()) {
      if (each.group() == null || each.defaultValue() == null) continue;
      List<String> words = new ArrayList<>(path);
      words.add(said(each, each.defaultValue()));
      takes(root, words);
    }
  }

  private static void takes(CommandLine root, List<String> words) {
    try {
      root.parseArgs(words.toArray(String[]::new));
    } catch (MissingParameterException missing) {
      assertThat(missing.getMissing()).isNotEmpty();
    }
  }

  private static String said(ArgSpec arg, String value) {
    return arg instanceof OptionSpec option ? option.longestName() + "=" + value : value;
  }

  /** The words after the program's own. */
  private static List<String> below(String name) {
    return List.of(name.split(" ")).subList(1, name.split(" ").length);
  }

  private static CommandLine command(String name) {
    return tree(Main.commandLine())
        .filter(command -> command.getCommandSpec().qualifiedName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Stream<CommandLine> tree(CommandLine command) {
    return Stream.concat(
        Stream.of(command),
        command.getSubcommands().values().stream().flatMap(CommandTreeTest::tree));
  }
}
