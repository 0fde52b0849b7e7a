package org.novation.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.novation.brake.Pause;
import org.novation.brake.PauseCommand;
import org.novation.brake.PauseRefusal;
import org.novation.clearing.Outcome;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Ranking.Standing;
import org.novation.deleveraging.WaveSummary;
import org.novation.instrument.Asset;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Ladder;
import org.novation.instrument.Perpetual;
import org.novation.liquidation.LiquidationState;
import org.novation.market.PriceRefusal;
import org.novation.market.QuoteRefusal;
import org.novation.market.Quotes;
import org.novation.money.Increment;
import org.novation.risk.Brakes;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;
import org.novation.risk.Operation;
import org.novation.risk.Portfolio;
import org.novation.risk.PriceValidity;

/**
 * The trade as the edge sees it, without the trade: records what reaches it and answers at once, or
 * when a test says so. Alice owns {@code a-1}, Bob owns {@code b-1}.
 */
public final class FakeTrade implements ClearingPort, AccountPort, MarketPort, BrakePort, AdlPort {
  static final Catalogue CATALOGUE = catalogue();

  /** Everything that was forwarded, in words. */
  public final Queue<String> forwarded = new ConcurrentLinkedQueue<>();

  /** The insurance fund. */
  public final FakeFund fund = new FakeFund(forwarded);

  /** Custody. */
  final FakeCustody custody = new FakeCustody(forwarded);

  /** What is voted. */
  final FakeGovernance governance = new FakeGovernance(forwarded);

  /** What is sold. */
  public final FakeAuctions auctions = new FakeAuctions(forwarded);

  /** Give-ups. */
  final FakeGiveUps giveUps = new FakeGiveUps(forwarded);

  /** Corrections. */
  final FakeCorrections corrections = new FakeCorrections(forwarded);

  /** What is taken back. */
  public final FakeAccess access = new FakeAccess(forwarded);

  /** What is recorded. */
  public final FakeTrail trail = new FakeTrail();

  /** Batches that wait for their answers while {@link #answering} is off. */
  final Queue<Batch> waiting = new ConcurrentLinkedQueue<>();

  /** Who watches an account. */
  final List<Consumer<Answer<AccountView>>> watchers = new CopyOnWriteArrayList<>();

  /** Who watches a market. */
  final List<Runnable> marketWatchers = new CopyOnWriteArrayList<>();

  volatile boolean answering = true;
  public volatile Outcome outcome = new Outcome.Novated(1_000);
  public volatile @Nullable Rejection refusal;
  volatile @Nullable PriceRefusal priceRefusal;

  record Batch(List<Trade> trades, Answers answers) {
    void answer(Outcome outcome) {
      for (int i = 0; i < trades.size(); i++) answers.answer(i, outcome);
    }
  }

  Ports ports() {
    return new Ports(
        this,
        corrections,
        giveUps,
        this,
        this,
        fund,
        this,
        this,
        auctions,
        access,
        trail,
        custody,
        governance);
  }

  // ---- deleveraging

  /** What {@code main-1} came to, and its receipt. */
  public volatile @Nullable WaveSummary wave;

  public volatile byte[] receipt = new byte[0];
  final List<Runnable> waveWatchers = new CopyOnWriteArrayList<>();

  @Override
  public CompletionStage<List<PositionRank>> ranks(String accountId) {
    forwarded.add("ranks of " + accountId);
    Candidate position =
        new Candidate("BTC-PERP", accountId, 1, -2_000, -98, 2_500_000, 0, 9, 0, 1, 1);
    return CompletableFuture.completedFuture(
        List.of(new PositionRank(position, new Standing(3, 40))));
  }

  @Override
  public CompletionStage<WavePage> waves(long before, int limit) {
    forwarded.add("waves before " + before + " at most " + limit);
    WaveSummary newest = wave;
    return CompletableFuture.completedFuture(
        newest == null ? new WavePage(List.of(), 0) : new WavePage(List.of(newest), 77));
  }

