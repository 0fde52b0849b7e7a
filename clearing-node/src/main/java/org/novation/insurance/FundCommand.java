package org.novation.insurance;

/** What a fund can be asked. Every id is the caller's, and every command may be repeated. */
public sealed interface FundCommand {
  /**
   * Money arrives; it has left its source already.
   *
   * @param account whose it was; empty when it is nobody's in particular
   * @param issuedAtMs when the id was given out: older than what is remembered is looked up
   */
  record Contribute(String id, Cause cause, String account, long amountMicros, long issuedAtMs)
      implements FundCommand {}

  /**
   * Money for one liquidation, or as much of it as the caps allow. A debt that would get less than
   * it asks while another draw of its liquidation is open is to be asked for again: what is given
   * back there is the debt's. Not for longer than {@link Fund#DEBT_WAITS_MS} after it was issued.
   *
   * @param liquidationId of the draw: the liquidation's, or that of a part of it that is paid at
   *     once
   * @param ofLiquidation of the whole liquidation, whose draws share one cap
   * @param account that is short
   * @param issuedAtMs when the id was given out
   */
  record ReserveDraw(
      String liquidationId,
      String ofLiquidation,
      String account,
      long amountMicros,
      long issuedAtMs)
      implements FundCommand {
    /** How the id ends of a draw that is for a debt; every other is for an auction's takers. */
    public static final String DEBT = ".debt";

    /** Who says nothing of the whole, a node of an earlier version, means a draw that is all. */
    public ReserveDraw {
      ofLiquidation = ofLiquidation == null ? liquidationId : ofLiquidation;
    }

    /** Whether it is for a debt. */
    boolean forDebt() {
      return liquidationId.endsWith(DEBT);
    }

    /** A draw that is all of its liquidation. */
    public ReserveDraw(String liquidationId, String account, long amountMicros, long issuedAtMs) {
      this(liquidationId, liquidationId, account, amountMicros, issuedAtMs);
    }
  }

  /**
   * The account has so much of what was reserved; the rest returns. 0 gives everything back, also
   * before the reservation has come: then it will hold nothing.
   *
   * @param paidMicros at most what was granted
   */
  record SettleDraw(String liquidationId, long paidMicros) implements FundCommand {}

  /** Looks whether the gate must open or close because time went by. */
  record CheckGate() implements FundCommand {}
}
