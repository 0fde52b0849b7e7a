package org.novation.brake;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.risk.Operation;

/**
 * All pauses of the house; also what is stored of them as a snapshot.
 *
 * @param events so many changes led here: the greater, the newer
 * @param pauses at most one of an operation in a market; those that are over go with the next
 *     change
 * @param sets the newest commands that set one, and {@code clears} that lifted one: their ids are
 *     known
 */
public record PauseBook(
    long events, List<Pause> pauses, List<PauseCommand.Set> sets, List<PauseCommand.Clear> clears) {
  /** Most ids of a kind that are remembered: far more than an operator's tool retries. */
  static final int REMEMBERED_MAX = 256;

  /** Nothing is paused. */
  public static final PauseBook EMPTY = new PauseBook(0, List.of(), List.of(), List.of());

  public PauseBook {
    pauses = List.copyOf(pauses);
    sets = List.copyOf(sets);
    clears = List.copyOf(clears);
  }

  /**
   * What comes of a command.
   *
   * @param event null when it changes nothing: it is refused, or known
   * @param refusal null when it is taken, or was
   */
  public record Decision(@Nullable PauseEvent event, @Nullable PauseRefusal refusal) {
    private static final Decision KNOWN = new Decision(null, null);
  }

  /** Decides a command. Checks in this order: known, in the past, not paused. */
  public Decision decide(PauseCommand command, long nowMs) {
    PauseCommand known = find(command.id());
    if (known != null) {
      return known.equals(command)
          ? Decision.KNOWN
          : refuse(new PauseRefusal.DuplicateWithOtherContent(command.id()));
    }
    return switch (command) {
      case PauseCommand.Set set ->
          set.untilMs() <= nowMs
              ? refuse(new PauseRefusal.InThePast(set.untilMs(), nowMs))
              : new Decision(new PauseEvent.PauseSet(nowMs, set), null);
      case PauseCommand.Clear clear ->
          pauses.stream().noneMatch(p -> p.isOf(clear.operation(), clear.market()) && p.isOn(nowMs))
              ? refuse(new PauseRefusal.NotPaused(clear.operation(), clear.market()))
              : new Decision(new PauseEvent.PauseCleared(nowMs, clear), null);
    };
  }

  private static Decision refuse(PauseRefusal why) {
    return new Decision(null, why);
  }

  private @Nullable PauseCommand find(String id) {
    return Stream.<PauseCommand>concat(sets.stream(), clears.stream())
        .filter(known -> known.id().equals(id))
        .findFirst()
        .orElse(null);
  }

  /** Records an event; judges nothing. */
  public PauseBook apply(PauseEvent event) {
    long nowMs = event.atMs();
    return switch (event) {
      case PauseEvent.PauseSet(var atMs, var set) -> {
        Pause pause =
            new Pause(
                set.operation(), set.market(), set.untilMs(), set.reason(), set.operator(), atMs);
        Stream<Pause> others = others(pause.operation(), pause.market(), nowMs);
        List<Pause> then = Stream.concat(others, Stream.of(pause)).toList();
        yield new PauseBook(events + 1, then, newest(sets, set), clears);
      }
      case PauseEvent.PauseCleared(var _, var clear) ->
          new PauseBook(
              events + 1,
              others(clear.operation(), clear.market(), nowMs).toList(),
              sets,
              newest(clears, clear));
    };
  }

  private Stream<Pause> others(Operation operation, String market, long nowMs) {
    return pauses.stream().filter(p -> !p.isOf(operation, market) && p.isOn(nowMs));
  }

  private static <C> List<C> newest(List<C> known, C command) {
    int from = Math.max(0, known.size() + 1 - REMEMBERED_MAX);
    return Stream.concat(known.subList(from, known.size()).stream(), Stream.of(command)).toList();
  }
}
