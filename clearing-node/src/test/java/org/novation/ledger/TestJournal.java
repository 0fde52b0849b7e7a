package org.novation.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.novation.account.Account;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.AccountSnapshot;
import org.novation.account.Batch;
import org.novation.account.Dispatch;
import org.novation.account.Leg;
import org.novation.account.Markets;
import org.novation.account.TransferOrder;
import org.novation.clearing.Books.Known;
import org.novation.clearing.Correction;
import org.novation.clearing.CorrectionActor;
import org.novation.clearing.CorrectionBook;
import org.novation.clearing.CorrectionCommand;
import org.novation.clearing.CorrectionEvent;
import org.novation.clearing.CorrectionOrder;
import org.novation.clearing.GiveUp;
import org.novation.clearing.GiveUpActor;
import org.novation.clearing.GiveUpEvent;
import org.novation.clearing.Trade;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.RealisedWindow;
import org.novation.governance.GovernanceActor;
import org.novation.governance.GovernanceEvent;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Fees;
import org.novation.instrument.Perpetual;
import org.novation.insurance.ClosedGate;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.Offer;
import org.novation.risk.Holds;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.PriceValidity;

/**
 * A journal as live accounts write it, made by the rules alone; a test then breaks it on purpose.
 */
public final class TestJournal {
  private static final Holds NO_HOLDS = new Holds();

  private final Map<String, Account> accounts = new TreeMap<>();
  private final Map<String, List<Record>> events = new TreeMap<>();
  private final Map<String, AccountSnapshot> snapshots = new TreeMap<>();
  private final List<Record> corrections = new ArrayList<>();
  private final List<Record> votes = new ArrayList<>();
  private final Map<String, List<Record>> giveUps = new TreeMap<>(); // By who receives.
  private MarketView view = Markets.at(100);
  private int trades;

  // ---- making it

  Account open(String id, long cashMicros) {
    Account account = accounts.computeIfAbsent(id, _ -> new Account(id, Markets.CATALOGUE));
    Batch batch = batch(account);
    batch.open("member-" + id);
    batch.deposit("first", "USDC", cashMicros, Known.NO);
    write(account, batch);
    return account;
  }

  void deposit(String id, String depositId, String asset, long amount) {
    Batch batch = batch(account(id));
    batch.deposit(depositId, asset, amount, Known.NO);
    write(account(id), batch);
  }

  /** Commits a trade; its second leg stays in the outbox. Null when the last account refuses. */
  @Nullable Trade novate(String instrument, long lots, String buyer, String seller) {
    long price = view.instrument(Markets.CATALOGUE.instrumentListed(instrument)).markTicks();
    Trade trade = Markets.trade("t-" + ++trades, instrument, lots, price, buyer, seller);
    Account last = account(trade.last());
    Batch batch = batch(last);
    if (batch.judge(trade) != null) return null;
    batch.novate(trade);
    write(last, batch);
    return trade;
  }

  /** Books the second legs of everything in an account's outbox, and acknowledges them. */
  void deliver(String id) {
    Account last = account(id);
    List<Long> numbers = new ArrayList<>(last.outbox().keySet());
    for (Leg leg : List.copyOf(last.outbox().values())) {
      Account first = account(leg.counterparty());
      Batch batch = batch(first);
      batch.apply(leg, id);
      write(first, batch);
    }
    Batch batch = batch(last);
    batch.acknowledge(numbers);
    write(last, batch);
  }

  void trade(String instrument, long lots, String buyer, String seller) {
    Trade trade = novate(instrument, lots, buyer, seller);
    if (trade != null) deliver(trade.last());
  }

  /** Sells all that an account in liquidation has to sell, positions and coins, to one bidder. */
  void liquidate(String id, String bidder) {
    Account seller = account(id);
    Batch cut = batch(seller);
    cut.cut(LotBudget.UNLIMITED);
    write(seller, cut);
    Offer offer = Objects.requireNonNull(seller.offer());
    List<Allocation.Leg> legs = new ArrayList<>();
    for (Slice.Leg leg : offer.legs())
      legs.add(new Allocation.Leg(leg.instrument(), leg.lots(), leg.markTicks()));
    Batch sale = batch(seller);
    sale.settle(
        offer.auctionId(), "bid", bidder, new Allocation(legs, 1, 1_000, 2_000, 0), Markets.NOW_MS);
    write(seller, sale);
    for (Dispatch dispatch : seller.dispatches().values()) {
      if (!(dispatch instanceof Dispatch.Deliver(var transfer))) continue;
      Batch taking = batch(account(bidder));
      taking.take(transfer);
      write(account(bidder), taking);
    }
  }

