package org.novation.deleveraging;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.deleveraging.Allocation.Closing;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.Allocation.Unfilled;
import org.novation.deleveraging.WaveCommand.Begin;
import org.novation.deleveraging.WaveCommand.Changed;
import org.novation.deleveraging.WaveCommand.Done;
import org.novation.deleveraging.WaveDecision.Accepted;
import org.novation.deleveraging.WaveDecision.Refused;
import org.novation.deleveraging.WaveEvent.ReceiptPart;
import org.novation.deleveraging.WaveEvent.StepDone;
import org.novation.deleveraging.WaveEvent.StepReplaced;
import org.novation.deleveraging.WaveEvent.StepsPlanned;
import org.novation.deleveraging.WaveEvent.WaveBegun;
import org.novation.deleveraging.WaveEvent.WaveFinished;
import org.novation.deleveraging.WaveStep.Kind;

/**
 * One wave of auto-deleveraging, as its journal tells it: begun with a receipt, carried out in
 * rounds, finished. First contracts close, then profit is taken, then the defaulter is paid. A
 * round is over when each of its steps is known to be done or refused; the next one makes up for
 * what was refused or fell short, with whom the policy chooses among those left.
 *
 * <p>To drive it: after every write, and after a recovery, write what {@link #next} says until it
 * says nothing, publish the hash, then send every step of {@link #pending}. That may happen any
 * number of times: accounts know a step by its id, and a result is recorded once. At every moment
 * taken = paid + {@link #heldMicros()}, so that accounts and waves together neither gain nor lose.
 *
 * <p>What it needs of an account: a step that it has done is answered done with the same amount,
 * before anything else is looked at; a closing is done if the account is at the step's version, and
 * is refused for ever otherwise, for versions only grow.
 *
 * <p>Changed by {@link #apply} alone, which judges nothing again. Owned by one thread at a time.
 */
public final class AdlWave {
  /** Most rounds of closings, and of takings: what is missing then is recorded as missing. */
  public static final int ROUNDS_MAX = 64;

  /** Largest receipt; see {@link CandidateSelection#merge}, which keeps to it. */
  public static final int RECEIPT_BYTES_MAX = 64 << 20;

  static final int PART_BYTES = 256 << 10;
  static final int STEPS_PER_EVENT = 1_000;

  private record Position(String instrument, String account) {}

  /** A result; null in its step until known. {@code done}: or else replaced. */
  private record Result(boolean done, long micros) {}

  private long events;
  private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
  private @Nullable WaveBegun begun; // Null until begun, like the receipt.
  private @Nullable Receipt receipt;
  private @Nullable WaveFinished end; // Null until finished.

  private final Map<String, WaveStep> steps = new LinkedHashMap<>();
  private final Map<String, Result> results = new HashMap<>();
  private final Map<String, WaveStep> open = new LinkedHashMap<>();
  private int round;
  private int closeRounds;
  private int takeRounds;
  private boolean payPlanned;

  private final Map<String, Exposure> exposures = new HashMap<>(); // As in the receipt.
  private final Map<Position, Long> closableLots = new HashMap<>(); // Likewise.
  private final Map<Position, Long> closedLots = new HashMap<>();
  private final Map<String, Long> closedOf = new HashMap<>(); // By instrument.
  private final Map<String, Long> versions = new HashMap<>(); // That our own closings left behind.
  private final Set<String> changed = new HashSet<>();
  private final Map<Position, Long> takenOf = new HashMap<>();
  private final Map<String, Long> takenFrom = new HashMap<>(); // By account, what it really gave.
  private final Set<String> exhausted = new HashSet<>();
  private final Map<String, Long> givenOf = new HashMap<>(); // By prices other than the mark.
  private long gained; // The sum of these.
  private long taken;
  private long paid;
  private int hedgesBroken;

  // ---- what it says

  /** How many events made this state; the sequence number of the last. */
  public long events() {
    return events;
  }

  /** What it was begun with; null before. */
  public @Nullable Receipt receipt() {
    return receipt;
  }

  public boolean begun() {
    return receipt != null;
  }

  public boolean finished() {
    return end != null;
  }

  /** Steps whose result is not known: to be sent, and sent again. */
  public List<WaveStep> pending() {
    return List.copyOf(open.values());
  }

