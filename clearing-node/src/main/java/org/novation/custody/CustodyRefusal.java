package org.novation.custody;

import org.novation.risk.Brake;

/** Why a command was refused: an ordinary answer, with its numbers. Amounts in smallest units. */
public sealed interface CustodyRefusal {
  /** From when it may be otherwise, if nothing else happens; 0 when time alone changes nothing. */
  default long untilMs() {
    return 0;
  }

  /** A field cannot be what it is. */
  record BadField(String field, String why) implements CustodyRefusal {}

  /** Custody does not take this asset on this chain. */
  record UnknownAsset(String asset, String chain) implements CustodyRefusal {}

  /** No custodian of the set that is in force. */
  record UnknownCustodian(String custodian, long setVersion) implements CustodyRefusal {}

  /**
   * The signature is not this custodian's of the message that is due: of other content, another
   * account or round, an earlier set, or of nothing.
   *
   * @param nonce that the message must have
   */
  record BadSignature(String custodian, long nonce, long setVersion) implements CustodyRefusal {}

  /** Its time is over. */
  record Expired(long expiresAtMs, long nowMs) implements CustodyRefusal {}

  /** It would expire before its waiting time is over. */
  record ExpiresTooSoon(long expiresAtMs, long earliestMs) implements CustodyRefusal {}

  /** It would hold for longer than is allowed. */
  record ExpiresTooLate(long expiresAtMs, long latestMs) implements CustodyRefusal {}

  /** The id is known with other content. */
  record DuplicateWithOtherContent(String id) implements CustodyRefusal {}

  /**
   * Another custodian said otherwise of the same transaction. It is recorded and does not count
   * toward what stands; when enough say otherwise in the same way, and nothing is credited, that
   * stands instead.
   *
   * @param saying how many say what this one says
   */
  record ConflictingAttestation(
      String depositId, String account, long amount, int saying, int needed)
      implements CustodyRefusal {}

  /** The account has no such withdrawal on its way. */
  record UnknownWithdrawal(String account, String withdrawalId) implements CustodyRefusal {}

  /** It has ended. */
  record AlreadyOver(String withdrawalId, Outcome outcome) implements CustodyRefusal {}

  /** Who has objected to a withdrawal does not approve it any more. */
  record HasObjected(String custodian) implements CustodyRefusal {}

  /** The money is not held yet. */
  record NotHeldYet(String withdrawalId) implements CustodyRefusal {}

  /** The account did not give it. */
  record NotHeld(String withdrawalId, HoldRefusal why) implements CustodyRefusal {
    @Override
    public long untilMs() {
      return why.untilMs();
    }
  }

  /** Too much in too short a time; see {@link Limit}. */
  record LimitReached(
      Limit limit, String subject, String asset, long amount, long used, long cap, long untilMs)
      implements CustodyRefusal {}

  /** What a limit is of. */
  enum Limit {
    /** All that leaves, within an hour. */
    POOL_HOUR,
    /** All that leaves, within 24 hours. */
    POOL_DAY,
    /** What one account takes out, within 24 hours. */
    ACCOUNT_DAY,
    /** What one address gets, within 24 hours. */
    ADDRESS_DAY
  }

  /** There is not so much in the vault of this chain, that is not promised already. */
  record VaultShort(String asset, String chain, long amount, long available)
      implements CustodyRefusal {}

  /** A brake is on. */
  record Braked(Brake brake, String subject, long untilMs) implements CustodyRefusal {}

  /** There is no room for it now. */
  record Busy(String what, long most) implements CustodyRefusal {}

  /** The set of custodians cannot be what it is, or does not follow the one in force. */
  record BadSet(String why) implements CustodyRefusal {}
}
