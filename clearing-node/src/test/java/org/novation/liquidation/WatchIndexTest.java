package org.novation.liquidation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Catalogue;
import org.novation.risk.Margin;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

final class WatchIndexTest {
  private static final int ACCOUNTS = 12;
  private static final int MOVES = 30;
  private static final long HOUR_MS = 3_600_000;

  private final List<String> woken = new ArrayList<>();

  /**
   * 10,000 paths of 12 accounts: 1.2e5 portfolios, each revalued in full after each of 30 moves.
   */
  @Property(tries = 10_000, shrinking = ShrinkingMode.OFF)
  void everyAccountThatChangesStateIsWokenAndWhoeverIsNotWokenHasNot(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    MarketView view = books.view(books.catalogue());
    Set<String> called = new HashSet<>();
    WatchIndex index = new WatchIndex(view, called::add);
    Map<String, Portfolio> portfolios = new HashMap<>();
    Map<String, MarginState> states = new HashMap<>();
    for (int n = 0; n < ACCOUNTS; n++) {
      String id = "a" + n;
      portfolios.put(id, books.portfolio(view));
      register(index, id, portfolios.get(id), view, states);
    }
    int changes = 0;
    int wakes = 0;
    for (int move = 0; move < MOVES; move++) {
      called.clear();
      view = moved(books, view);
      index.move(view);
      wakes += called.size();
      for (Map.Entry<String, Portfolio> account : portfolios.entrySet()) {
        String id = account.getKey();
        MarginState now = Margin.health(account.getValue(), view).state();
        if (now != states.get(id)) changes++;
        if (!called.contains(id)) assertThat(now).as(id).isEqualTo(states.get(id));
      }
      for (String id : called)
        register(index, id, requireNonNull(portfolios.get(id)), view, states);
      String trader = "a" + books.random().nextInt(ACCOUNTS);
      portfolios.put(trader, books.portfolio(view));
      register(index, trader, portfolios.get(trader), view, states);
    }
    Statistics.label("accounts woken per path")
        .collect(wakes < 30 ? "under 30" : wakes < 120 ? "30 to 119" : "120 and more");
    Statistics.label("states changed per path").collect(changes == 0 ? "none" : "some");
  }

  private static void register(
      WatchIndex index,
      String id,
      Portfolio portfolio,
      MarketView view,
      Map<String, MarginState> states) {
    TriggerBox box = TriggerBox.around(portfolio, view);
    states.put(id, Margin.health(portfolio, view).state());
    index.register(id, box, true, view, 0);
  }

  /** One market moves a little, sometimes a lot; now and then ladders or factors drift. */
  private static MarketView moved(RandomBooks books, MarketView view) {
    Random random = books.random();
    Catalogue catalogue = view.catalogue();
    if (random.nextInt(10) == 0) return books.driftedWithinCorridor(view);
    int all = 2 * catalogue.instruments() + catalogue.assets() - 1;
    int pick = random.nextInt(all);
    if (pick < catalogue.instruments()) {
      return times(random, view, Variables.markOf(pick));
    }
    if (pick < 2 * catalogue.instruments()) {
      int funding = Variables.fundingOf(pick - catalogue.instruments());
      long step = Math.round(random.nextGaussian() * 100_000);
      return RandomBooks.with(view, funding, TriggerBox.valueOf(view, funding) + step);
    }
    return times(random, view, Variables.priceOf(pick - 2 * catalogue.instruments() + 1));
  }

  private static MarketView times(Random random, MarketView view, int variable) {
    double size = random.nextInt(8) == 0 ? 0.4 : 0.01;
    long now = TriggerBox.valueOf(view, variable);
    long then = Math.round(now * Math.exp(random.nextGaussian() * size));
    return RandomBooks.with(view, variable, Math.max(1, then));
  }