  /** Nobody buys what an account in liquidation has to sell, and the gate is closed. */
  void spare(String id) {
    Account seller = account(id);
    Batch cut = batch(seller);
    cut.cut(LotBudget.UNLIMITED);
    write(seller, cut);
    Batch over =
        new Batch(
            seller,
            NO_HOLDS,
            view,
            LiquidationPolicy.DEFAULTS,
            Markets.NOW_MS,
            () -> new ClosedGate(1, 9, 10));
    over.handOver(Objects.requireNonNull(seller.offer()).auctionId(), null);
    write(seller, over);
  }

  /** Puts a trade right as two operators agreed, on both accounts. */
  void correct(Correction correction) {
    CorrectionBook book = CorrectionBook.EMPTY;
    for (Record event : corrections) book = book.apply((CorrectionEvent) event);
    long nowMs = Markets.NOW_MS;
    book = decided(book, book.decide(new CorrectionCommand.Propose(correction), nowMs, 1_000));
    String hash = Objects.requireNonNull(book.find(correction.id())).correction().hash();
    CorrectionCommand approve = new CorrectionCommand.Approve(correction.id(), hash, "ben");
    book = decided(book, book.decide(approve, nowMs, 1_000));
    CorrectionOrder order = correction.order(nowMs);
    carryOut(order);
    Account account = account(order.account());
    book = carriedOut(book, correction.id(), order);
    deliver(account.id());
    remit(account.id());
    for (String of : correction.feesDue()) {
      CorrectionOrder fee = correction.feeOrder(of);
      carryOut(fee);
      book = carriedOut(book, correction.id(), fee);
      remit(fee.account());
    }
  }

  private void carryOut(CorrectionOrder order) {
    Account account = account(order.account());
    Batch batch = batch(account);
    if (batch.correct(order, false) != Batch.Corrected.BOOKED)
      throw new IllegalStateException("not booked: " + order);
    write(account, batch);
  }

  private CorrectionBook carriedOut(CorrectionBook book, String id, CorrectionOrder order) {
    CorrectionCommand done = new CorrectionCommand.NoteCarriedOut(id, order.key());
    return decided(book, book.decide(done, Markets.NOW_MS, 0));
  }

  private CorrectionBook decided(CorrectionBook book, CorrectionBook.Decision decision) {
    CorrectionEvent event = Objects.requireNonNull(decision.event());
    corrections.add((Record) event);
    return book.apply(event);
  }

  /** Gives a leg up as the receiving account accepted, though the giver may have done it before. */
  void giveUp(GiveUp giveUp, long nowMs) {
    Trade trade = giveUp.trade(nowMs);
    List<Record> told = giveUps(giveUp.to());
    told.add(new GiveUpEvent.GiveUpProposed(1, nowMs, giveUp));
    told.add(new GiveUpEvent.GiveUpAccepted(2, nowMs, giveUp.key(), false));
    Account last = account(trade.last());
    Batch batch = batch(last);
    if (batch.judge(trade) != null) throw new IllegalStateException("refused: " + trade);
    batch.novate(trade);
    write(last, batch);
    deliver(last.id());
    told.add(new GiveUpEvent.GiveUpDone(3, nowMs, giveUp.key()));
  }

  /** The events of give-ups to an account: to read, and to break. */
  List<Record> giveUps(String to) {
    return giveUps.computeIfAbsent(to, _ -> new ArrayList<>());
  }

  /** What governance wrote besides. */
  public void vote(List<GovernanceEvent> events) {
    for (GovernanceEvent event : events) votes.add((Record) event);
  }

  /** The events of corrections: to read, and to break. */
  List<Record> corrections() {
    return corrections;
  }

