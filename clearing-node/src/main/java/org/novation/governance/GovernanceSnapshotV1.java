package org.novation.governance;

import java.util.List;
import org.novation.governance.GovernanceEvent.Origin;
import org.novation.governance.Stakes.Holder;
import org.novation.governance.Stakes.Leaving;

/**
 * {@link GovernanceSnapshotV2} as it was stored before accounts were asked for tokens. Read only.
 */
public record GovernanceSnapshotV1(
    long number,
    long atMs,
    long version,
    List<Setting.Written> settings,
    List<Holder> holders,
    List<Leaving> leaving,
    List<GovernanceSnapshot.Kept> proposals,
    List<GovernanceSnapshot.Waiting> acts,
    List<Origin> origins,
    long forgottenThroughMs) {
  public GovernanceSnapshotV1 {
    settings = List.copyOf(settings);
    holders = List.copyOf(holders);
    leaving = List.copyOf(leaving);
    proposals = List.copyOf(proposals);
    acts = List.copyOf(acts);
    origins = List.copyOf(origins);
  }

  /** The same as it was stored next. */
  public GovernanceSnapshotV2 upgraded() {
    return new GovernanceSnapshotV2(
        number,
        atMs,
        version,
        settings,
        holders,
        leaving,
        List.of(),
        List.of(),
        proposals,
        acts,
        origins,
        forgottenThroughMs);
  }
}
