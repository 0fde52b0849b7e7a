package org.novation.governance;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.novation.custody.Custodian;
import org.novation.custody.CustodianSet;
import org.novation.custody.CustodyPolicy;
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
   * How fast money may leave the house (risk rules, sections 12 and 14); with {@link
   * WithdrawalLimits} of each asset a {@link CustodyPolicy}, whose figures these are.
   */
  record Withdrawals(
      String house,
      long hourPpm,
      long dayPpm,
      long waitMs,
      long newAddressMs,
      long largeMs,
      long validityMsMax,
      long perAccount,
      long remembered)
      implements Parameter {
    public Withdrawals {
      require(hourPpm <= dayPpm, "an hour's share is at most a day's");
      require(
          waitMs <= newAddressMs && newAddressMs <= largeMs,
          "a withdrawal to a new address waits longer, and a large one longest");
    }

    /** The whole policy of custody, with the limits of each asset. */
    CustodyPolicy policy(List<WithdrawalLimits> limits) {
      return new CustodyPolicy(
          house,
          hourPpm,
          dayPpm,
          limits.stream()
              .collect(Collectors.toMap(WithdrawalLimits::asset, WithdrawalLimits::terms)),
          waitMs,
          newAddressMs,
          largeMs,
          validityMsMax,
          Math.toIntExact(perAccount),
          Math.toIntExact(remembered));
    }
  }

  /** How much of an asset may leave the house. */
  record WithdrawalLimits(String asset, CustodyPolicy.AssetLimits terms) implements Parameter {}

  /**
   * Whose signatures move money.
   *
   * @param members {@code name=key}, the Ed25519 key in hex
   * @param attestations so many of them make a deposit
   * @param approvals so many of them make a withdrawal: more than half
   * @param objections so many of them return one
   */
  record Custodians(List<String> members, long attestations, long approvals, long objections)
      implements Parameter {
    public Custodians {
      members = List.copyOf(members);
      requireKeys(members);
      require(approvals * 2 > members.size(), "approvals are more than half of the custodians");
    }

    /** As custody knows them; it says what is wrong with their keys. */
    public CustodianSet set(long version) {
      return new CustodianSet(
          version,
          Parameter.custodians(members),
          Math.toIntExact(attestations),
          Math.toIntExact(approvals),
          Math.toIntExact(objections));
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
      return custodians().stream().anyMatch(each -> each.name().equals(name));
    }

    /** Whether a member of this name made the signature of this very message. */
    boolean signed(String name, byte[] message, String signature) {
      return custodians().stream()
          .anyMatch(each -> each.name().equals(name) && each.signed(message, signature));
    }

    /** What is wrong with its keys; null when nothing is. Takes a while. */
    @Nullable String problem() {
      int all = members.size();
      return new CustodianSet(1, custodians(), all, all, all).problem();
    }

    /** Its members, whose keys are as custodians' are. */
    private List<Custodian> custodians() {
      return Parameter.custodians(members);
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

  private static List<Custodian> custodians(List<String> members) {
    return members.stream()
        .map(member -> member.split("=", 2))
        .map(parts -> new Custodian(parts[0], parts[1]))
        .toList();
  }

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
