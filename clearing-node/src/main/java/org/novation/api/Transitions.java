package org.novation.api;

import static org.novation.money.Decimals.micros;

import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.PhaseReading;
import org.novation.api.auth.Caller;
import org.novation.api.auth.Role;
import org.novation.protocol.v1.AccountTransition;
import org.novation.protocol.v1.LiquidationPhase;
import org.novation.protocol.v1.WatchTransitionsResponse;
import org.novation.risk.Health;

/**
 * Writes where accounts stand for one caller, and decides what it sees. A venue must know for whom
 * it is to send no orders: every account, and no figure, for which of them trades with it next
 * nobody knows. A liquidator sees what is or was for sale, and is not told of margin calls, which
 * would say whom to trade against. Figures are for the owner, the operator and the auditor.
 */
final class Transitions {
  static final WatchTransitionsResponse CAUGHT_UP =
      WatchTransitionsResponse.newBuilder().setCaughtUp(true).build();

  private final String name;
  private final Set<Role> roles;

  Transitions(Caller caller) {
    this.name = caller.name();
    this.roles = caller.principal().roles();
  }

  /** Whose accounts are asked for: null for everybody's. */
  @Nullable String member() {
    return seesAll() || roles.contains(Role.LIQUIDATOR) ? null : name;
  }

  private boolean seesAll() {
    return roles.contains(Role.VENUE) || seesFigures();
  }

  private boolean seesFigures() {
    return roles.contains(Role.OPERATOR) || roles.contains(Role.AUDITOR);
  }

  Predicate<PhaseReading> seen() {
    if (seesAll()) return _ -> true;
    boolean buys = roles.contains(Role.LIQUIDATOR);
    return reading ->
        isOwn(reading) || (buys && (isLiquidation(reading.phase()) || endsOne(reading)));
  }

  private boolean isOwn(PhaseReading reading) {
    return reading.member().equals(name)
        && (roles.contains(Role.MEMBER) || roles.contains(Role.LIQUIDATOR));
  }

  private static boolean endsOne(PhaseReading reading) {
    return reading.from() != null && isLiquidation(reading.from());
  }

  private static boolean isLiquidation(Phase phase) {
    return switch (phase) {
      case LIQUIDATING, RECOVERED, CLOSED -> true;
      case HEALTHY, MARGIN_CALL -> false;
    };
  }

  WatchTransitionsResponse write(PhaseReading reading) {
    AccountTransition.Builder written =
        AccountTransition.newBuilder()
            .setAccountId(reading.accountId())
            .setPhase(phase(reading.phase()))
            .setLiquidationId(reading.liquidationId())
            .setAtMs(reading.atMs())
            .setSequenceNumber(reading.number());
    Phase from = reading.from();
    if (from != null) written.setPreviousPhase(phase(from));
    Health health = reading.health();
    if (seesFigures() || isOwn(reading)) {
      written.setMember(reading.member());
      if (health != null) {
        written
            .setEquity(micros(health.equityMicros()))
            .setInitialMargin(micros(health.initialMarginMicros()))
            .setMaintenanceMargin(micros(health.maintenanceMarginMicros()));
      }
    }
    return WatchTransitionsResponse.newBuilder().setTransition(written).build();
  }

  private static LiquidationPhase phase(Phase phase) {
    return switch (phase) {
      case HEALTHY -> LiquidationPhase.LIQUIDATION_PHASE_HEALTHY;
      case MARGIN_CALL -> LiquidationPhase.LIQUIDATION_PHASE_MARGIN_CALL;
      case LIQUIDATING -> LiquidationPhase.LIQUIDATION_PHASE_LIQUIDATING;
      case RECOVERED -> LiquidationPhase.LIQUIDATION_PHASE_RECOVERED;
      case CLOSED -> LiquidationPhase.LIQUIDATION_PHASE_CLOSED;
    };
  }
}
