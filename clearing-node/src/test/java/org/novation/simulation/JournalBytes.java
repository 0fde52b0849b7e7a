package org.novation.simulation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import org.novation.node.Node;

/**
 * Every byte of a node's journal, in the order in which it was written. What two runs have in
 * common that went the same way, not only to the same end.
 */
final class JournalBytes {
  /** What Pekko writes of its own, under its own names, has addresses of the run in it. */
  private static final String OURS =
      "SELECT \"persistence_id\", \"sequence_number\", \"event_payload\" FROM \"event_journal\""
          + " WHERE \"persistence_id\" NOT LIKE '/%' ORDER BY \"ordering\"";

  private JournalBytes() {}

  /** SHA-256, in hexadecimal. */
  static String sha256(Node node) {
    try (Connection connection = node.store().dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(OURS)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      while (rows.next()) {
        String head = rows.getString(1) + ' ' + rows.getLong(2) + '\n';
        digest.update(head.getBytes(StandardCharsets.UTF_8));
        digest.update(rows.getBytes(3));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (SQLException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
