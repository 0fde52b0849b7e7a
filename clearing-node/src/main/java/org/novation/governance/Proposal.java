package org.novation.governance;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A proposal with everything that it is voted on. Immutable. One that has ended keeps its text, its
 * changes and the count, but no longer who voted how: the journal has that.
 *
 * @param sha256 of text and changes, see {@link #hash}: whoever votes names it
 * @param stakedMicros all stakes when it was made: what the quorum is a share of
 * @param weights of each voter when it was made; nobody counts for more or less later
 * @param deposits stakes that stand behind it and cannot leave while it is open
 * @param ballots the newest of each voter
 */
public record Proposal(
    String id,
    String proposer,
    long createdAtMs,
    String title,
    String text,
    String sha256,
    List<Change> changes,
    long stakedMicros,
    Map<String, Long> weights,
    Map<String, Long> deposits,
    Map<String, Ballot> ballots,
    Stage stage,
    long inFavourMicros,
    long againstMicros,
    long abstainingMicros) {
  /** Most letters of a title and of a text. */
  public static final int TITLE_MAX = 200;

  public static final int TEXT_MAX = 20_000;

  /** What somebody voted, with what weight. */
  public record Ballot(Choice choice, long micros) {}

  public Proposal {
    changes = List.copyOf(changes);
    weights = Collections.unmodifiableMap(new TreeMap<>(weights));
    deposits = Collections.unmodifiableMap(new TreeMap<>(deposits));
    ballots = Collections.unmodifiableMap(new TreeMap<>(ballots));
  }

  /** What changes, as it is stored. */
  public List<Change.Written> written() {
    return changes.stream().map(Change::written).toList();
  }

  /** What was voted so far, or in the end. */
  public Votes votes() {
    return Votes.of(inFavourMicros, againstMicros, abstainingMicros);
  }

  /** All stakes that stand behind it. */
  public long depositMicros() {
    return deposits.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether it changes what no council may keep from being changed: itself, or its end. */
  boolean beyondCouncil() {
    return changes.stream()
        .map(each -> each.path().topic())
        .anyMatch(topic -> topic == Topic.COUNCIL || topic == Topic.KILL_SWITCH);
  }

  /** The same, with nobody's weight, deposit and ballot but this voter's. */
  Proposal seenBy(String voter) {
    Ballot ballot = ballots.get(voter);
    return new Proposal(
        id,
        proposer,
        createdAtMs,
        title,
        text,
        sha256,
        changes,
        stakedMicros,
        weights.containsKey(voter) ? Map.of(voter, weights.getOrDefault(voter, 0L)) : Map.of(),
        deposits.containsKey(voter) ? Map.of(voter, deposits.getOrDefault(voter, 0L)) : Map.of(),
        ballot == null ? Map.of() : Map.of(voter, ballot),
        stage,
        inFavourMicros,
        againstMicros,
        abstainingMicros);
  }

  Proposal with(Stage other) {
    boolean open = other.open();
    return new Proposal(
        id,
        proposer,
        createdAtMs,
        title,
        text,
        sha256,
        changes,
        stakedMicros,
        open ? weights : Map.of(),
        open ? deposits : Map.of(),
        open ? ballots : Map.of(),
        other,
        inFavourMicros,
        againstMicros,
        abstainingMicros);
  }

  Proposal withDeposit(String voter, long micros) {
    Map<String, Long> then = new TreeMap<>(deposits);
    then.merge(voter, micros, Math::addExact);
    return new Proposal(
        id,
        proposer,
        createdAtMs,
        title,
        text,
        sha256,
        changes,
        stakedMicros,
        weights,
        then,
        ballots,
        stage,
        inFavourMicros,
        againstMicros,
        abstainingMicros);
  }

  /** With a ballot, in place of the voter's earlier one. */
  Proposal with(String voter, Ballot ballot) {
    Map<String, Ballot> then = new TreeMap<>(ballots);
    then.put(voter, ballot);
    return new Proposal(
        id,
        proposer,
        createdAtMs,
        title,
        text,
        sha256,
        changes,
        stakedMicros,
        weights,
        deposits,
        then,
        stage,
        micros(then, Choice.IN_FAVOUR),
        micros(then, Choice.AGAINST),
        micros(then, Choice.ABSTAIN));
  }

  private static long micros(Map<String, Ballot> ballots, Choice choice) {
    long sum = 0;
    for (Ballot each : ballots.values()) {
      if (each.choice() == choice) sum = Math.addExact(sum, each.micros());
    }
    return sum;
  }

  /**
   * SHA-256, in hex, of the title, the text and each change in its canonical form: path, base
   * version, and every figure before and after, each text behind its length in bytes and a colon.
   */
  public static String hash(String title, String text, List<Change> changes) {
    StringBuilder all = new StringBuilder();
    append(all, "novation proposal 1");
    append(all, title);
    append(all, text);
    for (Change change : changes) {
      Change.Written written = change.written();
      append(all, written.path());
      append(all, Long.toString(written.baseVersion()));
      append(all, written.before());
      append(all, written.after());
    }
    return sha256(all.toString());
  }

  private static void append(StringBuilder all, List<Entry> entries) {
    append(all, Integer.toString(entries.size()));
    for (Entry entry : entries) {
      append(all, entry.figure());
      append(all, entry.text());
    }
  }

  private static void append(StringBuilder all, String text) {
    all.append(text.getBytes(StandardCharsets.UTF_8).length).append(':').append(text);
  }

  static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
