package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.novation.custody.CustodyCommand.AdoptCustodians;
import org.novation.custody.CustodyCommand.CancelWithdrawal;
import org.novation.custody.CustodyCommand.NoteBooked;
import org.novation.custody.CustodyCommand.NoteCredited;
import org.novation.custody.CustodyCommand.NoteHeld;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

/** What must hold after any history of commands, good and bad. */
final class CustodyPropertyTest {
  private static final int STEPS = 400;
  private static final List<String> WHO = List.of("ana", "ben", "cleo");

  @Test
  void holdsItsPromisesUnderAnyHistory() {
    long first = Long.getLong("novation.seed", 1);
    long seeds = Long.getLong("novation.seed") != null ? 1 : Long.getLong("novation.seeds", 25);
    int settled = 0;
    for (long seed = first; seed < first + seeds; seed++) {
      Run run = new Run(seed);
      run.play();
      settled += run.settled;
    }
    assertThat(settled).as("something happened, from seed %s on", first).isPositive();
  }

  private static final class Run {
    private final long seed;
    private final Random random;
    private final Office office = new Office().opened(50_000);
    private final List<CustodyCommand.Vote> heard = new ArrayList<>();
    private int asked;
    private int settled;

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    void play() {
      for (int step = 0; step < STEPS; step++) {
        CustodyCommand command = next();
        CustodyDecision decision = office.decide(command);
        if (decision instanceof CustodyDecision.Accepted
            && !(command instanceof CustodyCommand.Advance)) {
          CustodyDecision again = office.custody.decide(command, office.conditions());
          assertThat(again instanceof CustodyDecision.Accepted(var more) && !more.isEmpty())
              .as("seed %s: a repeated %s changes something", seed, command)
              .isFalse();
        }
        if (random.nextInt(50) == 0) restart();
      }
      office.pass(7 * Office.DAY);
      restart();
      audit();
    }

    private CustodyCommand next() {
      office.nowMs += random.nextInt(3) == 0 ? random.nextLong(4 * Office.HOUR) : 0;
      if (random.nextInt(40) == 0) {
        if (office.stops.isEmpty()) office.stops.put("USDC", new Stop(Brake.OUTAGE, "BTC", 0));
        else office.stops.clear();
      }
      String who = WHO.get(random.nextInt(WHO.size()));
      return switch (random.nextInt(12)) {
        case 0 ->
            office.attest(
                who,
                "0x" + random.nextInt(20),
                1 + random.nextInt(2) * 100L,
                "a" + random.nextInt(2),
                random.nextInt(5));
        case 1 -> new NoteCredited(Office.CHAIN + ":0x" + random.nextInt(20));
        case 2, 3 ->
            office.request(
                "a" + random.nextInt(3),
                "w" + (random.nextInt(4) == 0 ? random.nextInt(asked + 1) : asked++),
                1 + random.nextInt(900),
                "0x" + random.nextInt(4));
        case 4, 5, 6, 7 -> vote(who);
        case 8 -> {
          Withdrawal one = any();
          yield one == null || random.nextInt(4) > 0
              ? new CustodyCommand.Advance()
              : new CancelWithdrawal(one.account(), one.id());
        }
        case 9, 10 -> {
          Withdrawal one = any();
          if (one == null) yield new CustodyCommand.Advance();
          HoldRefusal why =
              random.nextInt(5) == 0
                  ? new HoldRefusal(HoldRefusal.Code.MARGIN, one.account(), 1, 2, 0)
                  : HoldRefusal.NONE;
          yield one.state() instanceof Withdrawal.State.Closing
              ? new NoteBooked(one.account(), one.number())
              : new NoteHeld(one.account(), one.number(), why);
        }
        default ->
            random.nextInt(20) == 0
                ? new AdoptCustodians(
                    SignatureVectors.set(office.custody.custodians().version() + 1))
                : new CustodyCommand.Advance();
      };
    }

    /** As it stands, or one that was sent before, late or twice. */
    private CustodyCommand vote(String who) {
      Withdrawal one = any();
      if (one == null) return new CustodyCommand.Advance();
      if (!heard.isEmpty() && random.nextInt(6) == 0)
        return heard.get(random.nextInt(heard.size()));
      Purpose purpose =
          switch (random.nextInt(14)) {
            case 0 -> Purpose.DISPUTE_WITHDRAWAL;
            case 1 -> Purpose.CANCEL_WITHDRAWAL;
            default -> Purpose.APPROVE_WITHDRAWAL;
          };
      CustodyCommand.Vote vote = office.vote(who, purpose, one);
      heard.add(vote);
      return vote;
    }

    private @org.jspecify.annotations.Nullable Withdrawal any() {
      List<Withdrawal> unsettled = new ArrayList<>();
      for (Withdrawal one : office.custody.withdrawals()) {
        if (!(one.state() instanceof Withdrawal.State.Closed)) unsettled.add(one);
      }
      return unsettled.isEmpty() ? null : unsettled.get(random.nextInt(unsettled.size()));
    }

