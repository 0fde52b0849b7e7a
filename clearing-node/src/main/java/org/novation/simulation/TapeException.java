package org.novation.simulation;

/**
 * A file of prices or trades cannot be used. The message is one line that names the file, the line
 * in it and what is wrong; no stack trace, since the reader wrote no program.
 */
public final class TapeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  TapeException(String message) {
    super(message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " "), null, false, false);
  }
}
