package org.novation.insurance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.insurance.FundCommand.CheckGate;
import org.novation.insurance.FundCommand.Contribute;
import org.novation.insurance.FundCommand.ReserveDraw;
import org.novation.insurance.FundCommand.SettleDraw;
import org.novation.insurance.FundDecision.Accepted;
import org.novation.insurance.FundDecision.LookUp;
import org.novation.ledger.EventCodec;
import org.novation.ledger.EventCodec.Kind;

/** Random commands, repeated, late and contradictory, with crashes between draw and payout. */
final class FundPropertyTest {
  private static final long HOUR = 3_600_000;
  private static final EventCodec CODEC =
      new EventCodec(
          List.of(
              new Kind("fund.contributed.v1", FundEvent.Contributed.class),
              new Kind("fund.reserved.v1", FundEvent.DrawReserved.class),
              new Kind("fund.settled.v1", FundEvent.DrawSettled.class),
              new Kind("fund.gate.v1", FundEvent.GateChanged.class),
              new Kind("fund.snapshot.v1", FundSnapshot.class)));

  private final List<FundEvent> journal = new ArrayList<>();
  private final Map<String, Long> grants = new HashMap<>();
  private final Map<String, Long> paid = new HashMap<>(); // What accounts have, by liquidation.
  private final Map<String, FundEvent.Contributed> booked = new HashMap<>();
  private int lookedUp;
  private int boundByAccount;
  private final Map<String, Long> issued = new HashMap<>(); // An id keeps its time for ever.

  @Test
  void neverLosesDoublesOrOverdrawsMoney() {
    Seeds.each(200, this::moneyStaysWhereItBelongs);
    assertThat(lookedUp).as("ids looked up in the journal").isGreaterThan(500);
    assertThat(boundByAccount).as("draws that met an account's cap").isGreaterThan(100);
  }

