package org.novation.api;

import org.novation.api.auth.TokenVerifier;

/**
 * Every size at which the edge says no, in one place; how often a caller may do what is configured:
 * {@link Rates}. What is longer, larger, faster or more is refused with its limit, and never kept.
 */
public final class Limits {
  /** Longest request message, in bytes. */
  public static final int MESSAGE_BYTES = 1 << 20;

  /** Largest set of request headers, in bytes: a token and what clients add. */
  public static final int HEADER_BYTES = 16 << 10;

  /** Longest token, in characters. */
  public static final int TOKEN_CHARACTERS = TokenVerifier.LENGTH_MAX;

  /** Calls that one connection may have open. */
  public static final int CALLS_PER_CONNECTION = 256;

  /** Callers whose use is remembered: an older one's allowance is full again in any case. */
  public static final int CALLERS = 4_096;

  /** Longest id, and longest reason, in characters. */
  public static final int ID_CHARACTERS = 64;

  public static final int REASON_CHARACTERS = 200;

  /** Entries of a page: unasked, and at most. */
  public static final int PAGE_DEFAULT = 100;

  public static final int PAGE = 1_000;

  /** Trades of one message, and answers of one. */
  public static final int TRADES_PER_MESSAGE = 1_024;

  /** Trades of one stream that may be unanswered. */
  public static final int TRADES_UNANSWERED = 16_384;

  /** Prices of one message. */
  public static final int PRICES_PER_MESSAGE = 256;

  /** Largest part of what travels in parts, in bytes. */
  public static final int PART_BYTES = 64 << 10;

  /** What a caller does often, each kind by its own allowance; how often, {@link Rates} say. */
  public enum Kind {
    /** Calls of one request that change nothing. */
    READ,
    /** Calls of one request that change something; trades in number come by a stream. */
    CHANGE,
    /** Streams that are opened. */
    STREAM,
    /** Messages on open streams, however many trades or prices each holds. */
    MESSAGE,
    /** Calls that are recorded before they are judged, by whoever has no office: see the trail. */
    RECORDED
  }

  private Limits() {}
}
