package org.novation.api.auth;

import java.util.Set;

/**
 * A caller whose token was verified.
 *
 * @param name the token's subject: the venue's, member's or oracle's name, 1 to 64 characters of
 *     {@code [A-Za-z0-9._:-]}
 * @param roles what it is; never empty
 * @param expiresAtMs from when on the token counts no more, wall time
 */
public record Principal(String name, Set<Role> roles, long expiresAtMs) {
  public Principal {
    roles = Set.copyOf(roles);
  }
}
