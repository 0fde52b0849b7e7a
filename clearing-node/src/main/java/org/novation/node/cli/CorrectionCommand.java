package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.CorrectionStage;
import org.novation.protocol.v1.ListCorrectionsRequest;
import org.novation.protocol.v1.ListCorrectionsResponse;
import org.novation.protocol.v1.ProposeCorrectionRequest;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.TradeCorrection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trades that are put right. */
@Command(
    name = "correction",
    description =
        "Puts trades right that were novated in error: one operator proposes, another approves.",
    subcommands = {
      CorrectionCommand.Bust.class,
      CorrectionCommand.Adjust.class,
      CorrectionCommand.Approve.class,
      CorrectionCommand.Reject.class,
      CorrectionCommand.ListAll.class
    })
final class CorrectionCommand extends GroupCommand {
  private static final int PAGE = 100;

  /** What proposals have in common. */
  abstract static class Propose extends ClientCommand {
    @Option(
        names = "--venue",
        paramLabel = "VENUE",
        required = true,
        description = "That reported it.")
    private String venue = "";

    @Option(
        names = "--account",
        paramLabel = "ACCOUNT",
        required = true,
        description = "One of the trade's two.")
    private String accountId = "";

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why, for the other operator and the trail.")
    private String reason = "";

    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "The correction's id; say the same to try again (default: a new one).")
    private @Nullable String correctionId;

    @Override
    String actor() {
      return "operator";
    }

    void propose(NovationClient client, String tradeId, String newPrice) {
      String id = correctionId != null ? correctionId : AccountCommand.newId();
      if (correctionId == null) note("correction " + id + ": to try again, say --id " + id);
      TradeCorrection proposed =
          await(
                  client.proposeCorrection(
                      ProposeCorrectionRequest.newBuilder()
                          .setCorrectionId(id)
                          .setVenue(venue)
                          .setTradeId(tradeId)
                          .setAccountId(accountId)
                          .setNewPrice(newPrice)
                          .setReason(reason)
                          .build()))
              .getCorrection();
      if (options.json()) {
        printJson(proposed);
        return;
      }
      print(
          List.of(
              sentence(proposed),
              "to have it done, another operator says: novation correction approve %s %s"
                  .formatted(id, proposed.getHash())));
    }
  }

  @Command(
      name = "bust",
      description = "Proposes to undo a trade, funding and fees included.",
      footer = {
        "",
        "Example: novation correction bust t1 --venue venue-1 --account a1 --reason 'fat finger'"
      })
  static final class Bust extends Propose {
    @Parameters(index = "0", paramLabel = "TRADE")
    private String tradeId = "";

    @Override
    void ask(NovationClient client) {
      propose(client, tradeId, "");
    }
  }

  @Command(
      name = "adjust",
      description =
          "Proposes that one side pays the other the difference to another price; fees follow it.")
  static final class Adjust extends Propose {
    @Parameters(index = "0", paramLabel = "TRADE")
    private String tradeId = "";

    @Parameters(index = "1", paramLabel = "PRICE", description = "That it should have had.")
    private String price = "";

    @Override
    void ask(NovationClient client) {
      propose(client, tradeId, price);
    }
  }

  @Command(name = "approve", description = "Has a correction done that another operator proposed.")
  static final class Approve extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ID")
    private String id = "";

    @Parameters(index = "1", paramLabel = "HASH", description = "Of what you have read.")
    private String hash = "";

    @Override
    String actor() {
      return "operator-2";
    }

    @Override
    void ask(NovationClient client) {
      TradeCorrection approved = await(client.approveCorrection(id, hash)).getCorrection();
      if (options.json()) printJson(approved);
      else print(List.of("will be done, once: " + sentence(approved)));
    }
  }

  @Command(name = "reject", description = "Leaves a trade as it is.")
  static final class Reject extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ID")
    private String id = "";

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      TradeCorrection rejected = await(client.rejectCorrection(id)).getCorrection();
      if (options.json()) printJson(rejected);
      else print(List.of("will not be done: " + sentence(rejected)));
    }
  }

  @Command(
      name = "list",
      description = "Lists corrections, the newest first.",
      footer = {"", "Example: novation correction list --account a1 --as alice"})
  static final class ListAll extends ClientCommand {
    @Option(
        names = "--account",
        paramLabel = "ACCOUNT",
        description = "Only of this account's trades; whoever is no operator has to say which.")
    private String accountId = "";

    @Override
    String actor() {
      return "auditor";
    }

    @Override
    void ask(NovationClient client) {
      ListCorrectionsResponse page =
          await(
              client.corrections(
                  ListCorrectionsRequest.newBuilder()
                      .setPageSize(PAGE)
                      .setAccountId(accountId)
                      .build()));
      if (options.json()) {
        printJson(page);
        return;
      }
      TextTable table =
          new TextTable(7, "id", "stage", "what", "fees due", "proposed by", "decided by", "hash");
      for (TradeCorrection each : page.getCorrectionsList())
        table.row(
            each.getCorrectionId(),
            stage(each.getStage()),
            sentence(each),
            String.join(", ", each.getFeesDueList()),
            each.getProposer(),
            each.getDecidedBy(),
            each.getHash());
      print(table.lines());
      if (!page.getNextPageToken().isEmpty()) note("there are more: ask with --json for pages");
    }
  }

  private static String sentence(TradeCorrection of) {
    Trade trade = of.getTrade();
    String what =
        of.getNewPrice().isEmpty()
            ? "undo"
            : "at %s, so that the buyer pays %s more,"
                .formatted(of.getNewPrice(), of.getBuyerPays());
    return "%s trade %s: %s bought %s %s at %s from %s"
        .formatted(
            what,
            trade.getTradeId(),
            trade.getBuyerAccountId(),
            trade.getQuantity(),
            trade.getInstrument(),
            trade.getPrice(),
            trade.getSellerAccountId())
        .concat(fees(of));
  }

  private static String fees(TradeCorrection of) {
    boolean none = of.getBuyerFee().equals("0") && of.getSellerFee().equals("0");
    return none
        ? ""
        : "; of fees the buyer gets %s back, the seller %s"
            .formatted(of.getBuyerFee(), of.getSellerFee());
  }

  private static String stage(CorrectionStage stage) {
    return stage.name().replace("CORRECTION_STAGE_", "").toLowerCase(Locale.ROOT);
  }
}
