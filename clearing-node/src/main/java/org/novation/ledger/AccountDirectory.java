package org.novation.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Which accounts there are, and whose. An index and not the truth: a row is written before its
 * account is opened, so no open account is missing, but a row may name an account that never came
 * to be, or that another member opened first.
 */
public final class AccountDirectory {
  private static final String ADD =
      "insert into account_directory (account_id, member, opened_at_ms) select ?, ?, ? where not"
          + " exists (select 1 from account_directory where account_id = ? and member = ?)";
  private static final String OPENED_AT =
      "select account_id, member, opened_at_ms from account_directory where account_id = ? and"
          + " member = ?";
  private static final String PAGE =
      "select account_id, member, opened_at_ms from account_directory where account_id > ? order by"
          + " account_id, member limit ?";
  private static final String PAGE_OF_MEMBER =
      "select account_id, member, opened_at_ms from account_directory where member = ? and"
          + " account_id > ? order by account_id limit ?";
  private static final String OTHERS_OF_ACCOUNT =
      "select account_id, member, opened_at_ms from account_directory where account_id = ? and"
          + " member > ? order by member";
  private static final String HAS = "select 1 from account_directory where account_id = ? limit 1";
  private static final String COUNT = "select count(*) from account_directory";
  private static final String UNIQUE_VIOLATION = "23505";

  private final DataSource dataSource;

  public AccountDirectory(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** One row. */
  public record Entry(String accountId, String member, long openedAtMs) {}

  /**
   * Adds a row where there is none.
   *
   * @return the time in the row, which is that of whoever added it first
   */
  public long add(String accountId, String member, long openedAtMs) {
    try (Connection connection = dataSource.getConnection()) {
      insert(connection, accountId, member, openedAtMs);
      try (PreparedStatement select = connection.prepareStatement(OPENED_AT)) {
        select.setString(1, accountId);
        select.setString(2, member);
        return rows(select).getFirst().openedAtMs();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the account directory failed", e);
    }
  }

  private static void insert(
      Connection connection, String accountId, String member, long openedAtMs) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(ADD)) {
      insert.setString(1, accountId);
      insert.setString(2, member);
      insert.setLong(3, openedAtMs);
      insert.setString(4, accountId);
      insert.setString(5, member);
      insert.executeUpdate();
    } catch (SQLException e) {
      if (!UNIQUE_VIOLATION.equals(e.getSQLState())) throw e; // Somebody was faster.
    }
  }

  /**
   * Rows by account id, ascending. A page never ends between two rows of one account id: it is
   * longer than {@code limit} then, so that the last id is where the next page starts after.
   *
   * @param member whose, or null for everybody's
   * @param after only ids greater than this
   */
  public List<Entry> page(@Nullable String member, String after, int limit) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement select =
            connection.prepareStatement(member == null ? PAGE : PAGE_OF_MEMBER)) {
      int parameter = 1;
      if (member != null) select.setString(parameter++, member);
      select.setString(parameter++, after);
      select.setInt(parameter, limit);
      List<Entry> page = rows(select);
      if (member == null && page.size() == limit) page.addAll(others(connection, page.getLast()));
      return page;
    } catch (SQLException e) {
      throw new IllegalStateException("the account directory failed", e);
    }
  }

  /** Whether an account may be open: of one that is not here, nobody need ask. */
  public boolean has(String accountId) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement select = connection.prepareStatement(HAS)) {
      select.setString(1, accountId);
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the account directory failed", e);
    }
  }

  /** How many rows there are. */
  public long count() {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement select = connection.prepareStatement(COUNT);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException("the account directory failed", e);
    }
  }

  private static List<Entry> others(Connection connection, Entry last) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(OTHERS_OF_ACCOUNT)) {
      select.setString(1, last.accountId());
      select.setString(2, last.member());
      return rows(select);
    }
  }

  private static List<Entry> rows(PreparedStatement select) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next())
        entries.add(new Entry(rows.getString(1), rows.getString(2), rows.getLong(3)));
    }
    return entries;
  }
}
