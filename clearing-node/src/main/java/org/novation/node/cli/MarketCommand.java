package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.ArrayList;
import java.util.List;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.protocol.v1.Brake;
import org.novation.protocol.v1.ListMarketsRequest;
import org.novation.protocol.v1.ListMarketsResponse;
import org.novation.protocol.v1.MarginBracket;
import org.novation.protocol.v1.Market;
import org.novation.protocol.v1.MarketBrake;
import org.novation.protocol.v1.WatchMarketResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Markets of a running node. */
@Command(
    name = "market",
    description = "Shows and watches the markets of a running node.",
    subcommands = {
      MarketCommand.Show.class,
      MarketCommand.ListAll.class,
      MarketCommand.Watch.class
    })
final class MarketCommand extends GroupCommand {
  @Command(name = "show", description = "Shows a market and the margin that it takes now.")
  static final class Show extends ClientCommand {
    @Parameters(paramLabel = "INSTRUMENT", description = "E.g. BTC-PERP.")
    private String instrument;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      Market market = await(client.market(instrument)).getMarket();
      if (options.json()) printJson(market);
      else print(lines(market));
    }

    private static List<String> lines(Market market) {
      List<String> lines =
          new ArrayList<>(
              new TextTable(1, market.getInstrument(), validity(market))
                  .row("mark", Figures.orNone(market.getMark()))
                  .row("index of " + market.getUnderlying(), Figures.orNone(market.getIndex()))
                  .row("feeds", Integer.toString(market.getFeeds()))
                  .row("priced", Figures.time(market.getTimeMs()))
                  .row("funding per 8 h", Figures.percent(market.getFundingRate()))
                  .row("funding paid by a long unit", market.getFundingIndex())
                  .row("open interest", market.getOpenInterest())
                  .row("tick", market.getTick())
                  .row("lot", market.getLot())
                  .lines());
      lines.add("");
      TextTable brackets = new TextTable(0, "notional from", "initial", "maintenance");
      for (MarginBracket each : market.getBracketsList()) {
        brackets.row(
            Figures.cents(each.getFromNotional()),
            Figures.percent(each.getInitialRate()),
            Figures.percent(each.getMaintenanceRate()));
      }
      lines.addAll(brackets.lines());
      if (market.getBrakesCount() > 0) lines.add("");
      for (MarketBrake each : market.getBrakesList()) lines.add(brake(each));
      return lines;
    }

    private static String brake(MarketBrake brake) {
      String what = Figures.name(brake.getBrake(), "BRAKE_");
      if (brake.getBrake() == Brake.BRAKE_PAUSE)
        what += " of " + Figures.name(brake.getOperation(), "OPERATION_");
      return brake.getUntilMs() == 0 ? what : what + " until " + Figures.time(brake.getUntilMs());
    }
  }

  @Command(name = "list", description = "Lists the markets.")
  static final class ListAll extends ClientCommand {
    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      ListMarketsResponse markets =
          await(client.markets(ListMarketsRequest.newBuilder().setPageSize(1_000).build()));
      if (options.json()) {
        printJson(markets);
        return;
      }
      TextTable table =
          new TextTable(
              2,
              "instrument",
              "prices",
              "mark",
              "index",
              "funding per 8 h",
              "open interest",
              "feeds");
      for (Market each : markets.getMarketsList()) {
        table.row(
            each.getInstrument(),
            validity(each),
            Figures.orNone(each.getMark()),
            Figures.orNone(each.getIndex()),
            Figures.percent(each.getFundingRate()),
            each.getOpenInterest(),
            Integer.toString(each.getFeeds()));
      }
      print(table.lines());
    }
  }

  @Command(
      name = "watch",
      description = "Shows a market now and whenever it changes, until Ctrl-C.")
  static final class Watch extends ClientCommand {
    @Parameters(paramLabel = "INSTRUMENT")
    private String instrument;

    @Option(
        names = "--count",
        paramLabel = "N",
        defaultValue = "0",
        description = "End after so many states.")
    private int count;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) throws InterruptedException {
      try (Updates<WatchMarketResponse> updates = client.watchMarket(instrument)) {
        int shown = 0;
        for (WatchMarketResponse each = updates.next(); each != null; each = updates.next()) {
          if (options.json()) printJsonLine(each);
          else print(List.of(line(each.getMarket())));
          if (++shown == count) return;
        }
      }
    }

    private static String line(Market market) {
      return "%s  %s  %s  mark %s  index %s  open interest %s"
          .formatted(
              Figures.time(market.getTimeMs()),
              market.getInstrument(),
              validity(market),
              Figures.orNone(market.getMark()),
              Figures.orNone(market.getIndex()),
              market.getOpenInterest());
    }
  }

  private static String validity(Market market) {
    return Figures.name(market.getValidity(), "PRICE_VALIDITY_");
  }
}
