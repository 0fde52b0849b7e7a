package org.novation.governance;

import static org.novation.governance.Tightens.BY_FALLING;
import static org.novation.governance.Tightens.BY_RISING;
import static org.novation.governance.Tightens.BY_VOTE_ONLY;
import static org.novation.governance.Tightens.FIXED;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.novation.custody.CustodyPolicy;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlSettings;
import org.novation.governance.Figure.Kind;
import org.novation.governance.Parameter.Collateral;
import org.novation.governance.Parameter.Contract;
import org.novation.governance.Parameter.Council;
import org.novation.governance.Parameter.Custodians;
import org.novation.governance.Parameter.Deleveraging;
import org.novation.governance.Parameter.Fees;
import org.novation.governance.Parameter.Fund;
import org.novation.governance.Parameter.Halt;
import org.novation.governance.Parameter.KillSwitch;
import org.novation.governance.Parameter.Liquidation;
import org.novation.governance.Parameter.Oracles;
import org.novation.governance.Parameter.Prices;
import org.novation.governance.Parameter.Voting;
import org.novation.governance.Parameter.WithdrawalLimits;
import org.novation.governance.Parameter.Withdrawals;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.insurance.FundPolicy;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.market.MarketRules;
import org.novation.money.Fixed;

/**
 * What a kind of parameter holds: each figure with its hard bounds, which way is tighter and how
 * fast it moves, and how the record is taken apart into texts and made from them. The texts are
 * what is stored, hashed, compared and shown; a figure that is added one day needs a value for
 * texts from before it.
 *
 * <p>What is in force as voted at once, {@link Pace#AT_ONCE}, liquidates nobody by itself: it
 * judges new trades and quotes, says which of the prices that others publish are believed, or what
 * happens to accounts that have fallen short already; or it stops something, which may not wait.
 *
 * <p>The bounds here are the house's, narrower than what the records themselves bear.
 */
final class Schema<P extends Parameter> {
  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;
  private static final long PPM = Fixed.PPM;

  /** No amount of money that is voted is larger: a thousand million units. */
  private static final long MONEY_MAX = 1_000_000_000 * Fixed.MICROS;

  /** No amount of an asset, in its smallest unit, is larger. */
  private static final long UNITS_MAX = 1L << 60;

  private static final long LOTS_MAX = 1L << 53;

  /** Any time: the year 5138. */
  private static final long TIME_MAX = 100_000_000_000_000L;

  private record Column<P>(Figure figure, Function<P, String> text) {}

  private final Topic topic;
  private final Class<P> type;
  private final Function<P, String> subject;
  private final BiFunction<String, Values, P> maker;
  private final List<Column<P>> columns;
  private final List<Figure> figures;

  @SafeVarargs
  @SuppressWarnings("varargs") // What -Xlint says of any use of them; they are only read.
  private Schema(
      Topic topic,
      Class<P> type,
      Function<P, String> subject,
      BiFunction<String, Values, P> maker,
      Column<P>... columns) {
    this.topic = topic;
    this.type = type;
    this.subject = subject;
    this.maker = maker;
    this.columns = List.of(columns);
    this.figures = this.columns.stream().map(Column::figure).toList();
  }

  /** The schema of a topic. */
  static Schema<? extends Parameter> of(Topic topic) {
    return switch (topic) {
      case CONTRACT -> CONTRACT;
      case COLLATERAL -> COLLATERAL;
      case ORACLES -> ORACLES;
      case PRICES -> PRICES;
      case LIQUIDATION -> LIQUIDATION;
      case FUND -> FUND;
      case DELEVERAGING -> DELEVERAGING;
      case FEES -> FEES;
      case WITHDRAWALS -> WITHDRAWALS;
      case WITHDRAWAL_LIMITS -> WITHDRAWAL_LIMITS;
      case CUSTODIANS -> CUSTODIANS;
      case VOTING -> VOTING;
      case COUNCIL -> COUNCIL;
      case HALT -> HALT;
      case KILL_SWITCH -> KILL_SWITCH;
    };
  }

