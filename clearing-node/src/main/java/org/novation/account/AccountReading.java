package org.novation.account;

import java.util.ArrayList;
import java.util.List;
import org.novation.instrument.Catalogue;
import org.novation.liquidation.LiquidationState;
import org.novation.risk.Holds;
import org.novation.risk.MarginState;
import org.novation.risk.Portfolio;

/**
 * An account as others may read it: everything that its margin is reckoned from, so that a reader
 * with the same market view gets the same figures.
 *
 * @param events how many events made it
 * @param holds what is held for trades and slices on their way
 * @param liquidationId empty when the phase has none
 * @param deficitMicros of an account that closed
 * @param auctionId where a slice of it is for sale; empty when none is
 */
public record AccountReading(
    String accountId,
    String member,
    long openedAtMs,
    MarginState state,
    long events,
    long leverageMax,
    List<AccountSnapshot.Balance> balances,
    List<AccountSnapshot.Position> positions,
    List<Held> holds,
    AccountEvent.Phase phase,
    String liquidationId,
    long deficitMicros,
    String auctionId) {
  public AccountReading {
    balances = List.copyOf(balances);
    positions = List.copyOf(positions);
    holds = List.copyOf(holds);
  }

  /** The sums of what is held in one instrument. */
  public record Held(
      String instrument, long boughtLots, long costMicros, long soldLots, long proceedsMicros) {}

  static AccountReading of(Account account, Holds holds, Catalogue catalogue) {
    AccountSnapshot snapshot = account.snapshotWithoutIds();
    List<Held> held = new ArrayList<>();
    for (int slot = 0; slot < holds.instruments(); slot++) {
      if (holds.boughtLotsAt(slot) == 0 && holds.soldLotsAt(slot) == 0) continue;
      held.add(
          new Held(
              catalogue.perpetual(holds.instrumentAt(slot)).symbol(),
              holds.boughtLotsAt(slot),
              holds.costMicrosAt(slot),
              holds.soldLotsAt(slot),
              holds.proceedsMicrosAt(slot)));
    }
    return new AccountReading(
        snapshot.accountId(),
        snapshot.member(),
        snapshot.openedAtMs(),
        snapshot.state(),
        snapshot.number(),
        snapshot.leverageMax(),
        snapshot.balances(),
        snapshot.positions(),
        held,
        snapshot.phase(),
        snapshot.liquidationId(),
        snapshot.deficitMicros(),
        account.offer() == null ? "" : account.offer().auctionId());
  }

  /** Where it stands in its liquidation. */
  public LiquidationState liquidation() {
    return Account.state(phase, liquidationId, deficitMicros);
  }

  /** The portfolio to reckon with. */
  public Portfolio portfolio(Catalogue catalogue) {
    Portfolio portfolio = new Portfolio();
    portfolio.capLeverage(leverageMax);
    for (AccountSnapshot.Balance balance : balances)
      portfolio.credit(catalogue.assetListed(balance.asset()), balance.amount());
    for (AccountSnapshot.Position p : positions) {
      portfolio.restore(
          catalogue.instrumentListed(p.instrument()),
          p.lots(),
          p.basis(),
          p.fundingIndex(),
          p.realised(),
          p.funding(),
          p.residue());
    }
    return portfolio;
  }

  /** The holds to reckon with. */
  public Holds holds(Catalogue catalogue) {
    Holds sums = new Holds();
    for (Held held : holds) {
      int instrument = catalogue.instrumentListed(held.instrument());
      if (held.boughtLots() != 0) sums.add(instrument, held.boughtLots(), held.costMicros());
      if (held.soldLots() != 0) sums.add(instrument, -held.soldLots(), -held.proceedsMicros());
    }
    return sums;
  }
}
