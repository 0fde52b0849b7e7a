package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveSummary;
import org.novation.node.store.Store;
import org.novation.node.store.TestStore;

/** What there ever was is found in the journal, page by page, on each database. */
final class WaveArchiveTest {
  @ParameterizedTest
  @EnumSource
  void findsEveryWaveAndItsReceipt(TestStore kind) throws SQLException {
    TestWaves waves = new TestWaves("main");
    for (int n = 0; n < 7; n++) waves.run(n);
    waves.begin(7);
    try (Store store = Store.open(kind.fresh())) {
      waves.store(store.dataSource());
      WaveArchive archive = new WaveArchive(store.dataSource());
      List<WaveSummary> found = new ArrayList<>();
      long next = 0;
      do {
        WaveArchive.Page page = archive.page("main", next, 3);
        found.addAll(page.waves());
        next = page.next();
      } while (next != 0);
      assertThat(found)
          .extracting(WaveSummary::wave)
          .containsExactlyElementsOf(LongStream.iterate(8, n -> n - 1).limit(8).boxed().toList());
      assertThat(found.getFirst().finished()).isFalse();
      assertThat(found.subList(1, 8)).isEqualTo(waves.summaries().reversed());
      for (int n = 1; n <= 8; n++) {
        assertThat(archive.receipt("main", "main-" + n)).contains(waves.receipts().get(n - 1));
      }
      assertThat(archive.receipt("main", "main-9")).isEmpty();
      assertThat(archive.receipt("main", "main")).isEmpty();
      assertThat(archive.page("other", 0, 3).waves()).isEmpty();
      assertThat(archive.page("main", 0, 8).next()).isZero();
    }
  }

  /** As they were written before they told what the fund had paid. */
  @Test
  void findsWavesOfTheFirstForm() throws SQLException {
    TestWaves waves = new TestWaves("main");
    for (int n = 0; n < 3; n++) waves.run(n);
    try (Store store = Store.open(TestStore.H2.fresh())) {
      waves.store(store.dataSource());
      writeAsFirst(store.dataSource());
      WaveArchive archive = new WaveArchive(store.dataSource());
      assertThat(archive.page("main", 0, 3).waves()).isEqualTo(waves.summaries().reversed());
      assertThat(archive.receipt("main", "main-2")).contains(waves.receipts().get(1));
      assertThat(Auditor.audit(store.dataSource(), "USDC").violation()).isNull();
    }
  }

  private static void writeAsFirst(DataSource journal) throws SQLException {
    try (Connection connection = journal.getConnection();
        Statement all =
            connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_UPDATABLE);
        ResultSet rows =
            all.executeQuery(
                "SELECT * FROM \"event_journal\" WHERE \"event_ser_manifest\" ="
                    + " 'adl.wave-begun.v2'")) {
      while (rows.next()) {
        Record begun = Journalled.CODEC.read("adl.wave-begun.v2", rows.getBytes("event_payload"));
        rows.updateBytes("event_payload", Journalled.CODEC.write("adl.wave-begun.v1", begun));
        rows.updateString("event_ser_manifest", "adl.wave-begun.v1");
        rows.updateRow();
      }
    }
  }

  @Test
  void givesNoReceiptThatIsNotThePublishedOne() throws SQLException {
    TestWaves waves = new TestWaves("main");
    waves.run(1);
    WaveEvent.ReceiptPart part = (WaveEvent.ReceiptPart) waves.events().getFirst();
    byte[] bytes = part.bytes().clone();
    bytes[bytes.length - 1]++;
    waves.events().set(0, new WaveEvent.ReceiptPart(1, part.atMs(), bytes));
    try (Store store = Store.open(TestStore.H2.fresh())) {
      waves.store(store.dataSource());
      assertThatThrownBy(() -> new WaveArchive(store.dataSource()).receipt("main", "main-1"))
          .hasMessageContaining("published");
    }
    assertThat(AdlCoordinatorActor.persistenceId("main").id()).isEqualTo("adl|main");
  }
}
