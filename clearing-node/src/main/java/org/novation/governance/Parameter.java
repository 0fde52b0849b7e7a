package org.novation.governance;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.novation.deleveraging.AdlSettings;
import org.novation.instrument.Asset;
import org.novation.instrument.Perpetual;
import org.novation.insurance.FundPolicy;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.market.MarketRules;

/**
 * Everything that can be voted, one thing at a time. Immutable; the constructors hold the bounds
 * between figures, {@link Figure} those of each alone. What a record holds and how its figures may
 * move is said once, in {@link Schema}; a test sees to it that no component is forgotten there.
 */
public sealed interface Parameter {
  /** The name under which it is voted. */
  default Path path() {
    return Schema.of(this).path(this);
  }

  /** A contract with its ladders, scaling, bands, limits, funding and halt. */
  record Contract(Perpetual terms, boolean retired) implements Parameter {}

  /** An asset that may be pledged, with its curve. */
  record Collateral(Asset terms) implements Parameter {}

  /** Who may publish prices of an index. */
  record Oracles(String underlying, List<String> names) implements Parameter {
    public Oracles {
      names = List.copyOf(names);
      require(new HashSet<>(names).size() == names.size(), "an oracle is named once");
      for (String name : names)
        require(name.matches("[A-Za-z0-9._-]{1,64}"), "an oracle's name has 1 to 64 letters");
    }
  }

  /** By what rules prices are judged. */
  record Prices(MarketRules terms) implements Parameter {}

  /** How accounts are liquidated. */
  record Liquidation(LiquidationPolicy terms) implements Parameter {}

  /** A pool's insurance fund. */
  record Fund(String pool, FundPolicy terms) implements Parameter {}

  /** How a pool deleverages. */
  record Deleveraging(String pool, AdlSettings terms) implements Parameter {}

  /**
   * What the house charges.
   *
   * @param tradePpm of the notional, from each side of a trade
   * @param fundSharePpm what of it goes to the insurance fund
   */
  record Fees(long tradePpm, long fundSharePpm) implements Parameter {}

  /**
   * How much may leave the house, and how fast (risk rules, sections 12 and 14).
   *
   * @param poolHourPpm most of a pool's assets in an hour
   * @param poolDayPpm most of them in a day
   * @param poolHourFloorMicros what may leave in an hour however small the pool
   * @param poolDayFloorMicros what may leave in a day however small the pool
   * @param accountDayMicros most from one account in a day
   * @param addressDayMicros most to one address in a day
   * @param newAddressWaitMs how long a new address waits
   * @param largeMicros from this amount on a withdrawal is large
   * @param largeWaitMs how long a large one waits, and can be disputed
   */
  record Withdrawals(
      long poolHourPpm,
      long poolDayPpm,
      long poolHourFloorMicros,
      long poolDayFloorMicros,
      long accountDayMicros,
      long addressDayMicros,
      long newAddressWaitMs,
      long largeMicros,
      long largeWaitMs)
      implements Parameter {
    public Withdrawals {
      require(poolHourPpm <= poolDayPpm, "an hour's share must not exceed a day's");
      require(poolHourFloorMicros <= poolDayFloorMicros, "an hour's floor must not exceed a day's");
      require(largeWaitMs >= newAddressWaitMs, "a large withdrawal waits at least as long");
    }
  }

  /**
   * Whose signatures move money.
   *
   * @param members {@code name=key}, the key in hex
   * @param attestations so many of them make a deposit
   * @param approvals so many of them make a withdrawal: more than half
   */
  record Custodians(List<String> members, long attestations, long approvals) implements Parameter {
    public Custodians {
      members = List.copyOf(members);
      requireKeys(members);
      require(attestations <= members.size(), "more attestations than custodians");
      require(approvals <= members.size(), "more approvals than custodians");
      require(approvals * 2 > members.size(), "approvals are more than half of the custodians");
    }
  }

  /**
   * By what rules all this is voted.
   *
   * @param depositMicros stakes that stand behind a draft before it is voted
   * @param draftMs how long it may wait for them
   * @param votingMs how long it is voted
   * @param timelockMs how long it waits from there
   * @param executionMs how long it can be executed from there
   * @param quorumPpm of all stakes, see {@link Counting}
   * @param thresholdPpm of those who take a side, see {@link Counting}
   * @param unstakeMs how long stakes wait before they leave: who voted bears what came of it
   */
  record Voting(
      long depositMicros,
      long draftMs,
      long votingMs,
      long timelockMs,
      long executionMs,
      long quorumPpm,
      long thresholdPpm,
      long unstakeMs)
      implements Parameter {
    public Voting {
      require(
          unstakeMs >= Math.addExact(draftMs, votingMs), "stakes leave no sooner than a vote ends");
    }
  }

  /**
   * Who may tighten and halt without a vote, until when.
   *
   * @param members {@code name=key}, the key in hex
   * @param needed so many of them act: more than half
   * @param expiresAtMs from then on they may nothing, unless a vote renews it
   */
  record Council(List<String> members, long needed, long expiresAtMs) implements Parameter {
    public Council {
      members = List.copyOf(members);
      requireKeys(members);
      require(needed <= members.size(), "more are needed than are on the council");
      require(needed * 2 > members.size(), "more than half of the council is needed");
    }

    /** Whether a member of this name is on it. */
    boolean has(String name) {
      return members.stream().anyMatch(member -> member.startsWith(name + "="));
    }
  }

  /**
   * What is halted in a market, or everywhere ({@code *}), until when; 0 for not. As {@code
   * risk.Operation} has them.
   */
  record Halt(
      String market,
      long tradingUntilMs,
      long liquidationUntilMs,
      long auctionsUntilMs,
      long adlUntilMs,
      long fundingUntilMs,
      long withdrawalsUntilMs)
      implements Parameter {
    /** Nothing is halted there. */
    static Halt none(String market) {
      return new Halt(market, 0, 0, 0, 0, 0, 0);
    }
  }

  /** While it is thrown, nobody but a vote may do anything privileged. */
  record KillSwitch(boolean thrown) implements Parameter {}

  private static void requireKeys(List<String> members) {
    Set<String> names = new HashSet<>();
    Set<String> keys = new HashSet<>();
    for (String member : members) {
      String[] parts = member.split("=", 2);
      require(
          parts.length == 2
              && parts[0].matches("[A-Za-z0-9._-]{1,64}")
              && parts[1].matches("[0-9a-f]{64}"),
          "a member is name=key, the key as 64 small hex digits");
      require(names.add(parts[0]) && keys.add(parts[1]), "a member and a key count once");
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) throw new IllegalArgumentException(otherwise);
  }
}
