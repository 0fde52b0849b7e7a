package org.novation.custody;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseAccount;
import org.novation.custody.CustodyCommand.AdoptCustodians;
import org.novation.custody.CustodyCommand.Advance;
import org.novation.custody.CustodyCommand.AttestDeposit;
import org.novation.custody.CustodyCommand.CancelWithdrawal;
import org.novation.custody.CustodyCommand.NoteBooked;
import org.novation.custody.CustodyCommand.NoteCredited;
import org.novation.custody.CustodyCommand.NoteHeld;
import org.novation.custody.CustodyCommand.RequestWithdrawal;
import org.novation.custody.CustodyCommand.Vote;
import org.novation.custody.CustodyDecision.Accepted;
import org.novation.custody.CustodyDecision.LookUp;
import org.novation.custody.CustodyDecision.Refused;
import org.novation.custody.CustodyEvent.CustodiansAdopted;
import org.novation.custody.CustodyEvent.DepositAttested;
import org.novation.custody.CustodyEvent.DepositConfirmed;
import org.novation.custody.CustodyEvent.DepositCredited;
import org.novation.custody.CustodyEvent.OfWithdrawal;
import org.novation.custody.CustodyEvent.WithdrawalApproved;
import org.novation.custody.CustodyEvent.WithdrawalBooked;
import org.novation.custody.CustodyEvent.WithdrawalDisputed;
import org.novation.custody.CustodyEvent.WithdrawalEnded;
import org.novation.custody.CustodyEvent.WithdrawalHeld;
import org.novation.custody.CustodyEvent.WithdrawalOpposed;
import org.novation.custody.CustodyEvent.WithdrawalRequested;
import org.novation.custody.CustodyPolicy.AssetLimits;
import org.novation.custody.CustodyRefusal.Limit;
import org.novation.custody.CustodyRefusal.LimitReached;
import org.novation.custody.CustodySnapshot.Vault;
import org.novation.custody.Withdrawal.State;
import org.novation.risk.Stop;

/**
 * Custody of one risk pool, as its journal tells it. {@link #decide} reads only this state and its
 * arguments; {@link #apply} alone changes it and throws on an event that cannot follow. Owned by
 * one thread at a time.
 */
public final class Custody {
  /** Most accounts, and most addresses, that limits are kept of at a time. */
  static final int NAMES_MAX = 65_536;

  private static final CustodyDecision DONE = new Accepted(List.of());

  private long events;
  private long atMs = Long.MIN_VALUE;
  private CustodianSet set = CustodianSet.NONE;
  private final Map<Vault, Long> vaults = new LinkedHashMap<>();
  private final Map<Vault, Long> promised = new HashMap<>(); // Of what has not ended.
  private final Map<String, Deposit> deposits = new LinkedHashMap<>(); // By deposit id.
  private final Map<String, Long> forgottenThroughBlock = new TreeMap<>(); // By chain.
  private final Map<Long, Withdrawal> withdrawals = new LinkedHashMap<>(); // By number.
  private final Map<String, Long> numbers = new HashMap<>(); // By account and id.
  private long forgottenThroughMs = Long.MIN_VALUE;
  private long forgottenAtEvent; // The last that forgot anything.
  private final Velocity askedHour = new Velocity(CustodyPolicy.HOUR_MS, NAMES_MAX);
  private final Velocity askedDay = new Velocity(CustodyPolicy.DAY_MS, NAMES_MAX);
  private final Velocity leftHour = new Velocity(CustodyPolicy.HOUR_MS, NAMES_MAX);
  private final Velocity leftDay = new Velocity(CustodyPolicy.DAY_MS, NAMES_MAX);
  private final Velocity byAccount = new Velocity(CustodyPolicy.DAY_MS, NAMES_MAX);
  private final Velocity byAddress = new Velocity(CustodyPolicy.DAY_MS, NAMES_MAX);
  private final Map<String, Boolean> knownAddresses =
      new LinkedHashMap<>(); // To which the account has withdrawn, the latest last.

  /** Nothing has happened. */
  public Custody() {}

  /** The custody that a snapshot was taken of. */
  public Custody(CustodySnapshot snapshot) {
    events = snapshot.number();
    atMs = snapshot.atMs();
    set = snapshot.set();
    snapshot.vaults().forEach(held -> vaults.put(held.vault(), held.amount()));
    for (Deposit deposit : snapshot.deposits())
      deposits.put(deposit.content().depositId(), deposit);
    for (CustodySnapshot.Forgotten forgotten : snapshot.forgotten())
      forgottenThroughBlock.put(forgotten.chain(), forgotten.throughBlock());
    for (CustodySnapshot.WithdrawalState state : snapshot.withdrawals()) {
      Withdrawal withdrawal = state.withdrawal();
      put(withdrawal);
      if (withdrawal.undecided()) promise(withdrawal, withdrawal.amount());
    }
    forgottenThroughMs = snapshot.forgottenThroughMs();
    forgottenAtEvent = snapshot.forgottenAtEvent();
    askedHour.restore(snapshot.askedHour());
    askedDay.restore(snapshot.askedDay());
    leftHour.restore(snapshot.leftHour());
    leftDay.restore(snapshot.leftDay());
    byAccount.restore(snapshot.byAccount());
    byAddress.restore(snapshot.byAddress());
    snapshot.knownAddresses().forEach(address -> knownAddresses.put(address, true));
  }

