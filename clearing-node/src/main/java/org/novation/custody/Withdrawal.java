package org.novation.custody;

import java.util.ArrayList;
import java.util.List;

/**
 * One withdrawal.
 *
 * @param number of the event that asked for it: the account goes by it
 * @param id its owner's name for it, unique in the account
 */
public record Withdrawal(
    long number,
    String account,
    String id,
    String chain,
    String asset,
    long amount,
    String address,
    long requestedAtMs,
    long expiresAtMs,
    State state) {

  /** Where it is. It only ever goes forward in this list. */
  public sealed interface State {
    /**
     * The account is asked for the money, until it answers.
     *
     * @param waitMs how long it is to wait once the money is held
     */
    record Holding(long waitMs) implements State {}

    /**
     * The money is held, and custodians say what they think.
     *
     * @param nonce that they must sign; a dispute changes it, so that what was signed before is
     *     void
     * @param releasableFromMs not to be settled before
     * @param objections of those who disputed it, or want it cancelled
     */
    record Open(long nonce, long releasableFromMs, List<Vote> approvals, List<Vote> objections)
        implements State {
      public Open {
        approvals = List.copyOf(approvals);
        objections = List.copyOf(objections);
      }

      /** Whether somebody has disputed it. */
      public boolean disputed() {
        return objections.stream().anyMatch(vote -> vote.purpose() == Purpose.DISPUTE_WITHDRAWAL);
      }
    }

    /**
     * How it ends is decided for ever; the account is told until it has booked it.
     *
     * @param why where the account refused
     * @param votes that counted, or had counted
     */
    record Closing(Outcome outcome, HoldRefusal why, List<Vote> votes) implements State {
      public Closing {
        votes = List.copyOf(votes);
      }
    }

    /** The account has booked it. */
    record Closed(Outcome outcome, HoldRefusal why, List<Vote> votes) implements State {
      public Closed {
        votes = List.copyOf(votes);
      }
    }
  }

  /** What a custodian signed. */
  public record Vote(
      String custodian, Purpose purpose, long setVersion, long nonce, String signature) {}

  /** As it was asked for. */
  static Withdrawal of(CustodyEvent.WithdrawalRequested event) {
    return new Withdrawal(
        event.number(),
        event.account(),
        event.withdrawalId(),
        event.chain(),
        event.asset(),
        event.amount(),
        event.address(),
        event.atMs(),
        event.expiresAtMs(),
        new State.Holding(event.waitMs()));
  }

  /**
   * After the next event about it.
   *
   * @throws IllegalStateException when the event cannot follow: the journal is wrong
   */
  Withdrawal after(CustodyEvent.OfWithdrawal event) {
    return switch (event) {
      case CustodyEvent.WithdrawalHeld held when state instanceof State.Holding ->
          with(new State.Open(held.number(), held.releasableFromMs(), List.of(), List.of()));
      case CustodyEvent.WithdrawalApproved vote when state instanceof State.Open open -> {
        Vote approval =
            new Vote(
                vote.custodian(),
                Purpose.APPROVE_WITHDRAWAL,
                vote.setVersion(),
                vote.nonce(),
                vote.signature());
        yield with(
            new State.Open(
                open.nonce(),
                open.releasableFromMs(),
                plus(open.approvals(), approval),
                open.objections()));
      }
      case CustodyEvent.WithdrawalDisputed vote when state instanceof State.Open open -> {
        Vote dispute =
            new Vote(
                vote.custodian(),
                Purpose.DISPUTE_WITHDRAWAL,
                vote.setVersion(),
                vote.nonce(),
                vote.signature());
        yield with(
            new State.Open(
                vote.number(),
                Math.max(open.releasableFromMs(), vote.releasableFromMs()),
                List.of(),
                plus(open.objections(), dispute)));
      }
      case CustodyEvent.WithdrawalOpposed vote when state instanceof State.Open open -> {
        Vote cancel =
            new Vote(
                vote.custodian(),
                Purpose.CANCEL_WITHDRAWAL,
                vote.setVersion(),
                vote.nonce(),
                vote.signature());
        yield with(
            new State.Open(
                open.nonce(),
                open.releasableFromMs(),
                without(open.approvals(), vote.custodian()),
                plus(open.objections(), cancel)));
      }
      case CustodyEvent.WithdrawalEnded ended when undecided() ->
          with(new State.Closing(ended.outcome(), ended.why(), votes()));
      case CustodyEvent.WithdrawalBooked _ when state instanceof State.Closing closing ->
          with(new State.Closed(closing.outcome(), closing.why(), closing.votes()));
      default ->
          throw new IllegalStateException(
              "withdrawal " + number + " in " + state + " does not follow " + event);
    };
  }

  private Withdrawal with(State next) {
    return new Withdrawal(
        number, account, id, chain, asset, amount, address, requestedAtMs, expiresAtMs, next);
  }

  /** A custodian has one vote of a kind: a new one takes the place of the former. */
  private static List<Vote> plus(List<Vote> votes, Vote vote) {
    List<Vote> all = without(votes, vote.custodian());
    all.add(vote);
    return all;
  }

  private static List<Vote> without(List<Vote> votes, String custodian) {
    List<Vote> others = new ArrayList<>(votes.size() + 1);
    for (Vote one : votes) {
      if (!one.custodian().equals(custodian)) others.add(one);
    }
    return others;
  }

  /** Account and id in one text: neither has a space. */
  String key() {
    return key(account, id);
  }

  static String key(String account, String id) {
    return account + ' ' + id;
  }

  /** Whether it was asked for in the same words. */
  boolean sameAs(CustodyCommand.RequestWithdrawal asked) {
    return chain.equals(asked.chain())
        && asset.equals(asked.asset())
        && amount == asked.amount()
        && address.equals(asked.address())
        && expiresAtMs == asked.expiresAtMs();
  }

  /** What custodians must sign for a purpose now; the nonce is 0 while it is not open. */
  public CanonicalMessage message(Purpose purpose, String house, long setVersion) {
    return new CanonicalMessage(
        purpose,
        house,
        chain,
        asset,
        amount,
        address,
        account,
        id,
        nonce(),
        expiresAtMs,
        setVersion);
  }

  /** Of the round of approval that it is in; 0 while it is not open. */
  public long nonce() {
    return state instanceof State.Open open ? open.nonce() : 0;
  }

  /** What custodians signed of it, as far as it counts or counted when it ended. */
  public List<Vote> votes() {
    return switch (state) {
      case State.Holding _ -> List.of();
      case State.Open open -> {
        List<Vote> all = new ArrayList<>(open.approvals());
        all.addAll(open.objections());
        yield all;
      }
      case State.Closing closing -> closing.votes();
      case State.Closed closed -> closed.votes();
    };
  }

  /** Whether how it ends is not decided. */
  boolean undecided() {
    return switch (state) {
      case State.Holding _, State.Open _ -> true;
      case State.Closing _, State.Closed _ -> false;
    };
  }

  static int counting(List<Vote> votes, long setVersion) {
    int counting = 0;
    for (Vote vote : votes) {
      if (vote.setVersion() == setVersion) counting++;
    }
    return counting;
  }
}
