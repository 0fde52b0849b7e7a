package org.novation.custody;

/** A withdrawal has changed: said to every node. */
public record WithdrawalTold(Withdrawal withdrawal) implements CustodyMessage {}
