package org.novation.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.insurance.Cap;
import org.novation.insurance.Cause;
import org.novation.insurance.CoverTwo;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundParts;
import org.novation.insurance.FundPolicy;
import org.novation.insurance.FundReading;
import org.novation.insurance.FundRefusal;

/** A fund of five events as the edge sees it: 100 of the house, 50 came in, 120 went out. */
public final class FakeFund implements InsurancePort {
  private static final long UNIT = 1_000_000;
  private static final List<FundEvent> EVENTS =
      List.of(
          new FundEvent.Contributed(1, 1, "h", Cause.HOUSE, "", 100 * UNIT, 0, Long.MIN_VALUE, 1),
          new FundEvent.Contributed(2, 2, "s", Cause.SURPLUS, "a", 50 * UNIT, 2, Long.MIN_VALUE, 1),
          new FundEvent.DrawReserved(
              3,
              3,
              "l",
              "b",
              140 * UNIT,
              3,
              100 * UNIT,
              30 * UNIT,
              Cap.EVENT,
              0,
              0,
              Long.MIN_VALUE,
              1,
              "liquidation-7",
              0),
          new FundEvent.GateChanged(4, 3, true, 20 * UNIT, 150 * UNIT, 1),
          new FundEvent.DrawSettled(5, 4, "l", "b", 120 * UNIT, 0, 10 * UNIT, 1));
  private static final FundParts NOW = new FundParts(0, 30 * UNIT, 0);

  private final Queue<String> forwarded;
  final List<Runnable> watchers = new CopyOnWriteArrayList<>();
  public volatile @Nullable FundView view = view(5);
  public volatile @Nullable FundRefusal refusal;

  FakeFund(Queue<String> forwarded) {
    this.forwarded = forwarded;
  }

  static FundView view(long number) {
    CoverTwo losses =
        CoverTwo.none(2).with("x", new long[] {25 * UNIT, 1}).with("y", new long[] {15 * UNIT, 0});
    return new FundView(
        new FundReading(
            "main",
            number,
            4,
            0,
            30 * UNIT,
            0,
            150 * UNIT,
            120 * UNIT,
            150 * UNIT,
            true,
            120 * UNIT,
            FundPolicy.DEFAULT),
        new Stress(losses, List.of(-300_000L, 300_000L), 7, 3));
  }

  @Override
  public @Nullable FundView fund() {
    return view;
  }

  @Override
  public CompletionStage<List<Line>> movements(@Nullable Place from, int limit) {
    Place at = from == null ? new Place(EVENTS.size(), NOW) : from;
    forwarded.add("movements until " + at.number() + " at most " + limit);
    if (at.number() > EVENTS.size())
      return CompletableFuture.failedStage(
          new Problem.Found(Problem.inField("page_token", "MALFORMED", "the fund never was so")));
    List<Line> lines = new ArrayList<>();
    FundParts after = at.after();
    for (int n = (int) at.number(); n > 0 && lines.size() < limit; n--) {
      lines.add(new Line(EVENTS.get(n - 1), after));
      after = after.before(EVENTS.get(n - 1));
    }
    return CompletableFuture.completedStage(lines);
  }

  @Override
  public AccountPort.Watch watch(Runnable changed) {
    watchers.add(changed);
    return () -> watchers.remove(changed);
  }

  @Override
  public CompletionStage<Long> contribute(String contributionId, long amountMicros) {
    forwarded.add("contribute " + contributionId + ": " + amountMicros);
    FundRefusal why = refusal;
    return why == null
        ? CompletableFuture.completedStage(100 * UNIT + amountMicros)
        : CompletableFuture.failedStage(new Problem.Found(Refusals.problem(why)));
  }
}
