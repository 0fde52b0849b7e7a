package org.novation.ledger;

import java.util.NavigableMap;
import java.util.TreeMap;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;

/**
 * Which versions of the parameters there were, and from which place in the journal on: governance
 * writes a version before it tells anybody, so nobody can have gone by one that is written later.
 * What was written before governance was set up went by a configuration, whose numbers are its own.
 */
final class VersionAudit {
  private final NavigableMap<Long, Long> versions = new TreeMap<>(); // By their place.

  /** A version came into force. */
  void executed(long version, Row row) {
    versions.put(row.ordering(), version);
  }

  /**
   * Holds an event to the version that it names; 0 names none.
   *
   * @throws ViolationException when there was no such version yet
   */
  void require(long version, Row row) throws ViolationException {
    var newest = versions.lowerEntry(row.ordering());
    if (newest == null || (version >= 0 && version <= newest.getValue())) return;
    throw new ViolationException(
        row.persistenceId(),
        row.sequenceNumber(),
        "goes by version " + version + ", but the newest there was is " + newest.getValue());
  }
}
