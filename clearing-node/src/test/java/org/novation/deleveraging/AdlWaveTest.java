package org.novation.deleveraging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.clearing.Trade;
import org.novation.deleveraging.AdlPolicy.Kind;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.Allocation.Unfilled;
import org.novation.deleveraging.WaveCommand.Begin;
import org.novation.deleveraging.WaveCommand.Changed;
import org.novation.deleveraging.WaveCommand.Done;
import org.novation.deleveraging.WaveDecision.Accepted;
import org.novation.deleveraging.WaveDecision.Refused;
import org.novation.ledger.EventCodec;
import org.novation.ledger.Journalled;

/** A wave step by step, and under crashes, repetitions, reordering and accounts that change. */
final class AdlWaveTest {
  private static final EventCodec CODEC = Journalled.CODEC;

  private final AdlWave wave = new AdlWave();

  @Test
  void closesThenTakesThenPaysAndEnds() {
    begin(ReceiptTest.INPUT);
    assertThat(wave.pending())
        .extracting(WaveStep::kind)
        .containsExactly(WaveStep.Kind.CLOSE, WaveStep.Kind.CLOSE);
    assertThat(wave.pending().getFirst().trade("house", "loser", 5))
        .isEqualTo(new Trade("house", "w-1.1.0", "BTC-PERP", 900, 4, "anna", "loser", 5));
    done("w-1.1.0", 0);
    assertThat(wave.next(1)).isEmpty();
    done("w-1.1.1", 0);
    assertThat(wave.closedLots()).isEqualTo(5);
    done("w-1.2.0", 75);
    done("w-1.2.1", 25);
    assertThat(wave.heldMicros()).isEqualTo(100);
    assertThat(wave.pending())
        .containsExactly(
            new WaveStep("w-1.3.0", WaveStep.Kind.PAY, "", "loser", 0, 0, 0, 100, List.of()));
    done("w-1.3.0", 100);
    assertThat(wave.finished()).isTrue();
    assertThat(wave.summary(1).haircutMicros()).isEqualTo(100);
    assertThat(wave.summary(1).unresolved()).isFalse();
  }

  @Test
  void replacesAnAccountThatChangedByTheNext() {
    begin(ReceiptTest.INPUT);
    accept(new Changed("w-1.1.0", 13));
    done("w-1.1.1", 0);
    // Bert closed 1 of 3; two more of his are all that is left, at the version he now has.
    assertThat(wave.pending())
        .containsExactly(
            new WaveStep(
                "w-1.2.0", WaveStep.Kind.CLOSE, "BTC-PERP", "bert", 99, 2, 900, 0, List.of()));
    done("w-1.2.0", 0);
    assertThat(wave.replaced()).isEqualTo(1);
    assertThat(wave.closedLots()).isEqualTo(3);
  }

  /** Its first closing moves the version that the second was chosen on. */
  @Test
  void closesTwoPositionsOfOneAccountOneAfterTheOther() {
    begin(
        ReceiptTest.INPUT.remaining(
            0,
            List.of(
                new Exposure("BTC-PERP", 1, 2, 0, 900, 0, 1),
                new Exposure("ETH-PERP", 1, 3, 0, 90, 0, 1)),
            List.of(
                new Candidate("BTC-PERP", "anna", 11, -4, -3_900, 300, 0, 5_000, 4, 90, 0),
                new Candidate("ETH-PERP", "anna", 11, -4, -390, 30, 0, 5_000, 4, 90, 0))));
    assertThat(wave.pending()).extracting(WaveStep::instrument).containsExactly("BTC-PERP");
    done("w-1.1.0", 0);
    assertThat(wave.pending()).extracting(WaveStep::instrument).containsExactly("ETH-PERP");
    assertThat(wave.pending()).extracting(WaveStep::version).containsExactly(99L);
    done("w-1.2.0", 0);
    assertThat(wave.finished()).isTrue();
    assertThat(wave.closedLots()).isEqualTo(5);
  }

  @Test
  void takesFromTheOthersWhatOneNoLongerHas() {
    begin(ReceiptTest.INPUT);
    done("w-1.1.0", 0);
    done("w-1.1.1", 0);
    done("w-1.2.0", 5);
    done("w-1.2.1", 25);
    assertThat(wave.pending())
        .containsExactly(
            new WaveStep(
                "w-1.3.0",
                WaveStep.Kind.TAKE,
                "",
                "bert",
                0,
                0,
                0,
                70,
                List.of(new Taking("BTC-PERP", "bert", 75, 70, 0))));
    done("w-1.3.0", 70);
    done("w-1.4.0", 100);
    assertThat(wave.finished()).isTrue();
  }

