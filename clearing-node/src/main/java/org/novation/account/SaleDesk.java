package org.novation.account;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.account.Batch.Settlement;
import org.novation.account.Batch.Step;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.deleveraging.WaveStep;
import org.novation.instrument.Coins;
import org.novation.liquidation.LotBudget;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.AuctionEvent.EndCause;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;

/**
 * One account's part in the default waterfall between two writes: parts of slices that it holds as
 * a bidder, settlements, transfers and steps that wait for the next write, and answers that wait
 * for a leg to arrive. All of it is volatile and harmless to lose; whoever fails to write what
 * {@link #decide} decided must discard the desk with it, and tell nobody.
 *
 * @param <C> how an auction is addressed
 * @param <K> how a coordinator is addressed
 * @param <A> how another account is addressed
 */
public final class SaleDesk<C, K, A> {
  /** Most parts of slices held at once. */
  public static final int HOLDS_MAX = 1_024;

  /** Most of each kind that wait for one write; beyond, whoever asked asks again. */
  public static final int WAITING_MAX = 65_536;

  /**
   * House time for which a step waits for a price or a brake: beyond, the answer is no, for ever. A
   * feed that stutters is back by then, and a wave, which waits for every answer, keeps withdrawals
   * closed while it does.
   */
  public static final long STEP_PATIENCE_MS = 30_000;

  /** What margin is held for; of coins, in no instrument, their cost alone. */
  private record HeldLeg(int instrument, long lots, long notionalMicros) {}

  private static final int COINS = -1;

  private record Held(long expiresMs, List<HeldLeg> legs) {}

  private record ToSettle<C>(
      String auctionId,
      String bidId,
      String bidder,
      Allocation allocation,
      long deadlineMs,
      C auction) {}

  private record ToHandOver<C>(
      String auctionId, EndCause cause, C auction, Batch.@Nullable Grant grant) {}

  private record ToTake<A>(long outboxNumber, Transfer transfer, A from) {}

  private record ToDo<K>(
      long wave, WaveStep step, Trade trade, long lookBackMs, boolean searched, K coordinator) {}

  private record Granted(String liquidationId, long micros) {}

  /** A step that could not be done yet. */
  private record HeldUp(String stepId, long sinceMs) {}

  /**
   * What one batch decided, to be told once it is written.
   *
   * @param settlements the answers to auctions
   * @param over auctions that need not say again that they are over
   * @param taken outbox numbers of transfers that are on the books, with who delivered them
   * @param steps the answers to coordinators
   */
  public record Decided<C, K, A>(
      List<SettlementAnswer<C>> settlements,
      List<C> over,
      List<Taken<A>> taken,
      List<StepAnswer<K>> steps) {
    /** Of a desk that has nothing to decide. */
    static <C, K, A> Decided<C, K, A> nothing() {
      return new Decided<>(List.of(), List.of(), List.of(), List.of());
    }
  }

  /** The answer to one settlement. */
  public record SettlementAnswer<C>(
      String bidId, String bidder, Allocation allocation, Settlement answer, C auction) {}

  /** A transfer that is on the books. */
  public record Taken<A>(String transferId, long outboxNumber, A from) {}

  /** The answer to one step. */
  public record StepAnswer<K>(long wave, WaveStep step, Trade trade, Step answer, K coordinator) {}

  private final Holds sums;
  private Map<String, Held> held = Map.of();
  private long firstExpiryMs = Long.MAX_VALUE; // Of what is held, or was and is not any more.
  private List<ToSettle<C>> toSettle = List.of();
  private List<ToHandOver<C>> toHandOver = List.of();
  private List<ToTake<A>> toTake = List.of();
  private List<ToDo<K>> toDo = List.of();
  private @Nullable LotBudget budget;
  private @Nullable Granted granted;
  private @Nullable HeldUp heldUp; // A wave asks one step at a time of an account.
  private Map<Long, StepAnswer<K>> closings = Map.of(); // Whose other leg is on its way.

  /**
   * @param sums where holds are added up, with those of trades
   */
  public SaleDesk(Holds sums) {
    this.sums = sums;
  }

  // ---- as a bidder, answered at once

