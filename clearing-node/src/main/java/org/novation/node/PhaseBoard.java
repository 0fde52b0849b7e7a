package org.novation.node;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.novation.account.AccountEvent.Phase;
import org.novation.account.PhaseReading;
import org.novation.api.AccountPort;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The accounts of the cluster that do not stand in health, as this node last heard of them. Written
 * by one actor, read and listened to by any thread.
 */
final class PhaseBoard {
  /**
   * Most accounts that are kept; beyond, further ones are not known here until others are well
   * again. A node has hardly room for more: an account itself takes twenty times as much.
   */
  static final int STANDING_MAX = 1_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(PhaseBoard.class);
  private static final int LISTENERS_MAX = 10_000;

  private final ConcurrentSkipListMap<String, PhaseReading> standing =
      new ConcurrentSkipListMap<>();
  private final CopyOnWriteArrayList<Consumer<PhaseReading>> listeners =
      new CopyOnWriteArrayList<>();
  private final Set<String> insolvent = ConcurrentHashMap.newKeySet(); // Well or not.
  private volatile long debtsGone; // Written by one.
  private volatile boolean heardAll; // Everybody had the time to say where his accounts stand.
  // Of these and of the insolvent, for the writer alone: a skip list walks to what it finds, and
  // counts itself through.
  private final Map<String, PhaseReading> newest = new HashMap<>();

  /** By id, each as it is when it is come to. */
  Stream<PhaseReading> standing() {
    return standing.values().stream();
  }

  /** Whether one of them owes more than it has; yes as long as not all can have been heard of. */
  boolean hasInsolvent() {
    return !heardAll || !insolvent.isEmpty();
  }

  /** How often somebody came to owe no more; counted before {@link #hasInsolvent} is without it. */
  long debtsGone() {
    return debtsGone;
  }

  boolean hasHeardAll() {
    return heardAll;
  }

  boolean owes(String account) {
    return insolvent.contains(account);
  }

  /** Since this board began, every node has said where its accounts stand. */
  void heardAll() {
    heardAll = true;
  }

  /**
   * Calls {@code listener} after each change that is heard of, until closed; it must not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch listen(Consumer<PhaseReading> listener) {
    if (listeners.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Consumer<PhaseReading> own = reading -> listener.accept(reading); // Its own identity.
    listeners.add(own);
    return () -> listeners.remove(own);
  }

  /** Takes a reading, unless as new a one is here; tells those of a change. */
  void take(PhaseReading reading) {
    String account = reading.accountId();
    PhaseReading before = newest.get(account);
    // Prices alone bring debts about: of the same event the last word counts.
    if (before != null
        && (before.number() > reading.number()
            || (before.number() == reading.number() && before.owes() == reading.owes()))) return;
    if (reading.allWell()) {
      if (before == null) return; // It was said before, or never told that it is not.
      newest.remove(account);
      standing.remove(account);
    } else if (before == null && newest.size() >= STANDING_MAX) {
      LOG.warn("More than {} accounts are in trouble; {} is not shown", STANDING_MAX, account);
      return;
    } else {
      newest.put(account, reading);
      if (reading.phase() == Phase.HEALTHY) standing.remove(account);
      else standing.put(account, reading);
    }
    if (reading.owes()) insolvent.add(account);
    else owesNoMore(account);
    if (before == null ? reading.phase() != Phase.HEALTHY : !before.standsAs(reading))
      listeners.forEach(listener -> listener.accept(reading));
  }

  /** Nobody says any more that it stands anywhere. */
  void forget(String account) {
    newest.remove(account);
    standing.remove(account);
    owesNoMore(account);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // By one alone.
  private void owesNoMore(String account) {
    if (!insolvent.contains(account)) return;
    debtsGone++;
    insolvent.remove(account);
  }

  boolean knows(String account) {
    return standing.containsKey(account) || insolvent.contains(account);
  }
}
