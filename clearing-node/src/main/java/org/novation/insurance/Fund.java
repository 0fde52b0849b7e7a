package org.novation.insurance;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.insurance.FundCommand.CheckGate;
import org.novation.insurance.FundCommand.Contribute;
import org.novation.insurance.FundCommand.ReserveDraw;
import org.novation.insurance.FundCommand.SettleDraw;
import org.novation.insurance.FundDecision.Accepted;
import org.novation.insurance.FundDecision.LookUp;
import org.novation.insurance.FundDecision.Refused;
import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.insurance.FundEvent.GateChanged;
import org.novation.insurance.FundSnapshot.Contribution;
import org.novation.insurance.FundSnapshot.Used;
import org.novation.money.Fixed;

/**
 * The insurance fund of one risk pool, as its journal tells it. {@link #decide} reads only this
 * state and its arguments; {@link #apply} alone changes it and throws on an event that cannot
 * follow. Owned by one thread at a time. Amounts in micros.
 */
public final class Fund {
  /** Movements that are kept in memory; the journal is the whole history. */
  public static final int HISTORY_MAX = 500;

  /** How far ahead of the house's clock an id may have been given out. */
  public static final long SKEW_MS = 60_000;

  /**
   * How long a debt waits at most for what another draw of its liquidation may give back. An
   * auction tells what it took seconds after its end, minutes where its node was lost; one that
   * never does must not keep its seller in debt for ever.
   */
  public static final long DEBT_WAITS_MS = 600_000;

  private long events;
  private long atMs = Long.MIN_VALUE;
  private long house;
  private long balance;
  private long reserved;
  private long contributed;
  private long paid;
  private boolean gateOpen;
  private long dayStartMs = Long.MIN_VALUE;
  private long dayUsed;
  private long blockStartMs = Long.MIN_VALUE;
  private final Map<String, Long> blockUsed = new LinkedHashMap<>();
  private final Map<String, Long> liquidationUsed = new HashMap<>(); // Of the draws remembered.
  private final Map<String, Long> liquidationHeld = new HashMap<>(); // Of those not settled.
  private final PeakWindow peaks;
  private final IdMemory<Draw> draws = new IdMemory<>();
  private final IdMemory<Contribution> contributions = new IdMemory<>();
  private final Deque<Movement> history = new ArrayDeque<>();

  /** A fund that nothing has happened to. */
  public Fund() {
    this.peaks = new PeakWindow(List.of());
  }

  /** The fund that a snapshot was taken of. */
  public Fund(FundSnapshot snapshot) {
    events = snapshot.number();
    atMs = snapshot.atMs();
    house = snapshot.houseMicros();
    balance = snapshot.balanceMicros();
    reserved = snapshot.reservedMicros();
    contributed = snapshot.contributedMicros();
    paid = snapshot.paidMicros();
    gateOpen = snapshot.gateOpen();
    dayStartMs = snapshot.dayStartMs();
    dayUsed = snapshot.dayUsedMicros();
    blockStartMs = snapshot.blockStartMs();
    snapshot.blockUsed().forEach(used -> blockUsed.put(used.account(), used.micros()));
    peaks = new PeakWindow(snapshot.peaks());
    draws.restore(snapshot.draws(), snapshot.drawsForgottenThroughMs(), events);
    countDraws();
    contributions.restore(
        snapshot.contributions(), snapshot.contributionsForgottenThroughMs(), events);
    history.addAll(snapshot.history());
    requireSound();
  }

  // ---- what it says

  /** How many events made this state; the sequence number of the last. */
  public long events() {
    return events;
  }

  /** The house's tranche, which pays first. */
  public long houseMicros() {
    return house;
  }

  /** The fund behind it. */
  public long balanceMicros() {
    return balance;
  }

  /** Held for draws that are not settled. */
  public long reservedMicros() {
    return reserved;
  }

  /** What a draw could get, but for the caps: tranche and balance. */
  public long availableMicros() {
    return house + balance;
  }

  /** All money that is here: what the house's books count as the fund's. */
  public long heldMicros() {
    return house + balance + reserved;
  }

  /** Everything that ever came in. */
  public long contributedMicros() {
    return contributed;
  }

  /** Everything that was ever paid out. */
  public long paidMicros() {
    return paid;
  }

