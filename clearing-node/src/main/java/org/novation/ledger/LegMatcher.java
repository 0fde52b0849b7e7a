package org.novation.ledger;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Fingerprint;

/**
 * Finds the legs of each trade, id and content, among those of all accounts, in memory that does
 * not grow with the journal: what does not fit goes to temporary files by the hash of its id, so
 * that one file at a time can be matched.
 */
final class LegMatcher implements AutoCloseable {
  /** Some 50 MB of entries. */
  static final int IN_MEMORY_MAX = 1 << 20;

  private static final int BUCKETS = 256;
  private static final int STRIDE = 6;

  /** What was found of an id. */
  enum Role {
    /** On the books of the trade's last account, whose write was the commit point. */
    NOVATED("a trade"),
    /** On the books of the trade's first account. */
    APPLIED("a trade"),
    /** In the last account's outbox: its other leg may not have arrived yet. */
    PENDING("a trade"),
    /** A deposit. */
    DEPOSITED("a deposit"),
    /** A contribution to an insurance fund; the check is its amount. */
    CONTRIBUTED("a contribution"),
    /** A contribution that an account made; the check is its amount. */
    SURPLUS("a contribution"),
    /** An account gave so much to a fund; the check is the amount. */
    SENT("a payment to the fund"),
    /** That waits in the account's outbox. */
    OWED("a payment to the fund"),
    /** A draw on an insurance fund; the check is what was granted. */
    RESERVED("a draw"),
    /** What a draw came to; the check is what was paid. */
    PAID("a payment"),
    /** A part of a slice that an account sold; the check is what was agreed on. */
    SOLD("a sale"),
    /** That waits in the account's outbox. */
    NOTIFIED("a sale"),
    /** That its auction knows of. */
    NOTED("a sale"),
    /** A correction, or a give-up, that was agreed on; the check is what its account is to do. */
    ORDERED("a correction or give-up"),
    /** That its account is known to have done. */
    CARRIED("a correction or give-up"),
    /** An account put a trade right, or gave it up; the check is what it did. */
    CORRECTED("a correction or give-up"),
    /** A trade that was corrected, by the trade's own id. */
    CORRECTS("a correction of a trade"),
    /** A leg that is given up, by its own name: to one account, by one trade. */
    GIVEN_UP("a leg that is given up"),
    /** A step of a wave of deleveraging; the check is what was taken or paid. */
    CARRIED_OUT("a step of a wave"),
    /** An account got so much of a draw, by one of any number of settlements. */
    RECEIVED("a receipt of the fund's money"),
    /** An account did a step of a wave; the check is what it gave up or got. */
    STEPPED("a step of a wave");

    private final String what;

    Role(String what) {
      this.what = what;
    }
  }

  /**
   * @param ordering of the event that tells it
   * @param check what both legs of a trade must have in common, hashed so that no two differing
   *     ones share it
   */
  record Entry(Fingerprint id, Role role, long ordering, long check) {}

  /**
   * @param ordering of the event that is wrong
   * @param other of the event that it contradicts, or 0
   */
  record Mismatch(long ordering, long other, String what) {}

  private final int inMemoryMax;
  private final long[][] buckets = new long[BUCKETS][];
  private final int[] lengths = new int[BUCKETS];
  private int inMemory;
  private @Nullable Path directory;

  LegMatcher(int inMemoryMax) {
    this.inMemoryMax = inMemoryMax;
    Arrays.setAll(buckets, _ -> new long[STRIDE]);
  }

  /** Takes one finding. */
  void add(Entry entry) {
    int bucket = (int) (entry.id.high() >>> 56);
    int at = lengths[bucket];
    if (at == buckets[bucket].length) buckets[bucket] = Arrays.copyOf(buckets[bucket], 2 * at);
    long[] into = buckets[bucket];
    into[at] = entry.id.high();
    into[at + 1] = entry.id.low();
    into[at + 2] = entry.id.content();
    into[at + 3] = entry.role.ordinal();
    into[at + 4] = entry.ordering;
    into[at + 5] = entry.check;
    lengths[bucket] = at + STRIDE;
    if (++inMemory == inMemoryMax) spill();
  }

