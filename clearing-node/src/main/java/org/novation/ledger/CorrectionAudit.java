package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import org.novation.account.Leg;
import org.novation.clearing.Correction;
import org.novation.clearing.CorrectionActor;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.CorrectionCase;
import org.novation.clearing.CorrectionEvent;
import org.novation.clearing.CorrectionOrder;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.Trade;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Role;

/**
 * Whether trades were put right as two operators agreed, and as nobody else did: whoever approved
 * is another one than proposed, and approved the hash of what was proposed; the trade is on the
 * books; what accounts did is what was approved, to the lot and to the micro, and once.
 */
final class CorrectionAudit {
  private final LegMatcher legs;

  CorrectionAudit(LegMatcher legs) {
    this.legs = legs;
  }

  void read(Connection connection) throws SQLException, ViolationException {
    CorrectionBook book = CorrectionBook.EMPTY;
    try (JournalReader journal =
        new JournalReader(connection, Table.EVENTS, CorrectionActor.TYPE)) {
      for (Row row = journal.next(); row != null; row = journal.next()) {
        CorrectionEvent event =
            Auditor.read(row, CorrectionEvent.class, row.persistenceId(), book.events() + 1);
        try {
          judge(book, event, row);
          book = book.apply(event);
        } catch (IllegalStateException | IllegalArgumentException e) {
          throw wrong(row, "the event cannot follow: " + e.getMessage());
        }
      }
    }
  }

  private void judge(CorrectionBook book, CorrectionEvent event, Row row)
      throws ViolationException {
    switch (event) {
      case CorrectionEvent.CorrectionApproved approved -> {
        Correction correction = find(book, approved.id(), row);
        if (correction.proposer().equals(approved.operator()))
          throw wrong(row, "whoever proposed correction " + approved.id() + " approves it");
        if (!correction.hash().equals(approved.hash()))
          throw wrong(row, "correction " + approved.id() + " is approved as something else");
        CorrectionOrder order = correction.order(approved.atMs());
        legs.add(new Entry(id(order), Role.ORDERED, row.ordering(), check(order)));
        legs.add(new Entry(correction.trade().fingerprint(), Role.CORRECTS, row.ordering(), 0));
      }
      case CorrectionEvent.CorrectionBooked(_, var id) -> {
        CorrectionCase of = book.find(id);
        if (of == null || of.stage() != CorrectionCase.Stage.APPROVED)
          throw wrong(row, "correction " + id + " is booked, but was not approved");
        CorrectionOrder order = of.correction().order(of.decidedAtMs());
        legs.add(new Entry(id(order), Role.CARRIED, row.ordering(), 0));
      }
      case CorrectionEvent.CorrectionProposed(_, var correction) -> {
        if (book.find(correction.id()) != null)
          throw wrong(row, "correction " + correction.id() + " is proposed twice");
      }
      case CorrectionEvent.CorrectionRejected rejected -> find(book, rejected.id(), row);
    }
  }

  private static Correction find(CorrectionBook book, String id, Row row)
      throws ViolationException {
    CorrectionCase of = book.find(id);
    if (of == null || of.stage() != CorrectionCase.Stage.PROPOSED)
      throw wrong(row, "there is no correction " + id + " to be decided");
    return of.correction();
  }

  /** What an account did with this leg, if it is a correction that it committed. */
  void reversed(String account, Leg leg, Row row) {
    if (!Correction.is(leg.tradeId())) return;
    Trade trade = leg.trade(account);
    legs.add(
        new Entry(
            id(account, leg.tradeId()),
            Role.CORRECTED,
            row.ordering(),
            check(trade, leg.tradeFundingIndex())));
  }

  /** What an account did by giving something away for a correction. */
  void paid(String account, String key, String to, long micros, Row row) {
    legs.add(new Entry(id(account, key), Role.CORRECTED, row.ordering(), check(to, micros)));
  }

  private static Fingerprint id(CorrectionOrder order) {
    return switch (order) {
      case CorrectionOrder.Reverse reverse -> id(reverse.account(), reverse.trade().tradeId());
      case CorrectionOrder.Pay pay -> id(pay.account(), pay.key());
    };
  }

  private static Fingerprint id(String account, String key) {
    return Fingerprint.of("correction by " + account, key);
  }

  private static long check(CorrectionOrder order) {
    return switch (order) {
      case CorrectionOrder.Reverse reverse -> check(reverse.trade(), reverse.fundingIndex());
      case CorrectionOrder.Pay pay -> check(pay.to(), pay.micros());
    };
  }

  private static long check(Trade trade, long fundingIndex) {
    return Fingerprint.of("", trade + " " + trade.executedAtMs() + ' ' + fundingIndex).content();
  }

  private static long check(String to, long micros) {
    return Fingerprint.of("", to + ' ' + micros).content();
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}
