package org.novation.account;

import java.util.List;
import org.novation.insurance.ClosedGate;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Charge;
import org.novation.liquidation.auction.Offer;
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

  /** An event that was decided by what is voted. */
  sealed interface ByParameters extends AccountEvent {
    /** The parameters that were used. */
    long parameterVersion();
  }

  /** The account exists and belongs to a member. */
  record AccountOpened(long number, long atMs, String accountId, String member)
      implements AccountEvent {}

  /** The account limited its own leverage; 0 lifts the limit. */
  record LeverageCapped(long number, long atMs, long leverageMax) implements AccountEvent {}

  /** Collateral arrived; {@code amount} in the asset's smallest unit. */
  record CollateralDeposited(long number, long atMs, String depositId, String asset, long amount)
      implements AccountEvent {}

  /**
   * Collateral left the balances for a withdrawal that is under way.
   *
   * @param withdrawal custody's number for it; {@code withdrawalId} is the owner's name
   * @param amount in the asset's smallest unit
   * @param health of the account afterwards
   */
  record CollateralHeld(
      long number,
      long atMs,
      long parameterVersion,
      long withdrawal,
      String withdrawalId,
      String asset,
      long amount,
      Health health)
      implements ByParameters {}

  /**
   * A withdrawal did not come about: what was held for it is the account's again.
   *
   * @param asset empty when nothing was held: then this number will never be
   */
  record CollateralReturned(long number, long atMs, long withdrawal, String asset, long amount)
      implements AccountEvent {}

  /** What was held for a withdrawal has left the house, for ever. */
  record CollateralWithdrawn(long number, long atMs, long withdrawal, String asset, long amount)
      implements AccountEvent {}

  /**
   * Collateral was given to another account: the commit point of a transfer. It goes there through
   * the outbox.
   *
   * @param transferId the owner's name for it; known for ever
   * @param amount in the asset's smallest unit
   * @param health of the account afterwards
   */
  record CollateralSent(
      long number,
      long atMs,
      long parameterVersion,
      String transferId,
      String to,
      String asset,
      long amount,
      Health health)
      implements ByParameters {}

  /**
   * Collateral came from another account.
   *
   * @param transferId the giver's name for it
   * @param sentAtMs when the giver booked it
   * @param health of the account afterwards
   */
  record CollateralReceived(
      long number,
      long atMs,
      long parameterVersion,
      String transferId,
      String from,
      long sentAtMs,
      String asset,
      long amount,
      long forgottenThroughMs,
      Health health)
      implements ByParameters {}

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
      implements ByParameters {
    public TradesCleared {
      novated = List.copyOf(novated);
      applied = List.copyOf(applied);
      acknowledged = List.copyOf(acknowledged);
    }
  }

  /**
   * The account paid for the trades that the event before this one put onto its books, each by this
   * version's rate: also for one that another account committed by another version. What it paid is
   * the house's from here on, and kept for it until {@link FeesPaid}.
   *
   * @param tradePpm of each trade's notional; each amount rounded up
   */
  record FeesCharged(long number, long atMs, long parameterVersion, long tradePpm, long micros)
      implements ByParameters {}

  /**
   * Fees that were kept for the house go to it and to its fund, both through the outbox.
   *
   * @param paymentId of this account
   * @param asset in which the house settles
   * @param fundMicros for the fund
   * @param houseMicros for the house's own account
   */
  record FeesPaid(
      long number,
      long atMs,
      long parameterVersion,
      String paymentId,
      String asset,
      long fundMicros,
      long houseMicros)
      implements ByParameters {}

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
      implements ByParameters {
    public MarginStateChanged {
      marks = List.copyOf(marks);
    }
  }

  // ---- liquidation

  /**
   * The liquidation state changed; see {@link LiquidationState}.
   *
   * @param liquidationId of the liquidation that begins, goes on or has ended; empty when none
   * @param deficitMicros of an account that closed
   * @param marks what the positions were valued at
   */
  record LiquidationChanged(
      long number,
      long atMs,
      long parameterVersion,
      Phase from,
      Phase to,
      String liquidationId,
      long deficitMicros,
      Health health,
      List<Mark> marks)
      implements ByParameters {
    public LiquidationChanged {
      marks = List.copyOf(marks);
    }
  }

  /** The liquidation states by name. */
  enum Phase {
    HEALTHY,
    MARGIN_CALL,
    LIQUIDATING,
    RECOVERED,
    CLOSED
  }

  /**
   * A slice of the account's positions is for sale in an auction.
   *
   * @param ownVersion of the account, as far as it moved other than by auctions
   */
  record SliceOffered(
      long number,
      long atMs,
      long parameterVersion,
      String auctionId,
      String liquidationId,
      long ownVersion,
      Slice slice)
      implements ByParameters {}

  /**
   * The account moved by something else than its auction: less is for sale, or on other terms.
   *
   * @param withdrawnLots per leg, unsigned, what has been taken off the sale so far
   * @param bankruptcyMicros see {@link Offer#bankruptcyMicros}
   */
  record OfferReduced(
      long number, long atMs, String auctionId, List<Long> withdrawnLots, long bankruptcyMicros)
      implements AccountEvent {
    public OfferReduced {
      withdrawnLots = List.copyOf(withdrawnLots);
    }
  }

  /** Nothing is on offer any more: the account needs no sale. */
  record OfferClosed(long number, long atMs, String auctionId) implements AccountEvent {}

  /**
   * A part of the slice is sold: the commit point of a settlement. The contracts and {@code
   * charge.takerMicros} go to the bidder, the fee to the fund, both through the outbox; what the
   * fund pays of the taker's money has come to this account by the same event.
   *
   * @param bidder who takes it
   * @param legs at the marks, as this account books them
   */
  record SliceSold(
      long number,
      long atMs,
      long parameterVersion,
      String auctionId,
      String bidId,
      String bidder,
      Allocation allocation,
      Charge charge,
      List<Leg> legs,
      long forgottenThroughMs,
      Health health)
      implements ByParameters {
    public SliceSold {
      legs = List.copyOf(legs);
    }
  }

  /**
   * Nobody bought what was left on offer, and it was not handed over: the account was solvent, and
   * the fund's gate of deleveraging was closed. The offer is closed by the next event, and what the
   * account needs to sell then is offered again.
   *
   * @param times how often in a row, with this one; see {@link Batch#DEFERRALS_MAX}
   * @param gate what the gate's being closed rests on
   * @param marks what the positions were valued at
   */
  record HandOverDeferred(
      long number,
      long atMs,
      long parameterVersion,
      String auctionId,
      String liquidationId,
      long times,
      ClosedGate gate,
      Health health,
      List<Mark> marks)
      implements ByParameters {
    public HandOverDeferred {
      marks = List.copyOf(marks);
    }
  }

  /**
   * The account is about to hand over a debt: the fund is to be asked for it, by this id and none
   * other.
   *
   * @param micros the debt as it is now
   */
  record DrawAsked(long number, long atMs, String auctionId, String drawId, long micros)
      implements AccountEvent {}

  /** The debt that the fund was asked for came to nothing: whatever it holds goes back. */
  record DrawReleased(long number, long atMs, String drawId) implements AccountEvent {}

  /**
   * Nobody bought what was left on offer: it goes to the house's default account at the marks, with
   * the part's share of equity, or with the debt that is left when nothing else is; both by one
   * transfer, so that contracts are never closed against winners before their part of the debt is
   * known.
   *
   * @param cashMicros for the default account; negative when it is a debt
   * @param drawId of the fund's draw for the debt; empty where there was none
   * @param paidMicros by the fund
   * @param losses that the debt comes from
   * @param fundMicros of what the fund paid, what goes along to be counted in receipts: all of it;
   *     0 of an event from before that was told
   */
  record HandedOver(
      long number,
      long atMs,
      long parameterVersion,
      String auctionId,
      String liquidationId,
      List<Leg> legs,
      long cashMicros,
      String drawId,
      long paidMicros,
      List<Loss> losses,
      long forgottenThroughMs,
      Health health,
      long fundMicros)
      implements ByParameters {
    public HandedOver {
      legs = List.copyOf(legs);
      losses = List.copyOf(losses);
    }
  }

  /**
   * The account took over what another handed it.
   *
   * @param transferId known for ever
   * @param legs as this account books them
   * @param cashMicros received; negative when a debt was taken over
   * @param losses that come with a debt
   * @param fundMicros see {@link Transfer#fundMicros}; 0 of an event from before that was told
   */
  record TransferTaken(
      long number,
      long atMs,
      long parameterVersion,
      String transferId,
      String from,
      long handedAtMs,
      List<Leg> legs,
      long cashMicros,
      List<Loss> losses,
      long forgottenThroughMs,
      Health health,
      long fundMicros)
      implements ByParameters {
    public TransferTaken {
      legs = List.copyOf(legs);
      losses = List.copyOf(losses);
    }
  }

  /**
   * The debt of a closed account is settled: the fund paid what it granted, the house's default
   * account took over the rest. The account owes nothing any more.
   *
   * @param drawId of the fund's draw
   * @param paidMicros by the fund
   * @param handedMicros what the default account took over
   * @param losses that the debt comes from
   * @param fundMicros of what the fund paid, what goes along with the rest to be counted in
   *     receipts: all of it where there is a rest, else nothing; 0 of an event from before that was
   *     told
   */
  record DebtSettled(
      long number,
      long atMs,
      String liquidationId,
      String drawId,
      long paidMicros,
      long handedMicros,
      List<Loss> losses,
      long fundMicros)
      implements AccountEvent {
    public DebtSettled {
      losses = List.copyOf(losses);
    }
  }

  // ---- auto-deleveraging

  /**
   * The account gave up profit; known by the step's id. An event of the form that did not name the
   * parts charges no position and no look-back with what was taken: at which marks that was is not
   * on record, and snapshots of those days hold no charge.
   *
   * @param lookBackMs within which realised profit counted
   * @param parts what it adds up to, each above 0, each instrument once
   * @param charging which realised profit bears it: {@link #OLDEST_FIRST}; 0 where that was not
   *     said yet, and it was booked in the hour of the taking
   */
  record ProfitTaken(
      long number,
      long atMs,
      long wave,
      String stepId,
      long askedMicros,
      long takenMicros,
      long lookBackMs,
      List<ProfitPart> parts,
      long charging)
      implements AccountEvent {
    /** Of realised profit within the look-back the oldest that was not lost again. */
    public static final long OLDEST_FIRST = 1;

    public ProfitTaken {
      parts = List.copyOf(parts);
    }
  }

  /**
   * Profit given up in one instrument.
   *
   * @param markTicks at which its unrealised profit was reckoned; of no account without a position
   */
  record ProfitPart(String instrument, long markTicks, long micros) {}

  /**
   * A closing of a wave could not be done for too long, and will never be: the account's version
   * moves on, so that no copy of the step is done later.
   */
  record StepDeclined(long number, long atMs, String stepId) implements AccountEvent {}

  /** The default account got what a wave took. */
  record DeficitPaid(long number, long atMs, long wave, String stepId, long micros)
      implements AccountEvent {}

  /** An account of the house, flat and owing nothing, gave what it had to the fund. */
  record SurplusPaid(long number, long atMs, String contributionId, long micros)
      implements AccountEvent {}

  /** A mark that a decision used. */
  record Mark(String instrument, long markTicks, long fundingIndex) {}
}
