package org.novation.account;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Books.Known;
import org.novation.clearing.LastRole;
import org.novation.clearing.Rejection;

/**
 * One account's part in transfers of collateral between two writes: orders of its owner and what
 * comes from others, waiting for the next write, and what the journal said of ids that the account
 * may have forgotten. All of it is volatile and harmless to lose; whoever fails to write what
 * {@link #decide} decided must discard the desk with it, and tell nobody.
 *
 * <p>A transfer is a trade without a second opinion: the taker is asked whether it exists and will
 * have it ({@link Batch#admit}), the giver's write commits, and its outbox delivers. As with trades
 * only the account that commits may say refused, by the same rules, see {@link LastRole}.
 *
 * @param <R> how whoever ordered is addressed
 * @param <A> how another account is addressed
 */
public final class TransferDesk<R, A> {
  /** Most of each kind that wait for one write; beyond, whoever asked asks again. */
  public static final int WAITING_MAX = 4_096;

  /** Most searches for remittances at once, and most answers about orders that are remembered. */
  public static final int LOOKUPS_MAX = 64;

  /**
   * An order, and how its attempt came.
   *
   * @param begunMs when it began, by the wall clock of whoever began it
   * @param notAdmitted why the taker will not have it; null when it will
   */
  public record Asked(TransferOrder order, long begunMs, @Nullable Rejection notAdmitted) {}

  private record ToSend<R>(Asked asked, R replyTo) {}

  private record ToReceive<A>(long outboxNumber, Remittance remittance, A from) {}

  /** What became of something that arrived. */
  public enum Arrival {
    /** It waits for the next write. */
    GATHERED,
    /** It is on the books: to be acknowledged. */
    KNOWN,
    /** The journal is to be searched for it. */
    TO_LOOK_UP,
    /** Too much waits: whoever sent it sends it again. */
    BUSY
  }

  /**
   * What one batch decided, to be told once it is written.
   *
   * @param answers to whoever ordered
   * @param received outbox numbers that are on the books, with who delivered them
   */
  public record Decided<R, A>(List<Answered<R>> answers, List<Received<A>> received) {
    /** Of a desk that has nothing to decide. */
    static <R, A> Decided<R, A> nothing() {
      return new Decided<>(List.of(), List.of());
    }
  }

  /** The answer to one order. */
  public record Answered<R>(TransferOrder order, LastRole.Answer answer, R replyTo) {}

  /** A remittance that is on the books. */
  public record Received<A>(long outboxNumber, A from) {}

  private List<ToSend<R>> toSend = List.of();
  private List<ToReceive<A>> toReceive = List.of();
  // Being searched for, or gathered since: a search that began before the write would miss it.
  private Set<String> lookups = Set.of();
  // By the order's id, what the journal has of it: until it is committed after all.
  private Map<String, Optional<TransferOrder>> searched = Map.of();

  // ---- gathered

  /** Gathers an order of the account's owner. */
  public Arrival send(Account account, Asked asked, R replyTo) {
    if (toSend.size() >= WAITING_MAX) return Arrival.BUSY;
    TransferOrder order = asked.order();
    boolean forgotten = account.knownDeposit(Account.orderFingerprint(order)) == Known.FORGOTTEN;
    if (forgotten && !searched.containsKey(order.id())) return Arrival.TO_LOOK_UP;
    toSend = Sparse.plus(toSend, new ToSend<>(asked, replyTo));
    return Arrival.GATHERED;
  }

  /**
   * The journal was searched for an order that may have been forgotten.
   *
   * @param found what it has of that id; null when nothing
   */
  public void searched(Account account, TransferOrder order, @Nullable TransferOrder found) {
    // Committed meanwhile, and remembered: the search began before.
    if (account.knownDeposit(Account.orderFingerprint(order)) != Known.FORGOTTEN) return;
    if (searched.isEmpty()) searched = new LinkedHashMap<>();
    searched.put(order.id(), Optional.ofNullable(found));
    if (searched.size() > LOOKUPS_MAX) searched.remove(searched.keySet().iterator().next());
  }

