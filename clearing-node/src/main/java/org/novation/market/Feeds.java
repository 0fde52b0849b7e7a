package org.novation.market;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.money.Fixed;
import org.novation.risk.PriceValidity;

/**
 * The oracles of one symbol: judges each price before anything else sees it and makes an index of
 * those that are fresh (risk rules, section 7). Belongs to one thread. Nothing here is stored:
 * after a restart there is no price until a fresh quorum.
 */
public final class Feeds {
  /** Decimals of every price inside the market room: 1e-9 of the settlement asset per unit. */
  public static final int PRICE_SCALE = 9;

  /** No sequence number is higher: there must be room for one above it. */
  public static final long SEQUENCE_MAX = 1L << 62;

  /** Most sequence numbers skipped at once: a slip must not shut its sender out for ever. */
  public static final long GAP_MAX = 1L << 53;

  /** Most oracles of one symbol. */
  public static final int ORACLES_MAX = 64;

  /** An oracle and the newest price that was taken from it. */
  private static final class Feed {
    boolean heard;
    long price;
    long sequence = -1; // Before the first: any from 0 on follows it.
    long timeMs;
  }

  /**
   * What came of one price.
   *
   * @param refusal null when it was taken
   * @param gaps sequence numbers skipped since the last price taken from this oracle
   */
  public record Intake(@Nullable PriceRefusal refusal, long gaps) {
    private static final Intake TAKEN = new Intake(null, 0);
  }

  private final String symbol;
  private MarketRules rules;
  private final Map<String, Feed> feeds = new HashMap<>();
  private final TimeWeightedAverage average;
  private IndexPrice index = IndexPrice.NONE;
  private boolean everFresh;

  /**
   * @throws IllegalArgumentException when there are more oracles than {@link #ORACLES_MAX}
   */
  public Feeds(String symbol, Collection<String> oracles, MarketRules rules) {
    this.symbol = symbol;
    this.rules = rules;
    this.average = new TimeWeightedAverage(rules.averageWindowMs());
    register(oracles);
  }

  /** Judges by other rules from now on. */
  void rules(MarketRules others) {
    rules = others;
    average.window(others.averageWindowMs());
  }

  /** Replaces the set of oracles; those that stay keep their place in their sequence. */
  public void register(Collection<String> oracles) {
    if (oracles.size() > ORACLES_MAX) throw new IllegalArgumentException("at most 64 oracles");
    feeds.keySet().retainAll(oracles);
    for (String oracle : oracles) feeds.computeIfAbsent(oracle, _ -> new Feed());
  }

  /**
   * Judges a price; a refused one changes nothing. Checks in this order: oracle, sign, sequence,
   * age, future, outlier, confidence.
   *
   * @param price and {@code confidence} at {@link #PRICE_SCALE}
   * @param nowMs the house's time
   */
  public Intake observe(
      String oracle, long price, long sequence, long timeMs, long confidence, long nowMs) {
    Feed feed = feeds.get(oracle);
    if (feed == null) return refuse(new PriceRefusal.UnregisteredOracle(oracle, symbol));
    PriceRefusal flaw = flaw(feed, price, sequence, timeMs, confidence, nowMs);
    if (flaw != null) return refuse(flaw);
    long gaps = feed.heard ? sequence - feed.sequence - 1 : 0;
    feed.heard = true;
    feed.price = price;
    feed.sequence = sequence;
    feed.timeMs = timeMs;
    return gaps == 0 ? Intake.TAKEN : new Intake(null, gaps);
  }

