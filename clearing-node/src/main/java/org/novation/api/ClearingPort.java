package org.novation.api;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.novation.clearing.Outcome;
import org.novation.clearing.Trade;
import org.novation.instrument.Fees;

/** What the edge asks of clearing. No method waits. */
public interface ClearingPort {
  /**
   * Clears trades that arrived together. Answers exactly once for each, in any order, by any
   * thread, each within 40 seconds as long as an attempt's deadline is 5 seconds: {@code
   * Unavailable} where six attempts came to nothing.
   *
   * @param trades validated, in the units of the trade; never empty, not changed afterwards
   */
  void submit(List<Trade> trades, Answers answers);

  /**
   * Takes the answers to one batch. Must not wait; may be called while {@link #submit} still runs.
   */
  @FunctionalInterface
  interface Answers {
    /**
     * @param index of the trade in the batch
     */
    void answer(int index, Outcome outcome);
  }

  /** Finds a trade on one of its two accounts, however old; empty when it is not there. */
  CompletionStage<Optional<BookedTrade>> find(String venue, String tradeId, String accountId);

  /**
   * A trade as one account booked it.
   *
   * @param fundingIndex from which both legs accrue
   * @param realisedMicros profit that it realised on that account
   * @param fundingMicros funding that it settled there, negative when paid
   * @param feePpm of the notional, what the account paid for it
   */
  record BookedTrade(
      Trade trade,
      long novatedAtMs,
      long fundingIndex,
      long realisedMicros,
      long fundingMicros,
      long feePpm) {
    /** What the account pays for it at a notional, by the rate of its booking. */
    public long feeMicros(long notionalMicros) {
      return new Fees(feePpm, 0).ofTradeMicros(notionalMicros);
    }
  }
}
