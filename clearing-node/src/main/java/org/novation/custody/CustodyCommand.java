package org.novation.custody;

/** What custody can be asked to do. Each may be repeated: it counts once. */
public sealed interface CustodyCommand {
  /** Puts another set of custodians in force: a later one than the present. */
  record AdoptCustodians(CustodianSet set) implements CustodyCommand {}

  /** A custodian says that a transaction came into the vault, for an account. */
  record AttestDeposit(
      String chain,
      String transaction,
      String asset,
      long amount,
      String address,
      String account,
      long block,
      long expiresAtMs,
      String custodian,
      String signature)
      implements CustodyCommand {
    Deposit.Content content() {
      return new Deposit.Content(chain, transaction, asset, amount, address, account, block);
    }
  }

  /** The account has booked a confirmed deposit. */
  record NoteCredited(String depositId) implements CustodyCommand {}

  /**
   * An account's owner wants collateral to leave the house.
   *
   * @param expiresAtMs when it returns unless it is settled; part of what custodians sign
   */
  record RequestWithdrawal(
      String account,
      String withdrawalId,
      String chain,
      String asset,
      long amount,
      String address,
      long expiresAtMs)
      implements CustodyCommand {}

  /** A custodian's signature for a withdrawal, or against it. */
  record Vote(
      String account, String withdrawalId, Purpose purpose, String custodian, String signature)
      implements CustodyCommand {}

  /** The account's owner calls a withdrawal off. */
  record CancelWithdrawal(String account, String withdrawalId) implements CustodyCommand {}

  /**
   * The account has answered whether it holds the money.
   *
   * @param withdrawal its number
   * @param why {@link HoldRefusal#NONE} when it is held
   */
  record NoteHeld(String account, long withdrawal, HoldRefusal why) implements CustodyCommand {}

  /** The account has booked how a withdrawal ended. */
  record NoteBooked(String account, long withdrawal) implements CustodyCommand {}

  /** Does what is due by time alone: settles, expires. */
  record Advance() implements CustodyCommand {}
}
