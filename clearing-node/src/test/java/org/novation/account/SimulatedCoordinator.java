package org.novation.account;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.novation.account.WaterfallSimulation.Fence;
import org.novation.clearing.HouseAccount;
import org.novation.deleveraging.AdlCoordinatorActor;
import org.novation.deleveraging.AdlCoordinatorActor.DefaultRead;
import org.novation.deleveraging.AdlCoordinatorActor.StepChanged;
import org.novation.deleveraging.AdlCoordinatorActor.StepDone;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlSettings;
import org.novation.deleveraging.AdlWave;
import org.novation.deleveraging.Allocation;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.CandidateSelection;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.deleveraging.WaveCommand;
import org.novation.deleveraging.WaveEvent;
import org.novation.deleveraging.WaveStep;
import org.novation.deleveraging.WaveSummary;

/** A coordinator, with the shell that {@link AdlCoordinatorActor} is. */
final class SimulatedCoordinator extends SimulatedParty<WaveEvent> {
  static final String ID = "coordinator";
  private static final String POOL = "main";
  private static final long SOON_MS = 1_000;

  private enum Internal {
    LOOK,
    FLUSH,
    NEXT
  }

  private enum Doing {
    NOTHING,
    READING,
    GATHERING,
    CARRYING_OUT
  }

  /** Null when a node did not answer in time. */
  private record Gathered(long gathering, @Nullable List<Candidate> candidates) {}

  private final AdlSettings settings;
  private Coordination coordination = new Coordination(POOL);
  private Doing doing = Doing.NOTHING;
  private boolean lookAgain;
  private long reads; // Also numbers the gatherings; grows for ever, over restarts too.
  private @Nullable DefaultRead read;
  private final Map<String, List<Candidate>> gathered = new TreeMap<>();
  private List<String> asked = List.of();
  private @Nullable HouseAlarm alarm;
  private List<WaveCommand> results = new ArrayList<>();
  private boolean flushing;
  private long countedInMemory; // Without its fence.

  SimulatedCoordinator(WaterfallSimulation house, AdlSettings settings) {
    super(house, ID);
    this.settings = settings;
  }

  Coordination coordination() {
    return coordination;
  }

  /** Whether it looks at nothing, or in vain every now and then. */
  boolean rests() {
    WaveSummary last = coordination.last();
    return doing == Doing.NOTHING && (alarm == null || (last != null && last.unresolved()));
  }

  @Override
  void apply(WaveEvent event) {
    coordination.apply(event);
  }

  @Override
  Object state() {
    return comparable(coordination);
  }

  @Override
  Object replayed() {
    Coordination again = new Coordination(POOL);
    journal.forEach(again::apply);
    return comparable(again);
  }

  private static Object comparable(Coordination of) {
    AdlWave wave = of.wave();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("events", of.events());
    all.put("waves", of.waves());
    all.put("fund", of.fundMicros());
    all.put("newest", of.newest() == null ? "none" : of.newest());
    all.put("pending", wave == null ? List.of() : wave.pending());
    all.put("held", wave == null ? 0L : wave.heldMicros());
    return all;
  }

  @Override
  void recover() {
    coordination = new Coordination(POOL);
    journal.forEach(coordination::apply);
    doing = Doing.NOTHING;
    lookAgain = false;
    read = null;
    gathered.clear();
    asked = List.of();
    alarm = null;
    results = new ArrayList<>();
    flushing = false;
    countedInMemory = 0;
    if (coordination.wave() == null) lookIn(settings.settleMs());
    else carryOut();
  }

  @Override
  void tick() {
    switch (doing) {
      case NOTHING -> {}
      case READING -> readDefault();
      case GATHERING -> {
        // Whoever did not answer in time only shows in the figures; a node that did not ends it.
        if (house.coin(4)) tellSelf(new Gathered(reads, null));
        else if (house.coin(2) || !house.faults()) gatheredAll();
      }
      case CARRYING_OUT -> sendSteps();
    }
  }

  @Override
  void on(Object message) {
    switch (message) {
      case AdlCoordinatorActor.Look() -> lookIn(settings.settleMs());
      case Internal.LOOK -> look();
      case SimulatedAccount.DefaultTold(var number, var answer) -> {
        if (doing == Doing.READING && number == reads) onDefaultRead(answer);
      }
      case SimulatedAccount.Told(var number, var told) -> {
        if (doing != Doing.GATHERING || number != reads) break;
        gathered.put(told.account(), told.candidates());
        if (gathered.keySet().containsAll(asked)) gatheredAll();
      }
      case Gathered(var number, var candidates) -> {
        if (doing == Doing.GATHERING && number == reads) onGathered(candidates);
      }
      case StepDone(var stepId, var micros, var version) ->
          result(new WaveCommand.Done(stepId, micros, version));
      case StepChanged(var stepId, var version) -> result(new WaveCommand.Changed(stepId, version));
      case Internal.FLUSH -> flush();
      case Internal.NEXT -> next();
      default -> throw new IllegalStateException("a coordinator does not understand " + message);
    }
  }

  // ---- looking

  private void lookIn(long forMs) {
    if (doing != Doing.NOTHING) {
      lookAgain = true;
      return;
    }
    long dueMs = houseMs() + forMs;
    if (alarm != null && alarm.dueMs <= dueMs) return;
    dropAlarm();
    alarm = at(dueMs, Internal.LOOK);
  }

  private void look() {
    if (doing != Doing.NOTHING) return;
    dropAlarm();
    lookAgain = false;
    doing = Doing.READING;
    reads++;
    readDefault();
  }

