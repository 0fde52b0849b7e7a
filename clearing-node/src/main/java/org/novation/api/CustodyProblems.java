package org.novation.api;

import com.google.rpc.Code;
import java.time.Instant;
import java.util.Locale;
import java.util.function.Supplier;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.Rejection;
import org.novation.custody.CustodyRefusal;
import org.novation.custody.HoldRefusal;
import org.novation.instrument.Catalogue;
import org.novation.money.Decimals;
import org.novation.risk.Stop;

/** The one translation of what custody refuses. Amounts travel as decimals of their asset. */
final class CustodyProblems {
  private static final int MICROS = 6;

  private CustodyProblems() {}

  static Problem problem(CustodyRefusal why, Supplier<Catalogue> catalogue) {
    return switch (why) {
      case CustodyRefusal.BadField(var field, var what) ->
          Problem.inField(field, "MALFORMED", what);
      case CustodyRefusal.UnknownAsset(var asset, var chain) ->
          Problem.inField(
              "asset",
              "UNKNOWN_ASSET",
              "custody does not take " + asset + " on " + chain,
              "asset",
              asset,
              "chain",
              chain);
      case CustodyRefusal.UnknownCustodian(var custodian, var version) ->
          Problem.of(
              Code.PERMISSION_DENIED,
              "UNKNOWN_CUSTODIAN",
              custodian + " is none of the custodians in force",
              "custodian",
              custodian,
              "set_version",
              Long.toString(version));
      case CustodyRefusal.BadSignature(var custodian, var nonce, var version) ->
          Problem.of(
              Code.PERMISSION_DENIED,
              "BAD_SIGNATURE",
              "this is not the signature of " + custodian + " for the message that is due",
              "custodian",
              custodian,
              "nonce",
              Long.toString(nonce),
              "set_version",
              Long.toString(version));
      case CustodyRefusal.Expired(var expires, var now) ->
          outOfTime("EXPIRED", "its time is over", "expires_at_ms", expires, "now_ms", now);
      case CustodyRefusal.ExpiresTooSoon(var expires, var earliest) ->
          outOfTime(
              "EXPIRES_TOO_SOON",
              "it would expire before its waiting time is over",
              "expires_at_ms",
              expires,
              "earliest_ms",
              earliest);
      case CustodyRefusal.ExpiresTooLate(var expires, var latest) ->
          outOfTime(
              "EXPIRES_TOO_LATE",
              "it would hold for longer than is allowed",
              "expires_at_ms",
              expires,
              "latest_ms",
              latest);
      case CustodyRefusal.DuplicateWithOtherContent(var id) ->
          Problem.of(
              Code.ALREADY_EXISTS,
              "DUPLICATE_WITH_OTHER_CONTENT",
              "the id " + id + " is known with other content",
              "id",
              id);
      case CustodyRefusal.ConflictingAttestation conflict ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "CONFLICTING_ATTESTATION",
              "another custodian says otherwise of this transaction; yours is recorded",
              "deposit_id",
              conflict.depositId(),
              "account",
              conflict.account(),
              "saying_so",
              Integer.toString(conflict.saying()),
              "needed",
              Integer.toString(conflict.needed()));
      case CustodyRefusal.UnknownWithdrawal(var account, var id) -> unknown(account, id);
      case CustodyRefusal.AlreadyOver(var id, var outcome) ->
          precondition(
              "ALREADY_OVER",
              "the withdrawal has ended: " + outcome.name().toLowerCase(Locale.ROOT),
              "withdrawal_id",
              id,
              "outcome",
              outcome.name());
      case CustodyRefusal.HasObjected(var custodian) ->
          precondition(
              "HAS_OBJECTED",
              custodian + " has objected to it and cannot approve it",
              "custodian",
              custodian);
      case CustodyRefusal.NotHeldYet(var id) ->
          precondition(
              "NOT_HELD_YET", "the account does not hold the money yet", "withdrawal_id", id);
      case CustodyRefusal.NotHeld(_, var refusal) -> notHeld(refusal);
      case CustodyRefusal.LimitReached limit -> limit(limit, catalogue.get());
      case CustodyRefusal.VaultShort(var asset, var chain, var amount, var available) ->
          precondition(
              "VAULT_SHORT",
              "there is not so much in the vault that is not promised already",
              "asset",
              asset,
              "chain",
              chain,
              "amount",
              text(asset, amount, catalogue.get()),
              "available",
              text(asset, available, catalogue.get()));
      case CustodyRefusal.Braked(var brake, var subject, var until) ->
          Refusals.problem(Rejection.of(new Stop(brake, subject, until)), catalogue.get());
      case CustodyRefusal.Busy(var what, var most) ->
          Problem.of(
              Code.RESOURCE_EXHAUSTED,
              "BUSY",
              "there is no room for more " + what + ": try later",
              "most",
              Long.toString(most));
      case CustodyRefusal.BadSet(var what) -> precondition("BAD_SET", what);
    };
  }

  static Problem unknown(String account, String withdrawalId) {
    return Problem.of(
        Code.NOT_FOUND,
        "UNKNOWN_WITHDRAWAL",
        "there is no such withdrawal",
        "account",
        account,
        "withdrawal_id",
        withdrawalId);
  }

  private static Problem limit(CustodyRefusal.LimitReached of, Catalogue catalogue) {
    String until = of.untilMs() == 0 ? "" : " until " + Instant.ofEpochMilli(of.untilMs());
    return precondition(
        "LIMIT_REACHED",
        "no more may leave (%s of %s)%s"
            .formatted(of.limit().name().toLowerCase(Locale.ROOT), of.subject(), until),
        "limit",
        of.limit().name(),
        "subject",
        of.subject(),
        "amount",
        text(of.asset(), of.amount(), catalogue),
        "used",
        text(of.asset(), of.used(), catalogue),
        "cap",
        text(of.asset(), of.cap(), catalogue),
        "until_ms",
        Long.toString(of.untilMs()));
  }

  private static Problem notHeld(HoldRefusal why) {
    return precondition(
        "NOT_HELD",
        "the account cannot give it: " + sentence(why),
        "why",
        why.code().name(),
        "subject",
        why.subject(),
        "have",
        Decimals.format(why.haveMicros(), MICROS),
        "need",
        Decimals.format(why.needMicros(), MICROS),
        "until_ms",
        Long.toString(why.untilMs()));
  }

  static String sentence(HoldRefusal why) {
    return switch (why.code()) {
      case NONE -> "";
      case UNKNOWN_ACCOUNT -> "there is no account " + why.subject();
      case BALANCE -> "it does not have so much " + why.subject();
      case MARGIN -> "too little would be left, unrealised profit aside";
      case LIQUIDATION -> "it is being liquidated";
      case TOO_MANY -> "too many withdrawals are on their way";
      case PAUSE -> "an operator has paused withdrawals";
      case INSOLVENT_ACCOUNT -> "the loss of " + why.subject() + " is not covered";
      case OUTAGE -> "prices of " + why.subject() + " were missing not long ago";
      case HALT -> why.subject() + " is halted";
      case NO_FRESH_PRICE -> why.subject() + " has no fresh price";
      case DIVERGED_PRICES -> "the feeds of " + why.subject() + " disagree";
      case KILL_SWITCH -> "the kill switch is thrown";
      case PARAMETERS -> "its node cannot read the parameters in force";
    };
  }

  private static Problem precondition(String reason, String message, String... numbers) {
    return Problem.of(Code.FAILED_PRECONDITION, reason, message, numbers);
  }

  private static Problem outOfTime(
      String reason, String message, String name, long value, String bound, long at) {
    return Problem.of(
        Code.OUT_OF_RANGE, reason, message, name, Long.toString(value), bound, Long.toString(at));
  }

  /** Of an asset that is no longer listed, its smallest units. */
  static String text(String asset, long amount, Catalogue catalogue) {
    Integer index = catalogue.asset(asset);
    return Decimals.format(amount, index == null ? 0 : catalogue.asset(index).decimals());
  }
}
