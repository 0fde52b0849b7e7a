package org.novation.account;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.account.WaterfallSimulation.Fence;
import org.novation.account.WaterfallSimulation.Violation;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.Trade;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.RealisedWindow;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveRefusal;
import org.novation.deleveraging.WaveStep;
import org.novation.instrument.Coins;
import org.novation.instrument.Perpetual;
import org.novation.insurance.Cause;
import org.novation.insurance.Draw;
import org.novation.insurance.Fund;
import org.novation.insurance.FundEvent;
import org.novation.risk.Margin;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * Judges a simulated house by its journals: every event is seen once, as it is written, and after
 * every write the books must balance, with what is on its way between two journals.
 */
final class WaterfallLedger {
  private final WaterfallSimulation house;

  // On one account's books, and not yet on the other's.
  private final Map<Trade, Leg> trades = new HashMap<>();
  private final Map<String, Transfer> transfers = new LinkedHashMap<>();
  private final Map<String, SimulatedParty.Address> holders = new HashMap<>(); // By transfer.
  private final Map<String, Long> contributions = new LinkedHashMap<>();
  private final Map<String, Long> debtsPaid = new LinkedHashMap<>();
  private final Map<String, Long> fundMoneySold = new LinkedHashMap<>(); // By auction.
  private final Map<String, Long> taken = new LinkedHashMap<>(); // By step, unknown to the wave.
  private final Map<String, Long> paid = new LinkedHashMap<>(); // Likewise.

  private final Map<String, Long> remittances = new LinkedHashMap<>();
  private final Map<String, Long> feesDue = new LinkedHashMap<>(); // By account, until charged.

  // What has been, each once.
  private final Set<Trade> novated = new HashSet<>();
  private final Set<String> transfersTaken = new HashSet<>();
  private final Set<String> contributed = new HashSet<>();
  private final Set<String> stepsDone = new HashSet<>();
  private final Map<String, WaveStep> stepsPlanned = new HashMap<>();
  private final Map<String, String> sold = new TreeMap<>(); // Bidder by transfer id.
  private final Set<String> toldNothing = new HashSet<>(); // Lapsed or refused, by transfer id.
  private final Map<String, Long> granted = new HashMap<>();
  private final Map<String, Long> drawsSettled = new HashMap<>();
  private final Map<String, Long> takenInWave = new HashMap<>(); // By account.

  /**
   * What an account won and gave up in one instrument, over all waves, in figures of its own: what
   * fills realised, the most that it ever had of that and unrealised together, and what was taken.
   */
  private static final class Won {
    final RealisedWindow realised = new RealisedWindow(List.of());
    long mostMicros;
    long takenMicros;
  }

  private final Map<String, Long> takenOver = new HashMap<>(); // By account, over all waves.
  private final Map<String, Map<String, Won>> won = new HashMap<>(); // By account, by instrument.
  private final Map<String, Long> fundPaidOf = new HashMap<>(); // By transfer.
  private final TreeMap<Long, Long> fundPaidAt = new TreeMap<>(Map.of(0L, 0L)); // See below.
  private long lookedAt;
  private long deposits;
  private long coinsDeposited;
  private long houseMoney;
  private long equityBefore;
  private long deferralsBefore;
  private long[] lotsBefore = {};
  private final Map<String, Long> counts = new TreeMap<>();

  WaterfallLedger(WaterfallSimulation house) {
    this.house = house;
  }

  Map<String, Long> counts() {
    return counts;
  }

  void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  // ---- events

  void before(SimulatedParty<?> party, Object event) {
    if (!(party instanceof SimulatedAccount of)) {
      if (event instanceof WaveEvent wave) before(wave);
      return;
    }
    SimulatedVotes votes = house.votes();
    if (votes != null) votes.check(of, (AccountEvent) event);
    Portfolio portfolio = of.account().portfolio();
    deferralsBefore = of.account().deferrals();
    equityBefore = equity(portfolio, of.decidedOn());
    lotsBefore = lots(portfolio);
    if (event instanceof AccountEvent.TradesCleared cleared) {
      for (Leg leg : cleared.novated()) if (leg.venue().equals(HouseAccount.VENUE)) closes(of, leg);
    }
  }

