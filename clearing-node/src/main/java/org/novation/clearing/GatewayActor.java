package org.novation.clearing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Takes trades from one or many streams and leads each through hold, novate and its answer. What
 * arrives together is grouped by account: one message per account and phase. Holds nothing that a
 * crash could lose but attempts, whose clients retry.
 */
public final class GatewayActor extends AbstractBehavior<GatewayActor.Message> {
  /**
   * Most attempts in flight through one gateway; beyond, trades are answered unavailable at once.
   */
  public static final int FLIGHTS_MAX = 65_536;

  /** How often an attempt that came to nothing is begun again before the client is told. */
  private static final int TRIES_MAX = 6;

  private static final Duration TICK = Duration.ofMillis(250);

  /** What a gateway understands. */
  public sealed interface Message {}

  /**
   * Trades to be novated; valid in themselves. Local.
   *
   * @param answer gets each trade's position in the list and its outcome, once, from the gateway's
   *     thread: must not block
   */
  public record Submit(List<Trade> trades, Answer answer)
      implements Message, NoSerializationVerificationNeeded {}

  /** Takes the answer to one trade of a submission. */
  @FunctionalInterface
  public interface Answer {
    void answered(int position, Outcome outcome);
  }

  /** A first account has answered. */
  public record HoldsAnswered(List<HoldAnswer> answers) implements Message, PartyMessage {}

  /** The answer to one attempt's hold. */
  public record HoldAnswer(long attempt, FirstRole.Answer answer) {}

  /** A last account has answered. */
  public record LastAnswered(List<LastAnswer> answers) implements Message, PartyMessage {}

  /** The last account's word on one attempt; the time where it said novated. */
  public record LastAnswer(long attempt, LastRole.Answer answer, long novatedAtMs) {}

  private enum Internal implements Message {
    FLUSH,
    TICK
  }

  /** What a gateway asks of an account. */
  public sealed interface ToAccount extends PartyMessage {}

  /** Hold these. */
  public record HoldTrades(List<Request> requests, ActorRef<Message> replyTo)
      implements ToAccount {}

  /** Commit these. */
  public record NovateTrades(List<Request> requests, ActorRef<Message> replyTo)
      implements ToAccount {}

  /** Say refused to these, unless an earlier attempt got through. */
  public record VoidTrades(List<VoidRequest> requests, ActorRef<Message> replyTo)
      implements ToAccount {}

  /** Free the holds of these attempts. */
  public record ReleaseTrades(List<Request> requests) implements ToAccount {}

  /** One attempt of one trade. */
  public record Request(Attempt attempt, Trade trade) {}

  /** One attempt of one trade that the first account, or the market, would not take. */
  public record VoidRequest(Attempt attempt, Trade trade, Rejection why) {}

  private static final class InFlight {
    final Flight flight;
    final Answer answer;
    final int position;
    final int tries;

    InFlight(Flight flight, Answer answer, int position, int tries) {
      this.flight = flight;
      this.answer = answer;
      this.position = position;
      this.tries = tries;
    }
  }

  private record Retry(long atMs, Trade trade, Answer answer, int position, int tries) {}

  private final BiConsumer<String, PartyMessage> accounts;
  private final Function<Trade, @Nullable Rejection> market;
  private final Timing timing;
  private final LongSupplier wallMs;
  private final long prefix;
  private long attempts;
  private final Map<Long, InFlight> flights = new LinkedHashMap<>(); // In order of their start.
  private final List<Retry> retries = new ArrayList<>();
  private final Map<String, List<Request>> toHold = new HashMap<>();
  private final Map<String, List<Request>> toNovate = new HashMap<>();
  private final Map<String, List<VoidRequest>> toVoid = new HashMap<>();
  private final Map<String, List<Request>> toRelease = new HashMap<>();
  private boolean flushing;

  private GatewayActor(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      BiConsumer<String, PartyMessage> accounts,
      Function<Trade, @Nullable Rejection> market,
      Timing timing,
      LongSupplier wallMs,
      long incarnation) {
    super(context);
    this.accounts = accounts;
    this.market = market;
    this.timing = timing;
    this.wallMs = wallMs;
    this.prefix = incarnation << 32;
    timers.startTimerWithFixedDelay(Internal.TICK, TICK);
  }

