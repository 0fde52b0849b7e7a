package org.novation.node;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.novation.api.AccountPort;
import org.novation.governance.GovernanceActor.Published;
import org.novation.governance.GovernanceMessage;
import org.novation.governance.ParameterSet;
import org.novation.governance.Setting;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parameters in force, as this node has heard of them. Written by one thread, read and listened
 * to by any. Versions only grow; one that this node cannot read leaves the last one standing, and
 * is {@link #unreadable}: who takes new risk must not do so then.
 */
final class Parameters {
  /** Some 100 kB at their longest: a message between nodes has at most 256 KiB. */
  static final int SETTINGS_PER_PART = 16;

  private static final Logger LOG = LoggerFactory.getLogger(Parameters.class);
  private static final int LISTENERS_MAX = 1_000;

  /** A part of a version, of which {@code parts} are the whole. */
  record Part(long version, int part, int parts, List<Setting.Written> settings)
      implements GovernanceMessage {
    Part {
      settings = List.copyOf(settings);
    }
  }

  private final CopyOnWriteArrayList<Consumer<ParameterSet>> listeners =
      new CopyOnWriteArrayList<>();
  private final Map<Integer, Part> gathered = new TreeMap<>(); // Of one version.
  private final Set<Integer> heardAgain = new HashSet<>(); // Parts of the newest version.
  private volatile long begun;
  private volatile ParameterSet newest = ParameterSet.NONE;
  private volatile long unreadable;
  private volatile long heardMs = Long.MIN_VALUE;

  /** The newest version that this node could read; {@link ParameterSet#NONE} before the first. */
  ParameterSet newest() {
    return newest;
  }

  /** Whether it has heard of any version. */
  boolean heard() {
    return newest.version() > 0;
  }

  /** A newer version than {@link #newest}, which this node cannot read; 0 for none. */
  long unreadable() {
    return unreadable;
  }

  /** A newer version of which some parts have come, and not all; 0 for none. */
  long begun() {
    return begun;
  }

  /**
   * Calls {@code changed} with each newer version, and at once with the one that there is, until
   * closed. It must not wait, and may hear of a version twice.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch listen(Consumer<ParameterSet> changed) {
    if (listeners.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Consumer<ParameterSet> own = set -> changed.accept(set); // Its own identity.
    listeners.add(own);
    if (heard()) own.accept(newest);
    return () -> listeners.remove(own);
  }

  /** A version in parts, as it travels. */
  static List<Part> parts(Published published) {
    List<Setting.Written> settings = published.settings();
    int count = Math.max(1, Math.ceilDiv(settings.size(), SETTINGS_PER_PART));
    List<Part> parts = new ArrayList<>();
    for (int part = 0; part < count; part++) {
      int from = part * SETTINGS_PER_PART;
      int to = Math.min(settings.size(), from + SETTINGS_PER_PART);
      parts.add(new Part(published.version(), part, count, settings.subList(from, to)));
    }
    return Collections.unmodifiableList(parts);
  }

  /**
   * How long it has not heard the whole of the newest version that it knows of, not even again; 0
   * before it ever heard one.
   */
  long silentMs(long wallMs) {
    return heardMs == Long.MIN_VALUE ? 0 : wallMs - heardMs;
  }

  /**
   * Takes what it was told. From one thread.
   *
   * @param wallMs on a clock that only goes on
   */
  void take(Part part, long wallMs) {
    long known = Math.max(newest.version(), unreadable);
    if (part.version() < known) return;
    if (part.version() == known) {
      heardAgain.add(part.part());
      if (heardAgain.size() == part.parts()) heard(wallMs);
      return;
    }
    gathered.values().removeIf(each -> each.version() < part.version());
    if (gathered.values().stream().anyMatch(each -> each.version() > part.version())) return;
    gathered.put(part.part(), part);
    begun = part.version();
    if (gathered.size() < part.parts()) return;
    List<Setting.Written> settings =
        gathered.values().stream().flatMap(each -> each.settings().stream()).toList();
    gathered.clear();
    heard(wallMs);
    try {
      newest = ParameterSet.of(part.version(), settings);
      unreadable = 0;
      begun = 0;
    } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
      unreadable = part.version();
      begun = 0;
      LOG.error("Version {} of the parameters cannot be read by this node", part.version(), e);
      return;
    }
    listeners.forEach(each -> each.accept(newest));
  }

  private void heard(long wallMs) {
    heardMs = wallMs;
    heardAgain.clear();
  }
}
