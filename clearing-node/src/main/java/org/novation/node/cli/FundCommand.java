package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.protocol.v1.ContributeToFundResponse;
import org.novation.protocol.v1.CoverTwo;
import org.novation.protocol.v1.DrawBound;
import org.novation.protocol.v1.Fund;
import org.novation.protocol.v1.FundParameters;
import org.novation.protocol.v1.ListMovementsRequest;
import org.novation.protocol.v1.ListMovementsResponse;
import org.novation.protocol.v1.Movement;
import org.novation.protocol.v1.MovementKind;
import org.novation.protocol.v1.WatchFundResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The insurance fund of a running node. */
@Command(
    name = "fund",
    description = "Shows and watches the insurance fund, its history, and adds the house's money.",
    subcommands = {
      FundCommand.Show.class,
      FundCommand.History.class,
      FundCommand.Watch.class,
      FundCommand.Contribute.class
    })
final class FundCommand extends GroupCommand {
  @Command(name = "show", description = "Shows what the fund holds and what it may pay.")
  static final class Show extends ClientCommand {
    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      Fund fund = await(client.fund()).getFund();
      if (options.json()) printJson(fund);
      else print(lines(fund));
    }

    private static List<String> lines(Fund fund) {
      List<String> lines =
          new ArrayList<>(
              new TextTable(1, "fund of " + fund.getPool(), "#" + fund.getSequenceNumber())
                  .row("available", Figures.cents(fund.getAvailable()))
                  .row("  tranche of the house", Figures.cents(fund.getHouseTranche()))
                  .row("  balance", Figures.cents(fund.getBalance()))
                  .row("reserved for draws", Figures.cents(fund.getReserved()))
                  .row("contributed", Figures.cents(fund.getContributed()))
                  .row("paid", Figures.cents(fund.getPaid()))
                  .row("peak", Figures.cents(fund.getPeak()))
                  .row("deleveraging may start", fund.getDeleveragingMayStart() ? "yes" : "no")
                  .row("as of", Figures.time(fund.getAsOfMs()))
                  .lines());
      FundParameters caps = fund.getParameters();
      lines.add("");
      lines.addAll(
          new TextTable(1, "most that is paid", "")
              .row("for one liquidation", Figures.cents(caps.getEventCap()))
              .row(
                  "for one account in " + caps.getBlockMs() / 60_000 + " minutes",
                  Figures.cents(caps.getAccountBlockCap()))
              .row("in a day", Figures.cents(caps.getDayCap()))
              .row("  granted today", Figures.cents(fund.getGrantedToday()))
              .lines());
      lines.add("");
      if (fund.hasCoverTwo()) lines.addAll(lines(fund.getCoverTwo()));
      else lines.add("cover-2: not known yet");
      return lines;
    }

    private static List<String> lines(CoverTwo cover) {
      return new TextTable(1, "cover-2 of " + cover.getAccounts() + " accounts", "")
          .row("worst move of every price", Figures.percent(cover.getMove()))
          .row("largest loss", Figures.cents(cover.getLargestLoss()))
          .row("second largest", Figures.cents(cover.getSecondLoss()))
          .row("the fund would lack", Figures.cents(cover.getShortfall()))
          .row("as of", Figures.time(cover.getAsOfMs()))
          .lines();
    }
  }

  @Command(name = "history", description = "Lists what happened to the fund, newest first.")
  static final class History extends ClientCommand {
    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "100",
        description = "At most so many (default: 100).")
    private int limit;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      List<Movement> movements = new ArrayList<>();
      String next = "";
      do {
        ListMovementsResponse page = await(client.movements(page(next, limit - movements.size())));
        movements.addAll(page.getMovementsList());
        next = page.getNextPageToken();
      } while (!next.isEmpty() && movements.size() < limit);
      if (options.json()) {
        printJson(
            ListMovementsResponse.newBuilder()
                .addAllMovements(movements)
                .setNextPageToken(next)
                .build());
        return;
      }
      TextTable table =
          new TextTable(
              5, "#", "time", "what", "id", "account", "amount", "house", "balance", "reserved");
      for (Movement each : movements) {
        table.row(
            Long.toString(each.getSequenceNumber()),
            Figures.time(each.getAtMs()),
            what(each),
            each.getId(),
            each.getAccount(),
            Figures.cents(each.getAmount()),
            Figures.cents(each.getHouseTranche()),
            Figures.cents(each.getBalance()),
            Figures.cents(each.getReserved()));
      }
      print(table.lines());
      if (!next.isEmpty()) note("there are more: raise --limit");
    }

    private static String what(Movement movement) {
      String kind = Figures.name(movement.getKind(), "MOVEMENT_KIND_");
      if (movement.getKind() == MovementKind.MOVEMENT_KIND_DRAW_SETTLED)
        return kind + ", paid " + Figures.cents(movement.getPaid());
      if (movement.getBoundBy() == DrawBound.DRAW_BOUND_UNSPECIFIED
          || movement.getBoundBy() == DrawBound.DRAW_BOUND_NONE) return kind;
      return "%s of %s (%s)"
          .formatted(
              kind,
              Figures.cents(movement.getRequested()),
              Figures.name(movement.getBoundBy(), "DRAW_BOUND_"));
    }

    private static ListMovementsRequest page(String token, int left) {
      return ListMovementsRequest.newBuilder()
          .setPageToken(token)
          .setPageSize(Math.clamp(left, 1, 1_000))
          .build();
    }
  }

  @Command(
      name = "watch",
      description = "Shows the fund now and whenever it changes, until Ctrl-C.")
  static final class Watch extends ClientCommand {
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
      try (Updates<WatchFundResponse> updates = client.watchFund()) {
        int shown = 0;
        for (WatchFundResponse each = updates.next(); each != null; each = updates.next()) {
          if (options.json()) printJsonLine(each);
          else print(List.of(line(each.getFund())));
          if (++shown == count) return;
        }
      }
    }

    private static String line(Fund fund) {
      return "%s  #%d  available %s  reserved %s  paid %s  deleveraging %s"
          .formatted(
              Figures.time(fund.getAsOfMs()),
              fund.getSequenceNumber(),
              Figures.cents(fund.getAvailable()),
              Figures.cents(fund.getReserved()),
              Figures.cents(fund.getPaid()),
              fund.getDeleveragingMayStart() ? "may start" : "must not start");
    }
  }

  @Command(
      name = "contribute",
      description =
          "Adds to the house's tranche in front of the fund, where the node takes one token's word"
              + " for it. Elsewhere: novation account transfer ACCOUNT novation-fund USDC AMOUNT.")
  static final class Contribute extends ClientCommand {
    @Parameters(paramLabel = "AMOUNT", description = "Above zero, a plain decimal.")
    private String amount;

    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "The contribution's id; say the same to try again (default: a new one).")
    private @Nullable String contributionId;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      String id = contributionId != null ? contributionId : AccountCommand.newId();
      if (contributionId == null) note("contribution " + id + ": to try again, say --id " + id);
      ContributeToFundResponse response = await(client.contribute(id, amount));
      if (options.json()) printJson(response);
      else print(List.of("the house's tranche holds " + response.getHouseTranche()));
    }
  }
}