  @Override
  public CompletionStage<Optional<byte[]>> receipt(String waveId) {
    forwarded.add("receipt of " + waveId);
    return CompletableFuture.completedFuture(
        waveId.equals("main-1") ? Optional.of(receipt) : Optional.empty());
  }

  @Override
  public @Nullable WaveSummary newestWave() {
    return wave;
  }

  @Override
  public AccountPort.Watch watchWaves(Runnable changed) {
    waveWatchers.add(changed);
    return () -> waveWatchers.remove(changed);
  }

  // ---- trades

  @Override
  public void submit(List<Trade> trades, Answers answers) {
    for (Trade trade : trades) forwarded.add("submit " + trade);
    Batch batch = new Batch(trades, answers);
    if (answering) {
      batch.answer(outcome);
    } else {
      waiting.add(batch);
    }
  }

  @Override
  public CompletionStage<Optional<BookedTrade>> find(
      String venue, String tradeId, String accountId) {
    forwarded.add("find " + venue + "/" + tradeId + " on " + accountId);
    Trade trade = new Trade(venue, tradeId, "BTC-PERP", 500_000, 2_000, "a-1", "b-1", 1_000);
    Optional<BookedTrade> found =
        tradeId.equals("t-1")
            ? Optional.of(
                new BookedTrade(
                    trade, 1_000, 0, -2_500_000, 0, accountId.equals("a-1") ? 500 : 300))
            : Optional.empty();
    return CompletableFuture.completedFuture(found);
  }

  @Override
  public CompletionStage<Answer<Opened>> open(String accountId, String member) {
    forwarded.add("open " + accountId + " for " + member);
    return answer(new Opened(accountId, member, 1_000));
  }

  @Override
  public CompletionStage<Answer<Long>> deposit(
      String accountId, String depositId, String asset, long amount) {
    forwarded.add("deposit " + depositId + ": " + amount + " " + asset + " to " + accountId);
    return answer(amount);
  }

  @Override
  public CompletionStage<Answer<Long>> transfer(
      String fromId, String transferId, String toId, String asset, long amount) {
    forwarded.add(
        "transfer " + transferId + ": " + amount + " " + asset + " from " + fromId + " to " + toId);
    return answer(amount);
  }

  @Override
  public CompletionStage<Answer<Integer>> capLeverage(String accountId, int leverageMax) {
    forwarded.add("cap " + accountId + " at " + leverageMax);
    return answer(leverageMax);
  }

  @Override
  public CompletionStage<Answer<AccountView>> get(String accountId) {
    forwarded.add("get " + accountId);
    return answer(account(accountId, 1));
  }

  @Override
  public CompletionStage<Optional<String>> memberOf(String accountId) {
    return CompletableFuture.completedFuture(
        switch (accountId) {
          case "a-1" -> Optional.of("alice");
          case "b-1" -> Optional.of("bob");
          case "x-1" -> Optional.of("xenia");
          default -> Optional.empty();
        });
  }

