package org.novation.deleveraging;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.WaveDecision.Accepted;
import org.novation.deleveraging.WaveDecision.Refused;
import org.novation.deleveraging.WaveEvent.WaveBegun;
import org.novation.deleveraging.WaveEvent.WaveFinished;

/**
 * The waves of one risk pool, one after the other, as one journal tells them. The journal holds the
 * events of the waves and nothing else: those of a wave are numbered from 1, the next wave begins
 * with the event after the end of the last, and its id holds its number; so a lost event shows,
 * wherever it was.
 *
 * <p>Changed by {@link #apply} alone, which judges nothing again. Owned by one thread at a time.
 */
public final class Coordination {
  private final String pool;
  private long events;
  private long waves;
  private @Nullable AdlWave wave;
  private @Nullable WaveSummary last;
  private long fundMicros;

  /** A pool without any wave yet. */
  public Coordination(String pool) {
    this.pool = pool;
  }

  /** The coordination that a snapshot was taken of. */
  public Coordination(CoordinationSnapshot snapshot) {
    this.pool = snapshot.pool();
    this.events = snapshot.number();
    this.waves = snapshot.waves();
    this.last =
        snapshot.last().isEmpty()
            ? null
            : snapshot.last().getFirst().summary(snapshot.lastFundMicros());
    this.fundMicros = snapshot.fundMicros();
  }

  /** The id of a pool's wave; also begins the ids of its steps. */
  public static String waveId(String pool, long wave) {
    return pool + "-" + wave;
  }

  /** The number of a pool's wave, by its id. */
  public static long wave(String pool, String waveId) {
    return Long.parseLong(waveId.substring(pool.length() + 1));
  }

  // ---- what it says

  public String pool() {
    return pool;
  }

  /** How many events made this state, over all waves. */
  public long events() {
    return events;
  }

  /** How many waves there were, the one under way included. */
  public long waves() {
    return waves;
  }

  /** The wave under way; null between two. */
  public @Nullable AdlWave wave() {
    return wave;
  }

  /** The last wave that is over; null before the first is. */
  public @Nullable WaveSummary last() {
    return last;
  }

  /** The wave under way as it is now, else the last one; null before the first. */
  public @Nullable WaveSummary newest() {
    return wave == null ? last : wave.summary(waves);
  }

  /** What the fund paid, by the receipts of all waves so far. */
  public long fundMicros() {
    return fundMicros;
  }

  /**
   * What the fund paid and no receipt has counted: for the next one. Nothing where receipts have
   * counted more than it is said to have paid: a node of an earlier version does not say it, and
   * what is not counted now a later receipt counts.
   *
   * @param paidMicros all of it, ever, as the default account has it together with what the wave is
   *     to resolve
   */
  public long uncountedMicros(long paidMicros) {
    return Math.max(0, paidMicros - fundMicros);
  }

  // ---- decide

  /**
   * The beginning of the next wave, to be written at once: the receipt, and the steps of its first
   * round. Must not be called while one is under way.
   *
   * @throws IllegalStateException when the receipt is not the next wave's, or false
   */
  public List<WaveEvent> begin(Receipt receipt, long nowMs) {
    if (wave != null || !receipt.input().waveId().equals(waveId(pool, waves + 1))) {
      throw new IllegalStateException(receipt.input().waveId() + " cannot begin now");
    }
    AdlWave draft = new AdlWave();
    List<WaveEvent> events = new ArrayList<>();
    switch (draft.decide(new WaveCommand.Begin(receipt), nowMs)) {
      case Accepted(var begun) -> events.addAll(begun);
      case Refused(var why) -> throw new IllegalStateException("a false receipt: " + why);
    }
    events.forEach(draft::apply);
    events.addAll(draft.next(nowMs));
    return events;
  }

  // ---- apply

  /**
   * Records what was decided; judges nothing again.
   *
   * @throws IllegalStateException when the event cannot follow: the journal is wrong
   */
  public void apply(WaveEvent event) {
    if (wave == null) wave = new AdlWave();
    wave.apply(event);
    events++;
    switch (event) {
      case WaveBegun begun -> begin(wave, begun);
      case WaveFinished _ -> {
        last = wave.summary(waves);
        wave = null;
      }
      case WaveEvent.ReceiptPart _,
          WaveEvent.StepsPlanned _,
          WaveEvent.StepDone _,
          WaveEvent.StepReplaced _ -> {}
    }
  }

  private void begin(AdlWave wave, WaveBegun begun) {
    waves++;
    Receipt receipt = wave.receipt();
    if (!begun.waveId().equals(waveId(pool, waves))
        || receipt == null
        || !receipt.input().waveId().equals(begun.waveId())) {
      throw new IllegalStateException(
          "wave " + begun.waveId() + " cannot follow wave " + (waves - 1) + " of " + pool);
    }
    fundMicros = Math.addExact(fundMicros, receipt.input().fundMicros());
  }

  /**
   * This state.
   *
   * @throws IllegalStateException while a wave is under way
   */
  public CoordinationSnapshot snapshot() {
    if (wave != null) throw new IllegalStateException("a wave is under way");
    return new CoordinationSnapshot(
        pool,
        events,
        waves,
        last == null ? List.of() : List.of(CoordinationSnapshot.Last.of(last)),
        fundMicros,
        last == null ? 0 : last.fundMicros());
  }
}
