package org.novation.node;

import org.jspecify.annotations.Nullable;
import org.novation.api.InsurancePort.Stress;

/** What the accounts of the cluster would lose beyond their own money under the stress moves. */
interface StressLosses {
  /** Nothing is known. */
  StressLosses UNKNOWN = () -> null;

  /** The newest that is known, some seconds old; null while nothing is. Does not wait. */
  @Nullable Stress newest();
}
