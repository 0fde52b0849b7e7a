package org.novation.custody;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may sign, and how many must. Signatures are bound to the version: those made under an earlier
 * set do not count any more, whoever made them.
 *
 * @param version from 1, higher with every change
 * @param attestationsNeeded custodians that must say the same of a deposit (k of n)
 * @param approvalsNeeded custodians that must approve a withdrawal (M of N)
 * @param objectionsNeeded custodians that must object to a withdrawal for its money to return
 */
public record CustodianSet(
    long version,
    List<Custodian> custodians,
    int attestationsNeeded,
    int approvalsNeeded,
    int objectionsNeeded) {
  /** Most custodians. */
  public static final int CUSTODIANS_MAX = 64;

  /** Nobody: nothing comes in and nothing goes out. */
  public static final CustodianSet NONE = new CustodianSet(0, List.of(), 0, 0, 0);

  public CustodianSet {
    custodians = List.copyOf(custodians);
  }

  /**
   * What is wrong with it; null when nothing is. One custodian alone must be able to move no money,
   * and no key may count as two custodians.
   */
  public @Nullable String problem() {
    if (version < 1) return "a version is at least 1";
    int n = custodians.size();
    if (n < 2 || n > CUSTODIANS_MAX) return "2 to " + CUSTODIANS_MAX + " custodians, not " + n;
    if (attestationsNeeded < 2 || attestationsNeeded > n)
      return "attestations needed: 2 to " + n + ", not " + attestationsNeeded;
    if (approvalsNeeded < 2 || approvalsNeeded > n)
      return "approvals needed: 2 to " + n + ", not " + approvalsNeeded;
    if (objectionsNeeded < 1 || objectionsNeeded > n)
      return "objections needed: 1 to " + n + ", not " + objectionsNeeded;
    Set<String> names = new HashSet<>();
    Set<String> keys = new HashSet<>();
    for (Custodian custodian : custodians) {
      if (!CanonicalMessage.isText(custodian.name())) return "a custodian needs a name";
      if (!names.add(custodian.name())) return "two custodians are named " + custodian.name();
      if (!CustodianKey.isSound(custodian.key()))
        return custodian.name() + " has no Ed25519 public key to trust";
      if (!keys.add(CustodianKey.owner(custodian.key())))
        return custodian.name() + " has the key of another custodian";
    }
    return null;
  }

  /** Whether the same sign, and as many must, whatever the version. */
  public boolean sameAs(CustodianSet other) {
    return custodians.equals(other.custodians)
        && attestationsNeeded == other.attestationsNeeded
        && approvalsNeeded == other.approvalsNeeded
        && objectionsNeeded == other.objectionsNeeded;
  }

  /** Whether a custodian of this set made the signature of this very message. */
  public boolean signed(String custodian, CanonicalMessage message, String signature) {
    if (message.setVersion() != version) return false;
    for (Custodian one : custodians) {
      if (one.name().equals(custodian))
        return CustodianKey.signed(one.key(), message.bytes(), signature);
    }
    return false;
  }

  /** Whether there is such a custodian in it. */
  public boolean has(String custodian) {
    return custodians.stream().anyMatch(one -> one.name().equals(custodian));
  }
}