    /** From the journal, and from a snapshot in the midst of it. */
    private void restart() {
      int cut = random.nextInt(office.journal.size() + 1);
      Custody replayed = new Custody();
      for (int i = 0; i < office.journal.size(); i++) {
        if (i == cut) replayed = new Custody(replayed.snapshot());
        replayed.apply(office.journal.get(i));
      }
      assertThat(replayed.snapshot()).as("seed %s", seed).isEqualTo(office.custody.snapshot());
      office.custody = replayed;
    }

    /** Reads the journal alone, with rules of its own. */
    private void audit() {
      long vault = 0;
      CustodianSet set = CustodianSet.NONE;
      Map<String, List<CustodyEvent.DepositAttested>> claims = new HashMap<>();
      Set<String> confirmed = new HashSet<>();
      Map<Long, CustodyEvent.WithdrawalRequested> requested = new HashMap<>();
      Map<Long, Set<String>> approvals = new HashMap<>();
      Map<Long, Set<String>> objections = new HashMap<>();
      Map<Long, Long> releasable = new HashMap<>();
      Map<Long, Long> nonces = new HashMap<>();
      Set<Long> ended = new HashSet<>();
      List<long[]> left = new ArrayList<>();
      for (CustodyEvent event : office.journal) {
        switch (event) {
          case CustodyEvent.CustodiansAdopted adopted -> {
            set = adopted.set();
            approvals.values().forEach(Set::clear);
            objections.values().forEach(Set::clear);
          }
          case CustodyEvent.DepositAttested said ->
              claims.computeIfAbsent(said.transaction(), _ -> new ArrayList<>()).add(said);
          case CustodyEvent.DepositConfirmed in -> {
            assertThat(confirmed.add(in.transaction())).as("seed %s: once", seed).isTrue();
            Set<String> saying = new HashSet<>();
            for (var said : claims.getOrDefault(in.transaction(), List.of())) {
              if (said.amount() == in.amount()
                  && said.account().equals(in.account())
                  && said.setVersion() == set.version()
                  && said.expiresAtMs() > in.atMs()) saying.add(said.custodian());
            }
            assertThat(saying).hasSizeGreaterThanOrEqualTo(set.attestationsNeeded());
            vault += in.amount();
          }
          case CustodyEvent.DepositCredited _ -> {}
          case CustodyEvent.WithdrawalRequested asks -> {
            requested.put(asks.number(), asks);
            approvals.put(asks.number(), new HashSet<>());
            objections.put(asks.number(), new HashSet<>());
          }
          case CustodyEvent.WithdrawalHeld held -> {
            releasable.put(held.withdrawal(), held.releasableFromMs());
            nonces.put(held.withdrawal(), held.number());
          }
          case CustodyEvent.WithdrawalApproved vote -> {
            assertThat(vote.nonce()).isEqualTo(nonces.get(vote.withdrawal()));
            assertThat(of(objections, vote)).doesNotContain(vote.custodian());
            of(approvals, vote).add(vote.custodian());
          }
          case CustodyEvent.WithdrawalDisputed vote -> {
            nonces.put(vote.withdrawal(), vote.number());
            of(approvals, vote).clear();
            of(objections, vote).add(vote.custodian());
            releasable.merge(vote.withdrawal(), vote.releasableFromMs(), Math::max);
          }
          case CustodyEvent.WithdrawalOpposed vote -> {
            of(approvals, vote).remove(vote.custodian());
            of(objections, vote).add(vote.custodian());
          }
          case CustodyEvent.WithdrawalEnded end -> {
            assertThat(ended.add(end.withdrawal())).as("seed %s: ends once", seed).isTrue();
            if (end.outcome() != Outcome.SETTLED) break;
            CustodyEvent.WithdrawalRequested asks =
                Objects.requireNonNull(requested.get(end.withdrawal()));
            assertThat(of(approvals, end)).hasSizeGreaterThanOrEqualTo(set.approvalsNeeded());
            assertThat(of(objections, end)).hasSizeLessThan(set.objectionsNeeded());
            assertThat(end.atMs())
                .isGreaterThanOrEqualTo(releasable.get(end.withdrawal()))
                .isLessThan(asks.expiresAtMs());
            requireRoom(left, end.atMs(), asks.amount(), vault);
            vault -= asks.amount();
            settled++;
          }
          case CustodyEvent.WithdrawalBooked booked ->
              assertThat(ended).contains(booked.withdrawal());
        }
        assertThat(vault).isNotNegative();
      }
      assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(vault);
    }

    private static Set<String> of(Map<Long, Set<String>> votes, CustodyEvent.OfWithdrawal event) {
      return Objects.requireNonNull(votes.get(event.withdrawal()));
    }

    private void requireRoom(List<long[]> left, long atMs, long amount, long vault) {
      long hour = amount;
      long day = amount;
      for (long[] before : left) {
        if (before[0] > atMs - Office.HOUR) hour += before[1];
        if (before[0] > atMs - Office.DAY) day += before[1];
      }
      assertThat(hour).as("seed %s: hour", seed).isLessThanOrEqualTo(Math.max(1_000, vault / 100));
      assertThat(day).as("seed %s: day", seed).isLessThanOrEqualTo(Math.max(5_000, vault / 10));
      left.add(new long[] {atMs, amount});
    }
  }
}
