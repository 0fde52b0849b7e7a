package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

final class TriggerHeapTest {
  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void behavesLikeASortedMapUnderAnyMixOfChanges(@ForAll long seed) {
    Random random = new Random(seed);
    Entries entries = new Entries();
    TriggerHeap heap = new TriggerHeap(entries);
    TreeMap<Long, Set<Integer>> model = new TreeMap<>();
    Map<Integer, Long> keys = new HashMap<>();
    List<Integer> live = new ArrayList<>();
    int spread = random.nextBoolean() ? 10 : 1_000_000;
    for (int step = 0; step < 1_000; step++) {
      long key = random.nextInt(40) == 0 ? Long.MAX_VALUE : random.nextInt(spread);
      int choice = random.nextInt(step < 400 ? 4 : 8);
      if (live.isEmpty() || choice < 2) {
        int entry = entries.take(step, 0, Entries.NONE);
        heap.add(key, entry);
        live.add(entry);
        put(model, keys, entry, key);
      } else if (choice < 4) {
        int entry = live.get(random.nextInt(live.size()));
        heap.change(entry, key);
        drop(model, keys, entry);
        put(model, keys, entry, key);
      } else if (choice < 6) {
        int entry = live.remove(random.nextInt(live.size()));
        heap.remove(entry);
        entries.release(entry);
        drop(model, keys, entry);
      } else {
        Integer top = heap.top();
        heap.remove(top);
        entries.release(top);
        assertThat(model.firstEntry().getValue()).contains(top);
        live.remove(top);
        drop(model, keys, top);
      }
      assertThat(heap.size()).isEqualTo(live.size());
      assertThat(heap.topKey()).isEqualTo(model.isEmpty() ? Long.MAX_VALUE : model.firstKey());
      if (!model.isEmpty()) assertThat(model.firstEntry().getValue()).contains(heap.top());
    }
  }

  private static void put(
      TreeMap<Long, Set<Integer>> model, Map<Integer, Long> keys, int entry, long key) {
    model.computeIfAbsent(key, _ -> new HashSet<>()).add(entry);
    keys.put(entry, key);
  }

  private static void drop(
      TreeMap<Long, Set<Integer>> model, Map<Integer, Long> keys, Integer entry) {
    Long key = keys.remove(entry);
    Set<Integer> same = model.getOrDefault(key, Set.of());
    same.remove(entry);
    if (same.isEmpty()) model.remove(key);
  }
}
