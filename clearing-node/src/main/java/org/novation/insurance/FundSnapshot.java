package org.novation.insurance;

import java.util.List;

/**
 * A fund at one event number, as stored to keep recovery short. Lists are in a defined order, so
 * that equal funds have equal snapshots.
 *
 * @param number of the last event included
 * @param dayUsedMicros granted in the day that starts at {@code dayStartMs}
 * @param blockUsed granted per account in the block that starts at {@code blockStartMs}
 * @param history the newest movements
 */
public record FundSnapshot(
    long number,
    long atMs,
    long houseMicros,
    long balanceMicros,
    long reservedMicros,
    long contributedMicros,
    long paidMicros,
    boolean gateOpen,
    long dayStartMs,
    long dayUsedMicros,
    long blockStartMs,
    List<Used> blockUsed,
    List<Peak> peaks,
    List<Draw> draws,
    long drawsForgottenThroughMs,
    List<Contribution> contributions,
    long contributionsForgottenThroughMs,
    List<Movement> history) {
  public FundSnapshot {
    blockUsed = List.copyOf(blockUsed);
    peaks = List.copyOf(peaks);
    draws = List.copyOf(draws);
    contributions = List.copyOf(contributions);
    history = List.copyOf(history);
  }

  /** What was stored, in whichever form it was. */
  public static FundSnapshot read(Object stored) {
    return stored instanceof FundSnapshotV1 first ? first.upgraded() : (FundSnapshot) stored;
  }

  /** What an account was granted in the current block. */
  public record Used(String account, long micros) {}

  /** A level that was reached in a slot of five minutes and not exceeded since. */
  public record Peak(long slot, long micros) {}

  /** A remembered contribution. */
  public record Contribution(
      String id, Cause cause, String account, long amountMicros, long issuedAtMs)
      implements IdMemory.Entry {
    static Contribution of(FundEvent.Contributed event) {
      return new Contribution(
          event.id(), event.cause(), event.account(), event.amountMicros(), event.issuedAtMs());
    }

    @Override
    public boolean forgettable() {
      return true;
    }
  }
}
