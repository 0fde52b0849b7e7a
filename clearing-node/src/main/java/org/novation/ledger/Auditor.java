package org.novation.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.novation.account.Account;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.AccountOpened;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.DebtSettled;
import org.novation.account.AccountEvent.DeficitPaid;
import org.novation.account.AccountEvent.HandedOver;
import org.novation.account.AccountEvent.LiquidationChanged;
import org.novation.account.AccountEvent.MarginStateChanged;
import org.novation.account.AccountEvent.OutboxAcknowledged;
import org.novation.account.AccountEvent.ProfitTaken;
import org.novation.account.AccountEvent.SliceOffered;
import org.novation.account.AccountEvent.SliceSold;
import org.novation.account.AccountEvent.SurplusPaid;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.AccountEvent.TransferTaken;
import org.novation.account.AccountSnapshot;
import org.novation.account.Dispatch;
import org.novation.account.Leg;
import org.novation.account.Remittance;
import org.novation.account.Transfer;
import org.novation.clearing.Correction;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Trade;
import org.novation.deleveraging.RealisedWindow;
import org.novation.instrument.Coins;
import org.novation.instrument.Fees;
import org.novation.ledger.AuditReport.TrailLine;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.JournalReader.Row;
import org.novation.ledger.JournalReader.Table;
import org.novation.ledger.LegMatcher.Entry;
import org.novation.ledger.LegMatcher.Mismatch;
import org.novation.ledger.LegMatcher.Role;
import org.novation.liquidation.Slice;
import org.novation.market.MarketActor;
import org.novation.market.MarketEvent;
import org.novation.risk.Fill;
import org.novation.risk.Health;
import org.novation.risk.MarginState;
import org.novation.risk.Portfolio;
import org.novation.trail.TrailHead;

/**
 * Believes nobody: reads the whole journal from its table, in one consistent view, rebuilds every
 * account with the rules that the live accounts run by, reckons each figure of every leg once more,
 * and holds the sums over all accounts to zero. Ends at the first violation. Reads only; may run
 * beside a working node.
 *
 * <p>For each account: numbers run from 1 without a gap, bytes are those of the record, each leg's
 * notional, realised profit and funding follow from what was before, cash = deposits + realised
 * profit + funding + what transfers and the default waterfall moved, any other balance likewise,
 * snapshots equal the replay; a change of margin state begins at the state that was and follows
 * from the health that it carries, whose equity is what the books are worth at its marks; no wave
 * takes more of an account in an instrument than it had won there and no wave took before. Over
 * all: a trade is on both its accounts with the same figures, or its second leg waits in the
 * outbox; none is there twice, nor is a deposit; and the sums of {@link BookTotals}. For each
 * insurance fund: {@link FundAudit}. For the waves of deleveraging: {@link WaveAudit}; for
 * auctions: {@link AuctionAudit}; for deposits and withdrawals: {@link CustodyAudit}; for votes and
 * stakes: {@link GovernanceAudit}; for the parameter version that an event names: {@link
 * VersionAudit}; for the trail of what was done with power: {@link TrailAudit}.
 *
 * <p>Not reckoned again is what depends on prices and ladders that the journal of accounts does not
 * hold: margin requirements, the worth of collateral other than the settlement asset (and so equity
 * where there is any), the health that trades carry, and whether a trade was to be refused.
 *
 * <p>A trade with one leg only is named with its account and event. The sums are reckoned after
 * every leg was found; should they not balance then, the rules themselves are wrong, no single
 * event shows it, and every instrument that does not add up is named.
 *
 * <p>Memory: one account at a time, or one fund and what its policy lets it remember, {@link
 * LegMatcher#IN_MEMORY_MAX} legs and payments (more go to temporary files), and the legs that are
 * in an outbox.
 */
public final class Auditor {
  /** The one risk pool. */
  private static final String POOL = "main";

  /** Of a taking that does not say of which profit it was: it is held to what was asked alone. */
  private static final String PROFIT_WITHOUT_PARTS = "account.profit-taken.v1";

  /** H2's own level; its REPEATABLE READ lets new rows in. */
  private static final int H2_SNAPSHOT = 6;

  private static final String WHERE =
      "SELECT \"persistence_id\", \"sequence_number\" FROM \"event_journal\" WHERE \"ordering\" ="
          + " ?";

