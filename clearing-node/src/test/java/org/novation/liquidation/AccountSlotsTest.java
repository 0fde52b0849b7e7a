package org.novation.liquidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

final class AccountSlotsTest {
  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void givesEveryAccountASlotOfItsOwnWhileItStays(@ForAll long seed) {
    Random random = new Random(seed);
    AccountSlots slots = new AccountSlots();
    Map<String, Integer> model = new HashMap<>();
    for (int step = 0; step < 2_000; step++) {
      String id = "account-" + random.nextInt(300);
      if (random.nextBoolean()) {
        int slot = slots.findOrAdd(id);
        assertThat(model.getOrDefault(id, slot)).isEqualTo(slot);
        model.put(id, slot);
      } else if (model.containsKey(id)) {
        slots.remove(slots.find(id));
        model.remove(id);
      }
      assertThat(slots.size()).isEqualTo(model.size());
    }
    for (int n = 0; n < 300; n++) {
      String id = "account-" + n;
      assertThat(slots.find(id)).isEqualTo(model.getOrDefault(id, AccountSlots.NONE));
    }
    assertThat(model.values()).doesNotHaveDuplicates();
  }
}
