package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.novation.api.GovernancePort.Preview;
import org.novation.governance.Change;
import org.novation.governance.Impact;
import org.novation.governance.Parameter;
import org.novation.governance.Proposal;
import org.novation.governance.Stage;

/** However many ask, accounts are asked once in a while. */
final class PreviewsTest {
  private static final long SECOND = 1_000_000_000;

  private final List<List<Change.Written>> reckoned = new ArrayList<>();
  private final List<Runnable> later = new ArrayList<>();
  private final List<Duration> turns = new ArrayList<>();
  private long nowNanos = Long.MAX_VALUE - SECOND; // Wraps, as it may.
  private final Previews previews =
      new Previews(
          changes -> {
            reckoned.add(changes);
            return CompletableFuture.completedFuture(
                new Preview(Impact.none(), reckoned.size(), 0, 0));
          },
          (after, what) -> {
            turns.add(after);
            later.add(what);
          },
          () -> nowNanos);

  @Test
  void oneAfterTheOtherRestsBetweenAndTellsWhatIsKnownMeanwhile() {
    assertThat(number("p")).isEqualTo(1);
    assertThat(number("p")).as("known").isEqualTo(1);
    CompletableFuture<Preview> next = ask("q");
    assertThat(reckoned).as("not at once").hasSize(1);
    assertThat(turns).containsExactly(Previews.REST);
    assertThat(ask("q")).as("the same").isNotCompleted();
    nowNanos += Previews.REST.toNanos();
    later.removeFirst().run();
    assertThat(next.join().asked()).isEqualTo(2);
    nowNanos += 11 * SECOND;
    assertThat(number("p")).as("old, and nobody is asked now").isEqualTo(3);
    assertThat(number("q")).as("old, but p was asked for just now").isEqualTo(2);
    nowNanos += Previews.REST.toNanos();
    assertThat(number("q")).isEqualTo(4);
  }

  @Test
  void asksNoFasterHoweverManyProposalsAreAskedFor() {
    List<CompletableFuture<Preview>> asked = new ArrayList<>();
    for (int n = 0; n < 320; n++) asked.add(ask("p" + n));
    long most = 1 + Previews.TURN_MAX.dividedBy(Previews.REST);
    assertThat(later.size() + reckoned.size()).isEqualTo((int) most);
    assertThat(asked.getLast()).isCompletedExceptionally();
  }

  private long number(String id) {
    return ask(id).join().asked();
  }

  private CompletableFuture<Preview> ask(String id) {
    return previews
        .of(
            new Proposal(
                id,
                "anna",
                0,
                id,
                "",
                "",
                List.of(new Change(null, 0, new Parameter.Oracles(id, List.of("o1")))),
                0,
                Map.of(),
                Map.of(),
                Map.of(),
                new Stage.Draft(1),
                0,
                0,
                0))
        .toCompletableFuture();
  }
}
