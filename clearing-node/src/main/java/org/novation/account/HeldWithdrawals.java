package org.novation.account;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has left the account's balances for withdrawals that are not over, and the highest number of
 * a withdrawal that the account has seen. Custody asks for one at a time, in the order of their
 * numbers; so whatever comes with a number up to that one is a repetition, and nothing else need be
 * remembered to book each once. Immutable.
 *
 * @param seen 0 when none was
 * @param open in the order of their numbers
 */
public record HeldWithdrawals(long seen, List<Held> open) {
  /** Nothing was ever withdrawn. */
  public static final HeldWithdrawals NONE = new HeldWithdrawals(0, List.of());

  /** Most at a time. */
  public static final int OPEN_MAX = 256;

  /** What is held for one; {@code amount} in the asset's smallest unit. */
  public record Held(long withdrawal, String asset, long amount) {}

  public HeldWithdrawals {
    open = List.copyOf(open);
  }

  /** What is held for a withdrawal; null when nothing is. */
  public @Nullable Held find(long withdrawal) {
    for (Held held : open) {
      if (held.withdrawal() == withdrawal) return held;
    }
    return null;
  }

  /** Whether it was held before, or returned before it came. */
  boolean hasSeen(long withdrawal) {
    return withdrawal <= seen;
  }

  HeldWithdrawals with(Held held) {
    if (hasSeen(held.withdrawal()))
      throw new IllegalStateException("withdrawal " + held.withdrawal() + " is held twice");
    List<Held> more = new ArrayList<>(open);
    more.add(held);
    return new HeldWithdrawals(held.withdrawal(), more);
  }

  /** Over, or never to be held. */
  HeldWithdrawals without(long withdrawal) {
    List<Held> fewer = new ArrayList<>(open);
    fewer.removeIf(held -> held.withdrawal() == withdrawal);
    return new HeldWithdrawals(Math.max(seen, withdrawal), fewer);
  }
}
