package org.novation.liquidation;

import java.util.Arrays;
import java.util.function.Consumer;
import org.novation.instrument.Catalogue;
import org.novation.risk.MarginLadders;
import org.novation.risk.MarketView;

/**
 * The boxes of all accounts of one node, ordered so that a move of the market finds those that it
 * leaves: per variable one heap of lower and one of upper bounds. A move that crosses nobody looks
 * at two keys per variable that moved and allocates nothing; one that crosses k accounts costs O(k
 * log n). A price that goes to less than half or more than double wakes every holder, which is what
 * lets far bounds stay out of the heaps.
 *
 * <p>A change of a corridor or of parameters, which lay one, concerns every holder too, but crosses
 * nobody: they are woken in turn, so many between two calls of {@link #repeatUnanswered()}. Whoever
 * waits for his turn is still watched by his old box. A change of validity, which may come and go
 * with every breath of a feed, concerns those alone whose state on record is wrong or who had no
 * price; they have their turn first. Whoever's record is right stays so for as long as he is inside
 * his box, whatever prices allow.
 *
 * <p>An account that was woken is no longer watched until it registers again, and is woken again by
 * {@link #repeatUnanswered()} as long as it does not. At most so many are called at once: the
 * others wait, in the order in which they were crossed, which among the holders of one instrument
 * is that of their bounds, until those before them have registered or have taken longer than a
 * round. A gap that crosses everybody must not have everybody write at once: a journal takes only
 * so much.
 *
 * <p>Belongs to one thread. {@code wake} is called in that thread after the index is consistent; it
 * may call {@link #register}.
 */
public final class WatchIndex {
  private static final int LOW = 0;
  private static final int HIGH = 1;

  // Bits of an account.
  private static final int WOKEN = 1;
  private static final int OVERDUE = 2; // Woken, and so before the last round of repeats.
  private static final int UNSETTLED = 4;
  private static final int EXACT = 8;
  private static final int LISTED_EXACT = 16;
  private static final int DUE = 32; // To be woken in turn, and watched until then.
  // Unsettled, and prices do not allow it to be settled, or there are none.
  private static final int MUTE = 64;
  private static final int WAITS = 128; // Is to be called, and has not been.
  private static final int CALLED = 256; // Has been called, and has neither answered nor been late.
  private static final int QUEUED = 512; // Named in the queue, whether it still waits or not.
  private static final int ANY = 0;

  /**
   * Most accounts that are woken in turn, or again, within a round: each values its portfolio anew,
   * some ten microseconds, so that a round of a second leaves a core half its time.
   */
  static final int IN_TURN_PER_ROUND = 50_000;

  /**
   * Most accounts that are called at once. Each may write once: under a second's work for a
   * journal, and far below the writes that it lets wait.
   */
  static final int CALLED_MAX = 8_192;

  private final Consumer<String> wake;
  private final Entries entries = new Entries();
  private final TriggerHeap[] heaps = new TriggerHeap[2 * Variables.COUNT];
  private final long[] anchors = new long[Variables.COUNT];
  private final AccountSlots slots = new AccountSlots();
  private int[] heads = {};
  private int[] registeredAtSeconds = {};
  private short[] flags = {};
  private int[] exact = {}; // May name accounts that are exact no more; cleaned when walked.
  private int exactCount;
  private final int inTurnPerRound;
  private int inTurn; // How many more in this round.
  private int nextTurn; // After the slot that was woken again last.
  private boolean due; // Whether anybody may be.
  private final IntQueue crossed = new IntQueue(); // Names each account once, if at all.
  private final int calledMax;
  private int called;
  private boolean calling;
  private MarketView view;

  /**
   * @param view the market as it stands
   * @param wake told the id of each account that must reassess
   */
  public WatchIndex(MarketView view, Consumer<String> wake) {
    this(view, wake, IN_TURN_PER_ROUND, CALLED_MAX);
  }

  WatchIndex(MarketView view, Consumer<String> wake, int inTurnPerRound, int calledMax) {
    this.inTurnPerRound = inTurnPerRound;
    this.calledMax = calledMax;
    inTurn = inTurnPerRound;
    this.view = view;
    this.wake = wake;
    for (int heap = 0; heap < heaps.length; heap++) heaps[heap] = new TriggerHeap(entries);
    anchorAll();
  }

  /** How many accounts are known, watched or woken. */
  public int size() {
    return slots.size();
  }

  /** How many bounds lie in the heaps. */
  public int triggers() {
    int sum = 0;
    for (TriggerHeap heap : heaps) sum += heap.size();
    return sum;
  }

  /** Whether an account is known and not woken since it registered. */
  public boolean watches(String accountId) {
    int slot = slots.find(accountId);
    return slot != AccountSlots.NONE && !is(slot, WOKEN);
  }

