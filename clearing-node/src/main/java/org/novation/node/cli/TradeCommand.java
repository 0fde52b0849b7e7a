package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.GetTradeRequest;
import org.novation.protocol.v1.GetTradeResponse;
import org.novation.protocol.v1.NovatedTrade;
import org.novation.protocol.v1.PreviewTradeRequest;
import org.novation.protocol.v1.PreviewTradeResponse;
import org.novation.protocol.v1.Side;
import org.novation.protocol.v1.Trade;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trades of a running node. */
@Command(
    name = "trade",
    description = "Submits, finds and previews trades at a running node.",
    subcommands = {TradeCommand.Submit.class, TradeCommand.Find.class, TradeCommand.Preview.class})
final class TradeCommand extends GroupCommand {
  @Command(
      name = "submit",
      description = "Submits a trade that a venue matched. OK means novated, for ever.",
      footer = {
        "",
        "Example: novation trade submit BTC-PERP 0.5 60000 --buyer alice-1 --seller bob-1"
      })
  static final class Submit extends ClientCommand {
    @Parameters(index = "0", paramLabel = "INSTRUMENT", description = "E.g. BTC-PERP.")
    private String instrument;

    @Parameters(
        index = "1",
        paramLabel = "QUANTITY",
        description = "Above zero, a multiple of the lot.")
    private String quantity;

    @Parameters(
        index = "2",
        paramLabel = "PRICE",
        description = "Above zero, a multiple of the tick.")
    private String price;

    @Option(names = "--buyer", paramLabel = "ACCOUNT", required = true)
    private String buyer;

    @Option(names = "--seller", paramLabel = "ACCOUNT", required = true)
    private String seller;

    @Option(
        names = "--id",
        paramLabel = "ID",
        description =
            "The venue's id of the trade; say the same to try again (default: a new one).")
    private @Nullable String tradeId;

    @Option(
        names = "--executed-at-ms",
        paramLabel = "MS",
        description = "When the venue matched it; part of its content (default: now).")
    private @Nullable Long executedAtMs;

    @Override
    String actor() {
      return "venue-1";
    }

    @Override
    void ask(NovationClient client) {
      String id = tradeId != null ? tradeId : AccountCommand.newId();
      long executed = executedAtMs != null ? executedAtMs : System.currentTimeMillis();
      if (tradeId == null || executedAtMs == null) {
        note("trade %s: to try again, say --id %s --executed-at-ms %d".formatted(id, id, executed));
      }
      Trade trade =
          Trade.newBuilder()
              .setTradeId(id)
              .setInstrument(instrument)
              .setQuantity(quantity)
              .setPrice(price)
              .setBuyerAccountId(buyer)
              .setSellerAccountId(seller)
              .setExecutedAtMs(executed)
              .build();
      NovatedTrade novated = await(client.submit(trade)).getNovated();
      if (options.json()) printJson(novated);
      else {
        print(
            List.of(
                "novated at %s: %s buys %s %s from %s at %s"
                    .formatted(
                        Figures.time(novated.getNovatedAtMs()),
                        buyer,
                        quantity,
                        instrument,
                        seller,
                        price)));
      }
    }
  }

  @Command(name = "get", description = "Finds a trade on one of its two accounts.")
  static final class Find extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ID", description = "The venue's id of the trade.")
    private String tradeId;

    @Option(
        names = "--account",
        paramLabel = "ACCOUNT",
        required = true,
        description = "Either account of the trade.")
    private String accountId;

    @Option(
        names = "--venue",
        paramLabel = "VENUE",
        defaultValue = "venue-1",
        description = "Default: ${DEFAULT-VALUE}.")
    private String venue;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      GetTradeResponse found =
          await(
              client.trade(
                  GetTradeRequest.newBuilder()
                      .setTradeId(tradeId)
                      .setAccountId(accountId)
                      .setVenue(venue)
                      .build()));
      if (options.json()) {
        printJson(found);
        return;
      }
      Trade trade = found.getTrade();
      print(
          new TextTable(2, "Trade", trade.getTradeId())
              .row("venue", found.getVenue())
              .row("instrument", trade.getInstrument())
              .row("price", trade.getPrice())
              .row("quantity", trade.getQuantity())
              .row("buyer", trade.getBuyerAccountId())
              .row("seller", trade.getSellerAccountId())
              .row("executed", Figures.time(trade.getExecutedAtMs()))
              .row("novated", Figures.time(found.getNovatedAtMs()))
              .row("realised by " + accountId, found.getRealisedProfit())
              .row("funding settled", found.getFunding())
              .row("fee paid", found.getFee())
              .lines());
    }
  }

  @Command(
      name = "preview",
      description = "Shows what a trade would do to an account; changes nothing.")
  static final class Preview extends ClientCommand {
    enum Direction {
      buy,
      sell
    }

    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "buy|sell")
    private Direction direction;

    @Parameters(index = "2", paramLabel = "INSTRUMENT")
    private String instrument;

    @Parameters(index = "3", paramLabel = "QUANTITY")
    private String quantity;

    @Parameters(index = "4", paramLabel = "PRICE")
    private String price;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      PreviewTradeResponse preview =
          await(
              client.preview(
                  PreviewTradeRequest.newBuilder()
                      .setAccountId(accountId)
                      .setSide(direction == Direction.buy ? Side.SIDE_BUY : Side.SIDE_SELL)
                      .setInstrument(instrument)
                      .setQuantity(quantity)
                      .setPrice(price)
                      .build()));
      if (options.json()) printJson(preview);
      else print(lines(preview));
    }

    private static List<String> lines(PreviewTradeResponse preview) {
      var before = preview.getBefore();
      var after = preview.getAfter();
      List<String> lines = new ArrayList<>();
      lines.add(
          preview.getAllowed() ? "would be taken" : "would be refused: " + preview.getReason());
      lines.add(
          "for a fee of %s USDC: %s of the notional, by version %d of the parameters"
              .formatted(
                  preview.getFee(),
                  Figures.percent(preview.getFeeRate()),
                  after.getParameterVersion()));
      lines.add("");
      lines.addAll(
          new TextTable(1, "USDC", "before", "after")
              .row("equity", Figures.cents(before.getEquity()), Figures.cents(after.getEquity()))
              .row(
                  "initial margin",
                  Figures.cents(before.getInitialMargin()),
                  Figures.cents(after.getInitialMargin()))
              .row(
                  "maintenance margin",
                  Figures.cents(before.getMaintenanceMargin()),
                  Figures.cents(after.getMaintenanceMargin()))
              .row(
                  "free collateral",
                  Figures.cents(before.getFreeCollateral()),
                  Figures.cents(after.getFreeCollateral()))
              .row(
                  "state",
                  Figures.name(before.getState(), "MARGIN_STATE_"),
                  Figures.name(after.getState(), "MARGIN_STATE_"))
              .lines());
      return lines;
    }
  }
}
