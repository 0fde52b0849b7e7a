package org.novation.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TextFormat;
import java.util.Map;
import java.util.Set;

/**
 * What a request says, in one line for logs and records. A line end or any other control character
 * in a caller's text is written as an escape: nobody writes a second line.
 */
final class Asked {
  /** Longest value that is told in {@link #resource}. */
  private static final int VALUE_MAX = 64;

  /** Longest that {@link #resource} becomes. */
  private static final int RESOURCE_MAX = 256;

  /** What names a thing of the house, besides what ends in {@code _id}. */
  private static final Set<String> NAMES =
      Set.of("id", "member", "principal", "venue", "instrument", "market", "symbol", "asset");

  private Asked() {}

  /** The things that a request names, as {@code name=value} parts; empty when it names none. */
  static String resource(Object request) {
    if (!(request instanceof Message message)) return "";
    StringBuilder parts = new StringBuilder();
    addNames(message, parts);
    return parts.length() <= RESOURCE_MAX ? parts.toString() : parts.substring(0, RESOURCE_MAX);
  }

  private static void addNames(Message message, StringBuilder parts) {
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (field.isRepeated() || parts.length() > RESOURCE_MAX) continue;
      if (entry.getValue() instanceof Message inner) addNames(inner, parts);
      else if (field.getJavaType() == JavaType.STRING && names(field.getName()))
        parts
            .append(parts.isEmpty() ? "" : " ")
            .append(field.getName())
            .append('=')
            .append(escaped(entry.getValue().toString()));
    }
  }

  private static boolean names(String field) {
    return field.endsWith("_id") || NAMES.contains(field);
  }

  private static String escaped(String value) {
    String brief = value.length() <= VALUE_MAX ? value : value.substring(0, VALUE_MAX) + "…";
    return TextFormat.escapeBytes(ByteString.copyFromUtf8(brief)).replace(" ", "\\040");
  }

  /** All that a request says. */
  static String request(Object request) {
    return request instanceof MessageOrBuilder message
        ? TextFormat.printer().emittingSingleLine(true).printToString(message).strip()
        : "";
  }
}
