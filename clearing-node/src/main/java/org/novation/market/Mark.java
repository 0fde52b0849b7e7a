package org.novation.market;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Perpetual;
import org.novation.money.Fixed;
import org.novation.money.Increment;

/**
 * The mark of one instrument: the median of (index + average of mid − index over 150 s), the
 * venues' median mid, and the last cleared price; the index stands in for what is missing or too
 * old (risk rules, section 7). No single trade moves it, nor do venues move it far: a quote too far
 * from the index is neither taken nor, when the index has left it behind, counted. Belongs to one
 * thread.
 */
public final class Mark {
  /** Most venues whose quotes are kept. */
  public static final int VENUES_MAX = 64;

  private final Perpetual perpetual;
  private MarketRules rules;
  private final Map<String, Quotes> venues = new HashMap<>();
  private final TimeWeightedAverage basis;
  private long clearedTicks;
  private long clearedAtMs;

  public Mark(Perpetual perpetual, MarketRules rules) {
    this.perpetual = perpetual;
    this.rules = rules;
    this.basis = new TimeWeightedAverage(rules.basisWindowMs());
  }

  /** Goes by other rules from now on. */
  void rules(MarketRules others) {
    rules = others;
    basis.window(others.basisWindowMs());
  }

  /**
   * Judges a venue's quotes; null when they were taken. Checks in this order: crossed, sequence,
   * age, future, distance from the index, number of venues.
   *
   * @param indexPrice at {@link Feeds#PRICE_SCALE}; 0 while there is none
   */
  public @Nullable QuoteRefusal quote(String venue, Quotes quotes, long indexPrice, long nowMs) {
    Quotes before = venues.get(venue);
    if (quotes.crossed()) return new QuoteRefusal.Crossed(quotes.bidTicks(), quotes.askTicks());
    long last = before == null ? -1 : before.sequence();
    if (quotes.sequence() <= last) return new QuoteRefusal.OutOfSequence(quotes.sequence(), last);
    long highest = before == null ? Feeds.SEQUENCE_MAX : Feeds.highestAfter(last);
    if (quotes.sequence() > highest)
      return new QuoteRefusal.SequenceTooHigh(quotes.sequence(), highest);
    long oldest = nowMs - rules.staleAfterMs();
    if (quotes.timeMs() < oldest) return new QuoteRefusal.StaleQuotes(quotes.timeMs(), oldest);
    long newest = nowMs + rules.futureMs();
    if (quotes.timeMs() > newest) return new QuoteRefusal.InTheFuture(quotes.timeMs(), newest);
    if (indexPrice == 0) return new QuoteRefusal.NoIndex(perpetual.symbol());
    long indexTicks = onGrid(indexPrice);
    long outlier = quotes.outlier(indexTicks, rules.quoteFactorPpm());
    if (outlier != 0) return new QuoteRefusal.Outlier(outlier, indexTicks, rules.quoteFactorPpm());
    if (before == null && venues.size() >= VENUES_MAX && !dropStale(nowMs)) {
      return new QuoteRefusal.TooManyVenues(VENUES_MAX);
    }
    venues.put(venue, quotes);
    return null;
  }

  /** The newest price at which a trade was novated. */
  public void cleared(long ticks, long nowMs) {
    clearedTicks = ticks;
    clearedAtMs = nowMs;
  }

  /**
   * The mark in ticks, at least 1.
   *
   * @param indexPrice above 0, at {@link Feeds#PRICE_SCALE}
   */
  public long ticks(long indexPrice, long nowMs) {
    long mid = mid(onGrid(indexPrice), nowMs);
    long smoothed = indexPrice;
    if (mid > 0) {
      basis.follow(mid - indexPrice, nowMs);
      smoothed = Math.max(1, indexPrice + basis.at(nowMs));
    } else {
      basis.forget(); // A basis from before an outage says nothing about after it.
    }
    long traded = clearedIsFresh(nowMs) ? price(clearedTicks) : indexPrice;
    return onGrid(median(smoothed, mid > 0 ? mid : indexPrice, traded));
  }

  /** The index on the instrument's grid, at least one tick. */
  public long onGrid(long price) {
    return Math.max(1, perpetual.tick().nearest(price, Feeds.PRICE_SCALE));
  }

  /** The premium of a venue's impact prices over the index, in ppm. */
  public long premiumPpm(Quotes quotes, long indexPrice) {
    return FundingRate.premiumPpm(
        price(quotes.impactBidTicks()), price(quotes.impactAskTicks()), indexPrice);
  }

  private boolean clearedIsFresh(long nowMs) {
    return clearedTicks > 0 && nowMs - clearedAtMs <= rules.clearedStaleMs();
  }

  /** The median of the mids of venues that are fresh and near the index; 0 when there is none. */
  private long mid(long indexTicks, long nowMs) {
    long[] mids = new long[venues.size()];
    int count = 0;
    for (Quotes quotes : venues.values()) {
      if (!quotes.hasMid() || quotes.timeMs() < nowMs - rules.staleAfterMs()) continue;
      if (quotes.outlier(indexTicks, rules.quoteFactorPpm()) != 0) continue;
      mids[count++] = price(quotes.bidTicks()) / 2 + price(quotes.askTicks()) / 2;
    }
    if (count == 0) return 0;
    Arrays.sort(mids, 0, count);
    return Feeds.median(mids, 0, count);
  }

  private boolean dropStale(long nowMs) {
    boolean dropped = false;
    for (Iterator<Quotes> all = venues.values().iterator(); all.hasNext(); ) {
      if (all.next().timeMs() < nowMs - rules.staleAfterMs()) {
        all.remove();
        dropped = true;
      }
    }
    return dropped;
  }

  /** Ticks at {@link Feeds#PRICE_SCALE}, rounded down where a tick is finer than that. */
  private long price(long ticks) {
    Increment tick = perpetual.tick();
    int finer = tick.scale() - Feeds.PRICE_SCALE;
    if (finer <= 0) {
      return Math.multiplyExact(
          Math.multiplyExact(ticks, tick.unscaled()), Increment.pow10(-finer));
    }
    return Fixed.mulDivFloor(ticks, tick.unscaled(), Increment.pow10(finer));
  }

  private static long median(long a, long b, long c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
