package org.novation.api.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObject;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.novation.access.Revocations;
import org.novation.api.auth.TokenRefused.Why;
import org.novation.clearing.HouseAccount;

/**
 * Verifies bearer tokens: JWTs signed with ES256 or EdDSA (Ed25519) by one of the house's keys,
 * found by their key id. The key decides the algorithm, never the token. Several keys may be valid
 * at once, so that they can be rotated. Safe for use by several threads.
 */
public final class TokenVerifier {
  /** Longest token that is looked at. */
  public static final int LENGTH_MAX = 4_096;

  /** How far the clocks of the issuer and of this node may be apart. */
  public static final Duration CLOCK_SKEW = Duration.ofSeconds(5);

  /**
   * Verified tokens that are remembered, so that a caller's every call does not cost a signature.
   */
  private static final int REMEMBERED_MAX = 1_024;

  /**
   * Longest that a token may be good for. So long is remembered what was revoked; after that it has
   * expired in any case.
   */
  public static final Duration LIFETIME_MAX = Duration.ofDays(31);

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

  private volatile Map<String, Key> keys;
  private final String issuer;
  private final String audience;
  private final InstantSource clock;
  private final Supplier<Revocations> revocations;
  private final Map<String, Principal> remembered = new Remembered();

  private record Key(JWSAlgorithm algorithm, JWSVerifier verifier) {}

  /**
   * @param keys public keys, each with a key id; P-256 or Ed25519
   * @param issuer what tokens must name as {@code iss}
   * @param audience what tokens must name among {@code aud}
   * @param clock wall time
   * @param revocations what is taken back now; asked at every call and every message
   * @throws IllegalArgumentException when there is no key, or one that cannot verify tokens
   */
  public TokenVerifier(
      JWKSet keys,
      String issuer,
      String audience,
      InstantSource clock,
      Supplier<Revocations> revocations) {
    this.keys = verifiers(keys);
    this.issuer = issuer;
    this.audience = audience;
    this.clock = clock;
    this.revocations = revocations;
  }

  /**
   * Verifies by these keys from now on: whatever a key that is gone had signed counts no more.
   *
   * @throws IllegalArgumentException when there is no key, or one that cannot verify tokens; then
   *     the keys stay as they were
   */
  public void replaceKeys(JWKSet keys) {
    this.keys = verifiers(keys);
    synchronized (remembered) {
      remembered.clear();
    }
  }

  private static Map<String, Key> verifiers(JWKSet keys) {
    Map<String, Key> verifiers = new HashMap<>();
    for (JWK key : keys.getKeys()) {
      String id = key.getKeyID();
      if (id == null) throw new IllegalArgumentException("a verification key has no key id (kid)");
      if (verifiers.put(id, verifier(key)) != null)
        throw new IllegalArgumentException("two verification keys are called " + id);
    }
    if (verifiers.isEmpty()) throw new IllegalArgumentException("there is no verification key");
    return Map.copyOf(verifiers);
  }

  private static Key verifier(JWK key) {
    try {
      if (key instanceof ECKey ec && Curve.P_256.equals(ec.getCurve())) {
        return new Key(JWSAlgorithm.ES256, new ECDSAVerifier(ec.toPublicJWK()));
      }
      if (key instanceof OctetKeyPair okp && Curve.Ed25519.equals(okp.getCurve())) {
        return new Key(JWSAlgorithm.EdDSA, new Ed25519JcaVerifier(okp.toPublicJWK()));
      }
    } catch (JOSEException e) {
      throw new IllegalArgumentException(
          "verification key " + key.getKeyID() + " is unusable: " + e.getMessage(), e);
    }
    throw new IllegalArgumentException(
        "verification key " + key.getKeyID() + " is neither P-256 nor Ed25519");
  }

  /**
   * Whom a token stands for.
   *
   * @throws TokenRefused when it stands for nobody, now
   */
  public Principal verify(String token) throws TokenRefused {
    if (token.length() > LENGTH_MAX)
      throw new TokenRefused(Why.TOKEN_MALFORMED, "the token is too long");
    Principal known = recall(token);
    if (known == null) {
      known = read(token);
      remember(token, known);
    }
    requireValid(known);
    return known;
  }

  /**
   * That a token which was valid once still is.
   *
   * @throws TokenRefused when it has run out or was taken back
   */
  public void requireValid(Principal principal) throws TokenRefused {
    if (revocations.get().revoked(principal.name(), principal.tokenId(), principal.issuedAtMs()))
      throw new TokenRefused(Why.TOKEN_REVOKED, "the token was revoked: ask for a new one");
    if (clock.millis() >= principal.expiresAtMs() + CLOCK_SKEW.toMillis()) {
      throw new TokenRefused(Why.TOKEN_EXPIRED, "the token has expired: get a new one");
    }
  }

