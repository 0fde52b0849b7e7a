package org.novation.governance;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.account.Account;
import org.novation.account.AccountEvent;
import org.novation.account.Batch;
import org.novation.account.Dispatch;
import org.novation.account.Markets;
import org.novation.account.Remittance;
import org.novation.account.TransferDesk;
import org.novation.account.TransferOrder;
import org.novation.clearing.Books.Known;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.LastRole;
import org.novation.clearing.Rejection;
import org.novation.clearing.Timing;
import org.novation.governance.GovernanceActor.Move;
import org.novation.governance.GovernanceActor.Moved;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;

/**
 * Governance, voters' accounts and the account of the stakes, with their real rules, and a world
 * that does to them what it likes: messages come late, twice, in any order or not at all, tokens
 * are spent elsewhere meanwhile, and each of them may lose everything but its journal before or
 * after each write. After every write the tokens that governance counts are those that the stakes'
 * account has, but for what is on its way; at the end the world is kind for a while, and nothing
 * may be on its way any more. Each {@link Fence} can be taken away, and something must break.
 */
final class StakeSimulation {
  /** What keeps tokens from being lost, doubled, or counted where they are not. */
  enum Fence {
    /** What is asked of an account has one name, however often it is asked. */
    ONE_NAME,
    /** Governance asks accounts after it has written that it does. */
    GOVERNANCE_WRITES_FIRST,
    /** An account answers after it has written. */
    ACCOUNT_WRITES_FIRST,
    /** Governance asks again until it is answered. */
    ASKED_AGAIN,
    /** An account stands by its refusals, or is blind to attempts from before its recovery. */
    REFUSALS_STAND,
    /** That an account says nothing is no refusal. */
    SILENCE_IS_NO_REFUSAL,
    /** A stake counts once the account has given it. */
    COUNTED_WHEN_GIVEN,
    /** What an account gave is told to the other until that has it. */
    TOLD_UNTIL_TAKEN,
    /** An account knows again what it took. */
    TAKEN_ONCE,
    /** Who unstakes waits until every vote that counts his tokens is over. */
    DELAY
  }

