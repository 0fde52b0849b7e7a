package org.novation.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.novation.money.Decimals;

/**
 * What a replay has to say, for people ({@link ReplayText}) and for programs ({@link #json}).
 *
 * @param source the tape's name, or what made it up
 * @param store the name of the database
 * @param stateHash of the end, see {@link FinalState}
 * @param listed symbols of the tape that were listed on cautious terms because {@code config/} has
 *     none
 */
public record ReplayReport(
    String source,
    String store,
    long seed,
    Tally.Result result,
    Verdict verdict,
    Waterfall waterfall,
    String stateHash,
    List<String> listed) {
  public ReplayReport {
    listed = List.copyOf(listed);
  }

  /** The report as one JSON object, indented. Sums and prices are decimal strings. */
  public String json() {
    return text(tree());
  }

  ObjectNode tree() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("source", source);
    root.put("store", store);
    root.put("seed", seed);
    root.put("accounts", result.accounts());
    ObjectNode trades = root.putObject("trades");
    trades.put("submitted", result.submitted());
    trades.put("novated", result.novated());
    counts(trades.putObject("refused"), result.refusedTrades());
    root.put("earlyWarnings", result.margin().earlyWarnings());
    root.put("marginCalls", result.margin().marginCalls());
    root.put("liquidationTriggers", result.margin().liquidationTriggers());
    ObjectNode invariants = root.putObject("invariants");
    invariants.put("positions", verdict.positions());
    invariants.put("cash", verdict.cash());
    invariants.put("costBasis", verdict.costBasis());
    invariants.put("hold", verdict.hold());
    if (!verdict.flaw().isEmpty()) invariants.put("flaw", verdict.flaw());
    root.put("stateHash", stateHash);
    root.put("seconds", BigDecimal.valueOf(result.seconds()).setScale(3, RoundingMode.HALF_UP));
    root.put(
        "tradesPerSecond",
        BigDecimal.valueOf(result.tradesPerSecond()).setScale(1, RoundingMode.HALF_UP));
    ObjectNode prices = root.putObject("prices");
    prices.put("accepted", result.acceptedPrices());
    counts(prices.putObject("refused"), result.refusedPrices());
    root.put("steps", result.steps());
    root.put("from", instant(result.firstMs()));
    root.put("to", instant(result.lastMs()));
    root.put("retries", result.retries());
    counts(root.putObject("unknownSymbols"), result.unknownSymbols());
    counts(root.putObject("unknownTrades"), result.unknownTrades());
    ArrayNode names = root.putArray("listedUnknown");
    listed.forEach(names::add);
    ObjectNode markets = root.putObject("markets");
    result.courses().forEach((symbol, course) -> course(markets.putObject(symbol), course));
    waterfall.json(root);
    return root;
  }

  private static void counts(ObjectNode node, Map<String, Long> counts) {
    counts.forEach(node::put);
  }

  private static void course(ObjectNode node, Tally.Course course) {
    node.put("first", decimal(course.first()));
    node.put("last", decimal(course.last()));
    node.put("high", decimal(course.high()));
    node.put("low", decimal(course.low()));
    node.put("lowAt", instant(course.lowMs()));
    node.put("maxDrawdown", Decimals.ppm(course.fallPpm()));
    node.put("ticks", course.ticks());
  }

  private static String decimal(double price) {
    return new BigDecimal(Double.toString(price)).stripTrailingZeros().toPlainString();
  }

  private static String instant(long timeMs) {
    return Instant.ofEpochMilli(timeMs).toString();
  }

  static String text(ObjectNode root) {
    try {
      return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(root);
    } catch (IOException e) {
      throw new UncheckedIOException("a tree of nodes can always be written", e);
    }
  }
}
