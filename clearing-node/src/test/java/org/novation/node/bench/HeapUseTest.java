package org.novation.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.novation.node.bench.HeapUse.Growth;

final class HeapUseTest {
  @Test
  void readsWhatTheVirtualMachineSaysOfItsHeap() {
    HeapUse before =
        HeapUse.parse(
            """
             num     #instances         #bytes  class name (module)
            -------------------------------------------------------
               1:            10            800  [B (java.base@25.0.3)
               2:             5            100  org.novation.account.Account
            Total            15            900
            """);
    HeapUse after =
        HeapUse.parse(
            """
               1:            11            880  [B (java.base@25.0.3)
               2:             9            180  org.novation.account.Account
               3:             1             20  org.novation.account.Account
            """);
    assertThat(before.bytes()).isEqualTo(900);
    assertThat(after.since(before))
        .containsExactly(
            new Growth("org.novation.account.Account", 5, 100), new Growth("[B", 1, 80));
  }

  @Test
  void seesObjectsThatAreHeld() {
    HeapUse before = HeapUse.now();
    long[][] held = new long[1_000][128];
    long grown =
        HeapUse.now().since(before).stream()
            .filter(growth -> growth.type().equals("[J"))
            .mapToLong(Growth::bytes)
            .sum();
    assertThat(grown).isGreaterThanOrEqualTo(held.length * 1_000L);
  }
}
