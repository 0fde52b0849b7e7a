package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.auth.DevKeys;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.ledger.AuditReport;
import org.novation.ledger.Auditor;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.RevokeTokenRequest;
import org.novation.trail.TrailHead;

/** Revocations and the trail of a whole node, over TCP and a restart. */
final class AccessToNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  @TempDir private Path home;

  @Test
  void whatWasTakenBackStaysSoAfterARestartAndTheTrailSaysWhoDidIt() throws Exception {
    String stolen;
    TrailHead anchor;
    try (Node node = start()) {
      stolen = Files.readString(DevKeys.of(home).token("bob")).strip();
      try (NovationClient operator = as(node, "operator")) {
        NovationClient bob = operator.as(stolen);
        assertThat(reason(bob)).isEqualTo("OK");
        String id = SignedJWT.parse(stolen).getJWTClaimsSet().getJWTID();
        var _ =
            await(
                operator.revoke(
                    RevokeTokenRequest.newBuilder().setTokenId(id).setReason("stolen").build()));
        eventually(bob, "TOKEN_REVOKED");
        var head = await(operator.trailHead());
        anchor = new TrailHead(head.getNumber(), head.getHash());
        assertThat(anchor.number()).isGreaterThanOrEqualTo(1);
      }
    }
    try (Node node = start()) {
      try (NovationClient operator = as(node, "operator")) {
        // At the first call already: a node does not serve before it knows.
        assertThat(reason(operator.as(stolen))).isEqualTo("TOKEN_REVOKED");
        assertThat(reason(as(node, "bob"))).as("a new token of the same holder").isEqualTo("OK");
        var _ = await(operator.contribute("c-1", "5"));
        AuditReport report = Auditor.audit(node.store().dataSource(), "USDC", anchor, null);
        assertThat(report.violation()).isNull();
        assertThat(report.trail().records()).isGreaterThan(anchor.number());
      }
    }
  }

  private Node start() {
    return Node.start(
        NodeSettings.local(
            home,
            new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
            InstrumentConfig.in(Path.of("..", "config")).catalogue()));
  }

  private NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private static String reason(NovationClient client) {
    CallFailed failed =
        catchThrowableOfType(
            CallFailed.class,
            () -> await(client.accounts(ListAccountsRequest.getDefaultInstance())));
    return failed == null ? "OK" : failed.reason();
  }

  private static void eventually(NovationClient client, String reason) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!reason(client).equals(reason)) {
      assertThat(System.nanoTime()).as("not in time").isLessThan(deadline);
      LockSupport.parkNanos(20_000_000);
    }
  }
}
