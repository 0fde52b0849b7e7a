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

  /** The name under which that account knows it; no two orders have the same. */
  String key();

  /**
   * To book a trade in the other direction, whose legs accrue funding from where those of the first
   * did.
   */
  record Reverse(String correctionId, Trade trade, long fundingIndex) implements CorrectionOrder {
    @Override
    public String account() {
      return trade.last();
    }

    @Override
    public String key() {
      return trade.tradeId();
    }
  }

  /**
   * To pay the other side of a trade, or a fee. Only the house's revenue waits until it has it.
   *
   * @param micros above 0
   */
  record Pay(String correctionId, String key, String account, String to, long micros)
      implements CorrectionOrder {}
}
