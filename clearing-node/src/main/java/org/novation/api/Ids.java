package org.novation.api;

/** Names that callers choose: 1 to 64 characters of {@code [A-Za-z0-9._:-]}. */
final class Ids {
  static final int LENGTH_MAX = Limits.ID_CHARACTERS;

  private Ids() {}

  static boolean valid(String id) {
    int length = id.length();
    if (length == 0 || length > LENGTH_MAX) return false;
    for (int i = 0; i < length; i++) {
      if (!allowed(id.charAt(i))) return false;
    }
    return true;
  }

  private static boolean allowed(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == ':'
        || c == '-';
  }
}
