package org.novation.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.WaveEvent;
import org.novation.insurance.FundEvent;
import org.novation.insurance.InsuranceFundActor;
import org.novation.ledger.Journalled.Part;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionEvent;

/**
 * Reads from the journal what the default waterfall did. The journal, and not the services that
 * tell the same: it is complete, says everything at its house time, and is what the audit vouches
 * for. Of accounts it counts the beginnings of liquidations only, but reads every row that holds
 * several events, for only its bytes say which.
 */
public final class WaterfallJournal {
  private static final int FETCH = 1_000;

  private final Connection connection;
  private final WaterfallFold fold = new WaterfallFold();

  private WaterfallJournal(Connection connection) {
    this.connection = connection;
  }

  /**
   * What the waterfall of a pool did so far.
   *
   * @throws SQLException when the store cannot be read
   */
  public static WaterfallReport read(DataSource dataSource, String pool) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false); // Else PostgreSQL gives all rows at once.
      try {
        return new WaterfallJournal(connection).read(pool);
      } finally {
        connection.rollback();
      }
    }
  }

  private WaterfallReport read(String pool) throws SQLException {
    each(
        AccountActor.TYPE,
        List.of(AccountEvent.LiquidationChanged.class),
        (account, event) -> fold.account(account, (AccountEvent) event));
    each(AuctionActor.TYPE, List.of(), (_, event) -> fold.auction((AuctionEvent) event));
    each(
        InsuranceFundActor.TYPE,
        List.of(),
        (name, event) -> {
          if (name.equals(pool)) fold.fund((FundEvent) event);
        });
    each(
        AdlCoordinatorActor.TYPE,
        List.of(),
        (name, event) -> {
          if (name.equals(pool)) fold.wave(pool, (WaveEvent) event);
        });
    return fold.report();
  }

  private interface Reader {
    void read(String entity, Object event);
  }

  /**
   * Events of all entities of a type, entity by entity.
   *
   * @param kinds of events; none for all
   */
  private void each(String type, List<Class<?>> kinds, Reader reader) throws SQLException {
    List<String> manifests =
        Journalled.KINDS.stream()
            .filter(kind -> kinds.contains(kind.type()))
            .map(EventCodec.Kind::manifest)
            .toList();
    String among =
        manifests.isEmpty()
            ? ""
            : " AND \"event_ser_manifest\" IN (?, "
                + manifests.stream().map(_ -> "?").collect(Collectors.joining(", "))
                + ')';
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT \"persistence_id\", \"event_ser_manifest\", \"event_payload\" FROM"
                + " \"event_journal\" WHERE \"persistence_id\" > ? AND \"persistence_id\" < ?"
                + among
                + " ORDER BY \"persistence_id\", \"sequence_number\"")) {
      select.setFetchSize(FETCH);
      select.setString(1, type + '|');
      select.setString(2, type + (char) ('|' + 1));
      if (!manifests.isEmpty()) select.setString(3, Together.MANIFEST);
      for (int n = 0; n < manifests.size(); n++) select.setString(4 + n, manifests.get(n));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          String entity = rows.getString(1).substring(type.length() + 1);
          for (Part part : Journalled.parts(rows.getString(2), rows.getBytes(3))) {
            if (among.isEmpty() || manifests.contains(part.manifest()))
              reader.read(entity, Journalled.CODEC.read(part.manifest(), part.bytes()));
          }
        }
      }
    }
  }
}
