package org.novation.clearing;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.GiveUpCase.Stage;
import org.novation.clearing.GiveUpEvent.GiveUpAccepted;
import org.novation.clearing.GiveUpEvent.GiveUpCancelled;
import org.novation.clearing.GiveUpEvent.GiveUpDone;
import org.novation.clearing.GiveUpEvent.GiveUpProposed;
import org.novation.clearing.GiveUpEvent.GiveUpRefused;
import org.novation.clearing.GiveUpEvent.GiveUpsPermitted;

/**
 * What was given up to one account; also what is stored of it as a snapshot. A leg moves when the
 * owner of this account accepts it, or has permitted all of the giving account, and both accounts
 * can take their sides; it is cleared as a trade of an id of its own, so that whatever is forgotten
 * or repeated here, the accounts have it once.
 *
 * @param cases oldest first
 * @param permitted accounts whose give-ups are accepted without asking
 */
public record GiveUpBook(long events, List<GiveUpCase> cases, List<String> permitted) {
  /** Most that are open, and most accounts that are permitted. */
  public static final int OPEN_MAX = 1_024;

  /** Most that are open of one giving account: none fills the book for the others. */
  public static final int OPEN_OF_ONE_MAX = 64;

  /** Most that are over and still told of. */
  public static final int OVER_MAX = 256;

  /** Nothing was ever given up to the account. */
  public static final GiveUpBook EMPTY = new GiveUpBook(0, List.of(), List.of());

  public GiveUpBook {
    cases = List.copyOf(cases);
    permitted = List.copyOf(permitted);
  }

  /**
   * What comes of a command.
   *
   * @param events none when it changes nothing: it is refused, or was done before
   * @param refusal null when it is taken, or was
   */
  public record Decision(List<GiveUpEvent> events, @Nullable GiveUpRefusal refusal) {
    private static final Decision KNOWN = new Decision(List.of(), null);

    public Decision {
      events = List.copyOf(events);
    }
  }

  /** The newest of this key; null when there is none, or it is forgotten. */
  public @Nullable GiveUpCase find(String key) {
    for (GiveUpCase each : cases.reversed()) if (each.giveUp().key().equals(key)) return each;
    return null;
  }

  /**
   * Decides a command.
   *
   * @param nowMs house time
   * @param windowMs how long after its novation a leg may be given up
   */
  public Decision decide(GiveUpCommand command, long nowMs, long windowMs) {
    return switch (command) {
      case GiveUpCommand.Propose(var giveUp) -> propose(giveUp, nowMs, windowMs);
      case GiveUpCommand.Accept(var key) -> accept(key, nowMs, windowMs);
      case GiveUpCommand.Cancel(var key) -> cancel(key, nowMs);
      case GiveUpCommand.Permit permit -> permit(permit, nowMs);
      case GiveUpCommand.Note note -> note(note, nowMs);
    };
  }

  /** Checks in this order: known, too old, no room. */
  private Decision propose(GiveUp giveUp, long nowMs, long windowMs) {
    GiveUpCase known = find(giveUp.key());
    if (known != null && (known.open() || known.stage() == Stage.DONE)) return Decision.KNOWN;
    GiveUpRefusal old = tooOld(giveUp, nowMs, windowMs);
    if (old != null) return refuse(old);
    long open = cases.stream().filter(GiveUpCase::open).count();
    if (open >= OPEN_MAX) return refuse(new GiveUpRefusal.TooMany(OPEN_MAX));
    long ofOne =
        cases.stream().filter(c -> c.open() && c.giveUp().from().equals(giveUp.from())).count();
    if (ofOne >= OPEN_OF_ONE_MAX) return refuse(new GiveUpRefusal.TooMany(OPEN_OF_ONE_MAX));
    List<GiveUpEvent> events = new ArrayList<>(2);
    events.add(new GiveUpProposed(this.events + 1, nowMs, giveUp));
    if (permitted.contains(giveUp.from()))
      events.add(new GiveUpAccepted(this.events + 2, nowMs, giveUp.key(), true));
    return new Decision(events, null);
  }

  /** Checks in this order: unknown, decided, too old. */
  private Decision accept(String key, long nowMs, long windowMs) {
    GiveUpCase known = find(key);
    if (known == null) return refuse(unknown(key));
    return switch (known.stage()) {
      case ACCEPTED, DONE -> Decision.KNOWN;
      case CANCELLED -> refuse(decided(known));
      case PROPOSED, REFUSED -> {
        GiveUpRefusal old = tooOld(known.giveUp(), nowMs, windowMs);
        // Each attempt is a trade of its own: no two at the same moment.
        long atMs = Math.max(nowMs, known.acceptedAtMs() + 1);
        yield old != null
            ? refuse(old)
            : new Decision(List.of(new GiveUpAccepted(events + 1, atMs, key, false)), null);
      }
    };
  }

