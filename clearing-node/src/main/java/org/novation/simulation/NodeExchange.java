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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.DevKeys;
import org.novation.api.auth.Role;
import org.novation.api.auth.TokenIssuer;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.TradeAnswer;
import org.novation.api.client.TradeStream;
import org.novation.clearing.HouseAccount;
import org.novation.instrument.Catalogue;
import org.novation.money.Decimals;
import org.novation.node.Node;
import org.novation.node.clockwork.Clockwork;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.AdlWave;
import org.novation.protocol.v1.Auction;
import org.novation.protocol.v1.DepositResponse;
import org.novation.protocol.v1.Fund;
import org.novation.protocol.v1.GetAccountResponse;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.ListAccountsResponse;
import org.novation.protocol.v1.ListAuctionsRequest;
import org.novation.protocol.v1.ListAuctionsResponse;
import org.novation.protocol.v1.ListWavesRequest;
import org.novation.protocol.v1.ListWavesResponse;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PlaceBidRequest;
import org.novation.protocol.v1.PlaceBidResponse;
import org.novation.protocol.v1.PublishPricesResponse;
import org.novation.protocol.v1.RefusedPrice;
import org.novation.protocol.v1.Trade;
import org.novation.risk.MarketView;

/**
 * A node in this process and on a clockwork, used through its gRPC services as its clients use it:
 * one venue, three oracles, liquidators, an operator. Only the clock and what the node counts are
 * looked at from inside. Whatever is asked is worked for until it is answered and nothing is left
 * to do; so what the node does follows from what it is asked, in which order, and at which time of
 * the house.
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

  /**
   * What passes for the node's timers when the house's time moves, however far: enough that each of
   * those that repeat something has its turn every step or two.
   */
  private static final Duration STEP = Duration.ofSeconds(1);

  /** Longer than an account waits with a leg that is not urgent, or the fund before it tells. */
  private static final Duration QUIET = Duration.ofMillis(150);

  /** How often it is looked for an answer that no work brings about, but a timer. */
  private static final Duration LOOK = Duration.ofMillis(10);

  private static final int LOOKS_MAX = 12_000;

  /** How often a node that keeps up with the time of day looks at its alarms. */
  private static final Duration BEAT = Duration.ofMillis(20);

  private final Node node;
  private final Clockwork clockwork;
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
  private volatile boolean stopped;

  private NodeExchange(
      Node node,
      Clockwork clockwork,
      HouseClock clock,
      NovationClient operator,
      DevKeys keys,
      long seed)
      throws IOException {
    this.node = node;
    this.clockwork = clockwork;
    this.clock = clock;
    this.operator = operator;
    this.trades = operator.as(token(keys, "venue-1")).trades(TradeStream.Limits.DEFAULT);
    for (String oracle : ORACLES) oracles.add(operator.as(token(keys, oracle)).prices());
    this.tokens = keys.issuer();
    this.dice = Dice.of(seed, "oracles");
    this.sequence = Math.multiplyExact(clock.getAsLong(), 1_000L);
  }

  /**
   * Connects to a node that made its own development keys.
   *
   * @param clockwork the node's own, driven by this thread
   * @param clock the node's own
   * @throws IOException when its keys cannot be read
   */
  static NodeExchange connect(Node node, Clockwork clockwork, HouseClock clock, long seed)
      throws IOException {
    DevKeys keys = node.devKeys();
    if (keys == null) throw new IllegalArgumentException("a simulation needs development keys");
    NovationClient operator = node.client(token(keys, "operator"));
    return new NodeExchange(node, clockwork, clock, operator, keys, seed);
  }

  // ---- time

  @Override
  public void advanceTo(long timeMs) {
    clock.advanceTo(timeMs);
    pass(STEP);
  }

  /** Until nothing is left to do at this time, and no alarm of the house is due. */
  private void work() {
    if (stopped) throw new SimulationException("the simulation was stopped");
    do clockwork.run();
    while (node.ring());
  }

  private void pass(Duration time) {
    work();
    clockwork.advance(time);
    work();
  }

  private void workUntil(BooleanSupplier answered) {
    work();
    for (int looks = 0; !answered.getAsBoolean(); looks++) {
      if (looks == LOOKS_MAX)
        throw new SimulationException(
            "the node gave no answer within " + LOOK.multipliedBy(LOOKS_MAX).toSeconds() + " s");
      pass(LOOK);
    }
  }

  private <A> A await(CompletableFuture<A> answer) {
    workUntil(answer::isDone);
    return NovationClient.await(answer);
  }

  /** Lets the node's timers go by the time of day for so long. */
  void keepUp(Duration time) {
    long begunNanos = System.nanoTime();
    for (long passedNanos = 0; passedNanos < time.toNanos() && !stopped; ) {
      work();
      clockwork.rest(BEAT);
      long nowNanos = Math.min(time.toNanos(), System.nanoTime() - begunNanos);
      clockwork.advance(Duration.ofNanos(nowNanos - passedNanos));
      passedNanos = nowNanos;
    }
  }

  /** Ends the simulation at its next step; from any thread. */
  void stop() {
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  @Override
  public void settle() {
    pass(STEP);
  }

  // ---- accounts

  /** An account as it is now, with every figure of its margin. */
  public Account account(String accountId) {
    return await(operator.account(accountId)).getAccount();
  }

  /** Whether nobody but the house has an account yet. */
  public boolean isEmpty() {
    ListAccountsRequest two = ListAccountsRequest.newBuilder().setPageSize(2).build();
    return await(operator.accounts(two)).getAccountsList().stream()
        .allMatch(account -> account.getMember().equals(HouseAccount.MEMBER));
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
        await(answers.get(i));
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
    work(); // The board shows them.
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
      for (RefusedPrice refused : await(answer).getRefusedList()) {
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
    List<Integer> unknown = new ArrayList<>();
    AtomicInteger unanswered = new AtomicInteger(which.size());
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
              unanswered.decrementAndGet();
            });
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    workUntil(() -> unanswered.get() == 0);
    return unknown;
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

  @Override
  public void quiet() {
    pass(QUIET);
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
      ListAuctionsResponse response = await(operator.auctions(page.build()));
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
        await(answer);
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
        accounts.add(await(answer).getAccount());
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
      ListAccountsResponse response = await(operator.accounts(page.build()));
      response.getAccountsList().forEach(account -> ids.add(account.getAccountId()));
      page.setPageToken(response.getNextPageToken());
    } while (!page.getPageToken().isEmpty());
    return accounts(ids);
  }

  /** The insurance fund as it is now. */
  Fund fund() {
    return await(operator.fund()).getFund();
  }

  /** Every wave of deleveraging that there was, newest first. */
  List<AdlWave> allWaves() {
    List<AdlWave> waves = new ArrayList<>();
    ListWavesRequest.Builder page = ListWavesRequest.newBuilder().setPageSize(PAGE);
    do {
      ListWavesResponse response = await(operator.waves(page.build()));
      waves.addAll(response.getWavesList());
      page.setPageToken(response.getNextPageToken());
    } while (!page.getPageToken().isEmpty());
    return waves;
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
    await(operator.contribute("replay-endowment", amount));
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
