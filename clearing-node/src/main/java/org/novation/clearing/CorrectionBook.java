package org.novation.clearing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.CorrectionCase.Stage;
import org.novation.clearing.CorrectionEvent.CorrectionApproved;
import org.novation.clearing.CorrectionEvent.CorrectionBooked;
import org.novation.clearing.CorrectionEvent.CorrectionProposed;
import org.novation.clearing.CorrectionEvent.CorrectionProposedV1;
import org.novation.clearing.CorrectionEvent.CorrectionRejected;
import org.novation.clearing.CorrectionEvent.FeeSettled;

/**
 * Every correction whose trade may still be corrected, or of which something is still to be done;
 * also what is stored of it as a snapshot. Two different operators, one proposal with one hash,
 * once for each trade, within a time.
 *
 * @param cases oldest first
 */
public record CorrectionBook(long events, List<CorrectionCase> cases) {
  /** Most that are remembered: they fit into one message between nodes. */
  public static final int CASES_MAX = 1_024;

  /** The longest time for corrections that a house may allow. */
  public static final Duration WINDOW_MAX = Duration.ofDays(7);

  /** Longer than any trade may be corrected. */
  private static final long KEPT_MS = WINDOW_MAX.plusDays(1).toMillis();

  /** Nothing was ever corrected. */
  public static final CorrectionBook EMPTY = new CorrectionBook(0, List.of());

  public CorrectionBook {
    cases = List.copyOf(cases);
  }

  /**
   * What comes of a command.
   *
   * @param event null when it changes nothing: it is refused, or was done before
   * @param refusal null when it is taken, or was
   */
  public record Decision(@Nullable CorrectionEvent event, @Nullable CorrectionRefusal refusal) {
    private static final Decision KNOWN = new Decision(null, null);
  }

  /** The one of this id; null when there is none, or it is forgotten. */
  public @Nullable CorrectionCase find(String id) {
    for (CorrectionCase each : cases) if (each.correction().id().equals(id)) return each;
    return null;
  }

  /** What corrects a trade of an account, or may yet; null when nothing does. */
  public @Nullable CorrectionCase of(String venue, String tradeId, String account) {
    for (CorrectionCase each : cases) {
      Correction of = each.correction();
      boolean its = of.buyer().equals(account) || of.seller().equals(account);
      if (its
          && of.venue().equals(venue)
          && of.tradeId().equals(tradeId)
          && each.stage() != Stage.REJECTED) return each;
    }
    return null;
  }

  /**
   * Decides a command.
   *
   * @param nowMs house time
   * @param windowMs how long after its novation a trade may be corrected
   */
  public Decision decide(CorrectionCommand command, long nowMs, long windowMs) {
    return switch (command) {
      case CorrectionCommand.Propose(var correction) -> propose(correction, nowMs, windowMs);
      case CorrectionCommand.Approve approve -> approve(approve, nowMs, windowMs);
      case CorrectionCommand.Reject reject -> reject(reject, nowMs);
      case CorrectionCommand.NoteCarriedOut(var id, var key) ->
          new Decision(carriedOut(find(id), key, nowMs), null);
    };
  }

  /**
   * Checks in this order: known, the house's, without effect, too old, corrected before, no room.
   */
  private Decision propose(Correction correction, long nowMs, long windowMs) {
    CorrectionCase known = find(correction.id());
    if (known != null)
      return known.correction().sameContent(correction)
          ? Decision.KNOWN
          : refuse(new CorrectionRefusal.DuplicateWithOtherContent(correction.id()));
    if (correction.venue().equals(HouseAccount.VENUE))
      return refuse(new CorrectionRefusal.HouseTrade(correction.tradeId()));
    if (correction.kind() == Correction.Kind.PRICE && correction.buyerPaysMicros() == 0)
      return refuse(new CorrectionRefusal.NothingToCorrect(correction.tradeId()));
    CorrectionRefusal old = tooOld(correction, nowMs, windowMs);
    if (old != null) return refuse(old);
    for (CorrectionCase each : cases) {
      if (each.stage() != Stage.REJECTED && each.correction().trade().equals(correction.trade()))
        return refuse(
            new CorrectionRefusal.AlreadyCorrected(
                correction.tradeId(), each.correction().id(), each.stage()));
    }
    if (kept(nowMs).size() >= CASES_MAX) return refuse(new CorrectionRefusal.TooMany(CASES_MAX));
    return new Decision(new CorrectionProposed(nowMs, correction.proposedAt(nowMs)), null);
  }

