package org.novation.api;

import org.novation.brake.Pause;
import org.novation.protocol.v1.Operation;
import org.novation.risk.Brakes;

/** Writes and reads what operators pause. */
final class Pauses {
  private Pauses() {}

  static org.novation.protocol.v1.Pause write(Pause pause) {
    return org.novation.protocol.v1.Pause.newBuilder()
        .setOperation(write(pause.operation()))
        .setMarket(pause.market())
        .setUntilMs(pause.untilMs() == Brakes.OPEN_ENDED ? 0 : pause.untilMs())
        .setReason(pause.reason())
        .setOperator(pause.operator())
        .setSetAtMs(pause.setAtMs())
        .build();
  }

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

  static org.novation.risk.Operation read(String field, Operation operation) {
    return switch (operation) {
      case OPERATION_TRADING -> org.novation.risk.Operation.TRADING;
      case OPERATION_LIQUIDATION -> org.novation.risk.Operation.LIQUIDATION;
      case OPERATION_AUCTIONS -> org.novation.risk.Operation.AUCTIONS;
      case OPERATION_ADL -> org.novation.risk.Operation.ADL;
      case OPERATION_FUNDING -> org.novation.risk.Operation.FUNDING;
      case OPERATION_WITHDRAWALS -> org.novation.risk.Operation.WITHDRAWALS;
      case OPERATION_UNSPECIFIED, UNRECOGNIZED ->
          throw Fields.found(field, "MALFORMED", "say which operation");
    };
  }
}
