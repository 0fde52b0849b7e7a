package org.novation.risk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class PortfolioTest {
  private static final int ACCOUNTS = 4;
  private static final int INSTRUMENTS = 2;

  /** The second leg of a trade, on its way to the other account. */
  private record Leg(int account, int instrument, long lots, long notional, long fundingIndex) {}

  /**
   * Random trades between accounts, with funding moving all the time and second legs arriving late
   * and in any order.
   */
  @Property(tries = 1_000)
  void balancesToZeroOnceEveryLegIsOn(@ForAll long seed) {
    House house = new House(seed);
    for (int n = 0; n < 60; n++) {
      house.moveFunding();
      house.trade();
      house.deliverSomeLegs();
    }
    house.deliverAllLegs();
    house.check();
  }

  @Property(tries = 1_000)
  void balancesToZeroAfterEverybodyClosed(@ForAll long seed) {
    House house = new House(seed);
    for (int n = 0; n < 30; n++) {
      house.moveFunding();
      house.trade();
    }
    house.deliverAllLegs();
    house.closeAll();
    house.check();
    for (Portfolio portfolio : house.portfolios) {
      assertThat(portfolio.flat()).isTrue();
      for (int slot = 0; slot < portfolio.positions(); slot++) {
        assertThat(portfolio.basisMicrosAt(slot)).isZero();
      }
    }
  }

  @Property(tries = 1_000)
  void reckonsTheSameOnACopyAndLeavesTheOriginalAlone(@ForAll long seed) {
    RandomBooks books = new RandomBooks(seed);
    Portfolio original = books.portfolio();
    Portfolio copy = original.copy();
    Health before = Margin.health(original, books.view());
    assertThat(Margin.health(copy, books.view())).isEqualTo(before);

    int instrument = books.view().catalogue().instruments() - 1;
    copy.apply(instrument, copy.fill(instrument, 7, 7_000_000, 3, 2));
    copy.credit(5, 1);
    copy.capLeverage(3);
    assertThat(Margin.health(original, books.view())).isEqualTo(before);
    assertThat(original.amount(5)).isZero();

    Portfolio second = original.copy();
    original.apply(instrument, original.fill(instrument, -9, -9_000_000, 3, 2));
    assertThat(Margin.health(second, books.view())).isEqualTo(before);
  }

  @Property(tries = 1_000)
  void realisesTheSameWhetherClosedAtOnceOrBitByBit(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long lots = random.nextLong(2, 500) * (random.nextBoolean() ? 1 : -1);
    long entry = random.nextLong(1, 100_000);
    long exit = random.nextLong(1, 100_000);
    Portfolio once = new Portfolio();
    once.apply(0, once.fill(0, lots, lots * entry, 0, 0));
    Portfolio bits = once.copy();

    once.apply(0, once.fill(0, -lots, -lots * exit, 0, 0));
    while (!bits.flat()) {
      long left = Math.abs(bits.lots(0));
      long part = random.nextLong(1, left + 1) * -Long.signum(lots);
      bits.apply(0, bits.fill(0, part, part * exit, 0, 0));
    }
    assertThat(once.cashMicros()).isEqualTo(lots * (exit - entry));
    assertThat(bits.cashMicros()).isEqualTo(once.cashMicros());
  }

  @Test
  void keepsTheRemainderOfTheBasisWithThePosition() {
    Portfolio portfolio = new Portfolio();
    portfolio.restore(0, 3, 10, 0, 0, 0, 0);
    portfolio.apply(0, portfolio.fill(0, -1, -4, 0, 0));
    assertThat(portfolio.basisMicrosAt(0)).isEqualTo(7); // 10 / 3, toward zero, is 3.
    assertThat(portfolio.realisedMicrosAt(0)).isEqualTo(1);
  }

  @Test
  void turnsAPositionAround() {
    Portfolio portfolio = new Portfolio();
    portfolio.apply(0, portfolio.fill(0, 2, 200, 0, 0));
    portfolio.apply(0, portfolio.fill(0, -5, -600, 0, 0));
    assertThat(portfolio.lots(0)).isEqualTo(-3);
    assertThat(portfolio.basisMicrosAt(0)).isEqualTo(-360);
    assertThat(portfolio.realisedMicrosAt(0)).isEqualTo(40);
    assertThat(portfolio.cashMicros()).isEqualTo(40);
  }

  @Test
  void roundsFundingAgainstTheAccountAndLeavesTheResidueToTheHouse() {
    Portfolio payer = new Portfolio();
    payer.apply(0, payer.fill(0, 1, 100, 0, 0));
    Fill paying = payer.fill(0, 1, 100, 1_500_000, 1_500_000);
    assertThat(paying.fundingMicros()).isEqualTo(-2);
    assertThat(paying.fundingResidue()).isEqualTo(500_000);

    Portfolio receiver = new Portfolio();
    receiver.apply(0, receiver.fill(0, -1, -100, 0, 0));
    Fill receiving = receiver.fill(0, -1, -100, 1_500_000, 1_500_000);
    assertThat(receiving.fundingMicros()).isEqualTo(1);
    assertThat(receiving.fundingResidue()).isEqualTo(500_000);
  }

  @Test
  void accruesFundingOfALateLegFromItsNovation() {
    Portfolio portfolio = new Portfolio();
    Fill late = portfolio.fill(0, 10, 1_000, 3_000_000, 1_000_000);
    assertThat(late.fundingMicros()).isEqualTo(-20);
  }

  @Test
  void refusesAFillThatIsNotTheOneItReckons() {
    Portfolio portfolio = new Portfolio();
    portfolio.apply(0, portfolio.fill(0, 2, 200, 0, 0));
    assertThatThrownBy(() -> portfolio.apply(0, new Fill(-2, -300, 99, 0, 0, 0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the books say 100");
    assertThat(portfolio.lots(0)).isEqualTo(2);
    assertThat(portfolio.cashMicros()).isZero();
  }

  @Test
  void throwsRatherThanWrapAround() {
    Portfolio portfolio = new Portfolio();
    portfolio.apply(0, portfolio.fill(0, 1, Long.MAX_VALUE - 1, 0, 0));
    assertThatThrownBy(() -> portfolio.apply(0, portfolio.fill(0, 1, 2, 0, 0)))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> portfolio.fill(0, Long.MAX_VALUE, Long.MAX_VALUE, 0, 0))
        .isInstanceOf(ArithmeticException.class);
    portfolio.credit(0, Long.MAX_VALUE);
    assertThatThrownBy(() -> portfolio.credit(0, 1)).isInstanceOf(ArithmeticException.class);
  }

  @Test
  void refusesAPositionThatASnapshotHasTwice() {
    Portfolio portfolio = new Portfolio();
    portfolio.restore(0, 1, 1, 0, 0, 0, 0);
    assertThatThrownBy(() -> portfolio.restore(0, 1, 1, 0, 0, 0, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Some accounts that trade with each other, and the sums that must hold over all of them. */
  private static final class House {
    final List<Portfolio> portfolios = new ArrayList<>();
    private final SplittableRandom random;
    private final long[] fundingIndex = new long[INSTRUMENTS];
    private final Deque<Leg> inFlight = new ArrayDeque<>();

    House(long seed) {
      random = new SplittableRandom(seed);
      for (int n = 0; n < ACCOUNTS; n++) portfolios.add(new Portfolio());
    }

    void moveFunding() {
      fundingIndex[random.nextInt(INSTRUMENTS)] += random.nextLong(-5_000_000, 5_000_001);
    }

    void trade() {
      int buyer = random.nextInt(ACCOUNTS);
      int seller = (buyer + 1 + random.nextInt(ACCOUNTS - 1)) % ACCOUNTS;
      trade(buyer, seller, random.nextInt(INSTRUMENTS), random.nextLong(1, 1_000));
    }

    private void trade(int buyer, int seller, int instrument, long lots) {
      long notional = lots * random.nextLong(1, 10_000_000);
      long index = fundingIndex[instrument];
      book(new Leg(buyer, instrument, lots, notional, index));
      inFlight.add(new Leg(seller, instrument, -lots, -notional, index));
    }

    void deliverSomeLegs() {
      while (!inFlight.isEmpty() && random.nextInt(3) > 0) {
        book(random.nextBoolean() ? inFlight.removeFirst() : inFlight.removeLast());
      }
    }

    void deliverAllLegs() {
      while (!inFlight.isEmpty()) book(inFlight.removeLast());
    }

    /** Pairs off longs and shorts of each instrument until nobody holds anything. */
    void closeAll() {
      for (int instrument = 0; instrument < INSTRUMENTS; instrument++) {
        for (int seller = 0; seller < ACCOUNTS; seller++) {
          for (int buyer = 0; buyer < ACCOUNTS; buyer++) {
            long lots =
                Math.min(
                    portfolios.get(seller).lots(instrument),
                    -portfolios.get(buyer).lots(instrument));
            if (lots > 0) trade(buyer, seller, instrument, lots);
            deliverAllLegs();
          }
        }
      }
    }

    private void book(Leg leg) {
      Portfolio portfolio = portfolios.get(leg.account());
      Fill fill =
          portfolio.fill(
              leg.instrument(),
              leg.lots(),
              leg.notional(),
              fundingIndex[leg.instrument()],
              leg.fundingIndex());
      assertThat(fill.fundingResidue()).isBetween(0L, Portfolio.FUNDING_SCALE - 1);
      portfolio.apply(leg.instrument(), fill);
    }

    void check() {
      BigInteger cash = BigInteger.ZERO;
      BigInteger earned = BigInteger.ZERO;
      for (int instrument = 0; instrument < INSTRUMENTS; instrument++) {
        BigInteger lots = BigInteger.ZERO;
        BigInteger basisLessRealised = BigInteger.ZERO;
        BigInteger funding = BigInteger.ZERO;
        for (Portfolio portfolio : portfolios) {
          int slot = portfolio.slotOf(instrument);
          if (slot < 0) continue;
          lots = lots.add(big(portfolio.lotsAt(slot)));
          basisLessRealised =
              basisLessRealised
                  .add(big(portfolio.basisMicrosAt(slot)))
                  .subtract(big(portfolio.realisedMicrosAt(slot)));
          BigInteger unsettled =
              big(-portfolio.lotsAt(slot))
                  .multiply(big(fundingIndex[instrument] - portfolio.fundingIndexAt(slot)));
          funding =
              funding
                  .add(big(portfolio.fundingMicrosAt(slot)).multiply(big(Portfolio.FUNDING_SCALE)))
                  .add(big(portfolio.fundingResidueAt(slot)))
                  .add(unsettled);
          earned =
              earned
                  .add(big(portfolio.realisedMicrosAt(slot)))
                  .add(big(portfolio.fundingMicrosAt(slot)));
          if (portfolio.lotsAt(slot) == 0) assertThat(portfolio.basisMicrosAt(slot)).isZero();
        }
        assertThat(lots).isZero();
        assertThat(basisLessRealised).isZero();
        assertThat(funding).isZero();
      }
      for (Portfolio portfolio : portfolios) cash = cash.add(big(portfolio.cashMicros()));
      assertThat(cash).isEqualTo(earned);
    }

    private static BigInteger big(long value) {
      return BigInteger.valueOf(value);
    }
  }
}