  private void moneyStaysWhereItBelongs(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    FundPolicy policy = policy(random);
    journal.clear();
    grants.clear();
    paid.clear();
    booked.clear();
    issued.clear();
    Fund fund = new Fund();
    long now = 1_000_000_000L;
    long contributed = 0;
    for (int step = 0; step < 400; step++) {
      now += random.nextInt(4) == 0 ? random.nextLong(2 * HOUR) : random.nextLong(1_000);
      FundCommand command = command(random, now);
      FundDecision decision = fund.decide(command, new FundTerms(1, policy), now);
      assertThat(fund.decide(command, new FundTerms(1, policy), now)).isEqualTo(decision);
      if (decision instanceof LookUp(var id)) {
        // Now and then the journal was read a while ago.
        int read = journal.size() - (random.nextInt(3) == 0 ? random.nextInt(40) : 0);
        decision =
            fund.decide(command, new FundTerms(1, policy), now, journalSays(id, Math.max(0, read)));
        if (decision instanceof LookUp)
          decision =
              fund.decide(command, new FundTerms(1, policy), now, journalSays(id, journal.size()));
        assertThat(decision).isNotInstanceOf(LookUp.class);
        lookedUp++;
      }
      if (!(decision instanceof Accepted(var events))) continue;
      for (FundEvent event : events) {
        if (event instanceof FundEvent.Contributed in) {
          contributed += in.amountMicros();
          assertThat(booked.put(in.id(), in)).as("booked twice").isNull();
        }
        if (event instanceof FundEvent.DrawReserved out) {
          long granted = out.houseMicros() + out.balanceMicros();
          assertThat(granted + granted(each -> each.dayStartMs() == out.dayStartMs()))
              .isLessThanOrEqualTo(policy.dayCapMicros());
          assertThat(
                  granted
                      + granted(
                          each ->
                              each.account().equals(out.account())
                                  && each.blockStartMs() == out.blockStartMs()))
              .as("to one account in one block of time")
              .isLessThanOrEqualTo(policy.accountBlockCapMicros());
          Fund before = fund;
          assertThat(
                  granted
                      + granted(
                          each ->
                              each.liquidation().equals(out.liquidation())
                                  && before.draw(each.liquidationId()) != null))
              .as("for one liquidation, as far as its draws are remembered")
              .isLessThanOrEqualTo(policy.eventCapMicros());
          boundByAccount += out.boundBy() == Cap.ACCOUNT_BLOCK ? 1 : 0;
          assertThat(grants.put(out.liquidationId(), granted)).as("granted twice").isNull();
          assertThat(granted).isBetween(0L, Math.min(policy.eventCapMicros(), 1_000_000));
          if (out.boundBy() == Cap.NONE) assertThat(granted).isEqualTo(out.requestedMicros());
          else assertThat(granted).isLessThan(out.requestedMicros());
          // The account books the payout now, or after the crash: either way once.
          if (granted > 0) paid.put(out.liquidationId(), random.nextLong(granted + 1));
        }
        fund.apply(event);
        journal.add(event);
      }
      if (command instanceof ReserveDraw draw && fund.draw(draw.liquidationId()) != null) {
        assertThat(Objects.requireNonNull(fund.draw(draw.liquidationId())).grantedMicros())
            .isEqualTo(grants.get(draw.liquidationId()));
      }
      assertThat(fund.houseMicros()).isNotNegative();
      assertThat(fund.balanceMicros()).isNotNegative();
      assertThat(fund.heldMicros() + fund.paidMicros()).isEqualTo(contributed);
      assertThat(fund.snapshot().draws().size()).isLessThanOrEqualTo(policy.remembered());
      assertThat(fund.snapshot().contributions().size()).isLessThanOrEqualTo(policy.remembered());
      if (random.nextInt(20) == 0) fund = recovered(fund);
    }
    for (Draw open : fund.openDraws()) {
      settle(fund, open.liquidationId(), policy, now);
    }
    assertThat(fund.reservedMicros()).isZero();
    assertThat(fund.paidMicros())
        .isEqualTo(paid.values().stream().mapToLong(Long::longValue).sum());
    assertThat(fund.heldMicros()).isEqualTo(contributed - fund.paidMicros());
    // Whatever is told again, however late, is known to be done.
    for (FundEvent.Contributed in : booked.values())
      assertDone(
          fund,
          new Contribute(in.id(), in.cause(), in.account(), in.amountMicros(), in.issuedAtMs()),
          policy,
          now);
    for (String id : grants.keySet())
      assertDone(fund, new SettleDraw(id, paid.getOrDefault(id, 0L)), policy, now);
  }

  private void assertDone(Fund fund, FundCommand command, FundPolicy policy, long now) {
    FundDecision decision = fund.decide(command, new FundTerms(1, policy), now);
    if (decision instanceof LookUp(var id))
      decision =
          fund.decide(command, new FundTerms(1, policy), now, journalSays(id, journal.size()));
    assertThat(decision).isEqualTo(new Accepted(List.of()));
  }

  private JournalSays journalSays(String id, int events) {
    JournalSays says = JournalSays.of(id);
    for (FundEvent event : journal.subList(0, events)) says = says.and(event);
    return says;
  }

  /** The peak that a plain list of all levels has, but for the width of a slot. */
  @Test
  void knowsThePeakOfItsWindow() {
    Seeds.each(200, FundPropertyTest::peakIsThatOfAllLevels);
  }

  private static void peakIsThatOfAllLevels(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    PeakWindow window = new PeakWindow(List.of());
    List<long[]> levels = new ArrayList<>(); // From when on, how high.
    long now = 1_000_000_000L;
    long level = 0;
    levels.add(new long[] {0, 0});
    for (int step = 0; step < 300; step++) {
      now += random.nextLong(HOUR / 3);
      long next = random.nextLong(1_000);
      window.move(now, level, next);
      level = next;
      levels.add(new long[] {now, level});
      long at = now + random.nextLong(HOUR);
      long length = random.nextLong(1, 24) * HOUR;
      long peak = window.peakMicros(at, length, level);
      assertThat(peak).isGreaterThanOrEqualTo(peak(levels, at, length));
      assertThat(peak).isLessThanOrEqualTo(peak(levels, at, length + PeakWindow.SLOT_MS));
      assertThat(window.entries()).hasSizeLessThanOrEqualTo(290);
    }
  }

