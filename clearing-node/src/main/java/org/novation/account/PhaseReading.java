package org.novation.account;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountEvent.LiquidationChanged;
import org.novation.account.AccountEvent.Phase;
import org.novation.risk.Health;

/**
 * Where an account stands between health and the end of its liquidation, as others hear of it. Only
 * news: the account's journal is the truth.
 *
 * @param number of an event of the account: of two readings the one of the greater is newer
 * @param atMs house time at which it came to stand there; 0 when it always did
 * @param from where it stood before; null where it is only told as it stands
 * @param liquidationId of the liquidation that begins, goes on or has ended; empty when none
 * @param health that brought it there; null where it is only told as it stands
 * @param owes whether it owes more than it has now, or that cannot be said; also whether what it
 *     handed over to the house has not arrived yet, well as it may be itself by then. Said anew
 *     whenever that changes, whatever brought it about
 */
public record PhaseReading(
    String accountId,
    String member,
    long number,
    long atMs,
    @Nullable Phase from,
    Phase phase,
    String liquidationId,
    @Nullable Health health,
    boolean owes) {
  static PhaseReading of(Account account, LiquidationChanged changed, boolean owes) {
    return new PhaseReading(
        account.id(),
        member(account),
        changed.number(),
        changed.atMs(),
        changed.from(),
        changed.to(),
        changed.liquidationId(),
        changed.health(),
        owes);
  }

  /** As it stands, for instance after a recovery. */
  static PhaseReading of(Account account, boolean owes) {
    return new PhaseReading(
        account.id(),
        member(account),
        account.events(),
        account.liquidationAtMs(),
        null,
        Account.phase(account.liquidation()),
        Account.liquidationId(account.liquidation()),
        null,
        owes);
  }

  /** Only an account that is open has anything that moves it. */
  private static String member(Account account) {
    return Objects.requireNonNull(account.member());
  }

  /** Whether there is nothing that others need to know of it. */
  public boolean allWell() {
    return phase == Phase.HEALTHY && !owes;
  }

  /** Whether it says no more than another does of where it stands, of whichever event. */
  public boolean standsAs(PhaseReading other) {
    return phase == other.phase && liquidationId.equals(other.liquidationId);
  }
}
