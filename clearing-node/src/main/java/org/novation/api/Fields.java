package org.novation.api;

import org.novation.api.error.Problem;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.money.Decimals.DecimalException;
import org.novation.money.Increment;

/**
 * Reads the fields of requests. What cannot be read is a {@link Problem.Found} that names the
 * field.
 */
final class Fields {
  /** Longest piece of a caller's text that an answer repeats. */
  private static final int REPEATED_MAX = 40;

  private static final int REASON_MAX = Limits.REASON_CHARACTERS;

  private Fields() {}

  /** An id in the caller's own naming. */
  static String id(String field, String value) {
    if (Ids.valid(value)) return value;
    throw found(
        field,
        "MALFORMED",
        "an id is 1 to 64 characters of [A-Za-z0-9._:-]; this one has " + value.length(),
        "value",
        value);
  }

  /** Why somebody does something, for people to read. */
  static String reason(String field, String text) {
    boolean readable = text.codePoints().noneMatch(Character::isISOControl);
    if (!text.isBlank() && text.length() <= REASON_MAX && readable) return text;
    throw found(field, "MALFORMED", "say why in 1 to " + REASON_MAX + " characters of one line");
  }

  /** The index of a listed instrument. */
  static int instrument(String field, String symbol, Catalogue catalogue) {
    Integer index = catalogue.instrument(symbol);
    if (index != null) return index;
    throw found(
        field,
        "UNKNOWN_INSTRUMENT",
        "there is no instrument " + brief(symbol),
        "instrument",
        symbol);
  }

  /** The index of a listed asset. */
  static int asset(String field, String symbol, Catalogue catalogue) {
    Integer index = catalogue.asset(symbol);
    if (index != null) return index;
    throw found(field, "UNKNOWN_ASSET", "there is no asset " + brief(symbol), "asset", symbol);
  }

  /** A price of an instrument, in ticks, above zero. */
  static long priceTicks(String field, String text, Perpetual perpetual) {
    return steps(field, text, perpetual.tick(), "NOT_A_MULTIPLE_OF_TICK", "tick");
  }

  /** A quantity of an instrument, in lots, above zero and at most its largest trade. */
  static long lots(String field, String text, Perpetual perpetual) {
    long lots = steps(field, text, perpetual.lot(), "NOT_A_MULTIPLE_OF_LOT", "lot");
    if (lots <= perpetual.lotsPerTradeMax()) return lots;
    String max = perpetual.lot().text(perpetual.lotsPerTradeMax());
    throw found(field, "TOO_LARGE", "the largest trade is " + max, "value", text, "max", max);
  }

  /** That the money a trade is about can be counted at all. */
  static void requireCountable(String field, Perpetual perpetual, long priceTicks, long lots) {
    try {
      Math.negateExact(perpetual.notionalMicros(priceTicks, lots));
    } catch (ArithmeticException e) {
      throw found(field, "TOO_LARGE", "price times quantity is more than the house can count");
    }
  }

  private static long steps(
      String field, String text, Increment step, String notMultiple, String stepName) {
    long count;
    try {
      count = step.count(text);
    } catch (DecimalException e) {
      throw switch (e.flaw()) {
        case MALFORMED -> malformed(field, text);
        case TOO_LARGE -> tooLarge(field, text);
        case TOO_PRECISE ->
            found(
                field,
                notMultiple,
                "must be a multiple of " + step,
                "value",
                text,
                stepName,
                step.toString());
      };
    }
    if (count <= 0) throw notPositive(field, text);
    return count;
  }

  /** An amount above zero in units of {@code 10^-scale}. */
  static long amount(String field, String text, int scale) {
    long amount = decimal(field, text, scale);
    if (amount <= 0) throw notPositive(field, text);
    return amount;
  }

  /** That it is a decimal at all, where its scale is not known yet. */
  static void requireDecimal(String field, String text) {
    try {
      var _ = Decimals.parse(text, 0);
    } catch (DecimalException e) {
      if (e.flaw() == Decimals.Flaw.MALFORMED) throw malformed(field, text);
    }
  }

  /** A decimal in units of {@code 10^-scale}, of any sign. */
  static long decimal(String field, String text, int scale) {
    try {
      return Decimals.parse(text, scale);
    } catch (DecimalException e) {
      throw switch (e.flaw()) {
        case MALFORMED -> malformed(field, text);
        case TOO_LARGE -> tooLarge(field, text);
        case TOO_PRECISE ->
            found(
                field,
                "TOO_PRECISE",
                "at most " + scale + " decimals",
                "value",
                text,
                "decimals",
                Integer.toString(scale));
      };
    }
  }

  /** A size of a page: 0 means the default. */
  static int pageSize(int asked) {
    if (asked == 0) return Limits.PAGE_DEFAULT;
    if (asked > 0 && asked <= Limits.PAGE) return asked;
    throw found(
        "page_size", "MALFORMED", "a page has 1 to 1000 entries", "value", Integer.toString(asked));
  }

  /** A number of entries in one message. */
  static void requireCount(String field, int count, int max) {
    if (count >= 1 && count <= max) return;
    throw found(
        field,
        "MALFORMED",
        "1 to " + max + " entries a message",
        "value",
        Integer.toString(count),
        "max",
        Integer.toString(max));
  }

  private static Problem.Found malformed(String field, String text) {
    return found(
        field,
        "MALFORMED",
        "a decimal has the form -?[0-9]+(.[0-9]+)? and at most 40 characters",
        "value",
        text);
  }

  private static Problem.Found notPositive(String field, String text) {
    return found(field, "NOT_POSITIVE", "must be above zero", "value", text);
  }

  private static Problem.Found tooLarge(String field, String text) {
    return found(field, "TOO_LARGE", "more than the house can count", "value", text);
  }

  /** Figures as name, value, name, value; long values are cut. */
  static Problem.Found found(String field, String reason, String message, String... numbers) {
    String[] brief = numbers.clone();
    for (int i = 1; i < brief.length; i += 2) brief[i] = brief(brief[i]);
    return new Problem.Found(Problem.inField(field, reason, message, brief));
  }

  /** A caller's text, cut to what an answer may repeat of it. */
  static String brief(String text) {
    return text.length() <= REPEATED_MAX ? text : text.substring(0, REPEATED_MAX) + "…";
  }
}
