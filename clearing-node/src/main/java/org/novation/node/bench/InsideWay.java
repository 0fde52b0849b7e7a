package org.novation.node.bench;

import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.api.LiquidationPort;
import org.novation.api.LiquidationPort.BidOutcome;
import org.novation.liquidation.auction.Auction.BidStatus;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.liquidation.auction.Bid;
import org.novation.money.Fixed;

/** Without the wire: what is left is what the house itself does. */
final class InsideWay implements AuctionWay {
  private final LiquidationPort sales;
  private final String account;
  private AccountPort.@Nullable Watch watch;

  InsideWay(LiquidationPort sales, String account) {
    this.sales = sales;
    this.account = account;
  }

  @Override
  public void watch(Consumer<Offer> listener) {
    watch = sales.watch(auction -> listener.accept(offer(auction)));
    for (AuctionReading open : sales.openAfter("")) listener.accept(offer(open));
  }

  private static Offer offer(AuctionReading auction) {
    boolean free =
        auction.ended() == null && auction.freeLots().stream().anyMatch(lots -> lots > 0);
    return new Offer(auction.opened().auctionId(), free, auction.accountVersion());
  }

  @Override
  public CompletionStage<Outcome> take(Offer offer, String bidId) {
    Bid bid = new Bid(account + "/" + bidId, account, Fixed.PPM, 0, offer.accountVersion());
    return sales
        .place(offer.auctionId(), bid, account)
        .handle(
            (outcome, failure) ->
                failure != null
                    ? Outcome.UNKNOWN
                    : switch (outcome) {
                      case BidOutcome.Accepted(var placed, _)
                          when placed.status() instanceof BidStatus.Settled ->
                          Outcome.SETTLED;
                      case BidOutcome.TooMany _ -> Outcome.UNKNOWN;
                      case BidOutcome.Accepted _, BidOutcome.Refused _, BidOutcome.Unknown _ ->
                          Outcome.REFUSED;
                    });
  }

  @Override
  public void close() {
    if (watch != null) watch.close();
  }
}
