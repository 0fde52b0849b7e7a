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
import org.novation.ledger.WaterfallReport.Wave;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.SliceReduced;
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

  private record Over(WaveSummary wave, Map<String, Long> losses) {}

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
      case AuctionOpened opened -> auction = new AuctionUnderWay(opened);
      case BidReserved reserved ->
          underWay().discounts.put(reserved.bid().bidId(), reserved.discountPpm());
      case BidSettled settled -> underWay().settle(settled);
      case SliceReduced reduced -> underWay().withdrawn = reduced.withdrawnLots();
      case AuctionEnded ended -> sales.add(underWay().sale(ended));
      case AuctionEvent.ReservationLapsed _,
          AuctionEvent.FundAsked _,
          AuctionEvent.FundPledged _,
          AuctionEvent.FundSettled _,
          AuctionEvent.BiddingStopped _,
          AuctionEvent.BiddingResumed _ -> {}
    }
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
    if (event instanceof WaveFinished && wave != null)
      waves.add(new Over(Objects.requireNonNull(all.last()), wave.lossesMicros()));
  }

  private static final class AuctionUnderWay {
    private final AuctionOpened opened;
    private final long weight;
    private final Map<String, Long> discounts = new HashMap<>();
    private final List<Long> settledAt = new ArrayList<>();
    private List<Long> withdrawn = List.of();
    private long soldWeight;

    AuctionUnderWay(AuctionOpened opened) {
      this.opened = opened;
      this.weight = opened.legs().stream().mapToLong(Slice.Leg::weightMicros).sum();
    }

    void settle(BidSettled settled) {
      Long discount = discounts.get(settled.bidId());
      if (discount != null) settledAt.add(discount);
      if (settled.charge().fundMicros() == 0)
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
    liquidated.sort(Comparator.comparingLong(Liquidated::atMs));
    List<Wave> lines = new ArrayList<>();
    long afterMs = Long.MIN_VALUE;
    for (Over over : waves) {
      WaveSummary wave = over.wave;
      lines.add(
          new Wave(
              wave.waveId(),
              wave.policy(),
              wave.beganAtMs(),
              wave.finishedAtMs(),
              wave.uncoveredMicros(),
              figures(afterMs, wave.finishedAtMs(), List.of(over))));
      afterMs = wave.finishedAtMs();
    }
    return new WaterfallReport(
        figures(Long.MIN_VALUE, Long.MAX_VALUE, waves),
        lines,
        held,
        liquidated.stream().map(Liquidated::atMs).toList());
  }

  /** Of what happened after one time until another. */
  private Figures figures(long afterMs, long untilMs, List<Over> within) {
    Set<String> accounts = new HashSet<>();
    for (Liquidated each : liquidated)
      if (each.atMs > afterMs && each.atMs <= untilMs) accounts.add(each.account);
    Map<String, Long> losses = new HashMap<>();
    for (Over over : within)
      over.losses.forEach((account, micros) -> losses.merge(account, micros, Math::addExact));
    return new Figures(
        within.stream().mapToLong(over -> over.wave.deficitMicros()).sum(),
        within.stream().mapToLong(over -> over.wave.haircutMicros()).sum(),
        within.stream().mapToLong(over -> over.wave.neededLots()).sum(),
        within.stream().mapToLong(over -> over.wave.closedLots()).sum(),
        within.stream().mapToInt(over -> over.wave.hedgesBroken()).sum(),
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
