package org.novation.clearing;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.account.Account;
import org.novation.account.AccountActor.Delivery;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.AccountSnapshot;
import org.novation.account.Batch;
import org.novation.account.CorrectionDesk;
import org.novation.account.Desk;
import org.novation.account.Dispatch;
import org.novation.account.House.JournalAnswer;
import org.novation.account.Leg;
import org.novation.account.Remittance;
import org.novation.account.TransferDesk;
import org.novation.account.TransferOrder;
import org.novation.clearing.GatewayActor.HoldAnswer;
import org.novation.clearing.GatewayActor.LastAnswer;
import org.novation.clearing.GatewayActor.Request;
import org.novation.clearing.GatewayActor.VoidRequest;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Fees;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.money.Increment;
import org.novation.risk.Health;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/**
 * A house in one thread: the accounts, desks and flights that production runs, and around them a
 * network that drops, repeats, delays and reorders, clocks that differ, markets that move, journals
 * that crash before or after a write, gateways that vanish, and clients that retry. Everything is
 * drawn from one seed, so that a failure replays.
 *
 * <p>Checked while it runs: no answer before its write; a commit finds its hold; a recovered
 * account equals the one that crashed. Checked once the faults have stopped: every trade gets its
 * answer; each is on both accounts or on neither, once; who was told novated finds it there; who
 * was told refused does not, unless by an attempt begun after that refusal; the books balance. And
 * what an account gave another is there, once, by the same rules.
 */
final class ClearingSimulation {
  /** A rule of the protocol that can be taken away. */
  enum Fence {
    /** Only the last account says refused. */
    LAST_WORD("told refused, on both"),
    /** After a recovery the last account is blind to attempts begun before. */
    LAST_RECOVERY("told refused, on both"),
    /** The last account remembers a refusal. */
    LAST_MEMORY("told refused, on both"),
    /** Every refusal renews that memory. */
    REFRESH("told refused, on both"),
    /** An attempt may not be committed after its deadline. */
    DEADLINE("told refused, on both"),
    /** The first account recognises a leg that it has. */
    DEDUPE("not atomic"),
    /** A release frees the hold of its own attempt alone. */
    RELEASE_OWN("a commit did not find its hold"),
    /** Blindness after a recovery allows for the clocks' skew. */
    RECOVERY_SKEW("told refused, on both"),
    /** The memory of a refusal allows for the clocks' skew. */
    MEMORY_SKEW("told refused, on both"),
    /** Who gives knows an order again by its id. */
    SENT_IDS(Scenario.ONE_TRANSFER, "given twice"),
    /** Who takes knows a remittance again by its id. */
    RECEIVED_IDS(Scenario.ONE_TRANSFER, "not taken as it was given"),
    /** What was given stays in the outbox until it is on the other account's books. */
    SENT_UNTIL_RECEIVED(Scenario.ONE_TRANSFER, "not taken as it was given"),
    /** An account knows a correction again by the trade that it corrects. */
    CORRECTION_IDS(Scenario.ONE_CORRECTION, "corrected otherwise than once"),
    /** A leg is given up under one id, whoever it is given to and however often it is tried. */
    GIVE_UP_IDS(Scenario.ONE_GIVE_UP, "given up twice"),
    /** Who gives a leg up is the account that commits. */
    GIVER_COMMITS(Scenario.ONE_GIVE_UP, "given up twice"),
    /** What is accepted is cleared after it is written that it is. */
    GIVE_UP_WRITTEN_FIRST(Scenario.ONE_GIVE_UP, "given up otherwise than its book says"),
    /** What is accepted is cleared until there is an outcome. */
    GIVE_UP_UNTIL_CLEARED(Scenario.ONE_GIVE_UP, "accepted and never cleared"),
    /** That clearing says nothing is no refusal. */
    GIVE_UP_SILENCE(Scenario.ONE_GIVE_UP, "given up otherwise than its book says");

    /** Where its absence shows. */
    final Scenario scenario;

    /** What happens without it. */
    final String violation;

    Fence(String violation) {
      this(Scenario.ONE_TRADE, violation);
    }

    Fence(Scenario scenario, String violation) {
      this.scenario = scenario;
      this.violation = violation;
    }
  }

  /**
   * What is simulated.
   *
   * @param churnPercent how often an account's view of the market is drawn anew before it judges
   * @param marginIsACoin whether markets jump so far that margin is there or not, as by a coin
   * @param twinPercent how often a trade is submitted with other content too
   * @param forgets whether accounts forget ids while trades are on their way
   */
  record Scenario(
      int accountsMax,
      int tradesMax,
      int transfersMax,
      boolean corrects,
      boolean givesUp,
      int stepsMin,
      int stepsMax,
      int churnPercent,
      boolean marginIsACoin,
      int twinPercent,
      boolean forgets) {
    /** One trade between two accounts: the fault mix of the protocol's executable model. */
    static final Scenario ONE_TRADE =
        new Scenario(2, 1, 0, false, false, 50, 300, 100, true, 0, false);

    /** One transfer besides, which its taker will have or not, as by a coin. */
    static final Scenario ONE_TRANSFER =
        new Scenario(2, 1, 1, false, false, 50, 300, 100, true, 0, false);

    /** One trade, that is undone, or settled at another price. */
    static final Scenario ONE_CORRECTION =
        new Scenario(2, 1, 0, true, false, 50, 300, 0, false, 0, false);

    /** A trade or two, whose legs go on to other accounts. */
    static final Scenario ONE_GIVE_UP =
        new Scenario(4, 2, 0, false, true, 150, 500, 10, false, 0, false);

    /**
     * Several trades, transfers and corrections at once, in both directions, over 2 to 4 accounts.
     */
    static final Scenario MANY_TRADES =
        new Scenario(4, 12, 8, true, false, 150, 600, 15, false, 10, true);
  }

  /** What happened in a run, for those who doubt that it tried anything. */
  record Tally(
      long novated,
      long refused,
      long unknown,
      long given,
      long givenNot,
      long corrected,
      long feesGivenBack,
      GivenUp givenUp,
      long crashes,
      long lookups) {
    static final Tally NOTHING = new Tally(0, 0, 0, 0, 0, 0, 0, GivenUp.NOTHING, 0, 0);

    Tally plus(Tally other) {
      return new Tally(
          novated + other.novated,
          refused + other.refused,
          unknown + other.unknown,
          given + other.given,
          givenNot + other.givenNot,
          corrected + other.corrected,
          feesGivenBack + other.feesGivenBack,
          givenUp.plus(other.givenUp),
          crashes + other.crashes,
          lookups + other.lookups);
    }
  }

  /** What became of give-ups. */
  record GivenUp(long done, long permitted, long refused, long declined, long expired) {
    static final GivenUp NOTHING = new GivenUp(0, 0, 0, 0, 0);

    GivenUp plus(GivenUp other) {
      return new GivenUp(
          done + other.done,
          permitted + other.permitted,
          refused + other.refused,
          declined + other.declined,
          expired + other.expired);
    }
  }

