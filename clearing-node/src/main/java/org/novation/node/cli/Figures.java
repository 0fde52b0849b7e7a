package org.novation.node.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Figures of the wire for the eye: programs take the exact ones. */
final class Figures {
  private Figures() {}

  /** An amount to the cent, toward zero, thousands apart; nothing for nothing. */
  static String cents(String amount) {
    return amount.isEmpty()
        ? ""
        : "%,.2f".formatted(new BigDecimal(amount).setScale(2, RoundingMode.DOWN));
  }

  /** A fraction in per cent. */
  static String percent(String fraction) {
    if (fraction.isEmpty()) return "";
    return new BigDecimal(fraction).movePointRight(2).stripTrailingZeros().toPlainString() + " %";
  }

  static String orNone(String figure) {
    return figure.isEmpty() ? "none" : figure;
  }

  /** A time in UTC, to the second. */
  static String time(long ms) {
    return ms == 0 ? "never" : Instant.ofEpochMilli(ms).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** An enum's name without what all names of its kind begin with. */
  static String name(Enum<?> value, String prefix) {
    return value
        .name()
        .substring(prefix.length())
        .replace('_', ' ')
        .toLowerCase(java.util.Locale.ROOT);
  }
}
