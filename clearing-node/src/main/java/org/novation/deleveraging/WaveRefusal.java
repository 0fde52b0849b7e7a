package org.novation.deleveraging;

/** Why a wave refused a command. Nothing has changed. */
public sealed interface WaveRefusal {
  /** It began with another receipt, or the step was reported with another result. */
  record DuplicateWithOtherContent(String id) implements WaveRefusal {}

  /** There is no such step. */
  record UnknownStep(String stepId) implements WaveRefusal {}

  /** The receipt is not what its input makes of it. */
  record FalseReceipt(String difference) implements WaveRefusal {}

  /** More than was asked, or less than nothing, cannot have been taken or paid. */
  record BadAmount(long micros, long askedMicros) implements WaveRefusal {}

  /** Only a closing can be refused. */
  record NotAClosing(String stepId) implements WaveRefusal {}
}
