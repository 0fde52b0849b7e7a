package org.novation.account;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor.Reassess;
import org.novation.account.SimulatedAuction.BidAnswer;
import org.novation.account.SimulatedAuction.PlaceBid;
import org.novation.account.SimulatedParty.Address;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Timing;
import org.novation.clearing.Trade;
import org.novation.deleveraging.AdlCoordinatorActor.DefaultRead;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlSettings;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.RealisedWindow;
import org.novation.deleveraging.WaveSummary;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.insurance.Cause;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.Fund;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LiquidationState;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.Saleable;
import org.novation.liquidation.auction.Auction;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.BidRefusal;
import org.novation.risk.Brake;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;
import org.novation.risk.Stop;

/**
 * The default waterfall in one thread: the accounts, auctions, fund and coordinator that production
 * runs, each in a shell that does what its actor does; and around them a network that drops,
 * repeats, delays and reorders, clocks that differ, markets that jump and go stale, journals that
 * crash before or after a write, and liquidators, depositors and venues that do what they like; in
 * one scenario votes, too, of which each node hears in its own time, see {@link SimulatedVotes}.
 * Everything is drawn from one seed, so that a failure replays.
 *
 * <p>What must hold is {@link WaterfallLedger}'s to judge, after every write. Once the faults have
 * stopped everything must come to rest: nobody stays in liquidation or in debt, no draw stays
 * reserved, no outbox keeps anything, the default account has nothing that anybody could take; by
 * the queue that excludes whom its price would bankrupt.
 */
final class WaterfallSimulation {
  /** A rule that holds the waterfall together, and can be taken away. */
  enum Fence {
    /** An account knows a transfer again by its id. */
    TRANSFER_IDS(Scenario.HOUSE, "a transfer is taken twice"),
    /** A seller settles nothing after the deadline that the auction set. */
    DEADLINE(Scenario.AUCTION, "told that nothing came of it, yet took"),
    /** A bidder holds the margin for its bid for as long as the seller may settle it. */
    HELD_UNTIL_SETTLED(Scenario.HOUSE, "sold to a bidder that holds no margin for it"),
    /** What became of a reservation that expired is the seller's to say. */
    SELLER_HAS_THE_WORD(Scenario.AUCTION, "told that nothing came of it, yet took"),
    /** What a bidder says who is asked again after the auction's recovery ends nothing. */
    NOT_HELD_OF_AN_EARLIER_LIFE(Scenario.AUCTION, "told that nothing came of it, yet took"),
    /** A bidder that said no is not heard again while that waits to be written. */
    FIRST_WORD_OF_A_BIDDER(Scenario.AUCTION, "told that nothing came of it, yet took"),
    /** A settlement is told to the auction until it is noted. */
    NOTICE_UNTIL_NOTED(Scenario.AUCTION, "it does not come to rest"),
    /** The fund hears what was spent of a pledge once nothing more can be. */
    FUND_WAITS_FOR_THE_SELLER(Scenario.AUCTION, "a draw is settled otherwise than spent"),
    /** The fund knows a contribution again by its id. */
    CONTRIBUTION_IDS(Scenario.HOUSE, "contributed twice"),
    /** A debt's draw has one id, however often it is asked for. */
    DRAW_IDS(Scenario.HOUSE, "more of the fund's money is spent than it granted"),
    /** A debt waits for what its liquidation's pledge gives back. */
    PLEDGE_BEFORE_DEBT(Scenario.HOUSE, "a debt is cut short while its own pledge is open"),
    /** What was spent of a debt's draw is told to the fund until it knows. */
    DRAW_UNTIL_SETTLED(Scenario.HOUSE, "it does not come to rest"),
    /** What receipts say that the fund paid is counted by the journal, which survives a crash. */
    COUNTED_BY_THE_JOURNAL(Scenario.HOUSE, "receipts count"),
    /** A position closes at the version that it was chosen at, or not. */
    CLOSING_VERSION(Scenario.HOUSE, "a bystander is worse off"),
    /** A closing is done once both its legs are booked. */
    BOTH_LEGS(Scenario.HOUSE, "a closing is done before both its legs are booked"),
    /** An account knows a step again by its id. */
    STEP_IDS(Scenario.HOUSE, "a step is done twice"),
    /** What is taken of a profit is charged to it. */
    PROFIT_ONCE(Scenario.HOUSE, "more is taken over all waves"),
    /** A wave's steps go out after they are written. */
    WRITTEN_BEFORE_SENT(Scenario.HOUSE, "a step is done that nobody planned"),
    /** What accounts are measured by gets no worse for them within a day of a vote. */
    NOTICE(Scenario.VOTES, "a vote alone makes"),
    /** All figures of a batch are of the version that its events name. */
    ONE_VERSION(Scenario.VOTES, "of two versions"),
    /** What is listed keeps its place in the list. */
    LISTS_ONLY_GROW(Scenario.VOTES, "the sum of lots is"),
    /** What is retired may only be reduced. */
    RETIRED(Scenario.VOTES, "new risk in what is retired"),
    /** A node that cannot read a version takes no new risk. */
    STANDSTILL(Scenario.VOTES, "new risk by an old version"),
    /** Fees for the house are told to its account until it has them. */
    FEES_UNTIL_TAKEN(Scenario.VOTES, "it does not come to rest"),
    /** An account knows what another gave it by its id. */
    REMITTANCE_IDS(Scenario.VOTES, "given once and taken twice");