  // ---- what it says

  /** How many events made this state; the sequence number of the last. */
  public long events() {
    return events;
  }

  /** The custodians in force. */
  public CustodianSet custodians() {
    return set;
  }

  /** What lies in the vault of an asset on a chain: attested, less what was settled. */
  public long vaultAmount(String asset, String chain) {
    return vaults.getOrDefault(new Vault(asset, chain), 0L);
  }

  /** What lies in all vaults of an asset. */
  public long vaultsAmount(String asset) {
    long sum = 0;
    for (Map.Entry<Vault, Long> held : vaults.entrySet()) {
      if (held.getKey().asset().equals(asset)) sum = Math.addExact(sum, held.getValue());
    }
    return sum;
  }

  /** What lies in every vault. */
  public List<CustodySnapshot.Held> vaults() {
    List<CustodySnapshot.Held> held = new ArrayList<>();
    vaults.forEach((vault, amount) -> held.add(new CustodySnapshot.Held(vault, amount)));
    return held;
  }

  /** What is remembered of a withdrawal; null when it is unknown or forgotten. */
  public @Nullable Withdrawal withdrawal(String account, String withdrawalId) {
    Long number = numbers.get(Withdrawal.key(account, withdrawalId));
    return number == null ? null : withdrawals.get(number);
  }

  /** Every withdrawal that is remembered, in the order in which they were asked for. */
  public Collection<Withdrawal> withdrawals() {
    return Collections.unmodifiableCollection(withdrawals.values());
  }

  /** What is remembered of a transaction that came in; null when it is unknown or forgotten. */
  public @Nullable Deposit deposit(String chain, String transaction) {
    return deposits.get(Deposit.id(chain, transaction));
  }

  /** Every deposit that is remembered, in the order in which they were first attested. */
  public Collection<Deposit> deposits() {
    return Collections.unmodifiableCollection(deposits.values());
  }

  // ---- decide

  /**
   * Judges a command. A repeated one is accepted without events. Of what is due by time, {@link
   * Advance} does one thing: it is to be repeated until there are no more events.
   */
  public CustodyDecision decide(CustodyCommand command, Conditions given) {
    return judge(command, given, null);
  }

  /**
   * The same once the journal was looked up, for {@link LookUp}. The answer may be to look up
   * again, when ids were forgotten meanwhile.
   */
  public CustodyDecision decide(CustodyCommand command, Conditions given, JournalSays says) {
    return judge(command, given, says);
  }

  private CustodyDecision judge(
      CustodyCommand command, Conditions given, @Nullable JournalSays says) {
    long now = Math.max(given.nowMs(), atMs);
    return switch (command) {
      case AdoptCustodians(var next) -> decideSet(next, given, now);
      case AttestDeposit asked -> decideAttestation(asked, given, now, says);
      case NoteCredited(var depositId) -> decideCredited(depositId, given, now);
      case RequestWithdrawal asked -> decideRequest(asked, given, now, says);
      case Vote asked -> decideVote(asked, given, now);
      case CancelWithdrawal asked -> decideCancel(asked, given, now);
      case NoteHeld asked -> decideHeld(asked, given, now);
      case NoteBooked(var account, var number) -> {
        Withdrawal withdrawal = numbered(account, number);
        yield withdrawal != null && withdrawal.state() instanceof State.Closing
            ? accept(
                new WithdrawalBooked(events + 1, now, account, number, given.parameterVersion()))
            : DONE;
      }
      case Advance() -> decideAdvance(given, now);
    };
  }

  /**
   * Whether what a custodian is said to have signed was signed by one of the set in force, as it
   * stands in this state: to be asked before the event is applied. True of what nobody signs.
   */
  public boolean isSigned(CustodyEvent event, String house) {
    return switch (event) {
      case DepositAttested said -> {
        Deposit.Claim claim = said.claim();
        CanonicalMessage message =
            claim.content().message(house, said.expiresAtMs(), said.setVersion());
        yield set.signed(said.custodian(), message, said.signature());
      }
      case WithdrawalApproved said ->
          isSigned(
              said,
              said.custodian(),
              Purpose.APPROVE_WITHDRAWAL,
              said.nonce(),
              said.signature(),
              house);
      case WithdrawalDisputed said ->
          isSigned(
              said,
              said.custodian(),
              Purpose.DISPUTE_WITHDRAWAL,
              said.nonce(),
              said.signature(),
              house);
      case WithdrawalOpposed said ->
          isSigned(
              said,
              said.custodian(),
              Purpose.CANCEL_WITHDRAWAL,
              said.nonce(),
              said.signature(),
              house);
      default -> true;
    };
  }

  private boolean isSigned(
      OfWithdrawal event,
      String custodian,
      Purpose purpose,
      long nonce,
      String signature,
      String house) {
    Withdrawal withdrawal = numbered(event.account(), event.withdrawal());
    return withdrawal != null
        && withdrawal.nonce() == nonce
        && set.signed(custodian, withdrawal.message(purpose, house, set.version()), signature);
  }

