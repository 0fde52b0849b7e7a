package org.novation.custody;

import java.util.ArrayList;
import java.util.List;

/**
 * What custodians say of one transaction that came in.
 *
 * @param content that stands: the first, until enough others agree on another one
 * @param claims at most one of each custodian and set
 */
public record Deposit(Content content, List<Claim> claims, Stage stage) {
  public Deposit {
    claims = List.copyOf(claims);
  }

  /** What a transaction brought. */
  public record Content(
      String chain,
      String transaction,
      String asset,
      long amount,
      String address,
      String account,
      long block) {
    /** By which the account knows it: one per transaction. */
    public String depositId() {
      return Deposit.id(chain, transaction);
    }

    CanonicalMessage message(String house, long expiresAtMs, long setVersion) {
      return new CanonicalMessage(
          Purpose.ATTEST_DEPOSIT,
          house,
          chain,
          asset,
          amount,
          address,
          account,
          transaction,
          block,
          expiresAtMs,
          setVersion);
    }
  }

  /** What one custodian says. */
  public record Claim(
      String custodian, long setVersion, long expiresAtMs, Content content, String signature) {
    boolean counts(long version, long nowMs) {
      return setVersion == version && expiresAtMs > nowMs;
    }
  }

  /** How far it is. */
  public enum Stage {
    /** Too few say the same. */
    ATTESTED,
    /** Enough do; the account is told until it has booked it. */
    CONFIRMED,
    /** The account has booked it. */
    CREDITED
  }

  static String id(String chain, String transaction) {
    return chain + ':' + transaction;
  }

  static Deposit first(Claim claim) {
    return new Deposit(claim.content(), List.of(claim), Stage.ATTESTED);
  }

  /**
   * With one more claim, in the place of an earlier one of the same custodian that counts no more.
   */
  Deposit with(Claim claim) {
    List<Claim> now = new ArrayList<>(claims.size() + 1);
    for (Claim one : claims) {
      if (!one.custodian().equals(claim.custodian())) now.add(one);
    }
    now.add(claim);
    return new Deposit(content, now, stage);
  }

  Deposit confirmed(Content as) {
    return new Deposit(as, claims, Stage.CONFIRMED);
  }

  Deposit credited() {
    return new Deposit(content, claims, Stage.CREDITED);
  }

  /** How many custodians of this set say so. */
  int saying(Content what, long setVersion, long nowMs) {
    int saying = 0;
    for (Claim claim : claims) {
      if (claim.counts(setVersion, nowMs) && claim.content().equals(what)) saying++;
    }
    return saying;
  }

  /** Whether nothing can come of it any more that has not. */
  boolean forgettable(long setVersion, long nowMs) {
    return switch (stage) {
      case ATTESTED -> claims.stream().noneMatch(claim -> claim.counts(setVersion, nowMs));
      case CONFIRMED -> false;
      case CREDITED -> true;
    };
  }
}
