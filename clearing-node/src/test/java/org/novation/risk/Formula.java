package org.novation.risk;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Works out a term's formula as a person with a calculator would: words are skipped, figures and
 * signs count, what follows a comma outside of parentheses is about rounding.
 */
final class Formula {
  private static final MathContext DIGITS = MathContext.DECIMAL128;
  private static final Set<String> FUNCTIONS = Set.of("max", "min", "sqrt", "abs");
  private static final Pattern TOKEN = Pattern.compile("[0-9.]+|[a-z]+|[-+/(),]");
  private final List<String> tokens = new ArrayList<>();
  private int at;

  private Formula(String text) {
    Matcher matcher = TOKEN.matcher(text.replaceAll("\\|([^|]*)\\|", "abs($1)"));
    while (matcher.find()) {
      String token = matcher.group();
      boolean word = Character.isLetter(token.charAt(0));
      if (token.equals("x")) tokens.add("*");
      else if (!word || FUNCTIONS.contains(token)) tokens.add(token);
    }
  }

  /** The figure that a formula comes to. */
  static BigDecimal value(String text) {
    Formula formula = new Formula(text);
    BigDecimal value = formula.sum();
    if (formula.at < formula.tokens.size() && !formula.next().equals(",")) {
      throw new IllegalArgumentException("cannot follow: " + text);
    }
    return value;
  }

  private BigDecimal sum() {
    BigDecimal value = product();
    while (peeks("+") || peeks("-")) {
      boolean plus = next().equals("+");
      BigDecimal more = product();
      value = plus ? value.add(more) : value.subtract(more);
    }
    return value;
  }

  private BigDecimal product() {
    BigDecimal value = factor();
    while (peeks("*") || peeks("/")) {
      boolean times = next().equals("*");
      BigDecimal other = factor();
      value = times ? value.multiply(other) : value.divide(other, DIGITS);
    }
    return value;
  }

  private BigDecimal factor() {
    String token = next();
    return switch (token) {
      case "-" -> factor().negate();
      case "(" -> {
        BigDecimal value = sum();
        expect(")");
        yield value;
      }
      case "max", "min", "sqrt", "abs" -> function(token);
      default -> new BigDecimal(token);
    };
  }

  private BigDecimal function(String name) {
    expect("(");
    BigDecimal value = sum();
    while (peeks(",")) {
      next();
      BigDecimal other = sum();
      value = name.equals("max") ? value.max(other) : value.min(other);
    }
    expect(")");
    return switch (name) {
      case "sqrt" -> value.sqrt(DIGITS);
      case "abs" -> value.abs();
      default -> value;
    };
  }

  private boolean peeks(String token) {
    return at < tokens.size() && tokens.get(at).equals(token);
  }

  private String next() {
    return tokens.get(at++);
  }

  private void expect(String token) {
    if (!next().equals(token)) throw new IllegalArgumentException(token + " expected: " + tokens);
  }
}
