package org.novation.clearing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A caller's id and what it stands for, in 24 bytes: 128 bits of the id's SHA-256 and 64 bits of
 * the content's. Accounts remember ids by the hundred thousand, so they keep this instead of the
 * text. Two ids that share 128 bits do not occur; if they did, the second trade would be refused as
 * a duplicate, and no money would move.
 *
 * @param high first half of the id's hash
 * @param low second half of the id's hash
 * @param content hash of everything else
 */
public record Fingerprint(long high, long low, long content) {
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(Fingerprint::sha256);

  /** The fingerprint of an id with its content. */
  public static Fingerprint of(String id, String content) {
    MessageDigest digest = SHA_256.get();
    ByteBuffer idHash = ByteBuffer.wrap(digest.digest(id.getBytes(StandardCharsets.UTF_8)));
    ByteBuffer contentHash =
        ByteBuffer.wrap(digest.digest(content.getBytes(StandardCharsets.UTF_8)));
    return new Fingerprint(idHash.getLong(), idHash.getLong(), contentHash.getLong());
  }

  /** Whether both stand for the same id. */
  public boolean sameId(Fingerprint other) {
    return high == other.high && low == other.low;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
