package org.novation.governance;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.novation.governance.GovernanceEvent.Origin;

/**
 * The newest commands that took effect, by author. Immutable. What was issued no later than
 * something of the same author's that is forgotten may be forgotten itself, and is refused as too
 * old: nothing counts twice. Ids are each author's own, and whoever spends many, or issues them in
 * the future, makes his own forgotten and nobody else's.
 *
 * @param authors by name, in the order in which they were heard of last
 * @param forgottenThroughMs of authors who are forgotten altogether
 */
record Origins(Map<String, Author> authors, long forgottenThroughMs) {
  /** Most commands of one author: far more than anybody retries. */
  static final int KNOWN_OF_ONE_MAX = 128;

  /** Most commands in all. Beyond, who has most forgets one. */
  static final int KNOWN_MAX = 4_096;

  /** Everybody who can hold a stake, and as many who vote with others' or did before. */
  static final int AUTHORS_MAX = 2 * Stakes.HOLDERS_MAX;

  /** How far ahead of the house's clock a command may have been issued. */
  static final long SKEW_MS = 60_000;

  static final Origins NONE = new Origins(Map.of(), Long.MIN_VALUE);

  Origins {
    authors = Collections.unmodifiableMap(authors);
  }

  /**
   * Whether a command was done already.
   *
   * @throws Amendments.Refused when that cannot be known, or its author did another under its id
   */
  boolean knows(String name, Origin origin, long nowMs) throws Amendments.Refused {
    Author author = authors.getOrDefault(name, Author.of(name));
    Origin same = author.find(origin.id());
    if (same != null) {
      if (same.equals(origin)) return true;
      throw new Amendments.Refused(new Refusal.DuplicateWithOtherContent(origin.id()));
    }
    long forgotten = Math.max(forgottenThroughMs, author.forgottenThroughMs());
    if (origin.issuedAtMs() <= forgotten)
      throw new Amendments.Refused(new Refusal.TooOld(origin.issuedAtMs(), forgotten));
    if (origin.issuedAtMs() > nowMs + SKEW_MS)
      throw new Amendments.Refused(new Refusal.InTheFuture(origin.issuedAtMs(), nowMs + SKEW_MS));
    return false;
  }

  /** With a command that came to nothing: it may come again. */
  Origins without(String name, String id) {
    Author before = authors.get(name);
    if (before == null) return this;
    Map<String, Author> then = new LinkedHashMap<>(authors);
    Author after = before.without(id);
    if (after.equals(Author.of(name))) then.remove(name);
    else then.put(name, after);
    return new Origins(then, forgottenThroughMs);
  }

  /** With a command that took effect at a house time. */
  Origins with(String name, Origin origin, long atMs) {
    LinkedHashMap<String, Author> then = new LinkedHashMap<>(authors);
    Author before = then.remove(name); // To be put last.
    Author after = (before == null ? Author.of(name) : before).with(origin);
    then.put(name, after.known().size() > KNOWN_OF_ONE_MAX ? after.withoutFirst() : after);
    long forgotten = forgottenThroughMs;
    if (then.size() > AUTHORS_MAX) {
      Author idle = then.pollFirstEntry().getValue();
      // This one is everybody's: never in the future.
      forgotten = Math.max(forgotten, Math.min(idle.newestMs(), atMs));
    }
    if (then.values().stream().mapToInt(each -> each.known().size()).sum() > KNOWN_MAX) {
      Author most =
          Collections.max(then.values(), Comparator.comparingInt(each -> each.known().size()));
      then.put(most.name(), most.withoutFirst());
    }
    return new Origins(then, forgotten);
  }
}
