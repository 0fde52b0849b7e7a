package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.api.ClearingPort;
import org.novation.clearing.GiveUp;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;

/** What is submitted of a leg that is given up, and what is not. */
final class GiveUpOfficeTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final GiveUp FIRST = legTo("first");

  /** Clearing that has booked one trade at most, and takes whatever is submitted. */
  private static final class Clearing implements ClearingPort {
    final List<Trade> submitted = new ArrayList<>();
    @Nullable Trade booked;
    boolean silent;
    Outcome outcome = new Outcome.Novated(NOW);

    @Override
    public void submit(List<Trade> trades, Answers answers) {
      submitted.addAll(trades);
      answers.answer(0, outcome);
    }

    @Override
    public CompletionStage<Optional<BookedTrade>> find(
        String venue, String tradeId, String accountId) {
      if (silent) return CompletableFuture.failedFuture(new IllegalStateException("no answer"));
      Trade there = booked;
      if (there == null
          || !there.venue().equals(venue)
          || !there.tradeId().equals(tradeId)
          || !(there.buyer().equals(accountId) || there.seller().equals(accountId)))
        return CompletableFuture.completedFuture(Optional.empty());
      return CompletableFuture.completedFuture(
          Optional.of(new BookedTrade(there, NOW, 0, 0, 0, 0)));
    }
  }

  private final Clearing clearing = new Clearing();

  private static GiveUp legTo(String to) {
    return new GiveUp("venue", "t", "BTC-PERP", 100, 5, "giver", to, NOW);
  }

  private Outcome clear(Trade trade) {
    return GiveUpOffice.clear(clearing, trade).toCompletableFuture().join();
  }

  @Test
  void aLegIsGivenUpToOneWhateverItsAccountRemembers() {
    assertThat(clear(FIRST.trade(NOW))).isEqualTo(new Outcome.Novated(NOW));
    clearing.booked = FIRST.trade(NOW);
    assertThat(clear(legTo("second").trade(NOW + 1)))
        .isEqualTo(new Outcome.Refused(new Rejection.DuplicateWithOtherContent(FIRST.key())));
    assertThat(clear(FIRST.trade(NOW + 1)))
        .as("nor to the same one by another attempt")
        .isInstanceOf(Outcome.Refused.class);
    assertThat(clearing.submitted).containsExactly(FIRST.trade(NOW));
    assertThat(clear(FIRST.trade(NOW))).as("again").isEqualTo(new Outcome.Novated(NOW));
  }

  @Test
  void nothingIsSubmittedWhereItIsNotKnownWhatWasGivenUp() {
    clearing.silent = true;
    assertThat(catchThrowable(() -> clear(FIRST.trade(NOW))))
        .isInstanceOf(CompletionException.class);
    assertThat(clearing.submitted).isEmpty();
  }

  @Test
  void anAttemptTooOldToBeBegunIsOnTheBooksOrOnNone() {
    clearing.outcome = new Outcome.NotBegun(new Rejection.TooOld(NOW, NOW + 1));
    assertThat(clear(FIRST.trade(NOW))).isEqualTo(clearing.outcome);
    clearing.booked = FIRST.trade(NOW);
    assertThat(clear(FIRST.trade(NOW))).isEqualTo(new Outcome.Novated(NOW));
  }
}
