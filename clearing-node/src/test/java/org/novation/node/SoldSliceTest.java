package org.novation.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.Updates;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.Bid;
import org.novation.protocol.v1.BidState;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.Position;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.WatchAuctionsResponse;

/** A slice from the price that triggered its sale to the account that took it, over the wire. */
final class SoldSliceTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path home;
  private long sequence = System.currentTimeMillis();

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
        trade(venue);
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

  private Node start() {
    return Node.start(
        NodeSettings.local(
            home,
            new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
            InstrumentConfig.in(Path.of("..", "config")).catalogue()));
  }

  private NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private static void open(NovationClient operator, String account, String member, String cash) {
    await(operator.openAccount(account, member));
    await(operator.deposit("d-" + account, account, "USDC", cash));
  }

  private static void trade(NovationClient venue) {
    await(
        venue.submit(
            Trade.newBuilder()
                .setTradeId("t-1")
                .setInstrument("BTC-PERP")
                .setPrice("60000")
                .setQuantity("0.1")
                .setBuyerAccountId("long")
                .setSellerAccountId("short")
                .setExecutedAtMs(System.currentTimeMillis())
                .build()));
  }

  /** Three oracles say so, until the node has heard. */
  private void publish(Node node, String price) throws Exception {
    for (int oracle = 1; oracle <= 3; oracle++) {
      try (NovationClient client = as(node, "oracle-" + oracle);
          PriceStream prices = client.prices()) {
        await(
            prices.publish(
                List.of(
                    OraclePrice.newBuilder()
                        .setSymbol("BTC")
                        .setPrice(price)
                        .setSequence(++sequence)
                        .setTimeMs(System.currentTimeMillis())
                        .build())));
      }
    }
    long ticks = Long.parseLong(price) * 10;
    eventually(() -> node.view().mayLiquidate(0, System.currentTimeMillis()), "the price is fresh");
    eventually(() -> node.view().instrument(0).indexTicks() == ticks, "the price is known");
  }

  /** A condition that may have to ask a node. */
  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void eventually(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}