  private CustodyDecision decideSet(CustodianSet next, Conditions given, long now) {
    if (next.equals(set)) return DONE;
    String problem = next.problem();
    if (problem != null) return refuse(new CustodyRefusal.BadSet(problem));
    if (next.version() <= set.version()) {
      return refuse(
          new CustodyRefusal.BadSet(
              "version " + next.version() + " does not follow " + set.version()));
    }
    return accept(new CustodiansAdopted(events + 1, now, next, given.parameterVersion()));
  }

  // ---- deposits

  private CustodyDecision decideAttestation(
      AttestDeposit asked, Conditions given, long now, @Nullable JournalSays says) {
    CustodyPolicy policy = given.policy();
    CustodyRefusal wrong = wrong(asked, policy, now);
    if (wrong != null) return refuse(wrong);
    Deposit.Content content = asked.content();
    CanonicalMessage message = content.message(policy.house(), asked.expiresAtMs(), set.version());
    if (!set.signed(asked.custodian(), message, asked.signature())) {
      return refuse(
          new CustodyRefusal.BadSignature(asked.custodian(), asked.block(), set.version()));
    }
    Deposit known = deposits.get(content.depositId());
    if (known != null) return decideKnown(asked, known, given, now);
    Long forgotten = forgottenThroughBlock.get(asked.chain());
    if (forgotten != null && asked.block() <= forgotten) {
      String id = JournalSays.ofDeposit(asked.chain(), asked.transaction());
      if (stale(says)) return new LookUp(id);
      Deposit.Content before = about(id, says).credited();
      if (before != null) return before.equals(content) ? DONE : refuse(conflict(before, 1));
    }
    if (asked.amount() > Long.MAX_VALUE - vaultsAmount(asked.asset()))
      return refuse(new CustodyRefusal.BadField("amount", "more than can be counted"));
    long forget = Long.MIN_VALUE;
    if (deposits.size() >= policy.remembered()) {
      forget = blockToForget(asked.chain(), policy.remembered(), now);
      if (forget == Long.MIN_VALUE)
        return refuse(new CustodyRefusal.Busy("deposits", policy.remembered()));
    }
    int own = policy.remembered() / (2 * set.custodians().size());
    if (firstClaims(asked.custodian()) >= own)
      return refuse(new CustodyRefusal.Busy("deposits that one custodian alone attests", own));
    return accept(attested(asked, given, now, false, forget));
  }

  private @Nullable CustodyRefusal wrong(AttestDeposit asked, CustodyPolicy policy, long now) {
    CustodyRefusal text =
        badText(
            "transaction",
            asked.transaction(),
            "address",
            asked.address(),
            "account",
            asked.account());
    if (text != null) return text;
    if (asked.account().equals(HouseAccount.STAKES))
      return new CustodyRefusal.BadField("account", "stakes come from accounts alone");
    if (asked.amount() <= 0) return new CustodyRefusal.BadField("amount", "must be above zero");
    if (asked.block() < 0) return new CustodyRefusal.BadField("block", "must not be negative");
    if (limits(policy, asked.asset(), asked.chain()) == null)
      return new CustodyRefusal.UnknownAsset(asked.asset(), asked.chain());
    if (!set.has(asked.custodian()))
      return new CustodyRefusal.UnknownCustodian(asked.custodian(), set.version());
    return badExpiry(asked.expiresAtMs(), now, policy);
  }

  private CustodyDecision decideKnown(
      AttestDeposit asked, Deposit known, Conditions given, long now) {
    Deposit.Content said = asked.content();
    for (Deposit.Claim claim : known.claims()) {
      if (!claim.custodian().equals(asked.custodian()) || !claim.counts(set.version(), now))
        continue;
      if (!claim.content().equals(said))
        return refuse(new CustodyRefusal.DuplicateWithOtherContent(said.depositId()));
      return stands(known, said, now)
          ? DONE
          : refuse(conflict(known.content(), known.saying(said, set.version(), now)));
    }
    if (known.stage() != Deposit.Stage.ATTESTED) {
      if (known.content().equals(said)) return DONE;
      return new Refused(
          conflict(known.content(), known.saying(said, set.version(), now) + 1),
          List.of(attested(asked, given, now, true, Long.MIN_VALUE)));
    }
    boolean conflicting = !stands(known, said, now);
    DepositAttested event = attested(asked, given, now, conflicting, Long.MIN_VALUE);
    Deposit after = known.with(event.claim());
    int saying = after.saying(said, set.version(), now);
    if (saying >= set.attestationsNeeded())
      return accept(event, confirmed(after, said, given, now));
    return conflicting
        ? new Refused(conflict(known.content(), saying), List.of(event))
        : accept(event);
  }

  /** What nobody's word that counts is behind any more does not stand in the way of another. */
  private boolean stands(Deposit known, Deposit.Content said, long now) {
    return known.content().equals(said)
        || (known.stage() == Deposit.Stage.ATTESTED
            && known.saying(known.content(), set.version(), now) == 0);
  }

  private CustodyRefusal conflict(Deposit.Content standing, int saying) {
    return new CustodyRefusal.ConflictingAttestation(
        standing.depositId(),
        standing.account(),
        standing.amount(),
        saying,
        set.attestationsNeeded());
  }

