package org.novation.ledger;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.novation.account.Account;
import org.novation.account.Leg;
import org.novation.account.Remittance;
import org.novation.clearing.Fingerprint;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.ledger.AuditReport.AssetLine;
import org.novation.ledger.AuditReport.InstrumentLine;
import org.novation.ledger.AuditReport.Sums;
import org.novation.risk.Portfolio;

/**
 * The sums over all accounts, exact however large. A leg that one account has committed and the
 * other has not booked yet counts as booked: it is on its way and cannot be lost.
 *
 * <p>Per instrument: Σ lots = 0; Σ (basis − realised) = 0; and for funding Σ (funding · 1e6 +
 * residue) + Σ lots · index at last touch = 0. The last follows from what is accrued, −lots ·
 * (index now − index at last touch): the index now drops out, because Σ lots = 0. Cash: Σ cash −
 * deposits − realised − funding = 0, and what transfers and the default waterfall moved between
 * accounts cancels out; of any other asset Σ held − deposits = 0, for coins only ever move between
 * accounts; what fund and waves of deleveraging paid or got is told by {@link #cameFromOutside}.
 */
final class BookTotals {
  private static final BigInteger FUNDING_SCALE = BigInteger.valueOf(Portfolio.FUNDING_SCALE);

  private static final class PerInstrument {
    long trades;
    long holders;
    BigInteger openLots = BigInteger.ZERO;
    BigInteger lots = BigInteger.ZERO;
    BigInteger basisLessRealised = BigInteger.ZERO;
    BigInteger realised = BigInteger.ZERO;
    BigInteger funding = BigInteger.ZERO;
    BigInteger fundingSettledAndDue = BigInteger.ZERO;
  }

  private static final class PerAsset {
    BigInteger deposited = BigInteger.ZERO;
    BigInteger held = BigInteger.ZERO;
    boolean settles;

    /** Of another asset than the settlement asset, whose profits and losses are elsewhere. */
    BigInteger unexplained() {
      return settles ? BigInteger.ZERO : held.subtract(deposited);
    }
  }

  private final Map<String, PerInstrument> instruments = new TreeMap<>();
  private final Map<String, PerAsset> assets = new TreeMap<>();
  private final Map<Fingerprint, Leg> pending = new HashMap<>();
  private final Map<Fingerprint, Long> pendingCash = new HashMap<>();
  private final Map<Fingerprint, Remittance> pendingCoins = new HashMap<>();
  private BigInteger unexplainedCash = BigInteger.ZERO;
  private long undelivered;

  /** A trade was committed. */
  void traded(String instrument) {
    of(instrument).trades++;
  }

  /** A leg is in an outbox. */
  void pending(Fingerprint trade, Leg leg) {
    pending.put(trade, leg);
  }

  /** The trade of that leg has not reached its other account. */
  void undelivered(Fingerprint trade) {
    Long cash = pendingCash.get(trade);
    if (cash != null) {
      unexplainedCash = unexplainedCash.add(BigInteger.valueOf(cash));
      return;
    }
    Remittance coming = pendingCoins.get(trade);
    if (coming != null) {
      PerAsset coins = ofAsset(coming.asset());
      coins.held = coins.held.add(BigInteger.valueOf(coming.amount()));
      return;
    }
    Leg leg = pending.get(trade);
    if (leg == null) throw new IllegalStateException("undelivered, but in no outbox");
    BigInteger lots = BigInteger.valueOf(leg.lots()).negate();
    undelivered++;
    if (Coins.are(leg.instrument())) {
      PerAsset coins = ofAsset(Coins.symbol(leg.instrument()));
      coins.held = coins.held.add(lots);
      unexplainedCash = unexplainedCash.add(BigInteger.valueOf(leg.notionalMicros()));
      return;
    }
    PerInstrument sums = of(leg.instrument());
    sums.lots = sums.lots.add(lots);
    sums.basisLessRealised =
        sums.basisLessRealised.subtract(BigInteger.valueOf(leg.notionalMicros()));
    sums.fundingSettledAndDue =
        sums.fundingSettledAndDue.add(lots.multiply(BigInteger.valueOf(leg.tradeFundingIndex())));
  }

  /** Cash that came to accounts from elsewhere than each other; negative when it went. */
  void cameFromOutside(long micros) {
    unexplainedCash = unexplainedCash.subtract(BigInteger.valueOf(micros));
  }

  /** A transfer is in an outbox. */
  void pendingCash(Fingerprint transfer, long micros) {
    pendingCash.put(transfer, micros);
  }

  /** Another asset than the settlement asset is in an outbox. */
  void pendingCoins(Fingerprint transfer, Remittance remittance) {
    pendingCoins.put(transfer, remittance);
  }

