package org.novation.deleveraging;

/**
 * One position that could be deleveraged, and its account, as they were read at one version of the
 * account, before any contract of the wave closed. Amounts in micros.
 *
 * @param version of the account; a closing is refused when it has changed
 * @param lots signed, not 0
 * @param costBasisMicros signed as {@code lots}
 * @param unrealisedMicros notional at the mark less the cost basis
 * @param realisedMicros what this instrument realised within the look-back, less what earlier waves
 *     took of its profit, of {@code unrealisedMicros} too: so profit is what can still be taken
 * @param equityMicros of the account, as far as it can be counted on: where prices are not to be
 *     trusted, without what it may have won there
 * @param closableLots most lots, without sign, whose closing does not raise the account's
 *     maintenance margin
 * @param maintenanceMicros maintenance margin of the account
 * @param maintenanceAfterMicros the same once as many lots close as can be asked: {@code
 *     closableLots}, or fewer if fewer are needed
 */
public record Candidate(
    String instrument,
    String account,
    long version,
    long lots,
    long costBasisMicros,
    long unrealisedMicros,
    long realisedMicros,
    long equityMicros,
    long closableLots,
    long maintenanceMicros,
    long maintenanceAfterMicros) {
  /**
   * @throws IllegalArgumentException when this is no position, or more can close than there is
   */
  public Candidate {
    if (instrument.isEmpty() || account.isEmpty()) {
      throw new IllegalArgumentException("a candidate has an instrument and an account");
    }
    if (lots == 0 || lots == Long.MIN_VALUE) {
      throw new IllegalArgumentException(account + " has no position in " + instrument);
    }
    if (closableLots < 0 || closableLots > Math.abs(lots)) {
      throw new IllegalArgumentException(
          account + " cannot close " + closableLots + " of " + lots + " lots of " + instrument);
    }
  }

  /**
   * What it won in this instrument and was not taken yet: unrealised and within the look-back; at
   * least 0.
   */
  public long profitMicros() {
    return Math.max(0, Math.addExact(unrealisedMicros, realisedMicros));
  }

  /** Whether closing lowers the account's own requirement. */
  public boolean relieves() {
    return maintenanceAfterMicros < maintenanceMicros;
  }

  /** How near it is to being deleveraged. */
  public Score score() {
    long notional = Math.addExact(costBasisMicros, unrealisedMicros);
    return Score.of(unrealisedMicros, costBasisMicros, notional, equityMicros);
  }

  /**
   * What is left of it once so many lots were closed, at the version that this left behind.
   *
   * @param givenMicros what closings of the account, here and elsewhere, gave up against the mark
   */
  Candidate without(long closed, long versionNow, long givenMicros) {
    return new Candidate(
        instrument,
        account,
        versionNow,
        lots > 0 ? lots - closed : lots + closed,
        costBasisMicros,
        unrealisedMicros,
        realisedMicros,
        Math.subtractExact(equityMicros, givenMicros),
        Math.max(0, closableLots - closed),
        maintenanceMicros,
        maintenanceAfterMicros);
  }
}
