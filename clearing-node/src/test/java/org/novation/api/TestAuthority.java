package org.novation.api;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.novation.api.client.Target.ClientIdentity;

/** Signs certificates of clients and of servers on this machine, into files. */
final class TestAuthority {
  private static final X500Name NAME = new X500Name("CN=Test authority");

  private final Path directory;
  private final KeyPair keys = keys();

  /** Its own certificate. */
  final Path pem;

  /** A certificate with its key, and where they lie. */
  record Issued(X509Certificate certificate, ClientIdentity files) {}

  TestAuthority(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.pem = directory.resolve("authority.pem");
    X509Certificate own = sign(NAME, keys, new BasicConstraints(0));
    Files.writeString(pem, text(own));
  }

  /** A certificate with such a common name, and such alternative names of the kind DNS. */
  Issued issue(String commonName, String... alternative) throws IOException {
    KeyPair pair = keys();
    GeneralName[] names = new GeneralName[alternative.length];
    for (int i = 0; i < names.length; i++)
      names[i] = new GeneralName(GeneralName.dNSName, alternative[i]);
    X509Certificate signed =
        sign(new X500Name("CN=" + commonName), pair, new BasicConstraints(false), names);
    Path chain = Files.createTempFile(directory, "client-", ".pem");
    Path key = Files.createTempFile(directory, "client-", ".key");
    Files.writeString(chain, text(signed));
    Files.writeString(key, text(new PemObject("PRIVATE KEY", pair.getPrivate().getEncoded())));
    return new Issued(signed, new ClientIdentity(chain, key));
  }

  private X509Certificate sign(
      X500Name subject, KeyPair pair, BasicConstraints constraints, GeneralName... names)
      throws IOException {
    Instant now = Instant.now();
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            NAME,
            BigInteger.valueOf(System.nanoTime()),
            Date.from(now.minus(Duration.ofHours(1))),
            Date.from(now.plus(Duration.ofHours(1))),
            subject,
            pair.getPublic());
    builder.addExtension(Extension.basicConstraints, true, constraints);
    if (names.length > 0)
      builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (OperatorCreationException | GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String text(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }
}
