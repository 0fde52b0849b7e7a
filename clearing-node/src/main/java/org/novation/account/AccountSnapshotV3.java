package org.novation.account;

import java.util.List;
import org.novation.risk.MarginState;

/** A snapshot as it was stored before there were transfers: read for ever, written no more. */
public record AccountSnapshotV3(
    long number,
    String accountId,
    String member,
    long openedAtMs,
    MarginState state,
    long leverageMax,
    List<AccountSnapshot.Balance> balances,
    List<AccountSnapshot.Position> positions,
    List<AccountSnapshot.Pending> outbox,
    long nextOutboxNumber,
    List<AccountSnapshot.Id> trades,
    long tradesForgottenThroughMs,
    List<AccountSnapshot.Id> deposits,
    long depositsForgottenThroughMs,
    long version,
    long ownVersion,
    AccountEvent.Phase phase,
    String liquidationId,
    long deficitMicros,
    long liquidationAtMs,
    WaterfallSnapshotV1 waterfall,
    HeldWithdrawals withdrawals) {
  public AccountSnapshotV3 {
    balances = List.copyOf(balances);
    positions = List.copyOf(positions);
    outbox = List.copyOf(outbox);
    trades = List.copyOf(trades);
    deposits = List.copyOf(deposits);
  }

  /** The same as it is stored now. */
  AccountSnapshot upgraded() {
    return new AccountSnapshot(
        number,
        accountId,
        member,
        openedAtMs,
        state,
        leverageMax,
        balances,
        positions,
        outbox,
        nextOutboxNumber,
        trades,
        tradesForgottenThroughMs,
        deposits,
        depositsForgottenThroughMs,
        version,
        ownVersion,
        phase,
        liquidationId,
        deficitMicros,
        liquidationAtMs,
        waterfall.upgraded(),
        withdrawals,
        List.of(),
        0,
        0,
        List.of());
  }
}
