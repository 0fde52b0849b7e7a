package org.novation.api;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Rejection;
import org.novation.liquidation.LiquidationState;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** What the edge asks of accounts. No method waits. Who may ask is decided before. */
public interface AccountPort {
  /**
   * Opens an account for a member; repeated for the same member it gives the first answer again.
   */
  CompletionStage<Answer<Opened>> open(String accountId, String member);

  /**
   * Credits collateral that has arrived.
   *
   * @param asset a listed asset's symbol
   * @param amount in the asset's smallest unit, above 0
   * @return the balance afterwards, in the asset's smallest unit
   */
  CompletionStage<Answer<Long>> deposit(
      String accountId, String depositId, String asset, long amount);

  /**
   * Gives collateral of one account to another; repeated with the same id and content it changes
   * nothing.
   *
   * @param transferId of the giving account's owner
   * @param asset a listed asset's symbol
   * @param amount in the asset's smallest unit, above 0
   * @return the giving account's balance afterwards, in the asset's smallest unit
   */
  CompletionStage<Answer<Long>> transfer(
      String fromId, String transferId, String toId, String asset, long amount);

  /** Caps the leverage; 0 removes the cap. */
  CompletionStage<Answer<Integer>> capLeverage(String accountId, int leverageMax);

  /** The account as it stands. */
  CompletionStage<Answer<AccountView>> get(String accountId);

  /**
   * The member that an account belongs to, which never changes; empty when there is no such
   * account.
   */
  CompletionStage<Optional<String>> memberOf(String accountId);

  /**
   * Accounts by id, ascending.
   *
   * @param member whose accounts, or null for everybody's
   * @param after only ids greater than this; empty for the first
   * @param limit at most so many
   */
  CompletionStage<List<Opened>> list(@Nullable String member, String after, int limit);

  /**
   * What a trade would do to an account; changes nothing.
   *
   * @param lots signed: positive buys
   */
  CompletionStage<Answer<Preview>> preview(
      String accountId, String instrument, long priceTicks, long lots);

  /**
   * Tells the account's state now and again whenever it changed, by any thread, until closed. The
   * listener does not wait. It may be told a state twice and need not be told every one in between,
   * but always the newest.
   *
   * @param listener also told when the account cannot be watched
   */
  Watch watch(String accountId, Consumer<Answer<AccountView>> listener);

  /** A subscription. */
  interface Watch extends AutoCloseable {
    /** Ends it; the listener may be told once more. */
    @Override
    void close();
  }

  /** An account in the directory. */
  record Opened(String accountId, String member, long openedAtMs) {}

  /**
   * One account at one instant, with the prices that it was judged by.
   *
   * @param sequenceNumber of its newest event
   * @param portfolio a copy; nobody changes it
   * @param holds what attempts to trade reserve, a copy
   * @param liquidation how far its liquidation is
   */
  record AccountView(
      String accountId,
      String member,
      long sequenceNumber,
      Portfolio portfolio,
      Holds holds,
      MarketView market,
      LiquidationView liquidation) {}

  /**
   * How far the liquidation of an account is.
   *
   * @param auctionId where a slice of it is for sale; empty when none is
   * @param deficitMicros that it still owes once it is closed
   */
  record LiquidationView(LiquidationState state, String auctionId, long deficitMicros) {}

  /**
   * What a trade would do.
   *
   * @param after has paid the fee
   * @param feeMicros by the parameters of {@code after}
   * @param refused why the trade would not be taken; null when it would
   */
  record Preview(
      AccountView before, AccountView after, long feeMicros, @Nullable Rejection refused) {}
}
