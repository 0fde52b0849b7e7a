package org.novation.api;

import static org.novation.money.Decimals.micros;
import static org.novation.money.Decimals.ppm;

import java.util.List;
import org.novation.api.AccountPort.AccountView;
import org.novation.api.AccountPort.LiquidationView;
import org.novation.liquidation.LiquidationState;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Balance;
import org.novation.protocol.v1.LiquidationPhase;
import org.novation.protocol.v1.LiquidationStatus;
import org.novation.protocol.v1.MarginState;
import org.novation.protocol.v1.Position;
import org.novation.protocol.v1.Term;
import org.novation.risk.Health;
import org.novation.risk.MarginStatement;

/** Writes accounts with every term of their margin. */
final class Accounts {
  private Accounts() {}

  static Account write(AccountView view) {
    MarginStatement statement = MarginStatement.of(view.portfolio(), view.holds(), view.market());
    Health health = statement.health();
    Account.Builder account =
        Account.newBuilder()
            .setAccountId(view.accountId())
            .setMember(view.member())
            .setState(state(statement.state()))
            .setEquity(micros(health.equityMicros()))
            .setCash(micros(statement.cashMicros()))
            .setCollateralValue(micros(statement.collateralMicros()))
            .setUnrealisedProfit(micros(statement.unrealisedMicros()))
            .setAccruedFunding(micros(statement.fundingMicros()))
            .setEquityForInitialMargin(micros(health.initialEquityMicros()))
            .setInitialMargin(micros(health.initialMarginMicros()))
            .setMaintenanceMargin(micros(health.maintenanceMarginMicros()))
            .setFreeCollateral(micros(statement.freeMicros()))
            .setAllowed(statement.allowed())
            .setMaxLeverage(Math.toIntExact(statement.leverageMax()))
            .setParameterVersion(statement.parameterVersion())
            .setPricedAtMs(statement.pricedAtMs())
            .setLiquidation(liquidation(view.liquidation()));
    for (MarginStatement.Balance balance : statement.balances())
      account.addBalances(balance(balance));
    for (MarginStatement.Position position : statement.positions())
      account.addPositions(position(position));
    return account.build();
  }

  private static LiquidationStatus liquidation(LiquidationView view) {
    LiquidationStatus.Builder written =
        LiquidationStatus.newBuilder()
            .setAuctionId(view.auctionId())
            .setDeficit(micros(view.deficitMicros()));
    return switch (view.state()) {
      case LiquidationState.Healthy _ ->
          written.setPhase(LiquidationPhase.LIQUIDATION_PHASE_HEALTHY).build();
      case LiquidationState.MarginCall _ ->
          written.setPhase(LiquidationPhase.LIQUIDATION_PHASE_MARGIN_CALL).build();
      case LiquidationState.Liquidating(var id) ->
          written
              .setPhase(LiquidationPhase.LIQUIDATION_PHASE_LIQUIDATING)
              .setLiquidationId(id)
              .build();
      case LiquidationState.Recovered(var id) ->
          written
              .setPhase(LiquidationPhase.LIQUIDATION_PHASE_RECOVERED)
              .setLiquidationId(id)
              .build();
      case LiquidationState.Closed(var id, _) ->
          written.setPhase(LiquidationPhase.LIQUIDATION_PHASE_CLOSED).setLiquidationId(id).build();
    };
  }

  private static Balance balance(MarginStatement.Balance balance) {
    return Balance.newBuilder()
        .setAsset(balance.asset().symbol())
        .setAmount(balance.amountText())
        .setPrice(micros(balance.priceMicros()))
        .setWeight(ppm(balance.weightPpm()))
        .setValue(micros(balance.valueMicros()))
        .addAllTerms(terms(balance.terms()))
        .build();
  }

  private static Position position(MarginStatement.Position position) {
    return Position.newBuilder()
        .setInstrument(position.perpetual().symbol())
        .setQuantity(position.quantityText())
        .setMark(position.markText())
        .setNotional(micros(position.notionalMicros()))
        .setCostBasis(micros(position.basisMicros()))
        .setUnrealisedProfit(micros(position.unrealisedMicros()))
        .setAccruedFunding(micros(position.fundingMicros()))
        .setRealisedProfit(micros(position.realisedMicros()))
        .setInitialMargin(micros(position.initialMarginMicros()))
        .setMaintenanceMargin(micros(position.maintenanceMarginMicros()))
        .setBankruptcyPrice(position.bankruptcyText())
        .setLiquidationPrice(position.liquidationText())
        .addAllTerms(terms(position.terms()))
        .build();
  }

  private static List<Term> terms(List<MarginStatement.Term> terms) {
    return terms.stream()
        .map(
            term ->
                Term.newBuilder()
                    .setName(term.name())
                    .setFormula(term.formula())
                    .setValue(term.value())
                    .build())
        .toList();
  }

  private static MarginState state(org.novation.risk.MarginState state) {
    return switch (state) {
      case HEALTHY -> MarginState.MARGIN_STATE_HEALTHY;
      case EARLY_WARNING -> MarginState.MARGIN_STATE_EARLY_WARNING;
      case MARGIN_CALL -> MarginState.MARGIN_STATE_MARGIN_CALL;
      case LIQUIDATION -> MarginState.MARGIN_STATE_LIQUIDATION;
    };
  }
}
