package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.api.client.Updates;
import org.novation.custody.CanonicalMessage;
import org.novation.custody.CustodianSecret;
import org.novation.custody.Purpose;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.ApproveWithdrawalRequest;
import org.novation.protocol.v1.AttestDepositRequest;
import org.novation.protocol.v1.CancelWithdrawalRequest;
import org.novation.protocol.v1.GetCustodyResponse;
import org.novation.protocol.v1.RequestWithdrawalRequest;
import org.novation.protocol.v1.WatchWithdrawalsResponse;
import org.novation.protocol.v1.Withdrawal;
import org.novation.protocol.v1.WithdrawalState;

/** Collateral comes in and leaves through a whole node over TCP, in a house time of its own. */
final class CustodyNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final long DAY = Duration.ofDays(1).toMillis();
  private static final long NOW = 1_700_000_000_000L;

  @TempDir Path home;
  private final AtomicLong clock = new AtomicLong(NOW);
  private Node node;
  private NovationClient alice;
  private NovationClient custodian;
  private GetCustodyResponse custody;

  @BeforeEach
  void start() throws Exception {
    Path config = Path.of("..", "config");
    CustodySettings settings =
        Objects.requireNonNull(NodeSettings.read(config, "dev", Map.of()).custody());
    node =
        Node.start(
            NodeSettings.local(
                    home,
                    new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
                    InstrumentConfig.in(config).catalogue())
                .withCustody(settings)
                .withClock(clock::get));
    alice = as("alice");
    custodian = as("custodian");
    eventually(() -> await(custodian.custody()).getSetVersion() == 1);
    eventually(() -> node.knowsDebtors());
    custody = await(custodian.custody());
  }

  @AfterEach
  void stop() {
    alice.close();
    custodian.close();
    node.close();
  }

  private NovationClient as(String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  @Test
  void moneyComesInByTwoWordsAndLeavesByTwoSignaturesAndTheBooksHold() throws Exception {
    await(alice.openAccount("a1", ""));
    attest("ana", "0x1", "1000000");
    assertThat(cash()).isEqualTo("0");
    attest("ben", "0x1", "1000000");
    eventually(() -> cash().equals("1000000"));

    Withdrawal asked = request("w1", "60000");
    assertThat(asked.getState()).isEqualTo(WithdrawalState.WITHDRAWAL_STATE_OPEN);
    assertThat(cash()).isEqualTo("940000");
    CallFailed limit = refusal(() -> request("w2", "60000"));
    assertThat(limit.reason()).isEqualTo("LIMIT_REACHED");
    assertThat(limit.numbers())
        .containsEntry("limit", "POOL_HOUR")
        .containsEntry("used", "60000")
        .containsEntry("cap", "100000");
    assertThat(Long.parseLong(String.valueOf(limit.numbers().get("until_ms"))))
        .isBetween(NOW + DAY / 24, NOW + DAY / 24 + 60_000);

    approve("ana", asked);
    assertThat(refusal(() -> approve("ben", asked, "ana")).reason()).isEqualTo("BAD_SIGNATURE");
    assertThat(refusal(() -> await(custodian.cancel(owners("w1")))).reason())
        .isEqualTo("MALFORMED");
    stop();
    start();
    approve("ben", asked);
    assertThat(state("w1")).isEqualTo(WithdrawalState.WITHDRAWAL_STATE_OPEN);
    try (Updates<WatchWithdrawalsResponse> updates = alice.watchWithdrawals("a1")) {
      assertThat(Objects.requireNonNull(updates.next()).getWithdrawal().getState())
          .isEqualTo(WithdrawalState.WITHDRAWAL_STATE_OPEN);
      clock.addAndGet(DAY);
      assertThat(Objects.requireNonNull(updates.next()).getWithdrawal().getState())
          .isEqualTo(WithdrawalState.WITHDRAWAL_STATE_SETTLED);
    }
    assertThat(cash()).isEqualTo("940000");
    assertThat(await(custodian.custody()).getVaults(0).getAmount()).isEqualTo("940000");

    request("w3", "1000");
    assertThat(await(alice.cancel(owners("w3"))).getWithdrawal().getState())
        .isEqualTo(WithdrawalState.WITHDRAWAL_STATE_CANCELLED);
    eventually(() -> cash().equals("940000"));
    try (NovationClient bob = as("bob")) {
      assertThat(refusal(() -> await(bob.withdrawal("a1", "w1"))).reason())
          .isEqualTo("UNKNOWN_WITHDRAWAL");
    }
    assertThat(node.audit().violation()).isNull();
  }

  @Test
  void anAccountGivesNoMoreThanItHasAndSaysWhy() throws Exception {
    await(alice.openAccount("a1", ""));
    attest("ana", "0x1", "500");
    attest("ben", "0x1", "500");
    attest("ana", "0x2", "500", "a2");
    attest("ben", "0x2", "500", "a2");
    eventually(() -> cash().equals("500"));
    CallFailed why = refusal(() -> request("w1", "600"));
    assertThat(why.reason()).isEqualTo("NOT_HELD");
    assertThat(why.numbers()).containsEntry("why", "BALANCE").containsEntry("have", "500");
    // The account of the second deposit is opened later, and has it then.
    await(alice.openAccount("a2", ""));
    eventually(() -> await(alice.account("a2")).getAccount().getBalancesList().size() == 1);
    assertThat(node.audit().violation()).isNull();
  }

  private void attest(String who, String transaction, String amount) throws IOException {
    attest(who, transaction, amount, "a1");
  }

  private void attest(String who, String transaction, String amount, String account)
      throws IOException {
    long expires = clock.get() + DAY;
    CanonicalMessage message =
        new CanonicalMessage(
            Purpose.ATTEST_DEPOSIT,
            custody.getHouse(),
            "ethereum",
            "USDC",
            Long.parseLong(amount) * 1_000_000,
            "0xfrom",
            account,
            transaction,
            5,
            expires,
            custody.getSetVersion());
    await(
        custodian.attest(
            AttestDepositRequest.newBuilder()
                .setChain("ethereum")
                .setTransaction(transaction)
                .setAsset("USDC")
                .setAmount(amount)
                .setAddress("0xfrom")
                .setAccountId(account)
                .setBlock(5)
                .setExpiresAtMs(expires)
                .setCustodian(who)
                .setSignature(secret(who).sign(message))
                .build()));
  }

  private Withdrawal request(String id, String amount) {
    return await(
            alice.withdraw(
                RequestWithdrawalRequest.newBuilder()
                    .setAccountId("a1")
                    .setWithdrawalId(id)
                    .setChain("ethereum")
                    .setAsset("USDC")
                    .setAmount(amount)
                    .setAddress("0xto")
                    .setExpiresAtMs(clock.get() + 6 * DAY)
                    .build()))
        .getWithdrawal();
  }

  private void approve(String who, Withdrawal of) throws IOException {
    approve(who, of, who);
  }

  private void approve(String who, Withdrawal of, String signer) throws IOException {
    CanonicalMessage message =
        new CanonicalMessage(
            Purpose.APPROVE_WITHDRAWAL,
            custody.getHouse(),
            of.getChain(),
            of.getAsset(),
            of.getAmountUnits(),
            of.getAddress(),
            of.getAccountId(),
            of.getWithdrawalId(),
            of.getNonce(),
            of.getExpiresAtMs(),
            custody.getSetVersion());
    await(
        custodian.approve(
            ApproveWithdrawalRequest.newBuilder()
                .setAccountId(of.getAccountId())
                .setWithdrawalId(of.getWithdrawalId())
                .setCustodian(who)
                .setSignature(secret(signer).sign(message))
                .build()));
  }

  private static CancelWithdrawalRequest owners(String id) {
    return CancelWithdrawalRequest.newBuilder().setAccountId("a1").setWithdrawalId(id).build();
  }

  /** As the development node keeps it. */
  private CustodianSecret secret(String name) throws IOException {
    Path file = home.resolve("dev").resolve("custodians").resolve(name + ".key");
    return CustodianSecret.of(Files.readString(file).strip());
  }

  private WithdrawalState state(String id) {
    return await(alice.withdrawal("a1", id)).getWithdrawal().getState();
  }

  private String cash() {
    var balances = await(alice.account("a1")).getAccount().getBalancesList();
    return balances.isEmpty() ? "0" : balances.getFirst().getAmount();
  }

  private static CallFailed refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    CallFailed failed = catchThrowableOfType(CallFailed.class, call);
    assertThat(failed).isNotNull();
    return failed;
  }

  private static void eventually(BooleanSupplier holds) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within a minute").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
