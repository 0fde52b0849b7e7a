package org.novation.risk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Numbers from other systems' test suites and published examples, each with its source. A carried
 * case keeps the peer's numbers; where it had to be restated, its note says how.
 */
public final class Vectors {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The whole collection, where it lies beside this project; it is no part of it. */
  private static final Path COLLECTION = Path.of("..", "..", "shared", "vectors");

  private Vectors() {}

  /** One case. */
  public record Case(String id, String kind, JsonNode given, JsonNode expect, String tolerance) {
    /** A number that must be given. */
    public BigDecimal given(String name) {
      return new BigDecimal(given.required(name).asText());
    }

    /** A number that may be given. */
    public BigDecimal given(String name, String otherwise) {
      return new BigDecimal(given.path(name).asText(otherwise));
    }

    /** The text of a number that must be given. */
    public String text(String name) {
      return given.required(name).asText();
    }

    /** A number that is expected. */
    public BigDecimal expected(String name) {
      return new BigDecimal(expect.required(name).asText());
    }

    /** Whether such a figure is expected. */
    public boolean expects(String name) {
      return expect.has(name);
    }

    /** Whether a figure is the expected one, within the source's tolerance. */
    public boolean reaches(String name, BigDecimal figure) {
      BigDecimal expected = expected(name);
      BigDecimal off = figure.subtract(expected).abs();
      if (tolerance.isEmpty()) return off.signum() == 0;
      String[] words = tolerance.split(" ", 2);
      BigDecimal allowed = new BigDecimal(words[0]);
      if (words[1].equals("relative")) allowed = allowed.multiply(expected.abs());
      return off.compareTo(allowed) <= 0;
    }

    @Override
    public String toString() {
      return id;
    }
  }

  /** The carried cases of a topic. */
  public static List<Case> carried(String topic) {
    try (InputStream in =
        Objects.requireNonNull(
            Vectors.class.getResourceAsStream("/vectors/" + topic + ".json"), topic)) {
      List<Case> cases = new ArrayList<>();
      for (JsonNode node : MAPPER.readTree(in).required("cases")) {
        cases.add(
            new Case(
                node.required("id").asText(),
                node.required("kind").asText(),
                node.required("given"),
                node.required("expect"),
                node.path("tolerance").asText("")));
      }
      return cases;
    } catch (IOException e) {
      throw new IllegalStateException(topic, e);
    }
  }

  /** The carried cases of one kind; there is at least one. */
  public static Stream<Case> carried(String topic, String kind) {
    List<Case> cases = carried(topic).stream().filter(each -> each.kind().equals(kind)).toList();
    if (cases.isEmpty()) throw new IllegalStateException("no case of kind " + kind);
    return cases.stream();
  }

  /** Whether the whole collection lies beside this project. */
  public static boolean collectionIsHere() {
    return Files.isDirectory(COLLECTION);
  }

  /** The ids of every case of a topic in the whole collection. */
  public static Set<String> collected(String topic) throws IOException {
    Set<String> ids = new LinkedHashSet<>();
    JsonNode root = MAPPER.readTree(COLLECTION.resolve(topic + ".json").toFile());
    root.required("cases").forEach(node -> ids.add(node.required("id").asText()));
    return ids;
  }

  /** A decimal as whole micros or parts per million; it must be whole. */
  public static long millionths(BigDecimal number) {
    return number.movePointRight(6).longValueExact();
  }

  /** A decimal as micros, rounded down. */
  public static long millionthsDown(BigDecimal number) {
    return number.movePointRight(6).setScale(0, RoundingMode.FLOOR).longValueExact();
  }

  /** Micros or parts per million as a decimal. */
  public static BigDecimal decimal(long millionths) {
    return BigDecimal.valueOf(millionths, 6);
  }
}