  /** The schema of a parameter. */
  static Schema<? extends Parameter> of(Parameter parameter) {
    return switch (parameter) {
      case Contract _ -> CONTRACT;
      case Collateral _ -> COLLATERAL;
      case Oracles _ -> ORACLES;
      case Prices _ -> PRICES;
      case Liquidation _ -> LIQUIDATION;
      case Fund _ -> FUND;
      case Deleveraging _ -> DELEVERAGING;
      case Fees _ -> FEES;
      case Withdrawals _ -> WITHDRAWALS;
      case WithdrawalLimits _ -> WITHDRAWAL_LIMITS;
      case Custodians _ -> CUSTODIANS;
      case Voting _ -> VOTING;
      case Council _ -> COUNCIL;
      case Halt _ -> HALT;
      case KillSwitch _ -> KILL_SWITCH;
    };
  }

  Topic topic() {
    return topic;
  }

  /** All figures, in the order in which they are shown and stored. */
  List<Figure> figures() {
    return figures;
  }

  Path path(Parameter parameter) {
    return new Path(topic, subject.apply(type.cast(parameter)));
  }

  /** The texts of all figures, by name, in their order. */
  Map<String, String> texts(Parameter parameter) {
    P own = type.cast(parameter);
    Map<String, String> texts = new LinkedHashMap<>();
    for (Column<P> column : columns) texts.put(column.figure.name(), column.text.apply(own));
    return Collections.unmodifiableMap(texts);
  }

  /**
   * The parameter of these texts.
   *
   * @throws IllegalArgumentException when one is missing, cannot be read, or they break a bound
   * @throws ArithmeticException when a figure does not fit
   */
  P make(String subject, Map<String, String> texts) {
    return maker.apply(subject, new Values(texts));
  }

  // ---- kinds of figures

  private static <P> Column<P> number(
      String name, long least, long most, Tightens tightens, Pace pace, ToLongFunction<P> of) {
    return new Column<>(
        new Figure(name, Kind.NUMBER, least, most, false, tightens, pace),
        parameter -> Long.toString(of.applyAsLong(parameter)));
  }

  /** A limit, of which 0 says that there is none. */
  private static <P> Column<P> limit(
      String name, long most, Tightens tightens, Pace pace, ToLongFunction<P> of) {
    return new Column<>(
        new Figure(name, Kind.NUMBER, 0, most, true, tightens, pace),
        parameter -> Long.toString(of.applyAsLong(parameter)));
  }

  private static <P> Column<P> flag(String name, Tightens tightens, Predicate<P> of) {
    return number(name, 0, 1, tightens, Pace.AT_ONCE, parameter -> of.test(parameter) ? 1 : 0);
  }

  private static <P> Column<P> text(String name, Tightens tightens, Function<P, String> of) {
    return new Column<>(new Figure(name, Kind.TEXT, 1, 64, false, tightens, Pace.AT_ONCE), of);
  }

  private static <P> Column<P> names(
      String name, int least, int most, Function<P, List<String>> of) {
    return new Column<>(
        new Figure(name, Kind.NAMES, least, most, false, BY_VOTE_ONLY, Pace.AT_ONCE),
        parameter -> String.join(",", of.apply(parameter)));
  }

  private static <P> Column<P> ladder(String name, Pace pace, Function<P, Ladder> of) {
    return new Column<>(
        new Figure(name, Kind.LADDER, 1, Ladder.TIERS_MAX, false, BY_RISING, pace),
        parameter -> Ladders.text(of.apply(parameter)));
  }

  private static <P> Column<P> vote(String name, long least, long most, ToLongFunction<P> of) {
    return number(name, least, most, BY_VOTE_ONLY, Pace.AT_ONCE, of);
  }

  /** What accounts are measured by, or pay, and no council decides. */
  private static <P> Column<P> graced(String name, long least, long most, ToLongFunction<P> of) {
    return number(name, least, most, BY_VOTE_ONLY, Pace.GRACE, of);
  }

  /** A time that something is halted until. */
  private static Column<Halt> until(String name, ToLongFunction<Halt> of) {
    return number(name, 0, TIME_MAX, BY_RISING, Pace.AT_ONCE, of);
  }

  // ---- the kinds of parameters

