package org.novation.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.PlaceBidRequest;

/**
 * A house that takes every positive price and novates every trade between accounts it has opened.
 */
final class FakeExchange implements Exchange {
  final Map<String, NewAccount> accounts = new HashMap<>();
  final List<Tick> prices = new ArrayList<>();
  final List<Submission> trades = new ArrayList<>();
  final Set<String> ids = new HashSet<>();
  long timeMs;

  /** Whether a trade may come twice, one answer after the other. */
  boolean repeats;

  /** Most trades of one id that were submitted together. */
  int together;

  @Override
  public void advanceTo(long timeMs) {
    if (timeMs > this.timeMs) this.timeMs = timeMs;
  }

  @Override
  public void open(List<NewAccount> some) {
    for (NewAccount account : some) accounts.put(account.accountId(), account);
  }

  @Override
  public List<@Nullable String> publish(List<Tick> ticks) {
    List<@Nullable String> answers = new ArrayList<>();
    for (Tick tick : ticks) {
      if (tick.timeMs() != timeMs) throw new AssertionError("published at another time: " + tick);
      boolean positive = tick.price().signum() > 0;
      if (positive) prices.add(tick);
      answers.add(positive ? null : "NOT_POSITIVE");
    }
    return answers;
  }

  @Override
  public List<@Nullable String> submit(List<Submission> some) {
    List<@Nullable String> answers = new ArrayList<>();
    for (Submission trade : some) {
      if (trade.executedAtMs() > timeMs) throw new AssertionError("in the future: " + trade);
      if (!accounts.containsKey(trade.buyer()) || !accounts.containsKey(trade.seller()))
        throw new AssertionError("no such account: " + trade);
      long same = some.stream().filter(t -> t.tradeId().equals(trade.tradeId())).count();
      together = Math.max(together, (int) same);
      if (!ids.add(trade.tradeId()) && !repeats)
        throw new AssertionError("submitted twice: " + trade);
      trades.add(trade);
      answers.add(trades.size() % 10 == 0 ? "INSUFFICIENT_MARGIN" : null);
    }
    return answers;
  }

  @Override
  public MarginTally margin() {
    return new MarginTally(prices.size() / 4, prices.size() / 8, prices.size() / 16);
  }

  @Override
  public void settle() {
    // Nothing is ever under way.
  }

  @Override
  public boolean resolving() {
    return false;
  }

  @Override
  public void quiet() {
    // Nothing is ever under way.
  }

  @Override
  public long waterfallMoves() {
    return 0;
  }

  @Override
  public long waves() {
    return 0;
  }

  @Override
  public List<Auction> auctions() {
    return List.of();
  }

  @Override
  public void bid(String liquidator, List<PlaceBidRequest> bids) {
    throw new AssertionError("nothing is for sale");
  }

  @Override
  public List<Account> accounts(List<String> ids) {
    return List.of();
  }

  @Override
  public double openInterest() {
    return 0;
  }

  @Override
  public long retries() {
    return 0;
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