  @Property(tries = 2_000, shrinking = ShrinkingMode.OFF)
  void wakesExactlyThoseWhoseBoxTheMarketLeft(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    Random random = books.random();
    MarketView view = books.view(books.catalogue());
    Set<String> called = new HashSet<>();
    WatchIndex index = new WatchIndex(view, called::add);
    Map<String, TriggerBox> boxes = new HashMap<>();
    MarketView origin = view;
    for (int step = 0; step < 100; step++) {
      called.clear();
      String id = "a" + random.nextInt(20);
      switch (random.nextInt(4)) {
        case 0 -> {
          index.forget(id);
          boxes.remove(id);
        }
        case 1, 2 -> {
          TriggerBox box = randomBox(books, view);
          index.register(id, box, true, view, 0);
          boxes.put(id, box);
          assertThat(called).isEmpty();
        }
        default -> {
          // Within half and double of the origin only boxes can wake.
          int variable = Variables.markOf(random.nextInt(view.catalogue().instruments()));
          long start = TriggerBox.valueOf(origin, variable);
          view = RandomBooks.with(view, variable, books.between((start + 1) / 2, 2 * start));
          index.move(view);
          Set<String> left = new HashSet<>();
          MarketView now = view;
          boxes.forEach(
              (of, box) -> {
                if (!box.contains(now)) left.add(of);
              });
          assertThat(called).isEqualTo(left);
          left.forEach(boxes::remove);
        }
      }
      for (String of : boxes.keySet()) assertThat(index.watches(of)).isTrue();
    }
  }

  private static TriggerBox randomBox(RandomBooks books, MarketView view) {
    int marks = view.catalogue().instruments();
    int[] variables = new int[marks];
    long[] low = new long[marks];
    long[] high = new long[marks];
    for (int i = 0; i < marks; i++) {
      long now = view.instrument(i).markTicks();
      variables[i] = Variables.markOf(i);
      low[i] = books.random().nextBoolean() ? Long.MIN_VALUE : books.between(now / 2, now);
      high[i] = books.random().nextBoolean() ? Long.MAX_VALUE : books.between(now, 3 * now);
    }
    return new TriggerBox(MarginState.HEALTHY, true, false, true, variables, low, high);
  }

  /**
   * Validities come and go, now and then together with a price, while accounts answer at once. An
   * account's record is then what its portfolio is worth, as soon as prices allow that and every
   * holder had his turn; and while they do not, nobody is woken for nothing.
   */
  @Property(tries = 2_000, shrinking = ShrinkingMode.OFF)
  void noChangeOfStateIsMissedWhenPricesAreTrustedAgainAndNobodyIsWokenInVain(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    Random random = books.random();
    MarketView view = books.view(books.catalogue());
    List<String> called = new ArrayList<>();
    int inTurn = 2 + random.nextInt(5);
    WatchIndex index = new WatchIndex(view, called::add, inTurn, ACCOUNTS);
    Map<String, Portfolio> portfolios = new HashMap<>();
    Map<String, MarginState> records = new HashMap<>();
    for (int n = 0; n < ACCOUNTS; n++) {
      portfolios.put("a" + n, books.portfolio(view));
      records.put("a" + n, MarginState.HEALTHY);
      reassess(index, "a" + n, requireNonNull(portfolios.get("a" + n)), view, records);
    }
    answer(index, called, portfolios, view, records);
    for (int move = 0; move < MOVES; move++) {
      view = random.nextInt(3) == 0 ? view : moved(books, view);
      view = random.nextInt(3) == 0 ? view : withRandomValidity(random, view);
      index.move(view);
      answer(index, called, portfolios, view, records);
      if (random.nextBoolean()) continue;
      for (int round = 0; round <= 2 * ACCOUNTS / inTurn; round++) {
        index.repeatUnanswered();
        assertThat(called).hasSizeLessThanOrEqualTo(inTurn);
        answer(index, called, portfolios, view, records);
      }
      index.repeatUnanswered();
      assertThat(called).as("woken in vain").isEmpty();
      for (String id : portfolios.keySet()) {
        Portfolio portfolio = requireNonNull(portfolios.get(id));
        if (Margin.mayChangeState(portfolio, view))
          assertThat(records.get(id)).as(id).isEqualTo(Margin.health(portfolio, view).state());
      }
    }
  }

  /** What accounts do when they are woken, until nobody is. */
  private static void answer(
      WatchIndex index,
      List<String> called,
      Map<String, Portfolio> portfolios,
      MarketView view,
      Map<String, MarginState> records) {
    while (!called.isEmpty()) {
      String id = called.removeLast();
      reassess(index, id, requireNonNull(portfolios.get(id)), view, records);
    }
  }

