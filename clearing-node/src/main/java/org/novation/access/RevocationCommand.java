package org.novation.access;

/** What an operator asks. Asked again it changes nothing, or takes back a little more. */
public sealed interface RevocationCommand {
  /** To take one token back. */
  record RevokeToken(String tokenId, String reason, String operator) implements RevocationCommand {}

  /**
   * To take back all tokens of a caller.
   *
   * @param notBeforeMs those issued before count no more; 0: those issued until now
   */
  record RevokePrincipal(String name, long notBeforeMs, String reason, String operator)
      implements RevocationCommand {}
}
