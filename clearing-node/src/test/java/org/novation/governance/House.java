package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.novation.custody.CustodianSecret;
import org.novation.custody.CustodyPolicy;
import org.novation.deleveraging.AdlSettings;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.insurance.FundPolicy;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.market.MarketRules;
import org.novation.money.Increment;

/** A house with one parameter of each kind at least, and figures that can move both ways. */
final class House {
  static final long HOUR = 3_600_000;
  static final long DAY = 24 * HOUR;
  static final long NOW = 1_800_000_000_000L;
  static final long UNIT = 1_000_000;

  private static final List<String> CUSTODIANS = custodians(5);

  /** By name: reckoned once, for it takes a while. */
  private static final Map<String, String> KEYS = keys("k1", "k2", "k3", "k4", "k5", "n1");

  private House() {}

  private static Map<String, String> keys(String... names) {
    Map<String, String> keys = new LinkedHashMap<>();
    for (String name : names) keys.put(name, secret(name).publicKey());
    return keys;
  }

  /** With keys that custody trusts. */
  private static List<String> custodians(int number) {
    List<String> custodians = new ArrayList<>();
    try {
      KeyPairGenerator keys = KeyPairGenerator.getInstance("Ed25519");
      for (int n = 1; n <= number; n++) {
        byte[] encoded = keys.generateKeyPair().getPublic().getEncoded();
        String key = HexFormat.of().formatHex(encoded, encoded.length - 32, encoded.length);
        custodians.add("c" + n + "=" + key);
      }
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has Ed25519", e);
    }
    return List.copyOf(custodians);
  }

  static Perpetual perpetual(String symbol, String underlying) {
    return new Perpetual(
        symbol,
        underlying,
        Increment.of("0.1"),
        Increment.of("0.001"),
        10_000,
        1_000_000,
        new Ladder(new long[] {0, 150_000_000 * UNIT}, new long[] {25_000, 50_000}),
        new Ladder(new long[] {0, 150_000_000 * UNIT}, new long[] {12_500, 25_000}),
        new Perpetual.Scaling(
            40_000_000 * UNIT, 100_000_000 * UNIT, 700_000, 2_000_000, 100_000, 1_200_000),
        10_000_000 * UNIT,
        50_000,
        new Perpetual.Funding(100, 500, 20_000),
        Perpetual.Halt.DEFAULT);
  }

  static List<Parameter> parameters() {
    return List.of(
        new Parameter.Oracles("BTC", List.of("o1", "o2", "o3", "o4")),
        new Parameter.Oracles("ETH", List.of("o1", "o2", "o3", "o4")),
        new Parameter.Contract(perpetual("BTC-PERP", "BTC"), false),
        new Parameter.Collateral(new Asset("USDC", 6, 1_000_000, 0, 0, false)),
        new Parameter.Collateral(new Asset("BTC", 8, 900_000, 10_000, 2_000_000_000_000L, false)),
        new Parameter.Prices(MarketRules.DEFAULTS),
        new Parameter.Liquidation(LiquidationPolicy.DEFAULTS),
        new Parameter.Fund("main", FundPolicy.DEFAULT),
        new Parameter.Deleveraging("main", AdlSettings.DEFAULTS),
        new Parameter.Fees(200, 500_000),
        new Parameter.Withdrawals(
            "novation-test", 10_000, 100_000, HOUR, DAY, 2 * DAY, 30 * DAY, 20, 10_000),
        new Parameter.WithdrawalLimits(
            "USDC",
            new CustodyPolicy.AssetLimits(
                Set.of("ethereum", "base"),
                10_000 * UNIT,
                100_000 * UNIT,
                1_000_000 * UNIT,
                500_000 * UNIT,
                100_000 * UNIT)),
        new Parameter.Custodians(CUSTODIANS, 2, 3, 1),
        new Parameter.Voting(
            10_000 * UNIT, 3 * DAY, 5 * DAY, 3 * DAY, 7 * DAY, 100_000, 500_000, 14 * DAY),
        new Parameter.Council(members("k", 5), 3, NOW + 180 * DAY),
        new Parameter.Halt("BTC-PERP", NOW + DAY, 0, 0, 0, 0, NOW + DAY),
        new Parameter.KillSwitch(false));
  }

  static List<String> members(String prefix, int number) {
    List<String> members = new ArrayList<>();
    for (int n = 1; n <= number; n++) members.add(prefix + n + "=" + KEYS.get(prefix + n));
    return members;
  }

  /** The command as its member signs it, whose secret is the hash of his name. */
  static GovernanceCommand signed(GovernanceCommand command) {
    if (!(command instanceof GovernanceCommand.OfCouncil unsigned)
        || !unsigned.signature().isEmpty()) return command;
    return unsigned.signed(
        secret(unsigned.member()).sign(CouncilMessage.bytes("novation-test", unsigned)));
  }

  static CustodianSecret secret(String member) {
    return CustodianSecret.of(Proposal.sha256(member));
  }

