package org.novation.trail;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each record holds on to the one before by its hash. */
final class TrailRecordTest {
  private static final TrailEntry ENTRY =
      new TrailEntry("carol", "x/SetPause", "market=*", "market: \"*\"", TrailEntry.ASKED);

  @Test
  void hashIsTakenOfTheBytesThatTheContractSays() throws Exception {
    TrailRecord record = TrailHead.START.next(ENTRY, 1_000);
    String text =
        "novation.trail.v1\n1:1\n4:1000\n5:carol\n10:x/SetPause\n8:market=*\n11:market: \"*\"\n"
            + "5:ASKED\n64:"
            + "0".repeat(64)
            + "\n";
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    assertThat(record.hash()).isEqualTo(HexFormat.of().formatHex(hash));
  }

  @Test
  void nothingOfARecordCanBeChangedWithoutItsHash() {
    TrailRecord sound = TrailHead.START.next(ENTRY, 1_000);
    assertThat(TrailHead.START.flaw(sound)).isNull();
    Stream.of(
            new TrailRecord(
                1,
                1_001,
                "carol",
                "x/SetPause",
                "market=*",
                sound.request(),
                "ASKED",
                sound.previous(),
                sound.hash()),
            new TrailRecord(
                1,
                1_000,
                "alice",
                "x/SetPause",
                "market=*",
                sound.request(),
                "ASKED",
                sound.previous(),
                sound.hash()),
            new TrailRecord(
                1,
                1_000,
                "carol",
                "x/ClearPause",
                "market=*",
                sound.request(),
                "ASKED",
                sound.previous(),
                sound.hash()),
            new TrailRecord(
                1,
                1_000,
                "carol",
                "x/SetPause",
                "market=x",
                sound.request(),
                "ASKED",
                sound.previous(),
                sound.hash()),
            new TrailRecord(
                1,
                1_000,
                "carol",
                "x/SetPause",
                "market=*",
                "",
                "ASKED",
                sound.previous(),
                sound.hash()),
            new TrailRecord(
                1,
                1_000,
                "carol",
                "x/SetPause",
                "market=*",
                sound.request(),
                "OK",
                sound.previous(),
                sound.hash()),
            new TrailRecord(
                1,
                1_000,
                "carol",
                "x/SetPausem",
                "arket=*",
                sound.request(),
                "ASKED",
                sound.previous(),
                sound.hash()))
        .forEach(
            changed ->
                assertThat(TrailHead.START.flaw(changed))
                    .isEqualTo("is not what its hash was taken of"));
  }

  @Test
  void recordFollowsTheOneBeforeAndNoOther() {
    TrailHead one = TrailHead.START.after(TrailHead.START.next(ENTRY, 1));
    TrailHead other = TrailHead.START.after(TrailHead.START.next(ENTRY, 2));
    TrailRecord second = one.next(ENTRY.with("OK"), 3);
    assertThat(one.flaw(second)).isNull();
    assertThat(other.flaw(second)).isEqualTo("does not follow the record before it");
    assertThat(TrailHead.START.flaw(second)).isEqualTo("is record 2 where 1 comes next");
  }

  @Test
  void textsAreBoundedAndSayThatTheyWereCut() {
    TrailEntry entry = new TrailEntry("p", "a", "r", "x".repeat(3_000), "OK");
    assertThat(entry.request()).hasSize(TrailEntry.TEXT_MAX).endsWith("…");
  }
}
