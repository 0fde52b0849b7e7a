package org.novation.insurance;

import java.util.List;

/**
 * A snapshot as it was stored before draws named their liquidation: read for ever, written no more.
 */
public record FundSnapshotV1(
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
    List<FundSnapshot.Used> blockUsed,
    List<FundSnapshot.Peak> peaks,
    List<DrawV1> draws,
    long drawsForgottenThroughMs,
    List<FundSnapshot.Contribution> contributions,
    long contributionsForgottenThroughMs,
    List<Movement> history) {
  public FundSnapshotV1 {
    blockUsed = List.copyOf(blockUsed);
    peaks = List.copyOf(peaks);
    draws = List.copyOf(draws);
    contributions = List.copyOf(contributions);
    history = List.copyOf(history);
  }

  /** A draw that counted as a liquidation of its own. */
  public record DrawV1(
      String liquidationId,
      String account,
      long requestedMicros,
      long issuedAtMs,
      long houseMicros,
      long balanceMicros,
      Cap boundBy,
      long blockStartMs,
      long dayStartMs,
      boolean settled,
      long paidMicros) {
    private Draw upgraded() {
      return new Draw(
          liquidationId,
          liquidationId,
          account,
          requestedMicros,
          issuedAtMs,
          houseMicros,
          balanceMicros,
          boundBy,
          blockStartMs,
          dayStartMs,
          settled,
          paidMicros);
    }
  }

  /** The same as it is stored now. */
  FundSnapshot upgraded() {
    return new FundSnapshot(
        number,
        atMs,
        houseMicros,
        balanceMicros,
        reservedMicros,
        contributedMicros,
        paidMicros,
        gateOpen,
        dayStartMs,
        dayUsedMicros,
        blockStartMs,
        blockUsed,
        peaks,
        draws.stream().map(DrawV1::upgraded).toList(),
        drawsForgottenThroughMs,
        contributions,
        contributionsForgottenThroughMs,
        history);
  }
}
