package org.novation.account;

import java.util.List;
import org.novation.risk.MarginState;

/**
 * A snapshot as it was stored before what the fund had paid went along with a debt: read for ever,
 * written no more.
 *
 * @param deferrals 0 in snapshots from before there were any
 * @param charged nothing in snapshots from before there was any
 */
public record AccountSnapshotV6(
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
    HeldWithdrawals withdrawals,
    List<AccountSnapshot.PendingRemittance> remittances,
    long feesKeptMicros,
    long deferrals,
    List<AccountSnapshot.Charged> charged) {
  public AccountSnapshotV6 {
    balances = List.copyOf(balances);
    positions = List.copyOf(positions);
    outbox = List.copyOf(outbox);
    trades = List.copyOf(trades);
    deposits = List.copyOf(deposits);
    remittances = List.copyOf(remittances);
    charged = List.copyOf(charged);
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
        remittances,
        feesKeptMicros,
        deferrals,
        charged);
  }
}