  /** Something that must never be. */
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(long seed, String what) {
      super("seed " + seed + ": " + what);
    }
  }

  private static final int STEPS = 300;
  private static final String TOKEN = "NOVA";
  private static final long DAY = House.DAY;
  private static final List<String> VOTERS = List.of("anna", "bert", "carl");
  private static final Timing TIMING = new Timing(5_000, 12_000, 500);
  private static final Governance FOUNDED = House.setUp();
  private static final Catalogue CATALOGUE =
      new Catalogue(
          1,
          List.of(Markets.CATALOGUE.perpetual(0)),
          List.of(Markets.CATALOGUE.asset(0), new Asset(TOKEN, 6, 0, 0, 0, false)));

  /** Whoever runs under a name until it crashes. */
  private record Address(String account, long life) {}

  private sealed interface Message {
    record Send(String to, TransferDesk.Asked asked, long attempt) implements Message {}

    record Sent(long attempt, Moved moved) implements Message {}

    record Receive(String to, long number, Remittance coming, Address from) implements Message {}

    record Acknowledge(Address to, long number) implements Message {}
  }

  private final class Party {
    final String id;
    final List<AccountEvent> journal = new ArrayList<>();
    Account account;
    TransferDesk<Long, Address> desk = new TransferDesk<>();
    LastRole role = new LastRole(TIMING, nowMs);
    long life;

    Party(String id) {
      this.id = id;
      this.account = new Account(id, CATALOGUE);
    }

    Address self() {
      return new Address(id, life);
    }

    Batch batch() {
      MarketView view = MarketView.unpriced(CATALOGUE, nowMs);
      return new Batch(account, new Holds(), view, LiquidationPolicy.DEFAULTS, nowMs);
    }

    void write(List<AccountEvent> events) {
      for (AccountEvent event : events) {
        account.apply(event);
        journal.add(event);
        note(this, event);
      }
    }

    void crash() {
      count("crashes");
      Account again = new Account(id, CATALOGUE);
      journal.forEach(again::apply);
      if (!again.snapshot().equals(account.snapshot())) throw wrong(id + " replays otherwise");
      account = again;
      desk = new TransferDesk<>();
      role = new LastRole(TIMING, nowMs);
      life++;
    }

    /** Decides what waits, writes it, and then says so. */
    void flush(Batch batch) {
      var decided =
          desk.decide(
              batch, without == Fence.REFUSALS_STAND ? new LastRole(TIMING, 0) : role, nowMs);
      List<AccountEvent> events = batch.finish();
      if (without == Fence.ACCOUNT_WRITES_FIRST) tell(decided);
      if (!events.isEmpty() && crashes()) {
        crash();
        return;
      }
      write(events);
      if (crashes()) {
        crash();
        return;
      }
      tell(decided);
      deliver();
    }

    private void tell(TransferDesk.Decided<Long, Address> decided) {
      for (var answered : decided.answers())
        send(new Message.Sent(answered.replyTo(), moved(answered.answer())));
      for (var received : decided.received())
        send(new Message.Acknowledge(received.from(), received.outboxNumber()));
    }

    /** All that is not known to have arrived. */
    void deliver() {
      account
          .dispatches()
          .forEach(
              (number, dispatch) -> {
                if (dispatch instanceof Dispatch.Remit(var remittance))
                  send(new Message.Receive(remittance.to(), number, remittance, self()));
              });
    }
  }

  private final long seed;
  private final SplittableRandom random;
  private final @Nullable Fence without;
  private final Map<String, Party> parties = new TreeMap<>();
  private final List<GovernanceEvent> journal = new ArrayList<>();
  private final List<Message> network = new ArrayList<>();
  private final Map<String, Long> moving = new HashMap<>(); // By move, the attempt that counts.
  private final Map<Long, Move> moves = new HashMap<>(); // By attempt.
  private final Set<String> given = new HashSet<>(); // Names of moves that an account has booked.
  private final Map<String, Long> underWay = new HashMap<>(); // Given and not taken, by key.
  private final Map<String, Long> counts = new TreeMap<>();
  private Governance house = FOUNDED;
  private long nowMs = House.NOW;
  private long deposited;
  private long ids;
  private boolean kind;

  private StakeSimulation(long seed, @Nullable Fence without) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    this.without = without;
    open(HouseAccount.STAKES, 0);
    for (String voter : VOTERS) open(voter, (5 + random.nextLong(60)) * 1_000 * House.UNIT);
    nowMs += TIMING.deadlineMs(); // No attempt is older than its accounts.
  }

  private void open(String id, long tokens) {
    Party party = new Party(id);
    parties.put(id, party);
    Batch batch = party.batch();
    batch.open("member");
    if (tokens > 0) batch.deposit("first", TOKEN, tokens, Known.NO);
    deposited += tokens;
    party.write(batch.finish());
  }

  /**
   * Plays one world.
   *
   * @return how often what happened
   */
  static Map<String, Long> run(long seed, @Nullable Fence without) {
    StakeSimulation simulation = new StakeSimulation(seed, without);
    try {
      simulation.play();
    } catch (IllegalStateException halted) {
      throw new Violation(seed, "halted: " + halted.getMessage());
    }
    return simulation.counts;
  }

  private void play() {
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(12)) {
        case 0, 1 -> act();
        case 2 -> pass();
        case 3 -> party(anyAccount()).deliver();
        case 4 -> giveUpWaiting();
        case 5 -> {
          if (random.nextInt(3) == 0) crashGovernance();
          else if (random.nextInt(2) == 0) party(anyAccount()).crash();
        }
        case 6 -> follow();
        default -> deliver();
      }
      check();
    }
    kind = true;
    for (int round = 0; round < 40; round++) {
      nowMs += DAY;
      decide(new GovernanceCommand.Advance());
      giveUpWaiting();
      follow();
      parties.values().forEach(Party::deliver);
      while (!network.isEmpty()) deliver();
      check();
    }
    checkRest();
  }

  // ---- what voters do

  private void act() {
    String voter = any(VOTERS);
    String id = "c" + (random.nextInt(10) == 0 ? random.nextLong(ids + 1) : ++ids);
    Proposal proposal = anyProposal();
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> decide(new GovernanceCommand.Stake(id, nowMs, voter, tokens(30_000)));
      case 3, 4 -> decide(new GovernanceCommand.Unstake(id, nowMs, voter, tokens(15_000)));
      case 5 -> spend(voter);
      case 6, 7 -> {
        String fees = Long.toString(100 + random.nextLong(400));
        decide(
            new GovernanceCommand.Propose(
                id,
                nowMs,
                voter,
                "fees",
                "why",
                List.of(House.amend(house, "fees/house", "tradePpm", fees)),
                10_000 * House.UNIT));
      }
      default -> {
        if (proposal == null) return;
        decide(
            random.nextInt(3) == 0
                ? new GovernanceCommand.Execute(id, nowMs, proposal.id())
                : new GovernanceCommand.Vote(
                    id, nowMs, proposal.id(), voter, Choice.IN_FAVOUR, proposal.sha256()));
      }
    }
  }

  private @Nullable Proposal anyProposal() {
    List<Proposal> proposals = List.copyOf(house.proposals().values());
    return proposals.isEmpty() ? null : any(proposals);
  }

  private long tokens(int most) {
    return (1 + random.nextLong(most)) * House.UNIT;
  }

  /** Tokens go to somebody else, so that what was there when it was asked for is there no more. */
  private void spend(String voter) {
    String to = any(VOTERS);
    if (to.equals(voter)) return;
    transfer(voter, new TransferOrder("gift-" + ++ids, to, TOKEN, tokens(30_000)), ++ids);
  }

  private void pass() {
    nowMs +=
        switch (random.nextInt(4)) {
          case 0 -> 1 + random.nextLong(TIMING.deadlineMs());
          case 1 -> 2 * TIMING.deadlineMs();
          default -> random.nextLong(3 * DAY);
        };
    decide(new GovernanceCommand.Advance());
  }

  // ---- governance's shell

  private void decide(GovernanceCommand command) {
    if (!(house.decide(command, nowMs) instanceof Decision.Accepted(var events))) return;
    if (without == Fence.GOVERNANCE_WRITES_FIRST) {
      Governance ahead = house;
      for (GovernanceEvent event : events) ahead = ahead.apply(event);
      follow(ahead);
    }
    if (!events.isEmpty() && crashes()) {
      crashGovernance();
      return;
    }
    for (GovernanceEvent event : events) record(event);
    if (without == Fence.DELAY && command instanceof GovernanceCommand.Unstake) release();
    if (!events.isEmpty() && crashes()) crashGovernance();
    else follow(house);
  }

  private void record(GovernanceEvent event) {
    house = house.apply(event);
    journal.add(event);
    count(event.getClass().getSimpleName());
    if (event instanceof GovernanceEvent.StakeNotTaken not
        && given.contains("stake-" + not.asked()))
      throw wrong("said not to be given, and was: stake-" + not.asked());
    if (event instanceof GovernanceEvent.Staked || event instanceof GovernanceEvent.StakeReturned)
      check();
  }

  private void release() {
    for (Stakes.Leaving each : house.stakes().leaving())
      record(
          new GovernanceEvent.StakeReleased(
              house.events() + 1, nowMs, each.unstakeId(), each.voter(), each.micros()));
  }

  private void crashGovernance() {
    count("crashes");
    Governance again = FOUNDED;
    for (GovernanceEvent event : journal) again = again.apply(event);
    if (!again.equals(house)) throw wrong("governance replays otherwise");
    house = again;
    moving.clear();
    if (without != Fence.ASKED_AGAIN) follow(house);
  }

  /** The heartbeat. */
  private void follow() {
    if (without != Fence.ASKED_AGAIN) follow(house);
  }

  private void follow(Governance of) {
    for (Stakes.Asked each : of.stakes().asked())
      move(new Move("stake-" + each.number(), each.voter(), true, each.micros()));
    for (Stakes.Returning each : of.stakes().returning())
      move(new Move("unstake-" + each.number(), each.voter(), false, each.micros()));
  }

  private void move(Move move) {
    if (moving.containsKey(move.id())) return;
    long attempt = ++ids;
    moving.put(move.id(), attempt);
    moves.put(attempt, move);
    String from = move.in() ? move.account() : HouseAccount.STAKES;
    String to = move.in() ? HouseAccount.STAKES : move.account();
    String name = without == Fence.ONE_NAME ? move.id() + '~' + attempt : move.id();
    transfer(from, new TransferOrder(name, to, TOKEN, move.micros()), attempt);
    if (without == Fence.COUNTED_WHEN_GIVEN && move.in()) answered(attempt, new Moved.Done());
  }

  private void transfer(String from, TransferOrder order, long attempt) {
    Rejection why = party(order.to()).batch().admit(order.asset(), order.amount());
    send(new Message.Send(from, new TransferDesk.Asked(order, nowMs, why), attempt));
  }

  /** Nobody answers in time. */
  private void giveUpWaiting() {
    for (long attempt : List.copyOf(moving.values())) {
      boolean refused = without == Fence.SILENCE_IS_NO_REFUSAL;
      answered(attempt, refused ? new Moved.Refused("silence") : new Moved.Unknown());
    }
  }

  private void answered(long attempt, Moved moved) {
    Move move = moves.get(attempt);
    if (move == null || !moving.remove(move.id(), attempt)) return;
    long number = Long.parseLong(move.id().substring(move.id().indexOf('-') + 1));
    switch (moved) {
      case Moved.Done() ->
          decide(
              move.in()
                  ? new GovernanceCommand.NoteTaken(number)
                  : new GovernanceCommand.NoteReturned(number));
      case Moved.Refused(var why) -> {
        if (move.in()) decide(new GovernanceCommand.NoteNotTaken(number, why));
      }
      case Moved.Unknown() -> {}
    }
  }

  private static Moved moved(LastRole.Answer answer) {
    return switch (answer) {
      case LastRole.Answer.Novated _, LastRole.Answer.Commit _ -> new Moved.Done();
      case LastRole.Answer.Refused(var why) -> new Moved.Refused(why.toString());
      case LastRole.Answer.Forgotten _, LastRole.Answer.Unavailable _ -> new Moved.Unknown();
    };
  }

  // ---- the world

  private boolean crashes() {
    return !kind && random.nextInt(15) == 0;
  }

  private void send(Message message) {
    network.add(message);
  }

  private void deliver() {
    if (network.isEmpty()) return;
    int index = random.nextInt(network.size());
    Message message = network.get(index);
    if (kind || random.nextInt(4) > 0) network.remove(index); // Else it comes once more.
    if (!kind && random.nextInt(8) == 0) return; // Lost, perhaps.
    switch (message) {
      case Message.Send(var to, var asked, var attempt) -> {
        Party party = party(to);
        if (party.desk.send(party.account, asked, attempt) == TransferDesk.Arrival.GATHERED)
          party.flush(party.batch());
      }
      case Message.Sent(var attempt, var moved) -> answered(attempt, moved);
      case Message.Receive receive -> receive(receive);
      case Message.Acknowledge(var to, var number) -> {
        Party party = party(to.account());
        if (!party.self().equals(to)) return;
        Batch batch = party.batch();
        batch.acknowledge(List.of(number));
        party.flush(batch);
      }
    }
  }

  private void receive(Message.Receive receive) {
    Party party = party(receive.to());
    Remittance coming = receive.coming();
    if (without == Fence.TAKEN_ONCE)
      coming =
          new Remittance(
              coming.id() + '~' + ++ids,
              coming.from(),
              coming.to(),
              coming.atMs(),
              coming.asset(),
              coming.amount());
    if (without == Fence.TOLD_UNTIL_TAKEN)
      send(new Message.Acknowledge(receive.from(), receive.number()));
    switch (party.desk.receive(party.account, receive.number(), coming, receive.from())) {
      case KNOWN -> send(new Message.Acknowledge(receive.from(), receive.number()));
      case GATHERED -> party.flush(party.batch());
      case TO_LOOK_UP, BUSY -> throw wrong("an account has forgotten what it took");
    }
  }

  // ---- what must be

  /** Books what is on its way between two accounts, and that nothing is there twice. */
  private void note(Party party, AccountEvent event) {
    switch (event) {
      case AccountEvent.CollateralSent sent -> {
        String name = original(sent.transferId());
        boolean ofStakes = !name.startsWith("gift-");
        if (!given.add(name) && ofStakes) throw wrong("given twice: " + name);
        underWay.put(Remittance.key(party.id, sent.transferId()), sent.amount());
      }
      case AccountEvent.CollateralReceived received -> {
        Long amount = underWay.remove(Remittance.key(received.from(), received.transferId()));
        if (amount == null || amount != received.amount()) throw wrong("taken twice: " + received);
      }
      default -> {}
    }
  }

  private static String original(String name) {
    int at = name.indexOf('~');
    return at < 0 ? name : name.substring(0, at);
  }

  private void check() {
    long all = underWay.values().stream().mapToLong(Long::longValue).sum();
    for (Party party : parties.values()) all += balance(party.id);
    if (all != deposited) throw wrong(deposited + " tokens became " + all);
    checkStakes();
    for (Proposal proposal : house.proposals().values()) {
      if (!(proposal.stage() instanceof Stage.Voting)) continue;
      long here = house.stakes().stakedMicros();
      for (Stakes.Leaving each : house.stakes().leaving()) here += each.micros();
      if (here < proposal.stakedMicros())
        throw wrong("tokens vote that are gone: " + proposal.stakedMicros() + ", but " + here);
    }
  }

  /** What governance counts is what the stakes' account has, but for what is on its way. */
  private void checkStakes() {
    Stakes stakes = house.stakes();
    long counted = stakes.heldMicros();
    for (Stakes.Asked each : stakes.asked())
      if (given.contains("stake-" + each.number())) counted += each.micros();
    for (Stakes.Returning each : stakes.returning())
      if (given.contains("unstake-" + each.number())) counted -= each.micros();
    long there = balance(HouseAccount.STAKES);
    for (Map.Entry<String, Long> each : underWay.entrySet())
      if (each.getKey().contains("/stake-")) there += each.getValue();
    if (there != counted) throw wrong("counted " + counted + " of " + there + " staked tokens");
  }

  private void checkRest() {
    Stakes stakes = house.stakes();
    if (!stakes.asked().isEmpty() || !stakes.returning().isEmpty() || !stakes.leaving().isEmpty())
      throw wrong("still on the way: " + stakes);
    if (!underWay.isEmpty()) throw wrong("given and never taken: " + underWay);
    if (balance(HouseAccount.STAKES) != stakes.stakedMicros())
      throw wrong("staked " + stakes.stakedMicros() + " of " + balance(HouseAccount.STAKES));
    for (Party party : parties.values())
      if (!party.account.dispatches().isEmpty()) throw wrong(party.id + " still tells of a gift");
  }

  private long balance(String id) {
    return party(id).account.portfolio().amount(1);
  }

  private Party party(String id) {
    Party party = parties.get(id);
    if (party == null) throw new AssertionError("no account " + id);
    return party;
  }

  private String anyAccount() {
    return any(List.copyOf(parties.keySet()));
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  private Violation wrong(String what) {
    return new Violation(seed, what);
  }
}
