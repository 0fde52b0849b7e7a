package org.novation.api.auth;

import io.grpc.Context;
import java.util.Set;

/**
 * A principal within one call, and how far it reaches there. Services take it from the call's
 * context.
 *
 * @param grants what the roles of the principal add up to in this call; never empty
 */
public record Caller(Principal principal, Set<Grant> grants) {
  private static final Context.Key<Caller> KEY = Context.key("caller");

  public Caller {
    grants = Set.copyOf(grants);
  }

  /**
   * Who makes the current call; throws when nobody was authenticated, for then the interceptor is
   * missing.
   */
  public static Caller current() {
    Caller caller = KEY.get();
    if (caller == null)
      throw new IllegalStateException("no caller: the call did not pass authentication");
    return caller;
  }

  /** The token's subject. */
  public String name() {
    return principal.name();
  }

  /** Whether the caller reaches whatever the call names. */
  public boolean reachesAny() {
    return grants.contains(Grant.ANY);
  }

  public boolean has(Grant grant) {
    return grants.contains(grant);
  }

  Context in(Context context) {
    return context.withValue(KEY, this);
  }
}
