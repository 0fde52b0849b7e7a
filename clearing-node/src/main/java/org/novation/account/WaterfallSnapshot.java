package org.novation.account;

import java.util.List;
import org.novation.deleveraging.RealisedWindow;
import org.novation.liquidation.auction.Offer;

/**
 * What the default waterfall left in an account, as a part of its snapshot. Lists are in a defined
 * order; nothing is null.
 *
 * @param offer one at most
 * @param offered how that began
 * @param asked of the fund, one at most
 * @param fundPaidMicros see {@link Account#fundPaidMicros}
 */
public record WaterfallSnapshot(
    long movedMicros,
    List<Offer> offer,
    List<AccountEvent.SliceOffered> offered,
    List<AccountEvent.DrawAsked> asked,
    List<Delivery> deliveries,
    List<Notice> notices,
    List<Contribution> contributions,
    List<Draw> draws,
    List<Window> windows,
    long wave,
    List<Step> steps,
    List<Loss> losses,
    long fundPaidMicros) {
  /** An account that it never touched. */
  public static final WaterfallSnapshot NONE =
      new WaterfallSnapshot(
          0, List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
          0, List.of(), List.of(), 0);

  public WaterfallSnapshot {
    offer = List.copyOf(offer);
    offered = List.copyOf(offered);
    asked = List.copyOf(asked);
    deliveries = List.copyOf(deliveries);
    notices = List.copyOf(notices);
    contributions = List.copyOf(contributions);
    draws = List.copyOf(draws);
    windows = List.copyOf(windows);
    steps = List.copyOf(steps);
    losses = List.copyOf(losses);
  }

  /** In the outbox. */
  public record Delivery(long outboxNumber, Transfer transfer) {}

  /** In the outbox. */
  public record Notice(long outboxNumber, Dispatch.Notify notice) {}

  /** In the outbox. */
  public record Contribution(long outboxNumber, Dispatch.Contribute contribution) {}

  /** In the outbox. */
  public record Draw(long outboxNumber, Dispatch.SettleDraw draw) {}

  /** What an instrument realised by the hour; on which side it last did. */
  public record Window(String instrument, int side, List<RealisedWindow.Hour> hours) {
    public Window {
      hours = List.copyOf(hours);
    }
  }

  /** A step of the newest wave. */
  public record Step(String stepId, long micros) {}
}
