package org.novation.api;

import org.novation.protocol.v1.Operation;

/** Writes and reads what operators pause. */
final class Pauses {
  private Pauses() {}

  static Operation write(org.novation.risk.Operation operation) {
    return switch (operation) {
      case TRADING -> Operation.OPERATION_TRADING;
      case LIQUIDATION -> Operation.OPERATION_LIQUIDATION;
      case AUCTIONS -> Operation.OPERATION_AUCTIONS;
      case ADL -> Operation.OPERATION_ADL;
      case FUNDING -> Operation.OPERATION_FUNDING;
      case WITHDRAWALS -> Operation.OPERATION_WITHDRAWALS;
    };
  }
}
