package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.AuctionLeg;
import org.novation.protocol.v1.Bid;
import org.novation.protocol.v1.BidLeg;
import org.novation.protocol.v1.DiscountPoint;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.ListAuctionsResponse;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.WatchAuctionsResponse;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Auctions of a running node. */
@Command(
    name = "auction",
    description = "Shows and watches what a running node sells, and bids for it.",
    subcommands = {
      AuctionCommand.ListAll.class,
      AuctionCommand.Show.class,
      AuctionCommand.Watch.class,
      AuctionCommand.Place.class
    })
final class AuctionCommand extends GroupCommand {
  @Command(name = "list", description = "Lists the auctions that are open.")
  static final class ListAll extends ClientCommand {
    @Option(
        names = "--instrument",
        paramLabel = "INSTRUMENT",
        defaultValue = "",
        description = "Only those with a leg in it.")
    private String instrument;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      ListAuctionsResponse auctions =
          await(
              client.auctions(
                  ListAuctionsRequest.newBuilder()
                      .setPageSize(1_000)
                      .setInstrument(instrument)
                      .build()));
      if (options.json()) {
        printJson(auctions);
        return;
      }
      TextTable table =
          new TextTable(2, "auction", "legs", "notional", "discount", "free", "bids", "ends");
      for (Auction each : auctions.getAuctionsList()) {
        table.row(
            each.getAuctionId(),
            legs(each),
            Figures.cents(each.getNotional()),
            Figures.percent(each.getDiscount()),
            free(each),
            Integer.toString(each.getBids()),
            Figures.time(each.getEndsAtMs()));
      }
      print(table.lines());
    }
  }

  @Command(name = "show", description = "Shows an auction: its legs, and its discount over time.")
  static final class Show extends ClientCommand {
    @Parameters(paramLabel = "AUCTION")
    private String auctionId;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      Auction auction = await(client.auction(auctionId)).getAuction();
      if (options.json()) printJson(auction);
      else print(lines(auction));
    }

    private static String suspended(Auction auction) {
      if (auction.getSuspendedBy().isEmpty()) return "no";
      String since =
          "by %s since %s"
              .formatted(auction.getSuspendedBy(), Figures.time(auction.getSuspendedSinceMs()));
      return auction.getSuspendedUntilMs() == 0
          ? since
          : since + ", until " + Figures.time(auction.getSuspendedUntilMs());
    }

    private static List<String> lines(Auction auction) {
      List<String> lines =
          new ArrayList<>(
              new TextTable(1, auction.getAuctionId(), state(auction))
                  .row("account", auction.getAccountId())
                  .row("account version", Long.toString(auction.getAccountVersion()))
                  .row("notional", Figures.cents(auction.getNotional()))
                  .row(
                      "discount now",
                      Figures.percent(auction.getDiscount())
                          + ", "
                          + Figures.cents(auction.getDiscountAmount()))
                  .row("smallest bid", Figures.percent(auction.getMinimumBid()))
                  .row("bids", Integer.toString(auction.getBids()))
                  .row("paid by the account", Figures.cents(auction.getPaidByAccount()))
                  .row("paid by the insurance fund", Figures.cents(auction.getPaidByFund()))
                  .row("fees to the insurance fund", Figures.cents(auction.getFees()))
                  .row("opened", Figures.time(auction.getOpenedAtMs()))
                  .row("ends", Figures.time(auction.getEndsAtMs()))
                  .row("suspended", suspended(auction))
                  .row("ended", Figures.time(auction.getEndedAtMs()))
                  .lines());
      lines.add("");
      TextTable legs =
          new TextTable(1, "leg", "taker gets", "remaining", "free", "sold", "mark", "weight");
      for (AuctionLeg each : auction.getLegsList()) {
        legs.row(
            name(each.getInstrument(), each.getAsset()),
            each.getQuantity(),
            each.getRemaining(),
            each.getFree(),
            each.getSold(),
            Figures.orNone(each.getMark()),
            Figures.cents(each.getWeight()));
      }
      lines.addAll(legs.lines());
      lines.add("");
      TextTable schedule = new TextTable(1, "at", "discount", "of the whole slice");
      for (DiscountPoint each : auction.getScheduleList()) {
        schedule.row(
            Figures.time(each.getAtMs()),
            Figures.percent(each.getDiscount()),
            Figures.cents(each.getDiscountAmount()));
      }
      lines.addAll(schedule.lines());
      return lines;
    }
  }

  @Command(
      name = "watch",
      description = "Shows every open auction, and each whenever it changes, until Ctrl-C.")
  static final class Watch extends ClientCommand {
    @Option(
        names = "--instrument",
        paramLabel = "INSTRUMENT",
        defaultValue = "",
        description = "Only those with a leg in it.")
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
      try (Updates<WatchAuctionsResponse> updates = client.watchAuctions(instrument)) {
        int shown = 0;
        for (WatchAuctionsResponse each = updates.next(); each != null; each = updates.next()) {
          if (options.json()) printJsonLine(each);
          else print(List.of(line(each.getAuction())));
          if (++shown == count) return;
        }
      }
    }

    private static String line(Auction auction) {
      return "%s  %s  %s  %s  discount %s  free %s  bids %d"
          .formatted(
              Figures.time(auction.getAsOfMs()),
              auction.getAuctionId(),
              state(auction),
              legs(auction),
              Figures.percent(auction.getDiscount()),
              free(auction),
              auction.getBids());
    }
  }

  @Command(
      name = "bid",
      description = "Takes a part of an auction. OK means: it is the account's, for ever.",
      footer = {
        "",
        "Example: novation auction bid alice-1.3.1 --account taker-1 --fraction 0.5"
            + " --minimum-discount 0.002"
      })
  static final class Place extends ClientCommand {
    @Parameters(paramLabel = "AUCTION")
    private String auctionId;

    @Option(
        names = "--account",
        paramLabel = "ACCOUNT",
        required = true,
        description = "Who takes it: an account of the liquidator's own.")
    private String accountId;

    @ArgGroup(multiplicity = "1")
    private Size size;

    private static final class Size {
      @Option(
          names = "--fraction",
          paramLabel = "SHARE",
          description = "Of the original slice, above 0 and at most 1.")
      private @Nullable String fraction;

      @Option(
          names = "--quantity",
          paramLabel = "QUANTITY",
          description = "Units, where the auction has one leg.")
      private @Nullable String quantity;
    }

    @Option(
        names = "--minimum-discount",
        paramLabel = "SHARE",
        defaultValue = "",
        description = "The smallest discount to accept, as a share of notional (default: any).")
    private String minimumDiscount;

    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "The bid's id; say the same to try again (default: a new one).")
    private @Nullable String bidId;

    @Option(
        names = "--version",
        paramLabel = "N",
        description = "The account version that was seen (default: the newest).")
    private @Nullable Long accountVersion;

    @Override
    String actor() {
      return "liquidator";
    }

    @Override
    void ask(NovationClient client) {
      String id = bidId != null ? bidId : AccountCommand.newId();
      if (bidId == null) note("bid %s: to try again, say --id %s".formatted(id, id));
      long version =
          accountVersion != null
              ? accountVersion
              : await(client.auction(auctionId)).getAuction().getAccountVersion();
      PlaceBidRequest.Builder bid =
          PlaceBidRequest.newBuilder()
              .setAuctionId(auctionId)
              .setBidId(id)
              .setAccountId(accountId)
              .setMinimumDiscount(minimumDiscount)
              .setAccountVersion(version);
      if (size.fraction != null) bid.setFraction(size.fraction);
      if (size.quantity != null) bid.setQuantity(size.quantity);
      Bid settled = await(client.place(bid.build())).getBid();
      if (options.json()) {
        printJson(settled);
        return;
      }
      List<String> lines = new ArrayList<>();
      for (BidLeg leg : settled.getLegsList())
        lines.add(
            "%s takes %s %s at %s"
                .formatted(
                    accountId,
                    leg.getQuantity(),
                    name(leg.getInstrument(), leg.getAsset()),
                    leg.getPrice()));
      lines.add(
          "and %s, %s of it from the insurance fund"
              .formatted(
                  Figures.cents(settled.getReceived()),
                  Figures.cents(settled.getReceivedFromFund())));
      print(lines);
    }
  }

  private static String state(Auction auction) {
    return Figures.name(auction.getState(), "AUCTION_STATE_");
  }

  private static String legs(Auction auction) {
    return String.join(
        ", ",
        auction.getLegsList().stream()
            .map(leg -> leg.getQuantity() + " " + name(leg.getInstrument(), leg.getAsset()))
            .toList());
  }

  /** A leg is of an instrument or of coins. */
  private static String name(String instrument, String asset) {
    return asset.isEmpty() ? instrument : asset;
  }

  /** The largest share of a leg that can still be bid for. */
  private static String free(Auction auction) {
    BigDecimal most = BigDecimal.ZERO;
    for (AuctionLeg leg : auction.getLegsList()) {
      BigDecimal share =
          new BigDecimal(leg.getFree())
              .divide(new BigDecimal(leg.getQuantity()).abs(), 4, RoundingMode.DOWN);
      most = most.max(share);
    }
    return Figures.percent(most.toPlainString());
  }
}