  /** Whether auto-deleveraging may start, as of the last decision. */
  public boolean gateOpen() {
    return gateOpen;
  }

  /** The highest that was available within the policy's window. */
  public long peakMicros(FundPolicy policy, long nowMs) {
    return peaks.peakMicros(Math.max(nowMs, atMs), policy.peakWindowMs(), availableMicros());
  }

  /** What was granted in the day (UTC) of this time and has not been given back. */
  public long dayUsedMicros(long nowMs) {
    return aligned(Math.max(nowMs, atMs), FundPolicy.DAY_MS) == dayStartMs ? dayUsed : 0;
  }

  /**
   * What the draws of a liquidation were granted and have not given back, as far as they are
   * remembered.
   */
  public long liquidationUsedMicros(String liquidation) {
    return liquidationUsed.getOrDefault(liquidation, 0L);
  }

  /** What is remembered of a draw; null when it is unknown or forgotten. */
  public @Nullable Draw draw(String liquidationId) {
    return draws.find(liquidationId);
  }

  /**
   * Draws that are not settled, whose money is held until they are. The fund asks nobody: the
   * account or the auction that uses the money tells it what was paid until it has answered,
   * through restarts of either.
   */
  public List<Draw> openDraws() {
    return draws.all().stream().filter(draw -> !draw.settled()).toList();
  }

  /** The newest movements, oldest first, at most {@link #HISTORY_MAX}. */
  public List<Movement> history() {
    return List.copyOf(history);
  }

  // ---- decide

  /**
   * Judges a command. A repeated one is accepted without events: {@link #draw} has its answer.
   *
   * @param nowMs house time
   */
  public FundDecision decide(FundCommand command, FundTerms terms, long nowMs) {
    return judge(command, terms, nowMs, null);
  }

  /**
   * The same once the journal was looked up, for {@link FundDecision.LookUp}. Accepted without
   * events: if {@link #draw} does not know the answer, {@link JournalSays#draw} is it. The answer
   * may be to look up again, when ids were forgotten meanwhile.
   *
   * @param says of the id that was to be looked up
   */
  public FundDecision decide(FundCommand command, FundTerms terms, long nowMs, JournalSays says) {
    return judge(command, terms, nowMs, says);
  }

  private FundDecision judge(
      FundCommand command, FundTerms terms, long nowMs, @Nullable JournalSays says) {
    long now = Math.max(nowMs, atMs); // Time never runs backwards here, whatever the clock does.
    return switch (command) {
      case Contribute contribute -> decideContribution(contribute, terms, now, says);
      case ReserveDraw draw -> decideDraw(draw, terms, now, says);
      case SettleDraw settle -> decideSettlement(settle, terms, now, says);
      case CheckGate _ -> accept(terms, now, 0, List.of());
    };
  }

  private FundDecision decideContribution(
      Contribute asked, FundTerms terms, long now, @Nullable JournalSays says) {
    if (asked.amountMicros() <= 0) {
      return refuse(new FundRefusal.AmountNotPositive(asked.amountMicros()));
    }
    Contribution content =
        new Contribution(
            asked.id(), asked.cause(), asked.account(), asked.amountMicros(), asked.issuedAtMs());
    Contribution known = contributions.find(asked.id());
    if (known == null && says != null) known = about(asked.id(), says).contribution();
    if (known != null) {
      return known.equals(content)
          ? new Accepted(List.of())
          : refuse(new FundRefusal.DuplicateWithOtherContent(asked.id()));
    }
    if (contributions.mustLookUp(asked.issuedAtMs(), says)) return new LookUp(asked.id());
    FundRefusal early = early(asked.issuedAtMs(), now);
    if (early != null) return refuse(early);
    if (asked.amountMicros() > Long.MAX_VALUE - contributed) {
      return refuse(new FundRefusal.TooLarge(asked.amountMicros()));
    }
    return accept(
        terms,
        now,
        asked.amountMicros(),
        List.of(
            new Contributed(
                events + 1,
                now,
                asked.id(),
                asked.cause(),
                asked.account(),
                asked.amountMicros(),
                asked.issuedAtMs(),
                contributions.sweep(terms.policy().remembered()),
                terms.parameterVersion())));
  }