  /** Gives collateral away; it stays in the outbox. */
  void send(String from, TransferOrder order) {
    Batch batch = batch(account(from));
    if (batch.judge(order) != null) throw new IllegalStateException("refused: " + order);
    batch.send(order);
    write(account(from), batch);
  }

  /** Books what is in an account's outbox for others. */
  void remit(String from) {
    for (Dispatch dispatch : account(from).dispatches().values()) {
      if (!(dispatch instanceof Dispatch.Remit(var remittance))) continue;
      Batch batch = batch(account(remittance.to()));
      batch.receive(remittance);
      write(account(remittance.to()), batch);
    }
  }

  /** Mark and funding index of both markets from now on. */
  void market(long markTicks, long fundingIndex) {
    for (int i = 0; i < Markets.CATALOGUE.instruments(); i++) {
      Perpetual perpetual = Markets.CATALOGUE.perpetual(i);
      MarginLadders ladders = MarginLadders.fixed(perpetual.initial(), perpetual.maintenance());
      view =
          view.with(
              i,
              new MarketView.Instrument(
                  markTicks, markTicks, fundingIndex, PriceValidity.FRESH, ladders),
              Markets.NOW_MS);
    }
    for (Account account : accounts.values()) write(account, batch(account));
  }

  /** A wave takes so much of an account's profit in the first market. */
  void takeProfit(String id, long wave, String stepId, long micros) {
    Batch batch = batch(account(id));
    List<Taking> parts = List.of(new Taking("BTC-PERP", id, micros, micros, 0));
    var done = batch.takeProfit(wave, stepId, parts, RealisedWindow.LOOK_BACK_MAX_MS, true);
    if (!done.equals(new Batch.Step.Done(micros, account(id).events() + 1)))
      throw new IllegalStateException("not taken: " + done);
    write(account(id), batch);
  }

  /** What it took goes there. */
  void pay(String id, long wave, String stepId, long micros) {
    Batch batch = batch(account(id));
    batch.pay(wave, stepId, micros);
    write(account(id), batch);
  }

  /** What the house charges from now on. */
  void charge(Fees fees) {
    Catalogue listed = Markets.CATALOGUE;
    List<Perpetual> perpetuals = new ArrayList<>();
    MarketView.Instrument[] instruments = new MarketView.Instrument[listed.instruments()];
    for (int i = 0; i < instruments.length; i++) {
      perpetuals.add(listed.perpetual(i));
      instruments[i] = view.instrument(i);
    }
    List<Asset> coins = new ArrayList<>();
    MarketView.AssetPrice[] prices = new MarketView.AssetPrice[listed.assets()];
    for (int a = 0; a < prices.length; a++) {
      coins.add(listed.asset(a));
      prices[a] = view.asset(a);
    }
    view =
        new MarketView(
            new Catalogue(listed.version() + 1, perpetuals, coins, Set.of(), fees),
            Markets.NOW_MS,
            instruments,
            prices);
  }

  /** Sends what is kept of fees on its way. */
  void payFees(String id) {
    Batch batch = batch(account(id));
    batch.payFees();
    write(account(id), batch);
  }

  void snapshot(String id) {
    snapshots.put(id, account(id).snapshot());
  }

  /**
   * A few hundred events of five accounts, with funding, collateral in BTC, snapshots and legs on
   * their way.
   */
  public static TestJournal ofSeed(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TestJournal journal = new TestJournal();
    List<String> ids = List.of("a", "b", "c", "d", "e");
    for (String id : ids) journal.open(id, 20_000 * Markets.UNIT);
    journal.deposit("a", "btc", "BTC", 123_456_789);
    for (int i = 0; i < 60; i++) {
      if (random.nextInt(6) == 0)
        journal.market(80 + random.nextInt(40), random.nextLong(-400_000_000, 400_000_001));
      int buyer = random.nextInt(ids.size());
      int seller = (buyer + 1 + random.nextInt(ids.size() - 1)) % ids.size();
      String instrument = random.nextBoolean() ? "BTC-PERP" : "ETH-PERP";
      Trade trade =
          journal.novate(instrument, 1 + random.nextInt(9), ids.get(buyer), ids.get(seller));
      if (trade != null && random.nextInt(5) != 0) journal.deliver(trade.last());
      if (random.nextInt(10) == 0) journal.snapshot(ids.get(random.nextInt(ids.size())));
    }
    journal.novate("BTC-PERP", 1, "a", "b");
    journal.novate("ETH-PERP", 1, "d", "c");
    return journal;
  }

