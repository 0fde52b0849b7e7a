package org.novation.governance;

import java.util.List;
import org.novation.governance.GovernanceEvent.Origin;
import org.novation.governance.Stakes.Holder;
import org.novation.governance.Stakes.Leaving;

/** {@link GovernanceSnapshot} as it was stored before ids were each author's own. Read only. */
public record GovernanceSnapshotV2(
    long number,
    long atMs,
    long version,
    List<Setting.Written> settings,
    List<Holder> holders,
    List<Leaving> leaving,
    List<Stakes.Asked> asked,
    List<Stakes.Returning> returning,
    List<GovernanceSnapshot.Kept> proposals,
    List<GovernanceSnapshot.Waiting> acts,
    List<Origin> origins,
    long forgottenThroughMs) {
  public GovernanceSnapshotV2 {
    settings = List.copyOf(settings);
    holders = List.copyOf(holders);
    leaving = List.copyOf(leaving);
    asked = List.copyOf(asked);
    returning = List.copyOf(returning);
    proposals = List.copyOf(proposals);
    acts = List.copyOf(acts);
    origins = List.copyOf(origins);
  }

  /**
   * The same as it is stored now. Whose commands are known is not written here: all are taken for
   * forgotten, and what was issued no later than the newest is too old for everybody.
   */
  public GovernanceSnapshot upgraded() {
    return new GovernanceSnapshot(
        number,
        atMs,
        version,
        settings,
        holders,
        leaving,
        asked,
        returning,
        proposals,
        acts,
        List.of(),
        origins.stream().mapToLong(Origin::issuedAtMs).reduce(forgottenThroughMs, Math::max));
  }
}
