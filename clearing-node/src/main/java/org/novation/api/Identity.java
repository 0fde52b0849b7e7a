package org.novation.api;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.grpc.util.CertificateUtils;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.Credentials;
import org.novation.api.auth.TokenVerifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node shows at a handshake and whom it believes: its certificate and key, the authorities
 * of client certificates, the keys that tokens are verified by. All of them follow their files
 * while the node runs; connections and calls that are open go on. What cannot be used, a
 * certificate without its key among it, leaves in force what could.
 */
final class Identity {
  private static final Logger LOG = LoggerFactory.getLogger(Identity.class);
  private static final byte[] PROOF = {1, 2, 3};

  private final Credentials files;
  private final TokenVerifier verifier;
  private final AdvancedTlsX509KeyManager shown = new AdvancedTlsX509KeyManager();
  private final @Nullable AdvancedTlsX509TrustManager clients;

  /**
   * @throws Credentials.Missing when something cannot be used: then the node must not start
   */
  Identity(Credentials files, TokenVerifier verifier) throws Credentials.Missing {
    this.files = files;
    this.verifier = verifier;
    this.clients = files.clientAuthorities() == null ? null : clients();
    read();
  }

  private static AdvancedTlsX509TrustManager clients() {
    try {
      return AdvancedTlsX509TrustManager.newBuilder()
          .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION) // Clients have no host name.
          .build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this machine verifies no certificates", e);
    }
  }

  ServerCredentials credentials() {
    TlsServerCredentials.Builder tls = TlsServerCredentials.newBuilder().keyManager(shown);
    if (clients != null) tls.trustManager(clients).clientAuth(ClientAuth.REQUIRE);
    return tls.build();
  }

  /** Takes what was rotated. */
  void reread() {
    try {
      verifier.replaceKeys(files.read());
      read();
    } catch (Credentials.Missing | IllegalArgumentException e) {
      LOG.warn("Still going by the keys and certificates of before: {}", e.getMessage());
    }
  }

  private void read() throws Credentials.Missing {
    Path authorities = files.clientAuthorities();
    Path about = files.certificateChain();
    try {
      X509Certificate[] chain = certificates(files.certificateChain());
      PrivateKey key = key(files.privateKey());
      requirePair(chain[0], key);
      shown.updateIdentityCredentials(chain, key);
      if (clients == null || authorities == null) return;
      about = authorities;
      X509Certificate[] trusted = certificates(authorities);
      clients.updateTrustCredentials(trusted);
    } catch (IOException | GeneralSecurityException e) {
      throw new Credentials.Missing(
          "the TLS certificate or key is unusable: " + about + ": " + e.getMessage());
    }
  }

  private static X509Certificate[] certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (InputStream in = new FileInputStream(file.toFile())) {
      X509Certificate[] read = CertificateUtils.getX509Certificates(in);
      if (read.length == 0) throw new IOException("there is no certificate in it");
      return read;
    }
  }

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = new FileInputStream(file.toFile())) {
      return CertificateUtils.getPrivateKey(in);
    }
  }

  /** Files that are replaced one after the other do not fit for a moment. */
  private static void requirePair(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(PROOF);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(PROOF);
    if (!signature.verify(signed))
      throw new GeneralSecurityException("the private key is not the certificate's");
  }
}
