package org.novation.clearing;

import java.util.List;

/**
 * A correction and what became of it.
 *
 * @param decidedBy who approved or rejected it; empty while nobody has
 * @param decidedAtMs 0 likewise
 * @param feesDue the accounts whose fee is still to be given back, or charged; empty once it is
 *     rejected
 */
public record CorrectionCase(
    Correction correction, Stage stage, String decidedBy, long decidedAtMs, List<String> feesDue) {
  public CorrectionCase {
    feesDue = List.copyOf(feesDue);
  }

  /** How far it is. */
  public enum Stage {
    /** Waits for another operator. */
    PROPOSED,
    /** Will be done, whatever crashes. */
    APPROVED,
    /** On the books of one side, and on its way to the other; fees follow. */
    BOOKED,
    /** Will not be done. */
    REJECTED
  }

  /** What accounts are still to do: fees follow what they are of. */
  public List<CorrectionOrder> orders() {
    return switch (stage) {
      case PROPOSED, REJECTED -> List.of();
      case APPROVED -> List.of(correction.order(decidedAtMs));
      case BOOKED -> feesDue.stream().<CorrectionOrder>map(correction::feeOrder).toList();
    };
  }

  CorrectionCase at(Stage then) {
    return new CorrectionCase(correction, then, decidedBy, decidedAtMs, feesDue);
  }

  CorrectionCase decided(Stage then, String by, long atMs) {
    return new CorrectionCase(
        correction, then, by, atMs, then == Stage.REJECTED ? List.of() : feesDue);
  }

  CorrectionCase withoutFee(String account) {
    List<String> left = feesDue.stream().filter(due -> !due.equals(account)).toList();
    if (left.size() == feesDue.size())
      throw new IllegalStateException(
          "no fee of " + account + " is due for correction " + correction.id());
    return new CorrectionCase(correction, stage, decidedBy, decidedAtMs, left);
  }
}