  private static long peak(List<long[]> levels, long now, long length) {
    long peak = 0;
    for (int n = 0; n < levels.size(); n++) {
      long until = n + 1 < levels.size() ? levels.get(n + 1)[0] : Long.MAX_VALUE;
      if (until >= now - length) peak = Math.max(peak, levels.get(n)[1]);
    }
    return peak;
  }

  /** A crash: the state is lost and comes back from the journal, or from a snapshot of it. */
  private Fund recovered(Fund live) {
    Fund replayed = new Fund();
    for (FundEvent event : journal) {
      replayed.apply((FundEvent) CODEC.read(CODEC.manifest(event), CODEC.write(event)));
    }
    FundSnapshot snapshot = replayed.snapshot();
    assertThat(snapshot).isEqualTo(live.snapshot());
    Fund restored = new Fund((FundSnapshot) CODEC.read("fund.snapshot.v1", CODEC.write(snapshot)));
    assertThat(restored.snapshot()).isEqualTo(snapshot);
    return restored;
  }

  /** What such draws hold, or were paid once they are settled. */
  private long granted(Predicate<FundEvent.DrawReserved> such) {
    Map<String, Long> held = new HashMap<>();
    for (FundEvent event : journal) {
      if (event instanceof FundEvent.DrawReserved out && such.test(out))
        held.put(out.liquidationId(), out.houseMicros() + out.balanceMicros());
      if (event instanceof FundEvent.DrawSettled settled)
        held.computeIfPresent(settled.liquidationId(), (_, _) -> settled.paidMicros());
    }
    return held.values().stream().mapToLong(Long::longValue).sum();
  }

  private void settle(Fund fund, String id, FundPolicy policy, long now) {
    FundDecision decision =
        fund.decide(new SettleDraw(id, paid.getOrDefault(id, 0L)), new FundTerms(1, policy), now);
    assertThat(decision).isInstanceOf(Accepted.class);
    for (FundEvent event : ((Accepted) decision).events()) {
      fund.apply(event);
      journal.add(event);
    }
  }

  private FundCommand command(SplittableRandom random, long now) {
    String id = "id-" + random.nextInt(120);
    long issuedAt = issued.computeIfAbsent(id, _ -> now - random.nextLong(3 * HOUR));
    return switch (random.nextInt(6)) {
      case 0, 1 ->
          new Contribute(
              id,
              List.of(Cause.values()).get(random.nextInt(3)),
              "",
              random.nextInt(3) == 0 ? random.nextLong(-10, 100_000) : 50_000,
              issuedAt);
      case 2, 3 ->
          new ReserveDraw(
              id,
              liquidation(id),
              "account-" + (random.nextInt(8) == 0 ? 9 : Math.floorMod(id.hashCode(), 5)),
              random.nextInt(8) == 0 ? -1 : 1 + Math.floorMod(id.hashCode(), 1_000_000),
              issuedAt);
      case 4 -> new SettleDraw(id, paid.getOrDefault(id, random.nextLong(-5, 1_000)));
      default -> new CheckGate();
    };
  }

  private static String liquidation(String draw) {
    return "l-" + Math.floorMod(draw.hashCode(), 40);
  }

  private static FundPolicy policy(SplittableRandom random) {
    return new FundPolicy(
        random.nextLong(1, 500_000),
        random.nextLong(1, 800_000),
        random.nextLong(1, 24) * HOUR,
        random.nextLong(1, 2_000_000),
        300_000,
        random.nextLong(300_000),
        random.nextLong(1, 24) * HOUR,
        random.nextInt(16, 64));
  }
}
