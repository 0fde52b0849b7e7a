package org.novation.account;

import java.util.List;
import org.novation.risk.Health;
import org.novation.risk.MarginState;

/**
 * What happened to one account. History is append-only: add a record, never change a released one.
 * Every event carries its own number, which is its sequence number in the journal, so that a gap
 * cannot pass unseen.
 */
public sealed interface AccountEvent {
  /** 1 for the first event of an account, then one more each. */
  long number();

  /** House time of the decision. */
  long atMs();

  /** The account exists and belongs to a member. */
  record AccountOpened(long number, long atMs, String accountId, String member)
      implements AccountEvent {}

  /** The account limited its own leverage; 0 lifts the limit. */
  record LeverageCapped(long number, long atMs, long leverageMax) implements AccountEvent {}

  /** Collateral arrived; {@code amount} in the asset's smallest unit. */
  record CollateralDeposited(long number, long atMs, String depositId, String asset, long amount)
      implements AccountEvent {}

  /**
   * Trades came onto the books, in one write.
   *
   * @param parameterVersion the parameters that were used
   * @param novated legs for which this write is the commit point, numbered into the outbox from the
   *     account's next number on
   * @param applied legs that another account had committed
   * @param acknowledged outbox numbers whose other leg is known to be on its account's books
   * @param forgottenThroughMs ids of trades executed until then are forgotten; Long.MIN_VALUE when
   *     none
   * @param health of the account afterwards
   */
  record TradesCleared(
      long number,
      long atMs,
      long parameterVersion,
      List<Leg> novated,
      List<Leg> applied,
      List<Long> acknowledged,
      long forgottenThroughMs,
      Health health)
      implements AccountEvent {
    public TradesCleared {
      novated = List.copyOf(novated);
      applied = List.copyOf(applied);
      acknowledged = List.copyOf(acknowledged);
    }
  }

  /** The other legs of these outbox numbers are known to be on their accounts' books. */
  record OutboxAcknowledged(long number, long atMs, List<Long> acknowledged)
      implements AccountEvent {
    public OutboxAcknowledged {
      acknowledged = List.copyOf(acknowledged);
    }
  }

  /**
   * The account crossed a threshold: early warning, margin call, liquidation trigger, or back.
   *
   * @param marks what the positions were valued at
   */
  record MarginStateChanged(
      long number,
      long atMs,
      long parameterVersion,
      MarginState from,
      MarginState to,
      Health health,
      List<Mark> marks)
      implements AccountEvent {
    public MarginStateChanged {
      marks = List.copyOf(marks);
    }
  }

  /** A mark that a decision used. */
  record Mark(String instrument, long markTicks, long fundingIndex) {}
}