  private static final Schema<Contract> CONTRACT =
      new Schema<>(
          Topic.CONTRACT,
          Contract.class,
          contract -> contract.terms().symbol(),
          Schema::contract,
          text("underlying", FIXED, c -> c.terms().underlying()),
          text("tick", FIXED, c -> c.terms().tick().toString()),
          text("lot", FIXED, c -> c.terms().lot().toString()),
          number(
              "lotsPerTradeMax",
              1,
              LOTS_MAX,
              BY_FALLING,
              Pace.CAP,
              c -> c.terms().lotsPerTradeMax()),
          number(
              "lotsPerAccountMax",
              1,
              LOTS_MAX,
              BY_FALLING,
              Pace.CAP,
              c -> c.terms().lotsPerAccountMax()),
          ladder("initial", Pace.EASE, c -> c.terms().initial()),
          ladder("maintenance", Pace.GRACE, c -> c.terms().maintenance()),
          number(
              "scaling.openInterestLowerMicros",
              0,
              MONEY_MAX * 1_000,
              BY_FALLING,
              Pace.SCALE,
              c -> c.terms().scaling().openInterestLowerMicros()),
          limit(
              "scaling.openInterestUpperMicros",
              MONEY_MAX * 1_000,
              BY_FALLING,
              Pace.SCALE,
              c -> c.terms().scaling().openInterestUpperMicros()),
          number(
              "scaling.sigmaReferencePpm",
              10_000,
              10 * PPM,
              BY_FALLING,
              Pace.GRACE,
              c -> c.terms().scaling().sigmaReferencePpm()),
          number(
              "scaling.multiplierMaxPpm",
              PPM,
              5 * PPM,
              BY_RISING,
              Pace.GRACE,
              c -> c.terms().scaling().multiplierMaxPpm()),
          graced(
              "scaling.maintenanceStepPpmPerHour",
              1_000,
              200_000,
              c -> c.terms().scaling().maintenanceStepPpmPerHour()),
          number(
              "scaling.sigmaStressedPpm",
              10_000,
              10 * PPM,
              BY_RISING,
              Pace.GRACE,
              c -> c.terms().scaling().sigmaStressedPpm()),
          number(
              "profitCapMicros",
              0,
              MONEY_MAX,
              BY_FALLING,
              Pace.CAP,
              c -> c.terms().profitCapMicros()),
          number("bandPpm", 1_000, 500_000, BY_FALLING, Pace.AT_ONCE, c -> c.terms().bandPpm()),
          graced("funding.interestPpm", -10_000, 10_000, c -> c.terms().funding().interestPpm()),
          graced("funding.clampPpm", 0, 10_000, c -> c.terms().funding().clampPpm()),
          graced("funding.capPpmPerHour", 1, 40_000, c -> c.terms().funding().capPpmPerHour()),
          number(
              "halt.movePpm",
              10_000,
              500_000,
              BY_FALLING,
              Pace.AT_ONCE,
              c -> c.terms().halt().movePpm()),
          number(
              "halt.windowMs",
              1_000,
              HOUR,
              BY_RISING,
              Pace.AT_ONCE,
              c -> c.terms().halt().windowMs()),
          number(
              "halt.durationMs",
              1_000,
              HOUR,
              BY_RISING,
              Pace.AT_ONCE,
              c -> c.terms().halt().durationMs()),
          flag("retired", BY_RISING, Contract::retired));

  private static Contract contract(String symbol, Values of) {
    return new Contract(
        new Perpetual(
            symbol,
            of.text("underlying"),
            of.step("tick"),
            of.step("lot"),
            of.number("lotsPerTradeMax"),
            of.number("lotsPerAccountMax"),
            of.ladder("initial"),
            of.ladder("maintenance"),
            new Perpetual.Scaling(
                of.number("scaling.openInterestLowerMicros"),
                of.number("scaling.openInterestUpperMicros"),
                of.number("scaling.sigmaReferencePpm"),
                of.number("scaling.multiplierMaxPpm"),
                of.number("scaling.maintenanceStepPpmPerHour"),
                of.number("scaling.sigmaStressedPpm")),
            of.number("profitCapMicros"),
            of.number("bandPpm"),
            new Perpetual.Funding(
                of.number("funding.interestPpm"),
                of.number("funding.clampPpm"),
                of.number("funding.capPpmPerHour")),
            new Perpetual.Halt(
                of.number("halt.movePpm"),
                of.number("halt.windowMs"),
                of.number("halt.durationMs"))),
        of.flag("retired"));
  }

