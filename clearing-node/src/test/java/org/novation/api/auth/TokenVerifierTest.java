package org.novation.api.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.access.RevocationBook;
import org.novation.access.RevocationCommand;
import org.novation.access.RevocationEvent;
import org.novation.access.Revocations;
import org.novation.api.auth.TokenRefused.Why;

/** Tokens that prove something, and those that do not. */
final class TokenVerifierTest {
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
  private static final Duration HOUR = Duration.ofHours(1);

  private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
  private final AtomicReference<Revocations> book = new AtomicReference<>(Revocations.NONE);
  private ECKey key;
  private TokenVerifier verifier;

  @BeforeEach
  void makeKey() throws Exception {
    key = new ECKeyGenerator(Curve.P_256).keyID("k-1").generate();
    verifier = new TokenVerifier(new JWKSet(key.toPublicJWK()), "iss", "aud", now::get, book::get);
  }

  private String token(ECKey key, String issuer, String audience, String name) {
    return new TokenIssuer(key, issuer, audience).issue(name, Set.of(Role.VENUE), NOW, HOUR);
  }

  @Test
  void knowsWhoHoldsTokenAndWhatItIs() throws Exception {
    String token =
        new TokenIssuer(key, "iss", "aud")
            .issue("v-1", Set.of(Role.VENUE, Role.AUDITOR), NOW, HOUR);
    Principal principal = verifier.verify(token);
    assertThat(principal)
        .isEqualTo(
            new Principal(
                "v-1",
                Set.of(Role.VENUE, Role.AUDITOR),
                NOW.toEpochMilli(),
                NOW.plus(HOUR).toEpochMilli(),
                principal.tokenId(),
                null));
    assertThat(principal.tokenId()).hasSize(36);
  }

  @Test
  void tokenCountsUntilItRunsOutAndClocksMayDifferByTheSkew() throws Exception {
    String token = token(key, "iss", "aud", "v-1");
    now.set(NOW.plus(HOUR).plus(TokenVerifier.CLOCK_SKEW).minusMillis(1));
    assertThat(verifier.verify(token).name()).isEqualTo("v-1");
    now.set(NOW.plus(HOUR).plus(TokenVerifier.CLOCK_SKEW));
    assertThat(refusal(token)).isEqualTo(Why.TOKEN_EXPIRED);
  }

  @Test
  void refusesTokenOfAnotherIssuerOrForAnotherAudience() {
    assertThat(refusal(token(key, "other", "aud", "v-1"))).isEqualTo(Why.TOKEN_FOREIGN);
    assertThat(refusal(token(key, "iss", "other", "v-1"))).isEqualTo(Why.TOKEN_FOREIGN);
  }

  @Test
  void refusesTokenOfAnotherKeyUnderTheSameName() throws Exception {
    ECKey forged = new ECKeyGenerator(Curve.P_256).keyID("k-1").generate();
    assertThat(refusal(token(forged, "iss", "aud", "v-1"))).isEqualTo(Why.TOKEN_FORGED);
  }

  /** The classic: the public key, which everybody knows, used as the secret of a MAC. */
  @Test
  void refusesTokenThatChoosesItsOwnAlgorithm() throws Exception {
    JWSObject forged =
        new JWSObject(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k-1").build(),
            new Payload(claims().build().toJSONObject()));
    forged.sign(new MACSigner(key.toECPublicKey().getEncoded()));
    assertThat(refusal(forged.serialize())).isEqualTo(Why.TOKEN_FORGED);
  }