    /** Where its absence shows. */
    final Scenario scenario;

    /** What happens without it. */
    final String violation;

    Fence(Scenario scenario, String violation) {
      this.scenario = scenario;
      this.violation = violation;
    }
  }

  /** What is simulated. */
  enum Scenario {
    /** Some members, whose defaults go all the way down. */
    HOUSE,
    /** The same, whose collateral is mostly coins, and those fall as well. */
    COINS,
    /**
     * One account that was just short, liquidators who can pay, and within the time of a few
     * reservations mostly bids, crashes and messages that cross.
     */
    AUCTION,
    /** A house whose margins, fees, caps and lists are voted meanwhile, on several nodes. */
    VOTES
  }

  /** Something that must never be. */
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(String what) {
      super(what);
    }
  }

  static final long EPOCH_MS = Markets.NOW_MS;
  static final Timing TIMING = Timing.DEFAULT;
  static final Address ASKS = new Address("asks", 0);
  static final Address CLIENTS = new Address("clients", 0);
  private static final long UNIT = Markets.UNIT;
  private static final List<Long> TIME_STEPS_MS =
      List.of(10L, 50L, 100L, 250L, 500L, 1_500L, 4_000L);

  /** The fund's answer to a question. */
  record Answered(long ask, InsuranceFundActor.Answer answer) {}

  private record Envelope(Address to, Object message, boolean toSelf) {}

  private record Ask(Address by, Function<InsuranceFundActor.@Nullable Answer, Object> onAnswer) {}

  /** A bid as its client knows it. */
  private static final class Placing {
    final String auctionId;
    final Bid bid;
    long newest;
    int outstanding;

    Placing(String auctionId, Bid bid) {
      this.auctionId = auctionId;
      this.bid = bid;
    }
  }

  private final boolean pacesFirst;
  final SplittableRandom random;
  final WaterfallLedger ledger = new WaterfallLedger(this);
  final LiquidationPolicy policy;
  private final Scenario scenario;
  private final AdlSettings adlSettings;
  private final @Nullable Fence without;
  private final @Nullable List<String> trace;
  private final Map<String, SimulatedParty<?>> parties = new LinkedHashMap<>();
  private final Map<String, SimulatedAccount> accounts = new LinkedHashMap<>();
  private final Map<String, SimulatedAuction> auctions = new LinkedHashMap<>();
  private final SimulatedFund fund;
  private final SimulatedCoordinator coordinator;
  private final List<String> traders = new ArrayList<>();
  private final List<String> liquidators = new ArrayList<>();
  private final List<Envelope> net = new ArrayList<>();
  private final List<Envelope> late = new ArrayList<>();
  private @Nullable List<Envelope> withheld; // Null: nothing is.
  private final Map<Long, Ask> asks = new TreeMap<>();
  private final List<Placing> placings = new ArrayList<>();
  private final @Nullable SimulatedVotes votes; // Null where nobody votes.
  private final long[] marks;
  private final long[] funding;
  private final PriceValidity[] validity;
  private long coinMicros = 100 * UNIT;
  private PriceValidity coinValidity = PriceValidity.FRESH;
  private final boolean bidsAtRest;
  private final @Nullable MarketView[] views = new MarketView[SimulatedVotes.NODES]; // By node.
  private final SplittableRandom gates; // Of its own: the other draws stay what they are.
  private @Nullable ClosedGate closedGate;
  private long nowMs = 1_000;
  private long ids;
  private boolean faults;

  private WaterfallSimulation(
      long seed, Scenario scenario, @Nullable Fence without, @Nullable List<String> trace) {
    this.pacesFirst = seed % 2 != 0;
    this.random = new SplittableRandom(seed);
    this.gates = new SplittableRandom(~seed);
    this.scenario = scenario;
    this.without = without;
    this.trace = trace;
    long crumbs = ofCoins() ? 10 * UNIT : 0; // A lot is the last of it; coins can always be halved.
    this.policy =
        new LiquidationPolicy(
            20_000,
            400_000,
            LiquidationPolicy.FEE_CAP_PPM_MAX,
            coin(2) ? crumbs : 100 * UNIT,
            coin(2) ? crumbs : 300 * UNIT,
            25_000_000 * UNIT,
            4_000,
            4_000,
            3_000,
            2_000,
            coin(2) ? 10_000 : 200_000,
            seed % 4 == 0 ? 3 * TIMING.holdMs() : 2_000,
            coin(2) ? 20_000 : 3_000);
    this.adlSettings =
        new AdlSettings(policy(seed), RealisedWindow.LOOK_BACK_MAX_MS, 100, 512, 2_000, 10_000);
    this.bidsAtRest = coin(2);
    int markets = scenario == Scenario.VOTES ? SimulatedVotes.LISTED_MAX : 2;
    this.marks = new long[markets];
    this.funding = new long[markets];
    this.validity = new PriceValidity[markets];
    Arrays.fill(marks, 100);
    Arrays.fill(validity, PriceValidity.FRESH);
    this.votes = scenario == Scenario.VOTES ? new SimulatedVotes(this, seed) : null;
    this.fund = new SimulatedFund(this, fundPolicy());
    this.coordinator = new SimulatedCoordinator(this, adlSettings);
    parties.put(fund.id, fund);
    parties.put(coordinator.id, coordinator);
    open(HouseAccount.DEFAULT, 0);
    if (votes != null) open(HouseAccount.REVENUE, 0);
    if (scenario == Scenario.AUCTION) {
      traders.add(open("trader-0", 120 * UNIT));
      traders.add(open("trader-1", 5_000 * UNIT));
      for (int n = 0; n < 2; n++) liquidators.add(open("liquidator-" + n, amount(60, 2_000)));
    } else {
      int members = 3 + random.nextInt(3);
      for (int n = 0; n < members; n++)
        traders.add(open("trader-" + n, ofCoins() ? amount(1, 40) : amount(20, 150)));
      for (int n = 0; n < 2; n++) liquidators.add(open("liquidator-" + n, amount(5, 1_500)));
    }
    nowMs += TIMING.deadlineMs() + 2 * TIMING.skewMs(); // No attempt is older than its accounts.
  }

  /** How contracts are deleveraged: in every third house or so by the queue. */
  static AdlPolicy.Kind policy(long seed) { // Of its own: the other draws stay what they are.
    boolean queue = new SplittableRandom(Long.reverse(seed)).nextInt(3) == 0;
    return queue ? AdlPolicy.Kind.QUEUE : AdlPolicy.Kind.PRO_RATA;
  }

  private FundPolicy fundPolicy() {
    FundPolicy usual = FundPolicy.DEFAULT;
    return new FundPolicy(
        coin(3) ? amount(1, 30) : usual.eventCapMicros(),
        usual.accountBlockCapMicros(),
        usual.blockMs(),
        usual.dayCapMicros(),
        usual.startPpm(),
        usual.stopPpm(),
        usual.peakWindowMs(),
        coin(2) ? 16 : 1_000);
  }

  private String open(String id, long cashMicros) {
    SimulatedAccount account = new SimulatedAccount(this, id);
    parties.put(id, account);
    accounts.put(id, account);
    boolean pledges = ofCoins() && !id.startsWith("novation-");
    account.begin(cashMicros, pledges ? random.nextLong(10_000_000, 150_000_000) : 0);
    return id;
  }

  /**
   * Runs one seed; says how often what happened.
   *
   * @param without the fence to take away; null for none
   * @throws Violation when something happened that must never be
   */
  static Map<String, Long> run(long seed, Scenario scenario, @Nullable Fence without) {
    WaterfallSimulation simulation = new WaterfallSimulation(seed, scenario, without, null);
    simulation.run();
    return simulation.ledger.counts();
  }

  /** Runs one seed and writes down everything that happens, up to a violation. */
  static List<String> trace(long seed, Scenario scenario, @Nullable Fence without) {
    List<String> trace = new ArrayList<>();
    try {
      new WaterfallSimulation(seed, scenario, without, trace).run();
    } catch (Violation | RuntimeException wrong) {
      trace.add(wrong.toString());
    }
    return trace;
  }

  /**
   * Sells a slice to two bidders at once, and lets what the seller then owes others to hear arrive
   * in an order.
   *
   * @param order a permutation of the messages; empty: as they were sent
   * @return how many messages there were, and everybody's books in the end
   */
  static SettledInOrder settle(long seed, List<Integer> order) {
    WaterfallSimulation simulation = new WaterfallSimulation(seed, Scenario.AUCTION, null, null);
    return simulation.settle(order);
  }

  record SettledInOrder(int messages, Map<String, Object> books) {}

  private SettledInOrder settle(List<Integer> order) {
    submitTrade(0, 100, 10, "trader-0", "trader-1");
    drain();
    move(0, 90, 90);
    drain();
    SimulatedAuction of = auctions.values().iterator().next();
    List<Envelope> owed = new ArrayList<>();
    withheld = owed;
    for (String liquidator : liquidators) {
      Placing placing = new Placing(of.id, new Bid("of " + liquidator, liquidator, 500_000, 0, 3));
      placings.add(placing);
      place(placing);
    }
    drain();
    withheld = null;
    for (int n = 0; n < owed.size(); n++) {
      net.add(owed.get(order.isEmpty() ? n : order.get(n)));
      drain();
    }
    rest();
    return new SettledInOrder(owed.size(), books());
  }

  private static boolean owedBySettlement(Object message) {
    return message instanceof SimulatedAccount.ApplyTransfer
        || message instanceof SimulatedAuction.Settled
        || (message instanceof SimulatedFund.Asked(var command, var _)
            && command instanceof FundCommand.Contribute);
  }

  private Map<String, Object> books() {
    Map<String, Object> books = new TreeMap<>();
    for (SimulatedAccount each : accounts.values()) {
      AccountSnapshot snapshot = each.account().snapshot();
      books.put(
          each.id, List.of(snapshot.balances(), snapshot.positions(), each.account().state()));
    }
    for (SimulatedAuction each : auctions.values()) {
      Auction auction = each.auction();
      if (auction == null) continue;
      books.put(each.id, List.of(auction.soldLots(), auction.sellerMicros(), auction.feeMicros()));
    }
    books.put(SimulatedFund.ID, List.of(fund().balanceMicros(), fund().contributedMicros()));
    return books;
  }

  private void run() {
    if (!coin(4)) contribute();
    int trades = 4 + random.nextInt(10);
    if (hasty()) submitTrade(0, 100, 10, "trader-0", "trader-1");
    else for (int n = 0; n < trades; n++) submitTrade();
    drain();
    faults = true;
    if (hasty()) move(0, 87, 92);
    int steps = hasty() ? 100 + random.nextInt(300) : 200 + random.nextInt(800);
    for (int step = 0; step < steps; step++) stumble();
    faults = false;
    rest();
  }

  // ---- faults, and whatever members do

  private void stumble() {
    if (votes != null) votes.stumble();
    if (hasty() && coin(3)) {
      hurry();
      return;
    }
    int roll = random.nextInt(1_000);
    if (roll < 70) {
      pass(any(hasty() && !coin(8) ? TIME_STEPS_MS.subList(0, 4) : TIME_STEPS_MS));
    } else if (roll < 85) {
      ledger.count("crashes");
      anyAlive().crash();
    } else if (roll < 115) {
      Envelope travelling = anyTravelling();
      if (travelling != null && !(travelling.message instanceof PlaceBid)) net.add(travelling);
    } else if (roll < 145) {
      Envelope travelling = anyTravelling();
      if (travelling != null) net.remove(travelling);
    } else if (roll < 185) {
      Envelope travelling = anyTravelling();
      if (travelling != null) {
        net.remove(travelling);
        late.add(travelling);
      }
    } else if (roll < 220) {
      if (!late.isEmpty()) net.add(late.remove(random.nextInt(late.size())));
    } else if (roll < 250) {
      SimulatedParty<?> party = anyAlive();
      if (!party.isWriting()) party.tick();
    } else if (roll < 275) {
      moveMarkets();
    } else if (roll < 290) {
      housekeeping(any(accounts.values()));
    } else if (roll < 300) {
      if (!asks.isEmpty()) timeOut(any(asks.keySet()));
    } else if (roll < 305) {
      contribute();
    } else if (roll < 315) {
      deposit(any(traders));
    } else if (roll < 335) {
      submitTrade();
    } else if (roll < 385) {
      bid();
      if (coin(4)) bid(); // In the same instant.
    } else {
      goOn();
    }
  }

  /** An auction that is over and owes nobody anything has left memory. */
  private SimulatedParty<?> anyAlive() {
    List<SimulatedParty<?>> alive = new ArrayList<>();
    for (SimulatedParty<?> party : parties.values())
      if (!(party instanceof SimulatedAuction auction) || auction.owes()) alive.add(party);
    return any(alive);
  }

  private void hurry() {
    switch (random.nextInt(8)) {
      case 0 -> bid();
      case 1 -> {
        int market = random.nextInt(marks.length);
        validity[market] =
            validity[market] == PriceValidity.FRESH ? PriceValidity.STALE : PriceValidity.FRESH;
        marketsMoved();
      }
      case 2 -> {
        ledger.count("crashes");
        anyAlive().crash();
      }
      case 3, 4 -> {
        SimulatedParty<?> party = anyAlive();
        if (!party.isWriting()) party.tick();
      }
      case 5 -> {
        Envelope travelling = anyTravelling();
        if (travelling == null) return;
        net.remove(travelling);
        late.add(travelling);
      }
      case 6 -> {
        if (!late.isEmpty()) net.add(late.remove(random.nextInt(late.size())));
      }
      default -> goOn();
    }
  }

  private void move(int market, int leastPercent, int mostPercent) {
    int percent = leastPercent + random.nextInt(mostPercent - leastPercent + 1);
    marks[market] = Math.max(5, marks[market] * percent / 100);
    marketsMoved();
    reassessAll();
  }

  private void housekeeping(SimulatedAccount account) {
    if (account.isWriting()) return;
    switch (random.nextInt(4)) {
      case 0 -> account.store();
      case 1 -> account.idle();
      case 2 -> account.forget(EPOCH_MS + nowMs - random.nextInt(20_000));
      default -> send(new Address(account.id, 0), new Reassess());
    }
  }

  private void moveMarkets() {
    int market = random.nextInt(marks.length);
    if (ofCoins() && coin(3)) {
      moveCoins();
      return;
    }
    switch (random.nextInt(8)) {
      case 0 -> validity[market] = PriceValidity.STALE;
      case 1 -> validity[market] = PriceValidity.FRESH;
      case 2 -> funding[market] += random.nextInt(200_001) - 100_000;
      case 3 -> move(market, hasty() ? 95 : 50, hasty() ? 105 : 150);
      default -> move(market, hasty() ? 99 : 92, hasty() ? 101 : 108);
    }
    marketsMoved();
    note("markets", "move", marks[0] + " " + marks[1] + " " + validity[0] + " " + validity[1]);
    if (coin(3)) reassessAll();
  }

  private void moveCoins() {
    if (coin(4)) {
      boolean fresh = coinValidity == PriceValidity.FRESH;
      coinValidity = fresh ? PriceValidity.STALE : PriceValidity.FRESH;
    } else {
      coinMicros = Math.max(UNIT, coinMicros * (85 + random.nextInt(29)) / 100);
    }
    marketsMoved();
    note("coins", "move", coinMicros + " " + coinValidity);
    reassessAll();
  }

  void reassessAll() {
    for (SimulatedAccount account : accounts.values())
      if (AccountActor.fallsWithPrices(account.account().portfolio())
          && !HouseAccount.is(account.id)) send(new Address(account.id, 0), new Reassess());
  }

  private void contribute() {
    long micros = amount(1, 60);
    String id = "house-" + ++ids;
    send(
        new Address(SimulatedFund.ID, 0),
        new SimulatedFund.Asked(
            new FundCommand.Contribute(id, Cause.HOUSE, "", micros, EPOCH_MS + nowMs), 0));
  }

  private void deposit(String account) {
    boolean coins = ofCoins() && coin(2);
    send(
        new Address(account, 0),
        new SimulatedAccount.Deposit("deposit-" + ++ids, coins ? "BTC" : "USDC", amount(1, 60)));
  }

  void submitTrade() {
    List<String> members = new ArrayList<>(traders);
    members.addAll(liquidators);
    String buyer = any(members);
    members.remove(buyer);
    String seller = any(members);
    int instrument = random.nextInt(listed().instruments());
    long price = Math.max(1, marks[instrument] * (97 + random.nextInt(7)) / 100);
    submitTrade(instrument, price, 1 + random.nextInt(8), buyer, seller);
  }

  private void submitTrade(
      int instrument, long priceTicks, long lots, String buyer, String seller) {
    Trade trade =
        new Trade(
            "venue",
            "trade-" + ++ids,
            listed().perpetual(instrument).symbol(),
            priceTicks,
            lots,
            buyer,
            seller,
            EPOCH_MS + nowMs);
    send(
        new Address(trade.first(), 0),
        new SimulatedAccount.Hold(SimulatedAccount.request(++ids, trade, EPOCH_MS + nowMs)));
  }

  // ---- liquidators

  private void bid() {
    List<SimulatedAuction> begun = new ArrayList<>();
    for (SimulatedAuction each : auctions.values())
      if (each.auction() != null && (each.auction().ended() == null || coin(20))) begun.add(each);
    if (begun.isEmpty()) return;
    SimulatedAuction of = any(begun);
    Auction auction = of.auction();
    if (auction == null) return;
    if (!placings.isEmpty() && coin(6)) {
      place(any(placings));
      return;
    }
    String bidder = coin(10) ? any(traders) : any(liquidators);
    long version = auction.accountVersion() - (coin(12) ? 1 : 0);
    Placing placing =
        new Placing(
            of.id,
            new Bid(
                "bid-" + (coin(20) ? random.nextLong(ids) : ++ids),
                bidder,
                any(List.of(1_000_000L, 1_000_000L, 500_000L, 200_000L, 1L)),
                any(List.of(0L, 0L, 0L, 0L, 5_000L, 50_000L, 5_000_000L)),
                Math.max(0, version)));
    placings.add(placing);
    place(placing);
  }

  private void place(Placing placing) {
    placing.newest = ++ids;
    placing.outstanding++;
    ledger.asksAgain(placing.auctionId, placing.bid.bidId());
    boolean registered = liquidators.contains(placing.bid.bidder());
    send(new Address(placing.auctionId, 0), new PlaceBid(placing.bid, registered, placing.newest));
  }

  private void onAnswer(BidAnswer answer) {
    for (Placing placing : placings) {
      if (!placing.auctionId.equals(answer.auctionId())
          || !placing.bid.bidId().equals(answer.bidId())) continue;
      onAnswer(placing, answer);
    }
  }

  private void onAnswer(Placing placing, BidAnswer answer) {
    Auction.Placed placed = answer.placed();
    BidRefusal refused = answer.refused();
    if (placed != null && placed.bid().equals(placing.bid)) {
      switch (placed.status()) {
        case Auction.BidStatus.Settled _ ->
            ledger.toldSettled(placing.auctionId, placing.bid.bidId(), placing.bid.bidder());
        case Auction.BidStatus.Lapsed _ -> {
          ledger.count("bids lapsed");
          ledger.toldNothing(placing.auctionId, placing.bid.bidId());
        }
        case Auction.BidStatus.Reserved _ ->
            throw new Violation("a bid is answered before it is decided: " + placing.bid);
      }
    } else if (refused != null && answer.attempt() == placing.newest) {
      ledger.count("bids refused: " + refused.getClass().getSimpleName());
      // The last attempt's: those before it, and other bids of this id, may still get through.
      boolean alone =
          placing.outstanding == 1
              && placings.stream()
                      .filter(
                          each ->
                              each.auctionId.equals(placing.auctionId)
                                  && each.bid.bidId().equals(placing.bid.bidId()))
                      .count()
                  == 1;
      if (alone) ledger.toldNothing(placing.auctionId, placing.bid.bidId());
      if (alone) placing.outstanding = 0;
    }
  }

  // ---- the network

  void send(Address to, Object message) {
    note("sent", to.party(), message);
    List<Envelope> into = withheld != null && owedBySettlement(message) ? withheld : net;
    into.add(new Envelope(to, message, false));
  }

  void tellSelf(Address self, Object message) {
    net.add(new Envelope(self, message, true));
  }

  /** Asks the fund; what comes of it, null when no answer comes in time, is told to the asker. */
  void askFund(
      SimulatedParty<?> by,
      FundCommand command,
      Function<InsuranceFundActor.@Nullable Answer, Object> onAnswer) {
    long ask = ++ids;
    asks.put(ask, new Ask(by.self(), onAnswer));
    send(new Address(SimulatedFund.ID, 0), new SimulatedFund.Asked(command, ask));
  }

  private void timeOut(long ask) {
    answered(ask, null);
  }

  private void answered(long ask, InsuranceFundActor.@Nullable Answer answer) {
    Ask asked = asks.remove(ask);
    if (asked != null) tellSelf(asked.by, asked.onAnswer.apply(answer));
  }

  /** What an entity tells itself is neither lost nor repeated nor late. */
  private @Nullable Envelope anyTravelling() {
    Envelope envelope = net.isEmpty() ? null : any(net);
    return envelope == null || envelope.toSelf ? null : envelope;
  }

  /** One thing that also happens in a quiet house; false when there is none left to do. */
  private boolean goOn() {
    List<SimulatedParty<?>> writing = new ArrayList<>();
    for (SimulatedParty<?> party : parties.values()) if (party.isWriting()) writing.add(party);
    int all = net.size() + writing.size();
    if (all == 0) return false;
    int pick = random.nextInt(all);
    if (pick >= net.size()) {
      writing.get(pick - net.size()).written();
      return true;
    }
    Envelope envelope = net.get(pick);
    SimulatedParty<?> party = party(envelope.to.party());
    if (party != null && party.isWriting()) return true; // It waits in the stash.
    net.set(pick, net.getLast());
    net.removeLast();
    receive(party, envelope);
    return true;
  }

  private void receive(@Nullable SimulatedParty<?> party, Envelope envelope) {
    switch (envelope.message) {
      case Answered(var ask, var answer) -> answered(ask, answer);
      case BidAnswer answer -> onAnswer(answer);
      default -> {
        if (party == null) throw new IllegalStateException("nobody there: " + envelope);
        if (!party.runs(envelope.to)) return; // A letter to the dead.
        note("received", party.id, envelope.message);
        party.on(envelope.message);
      }
    }
  }

  /** An auction comes into being by being spoken to. */
  private @Nullable SimulatedParty<?> party(String id) {
    SimulatedParty<?> known = parties.get(id);
    if (known != null || id.equals(ASKS.party()) || id.equals(CLIENTS.party())) return known;
    SimulatedAuction auction = new SimulatedAuction(this, id);
    parties.put(id, auction);
    auctions.put(id, auction);
    return auction;
  }

  private void drain() {
    for (int step = 0; goOn(); step++)
      if (step > 1_000_000) throw new Violation("it does not come to rest: messages never end");
  }

  void pass(long ms) {
    nowMs += ms;
    marketsMoved(); // Prices bear the time.
    if (gates.nextInt(8) == 0) moveGate();
    for (SimulatedParty<?> party : List.copyOf(parties.values())) party.ring();
  }

  /** The fund's gate as nodes hear of it, which may be late or never. */
  private void moveGate() {
    closedGate = gates.nextBoolean() ? null : new ClosedGate(nowMs, 9 * UNIT, 10 * UNIT);
    note("gate", "move", String.valueOf(closedGate));
  }

  SimulatedAccount account(String id) {
    return Objects.requireNonNull(accounts.get(id));
  }

  @Nullable ClosedGate closedGate() {
    return closedGate;
  }

  // ---- the faults have stopped

  private void rest() {
    net.addAll(late);
    late.clear();
    Arrays.fill(validity, PriceValidity.FRESH);
    coinValidity = PriceValidity.FRESH;
    if (votes != null) votes.hearAll();
    marketsMoved();
    int quiet = 0; // Rounds; what is left over is looked at every ten seconds.
    for (int round = 0; quiet < (leftOver() ? 30 : 3); round++) {
      if (round > 1_000) throw new Violation("it does not come to rest: " + unrest());
      drain();
      List.copyOf(asks.keySet()).forEach(this::timeOut);
      drain();
      quiet = unrest() == null ? quiet + 1 : 0;
      reassessAll();
      for (SimulatedParty<?> party : List.copyOf(parties.values())) party.tick();
      drain();
      for (SimulatedAccount account : accounts.values()) account.idle();
      if (bidsAtRest) bidForAll();
      drain();
      pass(Math.clamp(nextAlarmInMs(), 100, 2_000));
    }
    pass(TIMING.holdMs(policy.reservationMs()));
    for (SimulatedAccount account : accounts.values()) account.idle();
    check();
  }

  private void bidForAll() {
    for (SimulatedAuction each : List.copyOf(auctions.values())) {
      Auction auction = each.auction();
      if (auction == null || auction.ended() != null || !auction.undecided().isEmpty()) continue;
      Placing placing =
          new Placing(
              each.id,
              new Bid("bid-" + ++ids, any(liquidators), 1_000_000, 0, auction.accountVersion()));
      placings.add(placing);
      place(placing);
    }
  }

  private long nextAlarmInMs() {
    long next = Long.MAX_VALUE;
    for (SimulatedParty<?> party : parties.values()) next = Math.min(next, party.nextAlarmInMs());
    return next;
  }

  /** What is not at rest; null when all is. */
  private @Nullable String unrest() {
    for (SimulatedAccount each : accounts.values()) {
      LiquidationState state = each.account().liquidation();
      boolean ends =
          state instanceof LiquidationState.Liquidating
              || (state instanceof LiquidationState.Closed(_, var deficit) && deficit > 0);
      if (ends) return each.id + " is " + state;
      if (!each.owed().isEmpty()) return each.id + " owes " + each.owed();
      if (each.account().feesKeptMicros() > 0) return each.id + " keeps fees";
    }
    for (SimulatedAuction each : auctions.values())
      if (each.owes()) return "auction " + each.id + " waits: " + each.auction();
    if (!fund().openDraws().isEmpty()) return "a draw stays reserved: " + fund().openDraws();
    if (!coordinator.rests()) return "the coordinator is busy";
    return ledger.underway();
  }

  /** Coins that nobody wants are offered again and again: that is rest enough. */
  private boolean leftOver() {
    SimulatedAccount defaulted = accounts.get(HouseAccount.DEFAULT);
    if (defaulted == null) return false;
    Portfolio left = defaulted.account().portfolio();
    boolean owes = Margin.health(left, view()).equityMicros() < 0;
    return !left.flat() || owes || (left.cashMicros() != 0 && !Saleable.hasCoins(left, view()));
  }

  private void check() {
    for (SimulatedParty<?> party : parties.values()) party.checkReplay();
    for (SimulatedAccount account : accounts.values())
      if (!account.holdsNothing()) throw new Violation(account.id + " still holds something");
    SimulatedAccount defaulted = accounts.get(HouseAccount.DEFAULT);
    if (defaulted == null) throw new IllegalStateException("no default account");
    WaveSummary last = coordinator.coordination().last();
    Portfolio left = defaulted.account().portfolio();
    if (!left.flat()) {
      if (somebodyCouldClose(defaulted))
        throw new Violation("nobody was asked to close what is left: " + last);
      ledger.count("lots left that nobody survives closing");
    }
    long equity = Margin.health(left, view()).equityMicros();
    if ((left.cashMicros() > 0 && !Saleable.hasCoins(left, view()))
        || (equity < 0 && (last == null || last.uncoveredMicros() == 0)))
      throw new Violation("the default account is left with " + equity + " after " + last);
    if (Saleable.hasCoins(left, view())) ledger.count("coins that nobody bought");
    for (SimulatedAccount account : accounts.values()) {
      long worth = Margin.health(account.account().portfolio(), view()).equityMicros();
      if (worth < 0 && !HouseAccount.is(account.id))
        throw new Violation(account.id + " is left with " + worth);
    }
    ledger.check();
    for (SimulatedAccount account : accounts.values())
      for (long n = 0; n < account.searches; n++) ledger.count("searches of journals");
    for (long n = 0; n < fund.lookups; n++) ledger.count("searches of the fund's journal");
  }

  /**
   * Whether the rules name anybody to close what is left: pro rata always, since every position has
   * its other side; by the queue whoever keeps at least nothing if all of theirs goes at the price
   * that leaves the default account nothing, and nobody where there is no such price.
   */
  private boolean somebodyCouldClose(SimulatedAccount defaulted) {
    if (adlSettings.policy() == AdlPolicy.Kind.PRO_RATA) return true;
    DefaultRead left = DefaultReading.of(defaulted.account(), view(), nowMs);
    for (Exposure exposure : left.exposures()) {
      if (exposure.closeLots() == 0 || exposure.bankruptcyTicks() == 0) continue;
      int instrument = listed().instrumentListed(exposure.instrument());
      Perpetual perpetual = listed().perpetual(instrument);
      for (SimulatedAccount each : accounts.values()) {
        long lots = each.account().portfolio().lots(instrument);
        if (Long.signum(lots) != -exposure.side()) continue;
        long afterMicros =
            Margin.health(each.account().portfolio(), view()).equityMicros()
                + perpetual.notionalMicros(exposure.bankruptcyTicks(), lots)
                - perpetual.notionalMicros(marks[instrument], lots);
        if (afterMicros >= 0) return true;
      }
    }
    return !left.priced();
  }

  // ---- what parties find around them

  long nowMs() {
    return nowMs;
  }

  /** As a node has them that has heard of everything. */
  MarketView view() {
    return view(0);
  }

  /** As a node has them. */
  MarketView view(int node) {
    MarketView view = views[node];
    if (view == null || view.catalogue() != catalogue(node)) view = market(node);
    views[node] = view;
    return view;
  }

  void marketsMoved() {
    Arrays.fill(views, null);
  }

  /** Everything that the house lists, whoever has heard of it. */
  Catalogue listed() {
    return votes == null ? Markets.CATALOGUE : votes.listed();
  }

  /** What a node lists. */
  Catalogue catalogue(int node) {
    return votes == null ? Markets.CATALOGUE : votes.catalogue(node);
  }

  /** Null where nobody votes. */
  @Nullable SimulatedVotes votes() {
    return votes;
  }

  Fund fund() {
    return fund.fund();
  }

  SimulatedCoordinator coordinator() {
    return coordinator;
  }

  AdlSettings adlSettings() {
    return adlSettings;
  }

  Collection<SimulatedAccount> accounts() {
    return accounts.values();
  }

  List<String> withPositions() {
    return accounts.values().stream()
        .filter(each -> !each.account().portfolio().flat())
        .map(each -> each.id)
        .toList();
  }

  /** 0 where the price allows no liquidation. */
  long mark(String symbol) {
    if (Coins.are(symbol)) return coinValidity == PriceValidity.FRESH ? coinMicros : 0;
    int instrument = listed().instrumentListed(symbol);
    return validity[instrument] == PriceValidity.FRESH ? marks[instrument] : 0;
  }

  /**
   * Whether accounts ask the markets before they write that a liquidation begins. In half of the
   * runs: in the others something else had to be written meanwhile.
   */
  boolean pacesFirst() {
    return pacesFirst;
  }

  /** What the markets let go on sale; null when one does not answer. */
  @Nullable LotBudget budget() {
    if (!faults) return LotBudget.UNLIMITED;
    if (coin(6)) return null;
    if (coin(2)) return LotBudget.UNLIMITED;
    long lots = random.nextInt(4);
    return (_, _) -> lots;
  }

  boolean faults() {
    return faults;
  }

  /** Whether a search of a journal fails. */
  boolean fails() {
    return faults && coin(5);
  }

  boolean without(Fence fence) {
    return without == fence;
  }

  private boolean hasty() {
    return scenario == Scenario.AUCTION;
  }

  /** One in so many. */
  boolean coin(int sides) {
    return random.nextInt(sides) == 0;
  }

  void note(String who, String what, Object detail) {
    if (trace == null) return;
    String told = String.valueOf(detail).replaceAll("[^,=\\[ ]*@[0-9a-f]+", "?"); // Identities.
    trace.add(nowMs + " ms: " + who + " " + what + " " + told);
  }

  private MarketView market(int node) {
    MarketView now = markets(catalogue(node));
    if (votes == null || votes.takesNewRisk(node) || without == Fence.STANDSTILL) return now;
    MarketView.Instrument[] instruments = new MarketView.Instrument[now.catalogue().instruments()];
    Arrays.setAll(instruments, now::instrument);
    MarketView.AssetPrice[] assets = new MarketView.AssetPrice[now.catalogue().assets()];
    Arrays.setAll(assets, now::asset);
    Stop unread = new Stop(Brake.PARAMETERS, "the newest version", 0);
    return new MarketView(now.catalogue(), now.timeMs(), instruments, assets, unread);
  }

  /** All prices as they are, by a catalogue. */
  MarketView markets(Catalogue catalogue) {
    MarketView now = MarketView.unpriced(catalogue, Markets.NOW_MS);
    for (int i = 0; i < catalogue.instruments(); i++)
      now = Markets.with(now, i, marks[i], funding[i], validity[i]);
    return now.with(
        Markets.BTC,
        new MarketView.AssetPrice(coinMicros, 1_000_000, 1_000_000, 1_000_000, coinValidity, 0),
        now.timeMs());
  }

  private boolean ofCoins() {
    return scenario == Scenario.COINS || scenario == Scenario.VOTES;
  }

  private long amount(int unitsMin, int unitsMax) {
    return random.nextLong(unitsMin * UNIT, unitsMax * UNIT);
  }

  private <T> T any(Collection<T> all) {
    int pick = random.nextInt(all.size());
    for (T each : all) if (pick-- == 0) return each;
    throw new IllegalStateException("nothing to choose from");
  }
}