  private static void reassess(
      WatchIndex index,
      String id,
      Portfolio portfolio,
      MarketView view,
      Map<String, MarginState> records) {
    TriggerBox box = TriggerBox.around(portfolio, view);
    MarginState now = Margin.health(portfolio, view).state();
    if (Margin.mayChangeState(portfolio, view)) records.put(id, now);
    index.register(id, box, !box.priced() || box.state() == records.get(id), view, 0);
  }

  private static MarketView withRandomValidity(Random random, MarketView view) {
    PriceValidity validity = PriceValidity.values()[random.nextInt(3)]; // Once priced, never NONE.
    int owner = random.nextInt(view.catalogue().instruments() + view.catalogue().assets() - 1);
    int asset = owner - view.catalogue().instruments() + 1;
    if (asset < 1) return withValidity(view, owner, validity);
    MarketView.AssetPrice now = view.asset(asset);
    return view.with(
        asset,
        new MarketView.AssetPrice(
            now.priceMicros(),
            now.houseFactorPpm(),
            now.houseFactorFloorPpm(),
            now.houseFactorCeilingPpm(),
            validity,
            now.epoch()),
        0);
  }

  // ---- single behaviours, on one market at 1,000 ticks

  @Test
  void treatsBothBoundsAsInside() {
    WatchIndex index = watching(box(900, 1_100));
    index.move(at(900));
    index.move(at(1_100));
    assertThat(woken).isEmpty();
    index.move(at(1_101));
    assertThat(woken).containsExactly("a");
  }

  @Test
  void wakesAtOnceWhenTheMarketLeftTheBoxBeforeItArrived() {
    WatchIndex index = new WatchIndex(at(1_000), woken::add);
    MarketView seen = at(1_000);
    index.move(at(800));
    index.register("a", box(900, 1_100), true, seen, 0);
    assertThat(woken).containsExactly("a");
    assertThat(index.watches("a")).isFalse();
  }

  @Test
  void wakesAtOnceWhenTheCorridorMovedBeforeTheBoxArrived() {
    MarketView seen = at(1_000);
    WatchIndex index = new WatchIndex(seen, woken::add);
    index.move(withEpoch(at(1_000), 1));
    index.register("a", box(900, 1_100), true, seen, 0);
    assertThat(woken).containsExactly("a");
  }

  @Test
  void repeatsAWakingUntilTheAccountRegisters() {
    WatchIndex index = watching(box(900, 1_100));
    index.move(at(800));
    index.repeatUnanswered(); // It may be under way: one round of grace.
    assertThat(woken).containsExactly("a");
    index.repeatUnanswered();
    index.repeatUnanswered();
    assertThat(woken).containsExactly("a", "a", "a");
    index.register("a", box(700, 900), true, at(800), 0);
    index.repeatUnanswered();
    index.repeatUnanswered();
    assertThat(woken).hasSize(3);
  }

  @Test
  void wakesAnAccountWhoseRecordDisagreesOnceAndThenPerRoundOnly() {
    MarketView view = at(1_000);
    WatchIndex index = new WatchIndex(view, woken::add);
    index.register("a", box(900, 1_100), false, view, 0);
    index.register("a", box(900, 1_100), false, view, 0);
    assertThat(woken).containsExactly("a");
    index.repeatUnanswered();
    assertThat(woken).containsExactly("a", "a");
    index.register("a", box(900, 1_100), true, view, 0);
    index.repeatUnanswered();
    assertThat(woken).hasSize(2);
  }

  @Test
  void wakesAnAccountWhoseRecordDisagreesOnPricesThatAllowNoChangeOnlyWhenTheyDo() {
    MarketView diverged = withValidity(at(1_000), PriceValidity.DIVERGED);
    WatchIndex index = new WatchIndex(diverged, woken::add);
    index.register("a", box(false, 900, 1_100), false, diverged, 0);
    index.move(withValidity(at(1_050), PriceValidity.DIVERGED));
    for (int round = 0; round < 3; round++) index.repeatUnanswered();
    assertThat(woken).isEmpty();
    index.move(at(1_050));
    assertThat(woken).containsExactly("a");
    index.register("a", box(900, 1_100), true, at(1_050), 0);
    for (int round = 0; round < 3; round++) index.repeatUnanswered();
    assertThat(woken).hasSize(1);
  }

