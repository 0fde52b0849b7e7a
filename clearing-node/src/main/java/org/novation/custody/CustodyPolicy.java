package org.novation.custody;

import java.util.Map;
import java.util.Set;
import org.novation.money.Fixed;

/**
 * The limits of custody. Every amount in its asset's smallest unit.
 *
 * @param house which installation of the house this is: in every message that is signed
 * @param hourPpm share of an asset's vaults that may leave within an hour
 * @param dayPpm likewise within 24 hours
 * @param assets what custody may take in and give out, by symbol
 * @param waitMs how long every withdrawal waits before it may be settled
 * @param newAddressMs how long one to an address that the account never withdrew to
 * @param largeMs how long a large one, and one that was disputed, after the dispute
 * @param validityMsMax how far ahead a withdrawal or an attestation may expire
 * @param perAccount most withdrawals of one account that have not expired, ended or not
 * @param remembered most withdrawals, and most deposits, in memory
 */
public record CustodyPolicy(
    String house,
    long hourPpm,
    long dayPpm,
    Map<String, AssetLimits> assets,
    long waitMs,
    long newAddressMs,
    long largeMs,
    long validityMsMax,
    int perAccount,
    int remembered) {
  /** The window of the hourly limit. */
  public static final long HOUR_MS = 3_600_000;

  /** The window of the daily limits. */
  public static final long DAY_MS = 24 * HOUR_MS;

  private static final long PPM = 1_000_000;

  /**
   * The limits of one asset.
   *
   * @param chains that it lies on
   * @param hourFloor may leave within an hour however small the vaults are
   * @param dayFloor likewise within 24 hours
   * @param accountDayMax may leave one account within 24 hours
   * @param addressDayMax may go to one address within 24 hours, from whatever account
   * @param largeFrom an account that asks for this within 24 hours asks for much, in one sum or
   *     many
   */
  public record AssetLimits(
      Set<String> chains,
      long hourFloor,
      long dayFloor,
      long accountDayMax,
      long addressDayMax,
      long largeFrom) {
    public AssetLimits {
      chains = Set.copyOf(chains);
      require(!chains.isEmpty(), "an asset lies on some chain");
      for (String chain : chains) {
        require(CanonicalMessage.isText(chain), "bad name of a chain");
        require(chain.indexOf(':') < 0, "a chain's name has no colon: a deposit's id does");
      }
      require(hourFloor >= 0 && dayFloor >= hourFloor, "floors: 0 <= hour <= day");
      require(accountDayMax > 0 && addressDayMax > 0 && largeFrom > 0, "limits are positive");
    }
  }

  /**
   * @throws IllegalArgumentException when a limit makes no sense
   */
  public CustodyPolicy {
    assets = Map.copyOf(assets);
    require(CanonicalMessage.isText(house), "the house needs a name");
    require(hourPpm >= 0 && dayPpm >= hourPpm && dayPpm <= PPM, "shares: 0 <= hour <= day <= 1");
    assets.keySet().forEach(asset -> require(CanonicalMessage.isText(asset), "bad asset"));
    require(
        waitMs >= 0 && newAddressMs >= waitMs && largeMs >= waitMs, "new and large wait longer");
    require(validityMsMax > largeMs && validityMsMax > newAddressMs, "time is left after waiting");
    require(perAccount > 0 && remembered >= 16, "room for something");
  }

  /** What may leave within an hour of an asset whose vaults hold so much. */
  long hourCap(AssetLimits limits, long vaultsAmount) {
    return Math.max(limits.hourFloor(), Fixed.mulDivFloor(vaultsAmount, hourPpm, PPM));
  }

  /** What may leave within 24 hours of an asset whose vaults hold so much. */
  long dayCap(AssetLimits limits, long vaultsAmount) {
    return Math.max(limits.dayFloor(), Fixed.mulDivFloor(vaultsAmount, dayPpm, PPM));
  }

  private static void require(boolean holds, String what) {
    if (!holds) throw new IllegalArgumentException(what);
  }
}
