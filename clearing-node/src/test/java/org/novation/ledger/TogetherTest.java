package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.ledger.EventCodec.UnreadableException;
import org.novation.ledger.Journalled.Part;

final class TogetherTest {
  private static final LeverageCapped CAPPED = new LeverageCapped(7, 8, 9);
  private static final OutboxAcknowledged ACKNOWLEDGED = new OutboxAcknowledged(8, 9, List.of(3L));

  /** Somebody's journal holds these bytes: they never change. */
  private static final String GOLDEN =
      "84781a6163636f756e742e6c657665726167652d6361707065642e7631459f070809ff"
          + "781e6163636f756e742e6f7574626f782d61636b6e6f776c65646765642e7631469f08098103ff";

  private static byte[] row(Record... events) {
    return new Together(List.of(events)).write(Journalled.CODEC);
  }

  @Test
  void readsWhatWasStoredOnce() {
    byte[] golden = HexFormat.of().parseHex(GOLDEN);
    assertThat(Journalled.events(Together.MANIFEST, golden)).containsExactly(CAPPED, ACKNOWLEDGED);
    assertThat(row(CAPPED, ACKNOWLEDGED)).isEqualTo(golden);
  }

  @Test
  void holdsEachEventAsItWouldBeAlone() {
    List<Part> parts = Journalled.parts(Together.MANIFEST, row(CAPPED, ACKNOWLEDGED));
    assertThat(parts)
        .extracting(Part::manifest)
        .containsExactly("account.leverage-capped.v1", "account.outbox-acknowledged.v1");
    assertThat(parts.getFirst().bytes()).isEqualTo(Journalled.CODEC.write(CAPPED));
    assertThat(parts.getLast().bytes()).isEqualTo(Journalled.CODEC.write(ACKNOWLEDGED));
    assertThat(Journalled.events("account.leverage-capped.v1", Journalled.CODEC.write(CAPPED)))
        .containsExactly(CAPPED);
  }

  @Test
  void holdsTwoEventsAtLeastAndNoMoreThanReadersLookBackFor() {
    assertThatThrownBy(() -> row(CAPPED)).isInstanceOf(IllegalArgumentException.class);
    List<Record> many = new ArrayList<>(List.of(CAPPED));
    while (many.size() < Together.MAX) many.add(ACKNOWLEDGED);
    assertThat(Journalled.events(Together.MANIFEST, row(many.toArray(Record[]::new))))
        .isEqualTo(many);
    many.add(CAPPED);
    assertThatThrownBy(() -> new Together(many)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesARowThatWasCutOrChangedOrHoldsMore() {
    byte[] row = row(CAPPED, ACKNOWLEDGED);
    for (int length = 0; length < row.length; length++) {
      byte[] cut = Arrays.copyOf(row, length);
      assertThatThrownBy(() -> Journalled.events(Together.MANIFEST, cut))
          .as("cut to %s bytes", length)
          .isInstanceOf(UnreadableException.class);
    }
    assertThatThrownBy(
            () -> Journalled.events(Together.MANIFEST, Arrays.copyOf(row, row.length + 1)))
        .isInstanceOf(UnreadableException.class);
    byte[] unheardOf = row.clone();
    unheardOf[5] ^= 1; // A letter of the first manifest.
    assertThatThrownBy(() -> Journalled.events(Together.MANIFEST, unheardOf))
        .isInstanceOf(UnreadableException.class)
        .hasMessageContaining("unknown manifest");
  }
}
