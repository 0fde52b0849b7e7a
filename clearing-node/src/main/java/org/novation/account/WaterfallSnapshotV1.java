package org.novation.account;

import java.util.List;
import org.novation.liquidation.auction.Offer;

/**
 * A part of a snapshot as it was stored before what the fund had paid went along with a debt: read
 * for ever, written no more.
 */
public record WaterfallSnapshotV1(
    long movedMicros,
    List<Offer> offer,
    List<AccountEvent.SliceOffered> offered,
    List<AccountEvent.DrawAsked> asked,
    List<Delivery> deliveries,
    List<WaterfallSnapshot.Notice> notices,
    List<WaterfallSnapshot.Contribution> contributions,
    List<WaterfallSnapshot.Draw> draws,
    List<WaterfallSnapshot.Window> windows,
    long wave,
    List<WaterfallSnapshot.Step> steps,
    List<Loss> losses) {
  public WaterfallSnapshotV1 {
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
  public record Delivery(long outboxNumber, Handed transfer) {}

  /** A {@link Transfer} as it was then. */
  public record Handed(
      String id,
      String from,
      String to,
      long atMs,
      List<Leg> legs,
      long cashMicros,
      List<Loss> losses) {
    public Handed {
      legs = List.copyOf(legs);
      losses = List.copyOf(losses);
    }
  }

  /** The same as it is stored now. */
  WaterfallSnapshot upgraded() {
    return new WaterfallSnapshot(
        movedMicros,
        offer,
        offered,
        asked,
        deliveries.stream().map(WaterfallSnapshotV1::upgraded).toList(),
        notices,
        contributions,
        draws,
        windows,
        wave,
        steps,
        losses,
        0);
  }

  private static WaterfallSnapshot.Delivery upgraded(Delivery delivery) {
    Handed of = delivery.transfer;
    return new WaterfallSnapshot.Delivery(
        delivery.outboxNumber,
        new Transfer(of.id, of.from, of.to, of.atMs, of.legs, of.cashMicros, of.losses, 0));
  }
}
