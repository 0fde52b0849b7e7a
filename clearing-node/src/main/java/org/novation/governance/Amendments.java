package org.novation.governance;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.governance.Parameter.Collateral;
import org.novation.governance.Parameter.Contract;
import org.novation.governance.Parameter.Halt;
import org.novation.governance.Parameter.Oracles;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;

/** Makes whole changes of what was asked for, and holds every bound there is against them. */
final class Amendments {
  /** Most parameters that one proposal changes. */
  static final int CHANGES_MAX = 8;

  /** So long at most a council has its powers from one vote. */
  static final long COUNCIL_TERM_MS_MAX = 365 * Pace.DAY_MS;

  private static final int TEXT_MAX = 8_192;

  /** A refusal on its way out. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final transient Refusal why;

    Refused(Refusal why) {
      super(why.toString(), null, false, false);
      this.why = why;
    }

    Refusal why() {
      return why;
    }
  }

  private final ParameterSet parameters;

  Amendments(ParameterSet parameters) {
    this.parameters = parameters;
  }

  /**
   * The changes, each whole before and after.
   *
   * @throws Refused when one of them cannot be
   */
  List<Change> changes(List<Amendment> amendments, long nowMs) throws Refused {
    Set<String> paths = new HashSet<>();
    for (Amendment amendment : amendments) paths.add(amendment.path());
    if (amendments.isEmpty()
        || amendments.size() > CHANGES_MAX
        || paths.size() != amendments.size())
      throw new Refused(new Refusal.ChangesNotCountable(amendments.size(), CHANGES_MAX));
    requireAlone(amendments);
    List<Change> changes = new ArrayList<>();
    for (Amendment amendment : amendments) changes.add(change(amendment));
    requireSound(changes, nowMs);
    return changes;
  }

  /**
   * The council stops no proposal on itself or on the kill switch: bundled with one, anything would
   * be out of its reach.
   */
  private static void requireAlone(List<Amendment> amendments) throws Refused {
    if (amendments.size() == 1) return;
    for (Amendment amendment : amendments) {
      Path path = Path.parse(amendment.path());
      if (path == null) continue;
      if (path.topic() == Topic.COUNCIL || path.topic() == Topic.KILL_SWITCH)
        throw new Refused(new Refusal.StandsAlone(amendment.path()));
    }
  }

  /** What must hold between parameters, once these are changed: before a vote and at execution. */
  void requireSound(List<Change> changes, long nowMs) throws Refused {
    List<Setting> settings = new ArrayList<>();
    for (Change change : changes) {
      Setting before = parameters.setting(change.path());
      if (before != null) requireFewBrackets(before.at(nowMs), change.after());
      requireKeysToTrust(change.after(), nowMs);
      Setting after = Setting.of(before, change.after(), nowMs, 0);
      requireSoundOnItsWay(after);
      settings.add(after);
    }
    requireConsistent(parameters.with(settings, parameters.version()));
  }

  /** Of voting one figure may be there at once while others are days away: a bound between them. */
  private static void requireSoundOnItsWay(Setting setting) throws Refused {
    if (!(setting.to() instanceof Parameter.Voting)) return;
    try {
      for (long at = setting.sinceMs(); at < setting.endsAtMs(); at += Pace.DAY_MS) setting.at(at);
    } catch (IllegalArgumentException e) {
      throw new Refused(
          new Refusal.BreaksRule(setting.to().path().toString(), String.valueOf(e.getMessage())));
    }
  }

  private Change change(Amendment amendment) throws Refused {
    Path path = Path.parse(amendment.path());
    if (path == null) throw new Refused(new Refusal.UnknownParameter(amendment.path()));
    Schema<?> schema = Schema.of(path.topic());
    long version = parameters.version(path);
    if (version != amendment.baseVersion())
      throw new Refused(
          new Refusal.VersionMoved(amendment.path(), amendment.baseVersion(), version));
    Parameter before = before(path);
    Map<String, String> texts =
        new LinkedHashMap<>(before == null ? Map.of() : schema.texts(before));
    overlay(amendment, schema, before != null, texts);
    for (Figure figure : schema.figures()) {
      String text = texts.get(figure.name());
      if (text == null)
        throw new Refused(new Refusal.MissingFigure(path.toString(), figure.name()));
      requireInBounds(path, figure, text);
    }
    Parameter after = made(path, schema, texts);
    if (!after.path().equals(path))
      throw new Refused(new Refusal.UnknownParameter(amendment.path()));
    if (after.equals(before)) throw new Refused(new Refusal.NothingChanges(path.toString()));
    if (before instanceof Collateral first && first.terms().symbol().equals(settlement()))
      throw new Refused(new Refusal.SettlementAsset(path.toString()));
    return new Change(before, version, after);
  }