  /** An account as all of its events left it. */
  void add(Account account, Catalogue catalogue) {
    Portfolio portfolio = account.portfolio();
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      PerAsset sums = ofAsset(catalogue.asset(portfolio.assetAt(slot)).symbol());
      BigInteger deposited = BigInteger.valueOf(account.depositedAt(slot));
      BigInteger held = BigInteger.valueOf(portfolio.amountAt(slot));
      sums.deposited = sums.deposited.add(deposited);
      sums.held = sums.held.add(held);
      if (portfolio.assetAt(slot) == 0) {
        sums.settles = true;
        unexplainedCash = unexplainedCash.add(held).subtract(deposited);
      }
    }
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      add(portfolio, slot, of(catalogue.perpetual(portfolio.instrumentAt(slot)).symbol()));
    }
  }

  private void add(Portfolio portfolio, int slot, PerInstrument sums) {
    BigInteger lots = BigInteger.valueOf(portfolio.lotsAt(slot));
    BigInteger realised = BigInteger.valueOf(portfolio.realisedMicrosAt(slot));
    BigInteger funding = BigInteger.valueOf(portfolio.fundingMicrosAt(slot));
    if (lots.signum() != 0) sums.holders++;
    sums.openLots = sums.openLots.add(lots.max(BigInteger.ZERO));
    sums.lots = sums.lots.add(lots);
    sums.basisLessRealised =
        sums.basisLessRealised
            .add(BigInteger.valueOf(portfolio.basisMicrosAt(slot)))
            .subtract(realised);
    sums.realised = sums.realised.add(realised);
    sums.funding = sums.funding.add(funding);
    sums.fundingSettledAndDue =
        sums.fundingSettledAndDue
            .add(funding.multiply(FUNDING_SCALE))
            .add(BigInteger.valueOf(portfolio.fundingResidueAt(slot)))
            .add(lots.multiply(BigInteger.valueOf(portfolio.fundingIndexAt(slot))));
    unexplainedCash = unexplainedCash.subtract(realised).subtract(funding);
  }

  private PerInstrument of(String instrument) {
    return instruments.computeIfAbsent(instrument, _ -> new PerInstrument());
  }

  private PerAsset ofAsset(String asset) {
    return assets.computeIfAbsent(asset, _ -> new PerAsset());
  }

  long trades() {
    return instruments.values().stream().mapToLong(sums -> sums.trades).sum();
  }

  long undelivered() {
    return undelivered;
  }

  Sums sums() {
    BigInteger positions = BigInteger.ZERO;
    BigInteger costBasis = BigInteger.ZERO;
    BigInteger funding = BigInteger.ZERO;
    for (PerInstrument sums : instruments.values()) {
      positions = positions.add(sums.lots.abs());
      costBasis = costBasis.add(sums.basisLessRealised.abs());
      funding = funding.add(sums.fundingSettledAndDue.abs());
    }
    BigInteger coins = BigInteger.ZERO;
    for (PerAsset sums : assets.values()) coins = coins.add(sums.unexplained().abs());
    return new Sums(
        positions.toString(),
        decimal(unexplainedCash, 6),
        coins.toString(),
        decimal(costBasis, 6),
        decimal(funding, 12));
  }

  private static String decimal(BigInteger value, int scale) {
    return value.signum() == 0
        ? "0"
        : new BigDecimal(value, scale).stripTrailingZeros().toPlainString();
  }

  /** Every instrument that does not add up, and the cash that is not explained, for a person. */
  String imbalance() {
    StringJoiner all = new StringJoiner("; ");
    instruments.forEach(
        (symbol, sums) -> {
          if (sums.lots.signum() == 0
              && sums.basisLessRealised.signum() == 0
              && sums.fundingSettledAndDue.signum() == 0) return;
          all.add(
              "%s: lots %s, basis less realised profit %s micros, funding %s millionths of a micro"
                  .formatted(symbol, sums.lots, sums.basisLessRealised, sums.fundingSettledAndDue));
        });
    assets.forEach(
        (symbol, sums) -> {
          if (sums.unexplained().signum() != 0)
            all.add("%s of %s are not explained".formatted(sums.unexplained(), symbol));
        });
    if (unexplainedCash.signum() != 0)
      all.add(decimal(unexplainedCash, 6) + " of cash are not explained");
    return all.toString();
  }

  List<InstrumentLine> instruments() {
    List<InstrumentLine> lines = new ArrayList<>();
    instruments.forEach(
        (symbol, sums) ->
            lines.add(
                new InstrumentLine(
                    symbol,
                    sums.trades,
                    sums.holders,
                    sums.openLots.toString(),
                    sums.realised.toString(),
                    sums.funding.toString())));
    return lines;
  }

  List<AssetLine> assets() {
    List<AssetLine> lines = new ArrayList<>();
    assets.forEach(
        (symbol, sums) ->
            lines.add(new AssetLine(symbol, sums.deposited.toString(), sums.held.toString())));
    return lines;
  }
}
