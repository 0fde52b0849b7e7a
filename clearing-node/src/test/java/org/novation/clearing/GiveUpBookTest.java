package org.novation.clearing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.clearing.GiveUpBook.Decision;
import org.novation.clearing.GiveUpCase.Stage;
import org.novation.clearing.GiveUpCommand.Accept;
import org.novation.clearing.GiveUpCommand.Cancel;
import org.novation.clearing.GiveUpCommand.Note;
import org.novation.clearing.GiveUpCommand.Permit;
import org.novation.clearing.GiveUpCommand.Propose;

/** What is given up to one account. */
final class GiveUpBookTest {
  private static final long NOVATED_MS = 1_700_000_000_000L;
  private static final long WINDOW_MS = 86_400_000;

  private GiveUpBook book = GiveUpBook.EMPTY;
  private long nowMs = NOVATED_MS + 1_000;

  @Test
  void isClearedOnceTheReceivingSideHasAccepted() {
    GiveUp giveUp = giveUp("t", 5);
    accepted(new Propose(giveUp));
    assertThat(find("t").stage()).isEqualTo(Stage.PROPOSED);
    accepted(new Accept(giveUp.key()));
    assertThat(find("t")).isEqualTo(new GiveUpCase(giveUp, Stage.ACCEPTED, nowMs, ""));
    accepted(new Note(giveUp.key(), nowMs, ""));
    assertThat(find("t").stage()).isEqualTo(Stage.DONE);
  }

  @Test
  void theBuyerSellsWhatItGivesUpAndTheSellerBuysIt() {
    assertThat(giveUp("t", 5).trade(9))
        .isEqualTo(
            new Trade("novation", "give-up/venue/t/from", "BTC-PERP", 100, 5, "to", "from", 9));
    assertThat(giveUp("t", -5).trade(9))
        .isEqualTo(
            new Trade("novation", "give-up/venue/t/from", "BTC-PERP", 100, 5, "from", "to", 9));
  }

  @Test
  void aStandingPermissionAcceptsAtOnceUntilItIsTakenBack() {
    accepted(new Permit("from", true));
    assertThat(decide(new Permit("from", true))).isEqualTo(new Decision(List.of(), null));
    accepted(new Propose(giveUp("t", 5)));
    assertThat(find("t").stage()).isEqualTo(Stage.ACCEPTED);
    accepted(new Permit("from", false));
    accepted(new Propose(giveUp("u", 5)));
    assertThat(find("u").stage()).isEqualTo(Stage.PROPOSED);
  }

  @Test
  void askedAgainNothingChanges() {
    GiveUp giveUp = giveUp("t", 5);
    for (GiveUpCommand each :
        List.of(new Propose(giveUp), new Accept(giveUp.key()), new Note(giveUp.key(), nowMs, ""))) {
      accepted(each);
      assertThat(decide(each)).as("%s", each).isEqualTo(new Decision(List.of(), null));
    }
    assertThat(decide(new Propose(giveUp))).isEqualTo(new Decision(List.of(), null));
    assertThat(decide(new Accept(giveUp.key()))).isEqualTo(new Decision(List.of(), null));
    assertThat(refusal(new Cancel(giveUp.key())))
        .isEqualTo(new GiveUpRefusal.Decided("t", Stage.DONE));
  }

  @Test
  void whatAnAccountCouldNotTakeMayBeAcceptedAgainAsAnotherAttempt() {
    GiveUp giveUp = giveUp("t", 5);
    accepted(new Propose(giveUp));
    accepted(new Accept(giveUp.key()));
    long first = find("t").acceptedAtMs();
    accepted(new Note(giveUp.key(), first, "no margin"));
    assertThat(find("t")).isEqualTo(new GiveUpCase(giveUp, Stage.REFUSED, first, "no margin"));
    accepted(new Accept(giveUp.key()));
    long second = find("t").acceptedAtMs();
    assertThat(second).as("in the same millisecond").isEqualTo(first + 1);
    assertThat(decide(new Note(giveUp.key(), first, "")))
        .as("word of the first attempt, late")
        .isEqualTo(new Decision(List.of(), null));
    accepted(new Note(giveUp.key(), second, ""));
  }

