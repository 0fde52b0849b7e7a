package org.novation.deleveraging;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;

/**
 * A receipt as JSON, for people and for files: the fields of the records by their names, integers
 * of 64 bits as texts, since other languages' JSON rounds them. Never hashed: the canonical bytes
 * are.
 */
public final class ReceiptJson {
  private static final JsonMapper MAPPER = mapper();

  /** The file: what it is, its hash, what was decided on and what was decided. */
  record Document(String format, String sha256, AdlInput input, Allocation allocation) {}

  /** A text that is no receipt, in one line. Carries no stack trace: it is an answer. */
  public static final class UnreadableReceiptException extends Exception {
    private static final long serialVersionUID = 1;

    public UnreadableReceiptException(String why) {
      super(why, null, false, false);
    }
  }

  private ReceiptJson() {}

  /** The receipt as indented JSON. */
  public static String write(Receipt receipt) {
    try {
      return MAPPER.writeValueAsString(
          new Document(
              ReceiptBytes.FORMAT, receipt.sha256(), receipt.input(), receipt.allocation()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records of texts and numbers cannot be written", e);
    }
  }

  /**
   * The receipt of a JSON text, with the hash that it says it has.
   *
   * @throws UnreadableReceiptException when it is none; the message says where and why
   */
  public static Receipt read(byte[] json) throws UnreadableReceiptException {
    try {
      Document document = MAPPER.readValue(json, Document.class);
      if (document == null) throw new UnreadableReceiptException("null is no receipt");
      if (!document.format.equals(ReceiptBytes.FORMAT)) {
        throw new UnreadableReceiptException(
            "format: must be " + ReceiptBytes.FORMAT + ", not " + document.format);
      }
      return new Receipt(document.input, document.allocation, document.sha256);
    } catch (JsonMappingException e) {
      throw new UnreadableReceiptException(path(e) + firstLine(e));
    } catch (JsonProcessingException e) {
      throw new UnreadableReceiptException("not JSON: " + firstLine(e));
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
  }

  private static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) path.append('[').append(step.getIndex()).append(']');
      else path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
    }
    return path.isEmpty() ? "" : path + ": ";
  }

  private static String firstLine(JsonProcessingException e) {
    // What a record's own constructor says is plainer than what Jackson makes of it.
    Throwable cause = e.getCause();
    String why = cause instanceof IllegalArgumentException ? cause.getMessage() : null;
    if (why == null) why = e.getOriginalMessage();
    return why.lines().findFirst().orElse("unreadable");
  }

  private static JsonMapper mapper() {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
            .withCoercionConfig(
                LogicalType.Integer,
                number ->
                    number
                        .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .withCoercionConfig(
                LogicalType.Textual,
                text ->
                    text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();
    mapper.configOverride(long.class).setFormat(JsonFormat.Value.forShape(JsonFormat.Shape.STRING));
    return mapper;
  }
}
