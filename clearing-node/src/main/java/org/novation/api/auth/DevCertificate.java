package org.novation.api.auth;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * A certificate for this machine alone, signed by an authority whose key is forgotten as soon as it
 * has signed: whoever trusts the authority trusts one server and nothing else.
 */
record DevCertificate(String authorityPem, String certificatePem, String keyPem) {
  private static final Duration LIFETIME = Duration.ofDays(365);
  private static final Duration RENEWED_BEFORE = Duration.ofDays(30);
  private static final X500Name AUTHORITY = new X500Name("CN=Novation development authority");
  private static final X500Name SERVER = new X500Name("CN=Novation development node");

  /** Whether a certificate stays valid for longer than the time in which it should be renewed. */
  static boolean lasts(Path pem, Instant now) {
    try (InputStream in = Files.newInputStream(pem)) {
      X509Certificate certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      return certificate.getNotAfter().toInstant().isAfter(now.plus(RENEWED_BEFORE));
    } catch (IOException | CertificateException e) {
      return false; // Damaged is as good as expired.
    }
  }

  static DevCertificate make(Instant now) throws GeneralSecurityException, IOException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair authority = generator.generateKeyPair();
    KeyPair server = generator.generateKeyPair();
    return new DevCertificate(
        pem(sign(authority(authority, now), authority)),
        pem(sign(server(server, now), authority)),
        pem(new PemObject("PRIVATE KEY", server.getPrivate().getEncoded())));
  }

  private static X509v3CertificateBuilder authority(KeyPair authority, Instant now)
      throws IOException {
    return builder(AUTHORITY, authority, now)
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
  }

  private static X509v3CertificateBuilder server(KeyPair server, Instant now) throws IOException {
    GeneralName[] names = {
      new GeneralName(GeneralName.dNSName, "localhost"),
      new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
      new GeneralName(GeneralName.iPAddress, "::1")
    };
    return builder(SERVER, server, now)
        .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
        .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
        .addExtension(
            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
        .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
  }

  private static X509v3CertificateBuilder builder(X500Name subject, KeyPair key, Instant now) {
    return new JcaX509v3CertificateBuilder(
        AUTHORITY,
        new BigInteger(120, new SecureRandom()).setBit(119),
        Date.from(
            now.minus(Duration.ofHours(1))), // Clocks of machines that share a directory differ.
        Date.from(now.plus(LIFETIME)),
        subject,
        key.getPublic());
  }

  private static X509CertificateHolder sign(X509v3CertificateBuilder builder, KeyPair authority)
      throws GeneralSecurityException {
    try {
      return builder.build(
          new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate()));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }
}
