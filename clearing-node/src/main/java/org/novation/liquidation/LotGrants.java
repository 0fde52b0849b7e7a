package org.novation.liquidation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Coins;
import org.novation.money.Fixed;

/**
 * What the markets of a slice granted of it. They are asked one after the other in the order of the
 * legs, which is that of the symbols for everybody, and each only for what those before leave of
 * the slice: so of several sellers that need the same markets at once, one gets through. What was
 * granted counts as on sale until it is given back; word of that may be lost, and then it counts
 * for its minute, see {@link Throttle}.
 *
 * @param grants of the first legs, in their order
 */
public record LotGrants(List<Grant> grants) implements LotBudget {
  /** Nobody was asked. */
  public static final LotGrants NONE = new LotGrants(List.of());

  /**
   * Lots that may go on sale.
   *
   * @param instrument its number in the catalogue; of coins the complement of the asset's
   * @param lots at least 0
   * @param bundleLots lots that the market counts as one, at least 1: a coin's smallest unit may be
   *     worth less than a micro
   * @param perBundleMicros notional of those at the mark at which they were granted
   * @param atMs house time of the grant
   * @param moreAtMs where it is less than was asked for, when there may be more; else 0
   * @param incarnation of the market that counts it
   */
  public record Grant(
      String symbol,
      int instrument,
      long lots,
      long bundleLots,
      long perBundleMicros,
      long atMs,
      long moreAtMs,
      long incarnation) {
    /** Of a contract, whose lots are counted one by one; all that was asked for. */
    public Grant(
        String symbol, int instrument, long lots, long perLotMicros, long atMs, long incarnation) {
      this(symbol, instrument, lots, 1, perLotMicros, atMs, 0, incarnation);
    }

    /** What the market counts for it, less than a bundle not: rounded down. */
    public long countedMicros() {
      return Math.multiplyExact(lots / bundleLots, perBundleMicros);
    }
  }

  public LotGrants {
    grants = List.copyOf(grants);
  }

  /** With the next leg's. */
  public LotGrants plus(Grant grant) {
    List<Grant> more = new ArrayList<>(grants);
    more.add(grant);
    return new LotGrants(more);
  }

  /** Whether there is nobody to ask any more: all legs have theirs, or a position has nothing. */
  public boolean complete(Slice wanted) {
    if (grants.size() == wanted.legs().size()) return true;
    return !grants.isEmpty()
        && grants.getLast().lots() == 0
        && !Coins.are(grants.getLast().symbol());
  }

  /** Whether nothing at all may go on sale. */
  public boolean nothing() {
    return grants.stream().allMatch(grant -> grant.lots() == 0);
  }

  /** When a market that granted less than was asked for may first grant more; 0 when none did. */
  public long moreAtMs() {
    return grants.stream().mapToLong(Grant::moreAtMs).filter(at -> at > 0).min().orElse(0);
  }

  /**
   * Lots of the next leg that can go on sale with what was granted of those before, 0 for coins
   * beside coins that were granted none: never too few, for a leg of a lots and a grant of g of
   * them, g less than a, leave less than g / (a − 1) of any other, whose lots are rounded up from
   * the same share. Coins come first, and no position waits for them: what they are granted bounds
   * coins alone.
   */
  public long lotsToAsk(Slice wanted) {
    Slice.Leg next = wanted.legs().get(grants.size());
    long lots = Math.abs(next.lots());
    long usable = lots;
    for (int leg = 0; leg < grants.size(); leg++) {
      if (Coins.are(grants.get(leg).symbol()) && !Coins.are(next.instrument())) continue;
      long granted = grants.get(leg).lots();
      long asked = Math.abs(wanted.legs().get(leg).lots());
      if (granted < asked)
        usable = granted == 0 ? 0 : Math.min(usable, Fixed.mulDivCeil(lots, granted, asked - 1));
    }
    return usable;
  }

  @Override
  public long lots(int instrument, long perLotMicros) {
    for (Grant grant : grants) if (grant.instrument() == instrument) return grant.lots();
    return 0;
  }

  /** What was granted and is not in the slice that was cut; all of it where none was. */
  public List<Grant> unused(@Nullable Slice cut) {
    List<Grant> unused = new ArrayList<>();
    for (Grant grant : grants) {
      long left = grant.lots() - used(grant.symbol(), cut);
      if (left > 0)
        unused.add(
            new Grant(
                grant.symbol(),
                grant.instrument(),
                left,
                grant.bundleLots(),
                grant.perBundleMicros(),
                grant.atMs(),
                grant.moreAtMs(),
                grant.incarnation()));
    }
    return unused;
  }

  private static long used(String symbol, @Nullable Slice cut) {
    if (cut == null) return 0;
    for (Slice.Leg leg : cut.legs())
      if (leg.instrument().equals(symbol)) return Math.abs(leg.lots());
    return 0;
  }
}
