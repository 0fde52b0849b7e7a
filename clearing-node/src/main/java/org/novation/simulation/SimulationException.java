package org.novation.simulation;

/** A simulation, or a benchmark, cannot go on. The message is one line that says why. */
public final class SimulationException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param message one line
   */
  public SimulationException(String message) {
    super(message, null, false, false);
  }
}
