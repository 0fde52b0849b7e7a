package org.novation.account;

import java.util.List;
import org.novation.risk.MarginState;

/**
 * An account at one event number, as stored to keep recovery short. Lists are in a defined order,
 * so that equal accounts have equal snapshots.
 *
 * @param number of the last event included
 * @param trades remembered ids, see {@link RecentIds#entries}
 * @param deposits likewise
 * @param version see {@link Account#version}
 * @param ownVersion see {@link Account#ownVersion}
 * @param liquidationId of {@code phase}; empty when it has none
 * @param remittances collateral to deliver, by outbox number
 * @param feesKeptMicros see {@link Account#feesKeptMicros}
 * @param deferrals see {@link Account#deferrals}
 * @param charged what waves took of unrealised profit, see {@link Account#chargedMicros}
 */
public record AccountSnapshot(
    long number,
    String accountId,
    String member,
    long openedAtMs,
    MarginState state,
    long leverageMax,
    List<Balance> balances,
    List<Position> positions,
    List<Pending> outbox,
    long nextOutboxNumber,
    List<Id> trades,
    long tradesForgottenThroughMs,
    List<Id> deposits,
    long depositsForgottenThroughMs,
    long version,
    long ownVersion,
    AccountEvent.Phase phase,
    String liquidationId,
    long deficitMicros,
    long liquidationAtMs,
    WaterfallSnapshot waterfall,
    HeldWithdrawals withdrawals,
    List<PendingRemittance> remittances,
    long feesKeptMicros,
    long deferrals,
    List<Charged> charged) {
  public AccountSnapshot {
    balances = List.copyOf(balances);
    positions = List.copyOf(positions);
    outbox = List.copyOf(outbox);
    trades = List.copyOf(trades);
    deposits = List.copyOf(deposits);
    remittances = List.copyOf(remittances);
    charged = List.copyOf(charged);
  }

  /** What was stored, in whichever form it was. */
  public static AccountSnapshot read(Object stored) {
    return switch (stored) {
      case AccountSnapshotV1 first -> first.upgraded();
      case AccountSnapshotV2 second -> second.upgraded();
      case AccountSnapshotV3 third -> third.upgraded();
      case AccountSnapshotV4 fourth -> fourth.upgraded();
      case AccountSnapshotV6 sixth -> sixth.upgraded();
      default -> (AccountSnapshot) stored;
    };
  }

  /** A balance; deposited is what came in from outside, less what went or is about to. */
  public record Balance(String asset, long amount, long deposited) {}

  /** A position with what it realised. */
  public record Position(
      String instrument,
      long lots,
      long basis,
      long fundingIndex,
      long realised,
      long funding,
      long residue) {}

  /** A leg to deliver. */
  public record Pending(long outboxNumber, Leg leg) {}

  /** Collateral to deliver. */
  public record PendingRemittance(long outboxNumber, Remittance remittance) {}

  /** What was taken of a position's unrealised profit, above 0. */
  public record Charged(String instrument, long micros) {}

  /** A remembered id. */
  public record Id(long high, long low, long content, long timeMs, long bookedAtMs, long event) {}
}