  private static final Schema<Collateral> COLLATERAL =
      new Schema<>(
          Topic.COLLATERAL,
          Collateral.class,
          collateral -> collateral.terms().symbol(),
          (symbol, of) ->
              new Collateral(
                  new Asset(
                      symbol,
                      of.small("decimals"),
                      of.number("weightPpm"),
                      of.number("concentrationPpm"),
                      of.number("houseCap"),
                      of.flag("stablecoin"))),
          number("decimals", 0, 12, FIXED, Pace.AT_ONCE, c -> c.terms().decimals()),
          number("weightPpm", 0, PPM, BY_FALLING, Pace.WEIGHT, c -> c.terms().weightPpm()),
          number(
              "concentrationPpm",
              0,
              10 * PPM,
              BY_RISING,
              Pace.GRACE,
              c -> c.terms().concentrationPpm()),
          limit(
              "houseCap",
              Long.MAX_VALUE / 2,
              BY_FALLING,
              Pace.GRACE_CAP,
              c -> c.terms().houseCap()),
          flag("stablecoin", FIXED, c -> c.terms().stablecoin()));

  private static final Schema<Oracles> ORACLES =
      new Schema<>(
          Topic.ORACLES,
          Oracles.class,
          Oracles::underlying,
          (underlying, of) -> new Oracles(underlying, of.names("names")),
          names("names", 3, 64, Oracles::names));

  private static final Schema<Prices> PRICES =
      new Schema<>(
          Topic.PRICES,
          Prices.class,
          _ -> Path.HOUSE,
          Schema::prices,
          number("quorum", 3, 64, BY_RISING, Pace.AT_ONCE, p -> p.terms().quorum()),
          number(
              "staleAfterMs",
              1_000,
              10 * 60_000,
              BY_FALLING,
              Pace.AT_ONCE,
              p -> p.terms().staleAfterMs()),
          number("futureMs", 0, 60_000, BY_FALLING, Pace.AT_ONCE, p -> p.terms().futureMs()),
          number(
              "outlierFactorPpm",
              PPM + 1,
              10 * PPM,
              BY_FALLING,
              Pace.AT_ONCE,
              p -> p.terms().outlierFactorPpm()),
          vote("averageWindowMs", 1_000, DAY, p -> p.terms().averageWindowMs()),
          vote("averageForgottenMs", 1_000, DAY, p -> p.terms().averageForgottenMs()),
          number(
              "confidencePpm",
              1,
              100_000,
              BY_FALLING,
              Pace.AT_ONCE,
              p -> p.terms().confidencePpm()),
          number(
              "divergencePpm",
              1,
              200_000,
              BY_FALLING,
              Pace.AT_ONCE,
              p -> p.terms().divergencePpm()),
          number(
              "quoteFactorPpm",
              PPM + 1,
              PPM * 3 / 2,
              BY_FALLING,
              Pace.AT_ONCE,
              p -> p.terms().quoteFactorPpm()),
          vote("basisWindowMs", 1_000, DAY, p -> p.terms().basisWindowMs()),
          number(
              "clearedStaleMs", 1, HOUR, BY_FALLING, Pace.AT_ONCE, p -> p.terms().clearedStaleMs()),
          graced("volatilityHalfLifeMs", HOUR, 30 * DAY, p -> p.terms().volatilityHalfLifeMs()),
          number("outageMs", 1_000, HOUR, BY_FALLING, Pace.AT_ONCE, p -> p.terms().outageMs()),
          number(
              "outageWaitMs", 60_000, DAY, BY_RISING, Pace.AT_ONCE, p -> p.terms().outageWaitMs()));

