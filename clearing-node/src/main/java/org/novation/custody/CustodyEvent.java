package org.novation.custody;

import java.util.List;

/**
 * What happened in custody, with the figures that decided. History is append-only: add a record,
 * never change a released one. {@code withdrawal} is the number of the event that asked for it.
 */
public sealed interface CustodyEvent {
  /** 1 for the first event, then one more each. */
  long number();

  /** House time of the decision; never runs backwards. */
  long atMs();

  /** The parameters that it was decided by; 0 of events from before they said so. */
  long parameterVersion();

  /** Another set of custodians is in force. */
  record CustodiansAdopted(long number, long atMs, CustodianSet set, long parameterVersion)
      implements CustodyEvent {}

  /**
   * A custodian said that a transaction came in.
   *
   * @param conflicting whether that is not what stands
   * @param forgottenThroughBlock ids of this chain's deposits until that block are forgotten;
   *     Long.MIN_VALUE when none
   */
  record DepositAttested(
      long number,
      long atMs,
      String chain,
      String transaction,
      String asset,
      long amount,
      String address,
      String account,
      long block,
      String custodian,
      long setVersion,
      long expiresAtMs,
      String signature,
      boolean conflicting,
      long forgottenThroughBlock,
      long parameterVersion)
      implements CustodyEvent {
    Deposit.Claim claim() {
      return new Deposit.Claim(
          custodian,
          setVersion,
          expiresAtMs,
          new Deposit.Content(chain, transaction, asset, amount, address, account, block),
          signature);
    }
  }

  /** Enough custodians say the same: it is in the vault, and the account's. */
  record DepositConfirmed(
      long number,
      long atMs,
      String chain,
      String transaction,
      String asset,
      long amount,
      String address,
      String account,
      long block,
      List<String> custodians,
      long parameterVersion)
      implements CustodyEvent {
    public DepositConfirmed {
      custodians = List.copyOf(custodians);
    }

    Deposit.Content content() {
      return new Deposit.Content(chain, transaction, asset, amount, address, account, block);
    }
  }

  /** The account has booked it. */
  record DepositCredited(
      long number, long atMs, String chain, String transaction, long parameterVersion)
      implements CustodyEvent {}

  /**
   * A withdrawal was asked for, and is within every limit.
   *
   * @param waitMs how long it is to wait once the money is held
   * @param vaultsAmount all there is of the asset: what the shares are of
   * @param hourUsed asked for within the hour before
   * @param dayUsed asked for within the 24 hours before
   * @param forgottenThroughMs withdrawals that ended, and expired until then, are forgotten;
   *     Long.MIN_VALUE when none
   */
  record WithdrawalRequested(
      long number,
      long atMs,
      String account,
      String withdrawalId,
      String chain,
      String asset,
      long amount,
      String address,
      long expiresAtMs,
      long waitMs,
      long vaultsAmount,
      long hourUsed,
      long dayUsed,
      long forgottenThroughMs,
      long parameterVersion)
      implements CustodyEvent {}

  /** Something happened to a withdrawal that was asked for before. */
  sealed interface OfWithdrawal extends CustodyEvent {
    /** Whose account. */
    String account();

    /** The number of the event that asked for it. */
    long withdrawal();
  }

  /** The account holds the money. */
  record WithdrawalHeld(
      long number,
      long atMs,
      String account,
      long withdrawal,
      long releasableFromMs,
      long parameterVersion)
      implements OfWithdrawal {}

  /** A custodian approved. */
  record WithdrawalApproved(
      long number,
      long atMs,
      String account,
      long withdrawal,
      String custodian,
      long setVersion,
      long nonce,
      String signature,
      long parameterVersion)
      implements OfWithdrawal {}

  /**
   * A custodian disputed: approvals so far are void, this event's number is the new nonce.
   *
   * @param nonce that was signed
   */
  record WithdrawalDisputed(
      long number,
      long atMs,
      String account,
      long withdrawal,
      String custodian,
      long setVersion,
      long nonce,
      String signature,
      long releasableFromMs,
      long parameterVersion)
      implements OfWithdrawal {}

  /** A custodian wants it cancelled. */
  record WithdrawalOpposed(
      long number,
      long atMs,
      String account,
      long withdrawal,
      String custodian,
      long setVersion,
      long nonce,
      String signature,
      long parameterVersion)
      implements OfWithdrawal {}

  /**
   * How it ends is decided.
   *
   * @param vaultsAmount all there is of the asset, before
   * @param hourLeft that left within the hour before
   * @param dayLeft that left within the 24 hours before
   */
  record WithdrawalEnded(
      long number,
      long atMs,
      String account,
      long withdrawal,
      Outcome outcome,
      HoldRefusal why,
      long vaultsAmount,
      long hourLeft,
      long dayLeft,
      long parameterVersion)
      implements OfWithdrawal {}

  /** The account has booked the end. */
  record WithdrawalBooked(
      long number, long atMs, String account, long withdrawal, long parameterVersion)
      implements OfWithdrawal {}
}
