package org.novation.governance;

import java.util.ArrayList;
import java.util.List;

/** Versions as governance makes them, without the vote. */
public final class Voted {
  private Voted() {}

  /** What a house begins with. */
  public static ParameterSet first(List<Parameter> parameters, long nowMs) {
    return ParameterSet.first(parameters, nowMs);
  }

  /** The version after one, in which these were executed together. */
  public static ParameterSet next(ParameterSet before, long nowMs, Parameter... voted) {
    List<Setting> settings = new ArrayList<>();
    for (Parameter each : voted)
      settings.add(Setting.of(before.setting(each.path()), each, nowMs, before.version() + 1));
    return before.with(settings, before.version() + 1);
  }
}