  private DepositAttested attested(
      AttestDeposit asked,
      Conditions given,
      long now,
      boolean conflicting,
      long forgetThroughBlock) {
    return new DepositAttested(
        events + 1,
        now,
        asked.chain(),
        asked.transaction(),
        asked.asset(),
        asked.amount(),
        asked.address(),
        asked.account(),
        asked.block(),
        asked.custodian(),
        set.version(),
        asked.expiresAtMs(),
        asked.signature(),
        conflicting,
        forgetThroughBlock,
        given.parameterVersion());
  }

  private DepositConfirmed confirmed(
      Deposit after, Deposit.Content content, Conditions given, long now) {
    List<String> custodians = new ArrayList<>();
    for (Deposit.Claim claim : after.claims()) {
      if (claim.counts(set.version(), now) && claim.content().equals(content))
        custodians.add(claim.custodian());
    }
    return new DepositConfirmed(
        events + 2,
        now,
        content.chain(),
        content.transaction(),
        content.asset(),
        content.amount(),
        content.address(),
        content.account(),
        content.block(),
        custodians,
        given.parameterVersion());
  }

  private CustodyDecision decideCredited(String depositId, Conditions given, long now) {
    Deposit deposit = deposits.get(depositId);
    if (deposit == null || deposit.stage() != Deposit.Stage.CONFIRMED) return DONE;
    Deposit.Content content = deposit.content();
    return accept(
        new DepositCredited(
            events + 1, now, content.chain(), content.transaction(), given.parameterVersion()));
  }

  /** A quarter at once; Long.MIN_VALUE when this chain has none to forget. */
  private long blockToForget(String chain, int most, long now) {
    List<Long> blocks = new ArrayList<>();
    for (Deposit deposit : deposits.values()) {
      if (deposit.content().chain().equals(chain) && deposit.forgettable(set.version(), now))
        blocks.add(deposit.content().block());
    }
    if (blocks.isEmpty()) return Long.MIN_VALUE;
    Collections.sort(blocks);
    return blocks.get(Math.min(most / 4, blocks.size()) - 1);
  }

  /** Transactions that nobody but this custodian has said anything of. */
  private int firstClaims(String custodian) {
    int alone = 0;
    for (Deposit deposit : deposits.values()) {
      if (deposit.stage() == Deposit.Stage.ATTESTED
          && deposit.claims().size() == 1
          && deposit.claims().getFirst().custodian().equals(custodian)) alone++;
    }
    return alone;
  }

  // ---- withdrawals

  private CustodyDecision decideRequest(
      RequestWithdrawal asked, Conditions given, long now, @Nullable JournalSays says) {
    CustodyRefusal text =
        badText(
            "account",
            asked.account(),
            "withdrawal_id",
            asked.withdrawalId(),
            "address",
            asked.address());
    if (text != null) return refuse(text);
    if (asked.amount() <= 0)
      return refuse(new CustodyRefusal.BadField("amount", "must be above zero"));
    Withdrawal known = withdrawal(asked.account(), asked.withdrawalId());
    if (known == null && asked.expiresAtMs() <= forgottenThroughMs) {
      String id = JournalSays.ofWithdrawal(asked.account(), asked.withdrawalId());
      if (stale(says)) return new LookUp(id);
      known = about(id, says).withdrawal();
    }
    if (known != null) {
      return known.sameAs(asked)
          ? DONE
          : refuse(new CustodyRefusal.DuplicateWithOtherContent(asked.withdrawalId()));
    }
    return decideNew(asked, given, now);
  }

  private CustodyDecision decideNew(RequestWithdrawal asked, Conditions given, long now) {
    CustodyPolicy policy = given.policy();
    AssetLimits limits = limits(policy, asked.asset(), asked.chain());
    if (limits == null)
      return refuse(new CustodyRefusal.UnknownAsset(asked.asset(), asked.chain()));
    CustodyRefusal expiry = badExpiry(asked.expiresAtMs(), now, policy);
    if (expiry != null) return refuse(expiry);
    Stop stop = given.gate().apply(asked.asset());
    if (stop != null)
      return refuse(new CustodyRefusal.Braked(stop.brake(), stop.subject(), stop.untilMs()));
    CustodyRefusal limit = limitReached(asked, limits, policy, now);
    if (limit != null) return refuse(limit);
    long waitMs = waitMs(asked, limits, policy, now);
    if (asked.expiresAtMs() <= now + waitMs)
      return refuse(new CustodyRefusal.ExpiresTooSoon(asked.expiresAtMs(), now + waitMs));
    CustodyRefusal busy = busy(asked, now, policy);
    if (busy != null) return refuse(busy);
    long forget = Long.MIN_VALUE;
    if (withdrawals.size() >= policy.remembered()) {
      forget = expiryToForget(policy.remembered(), now);
      if (forget == Long.MIN_VALUE)
        return refuse(new CustodyRefusal.Busy("withdrawals", policy.remembered()));
    }
    return accept(
        new WithdrawalRequested(
            events + 1,
            now,
            asked.account(),
            asked.withdrawalId(),
            asked.chain(),
            asked.asset(),
            asked.amount(),
            asked.address(),
            asked.expiresAtMs(),
            waitMs,
            vaultsAmount(asked.asset()),
            askedHour.used(asked.asset(), now),
            askedDay.used(asked.asset(), now),
            forget,
            given.parameterVersion()));
  }

