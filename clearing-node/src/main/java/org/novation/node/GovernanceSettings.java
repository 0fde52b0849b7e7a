package org.novation.node;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.novation.custody.Custodian;
import org.novation.custody.CustodyPolicy;
import org.novation.governance.Decision;
import org.novation.governance.Governance;
import org.novation.governance.GovernanceCommand;
import org.novation.governance.Parameter;
import org.novation.instrument.Catalogue;
import org.novation.money.Decimals;

/**
 * By what rules a house begins to vote. Everything else that it begins with is the rest of its
 * configuration; from then on votes alone change it, and the configuration is not read again.
 *
 * @param token the asset whose holders vote, of six decimals
 * @param council {@code name=key} of its members, the Ed25519 key in hex; none for no council
 * @param councilNeeded so many of them act
 * @param councilTermMs how long the first council has its powers
 */
public record GovernanceSettings(
    String token,
    Parameter.Voting voting,
    Parameter.Fees fees,
    List<String> council,
    int councilNeeded,
    long councilTermMs) {
  /** A house without custody begins with these limits, should it ever have one. */
  private static final Parameter.Withdrawals WITHDRAWALS = withdrawalsWithoutCustody();

  private static final String POOL = "main";
  private static final int DECIMALS = 6;
  private static final String UNSOUND = "no house can be run by this configuration: ";

  public GovernanceSettings {
    council = List.copyOf(council);
  }

  /** The same with another council. */
  public GovernanceSettings withCouncil(List<Custodian> members, int needed) {
    List<String> names = members.stream().map(each -> each.name() + "=" + each.key()).toList();
    return new GovernanceSettings(token, voting, fees, names, needed, councilTermMs);
  }

  /**
   * Reads the section.
   *
   * @throws IllegalArgumentException when something cannot be what it is
   */
  static GovernanceSettings read(Config governance) {
    Config voting = governance.getConfig("voting");
    Config fees = governance.getConfig("fees");
    Config council = governance.getConfig("council");
    List<String> members = new ArrayList<>();
    for (Config one : council.getConfigList("members"))
      members.add(one.getString("name") + "=" + one.getString("key"));
    return new GovernanceSettings(
        governance.getString("token"),
        new Parameter.Voting(
            millionths(voting, "deposit"),
            voting.getDuration("draft").toMillis(),
            voting.getDuration("period").toMillis(),
            voting.getDuration("timelock").toMillis(),
            voting.getDuration("execution").toMillis(),
            millionths(voting, "quorum"),
            millionths(voting, "threshold"),
            voting.getDuration("unstake").toMillis()),
        new Parameter.Fees(millionths(fees, "trade"), millionths(fees, "fund-share")),
        members,
        council.getInt("needed"),
        council.getDuration("term").toMillis());
  }

  private static long millionths(Config section, String path) {
    String text = section.getString(path);
    try {
      return Decimals.parse(text, 6);
    } catch (Decimals.DecimalException e) {
      throw new IllegalArgumentException(
          path + " must be a decimal number with at most 6 decimals, not " + text, e);
    }
  }

  /**
   * Everything that a house of this configuration begins with.
   *
   * @param nowMs from when on the first council has its powers
   */
  List<Parameter> parameters(NodeSettings house, long nowMs) {
    List<Parameter> all = new ArrayList<>();
    Catalogue catalogue = house.catalogue();
    Set<String> indices = new TreeSet<>();
    for (int i = 0; i < catalogue.instruments(); i++) {
      all.add(new Parameter.Contract(catalogue.perpetual(i), false));
      indices.add(catalogue.perpetual(i).underlying());
    }
    for (int a = 0; a < catalogue.assets(); a++) {
      all.add(new Parameter.Collateral(catalogue.asset(a)));
      if (a > 0) indices.add(catalogue.asset(a).symbol());
    }
    for (String index : indices) all.add(new Parameter.Oracles(index, house.oracles()));
    all.add(new Parameter.Prices(house.markets()));
    all.add(new Parameter.Liquidation(house.liquidation()));
    all.add(new Parameter.Fund(POOL, house.fund()));
    all.add(new Parameter.Deleveraging(POOL, house.adl()));
    all.add(fees);
    CustodySettings custody = house.custody();
    all.addAll(custody == null ? List.of(WITHDRAWALS) : custody(custody));
    all.add(voting);
    if (!council.isEmpty())
      all.add(new Parameter.Council(council, councilNeeded, nowMs + councilTermMs));
    all.add(new Parameter.KillSwitch(false));
    return all;
  }

  private static List<Parameter> custody(CustodySettings custody) {
    List<Parameter> all = new ArrayList<>();
    CustodyPolicy policy = custody.policy();
    all.add(
        new Parameter.Withdrawals(
            policy.house(),
            policy.hourPpm(),
            policy.dayPpm(),
            policy.waitMs(),
            policy.newAddressMs(),
            policy.largeMs(),
            policy.validityMsMax(),
            policy.perAccount(),
            policy.remembered()));
    policy.assets().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> all.add(new Parameter.WithdrawalLimits(each.getKey(), each.getValue())));
    if (custody.custodians().version() == 0) return all;
    all.add(
        new Parameter.Custodians(
            custody.custodians().custodians().stream()
                .map(each -> each.name() + "=" + each.key())
                .toList(),
            custody.custodians().attestationsNeeded(),
            custody.custodians().approvalsNeeded(),
            custody.custodians().objectionsNeeded()));
    return all;
  }

  /**
   * Whether a house that is voted in could begin with its configuration.
   *
   * @throws ConfigurationException when that breaks a hard bound; says which
   */
  static void requireSound(NodeSettings house) {
    GovernanceSettings rules = house.governance();
    if (rules == null) return;
    Integer token = house.catalogue().asset(rules.token());
    if (token == null || token == 0 || house.catalogue().asset(token).decimals() != DECIMALS)
      throw new ConfigurationException(
          UNSOUND + "the token " + rules.token() + " is no listed asset of six decimals");
    long nowMs = house.houseMs().getAsLong();
    List<Parameter> parameters;
    try {
      parameters = rules.parameters(house, nowMs);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(UNSOUND + e.getMessage());
    }
    Decision decision = Governance.EMPTY.decide(new GovernanceCommand.SetUp(parameters), nowMs);
    if (decision instanceof Decision.Refused(var why))
      throw new ConfigurationException(UNSOUND + why);
  }

  private static Parameter.Withdrawals withdrawalsWithoutCustody() {
    long hour = 3_600_000;
    return new Parameter.Withdrawals(
        "none", 10_000, 100_000, hour, 24 * hour, 48 * hour, 360 * hour, 20, 10_000);
  }
}
