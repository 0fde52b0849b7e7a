package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.TestAuthority.Issued;
import org.novation.api.auth.Role;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.protocol.v1.ListAccountsRequest;

/** A node that asks for client certificates: a token is worth nothing without the right one. */
final class MutualTlsTest {
  private static TestAuthority authority;
  private static EdgeNode node;

  @BeforeAll
  static void start(@TempDir Path home) throws Exception {
    authority = new TestAuthority(home.resolve("clients"));
    node = new EdgeNode(home, Duration.ofSeconds(30), authority.pem);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void callerWhoseCertificateBearsItsNameIsHeard() throws Exception {
    assertThat(call(token("alice"), authority.issue("alice"))).isEqualTo("OK");
    assertThat(call(token("alice"), authority.issue("whatever", "alice"))).isEqualTo("OK");
  }

  @Test
  void stolenTokenIsRefusedWithTheThiefsOwnCertificate() throws Exception {
    assertThat(call(token("alice"), authority.issue("mallory"))).isEqualTo("CERTIFICATE_FOREIGN");
    // Where there are alternative names, the common name is nobody's.
    assertThat(call(token("alice"), authority.issue("alice", "mallory")))
        .isEqualTo("CERTIFICATE_FOREIGN");
  }

  @Test
  void connectionWithoutCertificateOrWithOneOfAnotherAuthorityIsNoConnection(
      @TempDir Path elsewhere) throws Exception {
    assertThat(call(token("alice"), null)).isEqualTo("UNAVAILABLE");
    assertThat(call(token("alice"), new TestAuthority(elsewhere).issue("alice")))
        .isEqualTo("UNAVAILABLE");
  }

  @Test
  void boundTokenCountsWithItsCertificateAlone() throws Exception {
    Issued own = authority.issue("laptop-7");
    String bound = bound("alice", own.certificate());
    assertThat(call(bound, own)).isEqualTo("OK");
    assertThat(call(bound, authority.issue("laptop-7"))).isEqualTo("CERTIFICATE_FOREIGN");
    assertThat(call(bound, authority.issue("alice"))).isEqualTo("CERTIFICATE_FOREIGN");
  }

  @Test
  void boundTokenCountsNotWhereNoCertificateIsAskedFor(@TempDir Path elsewhere) throws Exception {
    try (EdgeNode without = new EdgeNode(elsewhere)) {
      Issued own = authority.issue("alice");
      String bound =
          without
              .keys
              .issuer()
              .issue("alice", Set.of(Role.MEMBER), Instant.now(), HOUR, own.certificate());
      assertThat(call(without, bound, null)).isEqualTo("CERTIFICATE_MISSING");
    }
  }

  private static final Duration HOUR = Duration.ofHours(1);

  private static String token(String name) throws Exception {
    return Files.readString(node.keys.token(name)).strip();
  }

  private static String bound(String name, X509Certificate certificate) throws Exception {
    return node.keys.issuer().issue(name, Set.of(Role.MEMBER), Instant.now(), HOUR, certificate);
  }

  private static String call(String token, @Nullable Issued shown) throws Exception {
    return call(node, token, shown);
  }

  /** OK, or the reason why not. */
  private static String call(EdgeNode node, String token, @Nullable Issued shown) throws Exception {
    Target target =
        new Target(
            "localhost:" + node.port(),
            node.keys.authority(),
            token,
            shown == null ? null : shown.files());
    try (NovationClient client = NovationClient.connect(target)) {
      var _ = NovationClient.await(client.accounts(ListAccountsRequest.getDefaultInstance()));
      return "OK";
    } catch (CallFailed failed) {
      return failed.reason().isEmpty() ? failed.code() : failed.reason();
    }
  }
}
