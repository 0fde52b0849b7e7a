package org.novation.governance;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.custody.CustodyPolicy;
import org.novation.governance.Parameter.Collateral;
import org.novation.governance.Parameter.Contract;
import org.novation.governance.Parameter.KillSwitch;
import org.novation.governance.Parameter.Prices;
import org.novation.governance.Parameter.Voting;
import org.novation.governance.Parameter.WithdrawalLimits;
import org.novation.governance.Parameter.Withdrawals;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Fees;
import org.novation.instrument.Perpetual;

/**
 * Everything that is voted, at one version. Immutable; settings are in the order in which they were
 * first listed, which is that of the catalogue, and none is ever taken away. The version and the
 * house's time together say every figure in force.
 *
 * @param version grows by one with each execution; 0 before there is anything
 */
public record ParameterSet(long version, Map<Path, Setting> settings) {
  /** Most parameters of a house. */
  public static final int SETTINGS_MAX = 1_024;

  /** Nothing is known yet. */
  public static final ParameterSet NONE = new ParameterSet(0, Map.of());

  public ParameterSet {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /** The first version: what the house is configured with, in force at once. */
  static ParameterSet first(Collection<Parameter> parameters, long nowMs) {
    return NONE.with(parameters.stream().map(each -> Setting.settled(each, nowMs, 1)).toList(), 1);
  }

  /** A version as it was written. */
  public static ParameterSet of(long version, List<Setting.Written> settings) {
    return NONE.with(settings.stream().map(Setting.Written::setting).toList(), version);
  }

  /** As it is stored, and said to other nodes. */
  public List<Setting.Written> written() {
    return settings.values().stream().map(Setting::written).toList();
  }

  /** The next version, with these settings replaced or listed. */
  ParameterSet with(Collection<Setting> changed, long version) {
    Map<Path, Setting> then = new LinkedHashMap<>(settings);
    changed.forEach(setting -> then.put(setting.to().path(), setting));
    return new ParameterSet(version, then);
  }

  /** What the next version sets, were these changes executed at a time. */
  List<Setting.Written> next(List<Change> changes, long nowMs) {
    return changes.stream()
        .map(each -> Setting.of(setting(each.path()), each.after(), nowMs, version + 1).written())
        .toList();
  }

  /** How a parameter is set; null when there is none. */
  public @Nullable Setting setting(Path path) {
    return settings.get(path);
  }

  /** Which version changed a parameter last; 0 when there is none. */
  public long version(Path path) {
    Setting setting = settings.get(path);
    return setting == null ? 0 : setting.version();
  }

  /** What is voted now, on its way or not. */
  public List<Parameter> voted() {
    return settings.values().stream().map(Setting::to).toList();
  }

  /** What is in force at a time. */
  public List<Parameter> at(long nowMs) {
    return settings.values().stream().map(setting -> setting.at(nowMs)).toList();
  }

  /** What of a kind is in force at a time. */
  public <P extends Parameter> List<P> at(long nowMs, Class<P> kind) {
    List<P> found = new ArrayList<>();
    for (Setting setting : settings.values()) {
      if (kind.isInstance(setting.to())) found.add(kind.cast(setting.at(nowMs)));
    }
    return found;
  }

  /** What is in force at a time where there is one only; null when there is none. */
  public <P extends Parameter> @Nullable P only(long nowMs, Class<P> kind) {
    List<P> found = at(nowMs, kind);
    return found.isEmpty() ? null : found.getFirst();
  }

  /**
   * When something in force changes next without anybody's doing: ramps move in steps of an hour.
   * {@code Long.MAX_VALUE} when everything is as voted.
   */
  public long changesAtMs(long nowMs) {
    long next = Long.MAX_VALUE;
    for (Setting setting : settings.values()) next = Math.min(next, setting.stepsAtMs(nowMs));
    return next;
  }

  /** Every contract and asset in force at a time, retired ones too. */
  public Catalogue catalogue(long nowMs) {
    List<Contract> contracts = at(nowMs, Contract.class);
    List<Perpetual> perpetuals = contracts.stream().map(Contract::terms).toList();
    List<Asset> assets = at(nowMs, Collateral.class).stream().map(Collateral::terms).toList();
    Set<String> retired = new HashSet<>();
    for (Contract contract : contracts) {
      if (contract.retired()) retired.add(contract.terms().symbol());
    }
    Parameter.Fees fees = only(nowMs, Parameter.Fees.class);
    return new Catalogue(
        version,
        perpetuals,
        assets,
        retired,
        fees == null ? Fees.NONE : new Fees(fees.tradePpm(), fees.fundSharePpm()));
  }

  /** The limits of custody in force at a time; null when the house has none. */
  public @Nullable CustodyPolicy custody(long nowMs) {
    Withdrawals withdrawals = only(nowMs, Withdrawals.class);
    return withdrawals == null ? null : withdrawals.policy(at(nowMs, WithdrawalLimits.class));
  }

  /** What this house is called in every message that is signed for it. */
  public String house(long nowMs) {
    Withdrawals withdrawals = only(nowMs, Withdrawals.class);
    return withdrawals == null ? "" : withdrawals.house();
  }

  /** By what rules is voted at a time. */
  Voting voting(long nowMs) {
    Voting voting = only(nowMs, Voting.class);
    if (voting == null) throw new IllegalStateException("nobody has said how to vote");
    return voting;
  }

  /** How many fresh oracles make an index; 1 while nobody has said. */
  long quorum() {
    Prices prices = only(Long.MAX_VALUE, Prices.class);
    return prices == null ? 1 : prices.terms().quorum();
  }

  /** Whether the kill switch is thrown. */
  public boolean killed() {
    KillSwitch killSwitch = only(Long.MAX_VALUE, KillSwitch.class);
    return killSwitch != null && killSwitch.thrown();
  }
}
