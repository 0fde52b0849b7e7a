package org.novation.trail;

import org.jspecify.annotations.Nullable;

/**
 * Where a trail ends; also what is stored of it as a snapshot.
 *
 * @param number of the newest record; 0 when there is none
 * @param hash the newest record's: 64 hexadecimal digits
 */
public record TrailHead(long number, String hash) {
  /** Before the first record. */
  public static final TrailHead START = new TrailHead(0, "0".repeat(64));

  /** The record that comes next. */
  public TrailRecord next(TrailEntry entry, long atMs) {
    String digest = TrailRecord.digest(number + 1, atMs, entry, hash);
    return new TrailRecord(
        number + 1,
        atMs,
        entry.principal(),
        entry.action(),
        entry.resource(),
        entry.request(),
        entry.outcome(),
        hash,
        digest);
  }

  /** Where the trail ends after a record; judges nothing. */
  public TrailHead after(TrailRecord record) {
    return new TrailHead(record.number(), record.hash());
  }

  /** What is wrong with a record that should come next; null when nothing is. */
  public @Nullable String flaw(TrailRecord record) {
    if (record.number() != number + 1)
      return "is record " + record.number() + " where " + (number + 1) + " comes next";
    if (!record.previous().equals(hash)) return "does not follow the record before it";
    String digest = TrailRecord.digest(record.number(), record.atMs(), record.entry(), hash);
    return record.hash().equals(digest) ? null : "is not what its hash was taken of";
  }
}
