package org.novation.custody;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** The file of signatures, and the custodians in it, who can sign here. */
public record SignatureVectors(
    String comment,
    List<Key> keys,
    List<Signed> signatures,
    List<Refused> refused,
    List<Unsound> unsoundKeys,
    List<String> sameOwner) {
  /** What {@code custody/signatures.json} says. */
  public static final SignatureVectors FILE = read();

  private static final byte[] PKCS8 =
      HexFormat.of().parseHex("302e020100300506032b657004220420"); // RFC 8410

  /** A custodian with its secret. */
  public record Key(String custodian, String seed, String key) {
    /** Without the secret. */
    public Custodian publicly() {
      return new Custodian(custodian, key);
    }

    /** Its signature of a message. */
    public String sign(CanonicalMessage message) {
      byte[] secret = new byte[PKCS8.length + 32];
      System.arraycopy(PKCS8, 0, secret, 0, PKCS8.length);
      System.arraycopy(HexFormat.of().parseHex(seed), 0, secret, PKCS8.length, 32);
      try {
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(
            KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(secret)));
        signer.update(message.bytes());
        return HexFormat.of().formatHex(signer.sign());
      } catch (GeneralSecurityException e) {
        throw new AssertionError("the JDK signs with Ed25519", e);
      }
    }
  }

  record Signed(CanonicalMessage message, String custodian, String bytes, String signature) {}

  record Refused(String why, int vector, String key, String signature) {}

  record Unsound(String why, String key) {}

  /** A set of the file's custodians, of whom two must agree on everything. */
  public static CustodianSet set(long version) {
    return new CustodianSet(version, FILE.keys.stream().map(Key::publicly).toList(), 2, 2, 2);
  }

  /** A custodian of the file. */
  public static Key custodian(String name) {
    return FILE.keys.stream().filter(key -> key.custodian().equals(name)).findFirst().orElseThrow();
  }

  private static SignatureVectors read() {
    try (InputStream in =
        Objects.requireNonNull(
            SignatureVectors.class.getResourceAsStream("/custody/signatures.json"))) {
      return JsonMapper.builder().build().readValue(in, SignatureVectors.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
