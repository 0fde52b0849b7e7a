package org.novation.clearing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.novation.clearing.CorrectionBook.Decision;
import org.novation.clearing.CorrectionCase.Stage;
import org.novation.clearing.CorrectionCommand.Approve;
import org.novation.clearing.CorrectionCommand.NoteCarriedOut;
import org.novation.clearing.CorrectionCommand.Propose;
import org.novation.clearing.CorrectionCommand.Reject;

/** Who may put which trade right, and when. */
final class CorrectionBookTest {
  private static final long NOVATED_MS = 1_700_000_000_000L;
  private static final long WINDOW_MS = 86_400_000;

  private CorrectionBook book = CorrectionBook.EMPTY;
  private long nowMs = NOVATED_MS + 1_000;

  @Test
  void oneProposesAnotherApprovesAndTheAccountIsToldWhatToDo() {
    accepted(new Propose(bust("c", "t")));
    CorrectionCase proposed = find("c");
    assertThat(proposed.stage()).isEqualTo(Stage.PROPOSED);
    assertThat(proposed.correction().proposedAtMs()).isEqualTo(nowMs);
    nowMs += 5;
    accepted(new Approve("c", proposed.correction().hash(), "ben"));
    assertThat(find("c"))
        .isEqualTo(
            new CorrectionCase(proposed.correction(), Stage.APPROVED, "ben", nowMs, List.of()));
    assertThat(find("c").correction().order(nowMs))
        .isEqualTo(
            new CorrectionOrder.Reverse(
                "c",
                new Trade("novation", "correction/venue/t", "BTC-PERP", 100, 5, "s", "b", nowMs),
                7));
    accepted(new NoteCarriedOut("c", "correction/venue/t"));
    assertThat(find("c").stage()).isEqualTo(Stage.BOOKED);
    assertThat(find("c").decidedBy()).isEqualTo("ben");
  }

  @Test
  void whoeverPaysTheDifferenceIsTheOneThatThePriceFavoured() {
    assertThat(price("c", "t", 110, 50).order(9))
        .isEqualTo(new CorrectionOrder.Pay("c", "correction/venue/t", "b", "s", 50));
    assertThat(price("c", "t", 90, -50).order(9))
        .isEqualTo(new CorrectionOrder.Pay("c", "correction/venue/t", "s", "b", 50));
  }

  @Test
  void feesFollowTheirTradeEachOnceAndAreKeptUntilTheyAreGivenBackHoweverLongThatTakes() {
    accepted(new Propose(withFees(bust("c", "t"), 40, 30)));
    assertThat(find("c").orders()).isEmpty();
    accepted(new Approve("c", find("c").correction().hash(), "ben"));
    CorrectionOrder bust = find("c").correction().order(nowMs);
    assertThat(find("c").orders()).as("no fee before its trade").containsExactly(bust);
    accepted(new NoteCarriedOut("c", bust.key()));
    CorrectionOrder buyers =
        new CorrectionOrder.Pay("c", "correction/venue/t/fee/b", "novation-revenue", "b", 40);
    CorrectionOrder sellers =
        new CorrectionOrder.Pay("c", "correction/venue/t/fee/s", "novation-revenue", "s", 30);
    assertThat(find("c").orders()).containsExactly(buyers, sellers);
    accepted(new NoteCarriedOut("c", sellers.key()));
    assertThat(decide(new NoteCarriedOut("c", sellers.key()))).isEqualTo(new Decision(null, null));
    assertThat(find("c").feesDue()).containsExactly("b");
    nowMs = NOVATED_MS + CorrectionBook.WINDOW_MAX.plusDays(30).toMillis();
    book = book.apply(new CorrectionEvent.CorrectionProposed(nowMs, bust("new", "new")));
    assertThat(find("c").orders()).as("still").containsExactly(buyers);
    accepted(new NoteCarriedOut("c", buyers.key()));
    assertThat(find("c").orders()).isEmpty();
    book = book.apply(new CorrectionEvent.CorrectionProposed(nowMs, bust("newer", "newer")));
    assertThat(book.find("c")).isNull();
  }

