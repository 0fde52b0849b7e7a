package org.novation.node;

/** Accounts that owe more than they have, by what this node's boards have heard. */
record Debtors(AuctionBoard auctions, PhaseBoard phases) implements Custodies.Debtors {
  @Override
  public boolean known() {
    return phases.hasHeardAll();
  }

  @Override
  public boolean any() {
    return auctions.hasInsolventSeller() || phases.hasInsolvent();
  }

  @Override
  public long gone() {
    return phases.debtsGone();
  }
}
