package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.novation.api.auth.TokenRefused;
import org.novation.governance.Refusal;

/** The contract's comments are the manual: what they name is there. */
final class ContractTest {
  private static final Path CONTRACT = Path.of("../protocol/src/main/proto/novation/v1");
  private static final Path EDGE = Path.of("src/main/java/org/novation/api");
  private static final Pattern COMMENT = Pattern.compile("//.*");
  private static final Pattern NAME = Pattern.compile("[A-Z]+(_[A-Z]+)+");
  private static final Pattern LITERAL = Pattern.compile("\"([A-Z]+(_[A-Z]+)+)\"");

  @Test
  void everyReasonThatTheCommentsNameIsOneThatTheEdgeGives() {
    Set<String> known = names(LITERAL, 1, texts(EDGE, ".java"));
    for (String text : texts(CONTRACT, ".proto"))
      known.addAll(names(NAME, 0, List.of(COMMENT.matcher(text).replaceAll(""))));
    for (Status.Code code : Status.Code.values()) known.add(code.name());
    for (Class<?> refusal : Refusal.class.getPermittedSubclasses())
      known.add(GovernanceProblems.reason(refusal.asSubclass(Refusal.class)));
    for (TokenRefused.Why why : TokenRefused.Why.values()) known.add(why.name());
    List<String> comments =
        texts(CONTRACT, ".proto").stream()
            .flatMap(text -> COMMENT.matcher(text).results().map(MatchResult::group))
            .toList();
    assertThat(names(NAME, 0, comments)).hasSizeGreaterThan(20).isSubsetOf(known);
  }

  private static Set<String> names(Pattern pattern, int group, List<String> texts) {
    return texts.stream()
        .flatMap(text -> pattern.matcher(text).results().map(found -> found.group(group)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> texts(Path directory, String suffix) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .map(ContractTest::text)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
