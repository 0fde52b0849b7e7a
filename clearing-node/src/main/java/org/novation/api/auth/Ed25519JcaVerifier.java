package org.novation.api.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.impl.EdDSAProvider;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/** Ed25519 by the JDK's own provider: the library's verifier needs a further library for it. */
final class Ed25519JcaVerifier extends EdDSAProvider implements JWSVerifier {
  /** What stands before the 32 bytes of a key in its X.509 form (RFC 8410, section 4). */
  private static final byte[] X509_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private final PublicKey key;

  Ed25519JcaVerifier(OctetKeyPair key) throws JOSEException {
    try {
      ByteArrayOutputStream encoded = new ByteArrayOutputStream(X509_PREFIX.length + 32);
      encoded.writeBytes(X509_PREFIX);
      encoded.writeBytes(key.getDecodedX());
      this.key =
          KeyFactory.getInstance("Ed25519")
              .generatePublic(new X509EncodedKeySpec(encoded.toByteArray()));
    } catch (GeneralSecurityException e) {
      throw new JOSEException("not an Ed25519 key", e);
    }
  }

  @Override
  public boolean verify(JWSHeader header, byte[] signingInput, Base64URL signature)
      throws JOSEException {
    // A header that must be understood (crit) is none that this verifier understands.
    if (header.getCriticalParams() != null) return false;
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(signingInput);
      return verifier.verify(signature.decode());
    } catch (SignatureException e) {
      return false; // Not even of a signature's form.
    } catch (GeneralSecurityException e) {
      throw new JOSEException("Ed25519 is not available", e);
    }
  }
}