  /** Taken from profit so far. */
  public long takenMicros() {
    return taken;
  }

  /**
   * What each account gave up so far: by the price of a closing against the mark, negative where it
   * gained, and out of its profit.
   */
  public Map<String, Long> lossesMicros() {
    Map<String, Long> losses = new HashMap<>(givenOf);
    takenFrom.forEach((account, micros) -> losses.merge(account, micros, Math::addExact));
    return losses;
  }

  /** Paid to the defaulter so far. */
  public long paidMicros() {
    return paid;
  }

  /** Taken and not yet paid: money that only this wave has. */
  public long heldMicros() {
    return taken - paid;
  }

  /** Lots closed so far, without sign. */
  public long closedLots() {
    return closedOf.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Closings that were refused because their account had changed. */
  public int replaced() {
    return changed.size();
  }

  /**
   * How far it has come.
   *
   * @param wave its running number
   * @throws IllegalStateException before it has begun
   */
  WaveSummary summary(long wave) {
    WaveBegun begunAs = begun;
    if (begunAs == null) throw new IllegalStateException("the wave has not begun");
    WaveSummary ends = WaveSummary.of(wave, begunAs, end);
    if (end != null) return ends;
    return new WaveSummary(
        wave,
        ends.waveId(),
        ends.sha256(),
        ends.policy(),
        ends.beganAtMs(),
        0,
        ends.deficitMicros(),
        ends.neededLots(),
        ends.candidates(),
        steps.size(),
        open.size(),
        changed.size(),
        closedLots(),
        taken,
        paid,
        0,
        0,
        0,
        List.of(),
        ends.fundMicros());
  }

  // ---- decide

  /** What is to be recorded of several results, in one write; and of which nothing can be. */
  public record Recorded(List<WaveEvent> events, List<WaveRefusal> refused) {
    public Recorded {
      events = List.copyOf(events);
      refused = List.copyOf(refused);
    }
  }

  /**
   * Judges results of steps that came together; each is judged as if those before it were known.
   */
  public Recorded decideAll(List<WaveCommand> results, long nowMs) {
    Map<String, WaveCommand> first = new LinkedHashMap<>();
    List<WaveEvent> events = new ArrayList<>();
    List<WaveRefusal> refused = new ArrayList<>();
    for (WaveCommand result : results) {
      switch (decide(result, nowMs)) {
        case Refused(var why) -> refused.add(why);
        case Accepted(var accepted) -> {
          for (WaveEvent event : accepted) {
            WaveCommand before = first.putIfAbsent(stepId(event), result);
            if (before == null) events.add(numbered(event, events() + events.size() + 1));
            else if (!sameResult(before, result))
              refused.add(new WaveRefusal.DuplicateWithOtherContent(stepId(event)));
          }
        }
      }
    }
    return new Recorded(events, refused);
  }

  /** Whose result it is. */
  static String stepId(WaveEvent result) {
    return switch (result) {
      case StepDone done -> done.stepId();
      case StepReplaced replaced -> replaced.stepId();
      case ReceiptPart _, WaveBegun _, StepsPlanned _, WaveFinished _ ->
          throw new IllegalStateException("no result: " + result);
    };
  }

  private static WaveEvent numbered(WaveEvent result, long number) {
    return switch (result) {
      case StepDone(var _, var atMs, var stepId, var micros, var version) ->
          new StepDone(number, atMs, stepId, micros, version);
      case StepReplaced(var _, var atMs, var stepId, var version) ->
          new StepReplaced(number, atMs, stepId, version);
      case ReceiptPart _, WaveBegun _, StepsPlanned _, WaveFinished _ ->
          throw new IllegalStateException("no result: " + result);
    };
  }

  /** As {@link #decide} has it: the amount counts, the version does not. */
  private static boolean sameResult(WaveCommand one, WaveCommand other) {
    return switch (one) {
      case Done done -> other instanceof Done again && again.micros() == done.micros();
      case Changed _ -> other instanceof Changed;
      case Begin _ -> false;
    };
  }

  /** Judges a command. What is known already is accepted without events. */
  public WaveDecision decide(WaveCommand command, long nowMs) {
    return switch (command) {
      case Begin(var offered) -> decideBegin(offered, nowMs);
      case Done done -> decideDone(done, nowMs);
      case Changed refused -> decideChanged(refused, nowMs);
    };
  }

  private WaveDecision decideBegin(Receipt offered, long nowMs) {
    if (receipt != null) {
      return receipt.sha256().equals(offered.sha256())
          ? new Accepted(List.of())
          : refuse(new WaveRefusal.DuplicateWithOtherContent(offered.input().waveId()));
    }
    ReceiptVerifier.Verdict verdict = ReceiptVerifier.verify(offered);
    if (!verdict.equal()) {
      return refuse(new WaveRefusal.FalseReceipt(verdict.differences().getFirst().toString()));
    }
    byte[] bytes = offered.bytes();
    if (bytes.length > RECEIPT_BYTES_MAX) {
      return refuse(new WaveRefusal.FalseReceipt(bytes.length + " bytes are too many"));
    }
    List<WaveEvent> events = new ArrayList<>();
    for (int from = 0; from < bytes.length; from += PART_BYTES) {
      int to = Math.min(bytes.length, from + PART_BYTES);
      events.add(
          new ReceiptPart(
              events() + events.size() + 1, nowMs, Arrays.copyOfRange(bytes, from, to)));
    }
    events.add(begun(events() + events.size() + 1, nowMs, offered.sha256(), offered.input()));
    return new Accepted(events);
  }

  private static WaveBegun begun(long number, long nowMs, String sha256, AdlInput input) {
    return new WaveBegun(
        number,
        nowMs,
        input.waveId(),
        sha256,
        input.policy(),
        input.deficitMicros(),
        input.exposures().stream().mapToLong(Exposure::closeLots).sum(),
        input.candidates().size(),
        input.fundMicros());
  }

  private WaveDecision decideDone(Done done, long nowMs) {
    WaveStep step = steps.get(done.stepId());
    if (step == null) return refuse(new WaveRefusal.UnknownStep(done.stepId()));
    Result known = results.get(done.stepId());
    if (known != null) {
      return known.done && known.micros == done.micros()
          ? new Accepted(List.of())
          : refuse(new WaveRefusal.DuplicateWithOtherContent(done.stepId()));
    }
    boolean whole = step.kind() != Kind.TAKE;
    if (done.micros() < 0
        || done.micros() > step.micros()
        || (whole && done.micros() != step.micros())) {
      return refuse(new WaveRefusal.BadAmount(done.micros(), step.micros()));
    }
    return new Accepted(
        List.of(new StepDone(events() + 1, nowMs, done.stepId(), done.micros(), done.version())));
  }

  private WaveDecision decideChanged(Changed refused, long nowMs) {
    WaveStep step = steps.get(refused.stepId());
    if (step == null) return refuse(new WaveRefusal.UnknownStep(refused.stepId()));
    if (step.kind() != Kind.CLOSE) return refuse(new WaveRefusal.NotAClosing(refused.stepId()));
    Result known = results.get(refused.stepId());
    if (known != null) {
      return known.done
          ? refuse(new WaveRefusal.DuplicateWithOtherContent(refused.stepId()))
          : new Accepted(List.of());
    }
    return new Accepted(
        List.of(new StepReplaced(events() + 1, nowMs, refused.stepId(), refused.version())));
  }

  private static WaveDecision refuse(WaveRefusal why) {
    return new Refused(why);
  }

  // ---- what comes next

  /**
   * What follows from here without anybody's doing: the steps of the next round, or the end.
   * Nothing while a step is open, before the beginning and after the end.
   */
  public List<WaveEvent> next(long nowMs) {
    if (receipt == null || end != null || !open.isEmpty()) return List.of();
    if (takeRounds == 0 && !payPlanned) {
      List<WaveStep> closings = closings(receipt);
      if (!closings.isEmpty()) return planned(closings, nowMs);
    }
    if (!payPlanned) {
      List<WaveStep> takings = takings(receipt);
      if (!takings.isEmpty()) return planned(takings, nowMs);
      if (heldMicros() > 0) {
        String defaulter = receipt.input().defaulter();
        return planned(
            List.of(new WaveStep(id(0), Kind.PAY, "", defaulter, 0, 0, 0, heldMicros(), List.of())),
            nowMs);
      }
    }
    return List.of(end(receipt.input(), nowMs));
  }

  private List<WaveEvent> planned(List<WaveStep> steps, long nowMs) {
    List<WaveEvent> events = new ArrayList<>();
    for (int from = 0; from < steps.size(); from += STEPS_PER_EVENT) {
      int to = Math.min(steps.size(), from + STEPS_PER_EVENT);
      events.add(
          new StepsPlanned(
              events() + events.size() + 1, nowMs, round + 1, steps.subList(from, to)));
    }
    return events;
  }

  private WaveFinished end(AdlInput input, long nowMs) {
    List<Unfilled> unfilled = new ArrayList<>();
    for (Exposure exposure : uncovered(input)) {
      if (exposure.closeLots() > 0) {
        unfilled.add(new Unfilled(exposure.instrument(), exposure.closeLots()));
      }
    }
    long haircut = Math.addExact(taken, gained);
    long left = input.deficitMicros() - Math.clamp(haircut, 0, input.deficitMicros());
    return new WaveFinished(
        events() + 1,
        nowMs,
        steps.size(),
        changed.size(),
        closedLots(),
        taken,
        haircut,
        left,
        hedgesBroken,
        unfilled);
  }

  /** Closings that are still needed; one per account and round, since each moves its version. */
  private List<WaveStep> closings(Receipt receipt) {
    List<Closing> chosen = closeRounds == 0 ? receipt.allocation().closings() : chosenAnew(receipt);
    List<WaveStep> closings = new ArrayList<>();
    Set<String> accounts = new HashSet<>();
    for (Closing each : chosen) {
      if (!accounts.add(each.account())) continue;
      closings.add(
          new WaveStep(
              id(closings.size()),
              Kind.CLOSE,
              each.instrument(),
              each.account(),
              each.version(),
              each.lots(),
              each.priceTicks(),
              0,
              List.of()));
    }
    return closings;
  }

  private List<Closing> chosenAnew(Receipt receipt) {
    AdlInput input = receipt.input();
    List<Exposure> exposures = uncovered(input);
    if (closeRounds >= ROUNDS_MAX || exposures.stream().allMatch(each -> each.closeLots() == 0)) {
      return List.of();
    }
    List<Candidate> left = new ArrayList<>();
    for (Candidate candidate : input.candidates()) {
      if (changed.contains(candidate.account())) continue;
      long closed = closedLots.getOrDefault(position(candidate), 0L);
      if (closed == Math.abs(candidate.lots())) continue;
      long version = versions.getOrDefault(candidate.account(), candidate.version());
      long given = givenOf.getOrDefault(candidate.account(), 0L);
      left.add(candidate.without(closed, version, given));
    }
    return allocate(input.remaining(0, exposures, left), new long[left.size()]).closings();
  }

  /** The defaulter's exposures with what is still to close. */
  private List<Exposure> uncovered(AdlInput input) {
    return input.exposures().stream()
        .map(
            each ->
                each.withCloseLots(each.closeLots() - closedOf.getOrDefault(each.instrument(), 0L)))
        .toList();
  }

  /** Takings that are still needed, one per account. */
  private List<WaveStep> takings(Receipt receipt) {
    Map<String, List<Taking>> byAccount = new LinkedHashMap<>();
    List<Taking> chosen =
        takeRounds == 0 ? receipt.allocation().takings() : takenAnew(receipt.input());
    for (Taking each : chosen) {
      byAccount.computeIfAbsent(each.account(), _ -> new ArrayList<>(1)).add(each);
    }
    List<WaveStep> takings = new ArrayList<>();
    byAccount.forEach(
        (account, parts) -> {
          long micros = parts.stream().mapToLong(Taking::totalMicros).sum();
          takings.add(
              new WaveStep(id(takings.size()), Kind.TAKE, "", account, 0, 0, 0, micros, parts));
        });
    return takings;
  }

  private List<Taking> takenAnew(AdlInput input) {
    long deficit = input.deficitMicros() - taken;
    if (takeRounds >= ROUNDS_MAX || deficit == 0) return List.of();
    long[] bases = input.baseMicros();
    for (int n = 0; n < bases.length; n++) {
      Candidate candidate = input.candidates().get(n);
      long before = takenOf.getOrDefault(position(candidate), 0L);
      bases[n] = exhausted.contains(candidate.account()) ? 0 : bases[n] - before;
    }
    List<Exposure> none = input.exposures().stream().map(each -> each.withCloseLots(0)).toList();
    return allocate(input.remaining(deficit, none, input.candidates()), bases).takings();
  }

  private static Allocation allocate(AdlInput input, long[] bases) {
    return AdlPolicy.of(input.policy()).allocate(input, bases);
  }

  private String id(int step) {
    return Objects.requireNonNull(receipt).input().waveId() + "." + (round + 1) + "." + step;
  }

  private static Position position(Candidate candidate) {
    return new Position(candidate.instrument(), candidate.account());
  }

  // ---- apply

  /**
   * Records what was decided; judges nothing again.
   *
   * @throws IllegalStateException when the event cannot follow: the journal is wrong
   */
  public void apply(WaveEvent event) {
    if (event.number() != events() + 1 || end != null) {
      throw new IllegalStateException("event " + event.number() + " cannot follow " + events());
    }
    switch (event) {
      case ReceiptPart part -> parts.writeBytes(part.bytes());
      case WaveBegun begun -> begin(begun);
      case StepsPlanned planned -> plan(planned);
      case StepDone done -> record(done);
      case StepReplaced replaced -> {
        WaveStep step = resolve(replaced.stepId(), new Result(false, 0));
        changed.add(step.account());
      }
      case WaveFinished finished -> {
        if (heldMicros() != 0) {
          throw new IllegalStateException("a wave finishes with " + heldMicros() + " unpaid");
        }
        end = finished;
      }
    }
    events++;
  }

  private void begin(WaveBegun event) {
    Receipt stored = Receipt.read(parts.toByteArray());
    WaveBegun of = begun(event.number(), event.atMs(), stored.sha256(), stored.input());
    if (receipt != null || !(event.equals(of) || event.equals(of.withoutFund()))) {
      throw new IllegalStateException("the stored receipt is not the one that was published");
    }
    begun = event;
    receipt = stored;
    parts.reset();
    stored.input().exposures().forEach(each -> exposures.put(each.instrument(), each));
    for (Candidate candidate : stored.input().candidates()) {
      closableLots.put(position(candidate), candidate.closableLots());
    }
  }

  private void plan(StepsPlanned event) {
    if (event.round() > round) {
      round = event.round();
      switch (event.steps().getFirst().kind()) {
        case CLOSE -> closeRounds++;
        case TAKE -> takeRounds++;
        case PAY -> payPlanned = true;
      }
    }
    for (WaveStep step : event.steps()) {
      if (steps.put(step.id(), step) != null) {
        throw new IllegalStateException("step " + step.id() + " is planned twice");
      }
      open.put(step.id(), step);
    }
  }

  private void record(StepDone event) {
    WaveStep step = resolve(event.stepId(), new Result(true, event.micros()));
    switch (step.kind()) {
      case CLOSE -> {
        long lots = Math.abs(step.lots());
        closedOf.merge(step.instrument(), lots, Math::addExact);
        versions.put(step.account(), event.version());
        count(step, lots);
      }
      case TAKE -> {
        taken = Math.addExact(taken, event.micros());
        takenFrom.merge(step.account(), event.micros(), Math::addExact);
        if (event.micros() < step.micros()) exhausted.add(step.account());
        for (Taking part : step.parts()) {
          takenOf.merge(
              new Position(part.instrument(), part.account()), part.totalMicros(), Long::sum);
        }
      }
      case PAY -> paid = Math.addExact(paid, event.micros());
    }
    if (heldMicros() < 0) throw new IllegalStateException("a wave paid more than it took");
  }

  /** What a closing gave up by its price, and whether it broke a hedge. */
  private void count(WaveStep step, long lots) {
    Exposure exposure = Objects.requireNonNull(exposures.get(step.instrument()));
    long gain = exposure.gainMicros(lots, step.priceTicks());
    gained = Math.addExact(gained, gain);
    givenOf.merge(step.account(), gain, Math::addExact);
    Position position = new Position(step.instrument(), step.account());
    long closable = closableLots.getOrDefault(position, 0L);
    long closed = closedLots.merge(position, lots, Long::sum);
    if (closed > closable && closed - lots <= closable) hedgesBroken++;
  }

  private WaveStep resolve(String stepId, Result result) {
    WaveStep step = open.remove(stepId);
    if (step == null) throw new IllegalStateException("no open step " + stepId);
    results.put(stepId, result);
    return step;
  }
}