  /**
   * A gateway.
   *
   * @param accounts sends a message to an account by its id
   * @param market what the market has against a trade, or null; not the last word
   * @param incarnation unique among all gateways that run or have just run: attempts are numbered
   *     under it
   */
  public static Behavior<Message> create(
      BiConsumer<String, PartyMessage> accounts,
      Function<Trade, @Nullable Rejection> market,
      Timing timing,
      LongSupplier wallMs,
      long incarnation) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new GatewayActor(
                        context, timers, accounts, market, timing, wallMs, incarnation)));
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Submit submit -> onSubmit(submit);
      case HoldsAnswered(var answers) ->
          answers.forEach(answer -> step(answer.attempt(), answer.answer()));
      case LastAnswered(var answers) -> answers.forEach(this::step);
      case Internal.FLUSH -> flush();
      case Internal.TICK -> onTick();
    }
    return this;
  }

  private void onSubmit(Submit submit) {
    for (int position = 0; position < submit.trades().size(); position++) {
      if (flights.size() + retries.size() >= FLIGHTS_MAX) {
        submit.answer().answered(position, new Outcome.Unavailable("the gateway is full"));
      } else {
        begin(submit.trades().get(position), submit.answer(), position, 1);
      }
    }
  }

  private void begin(Trade trade, Answer answer, int position, int tries) {
    Attempt attempt = new Attempt(prefix | (++attempts & 0xFFFF_FFFFL), wallMs.getAsLong());
    Flight flight = new Flight(trade, attempt);
    InFlight inFlight = new InFlight(flight, answer, position, tries);
    flights.put(attempt.id(), inFlight);
    Rejection why = market.apply(trade);
    if (why != null) {
      take(inFlight, flight.onPrecheckFailed(why));
    } else {
      toHold
          .computeIfAbsent(trade.first(), any -> new ArrayList<>())
          .add(new Request(attempt, trade));
      flushSoon();
    }
  }

  private void step(long attempt, FirstRole.Answer answer) {
    InFlight inFlight = flights.get(attempt);
    if (inFlight != null) take(inFlight, inFlight.flight.onHold(answer));
  }

  private void step(LastAnswer answer) {
    InFlight inFlight = flights.get(answer.attempt());
    if (inFlight != null)
      take(inFlight, inFlight.flight.onLast(answer.answer(), answer.novatedAtMs()));
  }

  private void take(InFlight inFlight, Flight.Step step) {
    Flight flight = inFlight.flight;
    Trade trade = flight.trade();
    switch (step) {
      case Flight.Step.Novate() -> {
        toNovate
            .computeIfAbsent(trade.last(), any -> new ArrayList<>())
            .add(new Request(flight.attempt(), trade));
        flushSoon();
      }
      case Flight.Step.Void(Rejection why) -> {
        toVoid
            .computeIfAbsent(trade.last(), any -> new ArrayList<>())
            .add(new VoidRequest(flight.attempt(), trade, why));
        flushSoon();
      }
      case Flight.Step.Answer(Outcome outcome, boolean release) -> {
        flights.remove(flight.attempt().id());
        if (release) {
          toRelease
              .computeIfAbsent(trade.first(), any -> new ArrayList<>())
              .add(new Request(flight.attempt(), trade));
          flushSoon();
        }
        answer(inFlight, outcome);
      }
      case Flight.Step.Ignore() -> {}
    }
  }

  /**
   * An attempt that came to nothing is begun again, as a new attempt, while that may still help the
   * client.
   */
  private void answer(InFlight inFlight, Outcome outcome) {
    if (outcome instanceof Outcome.Unavailable && inFlight.tries < TRIES_MAX) {
      long atMs = wallMs.getAsLong() + (50L << inFlight.tries);
      retries.add(
          new Retry(
              atMs,
              inFlight.flight.trade(),
              inFlight.answer,
              inFlight.position,
              inFlight.tries + 1));
    } else {
      inFlight.answer.answered(inFlight.position, outcome);
    }
  }

  private void flushSoon() {
    if (flushing) return;
    flushing = true;
    getContext().getSelf().tell(Internal.FLUSH);
  }

  /** What has gathered since the last flush leaves, one message per account and phase. */
  private void flush() {
    flushing = false;
    ActorRef<Message> self = getContext().getSelf();
    toRelease.forEach((account, requests) -> accounts.accept(account, new ReleaseTrades(requests)));
    toHold.forEach((account, requests) -> accounts.accept(account, new HoldTrades(requests, self)));
    toNovate.forEach(
        (account, requests) -> accounts.accept(account, new NovateTrades(requests, self)));
    toVoid.forEach((account, requests) -> accounts.accept(account, new VoidTrades(requests, self)));
    toRelease.clear();
    toHold.clear();
    toNovate.clear();
    toVoid.clear();
  }

  private void onTick() {
    long nowMs = wallMs.getAsLong();
    List<InFlight> late = new ArrayList<>();
    for (InFlight inFlight : flights.values()) {
      if (inFlight.flight.attempt().startMs() + timing.deadlineMs() + timing.skewMs() > nowMs)
        break;
      late.add(inFlight);
    }
    late.forEach(inFlight -> take(inFlight, inFlight.flight.onTimeout()));
    List<Retry> due = new ArrayList<>();
    for (Iterator<Retry> all = retries.iterator(); all.hasNext(); ) {
      Retry retry = all.next();
      if (retry.atMs > nowMs) continue;
      due.add(retry);
      all.remove();
    }
    due.forEach(retry -> begin(retry.trade, retry.answer, retry.position, retry.tries));
  }
}
