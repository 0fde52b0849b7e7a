package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.deleveraging.AdlPolicy.Kind;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.ReceiptJson.UnreadableReceiptException;
import org.novation.deleveraging.ReceiptVerifier.Verdict.Difference;

final class ReceiptTest {
  /** Two shorts won 300 and 100 from a long that lacks 100 and must still close 5 lots. */
  static final AdlInput INPUT =
      new AdlInput(
          "w-1",
          "main",
          "loser",
          1_700_000_000_000L,
          3,
          Kind.PRO_RATA,
          86_400_000,
          100,
          40,
          100,
          List.of(new Exposure("BTC-PERP", 1, 5, 700, 900, 1_000, 1)),
          List.of(
              new Candidate("BTC-PERP", "anna", 11, -4, -3_900, 300, 0, 5_000, 4, 90, 0),
              new Candidate("BTC-PERP", "bert", 12, -3, -2_800, 100, 0, 9_000, 3, 60, 20)));

  @Test
  void closesAtTheMarkAndSharesTheDeficitByProfit() {
    Allocation decided = Receipt.of(INPUT).allocation();
    assertThat(decided.closings())
        .containsExactly(
            new Allocation.Closing("BTC-PERP", "anna", 11, 4, 900),
            new Allocation.Closing("BTC-PERP", "bert", 12, 1, 900));
    assertThat(decided.takings())
        .containsExactly(
            new Taking("BTC-PERP", "anna", 300, 75, 0), new Taking("BTC-PERP", "bert", 100, 25, 0));
    assertThat(decided.uncoveredMicros()).isZero();
    assertThat(decided.unfilled()).isEmpty();
  }

  /** Bert ranks before Anna here; the micro that is left goes by name all the same. */
  @Test
  void givesAMicroThatIsLeftToTheAccountThatSortsFirst() {
    AdlInput input =
        INPUT.remaining(
            3,
            INPUT.exposures(),
            List.of(
                new Candidate("BTC-PERP", "anna", 11, -4, -3_900, 300, 0, 5_000, 4, 90, 0),
                new Candidate("BTC-PERP", "bert", 12, -3, -2_800, 300, 0, 1_000, 3, 60, 20)));
    assertThat(input.candidates().getFirst().account()).isEqualTo("bert");
    assertThat(Receipt.of(input).allocation().takings())
        .extracting(Taking::account, Taking::micros)
        .containsExactly(tuple("anna", 2L), tuple("bert", 1L));
  }

  /** The canonical bytes are a promise to whoever keeps a hash. */
  @Test
  void keepsItsHashForEver() {
    assertThat(Receipt.of(INPUT).sha256())
        .isEqualTo("d4b46fda948c88569f940efdc39cb4632285fd368711498abef0f8e6bbbda169");
  }

  @Test
  void readsBackFromItsBytesAndFromItsJsonWhatWasWritten() {
    for (Kind kind : Kind.values()) {
      Seeds.each(
          500,
          seed -> {
            Receipt receipt = Receipt.of(new RandomWaves(seed).input(kind));
            assertThat(Receipt.read(receipt.bytes())).isEqualTo(receipt);
            assertThat(read(ReceiptJson.write(receipt))).isEqualTo(receipt);
            assertThat(ReceiptVerifier.verify(receipt).equal()).isTrue();
          });
    }
  }

  @Test
  void neverReadsHalfAReceipt() {
    byte[] bytes = Receipt.of(INPUT).bytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Receipt.read(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Receipt.read(Arrays.copyOf(bytes, bytes.length + 1)))
        .hasMessageContaining("left over");
  }

  @Test
  void saysWhichFigureOfWhomDiffers() {
    Receipt honest = Receipt.of(INPUT);
    Allocation decided = honest.allocation();
    List<Taking> takings = new ArrayList<>(decided.takings());
    takings.set(0, new Taking("BTC-PERP", "anna", 300, 74, 0));
    takings.set(1, new Taking("BTC-PERP", "bert", 100, 26, 0));
    Allocation favoured =
        new Allocation(
            decided.closings(),
            takings,
            decided.unfilled(),
            decided.haircutMicros(),
            decided.uncoveredMicros(),
            0);

    assertThat(ReceiptVerifier.verify(Receipt.of(INPUT, favoured)).differences())
        .containsExactly(
            new Difference("BTC-PERP", "anna", "haircut micros", "75", "74"),
            new Difference("BTC-PERP", "bert", "haircut micros", "25", "26"));
    assertThat(ReceiptVerifier.verify(new Receipt(INPUT, favoured, honest.sha256())).differences())
        .extracting(Difference::field)
        .containsExactly("haircut micros", "haircut micros", "sha256");
  }

