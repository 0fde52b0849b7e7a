package org.novation.deleveraging;

import java.util.Arrays;
import java.util.List;
import org.novation.deleveraging.Allocation.Unfilled;

/** What happened to one wave. History is append-only: add a record, never change a released one. */
public sealed interface WaveEvent {
  /** 1 for the first event of a wave, then one more each. */
  long number();

  /** House time of the decision. */
  long atMs();

  /** A part of the receipt's canonical bytes; the parts are in order, and all in one write. */
  @SuppressWarnings("ArrayRecordComponent") // Equality is that of the contents, see below.
  record ReceiptPart(long number, long atMs, byte[] bytes) implements WaveEvent {
    @Override
    public boolean equals(Object other) {
      return other instanceof ReceiptPart part
          && number == part.number
          && atMs == part.atMs
          && Arrays.equals(bytes, part.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  /**
   * The receipt is complete. Its hash must be published before the first step is sent.
   *
   * @param policy as in the receipt, like the figures that follow: to be read without it
   * @param neededLots to close, of all instruments
   * @param fundMicros what the fund had paid, see {@link AdlInput}; 0 in events from before this
   *     was told here
   */
  record WaveBegun(
      long number,
      long atMs,
      String waveId,
      String sha256,
      AdlPolicy.Kind policy,
      long deficitMicros,
      long neededLots,
      int candidates,
      long fundMicros)
      implements WaveEvent {
    /** As it was written before it told of the fund. */
    WaveBegun withoutFund() {
      return new WaveBegun(
          number, atMs, waveId, sha256, policy, deficitMicros, neededLots, candidates, 0);
    }
  }

  /** Steps that belong to one round; a round may take several of these, all in one write. */
  record StepsPlanned(long number, long atMs, int round, List<WaveStep> steps)
      implements WaveEvent {
    public StepsPlanned {
      steps = List.copyOf(steps);
    }
  }

  /** A step is done; {@code micros} is what was really taken or paid. */
  record StepDone(long number, long atMs, String stepId, long micros, long version)
      implements WaveEvent {}

  /** A closing was refused, its account had changed: the next in rank take its place. */
  record StepReplaced(long number, long atMs, String stepId, long version) implements WaveEvent {}

  /**
   * Everything is done that can be.
   *
   * @param steps of all rounds
   * @param replaced closings that were refused
   * @param takenMicros from profit, all of it paid
   * @param haircutMicros H: what was given up against the mark, in money or by the price
   * @param uncoveredMicros of the deficit: withdrawals stop while this is known
   * @param hedgesBroken closings that raised somebody's maintenance margin
   * @param unfilled lots that stay open
   */
  record WaveFinished(
      long number,
      long atMs,
      int steps,
      int replaced,
      long closedLots,
      long takenMicros,
      long haircutMicros,
      long uncoveredMicros,
      int hedgesBroken,
      List<Unfilled> unfilled)
      implements WaveEvent {
    public WaveFinished {
      unfilled = List.copyOf(unfilled);
    }
  }
}
