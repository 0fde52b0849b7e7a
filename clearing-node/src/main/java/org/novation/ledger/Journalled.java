package org.novation.ledger;

import java.util.List;
import org.novation.access.RevocationBook;
import org.novation.access.RevocationEvent;
import org.novation.account.AccountEvent;
import org.novation.account.AccountSnapshot;
import org.novation.account.AccountSnapshotV1;
import org.novation.account.AccountSnapshotV2;
import org.novation.account.AccountSnapshotV3;
import org.novation.account.AccountSnapshotV4;
import org.novation.account.AccountSnapshotV6;
import org.novation.brake.PauseBook;
import org.novation.brake.PauseEvent;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.CorrectionBookV1;
import org.novation.clearing.CorrectionEvent;
import org.novation.clearing.GiveUpBook;
import org.novation.clearing.GiveUpEvent;
import org.novation.custody.CustodyEvent;
import org.novation.custody.CustodySnapshot;
import org.novation.deleveraging.CoordinationSnapshot;
import org.novation.deleveraging.WaveEvent;
import org.novation.governance.GovernanceEvent;
import org.novation.governance.GovernanceSnapshot;
import org.novation.governance.GovernanceSnapshotV1;
import org.novation.governance.GovernanceSnapshotV2;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundSnapshot;
import org.novation.insurance.FundSnapshotV1;
import org.novation.ledger.EventCodec.Kind;
import org.novation.liquidation.auction.AuctionEvent;
import org.novation.market.MarketEvent;
import org.novation.market.MarketState;
import org.novation.trail.TrailHead;
import org.novation.trail.TrailRecord;

/**
 * Every record that is ever stored, with the name it is stored under. Append-only, like the journal
 * itself.
 */
