package org.novation.api;

import org.novation.api.Limits.Kind;

/**
 * How often each caller may do what at one node, whatever its roles. The constructor holds the
 * bounds: nobody is shut out by them, and nobody let in without any.
 *
 * @param streamsOpen streams that one caller may have open
 */
public record Rates(Rate read, Rate change, Rate stream, Rate message, int streamsOpen) {
  /** Most of anything in a second, and most at once. */
  public static final int PER_SECOND_MAX = 1_000_000;

  public static final int BURST_MAX = 2_000_000;

  /** Most streams of one caller. */
  public static final int STREAMS_OPEN_MAX = 4_096;

  /**
   * What a node goes by that is not told otherwise. Messages are more than a node has ever cleared
   * trades, one a message: that stops a flood of empty ones, never a venue.
   */
  public static final Rates DEFAULT =
      new Rates(
          new Rate(2_000, 10_000),
          new Rate(5_000, 20_000),
          new Rate(20, 256),
          new Rate(200_000, 400_000),
          256);

  /**
   * Of what is recorded whoever asks for it, each call twice and for ever, by the one writer of the
   * house: a council and those who execute need a few. Nobody configures it.
   */
  static final Rate RECORDED = new Rate(5, 50);

  /**
   * Of one kind.
   *
   * @param perSecond how many a second in the long run
   * @param burst how many at once after a rest
   */
  public record Rate(int perSecond, int burst) {
    private void require(String name) {
      within(name + ".per-second", perSecond, PER_SECOND_MAX);
      within(name + ".burst", burst, BURST_MAX);
    }
  }

  /**
   * @throws IllegalArgumentException when a figure is out of its bounds
   */
  public Rates {
    read.require("read");
    change.require("change");
    stream.require("stream");
    message.require("message");
    within("streams-open", streamsOpen, STREAMS_OPEN_MAX);
  }

  private static void within(String name, int value, int most) {
    if (value < 1 || value > most)
      throw new IllegalArgumentException(
          "novation.grpc.rates." + name + " must lie in 1.." + most + ", not " + value);
  }

  /** The rate of a kind. */
  Rate of(Kind kind) {
    return switch (kind) {
      case READ -> read;
      case CHANGE -> change;
      case STREAM -> stream;
      case MESSAGE -> message;
      case RECORDED -> RECORDED;
    };
  }
}
