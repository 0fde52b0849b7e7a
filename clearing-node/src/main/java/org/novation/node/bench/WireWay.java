package org.novation.node.bench;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.AuctionStream;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.AuctionLeg;
import org.novation.protocol.v1.AuctionState;
import org.novation.protocol.v1.PlaceBidRequest;

/** Over a connection of its own, as liquidators do. */
final class WireWay implements AuctionWay {
  private final NovationClient client;
  private final String account;
  private @Nullable AuctionStream auctions;

  /** Closes the client with itself. */
  WireWay(NovationClient client, String account) {
    this.client = client;
    this.account = account;
  }

  @Override
  public void watch(Consumer<Offer> listener) {
    auctions =
        client.auctions(
            new AuctionStream.Listener() {
              @Override
              public void auction(Auction auction) {
                listener.accept(
                    new Offer(auction.getAuctionId(), free(auction), auction.getAccountVersion()));
              }

              @Override
              public void refused(CallFailed why) {
                throw new IllegalStateException("a liquidator may not watch auctions", why);
              }
            });
  }

  private static boolean free(Auction auction) {
    if (auction.getState() != AuctionState.AUCTION_STATE_OPEN) return false;
    for (AuctionLeg leg : auction.getLegsList()) if (!leg.getFree().equals("0")) return true;
    return false;
  }

  @Override
  public CompletionStage<Outcome> take(Offer offer, String bidId) {
    PlaceBidRequest bid =
        PlaceBidRequest.newBuilder()
            .setAuctionId(offer.auctionId())
            .setBidId(bidId)
            .setAccountId(account)
            .setFraction("1")
            .setAccountVersion(offer.accountVersion())
            .build();
    return client
        .place(bid)
        .handle(
            (response, failure) -> {
              if (response != null) return Outcome.SETTLED;
              boolean refused =
                  failure instanceof CallFailed why && why.kind() == CallFailed.Kind.REFUSED;
              return refused ? Outcome.REFUSED : Outcome.UNKNOWN;
            });
  }

  @Override
  public void close() {
    if (auctions != null) auctions.close();
    client.close();
  }
}
