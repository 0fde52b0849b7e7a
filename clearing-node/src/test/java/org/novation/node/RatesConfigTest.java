package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.novation.api.Rates;

/** What a profile says of how often callers may call. */
final class RatesConfigTest {
  private static final Path CONFIG = Path.of("..", "config");

  @TempDir private Path directory;

  @Test
  void theShippedProfileSaysTheDefaults() {
    assertThat(NodeSettings.read(CONFIG, "dev", Map.of()).api().rates()).isEqualTo(Rates.DEFAULT);
  }

  @Test
  void aProfileMaySayOtherwiseWithinTheBounds() throws IOException {
    say("burst = 20000 }", "burst = 1 }");
    assertThat(read().api().rates().change()).isEqualTo(new Rates.Rate(5_000, 1));
    assertThat(read().withPort(1).api().rates()).isEqualTo(read().api().rates());
  }

  @ParameterizedTest
  @CsvSource({
    "per-second = 2000, per-second = 0, 'rates.read.per-second must lie in 1..1000000, not 0'",
    "per-second = 5000, per-second = 1000001, rates.change.per-second must lie in",
    "burst = 256, burst = 0, rates.stream.burst must lie in",
    "burst = 400000, burst = 2000001, 'rates.message.burst must lie in 1..2000000'",
    "streams-open = 256, streams-open = 4097, rates.streams-open must lie in",
    "streams-open = 256, streams-open = many, streams-open",
    "streams-open = 256, '', streams-open"
  })
  void refusesToStartBeyondAHardBoundInOneLine(String from, String to, String complaint)
      throws IOException {
    say(from, to);
    assertThat(catchThrowableOfType(ConfigurationException.class, this::read))
        .hasMessageContaining(complaint)
        .message()
        .hasLineCount(1)
        .contains("dev.conf");
  }

  private NodeSettings read() {
    return NodeSettings.read(directory, "dev", Map.of());
  }

  /** Copies what ships, with one line changed. */
  private void say(String from, String to) throws IOException {
    for (String file : List.of("node.conf", "dev.conf", "instruments.conf")) {
      String text = Files.readString(CONFIG.resolve(file));
      if (file.equals("node.conf")) {
        assertThat(text).contains(from);
        text = text.replace(from, to);
      }
      Files.writeString(directory.resolve(file), text);
    }
  }
}
