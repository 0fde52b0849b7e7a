package org.novation.governance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.novation.insurance.CoverTwo;
import org.novation.money.Fixed;
import org.novation.risk.Health;
import org.novation.risk.Holds;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.StressMoves;

/**
 * Whom other parameters would put where: accounts and notional under initial and maintenance
 * margin, the losses of Cover-2, and a distribution, before and after. Immutable; what parts of the
 * house found is merged in whatever order. Notional is the sum of the sizes of an account's
 * positions at the marks of now; a sum that does not fit stands at the largest number.
 *
 * @param accounts that were looked at
 * @param unreckoned of these, those that a missing price, or a figure too large, leaves out below
 * @param belowInitialBefore under initial margin now, those under maintenance margin among them
 * @param belowInitialAfter likewise then
 * @param newlyBelowInitial under it then and not now: whom the change puts there
 * @param belowMaintenanceBefore under maintenance margin now
 * @param belowMaintenanceAfter likewise then
 * @param newlyBelowMaintenance under it then and not now: whom the change would have liquidated
 * @param lossesBefore of the two accounts that lose most beyond their money, under each stress move
 * @param lossesAfter likewise then
 * @param healthBefore accounts by equity to maintenance margin, see {@link #BUCKETS_PPM}
 * @param healthAfter likewise then
 */
