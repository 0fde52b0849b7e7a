package org.novation.account;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor.Delivery;
import org.novation.account.House.JournalAnswer;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.FirstRole;
import org.novation.clearing.GatewayActor.HoldAnswer;
import org.novation.clearing.GatewayActor.LastAnswer;
import org.novation.clearing.GatewayActor.Request;
import org.novation.clearing.GatewayActor.VoidRequest;
import org.novation.clearing.LastRole;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.risk.Holds;

/**
 * One account's part in the clearing protocol between two writes: what it holds as the first of
 * trades, what it refused as the last, what waits for the next write, and which of its legs are
 * known to have arrived. All of it is volatile and harmless to lose; whoever fails to write what
 * {@link #decide} decided must discard the desk with it, and tell nobody.
 *
 * <p>Holds, voids and releases are answered at once, from memory. Novations and legs gather until
 * {@code decide} turns them into one batch.
 *
 * @param <G> how a gateway is addressed
 * @param <A> how another account is addressed
 */
public final class Desk<G, A> {
  /** Most journal searches at once for legs that may have been forgotten. */
  public static final int LOOKUPS_MAX = 64;

  private record ToNovate<G>(Request request, G gateway) {}

  private record ToApply<A>(Delivery delivery, Trade trade, String lastAccount, A from) {}

  /**
   * What became of delivered legs; the rest waits for the next write.
   *
   * @param known outbox numbers of those that are on the books: to be acknowledged
   * @param toLookUp those that may have been forgotten: the journal is to be searched
   */
  public record Delivered(List<Long> known, List<Delivery> toLookUp) {}

  /**
   * What one batch decided. Nobody is told before its events are written.
   *
   * @param events to be written at once; where there are none, all may be told immediately
   * @param answers to gateways
   * @param acknowledgements outbox numbers, to the accounts that delivered them
   * @param committed legs for the other accounts
   */
  public record Decided<G, A>(
      List<AccountEvent> events,
      Map<G, List<LastAnswer>> answers,
      Map<A, List<Long>> acknowledgements,
      List<Delivery> committed) {}

  private final FirstRole first;
  private final LastRole last;
  private List<ToNovate<G>> toNovate = List.of();
  private List<ToApply<A>> toApply = List.of();
  private Set<Long> acknowledged = Set.of();
  private Set<Fingerprint> lookups = Set.of();

  /** A desk after a recovery: both roles are new. */
  public Desk(FirstRole first, LastRole last) {
    this.first = first;
    this.last = last;
  }

  /** What open holds add up to. */
  public Holds holds() {
    return first.sums();
  }

  /** The account as the one that commits, for whatever else it commits. */
  public LastRole role() {
    return last;
  }

  /** Frees the holds that have expired. */
  public void expire(long wallMs) {
    first.expire(wallMs);
  }

  // ---- answered at once

  /**
   * Holds trades, each with the ones before it held.
   *
   * @param books as they are now, with what this desk holds
   */
  public List<HoldAnswer> hold(Batch books, List<Request> requests, long wallMs) {
    List<HoldAnswer> answers = new ArrayList<>(requests.size());
    for (Request request : requests) {
      answers.add(new HoldAnswer(request.attempt().id(), hold(books, request, wallMs)));
    }
    return answers;
  }

  private FirstRole.Answer hold(Batch books, Request request, long wallMs) {
    Trade trade = request.trade();
    Catalogue catalogue = books.catalogue();
    Integer instrument = catalogue.instrument(trade.instrument());
    if (instrument == null)
      return new FirstRole.Answer.Declined(new Rejection.UnknownInstrument(trade.instrument()));
    Perpetual perpetual = catalogue.perpetual(instrument);
    long lots = trade.signedLots(books.accountId());
    try {
      long notional = perpetual.notionalMicros(trade.priceTicks(), lots);
      return first.onHold(wallMs, request.attempt(), trade, instrument, lots, notional, books);
    } catch (ArithmeticException tooLarge) {
      return new FirstRole.Answer.Declined(new Rejection.TooLarge(books.accountId()));
    }
  }

  /**
   * Says refused to trades that their first account would not hold, unless they got through.
   *
   * @param books as they are now, with what this desk holds
   */
  public List<LastAnswer> refuse(Batch books, List<VoidRequest> requests, long wallMs) {
    List<LastAnswer> answers = new ArrayList<>(requests.size());
    for (VoidRequest request : requests) {
      LastRole.Answer answer = last.onVoid(wallMs, request.trade(), request.why(), books);
      answers.add(
          new LastAnswer(request.attempt().id(), answer, books.novatedAtMs(request.trade())));
    }
    return answers;
  }

  /** Frees the holds of these very attempts. */
  public void release(List<Request> requests) {
    for (Request request : requests) first.onRelease(request.attempt().id(), request.trade());
  }

  // ---- gathered

  /** Whether something waits for the next write. */
  public boolean hasWork() {
    return !toNovate.isEmpty() || !toApply.isEmpty();
  }

  /** Gathers trades to be committed. */
  public void novate(List<Request> requests, G gateway) {
    for (Request request : requests) {
      toNovate = Sparse.plus(toNovate, new ToNovate<>(request, gateway));
    }
  }

