package org.novation.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.Caller;
import org.novation.api.auth.Grant;

/**
 * Whose accounts are whose. An account never changes hands, so that an answer may be remembered.
 */
final class Ownership {
  private static final int REMEMBERED_MAX = 65_536;

  private final AccountPort accounts;
  private final Map<String, String> members = new Remembered();

  Ownership(AccountPort accounts) {
    this.accounts = accounts;
  }

  /**
   * Whether the caller may reach an account. What is not the caller's own is to look as if it were
   * not there, so that nobody learns what others hold.
   */
  CompletionStage<Boolean> holds(Caller caller, String accountId) {
    if (caller.reachesAny()) return CompletableFuture.completedFuture(true);
    if (!caller.has(Grant.OWN_ACCOUNTS)) return CompletableFuture.completedFuture(false);
    String known = recall(accountId);
    if (known != null) return CompletableFuture.completedFuture(known.equals(caller.name()));
    return accounts
        .memberOf(accountId)
        .thenApply(
            member -> {
              member.ifPresent(name -> remember(accountId, name));
              return member.filter(caller.name()::equals).isPresent();
            });
  }

  private @Nullable String recall(String accountId) {
    synchronized (members) {
      return members.get(accountId);
    }
  }

  private void remember(String accountId, String member) {
    synchronized (members) {
      members.put(accountId, member);
    }
  }

  /** The accounts most recently asked for. */
  private static final class Remembered extends LinkedHashMap<String, String> {
    private static final long serialVersionUID = 1;

    Remembered() {
      super(64, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
      return size() > REMEMBERED_MAX;
    }
  }
}
