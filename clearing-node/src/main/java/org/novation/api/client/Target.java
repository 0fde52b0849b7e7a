package org.novation.api.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.DevKeys;

/**
 * Whom to call and as whom.
 *
 * @param endpoint {@code host:port}
 * @param authority PEM of the certificates to trust; null for those of the system
 * @param token the bearer token; null to call nothing but health
 * @param identity what to show a node that asks for client certificates; null to show nothing
 */
public record Target(
    String endpoint,
    @Nullable Path authority,
    @Nullable String token,
    @Nullable ClientIdentity identity) {
  /**
   * A client's own certificate.
   *
   * @param certificateChain PEM, its own certificate first
   * @param privateKey PEM, PKCS #8, unencrypted
   */
  public record ClientIdentity(Path certificateChain, Path privateKey) {}

  /** Without a certificate of its own. */
  public Target(String endpoint, @Nullable Path authority, @Nullable String token) {
    this(endpoint, authority, token, null);
  }

  /**
   * A development node on this machine.
   *
   * @param home where its data lie
   * @param name one of {@link DevKeys#HOLDERS}
   * @throws IOException when no node has ever made its keys there
   */
  public static Target local(Path home, int port, String name) throws IOException {
    DevKeys keys = DevKeys.of(home);
    return new Target(
        "localhost:" + port, keys.authority(), Files.readString(keys.token(name)).strip());
  }
}
