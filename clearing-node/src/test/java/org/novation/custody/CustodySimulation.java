package org.novation.custody;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.account.Account;
import org.novation.account.AccountEvent;
import org.novation.account.AccountSnapshot;
import org.novation.account.Batch;
import org.novation.account.HeldWithdrawals;
import org.novation.account.Markets;
import org.novation.clearing.Books.Known;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.risk.Holds;

/**
 * Custody and accounts with their real rules, and a world that does to them what it likes: messages
 * come late, twice, in any order or not at all, and either side may lose everything but its journal
 * before or after each write. At the end the world is kind for a while; then every deposit must be
 * credited once, every withdrawal be over on both sides alike, and every unit be where the journals
 * say. Each {@link Fence} can be taken away, and something must break.
 */
final class CustodySimulation {
  /** What keeps money from being lost or doubled. */
  enum Fence {
    /** An account that returned a withdrawal which it never held does not hold it later. */
    RETURN_BEFORE_HOLD,
    /** An account knows for ever that a withdrawal was there. */
    NUMBERS_SEEN,
    /** Custody tells an account of its decisions after it has written them. */
    CUSTODY_WRITES_FIRST,
    /** An account answers after it has written. */
    ACCOUNT_WRITES_FIRST,
    /** Custody tells again until it is answered. */
    TOLD_AGAIN,
    /** Custody takes back what an account holds for a withdrawal that is over. */
    TAKEN_BACK,
    /** An account knows a deposit by its transaction. */
    DEPOSIT_ID
  }

