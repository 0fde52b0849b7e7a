package org.novation.custody;

/**
 * Why an account gave nothing for a withdrawal.
 *
 * @param subject what it is about: the account, or the market, asset or account that a brake is for
 * @param haveMicros what the account would be left with that counts; 0 where that is not the reason
 * @param needMicros what it must be left with; 0 likewise
 * @param untilMs house time from which it may be otherwise; 0 when nobody knows yet
 */
public record HoldRefusal(
    Code code, String subject, long haveMicros, long needMicros, long untilMs) {
  /** Of a withdrawal that was not refused. */
  public static final HoldRefusal NONE = new HoldRefusal(Code.NONE, "", 0, 0, 0);

  /** The reason. */
  public enum Code {
    /** There is none. */
    NONE,
    /** There is no such account. */
    UNKNOWN_ACCOUNT,
    /** The account has no such asset, or not so much of it. */
    BALANCE,
    /**
     * What would be left, unrealised profit aside, is less than initial margin, or than a tenth of
     * what its positions are worth.
     */
    MARGIN,
    /** The account is being liquidated. */
    LIQUIDATION,
    /** It has as many withdrawals on their way as it may have. */
    TOO_MANY,
    /** An operator has paused withdrawals. */
    PAUSE,
    /** The house knows of an account that owes more than it has. */
    INSOLVENT_ACCOUNT,
    /** Prices were missing for long, not long ago. */
    OUTAGE,
    /** A market on which its margin depends is halted. */
    HALT,
    /** Such a market has no fresh price. */
    NO_FRESH_PRICE,
    /** The feeds of such a market disagree. */
    DIVERGED_PRICES,
    /** The kill switch is thrown. */
    KILL_SWITCH,
    /** The account's node does not know, or cannot read, the parameters in force. */
    PARAMETERS
  }
}
