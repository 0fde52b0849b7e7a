package org.novation.account;

import java.util.HashMap;
import java.util.Map;
import org.novation.risk.Portfolio;

/**
 * When the default account offers the coins that it took over. Whoever did not want them at that
 * price may want them at another, but coins that count in full have no discount to give and may lie
 * for long: each auction in which nobody bought any doubles the wait, up to a bound. What is newly
 * taken over is offered at once. Volatile: a node that starts anew begins with the first wait.
 */
final class CoinOffers {
  /** From the end of an auction to the next one, in house time, where it sold something. */
  static final long WAIT_MS = 300_000;

  /** Most of it: six offers a day. */
  static final long WAIT_MS_MAX = 4 * 3_600_000;

  private Map<Integer, Long> left = Map.of(); // When the last auction was over.
  private long waitMs = WAIT_MS;
  private long againMs = Long.MIN_VALUE;

  /** An auction is over, and the account has what nobody bought. */
  void over(Portfolio now, long nowMs) {
    Map<Integer, Long> coins = coins(now);
    waitMs = coins.equals(left) ? Math.min(2 * waitMs, WAIT_MS_MAX) : WAIT_MS;
    againMs = nowMs + waitMs;
    left = coins;
  }

  /** Whether what it has is to be offered. */
  boolean due(Portfolio now, long nowMs) {
    if (nowMs >= againMs) return true;
    for (Map.Entry<Integer, Long> held : coins(now).entrySet()) {
      if (held.getValue() > left.getOrDefault(held.getKey(), 0L)) return true;
    }
    return false;
  }

  private static Map<Integer, Long> coins(Portfolio portfolio) {
    Map<Integer, Long> coins = new HashMap<>(4);
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (portfolio.assetAt(slot) != 0 && portfolio.amountAt(slot) > 0)
        coins.put(portfolio.assetAt(slot), portfolio.amountAt(slot));
    }
    return coins;
  }
}
