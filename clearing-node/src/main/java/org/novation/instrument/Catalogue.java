package org.novation.instrument;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final Map<String, Integer> perpetualBySymbol = new HashMap<>();
  private final Map<String, Integer> assetBySymbol = new HashMap<>();

  /**
   * @throws IllegalArgumentException when a symbol repeats, nothing is listed, or asset 0 cannot
   *     settle
   */
  public Catalogue(long version, List<Perpetual> perpetuals, List<Asset> assets) {
    this.version = version;
    this.perpetuals = List.copyOf(perpetuals);
    this.assets = List.copyOf(assets);
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
