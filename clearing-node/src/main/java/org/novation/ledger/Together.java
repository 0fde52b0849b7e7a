package org.novation.ledger;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.novation.ledger.EventCodec.UnreadableException;
import org.novation.ledger.Journalled.Part;

/**
 * The events of one write of one entity, which are stored in one row. What a row costs, in the
 * database's indexes and on the way there, it costs whatever it holds.
 *
 * <p>In CBOR: an array of the manifest of each event as text and its bytes as they would be alone,
 * in turn.
 *
 * @param events as they happened; at least two
 */
public record Together(List<Record> events) {
  /** Under which such a row is stored. */
  public static final String MANIFEST = "journal.together.v1";

  /** Most events of a row: readers who ask for an event look for its row so far before it. */
  public static final int MAX = 64;

  private static final CBORFactory CBOR = new CBORFactory();

  /**
   * @throws IllegalArgumentException unless there are 2 to {@link #MAX} events
   */
  public Together {
    events = List.copyOf(events);
    if (events.size() < 2 || events.size() > MAX)
      throw new IllegalArgumentException(events.size() + " events in one row");
  }

  byte[] write(EventCodec codec) {
    return write(
        events.stream().map(event -> new Part(codec.manifest(event), codec.write(event))).toList());
  }

  private static byte[] write(List<Part> parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(parts.size() * 160);
    try (JsonGenerator cbor = CBOR.createGenerator(bytes)) {
      cbor.writeStartArray(parts, 2 * parts.size());
      for (Part part : parts) {
        cbor.writeString(part.manifest());
        cbor.writeBinary(part.bytes());
      }
      cbor.writeEndArray();
    } catch (IOException e) {
      throw new IllegalStateException("no file, no socket", e);
    }
    return bytes.toByteArray();
  }

  static Together read(EventCodec codec, byte[] bytes) {
    return new Together(
        parts(bytes).stream().map(part -> codec.read(part.manifest(), part.bytes())).toList());
  }

  /**
   * What a row holds, not read yet.
   *
   * @throws UnreadableException when the row is not what {@link #write} makes
   */
  static List<Part> parts(byte[] bytes) {
    List<Part> parts = new ArrayList<>();
    try (JsonParser cbor = CBOR.createParser(bytes)) {
      require(cbor.nextToken() == JsonToken.START_ARRAY);
      while (cbor.nextToken() != JsonToken.END_ARRAY) {
        require(cbor.currentToken() == JsonToken.VALUE_STRING);
        String manifest = cbor.getText();
        require(cbor.nextToken() == JsonToken.VALUE_EMBEDDED_OBJECT);
        parts.add(new Part(manifest, cbor.getBinaryValue()));
      }
      require(parts.size() >= 2 && parts.size() <= MAX && Arrays.equals(write(parts), bytes));
    } catch (IOException e) {
      throw new UnreadableException(
          MANIFEST + " cannot be read from its " + bytes.length + " bytes: " + e.getMessage(), e);
    }
    return parts;
  }

  private static void require(boolean asWritten) throws IOException {
    if (!asWritten) throw new IOException("not events and their manifests");
  }
}