  private long[] lots(Portfolio portfolio) {
    long[] lots = new long[house.listed().instruments()];
    for (int instrument = 0; instrument < lots.length; instrument++)
      lots[instrument] = portfolio.lots(instrument);
    return lots;
  }

  private static long equity(Portfolio portfolio, MarketView view) {
    return Margin.health(portfolio, view).equityMicros();
  }

  /** By what it was before the event. */
  private boolean mayBeSpared(SimulatedAccount of) {
    return of.decidedBehind() != null && equityBefore >= 0 && deferralsBefore < 3;
  }

  private void closes(SimulatedAccount of, Leg leg) {
    count("closings");
    planned(leg.tradeId());
    int instrument = house.listed().instrumentListed(leg.instrument());
    long had = lotsBefore[instrument];
    long has = had + leg.lots();
    boolean reduces = Math.abs(has) < Math.abs(had) && Long.signum(has) * Long.signum(had) >= 0;
    Portfolio after = of.account().portfolio().copy();
    long before = Margin.health(after, of.decidedOn()).maintenanceMarginMicros();
    after.apply(instrument, leg.fill());
    long then = Margin.health(after, of.decidedOn()).maintenanceMarginMicros();
    if (!reduces || then > before)
      throw new Violation(
          "a bystander is worse off: " + of.id + " went from " + had + " to " + has + " lots");
  }

  void after(SimulatedParty<?> party, Object event) {
    switch (event) {
      case AccountEvent of -> after((SimulatedAccount) party, of);
      case FundEvent of -> after(of);
      case WaveEvent.WaveBegun begun -> counted(begun);
      case WaveEvent _ -> {}
      default -> {} // An auction's events are no truth: the seller's are.
    }
  }

  private void after(SimulatedAccount of, AccountEvent event) {
    if (!of.account().cashIsExplained())
      throw new Violation(of.id + " has cash that nothing explains");
    for (Dispatch dispatch : Account.dispatches(of.id, event)) dispatched(dispatch);
    wins(of, event);
    switch (event) {
      case AccountEvent.CollateralDeposited deposited -> {
        if (deposited.asset().equals("USDC")) deposits += deposited.amount();
        else coinsDeposited += deposited.amount();
      }
      case AccountEvent.TradesCleared cleared -> cleared(of, cleared);
      case AccountEvent.SliceSold slice -> sold(of, slice);
      case AccountEvent.TransferTaken transfer -> taken(of, transfer);
      case AccountEvent.ProfitTaken profit -> took(of, profit);
      case AccountEvent.DeficitPaid deficit -> {
        count("deficits paid");
        onlyOnce(deficit.stepId());
        paid.put(original(deficit.stepId()), deficit.micros());
      }
      case AccountEvent.DebtSettled settled -> {
        count(settled.paidMicros() > 0 ? "debts paid by the fund" : "debts settled");
        if (settled.handedMicros() > 0) {
          count("debts handed over");
          fundPaidOf.put(settled.drawId(), settled.paidMicros());
        }
      }
      case AccountEvent.HandOverDeferred deferred -> {
        count("hand-overs deferred");
        if (deferred.times() == Batch.DEFERRALS_MAX) count("hand-overs deferred to the last");
        if (!mayBeSpared(of) || !deferred.gate().equals(of.decidedBehind()))
          throw new Violation("spared what the rules make it hand over: " + of.id);
      }
      case AccountEvent.HandedOver handed -> {
        count("slices handed over");
        if (mayBeSpared(of)) throw new Violation("deleveraged behind a closed gate: " + of.id);
        fundPaidOf.put(
            Account.transferId(handed.auctionId(), Account.HANDED_OVER), handed.paidMicros());
        if (ofCoins(handed.legs())) count("coins handed over");
        if (handed.paidMicros() > 0) count("debts paid by the fund");
        if (handed.cashMicros() < 0) count("debts handed over");
      }
      case AccountEvent.FeesCharged charged -> {
        count("fees charged");
        Long due = feesDue.remove(of.id);
        if (due == null || due != charged.micros())
          throw new Violation("of two versions: " + of.id + " owes " + due + ", pays " + charged);
      }
      case AccountEvent.CollateralReceived received -> {
        String key = original(Remittance.key(received.from(), received.transferId()));
        Long sent = remittances.remove(key);
        if (sent == null || sent != received.amount())
          throw new Violation("given once and taken twice: " + received);
      }
      case AccountEvent.SliceOffered _ -> count("slices offered");
      case AccountEvent.OfferReduced _ -> count("offers reduced");
      case AccountEvent.OfferClosed _ -> count("offers closed");
      case AccountEvent.SurplusPaid _ -> count("surpluses paid");
      default -> {}
    }
  }

