package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.api.client.Updates;
import org.novation.clearing.HouseAccount;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.ledger.AuditReport;
import org.novation.node.clockwork.Clockwork;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.TransferRequest;
import org.novation.protocol.v1.TransferResponse;
import org.novation.protocol.v1.WatchFundResponse;

/** A node that is voted in begins with its configuration and, from then on, keeps what it has. */
final class GovernedNodeTest {
  private static final Path CONFIG = Path.of("..", "config");
  private static final long NOW = 1_700_000_000_000L;

  @TempDir Path home;

  private NodeSettings settings() {
    NodeSettings dev = NodeSettings.read(CONFIG, "dev", Map.of());
    return NodeSettings.local(
            home,
            new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
            InstrumentConfig.in(CONFIG).catalogue())
        .withCustody(Objects.requireNonNull(dev.custody()))
        .withGovernance(Objects.requireNonNull(dev.governance()))
        .withClock(new AtomicLong(NOW)::get);
  }

  @Test
  void everyNodeKnowsWhatIsInForceBeforeItServesAndKeepsItOverARestart() {
    NodeSettings settings = settings();
    ParameterSet first;
    try (Node node = Node.start(settings)) {
      first = node.parameters().newest();
      assertThat(first.version()).isEqualTo(1);
      for (int i = 0; i < settings.catalogue().instruments(); i++)
        assertThat(first.catalogue(NOW).perpetual(i)).isEqualTo(settings.catalogue().perpetual(i));
      assertThat(first.only(NOW, Parameter.Council.class)).isNotNull();
      assertThat(first.only(NOW, Parameter.Custodians.class)).isNotNull();
      assertThat(node.audit().violation()).isNull();
    }
    Parameter.Voting other =
        new Parameter.Voting(
            1_000_000,
            86_400_000,
            86_400_000,
            172_800_000,
            86_400_000,
            20_000,
            500_000,
            691_200_000);
    GovernanceSettings rules = Objects.requireNonNull(settings.governance());
    NodeSettings changed =
        settings.withGovernance(
            new GovernanceSettings(
                rules.token(), other, rules.fees(), List.of(), 2, rules.councilTermMs()));
    try (Node node = Node.start(changed)) {
      assertThat(node.parameters().newest()).isEqualTo(first);
    }
  }

  @Test
  void whatAnAccountGivesTheFundIsItsTrancheOnce() throws Exception {
    try (Node node = Node.start(settings());
        NovationClient operator = as(node, "operator");
        NovationClient alice = as(node, "alice")) {
      await(operator.openAccount("a", "alice"));
      await(operator.deposit("d", "a", "USDC", "100"));
      await(operator.openAccount("b", "alice"));
      await(operator.deposit("d-2", "b", "BTC", "1"));
      await(give(alice, "t", "a", "USDC", "60"));
      await(give(alice, "t", "a", "USDC", "60"));
      awaitTranche(operator, "60");
      CallFailed coins =
          catchThrowableOfType(
              CallFailed.class, () -> await(give(alice, "t-2", "b", "BTC", "0.5")));
      assertThat(coins.reason()).as("nobody could get them out").isEqualTo("UNKNOWN_ASSET");
    }
    try (Node node = Node.start(settings());
        NovationClient operator = as(node, "operator")) {
      await(operator.deposit("attested", HouseAccount.FUND, "USDC", "0.5"));
      awaitTranche(operator, "60.5");
      Account left = await(operator.account("a")).getAccount();
      assertThat(left.getCash()).isEqualTo("40");
      assertThat(await(operator.account(HouseAccount.FUND)).getAccount().getCash()).isEqualTo("0");
      AuditReport audit = node.audit();
      assertThat(audit.violation()).isNull();
      assertThat(audit.funds().getFirst().houseMicros()).isEqualTo("60500000");
    }
  }

  private static CompletableFuture<TransferResponse> give(
      NovationClient as, String id, String from, String asset, String amount) {
    return as.transfer(
        TransferRequest.newBuilder()
            .setTransferId(id)
            .setAccountId(from)
            .setToAccountId(HouseAccount.FUND)
            .setAsset(asset)
            .setAmount(amount)
            .build());
  }

  private NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private static void awaitTranche(NovationClient client, String amount) throws Exception {
    try (Updates<WatchFundResponse> fund = client.watchFund()) {
      while (!Objects.requireNonNull(fund.next()).getFund().getHouseTranche().equals(amount)) {}
    }
  }

  @Test
  void runsOnAClockworkToo() {
    Clockwork clockwork = new Clockwork(NOW);
    NodeSettings settings =
        settings()
            .withStore(new StoreConfig.H2Scratch(home.resolve("scratch")))
            .withEngine(Engine.of(clockwork, false));
    try (Node node = Node.start(settings)) {
      assertThat(node.parameters().newest().version()).isEqualTo(1);
      // However long the cluster took to form, which is a matter of chance.
      assertThat(clockwork.millis() - NOW).isGreaterThanOrEqualTo(30_000);
    }
  }

  @Test
  void refusesToStartWhereTheConfigurationBreaksAHardBound() {
    NodeSettings settings = settings();
    GovernanceSettings own = Objects.requireNonNull(settings.governance());
    Parameter.Fees dear = new Parameter.Fees(20_000, 0);
    assertThatThrownBy(
            () ->
                Node.start(
                    settings.withGovernance(
                        new GovernanceSettings(
                            own.token(), own.voting(), dear, List.of(), 2, own.councilTermMs()))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("tradePpm");
  }
}
