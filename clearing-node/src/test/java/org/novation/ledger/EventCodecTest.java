package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.ledger.EventCodec.Kind;
import org.novation.ledger.EventCodec.UnreadableException;

/** Records to bytes and back. */
final class EventCodecTest {
  private static final CollateralDeposited DEPOSIT =
      new CollateralDeposited(7, 1_700_000_000_000L, "d-1", "USDC", 25_000_000);
  private static final Shorter EARLY = new Shorter(7, 1_700_000_000_000L, "d-1", "USDC");
  private static final String MANIFEST = "account.collateral-deposited.v1";

  record Unheard(long number) {}

  record Longer(long number, long atMs, String depositId, String asset, long amount, long fee) {}

  record Listing(long number, List<String> names) {}

  record Numbered(long number) {}

  record Shorter(long number, long atMs, String depositId, String asset) {}

  record Retyped(long number, long atMs, String depositId, String asset, String amount) {}

  record Optional(@Nullable Long number) {}

  @Property(tries = 300)
  void readsBackEveryRecordAsItWasWritten(@ForAll long seed) {
    RandomRecords random = new RandomRecords(seed);
    for (Kind kind : Journalled.KINDS) {
      if (kind.unsaid() > 0) continue; // Nobody writes it.
      Record record = random.next(kind.type());
      byte[] bytes = Journalled.CODEC.write(record);
      assertThat(Journalled.CODEC.read(kind.manifest(), bytes)).isEqualTo(record);
      assertThat(Journalled.CODEC.manifest(record)).isEqualTo(kind.manifest());
    }
  }

  /**
   * A journal that was cut off or overwritten is noticed, or reads as a record of the very same
   * shape: never as half of one.
   */
  @Property(tries = 300)
  void neverReadsHalfARecord(@ForAll long seed) {
    RandomRecords random = new RandomRecords(seed);
    for (Kind kind : Journalled.KINDS) {
      Record record = withoutTheLast(kind.unsaid(), random.next(kind.type()));
      byte[] bytes = Journalled.CODEC.write(kind.manifest(), record);
      byte[] cut = Arrays.copyOf(bytes, Math.floorMod(seed, bytes.length));
      assertThatThrownBy(() -> Journalled.CODEC.read(kind.manifest(), cut))
          .isInstanceOf(UnreadableException.class)
          .hasMessageContaining(kind.manifest());
    }
  }

