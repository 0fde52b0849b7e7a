package org.novation.simulation;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.DevKeys;
import org.novation.api.auth.Role;
import org.novation.api.auth.TokenIssuer;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.api.client.TradeAnswer;
import org.novation.api.client.TradeStream;
import org.novation.clearing.HouseAccount;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Decimals;
import org.novation.node.Node;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.DepositResponse;
import org.novation.protocol.v1.GetAccountResponse;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.ListAccountsResponse;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.ListAuctionsResponse;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.PlaceBidResponse;
import org.novation.protocol.v1.PublishPricesResponse;
import org.novation.protocol.v1.RefusedPrice;
import org.novation.protocol.v1.Trade;
import org.novation.risk.MarketView;

/**
 * A node in this process, used through its gRPC port as its clients use it: one venue, three
 * oracles, liquidators, an operator. Only the clock, what the node counts and how far its price
 * board has come are looked at from inside.
 *
 * <p>The first oracle publishes the tape's price, the others a seeded hair above and below it, so
 * that the index, which is their median, is the tape's price.
 */
public final class NodeExchange implements Exchange {
  private static final List<String> ORACLES = List.of("oracle-1", "oracle-2", "oracle-3");
  private static final double NOISE = 0.0001;
  private static final int WIRE_DECIMALS = 9;
  private static final int TRIES = 20;
  private static final int PAGE = 1_000;
  private static final Duration TOKEN_LIFETIME = Duration.ofDays(30);
  private static final Duration ANSWER_PATIENCE = Duration.ofMinutes(2);
  private static final Duration BOARD_PATIENCE = Duration.ofMillis(500);
  private static final Duration BOARD_POLL = Duration.ofNanos(200_000);
  private static final Duration QUIET = Duration.ofMillis(300);
  private static final Duration STEP_QUIET = Duration.ofMillis(30);
  private static final Duration QUIET_PATIENCE = Duration.ofSeconds(30);

  private final Node node;
  private final HouseClock clock;
  private final NovationClient operator;
  private final TradeStream trades;
  private final List<PriceStream> oracles = new ArrayList<>();
  private final Map<String, NovationClient> liquidators = new HashMap<>();
  private final TokenIssuer tokens;
  private final Dice dice;
  private long sequence;
  private long retries;
  private long restedAt; // Moves of the waterfall at which the house's account was found empty.

  private NodeExchange(
      Node node, HouseClock clock, NovationClient operator, DevKeys keys, long seed)
      throws IOException {
    this.node = node;
    this.clock = clock;
    this.operator = operator;
    this.trades = operator.as(token(keys, "venue-1")).trades(TradeStream.Limits.DEFAULT);
    for (String oracle : ORACLES) oracles.add(operator.as(token(keys, oracle)).prices());
    this.tokens = keys.issuer();
    this.dice = Dice.of(seed, "oracles");
    // Greater than in any earlier life of the same store.
    this.sequence = Math.multiplyExact(System.currentTimeMillis(), 1_000L);
  }

  /**
   * Connects to a node that made its own development keys.
   *
   * @param clock the node's own
   * @throws IOException when its keys cannot be read
   */
  public static NodeExchange connect(Node node, HouseClock clock, long seed) throws IOException {
    DevKeys keys = node.devKeys();
    if (keys == null) throw new IllegalArgumentException("a simulation needs development keys");
    NovationClient operator =
        NovationClient.connect(
            Target.local(node.settings().dataDirectory(), node.port(), "operator"));
    return new NodeExchange(node, clock, operator, keys, seed);
  }

  /** An account as it is now, with every figure of its margin. */
  public Account account(String accountId) {
    return NovationClient.await(operator.account(accountId)).getAccount();
  }

  /** Whether nobody but the house has an account yet. */
  public boolean isEmpty() {
    ListAccountsRequest two = ListAccountsRequest.newBuilder().setPageSize(2).build();
    return NovationClient.await(operator.accounts(two)).getAccountsList().stream()
        .allMatch(account -> account.getMember().equals(HouseAccount.MEMBER));
  }

  @Override
  public void advanceTo(long timeMs) {
    clock.advanceTo(timeMs);
  }

  @Override
  public void open(List<NewAccount> accounts) {
    List<NewAccount> left = List.copyOf(accounts);
    for (int tries = 0; !left.isEmpty(); tries++) {
      if (tries > 0) again(left.size(), tries);
      left = openOnce(left);
    }
  }

