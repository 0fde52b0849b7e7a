package org.novation.api;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.novation.trail.TrailEntry;
import org.novation.trail.TrailHead;
import org.novation.trail.TrailRecord;

/** What the edge asks of the trail. No method waits. */
public interface TrailPort {
  /** Records something; done when it is flushed to the journal. */
  CompletionStage<TrailHead> append(TrailEntry entry);

  /** Where the trail ends. */
  CompletionStage<TrailHead> head();

  /** So many records after one of them, oldest first; fewer where there are no more. */
  CompletionStage<List<TrailRecord>> after(long number, int limit);
}
