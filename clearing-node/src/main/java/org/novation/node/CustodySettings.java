package org.novation.node;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.novation.custody.Custodian;
import org.novation.custody.CustodianSet;
import org.novation.custody.CustodyPolicy;
import org.novation.custody.CustodyPolicy.AssetLimits;
import org.novation.instrument.Catalogue;
import org.novation.money.Decimals;

/**
 * How this house keeps its collateral.
 *
 * @param custodians {@link CustodianSet#NONE} where none are configured
 */
public record CustodySettings(CustodyPolicy policy, CustodianSet custodians) {
  private static final String UNNAMED = "unnamed";

  /** The same with other custodians. */
  public CustodySettings withCustodians(CustodianSet others) {
    return new CustodySettings(policy, others);
  }

  /**
   * Reads the section.
   *
   * @throws IllegalArgumentException when something cannot be what it is
   */
  static CustodySettings read(Config custody, Catalogue catalogue) {
    Map<String, AssetLimits> assets = new HashMap<>();
    for (Config asset : custody.getConfigList("assets")) {
      String symbol = asset.getString("symbol");
      Integer index = catalogue.asset(symbol);
      if (index == null)
        throw new IllegalArgumentException("custody of no listed asset: " + symbol);
      int decimals = catalogue.asset(index).decimals();
      assets.put(
          symbol,
          new AssetLimits(
              new HashSet<>(asset.getStringList("chains")),
              amount(asset, "hour-floor", decimals),
              amount(asset, "day-floor", decimals),
              amount(asset, "account-day-max", decimals),
              amount(asset, "address-day-max", decimals),
              amount(asset, "large-from", decimals)));
    }
    CustodyPolicy policy =
        new CustodyPolicy(
            custody.getString("house"),
            amount(custody, "hour-share", 6),
            amount(custody, "day-share", 6),
            assets,
            custody.getDuration("wait").toMillis(),
            custody.getDuration("new-address-wait").toMillis(),
            custody.getDuration("large-wait").toMillis(),
            custody.getDuration("validity-max").toMillis(),
            custody.getInt("per-account"),
            custody.getInt("remembered"));
    CustodianSet custodians = custodians(custody.getConfig("custodians"));
    if (custodians.version() != 0 && policy.house().equals(UNNAMED))
      throw new IllegalArgumentException(
          "custody.house must name this installation: custodians sign it");
    return new CustodySettings(policy, custodians);
  }

  private static CustodianSet custodians(Config section) {
    List<Custodian> members = new ArrayList<>();
    for (Config one : section.getConfigList("members"))
      members.add(new Custodian(one.getString("name"), one.getString("key")));
    if (members.isEmpty()) return CustodianSet.NONE;
    CustodianSet set =
        new CustodianSet(
            section.getLong("version"),
            members,
            section.getInt("attestations-needed"),
            section.getInt("approvals-needed"),
            section.getInt("objections-needed"));
    String problem = set.problem();
    if (problem != null) throw new IllegalArgumentException("custodians: " + problem);
    return set;
  }

  private static long amount(Config section, String path, int decimals) {
    String text = section.getString(path);
    try {
      return Decimals.parse(text, decimals);
    } catch (Decimals.DecimalException e) {
      throw new IllegalArgumentException(
          path + " must be a decimal number with at most " + decimals + " decimals, not " + text,
          e);
    }
  }
}