  /**
   * Holds a part of a slice; null when it is held, now or before, or on the books. What is held
   * already is held for longer, if that is later.
   *
   * @param wallMs now, in wall time
   * @param untilMs likewise: not before nobody can sell it to this account any more
   */
  public @Nullable Rejection hold(
      Account account,
      String auctionId,
      String bidId,
      Allocation allocation,
      MarketView view,
      long wallMs,
      long untilMs) {
    String id = Account.transferId(auctionId, bidId);
    if (!account.open() || !HouseAccount.trades(account.id()))
      return new Rejection.UnknownAccount(account.id());
    if (account.bookedBy(Account.transferFingerprint(id)) != 0) return null;
    expire(wallMs);
    Held before = held.get(id);
    if (before != null) {
      held.put(id, new Held(Math.max(before.expiresMs, untilMs), before.legs));
      return null;
    }
    if (held.size() >= HOLDS_MAX) return new Rejection.TooLarge(account.id());
    Rejection why = SliceJudgement.of(account.id(), account.portfolio(), sums, allocation, view);
    if (why != null) return why;
    List<HeldLeg> legs = new ArrayList<>(allocation.legs().size());
    for (Allocation.Leg leg : allocation.legs()) {
      if (Coins.are(leg.instrument())) {
        long cost = SliceJudgement.coinsCostMicros(account.portfolio(), leg, view);
        sums.addCoins(cost);
        legs.add(new HeldLeg(COINS, 0, cost));
        continue;
      }
      int instrument = view.catalogue().instrumentListed(leg.instrument());
      long notional =
          view.catalogue().perpetual(instrument).notionalMicros(leg.priceTicks(), leg.lots());
      sums.add(instrument, leg.lots(), notional);
      legs.add(new HeldLeg(instrument, leg.lots(), notional));
    }
    if (held.isEmpty()) held = new LinkedHashMap<>(4);
    held.put(id, new Held(untilMs, legs));
    firstExpiryMs = Math.min(firstExpiryMs, untilMs);
    return null;
  }

  /** Frees what was held for a bid. */
  public void release(String auctionId, String bidId) {
    free(Account.transferId(auctionId, bidId));
  }

  /** Frees what has expired. */
  public void expire(long wallMs) {
    if (wallMs < firstExpiryMs) return;
    firstExpiryMs = Long.MAX_VALUE;
    Iterator<Held> each = held.values().iterator();
    while (each.hasNext()) {
      Held hold = each.next();
      if (hold.expiresMs > wallMs) {
        firstExpiryMs = Math.min(firstExpiryMs, hold.expiresMs);
      } else {
        each.remove();
        forget(hold);
      }
    }
    if (held.isEmpty()) held = Map.of();
  }

  /** Whether a part of a slice is held. */
  boolean holds(String auctionId, String bidId) {
    return held.containsKey(Account.transferId(auctionId, bidId));
  }

  private void free(String transferId) {
    if (held.isEmpty()) return;
    Held hold = held.remove(transferId);
    if (hold != null) forget(hold);
    if (held.isEmpty()) held = Map.of();
  }

  private void forget(Held hold) {
    for (HeldLeg leg : hold.legs) {
      if (leg.instrument == COINS) sums.removeCoins(leg.notionalMicros);
      else sums.remove(leg.instrument, leg.lots, leg.notionalMicros);
    }
  }

  // ---- gathered

  /** Gathers a settlement of the account's own slice. */
  public void settle(
      String auctionId,
      String bidId,
      String bidder,
      Allocation allocation,
      long deadlineMs,
      C auction) {
    if (toSettle.size() >= WAITING_MAX) return;
    toSettle =
        Sparse.plus(
            toSettle, new ToSettle<>(auctionId, bidId, bidder, allocation, deadlineMs, auction));
  }

  /**
   * Gathers word that an auction of the account's own slice is over.
   *
   * @param grant of the fund for what the account will owe; null while it was not asked
   */
  public void over(String auctionId, EndCause cause, C auction, Batch.@Nullable Grant grant) {
    if (toHandOver.size() >= WAITING_MAX) return;
    toHandOver = Sparse.plus(toHandOver, new ToHandOver<>(auctionId, cause, auction, grant));
  }

  /**
   * Gathers a transfer that is not known, by memory or by the journal, to be on the books; false
   * when too many wait.
   */
  public boolean take(long outboxNumber, Transfer transfer, A from) {
    if (toTake.size() >= WAITING_MAX) return false;
    toTake = Sparse.plus(toTake, new ToTake<>(outboxNumber, transfer, from));
    return true;
  }

  /**
   * Gathers a step of a wave.
   *
   * @param lookBackMs of a taking, for realised profit
   * @param searched whether the journal was asked for the step's trade and does not know it
   */
  public void step(
      long wave,
      WaveStep step,
      String defaulter,
      long executedAtMs,
      long lookBackMs,
      boolean searched,
      K coordinator) {
    if (toDo.size() >= WAITING_MAX) return;
    Trade trade =
        step.kind() == WaveStep.Kind.CLOSE
            ? step.trade(HouseAccount.VENUE, defaulter, executedAtMs)
            : NO_TRADE;
    toDo = Sparse.plus(toDo, new ToDo<>(wave, step, trade, lookBackMs, searched, coordinator));
  }

