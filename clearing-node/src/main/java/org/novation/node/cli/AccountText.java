package org.novation.node.cli;

import static org.novation.node.cli.Figures.cents;
import static org.novation.node.cli.Figures.orNone;

import java.util.ArrayList;
import java.util.List;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Balance;
import org.novation.protocol.v1.LiquidationStatus;
import org.novation.protocol.v1.Position;
import org.novation.protocol.v1.Term;

/** An account for people. */
final class AccountText {
  private AccountText() {}

  /** Figures as tables, and with {@code terms} how each came about. */
  static List<String> lines(Account account, boolean terms) {
    List<String> lines = new ArrayList<>();
    lines.add(headline(account));
    String liquidation = liquidation(account.getLiquidation());
    if (!liquidation.isEmpty()) lines.add(liquidation);
    lines.add("");
    lines.addAll(totals(account));
    section(lines, "Balances", balances(account));
    section(lines, "Positions", positions(account));
    if (terms) {
      account.getBalancesList().forEach(each -> terms(lines, each.getAsset(), each.getTermsList()));
      account
          .getPositionsList()
          .forEach(
              each ->
                  terms(
                      lines, each.getQuantity() + " " + each.getInstrument(), each.getTermsList()));
    }
    return lines;
  }

  static String headline(Account account) {
    String cap =
        account.getMaxLeverage() == 0 ? "" : ", leverage capped at " + account.getMaxLeverage();
    return "%s of %s: %s, allowed: %s%s"
        .formatted(
            account.getAccountId(),
            account.getMember(),
            Figures.name(account.getState(), "MARGIN_STATE_"),
            account.getAllowed(),
            cap);
  }

  /** One line; empty where there is no liquidation. */
  static String liquidation(LiquidationStatus liquidation) {
    if (liquidation.getLiquidationId().isEmpty()) return "";
    String sale =
        liquidation.getAuctionId().isEmpty()
            ? ""
            : ", a slice is for sale in " + liquidation.getAuctionId();
    String debt =
        liquidation.getDeficit().equals("0") || liquidation.getDeficit().isEmpty()
            ? ""
            : ", owes " + liquidation.getDeficit();
    return "liquidation %s: %s%s%s"
        .formatted(
            liquidation.getLiquidationId(),
            Figures.name(liquidation.getPhase(), "LIQUIDATION_PHASE_"),
            sale,
            debt);
  }

  private static List<String> totals(Account account) {
    return new TextTable(1, "Account", "USDC")
        .row("equity", cents(account.getEquity()))
        .row("  cash", cents(account.getCash()))
        .row("  collateral at haircut", cents(account.getCollateralValue()))
        .row("  unrealised profit", cents(account.getUnrealisedProfit()))
        .row("  accrued funding", cents(account.getAccruedFunding()))
        .row("equity for initial margin", cents(account.getEquityForInitialMargin()))
        .row("initial margin", cents(account.getInitialMargin()))
        .row("maintenance margin", cents(account.getMaintenanceMargin()))
        .row("free collateral", cents(account.getFreeCollateral()))
        .lines();
  }

  private static List<String> balances(Account account) {
    if (account.getBalancesCount() == 0) return List.of();
    TextTable table = new TextTable(1, "asset", "amount", "price", "weight", "value");
    for (Balance balance : account.getBalancesList()) {
      table.row(
          balance.getAsset(),
          balance.getAmount(),
          balance.getPrice(),
          balance.getWeight(),
          cents(balance.getValue()));
    }
    return table.lines();
  }

  private static List<String> positions(Account account) {
    if (account.getPositionsCount() == 0) return List.of();
    TextTable table =
        new TextTable(
            1,
            "instrument",
            "quantity",
            "mark",
            "notional",
            "profit",
            "funding",
            "realised",
            "initial",
            "maintenance",
            "liquidation",
            "bankruptcy");
    for (Position position : account.getPositionsList()) {
      table.row(
          position.getInstrument(),
          position.getQuantity(),
          position.getMark(),
          cents(position.getNotional()),
          cents(position.getUnrealisedProfit()),
          cents(position.getAccruedFunding()),
          cents(position.getRealisedProfit()),
          cents(position.getInitialMargin()),
          cents(position.getMaintenanceMargin()),
          orNone(position.getLiquidationPrice()),
          orNone(position.getBankruptcyPrice()));
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
    int width = terms.stream().mapToInt(term -> term.getName().length()).max().orElse(0);
    lines.add("");
    lines.add(title);
    for (Term term : terms) {
      String name = term.getName() + " ".repeat(width - term.getName().length());
      lines.add("  %s = %s = %s".formatted(name, term.getFormula(), term.getValue()));
    }
  }
}
