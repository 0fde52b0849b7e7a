package org.novation.api;

import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;

/** Reads trades from the wire. What is checked here needs the catalogue and nothing else. */
final class Trades {
  private Trades() {}

  /**
   * The trade in its own units. Fields are checked in the order of the message.
   *
   * @param venue who submits it, from its token
   * @throws org.novation.api.error.Problem.Found naming the field of the trade that is wrong
   */
  static Trade read(String venue, org.novation.protocol.v1.Trade trade, Catalogue catalogue) {
    String tradeId = Fields.id("trade_id", trade.getTradeId());
    Perpetual perpetual =
        catalogue.perpetual(Fields.instrument("instrument", trade.getInstrument(), catalogue));
    long priceTicks = Fields.priceTicks("price", trade.getPrice(), perpetual);
    long lots = Fields.lots("quantity", trade.getQuantity(), perpetual);
    Fields.requireCountable("quantity", perpetual, priceTicks, lots);
    String buyer = Fields.id("buyer_account_id", trade.getBuyerAccountId());
    String seller = Fields.id("seller_account_id", trade.getSellerAccountId());
    if (buyer.equals(seller)) {
      throw Fields.found(
          "seller_account_id",
          "SELF_TRADE",
          "buyer and seller are the same account",
          "account",
          buyer);
    }
    long executedAtMs = trade.getExecutedAtMs();
    if (executedAtMs <= 0) {
      throw Fields.found(
          "executed_at_ms",
          "MALFORMED",
          "the time of execution is missing",
          "value",
          Long.toString(executedAtMs));
    }
    return new Trade(
        venue, tradeId, perpetual.symbol(), priceTicks, lots, buyer, seller, executedAtMs);
  }

  /** The trade as the contract writes it. */
  static org.novation.protocol.v1.Trade write(Trade trade, Catalogue catalogue) {
    Perpetual perpetual = catalogue.perpetual(catalogue.instrumentListed(trade.instrument()));
    return org.novation.protocol.v1.Trade.newBuilder()
        .setTradeId(trade.tradeId())
        .setInstrument(trade.instrument())
        .setPrice(perpetual.tick().text(trade.priceTicks()))
        .setQuantity(perpetual.lot().text(trade.lots()))
        .setBuyerAccountId(trade.buyer())
        .setSellerAccountId(trade.seller())
        .setExecutedAtMs(trade.executedAtMs())
        .build();
  }
}