  @Test
  void takesEd25519AndRefusesItsForgery() throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] encoded = pair.getPublic().getEncoded();
    byte[] point = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
    OctetKeyPair jwk =
        new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(point)).keyID("ed").build();
    TokenVerifier both =
        new TokenVerifier(
            new JWKSet(List.of(key.toPublicJWK(), jwk)), "iss", "aud", now::get, book::get);
    String token = signedByEd25519(pair, claims().build());
    assertThat(both.verify(token).name()).isEqualTo("v-1");
    KeyPair other = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    assertThat(refusal(both, signedByEd25519(other, claims().build()))).isEqualTo(Why.TOKEN_FORGED);
  }

  @Test
  void refusesClaimsThatAreMissing() throws Exception {
    assertThat(refusal(sign(claims().expirationTime(null)))).isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().subject(null)))).isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().subject("a/b")))).isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().claim("roles", null)))).isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().claim("roles", List.of("king")))))
        .isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().claim("roles", "venue")))).isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().issueTime(null)))).isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().issueTime(Date.from(NOW.plus(HOUR))))))
        .isEqualTo(Why.TOKEN_EXPIRED);
    assertThat(refusal(sign(claims().jwtID("a b")))).isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().claim("cnf", Map.of("jkt", "x")))))
        .isEqualTo(Why.TOKEN_MALFORMED);
    assertThat(refusal(sign(claims().notBeforeTime(Date.from(NOW.plus(HOUR))))))
        .isEqualTo(Why.TOKEN_EXPIRED);
  }

  /** So long is remembered what was revoked. */
  @Test
  void tokenLastsForAMonthAtMost() throws Exception {
    Instant last = NOW.plus(TokenVerifier.LIFETIME_MAX);
    assertThat(verifier.verify(sign(claims().expirationTime(Date.from(last)))).name())
        .isEqualTo("v-1");
    assertThat(refusal(sign(claims().expirationTime(Date.from(last.plusSeconds(1))))))
        .isEqualTo(Why.TOKEN_MALFORMED);
  }

  @Test
  void keyThatIsReplacedTakesItsTokensWithIt() throws Exception {
    String before = token(key, "iss", "aud", "v-1");
    assertThat(verifier.verify(before).name()).isEqualTo("v-1");
    ECKey next = new ECKeyGenerator(Curve.P_256).keyID("k-2").generate();
    verifier.replaceKeys(new JWKSet(next.toPublicJWK()));
    assertThat(refusal(before)).isEqualTo(Why.TOKEN_FORGED);
    assertThat(verifier.verify(token(next, "iss", "aud", "v-2")).name()).isEqualTo("v-2");
  }

  @Test
  void tokenThatWasTakenBackCountsNoMoreAlthoughItWasSeenBefore() throws Exception {
    String one = token(key, "iss", "aud", "v-1");
    String other = token(key, "iss", "aud", "v-1");
    String id = String.valueOf(verifier.verify(one).tokenId());
    book.set(revoked(new RevocationCommand.RevokeToken(id, "lost", "carol")));
    assertThat(refusal(one)).isEqualTo(Why.TOKEN_REVOKED);
    assertThat(verifier.verify(other).name()).isEqualTo("v-1");
  }

  @Test
  void tokensOfBeforeAMomentAreTakenBackTogetherAndThoseOfAfterCount() throws Exception {
    String before = token(key, "iss", "aud", "v-1");
    String somebodys = token(key, "iss", "aud", "v-2");
    Instant moment = NOW.plusSeconds(1);
    now.set(moment);
    String after =
        new TokenIssuer(key, "iss", "aud").issue("v-1", Set.of(Role.VENUE), moment, HOUR);
    book.set(
        revoked(
            new RevocationCommand.RevokePrincipal("v-1", moment.toEpochMilli(), "lost", "carol")));
    assertThat(refusal(before)).isEqualTo(Why.TOKEN_REVOKED);
    assertThat(verifier.verify(after).name()).isEqualTo("v-1");
    assertThat(verifier.verify(somebodys).name()).isEqualTo("v-2");
  }

  private static Revocations revoked(RevocationCommand command) {
    RevocationBook.Decision decision =
        RevocationBook.EMPTY.decide(command, NOW.plusSeconds(1).toEpochMilli());
    assertThat(decision.refusal()).isNull();
    RevocationEvent event = decision.event();
    return event == null ? Revocations.NONE : new Revocations(RevocationBook.EMPTY.apply(event));
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer("iss")
        .audience("aud")
        .subject("v-1")
        .issueTime(Date.from(NOW))
        .expirationTime(Date.from(NOW.plus(HOUR)))
        .claim("roles", List.of("venue"));
  }

  private String sign(JWTClaimsSet.Builder claims) throws Exception {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k-1").build(), claims.build());
    jwt.sign(new ECDSASigner(key));
    return jwt.serialize();
  }

  private static String signedByEd25519(KeyPair pair, JWTClaimsSet claims) throws Exception {
    String header = Base64URL.encode("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}").toString();
    String input = header + "." + Base64URL.encode(claims.toString());
    Signature signer = Signature.getInstance("Ed25519");
    signer.initSign(pair.getPrivate());
    signer.update(input.getBytes(StandardCharsets.US_ASCII));
    return input + "." + Base64URL.encode(signer.sign());
  }

  private @Nullable Why refusal(String token) {
    return refusal(verifier, token);
  }

  private static @Nullable Why refusal(TokenVerifier verifier, String token) {
    TokenRefused refused = catchThrowableOfType(TokenRefused.class, () -> verifier.verify(token));
    return refused == null ? null : refused.why();
  }
}