  private @Nullable CustodyRefusal limitReached(
      RequestWithdrawal asked, AssetLimits limits, CustodyPolicy policy, long now) {
    String asset = asked.asset();
    long amount = asked.amount();
    long vaults = vaultsAmount(asset);
    CustodyRefusal reached =
        over(
            Limit.POOL_HOUR,
            askedHour,
            asset,
            asset,
            asset,
            amount,
            policy.hourCap(limits, vaults),
            now);
    if (reached != null) return reached;
    reached =
        over(
            Limit.POOL_DAY,
            askedDay,
            asset,
            asset,
            asset,
            amount,
            policy.dayCap(limits, vaults),
            now);
    if (reached != null) return reached;
    String account = accountName(asset, asked.account());
    reached =
        over(
            Limit.ACCOUNT_DAY,
            byAccount,
            account,
            asked.account(),
            asset,
            amount,
            limits.accountDayMax(),
            now);
    if (reached != null) return reached;
    String address = addressName(asset, asked.chain(), asked.address());
    reached =
        over(
            Limit.ADDRESS_DAY,
            byAddress,
            address,
            asked.address(),
            asset,
            amount,
            limits.addressDayMax(),
            now);
    if (reached != null) return reached;
    Vault vault = new Vault(asset, asked.chain());
    long available = vaults(vault) - promised.getOrDefault(vault, 0L);
    return amount > available
        ? new CustodyRefusal.VaultShort(asset, asked.chain(), amount, available)
        : null;
  }

  private static @Nullable CustodyRefusal over(
      Limit limit,
      Velocity velocity,
      String name,
      String subject,
      String asset,
      long amount,
      long cap,
      long now) {
    long used = velocity.used(name, now);
    if (amount <= cap - used) {
      return velocity.hasRoomFor(name, now)
          ? null
          : new CustodyRefusal.Busy("names within a limit", NAMES_MAX);
    }
    long until = amount > cap ? 0 : velocity.fitsFromMs(name, now, cap, amount);
    return new LimitReached(limit, subject, asset, amount, used, cap, until);
  }

  private long waitMs(RequestWithdrawal asked, AssetLimits limits, CustodyPolicy policy, long now) {
    boolean known =
        knownAddresses.containsKey(knownName(asked.account(), asked.chain(), asked.address()));
    long before = byAccount.used(accountName(asked.asset(), asked.account()), now);
    boolean large = asked.amount() >= limits.largeFrom() - before;
    return Math.max(known ? policy.waitMs() : policy.newAddressMs(), large ? policy.largeMs() : 0);
  }

  /**
   * One at a time is on its way to being held, so that the account need remember of all numbers but
   * the highest which it saw.
   */
  private @Nullable CustodyRefusal busy(RequestWithdrawal asked, long now, CustodyPolicy policy) {
    int open = 0;
    for (Withdrawal withdrawal : withdrawals.values()) {
      if (!withdrawal.account().equals(asked.account())) continue;
      switch (withdrawal.state()) {
        case State.Holding _, State.Closing _ -> {
          return new CustodyRefusal.Busy("withdrawals that the account is being told of", 1);
        }
        case State.Open _ -> open++;
        case State.Closed _ -> {
          if (withdrawal.expiresAtMs() > now) open++;
        }
      }
    }
    return open >= policy.perAccount()
        ? new CustodyRefusal.Busy("withdrawals of the account", policy.perAccount())
        : null;
  }

  /** A quarter at once; Long.MIN_VALUE when none has ended and expired. */
  private long expiryToForget(int most, long now) {
    List<Long> expiries = new ArrayList<>();
    for (Withdrawal withdrawal : withdrawals.values()) {
      if (withdrawal.state() instanceof State.Closed && withdrawal.expiresAtMs() <= now)
        expiries.add(withdrawal.expiresAtMs());
    }
    if (expiries.isEmpty()) return Long.MIN_VALUE;
    Collections.sort(expiries);
    return expiries.get(Math.min(most / 4, expiries.size()) - 1);
  }

  private CustodyDecision decideVote(Vote asked, Conditions given, long now) {
    Withdrawal withdrawal = withdrawal(asked.account(), asked.withdrawalId());
    if (withdrawal == null)
      return refuse(new CustodyRefusal.UnknownWithdrawal(asked.account(), asked.withdrawalId()));
    for (Withdrawal.Vote vote : withdrawal.votes()) {
      if (vote.custodian().equals(asked.custodian())
          && vote.purpose() == asked.purpose()
          && vote.signature().equals(asked.signature())) return DONE; // A retry.
    }
    if (!(withdrawal.state() instanceof State.Open open)) {
      return refuse(
          switch (withdrawal.state()) {
            case State.Closing closing ->
                new CustodyRefusal.AlreadyOver(withdrawal.id(), closing.outcome());
            case State.Closed closed ->
                new CustodyRefusal.AlreadyOver(withdrawal.id(), closed.outcome());
            case State.Holding _, State.Open _ -> new CustodyRefusal.NotHeldYet(withdrawal.id());
          });
    }
    if (withdrawal.expiresAtMs() <= now)
      return refuse(new CustodyRefusal.Expired(withdrawal.expiresAtMs(), now));
    if (!set.has(asked.custodian()))
      return refuse(new CustodyRefusal.UnknownCustodian(asked.custodian(), set.version()));
    CanonicalMessage message =
        withdrawal.message(asked.purpose(), given.policy().house(), set.version());
    if (!set.signed(asked.custodian(), message, asked.signature())) {
      return refuse(
          new CustodyRefusal.BadSignature(asked.custodian(), open.nonce(), set.version()));
    }
    return switch (asked.purpose()) {
      case APPROVE_WITHDRAWAL -> approve(asked, withdrawal, open, given, now);
      case DISPUTE_WITHDRAWAL, CANCEL_WITHDRAWAL -> object(asked, withdrawal, open, given, now);
      case ATTEST_DEPOSIT ->
          refuse(new CustodyRefusal.BadField("purpose", "a withdrawal is not attested"));
    };
  }

