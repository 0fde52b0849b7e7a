package org.novation.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.account.Markets.UNIT;
import static org.novation.account.Markets.account;
import static org.novation.account.Markets.at;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.clearing.Timing;
import org.novation.liquidation.auction.Allocation;
import org.novation.risk.Holds;

/** A part of a slice that a bidder holds the margin for until it can be sold no more. */
final class HeldBidTest {
  private static final Allocation PART =
      new Allocation(List.of(new Allocation.Leg("BTC-PERP", 1, 100)), 1, 0, 0, 0);

  private final Account bidder = account("bidder", 1_000 * UNIT);
  private final Holds holds = new Holds();
  private final SaleDesk<String, String, String> desk = new SaleDesk<>(holds);

  private void holdUntil(String bid, long nowMs, long untilMs) {
    assertThat(desk.hold(bidder, "auction", bid, PART, at(100), nowMs, untilMs)).isNull();
  }

  @Test
  void isHeldUntilItsOwnTimeWhateverWasHeldBeforeIt() {
    holdUntil("long", 0, 60_000);
    holdUntil("short", 0, 15_000);
    desk.expire(14_999);
    assertThat(desk.holds("auction", "short")).isTrue();
    desk.expire(15_000);
    assertThat(desk.holds("auction", "short")).isFalse();
    assertThat(desk.holds("auction", "long")).isTrue();
    desk.expire(60_000);
    assertThat(desk.isEmpty()).isTrue();
    assertThat(holds.isEmpty()).isTrue();
  }

  @Test
  void isHeldForLongerButNeverTwiceNorForLessWhenItIsAskedForAgain() {
    holdUntil("b", 0, 15_000);
    holdUntil("b", 10_000, 25_000);
    holdUntil("b", 11_000, 12_000);
    desk.expire(24_999);
    assertThat(desk.holds("auction", "b")).isTrue();
    desk.release("auction", "b");
    assertThat(holds.isEmpty()).isTrue();
  }

  /** Whatever is voted: a part may be settled for three quarters of what a reservation lasts. */
  @Test
  void outlastsTheSellersTimeByAsMuchAsAHoldOutlastsItsAttempt() {
    Timing timing = new Timing(5_000, 15_000, 500);
    assertThat(timing.holdMs(45_000)).isEqualTo(55_000);
    assertThat(timing.holdMs(3_750)).isEqualTo(15_000);
    assertThat(timing.holdMs(-1_700_000_000_000L)).as("nobody said").isEqualTo(15_000);
  }
}