  private void wins(SimulatedAccount of, AccountEvent event) {
    switch (event) {
      case AccountEvent.TradesCleared cleared -> {
        for (Leg leg : cleared.applied()) realises(of, leg, leg.novatedAtMs());
        for (Leg leg : cleared.novated()) realises(of, leg, leg.novatedAtMs());
      }
      case AccountEvent.SliceSold sold ->
          sold.legs().forEach(leg -> realises(of, leg, sold.atMs()));
      case AccountEvent.HandedOver handed ->
          handed.legs().forEach(leg -> realises(of, leg, handed.atMs()));
      case AccountEvent.TransferTaken taken ->
          taken.legs().forEach(leg -> realises(of, leg, taken.atMs()));
      default -> {}
    }
  }

  private void realises(SimulatedAccount of, Leg leg, long atMs) {
    if (!Coins.are(leg.instrument()))
      won(of, leg.instrument()).realised.add(atMs, leg.realisedMicros());
  }

  private Won won(SimulatedAccount of, String instrument) {
    return won.computeIfAbsent(of.id, _ -> new TreeMap<>())
        .computeIfAbsent(instrument, _ -> new Won());
  }

  /** Of no instrument more than it had won there, whatever it gave up when; nor of all together. */
  private void onceOnly(SimulatedAccount of, AccountEvent.ProfitTaken profit) {
    Portfolio portfolio = of.account().portfolio();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      Perpetual perpetual = house.listed().perpetual(portfolio.instrumentAt(slot));
      long mark = of.decidedOn().instrument(portfolio.instrumentAt(slot)).markTicks();
      long unrealised =
          perpetual.notionalMicros(mark, portfolio.lotsAt(slot)) - portfolio.basisMicrosAt(slot);
      Won there = won(of, perpetual.symbol());
      long realised = there.realised.within(profit.atMs(), profit.lookBackMs());
      there.mostMicros = Math.max(there.mostMicros, unrealised + realised);
    }
    for (AccountEvent.ProfitPart part : profit.parts()) {
      Won there = won(of, part.instrument());
      if (there.takenMicros > 0) count("profits taken from again");
      there.takenMicros += part.micros();
      if (there.takenMicros > there.mostMicros)
        throw new Violation(
            "more is taken over all waves of %s in %s than it ever had won: %d of %d"
                .formatted(of.id, part.instrument(), there.takenMicros, there.mostMicros));
    }
    long all = takenOver.merge(of.id, profit.takenMicros(), Long::sum);
    long most =
        won.getOrDefault(of.id, Map.of()).values().stream().mapToLong(w -> w.mostMicros).sum();
    if (all > most)
      throw new Violation(
          "more is taken over all waves of "
              + of.id
              + " than it ever had won: "
              + all
              + " of "
              + most);
  }

  private static boolean ofCoins(List<Leg> legs) {
    return legs.stream().anyMatch(leg -> Coins.are(leg.instrument()));
  }

  private void dispatched(Dispatch dispatch) {
    switch (dispatch) {
      case Dispatch.Deliver(var transfer) -> {
        if (transfersTaken.contains(transfer.id())
            || transfers.put(transfer.id(), transfer) != null)
          throw new Violation("handed over twice: " + transfer);
      }
      case Dispatch.Contribute(var id, var micros, var _) -> {
        count("contributions");
        contributions.put(id, micros);
      }
      case Dispatch.SettleDraw(var id, var micros) -> {
        if (drawsSettled.containsKey(id)) settledAs(id, micros);
        else if (micros > 0) debtsPaid.put(id, micros);
        if (micros > granted.getOrDefault(id, 0L))
          throw new Violation("more of the fund's money is spent than it granted: " + dispatch);
      }
      case Dispatch.Remit(var remittance) -> {
        count("fees for the house");
        remittances.put(remittance.key(), remittance.amount());
      }
      case Dispatch.Notify _ -> {}
    }
  }

  private void cleared(SimulatedAccount of, AccountEvent.TradesCleared cleared) {
    SimulatedVotes votes = house.votes();
    if (votes != null) voted(votes, of, cleared);
    for (Leg leg : cleared.applied())
      if (trades.remove(leg.trade(of.id)) == null)
        throw new Violation("a leg is applied that is not on its way: " + leg);
    for (Leg leg : cleared.novated()) {
      if (!novated.add(leg.trade(of.id))) throw new Violation("a trade is novated twice: " + leg);
      trades.put(leg.trade(of.id), leg);
      if (!leg.venue().equals(HouseAccount.VENUE)) count("trades");
    }
  }

  private void voted(
      SimulatedVotes votes, SimulatedAccount of, AccountEvent.TradesCleared cleared) {
    long fees = 0;
    for (Leg leg : cleared.applied()) fees += fee(votes, cleared.parameterVersion(), leg);
    for (Leg leg : cleared.applied()) lotsBefore[instrument(leg)] += leg.lots();
    for (Leg leg : cleared.novated()) {
      fees += fee(votes, cleared.parameterVersion(), leg);
      int instrument = instrument(leg);
      long had = lotsBefore[instrument];
      lotsBefore[instrument] = had + leg.lots();
      votes.checkGrowth(of, instrument, had, had + leg.lots());
    }
    if (fees > 0) feesDue.put(of.id, fees);
  }

  private int instrument(Leg leg) {
    return house.listed().instrumentListed(leg.instrument());
  }

  private static long fee(SimulatedVotes votes, long version, Leg leg) {
    return leg.venue().equals(HouseAccount.VENUE)
        ? 0
        : votes.fees(version).ofTradeMicros(leg.notionalMicros());
  }

  /** A bidder says that it keeps the margin for a part; a crash loses that, as everybody knows. */
  void held(SimulatedAccount of, String auctionId, String bidId) {
    holders.put(Account.transferId(auctionId, bidId), of.self());
  }

  private void sold(SimulatedAccount of, AccountEvent.SliceSold slice) {
    String id = Account.transferId(slice.auctionId(), slice.bidId());
    SimulatedParty.Address holder = holders.get(id);
    SimulatedAccount bidder = house.account(slice.bidder());
    if (holder != null && bidder.runs(holder) && !bidder.holds(slice.auctionId(), slice.bidId()))
      throw new Violation("sold to a bidder that holds no margin for it: " + id);
    if (sold.put(id, slice.bidder()) != null) throw new Violation("a bid is settled twice: " + id);
    count("bids settled");
    if (ofCoins(slice.legs())) count("coins sold");
    if (ofCoins(slice.legs()) && HouseAccount.is(of.id)) count("coins sold by the house");
    if (toldNothing.contains(id))
      throw new Violation("told that nothing came of it, yet took: " + id);
    long fund = slice.charge().fundMicros();
    if (fund > 0) {
      count("bids with the fund's money");
      if (drawsSettled.containsKey(slice.auctionId()))
        throw new Violation("a draw is settled otherwise than spent: " + id + ", and " + fund);
      long all = fundMoneySold.merge(slice.auctionId(), fund, Long::sum);
      if (all > granted.getOrDefault(slice.auctionId(), 0L))
        throw new Violation("more of the fund's money is spent than it granted: " + id);
    }
    long fee = slice.charge().feeMicros();
    long equity = equity(of.account().portfolio(), of.decidedOn());
    if (fee > 0 && equityBefore >= 0 && equity < 0)
      throw new Violation(
          "a fee made " + of.id + " insolvent: " + equityBefore + " became " + equity);
  }

  private void taken(SimulatedAccount of, AccountEvent.TransferTaken taken) {
    String id = original(taken.transferId());
    if (!transfersTaken.add(id)) throw new Violation("a transfer is taken twice: " + id);
    Transfer transfer = transfers.remove(id);
    if (transfer == null
        || !transfer.to().equals(of.id)
        || transfer.cashMicros() != taken.cashMicros())
      throw new Violation("something is taken that nobody handed over: " + taken);
    if (of.id.equals(HouseAccount.DEFAULT))
      fundPaidAt.put(
          of.account().version(),
          fundPaidAt.lastEntry().getValue() + fundPaidOf.getOrDefault(id, 0L));
  }

  private void took(SimulatedAccount of, AccountEvent.ProfitTaken profit) {
    count("profits taken");
    onlyOnce(profit.stepId());
    planned(profit.stepId());
    taken.put(original(profit.stepId()), profit.takenMicros());
    onceOnly(of, profit);
    long equity = equity(of.account().portfolio(), of.decidedOn());
    if (profit.takenMicros() > 0 && equity < 0)
      throw new Violation("deleveraging left " + of.id + " with " + equity);
  }

  private void onlyOnce(String stepId) {
    if (!stepsDone.add(original(stepId))) throw new Violation("a step is done twice: " + stepId);
  }

  private void planned(String stepId) {
    if (!stepsPlanned.containsKey(original(stepId)))
      throw new Violation("a step is done that nobody planned: " + stepId);
  }

  // ---- the fund

  private void after(FundEvent event) {
    switch (event) {
      case FundEvent.Contributed in -> {
        if (in.cause() == Cause.HOUSE) {
          houseMoney += in.amountMicros();
          return;
        }
        String id = original(in.id());
        if (!contributed.add(id)) throw new Violation("contributed twice: " + id);
        Long sent = contributions.remove(id);
        if (sent == null || sent != in.amountMicros())
          throw new Violation("contributed what nobody gave: " + in);
      }
      case FundEvent.DrawReserved out -> {
        count(out.houseMicros() + out.balanceMicros() > 0 ? "draws" : "draws of nothing");
        long of = out.houseMicros() + out.balanceMicros();
        granted.put(out.liquidationId(), of);
        if (Batch.isDebt(out.liquidationId()) && of < out.requestedMicros()) cutShort(out);
        if (of == 0) drawsSettled.put(out.liquidationId(), 0L);
      }
      case FundEvent.DrawSettled end -> {
        String id = end.liquidationId();
        drawsSettled.put(id, end.paidMicros());
        Long spent = id.contains(".debt") ? debtsPaid.remove(id) : fundMoneySold.remove(id);
        settledAs(id, spent == null ? 0 : spent);
      }
      case FundEvent.GateChanged _ -> {}
    }
  }

  /**
   * What its liquidation's pledges give back afterwards, winners would have paid; but a debt does
   * not wait for ever.
   */
  private void cutShort(FundEvent.DrawReserved debt) {
    count("debts cut short");
    long aheadMs = house.without(Fence.PLEDGE_BEFORE_DEBT) ? Fund.DEBT_WAITS_MS : 0; // Its clock.
    if (debt.atMs() - aheadMs - debt.issuedAtMs() >= Fund.DEBT_WAITS_MS) return;
    for (Draw open : house.fund().openDraws())
      if (open.ofLiquidation().equals(debt.liquidation())
          && !open.liquidationId().equals(debt.liquidationId()))
        throw new Violation(
            "a debt is cut short while its own pledge is open: " + debt + ", " + open);
  }

  private void settledAs(String drawId, long spent) {
    long as = drawsSettled.getOrDefault(drawId, 0L);
    if (as != spent)
      throw new Violation(
          "a draw is settled otherwise than spent: " + drawId + " " + as + ", " + spent);
  }

  // ---- deleveraging

  /** A wave begins, of what the default account had at this version of it. */
  void begins(long version) {
    lookedAt = version;
  }

  /** Each default once: all that the fund paid for what the default account had at that version. */
  private void counted(WaveEvent.WaveBegun begun) {
    long counted = house.coordinator().coordination().fundMicros();
    long paid = fundPaidAt.floorEntry(lookedAt).getValue();
    if (counted != paid)
      throw new Violation(
          "receipts count " + counted + " with that of " + begun.waveId() + ", it paid " + paid);
    AdlWave wave = house.coordinator().coordination().wave();
    Receipt receipt = wave == null ? null : wave.receipt();
    if (receipt != null && receipt.input().fundMicros() > 0) count("receipts of the fund's money");
  }

  private void before(WaveEvent event) {
    AdlWave wave = house.coordinator().coordination().wave();
    switch (event) {
      case WaveEvent.WaveBegun begun -> {
        count("waves");
        if (begun.policy() != house.adlSettings().policy())
          throw new Violation("a wave by another policy than the house's: " + begun);
        if (begun.policy() == AdlPolicy.Kind.QUEUE) count("waves by the queue");
        takenInWave.clear();
        for (Leg leg : trades.values())
          if (leg.venue().equals(HouseAccount.VENUE))
            throw new Violation("wave " + begun.waveId() + " begins while a leg is on its way");
      }
      case WaveEvent.StepsPlanned planned ->
          planned.steps().forEach(step -> stepsPlanned.put(step.id(), step));
      case WaveEvent.StepDone done -> done(wave, done);
      case WaveEvent.StepReplaced _ -> count("closings replaced");
      case WaveEvent.WaveFinished finished -> {
        if (finished.uncoveredMicros() > 0) count("waves that left something uncovered");
        if (finished.hedgesBroken() > 0 && house.adlSettings().policy() == AdlPolicy.Kind.PRO_RATA)
          throw new Violation("hedges are broken: " + finished);
      }
      case WaveEvent.ReceiptPart _ -> {}
    }
  }

  private void done(@Nullable AdlWave wave, WaveEvent.StepDone done) {
    WaveStep step = stepsPlanned.get(done.stepId());
    Receipt receipt = wave == null ? null : wave.receipt();
    if (step == null || receipt == null) throw new Violation("no such step: " + done);
    switch (step.kind()) {
      case CLOSE -> {
        Trade trade = step.trade(HouseAccount.VENUE, HouseAccount.DEFAULT, receipt.input().atMs());
        if (!novated.contains(trade) || trades.containsKey(trade))
          throw new Violation("a closing is done before both its legs are booked: " + trade);
      }
      case TAKE -> {
        same(done, taken.remove(done.stepId()));
        long all = takenInWave.merge(step.account(), done.micros(), Long::sum);
        if (all > base(receipt.input(), step.account()))
          throw new Violation("more is taken of " + step.account() + " than it won: " + all);
      }
      case PAY -> same(done, paid.remove(done.stepId()));
    }
  }

  private static void same(WaveEvent.StepDone done, @Nullable Long really) {
    if (really == null || really != done.micros())
      throw new Violation("a wave books " + done + ", the account " + really);
  }

  /** Without a position there is no base, and nothing may be taken. */
  private static long base(AdlInput input, String account) {
    long[] bases = input.baseMicros();
    long sum = 0;
    for (int n = 0; n < bases.length; n++)
      if (input.candidates().get(n).account().equals(account)) sum += bases[n];
    return sum;
  }

  /** Answers that a wave cannot accept: late repetitions of an earlier one's, and no others. */
  void refused(List<WaveRefusal> refusals) {
    for (WaveRefusal refusal : refusals)
      if (!(refusal instanceof WaveRefusal.UnknownStep))
        throw new Violation("an answer to a wave that cannot be: " + refusal);
  }

  // ---- what clients are told

  void toldSettled(String auctionId, String bidId, String bidder) {
    String id = Account.transferId(auctionId, bidId);
    if (!bidder.equals(sold.get(id))) throw new Violation("told settled, but was not: " + id);
  }

  void toldNothing(String auctionId, String bidId) {
    String id = Account.transferId(auctionId, bidId);
    if (sold.containsKey(id)) throw new Violation("told that nothing came of it, yet took: " + id);
    toldNothing.add(id);
  }

  /** It is asked for once more: a refusal of what was asked before says nothing of that. */
  void asksAgain(String auctionId, String bidId) {
    toldNothing.remove(Account.transferId(auctionId, bidId));
  }

  // ---- the sums

  /** The books balance, with what is on its way. */
  void check() {
    int instruments = house.listed().instruments();
    long[] lots = new long[instruments];
    long[] basis = new long[instruments];
    long money = -deposits - houseMoney;
    long coins = -coinsDeposited;
    for (SimulatedAccount each : house.accounts()) {
      Portfolio portfolio = each.account().portfolio();
      money += portfolio.cashMicros() + each.account().feesKeptMicros();
      coins += portfolio.amount(Markets.BTC);
      for (int slot = 0; slot < portfolio.positions(); slot++) {
        int instrument = portfolio.instrumentAt(slot);
        lots[instrument] += portfolio.lotsAt(slot);
        basis[instrument] += portfolio.basisMicrosAt(slot) - portfolio.realisedMicrosAt(slot);
        // Zero-sum by the line before; the waterfall moves the rest of cash.
        money -= portfolio.realisedMicrosAt(slot) + portfolio.fundingMicrosAt(slot);
      }
    }
    trades.values().forEach(leg -> comes(leg, lots, basis));
    for (Transfer transfer : transfers.values()) {
      for (Leg leg : transfer.legs()) {
        if (Coins.are(leg.instrument())) {
          coins -= leg.lots();
          money += leg.notionalMicros();
        } else {
          comes(leg, lots, basis);
        }
      }
      money += transfer.cashMicros();
    }
    money +=
        sum(remittances)
            + sum(contributions)
            - sum(debtsPaid)
            - sum(fundMoneySold)
            + sum(taken)
            - sum(paid);
    money += house.fund().heldMicros();
    AdlWave wave = house.coordinator().coordination().wave();
    if (wave != null) money += wave.heldMicros();
    for (int i = 0; i < instruments; i++) {
      zero("lots", lots[i]);
      zero("cost basis", basis[i]);
    }
    zero("money", money);
    zero("coins", coins);
    if (!feesDue.isEmpty()) throw new Violation("trades that nobody paid for: " + feesDue);
  }

  private void comes(Leg leg, long[] lots, long[] basis) {
    int instrument = house.listed().instrumentListed(leg.instrument());
    lots[instrument] -= leg.lots();
    basis[instrument] -= leg.notionalMicros();
  }

  private static long sum(Map<String, Long> amounts) {
    long sum = 0;
    for (long amount : amounts.values()) sum += amount;
    return sum;
  }

  private static void zero(String what, long sum) {
    if (sum != 0) throw new Violation("the sum of " + what + " is " + sum);
  }

  /** What is on its way although nothing moves any more; null when nothing is. */
  @Nullable String underway() {
    Map<String, Object> all = new LinkedHashMap<>();
    if (!trades.isEmpty()) all.put("legs", trades);
    if (!transfers.isEmpty()) all.put("transfers", transfers);
    if (!remittances.isEmpty()) all.put("remittances", remittances);
    if (!contributions.isEmpty()) all.put("contributions", contributions);
    if (!debtsPaid.isEmpty()) all.put("debts paid", debtsPaid);
    if (!fundMoneySold.isEmpty()) all.put("the fund's money", fundMoneySold);
    if (!taken.isEmpty() || !paid.isEmpty()) all.put("steps", taken + " " + paid);
    return all.isEmpty() ? null : all.toString();
  }

  private static String original(String renamed) {
    int at = renamed.indexOf('~');
    return at < 0 ? renamed : renamed.substring(0, at);
  }
}
