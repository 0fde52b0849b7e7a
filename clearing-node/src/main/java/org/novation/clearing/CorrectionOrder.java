package org.novation.clearing;

/**
 * What an account is told to do to put a trade right. Its write is the commit point; the other side
 * hears of it through its outbox, as of any trade or transfer. Forced: whoever falls short by it is
 * liquidated like anybody else.
 */
public sealed interface CorrectionOrder {
  /** Of which correction. */
  String correctionId();

  /** The account that is to write it. */
  String account();

  /**
   * To book a trade in the other direction, whose legs accrue funding from where those of the first
   * did.
   */
  record Reverse(String correctionId, Trade trade, long fundingIndex) implements CorrectionOrder {
    @Override
    public String account() {
      return trade.last();
    }
  }

  /**
   * To pay the other side of a trade.
   *
   * @param key the name under which both know it
   * @param micros above 0
   */
  record Pay(String correctionId, String key, String account, String to, long micros)
      implements CorrectionOrder {}
}