  /** Gathers legs that their last account committed, but for those that are known already. */
  public Delivered deliver(Account account, String lastAccount, List<Delivery> deliveries, A from) {
    List<Long> known = new ArrayList<>(0);
    List<Delivery> toLookUp = new ArrayList<>(0);
    for (Delivery delivery : deliveries) {
      Trade trade = delivery.leg().trade(lastAccount);
      if (account.booked(trade)) {
        known.add(delivery.outboxNumber());
      } else if (!account.mayHaveForgotten(trade)) {
        toApply = Sparse.plus(toApply, new ToApply<>(delivery, trade, lastAccount, from));
      } else if (lookups.size() < LOOKUPS_MAX && !lookups.contains(trade.fingerprint())) {
        lookups = Sparse.plus(lookups, trade.fingerprint());
        toLookUp.add(delivery); // One search at a time per trade; the others are sent again.
      }
    }
    return new Delivered(known, toLookUp);
  }

  /**
   * The journal was searched for a leg that may have been forgotten. Gathers it where it is not on
   * the books.
   *
   * @param answer null when the search failed: the leg will be sent again
   * @return whether it is on the books: to be acknowledged
   */
  public boolean lookedUp(
      Account account,
      String lastAccount,
      Delivery delivery,
      A from,
      @Nullable JournalAnswer answer) {
    Trade trade = delivery.leg().trade(lastAccount);
    boolean booked =
        answer != null
            && answer.legs().stream().anyMatch(leg -> leg.trade(account.id()).equals(trade));
    if (answer == null || booked) {
      lookups = Sparse.minus(lookups, trade.fingerprint());
    } else {
      toApply = Sparse.plus(toApply, new ToApply<>(delivery, trade, lastAccount, from));
    }
    return booked;
  }

  /** Other accounts have these legs: written down with the next batch. */
  public void acknowledge(Account account, List<Long> outboxNumbers) {
    for (Long number : outboxNumbers) {
      if (account.outbox().containsKey(number) || account.dispatches().containsKey(number))
        acknowledged = Sparse.plus(acknowledged, number);
    }
  }

  /** Whether an outbox number is known to have arrived, and only not written down yet. */
  public boolean isAcknowledged(long outboxNumber) {
    return acknowledged.contains(outboxNumber);
  }

  /** Whether there are acknowledgements to be written down. */
  public boolean hasAcknowledgements() {
    return !acknowledged.isEmpty();
  }

  /** Legs that are to be sent again. */
  public List<Delivery> unacknowledged(Account account) {
    List<Delivery> deliveries = new ArrayList<>();
    account
        .outbox()
        .forEach(
            (number, leg) -> {
              if (!acknowledged.contains(number)) deliveries.add(new Delivery(number, leg));
            });
    return deliveries;
  }

  // ---- decided

  /**
   * Decides everything gathered, after what the batch holds already: legs first, for they are
   * final. Acknowledgements alone make no write, unless asked for or the outbox is full.
   */
  public Decided<G, A> decide(
      Account account, Batch batch, long wallMs, boolean acknowledgementsToo) {
    first.expire(wallMs);
    Map<A, List<Long>> acknowledgements = decideApplies(batch);
    Map<G, List<LastAnswer>> answers = decideNovations(batch, wallMs);
    if (batch.decidedAnything() || acknowledgementsToo || !batch.outboxHasRoom()) {
      batch.acknowledge(List.copyOf(acknowledged));
      acknowledged = Set.of();
    }
    return new Decided<>(batch.finish(), answers, acknowledgements, batch.committed());
  }

  private Map<A, List<Long>> decideApplies(Batch batch) {
    Map<A, List<Long>> acknowledgements = new LinkedHashMap<>(2);
    for (ToApply<A> todo : toApply) {
      batch.apply(todo.delivery().leg(), todo.lastAccount());
      // Before the novations are judged, lest the leg counts against them twice.
      first.onApplied(todo.trade());
      lookups = Sparse.minus(lookups, todo.trade().fingerprint());
      acknowledgements
          .computeIfAbsent(todo.from(), any -> new ArrayList<>())
          .add(todo.delivery().outboxNumber());
    }
    toApply = List.of();
    return acknowledgements;
  }

  private Map<G, List<LastAnswer>> decideNovations(Batch batch, long wallMs) {
    Map<G, List<LastAnswer>> answers = new LinkedHashMap<>(2);
    for (ToNovate<G> todo : toNovate) {
      Request request = todo.request();
      LastRole.Answer answer =
          batch.outboxHasRoom()
              ? last.onNovate(wallMs, request.attempt(), request.trade(), batch)
              : new LastRole.Answer.Unavailable("too many trades wait for their other account");
      if (answer instanceof LastRole.Answer.Commit) batch.novate(request.trade());
      answers
          .computeIfAbsent(todo.gateway(), any -> new ArrayList<>())
          .add(new LastAnswer(request.attempt().id(), answer, batch.novatedAtMs(request.trade())));
    }
    toNovate = List.of();
    return answers;
  }
}