  /** Checks in this order: unknown, decided, four eyes, another hash, too old. */
  private Decision approve(CorrectionCommand.Approve approve, long nowMs, long windowMs) {
    CorrectionCase known = find(approve.id());
    if (known == null) return refuse(new CorrectionRefusal.Unknown(approve.id()));
    Correction correction = known.correction();
    String hash = correction.hash();
    if (known.stage() != Stage.PROPOSED) {
      boolean same =
          known.stage() != Stage.REJECTED
              && known.decidedBy().equals(approve.operator())
              && hash.equals(approve.hash());
      return same ? Decision.KNOWN : decided(known);
    }
    if (correction.proposer().equals(approve.operator()))
      return refuse(new CorrectionRefusal.FourEyes(approve.id(), correction.proposer()));
    if (!hash.equals(approve.hash()))
      return refuse(new CorrectionRefusal.OtherHash(approve.id(), approve.hash(), hash));
    CorrectionRefusal old = tooOld(correction, nowMs, windowMs);
    if (old != null) return refuse(old);
    return new Decision(
        new CorrectionApproved(nowMs, approve.id(), hash, approve.operator()), null);
  }

  private Decision reject(CorrectionCommand.Reject reject, long nowMs) {
    CorrectionCase known = find(reject.id());
    if (known == null) return refuse(new CorrectionRefusal.Unknown(reject.id()));
    if (known.stage() == Stage.REJECTED) return Decision.KNOWN;
    if (known.stage() != Stage.PROPOSED) return decided(known);
    return new Decision(new CorrectionRejected(nowMs, reject.id(), reject.operator()), null);
  }

  private static @Nullable CorrectionEvent carriedOut(
      @Nullable CorrectionCase known, String key, long nowMs) {
    if (known == null) return null;
    for (CorrectionOrder order : known.orders()) {
      if (!order.key().equals(key)) continue;
      String id = known.correction().id();
      if (known.stage() == Stage.APPROVED) return new CorrectionBooked(nowMs, id);
      return new FeeSettled(nowMs, id, known.correction().feeOf(order));
    }
    return null;
  }

  private static Decision decided(CorrectionCase known) {
    return refuse(
        new CorrectionRefusal.Decided(known.correction().id(), known.stage(), known.decidedBy()));
  }

  private static @Nullable CorrectionRefusal tooOld(
      Correction correction, long nowMs, long windowMs) {
    long oldestMs = nowMs - windowMs;
    return correction.novatedAtMs() < oldestMs
        ? new CorrectionRefusal.TooOld(correction.novatedAtMs(), oldestMs)
        : null;
  }

  private static Decision refuse(CorrectionRefusal why) {
    return new Decision(null, why);
  }

  /** Records an event; judges nothing. What can be corrected no more is forgotten. */
  public CorrectionBook apply(CorrectionEvent event) {
    List<CorrectionCase> after = kept(event.atMs());
    switch (event) {
      case CorrectionProposedV1(_, var correction) -> add(after, correction.upgraded());
      case CorrectionProposed(_, var correction) -> add(after, correction);
      case CorrectionApproved(var atMs, var id, _, var operator) ->
          change(after, id, of -> of.decided(Stage.APPROVED, operator, atMs));
      case CorrectionRejected(var atMs, var id, var operator) ->
          change(after, id, of -> of.decided(Stage.REJECTED, operator, atMs));
      case CorrectionBooked(_, var id) -> change(after, id, of -> of.at(Stage.BOOKED));
      case FeeSettled(_, var id, var account) -> change(after, id, of -> of.withoutFee(account));
    }
    return new CorrectionBook(events + 1, after);
  }

  private static void add(List<CorrectionCase> cases, Correction correction) {
    cases.add(new CorrectionCase(correction, Stage.PROPOSED, "", 0, correction.feesDue()));
  }

  private static void change(
      List<CorrectionCase> cases, String id, UnaryOperator<CorrectionCase> as) {
    for (int n = 0; n < cases.size(); n++) {
      CorrectionCase of = cases.get(n);
      if (!of.correction().id().equals(id)) continue;
      cases.set(n, as.apply(of));
      return;
    }
    throw new IllegalStateException("there is no correction " + id);
  }

  private List<CorrectionCase> kept(long nowMs) {
    List<CorrectionCase> kept = new ArrayList<>(cases.size() + 1);
    for (CorrectionCase each : cases) {
      boolean young = each.correction().novatedAtMs() > nowMs - KEPT_MS;
      if (young || !each.orders().isEmpty()) kept.add(each);
    }
    return kept;
  }
}