  @Test
  void recordsWhatNobodyCovers() {
    begin(ReceiptTest.INPUT);
    accept(new Changed("w-1.1.0", 13));
    accept(new Changed("w-1.1.1", 13));
    done("w-1.2.0", 10);
    done("w-1.2.1", 0);
    done("w-1.3.0", 10);
    assertThat(wave.summary(1).haircutMicros()).isEqualTo(10);
    assertThat(wave.summary(1).uncoveredMicros()).isEqualTo(90);
    assertThat(wave.summary(1).unfilled()).containsExactly(new Unfilled("BTC-PERP", 5));
  }

  @Test
  void recordsAResultOnceAndRefusesAnother() {
    begin(ReceiptTest.INPUT);
    done("w-1.1.0", 0);
    assertThat(wave.decide(new Done("w-1.1.0", 0, 99), 1)).isEqualTo(new Accepted(List.of()));
    assertThat(refusal(new Changed("w-1.1.0", 99)))
        .isEqualTo(new WaveRefusal.DuplicateWithOtherContent("w-1.1.0"));
    assertThat(refusal(new Done("w-1.9.9", 0, 1)))
        .isEqualTo(new WaveRefusal.UnknownStep("w-1.9.9"));
    done("w-1.1.1", 0);
    assertThat(refusal(new Done("w-1.2.0", 76, 1))).isEqualTo(new WaveRefusal.BadAmount(76, 75));
    assertThat(refusal(new Done("w-1.2.0", -1, 1))).isEqualTo(new WaveRefusal.BadAmount(-1, 75));
    assertThat(refusal(new Changed("w-1.2.0", 1)))
        .isEqualTo(new WaveRefusal.NotAClosing("w-1.2.0"));
  }

  @Test
  void beginsOnceAndNotWithAFalseReceipt() {
    Receipt honest = Receipt.of(ReceiptTest.INPUT);
    Allocation decided = honest.allocation();
    Allocation favoured = new Allocation(decided.closings(), List.of(), List.of(), 0, 100, 0);
    assertThat(refusal(new Begin(Receipt.of(ReceiptTest.INPUT, favoured))))
        .isInstanceOf(WaveRefusal.FalseReceipt.class);
    begin(ReceiptTest.INPUT);
    assertThat(wave.decide(new Begin(honest), 1)).isEqualTo(new Accepted(List.of()));
    AdlInput other =
        ReceiptTest.INPUT.remaining(
            1, ReceiptTest.INPUT.exposures(), ReceiptTest.INPUT.candidates());
    assertThat(refusal(new Begin(Receipt.of(other))))
        .isEqualTo(new WaveRefusal.DuplicateWithOtherContent("w-1"));
  }

  @Test
  void stopsWhenTheStoredReceiptIsNotThePublishedOne() {
    Receipt receipt = Receipt.of(ReceiptTest.INPUT);
    wave.apply(new WaveEvent.ReceiptPart(1, 1, receipt.bytes()));
    for (WaveEvent.WaveBegun other :
        List.of(
            begun("00", 100, 40),
            begun(receipt.sha256(), 99, 40),
            begun(receipt.sha256(), 100, 39))) {
      assertThatThrownBy(() -> wave.apply(other))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("published");
    }
    wave.apply(begun(receipt.sha256(), 100, 40));
    assertThat(wave.summary(1).fundMicros()).isEqualTo(40);
  }

  @Test
  void goesOnFromABeginningThatDidNotTellOfTheFund() {
    Receipt receipt = Receipt.of(ReceiptTest.INPUT);
    wave.apply(new WaveEvent.ReceiptPart(1, 1, receipt.bytes()));
    wave.apply(begun(receipt.sha256(), 100, 0));
    assertThat(wave.begun()).isTrue();
    assertThat(wave.summary(1).fundMicros()).isZero();
  }

  private static WaveEvent.WaveBegun begun(String sha256, long deficit, long fund) {
    return new WaveEvent.WaveBegun(2, 1, "w-1", sha256, Kind.PRO_RATA, deficit, 5, 2, fund);
  }