  private CustodyDecision approve(
      Vote asked, Withdrawal withdrawal, State.Open open, Conditions given, long now) {
    if (counts(open.objections(), asked.custodian()))
      return refuse(new CustodyRefusal.HasObjected(asked.custodian()));
    if (counts(open.approvals(), asked.custodian())) return DONE;
    WithdrawalApproved event =
        new WithdrawalApproved(
            events + 1,
            now,
            withdrawal.account(),
            withdrawal.number(),
            asked.custodian(),
            set.version(),
            open.nonce(),
            asked.signature(),
            given.parameterVersion());
    Withdrawal after = withdrawal.after(event);
    return mayLeave(after, given, now)
        ? accept(event, settled(after, given, now, 2))
        : accept(event);
  }

  private CustodyDecision object(
      Vote asked, Withdrawal withdrawal, State.Open open, Conditions given, long now) {
    boolean dispute = asked.purpose() == Purpose.DISPUTE_WITHDRAWAL;
    for (Withdrawal.Vote before : open.objections()) {
      // Once: else one custodian alone could keep it waiting for ever.
      if (before.custodian().equals(asked.custodian())
          && before.setVersion() == set.version()
          && (before.purpose() == Purpose.DISPUTE_WITHDRAWAL || !dispute)) return DONE;
    }
    String custodian = asked.custodian();
    long number = withdrawal.number();
    OfWithdrawal event =
        dispute
            ? new WithdrawalDisputed(
                events + 1,
                now,
                withdrawal.account(),
                number,
                custodian,
                set.version(),
                open.nonce(),
                asked.signature(),
                now + given.policy().largeMs(),
                given.parameterVersion())
            : new WithdrawalOpposed(
                events + 1,
                now,
                withdrawal.account(),
                number,
                custodian,
                set.version(),
                open.nonce(),
                asked.signature(),
                given.parameterVersion());
    Withdrawal after = withdrawal.after(event);
    return after.state() instanceof State.Open still
            && Withdrawal.counting(still.objections(), set.version()) >= set.objectionsNeeded()
        ? accept(event, ended(after, Outcome.DISPUTED, HoldRefusal.NONE, given, now, 2))
        : accept(event);
  }

  private boolean counts(List<Withdrawal.Vote> votes, String custodian) {
    for (Withdrawal.Vote vote : votes) {
      if (vote.custodian().equals(custodian) && vote.setVersion() == set.version()) return true;
    }
    return false;
  }

  private CustodyDecision decideCancel(CancelWithdrawal asked, Conditions given, long now) {
    Withdrawal withdrawal = withdrawal(asked.account(), asked.withdrawalId());
    if (withdrawal == null)
      return refuse(new CustodyRefusal.UnknownWithdrawal(asked.account(), asked.withdrawalId()));
    return switch (withdrawal.state()) {
      case State.Holding _, State.Open _ ->
          accept(ended(withdrawal, Outcome.CANCELLED, HoldRefusal.NONE, given, now, 1));
      case State.Closing closing -> cancelled(withdrawal, closing.outcome());
      case State.Closed closed -> cancelled(withdrawal, closed.outcome());
    };
  }

  private static CustodyDecision cancelled(Withdrawal withdrawal, Outcome outcome) {
    return outcome == Outcome.CANCELLED
        ? DONE
        : refuse(new CustodyRefusal.AlreadyOver(withdrawal.id(), outcome));
  }

  private CustodyDecision decideHeld(NoteHeld asked, Conditions given, long now) {
    Withdrawal withdrawal = numbered(asked.account(), asked.withdrawal());
    if (withdrawal == null || !(withdrawal.state() instanceof State.Holding(var waitMs)))
      return DONE;
    return accept(
        asked.why().code() == HoldRefusal.Code.NONE
            ? new WithdrawalHeld(
                events + 1,
                now,
                asked.account(),
                asked.withdrawal(),
                now + waitMs,
                given.parameterVersion())
            : ended(withdrawal, Outcome.REFUSED, asked.why(), given, now, 1));
  }

  // ---- what time brings

  private CustodyDecision decideAdvance(Conditions given, long now) {
    for (Withdrawal withdrawal : withdrawals.values()) {
      if (!withdrawal.undecided()) continue;
      if (withdrawal.expiresAtMs() <= now)
        return accept(ended(withdrawal, Outcome.EXPIRED, HoldRefusal.NONE, given, now, 1));
      if (mayLeave(withdrawal, given, now)) return accept(settled(withdrawal, given, now, 1));
    }
    return DONE;
  }

