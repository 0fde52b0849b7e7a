package org.novation.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.access.RevocationBook.Decision;
import org.novation.access.RevocationCommand.RevokePrincipal;
import org.novation.access.RevocationCommand.RevokeToken;

/** What is taken back stays so, and no list grows without end. */
final class RevocationBookTest {
  private static final long NOW = 1_700_000_000_000L;
  private RevocationBook book = RevocationBook.EMPTY;

  @Test
  void tokenThatWasTakenBackOnceIsNotTakenBackAgain() {
    assertThat(take(new RevokeToken("t-1", "lost", "carol"), NOW)).isNull();
    RevocationBook once = book;
    assertThat(take(new RevokeToken("t-1", "lost", "carol"), NOW + 5)).isNull();
    assertThat(book).isEqualTo(once);
    Revocations taken = new Revocations(book);
    assertThat(taken.revoked("anybody", "t-1", NOW)).isTrue();
    assertThat(taken.revoked("anybody", "t-2", NOW)).isFalse();
    assertThat(taken.revoked("anybody", null, NOW)).isFalse();
  }

  @Test
  void tokensOfBeforeTheMomentAreTakenBackAndTheMomentNeverMovesBack() {
    take(new RevokePrincipal("v", NOW - 10, "lost", "carol"), NOW);
    take(new RevokePrincipal("v", NOW - 20, "again", "carol"), NOW);
    assertThat(book.principals()).hasSize(1);
    Revocations taken = new Revocations(book);
    assertThat(taken.revoked("v", null, NOW - 11)).isTrue();
    assertThat(taken.revoked("v", null, NOW - 10)).isFalse();
    assertThat(taken.revoked("w", null, NOW - 11)).isFalse();
    take(new RevokePrincipal("v", 0, "for good", "carol"), NOW + 1);
    assertThat(new Revocations(book).revoked("v", null, NOW)).isTrue();
    assertThat(book.principals()).hasSize(1);
  }

  @Test
  void nobodyIsLockedOutForATimeToCome() {
    assertThat(take(new RevokePrincipal("v", NOW + 1, "x", "carol"), NOW))
        .isEqualTo(new RevocationRefusal.InTheFuture(NOW + 1, NOW));
  }

  @Test
  void fullListRefusesUntilItsOldestCanBeAboutNoTokenAnyMore() {
    for (int i = 0; i < RevocationBook.ENTRIES_MAX; i++) {
      assertThat(take(new RevokeToken("t-" + i, "x", "carol"), NOW + i)).isNull();
      assertThat(take(new RevokePrincipal("p-" + i, 0, "x", "carol"), NOW + i)).isNull();
    }
    RevocationRefusal full = new RevocationRefusal.TooMany(RevocationBook.ENTRIES_MAX);
    long keptMs = RevocationBook.KEPT.toMillis();
    assertThat(take(new RevokeToken("more", "x", "carol"), NOW + keptMs - 1)).isEqualTo(full);
    assertThat(take(new RevokePrincipal("more", 0, "x", "carol"), NOW + keptMs - 1))
        .isEqualTo(full);
    assertThat(take(new RevokePrincipal("p-7", 0, "x", "carol"), NOW + keptMs - 1)).isNull();
    assertThat(take(new RevokeToken("more", "x", "carol"), NOW + keptMs)).isNull();
    assertThat(book.tokens()).hasSize(RevocationBook.ENTRIES_MAX);
    assertThat(new Revocations(book).revoked("v", "t-1", NOW)).isTrue();
  }

  private @Nullable RevocationRefusal take(RevocationCommand command, long nowMs) {
    Decision decision = book.decide(command, nowMs);
    RevocationEvent event = decision.event();
    if (event != null) book = book.apply(event);
    return decision.refusal();
  }
}