  @Test
  void aDearerPriceCostsMoreFeeAndARejectedCorrectionNone() {
    accepted(new Propose(withFees(price("c", "t", 110, 50), -4, -3)));
    accepted(new Approve("c", find("c").correction().hash(), "ben"));
    accepted(new NoteCarriedOut("c", "correction/venue/t"));
    assertThat(find("c").orders())
        .containsExactly(
            new CorrectionOrder.Pay("c", "correction/venue/t/fee/b", "b", "novation-revenue", 4),
            new CorrectionOrder.Pay("c", "correction/venue/t/fee/s", "s", "novation-revenue", 3));
    accepted(new Propose(withFees(bust("d", "u"), 40, 30)));
    assertThat(find("d").feesDue()).containsExactly("b", "s");
    accepted(new Reject("d", "ben"));
    assertThat(find("d").feesDue()).isEmpty();
  }

  @Test
  void anApprovalBindsToTheFeesAndOneWithoutIsHashedAsBeforeThereWereAny() {
    Correction without = bust("c", "t");
    assertThat(without.hash())
        .isEqualTo("d14be88f676c50d87401c45a71e4cb13ff30658bf29e3b717d32310d09886d47");
    assertThat(
            Stream.of(
                    without,
                    withFees(without, 40, 30),
                    withFees(without, 30, 40),
                    withFees(without, 4, 30))
                .map(Correction::hash))
        .doesNotHaveDuplicates();
  }

  @Test
  void whoeverProposesDoesNotApprove() {
    accepted(new Propose(bust("c", "t")));
    assertThat(refusal(new Approve("c", find("c").correction().hash(), "ana")))
        .isEqualTo(new CorrectionRefusal.FourEyes("c", "ana"));
  }

  @Test
  void anApprovalBindsToEverythingThatWasProposed() {
    accepted(new Propose(bust("c", "t")));
    String hash = find("c").correction().hash();
    Correction other = price("c", "t", 101, 5).proposedAt(nowMs);
    assertThat(refusal(new Approve("c", other.hash(), "ben")))
        .isEqualTo(new CorrectionRefusal.OtherHash("c", other.hash(), hash));
    assertThat(hash).hasSize(64).isNotEqualTo(bust("c", "t").proposedAt(nowMs + 1).hash());
  }

  @Test
  void askedAgainNothingChangesAndNothingElsePassesUnderTheSameId() {
    accepted(new Propose(bust("c", "t")));
    assertThat(decide(new Propose(bust("c", "t")))).isEqualTo(new Decision(null, null));
    assertThat(refusal(new Propose(bust("c", "u"))))
        .isEqualTo(new CorrectionRefusal.DuplicateWithOtherContent("c"));
    Approve approve = new Approve("c", find("c").correction().hash(), "ben");
    accepted(approve);
    assertThat(decide(approve)).isEqualTo(new Decision(null, null));
    assertThat(refusal(new Approve("c", approve.hash(), "cleo")))
        .isEqualTo(new CorrectionRefusal.Decided("c", Stage.APPROVED, "ben"));
    assertThat(refusal(new Reject("c", "cleo")))
        .isEqualTo(new CorrectionRefusal.Decided("c", Stage.APPROVED, "ben"));
    accepted(new NoteCarriedOut("c", "correction/venue/t"));
    assertThat(decide(new NoteCarriedOut("c", "correction/venue/t")))
        .isEqualTo(new Decision(null, null));
    assertThat(decide(approve)).isEqualTo(new Decision(null, null));
  }

  @Test
  void aTradeIsCorrectedOnceUnlessTheFirstProposalWasRejected() {
    accepted(new Propose(bust("c", "t")));
    assertThat(refusal(new Propose(price("d", "t", 110, 50))))
        .isEqualTo(new CorrectionRefusal.AlreadyCorrected("t", "c", Stage.PROPOSED));
    accepted(new Reject("c", "ana"));
    assertThat(refusal(new Approve("c", find("c").correction().hash(), "ben")))
        .isEqualTo(new CorrectionRefusal.Decided("c", Stage.REJECTED, "ana"));
    accepted(new Propose(price("d", "t", 110, 50)));
    accepted(new Approve("d", find("d").correction().hash(), "ben"));
    assertThat(refusal(new Propose(bust("e", "t"))))
        .isEqualTo(new CorrectionRefusal.AlreadyCorrected("t", "d", Stage.APPROVED));
  }

