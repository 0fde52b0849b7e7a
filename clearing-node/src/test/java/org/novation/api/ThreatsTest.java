package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of threats names tests that exist. */
final class ThreatsTest {
  private static final Path PAGE = Path.of("src/main/java/org/novation/api/THREATS.md");
  private static final Path TESTS = Path.of("src/test/java");
  private static final Pattern TEST = Pattern.compile("`(\\w+Test)#(\\w+)`");

  @Test
  void everyTestThatThePageNamesIsThere() throws IOException {
    List<MatchResult> named = TEST.matcher(Files.readString(PAGE)).results().toList();
    assertThat(named).hasSizeGreaterThan(40);
    for (MatchResult test : named)
      assertThat(text(test.group(1))).as(test.group()).contains(" " + test.group(2) + "(");
  }

  private static String text(String testClass) throws IOException {
    try (Stream<Path> files = Files.walk(TESTS)) {
      List<Path> found = files.filter(file -> file.endsWith(testClass + ".java")).toList();
      assertThat(found).as(testClass).hasSize(1);
      return Files.readString(found.getFirst());
    }
  }
}
