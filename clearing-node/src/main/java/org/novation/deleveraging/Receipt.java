package org.novation.deleveraging;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a wave was decided on, what was decided, and the SHA-256 of both in their canonical bytes
 * ({@link ReceiptBytes}). The hash is published before anything is executed, so that nobody can
 * choose an input afterwards; anybody can decide again by {@link ReceiptVerifier}.
 *
 * @param sha256 64 lower-case hexadecimal digits; what whoever wrote the receipt says it is
 */
public record Receipt(AdlInput input, Allocation allocation, String sha256) {
  /** Decides the wave and writes its receipt. */
  public static Receipt of(AdlInput input) {
    return of(input, AdlPolicy.of(input.policy()).allocate(input));
  }

  static Receipt of(AdlInput input, Allocation allocation) {
    return new Receipt(input, allocation, hash(ReceiptBytes.write(input, allocation)));
  }

  /** The canonical bytes: what is hashed and what is stored. */
  public byte[] bytes() {
    return ReceiptBytes.write(input, allocation);
  }

  /**
   * The receipt of these canonical bytes, with their hash.
   *
   * @throws IllegalArgumentException when they are no receipt
   */
  public static Receipt read(byte[] bytes) {
    return ReceiptBytes.read(bytes);
  }

  /** SHA-256 in lower-case hexadecimal digits. */
  static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
