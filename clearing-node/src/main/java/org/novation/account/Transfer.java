package org.novation.account;

import java.util.List;

/**
 * Contracts at the marks, and cash, that one account has handed another outside of trades: what a
 * liquidator takes of a slice, what nobody took, a debt. On the giver's books already, for ever;
 * delivered until it is on the taker's.
 *
 * @param id known for ever
 * @param atMs when the giver booked it
 * @param legs as the giver booked them
 * @param cashMicros for the taker; negative when it is a debt
 * @param losses that the debt comes from
 * @param fundMicros what the insurance fund paid of the debt before the rest became this; moves no
 *     money, for the giver has booked it
 */
public record Transfer(
    String id,
    String from,
    String to,
    long atMs,
    List<Leg> legs,
    long cashMicros,
    List<Loss> losses,
    long fundMicros) {
  public Transfer {
    legs = List.copyOf(legs);
    losses = List.copyOf(losses);
  }
}