  private static final Trade NO_TRADE = new Trade("", "", "", 1, 1, "b", "s", 0);

  /** The markets granted so much: with the next write a slice is cut. */
  public void cut(LotBudget granting) {
    budget = granting;
  }

  /** The fund granted so much for the debt of a closed account. */
  public void grant(String liquidationId, long micros) {
    granted = new Granted(liquidationId, micros);
  }

  // ---- until the other account has its leg

  /** Keeps the answer to a closing until its other leg, of this outbox number, has arrived. */
  public void awaitLeg(long outboxNumber, StepAnswer<K> answer) {
    if (closings.isEmpty()) closings = new HashMap<>();
    closings.put(outboxNumber, answer);
  }

  /** The answer that was kept for it; null when none was. */
  public @Nullable StepAnswer<K> legArrived(long outboxNumber) {
    if (closings.isEmpty()) return null;
    StepAnswer<K> answer = closings.remove(outboxNumber);
    if (closings.isEmpty()) closings = Map.of();
    return answer;
  }

  // ---- decided

  /** Whether something waits for the next write. */
  public boolean hasWork() {
    return hasGrant()
        || !toSettle.isEmpty()
        || !toHandOver.isEmpty()
        || !toTake.isEmpty()
        || !toDo.isEmpty();
  }

  /** Whether a new desk is as good as this one. */
  public boolean isEmpty() {
    return held.isEmpty() && closings.isEmpty() && heldUp == null && !hasWork();
  }

  /** Whether the next write is to cut a slice, or to settle a debt. */
  public boolean hasGrant() {
    return budget != null || granted != null;
  }

  /** Decides everything gathered, before the trades of the same batch. */
  public Decided<C, K, A> decide(Batch batch, long wallMs) {
    expire(wallMs);
    List<StepAnswer<K>> steps = new ArrayList<>(0);
    for (ToDo<K> todo : toDo) {
      steps.add(
          new StepAnswer<>(
              todo.wave, todo.step, todo.trade, decide(batch, todo), todo.coordinator));
    }
    toDo = List.of();
    List<SettlementAnswer<C>> settlements = new ArrayList<>(0);
    for (ToSettle<C> todo : toSettle) {
      settlements.add(
          new SettlementAnswer<>(
              todo.bidId,
              todo.bidder,
              todo.allocation,
              batch.settle(
                  todo.auctionId, todo.bidId, todo.bidder, todo.allocation, todo.deadlineMs),
              todo.auction));
    }
    toSettle = List.of();
    List<C> over = new ArrayList<>(0);
    for (ToHandOver<C> todo : toHandOver) {
      Batch.HandOver answer =
          todo.cause == EndCause.STOOD_STILL
              ? batch.offerAnew(todo.auctionId)
              : batch.handOver(todo.auctionId, todo.grant);
      switch (answer) {
        case Batch.HandOver.Done _ -> over.add(todo.auction);
        case Batch.HandOver.NotNow _, Batch.HandOver.NeedsFund _ -> {} // It is said again.
      }
    }
    toHandOver = List.of();
    List<Taken<A>> taken = new ArrayList<>(0);
    for (ToTake<A> todo : toTake) {
      batch.take(todo.transfer);
      free(todo.transfer.id());
      taken.add(new Taken<>(todo.transfer.id(), todo.outboxNumber, todo.from));
    }
    toTake = List.of();
    Granted grant = granted;
    granted = null;
    if (grant != null) batch.settleDebt(grant.liquidationId, grant.micros);
    LotBudget granting = budget;
    budget = null;
    if (granting != null) batch.cut(granting);
    return new Decided<>(settlements, over, taken, steps);
  }

  private Step decide(Batch batch, ToDo<K> task) {
    WaveStep step = task.step;
    HeldUp before = heldUp;
    boolean same = before != null && before.stepId.equals(step.id());
    long sinceMs = before != null && same ? before.sinceMs : batch.houseMs();
    boolean patient = batch.houseMs() - sinceMs < STEP_PATIENCE_MS;
    Step answer =
        switch (step.kind()) {
          case CLOSE -> batch.close(task.trade, step.version(), task.searched, patient);
          case TAKE ->
              batch.takeProfit(task.wave, step.id(), step.parts(), task.lookBackMs, patient);
          case PAY -> batch.pay(task.wave, step.id(), step.micros());
        };
    if (answer instanceof Step.NotNow) heldUp = new HeldUp(step.id(), sinceMs);
    else if (same) heldUp = null;
    return answer;
  }
}
