package org.novation.ledger;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.LiquidationChanged;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.Batch;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveEvent.WaveFinished;
import org.novation.deleveraging.WaveSummary;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.insurance.FundEvent.GateChanged;
import org.novation.ledger.WaterfallReport.Auctions;
import org.novation.ledger.WaterfallReport.Figures;
import org.novation.ledger.WaterfallReport.Fund;
import org.novation.ledger.WaterfallReport.Held;
import org.novation.ledger.WaterfallReport.Left;
import org.novation.ledger.WaterfallReport.Wave;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.SliceReduced;
import org.novation.liquidation.auction.AuctionTerms;
import org.novation.money.Fixed;

/**
 * Adds up journalled events to a {@link WaterfallReport}. Takes the events of each entity in their
 * order, entities in any: what belongs to which wave is found in the end, by time. Keeps some
 * dozens of bytes for each auction, bid, liquidation and movement of the fund. One thread.
 */
final class WaterfallFold {
  private record Liquidated(long atMs, String account) {}

  /** A movement of the fund's money. */
  private record Moved(long atMs, long contributed, long auctionDraw, long debtDraw) {}

  /** Shares in parts per million of the slice. */
  private record Sale(
      long openedAtMs,
      long endedAtMs,
      EndCause cause,
      long notionalMicros,
      long soldPpm,
      long withdrawnPpm,
      List<Long> discountsPpm) {}

  /**
   * A wave that is over.
   *
   * @param fundMicros see {@link Figures#receiptsMicros}
   * @param carried see {@link Wave#carried}
   */
  private record Over(WaveSummary wave, Map<String, Long> losses, long fundMicros, Left carried) {
    /** By the prices of closings a wave may take more than its deficit, or make it larger. */
    Left left() {
      return new Left(
          Math.max(0, Math.subtractExact(wave.deficitMicros(), wave.haircutMicros())),
          wave.neededLots() - wave.closedLots());
    }
  }

  private final List<Liquidated> liquidated = new ArrayList<>();
  private final List<Moved> moved = new ArrayList<>();
  private final List<Held> held = new ArrayList<>();
  private final List<Sale> sales = new ArrayList<>();
  private final List<Over> waves = new ArrayList<>();
  private @Nullable AuctionUnderWay auction;
  private @Nullable Coordination coordination;

  // ---- what happened

  /** The next event of an account. */
  void account(String account, AccountEvent event) {
    if (event instanceof LiquidationChanged changed
        && changed.to() == Phase.LIQUIDATING
        && changed.from() != Phase.LIQUIDATING)
      liquidated.add(new Liquidated(changed.atMs(), account));
  }

  /** The next event of the pool's fund. */
  void fund(FundEvent event) {
    switch (event) {
      case Contributed contributed ->
          move(new Moved(contributed.atMs(), contributed.amountMicros(), 0, 0));
      case DrawSettled settled -> {
        boolean debt = Batch.isDebt(settled.liquidationId());
        long paid = settled.paidMicros();
        move(new Moved(settled.atMs(), 0, debt ? 0 : paid, debt ? paid : 0));
      }
      case DrawReserved _, GateChanged _ -> {} // Nothing has left the fund.
    }
  }

  private void move(Moved next) {
    long before = held.isEmpty() ? 0 : held.getLast().micros();
    long paid = Math.addExact(next.auctionDraw, next.debtDraw);
    long after = Math.subtractExact(Math.addExact(before, next.contributed), paid);
    moved.add(next);
    held.add(new Held(next.atMs, after));
  }

  /** The next event of an auction: an opening begins another auction. */
  void auction(AuctionEvent event) {
    switch (event) {
      case AuctionOpened opened -> {
        closeAuction();
        auction = new AuctionUnderWay(opened);
      }
      case BidReserved reserved -> underWay().reserve(reserved);
      case BidSettled settled -> underWay().settle(settled);
      case SliceReduced reduced -> {
        underWay().withdrawn = reduced.withdrawnLots();
        underWay().terms = reduced.terms();
      }
      case AuctionEvent.FundPledged pledged -> underWay().terms = pledged.terms();
      case AuctionEvent.BiddingResumed resumed -> underWay().terms = resumed.terms();
      case AuctionEnded ended -> underWay().ended = ended;
      case AuctionEvent.ReservationLapsed _,
          AuctionEvent.FundAsked _,
          AuctionEvent.FundSettled _,
          AuctionEvent.BiddingStopped _ -> {}
    }
  }