  private Decision cancel(String key, long nowMs) {
    GiveUpCase known = find(key);
    if (known == null) return refuse(unknown(key));
    return switch (known.stage()) {
      case CANCELLED -> Decision.KNOWN;
      case ACCEPTED, DONE -> refuse(decided(known));
      case PROPOSED, REFUSED ->
          new Decision(List.of(new GiveUpCancelled(events + 1, nowMs, key)), null);
    };
  }

  private Decision permit(GiveUpCommand.Permit permit, long nowMs) {
    if (permitted.contains(permit.from()) == permit.permitted()) return Decision.KNOWN;
    if (permit.permitted() && permitted.size() >= OPEN_MAX)
      return refuse(new GiveUpRefusal.TooMany(OPEN_MAX));
    return new Decision(
        List.of(new GiveUpsPermitted(events + 1, nowMs, permit.from(), permit.permitted())), null);
  }

  private Decision note(GiveUpCommand.Note note, long nowMs) {
    GiveUpCase known = find(note.key());
    if (known == null
        || known.stage() != Stage.ACCEPTED
        || known.acceptedAtMs() != note.acceptedAtMs()) return Decision.KNOWN;
    return new Decision(
        List.of(
            note.refusal().isEmpty()
                ? new GiveUpDone(events + 1, nowMs, note.key())
                : new GiveUpRefused(events + 1, nowMs, note.key(), note.refusal())),
        null);
  }

  private static GiveUpRefusal unknown(String key) {
    String[] parts = key.split("/", 4);
    return new GiveUpRefusal.Unknown(parts[2], parts[3]);
  }

  private static GiveUpRefusal decided(GiveUpCase known) {
    return new GiveUpRefusal.Decided(known.giveUp().tradeId(), known.stage());
  }

  private static @Nullable GiveUpRefusal tooOld(GiveUp giveUp, long nowMs, long windowMs) {
    long oldestMs = nowMs - windowMs;
    return giveUp.novatedAtMs() < oldestMs
        ? new GiveUpRefusal.TooOld(giveUp.novatedAtMs(), oldestMs)
        : null;
  }

  private static Decision refuse(GiveUpRefusal why) {
    return new Decision(List.of(), why);
  }

  /** Records an event; judges nothing. Of what is over, the oldest is forgotten. */
  public GiveUpBook apply(GiveUpEvent event) {
    if (event.number() != events + 1)
      throw new IllegalStateException("event " + event.number() + " follows event " + events);
    List<GiveUpCase> after = new ArrayList<>(cases);
    Set<String> allowed = new TreeSet<>(permitted);
    switch (event) {
      case GiveUpProposed(_, _, var giveUp) -> {
        after.removeIf(each -> each.giveUp().key().equals(giveUp.key()));
        after.add(new GiveUpCase(giveUp, Stage.PROPOSED, 0, ""));
      }
      case GiveUpAccepted(_, var atMs, var key, _) -> change(after, key, Stage.ACCEPTED, atMs, "");
      case GiveUpDone(_, _, var key) -> change(after, key, Stage.DONE, 0, "");
      case GiveUpRefused(_, _, var key, var refusal) ->
          change(after, key, Stage.REFUSED, 0, refusal);
      case GiveUpCancelled(_, _, var key) -> change(after, key, Stage.CANCELLED, 0, "");
      case GiveUpsPermitted(_, _, var from, var is) -> {
        if (is) allowed.add(from);
        else allowed.remove(from);
      }
    }
    long over = after.stream().filter(each -> !each.open()).count();
    if (over > OVER_MAX)
      after.remove(after.stream().filter(each -> !each.open()).findFirst().orElseThrow());
    return new GiveUpBook(event.number(), after, List.copyOf(allowed));
  }

  private static void change(
      List<GiveUpCase> cases, String key, Stage stage, long acceptedAtMs, String refusal) {
    for (int n = 0; n < cases.size(); n++) {
      GiveUpCase of = cases.get(n);
      if (!of.giveUp().key().equals(key)) continue;
      long atMs = acceptedAtMs == 0 ? of.acceptedAtMs() : acceptedAtMs;
      cases.set(n, new GiveUpCase(of.giveUp(), stage, atMs, refusal));
      return;
    }
    throw new IllegalStateException("there is no " + key);
  }
}