  @Test
  void eitherSideMayCallItOffUntilItIsAccepted() {
    GiveUp giveUp = giveUp("t", 5);
    accepted(new Propose(giveUp));
    accepted(new Cancel(giveUp.key()));
    assertThat(refusal(new Accept(giveUp.key())))
        .isEqualTo(new GiveUpRefusal.Decided("t", Stage.CANCELLED));
    accepted(new Propose(giveUp));
    accepted(new Accept(giveUp.key()));
    assertThat(refusal(new Cancel(giveUp.key())))
        .isEqualTo(new GiveUpRefusal.Decided("t", Stage.ACCEPTED));
  }

  @Test
  void aLegIsGivenUpToTheLastMillisecondOfItsTime() {
    nowMs = NOVATED_MS + WINDOW_MS;
    accepted(new Propose(giveUp("t", 5)));
    nowMs++;
    assertThat(refusal(new Propose(giveUp("u", 5))))
        .isEqualTo(new GiveUpRefusal.TooOld(NOVATED_MS, NOVATED_MS + 1));
    assertThat(refusal(new Accept(giveUp("t", 5).key())))
        .isEqualTo(new GiveUpRefusal.TooOld(NOVATED_MS, NOVATED_MS + 1));
    assertThat(refusal(new Accept(giveUp("v", 5).key())))
        .isEqualTo(new GiveUpRefusal.Unknown("v", "from"));
  }

  @Test
  void isBoundedAndNobodyFillsItForTheOthers() {
    for (int n = 0; n < GiveUpBook.OPEN_OF_ONE_MAX; n++) accepted(new Propose(giveUp("t" + n, 5)));
    assertThat(refusal(new Propose(giveUp("more", 5))))
        .isEqualTo(new GiveUpRefusal.TooMany(GiveUpBook.OPEN_OF_ONE_MAX));
    GiveUp others = new GiveUp("venue", "x", "BTC-PERP", 100, 5, "other", "to", NOVATED_MS);
    accepted(new Propose(others));
    for (int n = 0; n < 2 * GiveUpBook.OVER_MAX; n++) {
      accepted(new Cancel(others.key()));
      others = new GiveUp("venue", "x" + n, "BTC-PERP", 100, 5, "other", "to", NOVATED_MS);
      accepted(new Propose(others));
    }
    assertThat(book.cases())
        .hasSize(GiveUpBook.OPEN_OF_ONE_MAX + GiveUpBook.OVER_MAX + 1)
        .contains(new GiveUpCase(giveUp("t0", 5), Stage.PROPOSED, 0, ""));
  }

  private void accepted(GiveUpCommand command) {
    Decision decision = decide(command);
    assertThat(decision.refusal()).as("%s", command).isNull();
    assertThat(decision.events()).as("%s", command).isNotEmpty();
    for (GiveUpEvent event : decision.events()) book = book.apply(event);
  }

  private GiveUpRefusal refusal(GiveUpCommand command) {
    Decision decision = decide(command);
    assertThat(decision.events()).isEmpty();
    GiveUpRefusal why = decision.refusal();
    if (why == null) throw new AssertionError("not refused: " + command);
    return why;
  }

  private Decision decide(GiveUpCommand command) {
    return book.decide(command, nowMs, WINDOW_MS);
  }

  private GiveUpCase find(String tradeId) {
    GiveUpCase of = book.find(GiveUp.key("venue", tradeId, "from"));
    if (of == null) throw new AssertionError("no give-up of " + tradeId);
    return of;
  }

  private static GiveUp giveUp(String tradeId, long lots) {
    return new GiveUp("venue", tradeId, "BTC-PERP", 100, lots, "from", "to", NOVATED_MS);
  }
}