  /** Whether nothing keeps it from leaving now: votes, time, gates, what has left already. */
  private boolean mayLeave(Withdrawal withdrawal, Conditions given, long now) {
    if (!(withdrawal.state() instanceof State.Open open)) return false;
    if (set.version() == 0
        || Withdrawal.counting(open.approvals(), set.version()) < set.approvalsNeeded()
        || open.releasableFromMs() > now) return false;
    AssetLimits limits = limits(given.policy(), withdrawal.asset(), withdrawal.chain());
    if (limits == null || given.gate().apply(withdrawal.asset()) != null) return false;
    String asset = withdrawal.asset();
    long vaults = vaultsAmount(asset);
    long amount = withdrawal.amount();
    return amount <= given.policy().hourCap(limits, vaults) - leftHour.used(asset, now)
        && amount <= given.policy().dayCap(limits, vaults) - leftDay.used(asset, now)
        && amount <= vaultAmount(asset, withdrawal.chain());
  }

  private WithdrawalEnded settled(Withdrawal withdrawal, Conditions given, long now, int ahead) {
    return ended(withdrawal, Outcome.SETTLED, HoldRefusal.NONE, given, now, ahead);
  }

  private WithdrawalEnded ended(
      Withdrawal withdrawal,
      Outcome outcome,
      HoldRefusal why,
      Conditions given,
      long now,
      int ahead) {
    String asset = withdrawal.asset();
    return new WithdrawalEnded(
        events + ahead,
        now,
        withdrawal.account(),
        withdrawal.number(),
        outcome,
        why,
        vaultsAmount(asset),
        leftHour.used(asset, now),
        leftDay.used(asset, now),
        given.parameterVersion());
  }

  // ---- what several need

  private static @Nullable CustodyRefusal badText(String... fieldsAndTexts) {
    for (int i = 0; i < fieldsAndTexts.length; i += 2) {
      if (!CanonicalMessage.isText(fieldsAndTexts[i + 1])) {
        return new CustodyRefusal.BadField(
            fieldsAndTexts[i],
            "must be 1 to " + CanonicalMessage.TEXT_MAX + " visible ASCII characters");
      }
    }
    return null;
  }

  private static @Nullable CustodyRefusal badExpiry(
      long expiresAtMs, long now, CustodyPolicy policy) {
    if (expiresAtMs <= now) return new CustodyRefusal.Expired(expiresAtMs, now);
    long latest = now + policy.validityMsMax();
    return expiresAtMs > latest ? new CustodyRefusal.ExpiresTooLate(expiresAtMs, latest) : null;
  }

  private static @Nullable AssetLimits limits(CustodyPolicy policy, String asset, String chain) {
    AssetLimits limits = policy.assets().get(asset);
    return limits != null && limits.chains().contains(chain) ? limits : null;
  }

  /** What was read before the last forgetting may miss what has come and gone since. */
  private boolean stale(@Nullable JournalSays says) {
    return says == null || says.through() < forgottenAtEvent;
  }

  private static JournalSays about(String id, @Nullable JournalSays says) {
    if (says == null || !says.id().equals(id))
      throw new IllegalArgumentException("looked up " + says + " instead of " + id);
    return says;
  }

  @Nullable Withdrawal numbered(String account, long number) {
    Withdrawal withdrawal = withdrawals.get(number);
    return withdrawal != null && withdrawal.account().equals(account) ? withdrawal : null;
  }

  private long vaults(Vault vault) {
    return vaults.getOrDefault(vault, 0L);
  }

  // Texts that are signed have no spaces.

  private static String accountName(String asset, String account) {
    return asset + ' ' + account;
  }

  private static String addressName(String asset, String chain, String address) {
    return asset + ' ' + chain + ' ' + address;
  }

  private static String knownName(String account, String chain, String address) {
    return account + ' ' + chain + ' ' + address;
  }

  private static CustodyDecision accept(CustodyEvent... events) {
    return new Accepted(List.of(events));
  }

  private static CustodyDecision refuse(CustodyRefusal why) {
    return new Refused(why, List.of());
  }

  // ---- apply

  /**
   * Records what was decided; judges nothing again.
   *
   * @throws IllegalStateException when the event cannot follow: the journal is wrong
   */
  public void apply(CustodyEvent event) {
    if (event.number() != events + 1)
      throw new IllegalStateException("event " + event.number() + " follows " + events);
    events = event.number();
    atMs = Math.max(atMs, event.atMs());
    switch (event) {
      case CustodiansAdopted adopted -> set = adopted.set();
      case DepositAttested attested -> record(attested);
      case DepositConfirmed confirmed -> record(confirmed);
      case DepositCredited credited -> {
        String id = Deposit.id(credited.chain(), credited.transaction());
        deposits.put(id, known(id).credited());
      }
      case WithdrawalRequested requested -> record(requested);
      case OfWithdrawal of -> record(of);
    }
  }

