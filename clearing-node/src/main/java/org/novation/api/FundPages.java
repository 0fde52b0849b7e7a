package org.novation.api;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.novation.api.InsurancePort.Line;
import org.novation.api.InsurancePort.Place;
import org.novation.insurance.FundParts;

/**
 * Tokens of pages of the fund's history. One says at which event the page begins and what the fund
 * held then, so that no page needs those before it. Whoever makes one up is shown balances that he
 * made up himself, or is refused; the movements are the journal's in any case.
 */
final class FundPages {
  private static final Pattern PLACE =
      Pattern.compile("(\\d{1,19})/(\\d{1,19})/(\\d{1,19})/(\\d{1,19})");

  private FundPages() {}

  /** Where the next page begins; null when that was the first event. */
  static @Nullable Place before(Line line) {
    long number = line.event().number() - 1;
    return number == 0 ? null : new Place(number, line.after().before(line.event()));
  }

  static String token(Place place) {
    FundParts parts = place.after();
    String text =
        place.number()
            + "/"
            + parts.houseMicros()
            + '/'
            + parts.balanceMicros()
            + '/'
            + parts.reservedMicros();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  static Place place(String token) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII);
      Matcher matcher = PLACE.matcher(text);
      if (matcher.matches()) {
        long number = Long.parseLong(matcher.group(1));
        FundParts parts =
            new FundParts(
                Long.parseLong(matcher.group(2)),
                Long.parseLong(matcher.group(3)),
                Long.parseLong(matcher.group(4)));
        if (number > 0) return new Place(number, parts);
      }
    } catch (IllegalArgumentException e) {
      throw malformed(token); // Neither Base64 nor numbers that fit.
    }
    throw malformed(token);
  }

  private static RuntimeException malformed(String token) {
    return Fields.found("page_token", "MALFORMED", "not a token of this list", "value", token);
  }
}
