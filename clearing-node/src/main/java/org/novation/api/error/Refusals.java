package org.novation.api.error;

import static org.novation.money.Decimals.micros;
import static org.novation.money.Decimals.ppm;

import com.google.rpc.Code;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Rejection;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.insurance.FundRefusal;
import org.novation.liquidation.auction.AuctionEvent.LapseCause;
import org.novation.liquidation.auction.BidRefusal;
import org.novation.money.Decimals;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

/**
 * Every refusal of the trade as callers see it: its code, reason and numbers, these in the units of
 * the contract.
 */
public final class Refusals {
  private Refusals() {}

  /** The one translation. A new refusal does not compile until it has its line here. */
  public static Problem problem(Rejection rejection, Catalogue catalogue) {
    return switch (rejection) {
      case Rejection.InsufficientMargin(var account, var required, var free) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "INSUFFICIENT_MARGIN",
              account
                  + " needs "
                  + micros(required)
                  + " of margin and has "
                  + micros(free)
                  + " free",
              "account",
              account,
              "required",
              micros(required),
              "free",
              micros(free));
      case Rejection.ReduceOnly(var account, var equity, var maintenance) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "REDUCE_ONLY",
              account + " is under maintenance margin: only reductions are allowed",
              "account",
              account,
              "equity",
              micros(equity),
              "maintenance",
              micros(maintenance));
      case Rejection.MarketStale(var market) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "MARKET_STALE",
              market + " has no fresh price: only reductions are allowed until its feeds are back",
              "instrument",
              market,
              "brake",
              Brake.NO_FRESH_PRICE.name());
      case Rejection.Braked(var brake, var subject, var until) -> braked(brake, subject, until);
      case Rejection.PriceOutOfBand(var instrument, var price, var low, var high) ->
          priceOutOfBand(instrument, price, low, high, catalogue);
      case Rejection.PositionLimit(var account, var instrument, var limit) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "POSITION_LIMIT",
              account + " would hold more of " + instrument + " than is allowed",
              "account",
              account,
              "instrument",
              instrument,
              "limit",
              quantity(instrument, limit, catalogue));
      case Rejection.TooLarge(var account) ->
          Problem.of(
              Code.INVALID_ARGUMENT,
              "TOO_LARGE",
              "a figure of " + account + " would not fit",
              "account",
              account);
      case Rejection.InsufficientBalance(var account, var symbol, var amount, var balance) ->
          insufficientBalance(account, symbol, amount, balance, catalogue);
      case Rejection.InsufficientEquity(var account, var equity, var required) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "INSUFFICIENT_EQUITY",
              account
                  + " would be left with "
                  + micros(equity)
                  + ", unrealised profit aside, and must keep "
                  + micros(required),
              "account",
              account,
              "equity",
              micros(equity),
              "required",
              micros(required));
      case Rejection.InLiquidation(var account) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "IN_LIQUIDATION",
              account + " is being liquidated: nothing leaves it",
              "account",
              account);
      case Rejection.NoRescue(var account, var needed) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "NO_RESCUE",
              account
                  + " is being liquidated and takes only what ends that: at least "
                  + micros(needed),
              "account",
              account,
              "needed",
              micros(needed));
      case Rejection.UnknownAccount(var account) ->
          Problem.of(
              Code.NOT_FOUND,
              "UNKNOWN_ACCOUNT",
              "there is no account " + account,
              "account",
              account);
      case Rejection.AccountTaken(var account) ->
          Problem.of(
              Code.ALREADY_EXISTS,
              "ACCOUNT_TAKEN",
              account + " belongs to somebody else: choose another id",
              "account",
              account);
      case Rejection.UnknownInstrument(var instrument) ->
          Problem.of(
              Code.INVALID_ARGUMENT,
              "UNKNOWN_INSTRUMENT",
              "there is no instrument " + instrument,
              "instrument",
              instrument);
      case Rejection.UnknownAsset(var asset) ->
          Problem.of(
              Code.INVALID_ARGUMENT, "UNKNOWN_ASSET", "there is no asset " + asset, "asset", asset);
      case Rejection.AmountNotPositive(var amount) ->
          Problem.of(
              Code.INVALID_ARGUMENT,
              "NOT_POSITIVE",
              "the amount must be above zero",
              "amount",
              Long.toString(amount));
      case Rejection.DuplicateWithOtherContent(var id) -> duplicate(id);
      case Rejection.TooOld(var executed, var oldest) ->
          Problem.of(
              Code.OUT_OF_RANGE,
              "TOO_OLD",
              "executed before the window of remembered ids: ask GetTrade about an earlier attempt",
              "executed_at_ms",
              Long.toString(executed),
              "oldest_ms",
              Long.toString(oldest));
      case Rejection.InTheFuture(var executed, var newest) ->
          Problem.of(
              Code.OUT_OF_RANGE,
              "IN_THE_FUTURE",
              "executed later than the house's clock allows",
              "executed_at_ms",
              Long.toString(executed),
              "newest_ms",
              Long.toString(newest));
    };
  }

  /** Every refusal of an insurance fund. */
  public static Problem problem(FundRefusal refusal) {
    return switch (refusal) {
      case FundRefusal.AmountNotPositive(var amount) ->
          Problem.of(
              Code.INVALID_ARGUMENT,
              "NOT_POSITIVE",
              "the amount must be above zero",
              "amount",
              micros(amount));
      case FundRefusal.DuplicateWithOtherContent(var id) -> duplicate(id);
      case FundRefusal.InTheFuture(var issued, var newest) ->
          Problem.of(
              Code.OUT_OF_RANGE,
              "IN_THE_FUTURE",
              "given out later than the house's clock allows",
              "issued_at_ms",
              Long.toString(issued),
              "newest_ms",
              Long.toString(newest));
      case FundRefusal.UnknownDraw(var id) ->
          Problem.of(Code.NOT_FOUND, "UNKNOWN_DRAW", "there is no draw " + id, "id", id);
      case FundRefusal.BeyondGrant(var paid, var granted) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "BEYOND_GRANT",
              "more than was granted cannot have been paid",
              "paid",
              micros(paid),
              "granted",
              micros(granted));
      case FundRefusal.Busy _ -> Problem.unavailable("the fund has too many open draws");
      case FundRefusal.TooLarge(var amount) ->
          Problem.of(
              Code.INVALID_ARGUMENT,
              "TOO_LARGE",
              "more than the fund can count",
              "amount",
              micros(amount));
    };
  }

  /** Every brake but stale prices and the band, which say so with figures of their own. */
  private static Problem braked(Brake brake, String subject, long untilMs) {
    return Problem.of(
        Code.FAILED_PRECONDITION,
        "BRAKED",
        sentence(brake, subject, untilMs),
        "brake",
        brake.name(),
        "subject",
        subject,
        "until_ms",
        Long.toString(untilMs));
  }

  private static String sentence(Brake brake, String subject, long untilMs) {
    return sentence(brake, subject)
        + (untilMs == 0 ? untilUnknown(brake) : " until " + Instant.ofEpochMilli(untilMs));
  }

  private static String sentence(Brake brake, String subject) {
    return switch (brake) {
      case PAUSE -> "an operator has paused this for " + subject;
      case INSOLVENT_ACCOUNT -> "no withdrawals while the loss of " + subject + " is not covered";
      case OUTAGE -> "no withdrawals after the outage of " + subject;
      case HALT -> subject + " moved too far too fast: only reductions are allowed";
      case NO_FRESH_PRICE -> subject + " has no fresh price";
      case DIVERGED_PRICES -> "the feeds of " + subject + " disagree";
      case PRICE_BAND -> subject + " does not trade at such a price";
      case KILL_SWITCH -> "the kill switch is thrown: only reductions are allowed";
      case PARAMETERS ->
          "this node cannot go by " + subject + " of the parameters: only reductions are allowed";
      case RETIRED -> subject + " is retired: only reductions are allowed";
    };
  }

  private static String untilUnknown(Brake brake) {
    return switch (brake) {
      case PAUSE -> " until an operator lifts it";
      case NO_FRESH_PRICE, OUTAGE -> " until its feeds are back";
      case DIVERGED_PRICES -> " until they agree";
      case PRICE_BAND -> " until its mark moves";
      case KILL_SWITCH -> " until a vote lifts it";
      case PARAMETERS -> " until it can";
      case INSOLVENT_ACCOUNT, HALT, RETIRED -> "";
    };
  }

  /**
   * Why a bid was refused.
   *
   * @param bidId as the bidder named it
   */
  public static Problem problem(BidRefusal refusal, String bidId) {
    return switch (refusal) {
      case BidRefusal.NotALiquidator(var bidder) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "NOT_A_LIQUIDATOR",
              bidder + " cannot bid here",
              "account",
              bidder);
      case BidRefusal.DuplicateWithOtherContent _ -> duplicate(bidId);
      case BidRefusal.AuctionClosed(var closed) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "AUCTION_CLOSED",
              "nothing can be bid for any more",
              "closed_at_ms",
              Long.toString(closed));
      case BidRefusal.StaleVersion(var seen, var current) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "STALE_VERSION",
              "the seller's account has moved: look at the auction again",
              "seen",
              Long.toString(seen),
              "current",
              Long.toString(current));
      case BidRefusal.Suspended(var bidder, var lapsed) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "SUSPENDED",
              "too many bids of the member of "
                  + bidder
                  + " in this auction were not backed by margin",
              "account",
              bidder,
              "lapsed",
              Integer.toString(lapsed));
      case BidRefusal.TooManyReservations(var reserved) -> tooManyBids(reserved);
      case BidRefusal.NothingLeft(var retryAt) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "NOTHING_LEFT",
              "everything is sold or kept for other bids",
              "retry_at_ms",
              Long.toString(retryAt));
      case BidRefusal.BelowMinimumBid(var fraction, var minimum) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "BELOW_MINIMUM_BID",
              "a bid takes at least " + ppm(minimum) + " of the slice, or all that is left",
              "fraction",
              ppm(fraction),
              "minimum",
              ppm(minimum));
      case BidRefusal.PriceNotReached(var current, var asked, var reachedAt) ->
          Problem.of(
              Code.FAILED_PRECONDITION,
              "PRICE_NOT_REACHED",
              "the discount is " + ppm(current) + ", less than " + ppm(asked),
              "discount",
              ppm(current),
              "asked",
              ppm(asked),
              "reached_at_ms",
              Long.toString(reachedAt));
      case BidRefusal.MarketStale(var leg, var stop) -> stopped(Coins.symbolOf(leg), stop);
    };
  }

  private static Problem stopped(String symbol, @Nullable Stop stop) {
    if (stop == null) {
      return Problem.of(
          Code.FAILED_PRECONDITION,
          "MARKET_STALE",
          symbol + " cannot be auctioned now",
          "instrument",
          symbol);
    }
    if (stop.brake() != Brake.NO_FRESH_PRICE)
      return braked(stop.brake(), stop.subject(), stop.untilMs());
    return Problem.of(
        Code.FAILED_PRECONDITION,
        "MARKET_STALE",
        symbol + " has no fresh price: it cannot be auctioned until its feeds are back",
        "instrument",
        symbol,
        "brake",
        stop.brake().name());
  }

  /**
   * Why an accepted bid came to nothing.
   *
   * @param bidId as the bidder named it
   * @param why as far as it is known: what the bidder's account could not take it for, or what kept
   *     the house from settling it
   */
  public static Problem lapsed(
      String bidId, LapseCause cause, @Nullable Rejection why, Catalogue catalogue) {
    if (cause.countsAgainstBidder() && why != null) return problem(why, catalogue);
    Stop stop = cause == LapseCause.HOUSE ? stop(why) : null;
    Map<String, String> numbers = new HashMap<>(Map.of("id", bidId, "cause", cause.name()));
    String by = "";
    if (stop != null) {
      numbers.put("brake", stop.brake().name());
      numbers.put("subject", stop.subject());
      numbers.put("until_ms", Long.toString(stop.untilMs()));
      by = ", for " + sentence(stop.brake(), stop.subject(), stop.untilMs());
    }
    return new Problem(
        Code.FAILED_PRECONDITION,
        "BID_LAPSED",
        "the bid was accepted, but did not settle" + by + ": bid anew with another id",
        numbers,
        null);
  }

  private static @Nullable Stop stop(@Nullable Rejection why) {
    return switch (why) {
      case Rejection.MarketStale(var market) -> new Stop(Brake.NO_FRESH_PRICE, market, 0);
      case Rejection.Braked(var brake, var subject, var until) -> new Stop(brake, subject, until);
      case null, default -> null;
    };
  }

  /** So many bids wait for their answers that one more cannot be taken. */
  public static Problem tooManyBids(int waiting) {
    return Problem.of(
        Code.RESOURCE_EXHAUSTED,
        "TOO_MANY_BIDS",
        "too many bids for this auction wait for their answers: try again shortly",
        "waiting",
        Integer.toString(waiting));
  }

  private static Problem insufficientBalance(
      String account, String symbol, long amount, long balance, Catalogue catalogue) {
    int decimals = catalogue.asset(catalogue.assetListed(symbol)).decimals();
    String has = Decimals.format(balance, decimals);
    return Problem.of(
        Code.FAILED_PRECONDITION,
        "INSUFFICIENT_BALANCE",
        account + " has " + has + " " + symbol,
        "account",
        account,
        "asset",
        symbol,
        "amount",
        Decimals.format(amount, decimals),
        "balance",
        has);
  }

  private static Problem duplicate(String id) {
    return Problem.of(
        Code.ALREADY_EXISTS,
        "DUPLICATE_WITH_OTHER_CONTENT",
        "the id " + id + " is known with other content",
        "id",
        id);
  }

  private static Problem priceOutOfBand(
      String symbol, long price, long low, long high, Catalogue catalogue) {
    String priceText = price(symbol, price, catalogue);
    String lowText = price(symbol, low, catalogue);
    String highText = price(symbol, high, catalogue);
    return Problem.of(
        Code.FAILED_PRECONDITION,
        "PRICE_OUT_OF_BAND",
        symbol
            + " trades between "
            + lowText
            + " and "
            + highText
            + " until its mark moves, not at "
            + priceText,
        "instrument",
        symbol,
        "brake",
        Brake.PRICE_BAND.name(),
        "price",
        priceText,
        "low",
        lowText,
        "high",
        highText);
  }

  private static String price(String symbol, long ticks, Catalogue catalogue) {
    return catalogue.perpetual(catalogue.instrumentListed(symbol)).tick().text(ticks);
  }

  private static String quantity(String symbol, long lots, Catalogue catalogue) {
    return catalogue.perpetual(catalogue.instrumentListed(symbol)).lot().text(lots);
  }
}
