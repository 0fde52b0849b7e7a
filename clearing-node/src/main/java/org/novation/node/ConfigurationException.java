package org.novation.node;

import java.nio.file.Path;

/**
 * What somebody wrote in a configuration cannot be used. The message is one line that names the
 * file, the place in it and what is wrong; it carries no stack trace, because the reader is not a
 * programmer.
 */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param message whatever it holds, it becomes one line
   */
  public ConfigurationException(String message) {
    super(message.strip().replaceAll("\\s*[\\r\\n]+\\s*", " "), null, false, false);
  }

  /** What is wrong in a file; many a parser names the file by itself. */
  static ConfigurationException in(Path file, Exception why) {
    String message = String.valueOf(why.getMessage());
    return new ConfigurationException(
        message.startsWith(file.toString()) ? message : file + ": " + message);
  }
}
