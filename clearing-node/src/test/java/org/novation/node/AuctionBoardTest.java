package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.novation.api.AccountPort;
import org.novation.clearing.PartyMessage;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.AuctionActor.AuctionRead;
import org.novation.liquidation.auction.AuctionReading;

/** What a node hears of auctions. */
final class AuctionBoardTest {
  private static final ActorTestKit KIT = ActorTestKit.create("board", ManualTime.config());
  private static final ManualTime TIME = ManualTime.get(KIT.system());

  private final AuctionBoard board = new AuctionBoard();
  private final ActorRef<PartyMessage> writer = KIT.spawn(board.writer());
  private final List<String> told = new ArrayList<>();

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private static Auction auction(String id) {
    Slice slice =
        new Slice(List.of(new Slice.Leg("P", 100, 60, 500)), 200, 500, 500, 6_000, 100, true);
    return Auction.of(Auction.open(id, "l", "s", 1, 1, slice, LiquidationPolicy.DEFAULTS, 0));
  }

  private void hear(Auction... auctions) {
    for (Auction auction : auctions) writer.tell(new AuctionRead(AuctionReading.of(auction)));
    settleDown();
  }

  /** Whatever was said before the last one has been heard when that is known. */
  private void settleDown() {
    String marker = "~" + System.nanoTime();
    writer.tell(new AuctionRead(AuctionReading.of(auction(marker))));
    TestProbe<Object> probe = KIT.createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(10),
        Duration.ofMillis(5),
        () -> {
          assertThat(board.open(marker)).isNotNull();
          return null;
        });
  }

  private List<String> open() {
    return board.openAfter("").stream()
        .map(reading -> reading.opened().auctionId())
        .filter(id -> !id.startsWith("~"))
        .toList();
  }

  @Test
  void keepsOpenAuctionsByIdAndDropsThoseThatEnded() {
    hear(auction("b"), auction("a"));
    assertThat(open()).containsExactly("a", "b");
    Auction b = auction("b");
    hear(b.after(b.recover(5)));
    assertThat(open()).containsExactly("a");
  }

  @Test
  void knowsWhetherSomebodyOwesMoreThanItHas() {
    Auction a = auction("a");
    hear(a);
    assertThat(board.hasInsolventSeller()).isFalse();
    Auction insolvent = a.after(a.reduce(2, List.of(0L), -1, 10));
    hear(insolvent);
    assertThat(board.hasInsolventSeller()).isTrue();
    hear(insolvent.after(insolvent.recover(20)));
    assertThat(board.hasInsolventSeller()).isFalse();
  }

  @Test
  void tellsChangesAndTheEndOnceAndNoHeartbeats() {
    Auction a = auction("a");
    AccountPort.Watch watch =
        board.listen(
            reading -> {
              if (reading.opened().auctionId().equals("a"))
                told.add(reading.number() + (reading.ended() == null ? "" : " ended"));
            });
    Auction moved = a.after(a.reduce(2, List.of(10L), 200, 1));
    hear(a, a, moved, a, moved, moved.after(moved.recover(5)));
    assertThat(told).containsExactly("1", "2", "3 ended");
    watch.close();
    hear(auction("a"));
    assertThat(told).hasSize(3);
  }

  @Test
  void forgetsAnAuctionThatHasFallenSilent() {
    hear(auction("a"), auction("b"));
    for (int second = 0; second < 10; second++) {
      TIME.timePasses(Duration.ofSeconds(1));
      hear(auction("b"));
    }
    assertThat(open()).containsExactly("a", "b");
    TIME.timePasses(Duration.ofSeconds(1));
    settleDown();
    assertThat(open()).containsExactly("b");
    hear(auction("a"));
    assertThat(open()).containsExactly("a", "b");
  }

  @Test
  void keepsNoMoreThanItMay() {
    for (int n = 0; n < AuctionBoard.OPEN_MAX; n++)
      writer.tell(new AuctionRead(AuctionReading.of(auction("n" + n))));
    writer.tell(new AuctionRead(AuctionReading.of(auction("x"))));
    Auction first = auction("n0");
    writer.tell(new AuctionRead(AuctionReading.of(first.after(first.recover(5)))));
    settleDown();
    assertThat(board.openAfter("")).hasSize(AuctionBoard.OPEN_MAX);
    assertThat(board.open("x")).isNull();
    assertThat(board.open("n0")).isNull();
  }
}
