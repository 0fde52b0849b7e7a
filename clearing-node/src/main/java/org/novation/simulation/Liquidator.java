package org.novation.simulation;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Coins;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.AuctionLeg;
import org.novation.protocol.v1.Balance;
import org.novation.protocol.v1.DiscountPoint;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.Position;

/**
 * One built-in liquidator: what it bids for, how much of it, and for which discount. It wants more
 * where prices move more, where a part is large against what it may hold, and where it is full
 * already; it never holds more than its limit. Coins it buys with cash that it has, and keeps.
 * Drawn from a seed, so that several differ in nerve and size and compete. It knows what it holds
 * from its own account. One thread.
 */
final class Liquidator {
  /** What it holds a part for before it is rid of it, and so what volatility it fears. */
  private static final double HORIZON_MS = 600_000;

  /** Less notional is taken whole, and is never left over. */
  private static final double TICKET = 2_000;

  private static final int DECIMALS = 6;

  private final String name;
  private final String settlement;
  private final double capital;
  private final double limit;
  private final double edge;
  private final double nerve;
  private final double sizeDread;
  private final double fullDread;
  private final double shareMax;
  private final Map<String, Double> held = new HashMap<>(); // Notional by leg, signed.
  private double cash;
  private long bids;

  /**
   * @param settlement the asset that it pays in
   * @param dice its own
   * @param capital what it brings, in the settlement asset
   */
  Liquidator(int number, String settlement, Dice dice, double capital) {
    this.settlement = settlement;
    this.name = "liquidator-" + (number + 1);
    this.capital = Math.rint(capital * dice.uniform(0.5, 1.5));
    this.limit = this.capital * dice.uniform(2, 5);
    this.edge = dice.uniform(0.0005, 0.0025);
    this.nerve = dice.uniform(0.5, 1.5);
    this.sizeDread = dice.uniform(0, 0.004);
    this.fullDread = dice.uniform(0.002, 0.01);
    this.shareMax = dice.uniform(0.25, 1);
  }

  /** Its name in tokens, its member and its account. */
  String name() {
    return name;
  }

  /** What it brings. */
  double capital() {
    return capital;
  }

  /** Gross notional that it may hold. */
  double limit() {
    return limit;
  }

  /** Gross notional that it holds, by its account and by its bids since. */
  double held() {
    return held.values().stream().mapToDouble(Math::abs).sum();
  }

  /** Takes from its account what it holds. */
  void holds(Account account) {
    held.clear();
    for (Position position : account.getPositionsList()) {
      double notional = number(position.getNotional());
      if (notional != 0) held.put(position.getInstrument(), notional);
    }
    cash = number(account.getCash());
    for (Balance balance : account.getBalancesList()) {
      double worth = number(balance.getAmount()) * number(balance.getPrice());
      if (!balance.getAsset().equals(settlement)) held.put(Coins.leg(balance.getAsset()), worth);
    }
  }

  /**
   * What it would do about an auction.
   *
   * @param fraction of the original slice
   * @param discount the least that it wants, as a share of notional
   * @param notional of the part
   */
  record Wish(double fraction, double discount, double notional) {}

  /**
   * Its wish; empty when it wants nothing of it at any price, for it is full.
   *
   * @param volatility of an instrument: the standard deviation of the log price over a millisecond
   */
  Optional<Wish> wish(Auction auction, Volatilities volatility) {
    double whole = 0;
    double free = 0;
    double freeWeight = 0;
    double weight = 0;
    double risk = 0;
    double adds = 0;
    double coins = 0;
    for (AuctionLeg leg : auction.getLegsList()) {
      if (leg.getMark().isEmpty()) return Optional.empty();
      double mark = number(leg.getMark());
      double quantity = number(leg.getQuantity());
      double freeHere = number(leg.getFree()) * mark;
      whole += Math.abs(quantity) * mark;
      free += freeHere;
      weight += number(leg.getWeight());
      freeWeight += number(leg.getWeight()) * number(leg.getFree()) / Math.abs(quantity);
      risk += freeHere * volatility.of(name(leg)) * Math.sqrt(HORIZON_MS);
      double own = held.getOrDefault(name(leg), 0.0);
      if (own == 0 || Math.signum(own) == Math.signum(quantity)) adds += freeHere;
      if (!leg.getAsset().isEmpty()) coins += freeHere;
    }
    if (free <= 0 || whole <= 0 || weight <= 0) return Optional.empty();
    double gross = held();
    double room = adds == 0 ? free : limit - gross;
    if (coins > 0) room = Math.min(room, Math.max(0, cash) * free / coins);
    double part = Math.min(Math.max(free * shareMax, TICKET), Math.min(room, limit / 4));
    double left = freeWeight / weight; // Of the original slice.
    double minimum = Math.min(number(auction.getMinimumBid()), left);
    double fraction = Math.max(left * part / free, 0);
    // No remainder that nobody may bid for, or that is not worth anybody's while.
    if (fraction > left - minimum || free - part < TICKET) fraction = left;
    if (fraction < minimum || free * fraction / left > room) return Optional.empty();
    double notional = free * fraction / left;
    double discount =
        edge
            + nerve * risk / free
            + sizeDread * notional / limit
            + fullDread * Math.min(1, gross / limit);
    return Optional.of(new Wish(Math.min(1, fraction), discount, notional));
  }

  /** The bid for a wish; counts what it may bring as held, until it looks at its account again. */
  PlaceBidRequest bid(Auction auction, Wish wish) {
    for (AuctionLeg leg : auction.getLegsList()) {
      double notional = number(leg.getQuantity()) * number(leg.getMark()) * wish.fraction();
      held.merge(name(leg), notional, Double::sum);
      if (!leg.getAsset().isEmpty()) cash -= notional;
    }
    return PlaceBidRequest.newBuilder()
        .setAuctionId(auction.getAuctionId())
        .setBidId(String.format(Locale.ROOT, "%s-%06d", name, bids++))
        .setAccountId(name)
        .setFraction(decimal(wish.fraction(), RoundingMode.UP))
        .setMinimumDiscount(decimal(wish.discount(), RoundingMode.UP))
        .setAccountVersion(auction.getAccountVersion())
        .build();
  }

  /**
   * When an auction's discount will be what is wanted, by its schedule; null when it never will on
   * these terms.
   */
  static @Nullable Long reachedAtMs(Auction auction, double discount) {
    DiscountPoint before = null;
    for (DiscountPoint point : auction.getScheduleList()) {
      double there = number(point.getDiscount());
      if (there >= discount) {
        if (before == null) return point.getAtMs();
        double from = number(before.getDiscount());
        double share = there == from ? 1 : Math.max(0, (discount - from) / (there - from));
        return before.getAtMs() + (long) Math.ceil((point.getAtMs() - before.getAtMs()) * share);
      }
      before = point;
    }
    return null;
  }

  /** An instrument, or coins. */
  private static String name(AuctionLeg leg) {
    return leg.getAsset().isEmpty() ? leg.getInstrument() : Coins.leg(leg.getAsset());
  }

  static double number(String decimal) {
    return decimal.isEmpty() ? 0 : Double.parseDouble(decimal);
  }

  private static String decimal(double value, RoundingMode rounding) {
    return BigDecimal.valueOf(value)
        .setScale(DECIMALS, rounding)
        .min(BigDecimal.ONE)
        .toPlainString();
  }
}
