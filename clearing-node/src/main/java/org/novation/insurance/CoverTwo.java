package org.novation.insurance;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Cover-2: what the two accounts that would lose most beyond their own money would cost the fund,
 * under each of a list of stress moves (CPMI-IOSCO principles for market infrastructures, principle
 * 4). Mergeable: the largest two of the whole are the largest two of the largest two of its parts,
 * in whatever order and however often they are merged. Immutable.
 *
 * @param moves the two largest under each stress move, in the order of the moves
 */
public record CoverTwo(List<TopTwo> moves) {
  /**
   * The two largest losses under one move, each above 0; an account is empty where there is none.
   * Of equal losses the account that sorts first counts as larger.
   */
  public record TopTwo(String first, long firstMicros, String second, long secondMicros) {
    static final TopTwo NONE = new TopTwo("", 0, "", 0);

    TopTwo with(String account, long micros) {
      if (micros <= 0 || !larger(account, micros, second, secondMicros)) return this;
      if (account.equals(first)) {
        return micros > firstMicros ? new TopTwo(first, micros, second, secondMicros) : this;
      }
      return larger(account, micros, first, firstMicros)
          ? new TopTwo(account, micros, first, firstMicros)
          : new TopTwo(first, firstMicros, account, micros);
    }

    private static boolean larger(String a, long aMicros, String b, long bMicros) {
      return aMicros != bMicros ? aMicros > bMicros : a.compareTo(b) < 0;
    }

    /** Both together. */
    public long micros() {
      return Math.addExact(firstMicros, secondMicros);
    }
  }

  /**
   * The worst move against what is available.
   *
   * @param move the number of the move, from 0
   * @param shortMicros what the fund would lack, at least 0
   */
  public record Coverage(int move, TopTwo losses, long availableMicros, long shortMicros) {
    /** Whether the fund would survive both. */
    public boolean covered() {
      return shortMicros == 0;
    }
  }

  public CoverTwo {
    if (moves.isEmpty()) throw new IllegalArgumentException("at least one stress move");
    moves = List.copyOf(moves);
  }

  /** Nobody loses, under so many moves. */
  public static CoverTwo none(int moves) {
    return new CoverTwo(Collections.nCopies(moves, TopTwo.NONE));
  }

  /**
   * With one more account.
   *
   * @param lossMicros per move what it would lose beyond its own money; 0 or less for nothing
   */
  public CoverTwo with(String account, long[] lossMicros) {
    requireMoves(lossMicros.length);
    List<TopTwo> now = new ArrayList<>(moves.size());
    boolean changed = false;
    for (int move = 0; move < lossMicros.length; move++) {
      TopTwo before = moves.get(move);
      TopTwo after = before.with(account, lossMicros[move]);
      changed |= !after.equals(before);
      now.add(after);
    }
    return changed ? new CoverTwo(now) : this;
  }

  /** With what another part of the pool found. */
  public CoverTwo merge(CoverTwo other) {
    requireMoves(other.moves.size());
    List<TopTwo> now = new ArrayList<>(moves.size());
    for (int move = 0; move < moves.size(); move++) {
      TopTwo found = other.moves.get(move);
      now.add(
          moves
              .get(move)
              .with(found.first(), found.firstMicros())
              .with(found.second(), found.secondMicros()));
    }
    return new CoverTwo(now);
  }

  /** The move that would cost most, of equals the first, against what the fund could pay. */
  public Coverage against(long availableMicros) {
    int worst = 0;
    for (int move = 1; move < moves.size(); move++) {
      if (moves.get(move).micros() > moves.get(worst).micros()) worst = move;
    }
    TopTwo losses = moves.get(worst);
    return new Coverage(
        worst, losses, availableMicros, Math.max(0, losses.micros() - availableMicros));
  }

  private void requireMoves(int number) {
    if (number != moves.size()) {
      throw new IllegalArgumentException(
          moves.size() + " stress moves are reckoned here, not " + number);
    }
  }
}