  /** As an earlier form says it: with nothing in its last components, numbers and lists. */
  private static Record withoutTheLast(int unsaid, Record record) {
    if (unsaid == 0) return record;
    RecordComponent[] components = record.getClass().getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    try {
      for (int n = 0; n < components.length; n++) {
        types[n] = components[n].getType();
        components[n].getAccessor().setAccessible(true);
        Object nothing = nothing(types[n]);
        values[n] =
            n < components.length - unsaid ? components[n].getAccessor().invoke(record) : nothing;
      }
      var constructor = record.getClass().getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Object nothing(Class<?> type) {
    if (type == List.class) return List.of();
    return type == String.class ? "" : (Object) 0L;
  }

  @Test
  void namesAManifestThatItDoesNotKnow() {
    assertThatThrownBy(() -> Journalled.CODEC.read("account.abducted.v1", new byte[0]))
        .isInstanceOf(UnreadableException.class)
        .hasMessageContaining("unknown manifest account.abducted.v1");
  }

  @Test
  void refusesToStoreWhatIsNotRegistered() {
    assertThatThrownBy(() -> Journalled.CODEC.write(new Unheard(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not registered")
        .hasMessageContaining("Unheard");
  }

  @Test
  void refusesBytesOfAnotherShape() {
    byte[] stored = Journalled.CODEC.write(DEPOSIT);
    for (Class<? extends Record> changed :
        List.of(Longer.class, Retyped.class, LeverageCapped.class)) {
      EventCodec codec = new EventCodec(List.of(new Kind(MANIFEST, changed)));
      assertThatThrownBy(() -> codec.read(MANIFEST, stored))
          .as(changed.getSimpleName())
          .isInstanceOf(UnreadableException.class)
          .hasMessageContaining(MANIFEST);
    }
  }

  @Test
  void readsAnEarlierFormWithNothingInThePlaceOfWhatItDidNotSay() {
    EventCodec codec = grown();
    byte[] early = new EventCodec(List.of(new Kind(MANIFEST, Shorter.class))).write(EARLY);
    CollateralDeposited read = (CollateralDeposited) codec.read(MANIFEST, early);
    assertThat(read).isEqualTo(new CollateralDeposited(7, 1_700_000_000_000L, "d-1", "USDC", 0));
    assertThat(codec.manifest(read)).as("what is written is the newest").endsWith(".v2");
    assertThat(codec.write(MANIFEST, read)).as("as it was").isEqualTo(early);
    assertThat(codec.read("account.collateral-deposited.v2", codec.write(DEPOSIT)))
        .isEqualTo(DEPOSIT);
  }

  @Test
  void noFormIsTakenForAnother() {
    EventCodec codec = grown();
    byte[] early = new EventCodec(List.of(new Kind(MANIFEST, Shorter.class))).write(EARLY);
    assertThatThrownBy(() -> codec.read("account.collateral-deposited.v2", early))
        .isInstanceOf(UnreadableException.class);
    assertThatThrownBy(() -> codec.write(MANIFEST, DEPOSIT)).hasMessageContaining("all of it");
    for (int cut = 0; cut < early.length; cut++) {
      byte[] half = Arrays.copyOf(early, cut);
      assertThatThrownBy(() -> codec.read(MANIFEST, half)).isInstanceOf(UnreadableException.class);
    }
    assertThatThrownBy(() -> new Kind("account.opened.v1", Optional.class, 1))
        .hasMessageContaining("is no number, no text and no list");
  }

  @Test
  void readsAnEarlierFormWithAnEmptyListInThePlaceOfOneThatItDidNotHold() {
    EventCodec codec =
        new EventCodec(
            List.of(
                new Kind("account.listing.v1", Listing.class, 1),
                new Kind("account.listing.v2", Listing.class)));
    byte[] early =
        new EventCodec(List.of(new Kind("account.listing.v1", Numbered.class)))
            .write(new Numbered(7));
    Record read = codec.read("account.listing.v1", early);
    assertThat(read).isEqualTo(new Listing(7, List.of()));
    assertThat(codec.write("account.listing.v1", read)).as("as it was").isEqualTo(early);
    assertThatThrownBy(() -> codec.write("account.listing.v1", new Listing(7, List.of("a"))))
        .hasMessageContaining("all of it");
  }

  private static EventCodec grown() {
    return new EventCodec(
        List.of(
            new Kind(MANIFEST, CollateralDeposited.class, 1),
            new Kind("account.collateral-deposited.v2", CollateralDeposited.class)));
  }

  @Test
  void refusesBytesThatAreLeftOver() {
    byte[] stored = Journalled.CODEC.write(DEPOSIT);
    byte[] longer = Arrays.copyOf(stored, stored.length + 1);
    assertThatThrownBy(() -> Journalled.CODEC.read(MANIFEST, longer))
        .isInstanceOf(UnreadableException.class);
  }

  @Test
  void refusesAValueThatIsNotThere() {
    EventCodec codec = new EventCodec(List.of(new Kind("account.optional.v1", Optional.class)));
    assertThatThrownBy(() -> codec.write(new Optional(null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("account.optional.v1");
    byte[] stored = {(byte) 0x81, (byte) 0xF6}; // In CBOR, an array of a null.
    assertThatThrownBy(() -> codec.read("account.optional.v1", stored))
        .isInstanceOf(UnreadableException.class);
  }

  @Test
  void refusesANameThatIsTakenOrMalformed() {
    Kind kind = new Kind(MANIFEST, CollateralDeposited.class);
    assertThatThrownBy(
            () -> new EventCodec(List.of(kind, new Kind(MANIFEST, LeverageCapped.class))))
        .hasMessageContaining("registered twice");
    assertThatThrownBy(
            () ->
                new EventCodec(
                    List.of(kind, new Kind("account.other.v1", CollateralDeposited.class))))
        .hasMessageContaining("registered twice");
    assertThatThrownBy(() -> new Kind("CollateralDeposited", CollateralDeposited.class))
        .hasMessageContaining("bad manifest");
  }

  /** An event of one trade: what the journal's throughput is made of. */
  @Test
  void storesValuesWithoutTheirNames() {
    assertThat(Journalled.CODEC.write(DEPOSIT)).hasSizeLessThan(40);
  }
}
