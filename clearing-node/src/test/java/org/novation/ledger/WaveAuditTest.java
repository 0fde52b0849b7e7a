package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.deleveraging.CoordinationSnapshot;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveEvent.StepsPlanned;
import org.novation.deleveraging.WaveSummary;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.AuditReport.WaveLine;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.TestStore;

/** What a coordinator wrote passes; changed in any way it does not, and the auditor says where. */
final class WaveAuditTest {
  private final TestWaves waves = new TestWaves("main");

  @ParameterizedTest
  @EnumSource
  void findsNothingWrongInWhatACoordinatorWrote(TestStore kind) throws SQLException {
    for (int n = 0; n < 5; n++) waves.run(n);
    waves.begin(5);
    long taken = waves.summaries().stream().mapToLong(WaveSummary::takenMicros).sum();
    long uncovered = waves.summaries().stream().mapToLong(WaveSummary::uncoveredMicros).sum();
    assertThat(taken).isPositive();
    try (Store store = Store.open(kind.fresh())) {
      waves.store(store.dataSource());
      AuditReport report = Auditor.audit(store.dataSource(), "USDC");
      assertThat(report.violation()).isNull();
      assertThat(report.waves())
          .containsExactly(
              new WaveLine(
                  "main",
                  6,
                  waves.events().size(),
                  Long.toString(taken),
                  Long.toString(taken),
                  "0",
                  Long.toString(uncovered)));
    }
  }

  /** Each figure of each event is held to what was before; versions alone are the accounts'. */
  @Test
  void noticesEveryFigureThatSomebodyChanges() throws ReflectiveOperationException {
    waves.run(4);
    int changes = 0;
    for (int at = 0; at < waves.events().size(); at++) {
      WaveEvent event = waves.events().get(at);
      for (WaveEvent changed : changes(event)) {
        waves.events().set(at, changed);
        assertThat(violation()).as(event + " became " + changed).isNotNull();
        changes++;
      }
      waves.events().set(at, event);
    }
    assertThat(changes).isGreaterThan(40);
    assertThat(violation()).isNull();
  }

  @Test
  void noticesEveryEventThatIsMissingOrThereTwice() {
    waves.run(1);
    waves.run(2);
    List<WaveEvent> whole = List.copyOf(waves.events());
    for (int at = 0; at < whole.size() - 1; at++) {
      waves.events().remove(at);
      assertThat(violation()).as("without " + whole.get(at)).isNotNull();
      waves.events().add(at, whole.get(at));
      waves.events().add(at, whole.get(at));
      assertThat(violation()).as("twice " + whole.get(at)).isNotNull();
      waves.events().remove(at);
    }
    assertThat(waves.events()).isEqualTo(whole);
  }

  @Test
  void noticesAWaveThatIsMissingAsAWhole() {
    for (int n = 0; n < 3; n++) waves.run(n);
    List<WaveEvent> kept = new ArrayList<>();
    int wave = 0;
    for (WaveEvent event : waves.events()) {
      if (event.number() == 1) wave++;
      if (wave != 2) kept.add(event);
    }
    waves.events().clear();
    waves.events().addAll(kept);
    waves.snapshots().clear();
    assertThat(violation()).isNotNull();
  }

  @Test
  void noticesASnapshotThatIsNotTheReplay() {
    waves.run(1);
    CoordinationSnapshot taken = waves.snapshots().removeFirst();
    waves
        .snapshots()
        .add(
            new CoordinationSnapshot(
                taken.pool(), taken.number(), taken.waves() + 1, taken.last()));
    assertThat(violation())
        .extracting(Violation::what)
        .isEqualTo("the snapshot is not what the events until it add up to");
  }

  private static List<WaveEvent> changes(WaveEvent event) throws ReflectiveOperationException {
    if (event instanceof StepsPlanned planned) {
      return List.of(
          new StepsPlanned(planned.number(), planned.atMs(), planned.round() + 1, planned.steps()),
          new StepsPlanned(
              planned.number(),
              planned.atMs(),
              planned.round(),
              planned.steps().subList(0, planned.steps().size() - 1)));
    }
    RecordComponent[] components = event.getClass().getRecordComponents();
    List<WaveEvent> changed = new ArrayList<>();
    for (int n = 0; n < components.length; n++) {
      if (components[n].getName().equals("version")) continue;
      Object[] values = new Object[components.length];
      Class<?>[] types = new Class<?>[components.length];
      for (int i = 0; i < values.length; i++) {
        types[i] = components[i].getType();
        values[i] = components[i].getAccessor().invoke(event);
      }
      boolean time = components[n].getName().equals("atMs");
      switch (values[n]) {
        case Long value -> values[n] = time ? value - 100_000 : value + 1;
        case Integer value -> values[n] = value + 1;
        case String value -> values[n] = value + "0";
        case byte[] value -> {
          byte[] bytes = Arrays.copyOf(value, value.length);
          bytes[bytes.length / 2] ^= 1;
          values[n] = bytes;
        }
        default -> {
          continue;
        }
      }
      if (time && event.number() == 1) continue; // The first of all may have any.
      changed.add((WaveEvent) event.getClass().getDeclaredConstructor(types).newInstance(values));
    }
    return changed;
  }

  private @Nullable Violation violation() {
    try (Store store = Store.open(new StoreConfig.H2Memory("waves-" + UUID.randomUUID()))) {
      waves.store(store.dataSource());
      return Auditor.audit(store.dataSource(), "USDC").violation();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