  private FundDecision decideDraw(
      ReserveDraw asked, FundTerms terms, long now, @Nullable JournalSays says) {
    if (asked.amountMicros() <= 0) {
      return refuse(new FundRefusal.AmountNotPositive(asked.amountMicros()));
    }
    Draw known = draws.find(asked.liquidationId());
    if (known == null && says != null) known = about(asked.liquidationId(), says).draw();
    if (known != null) {
      // Not by the liquidation that it counts in: those of before that was said name none.
      boolean same =
          known.account().equals(asked.account())
              && known.requestedMicros() == asked.amountMicros()
              && known.issuedAtMs() == asked.issuedAtMs();
      return same
          ? new Accepted(List.of())
          : refuse(new FundRefusal.DuplicateWithOtherContent(asked.liquidationId()));
    }
    if (draws.mustLookUp(asked.issuedAtMs(), says)) return new LookUp(asked.liquidationId());
    FundRefusal early = early(asked.issuedAtMs(), now);
    if (early != null) return refuse(early);
    FundPolicy policy = terms.policy();
    long forget = draws.sweep(policy.remembered());
    boolean full = draws.size() >= policy.remembered() && forget == Long.MIN_VALUE;
    long block = Math.max(blockStartMs, aligned(now, policy.blockMs()));
    long day = Math.max(dayStartMs, aligned(now, FundPolicy.DAY_MS));
    boolean sameBlock = block == blockStartMs;
    boolean crowded =
        sameBlock
            && blockUsed.size() >= policy.remembered()
            && !blockUsed.containsKey(asked.account());
    if (full || crowded) return refuse(new FundRefusal.Busy(policy.remembered()));
    long usedByAccount = sameBlock ? blockUsed.getOrDefault(asked.account(), 0L) : 0;
    long usedToday = day == dayStartMs ? dayUsed : 0;
    long granted = asked.amountMicros();
    Cap boundBy = Cap.NONE;
    for (Cap cap : Cap.values()) {
      long most =
          switch (cap) {
            case NONE -> asked.amountMicros();
            case BALANCE -> availableMicros();
            case EVENT -> policy.eventCapMicros() - liquidationUsedMicros(asked.ofLiquidation());
            case ACCOUNT_BLOCK -> policy.accountBlockCapMicros() - usedByAccount;
            case DAY -> policy.dayCapMicros() - usedToday;
          };
      if (most >= granted) continue;
      granted = Math.max(0, most); // Below zero after a cap was lowered.
      boundBy = cap;
    }
    // A grant is final: what the liquidation's own pledge gives back would come too late, and
    // winners would have paid what the fund has.
    boolean more =
        granted < asked.amountMicros() && liquidationHeld.containsKey(asked.ofLiquidation());
    if (more && asked.forDebt() && now - asked.issuedAtMs() < DEBT_WAITS_MS)
      return refuse(new FundRefusal.Busy(1));
    long fromHouse = Math.min(granted, house);
    return accept(
        terms,
        now,
        -granted,
        List.of(
            new DrawReserved(
                events + 1,
                now,
                asked.liquidationId(),
                asked.account(),
                asked.amountMicros(),
                asked.issuedAtMs(),
                fromHouse,
                granted - fromHouse,
                boundBy,
                block,
                day,
                forget,
                terms.parameterVersion(),
                asked.ofLiquidation(),
                policy.eventCapMicros())));
  }

  private FundDecision decideSettlement(
      SettleDraw asked, FundTerms terms, long now, @Nullable JournalSays says) {
    Draw draw = draws.find(asked.liquidationId());
    if (draw == null) {
      // It tells no time, and what is still open is not forgotten.
      if (draws.mustLookUp(draws.forgottenThroughMs(), says))
        return new LookUp(asked.liquidationId());
      if (says != null) draw = about(asked.liquidationId(), says).draw();
      if (draw == null) return decideAgainst(asked, terms, now);
    }
    if (draw.settled()) {
      return draw.paidMicros() == asked.paidMicros()
          ? new Accepted(List.of())
          : refuse(new FundRefusal.DuplicateWithOtherContent(asked.liquidationId()));
    }
    if (asked.paidMicros() < 0) {
      return refuse(new FundRefusal.AmountNotPositive(asked.paidMicros()));
    }
    long returned = draw.grantedMicros() - asked.paidMicros();
    if (returned < 0) {
      return refuse(new FundRefusal.BeyondGrant(asked.paidMicros(), draw.grantedMicros()));
    }
    // What the house granted is spent first, so the balance is the first to get something back.
    long toBalance = Math.min(returned, draw.balanceMicros());
    return accept(
        terms,
        now,
        returned,
        List.of(
            new DrawSettled(
                events + 1,
                now,
                asked.liquidationId(),
                draw.account(),
                asked.paidMicros(),
                returned - toBalance,
                toBalance,
                terms.parameterVersion())));
  }