  /**
   * Watches an account, in place of what was watched for it. When the market has left the box since
   * {@code basis}, or a corridor has changed, or a validity and the state on record is not the
   * box's, the account is woken at once.
   *
   * @param settled whether the account's state on record is the box's; if not, it is woken once now
   *     and then by every {@link #repeatUnanswered()}, or, where the box is not {@link
   *     TriggerBox#trusted()} and nothing would come of it, when a validity changes
   * @param basis the view that the box was made around
   * @param nowMs the house's time, for {@link #expire}
   */
  public void register(
      String accountId, TriggerBox box, boolean settled, MarketView basis, long nowMs) {
    if (box.isEmpty()) {
      forget(accountId);
      return;
    }
    int slot = slots.findOrAdd(accountId);
    fit(slot);
    answered(slot);
    boolean wasUnsettled = is(slot, UNSETTLED);
    boolean answered = settled && box.priced();
    if (!holds(box, basis, answered)) {
      collect(slot);
      call();
      return;
    }
    if (!replaceInPlace(slot, box)) {
      release(slot);
      insert(slot, box);
    }
    registeredAtSeconds[slot] = seconds(nowMs);
    boolean unsettled = !answered && box.priced() && box.trusted();
    set(slot, WOKEN | OVERDUE | DUE, false);
    set(slot, UNSETTLED, unsettled);
    set(slot, MUTE, !answered && !unsettled);
    set(slot, EXACT, box.exact());
    if (box.exact()) listExact(slot);
    if (unsettled && !wasUnsettled) push(slot);
    call();
  }

  /** Stops watching an account. */
  public void forget(String accountId) {
    int slot = slots.find(accountId);
    if (slot == AccountSlots.NONE) return;
    release(slot);
    answered(slot);
    flags[slot] &= LISTED_EXACT | QUEUED;
    slots.remove(slot);
    call();
  }

  /** Takes the market as it is now and wakes every account whose box it leaves. */
  public void move(MarketView now) {
    MarketView before = view;
    view = now;
    Catalogue catalogue = now.catalogue();
    if (!before.catalogue().continuesIn(catalogue))
      throw new IllegalArgumentException("a catalogue only grows");
    for (int i = 0; i < catalogue.instruments(); i++) {
      boolean listed = i < before.catalogue().instruments();
      MarketView.Instrument next = now.instrument(i);
      MarketView.Instrument then = listed ? before.instrument(i) : next;
      if (listed && then == next) continue;
      int mark = Variables.markOf(i);
      if (then.validity() != next.validity()) makeHoldersDue(mark, MUTE | UNSETTLED);
      if (then.ladders().epoch() != next.ladders().epoch()) {
        makeHoldersDue(mark, ANY);
      } else if (exactCount > 0 && !same(then.ladders(), next.ladders())) {
        collectExact(mark);
      }
      follow(mark, next.markTicks());
      cross(Variables.fundingOf(i), next.fundingIndex());
    }
    for (int a = 0; a < catalogue.assets(); a++) {
      boolean listed = a < before.catalogue().assets();
      MarketView.AssetPrice next = now.asset(a);
      MarketView.AssetPrice then = listed ? before.asset(a) : next;
      if (listed && then == next) continue;
      int price = Variables.priceOf(a);
      if (then.validity() != next.validity()) makeHoldersDue(price, MUTE | UNSETTLED);
      if (then.epoch() != next.epoch()) {
        makeHoldersDue(price, ANY);
      } else if (exactCount > 0 && then.houseFactorPpm() != next.houseFactorPpm()) {
        collectExact(price);
      }
      follow(price, next.priceMicros());
    }
    collectDue();
    call();
  }

  /**
   * Begins a round: wakes again whoever was called before the last call of this method and has not
   * registered since, and whoever registered with a state that was not the view's; then those whose
   * turn it is. At most so many in all, half of them again, so that neither starves the other; the
   * rest has its turn in the next rounds. To be called every second or so.
   */
  public void repeatUnanswered() {
    int again = 0;
    int used = slots.used();
    int start = nextTurn < used ? nextTurn : 0;
    for (int n = 0; n < used; n++) {
      int slot = start + n < used ? start + n : start + n - used;
      if ((flags[slot] & (WOKEN | UNSETTLED)) == 0 || !slots.taken(slot)) continue;
      if (is(slot, WAITS)) continue;
      if (!is(slot, OVERDUE | UNSETTLED)) {
        set(slot, OVERDUE, true);
      } else if (again < inTurnPerRound / 2) {
        again++;
        answered(slot); // It holds nobody up any longer, and waits like the others.
        push(slot);
        nextTurn = slot + 1;
      }
    }
    inTurn = inTurnPerRound - again;
    collectDue();
    call();
  }

