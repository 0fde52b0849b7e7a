package org.novation.governance;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.governance.GovernanceEvent.Origin;

/**
 * The newest commands that took effect. Immutable. What was issued no later than something that is
 * forgotten may be forgotten itself, and is refused as too old: nothing counts twice.
 *
 * @param known by id, in the order in which they came
 */
record Origins(Map<String, Origin> known, long forgottenThroughMs) {
  /** Far more than anybody retries. */
  static final int KNOWN_MAX = 4_096;

  /** How far ahead of the house's clock a command may have been issued. */
  static final long SKEW_MS = 60_000;

  static final Origins NONE = new Origins(Map.of(), Long.MIN_VALUE);

  Origins {
    known = Collections.unmodifiableMap(known);
  }

  /**
   * Whether a command was done already.
   *
   * @throws Amendments.Refused when that cannot be known, or its id is another's
   */
  boolean knows(Origin origin, long nowMs) throws Amendments.Refused {
    Origin same = known.get(origin.id());
    if (same != null) {
      if (same.equals(origin)) return true;
      throw new Amendments.Refused(new Refusal.DuplicateWithOtherContent(origin.id()));
    }
    if (origin.issuedAtMs() <= forgottenThroughMs)
      throw new Amendments.Refused(new Refusal.TooOld(origin.issuedAtMs(), forgottenThroughMs));
    if (origin.issuedAtMs() > nowMs + SKEW_MS)
      throw new Amendments.Refused(new Refusal.InTheFuture(origin.issuedAtMs(), nowMs + SKEW_MS));
    return false;
  }

  /** With a command that came to nothing: it may come again. */
  Origins without(String id) {
    Map<String, Origin> then = new LinkedHashMap<>(known);
    then.remove(id);
    return new Origins(then, forgottenThroughMs);
  }

  Origins with(@Nullable Origin origin) {
    if (origin == null) return this;
    Map<String, Origin> then = new LinkedHashMap<>(known);
    then.put(origin.id(), origin);
    long forgotten = forgottenThroughMs;
    if (then.size() > KNOWN_MAX) {
      Origin oldest = then.remove(then.keySet().iterator().next());
      if (oldest != null) forgotten = Math.max(forgotten, oldest.issuedAtMs());
    }
    return new Origins(then, forgotten);
  }
}
