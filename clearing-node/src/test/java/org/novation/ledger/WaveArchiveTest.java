package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
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