  private static Prices prices(String house, Values of) {
    return new Prices(
        new MarketRules(
            of.small("quorum"),
            of.number("staleAfterMs"),
            of.number("futureMs"),
            of.number("outlierFactorPpm"),
            of.number("averageWindowMs"),
            of.number("averageForgottenMs"),
            of.number("confidencePpm"),
            of.number("divergencePpm"),
            of.number("quoteFactorPpm"),
            of.number("basisWindowMs"),
            of.number("clearedStaleMs"),
            of.number("volatilityHalfLifeMs"),
            of.number("outageMs"),
            of.number("outageWaitMs")));
  }

  private static final Schema<Liquidation> LIQUIDATION =
      new Schema<>(
          Topic.LIQUIDATION,
          Liquidation.class,
          _ -> Path.HOUSE,
          Schema::liquidation,
          vote("bufferPpm", 0, 200_000, p -> p.terms().bufferPpm()),
          vote("penaltyPpm", 0, 900_000, p -> p.terms().penaltyPpm()),
          vote("feeCapPpm", 0, 950_000, p -> p.terms().feeCapPpm()),
          vote("dustMicros", 0, 1_000_000 * Fixed.MICROS, p -> p.terms().dustMicros()),
          vote("leastSliceMicros", 0, 1_000_000 * Fixed.MICROS, p -> p.terms().leastSliceMicros()),
          vote(
              "throttleMicrosPerMinute",
              1_000 * Fixed.MICROS,
              MONEY_MAX,
              p -> p.terms().throttleMicrosPerMinute()),
          vote("penaltyPhaseMs", 0, HOUR, p -> p.terms().penaltyPhaseMs()),
          vote("bankruptcyPhaseMs", 0, HOUR, p -> p.terms().bankruptcyPhaseMs()),
          vote("fundPhaseMs", 0, HOUR, p -> p.terms().fundPhaseMs()),
          vote("lastCallMs", 1_000, HOUR, p -> p.terms().lastCallMs()),
          vote("minimumBidPpm", 5_000, PPM, p -> p.terms().minimumBidPpm()),
          vote("reservationMs", 500, 60_000, p -> p.terms().reservationMs()),
          vote("standstillMsMax", 0, 4 * HOUR, p -> p.terms().standstillMsMax()));

  private static Liquidation liquidation(String house, Values of) {
    return new Liquidation(
        new LiquidationPolicy(
            of.number("bufferPpm"),
            of.number("penaltyPpm"),
            of.number("feeCapPpm"),
            of.number("dustMicros"),
            of.number("leastSliceMicros"),
            of.number("throttleMicrosPerMinute"),
            of.number("penaltyPhaseMs"),
            of.number("bankruptcyPhaseMs"),
            of.number("fundPhaseMs"),
            of.number("lastCallMs"),
            of.number("minimumBidPpm"),
            of.number("reservationMs"),
            of.number("standstillMsMax")));
  }

  private static final Schema<Fund> FUND =
      new Schema<>(
          Topic.FUND,
          Fund.class,
          Fund::pool,
          (pool, of) ->
              new Fund(
                  pool,
                  new FundPolicy(
                      of.number("eventCapMicros"),
                      of.number("accountBlockCapMicros"),
                      of.number("blockMs"),
                      of.number("dayCapMicros"),
                      of.number("startPpm"),
                      of.number("stopPpm"),
                      of.number("peakWindowMs"),
                      of.small("remembered"))),
          number(
              "eventCapMicros",
              1,
              MONEY_MAX,
              BY_FALLING,
              Pace.CAP,
              f -> f.terms().eventCapMicros()),
          number(
              "accountBlockCapMicros",
              1,
              MONEY_MAX,
              BY_FALLING,
              Pace.CAP,
              f -> f.terms().accountBlockCapMicros()),
          number("blockMs", 60_000, DAY, BY_RISING, Pace.WAIT, f -> f.terms().blockMs()),
          number("dayCapMicros", 1, MONEY_MAX, BY_FALLING, Pace.CAP, f -> f.terms().dayCapMicros()),
          vote("startPpm", 50_000, 900_000, f -> f.terms().startPpm()),
          vote("stopPpm", 0, 899_999, f -> f.terms().stopPpm()),
          vote("peakWindowMs", HOUR, DAY, f -> f.terms().peakWindowMs()),
          vote("remembered", 1_000, 1_000_000, f -> f.terms().remembered()));

