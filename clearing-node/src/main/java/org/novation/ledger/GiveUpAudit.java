package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import org.novation.account.Leg;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.GiveUp;
import org.novation.clearing.GiveUpActor;
import org.novation.clearing.GiveUpBook;
import org.novation.clearing.GiveUpCase;
import org.novation.clearing.GiveUpEvent;
import org.novation.clearing.Trade;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Role;

/**
 * Whether legs were given up as the receiving account accepted, and not otherwise: each trade that
 * gives one up was accepted as it is, by its owner or by a permission that stood; what is said to
 * be done was done; the trade given up is on the books; and no leg was given up twice, to whomever.
 */
final class GiveUpAudit {
  private final LegMatcher legs;

  GiveUpAudit(LegMatcher legs) {
    this.legs = legs;
  }

  void read(Connection connection) throws SQLException, ViolationException {
    GiveUpBook book = GiveUpBook.EMPTY;
    String entity = "";
    try (JournalReader journal = new JournalReader(connection, Table.EVENTS, GiveUpActor.TYPE)) {
      for (Row row = journal.next(); row != null; row = journal.next()) {
        if (!row.persistenceId().equals(entity)) book = GiveUpBook.EMPTY;
        entity = row.persistenceId();
        GiveUpEvent event = Auditor.read(row, GiveUpEvent.class, entity, book.events() + 1);
        try {
          judge(book, event, row);
          book = book.apply(event);
        } catch (IllegalStateException | IllegalArgumentException e) {
          throw wrong(row, "the event cannot follow: " + e.getMessage());
        }
      }
    }
  }

  private void judge(GiveUpBook book, GiveUpEvent event, Row row) throws ViolationException {
    switch (event) {
      case GiveUpEvent.GiveUpProposed(_, _, var giveUp) -> {
        if (!row.persistenceId().equals(GiveUpActor.TYPE + '|' + giveUp.to()))
          throw wrong(row, "keeps what is given up to " + giveUp.to());
      }
      case GiveUpEvent.GiveUpAccepted(_, var atMs, var key, var permitted) -> {
        GiveUp giveUp = find(book, key, row).giveUp();
        if (permitted && !book.permitted().contains(giveUp.from()))
          throw wrong(row, "accepts without asking what nobody has permitted");
        legs.add(new Entry(id(giveUp.trade(atMs)), Role.ORDERED, row.ordering(), 0));
      }
      case GiveUpEvent.GiveUpDone(_, _, var key) -> {
        GiveUpCase of = find(book, key, row);
        if (of.stage() != GiveUpCase.Stage.ACCEPTED)
          throw wrong(row, key + " is said to be done, but was not accepted");
        Trade trade = of.giveUp().trade(of.acceptedAtMs());
        legs.add(new Entry(id(trade), Role.CARRIED, row.ordering(), 0));
      }
      case GiveUpEvent.GiveUpRefused refused -> find(book, refused.key(), row);
      case GiveUpEvent.GiveUpCancelled cancelled -> find(book, cancelled.key(), row);
      case GiveUpEvent.GiveUpsPermitted _ -> {}
    }
  }

  private static GiveUpCase find(GiveUpBook book, String key, Row row) throws ViolationException {
    GiveUpCase of = book.find(key);
    if (of == null) throw wrong(row, "there is no " + key);
    return of;
  }

  /** A leg that an account committed, if it gives one up. */
  void committed(String account, Leg leg, Row row) {
    if (!GiveUp.is(leg.tradeId())) return;
    legs.add(new Entry(id(leg.trade(account)), Role.CORRECTED, row.ordering(), 0));
    Fingerprint itself = Fingerprint.of("the leg " + leg.tradeId(), "");
    legs.add(new Entry(itself, Role.GIVEN_UP, row.ordering(), 0));
  }

  private static Fingerprint id(Trade trade) {
    return Fingerprint.of("given up by " + trade + " at " + trade.executedAtMs(), "");
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}
