package org.novation.instrument;

import org.novation.money.Fixed;

/**
 * What the house charges for trades.
 *
 * @param tradePpm of the notional, from each side of a trade
 * @param fundSharePpm what of it goes to the insurance fund; the rest is the house's
 */
public record Fees(long tradePpm, long fundSharePpm) {
  /** Nothing is charged. */
  public static final Fees NONE = new Fees(0, 0);

  /** Most that a trade may cost: one in a hundred. */
  public static final long TRADE_PPM_MAX = 10_000;

  /**
   * @throws IllegalArgumentException when a figure breaks a hard bound
   */
  public Fees {
    if (tradePpm < 0 || tradePpm > TRADE_PPM_MAX)
      throw new IllegalArgumentException("a trade costs 0 to 1 % of its notional");
    if (fundSharePpm < 0 || fundSharePpm > Fixed.PPM)
      throw new IllegalArgumentException("the fund's share lies in 0..1");
  }

  /** What one side of a trade pays, whatever its sign. Rounds up, against the account. */
  public long ofTradeMicros(long notionalMicros) {
    return tradePpm == 0 ? 0 : Fixed.ppmCeil(Math.abs(notionalMicros), tradePpm);
  }

  /** What of fees is the fund's. Rounds up, for the fund. */
  public long ofFundMicros(long micros) {
    return Fixed.ppmCeil(micros, fundSharePpm);
  }
}
