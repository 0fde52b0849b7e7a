package org.novation.api.client;

import java.util.Map;
import org.novation.protocol.v1.TradeResult;

/** What came of a trade. */
public sealed interface TradeAnswer {
  /** For ever. */
  record Novated(long novatedAtMs) implements TradeAnswer {}

  /** Final: nothing changed. */
  record Refused(String reason, String message, Map<String, String> numbers)
      implements TradeAnswer {}

  /** Nobody knows yet: submit it again with the same id. */
  record Unknown(String message) implements TradeAnswer {}

  static TradeAnswer of(TradeResult result) {
    if (result.hasNovated()) return new Novated(result.getNovated().getNovatedAtMs());
    CallFailed failed = CallFailed.of(result.getRefused());
    String message = String.valueOf(failed.getMessage());
    return failed.kind() == CallFailed.Kind.UNAVAILABLE
        ? new Unknown(message)
        : new Refused(failed.reason(), message, failed.numbers());
  }
}