  /** Only when there is no more of it: what was reserved in time may be settled after its end. */
  private void closeAuction() {
    if (auction != null && auction.ended != null) sales.add(auction.sale(auction.ended));
    auction = null;
  }

  private AuctionUnderWay underWay() {
    return Objects.requireNonNull(auction, "an auction begins with its opening");
  }

  /** The next event of the pool's waves. */
  void wave(String pool, WaveEvent event) {
    Coordination all = coordination;
    if (all == null) {
      all = new Coordination(pool);
      coordination = all;
    }
    AdlWave wave = all.wave();
    all.apply(event);
    if (!(event instanceof WaveFinished) || wave == null) return;
    waves.add(
        new Over(
            Objects.requireNonNull(all.last()),
            wave.lossesMicros(),
            Objects.requireNonNull(wave.receipt()).input().fundMicros(),
            waves.isEmpty() ? Left.NOTHING : waves.getLast().left()));
  }

  /**
   * A bid that was accepted.
   *
   * @param borne whether the discount was one that the slice's share of the seller's equity bore
   */
  private record Agreed(long discountPpm, boolean borne) {}

  private static final class AuctionUnderWay {
    private final AuctionOpened opened;
    private final long weight;
    private final Map<String, Agreed> bids = new HashMap<>();
    private final List<Long> settledAt = new ArrayList<>();
    private AuctionTerms terms;
    private List<Long> withdrawn = List.of();
    private long soldWeight;
    private @Nullable AuctionEnded ended; // Null while it goes on.

    AuctionUnderWay(AuctionOpened opened) {
      this.opened = opened;
      this.terms = opened.terms();
      this.weight = opened.legs().stream().mapToLong(Slice.Leg::weightMicros).sum();
    }

    /** Of an insolvent seller the mark itself lies beyond the bankruptcy price. */
    void reserve(BidReserved reserved) {
      boolean borne = terms.discountMicros(reserved.atMs()) <= terms.bankruptcyMicros();
      bids.put(reserved.bid().bidId(), new Agreed(reserved.discountPpm(), borne));
    }

    void settle(BidSettled settled) {
      Agreed bid =
          Objects.requireNonNull(bids.get(settled.bidId()), "what is settled was reserved");
      settledAt.add(bid.discountPpm);
      if (bid.borne && settled.charge().fundMicros() == 0)
        soldWeight = Math.addExact(soldWeight, settled.allocation().weightMicros());
    }

    Sale sale(AuctionEnded ended) {
      long withdrawnWeight = 0;
      for (int leg = 0; leg < withdrawn.size(); leg++) {
        Slice.Leg of = opened.legs().get(leg);
        withdrawnWeight +=
            Fixed.mulDivFloor(of.weightMicros(), withdrawn.get(leg), Math.abs(of.lots()));
      }
      return new Sale(
          opened.atMs(),
          ended.atMs(),
          ended.cause(),
          opened.terms().notionalMicros(),
          Fixed.mulDivFloor(soldWeight, Fixed.PPM, weight),
          Fixed.mulDivFloor(withdrawnWeight, Fixed.PPM, weight),
          settledAt);
    }
  }

  // ---- what it comes to

