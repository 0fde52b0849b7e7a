package org.novation.trail;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * One record. Its hash is SHA-256 over the bytes of {@code novation.trail.v1}, a line end, and then
 * of each other component in its order: the number of its bytes in decimal digits, a colon, its
 * bytes (texts in UTF-8, numbers in decimal digits), a line end. So no two different records have
 * the same bytes.
 *
 * @param number from 1, without a gap
 * @param atMs wall time
 * @param previous the hash of the record before; 64 zeros of the first
 * @param hash 64 hexadecimal digits, lower case
 */
public record TrailRecord(
    long number,
    long atMs,
    String principal,
    String action,
    String resource,
    String request,
    String outcome,
    String previous,
    String hash) {
  private static final String FORM = "novation.trail.v1\n";

  TrailEntry entry() {
    return new TrailEntry(principal, action, resource, request, outcome);
  }

  static String digest(long number, long atMs, TrailEntry entry, String previous) {
    MessageDigest digest = sha256();
    digest.update(FORM.getBytes(StandardCharsets.UTF_8));
    add(digest, Long.toString(number));
    add(digest, Long.toString(atMs));
    add(digest, entry.principal());
    add(digest, entry.action());
    add(digest, entry.resource());
    add(digest, entry.request());
    add(digest, entry.outcome());
    add(digest, previous);
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
    digest.update(bytes);
    digest.update((byte) '\n');
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
