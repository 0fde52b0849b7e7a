package org.novation.api.auth;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A caller whose token was verified.
 *
 * @param name the token's subject: the venue's, member's or oracle's name, 1 to 64 characters of
 *     {@code [A-Za-z0-9._:-]}
 * @param roles what it is; never empty
 * @param issuedAtMs when the token was issued, wall time
 * @param expiresAtMs from when on the token counts no more, wall time
 * @param tokenId the token's own id ({@code jti}), by which it can be revoked; null when it has
 *     none
 * @param certificate SHA-256 of the client certificate that the token may be used with, in Base64
 *     for URLs (RFC 8705, {@code x5t#S256}); null when any may
 */
public record Principal(
    String name,
    Set<Role> roles,
    long issuedAtMs,
    long expiresAtMs,
    @Nullable String tokenId,
    @Nullable String certificate) {
  public Principal {
    roles = Set.copyOf(roles);
  }
}
