package org.novation.governance;

import java.util.List;

/**
 * A change that somebody asks for: of one parameter, from the version that he saw.
 *
 * @param path of the parameter, as {@link Path} writes it
 * @param baseVersion the version that changed it last; 0 for one that is new
 * @param figures that are to be otherwise; those of a new parameter are all named
 */
public record Amendment(String path, long baseVersion, List<Entry> figures) {
  /** Most figures of one amendment. */
  public static final int FIGURES_MAX = 64;

  public Amendment {
    figures = List.copyOf(figures);
  }
}