  @Test
  void wakesHoldersInTurnsThoseWithAWrongRecordFirstAndAtOnceWhomThePriceCrosses() {
    MarketView diverged = withValidity(at(1_000), PriceValidity.DIVERGED);
    WatchIndex index = new WatchIndex(diverged, woken::add, 2, ACCOUNTS);
    for (String id : List.of("a", "b", "c"))
      index.register(id, box(false, 900, 1_100), true, diverged, 0);
    index.register("wrong", box(false, 900, 1_100), false, diverged, 0);
    index.register("tight", box(false, 999, 1_001), true, diverged, 0);
    index.move(withEpoch(at(1_050), 7));
    assertThat(woken).containsExactlyInAnyOrder("tight", "wrong", "a");
    assertThat(index.watches("b")).isTrue();
    index.move(withEpoch(at(1_101), 7));
    assertThat(woken).containsExactlyInAnyOrder("tight", "wrong", "a", "b", "c");
  }

  @Test
  void wakesAgainNoMoreThanItsShareInARoundAndEveryoneInTime() {
    WatchIndex index = new WatchIndex(at(1_000), woken::add, 4, ACCOUNTS);
    List<String> ids = List.of("a", "b", "c", "d", "e");
    for (String id : ids) index.register(id, box(900, 1_100), true, at(1_000), 0);
    index.move(at(800));
    index.repeatUnanswered();
    woken.clear();
    for (int round = 0; round < 5; round++) {
      index.repeatUnanswered();
      assertThat(woken).hasSize(2 * (round + 1));
    }
    for (String id : ids) assertThat(woken).filteredOn(id::equals).hasSize(2);
  }

  @Test
  void aFallThatCrossesEverybodyCallsSoManyAtOnceTheNearestFirstAndTheNextForEachThatAnswers() {
    WatchIndex index = new WatchIndex(at(1_000), woken::add, 4, 2);
    List<String> ids = List.of("a", "b", "c", "d", "e");
    for (int n = 0; n < ids.size(); n++)
      index.register(ids.get(n), box(900 - n, 1_100), true, at(1_000), 0);
    index.move(at(800));
    assertThat(woken).containsExactly("a", "b");
    index.register("b", box(700, 900), true, at(800), 0);
    assertThat(woken).containsExactly("a", "b", "c");
    index.forget("a");
    assertThat(woken).containsExactly("a", "b", "c", "d");
    index.register("e", box(700, 900), true, at(800), 0);
    index.register("c", box(700, 900), true, at(800), 0);
    assertThat(woken).as("who spoke before it was called is not").hasSize(4);
    index.register("d", box(700, 900), true, at(800), 0);
    index.move(at(650));
    assertThat(woken).as("all may be called again").hasSize(6);
  }

  @Test
  void whoDoesNotAnswerHoldsTheOthersUpForTwoRoundsAtMost() {
    WatchIndex index = new WatchIndex(at(1_000), woken::add, 100, 2);
    List<String> ids = List.of("a", "b", "c", "d", "e");
    for (String id : ids) index.register(id, box(900, 1_100), true, at(1_000), 0);
    index.move(at(800));
    for (int round = 0; round < 2 * ids.size(); round++) index.repeatUnanswered();
    assertThat(woken).containsAll(ids);
  }

  @Test
  void wakesEveryHolderWhenTheCorridorChanges() {
    WatchIndex index = watching(box(Long.MIN_VALUE, Long.MAX_VALUE));
    index.move(withEpoch(at(1_000), 7));
    assertThat(woken).containsExactly("a");
  }