  private void begin(AdlInput input) {
    accept(new Begin(Receipt.of(input)));
  }

  private void done(String step, long micros) {
    accept(new Done(step, micros, 99));
  }

  private void accept(WaveCommand command) {
    WaveDecision decision = wave.decide(command, 1);
    assertThat(decision).isInstanceOf(Accepted.class);
    ((Accepted) decision).events().forEach(wave::apply);
    wave.next(1).forEach(wave::apply);
  }

  private WaveRefusal refusal(WaveCommand command) {
    WaveDecision decision = wave.decide(command, 1);
    assertThat(decision).isInstanceOf(Refused.class);
    return ((Refused) decision).why();
  }

  // ---- under faults

  @Test
  void neitherGainsNorLosesWhateverFailsAndInWhateverOrder() {
    int[] several = {0};
    for (Kind kind : Kind.values()) {
      Seeds.each(
          600,
          seed -> {
            Simulation simulation = new Simulation(seed, kind);
            simulation.run();
            several[0] += simulation.several;
          });
    }
    assertThat(several[0]).as("closings that took from who had closed before").isPositive();
  }

  /** Every crash loses what was not written, and every message may come late, twice or never. */
  private static final class Simulation {
    private final SplittableRandom random;
    private final AdlInput input;
    private final List<WaveEvent> journal = new ArrayList<>();
    private final List<WaveCommand> answers = new ArrayList<>(); // On their way.
    private final Map<String, Long> versions = new HashMap<>();
    private final Map<String, Long> equity = new HashMap<>();
    private final Map<String, Long> cash = new HashMap<>(); // Change since the beginning.
    private final Map<String, Long> lots = new HashMap<>(); // Likewise, by instrument/account.
    private final Map<String, WaveCommand> executed = new HashMap<>();
    private final Map<String, Long> given =
        new HashMap<>(); // By closings that were not at the mark.
    private int several;
    private AdlWave wave = new AdlWave();

    Simulation(long seed, Kind kind) {
      this.random = new SplittableRandom(~seed);
      this.input = new RandomWaves(seed).input(kind);
      for (Candidate candidate : input.candidates()) {
        versions.put(candidate.account(), candidate.version());
        equity.put(candidate.account(), candidate.equityMicros());
      }
    }

    void run() {
      Receipt receipt = Receipt.of(input);
      for (int tick = 0; tick < 5_000 && !wave.finished(); tick++) {
        switch (random.nextInt(8)) {
          case 0 -> write(wave.decide(new Begin(receipt), tick));
          case 1 -> recover();
          case 2 -> disturb();
          case 3, 4 -> deliver();
          default -> wave.pending().forEach(this::send);
        }
        if (random.nextInt(3) > 0) write(new Accepted(wave.next(tick)));
        check();
      }
      assertThat(wave.finished()).as("the wave ends").isTrue();
      recover();
      check();
      assertThat(wave.heldMicros()).isZero();
      WaveSummary end = wave.summary(1);
      assertThat(end.uncoveredMicros())
          .isEqualTo(
              input.deficitMicros() - Math.clamp(end.haircutMicros(), 0, input.deficitMicros()));
      if (input.policy() == Kind.PRO_RATA) assertThat(end.hedgesBroken()).isZero();
      for (WaveStep step : wave.pending()) throw new AssertionError("left open: " + step);
    }

    /** All or nothing, as a journal writes; a crash before the write loses the decision. */
    private void write(WaveDecision decision) {
      assertThat(decision).isInstanceOf(Accepted.class);
      List<WaveEvent> events = ((Accepted) decision).events();
      if (random.nextInt(10) == 0) {
        recover();
        return;
      }
      for (WaveEvent event : events) {
        journal.add(event);
        wave.apply(event);
      }
    }

    private void recover() {
      AdlWave replayed = new AdlWave();
      for (WaveEvent event : journal) {
        replayed.apply((WaveEvent) CODEC.read(CODEC.manifest(event), CODEC.write(event)));
      }
      assertThat(replayed.events()).isEqualTo(wave.events());
      assertThat(replayed.pending()).isEqualTo(wave.pending());
      assertThat(replayed.next(1)).isEqualTo(wave.next(1));
      if (wave.begun()) assertThat(replayed.summary(1)).isEqualTo(wave.summary(1));
      wave = replayed;
      if (random.nextBoolean()) answers.clear();
    }