  @Test
  void aTradeIsCorrectedToTheLastMillisecondOfItsTime() {
    nowMs = NOVATED_MS + WINDOW_MS;
    accepted(new Propose(bust("c", "t")));
    nowMs++;
    assertThat(refusal(new Propose(bust("d", "u"))))
        .isEqualTo(new CorrectionRefusal.TooOld(NOVATED_MS, NOVATED_MS + 1));
    assertThat(refusal(new Approve("c", find("c").correction().hash(), "ben")))
        .isEqualTo(new CorrectionRefusal.TooOld(NOVATED_MS, NOVATED_MS + 1));
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThat(refusal(new Approve("c", "hash", "ben")))
        .isEqualTo(new CorrectionRefusal.Unknown("c"));
    assertThat(refusal(new Reject("c", "ben"))).isEqualTo(new CorrectionRefusal.Unknown("c"));
    assertThat(refusal(new Propose(price("c", "t", 100, 0))))
        .isEqualTo(new CorrectionRefusal.NothingToCorrect("t"));
    assertThat(refusal(new Propose(of("c", Correction.Kind.BUST, "novation", "t", 0, 0))))
        .isEqualTo(new CorrectionRefusal.HouseTrade("t"));
  }

  @Test
  void isBoundedAndForgetsWhatCanBeCorrectedNoMoreButNotWhatIsUnderway() {
    accepted(new Propose(bust("underway", "t")));
    accepted(new Approve("underway", find("underway").correction().hash(), "ben"));
    for (int n = 1; n < CorrectionBook.CASES_MAX; n++)
      accepted(new Propose(bust("c" + n, "t" + n)));
    assertThat(refusal(new Propose(bust("more", "more"))))
        .isEqualTo(new CorrectionRefusal.TooMany(CorrectionBook.CASES_MAX));
    nowMs = NOVATED_MS + CorrectionBook.WINDOW_MAX.plusDays(1).toMillis();
    book = book.apply(new CorrectionEvent.CorrectionProposed(nowMs, bust("new", "new")));
    assertThat(book.cases())
        .extracting(each -> each.correction().id())
        .containsExactly("underway", "new");
  }

  private void accepted(CorrectionCommand command) {
    Decision decision = decide(command);
    assertThat(decision.refusal()).isNull();
    assertThat(decision.event()).isNotNull();
    if (decision.event() != null) book = book.apply(decision.event());
  }

  private CorrectionRefusal refusal(CorrectionCommand command) {
    Decision decision = decide(command);
    assertThat(decision.event()).isNull();
    CorrectionRefusal why = decision.refusal();
    if (why == null) throw new AssertionError("not refused: " + command);
    return why;
  }

  private Decision decide(CorrectionCommand command) {
    return book.decide(command, nowMs, WINDOW_MS);
  }

  private CorrectionCase find(String id) {
    CorrectionCase of = book.find(id);
    if (of == null) throw new AssertionError("no correction " + id);
    return of;
  }

  private static Correction bust(String id, String tradeId) {
    return of(id, Correction.Kind.BUST, "venue", tradeId, 0, 0);
  }

  private static Correction price(String id, String tradeId, long newTicks, long buyerPays) {
    return of(id, Correction.Kind.PRICE, "venue", tradeId, newTicks, buyerPays);
  }

  private static Correction withFees(Correction of, long buyers, long sellers) {
    return new Correction(
        of.id(),
        of.kind(),
        of.venue(),
        of.tradeId(),
        of.instrument(),
        of.priceTicks(),
        of.lots(),
        of.buyer(),
        of.seller(),
        of.executedAtMs(),
        of.novatedAtMs(),
        of.fundingIndex(),
        of.newPriceTicks(),
        of.buyerPaysMicros(),
        of.reason(),
        of.proposer(),
        of.proposedAtMs(),
        buyers,
        sellers);
  }

  private static Correction of(
      String id,
      Correction.Kind kind,
      String venue,
      String tradeId,
      long newTicks,
      long buyerPays) {
    return new Correction(
        id,
        kind,
        venue,
        tradeId,
        "BTC-PERP",
        100,
        5,
        "b",
        "s",
        NOVATED_MS - 1,
        NOVATED_MS,
        7,
        newTicks,
        buyerPays,
        "why",
        "ana",
        0,
        0,
        0);
  }
}
