package org.novation.account;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.account.WaterfallSimulation.Fence;
import org.novation.insurance.Draw;
import org.novation.insurance.Fund;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundDecision;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.FundTerms;
import org.novation.insurance.InsuranceFundActor;
import org.novation.insurance.JournalSays;

/** A fund, with the shell that {@link InsuranceFundActor} is. */
final class SimulatedFund extends SimulatedParty<FundEvent> {
  static final String ID = "fund";

  /** A question with the number under which its answer is waited for. */
  record Asked(FundCommand command, long ask) {}

  private record LookedUp(Asked asked, @Nullable JournalSays says) {}

  private enum Internal {
    FLUSH
  }

  private record Waiting(Asked asked, @Nullable JournalSays says) {}

  private final FundTerms terms;
  private Fund fund = new Fund();
  private List<Waiting> gathered = new ArrayList<>();
  private boolean flushing;
  long lookups;

  SimulatedFund(WaterfallSimulation house, FundPolicy policy) {
    super(house, ID);
    this.terms = new FundTerms(1, policy);
  }

  Fund fund() {
    return fund;
  }

  @Override
  void apply(FundEvent event) {
    fund.apply(event);
  }

  @Override
  Object state() {
    return fund.snapshot();
  }

  @Override
  Object replayed() {
    Fund again = new Fund();
    journal.forEach(again::apply);
    return again.snapshot();
  }

  @Override
  void recover() {
    fund = new Fund();
    journal.forEach(fund::apply);
    gathered = new ArrayList<>();
    flushing = false;
  }

  @Override
  void tick() {}

  @Override
  void on(Object message) {
    switch (message) {
      case Asked asked -> gather(new Waiting(asked, null));
      case LookedUp(var asked, var says) -> {
        if (says == null) answer(asked, new InsuranceFundActor.TryAgain("not searched"));
        else gather(new Waiting(asked, says));
      }
      case Internal.FLUSH -> flush();
      default -> throw new IllegalStateException("a fund does not understand " + message);
    }
  }

  private void gather(Waiting waiting) {
    gathered.add(waiting);
    if (flushing) return;
    flushing = true;
    tellSelf(Internal.FLUSH);
  }

  private void flush() {
    flushing = false;
    List<Waiting> deciding = gathered;
    gathered = new ArrayList<>();
    Fund draft = new Fund(fund.snapshot());
    List<FundEvent> events = new ArrayList<>();
    List<Runnable> answers = new ArrayList<>();
    for (Waiting waiting : deciding) {
      InsuranceFundActor.Answer answer = decide(draft, waiting, events);
      if (answer != null) answers.add(() -> answer(waiting.asked, answer));
    }
    if (events.isEmpty()) answers.forEach(Runnable::run);
    else persist(events, () -> answers.forEach(Runnable::run));
  }

  private InsuranceFundActor.@Nullable Answer decide(
      Fund draft, Waiting waiting, List<FundEvent> events) {
    FundCommand command = waiting.asked.command();
    JournalSays says = waiting.says;
    boolean debt =
        command instanceof FundCommand.ReserveDraw draw && Batch.isDebt(draw.liquidationId());
    boolean waits = !(debt && house.without(Fence.PLEDGE_BEFORE_DEBT));
    long nowMs = waits ? houseMs() : houseMs() + Fund.DEBT_WAITS_MS;
    FundDecision decision =
        says == null
            ? draft.decide(command, terms, nowMs)
            : draft.decide(command, terms, nowMs, says);
    return switch (decision) {
      case FundDecision.Refused(var why) -> new InsuranceFundActor.Refused(why);
      case FundDecision.LookUp(var id) -> {
        if (says != null) yield new InsuranceFundActor.TryAgain("forgotten meanwhile");
        lookups++;
        JournalSays found = JournalSays.of(id);
        for (FundEvent event : journal) found = found.and(event);
        tellSelf(new LookedUp(waiting.asked, house.fails() ? null : found));
        yield null;
      }
      case FundDecision.Accepted(var accepted) -> {
        accepted.forEach(draft::apply);
        events.addAll(accepted);
        yield new InsuranceFundActor.Done(drawOf(draft, command, says));
      }
    };
  }

  private static @Nullable Draw drawOf(Fund fund, FundCommand command, @Nullable JournalSays says) {
    String id =
        switch (command) {
          case FundCommand.ReserveDraw draw -> draw.liquidationId();
          case FundCommand.SettleDraw settle -> settle.liquidationId();
          case FundCommand.Contribute _, FundCommand.CheckGate _ -> null;
        };
    if (id == null) return null;
    Draw draw = fund.draw(id);
    return draw == null && says != null ? says.draw() : draw;
  }

  private void answer(Asked asked, InsuranceFundActor.Answer answer) {
    house.send(WaterfallSimulation.ASKS, new WaterfallSimulation.Answered(asked.ask(), answer));
  }
}