  /** Something that must never be. */
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(String what) {
      super(what);
    }
  }

  private static final Timing TIMING = new Timing(6, 14, 2);
  private static final List<Long> TIME_STEPS_MS = List.of(1L, 2L, 4L, TIMING.deadlineMs());
  private static final long HOUSE_EPOCH_MS = 1_700_000_000_000L;
  private static final long UNIT = 1_000_000;

  /** Shorter than most runs, so that some come too late. */
  private static final long GIVE_UP_WINDOW_MS = 150;

  private static final Catalogue CATALOGUE = catalogue();

  private sealed interface Message {
    record Hold(String to, List<Request> requests, long gateway) implements Message {}

    record Novate(String to, List<Request> requests, long gateway) implements Message {}

    record Refuse(String to, List<VoidRequest> requests, long gateway) implements Message {}

    record Release(String to, List<Request> requests) implements Message {}

    record Apply(String to, String last, List<Delivery> deliveries, Address from)
        implements Message {}

    record Acknowledge(Address to, List<Long> numbers) implements Message {}

    record LookedUp(
        Address to, String last, Delivery delivery, Address from, @Nullable JournalAnswer answer)
        implements Message {}

    record Deposit(String to, Money money) implements Message {}

    record Send(String to, TransferDesk.Asked asked, long attempt) implements Message {}

    record SendAnswered(long attempt, LastRole.Answer answer) implements Message {}

    record Receive(String to, long number, Remittance remittance, Address from)
        implements Message {}

    record CarryOut(String to, CorrectionOrder order) implements Message {}

    record CarriedOut(String key) implements Message {}

    record CorrectionLookedUp(Address to, CorrectionOrder order, @Nullable Boolean found)
        implements Message {}

    record ReceiveLookedUp(Address to, Receive receive, @Nullable Boolean found)
        implements Message {}

    record HoldsAnswered(long gateway, List<HoldAnswer> answers) implements Message {}

    record LastAnswered(long gateway, List<LastAnswer> answers) implements Message {}
  }

  /** An account that runs: a restart gives it another address. */
  private record Address(String account, long incarnation) {}

  private record Money(String id, String account, long amount) {}

  private record Write(
      Desk.Decided<Long, Address> decided,
      TransferDesk.Decided<Long, Address> transfers,
      CorrectionDesk.Decided<String> corrections,
      Map<Long, Remittance> remittances,
      List<Money> deposits) {}

  private final class Party {
    final String id;
    final List<AccountEvent> journal = new ArrayList<>();
    final List<Money> deposits = new ArrayList<>();
    Account account;
    Desk<Long, Address> desk;
    TransferDesk<Long, Address> transfers = new TransferDesk<>();
    CorrectionDesk<String> corrections = new CorrectionDesk<>();
    MarketView view;
    @Nullable AccountSnapshot stored;
    @Nullable Write writing;
    long incarnation;
    long skewMs;

    Party(String id) {
      this.id = id;
      this.account = new Account(id, CATALOGUE);
      this.skewMs = random.nextLong(TIMING.skewMs() + 1);
      this.desk = emptyDesk();
      this.view = market();
    }

    long wallMs() {
      return nowMs + skewMs;
    }

    Address address() {
      return new Address(id, incarnation);
    }

    Desk<Long, Address> emptyDesk() {
      return new Desk<>(new FirstRole(TIMING), lastRole(wallMs()));
    }

    void write(List<AccountEvent> events) {
      journal.addAll(events);
      events.forEach(account::apply);
      if (id.equals(HouseAccount.REVENUE) && account.portfolio().cashMicros() < 0)
        throw new Violation("the house owes fees");
    }

    /** What any node would make of its journal. */
    Account recovered() {
      AccountSnapshot from = stored;
      Account rebuilt = from == null ? new Account(id, CATALOGUE) : Account.of(from, CATALOGUE);
      for (AccountEvent event : journal)
        if (event.number() > rebuilt.events()) rebuilt.apply(event);
      return rebuilt;
    }
  }

  private final class Gateway {
    final Map<Long, Flight> flights = new LinkedHashMap<>();
    final List<Message> gathered = new ArrayList<>();
    long incarnation = ++incarnations;
    long skewMs = random.nextLong(TIMING.skewMs() + 1);
    long newest; // Attempt.

    void crash() {
      flights.clear();
      gathered.clear();
      incarnation = ++incarnations;
      skewMs = random.nextLong(TIMING.skewMs() + 1);
    }

    void begin(Order order) {
      Attempt attempt = new Attempt(incarnation << 32 | ++attempts, nowMs + skewMs);
      newest = attempt.id();
      flights.put(attempt.id(), new Flight(order.trade, attempt));
      begun.put(attempt.id(), ++moment);
      orderOf.put(attempt.id(), order);
      order.flying++;
      gather(
          new Message.Hold(
              order.trade.first(), List.of(new Request(attempt, order.trade)), incarnation));
    }

    /** What leaves together for one account in one phase is one message. */
    void gather(Message message) {
      for (int i = 0; i < gathered.size(); i++) {
        Message both = joined(gathered.get(i), message);
        if (both != null) {
          gathered.set(i, both);
          return;
        }
      }
      gathered.add(message);
    }

    void flush() {
      gathered.forEach(ClearingSimulation.this::send);
      gathered.clear();
    }

    void onHolds(List<HoldAnswer> answers) {
      for (HoldAnswer answer : answers) {
        Flight flight = flights.get(answer.attempt());
        if (flight != null) take(flight, flight.onHold(answer.answer()));
      }
    }

    void onLast(List<LastAnswer> answers) {
      for (LastAnswer answer : answers) {
        Flight flight = flights.get(answer.attempt());
        if (flight != null) take(flight, flight.onLast(answer.answer(), answer.novatedAtMs()));
      }
    }

    void tick() {
      for (Flight flight : List.copyOf(flights.values())) {
        if (flight.attempt().startMs() + TIMING.deadlineMs() + TIMING.skewMs() <= nowMs + skewMs)
          take(flight, flight.onTimeout());
      }
    }

    private void take(Flight flight, Flight.Step step) {
      Trade trade = flight.trade();
      Attempt attempt = flight.attempt();
      switch (step) {
        case Flight.Step.Novate() ->
            gather(
                new Message.Novate(
                    trade.last(), List.of(new Request(attempt, trade)), incarnation));
        case Flight.Step.Void(Rejection why) -> {
          if (without == Fence.LAST_WORD) {
            refused.put(attempt.id(), moment);
            take(flight, new Flight.Step.Answer(new Outcome.Refused(why), true));
          } else {
            gather(
                new Message.Refuse(
                    trade.last(), List.of(new VoidRequest(attempt, trade, why)), incarnation));
          }
        }
        case Flight.Step.Answer(Outcome outcome, boolean release) -> {
          flights.remove(attempt.id());
          if (release)
            gather(new Message.Release(trade.first(), List.of(new Request(attempt, trade))));
          answered(attempt, outcome);
        }
        case Flight.Step.Ignore() -> {}
      }
    }
  }

  /** What is given up to one account, in the shell that {@link GiveUpActor} is. */
  private final class Carrier {
    final String account;
    final List<GiveUpEvent> journal = new ArrayList<>();
    final Set<String> submitted = new HashSet<>();
    GiveUpBook book = GiveUpBook.EMPTY;
    long life;
    long expired;

    Carrier(String account) {
      this.account = account;
    }

    void decide(GiveUpCommand command) {
      GiveUpBook.Decision decision = book.decide(command, houseMs(), GIVE_UP_WINDOW_MS);
      if (decision.refusal() instanceof GiveUpRefusal.TooOld) expired++;
      if (without == Fence.GIVE_UP_WRITTEN_FIRST) {
        GiveUpBook ahead = book;
        for (GiveUpEvent event : decision.events()) ahead = ahead.apply(event);
        submit(ahead);
      }
      if (faults && !decision.events().isEmpty() && random.nextInt(8) == 0) {
        crash();
        return;
      }
      for (GiveUpEvent event : decision.events()) {
        note(account + " keeps ", event);
        book = book.apply(event);
        journal.add(event);
      }
      if (faults && random.nextInt(8) == 0) crash();
      else submit(book);
    }

    void crash() {
      crashes++;
      note("what is given up to " + account + " crashes");
      GiveUpBook again = GiveUpBook.EMPTY;
      for (GiveUpEvent event : journal) again = again.apply(event);
      if (!again.equals(book)) throw new Violation("give-ups to " + account + " replay otherwise");
      book = again;
      life++;
      submitted.clear();
      if (without != Fence.GIVE_UP_UNTIL_CLEARED) submit(book);
    }

    /** Everything that is accepted and has no outcome yet. */
    void submit(GiveUpBook of) {
      for (GiveUpCase each : of.cases()) {
        if (each.stage() != GiveUpCase.Stage.ACCEPTED || !submitted.add(each.giveUp().key()))
          continue;
        Order order = orderOf(unfenced(each.giveUp().trade(each.acceptedAtMs())));
        Gateway gateway = any(gateways);
        gateway.begin(order);
        clearing.put(gateway.newest, new Clearing(this, life, each));
      }
    }

    void cleared(long begunIn, GiveUpCase of, @Nullable Outcome outcome) {
      if (begunIn != life) return; // Whoever asked is no more.
      submitted.remove(of.giveUp().key());
      String why =
          switch (outcome) {
            case Outcome.Novated _ -> "";
            case Outcome.Refused(var refused) -> refused.toString();
            case Outcome.NotBegun(var notBegun) -> notBegun.toString();
            case Outcome.Unavailable _ -> silence();
            case null -> silence();
          };
      if (why != null) decide(new GiveUpCommand.Note(of.giveUp().key(), of.acceptedAtMs(), why));
    }

    private @Nullable String silence() {
      return without == Fence.GIVE_UP_SILENCE ? "silence" : null;
    }
  }

  /** An attempt to clear what was accepted. */
  private record Clearing(Carrier by, long life, GiveUpCase of) {}

  /** A trade and the client that wants it novated. */
  private static final class Order {
    final Trade trade;
    boolean givesUp; // What an account's book wants, and no client.
    final List<Long> refusedAttempts = new ArrayList<>();
    boolean novated;
    boolean unknown;
    int flying;

    Order(Trade trade) {
      this.trade = trade;
    }

    boolean told() {
      return novated || unknown || !refusedAttempts.isEmpty();
    }
  }

  /** What an owner wants given, and what he was told. */
  private static final class Gift {
    final String from;
    final TransferOrder order;
    final List<Long> refusedAttempts = new ArrayList<>();
    boolean given;

    Gift(String from, TransferOrder order) {
      this.from = from;
      this.order = order;
    }

    boolean told() {
      return given || !refusedAttempts.isEmpty();
    }
  }

  private final SplittableRandom random;
  private final Scenario scenario;
  private final @Nullable Fence without;
  private final @Nullable List<String> trace;
  private final Map<String, Party> parties = new LinkedHashMap<>();
  private final SplittableRandom
      votes; // Of its own: what is voted changes nothing of what else happens.
  private Catalogue inForce = CATALOGUE;
  private final List<Gateway> gateways = new ArrayList<>();
  private final List<Order> orders = new ArrayList<>();
  private final List<Money> moneys = new ArrayList<>();
  private final List<Gift> gifts = new ArrayList<>();
  private final Map<Long, Gift> giftOf = new HashMap<>(); // By attempt.
  // Approved, by the trade; the office never forgets, and tells until it is told.
  private final Map<Trade, Correction> corrections = new LinkedHashMap<>();
  private final Set<String> carriedOut = new HashSet<>();
  private final Map<Gift, Long> givenBy = new HashMap<>(); // The attempt.
  private final Map<String, Long> depositsDone = new LinkedHashMap<>();
  private List<Message> net = new ArrayList<>();
  private final List<Message> late = new ArrayList<>();
  private final Map<Long, Long> begun = new HashMap<>(); // By attempt: the moment.
  private final Map<Long, Long> refused = new HashMap<>();
  private final Map<Long, Order> orderOf = new HashMap<>();
  private final Map<Long, Address> heldBy = new HashMap<>();
  private final Map<Fingerprint, Long> owner = new HashMap<>(); // Of the hold, as the net saw it.
  private final Map<Fingerprint, Long> committedBy = new HashMap<>();
  private final Map<String, Carrier> carriers = new LinkedHashMap<>();
  private final Map<Long, Clearing> clearing = new HashMap<>(); // By attempt.
  private long nowMs = 100;
  private long moment; // Orders what happens within one millisecond.
  private long incarnations;
  private long attempts;
  private long redeliveries;
  private long[] marks = {100, 100};
  private long[] funding = {0, 0};
  private boolean faults = true;
  private long crashes;
  private long lookups;

  private ClearingSimulation(
      long seed, Scenario scenario, @Nullable Fence without, @Nullable List<String> trace) {
    this.random = new SplittableRandom(seed);
    this.votes = new SplittableRandom(~seed);
    this.scenario = scenario;
    this.without = without;
    this.trace = trace;
    for (int i = 0; i < 2; i++) gateways.add(new Gateway());
    int accounts = 2 + random.nextInt(scenario.accountsMax - 1);
    for (int i = 0; i < accounts; i++) open("account-" + i);
    if (scenario.corrects) openRevenue();
    nowMs += TIMING.skewMs() + 1; // No attempt is older than its accounts.
    int trades = 1 + random.nextInt(scenario.tradesMax);
    for (int i = 0; i < trades; i++) order(i, accounts);
    for (int i = 0; i < scenario.transfersMax; i++) gift(i, accounts);
    if (scenario.givesUp)
      for (String account : parties.keySet()) carriers.put(account, new Carrier(account));
  }

  /**
   * Runs one seed.
   *
   * @param without the fence to take away; null for none
   * @throws Violation when something happened that must never be
   */
  static Tally run(long seed, Scenario scenario, @Nullable Fence without) {
    return new ClearingSimulation(seed, scenario, without, null).run();
  }

  /** Runs one seed and writes down everything that happens, up to a violation. */
  static List<String> trace(long seed, Scenario scenario, @Nullable Fence without) {
    List<String> trace = new ArrayList<>();
    try {
      new ClearingSimulation(seed, scenario, without, trace).run();
    } catch (Violation violation) {
      trace.add(violation.getMessage());
    }
    return trace;
  }

  private Tally run() {
    int steps = scenario.stepsMin + random.nextInt(scenario.stepsMax - scenario.stepsMin + 1);
    for (int step = 0; step < steps; step++) stumble();
    faults = false;
    net.addAll(late);
    late.clear();
    recover();
    settle();
    check();
    return tally();
  }

  // ---- faults

  private void stumble() {
    moment++;
    int roll = random.nextInt(100);
    if (roll < 12) {
      nowMs += any(TIME_STEPS_MS);
    } else if (roll < 15) {
      crash(anyParty());
    } else if (roll < 16) {
      Gateway gateway = any(gateways);
      List<Flight> lost = List.copyOf(gateway.flights.values());
      for (Flight flight : lost) orderOf(flight.attempt().id()).flying--;
      gateway.crash();
      note("a gateway crashes");
      for (Flight flight : lost) cleared(flight.attempt().id(), null);
    } else if (roll < 20) {
      Message message = anyTravelling();
      if (message != null) net.add(message);
    } else if (roll < 22) {
      Message message = anyTravelling();
      if (message != null) net.remove(message);
    } else if (roll < 26) {
      if (!net.isEmpty()) late.add(net.remove(random.nextInt(net.size())));
    } else if (roll < 29) {
      if (!late.isEmpty()) net.add(late.remove(random.nextInt(late.size())));
    } else if (roll < 31) {
      Party party = anyParty();
      if (party.writing == null) deliver(party);
    } else if (roll < 32) {
      any(gateways).tick();
      if (scenario.corrects) correct(any(orders).trade);
    } else if (roll < 34) {
      moveMarket();
    } else if (roll < 35) {
      fault();
    } else if (roll < 45) {
      if (scenario.givesUp && random.nextInt(4) > 0) giveUp();
      else if (!gifts.isEmpty() && random.nextInt(3) == 0) ask(any(gifts));
      else submit(any(orders));
    } else {
      goOn();
    }
  }

  private void fault() {
    Party party = anyParty();
    if (party.writing != null) return;
    if (random.nextInt(3) == 0) party.stored = party.account.snapshot();
    if (random.nextInt(3) == 0) decide(party, true);
    if (scenario.forgets && random.nextInt(6) == 0 && party.writing == null) forget(party);
    if (scenario.tradesMax > 1 && random.nextInt(2) == 0) pay();
  }

  /** One thing that also happens in a quiet house. */
  private boolean goOn() {
    int busy = net.size();
    for (Gateway gateway : gateways) if (!gateway.gathered.isEmpty()) busy++;
    for (Party party : parties.values()) if (party.writing != null || hasWork(party)) busy++;
    if (busy == 0) return false;
    int pick = random.nextInt(busy);
    for (Gateway gateway : gateways) {
      if (!gateway.gathered.isEmpty() && pick-- == 0) {
        gateway.flush();
        return true;
      }
    }
    for (Party party : parties.values()) {
      if ((party.writing != null || hasWork(party)) && pick-- == 0) {
        if (party.writing != null) {
          written(party);
        } else {
          decide(party, false);
        }
        return true;
      }
    }
    if (recipientWrites(net.get(pick))) return true; // It waits in the stash.
    Message message = net.get(pick);
    net.set(pick, net.getLast());
    net.removeLast();
    receive(message);
    return true;
  }

  private static boolean hasWork(Party party) {
    return party.desk.hasWork()
        || party.transfers.hasWork()
        || party.corrections.hasWork()
        || !party.deposits.isEmpty();
  }

  private void crash(Party party) {
    crashes++;
    Write write = party.writing;
    if (write != null && random.nextBoolean()) {
      note(party.id + " writes, and crashes before it can answer");
      party.write(write.decided().events());
      committed(party, write);
    } else {
      note(party.id + (write == null ? " crashes" : " crashes before it can write"));
    }
    Account before = party.account;
    party.account = party.recovered();
    if (!party.account.snapshot().equals(before.snapshot()))
      throw new Violation(party.id + " recovered to another state than it had");
    party.writing = null;
    party.deposits.clear();
    party.incarnation++;
    party.skewMs = random.nextLong(TIMING.skewMs() + 1);
    party.desk = party.emptyDesk();
    party.transfers = new TransferDesk<>();
    party.corrections = new CorrectionDesk<>();
    deliver(party);
  }

  /** As a batch does when it remembers too many; here at any moment. */
  private void forget(Party party) {
    boolean transfersToo = random.nextBoolean();
    long through =
        transfersToo ? houseMs() : HOUSE_EPOCH_MS + random.nextInt(scenario.tradesMax + 1) - 1;
    note(party.id + " forgets trades through " + (through - HOUSE_EPOCH_MS));
    party.write(
        List.of(
            new TradesCleared(
                party.account.events() + 1,
                houseMs(),
                1,
                List.of(),
                List.of(),
                List.of(),
                through,
                new Health(0, 0, 0, 0))));
  }

  private void submit(Order order) {
    // Mostly a client waits for its answer; some do not, and some ask again although they have it.
    if (order.givesUp) return;
    if (order.flying > 0 && random.nextInt(20) != 0) return;
    if (order.told() && random.nextInt(4) != 0) return;
    any(gateways).begin(order);
  }

  private void ask(Gift gift) {
    if (gift.told() && random.nextInt(4) != 0) return;
    Gateway gateway = any(gateways);
    long attempt = gateway.incarnation << 32 | ++attempts;
    begun.put(attempt, ++moment);
    giftOf.put(attempt, gift);
    Party taker = party(gift.order.to());
    Rejection why = batch(taker).admit(gift.order.asset(), gift.order.amount());
    if (faults && random.nextInt(scenario.marginIsACoin ? 2 : 8) == 0)
      why = new Rejection.NoRescue(taker.id, 1);
    TransferDesk.Asked asked = new TransferDesk.Asked(gift.order, nowMs + gateway.skewMs, why);
    send(new Message.Send(gift.from, asked, attempt));
  }

  /** Two operators agreed, or say it again. */
  private void correct(Trade trade) {
    if (!committedBy.containsKey(trade.fingerprint())) return;
    // Nobody proposes to put right what is not on both accounts.
    if (legsOf(trade, trade.first()) == 0) return;
    Correction correction = corrections.computeIfAbsent(trade, this::correction);
    for (CorrectionOrder order : due(correction))
      send(new Message.CarryOut(order.account(), order));
  }

  private Correction correction(Trade trade) {
    boolean bust = random.nextBoolean();
    long buyerPays = bust ? 0 : trade.lots() * UNIT * (random.nextBoolean() ? 1 : -1);
    Leg leg = leg(trade, trade.last());
    return new Correction(
        "correction-" + corrections.size(),
        bust ? Correction.Kind.BUST : Correction.Kind.PRICE,
        trade.venue(),
        trade.tradeId(),
        trade.instrument(),
        trade.priceTicks(),
        trade.lots(),
        trade.buyer(),
        trade.seller(),
        trade.executedAtMs(),
        leg.novatedAtMs(),
        leg.tradeFundingIndex(),
        bust ? 0 : trade.priceTicks() + Long.signum(buyerPays),
        buyerPays,
        "a drill",
        "ana",
        houseMs(),
        feeBack(trade, trade.buyer(), bust, buyerPays),
        feeBack(trade, trade.seller(), bust, buyerPays));
  }

  /** What a correction gives back of what the account's journal says that it was charged. */
  private long feeBack(Trade trade, String account, boolean bust, long buyerPays) {
    Fees rate = Fees.NONE;
    boolean booked = false; // By the event before.
    for (AccountEvent event : party(account).journal) {
      if (booked && event instanceof AccountEvent.FeesCharged charged)
        rate = new Fees(charged.tradePpm(), 0);
      booked =
          event instanceof TradesCleared cleared
              && Stream.of(cleared.novated(), cleared.applied())
                  .flatMap(List::stream)
                  .anyMatch(leg -> leg.trade(account).equals(trade));
    }
    long notional = Math.abs(leg(trade, account).notionalMicros());
    return rate.ofTradeMicros(notional) - (bust ? 0 : rate.ofTradeMicros(notional + buyerPays));
  }

  private Leg leg(Trade trade, String account) {
    return legs(party(account)).stream()
        .filter(each -> each.trade(account).equals(trade))
        .findFirst()
        .orElseThrow();
  }

  private static List<CorrectionOrder> orders(Correction correction) {
    List<CorrectionOrder> orders = new ArrayList<>();
    orders.add(correction.order(correction.proposedAtMs()));
    for (String account : correction.feesDue()) orders.add(correction.feeOrder(account));
    return orders;
  }

  /** What the office is not told to be done; fees after what they are of. */
  private List<CorrectionOrder> due(Correction correction) {
    List<CorrectionOrder> due = orders(correction);
    if (!carriedOut.contains(due.getFirst().key())) return due.subList(0, 1);
    due.removeIf(order -> carriedOut.contains(order.key()));
    return due;
  }

  // ---- give-ups

  /** What owners of accounts do, and the clock. */
  private void giveUp() {
    Carrier carrier = any(List.copyOf(carriers.values()));
    if (carrier.book.cases().isEmpty()) carrier = any(List.copyOf(carriers.values()));
    List<GiveUpCase> cases = carrier.book.cases();
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> propose();
      case 4, 5, 6 -> {
        if (!cases.isEmpty()) carrier.decide(new GiveUpCommand.Accept(any(cases).giveUp().key()));
      }
      case 7 -> {
        if (!cases.isEmpty() && random.nextBoolean())
          carrier.decide(new GiveUpCommand.Cancel(any(cases).giveUp().key()));
        else carrier.decide(new GiveUpCommand.Permit(anyParty().id, random.nextBoolean()));
      }
      case 8 -> carrier.crash();
      default -> {
        if (without != Fence.GIVE_UP_UNTIL_CLEARED) carrier.submit(carrier.book);
      }
    }
  }

  private void propose() {
    Order order = any(orders);
    Trade trade = order.trade;
    if (order.givesUp || !committedBy.containsKey(trade.fingerprint())) return;
    String from = random.nextBoolean() ? trade.buyer() : trade.seller();
    for (Leg leg : legs(party(from))) {
      String to = anyParty().id;
      if (!leg.trade(from).equals(trade) || to.equals(from)) continue;
      GiveUp giveUp =
          new GiveUp(
              trade.venue(),
              trade.tradeId(),
              trade.instrument(),
              trade.priceTicks(),
              trade.signedLots(from),
              from,
              to,
              leg.novatedAtMs());
      carrier(to).decide(new GiveUpCommand.Propose(giveUp));
      return;
    }
  }

  private Carrier carrier(String account) {
    Carrier carrier = carriers.get(account);
    if (carrier == null) throw new IllegalStateException("no such account: " + account);
    return carrier;
  }

  private Trade unfenced(Trade trade) {
    if (without != Fence.GIVE_UP_IDS && without != Fence.GIVER_COMMITS) return trade;
    return new Trade(
        without == Fence.GIVER_COMMITS ? "venue" : trade.venue(),
        without == Fence.GIVE_UP_IDS ? trade.tradeId() + '~' + ++redeliveries : trade.tradeId(),
        trade.instrument(),
        trade.priceTicks(),
        trade.lots(),
        trade.buyer(),
        trade.seller(),
        trade.executedAtMs());
  }

  private Order orderOf(Trade trade) {
    for (Order order : orders) if (order.trade.equals(trade)) return order;
    Order order = new Order(trade);
    order.givesUp = true;
    orders.add(order);
    return order;
  }

  private void cleared(long attempt, @Nullable Outcome outcome) {
    Clearing of = clearing.remove(attempt);
    if (of != null) of.by().cleared(of.life(), of.of(), outcome);
  }

  /** A leg goes once, to one account, and every book says what became of it. */
  private void check(Carrier carrier) {
    for (GiveUpCase each : carrier.book.cases()) {
      GiveUp giveUp = each.giveUp();
      if (each.stage() == GiveUpCase.Stage.ACCEPTED)
        throw new Violation("accepted and never cleared: " + each);
      boolean cleared = false;
      for (Order order : orders)
        cleared |=
            order.givesUp
                && order.trade.tradeId().equals(giveUp.key())
                && order.trade.counterparty(giveUp.from()).equals(carrier.account)
                && committedBy.containsKey(order.trade.fingerprint());
      if (cleared != (each.stage() == GiveUpCase.Stage.DONE))
        throw new Violation("given up otherwise than its book says: " + each);
      if (count(legs(party(giveUp.from())).stream().map(Leg::tradeId).toList(), giveUp.key()) > 1)
        throw new Violation("given up twice: " + each);
    }
  }

  private GivenUp givenUp() {
    GivenUp sum = GivenUp.NOTHING;
    for (Carrier carrier : carriers.values()) {
      long[] of = new long[4];
      for (GiveUpEvent event : carrier.journal) {
        switch (event) {
          case GiveUpEvent.GiveUpDone _ -> of[0]++;
          case GiveUpEvent.GiveUpAccepted accepted -> of[1] += accepted.permitted() ? 1 : 0;
          case GiveUpEvent.GiveUpRefused _ -> of[2]++;
          case GiveUpEvent.GiveUpCancelled _ -> of[3]++;
          case GiveUpEvent.GiveUpProposed _, GiveUpEvent.GiveUpsPermitted _ -> {}
        }
      }
      sum = sum.plus(new GivenUp(of[0], of[1], of[2], of[3], carrier.expired));
    }
    return sum;
  }

  private void pay() {
    Money money;
    if (moneys.isEmpty() || random.nextInt(3) != 0) {
      money =
          new Money("deposit-" + moneys.size(), anyParty().id, (1 + random.nextInt(100)) * UNIT);
      moneys.add(money);
    } else {
      money = any(moneys);
    }
    send(new Message.Deposit(money.account(), money));
  }

  private void moveMarket() {
    int i = random.nextInt(marks.length);
    marks[i] = 60 + random.nextInt(81);
    funding[i] += random.nextInt(2_000_001) - 1_000_000;
    if (random.nextInt(4) == 0) anyParty().view = market();
  }

  // ---- the network

  private void send(Message message) {
    note("sent: ", message);
    net.add(message);
  }

  /** A message between two nodes: what an account tells itself is neither lost nor repeated. */
  private @Nullable Message anyTravelling() {
    Message message = net.isEmpty() ? null : any(net);
    boolean toItself =
        message instanceof Message.LookedUp
            || message instanceof Message.ReceiveLookedUp
            || message instanceof Message.CorrectionLookedUp;
    return toItself ? null : message;
  }

  private boolean recipientWrites(Message message) {
    String to =
        switch (message) {
          case Message.Hold m -> m.to();
          case Message.Novate m -> m.to();
          case Message.Refuse m -> m.to();
          case Message.Release m -> m.to();
          case Message.Apply m -> m.to();
          case Message.Deposit m -> m.to();
          case Message.Send m -> m.to();
          case Message.Receive m -> m.to();
          case Message.ReceiveLookedUp m -> m.to().account();
          case Message.CarryOut m -> m.to();
          case Message.CorrectionLookedUp m -> m.to().account();
          case Message.CarriedOut _ -> null;
          case Message.Acknowledge m -> m.to().account();
          case Message.LookedUp m -> m.to().account();
          case Message.HoldsAnswered _, Message.LastAnswered _, Message.SendAnswered _ -> null;
        };
    return to != null && party(to).writing != null;
  }

  private void receive(Message message) {
    note("received: ", message);
    moment++;
    switch (message) {
      case Message.Hold(var to, var requests, var gateway) -> {
        Party party = look(to);
        List<HoldAnswer> answers = party.desk.hold(batch(party), requests, party.wallMs());
        held(party, requests, answers);
        send(new Message.HoldsAnswered(gateway, answers));
      }
      case Message.Novate(var to, var requests, var gateway) ->
          party(to).desk.novate(requests, gateway);
      case Message.Refuse(var to, var requests, var gateway) -> {
        Party party = look(to);
        List<LastAnswer> answers = party.desk.refuse(batch(party), requests, party.wallMs());
        noteRefusals(answers);
        send(new Message.LastAnswered(gateway, answers));
      }
      case Message.Release(var to, var requests) ->
          party(to).desk.release(without == Fence.RELEASE_OWN ? ofTheOwner(requests) : requests);
      case Message.Apply apply -> receive(apply);
      case Message.Acknowledge(var to, var numbers) -> {
        Party party = party(to.account());
        if (party.address().equals(to)) party.desk.acknowledge(party.account, numbers);
      }
      case Message.LookedUp looked -> receive(looked);
      case Message.Deposit(var to, var money) -> party(to).deposits.add(money);
      case Message.Send send -> receive(send);
      case Message.SendAnswered(var attempt, var answer) -> answered(attempt, answer);
      case Message.Receive receive -> receive(receive);
      case Message.ReceiveLookedUp looked -> receive(looked);
      case Message.CarryOut(var to, var order) ->
          party(to).corrections.gather(unrecognisable(order), order.correctionId());
      case Message.CarriedOut(var key) -> carriedOut.add(key.replaceFirst("~.*", ""));
      case Message.CorrectionLookedUp looked -> receive(looked);
      case Message.HoldsAnswered(var incarnation, var answers) ->
          gateways.stream()
              .filter(gateway -> gateway.incarnation == incarnation)
              .forEach(gateway -> gateway.onHolds(answers));
      case Message.LastAnswered(var incarnation, var answers) ->
          gateways.stream()
              .filter(gateway -> gateway.incarnation == incarnation)
              .forEach(gateway -> gateway.onLast(answers));
    }
  }

  private void receive(Message.Apply apply) {
    Party party = party(apply.to());
    List<Delivery> deliveries =
        without == Fence.DEDUPE
            ? apply.deliveries().stream().map(this::unrecognisable).toList()
            : apply.deliveries();
    Desk.Delivered delivered =
        party.desk.deliver(party.account, apply.last(), deliveries, apply.from());
    if (!delivered.known().isEmpty())
      send(new Message.Acknowledge(apply.from(), delivered.known()));
    for (Delivery delivery : delivered.toLookUp()) {
      lookups++;
      JournalAnswer found =
          new JournalAnswer(
              legs(party).stream()
                  .filter(leg -> leg.tradeId().equals(delivery.leg().tradeId()))
                  .toList(),
              0,
              List.of(),
              List.of(),
              List.of());
      JournalAnswer answer = faults && random.nextInt(5) == 0 ? null : found;
      send(new Message.LookedUp(party.address(), apply.last(), delivery, apply.from(), answer));
    }
  }

  private void receive(Message.Send send) {
    Party party = party(send.to());
    TransferDesk.Asked asked = send.asked();
    if (without == Fence.SENT_IDS) {
      TransferOrder order = asked.order();
      String another = order.id() + '~' + ++redeliveries;
      asked =
          new TransferDesk.Asked(
              new TransferOrder(another, order.to(), order.asset(), order.amount()),
              asked.begunMs(),
              asked.notAdmitted());
    }
    var arrival = party.transfers.send(party.account, asked, send.attempt());
    if (arrival != TransferDesk.Arrival.GATHERED)
      throw new Violation(party.id + " does not take an order: " + arrival);
  }

  private void receive(Message.Receive receive) {
    Party party = party(receive.to());
    Remittance coming = receive.remittance();
    if (without == Fence.RECEIVED_IDS) {
      String another = coming.id() + '~' + ++redeliveries;
      coming =
          new Remittance(
              another, coming.from(), coming.to(), coming.atMs(), coming.asset(), coming.amount());
    }
    var arrival = party.transfers.receive(party.account, receive.number(), coming, receive.from());
    if (arrival == TransferDesk.Arrival.KNOWN || without == Fence.SENT_UNTIL_RECEIVED)
      send(new Message.Acknowledge(receive.from(), List.of(receive.number())));
    if (arrival != TransferDesk.Arrival.TO_LOOK_UP) return;
    lookups++;
    Boolean found = received(party).contains(coming.key());
    if (faults && random.nextInt(5) == 0) found = null;
    send(new Message.ReceiveLookedUp(party.address(), receive, found));
  }

  private void receive(Message.ReceiveLookedUp looked) {
    Party party = party(looked.to().account());
    Message.Receive receive = looked.receive();
    if (!party.address().equals(looked.to())) return;
    var arrival =
        party.transfers.searched(
            receive.number(), receive.remittance(), looked.found(), receive.from());
    if (arrival == TransferDesk.Arrival.KNOWN)
      send(new Message.Acknowledge(receive.from(), List.of(receive.number())));
  }

  private void receive(Message.CorrectionLookedUp looked) {
    Party party = party(looked.to().account());
    if (!party.address().equals(looked.to())) return;
    CorrectionOrder order = looked.order();
    if (looked.found() != null && !looked.found()) {
      party.corrections.notInJournal(order, order.correctionId());
      return;
    }
    party.corrections.done(order);
    if (looked.found() != null) send(new Message.CarriedOut(order.key()));
  }

  private CorrectionOrder unrecognisable(CorrectionOrder order) {
    if (without != Fence.CORRECTION_IDS) return order;
    return switch (order) {
      case CorrectionOrder.Pay pay ->
          new CorrectionOrder.Pay(
              pay.correctionId(),
              pay.key() + '~' + ++redeliveries,
              pay.account(),
              pay.to(),
              pay.micros());
      case CorrectionOrder.Reverse(var id, var trade, var index) ->
          new CorrectionOrder.Reverse(
              id,
              new Trade(
                  trade.venue(),
                  trade.tradeId() + '~' + ++redeliveries,
                  trade.instrument(),
                  trade.priceTicks(),
                  trade.lots(),
                  trade.buyer(),
                  trade.seller(),
                  trade.executedAtMs()),
              index);
    };
  }

  private void receive(Message.LookedUp looked) {
    Party party = party(looked.to().account());
    if (!party.address().equals(looked.to())) return;
    Delivery delivery = looked.delivery();
    if (party.desk.lookedUp(party.account, looked.last(), delivery, looked.from(), looked.answer()))
      send(new Message.Acknowledge(looked.from(), List.of(delivery.outboxNumber())));
  }

  // ---- deciding and writing

  private void decide(Party party, boolean acknowledgementsToo) {
    look(party.id);
    List<Money> deposits = List.copyOf(party.deposits);
    party.deposits.clear();
    Batch batch = batch(party);
    for (Money money : deposits) {
      Rejection why = batch.deposit(money.id(), "USDC", money.amount(), Books.Known.NO);
      if (why != null) throw new Violation("a deposit was refused: " + why);
    }
    AccountSnapshot before = party.account.snapshot();
    CorrectionDesk.Decided<String> corrected = party.corrections.decide(batch);
    if (!corrected.never().isEmpty()) throw new Violation("corrected otherwise: " + corrected);
    TransferDesk.Decided<Long, Address> transfers =
        party.transfers.decide(batch, party.desk.role(), party.wallMs());
    Desk.Decided<Long, Address> decided =
        party.desk.decide(party.account, batch, party.wallMs(), acknowledgementsToo);
    if (!party.account.snapshot().equals(before))
      throw new Violation("deciding changed " + party.id);
    decided.answers().values().forEach(this::noteRefusals);
    decided.answers().values().forEach(this::checkHolds);
    noteRefusedGifts(transfers);
    Write write =
        new Write(decided, transfers, corrected, remittances(batch.dispatches()), deposits);
    if (decided.events().isEmpty()) {
      tell(party, write);
    } else {
      note(party.id + " begins to write ", decided.events());
      party.writing = write;
    }
  }

  private void written(Party party) {
    Write write = party.writing;
    if (write == null) return;
    party.writing = null;
    party.write(write.decided().events());
    note(party.id + " has written");
    committed(party, write);
    tell(party, write);
    deliver(party, write.decided().committed());
    remit(party, write.remittances());
  }

  private void tell(Party party, Write write) {
    write
        .decided()
        .answers()
        .forEach((gateway, theirs) -> send(new Message.LastAnswered(gateway, theirs)));
    write
        .decided()
        .acknowledgements()
        .forEach((from, numbers) -> send(new Message.Acknowledge(from, numbers)));
    for (var answered : write.transfers().answers())
      send(new Message.SendAnswered(answered.replyTo(), answered.answer()));
    for (var received : write.transfers().received())
      send(new Message.Acknowledge(received.from(), List.of(received.outboxNumber())));
    for (var booked : write.corrections().booked())
      send(new Message.CarriedOut(booked.order().key()));
    for (var forgotten : write.corrections().toLookUp()) {
      lookups++;
      Boolean found = count(correctedBy(party), forgotten.order().key()) > 0;
      if (faults && random.nextInt(5) == 0) found = null;
      send(new Message.CorrectionLookedUp(party.address(), forgotten.order(), found));
    }
    for (Money money : write.deposits()) depositsDone.put(money.id(), money.amount());
  }

  /** All that is not known to have arrived. */
  private void deliver(Party party) {
    deliver(party, party.desk.unacknowledged(party.account));
    Map<Long, Remittance> owed = remittances(party.account.dispatches());
    owed.keySet().removeIf(party.desk::isAcknowledged);
    remit(party, owed);
  }

  private static Map<Long, Remittance> remittances(Map<Long, Dispatch> dispatches) {
    Map<Long, Remittance> remittances = new LinkedHashMap<>();
    dispatches.forEach(
        (number, dispatch) -> {
          if (dispatch instanceof Dispatch.Remit(var remittance))
            remittances.put(number, remittance);
        });
    return remittances;
  }

  private void remit(Party party, Map<Long, Remittance> remittances) {
    remittances.forEach(
        (number, remittance) ->
            send(new Message.Receive(remittance.to(), number, remittance, party.address())));
  }

  private void deliver(Party party, List<Delivery> deliveries) {
    Map<String, List<Delivery>> byAccount = new LinkedHashMap<>();
    for (Delivery delivery : deliveries)
      byAccount
          .computeIfAbsent(delivery.leg().counterparty(), any -> new ArrayList<>())
          .add(delivery);
    byAccount.forEach(
        (to, theirs) -> send(new Message.Apply(to, party.id, theirs, party.address())));
  }

  // ---- what the simulation remembers, to judge by

  private void held(Party party, List<Request> requests, List<HoldAnswer> answers) {
    for (int i = 0; i < requests.size(); i++) {
      if (!(answers.get(i).answer() instanceof FirstRole.Answer.Held)) continue;
      heldBy.put(answers.get(i).attempt(), party.address());
      owner.put(requests.get(i).trade().fingerprint(), answers.get(i).attempt());
    }
  }

  private void noteRefusals(List<LastAnswer> answers) {
    for (LastAnswer answer : answers)
      if (answer.answer() instanceof LastRole.Answer.Refused)
        refused.merge(answer.attempt(), moment, Math::max);
  }

  /** A deadline is shorter than a hold, so that margin held is still held when it is needed. */
  private void checkHolds(List<LastAnswer> answers) {
    if (orders.size() > 1) return; // Sums of several trades do not tell whose hold is missing.
    for (LastAnswer answer : answers) {
      if (!(answer.answer() instanceof LastRole.Answer.Commit)) continue;
      Party first = party(orderOf(answer.attempt()).trade.first());
      if (!first.address().equals(heldBy.get(answer.attempt()))) continue; // Lost in a crash.
      first.desk.expire(first.wallMs());
      if (first.desk.holds().isEmpty()) throw new Violation("a commit did not find its hold");
    }
  }

  private void noteRefusedGifts(TransferDesk.Decided<Long, Address> decided) {
    for (var answered : decided.answers())
      if (answered.answer() instanceof LastRole.Answer.Refused)
        refused.merge(answered.replyTo(), moment, Math::max);
  }

  private void committed(Party party, Write write) {
    for (var answered : write.transfers().answers()) {
      if (!(answered.answer() instanceof LastRole.Answer.Commit)) continue;
      if (givenBy.put(giftOf(answered.replyTo()), answered.replyTo()) != null)
        throw new Violation("given twice: " + answered.order());
    }
    for (List<LastAnswer> answers : write.decided().answers().values()) {
      for (LastAnswer answer : answers) {
        if (!(answer.answer() instanceof LastRole.Answer.Commit)) continue;
        Trade trade = orderOf(answer.attempt()).trade;
        if (committedBy.put(trade.fingerprint(), answer.attempt()) != null)
          throw new Violation(party.id + " committed twice: " + trade);
      }
    }
  }

  private void answered(long attempt, LastRole.Answer answer) {
    Gift gift = giftOf(attempt);
    switch (answer) {
      case LastRole.Answer.Novated _, LastRole.Answer.Commit _ -> {
        if (!givenBy.containsKey(gift))
          throw new Violation("told given before it was written: " + gift.order);
        gift.given = true;
      }
      case LastRole.Answer.Refused _ -> gift.refusedAttempts.add(attempt);
      case LastRole.Answer.Forgotten _, LastRole.Answer.Unavailable _ -> {}
    }
  }

  private void answered(Attempt attempt, Outcome outcome) {
    note("answered: ", attempt + " " + outcome);
    Order order = orderOf(attempt.id());
    order.flying--;
    switch (outcome) {
      case Outcome.Novated _ -> {
        if (!committedBy.containsKey(order.trade.fingerprint()))
          throw new Violation("told novated before it was written: " + order.trade);
        order.novated = true;
      }
      case Outcome.Refused _ -> order.refusedAttempts.add(attempt.id());
      case Outcome.NotBegun _ -> order.unknown = true;
      case Outcome.Unavailable _ -> {}
    }
    cleared(attempt.id(), outcome);
  }

  // ---- the faults have stopped

  /** Whatever was on its way arrives, however late, and half of the time margin is plentiful. */
  private void recover() {
    if (random.nextBoolean()) {
      marks = new long[] {100, 100};
      for (Party party : parties.values()) party.view = market();
    }
    for (Party party : parties.values()) if (random.nextInt(4) == 0) crash(party);
    while (goOn()) moment++;
  }

  /** Clients ask until they are told; a house without faults must tell them soon. */
  private void settle() {
    for (int round = 0; !quiet(); round++) {
      if (round == 20) throw new Violation("no answer although nothing fails any more");
      for (Order order : orders)
        if (!order.givesUp && !order.told() && order.flying == 0) any(gateways).begin(order);
      if (without != Fence.GIVE_UP_UNTIL_CLEARED)
        carriers.values().forEach(carrier -> carrier.submit(carrier.book));
      for (Gift gift : gifts) if (!gift.told()) ask(gift);
      for (Trade trade : corrections.keySet()) correct(trade);
      for (Money money : moneys)
        if (!depositsDone.containsKey(money.id()))
          send(new Message.Deposit(money.account(), money));
      for (Party party : parties.values()) deliver(party);
      while (goOn()) moment++;
      for (Party party : parties.values()) decide(party, true);
      while (goOn()) moment++;
      nowMs += TIMING.deadlineMs();
      gateways.forEach(Gateway::tick);
    }
    nowMs += TIMING.holdMs() + TIMING.skewMs();
    for (Party party : parties.values()) party.desk.expire(party.wallMs());
  }

  private boolean quiet() {
    boolean waits = without != Fence.GIVE_UP_UNTIL_CLEARED;
    return orders.stream().allMatch(order -> (order.givesUp || order.told()) && order.flying == 0)
        && carriers.values().stream()
            .allMatch(
                carrier ->
                    !waits
                        || carrier.book.cases().stream()
                            .noneMatch(each -> each.stage() == GiveUpCase.Stage.ACCEPTED))
        && moneys.stream().allMatch(money -> depositsDone.containsKey(money.id()))
        && gifts.stream().allMatch(Gift::told)
        && corrections.values().stream().allMatch(each -> due(each).isEmpty())
        && parties.values().stream()
            .map(party -> party.account)
            .allMatch(each -> each.outbox().isEmpty() && remittances(each.dispatches()).isEmpty());
  }

  private void check() {
    for (Party party : parties.values()) {
      if (!party.desk.holds().isEmpty()) throw new Violation(party.id + " still holds something");
      if (!party.account.cashIsExplained())
        throw new Violation(party.id + " has cash that nothing explains");
      AccountSnapshot live = party.account.snapshot();
      party.stored = null;
      if (!party.recovered().snapshot().equals(live))
        throw new Violation(party.id + " does not replay to its live state");
    }
    orders.forEach(this::check);
    gifts.forEach(this::check);
    corrections.values().forEach(each -> orders(each).forEach(this::check));
    carriers.values().forEach(this::check);
    checkTwins();
    checkSums();
  }

  private void check(Order order) {
    Trade trade = order.trade;
    long onFirst = legsOf(trade, trade.first());
    long onLast = legsOf(trade, trade.last());
    if (onFirst != onLast || onLast > 1)
      throw new Violation(
          "not atomic: " + onFirst + " on the first, " + onLast + " on the last: " + trade);
    if (order.novated && onLast == 0) throw new Violation("told novated, on neither: " + trade);
    Long commit = committedBy.get(trade.fingerprint());
    if ((commit != null) != (onLast == 1))
      throw new Violation("on the books without a commit, or the reverse: " + trade);
    if (commit == null) return;
    for (Long attempt : order.refusedAttempts) {
      if (begun.getOrDefault(commit, 0L) <= refused.getOrDefault(attempt, 0L))
        throw new Violation("told refused, on both: " + trade);
    }
  }

  /** What was given has arrived, once; what was not, has not. */
  private void check(Gift gift) {
    long sent = count(sent(party(gift.from)), gift.order.id());
    long received =
        count(received(party(gift.order.to())), Remittance.key(gift.from, gift.order.id()));
    if (sent > 1) throw new Violation("given twice: " + gift.order);
    if (sent != received)
      throw new Violation(
          "not taken as it was given: " + received + " of " + sent + ": " + gift.order);
    if (gift.given && sent == 0) throw new Violation("told given, but was not: " + gift.order);
    Long commit = givenBy.get(gift);
    if ((commit != null) != (sent == 1))
      throw new Violation("given without a commit, or the reverse: " + gift.order);
    if (commit == null) return;
    for (Long attempt : gift.refusedAttempts) {
      if (begun.getOrDefault(commit, 0L) <= refused.getOrDefault(attempt, 0L))
        throw new Violation("told refused, but given: " + gift.order);
    }
  }

  /** On the books of both sides, once. */
  private void check(CorrectionOrder order) {
    Party by = party(order.account());
    long committed = count(correctedBy(by), order.key());
    long taken =
        switch (order) {
          case CorrectionOrder.Reverse reverse ->
              count(correctedBy(party(reverse.trade().first())), order.key());
          case CorrectionOrder.Pay pay ->
              count(received(party(pay.to())), Remittance.key(by.id, pay.key()));
        };
    if (committed != 1 || taken != 1)
      throw new Violation(
          "corrected otherwise than once: " + committed + ", " + taken + ": " + order);
  }

  private static List<String> correctedBy(Party party) {
    List<String> keys = new ArrayList<>(sent(party));
    legs(party).forEach(leg -> keys.add(leg.tradeId()));
    return keys;
  }

  private static long count(List<String> ids, String id) {
    return ids.stream().filter(each -> each.equals(id) || each.startsWith(id + '~')).count();
  }

  private static List<String> sent(Party party) {
    List<String> ids = new ArrayList<>();
    for (AccountEvent event : party.journal)
      if (event instanceof AccountEvent.CollateralSent sent) ids.add(sent.transferId());
    return ids;
  }

  private static List<String> received(Party party) {
    List<String> keys = new ArrayList<>();
    for (AccountEvent event : party.journal)
      if (event instanceof AccountEvent.CollateralReceived received)
        keys.add(Remittance.key(received.from(), received.transferId()));
    return keys;
  }

  /** One id never gets onto the books of one pair with two contents. */
  private void checkTwins() {
    Map<String, Trade> byId = new HashMap<>();
    for (Order order : orders) {
      Trade trade = order.trade;
      if (!committedBy.containsKey(trade.fingerprint())) continue;
      Trade twin = byId.put(trade.tradeId(), trade);
      if (twin != null) throw new Violation("one id with two contents: " + trade + ", " + twin);
    }
  }

  private void checkSums() {
    for (int instrument = 0; instrument < CATALOGUE.instruments(); instrument++) {
      int i = instrument;
      zero("positions", sum(p -> slot(p, i) < 0 ? 0 : p.lotsAt(slot(p, i))));
      zero(
          "cost basis",
          sum(
              p ->
                  slot(p, i) < 0
                      ? 0
                      : p.basisMicrosAt(slot(p, i)) - p.realisedMicrosAt(slot(p, i))));
      BigInteger settled =
          sum(p -> slot(p, i) < 0 ? 0 : p.fundingMicrosAt(slot(p, i)))
              .multiply(BigInteger.valueOf(Portfolio.FUNDING_SCALE))
              .add(sum(p -> slot(p, i) < 0 ? 0 : p.fundingResidueAt(slot(p, i))));
      BigInteger unsettled =
          sum(
              p ->
                  slot(p, i) < 0
                      ? 0
                      : -p.lotsAt(slot(p, i)) * (funding[i] - p.fundingIndexAt(slot(p, i))));
      zero("funding", settled.add(unsettled));
    }
    long paid = moneys.stream().mapToLong(Money::amount).sum();
    BigInteger explained =
        sum(
            p -> {
              long sum = 0;
              for (int slot = 0; slot < p.positions(); slot++)
                sum += p.realisedMicrosAt(slot) + p.fundingMicrosAt(slot);
              return sum;
            });
    long fees = 0;
    for (Party party : parties.values()) fees += party.account.feesKeptMicros();
    zero(
        "cash",
        sum(Portfolio::cashMicros)
            .add(BigInteger.valueOf(fees))
            .subtract(explained)
            .subtract(BigInteger.valueOf(paid)));
  }

  private static int slot(Portfolio portfolio, int instrument) {
    return portfolio.slotOf(instrument);
  }

  private BigInteger sum(ToLongFunction<Portfolio> figure) {
    BigInteger sum = BigInteger.ZERO;
    for (Party party : parties.values())
      sum = sum.add(BigInteger.valueOf(figure.applyAsLong(party.account.portfolio())));
    return sum;
  }

  private static void zero(String what, BigInteger sum) {
    if (sum.signum() != 0) throw new Violation("the sum of " + what + " is " + sum);
  }

  private Tally tally() {
    long novated = orders.stream().filter(order -> order.novated).count();
    long refusals = orders.stream().filter(order -> !order.refusedAttempts.isEmpty()).count();
    return new Tally(
        novated,
        refusals,
        orders.stream().filter(order -> order.unknown).count(),
        gifts.stream().filter(gift -> gift.given).count(),
        gifts.stream().filter(gift -> !gift.refusedAttempts.isEmpty()).count(),
        corrections.size(),
        corrections.values().stream().mapToLong(each -> each.feesDue().size()).sum(),
        givenUp(),
        crashes,
        lookups);
  }

  // ---- the house

  private void open(String id) {
    Party party = new Party(id);
    parties.put(id, party);
    Batch batch = batch(party);
    if (batch.open("member-" + id) != null) throw new Violation("an account did not open");
    Money money = new Money("deposit-" + moneys.size(), id, (20 + random.nextInt(60)) * UNIT);
    moneys.add(money);
    depositsDone.put(money.id(), money.amount());
    if (batch.deposit(money.id(), "USDC", money.amount(), Books.Known.NO) != null)
      throw new Violation("a deposit was refused");
    party.write(batch.finish());
  }

  /** It has nothing before it is paid: what it gives back has to wait for that. */
  private void openRevenue() {
    Party party = new Party(HouseAccount.REVENUE);
    parties.put(party.id, party);
    Batch batch = batch(party);
    if (batch.open(HouseAccount.MEMBER) != null) throw new Violation("an account did not open");
    party.write(batch.finish());
    moneys.add(new Money("earned", party.id, UNIT));
  }

  private void order(int number, int accounts) {
    int buyer = random.nextInt(accounts);
    int seller = (buyer + 1 + random.nextInt(accounts - 1)) % accounts;
    Trade trade =
        new Trade(
            "venue",
            "trade-" + number,
            CATALOGUE.perpetual(random.nextInt(CATALOGUE.instruments())).symbol(),
            90 + random.nextInt(21),
            1 + random.nextInt(3),
            "account-" + buyer,
            "account-" + seller,
            HOUSE_EPOCH_MS + number);
    orders.add(new Order(trade));
    if (random.nextInt(100) >= scenario.twinPercent) return;
    boolean swapped = random.nextBoolean();
    orders.add(
        new Order(
            new Trade(
                trade.venue(),
                trade.tradeId(),
                trade.instrument(),
                trade.priceTicks() + 1,
                trade.lots(),
                swapped ? trade.seller() : trade.buyer(),
                swapped ? trade.buyer() : trade.seller(),
                trade.executedAtMs())));
  }

  private void gift(int number, int accounts) {
    int giver = random.nextInt(accounts);
    int taker = (giver + 1 + random.nextInt(accounts - 1)) % accounts;
    long amount = (1 + random.nextInt(60)) * UNIT;
    gifts.add(
        new Gift(
            "account-" + giver,
            new TransferOrder("gift-" + number, "account-" + taker, "USDC", amount)));
  }

  private Batch batch(Party party) {
    return new Batch(
        party.account, party.desk.holds(), party.view, LiquidationPolicy.DEFAULTS, houseMs());
  }

  private LastRole lastRole(long recoveredAtMs) {
    return switch (without) {
      case LAST_RECOVERY ->
          new LastRole(TIMING, recoveredAtMs) {
            @Override
            boolean begunBlind(long begunMs) {
              return false;
            }
          };
      case RECOVERY_SKEW ->
          new LastRole(TIMING, recoveredAtMs) {
            @Override
            boolean begunBlind(long begunMs) {
              return begunMs <= recoveredAtMs;
            }
          };
      case LAST_MEMORY ->
          new LastRole(TIMING, recoveredAtMs) {
            @Override
            @Nullable Refusal remembered(long wallMs, Fingerprint id) {
              return null;
            }
          };
      case MEMORY_SKEW ->
          new LastRole(TIMING, recoveredAtMs) {
            @Override
            @Nullable Refusal remembered(long wallMs, Fingerprint id) {
              Refusal refusal = super.remembered(wallMs, id);
              boolean old = refusal != null && refusal.refusedAtMs() + TIMING.deadlineMs() < wallMs;
              return old ? null : refusal;
            }
          };
      case REFRESH ->
          new LastRole(TIMING, recoveredAtMs) {
            @Override
            void renew(long wallMs, Fingerprint id, Rejection why) {}
          };
      case DEADLINE ->
          new LastRole(TIMING, recoveredAtMs) {
            @Override
            boolean pastDeadline(long wallMs, long begunMs) {
              return false;
            }
          };
      case LAST_WORD,
          DEDUPE,
          RELEASE_OWN,
          SENT_IDS,
          RECEIVED_IDS,
          SENT_UNTIL_RECEIVED,
          CORRECTION_IDS,
          GIVE_UP_IDS,
          GIVER_COMMITS,
          GIVE_UP_WRITTEN_FIRST,
          GIVE_UP_UNTIL_CLEARED,
          GIVE_UP_SILENCE ->
          new LastRole(TIMING, recoveredAtMs);
      case null -> new LastRole(TIMING, recoveredAtMs);
    };
  }

  /** The leg as an account would see it that does not know it again. */
  private Delivery unrecognisable(Delivery delivery) {
    Leg leg = delivery.leg();
    return new Delivery(
        delivery.outboxNumber(),
        new Leg(
            leg.venue(),
            leg.tradeId() + '~' + ++redeliveries,
            leg.instrument(),
            leg.priceTicks(),
            leg.lots(),
            leg.counterparty(),
            leg.executedAtMs(),
            leg.novatedAtMs(),
            leg.markTicks(),
            leg.tradeFundingIndex(),
            leg.notionalMicros(),
            leg.realisedMicros(),
            leg.fundingMicros(),
            leg.fundingResidue(),
            leg.fundingIndex()));
  }

  private List<Request> ofTheOwner(List<Request> requests) {
    return requests.stream()
        .map(
            request ->
                new Request(
                    new Attempt(
                        owner.getOrDefault(request.trade().fingerprint(), request.attempt().id()),
                        request.attempt().startMs()),
                    request.trade()))
        .toList();
  }

  private long legsOf(Trade trade, String account) {
    return legs(party(account)).stream()
        .filter(
            leg ->
                leg.tradeId().equals(trade.tradeId()) && leg.trade(account).equals(trade)
                    || leg.tradeId().startsWith(trade.tradeId() + '~'))
        .count();
  }

  private static List<Leg> legs(Party party) {
    List<Leg> legs = new ArrayList<>();
    for (AccountEvent event : party.journal) {
      if (!(event instanceof TradesCleared cleared)) continue;
      legs.addAll(cleared.novated());
      legs.addAll(cleared.applied());
    }
    return legs;
  }

  /** An account about to judge looks at its node's markets, which may lag behind. */
  private Party look(String id) {
    Party party = party(id);
    if (faults && random.nextInt(100) < scenario.churnPercent) {
      // As good as a coin: at one of these the buyer has no margin, at the other the seller.
      if (scenario.marginIsACoin) marks[0] = marks[1] = random.nextBoolean() ? 1 : 1_000;
      party.view = market();
    }
    return party;
  }

  private MarketView market() {
    if (votes.nextInt(20) == 0) inForce = withFees(votes.nextInt(4));
    MarketView view = MarketView.unpriced(inForce, houseMs());
    for (int i = 0; i < CATALOGUE.instruments(); i++) {
      Perpetual perpetual = CATALOGUE.perpetual(i);
      boolean fresh = scenario.marginIsACoin || random.nextInt(20) != 0;
      view =
          view.with(
              i,
              new MarketView.Instrument(
                  marks[i],
                  marks[i],
                  funding[i],
                  fresh ? PriceValidity.FRESH : PriceValidity.STALE,
                  MarginLadders.fixed(perpetual.initial(), perpetual.maintenance())),
              houseMs());
    }
    return view;
  }

  private long houseMs() {
    return HOUSE_EPOCH_MS + nowMs;
  }

  private Party party(String id) {
    Party party = parties.get(id);
    if (party == null) throw new IllegalStateException("no such account: " + id);
    return party;
  }

  private Party anyParty() {
    return any(List.copyOf(parties.values()));
  }

  private Order orderOf(long attempt) {
    Order order = orderOf.get(attempt);
    if (order == null) throw new IllegalStateException("no such attempt: " + attempt);
    return order;
  }

  private Gift giftOf(long attempt) {
    Gift gift = giftOf.get(attempt);
    if (gift == null) throw new IllegalStateException("no such attempt: " + attempt);
    return gift;
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private void note(String what) {
    note(what, "");
  }

  private void note(String what, Object detail) {
    if (trace != null) trace.add(nowMs + " ms: " + what + detail);
  }

  private static @Nullable Message joined(Message a, Message b) {
    if (a instanceof Message.Hold x && b instanceof Message.Hold y && x.to().equals(y.to()))
      return new Message.Hold(x.to(), plus(x.requests(), y.requests()), x.gateway());
    if (a instanceof Message.Novate x && b instanceof Message.Novate y && x.to().equals(y.to()))
      return new Message.Novate(x.to(), plus(x.requests(), y.requests()), x.gateway());
    if (a instanceof Message.Refuse x && b instanceof Message.Refuse y && x.to().equals(y.to()))
      return new Message.Refuse(x.to(), plus(x.requests(), y.requests()), x.gateway());
    if (a instanceof Message.Release x && b instanceof Message.Release y && x.to().equals(y.to()))
      return new Message.Release(x.to(), plus(x.requests(), y.requests()));
    return null;
  }

  private static <T> List<T> plus(List<T> a, List<T> b) {
    List<T> both = new ArrayList<>(a);
    both.addAll(b);
    return both;
  }

  /** Too little for a payment: the fund and the house are elsewhere. */
  private Catalogue withFees(long tradePpm) {
    return new Catalogue(
        inForce.version() + 1,
        List.of(CATALOGUE.perpetual(0), CATALOGUE.perpetual(1)),
        List.of(CATALOGUE.asset(0)),
        Set.of(),
        new Fees(tradePpm, 500_000));
  }

  private static Catalogue catalogue() {
    Increment one = Increment.of("1");
    Ladder initial = new Ladder(new long[] {0}, new long[] {100_000});
    Ladder maintenance = new Ladder(new long[] {0}, new long[] {50_000});
    Perpetual.Scaling scaling = new Perpetual.Scaling(0, 0, 1_000_000, 1_000_000, 1, 1_000_000);
    Perpetual.Funding funding = new Perpetual.Funding(100, 500, 40_000);
    List<Perpetual> perpetuals = new ArrayList<>();
    for (String underlying : List.of("BTC", "ETH"))
      perpetuals.add(
          new Perpetual(
              underlying + "-PERP",
              underlying,
              one,
              one,
              1_000,
              10_000,
              initial,
              maintenance,
              scaling,
              1_000_000 * UNIT,
              500_000,
              funding));
    return new Catalogue(1, perpetuals, List.of(new Asset("USDC", 6, UNIT, 0, 0, false)));
  }
}
