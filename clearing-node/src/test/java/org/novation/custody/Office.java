package org.novation.custody;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.novation.custody.CustodyPolicy.AssetLimits;
import org.novation.risk.Stop;

/** Custody with the custodians of {@link SignatureVectors}, its journal and a clock. */
public final class Office {
  static final long HOUR = CustodyPolicy.HOUR_MS;
  static final long DAY = CustodyPolicy.DAY_MS;
  static final String CHAIN = "ethereum";
  public static final String HOUSE = "novation-test";

  /** An hour's and a day's shares of 1 and 10 %, floors of 1,000 and 5,000. */
  public static final CustodyPolicy POLICY =
      policy(new AssetLimits(Set.of(CHAIN, "solana"), 1_000, 5_000, 3_000, 4_000, 2_000));

  public static CustodyPolicy policy(AssetLimits usdc) {
    return new CustodyPolicy(
        HOUSE,
        10_000,
        100_000,
        Map.of("USDC", usdc, "BTC", new AssetLimits(Set.of("bitcoin"), 5, 10, 10, 10, 10)),
        HOUR / 6,
        DAY,
        2 * DAY,
        7 * DAY,
        8,
        64);
  }

  CustodyPolicy policy = POLICY;
  Custody custody = new Custody();
  public final List<CustodyEvent> journal = new ArrayList<>();
  final Map<String, Stop> stops = new HashMap<>();
  private long parameterVersion;
  long nowMs = 1_800_000_000_000L;

  Function<String, @Nullable Stop> gate() {
    return stops::get;
  }

  Conditions conditions() {
    return new Conditions(parameterVersion, policy, gate(), nowMs);
  }

  /** Decides, looks the journal up where that is asked for, and records. */
  CustodyDecision decide(CustodyCommand command) {
    parameterVersion++; // Another each time: every event says by which it was decided.
    CustodyDecision decision = custody.decide(command, conditions());
    if (decision instanceof CustodyDecision.LookUp(var id))
      decision = custody.decide(command, conditions(), lookUp(id));
    switch (decision) {
      case CustodyDecision.Accepted(var events) -> events.forEach(this::decided);
      case CustodyDecision.Refused(_, var events) -> events.forEach(this::decided);
      case CustodyDecision.LookUp _ -> throw new AssertionError("looked up in vain");
    }
    return decision;
  }

  JournalSays lookUp(String id) {
    JournalSays says = JournalSays.of(id);
    for (CustodyEvent event : journal) says = says.and(event);
    return says;
  }

  private void decided(CustodyEvent event) {
    if (event.parameterVersion() != parameterVersion)
      throw new AssertionError("not by version " + parameterVersion + ": " + event);
    record(event);
  }

  void record(CustodyEvent event) {
    custody.apply(event);
    journal.add(event);
  }

  /** The refusal of a command that must be refused. */
  CustodyRefusal refusal(CustodyCommand command) {
    return switch (decide(command)) {
      case CustodyDecision.Refused(var why, _) -> why;
      case CustodyDecision.Accepted accepted -> throw new AssertionError("accepted: " + accepted);
      case CustodyDecision.LookUp lookUp -> throw new AssertionError(lookUp.id());
    };
  }

  /** The events of a command that must be accepted. */
  public List<CustodyEvent> accepted(CustodyCommand command) {
    return switch (decide(command)) {
      case CustodyDecision.Accepted(var events) -> events;
      case CustodyDecision.Refused(var why, _) -> throw new AssertionError("refused: " + why);
      case CustodyDecision.LookUp lookUp -> throw new AssertionError(lookUp.id());
    };
  }

  void advance() {
    while (!accepted(new CustodyCommand.Advance()).isEmpty()) {}
  }

  public void pass(long ms) {
    nowMs += ms;
    advance();
  }

  /** Custodians, and so much in the vault of USDC, of account a1. */
  public Office opened(long usdc) {
    accepted(new CustodyCommand.AdoptCustodians(SignatureVectors.set(1)));
    if (usdc == 0) return this;
    for (String who : List.of("ana", "ben")) accepted(attest(who, "0x1", usdc, "a1"));
    accepted(new CustodyCommand.NoteCredited(CHAIN + ":0x1"));
    return this;
  }

  CustodyCommand.AttestDeposit attest(String who, String transaction, long amount, String account) {
    return attest(who, transaction, amount, account, 100);
  }

  CustodyCommand.AttestDeposit attest(
      String who, String transaction, long amount, String account, long block) {
    Deposit.Content content =
        new Deposit.Content(CHAIN, transaction, "USDC", amount, "0xfrom", account, block);
    long expires = nowMs + HOUR;
    return new CustodyCommand.AttestDeposit(
        CHAIN,
        transaction,
        "USDC",
        amount,
        "0xfrom",
        account,
        block,
        expires,
        who,
        SignatureVectors.custodian(who)
            .sign(content.message(HOUSE, expires, custody.custodians().version())));
  }

  public CustodyCommand.RequestWithdrawal request(String id, long amount) {
    return request("a1", id, amount, "0xto");
  }

  CustodyCommand.RequestWithdrawal request(String account, String id, long amount, String address) {
    return new CustodyCommand.RequestWithdrawal(
        account, id, CHAIN, "USDC", amount, address, nowMs + 6 * DAY);
  }

  /** Asked for and held. */
  public Withdrawal held(CustodyCommand.RequestWithdrawal request) {
    accepted(request);
    Withdrawal asked = withdrawal(request.account(), request.withdrawalId());
    accepted(new CustodyCommand.NoteHeld(asked.account(), asked.number(), HoldRefusal.NONE));
    return withdrawal(request.account(), request.withdrawalId());
  }

  public Withdrawal withdrawal(String account, String id) {
    Withdrawal withdrawal = custody.withdrawal(account, id);
    if (withdrawal == null) throw new AssertionError("no withdrawal " + id + " of " + account);
    return withdrawal;
  }

  /** A custodian's vote on a withdrawal as it stands. */
  public CustodyCommand.Vote vote(String who, Purpose purpose, Withdrawal of) {
    return vote(who, of, of.message(purpose, HOUSE, custody.custodians().version()));
  }

  CustodyCommand.Vote vote(String who, Withdrawal of, CanonicalMessage message) {
    return new CustodyCommand.Vote(
        of.account(),
        of.id(),
        message.purpose(),
        who,
        SignatureVectors.custodian(who).sign(message));
  }

  CustodyCommand.Vote approval(String who, Withdrawal of) {
    return vote(who, Purpose.APPROVE_WITHDRAWAL, of);
  }

  void approve(Withdrawal of, String... who) {
    for (String one : who) accepted(approval(one, withdrawal(of.account(), of.id())));
  }

  void booked(Withdrawal of) {
    accepted(new CustodyCommand.NoteBooked(of.account(), of.number()));
  }

  /** Asked for, held, approved by two, waited for, settled and booked. */
  public void withdraw(CustodyCommand.RequestWithdrawal request) {
    Withdrawal held = held(request);
    approve(held, "ana", "ben");
    pass(2 * DAY);
    booked(held);
  }
}