  @Test
  void noticesAChangedInputByTheHashThatWasPublished() {
    Receipt honest = Receipt.of(INPUT);
    Receipt forged = Receipt.of(INPUT.remaining(99, INPUT.exposures(), INPUT.candidates()));
    assertThat(ReceiptVerifier.verify(forged).equal()).isTrue();
    assertThat(forged.sha256()).isNotEqualTo(honest.sha256());
    assertThat(
            ReceiptVerifier.verify(
                    new Receipt(forged.input(), forged.allocation(), honest.sha256()))
                .equal())
        .isFalse();
  }

  @Test
  void noticesAnAccountThatWasLeftOutOrPutIn() {
    Allocation decided = Receipt.of(INPUT).allocation();
    Allocation short1 =
        new Allocation(decided.closings(), decided.takings().subList(0, 1), List.of(), 100, 0, 0);
    assertThat(ReceiptVerifier.verify(Receipt.of(INPUT, short1)).differences())
        .contains(new Difference("BTC-PERP", "bert", "haircut micros", "25", "none"));
  }

  @Test
  void noticesAnotherOrderOfClosings() {
    Allocation decided = Receipt.of(INPUT).allocation();
    Allocation turned =
        new Allocation(decided.closings().reversed(), decided.takings(), List.of(), 100, 0, 0);
    assertThat(ReceiptVerifier.verify(Receipt.of(INPUT, turned)).differences())
        .extracting(Difference::field)
        .containsExactly("order");
  }

  @Test
  void saysInOneLineWhyAJsonTextIsNoReceipt() {
    String json = ReceiptJson.write(Receipt.of(INPUT));
    assertUnreadable("{", "JSON");
    assertUnreadable("[]", "");
    assertUnreadable(
        json.replace("\"markTicks\" : \"900\"", "\"markTicks\" : \"-1\""), "exposures");
    assertUnreadable(json.replace("\"900\"", "\"9e2\""), "markTicks");
    assertUnreadable(json.replace("\"anna\"", "\"bert\""), "bert twice in BTC-PERP");
    assertUnreadable(json.replace("\"lookBackMs\"", "\"lookBack\""), "lookBack");
    assertUnreadable(json.replace("receipt/1", "receipt/2"), "format");
    assertUnreadable(json + "{}", "");
  }

  /** Whatever stands in whatever place: it is read, or the answer says what is wrong. */
  @Test
  void readsOrRefusesWhateverStandsInAnyPlace() throws IOException {
    JsonMapper mapper = new JsonMapper();
    byte[] json = ReceiptJson.write(Receipt.of(INPUT)).getBytes(StandardCharsets.UTF_8);
    int places = places(mapper.readTree(json)).size();
    int refused = 0;
    for (int at = 0; at < places; at++) {
      for (String other : List.of("null", "\"\"", "[]", "[null]", "{}", "1.5", "-1", "true")) {
        JsonNode document = mapper.readTree(json);
        Place place = places(document).get(at);
        place.put(mapper.readTree(other));
        try {
          ReceiptVerifier.verify(ReceiptJson.read(mapper.writeValueAsBytes(document)));
        } catch (UnreadableReceiptException e) {
          assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1);
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(6 * places);
    assertUnreadable("null", "no receipt");
    assertUnreadable(
        new String(json, StandardCharsets.UTF_8)
            .replace("\"exposures\" : [ {", "\"exposures\" : [ null, {"),
        "exposures");
  }

  /** A field of an object or an element of an array. */
  private record Place(JsonNode parent, String field, int index) {
    void put(JsonNode value) {
      if (parent instanceof ObjectNode object) object.set(field, value);
      else ((ArrayNode) parent).set(index, value);
    }
  }

  private static List<Place> places(JsonNode node) {
    List<Place> places = new ArrayList<>();
    node.fieldNames().forEachRemaining(field -> places.add(new Place(node, field, 0)));
    for (int index = 0; node.isArray() && index < node.size(); index++)
      places.add(new Place(node, "", index));
    for (JsonNode child : node) places.addAll(places(child));
    return places;
  }

  private static void assertUnreadable(String json, String why) {
    assertThatThrownBy(() -> ReceiptJson.read(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(UnreadableReceiptException.class)
        .hasMessageContaining(why)
        .satisfies(e -> assertThat(String.valueOf(e.getMessage()).lines()).hasSize(1));
  }

  private static Receipt read(String json) {
    try {
      return ReceiptJson.read(json.getBytes(StandardCharsets.UTF_8));
    } catch (UnreadableReceiptException e) {
      throw new AssertionError(e);
    }
  }
}
