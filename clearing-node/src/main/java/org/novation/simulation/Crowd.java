package org.novation.simulation;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;

/**
 * A seeded population of accounts that trades around given prices: market makers on one side of
 * most trades, trend followers, leveraged longs (some with coins as their collateral), hedgers who
 * hold coins and short them, and bystanders. Leverage is drawn so that a fall of a few per cent
 * calls the boldest and one of half the price most who stayed.
 *
 * <p>Deals are on the instrument's grid, within its limits and close to the price that the crowd
 * was last shown. The crowd knows what it holds from what came back as novated; what it would do
 * next follows from seed, prices and answers alone. Memory is a few dozen bytes per account. One
 * thread.
 */
public final class Crowd {
  /** Fewest accounts of a crowd. */
  public static final int ACCOUNTS_MIN = 10;

  /** Most accounts of a crowd. */
  public static final int ACCOUNTS_MAX = 1_000_000;

  private static final int MAKERS_MAX = 64;
  private static final double MAKER_SIDE = 0.85;
  private static final double WEALTH_MEDIAN = 20_000;
  private static final double SPREAD = 0.0008;
  private static final double FAST = 0.12;
  private static final double SLOW = 0.02;

  /** What an account is after. */
  public enum Role {
    MARKET_MAKER("maker", 0),
    TREND_FOLLOWER("trend", 0.15),
    LEVERAGED_LONG("long", 0.48),
    HEDGER("hedge", 0.12),
    BYSTANDER("other", 0.25);

    private final String prefix;
    private final double share;

    Role(String prefix, double share) {
      this.prefix = prefix;
      this.share = share;
    }
  }

  /** A deposit at the start: of an asset of the catalogue, in its smallest unit, above 0. */
  public record Deposit(int asset, long amount) {}

  /** An instrument that is traded and the price at which it starts, above 0. */
  public record Market(int instrument, double firstPrice) {}

  private final Catalogue catalogue;
  private final Dice dice;
  private final Market[] markets;
  private final double[] price;
  private final double[] fast;
  private final double[] slow;
  private final boolean[] shown; // A market without a price is not traded yet.
  private final double[] restless; // Newest relative move, smoothed: busy markets trade more.
  private final double[] unit; // What one lot is in the base asset.
  private final double[] step; // What one tick is in the settlement asset.

  private final int makers;
  private final Role[] roles;
  private final int[] home; // By account: the market that it trades.
  private final double[] wealth;
  private final double[]
      coins; // Part of the wealth that is deposited as the home market's coin, in coins.
  private final double[] leverage;
  private final long[] held; // Lots at home.
  private final double[] basis; // What they cost.
  private final long[] inventory; // By maker and market: lots.
  private int opening; // The next account to take its first position.
  private long deals;

  /**
   * @param markets at least one; the first ones are traded most
   * @param accounts {@link #ACCOUNTS_MIN} to {@link #ACCOUNTS_MAX}
   */
  public Crowd(Catalogue catalogue, List<Market> markets, int accounts, long seed) {
    if (markets.isEmpty() || accounts < ACCOUNTS_MIN || accounts > ACCOUNTS_MAX) {
      throw new IllegalArgumentException("a crowd needs a market, and accounts in its bounds");
    }
    this.catalogue = catalogue;
    this.dice = Dice.of(seed, "crowd");
    this.markets = markets.toArray(Market[]::new);
    int count = markets.size();
    this.price = markets.stream().mapToDouble(Market::firstPrice).toArray();
    this.fast = price.clone();
    this.slow = price.clone();
    this.shown = new boolean[count];
    this.restless = new double[count];
    this.unit = new double[count];
    this.step = new double[count];
    for (int m = 0; m < count; m++) {
      Perpetual perpetual = perpetual(m);
      unit[m] = perpetual.lot().unscaled() / StrictMath.pow(10, perpetual.lot().scale());
      step[m] = perpetual.tick().unscaled() / StrictMath.pow(10, perpetual.tick().scale());
    }
    this.makers = Math.clamp(accounts / 50, 2, MAKERS_MAX);
    this.roles = new Role[accounts];
    this.home = new int[accounts];
    this.wealth = new double[accounts];
    this.coins = new double[accounts];
    this.leverage = new double[accounts];
    this.held = new long[accounts];
    this.basis = new double[accounts];
    this.inventory = new long[makers * count];
    this.opening = makers;
    populate();
  }

  /** How many of the first accounts are market makers. */
  int makers() {
    return makers;
  }

  /** How many accounts there are. */
  public int accounts() {
    return roles.length;
  }

  /** What an account is after. */
  public Role role(int account) {
    return roles[account];
  }

  /** The id by which an account is opened; says its role. */
  public String accountId(int account) {
    return String.format(Locale.ROOT, "%s-%06d", roles[account].prefix, account);
  }

