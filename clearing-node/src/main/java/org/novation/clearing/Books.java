package org.novation.clearing;

import org.jspecify.annotations.Nullable;

/**
 * What the protocol asks of an account. Both answers are reckoned from what is persistent and from
 * what is already decided.
 */
public interface Books {
  /** What an account knows of a trade's id. */
  enum Known {
    /** Not on the books. */
    NO,
    /** On the books with this content. */
    YES,
    /** On the books with other content. */
    OTHER_CONTENT,
    /** Executed so long ago that its id may have been forgotten. */
    FORGOTTEN
  }

  /** Whether the trade is on the books. */
  Known known(Trade trade);

  /** Why the account cannot take the trade, as if it were on; null when it can. */
  @Nullable Rejection judge(Trade trade);

  /** The oldest execution time that is surely remembered. */
  long oldestMs();
}