  /** What is voted; in a market that was never halted, that nothing is. */
  private @Nullable Parameter before(Path path) {
    Setting setting = parameters.setting(path);
    if (setting != null) return setting.to();
    return path.topic() == Topic.HALT ? Halt.none(path.subject()) : null;
  }

  private @Nullable String settlement() {
    for (Parameter each : parameters.voted()) {
      if (each instanceof Collateral collateral) return collateral.terms().symbol();
    }
    return null;
  }

  private static void overlay(
      Amendment amendment, Schema<?> schema, boolean known, Map<String, String> texts)
      throws Refused {
    Set<String> named = new HashSet<>();
    for (Entry entry : amendment.figures()) {
      Figure figure =
          schema.figures().stream()
              .filter(each -> each.name().equals(entry.figure()))
              .findFirst()
              .orElse(null);
      if (figure == null || !named.add(entry.figure()))
        throw new Refused(new Refusal.UnknownFigure(amendment.path(), entry.figure()));
      String before = texts.put(figure.name(), entry.text());
      if (!known || entry.text().equals(before)) continue;
      if (figure.tightens() == Tightens.FIXED)
        throw new Refused(new Refusal.FixedFigure(amendment.path(), figure.name(), entry.text()));
      if (figure.zeroIsNone() && entry.text().equals("0") && before != null)
        throw new Refused(
            new Refusal.LimitTakenAway(amendment.path(), figure.name(), Long.parseLong(before)));
    }
  }

  private static void requireInBounds(Path path, Figure figure, String text) throws Refused {
    if (text.length() > TEXT_MAX) throw unreadable(path, figure, text);
    long value =
        switch (figure.kind()) {
          case NUMBER -> number(path, figure, text);
          case TEXT -> text.length();
          case NAMES -> text.split(",", -1).length;
          case LADDER -> ladder(path, figure, text).tiers();
        };
    if (value < figure.least() || value > figure.most())
      throw new Refused(
          new Refusal.OutOfBounds(
              path.toString(), figure.name(), value, figure.least(), figure.most()));
  }

