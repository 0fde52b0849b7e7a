package org.novation.api.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys and tokens of a development node. The first start makes a certificate authority, a server
 * certificate for this machine, a key that signs tokens and a token for each of {@link #HOLDERS};
 * every further start keeps the keys, renews a certificate that is about to expire and writes fresh
 * tokens. Everything lies in one directory that only its owner can read:
 *
 * <pre>
 * ca.pem                 what clients trust
 * server.pem, server.key what the node shows
 * signing.jwk            signs tokens
 * verification.jwks      verifies them
 * tokens/NAME            the bearer token of NAME
 * </pre>
 */
public final class DevKeys {
  /** Issuer and audience of a development node's tokens. */
  public static final String ISSUER = "novation-dev";

  public static final String AUDIENCE = "novation";

  /** Somebody to call as. */
  public record Holder(String name, Role role) {}

  /** Whom a development node knows. */
  public static final List<Holder> HOLDERS =
      List.of(
          new Holder("venue-1", Role.VENUE),
          new Holder("oracle-1", Role.ORACLE),
          new Holder("oracle-2", Role.ORACLE),
          new Holder("oracle-3", Role.ORACLE),
          new Holder("alice", Role.MEMBER),
          new Holder("bob", Role.MEMBER),
          new Holder("operator", Role.OPERATOR),
          new Holder("operator-2", Role.OPERATOR),
          new Holder("auditor", Role.AUDITOR),
          new Holder("custodian", Role.CUSTODIAN),
          new Holder("liquidator", Role.LIQUIDATOR),
          new Holder("voter", Role.VOTER));

  private static final Logger LOG = LoggerFactory.getLogger(DevKeys.class);
  private static final Duration TOKEN_LIFETIME = Duration.ofDays(30);

  private final Path directory;

  private DevKeys(Path directory) {
    this.directory = directory;
  }

  /** The keys of a node whose data lie in {@code home}, without looking whether they are there. */
  public static DevKeys of(Path home) {
    return new DevKeys(home.resolve("dev"));
  }

  /**
   * The keys of a node whose data lie in {@code home}, made where they are missing.
   *
   * @throws IOException when they cannot be written, or were damaged
   */
  public static DevKeys prepare(Path home, Instant now) throws IOException {
    DevKeys keys = of(home);
    boolean first = !Files.exists(keys.directory.resolve("signing.jwk"));
    PrivateFiles.createDirectories(keys.directory);
    PrivateFiles.createDirectories(keys.directory.resolve("tokens"));
    keys.prepareCertificate(now);
    keys.writeTokens(keys.signingKey(), now);
    LOG.info(
        "{} development keys and tokens in {}",
        first ? "Made" : "Using the",
        keys.directory.toAbsolutePath());
    return keys;
  }

  /** What a development node proves itself with. */
  public Credentials credentials() {
    return new Credentials(
        directory.resolve("server.pem"),
        directory.resolve("server.key"),
        directory.resolve("verification.jwks"),
        ISSUER,
        AUDIENCE);
  }

  public Path directory() {
    return directory;
  }

  /** What clients trust. */
  public Path authority() {
    return directory.resolve("ca.pem");
  }

  /** The file with the bearer token of one of {@link #HOLDERS}. */
  public Path token(String name) {
    return directory.resolve("tokens").resolve(name);
  }

  /** An issuer of further tokens, for tools that act as many. */
  public TokenIssuer issuer() throws IOException {
    return new TokenIssuer(signingKey(), ISSUER, AUDIENCE);
  }

  private void prepareCertificate(Instant now) throws IOException {
    Path certificate = directory.resolve("server.pem");
    Path key = directory.resolve("server.key");
    if (Files.exists(certificate)
        && Files.exists(key)
        && Files.exists(authority())
        && DevCertificate.lasts(certificate, now)) {
      return;
    }
    try {
      DevCertificate made = DevCertificate.make(now);
      PrivateFiles.write(authority(), made.authorityPem());
      PrivateFiles.write(key, made.keyPem());
      PrivateFiles.write(certificate, made.certificatePem());
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot make a certificate: " + e.getMessage(), e);
    }
  }

  private ECKey signingKey() throws IOException {
    Path file = directory.resolve("signing.jwk");
    try {
      if (!Files.exists(file)) {
        ECKey made = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
        PrivateFiles.write(
            directory.resolve("verification.jwks"), new JWKSet(made.toPublicJWK()).toString());
        PrivateFiles.write(file, made.toJSONString());
      }
      return ECKey.parse(Files.readString(file));
    } catch (JOSEException e) {
      throw new IOException("cannot make a signing key: " + e.getMessage(), e);
    } catch (ParseException e) {
      throw new IOException(file + " is damaged: delete it to get a new one", e);
    }
  }

  private void writeTokens(ECKey key, Instant now) throws IOException {
    TokenIssuer issuer = new TokenIssuer(key, ISSUER, AUDIENCE);
    for (Holder holder : HOLDERS) {
      PrivateFiles.write(
          token(holder.name()),
          issuer.issue(holder.name(), Set.of(holder.role()), now, TOKEN_LIFETIME));
    }
  }
}
