package org.novation.node;

import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.novation.account.House;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Timing;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** What the accounts of this node find around them. */
final class NodeHouse implements House {
  /** Sums over the accounts of this node. */
  interface Totals {
    void positionChanged(int instrument, long lotsBefore, long lotsNow);

    void balanceChanged(int asset, long before, long now);
  }

  /** Wakes accounts when a market crosses their triggers. */
  interface Watcher {
    void watch(String account, Portfolio portfolio, MarginState state, MarketView view);

    void unwatch(String account);
  }

  private final Supplier<MarketView> view;
  private final LongSupplier houseMs;
  private final LongSupplier wallMs;
  private final Timing timing;
  private final BiConsumer<String, PartyMessage> accounts;
  private final Totals totals;
  private final Watcher watcher;
  private final Counters counters;
  private final JournalSearch search;

  NodeHouse(
      Supplier<MarketView> view,
      LongSupplier houseMs,
      LongSupplier wallMs,
      Timing timing,
      BiConsumer<String, PartyMessage> accounts,
      Totals totals,
      Watcher watcher,
      Counters counters,
      JournalSearch search) {
    this.view = view;
    this.houseMs = houseMs;
    this.wallMs = wallMs;
    this.timing = timing;
    this.accounts = accounts;
    this.totals = totals;
    this.watcher = watcher;
    this.counters = counters;
    this.search = search;
  }

  @Override
  public MarketView view() {
    return view.get();
  }

  @Override
  public long houseMs() {
    return houseMs.getAsLong();
  }

  @Override
  public long wallMs() {
    return wallMs.getAsLong();
  }

  @Override
  public Timing timing() {
    return timing;
  }

  @Override
  public void send(String account, PartyMessage message) {
    accounts.accept(account, message);
  }

  @Override
  public void watch(String account, Portfolio portfolio, MarginState state) {
    watcher.watch(account, portfolio, state, view.get());
  }

  @Override
  public void unwatch(String account) {
    watcher.unwatch(account);
  }

  @Override
  public void positionChanged(int instrument, long lotsBefore, long lotsNow) {
    totals.positionChanged(instrument, lotsBefore, lotsNow);
  }

  @Override
  public void balanceChanged(int asset, long before, long now) {
    totals.balanceChanged(asset, before, now);
  }

  @Override
  public void stateChanged(String account, MarginState from, MarginState to) {
    counters.stateChanged(from, to);
  }

  @Override
  public CompletionStage<JournalAnswer> search(String account, Query query) {
    return search.search(account, query);
  }
}
