package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.TestAuthority.Issued;
import org.novation.api.auth.DevKeys;
import org.novation.api.auth.Role;
import org.novation.api.auth.TokenIssuer;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.api.client.Target.ClientIdentity;
import org.novation.protocol.v1.ListAccountsRequest;

/** Keys and certificates follow their files while the node runs. */
final class RotationTest {
  @TempDir private Path home;
  private TestAuthority clients;
  private Issued alice;
  private EdgeNode node;

  @BeforeEach
  void start() throws Exception {
    clients = new TestAuthority(home.resolve("clients"));
    alice = clients.issue("alice");
    node = new EdgeNode(home, Duration.ofSeconds(30), clients.pem);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void signingKeyIsReplacedInTwoStepsWithoutAGap() throws Exception {
    ECKey before = ECKey.parse(Files.readString(node.keys.directory().resolve("signing.jwk")));
    ECKey after = new ECKeyGenerator(Curve.P_256).keyID("next").generate();
    String oldToken = signed(before);
    String newToken = signed(after);
    assertThat(call(oldToken)).isEqualTo("OK");
    assertThat(call(newToken)).isEqualTo("TOKEN_FORGED");
    verifyBy(before, after);
    assertThat(call(oldToken)).isEqualTo("OK");
    assertThat(call(newToken)).isEqualTo("OK");
    verifyBy(after);
    assertThat(call(oldToken)).isEqualTo("TOKEN_FORGED");
    assertThat(call(newToken)).isEqualTo("OK");
  }

  @Test
  void newConnectionsSeeTheNewCertificate() throws Exception {
    TestAuthority next = new TestAuthority(home.resolve("next"));
    show(next.issue("localhost", "localhost"));
    String token = Files.readString(node.keys.token("alice"));
    assertThat(call(token, next.pem, alice)).isEqualTo("OK");
    assertThat(call(token, node.keys.authority(), alice)).isEqualTo("UNAVAILABLE");
  }

  @Test
  void authoritiesOfClientsAreReplaced() throws Exception {
    TestAuthority next = new TestAuthority(home.resolve("next"));
    Files.copy(next.pem, clients.pem, StandardCopyOption.REPLACE_EXISTING);
    node.server.reread();
    String token = Files.readString(node.keys.token("alice"));
    assertThat(call(token, node.keys.authority(), next.issue("alice"))).isEqualTo("OK");
    assertThat(call(token, node.keys.authority(), alice)).isEqualTo("UNAVAILABLE");
  }

  @Test
  void whatCannotBeUsedLeavesInForceWhatCould() throws Exception {
    String token = Files.readString(node.keys.token("alice"));
    Path keys = node.keys.credentials().verificationKeys();
    String sound = Files.readString(keys);
    for (String damaged : List.of("", "{", "{\"keys\":[]}")) {
      Files.writeString(keys, damaged);
      node.server.reread();
      assertThat(call(token)).isEqualTo("OK");
    }
    Files.writeString(keys, sound);
    // The certificate is there already, its key is not yet.
    Issued other = new TestAuthority(home.resolve("next")).issue("localhost", "localhost");
    Files.copy(
        other.files().certificateChain(),
        node.keys.credentials().certificateChain(),
        StandardCopyOption.REPLACE_EXISTING);
    node.server.reread();
    assertThat(call(token)).isEqualTo("OK");
  }

  private void show(Issued server) throws Exception {
    ClientIdentity files = server.files();
    Files.copy(
        files.certificateChain(),
        node.keys.credentials().certificateChain(),
        StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        files.privateKey(),
        node.keys.credentials().privateKey(),
        StandardCopyOption.REPLACE_EXISTING);
    node.server.reread();
  }

  private void verifyBy(ECKey... keys) throws Exception {
    JWKSet set = new JWKSet(List.of(keys)).toPublicJWKSet();
    Files.writeString(node.keys.credentials().verificationKeys(), set.toString());
    node.server.reread();
  }

  private static String signed(ECKey key) {
    return new TokenIssuer(key, DevKeys.ISSUER, DevKeys.AUDIENCE)
        .issue("alice", Set.of(Role.MEMBER), Instant.now(), Duration.ofHours(1));
  }

  private String call(String token) throws Exception {
    return call(token, node.keys.authority(), alice);
  }

  /** OK, or the reason why not; over a connection of its own. */
  private String call(String token, Path trusted, Issued shown) throws Exception {
    Target target = new Target("localhost:" + node.port(), trusted, token.strip(), shown.files());
    try (NovationClient client = NovationClient.connect(target)) {
      var _ = NovationClient.await(client.accounts(ListAccountsRequest.getDefaultInstance()));
      return "OK";
    } catch (CallFailed failed) {
      return failed.reason().isEmpty() ? failed.code() : failed.reason();
    }
  }
}