  private final Connection connection;
  private final LegMatcher legs;
  private final FundAudit funds;
  private final AuctionAudit auctions;
  private final DefaultAudit defaults = new DefaultAudit();
  private final WaveAudit waves;
  private final CorrectionAudit corrections;
  private final GiveUpAudit giveUps;
  private final CustodyAudit custody;
  private final VersionAudit versions = new VersionAudit();
  private final GovernanceAudit governance = new GovernanceAudit(versions);
  private final TrailAudit trail;
  private @Nullable TradesCleared lastCleared; // Of whichever account is read.
  private final BookTotals totals = new BookTotals();
  private JournalCatalogue catalogue;
  private long accounts;
  private long events;
  private long marketEvents;
  private long snapshots;
  private long deposits;

  private Auditor(
      Connection connection,
      LegMatcher legs,
      String settlementAsset,
      @Nullable TrailHead anchor,
      @Nullable String house) {
    this.connection = connection;
    this.legs = legs;
    this.funds = new FundAudit(legs, versions);
    this.auctions = new AuctionAudit(legs, versions);
    this.waves = new WaveAudit(legs, versions, defaults);
    this.corrections = new CorrectionAudit(legs);
    this.giveUps = new GiveUpAudit(legs);
    this.custody = new CustodyAudit(house, versions);
    this.trail = new TrailAudit(anchor);
    this.catalogue = JournalCatalogue.of(settlementAsset);
  }

  /**
   * Audits a store.
   *
   * @param settlementAsset what profit, loss and funding are settled in: the first of the
   *     catalogue's assets. No event names it
   * @throws SQLException when the store cannot be read
   */
  public static AuditReport audit(DataSource dataSource, String settlementAsset)
      throws SQLException {
    return audit(dataSource, settlementAsset, null, null);
  }

  /**
   * The same, holds the trail to where it ended once, and verifies what custodians signed.
   *
   * @param anchor null when nobody kept that: then a trail that was cut or written anew is not
   *     found
   * @param house under which name custodians sign for it; null to leave their signatures alone
   */
  public static AuditReport audit(
      DataSource dataSource,
      String settlementAsset,
      @Nullable TrailHead anchor,
      @Nullable String house)
      throws SQLException {
    return audit(dataSource, settlementAsset, anchor, house, LegMatcher.IN_MEMORY_MAX);
  }

  static AuditReport audit(
      DataSource dataSource,
      String settlementAsset,
      @Nullable TrailHead anchor,
      @Nullable String house,
      int legsInMemory)
      throws SQLException {
    try (Connection connection = dataSource.getConnection();
        LegMatcher legs = new LegMatcher(legsInMemory)) {
      boolean h2 = connection.getMetaData().getDatabaseProductName().equals("H2");
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(h2 ? H2_SNAPSHOT : Connection.TRANSACTION_REPEATABLE_READ);
      try {
        return new Auditor(connection, legs, settlementAsset, anchor, house).run();
      } finally {
        connection.rollback();
      }
    }
  }

  /** Ends the reading at the first violation. */
  static final class ViolationException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Violation violation;

