package org.novation.node;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.api.InsurancePort;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.insurance.Cause;
import org.novation.insurance.FundCommand;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundParts;
import org.novation.insurance.FundReading;
import org.novation.insurance.InsuranceFundActor.Answer;
import org.novation.insurance.InsuranceFundActor.Done;
import org.novation.insurance.InsuranceFundActor.Figures;
import org.novation.insurance.InsuranceFundActor.Refused;
import org.novation.insurance.InsuranceFundActor.TryAgain;

/**
 * Leads the edge's questions about the insurance fund to this node's board of it, to the fund's
 * journal, and to the fund itself where something is to be written.
 */
final class InsuranceDesk implements InsurancePort {
  private final Funds funds;
  private final Supplier<@Nullable Stress> stress;

  /**
   * @param stress what is known of the losses of accounts; null for nothing
   */
  InsuranceDesk(Funds funds, Supplier<@Nullable Stress> stress) {
    this.funds = funds;
    this.stress = stress;
  }

  @Override
  public @Nullable FundView fund() {
    FundReading reading = funds.board().newest();
    return reading == null ? null : new FundView(reading, stress.get());
  }

  @Override
  public CompletionStage<List<Line>> movements(@Nullable Place from, int limit) {
    CompletionStage<Place> place =
        from != null
            ? CompletableFuture.completedStage(from)
            : read().thenApply(reading -> new Place(reading.number(), reading.parts()));
    return place.thenCompose(
        at ->
            funds
                .journal()
                .until(Funds.POOL, at.number(), limit)
                .thenApply(events -> lines(at, events, limit)));
  }

  /** Told backwards from what the fund held after the last of the events. */
  private static List<Line> lines(Place from, List<FundEvent> events, int limit) {
    if (events.size() != Math.min(from.number(), limit)) throw noSuchPlace();
    List<Line> lines = new ArrayList<>(events.size());
    FundParts after = from.after();
    try {
      for (FundEvent event : events.reversed()) {
        lines.add(new Line(event, after));
        after = after.before(event);
      }
    } catch (IllegalArgumentException e) {
      throw noSuchPlace();
    }
    boolean whole = events.size() == from.number();
    if (whole && !after.equals(FundParts.NOTHING)) throw noSuchPlace();
    return lines;
  }

  private static Problem.Found noSuchPlace() {
    return new Problem.Found(
        Problem.inField("page_token", "MALFORMED", "the fund never was as this token says"));
  }

  @Override
  public AccountPort.Watch watch(Runnable changed) {
    return funds.board().listen(changed);
  }

  /**
   * An operator's id has no hour in which it was given out: once the fund has forgotten ids, it
   * looks each of these up in its journal.
   */
  @Override
  public CompletionStage<Long> contribute(String contributionId, long amountMicros) {
    return funds
        .ask(new FundCommand.Contribute(contributionId, Cause.HOUSE, "", amountMicros, 0))
        .thenCompose(
            answer ->
                switch (answer) {
                  case Done _ -> read().thenApply(FundReading::houseMicros);
                  case Figures _, Refused _, TryAgain _ -> throw not(answer);
                });
  }

  private CompletionStage<FundReading> read() {
    return funds
        .read()
        .thenApply(
            answer ->
                switch (answer) {
                  case Figures(var reading) -> reading;
                  case Done _, Refused _, TryAgain _ -> throw not(answer);
                });
  }

  private static RuntimeException not(Answer answer) {
    return switch (answer) {
      case Refused(var why) -> new Problem.Found(Refusals.problem(why));
      case TryAgain(var why) -> new Problem.Found(Problem.unavailable(why));
      case Done _, Figures _ -> new IllegalStateException("not an answer to this: " + answer);
    };
  }
}