  private static final Schema<Deleveraging> DELEVERAGING =
      new Schema<>(
          Topic.DELEVERAGING,
          Deleveraging.class,
          Deleveraging::pool,
          (pool, of) ->
              new Deleveraging(
                  pool,
                  new AdlSettings(
                      AdlPolicy.Kind.valueOf(of.text("policy")),
                      of.number("lookBackMs"),
                      of.small("candidatesMax"),
                      of.small("stepsInFlightMax"),
                      of.number("settleMs"),
                      of.number("retryMs"))),
          text("policy", BY_VOTE_ONLY, d -> d.terms().policy().name()),
          vote("lookBackMs", 0, DAY, d -> d.terms().lookBackMs()),
          vote("candidatesMax", 1, AdlSettings.CANDIDATES_MAX, d -> d.terms().candidatesMax()),
          vote(
              "stepsInFlightMax",
              1,
              AdlSettings.STEPS_IN_FLIGHT_MAX,
              d -> d.terms().stepsInFlightMax()),
          vote("settleMs", 0, 60_000, d -> d.terms().settleMs()),
          vote("retryMs", 1_000, HOUR, d -> d.terms().retryMs()));

  private static final Schema<Fees> FEES =
      new Schema<>(
          Topic.FEES,
          Fees.class,
          _ -> Path.HOUSE,
          (_, of) -> new Fees(of.number("tradePpm"), of.number("fundSharePpm")),
          vote("tradePpm", 0, 10_000, Fees::tradePpm),
          vote("fundSharePpm", 0, PPM, Fees::fundSharePpm));

  private static final Schema<Withdrawals> WITHDRAWALS =
      new Schema<>(
          Topic.WITHDRAWALS,
          Withdrawals.class,
          _ -> Path.HOUSE,
          (_, of) ->
              new Withdrawals(
                  of.text("house"),
                  of.number("hourPpm"),
                  of.number("dayPpm"),
                  of.number("waitMs"),
                  of.number("newAddressMs"),
                  of.number("largeMs"),
                  of.number("validityMsMax"),
                  of.number("perAccount"),
                  of.number("remembered")),
          text("house", FIXED, Withdrawals::house),
          number("hourPpm", 100, 50_000, BY_FALLING, Pace.CAP, Withdrawals::hourPpm),
          number("dayPpm", 1_000, 200_000, BY_FALLING, Pace.CAP, Withdrawals::dayPpm),
          number("waitMs", 0, DAY, BY_RISING, Pace.WAIT, Withdrawals::waitMs),
          number("newAddressMs", HOUR, 14 * DAY, BY_RISING, Pace.WAIT, Withdrawals::newAddressMs),
          number("largeMs", 6 * HOUR, 14 * DAY, BY_RISING, Pace.WAIT, Withdrawals::largeMs),
          vote("validityMsMax", 15 * DAY, 60 * DAY, Withdrawals::validityMsMax),
          number("perAccount", 1, 1_000, BY_FALLING, Pace.CAP, Withdrawals::perAccount),
          vote("remembered", 1_000, 1_000_000, Withdrawals::remembered));

  private static final Schema<WithdrawalLimits> WITHDRAWAL_LIMITS =
      new Schema<>(
          Topic.WITHDRAWAL_LIMITS,
          WithdrawalLimits.class,
          WithdrawalLimits::asset,
          (asset, of) ->
              new WithdrawalLimits(
                  asset,
                  new CustodyPolicy.AssetLimits(
                      Set.copyOf(of.names("chains")),
                      of.number("hourFloor"),
                      of.number("dayFloor"),
                      of.number("accountDayMax"),
                      of.number("addressDayMax"),
                      of.number("largeFrom"))),
          names("chains", 1, 16, l -> l.terms().chains().stream().sorted().toList()),
          number("hourFloor", 0, UNITS_MAX, BY_FALLING, Pace.CAP, l -> l.terms().hourFloor()),
          number("dayFloor", 0, UNITS_MAX, BY_FALLING, Pace.CAP, l -> l.terms().dayFloor()),
          number(
              "accountDayMax", 1, UNITS_MAX, BY_FALLING, Pace.CAP, l -> l.terms().accountDayMax()),
          number(
              "addressDayMax", 1, UNITS_MAX, BY_FALLING, Pace.CAP, l -> l.terms().addressDayMax()),
          number("largeFrom", 1, UNITS_MAX, BY_FALLING, Pace.CAP, l -> l.terms().largeFrom()));