  private void readDefault() {
    send(HouseAccount.DEFAULT, new SimulatedAccount.ReadDefault(reads, self()));
  }

  private void onDefaultRead(DefaultRead answer) {
    if (!answer.priced()) {
      rest(SOON_MS);
      return;
    }
    long deficit = Math.max(0, -answer.equityMicros());
    long openLots = answer.exposures().stream().mapToLong(Exposure::closeLots).sum();
    if (deficit == 0 && openLots == 0) {
      rest();
    } else {
      doing = Doing.GATHERING;
      read = answer;
      gathered.clear();
      asked = house.withPositions();
      reads++;
      Map<String, Long> needed = new TreeMap<>();
      for (Exposure exposure : answer.exposures())
        needed.put(exposure.instrument(), exposure.closeLots());
      for (String account : asked)
        send(
            account,
            new SimulatedAccount.ReadCandidates(reads, needed, settings.lookBackMs(), self()));
      if (asked.isEmpty()) gatheredAll();
    }
  }

  private void gatheredAll() {
    DefaultRead of = read;
    if (of == null) return;
    List<Candidate> all = new ArrayList<>();
    gathered.values().forEach(all::addAll);
    tellSelf(
        new Gathered(
            reads, CandidateSelection.ofNode(all, of.exposures(), settings.candidatesMax())));
  }

  private void rest() {
    doing = Doing.NOTHING;
    if (lookAgain) lookIn(settings.settleMs());
  }

  private void rest(long forMs) {
    rest();
    lookIn(forMs);
  }

  private void dropAlarm() {
    if (alarm != null) alarm.cancel();
    alarm = null;
  }

  // ---- beginning

  private void onGathered(@Nullable List<Candidate> candidates) {
    DefaultRead of = read;
    if (of == null) return;
    if (candidates == null) {
      rest(SOON_MS);
      return;
    }
    long nowMs = houseMs();
    AdlInput input =
        new AdlInput(
            Coordination.waveId(POOL, coordination.waves() + 1),
            POOL,
            HouseAccount.DEFAULT,
            nowMs,
            1,
            settings.policy(),
            settings.lookBackMs(),
            settings.candidatesMax(),
            uncountedMicros(of.fundPaidMicros()),
            Math.max(0, -of.equityMicros()),
            of.exposures(),
            CandidateSelection.merge(List.of(candidates), HouseAccount.DEFAULT, of.exposures()));
    Receipt receipt = Receipt.of(input);
    Allocation decided = receipt.allocation();
    WaveSummary last = coordination.last();
    boolean nothingToDo = decided.closings().isEmpty() && decided.takings().isEmpty();
    if (nothingToDo && last != null && last.tells(input.deficitMicros(), decided.unfilled())) {
      rest(settings.retryMs());
      return;
    }
    doing = Doing.CARRYING_OUT;
    countedInMemory = of.fundPaidMicros();
    house.ledger.begins(of.version());
    List<WaveEvent> begun = coordination.begin(receipt, nowMs);
    if (house.without(Fence.WRITTEN_BEFORE_SENT)) {
      for (WaveEvent event : begun)
        if (event instanceof WaveEvent.StepsPlanned planned)
          sendSteps(planned.steps(), coordination.waves() + 1, receipt);
    }
    persist(begun, this::afterWrite);
  }

  private long uncountedMicros(long paidMicros) {
    return house.without(Fence.COUNTED_BY_THE_JOURNAL)
        ? paidMicros - countedInMemory
        : coordination.uncountedMicros(paidMicros);
  }

  // ---- carrying out

  private void afterWrite() {
    if (coordination.wave() == null) finished();
    else carryOut();
  }

  private void carryOut() {
    doing = Doing.CARRYING_OUT;
    AdlWave wave = coordination.wave();
    if (wave == null) return;
    if (wave.pending().isEmpty()) tellSelf(Internal.NEXT);
    else sendSteps();
  }

  private void finished() {
    WaveSummary last = coordination.last();
    if (last == null) return;
    rest(last.unresolved() ? settings.retryMs() : settings.settleMs());
  }

  private void result(WaveCommand result) {
    if (doing != Doing.CARRYING_OUT) return;
    results.add(result);
    if (flushing) return;
    flushing = true;
    tellSelf(Internal.FLUSH);
  }

  private void flush() {
    flushing = false;
    List<WaveCommand> came = results;
    results = new ArrayList<>();
    AdlWave wave = coordination.wave();
    if (wave == null) return;
    AdlWave.Recorded recorded = wave.decideAll(came, houseMs());
    house.ledger.refused(recorded.refused());
    if (recorded.events().isEmpty()) return;
    persist(
        recorded.events(),
        () -> {
          if (wave.pending().isEmpty()) tellSelf(Internal.NEXT);
        });
  }

  private void next() {
    AdlWave wave = coordination.wave();
    if (wave == null) return;
    List<WaveEvent> events = wave.next(houseMs());
    if (!events.isEmpty()) persist(events, this::afterWrite);
  }

  private void sendSteps() {
    AdlWave wave = coordination.wave();
    Receipt receipt = wave == null ? null : wave.receipt();
    if (wave != null && receipt != null) sendSteps(wave.pending(), coordination.waves(), receipt);
  }

  private void sendSteps(List<WaveStep> steps, long wave, Receipt receipt) {
    for (WaveStep step : steps)
      send(
          step.account(),
          new SimulatedAccount.DoStep(
              wave,
              step,
              HouseAccount.DEFAULT,
              receipt.input().atMs(),
              receipt.input().lookBackMs(),
              self()));
  }
}
