package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.governance.House.DAY;
import static org.novation.governance.House.HOUR;
import static org.novation.governance.House.NOW;
import static org.novation.governance.House.UNIT;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.novation.governance.GovernanceCommand.Advance;
import org.novation.governance.GovernanceCommand.Approve;
import org.novation.governance.GovernanceCommand.Cancel;
import org.novation.governance.GovernanceCommand.Delegate;
import org.novation.governance.GovernanceCommand.Deposit;
import org.novation.governance.GovernanceCommand.Execute;
import org.novation.governance.GovernanceCommand.Propose;
import org.novation.governance.GovernanceCommand.SetUp;
import org.novation.governance.GovernanceCommand.Stake;
import org.novation.governance.GovernanceCommand.Tighten;
import org.novation.governance.GovernanceCommand.Unstake;
import org.novation.governance.GovernanceCommand.Vote;
import org.novation.governance.GovernanceCommand.Withdraw;
import org.novation.governance.GovernanceEvent.StakeReleased;
import org.novation.governance.GovernanceEvent.Staked;

/** What holds after every command, sensible or not. */
final class GovernancePropertyTest {
  private static final int SEEDS = Integer.getInteger("novation.seeds", 6);
  private static final int COMMANDS = 400;
  private static final List<String> VOTERS = List.of("anna", "bert", "carl", "dora", "emil");

  private final List<GovernanceEvent> journal = new ArrayList<>();
  private Governance house = Governance.EMPTY;
  private long now = NOW;
  private int executed;
  private int done;

  @Test
  void holdsTokensVotesAndVersionsWhateverIsAsked() {
    for (long seed = 0; seed < SEEDS; seed++) run(seed);
    assertThat(executed).as("proposals that were executed").isPositive();
    assertThat(done).as("acts of the council that were done").isPositive();
  }

  private void run(long seed) {
    Random random = new Random(seed);
    journal.clear();
    house = Governance.EMPTY;
    now = NOW;
    take(new SetUp(House.parameters()));
    for (String voter : VOTERS)
      take(new Stake("s-" + voter, now, voter, (1 + random.nextInt(50)) * 10_000L * UNIT));
    for (Stakes.Asked each : house.stakes().asked())
      take(new GovernanceCommand.NoteTaken(each.number()));
    for (int n = 0; n < COMMANDS; n++) {
      boolean waiting = !house.acts().isEmpty(); // An act waits for an hour only.
      now += !waiting && random.nextBoolean() ? random.nextLong(DAY) : random.nextLong(HOUR / 8);
      GovernanceCommand command =
          random.nextInt(8) == 0 ? new Advance() : House.signed(command(random, n));
      long version = house.parameters().version();
      boolean taken = take(command);
      assertThat(house.parameters().version() - version).isBetween(0L, 1L);
      if (taken && command instanceof GovernanceCommand.Asked) requireCountedOnce(command, seed);
      accountsAnswer(random);
      requireSound(seed);
    }
    Governance replayed = Governance.EMPTY;
    for (GovernanceEvent event : journal) replayed = replayed.apply(event);
    assertThat(replayed).as("seed %d", seed).isEqualTo(house);
    assertThat(GovernanceSnapshot.of(house).governance()).as("seed %d", seed).isEqualTo(house);
  }

  private boolean take(GovernanceCommand command) {
    if (!(house.decide(command, now) instanceof Decision.Accepted(var events))) return false;
    for (GovernanceEvent event : events) {
      house = house.apply(event);
      journal.add(event);
      if (event instanceof GovernanceEvent.Executed) executed++;
      if (event instanceof GovernanceEvent.ActDone) done++;
    }
    return true;
  }

  /** An account gives what it is asked for, or does not, and takes what it is to have, in time. */
  private void accountsAnswer(Random random) {
    for (Stakes.Asked each : house.stakes().asked()) {
      if (random.nextBoolean())
        take(
            random.nextInt(4) > 0
                ? new GovernanceCommand.NoteTaken(each.number())
                : new GovernanceCommand.NoteNotTaken(each.number(), "it has none"));
    }
    for (Stakes.Returning each : house.stakes().returning()) {
      if (random.nextBoolean()) take(new GovernanceCommand.NoteReturned(each.number()));
    }
  }

  /** A retry of what was done changes nothing. */
  private void requireCountedOnce(GovernanceCommand command, long seed) {
    String content = Proposal.sha256(command.toString());
    boolean counted =
        house.origins().authors().values().stream()
            .flatMap(each -> each.known().stream())
            .anyMatch(each -> each.content().equals(content));
    if (counted)
      assertThat(house.decide(command, now + DAY))
          .as("seed %d: %s", seed, command)
          .isEqualTo(new Decision.Accepted(List.of()));
  }

