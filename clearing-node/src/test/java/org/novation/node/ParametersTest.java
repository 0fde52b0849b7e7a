package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceActor.Published;
import org.novation.governance.ParameterSet;
import org.novation.governance.Setting;

/** What a node hears of the parameters, in whatever order it comes. */
final class ParametersTest {
  private final Parameters board = new Parameters();
  private final List<Long> heard = new ArrayList<>();

  private static Published version(long version, int settings) {
    List<Setting.Written> written = new ArrayList<>();
    for (int n = 0; n < settings; n++) {
      List<Entry> figures = List.of(new Entry("names", "o1,o2,p" + version));
      written.add(new Setting.Written("oracles/C" + n, 0, version, figures, figures));
    }
    return new Published(version, written);
  }

  @Test
  void aVersionCountsWhenItIsWholeAndOnce() {
    board.listen(set -> heard.add(set.version()));
    List<Parameters.Part> parts = Parameters.parts(version(1, 40));
    assertThat(parts).hasSize(3);
    board.take(parts.get(2), 0);
    board.take(parts.get(0), 0);
    board.take(parts.get(0), 0);
    assertThat(board.heard()).isFalse();
    board.take(parts.get(1), 0);
    assertThat(board.newest()).isEqualTo(ParameterSet.of(1, version(1, 40).settings()));
    parts.forEach(part -> board.take(part, 0));
    assertThat(heard).containsExactly(1L);
  }

  @Test
  void versionsOnlyGrowHoweverTheirPartsAreMixed() {
    for (long seed = 0; seed < 200; seed++) {
      Parameters mixed = new Parameters();
      List<Long> versions = new ArrayList<>();
      mixed.listen(set -> versions.add(set.version()));
      List<Parameters.Part> parts = new ArrayList<>();
      for (long version = 1; version <= 5; version++)
        parts.addAll(Parameters.parts(version(version, 35)));
      Collections.shuffle(parts, new Random(seed));
      parts.forEach(part -> mixed.take(part, 0));
      Parameters.parts(version(5, 35))
          .forEach(part -> mixed.take(part, 0)); // As the heartbeat does.
      assertThat(versions).as("seed %d", seed).isSorted().doesNotHaveDuplicates();
      assertThat(mixed.newest())
          .as("seed %d", seed)
          .isEqualTo(ParameterSet.of(5, version(5, 35).settings()));
    }
  }

  @Test
  void whoListensLateHearsWhatThereIs() {
    Parameters.parts(version(3, 1)).forEach(part -> board.take(part, 0));
    board.listen(set -> heard.add(set.version())).close();
    Parameters.parts(version(4, 1)).forEach(part -> board.take(part, 0));
    assertThat(heard).containsExactly(3L);
  }

  @Test
  void aVersionThatCannotBeReadLeavesTheLastOneStandingAndIsSaid() {
    Parameters.parts(version(1, 1)).forEach(part -> board.take(part, 0));
    List<Entry> strange = List.of(new Entry("fromTheFuture", "1"));
    Setting.Written unknown = new Setting.Written("moon/house", 0, 2, strange, strange);
    Parameters.parts(new Published(2, List.of(unknown))).forEach(part -> board.take(part, 0));
    assertThat(board.newest().version()).isEqualTo(1);
    assertThat(board.unreadable()).isEqualTo(2);
    Parameters.parts(version(3, 1)).forEach(part -> board.take(part, 0));
    assertThat(board.newest().version()).isEqualTo(3);
    assertThat(board.unreadable()).isZero();
  }
}
