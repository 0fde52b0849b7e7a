package org.novation.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.novation.account.Leg;
import org.novation.clearing.Correction;
import org.novation.clearing.CorrectionActor;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.CorrectionCase;
import org.novation.clearing.CorrectionEvent;
import org.novation.clearing.CorrectionOrder;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.Trade;
import org.novation.instrument.Fees;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Role;

/**
 * Whether trades were put right as two operators agreed, and as nobody else did: whoever approved
 * is another one than proposed, and approved the hash of what was proposed; the trade is on the
 * books; what accounts did is what was approved, to the lot and to the micro, and once; and the fee
 * that is given back is what the account was charged for the trade, or what the other price makes
 * less of it. Read before the accounts: keeps what was proposed about fees until it is found there.
 */
final class CorrectionAudit {
  private final LegMatcher legs;
  private final Map<String, List<Returned>> returned = new HashMap<>(); // By account and trade.

  private record Returned(Correction correction, long micros, Row row) {}

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
        ordered(correction.order(approved.atMs()), row);
        for (String account : correction.feesDue()) ordered(correction.feeOrder(account), row);
        legs.add(new Entry(correction.trade().fingerprint(), Role.CORRECTS, row.ordering(), 0));
      }
      case CorrectionEvent.CorrectionBooked(_, var id) -> {
        CorrectionCase of = book.find(id);
        if (of == null || of.stage() != CorrectionCase.Stage.APPROVED)
          throw wrong(row, "correction " + id + " is booked, but was not approved");
        carried(of.correction().order(of.decidedAtMs()), row);
      }
      case CorrectionEvent.FeeSettled(_, var id, var account) -> {
        CorrectionCase of = book.find(id);
        if (of == null
            || of.stage() != CorrectionCase.Stage.BOOKED
            || !of.feesDue().contains(account))
          throw wrong(row, "no fee of " + account + " is due for correction " + id);
        carried(of.correction().feeOrder(account), row);
      }
      case CorrectionEvent.CorrectionProposedV1(_, var correction) ->
          requireNew(book, correction.id(), row);
      case CorrectionEvent.CorrectionProposed(_, var correction) -> {
        requireNew(book, correction.id(), row);
        returns(correction, correction.buyer(), correction.buyerFeeMicros(), row);
        returns(correction, correction.seller(), correction.sellerFeeMicros(), row);
      }
      case CorrectionEvent.CorrectionRejected rejected -> find(book, rejected.id(), row);
    }
  }

  private void ordered(CorrectionOrder order, Row row) {
    legs.add(new Entry(id(order), Role.ORDERED, row.ordering(), check(order)));
  }

  private void carried(CorrectionOrder order, Row row) {
    legs.add(new Entry(id(order), Role.CARRIED, row.ordering(), 0));
  }

  private static void requireNew(CorrectionBook book, String id, Row row)
      throws ViolationException {
    if (book.find(id) != null) throw wrong(row, "correction " + id + " is proposed twice");
  }

  // ---- fees

  private void returns(Correction correction, String account, long micros, Row row) {
    returned
        .computeIfAbsent(feeOf(account, correction.trade()), _ -> new ArrayList<>(1))
        .add(new Returned(correction, micros, row));
  }

  private static String feeOf(String account, Trade trade) {
    return account + ' ' + Trade.idText(trade.venue(), trade.tradeId());
  }

  /** An account was charged a fee for this leg, at this rate. */
  void charged(String account, Leg leg, Fees rate) throws ViolationException {
    if (returned.isEmpty()) return;
    List<Returned> ofIt = returned.remove(feeOf(account, leg.trade(account)));
    if (ofIt == null) return;
    long notional = Math.abs(leg.notionalMicros());
    for (Returned each : ofIt) {
      long then = 0;
      if (each.correction.kind() == Correction.Kind.PRICE)
        then = Math.addExact(notional, each.correction.buyerPaysMicros());
      if (each.micros != rate.ofTradeMicros(notional) - rate.ofTradeMicros(then))
        throw wrong(each.row, "gives back " + each.micros + " of the fee of " + account);
    }
  }

  /** Once every account is read. */
  void finish() throws ViolationException {
    for (List<Returned> ofOne : returned.values()) {
      for (Returned each : ofOne) {
        if (each.micros != 0)
          throw wrong(each.row, "gives back " + each.micros + " of a fee that was never charged");
      }
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
