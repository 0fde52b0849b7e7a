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
import org.novation.insurance.FundPolicy;

/** What a profile says of the insurance fund. */
final class FundConfigTest {
  private static final Path CONFIG = Path.of("..", "config");

  @TempDir private Path directory;

  @Test
  void theShippedProfileSaysTheDefaults() {
    assertThat(NodeSettings.read(CONFIG, "dev", Map.of()).fund()).isEqualTo(FundPolicy.DEFAULT);
  }

  @Test
  void aProfileMaySayOtherwiseWithinTheBounds() throws IOException {
    say("day-cap = \"10000000\"", "day-cap = \"20000000.5\"");
    assertThat(read().fund().dayCapMicros()).isEqualTo(20_000_000_500_000L);
  }

  @ParameterizedTest
  @CsvSource({
    "'event-cap = \"1000000\"', 'event-cap = \"0\"', cap per event must lie in",
    "'event-cap = \"1000000\"', 'event-cap = \"1000000001\"', cap per event must lie in",
    "'event-cap = \"1000000\"', 'event-cap = \"much\"', event-cap must be a decimal",
    "'event-cap = \"1000000\"', 'event-cap = \"0.0000001\"', event-cap must be a decimal",
    "'deleveraging-stop = \"0.15\"', 'deleveraging-stop = \"0.30\"', stop of deleveraging",
    "'deleveraging-start = \"0.30\"', 'deleveraging-start = \"0.04\"', start of deleveraging",
    "block = 1 h, block = 2 d, block of time",
    "peak-window = 8 h, peak-window = 1 minute, peak window",
    "remembered = 100000, remembered = 3, remembered ids",
    "remembered = 100000, '', remembered"
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
