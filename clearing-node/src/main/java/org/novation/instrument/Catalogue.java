package org.novation.instrument;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every instrument and asset at one parameter version. Positions in the lists are the small
 * integers by which the hot paths name instruments and assets within one process; journals and
 * wires name them by symbol. Lists only ever grow, so that an index keeps its meaning from one
 * version to the next. The settlement asset is asset 0.
 */
public final class Catalogue {
  /** Most instruments, and most assets, of one catalogue. */
  public static final int ENTRIES_MAX = 256;

  private final long version;
  private final List<Perpetual> perpetuals;
  private final List<Asset> assets;
  private final Set<String> retired;
  private final Fees fees;
  private final Map<String, Integer> perpetualBySymbol = new HashMap<>();
  private final Map<String, Integer> assetBySymbol = new HashMap<>();

  /** One of which nothing is retired, in a house that charges nothing. */
  public Catalogue(long version, List<Perpetual> perpetuals, List<Asset> assets) {
    this(version, perpetuals, assets, Set.of(), Fees.NONE);
  }

  /**
   * @param retired symbols of the contracts that may only be reduced
   * @param fees for trades of anything that is listed
   * @throws IllegalArgumentException when a symbol repeats, nothing is listed, asset 0 cannot
   *     settle, or what is retired was never listed
   */
  public Catalogue(
      long version,
      List<Perpetual> perpetuals,
      List<Asset> assets,
      Set<String> retired,
      Fees fees) {
    this.version = version;
    this.perpetuals = List.copyOf(perpetuals);
    this.assets = List.copyOf(assets);
    this.retired = Set.copyOf(retired);
    this.fees = fees;
    if (perpetuals.size() > ENTRIES_MAX || assets.size() > ENTRIES_MAX) {
      throw new IllegalArgumentException(
          "a catalogue has at most " + ENTRIES_MAX + " entries of a kind");
    }
    for (int i = 0; i < perpetuals.size(); i++) {
      if (perpetualBySymbol.put(perpetuals.get(i).symbol(), i) != null) {
        throw new IllegalArgumentException("listed twice: " + perpetuals.get(i).symbol());
      }
    }
    for (int i = 0; i < assets.size(); i++) {
      if (assetBySymbol.put(assets.get(i).symbol(), i) != null) {
        throw new IllegalArgumentException("listed twice: " + assets.get(i).symbol());
      }
    }
    if (assets.isEmpty()
        || assets.getFirst().decimals() != 6
        || assets.getFirst().weightPpm() != 1_000_000) {
      throw new IllegalArgumentException("the first asset settles: 6 decimals, weight 1");
    }
    if (!perpetualBySymbol.keySet().containsAll(retired))
      throw new IllegalArgumentException("retired and never listed: " + retired);
  }

  public long version() {
    return version;
  }

  public int instruments() {
    return perpetuals.size();
  }

  public int assets() {
    return assets.size();
  }

  public Perpetual perpetual(int instrument) {
    return perpetuals.get(instrument);
  }

  public Asset asset(int asset) {
    return assets.get(asset);
  }

  /** What the house charges. */
  public Fees fees() {
    return fees;
  }

  /** Whether a contract may only be reduced. */
  public boolean retired(int instrument) {
    return !retired.isEmpty() && retired.contains(perpetuals.get(instrument).symbol());
  }

  /** Whether every index of this catalogue means the same in a later one. */
  public boolean continuesIn(Catalogue later) {
    if (later.instruments() < instruments() || later.assets() < assets()) return false;
    for (int i = 0; i < instruments(); i++) {
      if (!later.perpetual(i).symbol().equals(perpetual(i).symbol())) return false;
    }
    for (int a = 0; a < assets(); a++) {
      if (!later.asset(a).symbol().equals(asset(a).symbol())) return false;
    }
    return true;
  }

  /** The index of an instrument, or null when it is not listed. */
  public @Nullable Integer instrument(String symbol) {
    return perpetualBySymbol.get(symbol);
  }

  /** The index of an asset, or null when it is not listed. */
  public @Nullable Integer asset(String symbol) {
    return assetBySymbol.get(symbol);
  }

  /** The index of an instrument that a journal names. */
  public int instrumentListed(String symbol) {
    Integer index = perpetualBySymbol.get(symbol);
    if (index == null)
      throw new IllegalStateException(
          "instrument " + symbol + " is in the journal but not in the catalogue");
    return index;
  }

  /** The index of an asset that a journal names. */
  public int assetListed(String symbol) {
    Integer index = assetBySymbol.get(symbol);
    if (index == null)
      throw new IllegalStateException(
          "asset " + symbol + " is in the journal but not in the catalogue");
    return index;
  }
}