  /** Those that hold contracts, as far as the crowd knows. */
  List<String> holders() {
    return IntStream.range(0, roles.length).filter(this::holds).mapToObj(this::accountId).toList();
  }

  private boolean holds(int account) {
    if (account >= makers) return held[account] != 0;
    for (int m = 0; m < markets.length; m++) if (inventory(account, m) != 0) return true;
    return false;
  }

  /** Whether an account is one of the crowd. */
  boolean isOne(String accountId) {
    return Arrays.stream(Role.values()).anyMatch(role -> accountId.startsWith(role.prefix + '-'));
  }

  /** What an account brings. */
  public List<Deposit> deposits(int account) {
    List<Deposit> deposits = new ArrayList<>(2);
    double coinValue = coins[account] * markets[home[account]].firstPrice();
    long cash = (long) (wealth[account] - coinValue);
    if (cash > 0) deposits.add(new Deposit(0, Math.multiplyExact(cash, 1_000_000L)));
    Integer coin = coinOf(home[account]);
    if (coins[account] > 0 && coin != null) {
      // To four decimals: nobody deposits a third of a coin exactly.
      BigDecimal amount =
          BigDecimal.valueOf(coins[account])
              .setScale(Math.min(4, catalogue.asset(coin).decimals()), RoundingMode.DOWN);
      long units = amount.movePointRight(catalogue.asset(coin).decimals()).longValueExact();
      if (units > 0) deposits.add(new Deposit(coin, units));
    }
    return deposits;
  }

  /**
   * Shows the crowd a price that the house took.
   *
   * @param market index in the list of markets
   * @param now above 0
   */
  public void priced(int market, double now) {
    shown[market] = true;
    double move = Math.abs(now / price[market] - 1);
    restless[market] = 0.8 * restless[market] + 0.2 * move;
    price[market] = now;
    fast[market] += FAST * (now - fast[market]);
    slow[market] += SLOW * (now - slow[market]);
  }

  /** The price of a market that was last shown, or its first. */
  double price(int market) {
    return price[market];
  }

  /**
   * What is dealt in one round.
   *
   * @param openings how many accounts take their first position in this round
   * @param rate how many other deals a quiet round has on average; a wild one has up to five times
   *     as many
   */
  public List<Deal> round(long timeMs, int openings, double rate) {
    List<Deal> round = new ArrayList<>();
    for (int i = 0; i < openings && opening < roles.length; i++, opening++) {
      deal(round, opening, firstLots(opening), timeMs);
    }
    double wildest = 0;
    for (double r : restless) wildest = Math.max(wildest, r);
    int more = dice.count(rate * Math.min(5, 1 + wildest / 0.0007));
    int ready = opening - makers;
    for (int i = 0; i < more && ready > 0; i++) {
      int account = makers + dice.below(ready);
      deal(round, account, wantedLots(account), timeMs);
    }
    if (dice.chance(0.5)) unload(round, timeMs);
    return round;
  }

  /** Whether every account has had its first position. */
  public boolean opened() {
    return opening == roles.length;
  }

  /** A deal came back as novated. */
  public void novated(Deal deal) {
    hold(deal.instrument(), deal.buyer(), deal.lots(), deal.priceTicks());
    hold(deal.instrument(), deal.seller(), -deal.lots(), deal.priceTicks());
  }

  /** A deal came back as refused: whoever wanted it is more modest from now on. */
  public void refused(Deal deal) {
    leverage[deal.buyer()] *= 0.8;
    leverage[deal.seller()] *= 0.8;
  }

  /**
   * What a market maker takes over from somebody outside the crowd.
   *
   * @param lots signed as the maker's position changes
   */
  public record Fill(int maker, String accountId, int instrument, long lots, long priceTicks) {}

  /**
   * At what price one of the makers takes over a position; null when nobody trades it now.
   *
   * @param lots signed as the maker's position would change; more than one trade may have are cut
   */
  @Nullable Fill absorbs(int instrument, long lots) {
    for (int market = 0; market < markets.length; market++) {
      if (markets[market].instrument() != instrument) continue;
      long most = perpetual(market).lotsPerTradeMax();
      if (lots == 0 || !shown[market]) return null;
      int maker = maker(market, lots < 0);
      long ticks = ticks(market, lots < 0);
      return new Fill(maker, accountId(maker), instrument, Math.clamp(lots, -most, most), ticks);
    }
    return null;
  }

  /** It came back as novated. */
  void absorbed(Fill fill) {
    hold(fill.instrument(), fill.maker(), fill.lots(), fill.priceTicks());
  }

