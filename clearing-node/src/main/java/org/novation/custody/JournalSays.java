package org.novation.custody;

import org.jspecify.annotations.Nullable;

/**
 * What the journal says of one id: the answer to {@link CustodyDecision.LookUp}. Begin {@link #of}
 * the id and add every event of the journal from the first, in order.
 *
 * @param id of a deposit or a withdrawal, see {@link #ofDeposit} and {@link #ofWithdrawal}
 * @param through number of the last event that was read
 * @param withdrawal of this id, as it was then; null when there is none
 * @param credited the content of a deposit of this id that was confirmed; null when there is none
 */
public record JournalSays(
    String id, long through, @Nullable Withdrawal withdrawal, Deposit.@Nullable Content credited) {
  /** Before anything is read. */
  public static JournalSays of(String id) {
    return new JournalSays(id, 0, null, null);
  }

  /** The id of a deposit. */
  public static String ofDeposit(String chain, String transaction) {
    return "deposit " + Deposit.id(chain, transaction);
  }

  /** The id of a withdrawal. */
  public static String ofWithdrawal(String account, String withdrawalId) {
    return "withdrawal " + Withdrawal.key(account, withdrawalId);
  }

  /**
   * With the next event read.
   *
   * @throws IllegalStateException when it is not the next
   */
  public JournalSays and(CustodyEvent event) {
    if (event.number() != through + 1)
      throw new IllegalStateException("event " + event.number() + " follows " + through);
    Withdrawal now = withdrawal;
    Deposit.Content in = credited;
    switch (event) {
      case CustodyEvent.WithdrawalRequested asked -> {
        if (ofWithdrawal(asked.account(), asked.withdrawalId()).equals(id))
          now = Withdrawal.of(asked);
      }
      case CustodyEvent.DepositConfirmed confirmed -> {
        if (ofDeposit(confirmed.chain(), confirmed.transaction()).equals(id))
          in = confirmed.content();
      }
      case CustodyEvent.OfWithdrawal of -> {
        if (now != null && now.number() == of.withdrawal()) now = now.after(of);
      }
      case CustodyEvent.CustodiansAdopted _,
          CustodyEvent.DepositAttested _,
          CustodyEvent.DepositCredited _ -> {}
    }
    return new JournalSays(id, event.number(), now, in);
  }
}
