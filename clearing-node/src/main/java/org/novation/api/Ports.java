package org.novation.api;

/** What stands behind the edge. */
public record Ports(
    ClearingPort clearing,
    CorrectionPort corrections,
    GiveUpPort giveUps,
    AccountPort accounts,
    MarketPort markets,
    InsurancePort insurance,
    BrakePort brakes,
    AdlPort adl,
    LiquidationPort liquidation,
    AccessPort access,
    TrailPort trail,
    CustodyPort custody,
    GovernancePort governance) {}