  /**
   * An account is not what the crowd thought: it was liquidated or deleveraged.
   *
   * @param lots by instrument
   * @param worth its equity
   */
  void isNow(String accountId, Map<Integer, Long> lots, double worth) {
    int account = Integer.parseInt(accountId.substring(accountId.lastIndexOf('-') + 1));
    double before;
    if (account < makers) {
      for (int m = 0; m < markets.length; m++)
        inventory[account * markets.length + m] = lots.getOrDefault(markets[m].instrument(), 0L);
      before = makerEquity(account);
    } else {
      held[account] = lots.getOrDefault(markets[home[account]].instrument(), 0L);
      before = equity(account);
    }
    basis[account] += before - worth;
  }

  /**
   * Who won and who lost most by the prices that were last shown, collateral included.
   *
   * @param profit in the settlement asset, as the crowd reckons it
   */
  public record Mover(String accountId, Role role, double broughtIn, double profit) {}

  /**
   * The {@code count} who lost most, worst first, then the {@code count} who won most, best last.
   */
  public List<Mover> movers(int count) {
    List<Mover> all = new ArrayList<>(roles.length);
    for (int account = 0; account < roles.length; account++) {
      double profit = (account < makers ? makerEquity(account) : equity(account)) - wealth[account];
      all.add(new Mover(accountId(account), roles[account], wealth[account], profit));
    }
    all.sort(Comparator.comparingDouble(Mover::profit));
    int each = Math.min(count, all.size() / 2);
    List<Mover> movers = new ArrayList<>(all.subList(0, each));
    movers.addAll(all.subList(all.size() - each, all.size()));
    return movers;
  }

  private double makerEquity(int maker) {
    double equity = wealth[maker] - basis[maker];
    for (int m = 0; m < markets.length; m++) equity += inventory(maker, m) * unit[m] * price[m];
    return equity;
  }

  // Who they are.

  private void populate() {
    double wanted = 0;
    for (int account = makers; account < roles.length; account++) {
      roles[account] = drawRole();
      home[account] = drawMarket();
      wealth[account] = Math.clamp(dice.logNormal(WEALTH_MEDIAN, 1.4), 500, 5_000_000);
      leverage[account] = drawLeverage(roles[account], home[account]);
      coins[account] = drawCoins(account);
      wanted += wealth[account] * leverage[account];
    }
    // Together they can carry the whole crowd on the other side, at less than three times leverage.
    double each = Math.max(2_000_000, 0.5 * wanted / makers);
    for (int maker = 0; maker < makers; maker++) {
      roles[maker] = Role.MARKET_MAKER;
      wealth[maker] = Math.rint(each * dice.uniform(0.7, 1.5));
    }
  }

  private Role drawRole() {
    double u = dice.uniform();
    for (Role role : Role.values()) {
      if (u < role.share) return role;
      u -= role.share;
    }
    return Role.BYSTANDER;
  }

  /** The first market twice as often as the second, three times as often as the third. */
  private int drawMarket() {
    double sum = 0;
    for (int m = 0; m < markets.length; m++) sum += 1.0 / (m + 1);
    double u = dice.uniform(0, sum);
    for (int m = 0; m < markets.length; m++) {
      u -= 1.0 / (m + 1);
      if (u < 0) return m;
    }
    return 0;
  }

  private double drawLeverage(Role role, int market) {
    double most = 0.8e6 / perpetual(market).initial().ratePpm(0);
    double drawn =
        switch (role) {
          case LEVERAGED_LONG -> 1.5 - 5 * StrictMath.log(1 - dice.uniform());
          case TREND_FOLLOWER -> dice.uniform(0.5, 3);
          case HEDGER -> 0.8;
          case BYSTANDER, MARKET_MAKER -> dice.uniform(0.2, 1.5);
        };
    return Math.min(drawn, most);
  }

  private double drawCoins(int account) {
    if (coinOf(home[account]) == null) return 0;
    double share =
        switch (roles[account]) {
          case HEDGER -> 0.8;
          // Collateral that falls with the position: the ones who are called first.
          case LEVERAGED_LONG -> dice.chance(0.25) ? 0.6 : 0;
          case MARKET_MAKER, TREND_FOLLOWER, BYSTANDER -> 0;
        };
    return share * wealth[account] / markets[home[account]].firstPrice();
  }

  /** The asset that can be pledged and is the market's underlying, or null. */
  private @Nullable Integer coinOf(int market) {
    return catalogue.asset(perpetual(market).underlying());
  }

  // What they want. Lots, positive to buy; 0 for nothing.

  private double firstLots(int account) {
    double lotValue = unit[home[account]] * price[home[account]];
    return switch (roles[account]) {
      case LEVERAGED_LONG -> leverage[account] * wealth[account] / lotValue;
      case HEDGER -> -coins[account] / unit[home[account]];
      case TREND_FOLLOWER ->
          (dice.chance(0.6) ? 0.5 : -0.5) * leverage[account] * wealth[account] / lotValue;
      case BYSTANDER -> dice.uniform(-0.5, 0.7) * wealth[account] / lotValue;
      case MARKET_MAKER -> 0;
    };
  }