  private void record(DepositAttested event) {
    if (event.forgottenThroughBlock() != Long.MIN_VALUE) {
      forgottenAtEvent = event.number();
      forgottenThroughBlock.merge(event.chain(), event.forgottenThroughBlock(), Math::max);
      deposits
          .values()
          .removeIf(
              deposit ->
                  deposit.content().chain().equals(event.chain())
                      && deposit.content().block() <= event.forgottenThroughBlock()
                      && deposit.forgettable(set.version(), event.atMs()));
    }
    String id = Deposit.id(event.chain(), event.transaction());
    Deposit before = deposits.get(id);
    Deposit.Claim claim = event.claim();
    if (before == null) {
      deposits.put(id, Deposit.first(claim));
    } else {
      Deposit after = before.with(claim);
      deposits.put(
          id,
          event.conflicting()
              ? after
              : new Deposit(claim.content(), after.claims(), after.stage()));
    }
  }

  private void record(DepositConfirmed event) {
    Deposit deposit = known(event.content().depositId());
    if (deposit.stage() != Deposit.Stage.ATTESTED)
      throw new IllegalStateException("confirmed twice: " + event.content().depositId());
    deposits.put(event.content().depositId(), deposit.confirmed(event.content()));
    vaults.merge(new Vault(event.asset(), event.chain()), event.amount(), Math::addExact);
  }

  private Deposit known(String depositId) {
    Deposit deposit = deposits.get(depositId);
    if (deposit == null) throw new IllegalStateException("nobody attested " + depositId);
    return deposit;
  }

  private void record(WithdrawalRequested event) {
    if (event.forgottenThroughMs() != Long.MIN_VALUE) {
      forgottenAtEvent = event.number();
      forgottenThroughMs = Math.max(forgottenThroughMs, event.forgottenThroughMs());
      withdrawals
          .values()
          .removeIf(
              one ->
                  one.state() instanceof State.Closed
                      && one.expiresAtMs() <= event.forgottenThroughMs()
                      && numbers.remove(one.key()) != null);
    }
    Withdrawal withdrawal = Withdrawal.of(event);
    if (numbers.containsKey(withdrawal.key()))
      throw new IllegalStateException("asked for twice: " + withdrawal.key());
    put(withdrawal);
    promise(withdrawal, withdrawal.amount());
    String asset = withdrawal.asset();
    askedHour.add(asset, event.atMs(), event.amount());
    askedDay.add(asset, event.atMs(), event.amount());
    byAccount.add(accountName(asset, event.account()), event.atMs(), event.amount());
    byAddress.add(addressName(asset, event.chain(), event.address()), event.atMs(), event.amount());
  }

  private void put(Withdrawal withdrawal) {
    withdrawals.put(withdrawal.number(), withdrawal);
    numbers.put(withdrawal.key(), withdrawal.number());
  }

  private void promise(Withdrawal withdrawal, long amount) {
    promised.merge(
        new Vault(withdrawal.asset(), withdrawal.chain()),
        amount,
        (before, more) -> before + more == 0 ? null : before + more);
  }

  private void record(OfWithdrawal event) {
    Withdrawal before = numbered(event.account(), event.withdrawal());
    if (before == null)
      throw new IllegalStateException("nobody asked for withdrawal " + event.withdrawal());
    withdrawals.put(before.number(), before.after(event));
    if (!(event instanceof WithdrawalEnded ended)) return;
    promise(before, -before.amount());
    if (ended.outcome() == Outcome.SETTLED) settle(before, event.atMs());
    else takeBack(before);
  }

  private void settle(Withdrawal withdrawal, long now) {
    Vault vault = new Vault(withdrawal.asset(), withdrawal.chain());
    long left = vaults(vault) - withdrawal.amount();
    if (left < 0) throw new IllegalStateException("more left " + vault + " than was there");
    vaults.put(vault, left);
    leftHour.add(withdrawal.asset(), now, withdrawal.amount());
    leftDay.add(withdrawal.asset(), now, withdrawal.amount());
    String address = knownName(withdrawal.account(), withdrawal.chain(), withdrawal.address());
    knownAddresses.remove(address);
    knownAddresses.put(address, true);
    // Who was forgotten waits like everybody whose address is new.
    if (knownAddresses.size() > NAMES_MAX)
      knownAddresses.remove(knownAddresses.keySet().iterator().next());
  }

  /** What never left frees the limits that it counted in. */
  private void takeBack(Withdrawal withdrawal) {
    long then = withdrawal.requestedAtMs();
    String asset = withdrawal.asset();
    askedHour.takeBack(asset, then, withdrawal.amount());
    askedDay.takeBack(asset, then, withdrawal.amount());
    byAccount.takeBack(accountName(asset, withdrawal.account()), then, withdrawal.amount());
    byAddress.takeBack(
        addressName(asset, withdrawal.chain(), withdrawal.address()), then, withdrawal.amount());
  }

  /** This state. */
  public CustodySnapshot snapshot() {
    List<CustodySnapshot.Forgotten> forgotten = new ArrayList<>();
    forgottenThroughBlock.forEach(
        (chain, block) -> forgotten.add(new CustodySnapshot.Forgotten(chain, block)));
    return new CustodySnapshot(
        events,
        atMs,
        set,
        vaults(),
        List.copyOf(deposits.values()),
        forgotten,
        withdrawals.values().stream().map(CustodySnapshot.WithdrawalState::of).toList(),
        forgottenThroughMs,
        forgottenAtEvent,
        askedHour.windows(),
        askedDay.windows(),
        leftHour.windows(),
        leftDay.windows(),
        byAccount.windows(),
        byAddress.windows(),
        List.copyOf(knownAddresses.keySet()));
  }
}
