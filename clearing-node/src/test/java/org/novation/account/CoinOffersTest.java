package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.CoinOffers.WAIT_MS;
import static org.novation.account.CoinOffers.WAIT_MS_MAX;
import static org.novation.account.Markets.BTC;
import static org.novation.account.Markets.NOW_MS;

import org.junit.jupiter.api.Test;
import org.novation.risk.Portfolio;

/** How often the house offers coins that nobody wants. */
final class CoinOffersTest {
  private static final long DAY_MS = 24 * 3_600_000;

  private final CoinOffers offers = new CoinOffers();
  private final Portfolio house = new Portfolio();
  private long nowMs = NOW_MS;

  private void coins(long more) {
    house.credit(BTC, more);
  }

  /** Until they are offered again. */
  private long waited() {
    offers.over(house, nowMs);
    long from = nowMs;
    while (!offers.due(house, nowMs)) nowMs += WAIT_MS / 10;
    return nowMs - from;
  }

  @Test
  void offersWhatItTakesOverAtOnce() {
    coins(10);
    assertThat(offers.due(house, nowMs)).isTrue();
    offers.over(house, nowMs);
    assertThat(offers.due(house, nowMs)).isFalse();
    coins(1);
    assertThat(offers.due(house, nowMs)).as("more").isTrue();
  }

  @Test
  void waitsTwiceAsLongEachTimeThatNobodyBuysAnyUpToABound() {
    coins(10);
    assertThat(waited()).isEqualTo(WAIT_MS);
    assertThat(waited()).isEqualTo(2 * WAIT_MS);
    assertThat(waited()).isEqualTo(4 * WAIT_MS);
    coins(-1); // Somebody did.
    assertThat(waited()).isEqualTo(WAIT_MS);
    for (int times = 0; times < 100; times++) assertThat(waited()).isLessThanOrEqualTo(WAIT_MS_MAX);
    assertThat(waited()).isEqualTo(WAIT_MS_MAX);
  }

  @Test
  void coinsThatNobodyEverWantsAreOfferedAFewTimesADayAndNotHundreds() {
    coins(10);
    int offered = 0;
    while (nowMs < NOW_MS + 7 * DAY_MS) {
      var _ = waited();
      offered++;
    }
    assertThat(offered).isBetween(7 * 6, 7 * 6 + 8);
  }
}
