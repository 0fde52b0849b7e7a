package org.novation.account;

import java.util.List;
import org.novation.clearing.Attempt;
import org.novation.clearing.Books.Known;
import org.novation.clearing.GatewayActor.Request;
import org.novation.clearing.Trade;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.money.Increment;
import org.novation.risk.Holds;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/**
 * Two markets in which figures can be checked by head: one lot at one tick is one unit, initial
 * margin 10 %, maintenance 5 %, at most 100 lots an account. BTC is collateral at 80 %.
 */
public final class Markets {
  /** Micros of one unit of the settlement asset. */
  public static final long UNIT = 1_000_000;

  /** When everything happens, in house time. */
  public static final long NOW_MS = 1_700_000_000_000L;

  static final int BTC_PERP = 0;
  static final int ETH_PERP = 1;
  static final int BTC = 1;
  static final Holds NO_HOLDS = new Holds();
  public static final Catalogue CATALOGUE = catalogue();
  static final LiquidationPolicy POLICY = ofAnySlice(LiquidationPolicy.DEFAULTS);

  private Markets() {}

  /** Positions here are small: a slice may be as small as a lot. */
  private static LiquidationPolicy ofAnySlice(LiquidationPolicy policy) {
    return new LiquidationPolicy(
        policy.bufferPpm(),
        policy.penaltyPpm(),
        policy.feeCapPpm(),
        policy.dustMicros(),
        0,
        policy.throttleMicrosPerMinute(),
        policy.penaltyPhaseMs(),
        policy.bankruptcyPhaseMs(),
        policy.fundPhaseMs(),
        policy.lastCallMs(),
        policy.minimumBidPpm(),
        policy.reservationMs(),
        policy.standstillMsMax());
  }

  /** Both markets fresh at this mark, BTC worth 100 units. */
  public static MarketView at(long markTicks) {
    MarketView view = MarketView.unpriced(CATALOGUE, NOW_MS);
    for (int i = 0; i < CATALOGUE.instruments(); i++)
      view = with(view, i, markTicks, 0, PriceValidity.FRESH);
    return withBtc(view, 100, PriceValidity.FRESH);
  }

  static MarketView with(
      MarketView view, int instrument, long markTicks, long fundingIndex, PriceValidity validity) {
    Perpetual perpetual = view.catalogue().perpetual(instrument);
    MarginLadders ladders = MarginLadders.fixed(perpetual.initial(), perpetual.maintenance());
    return view.with(
        instrument,
        new MarketView.Instrument(markTicks, markTicks, fundingIndex, validity, ladders),
        NOW_MS);
  }

  static MarketView withBtc(MarketView view, long price, PriceValidity validity) {
    return view.with(
        BTC,
        new MarketView.AssetPrice(price * UNIT, 1_000_000, 1_000_000, 1_000_000, validity, 0),
        NOW_MS);
  }

  /** An account that has been opened and has this much cash. */
  static Account account(String id, long cashMicros) {
    Account account = new Account(id, CATALOGUE);
    Batch batch = batch(account, at(100));
    batch.open("member-" + id);
    if (cashMicros != 0) batch.deposit("first", "USDC", cashMicros, Known.NO);
    batch.finish().forEach(account::apply);
    return account;
  }

  static Batch batch(Account account, MarketView view) {
    return new Batch(account, NO_HOLDS, view, POLICY, NOW_MS);
  }

  /** Trades of one account with a counterparty that does not matter. */
  static Trade buys(String account, String tradeId, long lots, long priceTicks) {
    return trade(tradeId, "BTC-PERP", lots, priceTicks, account, "somebody");
  }

  static Trade sells(String account, String tradeId, long lots, long priceTicks) {
    return trade(tradeId, "BTC-PERP", lots, priceTicks, "somebody", account);
  }

  /** A trade executed now. */
  public static Trade trade(
      String tradeId, String instrument, long lots, long priceTicks, String buyer, String seller) {
    return new Trade("venue", tradeId, instrument, priceTicks, lots, buyer, seller, NOW_MS);
  }

  static Request request(long attempt, Trade trade) {
    return new Request(new Attempt(attempt, NOW_MS), trade);
  }

  /** Books a trade that the account is the last of; it must be possible. */
  static void book(Account account, Trade trade, MarketView view) {
    Batch batch = batch(account, view);
    if (batch.judge(trade) != null) throw new IllegalStateException("refused: " + trade);
    batch.novate(trade);
    batch.finish().forEach(account::apply);
  }

  /** The oldest leg that the account committed and whose other side is not known to have it. */
  static Leg oldestCommitted(Account account) {
    return List.copyOf(account.outbox().values()).getFirst();
  }

  private static Catalogue catalogue() {
    Increment one = Increment.of("1");
    Ladder initial = new Ladder(new long[] {0}, new long[] {100_000});
    Ladder maintenance = new Ladder(new long[] {0}, new long[] {50_000});
    Perpetual.Scaling scaling = new Perpetual.Scaling(0, 0, 1_000_000, 1_000_000, 1, 1_000_000);
    Perpetual.Funding funding = new Perpetual.Funding(100, 500, 40_000);
    return new Catalogue(
        1,
        List.of("BTC", "ETH").stream()
            .map(
                underlying ->
                    new Perpetual(
                        underlying + "-PERP",
                        underlying,
                        one,
                        one,
                        100,
                        100,
                        initial,
                        maintenance,
                        scaling,
                        1_000 * UNIT,
                        500_000,
                        funding))
            .toList(),
        List.of(
            new Asset("USDC", 6, 1_000_000, 0, 0, false),
            new Asset("BTC", 8, 800_000, 0, 0, false)));
  }
}
