package org.novation.api;

import java.time.Duration;

/**
 * How the edge listens.
 *
 * @param host address to bind; {@code 0.0.0.0} for every interface
 * @param port 0 takes a free one
 * @param threads that read requests and write answers; they never wait, so a few are enough
 * @param slowReaderPatience how long a client may leave answers unread before its stream is cut
 * @param connectionAgeMax after so long a client is asked to connect anew, so that load spreads
 *     after a rollout
 * @param connectionAgeGrace how long its open calls may go on after that
 * @param creditsByToken whether one operator's or custodian's token alone may credit an account;
 *     else collateral comes in only as custodians attest it
 * @param rates how often each caller may do what
 */
public record ApiSettings(
    String host,
    int port,
    int threads,
    Duration slowReaderPatience,
    Duration connectionAgeMax,
    Duration connectionAgeGrace,
    boolean creditsByToken,
    Rates rates) {
  /** Where a node listens when it is not told otherwise. */
  public static final int PORT = 7443;

  /** A node on this machine, for this machine. */
  public static ApiSettings local(int port) {
    return new ApiSettings(
        "127.0.0.1",
        port,
        2,
        Duration.ofSeconds(30),
        Duration.ofHours(1),
        Duration.ofMinutes(1),
        true,
        Rates.DEFAULT);
  }
}
