package org.novation.custody;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What a custodian signs, byte for byte as the room's package-info describes it. Everything that
 * gives the signature its meaning is in it, so that none can be carried over to another house,
 * chain, asset, amount, address, account, transaction, round of approval or set of custodians.
 *
 * @param house which clearinghouse, and which of its installations
 * @param asset symbol
 * @param amount in the asset's smallest unit
 * @param address on the chain: the sender's of a deposit, the receiver's of a withdrawal
 * @param reference the transaction of a deposit, the id of a withdrawal
 * @param nonce of a deposit the number of the block that holds it, of a withdrawal the nonce that
 *     custody gave it
 * @param expiresAtMs milliseconds since 1970; from then on the signature is worth nothing
 * @param setVersion of the custodians that the signer is one of
 */
public record CanonicalMessage(
    Purpose purpose,
    String house,
    String chain,
    String asset,
    long amount,
    String address,
    String account,
    String reference,
    long nonce,
    long expiresAtMs,
    long setVersion) {
  /** What every message begins with: no other protocol signs bytes that begin so. */
  public static final String DOMAIN = "NOVATION-CUSTODY";

  /** Of this layout. */
  public static final int VERSION = 1;

  /** Most characters of one text. */
  public static final int TEXT_MAX = 128;

  /**
   * @throws IllegalArgumentException when a text is not {@link #isText}
   */
  public CanonicalMessage {
    requireText("house", house);
    requireText("chain", chain);
    requireText("asset", asset);
    requireText("address", address);
    requireText("account", account);
    requireText("reference", reference);
  }

  /** Whether it is 1 to {@link #TEXT_MAX} visible ASCII characters: these look like one thing. */
  public static boolean isText(String text) {
    if (text.isEmpty() || text.length() > TEXT_MAX) return false;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '!' || text.charAt(i) > '~') return false;
    }
    return true;
  }

  private static void requireText(String field, String text) {
    if (!isText(text)) throw new IllegalArgumentException(field + " cannot be signed: " + text);
  }

  /** The bytes to be signed. */
  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    out.writeBytes(DOMAIN.getBytes(StandardCharsets.US_ASCII));
    out.write(VERSION);
    out.write(purpose.code());
    put(out, house);
    put(out, chain);
    put(out, asset);
    put(out, amount);
    put(out, address);
    put(out, account);
    put(out, reference);
    put(out, nonce);
    put(out, expiresAtMs);
    put(out, setVersion);
    return out.toByteArray();
  }

  private static void put(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    putLength(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void put(ByteArrayOutputStream out, long number) {
    putLength(out, Long.BYTES);
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      out.write((int) (number >>> shift));
    }
  }

  private static void putLength(ByteArrayOutputStream out, int length) {
    out.write(length >>> Byte.SIZE);
    out.write(length);
  }
}
