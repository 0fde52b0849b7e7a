package org.novation.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.EventCodec.UnreadableException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.trail.TrailActor;
import org.novation.trail.TrailHead;
import org.novation.trail.TrailRecord;

/**
 * Reckons the hash of every record of the trail from its stored bytes and holds each record to the
 * one before: one that was changed, removed, moved or slipped in shows. A trail that was cut, or
 * written anew from some record on, shows by an anchor: where the trail ended once, kept elsewhere.
 */
public final class TrailAudit {
  private static final String PAGE =
      "SELECT \"event_ser_manifest\", \"event_payload\" FROM \"event_journal\" WHERE"
          + " \"persistence_id\" = ? AND \"sequence_number\" > ?"
          + JournalReader.IN_ORDER_OF_THE_KEY
          + '?';

  private final @Nullable TrailHead anchor;
  private TrailHead head = TrailHead.START;

  /**
   * @param anchor where the trail ended once; null when nobody kept that
   */
  TrailAudit(@Nullable TrailHead anchor) {
    this.anchor = anchor;
  }

  /** Where the trail ends. */
  TrailHead head() {
    return head;
  }

  void read(Connection connection) throws SQLException, ViolationException {
    try (JournalReader journal = new JournalReader(connection, Table.EVENTS, TrailActor.TYPE);
        JournalReader stored = new JournalReader(connection, Table.SNAPSHOTS, TrailActor.TYPE)) {
      for (Row row = journal.next(); row != null; row = journal.next()) {
        TrailRecord record =
            Auditor.read(row, TrailRecord.class, row.persistenceId(), head.number() + 1);
        String flaw = head.flaw(record);
        if (flaw != null) throw wrong(row.sequenceNumber(), flaw);
        head = head.after(record);
        requireAnchor();
        compareSnapshot(stored);
      }
      if (stored.next() != null)
        throw wrong(head.number(), "ends before a snapshot of it: records were cut off");
    }
    if (anchor != null && anchor.number() > head.number()) {
      throw wrong(
          head.number(), "ends here, but went on to record " + anchor.number() + ": it was cut");
    }
  }

  private void requireAnchor() throws ViolationException {
    if (anchor == null || anchor.number() != head.number() || anchor.equals(head)) return;
    throw wrong(head.number(), "has another hash than the anchor: it was written anew");
  }

  private void compareSnapshot(JournalReader stored) throws SQLException, ViolationException {
    Row row = stored.peek();
    if (row == null || row.sequenceNumber() != head.number()) return;
    stored.next();
    TrailHead snapshot = Auditor.read(row, TrailHead.class, row.persistenceId(), head.number());
    if (!snapshot.equals(head)) throw wrong(head.number(), "is not what a snapshot says of it");
  }

  private static ViolationException wrong(long number, String what) {
    return new ViolationException(TrailActor.PERSISTENCE_ID.id(), number, "the trail " + what);
  }

  /**
   * So many records after one of them, oldest first, as they are stored.
   *
   * @throws SQLException when they cannot be read
   */
  public static List<TrailRecord> after(DataSource journal, long number, int limit)
      throws SQLException {
    List<TrailRecord> found = new ArrayList<>();
    try (Connection connection = journal.getConnection();
        PreparedStatement page = connection.prepareStatement(PAGE)) {
      page.setString(1, TrailActor.PERSISTENCE_ID.id());
      page.setLong(2, number);
      page.setInt(3, limit);
      try (ResultSet rows = page.executeQuery()) {
        while (rows.next()) {
          if (Journalled.CODEC.read(rows.getString(1), rows.getBytes(2))
              instanceof TrailRecord record) found.add(record);
          else throw new SQLException("the trail holds something else than records");
        }
      }
    } catch (UnreadableException e) {
      throw new SQLException("the trail cannot be read", e);
    }
    return found;
  }
}
