package org.novation.ledger;

import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveEvent.ReceiptPart;
import org.novation.deleveraging.WaveEvent.WaveBegun;
import org.novation.deleveraging.WaveEvent.WaveFinished;
import org.novation.deleveraging.WaveSummary;

/**
 * The waves of deleveraging that there ever were, straight from the journal's table: what they came
 * to, and their receipts. Reads the two ends of a wave, not what is between them, and of a receipt
 * its own rows alone.
 */
public final class WaveArchive {
  private static final String SELECT =
      "SELECT \"sequence_number\", \"event_ser_manifest\", \"event_payload\" FROM \"event_journal\""
          + " WHERE \"persistence_id\" = ? AND ";
  private static final String ENDS =
      SELECT
          + "\"sequence_number\" < ? AND \"event_ser_manifest\" IN (?, ?, ?)"
          + " ORDER BY \"sequence_number\" DESC LIMIT ?";
  private static final String BETWEEN =
      SELECT
          + "\"sequence_number\" BETWEEN ? AND ? AND \"event_ser_manifest\" = ?"
          + " ORDER BY \"sequence_number\"";
  private static final String BEGUN_BEFORE = "adl.wave-begun.v1";
  private static final String BEGUN = manifest(WaveBegun.class);
  private static final String FINISHED = manifest(WaveFinished.class);
  private static final String PART = manifest(ReceiptPart.class);
  private static final int SEARCHED_AT_ONCE = 500;

  private final DataSource dataSource;

  public WaveArchive(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Some waves, newest first.
   *
   * @param next where the next page begins; 0 when there is none
   */
  public record Page(List<WaveSummary> waves, long next) {
    public Page {
      waves = List.copyOf(waves);
    }
  }

  private record Row(long sequenceNumber, WaveEvent event) {}

  /**
   * One page of a pool's waves. Of the wave under way it says no more than that it has begun.
   *
   * @param before 0 for the newest, else {@code next} of the page before
   * @param limit at most so many, above 0
   */
  public Page page(String pool, long before, int limit) {
    try (Connection connection = dataSource.getConnection()) {
      // Each wave has two ends, but the newest may have one.
      List<Row> rows =
          ends(connection, pool, before == 0 ? Long.MAX_VALUE : before, FINISHED, 2 * limit + 1);
      List<WaveSummary> waves = new ArrayList<>();
      long next = 0;
      @Nullable WaveFinished finished = null;
      for (Row row : rows) {
        if (waves.size() == limit) {
          next = row.sequenceNumber() + 1;
          break;
        }
        switch (row.event()) {
          case WaveFinished end -> finished = end;
          case WaveBegun begun -> {
            waves.add(WaveSummary.of(Coordination.wave(pool, begun.waveId()), begun, finished));
            finished = null;
          }
          case ReceiptPart _,
              WaveEvent.StepsPlanned _,
              WaveEvent.StepDone _,
              WaveEvent.StepReplaced _ ->
              throw new IllegalStateException("not asked for: " + row);
        }
      }
      return new Page(waves, next);
    } catch (SQLException e) {
      throw new IllegalStateException("the journal of waves failed", e);
    }
  }

  /** The receipt of a wave; empty when there is no such wave. */
  public Optional<Receipt> receipt(String pool, String waveId) {
    try (Connection connection = dataSource.getConnection()) {
      long before = Long.MAX_VALUE;
      while (true) {
        List<Row> rows = ends(connection, pool, before, BEGUN, SEARCHED_AT_ONCE);
        if (rows.isEmpty()) return Optional.empty();
        for (Row row : rows) {
          if (row.event() instanceof WaveBegun begun && begun.waveId().equals(waveId))
            return Optional.of(receipt(connection, pool, row.sequenceNumber(), begun));
          before = row.sequenceNumber();
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the journal of waves failed", e);
    }
  }

  private static List<Row> ends(
      Connection connection, String pool, long before, String other, int limit)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(ENDS)) {
      select.setString(1, AdlCoordinatorActor.persistenceId(pool).id());
      select.setLong(2, before);
      select.setString(3, BEGUN_BEFORE);
      select.setString(4, BEGUN);
      select.setString(5, other);
      select.setInt(6, limit);
      return rows(select);
    }
  }

  /** The parts are right before the end of the beginning, and all of its wave so far. */
  private static Receipt receipt(Connection connection, String pool, long begunAt, WaveBegun begun)
      throws SQLException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PreparedStatement select = connection.prepareStatement(BETWEEN)) {
      select.setString(1, AdlCoordinatorActor.persistenceId(pool).id());
      select.setLong(2, begunAt - begun.number() + 1);
      select.setLong(3, begunAt - 1);
      select.setString(4, PART);
      for (Row row : rows(select)) {
        if (row.event() instanceof ReceiptPart part) bytes.writeBytes(part.bytes());
      }
    }
    Receipt receipt = Receipt.read(bytes.toByteArray());
    if (!receipt.sha256().equals(begun.sha256())) {
      throw new IllegalStateException(
          "the stored receipt of " + begun.waveId() + " is not the one that was published");
    }
    return receipt;
  }

  private static List<Row> rows(PreparedStatement select) throws SQLException {
    List<Row> rows = new ArrayList<>();
    try (ResultSet found = select.executeQuery()) {
      while (found.next()) {
        WaveEvent event = (WaveEvent) Journalled.CODEC.read(found.getString(2), found.getBytes(3));
        rows.add(new Row(found.getLong(1), event));
      }
    }
    return rows;
  }

  private static String manifest(Class<? extends WaveEvent> type) {
    return Journalled.KINDS.stream()
        .filter(kind -> kind.type() == type && kind.unsaid() == 0)
        .findAny()
        .orElseThrow()
        .manifest();
  }
}
