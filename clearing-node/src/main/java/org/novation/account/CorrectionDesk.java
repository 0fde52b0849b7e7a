package org.novation.account;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.novation.clearing.CorrectionOrder;

/**
 * One account's part in corrections of its trades between two writes: orders that wait for the next
 * write. All of it is volatile and harmless to lose: what is not answered is told again. Whoever
 * fails to write what {@link #decide} decided must discard the desk with it, and tell nobody.
 *
 * @param <O> how whoever orders is addressed
 */
public final class CorrectionDesk<O> {
  /** Most that wait, or are searched for, at once; the others are told again. */
  public static final int WAITING_MAX = 64;

  private record Todo<O>(CorrectionOrder order, boolean searched, O office) {}

  /** An order, and who is to hear of it. */
  public record Answer<O>(CorrectionOrder order, O office) {}

  /**
   * What one batch decided, to be told once it is written.
   *
   * @param booked on the books with this batch or before
   * @param toLookUp those that may have been forgotten: the journal is to be searched
   * @param never whose trade was corrected in another way: nobody approves a second one
   */
  public record Decided<O>(
      List<Answer<O>> booked, List<Answer<O>> toLookUp, List<CorrectionOrder> never) {
    /** Of a desk that has nothing to decide. */
    static <O> Decided<O> nothing() {
      return new Decided<>(List.of(), List.of(), List.of());
    }
  }

  private List<Todo<O>> todos = List.of();
  // Gathered or being searched for: a search that began before the write would miss it.
  private Set<String> underway = Set.of();

  /** Gathers an order; false when it is underway already, or too many are. */
  public boolean gather(CorrectionOrder order, O office) {
    if (underway.size() >= WAITING_MAX || underway.contains(order.key())) return false;
    underway = Sparse.plus(underway, order.key());
    todos = Sparse.plus(todos, new Todo<>(order, false, office));
    return true;
  }

  /** The journal was searched for an order and does not know it. */
  public void notInJournal(CorrectionOrder order, O office) {
    todos = Sparse.plus(todos, new Todo<>(order, true, office));
  }

  /** The journal knows an order, or could not be searched. */
  public void done(CorrectionOrder order) {
    underway = Sparse.minus(underway, order.key());
  }

  /** Whether something waits for the next write. */
  public boolean hasWork() {
    return !todos.isEmpty();
  }

  /** Whether a new desk is as good as this one. */
  public boolean isEmpty() {
    return todos.isEmpty() && underway.isEmpty();
  }

  /** Decides everything gathered, before the trades of the same batch. */
  public Decided<O> decide(Batch batch) {
    List<Answer<O>> booked = new ArrayList<>(0);
    List<Answer<O>> toLookUp = new ArrayList<>(0);
    List<CorrectionOrder> never = new ArrayList<>(0);
    for (Todo<O> todo : todos) {
      CorrectionOrder order = todo.order;
      switch (batch.correct(order, todo.searched)) {
        case BOOKED -> {
          booked.add(new Answer<>(order, todo.office));
          done(order);
        }
        case FORGOTTEN -> toLookUp.add(new Answer<>(order, todo.office));
        case NOT_NOW -> done(order);
        case CORRECTED_OTHERWISE -> never.add(order);
      }
    }
    todos = List.of();
    return new Decided<>(booked, toLookUp, never);
  }
}
