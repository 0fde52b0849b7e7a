package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.clearing.Fingerprint;

final class RecentIdsTest {
  private record Known(long timeMs, long bookedAtMs, long event) {}

  @Test
  void remembersWhatAMapRemembers() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      RecentIds ids = new RecentIds();
      Map<Fingerprint, Known> model = new HashMap<>();
      int steps = 1 + random.nextInt(400);
      for (int step = 1; step <= steps; step++) {
        Fingerprint id = anyId(random);
        if (random.nextInt(30) == 0) {
          long through = random.nextInt(100);
          if (through > ids.forgottenThroughMs())
            model.values().removeIf(known -> known.timeMs() <= through);
          ids.forgetThrough(through);
        } else if (!model.containsKey(id)) {
          long timeMs = Math.max(0, ids.forgottenThroughMs() + 1) + random.nextInt(50);
          ids.add(id, timeMs, step, step);
          model.put(id, new Known(timeMs, step, step));
        }
        assertEqual(ids, model, anyId(random), "seed " + seed + ", step " + step);
      }
    }
  }

  /** Few ids, many of which share a slot or differ in their content alone. */
  private static Fingerprint anyId(SplittableRandom random) {
    return new Fingerprint(random.nextInt(3), random.nextInt(40) * 8L, random.nextInt(3));
  }

  private static void assertEqual(
      RecentIds ids, Map<Fingerprint, Known> model, Fingerprint probe, String when) {
    assertThat(ids.size()).as(when).isEqualTo(model.size());
    Known known = model.get(probe);
    assertThat(ids.sameContent(probe)).as(when).isEqualTo(known != null);
    assertThat(ids.bookedAtMs(probe)).as(when).isEqualTo(known == null ? 0 : known.bookedAtMs());
    List<Long> events = new ArrayList<>();
    model.forEach(
        (id, its) -> {
          if (id.sameId(probe)) events.add(its.event());
        });
    if (known != null) {
      assertThat(ids.event(probe)).as(when).isEqualTo(known.event());
    } else if (events.isEmpty()) {
      assertThat(ids.event(probe)).as(when).isZero();
    } else {
      assertThat(events).as(when).contains(ids.event(probe));
    }
  }

  @Test
  void tellsOneIdWithTwoContentsApart() {
    RecentIds ids = new RecentIds();
    ids.add(Fingerprint.of("id", "content"), 10, 11, 1);
    Fingerprint other = Fingerprint.of("id", "other");
    assertThat(ids.sameContent(other)).isFalse();
    assertThat(ids.event(other)).isEqualTo(1);
    ids.add(other, 20, 21, 2);
    assertThat(ids.event(other)).isEqualTo(2);
    assertThat(ids.event(Fingerprint.of("id", "content"))).isEqualTo(1);
    ids.forgetThrough(10);
    assertThat(ids.sameContent(Fingerprint.of("id", "content"))).isFalse();
    assertThat(ids.sameContent(other)).isTrue();
  }

  @Test
  void listsEqualMemoriesInTheSameOrderWhateverTheirHistory() {
    Fingerprint a = new Fingerprint(1, 8, 1);
    Fingerprint b = new Fingerprint(1, 8, 2);
    RecentIds one = new RecentIds();
    one.add(a, 5, 5, 7);
    one.add(b, 5, 5, 7);
    RecentIds two = new RecentIds();
    two.add(b, 5, 5, 7);
    two.add(a, 5, 5, 7);
    assertThat(one.entries()).isDeepEqualTo(two.entries());
  }

  @Test
  void forgetsForEverAndNeverBackwards() {
    RecentIds ids = new RecentIds();
    ids.forgetThrough(100);
    ids.forgetThrough(50);
    assertThat(ids.forgottenThroughMs()).isEqualTo(100);
  }

  @Test
  void findsTheTimeThatKeepsAtMostSoMany() {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 100; round++) {
      RecentIds ids = new RecentIds();
      for (int i = 0; i < 50; i++) ids.add(Fingerprint.of("id-" + i, ""), random.nextInt(30), 1, 1);
      int keep = random.nextInt(60);
      ids.forgetThrough(ids.timeToKeep(keep));
      assertThat(ids.size()).isLessThanOrEqualTo(keep);
    }
  }

  @Test
  void takesNoEventWithoutANumber() {
    assertThatThrownBy(() -> new RecentIds().add(Fingerprint.of("id", ""), 1, 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