  private Principal read(String token) throws TokenRefused {
    try {
      requireHeader(token);
      SignedJWT jwt = SignedJWT.parse(token);
      Key key = jwt.getHeader().getKeyID() == null ? null : keys.get(jwt.getHeader().getKeyID());
      if (key == null)
        throw new TokenRefused(Why.TOKEN_FORGED, "no key of this house signed the token");
      if (!key.algorithm().equals(jwt.getHeader().getAlgorithm())) {
        throw new TokenRefused(
            Why.TOKEN_FORGED, "the token names another algorithm than its key's");
      }
      if (!jwt.verify(key.verifier()))
        throw new TokenRefused(Why.TOKEN_FORGED, "the token's signature is wrong");
      return principal(jwt.getJWTClaimsSet());
    } catch (ParseException e) {
      throw new TokenRefused(Why.TOKEN_MALFORMED, "the token is not a signed JWT");
    } catch (JOSEException e) {
      throw new TokenRefused(Why.TOKEN_FORGED, "the token's signature cannot be verified");
    }
  }

  /** The library takes the JSON text {@code null} for a header, and falls over it. */
  private static void requireHeader(String token) throws ParseException {
    String header = JOSEObject.split(token)[0].decodeToString();
    if (JSONObjectUtils.parse(header) == null) throw new ParseException("no header", 0);
  }

  private Principal principal(JWTClaimsSet claims) throws TokenRefused, ParseException {
    if (!issuer.equals(claims.getIssuer()))
      throw new TokenRefused(Why.TOKEN_FOREIGN, "the token's issuer is not " + issuer);
    if (!claims.getAudience().contains(audience)) {
      throw new TokenRefused(Why.TOKEN_FOREIGN, "the token's audience is not " + audience);
    }
    Date expires = claims.getExpirationTime();
    if (expires == null)
      throw new TokenRefused(Why.TOKEN_MALFORMED, "the token never expires (exp)");
    Date notBefore = claims.getNotBeforeTime();
    if (notBefore != null && notBefore.getTime() > clock.millis() + CLOCK_SKEW.toMillis()) {
      throw new TokenRefused(Why.TOKEN_EXPIRED, "the token is not valid yet");
    }
    String name = claims.getSubject();
    if (name == null || !NAME.matcher(name).matches()) {
      throw new TokenRefused(
          Why.TOKEN_MALFORMED, "the token's subject is not 1 to 64 characters of [A-Za-z0-9._:-]");
    }
    if (name.equals(HouseAccount.MEMBER)) {
      throw new TokenRefused(Why.TOKEN_MALFORMED, "the token's subject is the house's own name");
    }
    return new Principal(
        name,
        roles(claims),
        issued(claims, expires),
        expires.getTime(),
        tokenId(claims),
        certificate(claims));
  }

  private long issued(JWTClaimsSet claims, Date expires) throws TokenRefused {
    Date issued = claims.getIssueTime();
    if (issued == null)
      throw new TokenRefused(Why.TOKEN_MALFORMED, "the token says not when it was issued (iat)");
    if (issued.getTime() > clock.millis() + CLOCK_SKEW.toMillis())
      throw new TokenRefused(Why.TOKEN_EXPIRED, "the token is not valid yet");
    if (expires.getTime() - issued.getTime() > LIFETIME_MAX.toMillis()) {
      throw new TokenRefused(
          Why.TOKEN_MALFORMED, "the token lasts for more than " + LIFETIME_MAX.toDays() + " days");
    }
    return issued.getTime();
  }

  private static @Nullable String tokenId(JWTClaimsSet claims) throws TokenRefused {
    String id = claims.getJWTID();
    if (id == null || NAME.matcher(id).matches()) return id;
    throw new TokenRefused(
        Why.TOKEN_MALFORMED, "the token's id (jti) is not 1 to 64 characters of [A-Za-z0-9._:-]");
  }

  /** A confirmation that is not understood is no confirmation: the token is refused. */
  private static @Nullable String certificate(JWTClaimsSet claims)
      throws TokenRefused, ParseException {
    Map<String, Object> confirmation = claims.getJSONObjectClaim("cnf");
    if (confirmation == null) return null;
    if (confirmation.get(ClientCertificate.THUMBPRINT) instanceof String thumbprint
        && confirmation.size() == 1) return thumbprint;
    throw new TokenRefused(
        Why.TOKEN_MALFORMED, "the token is bound (cnf) to something else than a certificate");
  }

  private static Set<Role> roles(JWTClaimsSet claims) throws TokenRefused, ParseException {
    List<String> named = claims.getStringListClaim("roles");
    EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    for (String claim : named == null ? List.<String>of() : named) {
      Role role = Role.ofClaim(claim);
      if (role != null) roles.add(role);
    }
    if (roles.isEmpty())
      throw new TokenRefused(Why.TOKEN_MALFORMED, "the token names no role (roles)");
    return roles;
  }

  private @Nullable Principal recall(String token) {
    synchronized (remembered) {
      return remembered.get(token);
    }
  }

  private void remember(String token, Principal principal) {
    synchronized (remembered) {
      remembered.put(token, principal);
    }
  }

  /** The most recently used tokens. */
  private static final class Remembered extends LinkedHashMap<String, Principal> {
    private static final long serialVersionUID = 1;

    Remembered() {
      super(64, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Principal> eldest) {
      return size() > REMEMBERED_MAX;
    }
  }
}
