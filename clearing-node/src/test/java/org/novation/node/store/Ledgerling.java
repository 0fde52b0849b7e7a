package org.novation.node.store;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.LeverageCapped;
import org.novation.account.AccountSnapshot;
import org.novation.account.HeldWithdrawals;
import org.novation.account.WaterfallSnapshot;
import org.novation.risk.MarginState;

/** The smallest event-sourced actor that stores what accounts store: it sums leverages. */
final class Ledgerling
    extends EventSourcedBehavior<Ledgerling.Message, AccountEvent, AccountSnapshot> {
  static final String TYPE = "ledgerling";

  /** Of this one's events, those of one write share a row. */
  static final String SEVERAL_IN_A_ROW = AccountActor.TYPE;

  sealed interface Message {}

  /** Persists as many events in one write, each worth one. */
  record Add(int events, ActorRef<Done> replyTo) implements Message {}

  /** Asks for the sum, and how many events the recovery replayed one by one. */
  record Get(ActorRef<Sum> replyTo) implements Message {}

  record Sum(long sum, int replayed) {}

  private final int snapshotEvery;
  private int replayed;

  private Ledgerling(PersistenceId id, int snapshotEvery) {
    super(id);
    this.snapshotEvery = snapshotEvery;
  }

  /** {@code snapshotEvery} 0: never. */
  static Behavior<Message> create(String id, int snapshotEvery) {
    return create(TYPE, id, snapshotEvery);
  }

  static Behavior<Message> create(String type, String id, int snapshotEvery) {
    return new Ledgerling(PersistenceId.of(type, id), snapshotEvery);
  }

  @Override
  public AccountSnapshot emptyState() {
    return state(0, 0);
  }

  private static AccountSnapshot state(long number, long sum) {
    return new AccountSnapshot(
        number,
        "ledgerling",
        "",
        0,
        MarginState.HEALTHY,
        sum,
        List.of(),
        List.of(),
        List.of(),
        1,
        List.of(),
        0,
        List.of(),
        0,
        0,
        0,
        AccountEvent.Phase.HEALTHY,
        "",
        0,
        0,
        WaterfallSnapshot.NONE,
        HeldWithdrawals.NONE,
        List.of(),
        0,
        0,
        List.of());
  }

  @Override
  public CommandHandler<Message, AccountEvent, AccountSnapshot> commandHandler() {
    return (state, message) ->
        switch (message) {
          case Add(int events, ActorRef<Done> replyTo) -> {
            replayed = 0;
            List<AccountEvent> list = new ArrayList<>();
            for (int i = 1; i <= events; i++)
              list.add(new LeverageCapped(state.number() + i, 0, 1));
            yield Effect().persist(list).thenReply(replyTo, _ -> Done.getInstance());
          }
          case Get(ActorRef<Sum> replyTo) ->
              Effect().reply(replyTo, new Sum(state.leverageMax(), replayed));
        };
  }

  @Override
  public EventHandler<AccountSnapshot, AccountEvent> eventHandler() {
    return (state, event) -> {
      replayed++;
      return state(event.number(), state.leverageMax() + ((LeverageCapped) event).leverageMax());
    };
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return snapshotEvery == 0
        ? RetentionCriteria.disabled()
        : RetentionCriteria.snapshotEvery(snapshotEvery, 2);
  }
}
