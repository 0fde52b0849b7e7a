package org.novation.insurance;

import org.jspecify.annotations.Nullable;
import org.novation.insurance.FundEvent.Contributed;
import org.novation.insurance.FundEvent.DrawReserved;
import org.novation.insurance.FundEvent.DrawSettled;
import org.novation.insurance.FundEvent.GateChanged;
import org.novation.insurance.FundSnapshot.Contribution;

/**
 * What a fund's journal says of one id: the answer to {@link FundDecision.LookUp}. Begin {@link
 * #of} the id and add every event of the journal from the first, in order.
 *
 * @param through number of the last event that was read
 * @param contribution of this id; null when there is none
 * @param draw of this id, as it was then; null when there is none
 */
public record JournalSays(
    String id, long through, @Nullable Contribution contribution, @Nullable Draw draw) {
  /** Before anything is read. */
  public static JournalSays of(String id) {
    return new JournalSays(id, 0, null, null);
  }

  /**
   * With the next event read.
   *
   * @throws IllegalStateException when it is not the next
   */
  public JournalSays and(FundEvent event) {
    if (event.number() != through + 1) {
      throw new IllegalStateException("event " + event.number() + " follows " + through);
    }
    return switch (event) {
      case Contributed in when in.id().equals(id) ->
          new JournalSays(id, in.number(), Contribution.of(in), draw);
      case DrawReserved out when out.liquidationId().equals(id) ->
          new JournalSays(id, out.number(), contribution, Draw.of(out));
      case DrawSettled end when end.liquidationId().equals(id) && draw != null ->
          new JournalSays(id, end.number(), contribution, draw.settledWith(end.paidMicros()));
      case Contributed _, DrawReserved _, DrawSettled _, GateChanged _ ->
          new JournalSays(id, event.number(), contribution, draw);
    };
  }
}