  /**
   * Matches everything that was taken.
   *
   * @param undelivered gets the id of every trade whose second leg is still in the outbox
   * @return the mismatch that is earliest in the journal, or null when all is well
   */
  @Nullable Mismatch match(Consumer<Fingerprint> undelivered) {
    List<Mismatch> mismatches = new ArrayList<>(1);
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      Mismatch earliest = mismatches.isEmpty() ? null : mismatches.getFirst();
      Mismatch found = match(entries(bucket), undelivered);
      if (found == null || (earliest != null && earliest.ordering <= found.ordering)) continue;
      mismatches.clear();
      mismatches.add(found);
    }
    return mismatches.isEmpty() ? null : mismatches.getFirst();
  }

  private static @Nullable Mismatch match(List<Entry> entries, Consumer<Fingerprint> undelivered) {
    entries.sort(
        Comparator.<Entry>comparingLong(entry -> entry.id.high())
            .thenComparingLong(entry -> entry.id.low())
            .thenComparingLong(entry -> entry.id.content())
            .thenComparing(Entry::role)
            .thenComparingLong(Entry::ordering));
    Mismatch earliest = null;
    for (int from = 0, to; from < entries.size(); from = to) {
      Fingerprint id = entries.get(from).id;
      for (to = from + 1; to < entries.size() && entries.get(to).id.equals(id); ) to++;
      Mismatch found = judge(entries.subList(from, to), undelivered);
      if (found != null && (earliest == null || found.ordering < earliest.ordering))
        earliest = found;
    }
    return earliest;
  }

  /** All findings of one id, by role: novated, applied and pending, or of what is no trade. */
  private static @Nullable Mismatch judge(List<Entry> found, Consumer<Fingerprint> undelivered) {
    for (int i = 1; i < found.size(); i++) {
      if (found.get(i).role == found.get(i - 1).role && found.get(i).role != Role.RECEIVED) {
        return new Mismatch(
            found.get(i).ordering,
            found.get(i - 1).ordering,
            found.get(i).role.what + " is booked twice");
      }
    }
    Entry first = found.getFirst();
    Entry corrects = of(found, Role.CORRECTS);
    if (corrects != null && first.role != Role.NOVATED)
      return new Mismatch(corrects.ordering, 0, "a trade is corrected that nobody committed");
    if (first.role == Role.DEPOSITED) return null; // Its other side is outside.
    if (first.role.compareTo(Role.DEPOSITED) > 0) return judgeMoney(found);
    if (first.role != Role.NOVATED) {
      return new Mismatch(first.ordering, 0, "a trade is on this account and on no other");
    }
    if (found.size() == (corrects == null ? 1 : 2)) {
      return new Mismatch(
          first.ordering, 0, "a trade never reached its other account, nor is it on its way");
    }
    Entry second = found.get(1);
    if (second.role == Role.PENDING) {
      undelivered.accept(second.id);
    } else if (second.check != first.check) {
      return new Mismatch(second.ordering, first.ordering, "the two legs of a trade differ");
    }
    return null;
  }

  /** What accounts gave to, or got from, funds and waves is what those got and gave. */
  private static @Nullable Mismatch judgeMoney(List<Entry> found) {
    Entry surplus = of(found, Role.SURPLUS);
    Entry sent = of(found, Role.SENT);
    if (surplus != null && (sent == null || sent.check != surplus.check)) {
      return new Mismatch(surplus.ordering, 0, "a contribution is not what an account sent");
    }
    if (sent != null && surplus == null && of(found, Role.OWED) == null) {
      return new Mismatch(
          sent.ordering, 0, "a payment never reached the fund, nor is it on its way");
    }
    Entry received = of(found, Role.RECEIVED);
    Entry reserved = of(found, Role.RESERVED);
    Entry paid = of(found, Role.PAID);
    long sum = 0;
    for (Entry entry : found) {
      if (entry.role == Role.RECEIVED) sum = Math.addExact(sum, entry.check);
    }
    if (paid != null && paid.check != sum) {
      return new Mismatch(
          paid.ordering, 0, "the fund paid " + paid.check + ", but accounts got " + sum);
    }
    if (received != null && sum > (reserved == null ? 0 : reserved.check)) {
      return new Mismatch(
          received.ordering, 0, "accounts got " + sum + " that no fund had reserved");
    }
    Entry sold = of(found, Role.SOLD);
    Entry noted = of(found, Role.NOTED);
    if (noted != null && (sold == null || sold.check != noted.check)) {
      return new Mismatch(noted.ordering, 0, "an auction settles what its account did not sell so");
    }
    if (sold != null && noted == null && of(found, Role.NOTIFIED) == null) {
      return new Mismatch(
          sold.ordering, 0, "a sale never reached its auction, nor is it on its way");
    }
    Entry ordered = of(found, Role.ORDERED);
    Entry corrected = of(found, Role.CORRECTED);
    Entry carried = of(found, Role.CARRIED);
    if (corrected != null && (ordered == null || ordered.check != corrected.check)) {
      return new Mismatch(
          corrected.ordering,
          0,
          "an account corrects a trade, or gives one up, as nobody has agreed");
    }
    if (carried != null && corrected == null) {
      return new Mismatch(
          carried.ordering, 0, "a correction or give-up is said to be booked, and is not");
    }
    Entry carriedOut = of(found, Role.CARRIED_OUT);
    Entry stepped = of(found, Role.STEPPED);
    // A wave may not have heard yet of what an account did; of a closing there are legs instead.
    if (carriedOut != null && carriedOut.check != (stepped == null ? 0 : stepped.check)) {
      return new Mismatch(
          carriedOut.ordering, 0, "a wave says of a step what its account did not do");
    }
    return null;
  }

  private static @Nullable Entry of(List<Entry> found, Role role) {
    for (Entry entry : found) if (entry.role == role) return entry;
    return null;
  }

  // ---- memory and files

  private List<Entry> entries(int bucket) {
    List<Entry> entries = new ArrayList<>();
    for (int at = 0; at < lengths[bucket]; at += STRIDE) {
      entries.add(entry(Arrays.copyOfRange(buckets[bucket], at, at + STRIDE)));
    }
    if (directory == null) return entries;
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(Files.newInputStream(file(directory, bucket))))) {
      long[] values = new long[STRIDE];
      for (long left = Files.size(file(directory, bucket)) / (STRIDE * Long.BYTES);
          left > 0;
          left--) {
        for (int i = 0; i < STRIDE; i++) values[i] = in.readLong();
        entries.add(entry(values));
      }
      return entries;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Entry entry(long[] values) {
    return new Entry(
        new Fingerprint(values[0], values[1], values[2]),
        Role.values()[(int) values[3]],
        values[4],
        values[5]);
  }

  private void spill() {
    try {
      if (directory == null) directory = Files.createTempDirectory("novation-audit");
      for (int bucket = 0; bucket < BUCKETS; bucket++) {
        try (DataOutputStream out =
            new DataOutputStream(
                new BufferedOutputStream(
                    Files.newOutputStream(
                        file(directory, bucket),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND)))) {
          for (int i = 0; i < lengths[bucket]; i++) out.writeLong(buckets[bucket][i]);
        }
        lengths[bucket] = 0;
      }
      inMemory = 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path file(Path directory, int bucket) {
    return directory.resolve(Integer.toString(bucket));
  }

  @Override
  public void close() {
    if (directory == null) return;
    try {
      for (int bucket = 0; bucket < BUCKETS; bucket++)
        Files.deleteIfExists(file(directory, bucket));
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
