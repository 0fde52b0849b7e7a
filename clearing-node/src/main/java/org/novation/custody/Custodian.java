package org.novation.custody;

/**
 * One custodian.
 *
 * @param key Ed25519 public key, 64 hexadecimal digits in lower case
 */
public record Custodian(String name, String key) {}
