package org.novation.api;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.novation.insurance.CoverTwo;
import org.novation.insurance.FundEvent;
import org.novation.insurance.FundParts;
import org.novation.insurance.FundReading;

/** The insurance fund, as the edge needs it. */
public interface InsurancePort {
  /** The fund as this node last heard of it; null before the first word. */
  @Nullable FundView fund();

  /**
   * The fund.
   *
   * @param stress null while the losses of accounts are not known
   */
  record FundView(FundReading reading, @Nullable Stress stress) {}

  /**
   * What accounts would lose beyond their own money.
   *
   * @param losses the two largest under each move
   * @param movesPpm each move of every price at once; below zero is down
   * @param accounts that were asked
   */
  record Stress(CoverTwo losses, List<Long> movesPpm, long accounts, long atMs) {
    public Stress {
      movesPpm = List.copyOf(movesPpm);
    }
  }

  /** One event, and what the fund held after it. */
  record Line(FundEvent event, FundParts after) {}

  /** Where a page begins: the event of that number, and what the fund held after it. */
  record Place(long number, FundParts after) {}

  /**
   * Events, newest first.
   *
   * @param from null for the newest there is
   * @return at most {@code limit}, fewer only when the fund's first event is among them. Fails with
   *     {@link org.novation.api.error.Problem.Found} when nothing can have been so at that place
   */
  CompletionStage<List<Line>> movements(@Nullable Place from, int limit);

  /** Calls {@code changed} after each change of the fund, until closed; it must not wait. */
  AccountPort.Watch watch(Runnable changed);

  /**
   * Adds to the house's tranche, which is {@code amountMicros} above zero.
   *
   * @return the tranche afterwards, in micros. Fails with {@link
   *     org.novation.api.error.Problem.Found} when it is refused or not known
   */
  CompletionStage<Long> contribute(String contributionId, long amountMicros);
}
