package org.novation.liquidation.auction;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.Slice;
import org.novation.money.Fixed;

/**
 * What an auction runs by: the discount of the whole slice is a pure function of these terms and
 * the time. It rises in straight lines from nothing to the penalty, then to the bankruptcy price,
 * then on with the fund's money, and stands at its last value for the last call. A phase without a
 * range takes no time: an insolvent account's auction begins with the fund's money. Source: the
 * solvent and the insolvent auction of Derive, joined.
 *
 * @param startMs house time
 * @param notionalMicros of the slice at the marks of the start, above 0: discounts are quoted as a
 *     share of it
 * @param penaltyMicros what an orderly sale costs the account, at least 0
 * @param bankruptcyMicros the discount that uses up the slice's share of equity; negative when
 *     equity is, for then the fund pays already at the mark
 * @param fundCapMicros most that the fund may pay for the slice, deficit and discount together, at
 *     least 0
 */
public record AuctionTerms(
    long startMs,
    long penaltyPhaseMs,
    long bankruptcyPhaseMs,
    long fundPhaseMs,
    long lastCallMs,
    long notionalMicros,
    long penaltyMicros,
    long bankruptcyMicros,
    long fundCapMicros) {
  /**
   * @throws IllegalArgumentException when a figure breaks its bound
   */
  public AuctionTerms {
    if (Math.min(penaltyPhaseMs, Math.min(bankruptcyPhaseMs, fundPhaseMs)) < 0 || lastCallMs <= 0)
      throw new IllegalArgumentException("phases last, and the last call does not vanish");
    if (notionalMicros <= 0 || penaltyMicros < 0 || fundCapMicros < 0)
      throw new IllegalArgumentException("amounts must not be negative");
    // Every sum below then fits.
    Math.addExact(Math.max(0, bankruptcyMicros), fundCapMicros);
  }

  /** The terms on which a slice is offered from now on. */
  public static AuctionTerms of(
      Slice slice, LiquidationPolicy policy, long startMs, long fundCapMicros) {
    return new AuctionTerms(
        startMs,
        policy.penaltyPhaseMs(),
        policy.bankruptcyPhaseMs(),
        policy.fundPhaseMs(),
        policy.lastCallMs(),
        slice.notionalMicros(),
        slice.penaltyMicros(),
        slice.equityShareMicros(),
        fundCapMicros);
  }

  /**
   * The terms with another bankruptcy price from now on, once the account is worth something else.
   * Their curve is moved in time so that it goes on where the discount stands:
   *
   * <ul>
   *   <li>the discount does not rise at this moment; it falls only where it lies beyond what the
   *       phase that it stands in now leads to;
   *   <li>no phase is skipped: time alone ends one. Where the bankruptcy price rises above the
   *       discount, the sale goes back to the phase that leads there, and never to lower discounts;
   *   <li>what passed of the last call stays passed, so that small moves cannot draw it out.
   * </ul>
   *
   * A lower price never makes the sale last longer, a higher one may. Once their time is up they
   * take note of a fall alone, for the fund's money that may still come. A phase that is given no
   * time at all is still jumped over.
   *
   * @param nowMs from when on; the curve before has no meaning any more
   */
  public AuctionTerms withBankruptcyMicros(long bankruptcyMicros, long nowMs) {
    if (nowMs >= endsAtMs()) {
      AuctionTerms over =
          with(startMs, Math.min(this.bankruptcyMicros, bankruptcyMicros), lastCallMs);
      return over.with(startMs + endsAtMs() - over.endsAtMs(), over.bankruptcyMicros, lastCallMs);
    }
    long now = Math.max(nowMs, startMs);
    int phase = 0;
    long elapsed = now - startMs;
    while (phase < PHASES && elapsed >= lastsMs(phase)) elapsed -= lastsMs(phase++);
    long lastCall = phase == PHASES ? lastCallMs - elapsed : lastCallMs;
    AuctionTerms moved = with(now, bankruptcyMicros, lastCall);
    return moved.with(
        now - moved.passedMs(discountMicros(now), phase, elapsed), bankruptcyMicros, lastCall);
  }

  /**
   * The terms with the fund's money. The phase that offers it begins now, or when the bankruptcy
   * price is reached, and the last call comes after it: the discount goes on from where it stands.
   *
   * @param lastCallMs how long the last price stands then
   */
  public AuctionTerms withFundCapMicros(long fundCapMicros, long lastCallMs, long nowMs) {
    long waitedMs = Math.max(0, nowMs - bankruptcyReachedAtMs());
    return new AuctionTerms(
        startMs + waitedMs,
        penaltyPhaseMs,
        bankruptcyPhaseMs,
        fundPhaseMs,
        lastCallMs,
        notionalMicros,
        penaltyMicros,
        bankruptcyMicros,
        fundCapMicros);
  }

  /** The same terms, so much later. */
  public AuctionTerms delayedBy(long ms) {
    return with(startMs + ms, bankruptcyMicros, lastCallMs);
  }

  /** The first millisecond at which the last price stands. */
  public long lastCallBeginsMs() {
    return endsAtMs() - lastCallMs;
  }

  /** The first millisecond at which the discount is all that the account can bear. */
  public long bankruptcyReachedAtMs() {
    return startMs + lastsMs(0) + lastsMs(1);
  }

  private AuctionTerms with(long startMs, long bankruptcyMicros, long lastCallMs) {
    return new AuctionTerms(
        startMs,
        penaltyPhaseMs,
        bankruptcyPhaseMs,
        fundPhaseMs,
        lastCallMs,
        notionalMicros,
        penaltyMicros,
        bankruptcyMicros,
        fundCapMicros);
  }

  /**
   * How far these terms have come when the discount is this one, in the phase that leads beyond it
   * but in none later than {@code stoodIn}, which is over when it does not lead so far.
   *
   * @param elapsedMs in the phase {@code stoodIn}: chosen where the same discount lasts for longer
   */
  private long passedMs(long discountMicros, int stoodIn, long elapsedMs) {
    long passed = 0;
    long from = 0;
    for (int phase = 0; phase < PHASES && phase <= stoodIn; phase++) {
      long to = endMicros(phase);
      long lasts = lastsMs(phase);
      if (discountMicros < to) {
        long above = discountMicros - from;
        // The last millisecond at which it is not exceeded, and the first of as large a one.
        long last = Math.max(0, Fixed.mulDivCeil(above + 1, lasts, to - from) - 1);
        long first = Math.min(last, Fixed.mulDivCeil(above, lasts, to - from));
        return passed + (phase == stoodIn ? Math.clamp(elapsedMs, first, last) : first);
      }
      passed += lasts;
      from = to;
    }
    return passed;
  }

  /** The discount of the whole slice at a time, at least 0, never falling; rounded down. */
  public long discountMicros(long nowMs) {
    long elapsed = Math.max(0, Math.subtractExact(nowMs, startMs));
    long from = 0;
    for (int phase = 0; phase < PHASES; phase++) {
      long to = endMicros(phase);
      long lasts = lastsMs(phase);
      if (elapsed < lasts) return from + Fixed.mulDivFloor(to - from, elapsed, lasts);
      elapsed -= lasts;
      from = to;
    }
    return from;
  }

  /** The discount as a share of the notional, rounded down. */
  public long discountPpm(long nowMs) {
    return ppm(discountMicros(nowMs));
  }

  /** A discount as a share of the notional, rounded down. */
  public long ppm(long discountMicros) {
    return Fixed.mulDivFloor(discountMicros, Fixed.PPM, notionalMicros);
  }

  /**
   * The corners of the discount's curve: it is 0 before the first, rises in a straight line from
   * each to the next, rounded down, and stands at the last one until the end.
   */
  public List<Corner> corners() {
    List<Corner> corners = new ArrayList<>();
    long at = startMs;
    corners.add(new Corner(at, 0));
    for (int phase = 0; phase < PHASES; phase++) {
      if (lastsMs(phase) == 0) continue;
      at += lastsMs(phase);
      corners.add(new Corner(at, endMicros(phase)));
    }
    return corners;
  }

  /** Where the discount begins to rise otherwise. */
  public record Corner(long atMs, long discountMicros) {}

  /** The first millisecond at which the discount is this large; empty when it never is. */
  public OptionalLong reachedAtMs(long discountMicros) {
    long at = startMs;
    long from = 0;
    if (discountMicros <= 0) return OptionalLong.of(at);
    for (int phase = 0; phase < PHASES; phase++) {
      long to = endMicros(phase);
      long lasts = lastsMs(phase);
      if (discountMicros <= to)
        return OptionalLong.of(
            at + Fixed.mulDivCeil(discountMicros - from, lasts, Math.max(1, to - from)));
      at += lasts;
      from = to;
    }
    return OptionalLong.empty();
  }

  /** A discount as a share of the notional in micros, rounded up: what a bidder asks for. */
  public long micros(long discountPpm) {
    return Fixed.ppmCeil(notionalMicros, discountPpm);
  }

  /** From this millisecond on nobody can bid any more. */
  public long endsAtMs() {
    long end = startMs;
    for (int phase = 0; phase < PHASES; phase++) end += lastsMs(phase);
    return end + lastCallMs;
  }

  /** The time of all phases and the last call, those without a range too. */
  public long lastsMsMax() {
    return penaltyPhaseMs + bankruptcyPhaseMs + fundPhaseMs + lastCallMs;
  }

  private static final int PHASES = 3;

  /** The discount at the end of a phase; never below that of the one before. */
  private long endMicros(int phase) {
    long bankruptcy = Math.max(0, bankruptcyMicros);
    return switch (phase) {
      case 0 -> Math.min(penaltyMicros, bankruptcy);
      case 1 -> bankruptcy;
      default -> Math.max(bankruptcy, bankruptcyMicros + fundCapMicros);
    };
  }

  private long lastsMs(int phase) {
    if (endMicros(phase) == (phase == 0 ? 0 : endMicros(phase - 1))) return 0;
    return switch (phase) {
      case 0 -> penaltyPhaseMs;
      case 1 -> bankruptcyPhaseMs;
      default -> fundPhaseMs;
    };
  }
}
