package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.node.clockwork.Clockwork;
import org.novation.node.store.StoreConfig;

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
  void runsOnAClockworkToo() {
    NodeSettings settings =
        settings()
            .withStore(new StoreConfig.H2Scratch(home.resolve("scratch")))
            .withEngine(Engine.of(new Clockwork(NOW), false));
    try (Node node = Node.start(settings)) {
      assertThat(node.parameters().newest().version()).isEqualTo(1);
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
