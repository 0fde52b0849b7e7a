package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.account.AccountEvent.ProfitPart;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.account.Markets;
import org.novation.deleveraging.CoordinationSnapshot;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveEvent.StepsPlanned;
import org.novation.deleveraging.WaveEvent.WaveBegun;
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
                  Long.toString(waves.summaries().getLast().uncoveredMicros()),
                  "0"));
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
  void noticesABeginningThatDoesNotTellWhatItsReceiptSaysOfTheFund() {
    waves.begin(1, 5);
    assertThat(violation())
        .extracting(Violation::what)
        .isEqualTo("has the fund pay for a stranger");
    int at = 0;
    while (!(waves.events().get(at) instanceof WaveBegun)) at++;
    WaveBegun begun = (WaveBegun) waves.events().get(at);
    waves
        .events()
        .set(
            at,
            new WaveBegun(
                begun.number(),
                begun.atMs(),
                begun.waveId(),
                begun.sha256(),
                begun.policy(),
                begun.deficitMicros(),
                begun.neededLots(),
                begun.candidates(),
                0));
    assertThat(violation())
        .extracting(Violation::what)
        .isEqualTo("tells another figure of the fund than the receipt");
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
                taken.pool(),
                taken.number(),
                taken.waves() + 1,
                taken.last(),
                taken.fundMicros(),
                taken.lastFundMicros()));
    assertThat(violation())
        .extracting(Violation::what)
        .isEqualTo("the snapshot is not what the events until it add up to");
  }

  @Test
  void namesTheAccountAndTheWaveThatTakesAProfitOnceMore() {
    TestJournal journal = winner();
    journal.takeProfit("w", 1, "main-1.1.0", 100 * Markets.UNIT);
    ProfitTaken first = (ProfitTaken) journal.events("w").getLast();
    long number = first.number() + 1;
    journal
        .events("w")
        .add(taken(number, 2, 100 * Markets.UNIT, first.lookBackMs(), first.parts()));
    assertThat(violation(journal))
        .isEqualTo(
            new Violation(
                "w",
                number,
                "wave 2 takes 100000000 of its profit in BTC-PERP, where 0 is left that was not"
                    + " taken before"));
  }

  @Test
  void holdsEveryPartOfATakingToWhatWasWonThere() {
    TestJournal journal = winner();
    journal.takeProfit("w", 1, "main-1.1.0", 40 * Markets.UNIT);
    ProfitTaken right = (ProfitTaken) journal.events("w").removeLast();
    ProfitPart part = right.parts().getFirst();
    long all = 100 * Markets.UNIT;
    for (ProfitTaken wrong :
        List.of(
            taken(right.number(), 1, all + 1, right.lookBackMs(), List.of(part(all + 1))),
            taken(right.number(), 1, all, right.lookBackMs(), List.of(part)),
            taken(right.number(), 1, all, right.lookBackMs(), List.of()),
            taken(right.number(), 1, 2 * part.micros(), right.lookBackMs(), List.of(part, part)),
            taken(right.number(), 1, part.micros(), -1, List.of(part)),
            taken(
                right.number(),
                1,
                1,
                right.lookBackMs(),
                List.of(new ProfitPart("ETH-PERP", 90, 1))))) {
      journal.events("w").add(wrong);
      assertThat(violation(journal)).as("%s", wrong).isNotNull();
      assertThat(violation(journal)).extracting(Violation::account).isEqualTo("w");
      assertThat(violation(journal))
          .extracting(Violation::sequenceNumber)
          .isEqualTo(right.number());
      journal.events("w").removeLast();
    }
  }

  /** Short 10 at 100; the mark is 90. */
  private static TestJournal winner() {
    TestJournal journal = new TestJournal();
    journal.open("w", 1_000 * Markets.UNIT);
    journal.open("x", 1_000 * Markets.UNIT);
    journal.trade("BTC-PERP", 10, "x", "w");
    journal.market(90, 0);
    return journal;
  }

  private static ProfitPart part(long micros) {
    return new ProfitPart("BTC-PERP", 90, micros);
  }

  private static ProfitTaken taken(
      long number, long wave, long micros, long lookBackMs, List<ProfitPart> parts) {
    return new ProfitTaken(
        number,
        Markets.NOW_MS,
        wave,
        "main-" + wave + ".1.0",
        micros,
        micros,
        lookBackMs,
        parts,
        ProfitTaken.OLDEST_FIRST);
  }

  /** A journal of the days when takings did not name their parts is as whole as it was. */
  @Test
  void findsNothingWrongInTakingsThatWereRecordedWithoutTheirParts() throws SQLException {
    for (int n = 0; n < 3; n++) waves.run(n);
    try (Store store = Store.open(new StoreConfig.H2Memory("waves-" + UUID.randomUUID()))) {
      waves.store(store.dataSource());
      try (Connection connection = store.dataSource().getConnection();
          Statement statement =
              connection.createStatement(
                  ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
          ResultSet rows =
              statement.executeQuery(
                  "SELECT * FROM \"event_journal\" WHERE \"event_ser_manifest\" ="
                      + " 'account.profit-taken.v3'")) {
        int rewritten = 0;
        while (rows.next()) {
          ProfitTaken whole =
              (ProfitTaken)
                  Journalled.CODEC.read("account.profit-taken.v3", rows.getBytes("event_payload"));
          String early = "account.profit-taken.v1";
          ProfitTaken without =
              new ProfitTaken(
                  whole.number(),
                  whole.atMs(),
                  whole.wave(),
                  whole.stepId(),
                  whole.askedMicros(),
                  whole.takenMicros(),
                  0,
                  List.of(),
                  0);
          rows.updateString("event_ser_manifest", early);
          rows.updateBytes("event_payload", Journalled.CODEC.write(early, without));
          rows.updateRow();
          rewritten++;
        }
        assertThat(rewritten).isPositive();
      }
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation()).isNull();
    }
  }

  private static @Nullable Violation violation(TestJournal journal) {
    try (Store store = Store.open(new StoreConfig.H2Memory("waves-" + UUID.randomUUID()))) {
      journal.store(store.dataSource());
      return Auditor.audit(store.dataSource(), "USDC").violation();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
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