  static Governance setUp() {
    return after(Governance.EMPTY, new GovernanceCommand.SetUp(parameters()), NOW);
  }

  /** The state after a command that must be accepted. */
  static Governance after(Governance governance, GovernanceCommand command, long nowMs) {
    Governance then = governance;
    for (GovernanceEvent event : events(governance, command, nowMs)) then = then.apply(event);
    return command instanceof GovernanceCommand.Stake ? given(then, nowMs) : then;
  }

  /** With what accounts are asked for given. */
  private static Governance given(Governance governance, long nowMs) {
    Governance then = governance;
    for (Stakes.Asked each : governance.stakes().asked())
      then = after(then, new GovernanceCommand.NoteTaken(each.number()), nowMs);
    return then;
  }

  static List<GovernanceEvent> events(
      Governance governance, GovernanceCommand command, long nowMs) {
    Decision decision = governance.decide(signed(command), nowMs);
    assertThat(decision).as("%s", command).isInstanceOf(Decision.Accepted.class);
    return ((Decision.Accepted) decision).events();
  }

  static Refusal refusal(Governance governance, GovernanceCommand command, long nowMs) {
    Decision decision = governance.decide(signed(command), nowMs);
    assertThat(decision).as("%s", command).isInstanceOf(Decision.Refused.class);
    return ((Decision.Refused) decision).why();
  }

  /** An amendment of what there is, or of nothing. */
  static Amendment amend(Governance governance, String path, String... figuresAndTexts) {
    List<Entry> figures = new ArrayList<>();
    for (int n = 0; n < figuresAndTexts.length; n += 2)
      figures.add(new Entry(figuresAndTexts[n], figuresAndTexts[n + 1]));
    Path known = Path.parse(path);
    return new Amendment(path, known == null ? 0 : governance.parameters().version(known), figures);
  }

  /** An amendment that lists a new parameter, whole. */
  static Amendment list(Parameter parameter) {
    return new Amendment(
        parameter.path().toString(), 0, Entry.list(Schema.of(parameter).texts(parameter)));
  }

  static Parameter voted(Governance governance, String path) {
    Path known = Path.parse(path);
    Setting setting = known == null ? null : governance.parameters().setting(known);
    if (setting == null) throw new AssertionError("no " + path);
    return setting.to();
  }

  /** Another parameter of the same path, with some figures elsewhere within their bounds. */
  static Parameter other(Parameter parameter, Random random) {
    Schema<?> schema = Schema.of(parameter);
    for (int attempt = 0; attempt < 10_000; attempt++) {
      Map<String, String> texts = new LinkedHashMap<>(schema.texts(parameter));
      for (Figure figure : schema.figures()) {
        if (figure.tightens() == Tightens.FIXED || random.nextInt(3) == 0) continue;
        if (figure.kind() == Figure.Kind.NUMBER)
          texts.computeIfPresent(
              figure.name(),
              (_, text) -> Long.toString(elsewhere(figure, Long.parseLong(text), random)));
      }
      if (parameter instanceof Parameter.Oracles)
        texts.put("names", "o1,o2,o3,p" + random.nextInt(1_000));
      if (parameter instanceof Parameter.Contract && random.nextBoolean()) ladders(texts, random);
      try {
        Parameter other = schema.make(parameter.path().subject(), texts);
        if (!other.equals(parameter)) return other;
      } catch (IllegalArgumentException | ArithmeticException broken) {
        // Breaks a rule between figures: another one.
      }
    }
    throw new AssertionError("nothing else can be made of " + parameter);
  }

  private static long elsewhere(Figure figure, long value, Random random) {
    if (figure.most() - figure.least() == 1) return figure.least() + random.nextInt(2);
    long far =
        random.nextBoolean()
            ? figure.least() + (long) (random.nextDouble() * (figure.most() - figure.least()))
            : (long) (value * (0.5 + random.nextDouble()));
    long least = figure.zeroIsNone() ? 1 : figure.least();
    return Math.clamp(far, least, figure.most());
  }

  private static void ladders(Map<String, String> texts, Random random) {
    int tiers = 1 + random.nextInt(5);
    TreeSet<Long> bounds = new TreeSet<>(List.of(0L));
    while (bounds.size() < tiers) bounds.add((1 + random.nextLong(1_000)) * 1_000_000 * UNIT);
    long[] from = bounds.stream().mapToLong(Long::longValue).toArray();
    long[] maintenance = random.longs(tiers, 1, 200_000).sorted().toArray();
    long[] initial = random.longs(tiers, 1, 400_000).sorted().toArray();
    Arrays.setAll(initial, n -> Math.max(initial[n], maintenance[n] + 1));
    for (int n = 1; n < tiers; n++) initial[n] = Math.max(initial[n], initial[n - 1]);
    texts.put("initial", Ladders.text(new Ladder(from, initial)));
    texts.put("maintenance", Ladders.text(new Ladder(from, maintenance)));
  }
}
