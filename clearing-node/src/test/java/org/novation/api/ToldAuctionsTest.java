package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.novation.liquidation.auction.AuctionReading;
import org.novation.protocol.v1.WatchAuctionsResponse;
import org.novation.risk.MarketView;

final class ToldAuctionsTest {
  private static final long NOW = FakeAuctions.OPENED_MS + 20_000;

  private final FakeAuctions auctions = new FakeAuctions(new ConcurrentLinkedQueue<>());
  private final MarketView view = FakeTrade.priced();
  private final ToldAuctions told = new ToldAuctions();

  @Test
  void writesWhatAllWatchersAreToldOnce() {
    WatchAuctionsResponse first = told.of(reading("l.1"), view, NOW);
    assertThat(told.of(reading("l.1"), view, NOW + 99)).isSameAs(first);
    assertThat(told.of(reading("l.2"), view, NOW).getAuction().getAuctionId()).isEqualTo("l.2");
    assertThat(told.of(reading("l.1"), view, NOW)).isEqualTo(first);
  }

  @Test
  void writesAnewWhatIsNotSoAnyMore() {
    WatchAuctionsResponse first = told.of(reading("l.1"), view, NOW);
    WatchAuctionsResponse later = told.of(reading("l.1"), view, NOW + 100);
    assertThat(later.getAuction().getAsOfMs()).isEqualTo(NOW + 100);
    assertThat(told.of(reading("l.1"), FakeTrade.priced(), NOW + 100)).isNotSameAs(later);
    auctions.happen("l.1", auctions.of("l.1").recover(NOW + 100));
    WatchAuctionsResponse ended = told.of(reading("l.1"), view, NOW + 100);
    assertThat(ended.getAuction().getEndedAtMs()).isEqualTo(NOW + 100);
    assertThat(first.getAuction().getEndedAtMs()).isZero();
  }

  private AuctionReading reading(String auctionId) {
    return AuctionReading.of(auctions.of(auctionId));
  }
}
