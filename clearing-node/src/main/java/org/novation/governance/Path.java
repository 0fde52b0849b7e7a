package org.novation.governance;

import org.jspecify.annotations.Nullable;

/**
 * Names one parameter: {@code contract/BTC-PERP}. It alone is voted, versioned and replaced.
 *
 * @param subject which one of its topic; {@link #HOUSE} where there is only one
 */
public record Path(Topic topic, String subject) {
  /** The subject where there is only one. */
  public static final String HOUSE = "house";

  /**
   * @throws IllegalArgumentException when the subject is no name
   */
  public Path {
    if (!isName(subject)) throw new IllegalArgumentException("bad subject " + subject);
  }

  /** The path of a text, or null when it is none. */
  public static @Nullable Path parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !isName(text.substring(slash + 1))) return null;
    for (Topic topic : Topic.values()) {
      if (topic.word().equals(text.substring(0, slash)))
        return new Path(topic, text.substring(slash + 1));
    }
    return null;
  }

  private static boolean isName(String subject) {
    return subject.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,31}|\\*");
  }

  @Override
  public String toString() {
    return topic.word() + "/" + subject;
  }
}
