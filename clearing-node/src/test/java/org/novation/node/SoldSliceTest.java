package org.novation.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.Bid;
import org.novation.protocol.v1.BidState;
import org.novation.protocol.v1.ClearPauseRequest;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.Operation;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.Position;
import org.novation.protocol.v1.SetPauseRequest;
import org.novation.protocol.v1.WatchAuctionsResponse;
import org.novation.risk.Action;

/** A slice from the price that triggered its sale to the account that took it, over the wire. */
final class SoldSliceTest extends WholeNode {
  @Test
  void liquidatorTakesTheSliceOfAnAccountUnderMaintenanceMarginAlsoAfterARestart()
      throws Exception {
    String auctionId;
    try (Node node = start()) {
      try (NovationClient operator = as(node, "operator");
          NovationClient venue = as(node, "venue-1");
          NovationClient liquidator = as(node, "liquidator")) {
        publish(node, "60000");
        open(operator, "long", "alice", "1000");
        open(operator, "short", "bob", "1000000");
        open(operator, "taker", "liquidator", "100000");
        open(operator, "poor", "liquidator", "1");
        trade(venue, "t-1");
        publish(node, "50400");
        Auction auction = auction(liquidator);
        auctionId = auction.getAuctionId();
        assertThat(auction.getAccountId()).isEqualTo("long");
        assertThat(auction.getLegs(0).getMark()).isEqualTo("50400");
        CallFailed refused =
            requireNonNull(
                catchThrowableOfType(
                    CallFailed.class, () -> bid(liquidator, auction, "b-1", "poor", "0.5")));
        assertThat(refused.reason()).isEqualTo("INSUFFICIENT_MARGIN");
        Bid half = bid(liquidator, auction, "b-1", "taker", "0.5");
        assertThat(half.getState()).isEqualTo(BidState.BID_STATE_SETTLED);
        assertThat(bid(liquidator, auction, "b-1", "taker", "0.5")).isEqualTo(half);
        saysUntilWhenAPauseKeepsABidFromBeingTaken(node, operator, liquidator);
      }
    }
    try (Node node = start()) {
      try (NovationClient operator = as(node, "operator");
          NovationClient liquidator = as(node, "liquidator")) {
        publish(node, "50400");
        Auction auction = auction(liquidator);
        assertThat(auction.getAuctionId()).isEqualTo(auctionId);
        assertThat(auction.getBids()).isEqualTo(2);
        Bid rest = bid(liquidator, auction, "b-2", "taker", "1");
        assertThat(rest.getState()).isEqualTo(BidState.BID_STATE_SETTLED);
        eventually(
            () ->
                await(
                        liquidator.auctions(
                            ListAuctionsRequest.newBuilder().setInstrument("BTC-PERP").build()))
                    .getAuctionsList()
                    .isEmpty(),
            "the auction is over");
        String sold = auction.getLegs(0).getQuantity();
        eventually(
            () -> sold.equals(quantity(await(operator.account("taker")).getAccount())),
            "the taker has what was sold: " + sold);
        assertThat(node.audit().violation()).isNull();
      }
    }
  }

  private static void saysUntilWhenAPauseKeepsABidFromBeingTaken(
      Node node, NovationClient operator, NovationClient liquidator) throws Exception {
    long untilMs = System.currentTimeMillis() + TimeUnit.HOURS.toMillis(1);
    await(
        operator.pause(
            SetPauseRequest.newBuilder()
                .setId("pause")
                .setOperation(Operation.OPERATION_AUCTIONS)
                .setMarket("BTC-PERP")
                .setUntilMs(untilMs)
                .setReason("drill")
                .build()));
    eventually(
        () -> !node.view().instrument(0).allows(Action.AUCTION, System.currentTimeMillis()),
        "the node knows of the pause");
    Auction auction = auction(liquidator);
    CallFailed braked = refusal(() -> bid(liquidator, auction, "b-p", "taker", "0.5"));
    assertThat(braked.reason()).isEqualTo("BRAKED");
    assertThat(braked.numbers())
        .containsEntry("brake", "PAUSE")
        .containsEntry("subject", "BTC-PERP")
        .containsEntry("until_ms", Long.toString(untilMs));
    await(
        operator.unpause(
            ClearPauseRequest.newBuilder()
                .setId("clear")
                .setOperation(Operation.OPERATION_AUCTIONS)
                .setMarket("BTC-PERP")
                .setReason("over")
                .build()));
  }

  private static @Nullable String quantity(Account account) {
    return account.getPositionsList().stream().map(Position::getQuantity).findFirst().orElse(null);
  }

  private static Auction auction(NovationClient liquidator) throws InterruptedException {
    try (Updates<WatchAuctionsResponse> updates = liquidator.watchAuctions("BTC-PERP")) {
      return requireNonNull(updates.next()).getAuction();
    }
  }

  private static Bid bid(
      NovationClient liquidator, Auction auction, String id, String account, String fraction) {
    return await(
            liquidator.place(
                PlaceBidRequest.newBuilder()
                    .setAuctionId(auction.getAuctionId())
                    .setBidId(id)
                    .setAccountId(account)
                    .setFraction(fraction)
                    .setAccountVersion(auction.getAccountVersion())
                    .build()))
        .getBid();
  }
}
