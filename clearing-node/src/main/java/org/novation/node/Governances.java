package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
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
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.api.GovernancePort;
import org.novation.clearing.HouseTime;
import org.novation.governance.Draft;
import org.novation.governance.GovernanceActor;
import org.novation.governance.GovernanceActor.Answer;
import org.novation.governance.GovernanceActor.Move;
import org.novation.governance.GovernanceActor.Moved;
import org.novation.governance.GovernanceActor.Published;
import org.novation.governance.GovernanceActor.Summary;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.Parameter;
import org.novation.governance.ParameterSet;
import org.novation.governance.Proposal;

/**
 * Governance of the cluster, on whichever node it lives, this node's board of the parameters in
 * force, and what it hears of proposals. A version goes to every node by a topic, and again every
 * few seconds.
 */
final class Governances implements GovernancePort {
  private static final EntityTypeKey<GovernanceActor.Command> KEY =
      EntityTypeKey.create(GovernanceActor.Command.class, GovernanceActor.TYPE);

  /** Longer than the journal's circuit breaker waits for a write. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  private static final int LISTENERS_MAX = 10_000;

  /** More than there can be of a list. */
  private static final int PAGES_MAX = 100;

  private final @Nullable EntityRef<GovernanceActor.Command> house; // Null: there is none.
  private final HouseTime time;
  private final Parameters parameters = new Parameters();
  private final CopyOnWriteArrayList<Consumer<Summary>> listeners = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Previews> previews = new AtomicReference<>();
  private final List<ActorRef<?>> parts;

  private Governances(
      ActorSystem<?> system,
      ClusterSharding sharding,
      HouseTime time,
      LongSupplier wallMs,
      @Nullable Supplier<List<Parameter>> configured,
      Function<Move, CompletionStage<Moved>> move) {
    this.time = time;
    if (configured == null) {
      this.house = null;
      this.parts = List.of();
      return;
    }
    ActorRef<Topic.Command<Parameters.Part>> versions =
        system.systemActorOf(
            Topic.create(Parameters.Part.class, "parameters"), "parameters-topic", Props.empty());
    ActorRef<Parameters.Part> board =
        system.systemActorOf(
            each(part -> parameters.take(part, wallMs.getAsLong())),
            "parameters-board",
            Props.empty());
    versions.tell(Topic.subscribe(board));
    ActorRef<Topic.Command<Summary>> proposals =
        system.systemActorOf(
            Topic.create(Summary.class, "proposals"), "proposals-topic", Props.empty());
    ActorRef<Summary> listener =
        system.systemActorOf(each(this::tell), "proposals-listener", Props.empty());
    proposals.tell(Topic.subscribe(listener));
    sharding.init(
        Entity.of(
                KEY,
                _ ->
                    GovernanceActor.create(
                        new GovernanceActor.Surroundings(
                            time,
                            configured,
                            published -> publish(versions, published),
                            proposal -> proposals.tell(Topic.publish(proposal)),
                            move)))
            // Comes back by itself after a restart or a handover: votes end by time.
            .withSettings(ClusterShardingSettings.create(system).withRememberEntities(true)));
    this.house = sharding.entityRefFor(KEY, GovernanceActor.ID);
    this.parts = List.of(versions, board, proposals, listener);
    house.tell(new GovernanceActor.Wake());
  }

  /**
   * Starts governance, if no node has it, and this node's board. A house without rules to vote by
   * runs by its configuration: nothing is voted, and the board stays empty.
   *
   * @param move moves tokens between an account and the stakes
   */
  static Governances start(
      ActorSystem<?> system,
      ClusterSharding sharding,
      NodeSettings settings,
      HouseTime time,
      Function<Move, CompletionStage<Moved>> move) {
    LongSupplier wallMs = () -> TimeUnit.NANOSECONDS.toMillis(settings.engine().nanos());
    GovernanceSettings rules = settings.governance();
    return new Governances(
        system,
        sharding,
        time,
        wallMs,
        rules == null ? null : () -> rules.parameters(settings, time.nowMs()),
        move);
  }

  private static void publish(ActorRef<Topic.Command<Parameters.Part>> topic, Published published) {
    for (Parameters.Part part : Parameters.parts(published)) topic.tell(Topic.publish(part));
  }

  private static <M> Behavior<M> each(Consumer<M> take) {
    return Behaviors.receiveMessage(
        message -> {
          take.accept(message);
          return Behaviors.same();
        });
  }

  private void tell(Summary proposal) {
    listeners.forEach(each -> each.accept(proposal));
  }

  @Override
  public boolean isThere() {
    return house != null;
  }

  @Override
  public CompletionStage<Answer> ask(GovernanceCommand.Asked command) {
    return ask(replyTo -> new GovernanceActor.Decide(command, replyTo));
  }

  @Override
  public CompletionStage<Answer> find(String proposalId, String voter) {
    return ask(replyTo -> new GovernanceActor.Find(proposalId, voter, replyTo));
  }

  @Override
  public CompletionStage<Answer> list() {
    return page(0).thenCompose(first -> rest(first, 1));
  }

  private CompletionStage<Answer> rest(Answer told, int page) {
    if (!(told instanceof GovernanceActor.Listed so) || !so.more() || page >= PAGES_MAX)
      return CompletableFuture.completedFuture(told);
    return page(page)
        .thenCompose(
            next ->
                next instanceof GovernanceActor.Listed more
                    ? rest(so.and(more), page + 1)
                    : CompletableFuture.completedFuture(next));
  }

  private CompletionStage<Answer> page(int page) {
    return ask(replyTo -> new GovernanceActor.ListProposals(page, replyTo));
  }

  @Override
  public CompletionStage<Answer> stake(String account) {
    return ask(replyTo -> new GovernanceActor.FindStake(account, replyTo));
  }

  private CompletionStage<Answer> ask(Function<ActorRef<Answer>, GovernanceActor.Command> message) {
    if (house == null)
      return CompletableFuture.failedFuture(new IllegalStateException("nothing is voted here"));
    return InPlace.of(house.<Answer>ask(message::apply, PATIENCE));
  }

  @Override
  public CompletionStage<Preview> preview(Proposal proposal) {
    return preview(asked -> asked.of(proposal));
  }

  @Override
  public CompletionStage<Preview> preview(Draft draft) {
    return preview(asked -> asked.of(draft));
  }

  private CompletionStage<Preview> preview(Function<Previews, CompletionStage<Preview>> ask) {
    Previews asked = previews.get();
    if (asked == null)
      return CompletableFuture.failedFuture(new IllegalStateException("no accounts yet"));
    return ask.apply(asked);
  }

  /** The accounts are there: they can be asked what a proposal would do to them. */
  void previewing(Previews asked) {
    previews.set(asked);
  }

  @Override
  public ParameterSet inForce() {
    return parameters.newest();
  }

  @Override
  public long nowMs() {
    return time.nowMs();
  }

  @Override
  public AccountPort.Watch listen(Consumer<Summary> changed) {
    if (listeners.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Consumer<Summary> own = each -> changed.accept(each); // Its own identity.
    listeners.add(own);
    return () -> listeners.remove(own);
  }

  /** What is in force, as this node has heard. */
  Parameters parameters() {
    return parameters;
  }

  /** Whether it has heard of any version, be it one that it cannot read, where there can be one. */
  boolean ready() {
    return house == null || parameters.heard() || parameters.unreadable() > 0;
  }

  /** What this node cannot do without: a board that nobody writes would stand for ever. */
  List<ActorRef<?>> parts() {
    return parts;
  }
}