  private static final Schema<Custodians> CUSTODIANS =
      new Schema<>(
          Topic.CUSTODIANS,
          Custodians.class,
          _ -> Path.HOUSE,
          (_, of) ->
              new Custodians(
                  of.names("members"),
                  of.number("attestations"),
                  of.number("approvals"),
                  of.number("objections")),
          names("members", 3, 32, Custodians::members),
          number("attestations", 2, 32, BY_RISING, Pace.AT_ONCE, Custodians::attestations),
          number("approvals", 2, 32, BY_RISING, Pace.AT_ONCE, Custodians::approvals),
          vote("objections", 1, 32, Custodians::objections));

  private static final Schema<Voting> VOTING =
      new Schema<>(
          Topic.VOTING,
          Voting.class,
          _ -> Path.HOUSE,
          (_, of) ->
              new Voting(
                  of.number("depositMicros"),
                  of.number("draftMs"),
                  of.number("votingMs"),
                  of.number("timelockMs"),
                  of.number("executionMs"),
                  of.number("quorumPpm"),
                  of.number("thresholdPpm"),
                  of.number("unstakeMs")),
          vote("depositMicros", Fixed.MICROS, MONEY_MAX, Voting::depositMicros),
          vote("draftMs", HOUR, 14 * DAY, Voting::draftMs),
          number("votingMs", DAY, 14 * DAY, BY_VOTE_ONLY, Pace.WAIT, Voting::votingMs),
          number("timelockMs", 2 * DAY, 30 * DAY, BY_VOTE_ONLY, Pace.WAIT, Voting::timelockMs),
          vote("executionMs", DAY, 30 * DAY, Voting::executionMs),
          number("quorumPpm", 10_000, 500_000, BY_VOTE_ONLY, Pace.WAIT, Voting::quorumPpm),
          number(
              "thresholdPpm",
              Counting.MAJORITY_PPM,
              900_000,
              BY_VOTE_ONLY,
              Pace.WAIT,
              Voting::thresholdPpm),
          number("unstakeMs", 7 * DAY, 90 * DAY, BY_VOTE_ONLY, Pace.WAIT, Voting::unstakeMs));

  private static final Schema<Council> COUNCIL =
      new Schema<>(
          Topic.COUNCIL,
          Council.class,
          _ -> Path.HOUSE,
          (_, of) ->
              new Council(of.names("members"), of.number("needed"), of.number("expiresAtMs")),
          names("members", 3, 32, Council::members),
          vote("needed", 2, 32, Council::needed),
          vote("expiresAtMs", 0, TIME_MAX, Council::expiresAtMs));

  private static final Schema<Halt> HALT =
      new Schema<>(
          Topic.HALT,
          Halt.class,
          Halt::market,
          (market, of) ->
              new Halt(
                  market,
                  of.number("tradingUntilMs"),
                  of.number("liquidationUntilMs"),
                  of.number("auctionsUntilMs"),
                  of.number("adlUntilMs"),
                  of.number("fundingUntilMs"),
                  of.number("withdrawalsUntilMs")),
          until("tradingUntilMs", Halt::tradingUntilMs),
          until("liquidationUntilMs", Halt::liquidationUntilMs),
          until("auctionsUntilMs", Halt::auctionsUntilMs),
          until("adlUntilMs", Halt::adlUntilMs),
          until("fundingUntilMs", Halt::fundingUntilMs),
          until("withdrawalsUntilMs", Halt::withdrawalsUntilMs));

  private static final Schema<KillSwitch> KILL_SWITCH =
      new Schema<>(
          Topic.KILL_SWITCH,
          KillSwitch.class,
          _ -> Path.HOUSE,
          (_, of) -> new KillSwitch(of.flag("thrown")),
          flag("thrown", BY_RISING, KillSwitch::thrown));
}
