package org.novation.liquidation.auction;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseAccount;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionEvent.AuctionEnded;
import org.novation.liquidation.auction.AuctionEvent.AuctionOpened;
import org.novation.liquidation.auction.AuctionEvent.BidReserved;
import org.novation.liquidation.auction.AuctionEvent.BidSettled;
import org.novation.liquidation.auction.AuctionEvent.BiddingResumed;
import org.novation.liquidation.auction.AuctionEvent.BiddingStopped;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.liquidation.auction.AuctionEvent.FundAsked;
import org.novation.liquidation.auction.AuctionEvent.FundPledged;
import org.novation.liquidation.auction.AuctionEvent.FundSettled;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.AuctionEvent.Lots;
import org.novation.liquidation.auction.AuctionEvent.ReservationLapsed;
import org.novation.liquidation.auction.AuctionEvent.SliceReduced;
import org.novation.money.Fixed;

/**
 * One auction as its journal tells it, immutable. Deciding reads this state and its arguments and
 * returns events; {@link #apply} records them and judges nothing again. Lots are unsigned here,
 * except where they are named a position's.
 *
 * <p>Bids are decided one after the other, in the order in which they are asked. An accepted bid
 * reserves its part at the price of that moment. Several may be reserved at once, up to what is
 * left; each lapses by itself, so that none can stall the sale, and a member the reservations of
 * whose accounts keep failing is suspended: accounts are to be had for nothing.
 *
 * @param number of the last event
 * @param terms in force
 * @param accountVersion of the seller's account, as far as it moved other than by this auction
 * @param soldLots per leg
 * @param withdrawnLots per leg
 * @param bids that are remembered, by id, in the order in which they were accepted
 * @param settledLate ids of bids that lapsed, were forgotten, and turned out to be settled
 * @param lapses per member, how many of the reservations for its accounts failed by their own
 *     making; see {@link Placed#answerable}
 * @param sellerMicros paid to takers by the seller so far
 * @param fundMicros paid to takers by the fund so far
 * @param feeMicros paid to the fund by the seller so far
 * @param pledge what the fund was asked and gave; null while it was not asked
 * @param standstill while nobody may bid; null while the clock runs
 * @param stoodMs for how long the clock has stood before
 * @param ended why nothing can be bid for any more; null while something can
 * @param endedAtMs 0 while it is open
 * @param bidsMax see {@link #BIDS_MAX}
 */
