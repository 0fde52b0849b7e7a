package org.novation.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.novation.account.Account;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.DeficitPaid;
import org.novation.account.AccountEvent.TradesCleared;
import org.novation.account.Leg;
import org.novation.clearing.Fingerprint;
import org.novation.clearing.HouseAccount;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.instrument.Catalogue;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.risk.Portfolio;

/**
 * What the house's default account had at each of its events, to hold receipts to: the contracts
 * that a wave resolves, and what the insurance fund ever paid of the debts whose rest came there.
 * Receipts together must say just what it had paid at a moment at which the account had those
 * contracts. That moment lies after every step there of the waves before, and before every step of
 * the wave itself: the coordinator looks at the account between two waves alone. So nothing rests
 * on clocks, or on the order of two entities' events.
 */
final class DefaultAudit {
  /** The id of a step: its wave's number is the last of the wave's id. */
  private static final Pattern STEP = Pattern.compile(".*-([1-9][0-9]{0,17})\\.[0-9]+\\.[0-9]+");

  private static final State NOTHING = new State(0, contracts(List.of()));

  /** Between two events; contracts by their hash. */
  private record State(long fundPaidMicros, long contracts) {}

  /** Which states the first and the last step of a wave led to. */
  private record Steps(int first, int last) {}

  private final List<State> states = new ArrayList<>(List.of(NOTHING));
  private final TreeMap<Long, Steps> steps = new TreeMap<>(); // By wave.

  /** The next event of an account, which it has recorded. */
  void follow(Account account, AccountEvent event, Catalogue catalogue) {
    if (!account.id().equals(HouseAccount.DEFAULT)) return;
    long wave = wave(event);
    State state = new State(account.fundPaidMicros(), contracts(held(account, catalogue)));
    if (wave == 0 && state.equals(states.getLast())) return;
    states.add(state);
    int at = states.size() - 1;
    if (wave != 0)
      steps.merge(wave, new Steps(at, at), (before, now) -> new Steps(before.first, now.last));
  }

  private static long wave(AccountEvent event) {
    return switch (event) {
      case DeficitPaid paid -> paid.wave();
      case TradesCleared cleared -> {
        long wave = 0;
        for (Leg leg : cleared.applied()) wave = Math.max(wave, wave(leg));
        for (Leg leg : cleared.novated()) wave = Math.max(wave, wave(leg));
        yield wave;
      }
      default -> 0;
    };
  }

  private static long wave(Leg leg) {
    if (!leg.venue().equals(HouseAccount.VENUE)) return 0;
    Matcher step = STEP.matcher(leg.tradeId());
    return step.matches() ? Long.parseLong(step.group(1)) : 0;
  }

  /**
   * Judges the receipt of the wave that has just begun.
   *
   * @param coordination with that wave: of the receipts only its sum counts
   */
  void judge(Coordination coordination, Receipt receipt, Row row) throws ViolationException {
    long counted = coordination.fundMicros();
    if (!receipt.input().defaulter().equals(HouseAccount.DEFAULT)) {
      if (receipt.input().fundMicros() != 0) throw wrong(row, "has the fund pay for a stranger");
      return;
    }
    List<String> resolved = new ArrayList<>();
    for (Exposure each : receipt.input().exposures()) {
      if (each.closeLots() != 0)
        resolved.add(contract(each.instrument(), each.side() * each.closeLots()));
    }
    long contracts = contracts(resolved);
    Map.Entry<Long, Steps> before = steps.lowerEntry(coordination.waves());
    Map.Entry<Long, Steps> after = steps.ceilingEntry(coordination.waves());
    int from = before == null ? 0 : before.getValue().last;
    int to = after == null ? states.size() - 1 : after.getValue().first - 1;
    boolean had = false;
    for (int at = from; at <= to; at++) {
      State state = states.get(at);
      if (state.contracts != contracts) continue;
      if (state.fundPaidMicros == counted) return;
      had = true;
    }
    throw wrong(
        row,
        had
            ? "the receipt says that the fund paid "
                + receipt.input().fundMicros()
                + ", which makes "
                + counted
                + " in all: it had not paid that for what the default account then had"
            : "the receipt resolves contracts that the default account did not have");
  }

  private static List<String> held(Account account, Catalogue catalogue) {
    Portfolio portfolio = account.portfolio();
    List<String> held = new ArrayList<>();
    for (int slot = 0; slot < portfolio.positions(); slot++) {
      long lots = portfolio.lotsAt(slot);
      if (lots != 0)
        held.add(contract(catalogue.perpetual(portfolio.instrumentAt(slot)).symbol(), lots));
    }
    return held;
  }

  private static String contract(String instrument, long lots) {
    return instrument + ' ' + lots;
  }

  private static long contracts(List<String> contracts) {
    return Fingerprint.of("", String.join(",", contracts.stream().sorted().toList())).content();
  }

  private static ViolationException wrong(Row row, String what) {
    return new ViolationException(row.persistenceId(), row.sequenceNumber(), what);
  }
}
