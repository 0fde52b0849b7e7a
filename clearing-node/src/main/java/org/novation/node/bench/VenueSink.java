package org.novation.node.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.novation.api.client.TradeAnswer;
import org.novation.api.client.TradeStream;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.protocol.v1.Trade;
import org.novation.simulation.bench.Order;
import org.novation.simulation.bench.TradeLoad;
import org.novation.simulation.bench.TradeSink;
import org.novation.simulation.bench.Verdict;

/** Streams a load's trades to a node as a venue would: through gRPC, with TLS and a token. */
final class VenueSink implements TradeSink {
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(30);

  private final BenchNode node;
  private final List<TradeStream> streams;
  private final List<Perpetual> perpetuals = new ArrayList<>();

  VenueSink(
      BenchNode node,
      List<TradeStream> streams,
      Catalogue catalogue,
      List<TradeLoad.Market> markets) {
    this.node = node;
    this.streams = List.copyOf(streams);
    for (TradeLoad.Market market : markets)
      perpetuals.add(catalogue.perpetual(catalogue.instrumentListed(market.symbol())));
  }

  @Override
  public void submit(Order order, Consumer<Verdict> whenAnswered) throws InterruptedException {
    Perpetual perpetual = perpetuals.get(order.instrument());
    Trade trade =
        Trade.newBuilder()
            .setTradeId(node.run() + "-" + order.number())
            .setInstrument(perpetual.symbol())
            .setPrice(perpetual.tick().text(order.priceTicks()))
            .setQuantity(perpetual.lot().text(order.lots()))
            .setBuyerAccountId(node.account(order.buyer()))
            .setSellerAccountId(node.account(order.seller()))
            .setExecutedAtMs(System.currentTimeMillis())
            .build();
    streams
        .get((int) (order.number() % streams.size()))
        .submit(trade, (submitted, answer) -> whenAnswered.accept(verdict(answer)));
  }

  private static Verdict verdict(TradeAnswer answer) {
    return switch (answer) {
      case TradeAnswer.Novated novated -> Verdict.NOVATED;
      case TradeAnswer.Refused refused -> Verdict.REFUSED;
      case TradeAnswer.Unknown unknown -> Verdict.UNKNOWN;
    };
  }

  @Override
  public void close() {
    try {
      for (TradeStream stream : streams) stream.awaitAnswers(LAST_ANSWERS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    streams.forEach(TradeStream::close);
  }
}
