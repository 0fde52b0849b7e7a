package org.novation.risk;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether collateral may leave the house now (risk rules, sections 7 and 12); how much may leave is
 * another question. While an account is known to be insolvent, and for some minutes after an outage
 * of a market in which anybody has a position, nobody withdraws: what is there may be needed to pay
 * for somebody's loss that is not yet known. Beside that, everything that the account's own margin
 * depends on must be priced fresh and not halted.
 *
 * @param outages of markets in which anybody has a position
 * @param insolventAccount one that is known to owe more than it has; null when none is
 */
public record WithdrawalGate(List<Outage> outages, @Nullable String insolventAccount) {
  /** Nothing is wrong in the house. */
  public static final WithdrawalGate OPEN = new WithdrawalGate(List.of(), null);

  /**
   * An outage that withdrawals may have to wait for.
   *
   * @param market the underlying
   * @param untilMs from when they need not any more; 0 while it lasts
   */
  public record Outage(String market, long untilMs) {}

  public WithdrawalGate {
    outages = List.copyOf(outages);
  }

  /**
   * What forbids an account to withdraw an asset; null when nothing does.
   *
   * @param asset its index in the catalogue
   */
  public @Nullable Stop against(Portfolio portfolio, int asset, MarketView view, long nowMs) {
    Stop own = view.stopOfAsset(Action.WITHDRAW, asset, nowMs);
    if (own != null && own.brake() == Brake.PAUSE) return own;
    if (insolventAccount != null) return new Stop(Brake.INSOLVENT_ACCOUNT, insolventAccount, 0);
    for (Outage outage : outages) {
      if (outage.untilMs() == 0 || outage.untilMs() > nowMs)
        return new Stop(Brake.OUTAGE, outage.market(), outage.untilMs());
    }
    return own != null ? own : view.stopBesidesPause(Action.WITHDRAW, portfolio, nowMs);
  }
}