  private void requireSound(long seed) {
    long came = 0;
    Map<Long, StakeReleased> returning = new HashMap<>();
    for (GovernanceEvent event : journal) {
      if (event instanceof Staked staked) came += staked.micros();
      if (event instanceof StakeReleased released) returning.put(released.number(), released);
      if (event instanceof GovernanceEvent.StakeReturned back)
        came -= Objects.requireNonNull(returning.remove(back.released())).micros();
    }
    assertThat(house.stakes().heldMicros())
        .as("seed %d: tokens that are here", seed)
        .isEqualTo(came);
    assertThat(sum(house.stakes().weights())).isEqualTo(house.stakes().stakedMicros());
    for (String voter : VOTERS) assertThat(house.freeMicros(voter)).isNotNegative();
    for (Proposal proposal : house.proposals().values()) {
      if (proposal.stage().open())
        assertThat(sum(proposal.weights())).isEqualTo(proposal.stakedMicros());
      assertThat(proposal.inFavourMicros() + proposal.againstMicros() + proposal.abstainingMicros())
          .isLessThanOrEqualTo(proposal.stakedMicros());
      if (!(proposal.stage() instanceof Stage.Timelocked)) continue;
      for (Change change : proposal.changes())
        assertThat(house.parameters().version(change.path()))
            .as("seed %d: what waits is of what there is", seed)
            .isEqualTo(change.baseVersion());
    }
  }

  private static long sum(Map<String, Long> weights) {
    return weights.values().stream().mapToLong(Long::longValue).sum();
  }

  private GovernanceCommand command(Random random, int n) {
    String id = random.nextInt(20) == 0 ? "c" + random.nextInt(n + 1) : "c" + n;
    String voter = VOTERS.get(random.nextInt(VOTERS.size()));
    String member = "k" + (1 + random.nextInt(5));
    Proposal proposal = any(List.copyOf(house.proposals().values()), random);
    Act act = any(List.copyOf(house.acts().values()), random);
    String proposed = proposal == null ? "none" : proposal.id();
    String sha256 = proposal == null ? "" : proposal.sha256();
    int kind = act != null && random.nextBoolean() ? 15 : random.nextInt(16);
    return switch (kind) {
      case 0 -> new Stake(id, now, voter, random.nextLong(100_000 * UNIT));
      case 1 -> new Unstake(id, now, voter, random.nextLong(100_000 * UNIT));
      case 2 -> new Delegate(id, now, voter, random.nextBoolean() ? "" : other(voter, random));
      case 3, 4 ->
          new Propose(
              id,
              now,
              voter,
              "t",
              "x",
              List.of(amendment(random)),
              random.nextBoolean() ? 10_000 * UNIT : random.nextLong(10_000 * UNIT));
      case 5 -> new Deposit(id, now, proposed, voter, random.nextLong(10_000 * UNIT));
      case 6, 7, 8, 9 -> new Vote(id, now, proposed, voter, choice(random), sha256);
      case 10, 11 -> new Execute(id, now, proposed);
      case 12 -> new Tighten(id, now, member, "r", List.of(amendment(random)), "");
      case 13 ->
          random.nextInt(8) == 0
              ? new Cancel(id, now, member, "r", proposed, "")
              : new Withdraw(id, now, random.nextInt(8) == 0 ? proposed : "none", voter);
      default ->
          new Approve(
              id,
              now,
              member,
              act == null ? "none" : act.id(),
              act == null ? "" : act.sha256(),
              "");
    };
  }

  private Amendment amendment(Random random) {
    List<Setting> settings = List.copyOf(house.parameters().settings().values());
    Parameter voted = settings.get(random.nextInt(settings.size())).to();
    List<Figure> figures = Schema.of(voted).figures();
    Figure figure = figures.get(random.nextInt(figures.size()));
    String text = Schema.of(voted).texts(voted).getOrDefault(figure.name(), "");
    if (figure.kind() == Figure.Kind.NUMBER) {
      long value = Long.parseLong(text);
      text = Long.toString(value + (random.nextBoolean() ? value / 20 + 1 : -value / 20 - 1));
    }
    return House.amend(house, voted.path().toString(), figure.name(), text);
  }

  private static Choice choice(Random random) {
    return switch (random.nextInt(9)) {
      case 0 -> Choice.AGAINST;
      case 1 -> Choice.ABSTAIN;
      default -> Choice.IN_FAVOUR;
    };
  }

  private static String other(String voter, Random random) {
    String other = VOTERS.get(random.nextInt(VOTERS.size()));
    return other.equals(voter) ? "nobody" : other;
  }

  private static <T> @Nullable T any(List<T> list, Random random) {
    return list.isEmpty() ? null : list.get(random.nextInt(list.size()));
  }
}
