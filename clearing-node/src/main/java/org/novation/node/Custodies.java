package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.jdbc.query.javadsl.JdbcReadJournal;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.api.CustodyPort;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.custody.CustodyActor;
import org.novation.custody.CustodyActor.Answer;
import org.novation.custody.CustodyActor.TryAgain;
import org.novation.custody.CustodyCommand;
import org.novation.custody.CustodyEvent;
import org.novation.custody.CustodyTerms;
import org.novation.custody.JournalSays;
import org.novation.custody.Withdrawal;
import org.novation.custody.WithdrawalTold;
import org.novation.market.PriceBoard;
import org.novation.risk.Portfolio;
import org.novation.risk.Stop;

/** Custody of the cluster, on whichever node it lives, and what this node hears of withdrawals. */
final class Custodies implements CustodyPort {
  /** The one risk pool. */
  private static final String POOL = "main";

  private static final EntityTypeKey<CustodyActor.Command> KEY =
      EntityTypeKey.create(CustodyActor.Command.class, CustodyActor.TYPE);

  /** Longer than the journal's circuit breaker waits for a write. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  private static final Duration SILENCE = Duration.ofSeconds(10);
  private static final int LISTENERS_MAX = 10_000;

  private final @Nullable ClusterSharding sharding; // Null: there is no custody.
  private final CopyOnWriteArrayList<Consumer<Withdrawal>> listeners;
  private final List<ActorRef<?>> parts;

  private Custodies(
      @Nullable ClusterSharding sharding,
      CopyOnWriteArrayList<Consumer<Withdrawal>> listeners,
      List<ActorRef<?>> parts) {
    this.sharding = sharding;
    this.listeners = listeners;
    this.parts = parts;
  }

  /**
   * Starts custody, if no node has it; without settings there is none.
   *
   * @param inForce asked each time, where there are settings
   * @param debtors the default account aside
   */
  static Custodies start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      @Nullable CustodySettings settings,
      Supplier<CustodyTerms> inForce,
      HouseTime time,
      BiConsumer<String, PartyMessage> send,
      PriceBoard board,
      Debtors debtors) {
    CopyOnWriteArrayList<Consumer<Withdrawal>> listeners = new CopyOnWriteArrayList<>();
    if (settings == null || settings.custodians().version() == 0)
      return new Custodies(null, listeners, List.of());
    ActorRef<Topic.Command<WithdrawalTold>> topic =
        system.systemActorOf(
            Topic.create(WithdrawalTold.class, "withdrawals"), "withdrawals-topic", Props.empty());
    ActorRef<WithdrawalTold> listener =
        system.systemActorOf(listener(listeners), "withdrawals-listener", Props.empty());
    topic.tell(Topic.subscribe(listener));
    Function<String, CompletionStage<JournalSays>> journal = journal(system);
    sharding.init(
        Entity.of(
                KEY,
                entity ->
                    CustodyActor.create(
                        entity.getEntityId(),
                        new CustodyActor.Surroundings(
                            inForce,
                            time,
                            send::accept,
                            new HouseGate(board, time, debtors),
                            journal,
                            withdrawal ->
                                topic.tell(Topic.publish(new WithdrawalTold(withdrawal))))))
            // Comes back by itself after a restart or a handover: what it owes must be told.
            .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    Custodies custodies = new Custodies(sharding, listeners, List.of(topic, listener));
    var _ = custodies.read(); // To be there from the first start on.
    return custodies;
  }

  /** Accounts that owe more than they have, as far as this node has heard. */
  interface Debtors {
    /** Whether it has heard of all of them: a node that has just started has not. */
    boolean known();

    /** Whether there is one; yes while that is not known. */
    boolean any();

    /** How often one was, who is none any more; counted before {@link #any} is without him. */
    long gone();
  }

  /**
   * What stops an asset from leaving whoever's account: the account's own positions it asks for.
   */
  private record HouseGate(PriceBoard board, HouseTime time, Debtors debtors)
      implements CustodyActor.Gate {
    @Override
    public boolean known() {
      return debtors.known();
    }

    @Override
    public long debtsGone() {
      return debtors.gone();
    }

    @Override
    public @Nullable Stop against(String asset, @Nullable String insolvent) {
      Integer index = board.view().catalogue().asset(asset);
      if (index == null) throw new IllegalStateException("custody of no listed asset: " + asset);
      // Whose loss it is, is nobody's business but the house's.
      String owing = insolvent == null && debtors.any() ? "an account" : insolvent;
      return board.gate(owing).against(new Portfolio(), index, board.view(), time.nowMs());
    }
  }

  private static Function<String, CompletionStage<JournalSays>> journal(ActorSystem<?> system) {
    JdbcReadJournal journal =
        PersistenceQuery.get(system)
            .getReadJournalFor(JdbcReadJournal.class, JdbcReadJournal.Identifier());
    return id ->
        journal
            .currentEventsByPersistenceId(CustodyActor.persistenceId(POOL).id(), 1, Long.MAX_VALUE)
            .idleTimeout(SILENCE)
            .map(envelope -> (CustodyEvent) envelope.event())
            .runFold(JournalSays.of(id), JournalSays::and, system);
  }

  private static Behavior<WithdrawalTold> listener(List<Consumer<Withdrawal>> listeners) {
    return Behaviors.receiveMessage(
        told -> {
          listeners.forEach(each -> each.accept(told.withdrawal()));
          return Behaviors.same();
        });
  }

  @Override
  public boolean isThere() {
    return sharding != null;
  }

  @Override
  public CompletionStage<Answer> ask(CustodyCommand command) {
    return ask(replyTo -> new CustodyActor.Decide(command, replyTo));
  }

  @Override
  public CompletionStage<Answer> find(String account, String withdrawalId) {
    return ask(replyTo -> new CustodyActor.Find(account, withdrawalId, replyTo));
  }

  @Override
  public CompletionStage<Answer> list(String account, long after, int limit) {
    return ask(replyTo -> new CustodyActor.ListWithdrawals(account, after, limit, replyTo));
  }

  @Override
  public CompletionStage<Answer> read() {
    return ask(CustodyActor.Read::new);
  }

  private CompletionStage<Answer> ask(Function<ActorRef<Answer>, CustodyActor.Command> message) {
    if (sharding == null)
      return CompletableFuture.completedFuture(new TryAgain("there is no custody here"));
    EntityRef<CustodyActor.Command> custody = sharding.entityRefFor(KEY, POOL);
    return InPlace.of(custody.<Answer>ask(message::apply, PATIENCE))
        .exceptionally(_ -> new TryAgain("custody did not answer in time"));
  }

  @Override
  public AccountPort.Watch listen(Consumer<Withdrawal> changed) {
    if (listeners.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Consumer<Withdrawal> own =
        each -> changed.accept(each); // Its own identity, should one be passed twice.
    listeners.add(own);
    return () -> listeners.remove(own);
  }

  /** What this node cannot do without. */
  List<ActorRef<?>> parts() {
    return parts;
  }
}
