package org.novation.ledger;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records to bytes and back, in CBOR. Each record is an array of its components' values in their
 * declared order: a third of the bytes and half of the time that names would cost. What the names
 * are, the manifest says: a released record never changes (see the package), and golden files hold
 * it to that.
 *
 * <p>A record that came to say more, at its end, in numbers, texts or lists, has a manifest for
 * each form. Of an earlier one it is read with 0, or with empty ones, in the place of what it did
 * not say yet, and written as the newest.
 *
 * <p>Strict: too few values, a wrong type, a missing value or bytes left over fail the read.
 * Jackson overlooks values beyond the last component; the golden files see to it that no record
 * lost one, and the auditor compares bytes.
 */
public final class EventCodec {
  /**
   * A record and the name that it is stored under.
   *
   * @param unsaid of an earlier form, which is read and never written: how many of the record's
   *     last components it does not hold, all of them numbers, texts or lists; 0 of the form that
   *     is written
   */
  public record Kind(String manifest, Class<? extends Record> type, int unsaid) {
    /**
     * @throws IllegalArgumentException unless the manifest looks like {@code room.what-happened.v1}
     *     and what is not said are numbers, texts or lists
     */
    public Kind {
      if (!manifest.matches("[a-z]+\\.[a-z-]+\\.v[1-9][0-9]*")) {
        throw new IllegalArgumentException("bad manifest " + manifest);
      }
      RecordComponent[] components = type.getRecordComponents();
      for (int n = components.length - unsaid; n < components.length; n++) {
        if (nothing(components[n]) == null)
          throw new IllegalArgumentException(
              manifest + ": " + components[n] + " is no number, no text and no list");
      }
    }

    /** In CBOR, what stands for a component that is not said; null where nothing does. */
    private static @Nullable Byte nothing(RecordComponent component) {
      if (component.getType() == long.class) return ZERO;
      if (component.getType() == String.class) return EMPTY_TEXT;
      return component.getType() == List.class ? EMPTY_LIST : null;
    }

    /** A byte for each component that this form does not hold. */
    private byte[] nothing() {
      RecordComponent[] components = type.getRecordComponents();
      byte[] nothing = new byte[unsaid];
      for (int n = 0; n < unsaid; n++) {
        Byte stands = nothing(components[components.length - unsaid + n]);
        nothing[n] = stands == null ? ZERO : stands; // Each has one: see the constructor.
      }
      return nothing;
    }

    /** The form that is written. */
    public Kind(String manifest, Class<? extends Record> type) {
      this(manifest, type, 0);
    }
  }

  /** Bytes that are no record that is known here. */
  public static final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnreadableException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  // As CBOR has them.
  private static final byte ZERO = 0;
  private static final byte EMPTY_TEXT = 0x60;
  private static final byte EMPTY_LIST = (byte) 0x80;

  private record Codec(Kind kind, ObjectWriter writer, ObjectReader reader) {}

  private final Map<Class<?>, Codec> byType = new HashMap<>();
  private final Map<String, Codec> byManifest = new HashMap<>();

  /**
   * @throws IllegalArgumentException when a record or a manifest is registered twice
   */
  public EventCodec(List<Kind> kinds) {
    CBORMapper mapper = mapper();
    for (Kind kind : kinds) {
      Codec codec = new Codec(kind, mapper.writerFor(kind.type()), mapper.readerFor(kind.type()));
      boolean twice = kind.unsaid() == 0 && byType.put(kind.type(), codec) != null;
      if (byManifest.put(kind.manifest(), codec) != null || twice)
        throw new IllegalArgumentException("registered twice: " + kind);
    }
  }

  /**
   * The name that a record is stored under.
   *
   * @throws IllegalArgumentException when its class is not registered
   */
  public String manifest(Object record) {
    return codecOf(record).kind().manifest();
  }

