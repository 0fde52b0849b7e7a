package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SignaturesTest {
  private static final SignatureVectors FILE = SignatureVectors.FILE;
  private static final CanonicalMessage MESSAGE = FILE.signatures().get(1).message();

  @Test
  void writesTheBytesThatTheFileSays() {
    for (SignatureVectors.Signed vector : FILE.signatures())
      assertThat(HexFormat.of().formatHex(vector.message().bytes())).isEqualTo(vector.bytes());
  }

  @Test
  void acceptsEverySignatureOfTheFileAndMakesTheSame() {
    for (SignatureVectors.Signed vector : FILE.signatures()) {
      SignatureVectors.Key key = SignatureVectors.custodian(vector.custodian());
      assertThat(CustodianKey.signed(key.key(), vector.message().bytes(), vector.signature()))
          .isTrue();
      assertThat(key.sign(vector.message())).isEqualTo(vector.signature());
    }
  }

  @Test
  void refusesWhatTheFileRefuses() {
    for (SignatureVectors.Refused vector : FILE.refused()) {
      byte[] message = FILE.signatures().get(vector.vector()).message().bytes();
      assertThat(CustodianKey.signed(vector.key(), message, vector.signature()))
          .as(vector.why())
          .isFalse();
    }
  }

  @Test
  void trustsNoKeyThatManySignaturesWouldFit() {
    for (SignatureVectors.Unsound vector : FILE.unsoundKeys())
      assertThat(CustodianKey.isSound(vector.key())).as(vector.why()).isFalse();
    for (SignatureVectors.Key key : FILE.keys())
      assertThat(CustodianKey.isSound(key.key())).as(key.custodian()).isTrue();
  }

  /** What the check is for: the neutral point as a key, and the base point times nothing. */
  @Test
  void wouldAcceptASignatureOfAnyMessageByAKeyOfSmallOrder() {
    String neutral = "01" + "00".repeat(31);
    String forged = neutral + "00".repeat(32);
    assertThat(CustodianKey.signed(neutral, MESSAGE.bytes(), forged)).isTrue();
    assertThat(CustodianKey.isSound(neutral)).isFalse();
  }

  @Test
  void bindsEverySingleFieldOfAMessage() {
    String signature = SignatureVectors.custodian("ben").sign(MESSAGE);
    String key = SignatureVectors.custodian("ben").key();
    List<CanonicalMessage> others = othersThan(MESSAGE);
    assertThat(others).hasSize(11);
    for (CanonicalMessage other : others)
      assertThat(CustodianKey.signed(key, other.bytes(), signature)).as("%s", other).isFalse();
  }

  private static List<CanonicalMessage> othersThan(CanonicalMessage m) {
    List<CanonicalMessage> others = new ArrayList<>();
    for (int field = 0; field < 11; field++) {
      others.add(
          new CanonicalMessage(
              field == 0 ? Purpose.CANCEL_WITHDRAWAL : m.purpose(),
              field == 1 ? m.house() + "x" : m.house(),
              field == 2 ? m.chain() + "x" : m.chain(),
              field == 3 ? m.asset() + "x" : m.asset(),
              field == 4 ? m.amount() + 1 : m.amount(),
              field == 5 ? m.address() + "x" : m.address(),
              field == 6 ? m.account() + "x" : m.account(),
              field == 7 ? m.reference() + "x" : m.reference(),
              field == 8 ? m.nonce() + 1 : m.nonce(),
              field == 9 ? m.expiresAtMs() + 1 : m.expiresAtMs(),
              field == 10 ? m.setVersion() + 1 : m.setVersion()));
    }
    return others;
  }

  /** Without lengths, "ab" and "c" would read like "a" and "bc". */
  @Test
  void writesTwoMessagesDifferentlyWhereverAFieldEnds() {
    long seed = Long.getLong("novation.seed", 11);
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      String text = "ab!~".repeat(1 + random.nextInt(4));
      int cut = 1 + random.nextInt(text.length() - 1);
      int other = 1 + random.nextInt(text.length() - 1);
      if (cut == other) continue;
      assertThat(split(text, cut)).as("seed %s", seed).isNotEqualTo(split(text, other));
    }
  }

  private static byte[] split(String text, int cut) {
    return new CanonicalMessage(
            Purpose.ATTEST_DEPOSIT,
            "h",
            "c",
            "A",
            1,
            text.substring(0, cut),
            text.substring(cut),
            "r",
            1,
            1,
            1)
        .bytes();
  }

  @Test
  void signsVisibleAsciiAlone() {
    assertThat(CanonicalMessage.isText("a".repeat(128))).isTrue();
    assertThat(CanonicalMessage.isText("a".repeat(129))).isFalse();
    for (String text : List.of("", "a b", "a\n", "\u0430", "\u0000", "é", "\ud83d\ude00"))
      assertThat(CanonicalMessage.isText(text)).as(text).isFalse();
    assertThatThrownBy(
            () ->
                new CanonicalMessage(
                    Purpose.ATTEST_DEPOSIT, "h", "c", "A", 1, "a", "а", "r", 1, 1, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void countsOneKeyAsOneCustodianAndNeverOneCustodianAsEnough() {
    Custodian ana = SignatureVectors.custodian("ana").publicly();
    Custodian ben = SignatureVectors.custodian("ben").publicly();
    assertThat(SignatureVectors.set(1).problem()).isNull();
    assertThat(problem(1, 2, 2, 2, ana, new Custodian("eve", ana.key())))
        .isEqualTo("eve has the key of another custodian");
    assertThat(problem(1, 2, 2, 2, ana, new Custodian("eve", FILE.sameOwner().get(1))))
        .isEqualTo("eve has the key of another custodian");
    assertThat(problem(1, 2, 2, 2, ana, new Custodian("ana", ben.key())))
        .isEqualTo("two custodians are named ana");
    assertThat(problem(1, 2, 2, 2, ana, new Custodian("eve", FILE.unsoundKeys().get(0).key())))
        .isEqualTo("eve has no Ed25519 public key to trust");
    assertThat(problem(0, 2, 2, 2, ana, ben)).isNotNull();
    assertThat(problem(1, 1, 2, 2, ana, ben)).isNotNull();
    assertThat(problem(1, 2, 1, 2, ana, ben)).isNotNull();
    assertThat(problem(1, 3, 2, 2, ana, ben)).isNotNull();
    assertThat(problem(1, 2, 3, 2, ana, ben)).isNotNull();
    assertThat(problem(1, 2, 2, 0, ana, ben)).isNotNull();
    assertThat(problem(1, 2, 2, 1, ana, ben)).isNull();
    assertThat(problem(1, 2, 2, 1, ana)).isNotNull();
  }

  private static @org.jspecify.annotations.Nullable String problem(
      long version, int attest, int approve, int object, Custodian... custodians) {
    return new CustodianSet(version, List.of(custodians), attest, approve, object).problem();
  }

  @Test
  void countsNoSignatureThatNamesAnotherSet() {
    String signature = SignatureVectors.custodian("ben").sign(MESSAGE);
    assertThat(SignatureVectors.set(1).signed("ben", MESSAGE, signature)).isTrue();
    assertThat(SignatureVectors.set(2).signed("ben", MESSAGE, signature)).isFalse();
    assertThat(SignatureVectors.set(1).signed("ana", MESSAGE, signature)).isFalse();
    assertThat(SignatureVectors.set(1).signed("eve", MESSAGE, signature)).isFalse();
  }
}
