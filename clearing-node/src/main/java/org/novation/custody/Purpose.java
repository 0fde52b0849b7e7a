package org.novation.custody;

/** What a custodian's signature is for. One made for one purpose is worth nothing for another. */
public enum Purpose {
  /** A deposit has arrived in the vault. */
  ATTEST_DEPOSIT(1),
  /** A withdrawal may leave it. */
  APPROVE_WITHDRAWAL(2),
  /** A withdrawal looks wrong: earlier approvals are void, and it waits again. */
  DISPUTE_WITHDRAWAL(3),
  /** A withdrawal is to return to its account. */
  CANCEL_WITHDRAWAL(4);

  private final int code;

  Purpose(int code) {
    this.code = code;
  }

  /** The byte that stands for it in a {@link CanonicalMessage}; never changes. */
  public int code() {
    return code;
  }
}