  private @Nullable PriceRefusal flaw(
      Feed feed, long price, long sequence, long timeMs, long confidence, long nowMs) {
    if (price <= 0) return new PriceRefusal.NotPositive(price);
    if (sequence <= feed.sequence) return new PriceRefusal.OutOfSequence(sequence, feed.sequence);
    long highest = feed.heard ? highestAfter(feed.sequence) : SEQUENCE_MAX;
    if (sequence > highest) return new PriceRefusal.SequenceTooHigh(sequence, highest);
    long oldest = nowMs - rules.staleAfterMs();
    if (timeMs < oldest) return new PriceRefusal.StalePrice(timeMs, oldest);
    long newest = nowMs + rules.futureMs();
    if (timeMs > newest) return new PriceRefusal.InTheFuture(timeMs, newest);
    if (judgesOutliers(nowMs)) {
      long mean = average.at(nowMs);
      if (isOutlier(price, mean)) {
        return new PriceRefusal.Outlier(price, mean, rules.outlierFactorPpm());
      }
    }
    long limit = Fixed.ppmFloor(price, rules.confidencePpm());
    if (confidence > limit) return new PriceRefusal.TooUnsure(confidence, limit);
    return null;
  }

  /** The highest sequence number that may follow one. */
  static long highestAfter(long sequence) {
    return Math.min(SEQUENCE_MAX, sequence + GAP_MAX);
  }

  /**
   * Whether there is an average that is not too old: after a long outage any price may be right.
   */
  private boolean judgesOutliers(long nowMs) {
    return average.started() && nowMs - index.timeMs() <= rules.averageForgottenMs();
  }

  private boolean isOutlier(long price, long mean) {
    long factor = rules.outlierFactorPpm();
    return Fixed.compareProducts(price, Fixed.PPM, mean, factor) > 0
        || Fixed.compareProducts(price, factor, mean, Fixed.PPM) < 0;
  }

  /**
   * The index as of a time: the median of the fresh feeds, from which one more than the divergence
   * away has no weight. With fewer fresh feeds than the quorum the last index stands, stale; with
   * fewer that agree it follows their median, diverged. Before the first fresh quorum there is
   * none.
   */
  public IndexPrice index(long nowMs) {
    long[] fresh = new long[feeds.size()];
    int count = 0;
    long newest = 0;
    for (Feed feed : feeds.values()) {
      if (!feed.heard || feed.timeMs < nowMs - rules.staleAfterMs()) continue;
      fresh[count++] = feed.price;
      newest = Math.max(newest, feed.timeMs);
    }
    if (count < rules.quorum()) return index = lapsed(count);
    Arrays.sort(fresh, 0, count);
    long middle = median(fresh, 0, count);
    int from = 0;
    int to = count;
    while (from < to && diverges(fresh[from], middle)) from++;
    while (to > from && diverges(fresh[to - 1], middle)) to--;
    // Of an even count that splits in two camps nobody may be near the middle.
    long price = from == to ? middle : median(fresh, from, to);
    boolean agree = to - from >= rules.quorum();
    everFresh |= agree;
    if (!everFresh) return index = IndexPrice.NONE;
    if (judgesOutliers(newest) || !average.started()) average.follow(price, nowMs);
    else restartAverage(price, nowMs);
    PriceValidity validity = agree ? PriceValidity.FRESH : PriceValidity.DIVERGED;
    return index = new IndexPrice(price, validity, to - from, newest);
  }

  private void restartAverage(long price, long nowMs) {
    average.forget();
    average.follow(price, nowMs);
  }

  private IndexPrice lapsed(int fresh) {
    if (!everFresh) return IndexPrice.NONE;
    return new IndexPrice(index.price(), PriceValidity.STALE, fresh, index.timeMs());
  }

  private boolean diverges(long price, long middle) {
    return Fixed.compareProducts(Math.abs(price - middle), Fixed.PPM, middle, rules.divergencePpm())
        > 0;
  }

  /** Of an even count the mean of the middle two, rounded down. */
  static long median(long[] sorted, int from, int to) {
    int middle = (from + to) >>> 1;
    if (((to - from) & 1) == 1) return sorted[middle];
    return sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2;
  }

  private static Intake refuse(PriceRefusal why) {
    return new Intake(why, 0);
  }
}
