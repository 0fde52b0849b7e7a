package org.novation.deleveraging;

/** How a wave is decided: a pure function of its input. Governed; chosen per risk pool. */
public sealed interface AdlPolicy permits ProRataPolicy, QueuePolicy {
  /** Which policies there are. Stored and hashed by name: never rename one. */
  enum Kind {
    /** Contracts at the mark, the deficit from profit: the default. */
    PRO_RATA,
    /** The classic queue at the bankruptcy price. */
    QUEUE
  }

  /**
   * Decides the whole wave.
   *
   * @throws ArithmeticException when a sum does not fit
   */
  default Allocation allocate(AdlInput input) {
    return allocate(input, input.baseMicros());
  }

  /**
   * Decides with bases that were worked out before.
   *
   * @param baseMicros most that may be taken from each candidate, in their order
   */
  Allocation allocate(AdlInput input, long[] baseMicros);

  /** The policy of this name. */
  static AdlPolicy of(Kind kind) {
    return switch (kind) {
      case PRO_RATA -> new ProRataPolicy();
      case QUEUE -> new QueuePolicy();
    };
  }
}