    ViolationException(String entity, long sequenceNumber, String what) {
      super(what, null, false, false);
      this.violation = new Violation(entity, sequenceNumber, what);
    }
  }

  private AuditReport run() throws SQLException {
    try {
      governance.read(connection); // First: by its versions all others go.
      readMarkets();
      custody.read(connection);
      corrections.read(connection);
      readAccounts();
      custody.finish();
      governance.finish(catalogue.get());
      corrections.finish();
      funds.read(connection);
      auctions.read(connection);
      waves.read(connection);
      giveUps.read(connection);
      trail.read(connection);
      matchLegs();
      AuditReport.Sums sums = totals.sums();
      return report(
          sums,
          sums.zero()
              ? null
              : new Violation(
                  "",
                  0,
                  "every trade is on both its accounts, but the books do not balance: "
                      + totals.imbalance()));
    } catch (ViolationException e) {
      return report(null, e.violation);
    }
  }

  private AuditReport report(AuditReport.@Nullable Sums sums, @Nullable Violation violation) {
    return new AuditReport(
        accounts,
        events,
        marketEvents,
        snapshots,
        totals.trades(),
        totals.undelivered(),
        deposits,
        totals.instruments(),
        totals.assets(),
        funds.lines(),
        auctions.line(),
        waves.lines(),
        governance.line(),
        new TrailLine(trail.head().number(), trail.head().hash()),
        sums,
        violation);
  }

  // ---- one account after the other

  private void readAccounts() throws SQLException, ViolationException {
    try (JournalReader journal = new JournalReader(connection, Table.EVENTS, AccountActor.TYPE);
        JournalReader stored = new JournalReader(connection, Table.SNAPSHOTS, AccountActor.TYPE)) {
      for (Row row = journal.peek(); row != null; row = journal.peek())
        readAccount(row.persistenceId(), journal, stored);
      Row orphan = stored.next();
      if (orphan != null) {
        throw new ViolationException(
            account(orphan.persistenceId()),
            orphan.sequenceNumber(),
            "there is a snapshot, but no event until it");
      }
    }
  }

  private void readAccount(String persistenceId, JournalReader journal, JournalReader stored)
      throws SQLException, ViolationException {
    Account account = new Account(account(persistenceId), catalogue.get());
    long ordering = 0;
    for (Row row = journal.peek();
        row != null && row.persistenceId().equals(persistenceId);
        row = journal.peek()) {
      journal.next();
      account = follow(account, row);
      ordering = row.ordering();
      events++;
      compareSnapshot(account, persistenceId, stored);
    }
    if (!account.cashIsExplained()) {
      throw new ViolationException(
          account.id(), account.events(), "cash is not deposits + realised profit + funding");
    }
    for (Leg leg : account.outbox().values()) {
      Trade trade = leg.trade(account.id());
      legs.add(new Entry(trade.fingerprint(), Role.PENDING, ordering, 0));
      totals.pending(trade.fingerprint(), leg);
    }
    for (Dispatch dispatch : account.dispatches().values()) {
      if (dispatch instanceof Dispatch.Deliver(var transfer)) pending(account, transfer, ordering);
      if (dispatch instanceof Dispatch.Remit(var remittance)) pending(remittance, ordering);
      if (dispatch instanceof Dispatch.Contribute(var id, _, _))
        legs.add(new Entry(FundAudit.contribution(POOL, id), Role.OWED, ordering, 0));
      if (dispatch instanceof Dispatch.Notify told)
        legs.add(
            new Entry(
                AuctionAudit.sale(told.auctionId(), told.bidId()), Role.NOTIFIED, ordering, 0));
    }
    totals.add(account, catalogue.get());
    governance.read(account);
    accounts++;
  }

  /** Judges one event by what was before, then lets the account record it. */
  private Account follow(Account before, Row row) throws ViolationException {
    AccountEvent event = read(row, AccountEvent.class, before.id(), before.events() + 1);
    if (event instanceof AccountEvent.ByParameters by) versions.require(by.parameterVersion(), row);
    try {
      Account account = before;
      JournalCatalogue grown = catalogue.with(event);
      if (grown != catalogue) {
        catalogue = grown;
        account = Account.of(before.snapshot(), grown.get());
      }
      judge(account, event, row);
      account.apply(event);
      defaults.follow(account, event, catalogue.get());
      return account;
    } catch (IllegalStateException | IllegalArgumentException | ArithmeticException e) {
      throw new ViolationException(
          before.id(), row.sequenceNumber(), "the event cannot follow: " + e.getMessage());
    }
  }

  private void judge(Account account, AccountEvent event, Row row) throws ViolationException {
    switch (event) {
      case AccountOpened opened -> {
        if (!opened.accountId().equals(account.id()))
          throw wrong(account, row, "opens account " + opened.accountId());
      }
      case CollateralDeposited deposit -> {
        if (deposit.amount() <= 0) throw wrong(account, row, "deposits " + deposit.amount());
        String id = "deposit " + account.id() + '/' + deposit.depositId();
        legs.add(new Entry(Fingerprint.of(id, ""), Role.DEPOSITED, row.ordering(), 0));
        governance.deposited(account.id(), row);
        custody.deposited(account.id(), deposit, row);
        deposits++;
      }
      case AccountEvent.CollateralHeld held -> {
        int asset = catalogue.get().assetListed(held.asset());
        if (held.amount() <= 0 || held.amount() > account.portfolio().amount(asset))
          throw wrong(account, row, "holds for a withdrawal what it does not have");
        custody.held(account.id(), held, row);
      }
      case AccountEvent.CollateralReturned returned ->
          custody.returned(account.id(), returned, row);
      case AccountEvent.CollateralWithdrawn withdrawn ->
          custody.withdrawn(account.id(), withdrawn, row);
      case AccountEvent.CollateralSent sent -> judge(account, sent, row);
      case AccountEvent.CollateralReceived received -> {
        governance.received(account.id(), received);
        legs.add(
            new Entry(
                transferId(Remittance.key(received.from(), received.transferId()), received.from()),
                Role.APPLIED,
                row.ordering(),
                check(received.asset(), received.amount(), account.id(), received.sentAtMs())));
      }
      case TradesCleared cleared -> {
        lastCleared = cleared;
        judge(account, cleared, row);
      }
      case AccountEvent.FeesCharged charged -> {
        if (charged.micros() != fees(account, new Fees(charged.tradePpm(), 0)))
          throw wrong(account, row, "pays fees of " + charged.micros());
        totals.cameFromOutside(-charged.micros());
      }
      case AccountEvent.FeesPaid paid -> judge(account, paid, row);
      case OutboxAcknowledged acknowledged ->
          requireInOutbox(account, acknowledged.acknowledged(), row);
      case MarginStateChanged changed -> judge(account, changed, row);
      case LiquidationChanged changed ->
          judgeWorth(account, changed.health(), changed.marks(), row);
      case SliceOffered offered -> judge(account, offered, row);
      case SliceSold sold -> judge(account, sold, row);
      case AccountEvent.HandOverDeferred deferred -> {
        judgeWorth(account, deferred.health(), deferred.marks(), row);
        if (deferred.health().equityMicros() < 0)
          throw wrong(account, row, "is spared its hand-over, and insolvent");
        if (deferred.times() != account.deferrals() + 1)
          throw wrong(account, row, "miscounts how often it was spared its hand-over");
      }
      case HandedOver handed -> judge(account, handed, row);
      case TransferTaken taken -> judge(account, taken, row);
      case DebtSettled settled -> judge(account, settled, row);
      case ProfitTaken taken -> {
        judge(account, taken, row);
        totals.cameFromOutside(-taken.takenMicros());
        stepped(taken.stepId(), taken.takenMicros(), row);
      }
      case DeficitPaid paid -> {
        totals.cameFromOutside(paid.micros());
        stepped(paid.stepId(), paid.micros(), row);
      }
      case SurplusPaid paid -> {
        if (paid.micros() <= 0 || paid.micros() > account.portfolio().cashMicros())
          throw wrong(account, row, "pays out a surplus that it does not have");
        gave(account, paid, row);
      }
      case AccountEvent.OfferReduced _,
          AccountEvent.OfferClosed _,
          AccountEvent.DrawAsked _,
          AccountEvent.DrawReleased _,
          AccountEvent.StepDeclined _,
          AccountEvent.LeverageCapped _ -> {}
    }
  }

  private void judge(Account account, AccountEvent.CollateralSent sent, Row row)
      throws ViolationException {
    int asset = catalogue.get().assetListed(sent.asset());
    boolean forced = Correction.is(sent.transferId());
    boolean has = sent.amount() <= account.portfolio().amount(asset);
    boolean mayOwe = forced && !account.id().equals(HouseAccount.REVENUE);
    if (sent.amount() <= 0 || (!has && !mayOwe) || (forced && asset != 0))
      throw wrong(account, row, "gives away what it does not have");
    governance.sent(account.id(), sent, row);
    if (forced) corrections.paid(account.id(), sent.transferId(), sent.to(), sent.amount(), row);
    for (Dispatch dispatch : Account.dispatches(account.id(), sent)) {
      if (dispatch instanceof Dispatch.Remit(var remittance))
        legs.add(entry(remittance, Role.NOVATED, row.ordering()));
    }
  }

  /** What the trades that the account booked last cost at a rate. */
  private long fees(Account account, Fees rate) throws ViolationException {
    TradesCleared cleared = lastCleared;
    if (cleared == null || cleared.number() != account.events()) return 0;
    long micros = 0;
    for (List<Leg> legs : List.of(cleared.novated(), cleared.applied())) {
      for (Leg leg : legs) {
        if (leg.venue().equals(HouseAccount.VENUE)) continue;
        micros = Math.addExact(micros, rate.ofTradeMicros(leg.notionalMicros()));
        corrections.charged(account.id(), leg, rate);
      }
    }
    return micros;
  }

  /** What was kept for the house is on its way among accounts, or to the fund. */
  private void judge(Account account, AccountEvent.FeesPaid paid, Row row)
      throws ViolationException {
    long micros = paid.fundMicros() + paid.houseMicros();
    if (paid.fundMicros() < 0 || paid.houseMicros() < 0 || micros > account.feesKeptMicros())
      throw wrong(account, row, "sends fees that it has not kept");
    totals.cameFromOutside(micros);
    gave(account, paid, row);
    for (Dispatch dispatch : Account.dispatches(account.id(), paid)) {
      if (dispatch instanceof Dispatch.Remit(var remittance))
        legs.add(entry(remittance, Role.NOVATED, row.ordering()));
    }
  }

  private static Entry entry(Remittance coming, Role role, long ordering) {
    return new Entry(
        transferId(coming.key(), coming.from()),
        role,
        ordering,
        check(coming.asset(), coming.amount(), coming.to(), coming.atMs()));
  }

  private static Fingerprint transferId(String id, String from) {
    return Fingerprint.of("transfer " + id, from);
  }

  private static long check(String asset, long amount, String to, long atMs) {
    return Fingerprint.of("", asset + ' ' + amount + ' ' + to + ' ' + atMs).content();
  }

  private static void judge(Account account, SliceOffered offered, Row row)
      throws ViolationException {
    for (Slice.Leg leg : offered.slice().legs()) {
      long held = account.held(leg.instrument());
      if (Long.signum(held) != Long.signum(leg.lots()) || Math.abs(leg.lots()) > Math.abs(held))
        throw wrong(
            account, row, "offers " + leg.lots() + " lots of " + leg.instrument() + " of " + held);
    }
  }

  private void judge(Account account, SliceSold sold, Row row) throws ViolationException {
    Portfolio portfolio = account.portfolio().copy();
    for (Leg leg : sold.legs()) {
      if (!leg.counterparty().equals(sold.bidder()))
        throw wrong(account, row, "sells to another than its bidder");
      requireReduction(account, leg, row);
      judge(account, portfolio, leg, Role.NOVATED, row);
    }
    for (Dispatch dispatch : Account.dispatches(account.id(), sold)) {
      if (dispatch instanceof Dispatch.Deliver(var transfer))
        legs.add(entry(transfer, Role.NOVATED, row.ordering()));
    }
    legs.add(
        new Entry(
            AuctionAudit.sale(sold.auctionId(), sold.bidId()),
            Role.SOLD,
            row.ordering(),
            AuctionAudit.check(sold.bidder(), sold.allocation(), sold.charge())));
    gave(account, sold, row);
    got(sold.auctionId(), sold.charge().fundMicros(), row);
  }

  private static void requireReduction(Account account, Leg leg, Row row)
      throws ViolationException {
    long held = account.held(leg.instrument());
    if (Long.signum(held) == Long.signum(leg.lots()) || Math.abs(leg.lots()) > Math.abs(held))
      throw wrong(
          account, row, "sells " + leg.lots() + " lots of " + leg.instrument() + " of " + held);
  }

  private void judge(Account account, HandedOver handed, Row row) throws ViolationException {
    Portfolio portfolio = account.portfolio().copy();
    for (Leg leg : handed.legs()) {
      if (!HouseAccount.is(leg.counterparty()))
        throw wrong(account, row, "hands over to another than the house");
      requireReduction(account, leg, row);
      judge(account, portfolio, leg, Role.NOVATED, row);
    }
    if (handed.cashMicros() < 0 && !portfolio.flat())
      throw wrong(account, row, "hands over a debt with positions open");
    for (Dispatch dispatch : Account.dispatches(account.id(), handed)) {
      if (dispatch instanceof Dispatch.Deliver(var transfer))
        legs.add(entry(transfer, Role.NOVATED, row.ordering()));
    }
    requireTold(account, handed.fundMicros(), handed.paidMicros(), handed, row);
    got(handed.drawId(), handed.paidMicros(), row);
  }

  /** What an event sends to the fund. */
  private void gave(Account account, AccountEvent event, Row row) {
    for (Dispatch dispatch : Account.dispatches(account.id(), event)) {
      if (!(dispatch instanceof Dispatch.Contribute(var id, var micros, _))) continue;
      legs.add(new Entry(FundAudit.contribution(POOL, id), Role.SENT, row.ordering(), micros));
      totals.cameFromOutside(-micros);
    }
  }

  /** What the fund pays by an event. */
  private void got(String drawId, long micros, Row row) {
    if (micros == 0) return;
    legs.add(new Entry(FundAudit.draw(POOL, drawId), Role.RECEIVED, row.ordering(), micros));
    totals.cameFromOutside(micros);
  }

  private void stepped(String stepId, long micros, Row row) {
    legs.add(new Entry(WaveAudit.step(stepId), Role.STEPPED, row.ordering(), micros));
  }

  /**
   * A wave takes no more than was won, in each instrument, and was not taken before: reckoned by
   * the books as all events until here left them.
   */
  private static void judge(Account account, ProfitTaken taken, Row row) throws ViolationException {
    if (taken.takenMicros() < 0 || taken.takenMicros() > taken.askedMicros())
      throw wrong(account, row, "gives up " + taken.takenMicros() + " of what was asked");
    if (row.manifest().equals(PROFIT_WITHOUT_PARTS)) return;
    if (taken.lookBackMs() < 0 || taken.lookBackMs() > RealisedWindow.LOOK_BACK_MAX_MS)
      throw wrong(account, row, "looks back " + taken.lookBackMs() + " ms");
    long sum = 0;
    Set<String> instruments = new HashSet<>();
    for (AccountEvent.ProfitPart part : taken.parts()) {
      long won =
          account.profitMicros(
              part.instrument(), part.markTicks(), taken.atMs(), taken.lookBackMs());
      if (part.micros() <= 0 || part.micros() > won || !instruments.add(part.instrument()))
        throw wrong(
            account,
            row,
            "wave "
                + taken.wave()
                + " takes "
                + part.micros()
                + " of its profit in "
                + part.instrument()
                + ", where "
                + won
                + " is left that was not taken before");
      sum = Math.addExact(sum, part.micros());
    }
    if (sum != taken.takenMicros())
      throw wrong(account, row, "gives up " + taken.takenMicros() + ", but its parts are " + sum);
  }

  private void judge(Account account, TransferTaken taken, Row row) throws ViolationException {
    Portfolio portfolio = account.portfolio().copy();
    for (Leg leg : taken.legs()) judge(account, portfolio, leg, Role.APPLIED, row);
    Fingerprint id = transferId(taken.transferId(), taken.from());
    long check = check(taken.cashMicros(), taken.fundMicros(), taken.handedAtMs());
    legs.add(new Entry(id, Role.APPLIED, row.ordering(), check));
  }

  private void judge(Account account, DebtSettled settled, Row row) throws ViolationException {
    if (!account.portfolio().flat())
      throw wrong(account, row, "settles its debt with positions open");
    if (settled.paidMicros() < 0 || settled.handedMicros() < 0)
      throw wrong(account, row, "settles a debt below nothing");
    for (Dispatch dispatch : Account.dispatches(account.id(), settled)) {
      if (dispatch instanceof Dispatch.Deliver(var transfer))
        legs.add(entry(transfer, Role.NOVATED, row.ordering()));
    }
    long told = settled.handedMicros() > 0 ? settled.paidMicros() : 0;
    requireTold(account, settled.fundMicros(), told, settled, row);
    got(settled.drawId(), settled.paidMicros(), row);
  }

  /** What the fund paid goes along, but of events in a form that did not say so yet. */
  private static void requireTold(
      Account account, long toldMicros, long toTellMicros, Record event, Row row)
      throws ViolationException {
    if (toldMicros != toTellMicros && row.manifest().equals(Journalled.CODEC.manifest(event)))
      throw wrong(
          account,
          row,
          "tells of " + toldMicros + " that the fund paid, and is to tell of " + toTellMicros);
  }

  private void pending(Account account, Transfer transfer, long ordering) {
    Entry entry = entry(transfer, Role.PENDING, ordering);
    legs.add(entry);
    totals.pendingCash(entry.id(), transfer.cashMicros());
    for (Leg leg : transfer.legs()) {
      Trade trade = leg.trade(account.id());
      legs.add(new Entry(trade.fingerprint(), Role.PENDING, ordering, 0));
      totals.pending(trade.fingerprint(), leg);
    }
  }

  private void pending(Remittance remittance, long ordering) {
    Entry entry = entry(remittance, Role.PENDING, ordering);
    legs.add(entry);
    if (remittance.asset().equals(catalogue.get().asset(0).symbol()))
      totals.pendingCash(entry.id(), remittance.amount());
    else totals.pendingCoins(entry.id(), remittance);
  }

  private static Entry entry(Transfer transfer, Role role, long ordering) {
    return new Entry(
        transferId(transfer.id(), transfer.from()),
        role,
        ordering,
        check(transfer.cashMicros(), transfer.fundMicros(), transfer.atMs()));
  }

  private static long check(long cashMicros, long fundMicros, long atMs) {
    return Fingerprint.of("", cashMicros + " " + fundMicros + " " + atMs).content();
  }

  private void judge(Account account, MarginStateChanged changed, Row row)
      throws ViolationException {
    if (changed.from() != account.state())
      throw wrong(account, row, "leaves " + changed.from() + ", but was " + account.state());
    MarginState follows = changed.health().state();
    if (changed.to() != follows)
      throw wrong(account, row, "goes to " + changed.to() + " with the health of " + follows);
    judgeWorth(account, changed.health(), changed.marks(), row);
  }

  /** The equity that an event carries is what the books are worth at its marks. */
  private void judgeWorth(Account account, Health health, List<AccountEvent.Mark> marks, Row row)
      throws ViolationException {
    Portfolio portfolio = account.portfolio();
    long worth = portfolio.cashMicros();
    Set<Integer> open = new HashSet<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      if (portfolio.lotsAt(slot) != 0) open.add(portfolio.instrumentAt(slot));
    }
    for (AccountEvent.Mark mark : marks) {
      int instrument = catalogue.get().instrumentListed(mark.instrument());
      if (!open.remove(instrument))
        throw wrong(account, row, "marks " + mark.instrument() + ", but holds none");
      worth = Math.addExact(worth, worth(portfolio, instrument, mark));
    }
    if (!open.isEmpty()) throw wrong(account, row, "has no mark of a position that it holds");
    if (worth != health.equityMicros() && hasOnlyCash(portfolio)) {
      throw wrong(account, row, "says equity " + health.equityMicros() + ", but is worth " + worth);
    }
  }

  /** Profit and accrued funding of a position at a mark. */
  private long worth(Portfolio portfolio, int instrument, AccountEvent.Mark mark) {
    int slot = portfolio.slotOf(instrument);
    long notional =
        catalogue
            .get()
            .perpetual(instrument)
            .notionalMicros(mark.markTicks(), portfolio.lotsAt(slot));
    return Math.addExact(
        Math.subtractExact(notional, portfolio.basisMicrosAt(slot)),
        portfolio.accruedFundingMicrosAt(slot, mark.fundingIndex()));
  }

  private static boolean hasOnlyCash(Portfolio portfolio) {
    for (int slot = 0; slot < portfolio.balances(); slot++) {
      if (portfolio.assetAt(slot) != 0 && portfolio.amountAt(slot) != 0) return false;
    }
    return true;
  }

  private void judge(Account account, TradesCleared cleared, Row row) throws ViolationException {
    requireInOutbox(account, cleared.acknowledged(), row);
    Portfolio portfolio = account.portfolio().copy();
    for (Leg leg : cleared.applied()) judge(account, portfolio, leg, Role.APPLIED, row);
    for (Leg leg : cleared.novated()) {
      judge(account, portfolio, leg, Role.NOVATED, row);
      if (!leg.venue().equals(HouseAccount.VENUE)) continue;
      corrections.reversed(account.id(), leg, row);
      giveUps.committed(account.id(), leg, row);
    }
  }

  /** Reckons the leg once more, on the portfolio as the legs before it left it. */
  private void judge(Account account, Portfolio portfolio, Leg leg, Role role, Row row)
      throws ViolationException {
    Trade trade = leg.trade(account.id());
    String name = "trade " + leg.tradeId() + " of " + leg.venue();
    String booksIt = role == Role.NOVATED ? trade.last() : trade.first();
    // In the house's own trades the account that gives commits, whoever is last.
    if (!booksIt.equals(account.id()) && !leg.venue().equals(HouseAccount.VENUE))
      throw wrong(account, row, name + " is for " + booksIt + " to book as " + role);
    if (Coins.are(leg.instrument())) {
      judgeCoins(account, leg, row);
      legs.add(new Entry(trade.fingerprint(), role, row.ordering(), check(leg)));
      return;
    }
    int instrument = catalogue.get().instrumentListed(leg.instrument());
    long notional =
        catalogue.get().perpetual(instrument).notionalMicros(leg.priceTicks(), leg.lots());
    if (notional != leg.notionalMicros()) {
      throw wrong(
          account,
          row,
          name + " has notional " + leg.notionalMicros() + ", not price x lots = " + notional);
    }
    boolean corrects = leg.venue().equals(HouseAccount.VENUE) && Correction.is(leg.tradeId());
    if (role == Role.NOVATED && leg.fundingIndex() != leg.tradeFundingIndex() && !corrects) {
      throw wrong(account, row, name + " is novated at one funding index and booked at another");
    }
    Fill expected =
        portfolio.fill(
            instrument,
            leg.lots(),
            leg.notionalMicros(),
            leg.fundingIndex(),
            leg.tradeFundingIndex());
    if (!expected.equals(leg.fill())) {
      throw wrong(account, row, name + " books " + leg.fill() + ", but the books say " + expected);
    }
    portfolio.apply(instrument, leg.fill());
    legs.add(new Entry(trade.fingerprint(), role, row.ordering(), check(leg)));
    if (role == Role.NOVATED) totals.traded(leg.instrument());
  }

  /** Coins change hands at their price for cash: there is nothing else to them. */
  private static void judgeCoins(Account account, Leg leg, Row row) throws ViolationException {
    String name = "trade " + leg.tradeId() + " of " + leg.venue();
    if (!leg.venue().equals(HouseAccount.VENUE))
      throw wrong(account, row, name + " is of coins, which venues do not trade");
    if (leg.realisedMicros() != 0 || leg.fundingMicros() != 0 || leg.fundingResidue() != 0)
      throw wrong(account, row, name + " of coins books a profit or funding");
    if (!JournalCatalogue.isWorth(leg))
      throw wrong(
          account,
          row,
          name + " has notional " + leg.notionalMicros() + ", which is not price x coins");
  }

  /**
   * The first account books what the last one committed, with the sign turned. 64 bits of SHA-256:
   * figures that differ do not share them, not even where somebody chose them.
   */
  private static long check(Leg leg) {
    String figures =
        Math.abs(leg.notionalMicros())
            + " "
            + Math.abs(leg.lots())
            + " "
            + leg.tradeFundingIndex()
            + ' '
            + leg.novatedAtMs()
            + ' '
            + leg.markTicks();
    return Fingerprint.of("", figures).content();
  }

  private static void requireInOutbox(Account account, List<Long> numbers, Row row)
      throws ViolationException {
    Set<Long> seen = new HashSet<>();
    for (Long number : numbers) {
      boolean owed =
          account.outbox().containsKey(number) || account.dispatches().containsKey(number);
      if (!seen.add(number) || !owed) {
        throw wrong(account, row, "acknowledges leg " + number + ", which is not in its outbox");
      }
    }
  }

  private void compareSnapshot(Account account, String persistenceId, JournalReader stored)
      throws SQLException, ViolationException {
    Row row = stored.peek();
    if (row == null
        || !row.persistenceId().equals(persistenceId)
        || row.sequenceNumber() != account.events()) return;
    stored.next();
    AccountSnapshot snapshot =
        AccountSnapshot.read(read(row, Record.class, account.id(), account.events()));
    if (!snapshot.equals(account.snapshot())) {
      throw wrong(account, row, "the snapshot is not what the events until it add up to");
    }
    snapshots++;
  }

  // ---- over all accounts

  private void matchLegs() throws SQLException, ViolationException {
    Mismatch mismatch = legs.match(totals::undelivered);
    if (mismatch == null) return;
    Violation place = where(mismatch.ordering(), mismatch.what());
    String what = mismatch.what();
    if (mismatch.other() != 0) {
      Violation other = where(mismatch.other(), what);
      what += " (the other: " + other.place() + ")";
    }
    throw new ViolationException(place.account(), place.sequenceNumber(), what);
  }

  private Violation where(long ordering, String what) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(WHERE)) {
      statement.setLong(1, JournalReader.row(ordering));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        long number = row.getLong(2) + JournalReader.place(ordering);
        return new Violation(name(row.getString(1)), number, what);
      }
    }
  }

  // ---- reading

  /** Markets carry no money: their events must be whole, of known records, and without a gap. */
  private void readMarkets() throws SQLException, ViolationException {
    try (JournalReader journal = new JournalReader(connection, Table.EVENTS, MarketActor.TYPE)) {
      String entity = "";
      long number = 0;
      for (Row row = journal.next(); row != null; row = journal.next()) {
        number = row.persistenceId().equals(entity) ? number + 1 : 1;
        entity = row.persistenceId();
        switch (read(row, MarketEvent.class, entity, number)) {
          case MarketEvent.OraclesRegistered _ -> {}
          case MarketEvent.HourClosed closed -> versions.require(closed.parameterVersion(), row);
          case MarketEvent.Halted halted -> versions.require(halted.parameterVersion(), row);
          case MarketEvent.Reopened reopened -> versions.require(reopened.parameterVersion(), row);
        }
        marketEvents++;
      }
    }
  }

  static <T> T read(Row row, Class<T> type, String entity, long number) throws ViolationException {
    if (row.sequenceNumber() != number) {
      throw new ViolationException(
          entity, number, "the event is missing: the next one has number " + row.sequenceNumber());
    }
    if (row.deleted())
      throw new ViolationException(entity, number, "the event is marked as deleted");
    if (row.serializer() != JournalSerializer.IDENTIFIER) {
      throw new ViolationException(entity, number, "written by serializer " + row.serializer());
    }
    Record record;
    try {
      record = Journalled.CODEC.read(row.manifest(), row.payload());
    } catch (EventCodec.UnreadableException e) {
      throw new ViolationException(entity, number, String.valueOf(e.getMessage()));
    }
    if (!type.isInstance(record))
      throw new ViolationException(entity, number, "holds a " + row.manifest());
    if (!isWhole(record, row)) {
      throw new ViolationException(
          entity, number, row.manifest() + " has bytes that it does not account for");
    }
    return type.cast(record);
  }

  private static boolean isWhole(Record record, Row row) {
    return Arrays.equals(Journalled.CODEC.write(row.manifest(), record), row.payload());
  }

  private static ViolationException wrong(Account account, Row row, String what) {
    return new ViolationException(account.id(), row.sequenceNumber(), what);
  }

  /** An account by its id, any other entity by its persistence id. */
  private static String name(String persistenceId) {
    return persistenceId.startsWith(AccountActor.TYPE + '|')
        ? account(persistenceId)
        : persistenceId;
  }

  private static String account(String persistenceId) {
    return persistenceId.substring(persistenceId.indexOf('|') + 1);
  }
}
