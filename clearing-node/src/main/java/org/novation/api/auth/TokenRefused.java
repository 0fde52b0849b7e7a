package org.novation.api.auth;

/** A token that proves nothing. Carries no stack trace: it is an answer to a caller. */
public final class TokenRefused extends Exception {
  private static final long serialVersionUID = 1;
  private final Why why;

  /** What is wrong with the token; the names are the reasons that callers see. */
  public enum Why {
    /** There is none. */
    TOKEN_MISSING,
    /** It is no JWT that this house could have issued: form, algorithm or claims. */
    TOKEN_MALFORMED,
    /** No key of this house signed it. */
    TOKEN_FORGED,
    /** It has run out, or is not valid yet. */
    TOKEN_EXPIRED,
    /** It is meant for somebody else: issuer or audience. */
    TOKEN_FOREIGN,
    /** It was good, until the house took it or all of its holder's back. */
    TOKEN_REVOKED,
    /** It is bound to a client certificate, and none was shown. */
    CERTIFICATE_MISSING,
    /** The client certificate is not the one that the token, or its holder, goes with. */
    CERTIFICATE_FOREIGN
  }

  TokenRefused(Why why, String message) {
    super(message, null, false, false);
    this.why = why;
  }

  public Why why() {
    return why;
  }
}
