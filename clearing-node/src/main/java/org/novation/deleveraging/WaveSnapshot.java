package org.novation.deleveraging;

import java.util.List;

/**
 * A wave at one event number: its events but for the receipt's parts, which are one again. Lists
 * are in the order in which things happened, so that equal waves have equal snapshots.
 *
 * @param number of the last event included
 * @param begun empty before it has begun
 * @param receipt canonical bytes, in parts of {@link AdlWave#PART_BYTES}
 */
public record WaveSnapshot(
    long number,
    List<WaveEvent.ReceiptPart> receipt,
    List<WaveEvent.WaveBegun> begun,
    List<WaveEvent.StepsPlanned> planned,
    List<WaveEvent.StepDone> done,
    List<WaveEvent.StepReplaced> replaced,
    List<WaveEvent.WaveFinished> finished) {
  public WaveSnapshot {
    receipt = List.copyOf(receipt);
    begun = List.copyOf(begun);
    planned = List.copyOf(planned);
    done = List.copyOf(done);
    replaced = List.copyOf(replaced);
    finished = List.copyOf(finished);
  }
}