  @Override
  public CompletionStage<List<Opened>> list(@Nullable String member, String after, int limit) {
    forwarded.add("list " + member + " after '" + after + "' at most " + limit);
    List<Opened> found = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      String id = "a-" + i;
      if (id.compareTo(after) > 0 && found.size() < limit) found.add(new Opened(id, "alice", i));
    }
    return CompletableFuture.completedFuture(found);
  }

  @Override
  public CompletionStage<Answer<Preview>> preview(
      String accountId, String instrument, long priceTicks, long lots) {
    forwarded.add("preview " + accountId + ": " + lots + " " + instrument + " at " + priceTicks);
    return answer(new Preview(account(accountId, 1), account(accountId, 1), 25_000_000, null));
  }

  @Override
  public Watch watch(String accountId, Consumer<Answer<AccountView>> listener) {
    forwarded.add("watch " + accountId);
    watchers.add(listener);
    listener.accept(new Answer.Done<>(account(accountId, 1)));
    return () -> watchers.remove(listener);
  }

  /** An account with 1,000 USDC and 2 BTC-PERP bought at 49,000 while the mark is 50,000. */
  static AccountView account(String accountId, long sequenceNumber) {
    Portfolio portfolio = new Portfolio();
    portfolio.credit(0, 10_000_000_000L);
    Perpetual btc = CATALOGUE.perpetual(0);
    portfolio.apply(0, portfolio.fill(0, 2_000, btc.notionalMicros(490_000, 2_000), 0, 0));
    String member = accountId.startsWith("b") ? "bob" : "alice";
    return new AccountView(
        accountId,
        member,
        sequenceNumber,
        portfolio,
        new Holds(),
        priced(),
        new LiquidationView(new LiquidationState.Healthy(), "", 0));
  }

  private <T> CompletionStage<Answer<T>> answer(T value) {
    Rejection why = refusal;
    return CompletableFuture.completedFuture(
        why == null ? new Answer.Done<>(value) : new Answer.Refused<>(why));
  }

  @Override
  public MarketView view() {
    return priced();
  }

  @Override
  public MarketReading market(int instrument) {
    return new MarketReading(priced().instrument(instrument), 100, 5_000, 3, 1_000, 1_000);
  }

  @Override
  public CompletionStage<Published> publish(String oracle, List<OraclePrice> prices) {
    for (OraclePrice price : prices) forwarded.add(oracle + " publishes " + price);
    PriceRefusal why = priceRefusal;
    return CompletableFuture.completedFuture(
        why == null
            ? new Published(prices.size(), 0, List.of())
            : new Published(prices.size() - 1, 0, List.of(new RefusedPrice(0, why))));
  }

  @Override
  public CompletionStage<Optional<QuoteRefusal>> report(
      String venue, int instrument, Quotes quotes) {
    forwarded.add(venue + " reports " + quotes);
    return CompletableFuture.completedStage(Optional.empty());
  }

  @Override
  public Watch watch(int instrument, Runnable changed) {
    marketWatchers.add(changed);
    return () -> marketWatchers.remove(changed);
  }

  static MarketView priced() {
    MarketView unpriced = MarketView.unpriced(CATALOGUE, 1_000);
    MarketView.Instrument btc = unpriced.instrument(0);
    return unpriced.with(
        0,
        new MarketView.Instrument(500_000, 500_000, 0, PriceValidity.FRESH, btc.ladders()),
        1_000);
  }

  private static Catalogue catalogue() {
    return new Catalogue(
        7,
        List.of(perpetual("BTC-PERP", "BTC"), perpetual("ETH-PERP", "ETH")),
        List.of(
            new Asset("USDC", 6, 1_000_000, 0, 0, true),
            new Asset("BTC", 8, 950_000, 0, 0, false)));
  }

  private static Perpetual perpetual(String symbol, String underlying) {
    long[] bounds = {0, 1_000_000_000_000L};
    return new Perpetual(
        symbol,
        underlying,
        Increment.of("0.1"),
        Increment.of("0.001"),
        1_000_000,
        10_000_000,
        new Ladder(bounds, new long[] {50_000, 100_000}),
        new Ladder(bounds, new long[] {25_000, 50_000}),
        new Perpetual.Scaling(0, 0, 800_000, 1_000_000, 10_000, 800_000),
        1_000_000_000_000L,
        100_000,
        new Perpetual.Funding(100, 500, 40_000));
  }

  @Override
  public CompletionStage<Optional<PauseRefusal>> ask(PauseCommand command) {
    forwarded.add("ask " + command);
    return CompletableFuture.completedStage(Optional.empty());
  }

  /** Whether the kill switch is thrown. */
  public volatile boolean killed;

  @Override
  public boolean killed() {
    return killed;
  }

  @Override
  public List<Pause> pauses() {
    return List.of(
        new Pause(Operation.TRADING, "BTC-PERP", 1_700_000_000_000L, "bad index", "carol", 1_000),
        new Pause(Operation.ADL, Pause.EVERYWHERE, Brakes.OPEN_ENDED, "drill", "carol", 1_000));
  }
}
