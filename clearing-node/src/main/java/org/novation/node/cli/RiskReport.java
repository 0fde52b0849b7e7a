package org.novation.node.cli;

import static org.novation.money.Decimals.micros;
import static org.novation.money.Decimals.ppm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.risk.MarginStatement;
import org.novation.risk.MarginStatement.Balance;
import org.novation.risk.MarginStatement.Held;
import org.novation.risk.MarginStatement.Position;
import org.novation.risk.MarginStatement.Term;
import org.novation.risk.MarketView;

/** A margin statement for people, as tables, and for programs, as JSON with the API's names. */
final class RiskReport {
  private static final JsonMapper MAPPER = new JsonMapper();
  private final RiskCase input;
  private final MarginStatement statement;

  RiskReport(RiskCase input, MarginStatement statement) {
    this.input = input;
    this.statement = statement;
  }

  // ---- for programs

  String json() {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("state", statement.state().name());
    root.put("allowed", statement.allowed());
    root.put("equity", micros(statement.health().equityMicros()));
    root.put("cash", micros(statement.cashMicros()));
    root.put("collateralValue", micros(statement.collateralMicros()));
    root.put("unrealisedProfit", micros(statement.unrealisedMicros()));
    root.put("accruedFunding", micros(statement.fundingMicros()));
    root.put("equityForInitialMargin", micros(statement.health().initialEquityMicros()));
    root.put("initialMargin", micros(statement.health().initialMarginMicros()));
    root.put("maintenanceMargin", micros(statement.health().maintenanceMarginMicros()));
    root.put("freeCollateral", micros(statement.freeMicros()));
    root.put("leverageMax", statement.leverageMax());
    root.set("terms", json(statement.terms()));
    ArrayNode balances = root.putArray("balances");
    statement.balances().forEach(balance -> put(balances.addObject(), balance));
    ArrayNode positions = root.putArray("positions");
    statement.positions().forEach(position -> put(positions.addObject(), position));
    ArrayNode pending = root.putArray("pending");
    statement.held().forEach(held -> put(pending.addObject(), held));
    ArrayNode instruments = root.putArray("instruments");
    for (int i = 0; i < input.view().catalogue().instruments(); i++) {
      putInstrument(instruments.addObject(), i);
    }
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts is always JSON", e);
    }
  }

  private static void put(ObjectNode node, Balance balance) {
    node.put("asset", balance.asset().symbol());
    node.put("amount", balance.amountText());
    node.put("price", micros(balance.priceMicros()));
    node.put("weight", ppm(balance.weightPpm()));
    node.put("value", micros(balance.valueMicros()));
    node.set("terms", json(balance.terms()));
  }

  private static void put(ObjectNode node, Position position) {
    node.put("instrument", position.perpetual().symbol());
    node.put("quantity", position.quantityText());
    node.put("mark", position.markText());
    node.put("notional", micros(position.notionalMicros()));
    node.put("costBasis", micros(position.basisMicros()));
    node.put("unrealisedProfit", micros(position.unrealisedMicros()));
    node.put("accruedFunding", micros(position.fundingMicros()));
    node.put("initialMargin", micros(position.initialMarginMicros()));
    node.put("maintenanceMargin", micros(position.maintenanceMarginMicros()));
    node.put("bankruptcyPrice", position.bankruptcyText());
    node.put("liquidationPrice", position.liquidationText());
    node.set("terms", json(position.terms()));
  }

  private static void put(ObjectNode node, Held held) {
    node.put("instrument", held.perpetual().symbol());
    node.put("bought", held.perpetual().lot().text(held.boughtLots()));
    node.put("sold", held.perpetual().lot().text(held.soldLots()));
    node.put("loss", micros(held.lossMicros()));
    node.put("initialMargin", micros(held.initialMarginMicros()));
    node.put("maintenanceMargin", micros(held.maintenanceMarginMicros()));
    node.set("terms", json(held.terms()));
  }

  private void putInstrument(ObjectNode node, int instrument) {
    Perpetual perpetual = input.view().catalogue().perpetual(instrument);
    MarketView.Instrument market = input.view().instrument(instrument);
    node.put("symbol", perpetual.symbol());
    node.put("tick", perpetual.tick().toString());
    node.put("lot", perpetual.lot().toString());
    ArrayNode brackets = node.putArray("brackets");
    Ladder initial = market.ladders().initial();
    Ladder maintenance = market.ladders().maintenance();
    for (int n = 0; n < initial.tiers(); n++) {
      ObjectNode bracket = brackets.addObject();
      bracket.put("from", micros(initial.lowerBoundMicros(n)));
      bracket.put("initial", ppm(initial.ratePpm(n)));
      bracket.put("initialDeduction", micros(initial.deductionMicros(n)));
      bracket.put("maintenance", ppm(maintenance.ratePpm(n)));
      bracket.put("maintenanceDeduction", micros(maintenance.deductionMicros(n)));
    }
    node.set("terms", json(input.scalings().get(instrument)));
  }

  private static ArrayNode json(List<Term> terms) {
    ArrayNode array = MAPPER.createArrayNode();
    for (Term term : terms) {
      array
          .addObject()
          .put("name", term.name())
          .put("formula", term.formula())
          .put("value", term.value());
    }
    return array;
  }

  // ---- for people

  /** The figures as tables, then every term. Amounts are rounded to cents here, terms are exact. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("%s: %s".formatted(statement.state(), statement.allowed()));
    lines.add("");
    lines.addAll(totals());
    section(lines, "Balances", statement.balances().isEmpty() ? List.of() : balances());
    section(lines, "Positions", statement.positions().isEmpty() ? List.of() : positions());
    lines.add("");
    lines.add("By hand");
    terms(lines, "account", statement.terms());
    statement.balances().forEach(each -> terms(lines, each.asset().symbol(), each.terms()));
    for (int i = 0; i < input.scalings().size(); i++) {
      String symbol = input.view().catalogue().perpetual(i).symbol();
      terms(lines, symbol + ", first bracket scaled", input.scalings().get(i));
    }
    statement
        .positions()
        .forEach(
            each ->
                terms(lines, each.quantityText() + " " + each.perpetual().symbol(), each.terms()));
    statement
        .held()
        .forEach(each -> terms(lines, each.perpetual().symbol() + ", pending", each.terms()));
    return lines;
  }

  private List<String> totals() {
    return new TextTable(1, "Account", "USDC")
        .row("equity", cents(statement.health().equityMicros()))
        .row("  cash", cents(statement.cashMicros()))
        .row("  collateral at haircut", cents(statement.collateralMicros()))
        .row("  unrealised profit", cents(statement.unrealisedMicros()))
        .row("  accrued funding", cents(statement.fundingMicros()))
        .row("equity for initial margin", cents(statement.health().initialEquityMicros()))
        .row("initial margin", cents(statement.health().initialMarginMicros()))
        .row("maintenance margin", cents(statement.health().maintenanceMarginMicros()))
        .row("free collateral", cents(statement.freeMicros()))
        .lines();
  }

  private List<String> balances() {
    TextTable table = new TextTable(1, "asset", "amount", "price", "weight", "value");
    for (Balance balance : statement.balances()) {
      table.row(
          balance.asset().symbol(),
          balance.amountText(),
          micros(balance.priceMicros()),
          ppm(balance.weightPpm()),
          cents(balance.valueMicros()));
    }
    return table.lines();
  }

  private List<String> positions() {
    TextTable table =
        new TextTable(
            1,
            "instrument",
            "quantity",
            "mark",
            "notional",
            "profit",
            "funding",
            "initial",
            "maintenance",
            "liquidation",
            "bankruptcy");
    for (Position position : statement.positions()) {
      table.row(
          position.perpetual().symbol(),
          position.quantityText(),
          position.markText(),
          cents(position.notionalMicros()),
          cents(position.unrealisedMicros()),
          cents(position.fundingMicros()),
          cents(position.initialMarginMicros()),
          cents(position.maintenanceMarginMicros()),
          orNone(position.liquidationText()),
          orNone(position.bankruptcyText()));
    }
    return table.lines();
  }

  private static void section(List<String> lines, String title, List<String> body) {
    if (body.isEmpty()) return;
    lines.add("");
    lines.add(title);
    lines.addAll(body);
  }

  private static void terms(List<String> lines, String title, List<Term> terms) {
    if (terms.isEmpty()) return;
    int width = terms.stream().mapToInt(term -> term.name().length()).max().orElse(0);
    lines.add("  " + title);
    for (Term term : terms) {
      String name = term.name() + " ".repeat(width - term.name().length());
      lines.add("    %s = %s = %s".formatted(name, term.formula(), term.value()));
    }
  }

  private static String orNone(String price) {
    return price.isEmpty() ? "none" : price;
  }

  /** To the cent, toward zero, thousands apart: for the eye; the terms have every digit. */
  private static String cents(long micros) {
    return "%,d.%02d"
        .formatted(Math.abs(micros / 1_000_000), Math.abs(micros / 10_000 % 100))
        .transform(text -> micros <= -10_000 ? "-" + text : text);
  }
}