    /** An account trades, deposits or loses money while the wave goes on. */
    private void disturb() {
      if (input.candidates().isEmpty() || random.nextInt(4) > 0) return;
      String account = input.candidates().get(random.nextInt(input.candidates().size())).account();
      versions.merge(account, 1L, Long::sum);
      equity.merge(account, random.nextLong(-300_000, 100_000), Long::sum);
    }

    /** The message may be lost; the account does the step once and remembers what it did. */
    private void send(WaveStep step) {
      if (random.nextInt(4) == 0) return;
      WaveCommand answer = executed.computeIfAbsent(step.id(), _ -> execute(step));
      if (random.nextInt(4) > 0) answers.add(random.nextInt(answers.size() + 1), answer);
    }

    private WaveCommand execute(WaveStep step) {
      String account = step.account();
      return switch (step.kind()) {
        case CLOSE -> {
          long version = versions.getOrDefault(account, 0L);
          if (version != step.version()) yield new Changed(step.id(), version);
          survive(step);
          lots.merge(step.instrument() + "/" + account, step.lots(), Long::sum);
          lots.merge(step.instrument() + "/" + input.defaulter(), -step.lots(), Long::sum);
          yield new Done(step.id(), 0, versions.merge(account, 1L, Long::sum));
        }
        case TAKE -> {
          long taken = Math.clamp(equity.getOrDefault(account, 0L), 0, step.micros());
          cash.merge(account, -taken, Long::sum);
          equity.merge(account, -taken, Long::sum);
          yield new Done(step.id(), taken, versions.merge(account, 1L, Long::sum));
        }
        case PAY -> {
          cash.merge(account, step.micros(), Long::sum);
          yield new Done(step.id(), step.micros(), 1);
        }
      };
    }

    /** A closing takes no more than what the wave read that the account has. */
    private void survive(WaveStep step) {
      long gives =
          AllocationPropertyTest.exposure(input, step.instrument())
              .gainMicros(Math.abs(step.lots()), step.priceTicks());
      Candidate candidate =
          AllocationPropertyTest.candidate(input, step.instrument(), step.account());
      long before = given.getOrDefault(step.account(), 0L);
      if (gives > 0) {
        assertThat(candidate.equityMicros() - before - gives).as("survives").isNotNegative();
        several += given.containsKey(step.account()) ? 1 : 0;
      }
      given.put(step.account(), before + gives);
    }

    private void deliver() {
      if (answers.isEmpty()) return;
      WaveCommand answer = answers.get(random.nextInt(answers.size()));
      if (random.nextInt(3) > 0) answers.remove(answer);
      write(wave.decide(answer, 1));
    }

    private void check() {
      // What accounts have done and the wave does not know yet is on its way.
      long unknown = 0;
      for (WaveStep step : wave.pending()) {
        if (!(executed.get(step.id()) instanceof Done done)) continue;
        unknown += step.kind() == WaveStep.Kind.TAKE ? done.micros() : -done.micros();
      }
      long cashMoved = cash.values().stream().mapToLong(Long::longValue).sum();
      assertThat(cashMoved + wave.heldMicros() + unknown).as("cash").isZero();
      assertThat(wave.heldMicros()).isNotNegative();
      Map<String, Long> positions = new HashMap<>();
      lots.forEach(
          (place, moved) ->
              positions.merge(place.substring(0, place.indexOf('/')), moved, Long::sum));
      assertThat(positions.values()).as("positions").allMatch(sum -> sum == 0);
      assertThat(wave.takenMicros()).isLessThanOrEqualTo(input.deficitMicros());
      long[] bases = input.baseMicros();
      Map<String, Long> most = new HashMap<>();
      for (int n = 0; n < bases.length; n++) {
        Candidate candidate = input.candidates().get(n);
        most.merge(candidate.account(), bases[n], Long::sum);
        long moved = lots.getOrDefault(candidate.instrument() + "/" + candidate.account(), 0L);
        assertThat(Math.abs(moved)).isLessThanOrEqualTo(Math.abs(candidate.lots()));
        if (input.policy() == Kind.PRO_RATA) {
          assertThat(Math.abs(moved)).isLessThanOrEqualTo(candidate.closableLots());
        }
      }
      cash.forEach(
          (account, moved) -> {
            if (account.equals(input.defaulter())) return;
            assertThat(-moved).isBetween(0L, most.getOrDefault(account, 0L));
          });
    }
  }
}