  /**
   * The bytes of a record.
   *
   * @throws IllegalArgumentException when it has no value somewhere: it could never be read
   */
  public byte[] write(Object record) {
    return write(codecOf(record), record);
  }

  /**
   * The bytes of a record in the form of this manifest, as it was once written.
   *
   * @throws IllegalArgumentException when that form cannot say all of it, or is not known
   */
  public byte[] write(String manifest, Record record) {
    Codec codec = byManifest.get(manifest);
    if (codec == null || codec.kind().type() != record.getClass())
      throw new IllegalArgumentException(manifest + " is no form of " + record.getClass());
    return shortened(write(codec, record), codec.kind());
  }

  private static byte[] write(Codec codec, Object record) {
    try {
      return codec.writer().writeValueAsBytes(record);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot be stored: " + codec.kind().manifest(), e);
    }
  }

  /**
   * The record that was written.
   *
   * @throws UnreadableException when the manifest is unknown or the bytes are not what it says; the
   *     message names it
   */
  public Record read(String manifest, byte[] bytes) {
    Codec codec = byManifest.get(manifest);
    if (codec == null) {
      throw new UnreadableException(
          "unknown manifest " + manifest + ": written by a newer version?", null);
    }
    try {
      return codec.reader().readValue(lengthened(bytes, codec.kind()));
    } catch (IOException e) {
      throw new UnreadableException(
          manifest + " cannot be read from its " + bytes.length + " bytes: " + e.getMessage(), e);
    }
  }

  /** With nothing for each value that an earlier form does not hold, before the array's end. */
  private static byte[] lengthened(byte[] bytes, Kind kind) {
    if (kind.unsaid() == 0 || bytes.length == 0) return bytes;
    byte[] whole = Arrays.copyOf(bytes, bytes.length + kind.unsaid());
    System.arraycopy(kind.nothing(), 0, whole, bytes.length - 1, kind.unsaid());
    whole[whole.length - 1] = bytes[bytes.length - 1];
    return whole;
  }

  private static byte[] shortened(byte[] whole, Kind kind) {
    if (kind.unsaid() == 0) return whole;
    int length = whole.length - kind.unsaid();
    if (!Arrays.equals(whole, length - 1, whole.length - 1, kind.nothing(), 0, kind.unsaid()))
      throw new IllegalArgumentException(kind.manifest() + " cannot say all of it");
    byte[] bytes = Arrays.copyOf(whole, length);
    bytes[length - 1] = whole[whole.length - 1];
    return bytes;
  }

  private Codec codecOf(Object record) {
    Codec codec = byType.get(record.getClass());
    if (codec == null)
      throw new IllegalArgumentException(
          "not registered to be stored: " + record.getClass().getName());
    return codec;
  }

  private static CBORMapper mapper() {
    CBORMapper mapper = strictMapper();
    mapper.getSerializerProvider().setNullValueSerializer(new Refusal());
    return mapper;
  }

  private static CBORMapper strictMapper() {
    return CBORMapper.builder()
        .annotationIntrospector(new RecordsAsArrays())
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .withCoercionConfig(
            LogicalType.Textual,
            text ->
                text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
        // Otherwise a parser error repeats payloads in logs.
        .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
        .build();
  }

  /** Asked where a value is missing, and nowhere else: so it costs nothing. */
  private static final class Refusal extends JsonSerializer<Object> {
    @Override
    public void serialize(Object missing, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      throw JsonMappingException.from(out, "a value is missing");
    }
  }

  /**
   * Says for every record what {@code @JsonFormat(shape = ARRAY)} would, which rooms of the trade
   * do not know.
   */
  private static final class RecordsAsArrays extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public JsonFormat.@Nullable Value findFormat(Annotated annotated) {
      if (annotated instanceof AnnotatedClass type && type.getRawType().isRecord()) {
        return JsonFormat.Value.forShape(JsonFormat.Shape.ARRAY);
      }
      return super.findFormat(annotated);
    }
  }
}