  /**
   * Nothing is needed of a draw that was not asked for, or whose question is still on its way: it
   * is recorded as a draw of nothing, so that it holds nothing when it comes.
   */
  private FundDecision decideAgainst(SettleDraw asked, FundTerms terms, long now) {
    if (asked.paidMicros() != 0) return refuse(new FundRefusal.UnknownDraw(asked.liquidationId()));
    FundPolicy policy = terms.policy();
    long forget = draws.sweep(policy.remembered());
    if (draws.size() >= policy.remembered() && forget == Long.MIN_VALUE)
      return refuse(new FundRefusal.Busy(policy.remembered()));
    return accept(
        terms,
        now,
        0,
        List.of(
            new DrawReserved(
                events + 1,
                now,
                asked.liquidationId(),
                "",
                0,
                now,
                0,
                0,
                Cap.NONE,
                Math.max(blockStartMs, aligned(now, policy.blockMs())),
                Math.max(dayStartMs, aligned(now, FundPolicy.DAY_MS)),
                forget,
                terms.parameterVersion(),
                "",
                policy.eventCapMicros())));
  }

  private static @Nullable FundRefusal early(long issuedAtMs, long now) {
    return issuedAtMs > now + SKEW_MS
        ? new FundRefusal.InTheFuture(issuedAtMs, now + SKEW_MS)
        : null;
  }

  private static JournalSays about(String id, JournalSays says) {
    if (!says.id().equals(id)) {
      throw new IllegalArgumentException("looked up " + says.id() + " instead of " + id);
    }
    return says;
  }

  /** The events, and the change of the gate that they bring about. */
  private Accepted accept(FundTerms terms, long now, long change, List<FundEvent> events) {
    FundPolicy policy = terms.policy();
    long before = availableMicros();
    long after = before + change;
    long peak = Math.max(after, peaks.peakMicros(now, policy.peakWindowMs(), before));
    boolean open =
        after == 0
            || (gateOpen
                ? below(after, peak, policy.stopPpm())
                : !above(after, peak, policy.startPpm()));
    if (open == gateOpen) return new Accepted(events);
    List<FundEvent> all = new ArrayList<>(events);
    long number = this.events + events.size() + 1;
    all.add(new GateChanged(number, now, open, after, peak, terms.parameterVersion()));
    return new Accepted(all);
  }

  /** Whether a level lies more than so far below its peak. */
  private static boolean below(long level, long peak, long ppm) {
    return Fixed.compareProducts(level, Fixed.PPM, peak, Fixed.PPM - ppm) < 0;
  }

  /** Whether a level lies less than so far below its peak. */
  private static boolean above(long level, long peak, long ppm) {
    return Fixed.compareProducts(level, Fixed.PPM, peak, Fixed.PPM - ppm) > 0;
  }

  private static long aligned(long timeMs, long lengthMs) {
    return Math.floorDiv(timeMs, lengthMs) * lengthMs;
  }

  private static FundDecision refuse(FundRefusal why) {
    return new Refused(why);
  }

  // ---- apply

  /**
   * Records what was decided; judges nothing again.
   *
   * @throws IllegalStateException when the event cannot follow: the journal is wrong
   */
  public void apply(FundEvent event) {
    if (event.number() != events + 1) {
      throw new IllegalStateException("event " + event.number() + " follows " + events);
    }
    long before = availableMicros();
    switch (event) {
      case Contributed contributed -> record(contributed);
      case DrawReserved reserved -> record(reserved);
      case DrawSettled settled -> record(settled);
      case GateChanged changed -> gateOpen = changed.open();
    }
    events = event.number();
    atMs = Math.max(atMs, event.atMs());
    if (availableMicros() != before) peaks.move(atMs, before, availableMicros());
    requireSound();
  }

