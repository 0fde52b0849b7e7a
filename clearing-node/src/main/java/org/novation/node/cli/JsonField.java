package org.novation.node.cli;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.novation.money.Decimals;
import org.novation.money.Decimals.DecimalException;

/**
 * A value of a JSON file that a person wrote, and where it stands, so that every complaint names
 * the field. Decimals may be strings or JSON numbers; both are read exactly, never through a {@code
 * double}. Comments and trailing commas are welcome; repeated and unknown fields are not.
 */
record JsonField(String path, JsonNode node) {
  private static final int DIGITS_MAX = Decimals.LENGTH_MAX;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_TRAILING_COMMA)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A file that cannot be used, in one line that names the field. Carries no stack trace. */
  static final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String complaint;

    InputException(String path, String why) {
      this(path.isEmpty() ? why : path + ": " + why);
    }

    private InputException(String complaint) {
      super(complaint, null, false, false);
      this.complaint = complaint;
    }

    /** What is wrong with which field. */
    String complaint() {
      return complaint;
    }
  }

  /** The root of a JSON text. */
  static JsonField parse(byte[] json) throws IOException {
    try {
      JsonNode root = MAPPER.readTree(json);
      if (root == null || root.isMissingNode()) throw new InputException("", "the file is empty");
      return new JsonField("", root);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String where = at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr();
      String why = e.getOriginalMessage();
      throw new InputException(where, "not JSON: " + why.lines().findFirst().orElse(why));
    }
  }

  InputException wrong(String why) {
    return new InputException(path, why);
  }

  /** This value as an object that has no fields but these. */
  JsonField only(String... known) {
    if (!node.isObject()) throw wrong("must be an object: {...}");
    Set<String> names = new TreeSet<>(List.of(known));
    for (String name : fieldNames()) {
      if (!names.contains(name)) {
        throw new InputException(
            child(name), "unknown field; known here: " + String.join(", ", known));
      }
    }
    return this;
  }

  /** The names of an object's fields, in the order of the file. */
  List<String> fieldNames() {
    if (!node.isObject()) throw wrong("must be an object: {...}");
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** A field that must be there. */
  JsonField get(String name) {
    return find(name).orElseThrow(() -> new InputException(child(name), "missing"));
  }

  /** A field that may be left out, or null. */
  Optional<JsonField> find(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) return Optional.empty();
    return Optional.of(new JsonField(child(name), value));
  }

  /** The items of a list that may be left out. */
  List<JsonField> list(String name, int most) {
    return find(name).map(field -> field.items(most)).orElse(List.of());
  }

  /** The items of this list. */
  List<JsonField> items(int most) {
    if (!node.isArray()) throw wrong("must be a list: [...]");
    if (node.size() > most) throw wrong("has " + node.size() + " entries, at most " + most);
    List<JsonField> items = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      items.add(new JsonField(path + "[" + i + "]", node.get(i)));
    }
    return items;
  }

  String text() {
    if (!node.isTextual()) throw wrong("must be a text in quotes");
    return node.textValue();
  }

  boolean flag() {
    if (!node.isBoolean()) throw wrong("must be true or false");
    return node.booleanValue();
  }

  /** The plain decimal text of a number, whether it stands in quotes or not. */
  String decimal() {
    if (node.isTextual()) return node.textValue();
    if (!node.isNumber()) throw wrong("must be a decimal, such as \"0.5\" or 0.5");
    BigDecimal number = node.decimalValue();
    if (number.precision() > DIGITS_MAX || Math.abs((long) number.scale()) > DIGITS_MAX) {
      throw wrong("has too many digits");
    }
    return number.toPlainString();
  }

  /** A decimal times {@code 10^scale}, exactly. */
  long scaled(int scale) {
    String text = decimal();
    try {
      return Decimals.parse(text, scale);
    } catch (DecimalException e) {
      throw wrong(
          switch (e.flaw()) {
            case MALFORMED -> "\"" + shortened(text) + "\" is not a plain decimal such as -12.5";
            case TOO_PRECISE -> shortened(text) + " has more than " + scale + " decimals";
            case TOO_LARGE -> shortened(text) + " is too large";
          });
    }
  }

  /** A decimal of the settlement asset or a rate: six decimals, at least {@code least}. */
  long millionths(long least) {
    long value = scaled(6);
    if (value < least) throw wrong("must be at least " + Decimals.micros(least));
    return value;
  }

  static String shortened(String text) {
    return text.length() <= DIGITS_MAX ? text : text.substring(0, DIGITS_MAX) + "...";
  }

  private String child(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