  /** Those that could not be opened. */
  private List<NewAccount> openOnce(List<NewAccount> accounts) {
    List<CompletableFuture<Void>> answers = new ArrayList<>();
    for (NewAccount account : accounts) answers.add(openOnce(account));
    List<NewAccount> left = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      try {
        NovationClient.await(answers.get(i));
      } catch (CallFailed failed) {
        if (failed.kind() != CallFailed.Kind.UNAVAILABLE) throw failed;
        left.add(accounts.get(i));
      }
    }
    return left;
  }

  private CompletableFuture<Void> openOnce(NewAccount account) {
    CompletableFuture<?> done = operator.openAccount(account.accountId(), account.member());
    for (Money money : account.deposits()) {
      done =
          done.thenCompose(
              before -> {
                String id = account.accountId() + "-" + money.asset();
                CompletableFuture<DepositResponse> booked =
                    operator.deposit(id, account.accountId(), money.asset(), money.amount());
                return booked;
              });
    }
    return done.thenRun(() -> {});
  }

  @Override
  public List<@Nullable String> publish(List<Tick> ticks) {
    List<CompletableFuture<PublishPricesResponse>> answers = new ArrayList<>();
    long firstSequence = sequence;
    sequence += ticks.size();
    try {
      List<BigDecimal> noise = new ArrayList<>();
      for (Tick tick : ticks) {
        noise.add(tick.price().abs().multiply(BigDecimal.valueOf(NOISE * dice.uniform())));
      }
      for (int oracle = 0; oracle < ORACLES.size(); oracle++) {
        answers.add(oracles.get(oracle).publish(prices(ticks, noise, oracle, firstSequence)));
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    @Nullable String[] refusals = new String[ticks.size()];
    for (CompletableFuture<PublishPricesResponse> answer : answers) {
      note(answer, firstSequence, refusals);
    }
    awaitBoard(ticks, refusals);
    return Collections.unmodifiableList(Arrays.asList(refusals));
  }

  private List<OraclePrice> prices(
      List<Tick> ticks, List<BigDecimal> noise, int oracle, long firstSequence) {
    List<OraclePrice> prices = new ArrayList<>(ticks.size());
    for (int i = 0; i < ticks.size(); i++) {
      BigDecimal price =
          switch (oracle) {
            case 0 -> ticks.get(i).price();
            case 1 -> ticks.get(i).price().add(noise.get(i));
            default -> ticks.get(i).price().subtract(noise.get(i));
          };
      prices.add(
          OraclePrice.newBuilder()
              .setSymbol(ticks.get(i).symbol())
              .setPrice(wire(price))
              .setSequence(firstSequence + i)
              .setTimeMs(clock.getAsLong())
              .build());
    }
    return prices;
  }

  /**
   * At the wire's nine decimals: a price below half of the last one becomes zero, and is refused.
   */
  private static String wire(BigDecimal price) {
    BigDecimal rounded =
        price.scale() <= WIRE_DECIMALS
            ? price
            : price.setScale(WIRE_DECIMALS, RoundingMode.HALF_UP);
    return rounded.toPlainString();
  }

  private void note(
      CompletableFuture<PublishPricesResponse> answer,
      long firstSequence,
      @Nullable String[] refusals) {
    try {
      for (RefusedPrice refused : NovationClient.await(answer).getRefusedList()) {
        refusals[(int) (refused.getSequence() - firstSequence)] = reason(refused);
      }
    } catch (CallFailed failed) {
      // A price that was lost on its way is not sent again: the next one is newer.
      if (failed.kind() != CallFailed.Kind.UNAVAILABLE) throw failed;
      for (int i = 0; i < refusals.length; i++) {
        if (refusals[i] == null) refusals[i] = "UNAVAILABLE";
      }
    }
  }

  private static String reason(RefusedPrice refused) {
    String reason = CallFailed.of(refused.getStatus()).reason();
    return reason.isEmpty() ? "REFUSED" : reason;
  }

  /**
   * Prices reach the board that trades are judged by a moment after they were taken. Waits for
   * them, but not for ever: when the feed rules chose another index, the board never shows this
   * one.
   */
  private void awaitBoard(List<Tick> ticks, @Nullable String[] refusals) {
    Map<Integer, Long> expected = expectedIndexTicks(ticks, refusals);
    if (expected.isEmpty()) return;
    long deadline = System.nanoTime() + BOARD_PATIENCE.toNanos();
    while (!boardShows(expected) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(BOARD_POLL.toNanos());
    }
  }

  private boolean boardShows(Map<Integer, Long> expected) {
    MarketView view = node.view();
    for (var index : expected.entrySet()) {
      MarketView.Instrument market = view.instrument(index.getKey());
      // An index that has not moved is still stale until its third feed is in.
      if (market.indexTicks() != index.getValue() || !market.validity().allowsNewRisk())
        return false;
    }
    return view.timeMs() >= clock.getAsLong();
  }

  /** By instrument; of the prices that were taken. */
  private Map<Integer, Long> expectedIndexTicks(List<Tick> ticks, @Nullable String[] refusals) {
    Map<Integer, Long> expected = new HashMap<>();
    Catalogue catalogue = node.catalogue();
    for (int i = 0; i < catalogue.instruments(); i++) {
      Perpetual perpetual = catalogue.perpetual(i);
      for (int t = 0; t < ticks.size(); t++) {
        if (refusals[t] != null || !ticks.get(t).symbol().equals(perpetual.underlying())) continue;
        BigDecimal price = new BigDecimal(wire(ticks.get(t).price()));
        expected.put(
            i, perpetual.tick().nearest(price.unscaledValue().longValueExact(), price.scale()));
      }
    }
    return expected;
  }

  @Override
  public List<@Nullable String> submit(List<Submission> batch) {
    @Nullable String[] answers = new String[batch.size()];
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) left.add(i);
    for (int tries = 0; !left.isEmpty(); tries++) {
      if (tries > 0) again(left.size(), tries);
      left = submitOnce(batch, left, answers);
    }
    return Collections.unmodifiableList(Arrays.asList(answers));
  }

  /** Those whose outcome is unknown. */
  private List<Integer> submitOnce(
      List<Submission> batch, List<Integer> which, @Nullable String[] answers) {
    List<Integer> unknown = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch answered = new CountDownLatch(which.size());
    try {
      for (Integer i : which) {
        trades.submit(
            trade(batch.get(i)),
            (trade, answer) -> {
              switch (answer) {
                case TradeAnswer.Novated novated -> answers[i] = null;
                case TradeAnswer.Refused refused -> answers[i] = refused.reason();
                case TradeAnswer.Unknown nobodyKnows -> unknown.add(i);
              }
              answered.countDown();
            });
      }
      if (!answered.await(ANSWER_PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new SimulationException(
            answered.getCount()
                + " trades got no answer within "
                + ANSWER_PATIENCE.toSeconds()
                + " s");
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    return List.copyOf(unknown);
  }

  private static Trade trade(Submission submission) {
    return Trade.newBuilder()
        .setTradeId(submission.tradeId())
        .setInstrument(submission.instrument())
        .setPrice(submission.price())
        .setQuantity(submission.quantity())
        .setBuyerAccountId(submission.buyer())
        .setSellerAccountId(submission.seller())
        .setExecutedAtMs(submission.executedAtMs())
        .build();
  }

  @Override
  public MarginTally margin() {
    var counters = node.counters();
    return new MarginTally(
        counters.earlyWarnings(), counters.marginCalls(), counters.liquidationTriggers());
  }

  /** Quiet is when nothing was counted for a while. */
  @Override
  public void settle() {
    long deadline = System.nanoTime() + QUIET_PATIENCE.toNanos();
    MarginTally before = margin();
    long since = System.nanoTime();
    while (System.nanoTime() < deadline && System.nanoTime() - since < QUIET.toNanos()) {
      LockSupport.parkNanos(10_000_000);
      MarginTally now = margin();
      if (!now.equals(before)) since = System.nanoTime();
      before = now;
    }
  }

  // ---- the default waterfall

  /** The house's default account is asked only after there was news. */
  @Override
  public boolean resolving() {
    if (node.resolving()) return true;
    long moves = waterfallMoves();
    if (moves == restedAt) return false;
    Account house = account(HouseAccount.DEFAULT);
    boolean rests =
        new BigDecimal(house.getCash()).signum() == 0
            && house.getPositionsList().stream()
                .allMatch(position -> new BigDecimal(position.getQuantity()).signum() == 0);
    if (rests) restedAt = moves;
    return !rests;
  }

  /**
   * Nothing was heard of the waterfall or of margin for a while: alarms are looked at meanwhile.
   */
  @Override
  public void quiet() {
    long deadline = System.nanoTime() + QUIET_PATIENCE.toNanos();
    long before = moves();
    long since = System.nanoTime();
    while (System.nanoTime() < deadline && System.nanoTime() - since < STEP_QUIET.toNanos()) {
      LockSupport.parkNanos(2_000_000);
      long now = moves();
      if (now != before) since = System.nanoTime();
      before = now;
    }
  }

  private long moves() {
    MarginTally margin = margin();
    return waterfallMoves()
        + margin.earlyWarnings()
        + margin.marginCalls()
        + margin.liquidationTriggers();
  }

  @Override
  public long waterfallMoves() {
    return node.counters().waterfallMoves();
  }

  @Override
  public long waves() {
    return node.waves();
  }

  @Override
  public List<Auction> auctions() {
    List<Auction> auctions = new ArrayList<>();
    ListAuctionsRequest.Builder page = ListAuctionsRequest.newBuilder().setPageSize(PAGE);
    do {
      ListAuctionsResponse response = NovationClient.await(operator.auctions(page.build()));
      auctions.addAll(response.getAuctionsList());
      page.setPageToken(response.getNextPageToken());
    } while (!page.getPageToken().isEmpty());
    return auctions;
  }

  /** A bid that was refused, or lost on its way, is not sent again: another one will be. */
  @Override
  public void bid(String liquidator, List<PlaceBidRequest> bids) {
    NovationClient client =
        liquidators.computeIfAbsent(liquidator, name -> operator.as(liquidatorToken(name)));
    List<CompletableFuture<PlaceBidResponse>> answers = new ArrayList<>();
    for (PlaceBidRequest bid : bids) answers.add(client.place(bid));
    for (CompletableFuture<PlaceBidResponse> answer : answers) {
      try {
        NovationClient.await(answer);
      } catch (CallFailed failed) {
        switch (failed.kind()) {
          case UNAVAILABLE -> retries++;
          case REFUSED -> {
            if (failed.code().equals("PERMISSION_DENIED")) throw failed;
          }
          case BAD_INPUT -> throw failed;
        }
      }
    }
  }

  private String liquidatorToken(String name) {
    return tokens.issue(name, Set.of(Role.LIQUIDATOR), Instant.now(), TOKEN_LIFETIME);
  }

  @Override
  public List<Account> accounts(List<String> ids) {
    List<Account> accounts = new ArrayList<>(ids.size());
    for (int from = 0; from < ids.size(); from += PAGE) {
      List<CompletableFuture<GetAccountResponse>> answers = new ArrayList<>();
      for (String id : ids.subList(from, Math.min(ids.size(), from + PAGE)))
        answers.add(operator.account(id));
      for (CompletableFuture<GetAccountResponse> answer : answers)
        accounts.add(NovationClient.await(answer).getAccount());
    }
    return accounts;
  }

  @Override
  public double openInterest() {
    Catalogue catalogue = node.catalogue();
    MarketView view = node.view();
    double micros = 0;
    for (int i = 0; i < catalogue.instruments(); i++) {
      double ticks = view.instrument(i).markTicks();
      micros += ticks * node.openInterestLots(i) * catalogue.perpetual(i).tickValueMicros();
    }
    return micros / 1e6;
  }

  /** Every account, the house's own too, as it is now. */
  public List<Account> allAccounts() {
    List<String> ids = new ArrayList<>();
    ListAccountsRequest.Builder page = ListAccountsRequest.newBuilder().setPageSize(PAGE);
    do {
      ListAccountsResponse response = NovationClient.await(operator.accounts(page.build()));
      response.getAccountsList().forEach(account -> ids.add(account.getAccountId()));
      page.setPageToken(response.getNextPageToken());
    } while (!page.getPageToken().isEmpty());
    return accounts(ids);
  }

  /** What all accounts together are worth below nothing, at the marks of now. */
  long negativeEquityMicros() {
    long micros = 0;
    for (Account account : allAccounts())
      micros = Math.addExact(micros, Math.max(0, -Decimals.parse(account.getEquity(), 6)));
    return micros;
  }

  /** Puts money of the house's own into the insurance fund's first tranche. */
  public void endow(String amount) {
    NovationClient.await(operator.contribute("replay-endowment", amount));
  }

  @Override
  public long retries() {
    return retries;
  }

  @Override
  public void close() {
    trades.close();
    for (PriceStream oracle : oracles) oracle.close();
    liquidators.values().forEach(NovationClient::close);
    operator.close();
  }

  private void again(int calls, int tries) {
    retries += calls;
    if (tries == TRIES)
      throw new SimulationException("the node could not answer " + calls + " calls, however often");
  }

  private static SimulationException interrupted() {
    Thread.currentThread().interrupt();
    return new SimulationException("interrupted while waiting for the node");
  }

  private static String token(DevKeys keys, String name) throws IOException {
    return Files.readString(keys.token(name)).strip();
  }
}
