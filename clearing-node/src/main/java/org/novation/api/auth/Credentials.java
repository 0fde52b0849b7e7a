package org.novation.api.auth;

import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * What a node proves itself with, and what it verifies its callers by. All files are read again
 * while the node runs: whoever rotates them changes the file.
 *
 * @param certificateChain PEM, the node's own certificate first
 * @param privateKey PEM, PKCS #8, unencrypted
 * @param verificationKeys a JWK set with the public keys that tokens are signed with
 * @param issuer what tokens must name as {@code iss}
 * @param audience what tokens must name among {@code aud}
 * @param clientAuthorities PEM of the authorities of client certificates. With it every connection
 *     must show one (mutual TLS), and every token must go with it; null asks for none
 */
public record Credentials(
    Path certificateChain,
    Path privateKey,
    Path verificationKeys,
    String issuer,
    String audience,
    @Nullable Path clientAuthorities) {
  /** Without client certificates. */
  public Credentials(
      Path certificateChain,
      Path privateKey,
      Path verificationKeys,
      String issuer,
      String audience) {
    this(certificateChain, privateKey, verificationKeys, issuer, audience, null);
  }

  /** A node that was not given what it needs to be trusted; the message says what and where. */
  public static final class Missing extends Exception {
    private static final long serialVersionUID = 1;

    /** The message is a line for whoever starts the node. */
    public Missing(String message) {
      super(message);
    }
  }

  /**
   * Reads the verification keys and looks whether everything else is there.
   *
   * @throws Missing when anything is not, or cannot be read: then the node must not start
   */
  public JWKSet read() throws Missing {
    require(certificateChain, "TLS certificate chain");
    require(privateKey, "TLS private key");
    require(verificationKeys, "token verification keys");
    if (clientAuthorities != null)
      require(clientAuthorities, "PEM of the authorities of client certificates");
    if (issuer.isBlank()) throw new Missing("no issuer of tokens is configured");
    if (audience.isBlank()) throw new Missing("no audience of tokens is configured");
    try {
      JWKSet keys = JWKSet.parse(Files.readString(verificationKeys));
      if (keys.getKeys().isEmpty()) throw new Missing(verificationKeys + " holds no key");
      return keys.toPublicJWKSet();
    } catch (ParseException e) {
      throw new Missing(verificationKeys + " is not a JWK set: " + e.getMessage());
    } catch (IOException e) {
      throw new Missing("cannot read " + verificationKeys + ": " + e);
    }
  }

  private static void require(Path file, String what) throws Missing {
    if (file.toString().isBlank()) throw new Missing("no " + what + " is configured");
    if (!Files.isReadable(file)) throw new Missing("the " + what + " cannot be read: " + file);
  }
}