  /** Gathers what another account gave; one search at a time for each. */
  public Arrival receive(Account account, long outboxNumber, Remittance remittance, A from) {
    String key = remittance.key();
    Known known = account.knownTransfer(key, remittance.atMs());
    if (known == Known.YES) return Arrival.KNOWN;
    if (known == Known.FORGOTTEN) {
      if (lookups.size() >= LOOKUPS_MAX || lookups.contains(key)) return Arrival.BUSY;
      lookups = Sparse.plus(lookups, key);
      return Arrival.TO_LOOK_UP;
    }
    return gather(outboxNumber, remittance, from);
  }

  /**
   * The journal was searched for a remittance that may have been forgotten.
   *
   * @param found whether it is there; null when the search failed, and it will be sent again
   */
  public Arrival searched(
      long outboxNumber, Remittance remittance, @Nullable Boolean found, A from) {
    if (found != null && !found) return gather(outboxNumber, remittance, from);
    lookups = Sparse.minus(lookups, remittance.key());
    return found == null ? Arrival.BUSY : Arrival.KNOWN;
  }

  private Arrival gather(long outboxNumber, Remittance remittance, A from) {
    if (toReceive.size() >= WAITING_MAX) {
      lookups = Sparse.minus(lookups, remittance.key());
      return Arrival.BUSY;
    }
    toReceive = Sparse.plus(toReceive, new ToReceive<>(outboxNumber, remittance, from));
    return Arrival.GATHERED;
  }

  /** Whether something waits for the next write. */
  public boolean hasWork() {
    return !toSend.isEmpty() || !toReceive.isEmpty();
  }

  /** Whether a new desk is as good as this one. */
  public boolean isEmpty() {
    return !hasWork() && lookups.isEmpty() && searched.isEmpty();
  }

  // ---- decided

  /** Decides everything gathered: first what came, so that it may be given on. */
  public Decided<R, A> decide(Batch batch, LastRole role, long wallMs) {
    List<Received<A>> received = new ArrayList<>(0);
    for (ToReceive<A> todo : toReceive) {
      batch.receive(todo.remittance);
      lookups = Sparse.minus(lookups, todo.remittance.key());
      received.add(new Received<>(todo.outboxNumber, todo.from));
    }
    toReceive = List.of();
    List<Answered<R>> answers = new ArrayList<>(0);
    for (ToSend<R> todo : toSend) {
      TransferOrder order = todo.asked.order();
      answers.add(new Answered<>(order, decide(batch, role, wallMs, todo.asked), todo.replyTo));
    }
    toSend = List.of();
    return new Decided<>(answers, received);
  }

  private LastRole.Answer decide(Batch batch, LastRole role, long wallMs, Asked asked) {
    TransferOrder order = asked.order();
    Known known = batch.known(order);
    if (known == Known.FORGOTTEN) known = inJournal(order);
    return switch (known) {
      case YES -> new LastRole.Answer.Novated();
      case OTHER_CONTENT ->
          new LastRole.Answer.Refused(new Rejection.DuplicateWithOtherContent(order.id()));
      case FORGOTTEN -> new LastRole.Answer.Unavailable("the journal is to be searched first");
      case NO -> judge(batch, role, wallMs, asked);
    };
  }

  private Known inJournal(TransferOrder order) {
    Optional<TransferOrder> found = searched.get(order.id());
    if (found == null) return Known.FORGOTTEN;
    if (found.isEmpty()) return Known.NO;
    return found.get().equals(order) ? Known.YES : Known.OTHER_CONTENT;
  }

  private LastRole.Answer judge(Batch batch, LastRole role, long wallMs, Asked asked) {
    TransferOrder order = asked.order();
    if (!batch.outboxHasRoom())
      return new LastRole.Answer.Unavailable("too much waits for other accounts");
    LastRole.Answer answer =
        role.judge(
            wallMs,
            asked.begunMs(),
            Account.orderFingerprint(order),
            () -> asked.notAdmitted() != null ? asked.notAdmitted() : batch.judge(order));
    if (answer instanceof LastRole.Answer.Commit) {
      batch.send(order);
      if (!searched.isEmpty()) searched.remove(order.id());
    }
    return answer;
  }
}
