package org.novation.money;

/**
 * Decimal strings to scaled integers and back, without loss. The grammar is {@code
 * -?[0-9]+(\.[0-9]+)?}, at most {@link #LENGTH_MAX} characters: no exponent, no plus sign, no
 * blanks, no {@code NaN}.
 */
public final class Decimals {
  /** Longest text that is read. */
  public static final int LENGTH_MAX = 40;

  private Decimals() {}

  /** Why a text is not the number that was asked for. */
  public enum Flaw {
    /** It does not follow the grammar. */
    MALFORMED,
    /** It has non-zero digits beyond the scale. */
    TOO_PRECISE,
    /** It does not fit a {@code long} at the scale. */
    TOO_LARGE
  }

  /**
   * A text that is not the number that was asked for. Carries no stack trace: it is an answer to a
   * caller.
   */
  public static final class DecimalException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final Flaw flaw;

    DecimalException(Flaw flaw, String text) {
      super(
          flaw + ": " + (text.length() > LENGTH_MAX ? text.substring(0, LENGTH_MAX) + "…" : text),
          null,
          false,
          false);
      this.flaw = flaw;
    }

    /** What is wrong with it. */
    public Flaw flaw() {
      return flaw;
    }
  }

  /**
   * The number times {@code 10^scale}, exactly. Zeros beyond the scale are accepted.
   *
   * @throws DecimalException when the text is malformed, too precise for the scale or too large
   */
  public static long parse(String text, int scale) {
    int length = text.length();
    if (length == 0 || length > LENGTH_MAX) throw new DecimalException(Flaw.MALFORMED, text);
    boolean negative = text.charAt(0) == '-';
    int i = negative ? 1 : 0;
    long value = 0; // Counted downwards, since Long.MIN_VALUE has no positive twin.
    int digits = 0;
    for (; i < length && isDigit(text.charAt(i)); i++, digits++)
      value = shift(value, text.charAt(i) - '0', text);
    if (digits == 0) throw new DecimalException(Flaw.MALFORMED, text);
    int decimals = 0;
    if (i < length) {
      if (text.charAt(i++) != '.' || i == length) throw new DecimalException(Flaw.MALFORMED, text);
      for (; i < length; i++) {
        char c = text.charAt(i);
        if (!isDigit(c)) throw new DecimalException(Flaw.MALFORMED, text);
        if (decimals < scale) {
          value = shift(value, c - '0', text);
          decimals++;
        } else if (c != '0') {
          throw tooPrecise(text, i);
        }
      }
    }
    for (; decimals < scale; decimals++) value = shift(value, 0, text);
    if (negative) return value;
    if (value == Long.MIN_VALUE) throw new DecimalException(Flaw.TOO_LARGE, text);
    return -value;
  }

  /** Malformed wins over too precise: the whole text is read before it is judged. */
  private static DecimalException tooPrecise(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (!isDigit(text.charAt(i))) return new DecimalException(Flaw.MALFORMED, text);
    }
    return new DecimalException(Flaw.TOO_PRECISE, text);
  }

  private static long shift(long value, int digit, String text) {
    if (value < Long.MIN_VALUE / 10 || (value == Long.MIN_VALUE / 10 && digit > 8)) {
      throw new DecimalException(Flaw.TOO_LARGE, text);
    }
    return value * 10 - digit;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** The plain decimal of {@code value / 10^scale}, without trailing zeros; exact. */
  public static String format(long value, int scale) {
    if (scale == 0) return Long.toString(value);
    String digits = Long.toString(value);
    boolean negative = value < 0;
    if (negative) digits = digits.substring(1);
    if (digits.length() <= scale) digits = "0".repeat(scale - digits.length() + 1) + digits;
    int point = digits.length() - scale;
    int end = digits.length();
    while (end > point && digits.charAt(end - 1) == '0') end--;
    String text =
        end == point
            ? digits.substring(0, point)
            : digits.substring(0, point) + "." + digits.substring(point, end);
    return negative ? "-" + text : text;
  }

  /** An amount in micros as a plain decimal. */
  public static String micros(long micros) {
    return format(micros, 6);
  }

  /** A rate in parts per million as a plain decimal fraction. */
  public static String ppm(long ppm) {
    return format(ppm, 6);
  }
}
