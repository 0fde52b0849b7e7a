package org.novation.custody;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;

/**
 * A custodian's secret key: for its own tools, which sign with it. No node of the house has one,
 * save those of a development node.
 */
public final class CustodianSecret {
  /** Bytes of the secret (RFC 8032's seed). */
  public static final int SEED_BYTES = 32;

  private static final HexFormat HEX = HexFormat.of();

  /** What the PKCS #8 form of a seed begins with (RFC 8410). */
  private static final byte[] PKCS8 = HEX.parseHex("302e020100300506032b657004220420");

  private final byte[] seed;

  private CustodianSecret(byte[] seed) {
    this.seed = seed;
  }

  /**
   * The secret of these 64 hexadecimal digits.
   *
   * @throws IllegalArgumentException when there are other characters, more or fewer; does not
   *     repeat them
   */
  public static CustodianSecret of(String hex) {
    boolean sound = hex.length() == 2 * SEED_BYTES && hex.matches("[0-9a-f]+");
    if (!sound) throw new IllegalArgumentException("a secret key is 64 hexadecimal digits");
    return new CustodianSecret(HEX.parseHex(hex));
  }

  /** The key that others know it by, as {@link Custodian} writes it. */
  public String publicKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      generator.initialize(NamedParameterSpec.ED25519, new Seeded(seed));
      byte[] encoded = generator.generateKeyPair().getPublic().getEncoded();
      return HEX.formatHex(encoded, encoded.length - CustodianKey.KEY_BYTES, encoded.length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform has no Ed25519", e);
    }
  }

  /** Its signature of a message, 128 hexadecimal digits. */
  public String sign(CanonicalMessage message) {
    return sign(message.bytes());
  }

  /** Its signature of other bytes, which must begin otherwise than any canonical message. */
  public String sign(byte[] message) {
    byte[] encoded = new byte[PKCS8.length + SEED_BYTES];
    System.arraycopy(PKCS8, 0, encoded, 0, PKCS8.length);
    System.arraycopy(seed, 0, encoded, PKCS8.length, SEED_BYTES);
    try {
      PrivateKey key =
          KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(encoded));
      Signature signer = Signature.getInstance("Ed25519");
      signer.initSign(key);
      signer.update(message);
      return HEX.formatHex(signer.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the platform has no Ed25519", e);
    }
  }

  /** Says what the secret is, not what it would like: the platform reckons the public key. */
  private static final class Seeded extends SecureRandom {
    private static final long serialVersionUID = 1;
    private final byte[] seed;

    Seeded(byte[] seed) {
      this.seed = seed;
    }

    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(seed, 0, bytes, 0, bytes.length);
    }
  }
}
