package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.novation.ledger.EventCodec.Kind;

/**
 * What was stored once is read for ever. For each journalled record there is a file of bytes,
 * {@code golden/MANIFEST.cbor}, and beside it the same record in readable form, {@code
 * golden/MANIFEST.json}.
 *
 * <p>To add a record: register it in {@link Journalled} and run this test; it writes both files and
 * fails. Read them, commit them, run it again. <b>Never change or delete a golden file</b>: when
 * this test fails on an old one, the change to the record is wrong, because somebody's journal
 * holds those bytes. Give the changed record a new manifest instead.
 */
final class GoldenFilesTest {
  private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");

  /** By name, so that a component that was renamed, moved or retyped shows. */
  private static final ObjectMapper BY_NAME =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  static List<Kind> kinds() {
    return Journalled.KINDS;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void readsWhatWasStoredOnce(Kind kind) throws IOException {
    Path bytes = GOLDEN.resolve(kind.manifest() + ".cbor");
    Path readable = GOLDEN.resolve(kind.manifest() + ".json");
    if (!Files.exists(bytes) && !Files.exists(readable)) {
      Record sample = new RandomRecords(kind.manifest().hashCode()).next(kind.type());
      Files.createDirectories(GOLDEN);
      Files.write(bytes, Journalled.CODEC.write(sample));
      Files.writeString(readable, BY_NAME.writeValueAsString(sample) + "\n");
      fail(
          "no golden file of "
              + kind.manifest()
              + " until now: "
              + bytes
              + " and its .json are written, commit them");
    }
    ObjectNode named = (ObjectNode) BY_NAME.readTree(Files.readString(readable));
    RecordComponent[] components = kind.type().getRecordComponents();
    for (int n = components.length - kind.unsaid(); n < components.length; n++) {
      if (components[n].getType() == List.class) named.putArray(components[n].getName());
      else if (components[n].getType() == String.class) named.put(components[n].getName(), "");
      else named.put(components[n].getName(), 0L);
    }
    Record expected = BY_NAME.treeToValue(named, kind.type());
    assertThat(Journalled.CODEC.read(kind.manifest(), Files.readAllBytes(bytes)))
        .as("a record of the past, see the comment on this test")
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void storesTheSameRecordAsTheSameBytes(Kind kind) throws IOException {
    byte[] bytes = Files.readAllBytes(GOLDEN.resolve(kind.manifest() + ".cbor"));
    Record record = Journalled.CODEC.read(kind.manifest(), bytes);
    assertThat(Journalled.CODEC.write(kind.manifest(), record)).isEqualTo(bytes);
  }

  @Test
  void keepsEveryGoldenFileOfARecordThatIsNoLongerWritten() throws IOException {
    Set<String> manifests =
        Journalled.KINDS.stream().map(Kind::manifest).collect(Collectors.toSet());
    try (Stream<Path> files = Files.list(GOLDEN)) {
      assertThat(
              files.map(file -> file.getFileName().toString().replaceFirst("\\.(cbor|json)$", "")))
          .allSatisfy(
              manifest ->
                  assertThat(manifests).as("still registered, to be read").contains(manifest));
    }
  }

  /**
   * What application.conf sends to the journal's serializer, down to each record of a sealed
   * interface.
   */
  @Test
  void registersEveryRecordThatTheJournalMayBeGiven() throws ClassNotFoundException {
    Config bindings =
        ConfigFactory.parseResources("application.conf")
            .getConfig("pekko.actor.serialization-bindings");
    List<Class<?>> records = new ArrayList<>();
    for (var binding : bindings.root().entrySet()) {
      if (binding.getValue().unwrapped().equals("journal"))
        addRecords(Class.forName(binding.getKey()), records);
    }
    records.remove(Together.class); // Holds such records, under their own manifests.
    List<Class<?>> registered = new ArrayList<>();
    for (Kind kind : Journalled.KINDS) {
      if (kind.unsaid() == 0) registered.add(kind.type());
    }
    assertThat(registered).containsExactlyInAnyOrderElementsOf(records).isNotEmpty();
  }

  private static void addRecords(Class<?> type, List<Class<?>> into) {
    if (type.isRecord()) {
      into.add(type);
    } else {
      assertThat(type.isSealed()).as(type + " must be a record or sealed").isTrue();
      for (Class<?> permitted : type.getPermittedSubclasses()) addRecords(permitted, into);
    }
  }
}
