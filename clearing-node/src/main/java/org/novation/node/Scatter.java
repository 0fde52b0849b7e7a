package org.novation.node;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.novation.clearing.PartyMessage;
import org.novation.liquidation.Watch;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * The accounts of this node that have a position, and how all of them are asked at once. Whoever
 * wants to know of every account asks every node for its own. An account that is on its way between
 * two nodes is asked by the one that knew of it, wherever it is by then; one that does not answer
 * is asked again, and in the end left out, which the figures show.
 */
final class Scatter {
  /**
   * How accounts are asked.
   *
   * @param inFlightMax questions without an answer; whoever is silent for {@code again} no longer
   *     counts
   * @param again until whoever was silent is asked again
   * @param patience until the answers that there are must do
   */
  record Limits(int inFlightMax, Duration again, Duration patience) {
    static final Limits DEFAULT = new Limits(8_192, Duration.ofSeconds(1), Duration.ofSeconds(10));
  }

  /**
   * What came back.
   *
   * @param asked accounts
   */
  record Answers<A>(List<A> answers, int asked) {}

  private final ActorSystem<?> system;
  private final BiConsumer<String, PartyMessage> send;
  private final Limits limits;
  private final Set<String> here = ConcurrentHashMap.newKeySet();

  /**
   * @param send to an account, wherever it is
   */
  Scatter(ActorSystem<?> system, BiConsumer<String, PartyMessage> send, Limits limits) {
    this.system = system;
    this.send = send;
    this.limits = limits;
  }

  /** The same watch, through which this one learns who is here. */
  Watch learningFrom(Watch watch) {
    return new Watch() {
      @Override
      public void register(
          String accountId, Portfolio portfolio, MarginState recorded, MarketView view) {
        here.add(accountId);
        watch.register(accountId, portfolio, recorded, view);
      }

      @Override
      public void forget(String accountId) {
        here.remove(accountId);
        watch.forget(accountId);
      }
    };
  }

  /** How many accounts of this node have a position. */
  int size() {
    return here.size();
  }

  /**
   * Asks every account that is here.
   *
   * @param account whose answer it is
   * @param question to be answered to whom it names
   */
  <A extends PartyMessage> CompletionStage<Answers<A>> ask(
      Class<A> type,
      Function<A, String> account,
      Function<ActorRef<A>, ? extends PartyMessage> question) {
    CompletableFuture<Answers<A>> done = new CompletableFuture<>();
    List<String> accounts = List.copyOf(here);
    if (accounts.isEmpty()) return CompletableFuture.completedFuture(new Answers<>(List.of(), 0));
    system.systemActorOf(
        Asking.behavior(accounts, send, limits, type, account, question, done::complete),
        "scatter-" + UUID.randomUUID(),
        Props.empty());
    return done;
  }

  /** One round of questions. */
  private static final class Asking<A extends PartyMessage> {
    private enum Timer implements PartyMessage {
      AGAIN,
      ENOUGH
    }

    private final BiConsumer<String, PartyMessage> send;
    private final int inFlightMax;
    private final Class<A> type;
    private final Function<A, String> account;
    private final PartyMessage question;
    private final Consumer<Answers<A>> done;
    private final int asked;
    private final Deque<String> unasked;
    private final Set<String> silent = new LinkedHashSet<>();
    private final List<A> answers = new ArrayList<>();
    private int inFlight;

    private Asking(
        Collection<String> accounts,
        BiConsumer<String, PartyMessage> send,
        int inFlightMax,
        Class<A> type,
        Function<A, String> account,
        PartyMessage question,
        Consumer<Answers<A>> done) {
      this.send = send;
      this.inFlightMax = inFlightMax;
      this.type = type;
      this.account = account;
      this.question = question;
      this.done = done;
      this.asked = accounts.size();
      this.unasked = new ArrayDeque<>(accounts);
    }

    static <A extends PartyMessage> Behavior<PartyMessage> behavior(
        Collection<String> accounts,
        BiConsumer<String, PartyMessage> send,
        Limits limits,
        Class<A> type,
        Function<A, String> account,
        Function<ActorRef<A>, ? extends PartyMessage> question,
        Consumer<Answers<A>> done) {
      return Behaviors.setup(
          context ->
              Behaviors.withTimers(
                  timers -> {
                    timers.startTimerWithFixedDelay(Timer.AGAIN, limits.again());
                    timers.startSingleTimer(Timer.ENOUGH, limits.patience());
                    Asking<A> asking =
                        new Asking<>(
                            accounts,
                            send,
                            limits.inFlightMax(),
                            type,
                            account,
                            question.apply(context.getSelf().narrow()),
                            done);
                    asking.askMore();
                    return Behaviors.receiveMessage(asking::on);
                  }));
    }

    private Behavior<PartyMessage> on(PartyMessage message) {
      if (type.isInstance(message)) {
        A answer = type.cast(message);
        if (silent.remove(account.apply(answer))) {
          answers.add(answer);
          inFlight--;
        }
        askMore();
      } else if (message == Timer.AGAIN) {
        inFlight = silent.size();
        silent.forEach(each -> send.accept(each, question));
        askMore(inFlightMax);
      }
      if (message != Timer.ENOUGH && !(silent.isEmpty() && unasked.isEmpty()))
        return Behaviors.same();
      done.accept(new Answers<>(List.copyOf(answers), asked));
      return Behaviors.stopped();
    }

    private void askMore() {
      askMore(inFlightMax - inFlight);
    }

    private void askMore(int most) {
      for (int n = 0; n < most && !unasked.isEmpty(); n++) {
        String next = unasked.remove();
        silent.add(next);
        inFlight++;
        send.accept(next, question);
      }
    }
  }
}
