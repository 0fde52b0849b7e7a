package org.novation.custody;

/**
 * One custodian.
 *
 * @param key Ed25519 public key, 64 hexadecimal digits in lower case
 */
public record Custodian(String name, String key) {
  /** Whether it made the signature, 128 hexadecimal digits in lower case, of this message. */
  public boolean signed(byte[] message, String signature) {
    return CustodianKey.signed(key, message, signature);
  }
}
