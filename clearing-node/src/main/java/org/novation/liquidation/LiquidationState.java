package org.novation.liquidation;

import java.util.Optional;
import org.novation.risk.Health;
import org.novation.risk.MarginState;

/**
 * Where an account stands between health and its end: a closed set of states, and one pure function
 * from a state and what the account's margin says to the next. Every {@link Transition} is a value
 * that an event carries; applying an event sets its {@code to}. What is on offer at the moment is
 * no part of it: the account's {@code Offer} says so.
 */
public sealed interface LiquidationState {
  /** Equity is at least initial margin: the account may do anything. */
  record Healthy() implements LiquidationState {}

  /** Equity is under initial margin: reductions only, and a word to the owner. */
  record MarginCall() implements LiquidationState {}

  /**
   * Maintenance margin exceeded equity: reductions only, and the house sells slice after slice.
   *
   * @param liquidationId names this liquidation for ever
   */
  record Liquidating(String liquidationId) implements LiquidationState {}

  /**
   * The liquidation ended because equity is above maintenance margin and buffer again: nothing is
   * for sale, and until equity reaches initial margin there are reductions only.
   */
  record Recovered(String liquidationId) implements LiquidationState {}

  /**
   * The liquidation ended because nothing is left to be sold, neither positions nor coins that it
   * owes money against: the account waits for its deficit, if any, to be made good.
   *
   * @param deficitMicros by how much equity was under zero, at least 0
   */
  record Closed(String liquidationId, long deficitMicros) implements LiquidationState {}

  /**
   * What the account's margin says.
   *
   * @param flat whether nothing is to be sold, see {@link Saleable#nothingToSell}
   * @param trusted whether every price that this rests on allows liquidation
   * @param recoveredFromMicros the equity from which a liquidation ends, {@link
   *     Saleable#recoveredFromMicros}
   */
  record Standing(Health health, boolean flat, boolean trusted, long recoveredFromMicros) {
    boolean underMaintenance() {
      return health.state() == MarginState.LIQUIDATION;
    }

    boolean recovered() {
      return health.equityMicros() >= recoveredFromMicros;
    }

    long deficitMicros() {
      return Math.max(0, Math.negateExact(health.equityMicros()));
    }
  }

  /** A step from one state to another. */
  record Transition(LiquidationState from, LiquidationState to) {}

  /**
   * The state that follows; empty when nothing changes. On prices that are not trusted no
   * liquidation begins and none ends.
   *
   * @param liquidationId the id of a liquidation that would begin now
   */
  default Optional<Transition> next(Standing standing, String liquidationId) {
    LiquidationState to =
        switch (this) {
          case Liquidating now -> whileLiquidating(now, standing);
          case Healthy _, MarginCall _ -> otherwise(standing, liquidationId);
          case Recovered now ->
              standing.health.state() == MarginState.MARGIN_CALL
                  ? now
                  : otherwise(standing, liquidationId);
          case Closed now ->
              standing.flat && standing.underMaintenance()
                  ? now
                  : otherwise(standing, liquidationId);
        };
    return to.equals(this) ? Optional.empty() : Optional.of(new Transition(this, to));
  }

  private static LiquidationState whileLiquidating(Liquidating now, Standing standing) {
    if (standing.trusted && standing.flat)
      return new Closed(now.liquidationId, standing.deficitMicros());
    if (standing.trusted && standing.recovered()) return new Recovered(now.liquidationId);
    return now;
  }

  private LiquidationState otherwise(Standing standing, String liquidationId) {
    return switch (standing.health.state()) {
      case HEALTHY, EARLY_WARNING -> new Healthy();
      case MARGIN_CALL -> new MarginCall();
      case LIQUIDATION -> {
        if (!standing.trusted) yield this instanceof Healthy ? new MarginCall() : this;
        // A debt alone leaves nothing to sell.
        if (standing.flat) yield new Closed(liquidationId, standing.deficitMicros());
        yield new Liquidating(liquidationId);
      }
    };
  }
}
