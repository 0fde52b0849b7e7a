package org.novation.custody;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A custodian's public key: Ed25519 (RFC 8032), verified by the JDK's own provider, which refuses a
 * signature whose scalar is not below the group's order and a point that is not encoded
 * canonically. What is counted is who signed which message, never a signature's bytes, so that a
 * second valid signature of the same message adds nothing.
 */
final class CustodianKey {
  /** Bytes of a key. */
  static final int KEY_BYTES = 32;

  /** Bytes of a signature. */
  static final int SIGNATURE_BYTES = 64;

  private static final HexFormat HEX = HexFormat.of();

  /** What the X.509 form of a key begins with (RFC 8410); the key's own 32 bytes follow. */
  private static final byte[] X509 = HEX.parseHex("302a300506032b6570032100");

  private CustodianKey() {}

  /**
   * Whether these are the 64 hexadecimal digits, in lower case, of a key to trust: a point of the
   * group of prime order, and not its neutral one. With any other, signatures can be made that fit
   * several messages, or that several keys fit (RFC 8032 does not ask; we do, when a set is
   * adopted).
   */
  static boolean isSound(String hex) {
    byte[] bytes = bytes(hex, KEY_BYTES);
    if (bytes == null) return false;
    EdwardsPoint point = EdwardsPoint.decode(bytes);
    return point != null && !point.isNeutral() && point.times(EdwardsPoint.ORDER).isNeutral();
  }

  /**
   * What two keys share when who has the secret of one can reckon that of the other: they differ in
   * the sign of x alone.
   */
  static String owner(String hex) {
    byte[] bytes = HEX.parseHex(hex);
    bytes[KEY_BYTES - 1] &= 0x7f;
    return HEX.formatHex(bytes);
  }

  /** Whether this key made the signature, 128 hexadecimal digits in lower case, of the message. */
  static boolean signed(String keyHex, byte[] message, String signatureHex) {
    byte[] key = bytes(keyHex, KEY_BYTES);
    byte[] signature = bytes(signatureHex, SIGNATURE_BYTES);
    if (key == null || signature == null) return false;
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(publicKey(key));
      verifier.update(message);
      return verifier.verify(signature);
    } catch (GeneralSecurityException malformed) {
      return false;
    }
  }

  private static PublicKey publicKey(byte[] key) throws GeneralSecurityException {
    byte[] encoded = new byte[X509.length + KEY_BYTES];
    System.arraycopy(X509, 0, encoded, 0, X509.length);
    System.arraycopy(key, 0, encoded, X509.length, KEY_BYTES);
    return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
  }

  /** One text for one key or signature; null when it is not of that length. */
  private static byte @Nullable [] bytes(String hex, int length) {
    if (hex.length() != 2 * length) return null;
    for (int i = 0; i < hex.length(); i++) {
      char digit = hex.charAt(i);
      if (!(digit >= '0' && digit <= '9') && !(digit >= 'a' && digit <= 'f')) return null;
    }
    return HEX.parseHex(hex);
  }

  /**
   * A point of the curve in extended coordinates (RFC 8032, section 5.1.4), to check keys alone.
   */
  private record EdwardsPoint(BigInteger x, BigInteger y, BigInteger z, BigInteger t) {
    static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    static final BigInteger ORDER =
        BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

    private static final BigInteger D =
        BigInteger.valueOf(-121_665).multiply(BigInteger.valueOf(121_666).modInverse(P)).mod(P);

    private static final BigInteger ROOT_OF_MINUS_ONE =
        BigInteger.TWO.modPow(P.subtract(BigInteger.ONE).shiftRight(2), P);

    private static final EdwardsPoint NEUTRAL =
        new EdwardsPoint(BigInteger.ZERO, BigInteger.ONE, BigInteger.ONE, BigInteger.ZERO);

    /** Null when these 32 bytes are no point, or not as RFC 8032 writes it. */
    static @Nullable EdwardsPoint decode(byte[] key) {
      byte[] bigEndian = new byte[KEY_BYTES];
      for (int i = 0; i < KEY_BYTES; i++) bigEndian[i] = key[KEY_BYTES - 1 - i];
      boolean odd = bigEndian[0] < 0;
      bigEndian[0] &= 0x7f;
      BigInteger y = new BigInteger(1, bigEndian);
      if (y.compareTo(P) >= 0) return null;
      BigInteger ySquared = y.multiply(y).mod(P);
      BigInteger xSquared =
          ySquared
              .subtract(BigInteger.ONE)
              .multiply(D.multiply(ySquared).add(BigInteger.ONE).modInverse(P))
              .mod(P);
      BigInteger x = xSquared.modPow(P.add(BigInteger.valueOf(3)).shiftRight(3), P);
      if (!x.multiply(x).mod(P).equals(xSquared)) x = x.multiply(ROOT_OF_MINUS_ONE).mod(P);
      if (!x.multiply(x).mod(P).equals(xSquared)) return null;
      if (x.signum() == 0 && odd) return null;
      if (x.testBit(0) != odd) x = P.subtract(x);
      return new EdwardsPoint(x, y, BigInteger.ONE, x.multiply(y).mod(P));
    }

    boolean isNeutral() {
      return x.signum() == 0 && y.equals(z);
    }

    EdwardsPoint times(BigInteger factor) {
      EdwardsPoint sum = NEUTRAL;
      for (int bit = factor.bitLength() - 1; bit >= 0; bit--) {
        sum = sum.plus(sum);
        if (factor.testBit(bit)) sum = sum.plus(this);
      }
      return sum;
    }

    /** Complete: it also doubles. */
    private EdwardsPoint plus(EdwardsPoint other) {
      BigInteger a = y.subtract(x).multiply(other.y.subtract(other.x)).mod(P);
      BigInteger b = y.add(x).multiply(other.y.add(other.x)).mod(P);
      BigInteger c = t.multiply(BigInteger.TWO).multiply(D).multiply(other.t).mod(P);
      BigInteger d = z.multiply(BigInteger.TWO).multiply(other.z).mod(P);
      BigInteger e = b.subtract(a);
      BigInteger f = d.subtract(c);
      BigInteger g = d.add(c);
      BigInteger h = b.add(a);
      return new EdwardsPoint(
          e.multiply(f).mod(P), g.multiply(h).mod(P), f.multiply(g).mod(P), e.multiply(h).mod(P));
    }
  }
}
