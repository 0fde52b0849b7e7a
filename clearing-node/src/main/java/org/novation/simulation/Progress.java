package org.novation.simulation;

/** Told how far a replay is. Called by the replay's thread, often. */
public interface Progress {
  /** Says what is being done before the tape starts. */
  void doing(String what);

  /** A step of the tape is done. */
  void step(long done, long total, long trades, long triggers);

  /** Tells nobody. */
  Progress NONE =
      new Progress() {
        @Override
        public void doing(String what) {
          // Nobody listens.
        }

        @Override
        public void step(long done, long total, long trades, long triggers) {
          // Nobody listens.
        }
      };
}
