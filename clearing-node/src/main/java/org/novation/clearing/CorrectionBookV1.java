package org.novation.clearing;

import java.util.List;

/** {@link CorrectionBook} as it was stored before corrections gave fees back. Read only. */
public record CorrectionBookV1(long events, List<Case> cases) {
  public CorrectionBookV1 {
    cases = List.copyOf(cases);
  }

  /** {@link CorrectionCase} as it was then. */
  public record Case(
      CorrectionV1 correction, CorrectionCase.Stage stage, String decidedBy, long decidedAtMs) {}

  /** The same as it is stored now. */
  public CorrectionBook upgraded() {
    return new CorrectionBook(
        events,
        cases.stream()
            .map(
                of ->
                    new CorrectionCase(
                        of.correction.upgraded(),
                        of.stage,
                        of.decidedBy,
                        of.decidedAtMs,
                        List.of()))
            .toList());
  }
}
