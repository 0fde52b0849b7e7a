package org.novation.access;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.novation.access.RevocationBook.RevokedPrincipal;
import org.novation.access.RevocationBook.RevokedToken;

/** A book of revocations, made to be asked at every call. */
public final class Revocations {
  /** Nothing is taken back. */
  public static final Revocations NONE = new Revocations(RevocationBook.EMPTY);

  private final RevocationBook book;
  private final Set<String> tokens;
  private final Map<String, Long> notBeforeMs;

  public Revocations(RevocationBook book) {
    this.book = book;
    this.tokens =
        book.tokens().stream().map(RevokedToken::tokenId).collect(Collectors.toUnmodifiableSet());
    this.notBeforeMs =
        book.principals().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    RevokedPrincipal::name, RevokedPrincipal::notBeforeMs));
  }

  public RevocationBook book() {
    return book;
  }

  /**
   * Whether a token counts no more.
   *
   * @param tokenId null when it has none: then it goes with its holder's others alone
   */
  public boolean revoked(String name, @Nullable String tokenId, long issuedAtMs) {
    if (tokenId != null && tokens.contains(tokenId)) return true;
    Long notBefore = notBeforeMs.get(name);
    return notBefore != null && issuedAtMs < notBefore;
  }
}
