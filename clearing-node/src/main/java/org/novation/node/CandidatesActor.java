package org.novation.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseAccount;
import org.novation.clearing.PartyMessage;
import org.novation.deleveraging.AdlCoordinatorActor.CandidatesRead;
import org.novation.deleveraging.AdlCoordinatorActor.ReadCandidates;
import org.novation.deleveraging.AdlCoordinatorActor.ReadToRank;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.CandidateSelection;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.RankBook;
import org.novation.deleveraging.Ranking.Standing;

/**
 * Answers for the accounts of one node: who of them goes into a wave, and how many stand before a
 * position. Every node has one; whoever asks asks all of them. Ranks come from a book that is
 * written anew at most once a second, and never takes more than a tenth of the time.
 */
final class CandidatesActor extends AbstractBehavior<CandidatesActor.Message> {
  static final ServiceKey<Message> KEY = ServiceKey.create(Message.class, "adl-candidates");

  /** Some 200 kB at their longest: a message between nodes has at most 256 KiB. */
  static final int CANDIDATES_PER_PART = 500;

  private static final Duration BOOK_AGE = Duration.ofSeconds(1);
  private static final int BOOK_AGE_PER_EFFORT = 9;
  private static final int WAITING_MAX = 10_000;
  private static final int HELD_UP_NAMED_MAX = 100;

  /** What it understands. */
  sealed interface Message extends PartyMessage {}

  /**
   * Name this node's candidates.
   *
   * @param tag that the answer is to carry
   */
  record Gather(
      int tag,
      List<Exposure> exposures,
      long lookBackMs,
      int candidatesMax,
      ActorRef<PartyMessage> replyTo)
      implements Message {
    Gather {
      exposures = List.copyOf(exposures);
    }
  }

  /**
   * A part of the answer to {@link Gather}; {@code parts} of them are all.
   *
   * @param asked accounts of this node
   * @param answered of these
   */
  record Part(int tag, int part, int parts, List<Candidate> candidates, long asked, long answered)
      implements EveryNode.Part {
    Part {
      candidates = List.copyOf(candidates);
    }
  }

  /** How many positions of this node stand before each of these, of one account. */
  record Stand(int tag, List<Candidate> positions, ActorRef<PartyMessage> replyTo)
      implements Message {
    Stand {
      positions = List.copyOf(positions);
    }
  }

  /** The answer to {@link Stand}, in its order. */
  record Stood(int tag, List<Standing> standings) implements EveryNode.Part {
    Stood {
      standings = List.copyOf(standings);
    }

    @Override
    public int part() {
      return 0;
    }

    @Override
    public int parts() {
      return 1;
    }
  }

  private record Gathered(Gather of, Scatter.@Nullable Answers<CandidatesRead> answers)
      implements Message {}

  private record BookRead(long sinceNanos, Scatter.@Nullable Answers<CandidatesRead> answers)
      implements Message {}

  private final Scatter scatter;
  private final LongSupplier nanos;
  private final List<Stand> waiting = new ArrayList<>();
  private RankBook book = RankBook.EMPTY;
  private long bookUntilNanos;
  private boolean reading;

  private CandidatesActor(ActorContext<Message> context, Scatter scatter, LongSupplier nanos) {
    super(context);
    this.scatter = scatter;
    this.nanos = nanos;
    this.bookUntilNanos = nanos.getAsLong();
  }

  /** One that every node finds by {@link #KEY}. */
  static Behavior<Message> create(Scatter scatter, LongSupplier nanos) {
    return Behaviors.setup(
        context -> {
          context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
          return new CandidatesActor(context, scatter, nanos);
        });
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Gather gather -> gather(gather);
      case Gathered(var of, var answers) -> {
        if (answers != null) answer(of, answers);
      }
      case Stand stand -> stand(stand);
      case BookRead(var sinceNanos, var answers) -> onBookRead(sinceNanos, answers);
    }
    return this;
  }

  // ---- candidates

  private void gather(Gather gather) {
    Map<String, Long> needed = new HashMap<>();
    for (Exposure each : gather.exposures()) needed.put(each.instrument(), each.closeLots());
    getContext()
        .pipeToSelf(
            scatter.ask(
                CandidatesRead.class,
                CandidatesRead::account,
                replyTo -> new ReadCandidates(needed, gather.lookBackMs(), replyTo)),
            (answers, failure) -> new Gathered(gather, answers));
  }

  private void answer(Gather of, Scatter.Answers<CandidatesRead> answers) {
    tellHeldUp(answers);
    List<Candidate> selected =
        CandidateSelection.ofNode(positions(answers), of.exposures(), of.candidatesMax());
    int parts = Math.max(1, Math.ceilDiv(selected.size(), CANDIDATES_PER_PART));
    for (int part = 0; part < parts; part++) {
      int from = part * CANDIDATES_PER_PART;
      int to = Math.min(selected.size(), from + CANDIDATES_PER_PART);
      of.replyTo()
          .tell(
              new Part(
                  of.tag(),
                  part,
                  parts,
                  selected.subList(from, to),
                  answers.asked(),
                  answers.answers().size()));
    }
  }

  /** Who has something that is not asked of it, as the wave's receipt does not say. */
  private void tellHeldUp(Scatter.Answers<CandidatesRead> answers) {
    List<String> accounts = new ArrayList<>();
    long positions = 0;
    for (CandidatesRead each : answers.answers()) {
      if (each.heldUp() == 0 || HouseAccount.is(each.account())) continue;
      positions += each.heldUp();
      if (accounts.size() < HELD_UP_NAMED_MAX) accounts.add(each.account());
    }
    if (positions > 0)
      getContext()
          .getLog()
          .info(
              "No price or a brake keeps {} positions from being deleveraged now, of {} and others",
              positions,
              accounts);
  }

  /** The house's own are nobody's to rank, or to deleverage. */
  private static List<Candidate> positions(Scatter.Answers<CandidatesRead> answers) {
    List<Candidate> positions = new ArrayList<>(answers.answers().size());
    for (CandidatesRead each : answers.answers()) {
      if (!HouseAccount.is(each.account())) positions.addAll(each.candidates());
    }
    return positions;
  }

  // ---- ranks

  private void stand(Stand stand) {
    if (!reading && nanos.getAsLong() - bookUntilNanos < 0) {
      answer(stand);
      return;
    }
    if (waiting.size() < WAITING_MAX) waiting.add(stand); // Others hear nothing, and ask again.
    if (reading) return;
    reading = true;
    long sinceNanos = nanos.getAsLong();
    getContext()
        .pipeToSelf(
            scatter.ask(CandidatesRead.class, CandidatesRead::account, ReadToRank::new),
            (answers, failure) -> new BookRead(sinceNanos, answers));
  }

  private void onBookRead(long sinceNanos, Scatter.@Nullable Answers<CandidatesRead> answers) {
    reading = false;
    if (answers != null) book = new RankBook(positions(answers));
    long nowNanos = nanos.getAsLong();
    bookUntilNanos =
        nowNanos + Math.max(BOOK_AGE.toNanos(), BOOK_AGE_PER_EFFORT * (nowNanos - sinceNanos));
    waiting.forEach(this::answer);
    waiting.clear();
  }

  private void answer(Stand stand) {
    stand
        .replyTo()
        .tell(new Stood(stand.tag(), stand.positions().stream().map(book::standing).toList()));
  }
}
