package org.novation.ledger;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import java.io.IOException;
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
 * <p>Strict: too few values, a wrong type, a missing value or bytes left over fail the read.
 * Jackson overlooks values beyond the last component; the golden files see to it that no record
 * lost one, and the auditor compares bytes.
 */
public final class EventCodec {
  /** A record and the name that it is stored under. */
  public record Kind(String manifest, Class<? extends Record> type) {
    /**
     * @throws IllegalArgumentException unless the manifest looks like {@code room.what-happened.v1}
     */
    public Kind {
      if (!manifest.matches("[a-z]+\\.[a-z-]+\\.v[1-9][0-9]*")) {
        throw new IllegalArgumentException("bad manifest " + manifest);
      }
    }
  }

  /** Bytes that are no record that is known here. */
  public static final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnreadableException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

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
      if (byType.put(kind.type(), codec) != null
          || byManifest.put(kind.manifest(), codec) != null) {
        throw new IllegalArgumentException("registered twice: " + kind);
      }
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

  /** The bytes of a record. */
  public byte[] write(Object record) {
    Codec codec = codecOf(record);
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
      return codec.reader().readValue(bytes);
    } catch (IOException e) {
      throw new UnreadableException(
          manifest + " cannot be read from its " + bytes.length + " bytes: " + e.getMessage(), e);
    }
  }

  private Codec codecOf(Object record) {
    Codec codec = byType.get(record.getClass());
    if (codec == null)
      throw new IllegalArgumentException(
          "not registered to be stored: " + record.getClass().getName());
    return codec;
  }

  private static CBORMapper mapper() {
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