  WaterfallReport report() {
    closeAuction();
    liquidated.sort(Comparator.comparingLong(Liquidated::atMs));
    List<Wave> lines = new ArrayList<>();
    Left carried = Left.NOTHING;
    long afterMs = Long.MIN_VALUE;
    for (Over over : waves) {
      WaveSummary wave = over.wave;
      lines.add(
          new Wave(
              wave.waveId(),
              wave.policy(),
              wave.beganAtMs(),
              wave.finishedAtMs(),
              over.carried,
              over.left(),
              lines.size() + 1 == waves.size() ? over.left().micros() : 0,
              figures(afterMs, wave.finishedAtMs(), List.of(over), Left.NOTHING)));
      carried = carried.plus(over.carried);
      afterMs = wave.finishedAtMs();
    }
    return new WaterfallReport(
        figures(Long.MIN_VALUE, Long.MAX_VALUE, waves, carried),
        lines,
        held,
        liquidated.stream().map(Liquidated::atMs).toList());
  }

  /**
   * Of what happened after one time until another.
   *
   * @param twice what waves among these left to others of them: in the figures of both
   */
  private Figures figures(long afterMs, long untilMs, List<Over> within, Left twice) {
    Set<String> accounts = new HashSet<>();
    for (Liquidated each : liquidated)
      if (each.atMs > afterMs && each.atMs <= untilMs) accounts.add(each.account);
    Map<String, Long> losses = new HashMap<>();
    for (Over over : within)
      over.losses.forEach((account, micros) -> losses.merge(account, micros, Math::addExact));
    return new Figures(
        within.stream().mapToLong(over -> over.wave.deficitMicros()).sum() - twice.micros(),
        within.stream().mapToLong(over -> over.wave.haircutMicros()).sum(),
        within.stream().mapToLong(over -> over.wave.neededLots()).sum() - twice.lots(),
        within.stream().mapToLong(over -> over.wave.closedLots()).sum(),
        within.stream().mapToInt(over -> over.wave.hedgesBroken()).sum(),
        within.stream().mapToLong(Over::fundMicros).sum(),
        fund(afterMs, untilMs),
        auctions(afterMs, untilMs),
        accounts.size(),
        losses.values().stream().mapToLong(micros -> micros).max().orElse(0));
  }

  /**
   * What the fund was given before anybody was liquidated is what it held before, not a low of
   * nothing.
   */
  private Fund fund(long afterMs, long untilMs) {
    long beginMs = liquidated.isEmpty() ? Long.MAX_VALUE : liquidated.getFirst().atMs();
    long before = 0;
    long low = Long.MAX_VALUE;
    long after = 0;
    long auctionDraws = 0;
    long debtDraws = 0;
    long contributed = 0;
    for (int n = 0; n < moved.size(); n++) {
      Moved movement = moved.get(n);
      if (movement.atMs > untilMs) break;
      after = held.get(n).micros();
      if (movement.atMs <= afterMs || movement.atMs < beginMs) {
        before = after;
        continue;
      }
      low = Math.min(low, after);
      auctionDraws += movement.auctionDraw;
      debtDraws += movement.debtDraw;
      contributed += movement.contributed;
    }
    return new Fund(before, Math.min(before, low), after, auctionDraws, debtDraws, contributed);
  }

  private Auctions auctions(long afterMs, long untilMs) {
    int count = 0;
    List<Long> discounts = new ArrayList<>();
    List<Long> lasted = new ArrayList<>();
    double offered = 0; // A share of sums of amounts: no account is booked by it.
    double sold = 0;
    for (Sale sale : sales) {
      if (sale.endedAtMs <= afterMs || sale.endedAtMs > untilMs) continue;
      count++;
      discounts.addAll(sale.discountsPpm);
      if (sale.cause == EndCause.SOLD) lasted.add(sale.endedAtMs - sale.openedAtMs);
      offered += sale.notionalMicros * (1 - sale.withdrawnPpm / 1e6);
      sold += sale.notionalMicros * (sale.soldPpm / 1e6);
    }
    long share = offered < 1 ? 0 : Math.min(Fixed.PPM, Math.round(sold / offered * Fixed.PPM));
    return new Auctions(
        count, lasted.size(), discounts.size(), median(discounts), median(lasted), share);
  }

  /** The middle one; of an even number the smaller of the two; 0 of none. */
  private static long median(List<Long> values) {
    if (values.isEmpty()) return 0;
    Collections.sort(values);
    return values.get((values.size() - 1) / 2);
  }
}
