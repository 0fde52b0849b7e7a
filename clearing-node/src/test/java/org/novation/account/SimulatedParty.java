package org.novation.account;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.account.WaterfallSimulation.Violation;
import org.novation.clearing.HouseTime;

/**
 * Something that has a journal: takes one message after the other, waits while it writes, and may
 * crash at any moment, before and after each write; then it is what its journal says, and all else
 * is lost. A recovered party may run on another node, whose clock differs.
 *
 * @param <E> its events
 */
abstract class SimulatedParty<E> {
  /** The clocks of nodes differ by less. */
  static final long SKEW_MS = 500;

  /** Where a message goes; incarnation 0 is whoever runs under that name. */
  record Address(String party, long incarnation) {}

  private record Write<E>(List<E> events, Runnable then) {}

  final WaterfallSimulation house;
  final String id;
  final List<E> journal = new ArrayList<>();
  private final List<HouseAlarm> alarms = new ArrayList<>();
  private long incarnation = 1;
  private long skewMs;
  private @Nullable Write<E> writing;

  SimulatedParty(WaterfallSimulation house, String id) {
    this.house = house;
    this.id = id;
    this.skewMs = house.random.nextLong(SKEW_MS);
  }

  // ---- what each kind is

  /** Takes a message. */
  abstract void on(Object message);

  /** Applies an event to the live state. */
  abstract void apply(E event);

  /** The live state, comparable. */
  abstract Object state();

  /** The state that the journal says, comparable in the same way. */
  abstract Object replayed();

  /** Forgets everything but the journal, and begins with what that says. */
  abstract void recover();

  /** The wall's timers go off: what is not answered is said again. */
  abstract void tick();

  // ---- life

  Address self() {
    return new Address(id, incarnation);
  }

  boolean runs(Address address) {
    return address.incarnation == 0 || address.incarnation == incarnation;
  }

  long houseMs() {
    return WaterfallSimulation.EPOCH_MS + house.nowMs() + skewMs;
  }

  long wallMs() {
    return houseMs();
  }

  boolean isWriting() {
    return writing != null;
  }

  void persist(List<E> events, Runnable then) {
    if (writing != null) throw new IllegalStateException(id + " writes already");
    house.note(id, "begins to write", events);
    writing = new Write<>(List.copyOf(events), then);
  }

  void written() {
    Write<E> write = writing;
    if (write == null) return;
    writing = null;
    house.note(id, "has written", "");
    record(write.events);
    write.then.run();
  }

  private void record(List<E> events) {
    for (E event : events) {
      journal.add(event);
      house.ledger.before(this, event);
      apply(event);
      house.ledger.after(this, event);
    }
    house.ledger.check();
  }

  void crash() {
    Write<E> write = writing;
    writing = null;
    if (write != null && house.random.nextBoolean()) {
      house.note(id, "writes, and crashes before it can say so", "");
      record(write.events);
    } else {
      house.note(id, write == null ? "crashes" : "crashes before it can write", "");
    }
    Object before = state();
    incarnation++;
    skewMs = house.random.nextLong(SKEW_MS);
    for (HouseAlarm alarm : alarms) alarm.cancel();
    alarms.clear();
    recover();
    if (!state().equals(before))
      throw new Violation("a recovery differs: " + id + " is " + state() + ", was " + before);
  }

  void checkReplay() {
    if (!replayed().equals(state()))
      throw new Violation("a replay differs: " + id + " is " + state() + ", not " + replayed());
  }

  // ---- what it does to others

  /** A message to itself, or the result of something it has begun: neither lost nor repeated. */
  void tellSelf(Object message) {
    house.tellSelf(self(), message);
  }

  void send(Address to, Object message) {
    house.send(to, message);
  }

  void send(String to, Object message) {
    house.send(new Address(to, 0), message);
  }

  // ---- time

  /** An alarm of the house's time, by this node's clock. */
  static final class HouseAlarm implements HouseTime.Alarm {
    final SimulatedParty<?> of;
    final long dueMs;
    final Object message;
    boolean off;

    HouseAlarm(SimulatedParty<?> of, long dueMs, Object message) {
      this.of = of;
      this.dueMs = dueMs;
      this.message = message;
    }

    @Override
    public void cancel() {
      off = true;
    }
  }

  HouseAlarm at(long dueMs, Object message) {
    HouseAlarm alarm = new HouseAlarm(this, dueMs, message);
    alarms.add(alarm);
    return alarm;
  }

  /** When the next alarm goes off, in milliseconds from now; Long.MAX_VALUE when none is set. */
  long nextAlarmInMs() {
    long next = Long.MAX_VALUE;
    for (HouseAlarm alarm : alarms)
      if (!alarm.off) next = Math.min(next, Math.max(0, alarm.dueMs - houseMs()));
    return next;
  }

  void ring() {
    for (HouseAlarm alarm : List.copyOf(alarms)) {
      if (!alarm.off && alarm.dueMs > houseMs()) continue;
      alarms.remove(alarm);
      if (!alarm.off) tellSelf(alarm.message);
    }
  }
}