  @Test
  void wakesNobodyWhoseRecordIsRightWhenFeedsGoAndComeBack() {
    WatchIndex index = watching(box(900, 1_100));
    MarketView stale = withValidity(at(1_000), PriceValidity.STALE);
    index.move(stale);
    index.move(withValidity(at(1_050), PriceValidity.DIVERGED));
    index.register("b", box(false, 900, 1_100), true, stale, 0); // As it was a moment ago.
    index.move(at(1_050));
    assertThat(woken).isEmpty();
    index.move(at(1_101));
    assertThat(woken).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void wakesWhoeverHadNoPriceWhenThereIsOne() {
    MarketView none = withValidity(at(1_000), PriceValidity.NONE);
    WatchIndex index = new WatchIndex(none, woken::add);
    TriggerBox unpriced = box(false, false, Long.MIN_VALUE, Long.MAX_VALUE);
    index.register("a", unpriced, true, none, 0);
    index.move(at(1_000));
    assertThat(woken).containsExactly("a");
    index.register("b", unpriced, true, none, 0);
    assertThat(woken).containsExactly("a", "b");
  }

  @Test
  void wakesAnExactBoxByALadderThatDriftsInsideItsCorridorAndNoOther() {
    MarketView view = at(1_000);
    WatchIndex index = new WatchIndex(view, woken::add);
    index.register("wide", box(900, 1_100), true, view, 0);
    index.register("exact", exactBox(900, 1_100), true, view, 0);
    MarginLadders ladders = view.instrument(0).ladders();
    index.move(
        withLadders(
            view,
            new MarginLadders(
                ladders.initial().scaledBy(1_010_000),
                ladders.maintenance(),
                ladders.initial().scaledBy(1_100_000),
                ladders.maintenance(),
                ladders.initial(),
                ladders.maintenance(),
                ladders.epoch())));
    assertThat(woken).containsExactly("exact");
  }

  @Test
  void wakesHoldersWhenAPriceHalvesOrDoublesSinceFarBoundsAreNotKept() {
    WatchIndex index = watching(box(Long.MIN_VALUE, 5_000));
    index.move(at(2_000));
    assertThat(woken).isEmpty();
    index.move(at(2_001));
    assertThat(woken).containsExactly("a");
  }

  @Test
  void wakesABoxThatOutlivedItsTime() {
    WatchIndex index = watching(box(900, 1_100));
    index.expire(HOUR_MS / 2, HOUR_MS);
    assertThat(woken).isEmpty();
    index.expire(HOUR_MS * 9 / 8 + 1_000, HOUR_MS);
    assertThat(woken).containsExactly("a");
  }

  @Test
  void forgetsAnAccountAltogether() {
    WatchIndex index = watching(box(900, 1_100));
    index.forget("a");
    index.move(at(500));
    index.expire(2 * HOUR_MS, HOUR_MS);
    index.repeatUnanswered();
    assertThat(woken).isEmpty();
    assertThat(index.size()).isZero();
    assertThat(index.triggers()).isZero();
  }

  private WatchIndex watching(TriggerBox box) {
    MarketView view = at(1_000);
    WatchIndex index = new WatchIndex(view, woken::add);
    index.register("a", box, true, view, 0);
    return index;
  }

  private static TriggerBox box(long low, long high) {
    return box(true, low, high);
  }

  private static TriggerBox box(boolean trusted, long low, long high) {
    return box(true, trusted, low, high);
  }

  private static TriggerBox box(boolean priced, boolean trusted, long low, long high) {
    return new TriggerBox(
        MarginState.HEALTHY,
        priced,
        false,
        trusted,
        new int[] {Variables.markOf(0)},
        new long[] {low},
        new long[] {high});
  }

  private static TriggerBox exactBox(long low, long high) {
    return new TriggerBox(
        MarginState.HEALTHY,
        true,
        true,
        true,
        new int[] {Variables.markOf(0)},
        new long[] {low},
        new long[] {high});
  }

  private static final MarketView ORIGIN = oneMarket();

  private static MarketView oneMarket() {
    RandomBooks books = new RandomBooks(1);
    return books.view(books.catalogue());
  }

  private static MarketView at(long ticks) {
    return RandomBooks.with(ORIGIN, Variables.markOf(0), ticks);
  }

  private static MarketView withEpoch(MarketView view, long epoch) {
    MarginLadders l = view.instrument(0).ladders();
    return withLadders(
        view,
        new MarginLadders(
            l.initial(),
            l.maintenance(),
            l.initialCeiling(),
            l.maintenanceCeiling(),
            l.initialFloor(),
            l.maintenanceFloor(),
            epoch));
  }

  private static MarketView withLadders(MarketView view, MarginLadders ladders) {
    MarketView.Instrument now = view.instrument(0);
    return view.with(
        0,
        new MarketView.Instrument(
            now.markTicks(), now.indexTicks(), now.fundingIndex(), now.validity(), ladders),
        0);
  }

  private static MarketView withValidity(MarketView view, PriceValidity validity) {
    return withValidity(view, 0, validity);
  }

  private static MarketView withValidity(MarketView view, int instrument, PriceValidity validity) {
    MarketView.Instrument now = view.instrument(instrument);
    return view.with(
        instrument,
        new MarketView.Instrument(
            now.markTicks(), now.indexTicks(), now.fundingIndex(), validity, now.ladders()),
        0);
  }
}
