package org.novation.api.auth;

import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/** What is known of a call to whoever stands before authentication, for the log of accesses. */
public final class CallNote {
  private static final Context.Key<CallNote> KEY = Context.key("note");

  private volatile @Nullable Principal principal;

  /** A context in which authentication says here whom it found. */
  public Context in(Context context) {
    return context.withValue(KEY, this);
  }

  /** Who calls; null when nobody was authenticated. */
  public @Nullable Principal principal() {
    return principal;
  }

  static void of(Principal principal) {
    CallNote note = KEY.get();
    if (note != null) note.principal = principal;
  }
}
