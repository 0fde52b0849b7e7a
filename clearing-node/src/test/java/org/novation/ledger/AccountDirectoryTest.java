package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.novation.ledger.AccountDirectory.Entry;
import org.novation.node.store.Store;
import org.novation.node.store.TestStore;

/** The directory of accounts, on every database. */
final class AccountDirectoryTest {
  @ParameterizedTest
  @EnumSource
  void keepsTheFirstRowOfAnAccountAndMember(TestStore kind) {
    try (Store store = Store.open(kind.fresh())) {
      AccountDirectory directory = new AccountDirectory(store.dataSource());
      assertThat(directory.add("a-1", "m-1", 7)).isEqualTo(7);
      assertThat(directory.add("a-1", "m-1", 8)).as("the first time").isEqualTo(7);
      assertThat(directory.page(null, "", 10)).containsExactly(new Entry("a-1", "m-1", 7));
      assertThat(directory.count()).isEqualTo(1);
      assertThat(directory.has("a-1")).isTrue();
      assertThat(directory.has("a-2")).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void showsAMemberItsOwnAccountsOnly(TestStore kind) {
    try (Store store = Store.open(kind.fresh())) {
      AccountDirectory directory = new AccountDirectory(store.dataSource());
      directory.add("a-2", "m-1", 1);
      directory.add("a-1", "m-2", 2);
      directory.add("a-3", "m-1", 3);
      assertThat(directory.page("m-1", "", 10))
          .containsExactly(new Entry("a-2", "m-1", 1), new Entry("a-3", "m-1", 3));
      assertThat(directory.page("m-1", "a-2", 10)).containsExactly(new Entry("a-3", "m-1", 3));
      assertThat(directory.page("m-3", "", 10)).isEmpty();
    }
  }

  /**
   * Page by page, whatever the page's size: everything once, also where two members asked for one
   * account id.
   */
  @ParameterizedTest
  @EnumSource
  void givesEveryRowOnceHoweverLongThePages(TestStore kind) {
    try (Store store = Store.open(kind.fresh())) {
      AccountDirectory directory = new AccountDirectory(store.dataSource());
      for (int i = 0; i < 20; i++) {
        directory.add("a-" + i, "m-1", i);
        if (i % 3 == 0) directory.add("a-" + i, "m-2", i);
        if (i % 6 == 0) directory.add("a-" + i, "m-3", i);
      }
      List<Entry> all = directory.page(null, "", 1_000);
      assertThat(all).hasSize((int) directory.count());
      for (int limit = 1; limit < 8; limit++) {
        List<Entry> gathered = new ArrayList<>();
        for (List<Entry> page = directory.page(null, "", limit);
            !page.isEmpty();
            page = directory.page(null, page.getLast().accountId(), limit)) {
          gathered.addAll(page);
        }
        assertThat(gathered).isEqualTo(all);
      }
    }
  }
}
