package org.novation.api.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Signs tokens with ES256: those of a development node, and those that tools hand out. */
public final class TokenIssuer {
  private final ECKey key;
  private final String issuer;
  private final String audience;

  /**
   * @param key a private P-256 key with a key id
   */
  public TokenIssuer(ECKey key, String issuer, String audience) {
    this.key = key;
    this.issuer = issuer;
    this.audience = audience;
  }

  /** A token for a name, with an id of its own, valid from {@code now} for {@code lifetime}. */
  public String issue(String name, Set<Role> roles, Instant now, Duration lifetime) {
    return sign(claims(name, roles, now, lifetime).build());
  }

  /** A token that counts with one client certificate alone (RFC 8705). */
  public String issue(
      String name, Set<Role> roles, Instant now, Duration lifetime, X509Certificate certificate) {
    String thumbprint = ClientCertificate.thumbprint(certificate);
    return sign(
        claims(name, roles, now, lifetime)
            .claim("cnf", Map.of(ClientCertificate.THUMBPRINT, thumbprint))
            .build());
  }

  private JWTClaimsSet.Builder claims(
      String name, Set<Role> roles, Instant now, Duration lifetime) {
    return new JWTClaimsSet.Builder()
        .jwtID(UUID.randomUUID().toString())
        .issuer(issuer)
        .audience(audience)
        .subject(name)
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plus(lifetime)))
        .claim("roles", roles.stream().map(Role::claim).sorted().toList());
  }

  private String sign(JWTClaimsSet claims) {
    try {
      SignedJWT jwt =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(), claims);
      jwt.sign(new ECDSASigner(key));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException("the signing key cannot sign: " + e.getMessage(), e);
    }
  }
}
