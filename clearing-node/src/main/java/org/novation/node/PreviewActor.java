package org.novation.node;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor.Done;
import org.novation.account.AccountActor.Get;
import org.novation.account.AccountActor.Reply;
import org.novation.account.AccountReading;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.PartyMessage;
import org.novation.governance.Change;
import org.novation.governance.Impact;
import org.novation.governance.ParameterSet;
import org.novation.governance.ProposedMarkets;
import org.novation.instrument.Catalogue;
import org.novation.market.PriceBoard;
import org.novation.risk.MarketView;

/**
 * Answers for the accounts of one node: whom a change of parameters would put where. Every node has
 * one; whoever asks asks all of them. Accounts say how they are, once, and go on; they are reckoned
 * here, a few hundred at a time, so that nobody waits for long behind it. One change at a time.
 */
final class PreviewActor extends AbstractBehavior<PreviewActor.Message> {
  static final ServiceKey<Message> KEY = ServiceKey.create(Message.class, "preview");

  private static final int WAITING_MAX = 16;
  private static final int AT_A_TIME = 256;

  /** What it understands. */
  sealed interface Message extends PartyMessage {}

  /**
   * Reckon what these changes would do.
   *
   * @param tag that the answer is to carry
   */
  record Reckon(int tag, List<Change.Written> changes, ActorRef<PartyMessage> replyTo)
      implements Message {
    Reckon {
      changes = List.copyOf(changes);
    }
  }

  /**
   * The answer to {@link Reckon}.
   *
   * @param asked accounts of this node that have a position; fewer may have answered
   */
  record Reckoned(int tag, Impact impact, long asked) implements EveryNode.Part {
    @Override
    public int part() {
      return 0;
    }

    @Override
    public int parts() {
      return 1;
    }
  }

  private record Gathered(Scatter.@Nullable Answers<Reply> answers) implements Message {}

  private enum Internal implements Message {
    MORE
  }

  /** What is being reckoned. */
  private static final class Work {
    final Reckon reckon;
    final MarketView before;
    final Impact.Reckoning reckoning;
    final List<Reply> accounts;
    final long asked;
    int next;

    Work(Reckon reckon, MarketView before, MarketView after, Scatter.Answers<Reply> answers) {
      this.reckon = reckon;
      this.before = before;
      this.reckoning = new Impact.Reckoning(before, after);
      this.accounts = answers.answers();
      this.asked = answers.asked();
    }

    /** Looks at some more; false when none was left. */
    boolean more() {
      Catalogue catalogue = before.catalogue();
      int to = Math.min(accounts.size(), next + AT_A_TIME);
      for (; next < to; next++) {
        if (!(accounts.get(next) instanceof Done(AccountReading account))) continue;
        if (!HouseAccount.is(account.accountId()))
          reckoning.add(
              account.accountId(), account.portfolio(catalogue), account.holds(catalogue));
      }
      return next < accounts.size();
    }
  }

  private final Scatter scatter;
  private final PriceBoard board;
  private final Parameters parameters;
  private final List<Reckon> waiting = new ArrayList<>();
  private @Nullable Work work;

  private PreviewActor(
      ActorContext<Message> context, Scatter scatter, PriceBoard board, Parameters parameters) {
    super(context);
    this.scatter = scatter;
    this.board = board;
    this.parameters = parameters;
  }

  /** One that every node finds by {@link #KEY}. */
  static Behavior<Message> create(Scatter scatter, PriceBoard board, Parameters parameters) {
    return Behaviors.setup(
        context -> {
          context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
          return new PreviewActor(context, scatter, board, parameters);
        });
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Reckon reckon -> {
        if (waiting.size() >= WAITING_MAX) break; // Who asked hears nothing, and asks again.
        waiting.add(reckon);
        if (waiting.size() == 1) ask();
      }
      case Gathered(var answers) -> {
        if (answers == null) end();
        else begin(waiting.getFirst(), answers);
      }
      case Internal.MORE -> reckonMore();
    }
    return this;
  }

  private void ask() {
    getContext()
        .pipeToSelf(
            scatter.ask(Reply.class, PreviewActor::account, Get::new),
            (answers, failure) -> new Gathered(answers));
  }

  private static String account(Reply reply) {
    return reply instanceof Done(var account) ? account.accountId() : "";
  }

  /** Nobody is looked at for what no longer fits the parameters that this node has. */
  private void begin(Reckon reckon, Scatter.Answers<Reply> answers) {
    MarketView now = board.view();
    try {
      work = new Work(reckon, now, proposed(now, reckon.changes()), answers);
      getContext().getSelf().tell(Internal.MORE);
    } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
      getContext().getLog().warn("A proposal cannot be previewed: {}", e.toString());
      reckon.replyTo().tell(new Reckoned(reckon.tag(), Impact.none(), answers.asked()));
      end();
    }
  }

  private void reckonMore() {
    Work now = work;
    if (now == null) return;
    if (now.more()) {
      getContext().getSelf().tell(Internal.MORE);
      return;
    }
    now.reckon.replyTo().tell(new Reckoned(now.reckon.tag(), now.reckoning.impact(), now.asked));
    end();
  }

  private void end() {
    work = null;
    waiting.removeFirst();
    if (!waiting.isEmpty()) ask();
  }

  private MarketView proposed(MarketView now, List<Change.Written> changes) {
    ParameterSet inForce = parameters.newest();
    Catalogue then =
        ProposedMarkets.catalogue(inForce, changes.stream().map(Change.Written::read).toList());
    List<ProposedMarkets.Scale> scales = new ArrayList<>();
    for (int i = 0; i < now.catalogue().instruments(); i++) {
      PriceBoard.Facts facts = board.facts(i);
      scales.add(
          new ProposedMarkets.Scale(
              facts.initialMultiplierPpm(),
              facts.maintenanceMultiplierPpm(),
              openInterestMicros(now, i, facts.openInterestLots())));
    }
    return ProposedMarkets.view(now, then, scales, board.deposits());
  }

  /** At the mark; as much as fits. */
  private static long openInterestMicros(MarketView now, int instrument, long lots) {
    long perLot =
        now.catalogue()
            .perpetual(instrument)
            .notionalMicros(now.instrument(instrument).markTicks(), 1);
    return Math.multiplyHigh(lots, perLot) == 0 && lots * perLot >= 0
        ? lots * perLot
        : Long.MAX_VALUE;
  }
}