  Account account(String id) {
    Account account = accounts.get(id);
    if (account == null) throw new IllegalArgumentException("no account " + id);
    return account;
  }

  List<String> ids() {
    return List.copyOf(accounts.keySet());
  }

  /** The events of an account: to read, and to break. */
  List<Record> events(String id) {
    return events.computeIfAbsent(id, _ -> new ArrayList<>());
  }

  private Batch batch(Account account) {
    return new Batch(account, NO_HOLDS, view, LiquidationPolicy.DEFAULTS, Markets.NOW_MS);
  }

  private void write(Account account, Batch batch) {
    for (AccountEvent event : List.copyOf(batch.finish())) {
      account.apply(event);
      events(account.id()).add((Record) event);
    }
  }

  // ---- storing it

  /** One row: an event, or a snapshot as of that event. */
  record Stored(String persistenceId, long number, Record record) {}

  private static final JournalSerializer SERIALIZER = new JournalSerializer();

  /** Writes it all as the journal would; each event's place in its list is its sequence number. */
  public void store(DataSource dataSource) throws SQLException {
    store(dataSource, 1);
  }

  /**
   * @param together so many events of an account in each row
   */
  void store(DataSource dataSource, int together) throws SQLException {
    List<Stored> rows = new ArrayList<>();
    events.forEach(
        (account, theirs) -> {
          String id = AccountActor.persistenceId(account).id();
          for (int i = 0; i < theirs.size(); i += together) {
            List<Record> row = theirs.subList(i, Math.min(theirs.size(), i + together));
            rows.add(new Stored(id, i + 1, row.size() == 1 ? row.getFirst() : new Together(row)));
          }
        });
    for (int i = 0; i < corrections.size(); i++)
      rows.add(new Stored(CorrectionActor.TYPE + "|house", i + 1, corrections.get(i)));
    for (int i = 0; i < votes.size(); i++)
      rows.add(new Stored(GovernanceActor.TYPE + "|" + GovernanceActor.ID, i + 1, votes.get(i)));
    giveUps.forEach(
        (to, told) -> {
          for (int i = 0; i < told.size(); i++)
            rows.add(new Stored(GiveUpActor.TYPE + '|' + to, i + 1, told.get(i)));
        });
    List<Stored> taken = new ArrayList<>();
    snapshots.forEach(
        (account, snapshot) ->
            taken.add(
                new Stored(AccountActor.persistenceId(account).id(), snapshot.number(), snapshot)));
    store(dataSource, rows, taken);
  }

  static void store(DataSource dataSource, List<Stored> events, List<Stored> snapshots)
      throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement event =
            connection.prepareStatement(
                "INSERT INTO \"event_journal\" (\"persistence_id\", \"sequence_number\","
                    + " \"deleted\", \"writer\", \"write_timestamp\", \"adapter_manifest\","
                    + " \"event_ser_id\", \"event_ser_manifest\", \"event_payload\") VALUES (?, ?,"
                    + " FALSE, 'w', 0, '', 2001, ?, ?)");
        PreparedStatement snapshot =
            connection.prepareStatement(
                "INSERT INTO \"snapshot\" (\"persistence_id\", \"sequence_number\", \"created\","
                    + " \"snapshot_ser_id\", \"snapshot_ser_manifest\", \"snapshot_payload\")"
                    + " VALUES (?, ?, 0, 2001, ?, ?)")) {
      for (Stored row : events) insert(event, row);
      for (Stored row : snapshots) insert(snapshot, row);
    }
  }

  private static void insert(PreparedStatement statement, Stored row) throws SQLException {
    statement.setString(1, row.persistenceId());
    statement.setLong(2, row.number());
    statement.setString(3, SERIALIZER.manifest(row.record()));
    statement.setBytes(4, SERIALIZER.toBinary(row.record()));
    statement.executeUpdate();
  }
}