  /**
   * Wakes accounts whose box is older than {@code ttlMs}, a safety net. The age at which an account
   * is due varies by an eighth around that, so that accounts that registered together part.
   */
  public void expire(long nowMs, long ttlMs) {
    int now = seconds(nowMs);
    long ttl = ttlMs / 1000;
    for (int slot = 0; slot < slots.used(); slot++) {
      if (!slots.taken(slot) || is(slot, WOKEN)) continue;
      long spread = ttl * (((slot * 0x9E3779B9) >>> 24) - 128) / 1024;
      if (now - registeredAtSeconds[slot] > ttl + spread) collect(slot);
    }
    call();
  }

  // ---- what a box must match

  private boolean holds(TriggerBox box, MarketView basis, boolean answered) {
    if (!box.contains(view)) return false;
    if (basis == view) return true;
    for (int n = 0; n < box.size(); n++) {
      int variable = box.variableAt(n);
      int owner = Variables.owner(variable);
      boolean same =
          Variables.isPrice(variable)
              ? sameTerms(basis.asset(owner), view.asset(owner), box.exact(), answered)
              : sameTerms(basis.instrument(owner), view.instrument(owner), box.exact(), answered);
      if (!same) return false;
    }
    return true;
  }

  private static boolean sameTerms(
      MarketView.Instrument then, MarketView.Instrument now, boolean exactly, boolean answered) {
    return (answered || then.validity() == now.validity())
        && then.ladders().epoch() == now.ladders().epoch()
        && (!exactly || same(then.ladders(), now.ladders()));
  }

  private static boolean same(MarginLadders then, MarginLadders now) {
    return then == now || then.equals(now);
  }

  private static boolean sameTerms(
      MarketView.AssetPrice then, MarketView.AssetPrice now, boolean exactly, boolean answered) {
    return (answered || then.validity() == now.validity())
        && then.epoch() == now.epoch()
        && (!exactly || then.houseFactorPpm() == now.houseFactorPpm());
  }

  // ---- entries of one account

  /**
   * The bounds that lie in heaps. Of marks and prices at least one, so that both heaps together
   * list the holders: the upper one unless the anchor's range ends first, the lower one if it is
   * bounded or alone. Of funding what is bounded.
   */
  private boolean isKept(TriggerBox box, int n, int side) {
    int variable = box.variableAt(n);
    boolean bounded = box.lowAt(n) != Long.MIN_VALUE;
    boolean funding = !Variables.isMark(variable) && !Variables.isPrice(variable);
    if (funding) return side == LOW ? bounded : box.highAt(n) != Long.MAX_VALUE;
    boolean near = box.highAt(n) < 2 * anchors[variable];
    return side == LOW ? bounded || !near : near;
  }

  /** Both sides as keys that are crossed when the market's key exceeds them. */
  private static long key(TriggerBox box, int n, int side) {
    return side == LOW ? ~box.lowAt(n) : box.highAt(n);
  }

  private static int heapOf(int variable, int side) {
    return 2 * variable + side;
  }

  private boolean replaceInPlace(int slot, TriggerBox box) {
    int entry = heads[slot];
    for (int n = box.size() - 1; n >= 0; n--) {
      for (int side = HIGH; side >= LOW; side--) {
        if (!isKept(box, n, side)) continue;
        if (entry == Entries.NONE || entries.heap(entry) != heapOf(box.variableAt(n), side))
          return false;
        entry = entries.next(entry);
      }
    }
    if (entry != Entries.NONE) return false;
    entry = heads[slot];
    for (int n = box.size() - 1; n >= 0; n--) {
      for (int side = HIGH; side >= LOW; side--) {
        if (!isKept(box, n, side)) continue;
        heaps[entries.heap(entry)].change(entry, key(box, n, side));
        entry = entries.next(entry);
      }
    }
    return true;
  }

  private void insert(int slot, TriggerBox box) {
    int head = Entries.NONE;
    for (int n = 0; n < box.size(); n++) {
      for (int side = LOW; side <= HIGH; side++) {
        if (!isKept(box, n, side)) continue;
        int heap = heapOf(box.variableAt(n), side);
        head = entries.take(slot, heap, head);
        heaps[heap].add(key(box, n, side), head);
      }
    }
    heads[slot] = head;
  }

  private void release(int slot) {
    int entry = heads[slot];
    while (entry != Entries.NONE) {
      int next = entries.next(entry);
      heaps[entries.heap(entry)].remove(entry);
      entries.release(entry);
      entry = next;
    }
    heads[slot] = Entries.NONE;
  }

  // ---- moves

