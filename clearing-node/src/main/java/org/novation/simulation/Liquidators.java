package org.novation.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.Position;
import org.novation.simulation.Exchange.Money;
import org.novation.simulation.Exchange.NewAccount;
import org.novation.simulation.Exchange.Submission;

/**
 * The built-in liquidators: bid one after the other in a fixed order, each at what the ones before
 * it have left, and are rid of what they took by trading with the crowd's market makers. One
 * thread.
 */
final class Liquidators {
  /** Most of them. */
  static final int COUNT_MAX = 16;

  /**
   * What each brings on average, for each account of the crowd: together far less than what they
   * may have to take over, as in a crash.
   */
  private static final double CAPITAL_PER_ACCOUNT = 1_000;

  /** A bid that the auction would refuse now is not sent before its price is there. */
  private static final double ROUNDING = 2e-6;

  private final Catalogue catalogue;
  private final Volatilities volatilities;
  private final List<Liquidator> all = new ArrayList<>();
  private final Set<String> sellers = new HashSet<>();
  private final String run;
  private long trades;

  /**
   * @param count 0 to {@link #COUNT_MAX}
   */
  Liquidators(Catalogue catalogue, int count, int accounts, long seed) {
    if (count < 0 || count > COUNT_MAX)
      throw new IllegalArgumentException("there are 0 to " + COUNT_MAX + " liquidators");
    this.catalogue = catalogue;
    this.volatilities = new Volatilities(catalogue);
    this.run = "unload-" + seed + '-';
    for (int n = 0; n < count; n++)
      all.add(
          new Liquidator(
              n,
              catalogue.asset(0).symbol(),
              Dice.of(seed, "liquidator " + n),
              CAPITAL_PER_ACCOUNT * Math.max(100, accounts)));
  }

  /** Their accounts, with what they bring. */
  List<NewAccount> accounts() {
    String settlement = catalogue.asset(0).symbol();
    return all.stream()
        .map(
            each ->
                new NewAccount(
                    each.name(),
                    each.name(),
                    List.of(new Money(settlement, String.valueOf((long) each.capital())))))
        .toList();
  }

  void priced(Tick tick) {
    volatilities.priced(tick.symbol(), tick.price().doubleValue(), tick.timeMs());
  }

  /** Whose slices were seen for sale since the last time that this was asked. */
  Set<String> sellers() {
    Set<String> seen = Set.copyOf(sellers);
    sellers.clear();
    return seen;
  }

  /**
   * Lets each of them bid for what is for sale.
   *
   * @return when the discount of something next is what one of them wants; Long.MAX_VALUE when that
   *     is not known
   */
  long bid(Exchange house, long nowMs) {
    List<Auction> auctions = house.auctions();
    auctions.forEach(auction -> sellers.add(auction.getAccountId()));
    long nextMs = Long.MAX_VALUE;
    for (Liquidator liquidator : all) {
      if (auctions.isEmpty()) return nextMs;
      List<PlaceBidRequest> bids = new ArrayList<>();
      for (Auction auction : auctions) {
        if (auction.getAccountId().equals(liquidator.name())) continue;
        if (!auction.getSuspendedBy().isEmpty()) continue;
        Optional<Liquidator.Wish> wish = liquidator.wish(auction, volatilities);
        if (wish.isEmpty()) continue;
        if (Liquidator.number(auction.getDiscount()) >= wish.get().discount() + ROUNDING) {
          bids.add(liquidator.bid(auction, wish.get()));
        } else {
          Long reached = Liquidator.reachedAtMs(auction, wish.get().discount() + ROUNDING);
          if (reached != null && reached > nowMs) nextMs = Math.min(nextMs, reached);
        }
      }
      if (bids.isEmpty()) continue;
      house.bid(liquidator.name(), bids);
      look(house, List.of(liquidator));
      auctions = house.auctions(); // As the next one finds them.
    }
    return nextMs;
  }

  private static List<Account> look(Exchange house, List<Liquidator> which) {
    List<Account> accounts = house.accounts(which.stream().map(Liquidator::name).toList());
    for (int n = 0; n < accounts.size(); n++) which.get(n).holds(accounts.get(n));
    return accounts;
  }

  /** Each trades about half of what it holds with market makers, at their price. */
  void unload(Exchange house, Crowd crowd, long nowMs) {
    List<Account> accounts = look(house, all);
    List<Submission> batch = new ArrayList<>();
    List<Crowd.Fill> fills = new ArrayList<>();
    for (Account account : accounts) {
      for (Position position : account.getPositionsList()) {
        int instrument = catalogue.instrumentListed(position.getInstrument());
        long lots = catalogue.perpetual(instrument).lot().count(position.getQuantity());
        Crowd.Fill fill = crowd.absorbs(instrument, Math.ceilDivExact(lots, 2));
        if (fill == null) continue;
        fills.add(fill);
        batch.add(submission(account.getAccountId(), fill, nowMs));
      }
    }
    if (batch.isEmpty()) return;
    List<@Nullable String> answers = house.submit(batch);
    for (int n = 0; n < answers.size(); n++)
      if (answers.get(n) == null) crowd.absorbed(fills.get(n));
    look(house, all);
  }

  private Submission submission(String liquidator, Crowd.Fill fill, long nowMs) {
    var perpetual = catalogue.perpetual(fill.instrument());
    boolean makerBuys = fill.lots() > 0;
    return new Submission(
        run + trades++,
        perpetual.symbol(),
        perpetual.tick().text(fill.priceTicks()),
        perpetual.lot().text(Math.abs(fill.lots())),
        makerBuys ? fill.accountId() : liquidator,
        makerBuys ? liquidator : fill.accountId(),
        nowMs);
  }

  /** Positions of an account by instrument, in lots. */
  static Map<Integer, Long> lots(Account account, Catalogue catalogue) {
    Map<Integer, Long> lots = new HashMap<>();
    for (Position position : account.getPositionsList()) {
      int instrument = catalogue.instrumentListed(position.getInstrument());
      lots.put(instrument, catalogue.perpetual(instrument).lot().count(position.getQuantity()));
    }
    return lots;
  }
}
