package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.TransferRequest;
import org.novation.protocol.v1.TransferResponse;

/** Money goes from account to account through a whole node over TCP. */
final class TransferNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path home;
  private Node node;
  private NovationClient alice;
  private NovationClient bob;

  @BeforeEach
  void start() throws Exception {
    node =
        Node.start(
            NodeSettings.local(
                home,
                new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
                InstrumentConfig.in(Path.of("..", "config")).catalogue()));
    alice = as("alice");
    bob = as("bob");
  }

  @AfterEach
  void stop() {
    alice.close();
    bob.close();
    node.close();
  }

  private NovationClient as(String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  @Test
  void moneyGoesToSubAccountsAndToOthersOnceAndSurvivesARestart() throws Exception {
    await(alice.openAccount("a1", ""));
    await(alice.openAccount("a1.btc", ""));
    await(bob.openAccount("b1", ""));
    try (NovationClient custodian = as("custodian")) {
      await(custodian.deposit("d", "a1", "USDC", "1000"));
    }
    for (int again = 0; again < 3; again++)
      assertThat(transfer(alice, "t", "a1", "a1.btc", "300").getBalance()).isEqualTo("700");
    assertThat(transfer(alice, "u", "a1", "b1", "100.5").getBalance()).isEqualTo("599.5");
    holds(alice, "a1.btc", "300");
    holds(bob, "b1", "100.5");

    assertThat(refusal(() -> transfer(alice, "t", "a1", "b1", "300")).reason())
        .isEqualTo("DUPLICATE_WITH_OTHER_CONTENT");
    CallFailed tooMuch = refusal(() -> transfer(alice, "v", "a1", "b1", "599.500001"));
    assertThat(tooMuch.reason()).isEqualTo("INSUFFICIENT_BALANCE");
    assertThat(tooMuch.numbers())
        .containsEntry("amount", "599.500001")
        .containsEntry("balance", "599.5");
    assertThat(refusal(() -> transfer(alice, "w", "a1", "nobody", "1")).reason())
        .isEqualTo("UNKNOWN_ACCOUNT");
    assertThat(refusal(() -> transfer(alice, "w", "a1", "novation-default", "1")).reason())
        .isEqualTo("UNKNOWN_ACCOUNT");
    assertThat(refusal(() -> transfer(alice, "w", "a1", "a1", "1")).reason())
        .isEqualTo("SAME_ACCOUNT");
    assertThat(refusal(() -> transfer(bob, "w", "a1", "b1", "1")).reason())
        .as("another's money")
        .isEqualTo("UNKNOWN_ACCOUNT");

    stop();
    start();
    assertThat(transfer(alice, "t", "a1", "a1.btc", "300").getBalance()).isEqualTo("599.5");
    holds(alice, "a1.btc", "300");
    holds(bob, "b1", "100.5");
    assertThat(node.audit().violation()).isNull();
  }

  private static TransferResponse transfer(
      NovationClient as, String id, String from, String to, String amount) {
    return await(
        as.transfer(
            TransferRequest.newBuilder()
                .setTransferId(id)
                .setAccountId(from)
                .setToAccountId(to)
                .setAsset("USDC")
                .setAmount(amount)
                .build()));
  }

  private static CallFailed refusal(Runnable call) {
    return catchThrowableOfType(CallFailed.class, call::run);
  }

  private static void holds(NovationClient as, String account, String amount) {
    long end = System.nanoTime() + PATIENCE;
    while (!await(as.account(account)).getAccount().getCash().equals(amount)) {
      assertThat(System.nanoTime()).as("%s never holds %s", account, amount).isLessThan(end);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
