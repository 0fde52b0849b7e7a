package org.novation.api;

import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.clearing.Outcome;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.NovatedTrade;
import org.novation.protocol.v1.TradeResult;

/** Writes what came of a trade. */
final class Outcomes {
  private Outcomes() {}

  static NovatedTrade novated(String tradeId, Outcome.Novated novated) {
    return NovatedTrade.newBuilder()
        .setTradeId(tradeId)
        .setNovatedAtMs(novated.novatedAtMs())
        .build();
  }

  static TradeResult result(String tradeId, Outcome outcome, Catalogue catalogue) {
    TradeResult.Builder result = TradeResult.newBuilder().setTradeId(tradeId);
    return switch (outcome) {
      case Outcome.Novated novated -> result.setNovated(novated(tradeId, novated)).build();
      case Outcome.Refused(var why) -> refused(result, Refusals.problem(why, catalogue));
      case Outcome.NotBegun(var why) -> refused(result, Refusals.problem(why, catalogue));
      case Outcome.Unavailable(var why) -> refused(result, Problem.unavailable(why));
    };
  }

  /** A trade that was refused before it reached clearing; its id may be anything. */
  static TradeResult result(String tradeId, Problem problem) {
    return refused(TradeResult.newBuilder().setTradeId(Fields.brief(tradeId)), problem);
  }

  private static TradeResult refused(TradeResult.Builder result, Problem problem) {
    return result.setRefused(problem.toStatus()).build();
  }
}