  private void record(Contributed event) {
    long amount = event.amountMicros();
    contributed = Math.addExact(contributed, amount);
    if (event.cause() == Cause.HOUSE) house += amount;
    else balance += amount;
    contributions.forgetThrough(event.forgottenThroughMs(), event.number());
    contributions.put(Contribution.of(event));
    note(event, Movement.of(event.cause()), event.id(), event.account(), amount);
  }

  private void record(DrawReserved event) {
    long granted = event.houseMicros() + event.balanceMicros();
    house -= event.houseMicros();
    balance -= event.balanceMicros();
    reserved += granted;
    if (event.blockStartMs() != blockStartMs) {
      blockStartMs = event.blockStartMs();
      blockUsed.clear();
    }
    if (event.dayStartMs() != dayStartMs) {
      dayStartMs = event.dayStartMs();
      dayUsed = 0;
    }
    use(event.account(), granted);
    draws.forgetThrough(event.forgottenThroughMs(), event.number());
    if (event.forgottenThroughMs() != Long.MIN_VALUE) countDraws();
    Draw draw = Draw.of(event);
    draws.put(draw);
    count(draw);
    note(event, Movement.Kind.RESERVED, event.liquidationId(), event.account(), -granted);
  }

  private void record(DrawSettled event) {
    Draw draw = draws.find(event.liquidationId());
    if (draw == null || draw.settled() || !draw.account().equals(event.account())) {
      throw new IllegalStateException("no open draw " + event.liquidationId());
    }
    long returned = event.returnedHouseMicros() + event.returnedBalanceMicros();
    if (event.paidMicros() + returned != draw.grantedMicros()) {
      throw new IllegalStateException("a draw is settled with another sum than it holds");
    }
    house += event.returnedHouseMicros();
    balance += event.returnedBalanceMicros();
    reserved -= draw.grantedMicros();
    paid = Math.addExact(paid, event.paidMicros());
    if (draw.dayStartMs() == dayStartMs) dayUsed -= returned;
    if (draw.blockStartMs() == blockStartMs) {
      blockUsed.computeIfPresent(draw.account(), (_, used) -> used - returned);
    }
    liquidationUsed.computeIfPresent(draw.ofLiquidation(), (_, used) -> used - returned);
    liquidationHeld.computeIfPresent(
        draw.ofLiquidation(),
        (_, held) -> held == draw.grantedMicros() ? null : held - draw.grantedMicros());
    draws.put(draw.settledWith(event.paidMicros()));
    note(event, Movement.Kind.SETTLED, event.liquidationId(), event.account(), returned);
  }

  private void use(String account, long granted) {
    dayUsed += granted;
    if (granted > 0) blockUsed.merge(account, granted, Long::sum);
  }

  private void countDraws() {
    liquidationUsed.clear();
    liquidationHeld.clear();
    for (Draw draw : draws.all()) count(draw);
  }

  private void count(Draw draw) {
    if (draw.countsMicros() > 0)
      liquidationUsed.merge(draw.ofLiquidation(), draw.countsMicros(), Long::sum);
    if (!draw.settled())
      liquidationHeld.merge(draw.ofLiquidation(), draw.grantedMicros(), Long::sum);
  }

  private void note(FundEvent event, Movement.Kind kind, String id, String account, long amount) {
    if (history.size() == HISTORY_MAX) history.removeFirst();
    history.addLast(
        new Movement(
            event.number(), event.atMs(), kind, id, account, amount, house, balance, reserved));
  }

  private void requireSound() {
    if (house < 0 || balance < 0 || reserved < 0) {
      throw new IllegalStateException(
          "a fund is negative: " + house + " + " + balance + " + " + reserved);
    }
    if (heldMicros() != contributed - paid) {
      throw new IllegalStateException(
          "a fund holds " + heldMicros() + " but has " + contributed + " less " + paid);
    }
  }

  /** This state. */
  public FundSnapshot snapshot() {
    List<Used> used = new ArrayList<>();
    blockUsed.forEach((account, micros) -> used.add(new Used(account, micros)));
    return new FundSnapshot(
        events,
        atMs,
        house,
        balance,
        reserved,
        contributed,
        paid,
        gateOpen,
        dayStartMs,
        dayUsed,
        blockStartMs,
        used,
        peaks.entries(),
        List.copyOf(draws.all()),
        draws.forgottenThroughMs(),
        List.copyOf(contributions.all()),
        contributions.forgottenThroughMs(),
        List.copyOf(history));
  }
}
