package org.novation.ledger;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.Markets;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.CoordinationSnapshot;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.WaveCommand;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveStep;
import org.novation.deleveraging.WaveSummary;
import org.novation.ledger.TestJournal.Stored;

/** The journal of a pool's waves as its coordinator writes it; a test then breaks it on purpose. */
final class TestWaves {
  private static final int WINNERS = 6;

  private final String pool;
  private final Coordination coordination;
  private final List<WaveEvent> events = new ArrayList<>();
  private final List<CoordinationSnapshot> snapshots = new ArrayList<>();
  private final List<WaveSummary> summaries = new ArrayList<>();
  private final List<Receipt> receipts = new ArrayList<>();
  private final TestJournal journal = new TestJournal();
  private long nowMs = 1_700_000_000_000L;

  TestWaves(String pool) {
    this.pool = pool;
    this.coordination = new Coordination(pool);
    journal.open("loser", 1_000 * Markets.UNIT);
    journal.open("market", 10_000 * Markets.UNIT);
    for (int n = 0; n < WINNERS; n++) {
      journal.open("a" + n, 1_000 * Markets.UNIT);
      journal.trade("BTC-PERP", 10, "market", "a" + n);
    }
    journal.market(90, 0); // Each has won far more than is ever asked.
  }

  /** Begins the next wave: some shorts against a long, the same for the same seed. */
  void begin(long seed) {
    begin(seed, 0);
  }

  /** The same, whose receipt says that the fund paid: for a stranger, which it never does. */
  void begin(long seed, long fundMicros) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Candidate> candidates = new ArrayList<>();
    for (int n = 0; n < WINNERS; n++) {
      long lots = -random.nextLong(1, 9);
      long profit = random.nextLong(-200, 600);
      candidates.add(
          new Candidate(
              "BTC-PERP",
              "a" + n,
              random.nextLong(1, 90),
              lots,
              lots * 900 - profit,
              profit,
              0,
              2_000,
              -lots,
              90,
              0));
    }
    Receipt receipt =
        Receipt.of(
            new AdlInput(
                Coordination.waveId(pool, coordination.waves() + 1),
                pool,
                "loser",
                nowMs,
                7,
                AdlPolicy.Kind.PRO_RATA,
                86_400_000,
                100,
                fundMicros,
                random.nextLong(1, 900),
                List.of(new Exposure("BTC-PERP", 1, random.nextLong(1, 20), 700, 900, 1_000, 1)),
                candidates));
    receipts.add(receipt);
    write(coordination.begin(receipt, nowMs));
  }

  /** A whole wave, with accounts that changed and accounts that no longer have what is asked. */
  void run(long seed) {
    begin(seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (AdlWave wave = coordination.wave(); wave != null; wave = coordination.wave()) {
      nowMs += 5;
      List<WaveCommand> results = new ArrayList<>();
      for (WaveStep step : wave.pending()) {
        WaveCommand result = result(step, random);
        results.add(result);
        if (result instanceof WaveCommand.Done(var id, var micros, _)) book(step, id, micros);
      }
      write(wave.decideAll(results, nowMs).events());
      if (coordination.wave() != null) write(wave.next(nowMs));
    }
    WaveSummary last = coordination.last();
    if (last == null) throw new AssertionError("the wave does not end");
    summaries.add(last);
    snapshots.add(coordination.snapshot());
  }

  /** What the step's account wrote; of a closing that is a trade. */
  private void book(WaveStep step, String id, long micros) {
    switch (step.kind()) {
      case CLOSE -> {}
      case TAKE -> journal.takeProfit(step.account(), coordination.waves(), id, micros);
      case PAY -> journal.pay(step.account(), coordination.waves(), id, micros);
    }
  }

  private static WaveCommand result(WaveStep step, SplittableRandom random) {
    return switch (step.kind()) {
      case CLOSE ->
          random.nextInt(5) == 0
              ? new WaveCommand.Changed(step.id(), step.version() + 1)
              : new WaveCommand.Done(step.id(), 0, step.version() + 1);
      case TAKE ->
          new WaveCommand.Done(
              step.id(), random.nextInt(5) == 0 ? step.micros() / 2 : step.micros(), 7);
      case PAY -> new WaveCommand.Done(step.id(), step.micros(), 7);
    };
  }

  private void write(List<WaveEvent> written) {
    for (WaveEvent event : written) {
      coordination.apply(event);
      events.add(event);
    }
  }

  /** What accounts wrote, by account. */
  Map<String, List<AccountEvent>> accounts() {
    Map<String, List<AccountEvent>> accounts = new TreeMap<>();
    for (String id : journal.ids())
      accounts.put(id, journal.events(id).stream().map(AccountEvent.class::cast).toList());
    return accounts;
  }

  /** To read, and to break. */
  List<WaveEvent> events() {
    return events;
  }

  List<WaveSummary> summaries() {
    return summaries;
  }

  List<CoordinationSnapshot> snapshots() {
    return snapshots;
  }

  List<Receipt> receipts() {
    return receipts;
  }

  void store(DataSource dataSource) throws SQLException {
    String id = AdlCoordinatorActor.persistenceId(pool).id();
    List<Stored> rows = new ArrayList<>();
    accounts()
        .forEach(
            (account, theirs) -> {
              for (AccountEvent event : theirs)
                rows.add(
                    new Stored(
                        AccountActor.persistenceId(account).id(), event.number(), (Record) event));
            });
    for (int n = 0; n < events.size(); n++) rows.add(new Stored(id, n + 1, (Record) events.get(n)));
    List<Stored> taken =
        snapshots.stream().map(each -> new Stored(id, each.number(), each)).toList();
    TestJournal.store(dataSource, rows, taken);
  }
}
