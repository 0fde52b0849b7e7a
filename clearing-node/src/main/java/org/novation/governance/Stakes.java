package org.novation.governance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who has staked how many tokens, and who votes with them. Immutable. All tokens that came in are
 * staked, leaving, on their way back, or gone back: {@link #heldMicros()} is what the house's books
 * count.
 *
 * <p>A vote can be given to one other, and no farther: what somebody was given he votes with, but
 * does not pass on with his own. So every staked token counts once, or not at all if it was given
 * to somebody who does not vote.
 *
 * @param holders by voter
 * @param leaving in the order in which they were asked for
 * @param asked that accounts were asked for and have not given yet, one of each voter
 * @param returning that accounts are to have again
 */
public record Stakes(
    Map<String, Holder> holders,
    List<Leaving> leaving,
    List<Asked> asked,
    List<Returning> returning) {
  /** Most voters, and most stakes that are leaving. */
  public static final int HOLDERS_MAX = 10_000;

  /** Most stakes of one voter on their way out, so that nobody fills the way for the others. */
  public static final int LEAVING_PER_VOTER_MAX = 8;

  /** The smallest stake, and the least of one that leaves: one token. */
  public static final long LEAST_MICROS = 1_000_000;

  /** Nobody has staked. */
  public static final Stakes NONE = new Stakes(Map.of(), List.of(), List.of(), List.of());

  /**
   * What somebody holds.
   *
   * @param delegate who votes with it; empty when he does himself
   */
  public record Holder(String voter, long micros, String delegate) {}

  /** A stake on its way out: it votes no more, and is not free yet. */
  public record Leaving(String unstakeId, String voter, long micros, long releaseAtMs) {}

  /** Tokens that an account is asked for, by the number of the event that said so. */
  public record Asked(long number, GovernanceEvent.Origin origin, String voter, long micros) {}

  /** Tokens on their way to an account, by the number of the event that released them. */
  public record Returning(long number, String voter, long micros) {}

  public Stakes {
    holders = Collections.unmodifiableMap(new TreeMap<>(holders));
    leaving = List.copyOf(leaving);
    asked = List.copyOf(asked);
    returning = List.copyOf(returning);
  }

  /** What an account is asked for under a number; null when nothing is. */
  @Nullable Asked asked(long number) {
    return asked.stream().filter(each -> each.number() == number).findFirst().orElse(null);
  }

  /** What an account is to have under a number; null when nothing is. */
  @Nullable Returning returning(long number) {
    return returning.stream().filter(each -> each.number() == number).findFirst().orElse(null);
  }

  /** How many stakes of a voter are leaving or on their way back. */
  long leaving(String voter) {
    return leaving.stream().filter(each -> each.voter().equals(voter)).count()
        + returning.stream().filter(each -> each.voter().equals(voter)).count();
  }

  /** What a voter has staked. */
  public long stakedMicros(String voter) {
    Holder holder = holders.get(voter);
    return holder == null ? 0 : holder.micros();
  }

  /** Everything that is staked, and votes. */
  public long stakedMicros() {
    long sum = 0;
    for (Holder holder : holders.values()) sum = Math.addExact(sum, holder.micros());
    return sum;
  }

  /** Every token that is here: staked, leaving or on its way back. */
  public long heldMicros() {
    long sum = stakedMicros();
    for (Leaving each : leaving) sum = Math.addExact(sum, each.micros());
    for (Returning each : returning) sum = Math.addExact(sum, each.micros());
    return sum;
  }

  /** What each voter's word weighs: his own stake unless he gave it away, and what he was given. */
  public Map<String, Long> weights() {
    Map<String, Long> weights = new TreeMap<>();
    for (Holder holder : holders.values()) {
      String voter = holder.delegate().isEmpty() ? holder.voter() : holder.delegate();
      weights.merge(voter, holder.micros(), Math::addExact);
    }
    return Collections.unmodifiableMap(weights);
  }

  /** With tokens added to a stake, or taken from it. */
  Stakes changed(String voter, long micros) {
    long then = Math.addExact(stakedMicros(voter), micros);
    if (then < 0) throw new IllegalStateException(voter + " would have staked " + then);
    Map<String, Holder> after = new TreeMap<>(holders);
    Holder before = after.get(voter);
    if (then == 0) after.remove(voter);
    else after.put(voter, new Holder(voter, then, before == null ? "" : before.delegate()));
    return new Stakes(after, leaving, asked, returning);
  }

  /** With tokens that an account is asked for. */
  Stakes with(Asked asking) {
    List<Asked> after = new ArrayList<>(asked);
    after.add(asking);
    return new Stakes(holders, leaving, after, returning);
  }

  /** With nothing asked of a voter any more. */
  Stakes withoutAskedOf(String voter) {
    List<Asked> after = new ArrayList<>(asked);
    after.removeIf(each -> each.voter().equals(voter));
    return new Stakes(holders, leaving, after, returning);
  }

  /** Whether a stake of this voter's is on its way out under an id. */
  boolean leaves(String voter, String unstakeId) {
    return leaving.stream()
        .anyMatch(each -> each.voter().equals(voter) && each.unstakeId().equals(unstakeId));
  }

  /** With a stake on its way out. */
  Stakes leaves(Leaving stake) {
    List<Leaving> after = new ArrayList<>(leaving);
    after.add(stake);
    return new Stakes(changed(stake.voter(), -stake.micros()).holders(), after, asked, returning);
  }

  /**
   * With a stake on its way back to the account that had it: one, though journals of before ids
   * were each voter's own have several under an id.
   */
  Stakes released(String unstakeId, long atMs, Returning stake) {
    List<Leaving> after = new ArrayList<>(leaving);
    Leaving due =
        after.stream()
            .filter(each -> each.unstakeId().equals(unstakeId))
            .filter(each -> each.voter().equals(stake.voter()) && each.micros() == stake.micros())
            .filter(each -> each.releaseAtMs() <= atMs)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no stake is leaving as " + unstakeId));
    after.remove(due);
    List<Returning> back = new ArrayList<>(returning);
    back.add(stake);
    return new Stakes(holders, after, asked, back);
  }

  /** With a stake gone back. */
  Stakes returned(long number) {
    List<Returning> after = new ArrayList<>(returning);
    if (!after.removeIf(each -> each.number() == number))
      throw new IllegalStateException("no stake is on its way back under " + number);
    return new Stakes(holders, leaving, asked, after);
  }

  /** With a vote given to somebody; empty for to nobody. */
  Stakes delegated(String voter, String delegate) {
    Map<String, Holder> after = new TreeMap<>(holders);
    after.put(voter, new Holder(voter, stakedMicros(voter), delegate));
    return new Stakes(after, leaving, asked, returning);
  }
}
