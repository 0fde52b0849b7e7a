package org.novation.brake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.risk.Operation.LIQUIDATION;
import static org.novation.risk.Operation.TRADING;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.brake.PauseRefusal.DuplicateWithOtherContent;
import org.novation.brake.PauseRefusal.InThePast;
import org.novation.brake.PauseRefusal.NotPaused;
import org.novation.risk.Brakes;
import org.novation.risk.Operation;

final class PauseBookTest {
  private static final long NOW = 1_700_000_000_000L;

  private PauseBook book = PauseBook.EMPTY;

  @Test
  void pausesOneMarketOrAllOfThemUntilATime() {
    assertThat(ask(set("1", TRADING, "BTC-PERP", NOW + 10))).isNull();
    assertThat(ask(set("2", LIQUIDATION, "*", Brakes.OPEN_ENDED))).isNull();
    Pauses pauses = new Pauses(book.pauses());
    assertThat(pauses.untilMs(TRADING, "BTC-PERP")).isEqualTo(NOW + 10);
    assertThat(pauses.untilMs(TRADING, "ETH-PERP")).isZero();
    assertThat(pauses.untilMs(LIQUIDATION, "ETH-PERP")).isEqualTo(Brakes.OPEN_ENDED);
    assertThat(book.pauses().getFirst())
        .isEqualTo(new Pause(TRADING, "BTC-PERP", NOW + 10, "why", "op", NOW));
  }

  @Test
  void goesByTheLongerOfTwoPauses() {
    ask(set("1", TRADING, "*", NOW + 10));
    ask(set("2", TRADING, "BTC-PERP", NOW + 20));
    assertThat(new Pauses(book.pauses()).untilMs(TRADING, "BTC-PERP")).isEqualTo(NOW + 20);
    assertThat(new Pauses(book.pauses()).untilMs(TRADING, "ETH-PERP")).isEqualTo(NOW + 10);
  }

  @Test
  void replacesAPauseByALaterWordOnIt() {
    ask(set("1", TRADING, "BTC-PERP", Brakes.OPEN_ENDED));
    ask(set("2", TRADING, "BTC-PERP", NOW + 5));
    assertThat(book.pauses()).hasSize(1);
    assertThat(new Pauses(book.pauses()).untilMs(TRADING, "BTC-PERP")).isEqualTo(NOW + 5);
  }

  @Test
  void liftsAPauseAsItWasSetAndNothingElse() {
    ask(set("1", TRADING, "*", Brakes.OPEN_ENDED));
    assertThat(ask(clear("2", TRADING, "BTC-PERP"))).isEqualTo(new NotPaused(TRADING, "BTC-PERP"));
    assertThat(ask(clear("3", LIQUIDATION, "*"))).isEqualTo(new NotPaused(LIQUIDATION, "*"));
    assertThat(ask(clear("4", TRADING, "*"))).isNull();
    assertThat(book.pauses()).isEmpty();
  }

  @Test
  void refusesAPauseThatWouldBeOver() {
    assertThat(ask(set("1", TRADING, "*", NOW))).isEqualTo(new InThePast(NOW, NOW));
    assertThat(ask(set("1", TRADING, "*", NOW + 1))).isNull();
  }

  @Test
  void hasNothingToLiftOnceAPauseIsOver() {
    ask(set("1", TRADING, "*", NOW + 1));
    assertThat(ask(clear("2", TRADING, "*"), NOW + 1)).isEqualTo(new NotPaused(TRADING, "*"));
  }

  @Test
  void countsAnIdOnceAlsoAfterWhatItDidWasUndone() {
    ask(set("1", TRADING, "*", NOW + 1));
    ask(clear("2", TRADING, "*"));
    PauseBook before = book;
    assertThat(ask(set("1", TRADING, "*", NOW + 1), NOW + 99)).isNull();
    assertThat(ask(clear("2", TRADING, "*"))).isNull();
    assertThat(book).isEqualTo(before);
    assertThat(ask(set("1", TRADING, "*", NOW + 2))).isEqualTo(new DuplicateWithOtherContent("1"));
    assertThat(ask(clear("1", TRADING, "*"))).isEqualTo(new DuplicateWithOtherContent("1"));
  }

  /** Whatever is asked: at most one pause a place, bounded memory, and a replay gives the same. */
  @Test
  void anyHistoryReplaysAndStaysBounded() {
    Seeds.each(
        20,
        seed -> {
          Random random = new Random(seed);
          List<PauseEvent> journal = new ArrayList<>();
          book = PauseBook.EMPTY;
          for (int n = 0; n < 600; n++) {
            Operation operation = List.of(TRADING, LIQUIDATION).get(random.nextInt(2));
            String market = List.of("*", "A", "B").get(random.nextInt(3));
            String id = "id-" + random.nextInt(5_000);
            PauseCommand command =
                random.nextBoolean()
                    ? set(id, operation, market, NOW + n + random.nextInt(50))
                    : clear(id, operation, market);
            PauseEvent event = book.decide(command, NOW + n).event();
            if (event == null) continue;
            journal.add(event);
            book = book.apply(event);
          }
          PauseBook replayed = PauseBook.EMPTY;
          for (PauseEvent event : journal) replayed = replayed.apply(event);
          assertThat(replayed).isEqualTo(book);
          assertThat(book.events()).isEqualTo(journal.size());
          assertThat(book.pauses())
              .hasSizeLessThanOrEqualTo(6)
              .extracting(p -> p.operation() + p.market())
              .doesNotHaveDuplicates();
          assertThat(book.sets()).hasSizeLessThanOrEqualTo(PauseBook.REMEMBERED_MAX);
        });
  }

  private @Nullable PauseRefusal ask(PauseCommand command) {
    return ask(command, NOW);
  }

  private @Nullable PauseRefusal ask(PauseCommand command, long nowMs) {
    PauseBook.Decision decision = book.decide(command, nowMs);
    PauseEvent event = decision.event();
    if (event != null) book = book.apply(event);
    return decision.refusal();
  }

  private static PauseCommand set(String id, Operation operation, String market, long untilMs) {
    return new PauseCommand.Set(id, operation, market, untilMs, "why", "op");
  }

  private static PauseCommand clear(String id, Operation operation, String market) {
    return new PauseCommand.Clear(id, operation, market, "why", "op");
  }
}