  private static long number(Path path, Figure figure, String text) throws Refused {
    // As it would be written: a number has one text only.
    if (!text.matches("0|-?[1-9][0-9]{0,18}")) throw unreadable(path, figure, text);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw unreadable(path, figure, text);
    }
  }

  private static Ladder ladder(Path path, Figure figure, String text) throws Refused {
    try {
      Ladder ladder = Ladders.parse(text);
      if (Ladders.text(ladder).equals(text)) return ladder;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new Refused(
          new Refusal.BreaksRule(path.toString(), figure.name() + ": " + e.getMessage()));
    }
    throw unreadable(path, figure, text);
  }

  private static Refused unreadable(Path path, Figure figure, String text) {
    String shown = text.length() > 100 ? text.substring(0, 100) : text;
    return new Refused(new Refusal.UnreadableFigure(path.toString(), figure.name(), shown));
  }

  private static Parameter made(Path path, Schema<?> schema, Map<String, String> texts)
      throws Refused {
    if (path.topic() == Topic.CONTRACT) requireMaintenanceBelowInitial(path, new Values(texts));
    try {
      return schema.make(path.subject(), texts);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new Refused(new Refusal.BreaksRule(path.toString(), String.valueOf(e.getMessage())));
    }
  }

  private static void requireMaintenanceBelowInitial(Path path, Values values) throws Refused {
    Ladder initial = values.ladder("initial");
    Ladder maintenance = values.ladder("maintenance");
    for (int n = 0; n < Math.min(initial.tiers(), maintenance.tiers()); n++) {
      if (maintenance.ratePpm(n) >= initial.ratePpm(n))
        throw new Refused(
            new Refusal.MaintenanceNotBelowInitial(
                path.toString(),
                maintenance.lowerBoundMicros(n),
                maintenance.ratePpm(n),
                initial.ratePpm(n)));
    }
  }

  /** Custodians' keys are sound, and a council has its powers for a while. */
  private static void requireKeysToTrust(Parameter after, long nowMs) throws Refused {
    if (after instanceof Parameter.Custodians custodians) {
      // Reckoned here, not by the record: it takes a while.
      String problem = custodians.set(1).problem();
      if (problem != null)
        throw new Refused(new Refusal.BreaksRule(after.path().toString(), problem));
    }
    if (after instanceof Parameter.Council council) {
      String problem = council.problem();
      if (problem != null)
        throw new Refused(new Refusal.BreaksRule(after.path().toString(), problem));
    }
    if (after instanceof Parameter.Council council
        && council.expiresAtMs() > nowMs + COUNCIL_TERM_MS_MAX)
      throw new Refused(
          new Refusal.OutOfBounds(
              after.path().toString(),
              "expiresAtMs",
              council.expiresAtMs(),
              0,
              nowMs + COUNCIL_TERM_MS_MAX));
  }

  /** Through how many brackets the ladders would move. */
  private static void requireFewBrackets(Parameter now, Parameter after) throws Refused {
    if (!(now instanceof Contract from) || !(after instanceof Contract to)) return;
    int brackets = Ladders.bounds(from.terms().initial(), to.terms().initial()).length;
    if (brackets > Ladder.TIERS_MAX)
      throw new Refused(
          new Refusal.TooManyBrackets(after.path().toString(), brackets, Ladder.TIERS_MAX));
  }

  /** What must hold between the parameters of a house. */
  static void requireConsistent(ParameterSet then) throws Refused {
    if (then.settings().size() > ParameterSet.SETTINGS_MAX)
      throw new Refused(new Refusal.HouseFull("", ParameterSet.SETTINGS_MAX));
    Set<String> indices = new HashSet<>();
    long quorum = then.quorum();
    for (Parameter each : then.voted()) {
      if (!(each instanceof Oracles oracles)) continue;
      indices.add(oracles.underlying());
      if (oracles.names().size() < quorum)
        throw new Refused(
            new Refusal.OraclesBelowQuorum(oracles.underlying(), oracles.names().size(), quorum));
    }
    Set<String> markets = new HashSet<>(Set.of("*"));
    long contracts = 0;
    long assets = 0;
    for (Parameter each : then.voted()) {
      String index = null;
      if (each instanceof Contract contract) {
        contracts++;
        index = contract.terms().underlying();
      } else if (each instanceof Collateral collateral && assets++ > 0) {
        index = collateral.terms().symbol();
        if (collateral.terms().houseCap() == 0)
          throw new Refused(
              new Refusal.OutOfBounds(
                  each.path().toString(), "houseCap", 0, 1, Long.MAX_VALUE / 2));
      }
      if (index != null && !indices.contains(index))
        throw new Refused(new Refusal.NoOracles(each.path().toString(), index));
      if (each instanceof Contract || each instanceof Collateral)
        markets.add(each.path().subject());
      if (Math.max(contracts, assets) > Catalogue.ENTRIES_MAX)
        throw new Refused(new Refusal.HouseFull(each.path().toString(), Catalogue.ENTRIES_MAX));
    }
    for (Parameter each : then.voted()) {
      if (each instanceof Halt halt && !markets.contains(halt.market()))
        throw new Refused(new Refusal.UnknownParameter(each.path().toString()));
    }
  }

  /** The whole house, as it is set up: each figure in its bounds. */
  static void requireInBounds(ParameterSet first, long nowMs) throws Refused {
    for (Parameter each : first.voted()) {
      requireKeysToTrust(each, nowMs);
      Map<String, String> texts = Schema.of(each).texts(each);
      for (Figure figure : Schema.of(each).figures())
        requireInBounds(each.path(), figure, texts.getOrDefault(figure.name(), ""));
    }
    requireConsistent(first);
  }
}
