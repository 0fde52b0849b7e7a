package org.novation.api.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;
import org.novation.access.Revocations;

/**
 * Whatever text stands in for a token: it is refused, or it is the token. {@code
 * -Dnovation.seeds=N} tries more.
 */
final class TokenFuzzTest {
  private static final int SEEDS = 2_000;
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

  private static final List<String> PARTS =
      List.of(
          "{}",
          "[]",
          "null",
          "{\"alg\":\"none\"}",
          "{\"alg\":\"ES256\",\"kid\":\"k-1\"}",
          "{\"alg\":\"ES256\",\"kid\":\"k-1\",\"crit\":[\"b64\"],\"b64\":false}",
          "{\"alg\":\"ES256\",\"kid\":7}",
          "{\"sub\":\"alice\",\"roles\":[\"operator\"],\"exp\":99999999999999999999}",
          "[".repeat(2_000),
          "{\"a\":".repeat(500));

  private ECKey key;
  private TokenVerifier verifier;
  private String sound;
  private Principal holder;

  @BeforeEach
  void prepare() throws JOSEException, TokenRefused {
    key = new ECKeyGenerator(Curve.P_256).keyID("k-1").generate();
    verifier =
        new TokenVerifier(
            new JWKSet(key.toPublicJWK()), "iss", "aud", () -> NOW, () -> Revocations.NONE);
    sound =
        new TokenIssuer(key, "iss", "aud")
            .issue("v-1", Set.of(Role.VENUE), NOW, Duration.ofHours(1));
    holder = verifier.verify(sound);
  }

  @Test
  void everyTextIsRefusedOrIsTheTokenItself() {
    Seeds.each(
        SEEDS,
        seed -> {
          String text = text(new SplittableRandom(seed));
          try {
            // Spare bits at the end of Base64 may differ: it is the same token then.
            assertThat(verifier.verify(text)).isEqualTo(holder);
          } catch (TokenRefused refused) {
            assertThat(refused.why()).isNotEqualTo(TokenRefused.Why.TOKEN_EXPIRED);
          }
        });
  }

  private String text(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> noise(random);
      case 1 -> part(random) + '.' + part(random) + '.' + part(random);
      case 2 -> changed(random);
      default -> sound.substring(0, random.nextInt(sound.length())) + noise(random);
    };
  }

  private static String noise(SplittableRandom random) {
    StringBuilder noise = new StringBuilder();
    int length = random.nextInt(200);
    for (int i = 0; i < length; i++) noise.append((char) random.nextInt(1, 0x3000));
    return noise.toString();
  }

  private static String part(SplittableRandom random) {
    byte[] text = PARTS.get(random.nextInt(PARTS.size())).getBytes(StandardCharsets.UTF_8);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text);
  }

  private String changed(SplittableRandom random) {
    StringBuilder changed = new StringBuilder(sound);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++)
      changed.setCharAt(random.nextInt(changed.length()), (char) random.nextInt('!', '~'));
    return changed.toString();
  }
}
