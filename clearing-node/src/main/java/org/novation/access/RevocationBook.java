package org.novation.access;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is taken back; also what is stored of it as a snapshot, and what nodes are told.
 *
 * @param events so many changes led here: the greater, the newer
 * @param tokens oldest first
 * @param principals oldest first, each name once
 */
public record RevocationBook(
    long events, List<RevokedToken> tokens, List<RevokedPrincipal> principals) {
  /** Most tokens, and most callers: both fit into one message between nodes. */
  public static final int ENTRIES_MAX = 1_024;

  /** Longer than any token lasts, clocks that differ included. */
  public static final Duration KEPT = Duration.ofDays(32);

  /** Nothing is taken back. */
  public static final RevocationBook EMPTY = new RevocationBook(0, List.of(), List.of());

  /** A token that counts no more. */
  public record RevokedToken(String tokenId, long atMs) {}

  /** A caller whose tokens of before a moment count no more. */
  public record RevokedPrincipal(String name, long notBeforeMs, long atMs) {}

  public RevocationBook {
    tokens = List.copyOf(tokens);
    principals = List.copyOf(principals);
  }

  /**
   * What comes of a command.
   *
   * @param event null when it changes nothing: it is refused, or was done before
   * @param refusal null when it is taken, or was
   */
  public record Decision(@Nullable RevocationEvent event, @Nullable RevocationRefusal refusal) {
    private static final Decision KNOWN = new Decision(null, null);
  }

  /**
   * Decides a command. Checks in this order: in the future, known, no room.
   *
   * @param nowMs wall time, as tokens go by it
   */
  public Decision decide(RevocationCommand command, long nowMs) {
    return switch (command) {
      case RevocationCommand.RevokeToken(var id, var reason, var operator) -> {
        if (tokens.stream().anyMatch(known -> known.tokenId().equals(id))) yield Decision.KNOWN;
        if (kept(tokens, known -> isKept(known.atMs(), nowMs)).count() >= ENTRIES_MAX)
          yield refuse(new RevocationRefusal.TooMany(ENTRIES_MAX));
        yield new Decision(new RevocationEvent.TokenRevoked(nowMs, id, reason, operator), null);
      }
      case RevocationCommand.RevokePrincipal(var name, var asked, var reason, var operator) -> {
        long notBeforeMs = asked == 0 ? nowMs : asked;
        if (notBeforeMs > nowMs)
          yield refuse(new RevocationRefusal.InTheFuture(notBeforeMs, nowMs));
        RevokedPrincipal known = find(name);
        if (known != null && known.notBeforeMs() >= notBeforeMs) yield Decision.KNOWN;
        if (known == null
            && kept(principals, other -> isKept(other.atMs(), nowMs)).count() >= ENTRIES_MAX)
          yield refuse(new RevocationRefusal.TooMany(ENTRIES_MAX));
        yield new Decision(
            new RevocationEvent.PrincipalRevoked(nowMs, name, notBeforeMs, reason, operator), null);
      }
    };
  }

  private static Decision refuse(RevocationRefusal why) {
    return new Decision(null, why);
  }

  private @Nullable RevokedPrincipal find(String name) {
    return principals.stream().filter(p -> p.name().equals(name)).findFirst().orElse(null);
  }

  /** Records an event; judges nothing. What can be about no valid token any more goes. */
  public RevocationBook apply(RevocationEvent event) {
    long nowMs = event.atMs();
    Stream<RevokedToken> keptTokens = kept(tokens, known -> isKept(known.atMs(), nowMs));
    Stream<RevokedPrincipal> keptPrincipals = kept(principals, p -> isKept(p.atMs(), nowMs));
    return switch (event) {
      case RevocationEvent.TokenRevoked(var atMs, var id, _, _) ->
          new RevocationBook(
              events + 1,
              Stream.concat(keptTokens, Stream.of(new RevokedToken(id, atMs))).toList(),
              keptPrincipals.toList());
      case RevocationEvent.PrincipalRevoked(var atMs, var name, var notBeforeMs, _, _) ->
          new RevocationBook(
              events + 1,
              keptTokens.toList(),
              Stream.concat(
                      keptPrincipals.filter(other -> !other.name().equals(name)),
                      Stream.of(new RevokedPrincipal(name, notBeforeMs, atMs)))
                  .toList());
    };
  }

  private static <T> Stream<T> kept(List<T> entries, Predicate<T> kept) {
    return entries.stream().filter(kept);
  }

  private static boolean isKept(long atMs, long nowMs) {
    return atMs > nowMs - KEPT.toMillis();
  }
}