  /** Something that must never be. */
  static final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    Violation(long seed, String what) {
      super("seed " + seed + ": " + what);
    }
  }

  private static final int STEPS = 150;
  private static final List<String> ACCOUNTS = List.of("a0", "a1");

  private sealed interface Message {}

  private record Hold(String account, long withdrawal, long amount) implements Message {}

  private record Over(String account, long withdrawal, boolean settled) implements Message {}

  private record Credit(String account, String depositId, long amount) implements Message {}

  private record Held(String account, long withdrawal, HoldRefusal why) implements Message {}

  private record Booked(String account, long withdrawal) implements Message {}

  private record Credited(String depositId) implements Message {}

  private final long seed;
  private final Random random;
  private final @Nullable Fence without;
  private final Office office = new Office();
  private final Map<String, Account> accounts = new TreeMap<>();
  private final Map<String, List<AccountEvent>> journals = new HashMap<>();
  private final List<Message> network = new ArrayList<>();
  private final Map<String, Long> counts = new TreeMap<>();
  private int asked;
  private int deposited;
  private boolean kind;

  private CustodySimulation(long seed, @Nullable Fence without) {
    this.seed = seed;
    this.random = new Random(seed);
    this.without = without;
    // As it was once decided: to check keys takes longer than the rest of a world.
    office.record(new CustodyEvent.CustodiansAdopted(1, office.nowMs, SignatureVectors.set(1), 1));
    for (String id : ACCOUNTS) {
      journals.put(id, new ArrayList<>());
      accounts.put(id, new Account(id, Markets.CATALOGUE));
    }
    open(ACCOUNTS.getFirst());
  }

  /**
   * Plays one world.
   *
   * @return how often what happened
   */
  static Map<String, Long> run(long seed, @Nullable Fence without) {
    CustodySimulation simulation = new CustodySimulation(seed, without);
    try {
      simulation.play();
    } catch (IllegalStateException halted) {
      throw new Violation(seed, "halted: " + halted.getMessage());
    }
    return simulation.counts;
  }

  private void play() {
    for (int step = 0; step < STEPS; step++) {
      if (random.nextInt(3) == 0) act();
      else deliver();
      if (random.nextInt(25) == 0) crashCustody();
      if (random.nextInt(25) == 0) crash(ACCOUNTS.get(random.nextInt(ACCOUNTS.size())));
      if (random.nextInt(4) == 0) tellAgain();
    }
    kind = true;
    ACCOUNTS.forEach(this::open);
    office.nowMs += 7 * Office.DAY; // Whatever is open expires, unless it can be settled.
    for (int round = 0; round < 20; round++) {
      decide(new CustodyCommand.Advance());
      while (!network.isEmpty()) deliver();
      tellAgain();
    }
    judge();
  }

  // ---- what people do

  /** An account may be asked for money, and be given some, before it exists. */
  private void open(String id) {
    Batch batch = batch(id);
    batch.open("m");
    write(id, batch.finish());
  }

  private void act() {
    String account = ACCOUNTS.get(random.nextInt(ACCOUNTS.size()));
    switch (random.nextInt(9)) {
      case 8 -> {
        if (random.nextInt(5) == 0) open(account);
      }
      case 0 -> {
        String transaction = "0x" + (random.nextInt(4) == 0 ? deposited : ++deposited);
        long amount = 400L + random.nextInt(400);
        for (String who : List.of("ana", "ben"))
          decide(office.attest(who, transaction, amount, account));
      }
      case 1, 2 ->
          decide(office.request(account, "w" + asked++, 1 + random.nextInt(500), "0x" + account));
      case 3, 4 -> vote(List.of("ana", "ben"), Purpose.APPROVE_WITHDRAWAL);
      case 5 -> {
        Withdrawal one = any();
        if (one != null && random.nextInt(2) == 0)
          decide(new CustodyCommand.CancelWithdrawal(one.account(), one.id()));
        else vote(List.of("cleo"), Purpose.DISPUTE_WITHDRAWAL);
      }
      default -> {
        office.nowMs += random.nextLong(Office.DAY);
        decide(new CustodyCommand.Advance());
      }
    }
  }

  private void vote(List<String> who, Purpose purpose) {
    Withdrawal one = any();
    if (one == null) return;
    for (String custodian : who) {
      Withdrawal now = office.withdrawal(one.account(), one.id());
      decide(office.vote(custodian, purpose, now));
    }
  }

  private @Nullable Withdrawal any() {
    List<Withdrawal> undecided = new ArrayList<>();
    for (Withdrawal one : office.custody.withdrawals()) {
      if (one.undecided()) undecided.add(one);
    }
    return undecided.isEmpty() ? null : undecided.get(random.nextInt(undecided.size()));
  }

  // ---- custody's shell

  private void decide(CustodyCommand command) {
    CustodyDecision decision = office.custody.decide(command, office.conditions());
    List<CustodyEvent> events =
        switch (decision) {
          case CustodyDecision.Accepted accepted -> accepted.events();
          case CustodyDecision.Refused refused -> refused.events();
          case CustodyDecision.LookUp _ -> List.of();
        };
    if (without == Fence.CUSTODY_WRITES_FIRST && !events.isEmpty()) {
      Custody ahead = new Custody(office.custody.snapshot());
      events.forEach(ahead::apply);
      tell(ahead);
    }
    if (crashes()) {
      crashCustody();
      return;
    }
    events.forEach(office::record);
    if (crashes()) crashCustody();
    else if (!events.isEmpty()) tell(office.custody);
    if (command instanceof CustodyCommand.Advance && !events.isEmpty()) decide(command);
  }

  private void tell(Custody custody) {
    for (Withdrawal one : custody.withdrawals()) {
      switch (one.state()) {
        case Withdrawal.State.Holding _ ->
            send(new Hold(one.account(), one.number(), one.amount()));
        case Withdrawal.State.Closing closing ->
            send(new Over(one.account(), one.number(), closing.outcome() == Outcome.SETTLED));
        case Withdrawal.State.Open _, Withdrawal.State.Closed _ -> {}
      }
    }
    for (Deposit one : custody.deposits()) {
      if (one.stage() == Deposit.Stage.CONFIRMED)
        send(
            new Credit(one.content().account(), one.content().depositId(), one.content().amount()));
    }
  }

  private void tellAgain() {
    if (without != Fence.TOLD_AGAIN) tell(office.custody);
  }

  private void crashCustody() {
    count("crashes");
    Custody replayed = new Custody();
    office.journal.forEach(replayed::apply);
    office.custody = replayed;
  }

  // ---- an account's shell

  private Batch batch(String id) {
    return new Batch(
        of(id), new Holds(), Markets.at(100), LiquidationPolicy.DEFAULTS, office.nowMs);
  }

  private Account of(String id) {
    Account account = accounts.get(id);
    if (account == null) throw new AssertionError("no account " + id);
    return account;
  }

  private List<AccountEvent> journal(String id) {
    List<AccountEvent> journal = journals.get(id);
    if (journal == null) throw new AssertionError("no account " + id);
    return journal;
  }

  private void write(String id, List<AccountEvent> events) {
    events.forEach(of(id)::apply);
    journal(id).addAll(events);
  }

  private void crash(String id) {
    count("crashes");
    Account replayed = new Account(id, Markets.CATALOGUE);
    journal(id).forEach(replayed::apply);
    accounts.put(id, replayed);
  }

  private void book(String id, Batch batch, Message answer) {
    List<AccountEvent> events = batch.finish();
    if (without == Fence.ACCOUNT_WRITES_FIRST) send(answer);
    if (crashes()) {
      crash(id);
      return;
    }
    write(id, events);
    if (crashes()) crash(id);
    else send(answer);
  }

  // ---- the world

  private boolean crashes() {
    return !kind && random.nextInt(30) == 0;
  }

  private void send(Message message) {
    network.add(message);
  }

  private void deliver() {
    if (network.isEmpty()) return;
    int index = random.nextInt(network.size());
    Message message = network.get(index);
    if (kind || random.nextInt(4) > 0) network.remove(index); // Else it comes once more.
    if (!kind && random.nextInt(6) == 0) return; // Lost, perhaps.
    switch (message) {
      case Hold(var id, var withdrawal, var amount) -> {
        if (without == Fence.NUMBERS_SEEN && of(id).withdrawals().find(withdrawal) == null)
          accounts.put(id, forgetting(id));
        Batch batch = batch(id);
        HoldRefusal why = batch.hold(withdrawal, "w", "USDC", amount);
        book(id, batch, new Held(id, withdrawal, why == null ? HoldRefusal.NONE : why));
      }
      case Over(var id, var withdrawal, var settled) -> {
        Batch batch = batch(id);
        boolean unseen = of(id).withdrawals().seen() < withdrawal;
        if (settled) batch.letGo(withdrawal);
        else if (!(unseen && without == Fence.RETURN_BEFORE_HOLD)) batch.giveBack(withdrawal);
        book(id, batch, new Booked(id, withdrawal));
      }
      case Credit(var id, var depositId, var amount) -> {
        Batch batch = batch(id);
        String name = without == Fence.DEPOSIT_ID ? depositId + random.nextInt() : depositId;
        if (batch.deposit(name, "USDC", amount, Known.NO) == null)
          book(id, batch, new Credited(depositId));
      }
      case Held(var id, var withdrawal, var why) -> {
        Withdrawal one = office.custody.numbered(id, withdrawal);
        boolean over = one == null || one.state() instanceof Withdrawal.State.Closed;
        if (over && without != Fence.TAKEN_BACK) send(new Over(id, withdrawal, false));
        decide(new CustodyCommand.NoteHeld(id, withdrawal, why));
      }
      case Booked(var id, var withdrawal) -> decide(new CustodyCommand.NoteBooked(id, withdrawal));
      case Credited(var depositId) -> decide(new CustodyCommand.NoteCredited(depositId));
    }
  }

  /** The same account, without its memory of numbers that are over. */
  private Account forgetting(String id) {
    Account forgetful = new Account(id, Markets.CATALOGUE);
    for (AccountEvent event : journal(id)) forgetful.apply(event);
    var of = forgetful.snapshot();
    return Account.of(
        new AccountSnapshot(
            of.number(),
            of.accountId(),
            of.member(),
            of.openedAtMs(),
            of.state(),
            of.leverageMax(),
            of.balances(),
            of.positions(),
            of.outbox(),
            of.nextOutboxNumber(),
            of.trades(),
            of.tradesForgottenThroughMs(),
            of.deposits(),
            of.depositsForgottenThroughMs(),
            of.version(),
            of.ownVersion(),
            of.phase(),
            of.liquidationId(),
            of.deficitMicros(),
            of.liquidationAtMs(),
            of.waterfall(),
            new HeldWithdrawals(0, of.withdrawals().open()),
            of.remittances(),
            0,
            0,
            of.charged()),
        Markets.CATALOGUE);
  }

  private void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  // ---- what must be

  private void judge() {
    Map<String, Long> expected = new HashMap<>();
    for (CustodyEvent event : office.journal) {
      if (event instanceof CustodyEvent.DepositConfirmed in) {
        expected.merge(in.account(), in.amount(), Long::sum);
        count("deposits");
      }
    }
    for (Withdrawal one : office.custody.withdrawals()) {
      if (!(one.state() instanceof Withdrawal.State.Closed(var outcome, _, _)))
        throw new Violation(seed, "not over: " + one);
      count(outcome.name());
      if (outcome == Outcome.SETTLED) expected.merge(one.account(), -one.amount(), Long::sum);
      judge(one, outcome);
    }
    long sum = 0;
    for (String id : ACCOUNTS) {
      Account account = of(id);
      long cash = account.portfolio().cashMicros();
      if (!account.withdrawals().open().isEmpty())
        throw new Violation(seed, id + " still holds " + account.withdrawals());
      if (cash != expected.getOrDefault(id, 0L))
        throw new Violation(seed, id + " has " + cash + " instead of " + expected.get(id));
      if (!account.cashIsExplained()) throw new Violation(seed, id + "'s cash is not explained");
      sum += cash;
    }
    if (sum != office.custody.vaultAmount("USDC", Office.CHAIN))
      throw new Violation(seed, "accounts have " + sum + ", which the vault does not");
  }

  /** What left was held before it left, and whatever was held is over once. */
  private void judge(Withdrawal one, Outcome outcome) {
    Set<Long> held = new HashSet<>();
    int over = 0;
    for (AccountEvent event : journal(one.account())) {
      switch (event) {
        case AccountEvent.CollateralHeld e when e.withdrawal() == one.number() -> {
          if (!held.add(e.withdrawal())) throw new Violation(seed, "held twice: " + one);
        }
        case AccountEvent.CollateralReturned e when e.withdrawal() == one.number() -> {
          over++;
          if (outcome == Outcome.SETTLED) throw new Violation(seed, "returned and gone: " + one);
        }
        case AccountEvent.CollateralWithdrawn e when e.withdrawal() == one.number() -> {
          over++;
          if (outcome != Outcome.SETTLED) throw new Violation(seed, "gone unsettled: " + one);
        }
        default -> {}
      }
    }
    if (over > 1 || over < held.size())
      throw new Violation(seed, "over " + over + " times: " + one);
    if (outcome == Outcome.SETTLED && held.isEmpty())
      throw new Violation(seed, "settled and never held: " + one);
  }
}
