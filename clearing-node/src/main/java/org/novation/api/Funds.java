package org.novation.api;

import static org.novation.money.Decimals.micros;

import org.novation.api.InsurancePort.Line;
import org.novation.api.InsurancePort.Stress;
import org.novation.insurance.Cap;
import org.novation.insurance.Cause;
import org.novation.insurance.CoverTwo.Coverage;
import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.insurance.FundEvent.GateChanged;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.FundReading;
import org.novation.protocol.v1.CoverTwo;
import org.novation.protocol.v1.DrawBound;
import org.novation.protocol.v1.Fund;
import org.novation.protocol.v1.FundParameters;
import org.novation.protocol.v1.Movement;
import org.novation.protocol.v1.MovementKind;

/** Writes the insurance fund. */
final class Funds {
  private Funds() {}

  static Fund write(InsurancePort.FundView view) {
    FundReading reading = view.reading();
    Fund.Builder fund =
        Fund.newBuilder()
            .setPool(reading.pool())
            .setSequenceNumber(reading.number())
            .setAsOfMs(reading.atMs())
            .setHouseTranche(micros(reading.houseMicros()))
            .setBalance(micros(reading.balanceMicros()))
            .setReserved(micros(reading.reservedMicros()))
            .setAvailable(micros(reading.availableMicros()))
            .setContributed(micros(reading.contributedMicros()))
            .setPaid(micros(reading.paidMicros()))
            .setPeak(micros(reading.peakMicros()))
            .setDeleveragingMayStart(reading.gateOpen())
            .setGrantedToday(micros(reading.dayUsedMicros()))
            .setParameters(write(reading.policy()));
    Stress stress = view.stress();
    if (stress != null) fund.setCoverTwo(write(stress, reading.availableMicros()));
    return fund.build();
  }

  private static FundParameters write(FundPolicy policy) {
    return FundParameters.newBuilder()
        .setEventCap(micros(policy.eventCapMicros()))
        .setAccountBlockCap(micros(policy.accountBlockCapMicros()))
        .setBlockMs(policy.blockMs())
        .setDayCap(micros(policy.dayCapMicros()))
        .setDeleveragingStart(micros(policy.startPpm()))
        .setDeleveragingStop(micros(policy.stopPpm()))
        .setPeakWindowMs(policy.peakWindowMs())
        .build();
  }

  private static CoverTwo write(Stress stress, long availableMicros) {
    Coverage worst = stress.losses().against(availableMicros);
    return CoverTwo.newBuilder()
        .setMove(micros(stress.movesPpm().get(worst.move())))
        .setLargestLoss(micros(worst.losses().firstMicros()))
        .setSecondLoss(micros(worst.losses().secondMicros()))
        .setShortfall(micros(worst.shortMicros()))
        .setAccounts(stress.accounts())
        .setAsOfMs(stress.atMs())
        .build();
  }

  static Movement write(Line line) {
    Movement.Builder movement =
        Movement.newBuilder()
            .setSequenceNumber(line.event().number())
            .setAtMs(line.event().atMs())
            .setHouseTranche(micros(line.after().houseMicros()))
            .setBalance(micros(line.after().balanceMicros()))
            .setReserved(micros(line.after().reservedMicros()));
    switch (line.event()) {
      case Contributed in ->
          movement
              .setKind(kind(in.cause()))
              .setId(in.id())
              .setAccount(in.account())
              .setAmount(micros(in.amountMicros()));
      case DrawReserved out ->
          movement
              .setKind(MovementKind.MOVEMENT_KIND_DRAW_RESERVED)
              .setId(out.liquidationId())
              .setAccount(out.account())
              .setAmount(micros(-out.houseMicros() - out.balanceMicros()))
              .setRequested(micros(out.requestedMicros()))
              .setBoundBy(bound(out.boundBy()))
              .setLiquidationId(out.liquidation());
      case DrawSettled end ->
          movement
              .setKind(MovementKind.MOVEMENT_KIND_DRAW_SETTLED)
              .setId(end.liquidationId())
              .setAccount(end.account())
              .setAmount(micros(end.returnedHouseMicros() + end.returnedBalanceMicros()))
              .setPaid(micros(end.paidMicros()));
      case GateChanged changed ->
          movement
              .setKind(
                  changed.open()
                      ? MovementKind.MOVEMENT_KIND_GATE_OPENED
                      : MovementKind.MOVEMENT_KIND_GATE_CLOSED)
              .setAmount(micros(0));
    }
    return movement.build();
  }

  private static MovementKind kind(Cause cause) {
    return switch (cause) {
      case FEE -> MovementKind.MOVEMENT_KIND_FEE;
      case SURPLUS -> MovementKind.MOVEMENT_KIND_SURPLUS;
      case HOUSE -> MovementKind.MOVEMENT_KIND_HOUSE;
    };
  }

  private static DrawBound bound(Cap cap) {
    return switch (cap) {
      case NONE -> DrawBound.DRAW_BOUND_NONE;
      case BALANCE -> DrawBound.DRAW_BOUND_BALANCE;
      case EVENT -> DrawBound.DRAW_BOUND_EVENT_CAP;
      case ACCOUNT_BLOCK -> DrawBound.DRAW_BOUND_ACCOUNT_BLOCK_CAP;
      case DAY -> DrawBound.DRAW_BOUND_DAY_CAP;
    };
  }
}
