package org.novation.api.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.access.Revocations;

/** What a node must have to be trusted, and what a development node makes for itself. */
final class CredentialsTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

  @TempDir private Path home;
  private DevKeys keys;

  @BeforeEach
  void prepare() throws Exception {
    keys = DevKeys.prepare(home, NOW);
  }

  @Test
  void nodeDoesNotStartWithoutAnyOneOfThem() throws Exception {
    Credentials whole = keys.credentials();
    assertThat(whole.read().getKeys()).hasSize(1);
    Path none = Path.of("");
    Path gone = home.resolve("gone");
    assertMissing(
        new Credentials(none, whole.privateKey(), whole.verificationKeys(), "i", "a"),
        "certificate");
    assertMissing(
        new Credentials(gone, whole.privateKey(), whole.verificationKeys(), "i", "a"), "gone");
    assertMissing(
        new Credentials(whole.certificateChain(), none, whole.verificationKeys(), "i", "a"),
        "private key");
    assertMissing(
        new Credentials(whole.certificateChain(), whole.privateKey(), none, "i", "a"),
        "verification keys");
    assertMissing(
        new Credentials(whole.certificateChain(), whole.privateKey(), whole.privateKey(), "i", "a"),
        "JWK set");
    assertMissing(
        new Credentials(
            whole.certificateChain(), whole.privateKey(), whole.verificationKeys(), "", "a"),
        "issuer");
    assertMissing(
        new Credentials(
            whole.certificateChain(), whole.privateKey(), whole.verificationKeys(), "i", " "),
        "audience");
  }

  private static void assertMissing(Credentials credentials, String what) {
    assertThatThrownBy(credentials::read)
        .isInstanceOf(Credentials.Missing.class)
        .hasMessageContaining(what);
  }

  @Test
  void secondStartKeepsKeysAndTakesOldTokens() throws Exception {
    String signing = Files.readString(keys.directory().resolve("signing.jwk"));
    String certificate = Files.readString(keys.credentials().certificateChain());
    String token = Files.readString(keys.token("alice"));
    DevKeys again = DevKeys.prepare(home, NOW.plus(Duration.ofDays(1)));
    assertThat(Files.readString(again.directory().resolve("signing.jwk"))).isEqualTo(signing);
    assertThat(Files.readString(again.credentials().certificateChain())).isEqualTo(certificate);
    TokenVerifier verifier =
        new TokenVerifier(
            again.credentials().read(),
            DevKeys.ISSUER,
            DevKeys.AUDIENCE,
            Clock.fixed(NOW.plus(Duration.ofDays(1)), ZoneOffset.UTC),
            () -> Revocations.NONE);
    assertThat(verifier.verify(token).name()).isEqualTo("alice");
  }

  @Test
  void certificateIsRenewedBeforeItExpires() throws Exception {
    String certificate = Files.readString(keys.credentials().certificateChain());
    DevKeys.prepare(home, NOW.plus(Duration.ofDays(364)));
    assertThat(Files.readString(keys.credentials().certificateChain())).isNotEqualTo(certificate);
  }
}
