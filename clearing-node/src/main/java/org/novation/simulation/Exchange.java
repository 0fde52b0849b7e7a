package org.novation.simulation;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.PlaceBidRequest;

/**
 * The house as a simulation sees it: what oracles, members, venues and liquidators can do through a
 * node's port, and the clock that the house goes by. Calls return when everything was answered;
 * what a node could not answer was sent again with the same id until it could. One thread.
 */
public interface Exchange extends AutoCloseable {
  /** Sets the house's clock, which never goes back. */
  void advanceTo(long timeMs);

  /** Opens accounts and books what they bring. */
  void open(List<NewAccount> accounts);

  /**
   * Has every oracle publish these prices, with the time that the house's clock shows.
   *
   * @return for each, in order, null when all of them were taken, else why not
   */
  List<@Nullable String> publish(List<Tick> ticks);

  /**
   * Submits trades as one venue.
   *
   * @return for each, in order, null when it was novated, else the reason of its refusal
   */
  List<@Nullable String> submit(List<Submission> trades);

  /** What margin did so far. Cheap; may lag behind the newest price by what is still under way. */
  MarginTally margin();

  /** Waits until accounts have judged the newest prices. */
  void settle();

  // ---- the default waterfall

  /**
   * Whether the house resolves anything: accounts under maintenance margin, auctions, what nobody
   * bought, waves. Cheap; may lag behind by what is still under way.
   */
  boolean resolving();

  /** Waits until the house has done, by all that shows, what there is to do at this time. */
  void quiet();

  /** How often there was news of the waterfall: what stands still has none. */
  long waterfallMoves();

  /** How many waves of deleveraging there were. */
  long waves();

  /** What is for sale, by id. */
  List<Auction> auctions();

  /** Has one liquidator bid for its own account, and waits for what became of it. */
  void bid(String liquidator, List<PlaceBidRequest> bids);

  /** Accounts as they are now, in the order of the ids. */
  List<Account> accounts(List<String> ids);

  /** Notional held long at the marks, of all instruments, in the settlement asset. */
  double openInterest();

  /** How often something had to be sent again because the node could not answer. */
  long retries();

  @Override
  void close();

  /** An account and what it brings: at most one deposit of an asset. */
  record NewAccount(String accountId, String member, List<Money> deposits) {
    public NewAccount {
      deposits = List.copyOf(deposits);
    }
  }

  /** An amount of an asset, as a plain decimal. */
  record Money(String asset, String amount) {}

  /** A trade as it goes over the wire. */
  record Submission(
      String tradeId,
      String instrument,
      String price,
      String quantity,
      String buyer,
      String seller,
      long executedAtMs) {}

  /**
   * Accounts that fell under a threshold, counted each time they did.
   *
   * @param earlyWarnings under 110 % of initial margin
   * @param marginCalls under initial margin
   * @param liquidationTriggers under maintenance margin
   */
  record MarginTally(long earlyWarnings, long marginCalls, long liquidationTriggers) {}
}
