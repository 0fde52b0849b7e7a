package org.novation.market;

/**
 * Until when withdrawals wait after an underlying was without a trusted price for long, or since
 * its market started: nobody knows by how much the price will have moved (risk rules, section 12).
 * Reckoned from the prices alone, however often anybody looks. Belongs to one thread.
 */
final class OutageMemory {
  private MarketRules rules;
  private boolean priced;
  private long pricedUntilMs;
  private long withdrawableFromMs;

  OutageMemory(MarketRules rules) {
    this.rules = rules;
  }

  void rules(MarketRules others) {
    rules = others;
  }

  /**
   * There is a price of a quorum.
   *
   * @param untilMs until when it stands if nothing is heard
   */
  void priced(long untilMs, long nowMs) {
    if (!priced || nowMs - pricedUntilMs > rules.outageMs())
      withdrawableFromMs = nowMs + rules.outageWaitMs();
    priced = true;
    pricedUntilMs = Math.max(pricedUntilMs, untilMs);
  }

  /** 0 while there has been no price. */
  long withdrawableFromMs() {
    return withdrawableFromMs;
  }
}