public final class Journalled {
  /** All of them. */
  public static final List<Kind> KINDS =
      List.of(
          new Kind("account.opened.v1", AccountEvent.AccountOpened.class),
          new Kind("account.leverage-capped.v1", AccountEvent.LeverageCapped.class),
          new Kind("account.collateral-deposited.v1", AccountEvent.CollateralDeposited.class),
          new Kind("account.trades-cleared.v1", AccountEvent.TradesCleared.class),
          new Kind("account.outbox-acknowledged.v1", AccountEvent.OutboxAcknowledged.class),
          new Kind("account.margin-state-changed.v1", AccountEvent.MarginStateChanged.class),
          new Kind("account.snapshot.v1", AccountSnapshotV1.class),
          new Kind("account.liquidation-changed.v1", AccountEvent.LiquidationChanged.class),
          new Kind("account.slice-offered.v1", AccountEvent.SliceOffered.class),
          new Kind("account.offer-reduced.v1", AccountEvent.OfferReduced.class),
          new Kind("account.offer-closed.v1", AccountEvent.OfferClosed.class),
          new Kind("account.slice-sold.v1", AccountEvent.SliceSold.class),
          new Kind("account.draw-asked.v1", AccountEvent.DrawAsked.class),
          new Kind("account.draw-released.v1", AccountEvent.DrawReleased.class),
          new Kind("account.handed-over.v1", AccountEvent.HandedOver.class, 1),
          new Kind("account.handed-over.v2", AccountEvent.HandedOver.class),
          new Kind("account.transfer-taken.v1", AccountEvent.TransferTaken.class, 1),
          new Kind("account.transfer-taken.v2", AccountEvent.TransferTaken.class),
          new Kind("account.debt-settled.v1", AccountEvent.DebtSettled.class, 1),
          new Kind("account.debt-settled.v2", AccountEvent.DebtSettled.class),
          new Kind("account.profit-taken.v1", AccountEvent.ProfitTaken.class, 3),
          new Kind("account.profit-taken.v2", AccountEvent.ProfitTaken.class, 1),
          new Kind("account.profit-taken.v3", AccountEvent.ProfitTaken.class),
          new Kind("account.step-declined.v1", AccountEvent.StepDeclined.class),
          new Kind("account.deficit-paid.v1", AccountEvent.DeficitPaid.class),
          new Kind("account.surplus-paid.v1", AccountEvent.SurplusPaid.class),
          new Kind("account.snapshot.v2", AccountSnapshotV2.class),
          new Kind("account.snapshot.v3", AccountSnapshotV3.class),
          new Kind("account.snapshot.v4", AccountSnapshotV4.class),
          new Kind("account.snapshot.v5", AccountSnapshotV6.class, 2),
          new Kind("account.snapshot.v6", AccountSnapshotV6.class),
          new Kind("account.snapshot.v7", AccountSnapshot.class),
          new Kind("account.hand-over-deferred.v1", AccountEvent.HandOverDeferred.class),
          new Kind("account.fees-charged.v1", AccountEvent.FeesCharged.class),
          new Kind("account.fees-paid.v1", AccountEvent.FeesPaid.class),
          new Kind("giveup.proposed.v1", GiveUpEvent.GiveUpProposed.class),
          new Kind("giveup.accepted.v1", GiveUpEvent.GiveUpAccepted.class),
          new Kind("giveup.done.v1", GiveUpEvent.GiveUpDone.class),
          new Kind("giveup.refused.v1", GiveUpEvent.GiveUpRefused.class),
          new Kind("giveup.cancelled.v1", GiveUpEvent.GiveUpCancelled.class),
          new Kind("giveup.permitted.v1", GiveUpEvent.GiveUpsPermitted.class),
          new Kind("giveup.snapshot.v1", GiveUpBook.class),
          new Kind("correction.proposed.v1", CorrectionEvent.CorrectionProposedV1.class),
          new Kind("correction.proposed.v2", CorrectionEvent.CorrectionProposed.class),
          new Kind("correction.approved.v1", CorrectionEvent.CorrectionApproved.class),
          new Kind("correction.rejected.v1", CorrectionEvent.CorrectionRejected.class),
          new Kind("correction.booked.v1", CorrectionEvent.CorrectionBooked.class),
          new Kind("correction.fee-settled.v1", CorrectionEvent.FeeSettled.class),
          new Kind("correction.snapshot.v1", CorrectionBookV1.class),
          new Kind("correction.snapshot.v2", CorrectionBook.class),
          new Kind("account.collateral-sent.v1", AccountEvent.CollateralSent.class),
          new Kind("account.collateral-received.v1", AccountEvent.CollateralReceived.class),
          new Kind("account.collateral-held.v1", AccountEvent.CollateralHeld.class),
          new Kind("account.collateral-returned.v1", AccountEvent.CollateralReturned.class),
          new Kind("account.collateral-withdrawn.v1", AccountEvent.CollateralWithdrawn.class),
          new Kind("auction.opened.v1", AuctionEvent.AuctionOpened.class),
          new Kind("auction.bid-reserved.v1", AuctionEvent.BidReserved.class, 1),
          new Kind("auction.bid-reserved.v2", AuctionEvent.BidReserved.class),
          new Kind("auction.bid-settled.v1", AuctionEvent.BidSettled.class),
          new Kind("auction.reservation-lapsed.v1", AuctionEvent.ReservationLapsed.class),
          new Kind("auction.slice-reduced.v1", AuctionEvent.SliceReduced.class),
          new Kind("auction.fund-asked.v1", AuctionEvent.FundAsked.class),
          new Kind("auction.fund-pledged.v1", AuctionEvent.FundPledged.class),
          new Kind("auction.fund-settled.v1", AuctionEvent.FundSettled.class),
          new Kind("auction.bidding-stopped.v1", AuctionEvent.BiddingStopped.class),
          new Kind("auction.bidding-resumed.v1", AuctionEvent.BiddingResumed.class),
          new Kind("auction.ended.v1", AuctionEvent.AuctionEnded.class),
          new Kind("market.oracles-registered.v1", MarketEvent.OraclesRegistered.class),
          new Kind("market.hour-closed.v1", MarketEvent.HourClosed.class, 1),
          new Kind("market.hour-closed.v2", MarketEvent.HourClosed.class),
          new Kind("market.halted.v1", MarketEvent.Halted.class, 1),
          new Kind("market.halted.v2", MarketEvent.Halted.class),
          new Kind("market.reopened.v1", MarketEvent.Reopened.class, 1),
          new Kind("market.reopened.v2", MarketEvent.Reopened.class),
          new Kind("market.snapshot.v1", MarketState.WithoutHalts.class),
          new Kind("market.snapshot.v2", MarketState.class),
          new Kind("brake.pause-set.v1", PauseEvent.PauseSet.class),
          new Kind("brake.pause-cleared.v1", PauseEvent.PauseCleared.class),
          new Kind("brake.snapshot.v1", PauseBook.class),
          new Kind("fund.contributed.v1", FundEvent.Contributed.class, 1),
          new Kind("fund.contributed.v2", FundEvent.Contributed.class),
          new Kind("fund.draw-reserved.v1", FundEvent.DrawReserved.class, 3),
          new Kind("fund.draw-reserved.v2", FundEvent.DrawReserved.class, 2),
          new Kind("fund.draw-reserved.v3", FundEvent.DrawReserved.class),
          new Kind("fund.draw-settled.v1", FundEvent.DrawSettled.class, 1),
          new Kind("fund.draw-settled.v2", FundEvent.DrawSettled.class),
          new Kind("fund.gate-changed.v1", FundEvent.GateChanged.class, 1),
          new Kind("fund.gate-changed.v2", FundEvent.GateChanged.class),
          new Kind("fund.snapshot.v1", FundSnapshotV1.class),
          new Kind("fund.snapshot.v2", FundSnapshot.class),
          new Kind("governance.house-set-up.v1", GovernanceEvent.HouseSetUp.class),
          new Kind("governance.staked.v1", GovernanceEvent.Staked.class),
          new Kind("governance.unstake-begun.v1", GovernanceEvent.UnstakeBegun.class),
          new Kind("governance.stake-released.v1", GovernanceEvent.StakeReleased.class),
          new Kind("governance.delegated.v1", GovernanceEvent.Delegated.class),
          new Kind("governance.proposed.v1", GovernanceEvent.Proposed.class),
          new Kind("governance.deposited.v1", GovernanceEvent.Deposited.class),
          new Kind("governance.voting-begun.v1", GovernanceEvent.VotingBegun.class),
          new Kind("governance.voted.v1", GovernanceEvent.Voted.class),
          new Kind("governance.votes-counted.v1", GovernanceEvent.VotesCounted.class),
          new Kind("governance.executed.v1", GovernanceEvent.Executed.class),
          new Kind("governance.proposal-expired.v1", GovernanceEvent.ProposalExpired.class),
          new Kind("governance.proposal-outdated.v1", GovernanceEvent.ProposalOutdated.class),
          new Kind("governance.proposal-withdrawn.v1", GovernanceEvent.ProposalWithdrawn.class),
          new Kind("governance.proposal-cancelled.v1", GovernanceEvent.ProposalCancelled.class),
          new Kind("governance.act-begun.v1", GovernanceEvent.ActBegun.class),
          new Kind("governance.act-approved.v1", GovernanceEvent.ActApproved.class),
          new Kind("governance.act-done.v1", GovernanceEvent.ActDone.class),
          new Kind("governance.act-lapsed.v1", GovernanceEvent.ActLapsed.class),
          new Kind("governance.stake-asked.v1", GovernanceEvent.StakeAsked.class),
          new Kind("governance.stake-not-taken.v1", GovernanceEvent.StakeNotTaken.class),
          new Kind("governance.stake-returned.v1", GovernanceEvent.StakeReturned.class),
          new Kind("governance.snapshot.v1", GovernanceSnapshotV1.class),
          new Kind("governance.snapshot.v2", GovernanceSnapshotV2.class),
          new Kind("governance.snapshot.v3", GovernanceSnapshot.class),
          new Kind("custody.custodians-adopted.v1", CustodyEvent.CustodiansAdopted.class, 1),
          new Kind("custody.custodians-adopted.v2", CustodyEvent.CustodiansAdopted.class),
          new Kind("custody.deposit-attested.v1", CustodyEvent.DepositAttested.class, 1),
          new Kind("custody.deposit-attested.v2", CustodyEvent.DepositAttested.class),
          new Kind("custody.deposit-confirmed.v1", CustodyEvent.DepositConfirmed.class, 1),
          new Kind("custody.deposit-confirmed.v2", CustodyEvent.DepositConfirmed.class),
          new Kind("custody.deposit-credited.v1", CustodyEvent.DepositCredited.class, 1),
          new Kind("custody.deposit-credited.v2", CustodyEvent.DepositCredited.class),
          new Kind("custody.withdrawal-requested.v1", CustodyEvent.WithdrawalRequested.class, 1),
          new Kind("custody.withdrawal-requested.v2", CustodyEvent.WithdrawalRequested.class),
          new Kind("custody.withdrawal-held.v1", CustodyEvent.WithdrawalHeld.class, 1),
          new Kind("custody.withdrawal-held.v2", CustodyEvent.WithdrawalHeld.class),
          new Kind("custody.withdrawal-approved.v1", CustodyEvent.WithdrawalApproved.class, 1),
          new Kind("custody.withdrawal-approved.v2", CustodyEvent.WithdrawalApproved.class),
          new Kind("custody.withdrawal-disputed.v1", CustodyEvent.WithdrawalDisputed.class, 1),
          new Kind("custody.withdrawal-disputed.v2", CustodyEvent.WithdrawalDisputed.class),
          new Kind("custody.withdrawal-opposed.v1", CustodyEvent.WithdrawalOpposed.class, 1),
          new Kind("custody.withdrawal-opposed.v2", CustodyEvent.WithdrawalOpposed.class),
          new Kind("custody.withdrawal-ended.v1", CustodyEvent.WithdrawalEnded.class, 1),
          new Kind("custody.withdrawal-ended.v2", CustodyEvent.WithdrawalEnded.class),
          new Kind("custody.withdrawal-booked.v1", CustodyEvent.WithdrawalBooked.class, 1),
          new Kind("custody.withdrawal-booked.v2", CustodyEvent.WithdrawalBooked.class),
          new Kind("custody.snapshot.v1", CustodySnapshot.class),
          new Kind("adl.receipt-part.v1", WaveEvent.ReceiptPart.class),
          new Kind("adl.wave-begun.v1", WaveEvent.WaveBegun.class, 1),
          new Kind("adl.wave-begun.v2", WaveEvent.WaveBegun.class),
          new Kind("adl.steps-planned.v1", WaveEvent.StepsPlanned.class),
          new Kind("adl.step-done.v1", WaveEvent.StepDone.class),
          new Kind("adl.step-replaced.v1", WaveEvent.StepReplaced.class),
          new Kind("adl.wave-finished.v1", WaveEvent.WaveFinished.class),
          new Kind("adl.snapshot.v1", CoordinationSnapshot.class, 2),
          new Kind("adl.snapshot.v2", CoordinationSnapshot.class, 1),
          new Kind("adl.snapshot.v3", CoordinationSnapshot.class),
          new Kind("access.token-revoked.v1", RevocationEvent.TokenRevoked.class),
          new Kind("access.principal-revoked.v1", RevocationEvent.PrincipalRevoked.class),
          new Kind("access.snapshot.v1", RevocationBook.class),
          new Kind("trail.recorded.v1", TrailRecord.class),
          new Kind("trail.snapshot.v1", TrailHead.class));

  /** The codec of all of them. */
  public static final EventCodec CODEC = new EventCodec(KINDS);

  private Journalled() {}

  /** An event as it is stored. */
  public record Part(String manifest, byte[] bytes) {}

  /**
   * The events of a row, in their order; most rows hold one.
   *
   * @throws EventCodec.UnreadableException when it holds several and is not what was written
   */
  public static List<Part> parts(String manifest, byte[] payload) {
    return manifest.equals(Together.MANIFEST)
        ? Together.parts(payload)
        : List.of(new Part(manifest, payload));
  }

  /**
   * The events of a row, in their order.
   *
   * @throws EventCodec.UnreadableException when one of them cannot be read
   */
  public static List<Record> events(String manifest, byte[] payload) {
    return parts(manifest, payload).stream()
        .map(part -> CODEC.read(part.manifest, part.bytes))
        .toList();
  }
}