  private double wantedLots(int account) {
    int market = home[account];
    double lotValue = unit[market] * price[market];
    double equity = equity(account);
    return switch (roles[account]) {
      case LEVERAGED_LONG -> longWants(account, equity, lotValue);
      case TREND_FOLLOWER -> {
        double direction = fast[market] >= slow[market] ? 1 : -1;
        double target = direction * leverage[account] * Math.max(0, equity) / lotValue;
        yield 0.5 * (target - held[account]);
      }
      case HEDGER -> {
        double target = -coins[account] / unit[market];
        double gap = target - held[account];
        yield Math.abs(gap) > 0.05 * Math.abs(target) ? gap : dice.uniform(-0.02, 0.02) * target;
      }
      case BYSTANDER ->
          dice.chance(0.4)
              ? -held[account]
              : dice.uniform(-0.3, 0.3) * Math.max(0, equity) / lotValue;
      case MARKET_MAKER -> 0;
    };
  }

  private double longWants(int account, double equity, double lotValue) {
    double target = leverage[account] * Math.max(0, equity) / lotValue;
    // Most hope: few sell out, or down, before the house calls them.
    if (equity < 0.25 * wealth[account]) return dice.chance(0.02) ? -held[account] : 0;
    if (held[account] > 1.6 * target) return dice.chance(0.04) ? -0.5 * held[account] : 0;
    if (held[account] < target) return dice.uniform(0.05, 0.3) * target;
    return -dice.uniform(0.05, 0.25) * held[account];
  }

  private double equity(int account) {
    int market = home[account];
    double coinFall = coins[account] * (price[market] - markets[market].firstPrice());
    return wealth[account]
        + coinFall
        + held[account] * unit[market] * price[market]
        - basis[account];
  }

  // Whom they deal with, and at what price.

  private void deal(List<Deal> round, int taker, double wanted, long timeMs) {
    int market = home[taker];
    Perpetual perpetual = perpetual(market);
    long lots = Math.min((long) Math.abs(wanted), perpetual.lotsPerTradeMax());
    if (lots == 0 || !shown[market]) return;
    boolean buys = wanted > 0;
    int other = dice.chance(MAKER_SIDE) ? maker(market, buys) : anyone(taker, market, buys);
    long ticks = ticks(market, buys);
    round.add(
        new Deal(
            deals++,
            markets[market].instrument(),
            ticks,
            lots,
            buys ? taker : other,
            buys ? other : taker,
            timeMs));
  }

  /** Of two makers the one whose inventory the deal shrinks. */
  private int maker(int market, boolean takerBuys) {
    int a = dice.below(makers);
    int b = dice.below(makers);
    boolean first = inventory(a, market) > inventory(b, market);
    return first == takerBuys ? a : b;
  }

  private int anyone(int taker, int market, boolean takerBuys) {
    for (int tries = 0; tries < 4; tries++) {
      int other = makers + dice.below(roles.length - makers);
      if (other != taker && home[other] == market) return other;
    }
    return maker(market, takerBuys);
  }

  /** The two makers who are furthest apart meet in the middle. */
  private void unload(List<Deal> round, long timeMs) {
    int market = drawMarket();
    int longest = 0;
    int shortest = 0;
    for (int maker = 1; maker < makers; maker++) {
      if (inventory(maker, market) > inventory(longest, market)) longest = maker;
      if (inventory(maker, market) < inventory(shortest, market)) shortest = maker;
    }
    long gap = inventory(longest, market) - inventory(shortest, market);
    long lots = Math.min(gap / 4, perpetual(market).lotsPerTradeMax());
    if (lots == 0 || !shown[market]) return;
    long ticks = ticks(market, dice.chance(0.5));
    round.add(
        new Deal(deals++, markets[market].instrument(), ticks, lots, shortest, longest, timeMs));
  }

  private long ticks(int market, boolean takerBuys) {
    double away = (takerBuys ? SPREAD : -SPREAD) * dice.uniform();
    return Math.max(1, (long) StrictMath.rint(price[market] * (1 + away) / step[market]));
  }

  private void hold(int instrument, int account, long lots, long priceTicks) {
    int market = marketOf(instrument);
    basis[account] += lots * unit[market] * priceTicks * step[market];
    if (account < makers) inventory[account * markets.length + market] += lots;
    else held[account] += lots;
  }

  private long inventory(int maker, int market) {
    return inventory[maker * markets.length + market];
  }

  private int marketOf(int instrument) {
    for (int m = 0; m < markets.length; m++) if (markets[m].instrument() == instrument) return m;
    throw new IllegalArgumentException("nobody here trades instrument " + instrument);
  }

  private Perpetual perpetual(int market) {
    return catalogue.perpetual(markets[market].instrument());
  }
}
