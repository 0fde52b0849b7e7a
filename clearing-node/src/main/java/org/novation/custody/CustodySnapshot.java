package org.novation.custody;

import java.util.List;
import org.novation.custody.Withdrawal.State;
import org.novation.custody.Withdrawal.Vote;

/**
 * Custody at one event number, as stored to keep recovery short. Lists are in a defined order, so
 * that equal states have equal snapshots.
 *
 * @param number of the last event included
 * @param forgottenThroughMs withdrawals that expired until then may have been forgotten
 * @param forgottenAtEvent the last event that forgot anything; 0 when none did
 * @param knownAddresses the latest last
 */
public record CustodySnapshot(
    long number,
    long atMs,
    CustodianSet set,
    List<Held> vaults,
    List<Deposit> deposits,
    List<Forgotten> forgotten,
    List<WithdrawalState> withdrawals,
    long forgottenThroughMs,
    long forgottenAtEvent,
    List<Velocity.Named> askedHour,
    List<Velocity.Named> askedDay,
    List<Velocity.Named> leftHour,
    List<Velocity.Named> leftDay,
    List<Velocity.Named> byAccount,
    List<Velocity.Named> byAddress,
    List<String> knownAddresses) {
  public CustodySnapshot {
    vaults = List.copyOf(vaults);
    deposits = List.copyOf(deposits);
    forgotten = List.copyOf(forgotten);
    withdrawals = List.copyOf(withdrawals);
    askedHour = List.copyOf(askedHour);
    askedDay = List.copyOf(askedDay);
    leftHour = List.copyOf(leftHour);
    leftDay = List.copyOf(leftDay);
    byAccount = List.copyOf(byAccount);
    byAddress = List.copyOf(byAddress);
    knownAddresses = List.copyOf(knownAddresses);
  }

  /** The vault of one asset on one chain. */
  public record Vault(String asset, String chain) {}

  /** What lies in a vault. */
  public record Held(Vault vault, long amount) {}

  /** Deposits of a chain until that block may have been forgotten. */
  public record Forgotten(String chain, long throughBlock) {}

  /** The states of a withdrawal by name. */
  public enum Phase {
    HOLDING,
    OPEN,
    CLOSING,
    CLOSED
  }

  /**
   * A remembered withdrawal. Of what its state does not have, 0, nothing, or any outcome.
   *
   * @param votes approvals where it is open, else all
   */
  public record WithdrawalState(
      long number,
      String account,
      String id,
      String chain,
      String asset,
      long amount,
      String address,
      long requestedAtMs,
      long expiresAtMs,
      Phase phase,
      long waitMs,
      long nonce,
      long releasableFromMs,
      List<Vote> votes,
      List<Vote> objections,
      Outcome outcome,
      HoldRefusal why) {
    public WithdrawalState {
      votes = List.copyOf(votes);
      objections = List.copyOf(objections);
    }

    static WithdrawalState of(Withdrawal of) {
      return switch (of.state()) {
        case State.Holding(var waitMs) ->
            of(of, Phase.HOLDING, waitMs, 0, 0, List.of(), List.of(), NO_OUTCOME, HoldRefusal.NONE);
        case State.Open(var nonce, var from, var approvals, var objections) ->
            of(of, Phase.OPEN, 0, nonce, from, approvals, objections, NO_OUTCOME, HoldRefusal.NONE);
        case State.Closing(var outcome, var why, var votes) ->
            of(of, Phase.CLOSING, 0, 0, 0, votes, List.of(), outcome, why);
        case State.Closed(var outcome, var why, var votes) ->
            of(of, Phase.CLOSED, 0, 0, 0, votes, List.of(), outcome, why);
      };
    }

    private static final Outcome NO_OUTCOME = Outcome.EXPIRED;

    private static WithdrawalState of(
        Withdrawal of,
        Phase phase,
        long waitMs,
        long nonce,
        long releasableFromMs,
        List<Vote> votes,
        List<Vote> objections,
        Outcome outcome,
        HoldRefusal why) {
      return new WithdrawalState(
          of.number(),
          of.account(),
          of.id(),
          of.chain(),
          of.asset(),
          of.amount(),
          of.address(),
          of.requestedAtMs(),
          of.expiresAtMs(),
          phase,
          waitMs,
          nonce,
          releasableFromMs,
          votes,
          objections,
          outcome,
          why);
    }

    Withdrawal withdrawal() {
      State state =
          switch (phase) {
            case HOLDING -> new State.Holding(waitMs);
            case OPEN -> new State.Open(nonce, releasableFromMs, votes, objections);
            case CLOSING -> new State.Closing(outcome, why, votes);
            case CLOSED -> new State.Closed(outcome, why, votes);
          };
      return new Withdrawal(
          number, account, id, chain, asset, amount, address, requestedAtMs, expiresAtMs, state);
    }
  }
}
