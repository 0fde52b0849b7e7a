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
 */
public record Target(String endpoint, @Nullable Path authority, @Nullable String token) {
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