  private void follow(int variable, long value) {
    long anchor = anchors[variable];
    if (value < anchor / 2 || value > 2 * anchor) {
      anchors[variable] = Math.min(value, Long.MAX_VALUE / 2);
      collectHolders(variable);
    }
    cross(variable, value);
  }

  private void cross(int variable, long value) {
    crossSide(heaps[heapOf(variable, LOW)], ~value);
    crossSide(heaps[heapOf(variable, HIGH)], value);
  }

  private void crossSide(TriggerHeap heap, long key) {
    while (heap.topKey() < key) collect(entries.account(heap.top()));
  }

  private void makeHoldersDue(int variable, int which) {
    makeDue(heaps[heapOf(variable, LOW)], which);
    makeDue(heaps[heapOf(variable, HIGH)], which);
  }

  private void makeDue(TriggerHeap heap, int which) {
    for (int n = 0; n < heap.size(); n++) {
      int slot = entries.account(heap.entryAt(n));
      if (which != ANY && !is(slot, which)) continue;
      set(slot, DUE, true);
      due = true;
    }
  }

  private void collectDue() {
    if (!due || inTurn == 0) return;
    collectDue(MUTE);
    collectDue(DUE);
    due = inTurn == 0;
  }

  private void collectDue(int flag) {
    for (int slot = 0; slot < slots.used() && inTurn > 0; slot++) {
      if (!is(slot, DUE) || !is(slot, flag)) continue;
      inTurn--;
      collect(slot);
    }
  }

  private void collectHolders(int variable) {
    collectAll(heaps[heapOf(variable, LOW)]);
    collectAll(heaps[heapOf(variable, HIGH)]);
  }

  private void collectAll(TriggerHeap heap) {
    while (heap.size() > 0) collect(entries.account(heap.entryAt(heap.size() - 1)));
  }

  private void collectExact(int variable) {
    int kept = 0;
    for (int n = 0; n < exactCount; n++) {
      int slot = exact[n];
      if (!is(slot, EXACT) || is(slot, WOKEN)) {
        set(slot, LISTED_EXACT, false);
        continue;
      }
      exact[kept++] = slot;
      for (int entry = heads[slot]; entry != Entries.NONE; entry = entries.next(entry)) {
        if (entries.heap(entry) / 2 != variable) continue;
        collect(slot);
        break;
      }
    }
    exactCount = kept;
  }

  private void listExact(int slot) {
    if (is(slot, LISTED_EXACT)) return;
    if (exactCount == exact.length) exact = Arrays.copyOf(exact, Math.max(16, 2 * exactCount));
    exact[exactCount++] = slot;
    set(slot, LISTED_EXACT, true);
  }

  // ---- waking

  private void collect(int slot) {
    release(slot);
    set(slot, WOKEN, true);
    set(slot, OVERDUE | DUE, false);
    push(slot);
  }

  private void push(int slot) {
    set(slot, WAITS, true);
    if (is(slot, QUEUED)) return;
    set(slot, QUEUED, true);
    crossed.add(slot);
  }

  /** Whoever is called may register, and so be crossed again: the loop gets there. */
  private void call() {
    if (calling) return;
    calling = true;
    while (called < calledMax && !crossed.isEmpty()) {
      int slot = crossed.remove();
      boolean waits = is(slot, WAITS);
      set(slot, QUEUED | WAITS, false);
      if (!waits) continue;
      set(slot, CALLED, true);
      called++;
      wake.accept(slots.id(slot));
    }
    calling = false;
  }

  private void answered(int slot) {
    if (is(slot, CALLED)) called--;
    set(slot, CALLED | WAITS, false);
  }

  // ---- bookkeeping

  private void anchorAll() {
    Catalogue catalogue = view.catalogue();
    for (int i = 0; i < catalogue.instruments(); i++) anchor(Variables.markOf(i));
    for (int a = 0; a < catalogue.assets(); a++) anchor(Variables.priceOf(a));
  }

  private void anchor(int variable) {
    anchors[variable] = TriggerBox.valueOf(view, variable);
  }

  private void fit(int slot) {
    if (slot < heads.length) return;
    int before = heads.length;
    int capacity = slots.capacity();
    heads = Arrays.copyOf(heads, capacity);
    Arrays.fill(heads, before, capacity, Entries.NONE);
    registeredAtSeconds = Arrays.copyOf(registeredAtSeconds, capacity);
    flags = Arrays.copyOf(flags, capacity);
  }

  private boolean is(int slot, int flag) {
    return (flags[slot] & flag) != 0;
  }

  private void set(int slot, int flag, boolean on) {
    flags[slot] = (short) (on ? flags[slot] | flag : flags[slot] & ~flag);
  }

  /** Wraps in 2106; ages are differences and survive that. */
  private static int seconds(long ms) {
    return (int) (ms / 1000);
  }
}
