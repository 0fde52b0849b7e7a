package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.novation.Seeds;

/**
 * Whatever stands in a message: its bytes say that and nothing else, and no signature fits another.
 * {@code -Dnovation.seeds=N} tries more.
 */
final class CanonicalMessageFuzzTest {
  private static final HexFormat HEX = HexFormat.of();

  private static final long[] NUMBERS = {
    Long.MIN_VALUE, -1, 0, 1, 8, 255, 256, 1L << 32, Long.MAX_VALUE
  };

  @Test
  void theBytesSayWhatTheMessageSaysAndNothingElse() {
    Seeds.each(
        5_000,
        seed -> {
          CanonicalMessage message = any(new SplittableRandom(seed));
          assertThat(read(message.bytes())).isEqualTo(message);
        });
  }

  @Test
  void aSignatureFitsNoOtherMessageAndNoOtherKeyAndCannotBeBent() {
    Seeds.each(
        200,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          CustodianSecret secret = secret(random);
          CanonicalMessage message = any(random);
          String signature = secret.sign(message);
          String key = secret.publicKey();
          assertThat(CustodianKey.isSound(key)).isTrue();
          assertThat(CustodianKey.signed(key, message.bytes(), signature)).isTrue();
          CanonicalMessage other = bent(message, random);
          if (!other.equals(message)) {
            assertThat(CustodianKey.signed(key, other.bytes(), signature))
                .as("%s as %s", message, other)
                .isFalse();
          }
          assertThat(CustodianKey.signed(secret(random).publicKey(), message.bytes(), signature))
              .isFalse();
          String flipped = flipped(signature, random);
          assertThat(CustodianKey.signed(key, message.bytes(), flipped)).as(flipped).isFalse();
        });
  }

  @Test
  void noiseIsNoSignatureAndWhateverKeyItIsSaidToBeOfNothingElseIsThrown() {
    Seeds.each(
        1_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          String key = noise(random, 64);
          String signature = noise(random, 128);
          boolean sound = CustodianKey.isSound(key);
          assertThat(CustodianKey.signed(key, any(random).bytes(), signature))
              .as("%s by %s, %s", signature, key, sound)
              .isFalse();
        });
  }

  @Test
  void aTextThatLooksLikeAnotherOrHidesSomethingCannotBeSigned() {
    Seeds.each(
        2_000,
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          char[] text = "account-1".toCharArray();
          char odd = (char) random.nextInt(1 << 16);
          text[random.nextInt(text.length)] = odd;
          boolean visible = odd >= '!' && odd <= '~';
          assertThat(CanonicalMessage.isText(new String(text))).isEqualTo(visible);
          if (!visible) {
            assertThatIllegalArgumentException()
                .isThrownBy(() -> message(any(random), 6, new String(text), 0));
          }
        });
    assertThat(CanonicalMessage.isText("")).isFalse();
    assertThat(CanonicalMessage.isText("x".repeat(CanonicalMessage.TEXT_MAX))).isTrue();
    assertThat(CanonicalMessage.isText("x".repeat(CanonicalMessage.TEXT_MAX + 1))).isFalse();
  }

  private static CustodianSecret secret(SplittableRandom random) {
    byte[] seed = new byte[CustodianSecret.SEED_BYTES];
    random.nextBytes(seed);
    return CustodianSecret.of(HEX.formatHex(seed));
  }

  private static String text(SplittableRandom random) {
    int length =
        switch (random.nextInt(4)) {
          case 0 -> 1;
          case 1 -> CanonicalMessage.TEXT_MAX;
          default -> 1 + random.nextInt(20);
        };
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) text.append((char) ('!' + random.nextInt('~' - '!' + 1)));
    return text.toString();
  }

  private static long number(SplittableRandom random) {
    return random.nextBoolean() ? NUMBERS[random.nextInt(NUMBERS.length)] : random.nextLong();
  }

  private static CanonicalMessage any(SplittableRandom random) {
    Purpose[] purposes = Purpose.values();
    return new CanonicalMessage(
        purposes[random.nextInt(purposes.length)],
        text(random),
        text(random),
        text(random),
        number(random),
        text(random),
        text(random),
        text(random),
        number(random),
        number(random),
        number(random));
  }

  /** One field otherwise; or a character that moves over into the next text. */
  private static CanonicalMessage bent(CanonicalMessage of, SplittableRandom random) {
    int field = random.nextInt(12);
    if (field == 11 && of.address().length() > 1) {
      int at = of.address().length() - 1;
      String account = of.address().charAt(at) + of.account();
      if (account.length() > CanonicalMessage.TEXT_MAX) return of;
      return message(message(of, 5, of.address().substring(0, at), 0), 6, account, 0);
    }
    return message(of, field, text(random), number(random));
  }

  private static CanonicalMessage message(CanonicalMessage of, int field, String text, long n) {
    Purpose[] purposes = Purpose.values();
    return new CanonicalMessage(
        field == 0 ? purposes[of.purpose().code() % purposes.length] : of.purpose(),
        field == 1 ? text : of.house(),
        field == 2 ? text : of.chain(),
        field == 3 ? text : of.asset(),
        field == 4 ? n : of.amount(),
        field == 5 ? text : of.address(),
        field == 6 ? text : of.account(),
        field == 7 ? text : of.reference(),
        field == 8 ? n : of.nonce(),
        field == 9 ? n : of.expiresAtMs(),
        field == 10 ? n : of.setVersion());
  }

  private static String flipped(String hex, SplittableRandom random) {
    byte[] bytes = HEX.parseHex(hex);
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    return HEX.formatHex(bytes);
  }

  private static String noise(SplittableRandom random, int digits) {
    int length = random.nextInt(6) == 0 ? random.nextInt(2 * digits) : digits;
    StringBuilder noise = new StringBuilder();
    String alphabet = random.nextInt(6) == 0 ? "0123456789abcdefABCDEFxyz \u0000\u0661" : "0f17";
    for (int i = 0; i < length; i++)
      noise.append(alphabet.charAt(random.nextInt(alphabet.length())));
    return noise.toString();
  }

  /** Reads the bytes as the room's page describes them, and all of them. */
  private static CanonicalMessage read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      assertThat(new String(in.readNBytes(16), StandardCharsets.US_ASCII))
          .isEqualTo("NOVATION-CUSTODY");
      assertThat(in.readByte()).isEqualTo((byte) 1);
      int code = in.readByte();
      Purpose purpose =
          Arrays.stream(Purpose.values())
              .filter(each -> each.code() == code)
              .findAny()
              .orElseThrow();
      CanonicalMessage message =
          new CanonicalMessage(
              purpose,
              readText(in),
              readText(in),
              readText(in),
              readNumber(in),
              readText(in),
              readText(in),
              readText(in),
              readNumber(in),
              readNumber(in),
              readNumber(in));
      assertThat(in.available()).isZero();
      return message;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String readText(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readUnsignedShort()), StandardCharsets.US_ASCII);
  }

  private static long readNumber(DataInputStream in) throws IOException {
    assertThat(in.readUnsignedShort()).isEqualTo(Long.BYTES);
    return in.readLong();
  }
}