public record Auction(
    AuctionOpened opened,
    long number,
    AuctionTerms terms,
    long accountVersion,
    List<Long> soldLots,
    List<Long> withdrawnLots,
    Map<String, Placed> bids,
    Set<String> settledLate,
    Map<String, Integer> lapses,
    long sellerMicros,
    long fundMicros,
    long feeMicros,
    @Nullable Pledge pledge,
    @Nullable Standstill standstill,
    long stoodMs,
    @Nullable EndCause ended,
    long endedAtMs,
    int bidsMax) {
  /**
   * Most bids remembered: beyond, the oldest that lapsed is forgotten. One that waits for the
   * seller, or is settled, never is, so that no settlement counts twice; there is room for as many
   * as there can be.
   */
  public static final int BIDS_MAX = 2_048;

  /**
   * Most bids at once whose settlement is not known: more than the smallest bids that make up a
   * slice.
   */
  public static final int RESERVED_MAX = 256;

  /** After so many failed reservations a member is suspended for the rest of the auction. */
  public static final int LAPSES_MAX = 3;

  /** Within so long most reservations are settled, or void. */
  static final long RETRY_MS = 50;

  /**
   * For so many last calls a standstill may keep the fund's money from others who need it, from
   * when it is seen: then the auction is over, and its seller offers what is left anew once
   * somebody can bid.
   */
  public static final int PLEDGE_STANDS_CALLS = 12;

  /** Most members whose lapses are counted: beyond, the one with the fewest is let off. */
  public static final int LAPSERS_MAX = 1_024;

  /**
   * What the fund was asked for, and what came of it.
   *
   * @param askedMicros see {@link #fundNeedMicros}
   * @param weightMicros what was left then, as its weight in maintenance margin
   * @param answered whether the fund's answer is known
   * @param micros what settlements may take; 0 until answered
   * @param settled whether the fund knows what they took
   */
  public record Pledge(
      long askedMicros,
      long weightMicros,
      long askedAtMs,
      boolean answered,
      long micros,
      boolean settled) {}

  /**
   * The auction's clock stands still.
   *
   * @param market see {@link BiddingStopped}
   * @param sinceMs what it is counted from, which may be before anybody saw it
   * @param noticedAtMs when it was seen
   * @param untilMs see {@link BiddingStopped}: what the event says, by which nothing goes any more
   */
  public record Standstill(String market, long sinceMs, long noticedAtMs, long untilMs) {
    /** For how long it has stood. */
    public long stoodMs(long nowMs) {
      return Math.max(0, nowMs - sinceMs);
    }
  }

  /**
   * A bid that was accepted, and what became of it.
   *
   * @param member see {@link BidReserved}
   */
  public record Placed(
      Bid bid, Allocation allocation, long discountPpm, String member, BidStatus status) {
    /** Against whom it counts where it fails by the bidder's making. */
    private String answerable() {
      return Auction.answerable(bid, member);
    }

    /** Whether the seller has the word: it is not known whether this is settled. */
    public boolean undecided() {
      return status instanceof BidStatus.Reserved
          || (status instanceof BidStatus.Lapsed(var cause) && cause == LapseCause.EXPIRED);
    }

    private boolean countsAgainstBidder() {
      return status instanceof BidStatus.Lapsed(var cause) && cause.countsAgainstBidder();
    }
  }

  /** What became of an accepted bid. */
  public sealed interface BidStatus {
    /** Its part is kept until then. */
    record Reserved(long expiresAtMs) implements BidStatus {}

    /** Its part is the bidder's. */
    record Settled(Charge charge) implements BidStatus {}

    /** It takes nothing. */
    record Lapsed(LapseCause cause) implements BidStatus {}
  }

  /** Events to record, and then the answer to give; the events may be others than the bid's own. */
  public record Decision(List<AuctionEvent> events, Answer answer) {
    public Decision {
      events = List.copyOf(events);
    }
  }

  /** The answer to a bid. */
  public sealed interface Answer {
    /** Accepted, now or before: this is its part, and what has become of it. */
    record Accepted(Placed placed) implements Answer {}

    /** Not accepted. */
    record Refused(BidRefusal why) implements Answer {}
  }

  public Auction {
    soldLots = List.copyOf(soldLots);
    withdrawnLots = List.copyOf(withdrawnLots);
    bids = Collections.unmodifiableMap(new LinkedHashMap<>(bids));
    settledLate = Collections.unmodifiableSet(new LinkedHashSet<>(settledLate));
    lapses = Collections.unmodifiableMap(new LinkedHashMap<>(lapses));
  }

  // ---- what is left

  /** How many legs the slice has. */
  public int legs() {
    return opened.legs().size();
  }

  /** Lots of a leg that are neither sold nor withdrawn; a reservation keeps some of them. */
  public long remainingLots(int leg) {
    return size(leg) - soldLots.get(leg) - withdrawnLots.get(leg);
  }

  /** Lots of a leg that can be bid for now. */
  public long freeLots(int leg) {
    return Math.max(0, remainingLots(leg) - reservedLots(leg));
  }

  /** What was not sold and is not withdrawn, signed as the seller's position. */
  public List<Lots> remainder() {
    List<Lots> left = new ArrayList<>();
    for (int leg = 0; leg < legs(); leg++) {
      long lots = remainingLots(leg);
      Slice.Leg of = opened.legs().get(leg);
      if (lots > 0) left.add(new Lots(of.instrument(), Long.signum(of.lots()) * lots));
    }
    return left;
  }

  private long size(int leg) {
    return Math.abs(opened.legs().get(leg).lots());
  }

  private long reservedLots(int leg) {
    String instrument = opened.legs().get(leg).instrument();
    long reserved = 0;
    for (Placed placed : bids.values()) {
      if (!(placed.status instanceof BidStatus.Reserved)) continue;
      reserved += lotsOf(placed.allocation, instrument);
    }
    return reserved;
  }

  private static long lotsOf(Allocation allocation, String instrument) {
    for (Allocation.Leg leg : allocation.legs())
      if (leg.instrument().equals(instrument)) return Math.abs(leg.lots());
    return 0;
  }

  private boolean nothingRemains() {
    for (int leg = 0; leg < legs(); leg++) if (remainingLots(leg) > 0) return false;
    return true;
  }

  private boolean nothingFree() {
    for (int leg = 0; leg < legs(); leg++) if (freeLots(leg) > 0) return false;
    return true;
  }

  /** Bids of which it is not known whether they are settled: reserved, or expired. */
  public List<Placed> undecided() {
    return bids.values().stream().filter(Placed::undecided).toList();
  }

  /**
   * Until when a reservation may be settled: early enough for the auction to hear of it before it
   * lapses.
   */
  public long settleByMs(BidStatus.Reserved reserved) {
    return reserved.expiresAtMs() - opened.reservationMs() / 4;
  }

  // ---- decisions

  /**
   * Decides a bid. Checked in this order: registration, the id, the auction, whether anybody may
   * bid, the version, the bidder's record, what is left, the size, the price asked for, the
   * markets.
   *
   * @param liquidator whether the bidder is registered to take slices
   * @param member see {@link BidReserved}
   * @param needed as in {@link #look}
   */
  public Decision decide(
      Bid bid,
      boolean liquidator,
      String member,
      Marks marks,
      Collection<String> needed,
      long nowMs) {
    List<AuctionEvent> due = due(nowMs);
    Auction now = after(due);
    if (!liquidator || bid.bidder().equals(opened.account()))
      return now.refuse(due, new BidRefusal.NotALiquidator(bid.bidder()));
    Placed known = now.bids.get(bid.bidId());
    if (known != null) {
      return known.bid.equals(bid)
          ? new Decision(due, new Answer.Accepted(known))
          : now.refuse(due, new BidRefusal.DuplicateWithOtherContent(bid.bidId()));
    }
    if (now.settledLate.contains(bid.bidId())) // Of its content no more than that is known.
    return now.refuse(due, new BidRefusal.DuplicateWithOtherContent(bid.bidId()));
    BidRefusal why = now.judge(bid, member, marks, needed, nowMs);
    if (why != null) return now.refuse(due, why);
    List<Allocation.Leg> legs = new ArrayList<>();
    long weight = 0;
    for (int at = 0; at < legs(); at++) {
      Slice.Leg leg = opened.legs().get(at);
      long lots = now.takenLots(at, bid);
      if (lots == 0) continue;
      long mark = marks.mark(leg.instrument());
      if (mark <= 0) return now.refuse(due, stopped(leg.instrument(), marks));
      legs.add(new Allocation.Leg(leg.instrument(), Long.signum(leg.lots()) * lots, mark));
      weight += Fixed.mulDivFloor(leg.weightMicros(), lots, size(at));
    }
    BidReserved reserved =
        new BidReserved(
            now.number + 1,
            nowMs,
            bid,
            now.allocation(legs, weight, nowMs),
            now.terms.discountPpm(nowMs),
            nowMs + opened.reservationMs(),
            member);
    List<AuctionEvent> events = new ArrayList<>(due);
    events.add(reserved);
    return new Decision(events, new Answer.Accepted(placed(reserved)));
  }

  private static BidRefusal stopped(String leg, Marks marks) {
    return new BidRefusal.MarketStale(leg, marks.stop(leg));
  }

  private Decision refuse(List<AuctionEvent> due, BidRefusal why) {
    return new Decision(due, new Answer.Refused(why));
  }

  private @Nullable BidRefusal judge(
      Bid bid, String member, Marks marks, Collection<String> needed, long nowMs) {
    if (ended != null) return new BidRefusal.AuctionClosed(endedAtMs);
    if (standstill == null && nowMs >= terms.endsAtMs())
      return new BidRefusal.AuctionClosed(terms.endsAtMs());
    if (standstill != null) {
      // What stopped it first may be over by now, and something else have begun meanwhile.
      String market = firstClosed(marks, needed);
      return stopped(market == null ? standstill.market : market, marks);
    }
    if (bid.accountVersion() != accountVersion)
      return new BidRefusal.StaleVersion(bid.accountVersion(), accountVersion);
    int lapsed = lapses.getOrDefault(answerable(bid, member), 0);
    if (lapsed >= LAPSES_MAX) return new BidRefusal.Suspended(bid.bidder(), lapsed);
    if (nothingFree()) return new BidRefusal.NothingLeft(retryAtMs(nowMs));
    int undecided = undecided().size();
    if (undecided >= RESERVED_MAX) return new BidRefusal.TooManyReservations(undecided);
    if (tooSmall(bid)) return new BidRefusal.BelowMinimumBid(bid.fractionPpm(), minimumPpm());
    if (terms.discountMicros(nowMs) < terms.micros(bid.discountPpmMin())) {
      return new BidRefusal.PriceNotReached(
          terms.discountPpm(nowMs),
          bid.discountPpmMin(),
          terms.reachedAtMs(terms.micros(bid.discountPpmMin())).orElse(0));
    }
    return null;
  }

  private static String answerable(Bid bid, String member) {
    return member.isEmpty() ? bid.bidder() : member;
  }

  /** As long again as the newest reservation waits; at least {@link #RETRY_MS}. */
  private long retryAtMs(long nowMs) {
    long retry = Long.MAX_VALUE;
    for (Placed placed : bids.values()) {
      if (!(placed.status instanceof BidStatus.Reserved(var expiresAtMs))) continue;
      long waits = Math.max(RETRY_MS, nowMs - (expiresAtMs - opened.reservationMs()));
      retry = Math.min(retry, Math.min(expiresAtMs, nowMs + waits));
    }
    return retry == Long.MAX_VALUE ? 0 : retry;
  }

  private long firstExpiryMs() {
    long first = Long.MAX_VALUE;
    for (Placed placed : bids.values())
      if (placed.status instanceof BidStatus.Reserved(var expiresAtMs))
        first = Math.min(first, expiresAtMs);
    return first == Long.MAX_VALUE ? 0 : first;
  }

  /** Whole lots of the original leg, rounded down, at most what is free. */
  private long takenLots(int leg, Bid bid) {
    return Math.min(freeLots(leg), Fixed.ppmFloor(size(leg), bid.fractionPpm()));
  }

  private boolean tooSmall(Bid bid) {
    boolean takesAll = true;
    boolean takesSomething = false;
    for (int leg = 0; leg < legs(); leg++) {
      long taken = takenLots(leg, bid);
      takesAll &= taken == freeLots(leg);
      takesSomething |= taken > 0;
    }
    return !takesAll && (!takesSomething || bid.fractionPpm() < opened.minimumBidPpm());
  }

  /** The smallest fraction that takes at least a lot, and no less than the minimum. */
  private long minimumPpm() {
    long largest = 0;
    for (int leg = 0; leg < legs(); leg++)
      if (freeLots(leg) > 0) largest = Math.max(largest, size(leg));
    return Math.max(opened.minimumBidPpm(), Math.ceilDiv(Fixed.PPM, largest));
  }

  /** Money by weight, rounded down: what does not divide stays with the seller. */
  private Allocation allocation(List<Allocation.Leg> legs, long weight, long nowMs) {
    long total = weightMicros();
    return new Allocation(
        legs,
        weight,
        Fixed.mulDivFloor(terms.discountMicros(nowMs), weight, total),
        Fixed.mulDivFloor(terms.penaltyMicros(), weight, total),
        Fixed.mulDivFloor(terms.fundCapMicros(), weight, total));
  }

  /**
   * What time alone has brought: reservations that lapsed, the question to the fund, and the end
   * when nobody bought. The end waits for what is still reserved, so that its remainder is one, and
   * for the fund, but not longer than a last call. To be asked on a timer, after {@link #look}, and
   * asked by {@link #decide} itself, so that a late timer keeps nobody from bidding.
   */
  public List<AuctionEvent> due(long nowMs) {
    List<AuctionEvent> events = new ArrayList<>();
    boolean waiting = false;
    for (Placed placed : bids.values()) {
      if (!(placed.status instanceof BidStatus.Reserved(var expiresAtMs))) continue;
      if (expiresAtMs <= nowMs) {
        events.add(
            new ReservationLapsed(
                number + events.size() + 1, nowMs, placed.bid.bidId(), LapseCause.EXPIRED));
      } else waiting = true;
    }
    long next = number + events.size() + 1;
    if (fundDueMs() <= nowMs) {
      events.add(new FundAsked(next, nowMs, fundNeedMicros(), weightLeftMicros()));
    } else if (standsTooLongMs() <= nowMs) {
      events.add(new AuctionEnded(next, nowMs, EndCause.STOOD_STILL, remainder()));
    } else if (!waiting && endDueMs() <= nowMs) {
      events.add(new AuctionEnded(next, nowMs, EndCause.NOBODY_BOUGHT, remainder()));
    }
    return events;
  }

  /** When {@link #due} next has something to say; Long.MAX_VALUE when never. */
  public long nextDueMs() {
    long expiry = firstExpiryMs();
    return Math.min(fundDueMs(), expiry != 0 ? expiry : Math.min(standsTooLongMs(), endDueMs()));
  }

  /**
   * Once, when the bankruptcy price is reached: an auction begins without the fund's money. Never
   * for what the house itself sells: winners have made good its haircut already, and the fund would
   * pay it once more.
   */
  private long fundDueMs() {
    if (ended != null || pledge != null || terms.fundCapMicros() > 0) return Long.MAX_VALUE;
    if (HouseAccount.is(opened.account())) return Long.MAX_VALUE;
    long dueMs = terms.bankruptcyReachedAtMs();
    return standstill == null || dueMs <= standstill.sinceMs ? dueMs : Long.MAX_VALUE;
  }

  /** Not while a bid is undecided: whatever becomes of it tells of the next due time. */
  private long standsTooLongMs() {
    if (ended != null || standstill == null || !undecided().isEmpty()) return Long.MAX_VALUE;
    boolean holds = pledge != null && pledge.micros > 0;
    return holds
        ? standstill.noticedAtMs + PLEDGE_STANDS_CALLS * opened.terms().lastCallMs()
        : Long.MAX_VALUE;
  }

  private long endDueMs() {
    if (ended != null || standstill != null) return Long.MAX_VALUE;
    if (pledge == null || pledge.answered) return terms.endsAtMs();
    return Math.max(terms.endsAtMs(), pledge.askedAtMs + opened.terms().lastCallMs());
  }

  // ---- the clock

  /**
   * What the markets have brought. While one of those that something is for sale in lets nobody
   * bid, the auction's clock stands still: its discount does not rise, and it does not end, however
   * long that lasts, unless the fund's money is kept for it: see {@link #PLEDGE_STANDS_CALLS}. For
   * what forbids to bid forbids to hand over what is left too: an end would bring nobody anything,
   * and pass over whoever would have bought.
   *
   * <p>A standstill that touches the last call gives it again from its beginning, so that what was
   * for sale can be bid for after it for as long. Those that come one after the other do so only
   * until they add up to {@code standstillMsMax}: then what is left of the last call has to do, and
   * no market that closes and opens in turn puts off the end for ever.
   *
   * @param marks as in {@link #decide}
   * @param needed names of legs that are not for sale here, without whose marks the seller settles
   *     nothing, and hands over nothing
   * @param standstillMsMax in total, of standstills that are over
   * @param away whether the auction comes back from where it could neither look nor be bid for: it
   *     then has its last call again where that began meanwhile, however long it was away, and
   *     whether or not somebody may bid by now
   */
  public List<AuctionEvent> look(
      Marks marks, Collection<String> needed, long standstillMsMax, boolean away, long nowMs) {
    if (ended != null) return List.of();
    String market = firstClosed(marks, needed);
    if (standstill != null) return market == null ? resumed(standstill, nowMs) : List.of();
    boolean lastCallAgain = away || stoodMs <= standstillMsMax;
    long sinceMs = Math.min(nowMs, lastCallAgain ? terms.lastCallBeginsMs() : terms.endsAtMs());
    if (market == null && (!away || sinceMs == nowMs)) return List.of();
    String by = market == null ? "" : market;
    BiddingStopped stopped =
        new BiddingStopped(number + 1, nowMs, by, sinceMs, BiddingStopped.OPEN_ENDED);
    List<AuctionEvent> events = new ArrayList<>(List.of(stopped));
    Auction stands = after(events);
    if (market == null && stands.standstill != null)
      events.addAll(stands.resumed(stands.standstill, nowMs));
    return events;
  }

  private @Nullable String firstClosed(Marks marks, Collection<String> needed) {
    for (int leg = 0; leg < legs(); leg++) {
      String market = opened.legs().get(leg).instrument();
      if (remainingLots(leg) > 0 && marks.mark(market) <= 0) return market;
    }
    for (String market : needed) if (marks.mark(market) <= 0) return market;
    return null;
  }

  /** It goes on, and so does whatever is due by then. */
  private List<AuctionEvent> resumed(Standstill over, long nowMs) {
    long stood = over.stoodMs(nowMs);
    List<AuctionEvent> events = new ArrayList<>();
    events.add(new BiddingResumed(number + 1, nowMs, stood, terms.delayedBy(stood)));
    events.addAll(after(events).due(nowMs));
    return events;
  }

  /** How far the auction's clock has come. */
  private long clockMs(long nowMs) {
    return standstill == null ? nowMs : Math.min(nowMs, standstill.sinceMs);
  }

  // ---- the fund's money

  /**
   * What the fund is asked for: what is missing at the mark, for what is left, and the maintenance
   * margin that it releases on top. So the fund's best offer leaves a taker at least as much as the
   * margin that the house thinks such positions need, and a slice that finds no taker then is worth
   * no more to anybody. Rounded up; above 0 while something is left.
   */
  public long fundNeedMicros() {
    long left = weightLeftMicros();
    long missing = Math.max(0, Math.negateExact(terms.bankruptcyMicros()));
    return Math.addExact(Fixed.mulDivCeil(missing, left, weightMicros()), left);
  }

  private long weightLeftMicros() {
    long left = 0;
    for (int leg = 0; leg < legs(); leg++) {
      long weight = opened.legs().get(leg).weightMicros();
      left = Math.addExact(left, Fixed.mulDivCeil(weight, remainingLots(leg), size(leg)));
    }
    return left;
  }

  private long weightMicros() {
    long total = 0;
    for (Slice.Leg leg : opened.legs()) total = Math.addExact(total, leg.weightMicros());
    return total;
  }

  /**
   * The fund has answered: so much may settlements take together. Its share of a part is by weight
   * of what was left when it was asked, rounded down, so that however it is sold they never take
   * more. Nothing when its answer is known, or was not asked for.
   */
  public List<AuctionEvent> pledged(long grantedMicros, long nowMs) {
    if (pledge == null || pledge.answered) return List.of();
    AuctionTerms then = terms;
    if (ended == null && grantedMicros > 0) {
      // A cap is of the whole slice, the pledge for what is left of it.
      long cap = Fixed.mulDivFloor(grantedMicros, weightMicros(), pledge.weightMicros);
      then = terms.withFundCapMicros(cap, opened.terms().lastCallMs(), clockMs(nowMs));
    }
    return List.of(new FundPledged(number + 1, nowMs, grantedMicros, then));
  }

  /** Whether what was taken of the pledge is certain, and the fund is to be told. */
  public boolean owesFundItsRest() {
    return ended != null
        && pledge != null
        && pledge.micros > 0
        && !pledge.settled
        && undecided().isEmpty();
  }

  /** The fund was told what was taken. Nothing unless it was to be. */
  public List<AuctionEvent> fundSettled(long nowMs) {
    return owesFundItsRest() ? List.of(new FundSettled(number + 1, nowMs, fundMicros)) : List.of();
  }

  // ---- settlements, and the seller

  /**
   * The seller's account settled a bid: that is so, whatever this auction thinks of the reservation
   * by now. Nothing when it is known already.
   */
  public List<AuctionEvent> settle(
      String bidId, String bidder, Allocation allocation, Charge charge, long nowMs) {
    Placed known = bids.get(bidId);
    if (known != null && known.status instanceof BidStatus.Settled) return List.of();
    if (settledLate.contains(bidId)) return List.of();
    BidSettled settled = new BidSettled(number + 1, nowMs, bidId, bidder, allocation, charge);
    return withEnd(settled, nowMs);
  }

  /**
   * A bid will not be settled: the bidder or the seller said so. Nothing where that is known.
   *
   * @param cause that somebody knows: one who says no more than that time ran out is taken at his
   *     word, and the house's slowness is the cause
   */
  public List<AuctionEvent> lapse(String bidId, LapseCause cause, long nowMs) {
    Placed known = bids.get(bidId);
    if (known == null || !known.undecided()) return List.of();
    LapseCause certain = cause == LapseCause.EXPIRED ? LapseCause.HOUSE : cause;
    return List.of(new ReservationLapsed(number + 1, nowMs, bidId, certain));
  }

  /**
   * The seller's account moved: a deposit, a trade of its own, a price. What it withdrew is counted
   * from the start of the auction, so that this and settlements may arrive in any order. Nothing
   * when this, or something newer, is known.
   *
   * @param withdrawn per leg, see {@link Offer#withdrawnLots}
   * @param bankruptcyMicros of the whole original slice, on the account as it is now
   */
  public List<AuctionEvent> reduce(
      long accountVersion, List<Long> withdrawn, long bankruptcyMicros, long nowMs) {
    if (ended != null || accountVersion <= this.accountVersion) return List.of();
    return withEnd(
        new SliceReduced(
            number + 1, nowMs, accountVersion, withdrawn, repriced(bankruptcyMicros, nowMs)),
        nowMs);
  }

  /**
   * The terms on which the sale goes on. Moves that make it last longer are followed for as long
   * again as it was meant to last; then it keeps its terms, so that no account and no market can
   * put off its end for ever.
   */
  private AuctionTerms repriced(long bankruptcyMicros, long nowMs) {
    AuctionTerms moved = terms.withBankruptcyMicros(bankruptcyMicros, clockMs(nowMs));
    AuctionTerms first = opened.terms().delayedBy(stoodMs);
    boolean inTime = moved.endsAtMs() <= first.startMs() + 2 * first.lastsMsMax();
    return inTime || moved.endsAtMs() <= terms.endsAtMs() ? moved : terms;
  }

  /** The seller's account needs no sale any more. What is reserved may still settle, or lapse. */
  public List<AuctionEvent> recover(long nowMs) {
    if (ended != null) return List.of();
    return List.of(new AuctionEnded(number + 1, nowMs, EndCause.RECOVERED, remainder()));
  }

  private List<AuctionEvent> withEnd(AuctionEvent event, long nowMs) {
    Auction then = apply(event);
    if (then.ended != null || !then.nothingRemains()) return List.of(event);
    boolean sold = then.withdrawnLots.stream().allMatch(lots -> lots == 0);
    EndCause cause = sold || event instanceof BidSettled ? EndCause.SOLD : EndCause.RECOVERED;
    return List.of(event, new AuctionEnded(then.number + 1, nowMs, cause, List.of()));
  }

  // ---- events

  /** Puts a slice up for sale, without the fund's money for now. */
  public static AuctionOpened open(
      String auctionId,
      String liquidationId,
      String account,
      long accountVersion,
      long parameterVersion,
      Slice slice,
      LiquidationPolicy policy,
      long nowMs) {
    return new AuctionOpened(
        1,
        nowMs,
        auctionId,
        liquidationId,
        account,
        accountVersion,
        parameterVersion,
        policy.minimumBidPpm(),
        policy.reservationMs(),
        AuctionTerms.of(slice, policy, nowMs, 0),
        slice.legs());
  }

  /** The auction that an event opens. */
  public static Auction of(AuctionOpened opened) {
    return of(opened, BIDS_MAX);
  }

  /** The same with another bound of what is remembered. */
  static Auction of(AuctionOpened opened, int bidsMax) {
    if (opened.legs().isEmpty()) throw new IllegalArgumentException("there is nothing to sell");
    List<Long> none = Collections.nCopies(opened.legs().size(), 0L);
    return new Auction(
        opened,
        opened.number(),
        opened.terms(),
        opened.accountVersion(),
        none,
        none,
        Map.of(),
        Set.of(),
        Map.of(),
        0,
        0,
        0,
        null,
        null,
        0,
        null,
        0,
        bidsMax);
  }

  /** The auction after all of these. */
  public Auction after(List<? extends AuctionEvent> events) {
    Auction auction = this;
    for (AuctionEvent event : events) auction = auction.apply(event);
    return auction;
  }

  /**
   * Records an event.
   *
   * @throws IllegalStateException when it cannot follow: the journal has a gap, or more was sold
   *     than there is
   */
  public Auction apply(AuctionEvent event) {
    if (event.number() != number + 1) {
      throw new IllegalStateException(
          "auction "
              + opened.auctionId()
              + ": event "
              + event.number()
              + " follows event "
              + number
              + ": the journal has a gap");
    }
    Draft next = new Draft(this, event.number());
    switch (event) {
      case AuctionOpened _ -> throw new IllegalStateException("an auction was opened twice");
      case BidReserved reserved -> next.bids.put(reserved.bid().bidId(), placed(reserved));
      case BidSettled settled -> next.settle(settled);
      case ReservationLapsed lapsed -> next.lapse(lapsed);
      case SliceReduced reduced -> {
        next.accountVersion = reduced.accountVersion();
        next.withdrawn = new ArrayList<>(reduced.withdrawnLots());
        next.terms = reduced.terms();
      }
      case FundAsked asked ->
          next.pledge =
              new Pledge(asked.micros(), asked.weightMicros(), asked.atMs(), false, 0, false);
      case FundPledged pledged -> next.pledge(pledged);
      case FundSettled settled -> next.settle(settled);
      case BiddingStopped stopped -> next.stop(stopped);
      case BiddingResumed resumed -> next.resume(resumed);
      case AuctionEnded end -> {
        next.ended = end.cause();
        next.endedAtMs = end.atMs();
        next.standstill = null;
      }
    }
    return next.auction();
  }

  private static Placed placed(BidReserved reserved) {
    return new Placed(
        reserved.bid(),
        reserved.allocation(),
        reserved.discountPpm(),
        reserved.member(),
        new BidStatus.Reserved(reserved.expiresAtMs()));
  }

  /** The next state while it is made. */
  private static final class Draft {
    private final AuctionOpened opened;
    private final long number;
    private AuctionTerms terms;
    private long accountVersion;
    private final List<Long> sold;
    private List<Long> withdrawn;
    private final LinkedHashMap<String, Placed> bids;
    private final LinkedHashSet<String> settledLate;
    private final LinkedHashMap<String, Integer> lapses;
    private long sellerMicros;
    private long fundMicros;
    private long feeMicros;
    private @Nullable Pledge pledge;
    private @Nullable Standstill standstill;
    private long stoodMs;
    private @Nullable EndCause ended;
    private long endedAtMs;
    private final int bidsMax;

    Draft(Auction from, long number) {
      this.opened = from.opened;
      this.number = number;
      this.terms = from.terms;
      this.accountVersion = from.accountVersion;
      this.sold = new ArrayList<>(from.soldLots);
      this.withdrawn = new ArrayList<>(from.withdrawnLots);
      this.bids = new LinkedHashMap<>(from.bids);
      this.settledLate = new LinkedHashSet<>(from.settledLate);
      this.lapses = new LinkedHashMap<>(from.lapses);
      this.sellerMicros = from.sellerMicros;
      this.fundMicros = from.fundMicros;
      this.feeMicros = from.feeMicros;
      this.pledge = from.pledge;
      this.standstill = from.standstill;
      this.stoodMs = from.stoodMs;
      this.ended = from.ended;
      this.endedAtMs = from.endedAtMs;
      this.bidsMax = from.bidsMax;
    }

    void settle(BidSettled settled) {
      Offer.add(opened.legs(), sold, settled.allocation());
      Charge charge = settled.charge();
      sellerMicros = Math.addExact(sellerMicros, charge.sellerMicros());
      fundMicros = Math.addExact(fundMicros, charge.fundMicros());
      feeMicros = Math.addExact(feeMicros, charge.feeMicros());
      // A reservation that lapsed so long ago that it is forgotten counts all the same, once.
      if (bids.containsKey(settled.bidId())) {
        Placed before =
            become(settled.bidId(), settled.allocation(), new BidStatus.Settled(charge));
        if (before.countsAgainstBidder())
          lapses.computeIfPresent(before.answerable(), (_, count) -> count > 1 ? count - 1 : null);
      } else if (!settledLate.add(settled.bidId())) {
        throw new IllegalStateException("bid " + settled.bidId() + " is settled twice");
      }
    }

    void pledge(FundPledged pledged) {
      if (pledge == null || pledge.answered)
        throw new IllegalStateException("the fund was not asked");
      pledge =
          new Pledge(
              pledge.askedMicros,
              pledge.weightMicros,
              pledge.askedAtMs,
              true,
              pledged.micros(),
              pledged.micros() == 0);
      terms = pledged.terms();
    }

    void settle(FundSettled settled) {
      if (pledge == null || pledge.settled || settled.micros() > pledge.micros)
        throw new IllegalStateException("the fund did not pledge " + settled.micros());
      pledge =
          new Pledge(
              pledge.askedMicros, pledge.weightMicros, pledge.askedAtMs, true, pledge.micros, true);
    }

    void stop(BiddingStopped stopped) {
      if (standstill != null || ended != null)
        throw new IllegalStateException("the clock does not run");
      standstill =
          new Standstill(stopped.market(), stopped.sinceMs(), stopped.atMs(), stopped.untilMs());
    }

    void resume(BiddingResumed resumed) {
      if (standstill == null) throw new IllegalStateException("the clock does not stand");
      standstill = null;
      stoodMs = Math.addExact(stoodMs, resumed.stoodMs());
      terms = resumed.terms();
    }

    void lapse(ReservationLapsed lapsed) {
      Placed before = become(lapsed.bidId(), null, new BidStatus.Lapsed(lapsed.cause()));
      if (lapsed.cause().countsAgainstBidder()) blame(before.answerable());
    }

    private void blame(String answerable) {
      lapses.merge(answerable, 1, Integer::sum);
      if (lapses.size() > LAPSERS_MAX)
        lapses.remove(Collections.min(lapses.entrySet(), Map.Entry.comparingByValue()).getKey());
    }

    /**
     * Gives what it was before.
     *
     * @param booked what was sold: another part than is reserved where an id was used again
     */
    private Placed become(String bidId, @Nullable Allocation booked, BidStatus status) {
      Placed placed = bids.get(bidId);
      if (placed == null || placed.status instanceof BidStatus.Settled)
        throw new IllegalStateException("bid " + bidId + " does not wait for anything");
      Allocation allocation = booked == null ? placed.allocation : booked;
      bids.put(
          bidId, new Placed(placed.bid, allocation, placed.discountPpm, placed.member, status));
      return placed;
    }

    Auction auction() {
      forget();
      for (int leg = 0; leg < sold.size(); leg++) {
        long size = Math.abs(opened.legs().get(leg).lots());
        if (withdrawn.get(leg) < 0 || sold.get(leg) + withdrawn.get(leg) > size)
          throw new IllegalStateException(
              "auction " + opened.auctionId() + ": more was sold and withdrawn than there is");
      }
      return new Auction(
          opened,
          number,
          terms,
          accountVersion,
          sold,
          withdrawn,
          bids,
          settledLate,
          lapses,
          sellerMicros,
          fundMicros,
          feeMicros,
          pledge,
          standstill,
          stoodMs,
          ended,
          endedAtMs,
          bidsMax);
    }

    private void forget() {
      Iterator<Placed> oldest = bids.values().iterator();
      for (int over = bids.size() - bidsMax; over > 0 && oldest.hasNext(); ) {
        Placed placed = oldest.next();
        if (!(placed.status instanceof BidStatus.Lapsed) || placed.undecided()) continue;
        oldest.remove();
        over--;
      }
    }
  }
}