public record Impact(
    long accounts,
    long unreckoned,
    Count belowInitialBefore,
    Count belowInitialAfter,
    Count newlyBelowInitial,
    Count belowMaintenanceBefore,
    Count belowMaintenanceAfter,
    Count newlyBelowMaintenance,
    CoverTwo lossesBefore,
    CoverTwo lossesAfter,
    List<Count> healthBefore,
    List<Count> healthAfter) {
  /**
   * Where each bucket of the distribution ends, as equity to maintenance margin in ppm, exclusive.
   * The first is of negative equity, the last but one has no end; the last holds accounts without a
   * requirement.
   */
  public static final List<Long> BUCKETS_PPM =
      List.of(0L, 1_000_000L, 1_100_000L, 1_500_000L, 2_000_000L, 3_000_000L, 5_000_000L);

  private static final int BUCKETS = BUCKETS_PPM.size() + 2;

  /** Accounts and the notional that they hold. */
  public record Count(long accounts, long notionalMicros) {
    static final Count NONE = new Count(0, 0);

    Count with(long notional) {
      return new Count(accounts + 1, saturated(notionalMicros, notional));
    }

    Count and(Count other) {
      return new Count(accounts + other.accounts, saturated(notionalMicros, other.notionalMicros));
    }

    private static long saturated(long a, long b) {
      return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }
  }

  public Impact {
    healthBefore = List.copyOf(healthBefore);
    healthAfter = List.copyOf(healthAfter);
  }

  /** Nobody was looked at. */
  public static Impact none() {
    List<Count> empty = Collections.nCopies(BUCKETS, Count.NONE);
    CoverTwo nobody = CoverTwo.none(StressMoves.PPM.size());
    return new Impact(
        0,
        0,
        Count.NONE,
        Count.NONE,
        Count.NONE,
        Count.NONE,
        Count.NONE,
        Count.NONE,
        nobody,
        nobody,
        empty,
        empty);
  }

  /** With what another part of the house found. */
  public Impact merge(Impact other) {
    return new Impact(
        accounts + other.accounts,
        unreckoned + other.unreckoned,
        belowInitialBefore.and(other.belowInitialBefore),
        belowInitialAfter.and(other.belowInitialAfter),
        newlyBelowInitial.and(other.newlyBelowInitial),
        belowMaintenanceBefore.and(other.belowMaintenanceBefore),
        belowMaintenanceAfter.and(other.belowMaintenanceAfter),
        newlyBelowMaintenance.and(other.newlyBelowMaintenance),
        lossesBefore.merge(other.lossesBefore),
        lossesAfter.merge(other.lossesAfter),
        merged(healthBefore, other.healthBefore),
        merged(healthAfter, other.healthAfter));
  }

  private static List<Count> merged(List<Count> a, List<Count> b) {
    List<Count> sums = new ArrayList<>();
    for (int n = 0; n < a.size(); n++) sums.add(a.get(n).and(b.get(n)));
    return sums;
  }

  /**
   * Looks at accounts one by one and reads only. Belongs to one thread; parts of a house have one
   * each.
   */
  public static final class Reckoning {
    private final MarketView before;
    private final MarketView after;
    private final List<Count> healthBefore =
        new ArrayList<>(Collections.nCopies(BUCKETS, Count.NONE));
    private final List<Count> healthAfter =
        new ArrayList<>(Collections.nCopies(BUCKETS, Count.NONE));
    private long accounts;
    private long unreckoned;
    private Count belowInitialBefore = Count.NONE;
    private Count belowInitialAfter = Count.NONE;
    private Count newlyBelowInitial = Count.NONE;
    private Count belowMaintenanceBefore = Count.NONE;
    private Count belowMaintenanceAfter = Count.NONE;
    private Count newlyBelowMaintenance = Count.NONE;
    private CoverTwo lossesBefore = CoverTwo.none(StressMoves.PPM.size());
    private CoverTwo lossesAfter = CoverTwo.none(StressMoves.PPM.size());

    /**
     * @param after see {@link ProposedMarkets}
     */
    public Reckoning(MarketView before, MarketView after) {
      this.before = before;
      this.after = after;
    }

    /** Looks at one more account. */
    public void add(String account, Portfolio portfolio, Holds holds) {
      accounts++;
      List<Long> lossBefore = StressMoves.lossMicros(portfolio, before);
      List<Long> lossAfter = StressMoves.lossMicros(portfolio, after);
      Health now;
      Health then;
      long notional;
      try {
        now = Margin.health(portfolio, holds, before);
        then = Margin.health(portfolio, holds, after);
        notional = notionalMicros(portfolio);
      } catch (ArithmeticException tooLarge) {
        unreckoned++;
        return;
      }
      if (lossBefore == null || lossAfter == null) {
        unreckoned++;
        return;
      }
      count(now, then, notional);
      lossesBefore = with(lossesBefore, account, lossBefore);
      lossesAfter = with(lossesAfter, account, lossAfter);
    }

    /** Most accounts lose nothing beyond their money, and are many. */
    private static CoverTwo with(CoverTwo losses, String account, List<Long> micros) {
      for (long each : micros) {
        if (each > 0)
          return losses.with(account, micros.stream().mapToLong(Long::longValue).toArray());
      }
      return losses;
    }

    private void count(Health now, Health then, long notional) {
      boolean maintenanceNow = belowMaintenance(now);
      boolean maintenanceThen = belowMaintenance(then);
      boolean initialNow = maintenanceNow || now.initialEquityMicros() < now.initialMarginMicros();
      boolean initialThen =
          maintenanceThen || then.initialEquityMicros() < then.initialMarginMicros();
      if (initialNow) belowInitialBefore = belowInitialBefore.with(notional);
      if (initialThen) belowInitialAfter = belowInitialAfter.with(notional);
      if (initialThen && !initialNow) newlyBelowInitial = newlyBelowInitial.with(notional);
      if (maintenanceNow) belowMaintenanceBefore = belowMaintenanceBefore.with(notional);
      if (maintenanceThen) belowMaintenanceAfter = belowMaintenanceAfter.with(notional);
      if (maintenanceThen && !maintenanceNow)
        newlyBelowMaintenance = newlyBelowMaintenance.with(notional);
      healthBefore.set(bucket(now), healthBefore.get(bucket(now)).with(notional));
      healthAfter.set(bucket(then), healthAfter.get(bucket(then)).with(notional));
    }

    private long notionalMicros(Portfolio portfolio) {
      long notional = 0;
      for (int slot = 0; slot < portfolio.positions(); slot++) {
        int instrument = portfolio.instrumentAt(slot);
        long size =
            before
                .catalogue()
                .perpetual(instrument)
                .notionalMicros(before.instrument(instrument).markTicks(), portfolio.lotsAt(slot));
        notional = Math.addExact(notional, Math.abs(size));
      }
      return notional;
    }

    /** What was found so far. */
    public Impact impact() {
      return new Impact(
          accounts,
          unreckoned,
          belowInitialBefore,
          belowInitialAfter,
          newlyBelowInitial,
          belowMaintenanceBefore,
          belowMaintenanceAfter,
          newlyBelowMaintenance,
          lossesBefore,
          lossesAfter,
          healthBefore,
          healthAfter);
    }
  }

  private static boolean belowMaintenance(Health health) {
    return health.equityMicros() < health.maintenanceMarginMicros();
  }

  private static int bucket(Health health) {
    if (health.equityMicros() < 0) return 0;
    if (health.maintenanceMarginMicros() == 0) return BUCKETS - 1;
    int bucket = 0;
    while (bucket < BUCKETS_PPM.size()
        && Fixed.compareProducts(
                health.equityMicros(),
                Fixed.PPM,
                health.maintenanceMarginMicros(),
                BUCKETS_PPM.get(bucket))
            >= 0) bucket++;
    return bucket;
  }
}
