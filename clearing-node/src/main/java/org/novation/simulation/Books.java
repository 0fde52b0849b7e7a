package org.novation.simulation;

import org.novation.ledger.AuditReport;
import org.novation.node.Node;

/** A node's books, read back from its journal by the auditor. */
public final class Books {
  private static final String NOT_REACHED = "unknown";

  private Books() {}

  /** What they add up to; the sums are unknown when the audit ended at a violation before. */
  public static Verdict verdict(Node node) {
    AuditReport audit = node.audit();
    String flaw = audit.violation() == null ? "" : audit.violation().toString();
    AuditReport.Sums sums = audit.sums();
    if (sums == null)
      return new Verdict(NOT_REACHED, NOT_REACHED, NOT_REACHED, audit.holds(), flaw);
    return new Verdict(sums.positions(), sums.cash(), sums.costBasis(), audit.holds(), flaw);
  }
}
