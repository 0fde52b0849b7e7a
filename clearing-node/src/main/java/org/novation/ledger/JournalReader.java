package org.novation.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.ledger.Journalled.Part;

/**
 * Everything that is stored of one kind of entity, entity by entity and number by number, straight
 * from the table; a row that holds several events comes as one for each. Holds a page at a time:
 * where the last one ended is where the next begins.
 */
final class JournalReader implements AutoCloseable {
  private static final int PAGE = 500;

  /** Comes after every id that follows the separator of entity type and id, which is {@code |}. */
  private static final char AFTER_SEPARATOR = '|' + 1;

  /**
   * Of one entity too: by its number alone H2 would read all that is left of the entity for each
   * page, and sort it.
   */
  static final String IN_ORDER_OF_THE_KEY =
      " ORDER BY \"persistence_id\", \"sequence_number\" LIMIT ";

  /** Which table. */
  enum Table {
    EVENTS(
        "\"event_journal\"",
        "\"ordering\", \"deleted\", \"event_ser_id\", \"event_ser_manifest\", \"event_payload\""),
    SNAPSHOTS(
        "\"snapshot\"",
        "0, FALSE, \"snapshot_ser_id\", \"snapshot_ser_manifest\", \"snapshot_payload\"");

    private final String select;

    Table(String name, String columns) {
      this.select = "SELECT \"persistence_id\", \"sequence_number\", " + columns + " FROM " + name;
    }
  }

  /**
   * An event, or a snapshot.
   *
   * @param ordering unique in the journal, and in its order; 0 of a snapshot. See {@link #row} and
   *     {@link #place}
   */
  record Row(
      String persistenceId,
      long sequenceNumber,
      long ordering,
      boolean deleted,
      int serializer,
      String manifest,
      byte[] payload) {}

  /** The number of the row in the journal that holds the event. */
  static long row(long ordering) {
    return ordering / Together.MAX;
  }

  /** The place of the event in its row, from 0. */
  static int place(long ordering) {
    return (int) (ordering % Together.MAX);
  }

  private final String end;
  private final PreparedStatement sameEntity;
  private final PreparedStatement nextEntities;
  private final Deque<Row> page = new ArrayDeque<>(PAGE);
  private String lastId;
  private long lastNumber = Long.MAX_VALUE;
  private boolean exhausted;

  /**
   * @param connection whose isolation decides whether all pages show one moment
   * @param type the entity type, first part of the persistence ids
   */
  JournalReader(Connection connection, Table table, String type) throws SQLException {
    lastId = type + "|";
    end = type + AFTER_SEPARATOR;
    sameEntity =
        connection.prepareStatement(
            table.select
                + " WHERE \"persistence_id\" = ? AND \"sequence_number\" > ?"
                + IN_ORDER_OF_THE_KEY
                + PAGE);
    nextEntities =
        connection.prepareStatement(
            table.select
                + " WHERE \"persistence_id\" > ? AND \"persistence_id\" < ?"
                + IN_ORDER_OF_THE_KEY
                + PAGE);
  }

  /** The row that {@link #next} will give; null when there is none. */
  @Nullable Row peek() throws SQLException {
    if (page.isEmpty() && !exhausted) turn();
    return page.peek();
  }

  /** The next row; null when there is none. */
  @Nullable Row next() throws SQLException {
    Row row = peek();
    if (row != null) page.remove();
    return row;
  }

  @Override
  public void close() throws SQLException {
    try (sameEntity;
        nextEntities) {
      page.clear();
    }
  }

  /** A page may end within an entity: that one is finished before the next ones are asked for. */
  private void turn() throws SQLException {
    if (lastNumber != Long.MAX_VALUE) {
      sameEntity.setString(1, lastId);
      sameEntity.setLong(2, lastNumber);
      fill(sameEntity);
      if (!page.isEmpty()) return;
    }
    nextEntities.setString(1, lastId);
    nextEntities.setString(2, end);
    fill(nextEntities);
    exhausted = page.isEmpty();
  }

  private void fill(PreparedStatement statement) throws SQLException {
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        Row row =
            new Row(
                rows.getString(1),
                rows.getLong(2),
                rows.getLong(3) * Together.MAX,
                rows.getBoolean(4),
                rows.getInt(5),
                rows.getString(6),
                rows.getBytes(7));
        unfold(row);
        lastId = row.persistenceId();
        lastNumber = row.sequenceNumber();
      }
    }
  }

  private void unfold(Row row) {
    List<Part> parts;
    try {
      parts = Journalled.parts(row.manifest, row.payload);
    } catch (EventCodec.UnreadableException e) {
      page.add(row); // Whoever reads it finds out.
      return;
    }
    for (int n = 0; n < parts.size(); n++) {
      Part part = parts.get(n);
      page.add(
          new Row(
              row.persistenceId,
              row.sequenceNumber + n,
              row.ordering + n,
              row.deleted,
              row.serializer,
              part.manifest(),
              part.bytes()));
    }
  }
}
