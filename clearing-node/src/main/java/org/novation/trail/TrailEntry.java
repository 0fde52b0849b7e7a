package org.novation.trail;

/**
 * What is to be recorded. Texts are bounded: what is longer is cut, and says so.
 *
 * @param principal who
 * @param action the full name of the call
 * @param resource what it is about, as {@code name=value} parts
 * @param request all that was asked
 * @param outcome {@link #ASKED} before it is done; then {@code OK}, or why it was not
 */
public record TrailEntry(
    String principal, String action, String resource, String request, String outcome) {
  /** It is about to be done. Without a later record its outcome is unknown. */
  public static final String ASKED = "ASKED";

  /** Longest of a text, in characters. */
  public static final int TEXT_MAX = 2_048;

  private static final String CUT = "…";

  public TrailEntry {
    principal = cut(principal);
    action = cut(action);
    resource = cut(resource);
    request = cut(request);
    outcome = cut(outcome);
  }

  private static String cut(String text) {
    return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX - 1) + CUT;
  }

  /** The same, once it is known what came of it. */
  public TrailEntry with(String outcome) {
    return new TrailEntry(principal, action, resource, request, outcome);
  }
}
