package org.novation.api.auth;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.TokenRefused.Why;

/**
 * Holds a caller to the certificate that its connection was made with. A token that names a
 * certificate counts with that one alone, on every node (RFC 8705, section 3.1). Where a node asks
 * for certificates, a token that names none counts with a certificate of its holder's name: a
 * stolen token is worth nothing without the key.
 */
final class ClientCertificate {
  /** The confirmation's member that holds {@link #thumbprint}. */
  static final String THUMBPRINT = "x5t#S256";

  private static final int DNS_NAME = 2;
  private static final int URI = 6;

  private ClientCertificate() {}

  /**
   * That a caller and its certificate go together.
   *
   * @param shown null where the node asks for none
   * @throws TokenRefused when they do not
   */
  static void require(Principal principal, @Nullable X509Certificate shown) throws TokenRefused {
    if (shown == null) {
      if (principal.certificate() == null) return;
      throw new TokenRefused(
          Why.CERTIFICATE_MISSING, "the token counts with its client certificate alone");
    }
    if (principal.certificate() == null
        ? names(shown).contains(principal.name())
        : isOf(principal, shown)) return;
    throw new TokenRefused(
        Why.CERTIFICATE_FOREIGN,
        "the client certificate is not " + principal.name() + "'s, or not the token's");
  }

  private static boolean isOf(Principal principal, X509Certificate shown) {
    return thumbprint(shown).equals(principal.certificate());
  }

  /** SHA-256 of the certificate, as tokens name it. */
  static String thumbprint(X509Certificate certificate) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was verified cannot be hashed", e);
    }
  }

  /** Alternative names of the kinds DNS and URI; the common name only where there are none. */
  private static Set<String> names(X509Certificate certificate) {
    try {
      Collection<List<?>> alternative = certificate.getSubjectAlternativeNames();
      Set<String> names =
          alternative == null
              ? Set.of()
              : alternative.stream()
                  .filter(name -> name.getFirst().equals(DNS_NAME) || name.getFirst().equals(URI))
                  .map(name -> name.get(1).toString())
                  .collect(Collectors.toSet());
      return names.isEmpty() ? commonName(certificate) : names;
    } catch (CertificateParsingException e) {
      return Set.of();
    }
  }

  private static Set<String> commonName(X509Certificate certificate) {
    try {
      return new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(part -> part.getType().equalsIgnoreCase("CN"))
              .map(part -> Objects.toString(part.getValue()))
              .collect(Collectors.toSet());
    } catch (InvalidNameException e) {
      return Set.of();
    }
  }
}
