package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.clearing.HouseAccount;
import org.novation.deleveraging.AdlHouse.Gathered;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.CandidateSelection;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Amendment;
import org.novation.protocol.v1.FigureText;
import org.novation.protocol.v1.ListParametersRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.ParameterInForce;
import org.novation.protocol.v1.PreviewProposalRequest;
import org.novation.protocol.v1.PreviewProposalResponse;
import org.novation.protocol.v1.ProposeRequest;
import org.novation.protocol.v1.StakeTokensRequest;
import org.novation.protocol.v1.Trade;

/**
 * What asks every account of a node. {@code -Dnovation.accounts=100000} has so many and prints how
 * long it takes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AtScaleTest {
  private static final int ACCOUNTS = Integer.getInteger("novation.accounts", 60);
  private static final Exposure EXPOSURE =
      new Exposure("BTC-PERP", -1, 500, 900_000_000, 630_000, 0, 100);
  private static final String VOTER = "voter-1";
  private static final int ASKING = 128;
  private static final int FRESH = 5_000; // Trades in less time than a price is fresh.
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What is promised of 100,000 accounts; of more a test says what it finds. */
  private static final int PROMISED = 100_000;

  private static final Duration TOLD = promised(Duration.ofSeconds(1));
  private static final Duration PREVIEWED = promised(Duration.ofSeconds(5));

  private Path home;
  private Node node;
  private NovationClient operator;
  private NovationClient alice;
  private long sequence = System.currentTimeMillis();

  @BeforeAll
  void openAccountsAndTrade(@TempDir Path directory) throws Exception {
    home = directory;
    Path config = Path.of("..", "config");
    NodeSettings dev = NodeSettings.read(config, "dev", Map.of());
    node =
        Node.start(
            NodeSettings.local(
                    home,
                    new StoreConfig.H2Memory("scale-" + UUID.randomUUID()),
                    InstrumentConfig.in(config).catalogue())
                .withGovernance(Objects.requireNonNull(dev.governance())));
    operator = NovationClient.connect(Target.local(home, node.port(), "operator"));
    alice = NovationClient.connect(Target.local(home, node.port(), "alice"));
    publish("60000");
    each(ACCOUNTS, n -> node.accounts().open("a" + n, "alice"));
    each(ACCOUNTS, n -> node.accounts().deposit("a" + n, "d", "USDC", 10_000_000_000L));
    try (NovationClient venue =
        NovationClient.connect(Target.local(home, node.port(), "venue-1"))) {
      for (int from = 0; from < ACCOUNTS / 2; from += FRESH) {
        int first = from;
        publish("60000");
        each(Math.min(FRESH, ACCOUNTS / 2 - from), n -> venue.submit(trade(first + n)));
      }
    }
    until(() -> gather().answered() == ACCOUNTS, "every account is there");
    publish("63000");
  }

  @AfterAll
  void stop() {
    operator.close();
    alice.close();
    node.close();
  }

  @Test
  void everyWinnerOfANodeIsNamedAndRanked() throws Exception {
    for (int round = 0; round < 5; round++) {
      publish("63000");
      long began = System.nanoTime();
      Gathered gathered = gather();
      long told = System.nanoTime();
      assertThat(gathered.answered()).isEqualTo(gathered.asked()).isEqualTo(ACCOUNTS);
      assertThat(gathered.candidates()).hasSize(ACCOUNTS / 2);
      Receipt receipt = Receipt.of(input(gathered));
      assertThat(receipt.allocation().haircutMicros()).isEqualTo(1_000_000);
      assertThat(told - began).as("nanoseconds to be told").isLessThan(TOLD.toNanos());
      System.out.printf(
          Locale.ROOT,
          "%,d accounts told of %,d candidates in %,d ms, decided in %,d ms%n",
          gathered.answered(),
          gathered.candidates().size(),
          ms(told - began),
          ms(System.nanoTime() - told));
      began = System.nanoTime();
      var rank = await(operator.rank("a1")).getRanks(0);
      System.out.printf(
          Locale.ROOT,
          "a rank of %,d positions in %,d ms%n",
          rank.getPositions(),
          ms(System.nanoTime() - began));
      assertThat(rank.getPositions()).isEqualTo(ACCOUNTS / 2);
    }
  }

  @Test
  void aPreviewLooksAtEveryAccountOfANode() throws Exception {
    await(alice.openAccount(VOTER, ""));
    await(operator.deposit("nova", VOTER, "NOVA", "100000"));
    await(
        alice.stake(
            StakeTokensRequest.newBuilder()
                .setCommandId("stake")
                .setIssuedAtMs(System.currentTimeMillis())
                .setAccountId(VOTER)
                .setAmount("100000")
                .build()));
    ParameterInForce collateral =
        await(
                operator.parameters(
                    ListParametersRequest.newBuilder().setPathPrefix("collateral/BTC").build()))
            .getParameters(0);
    for (int round = 0; round < 3; round++) {
      String id = "p-" + round; // Another each time: what was reckoned is known for a while.
      await(
          alice.propose(
              ProposeRequest.newBuilder()
                  .setProposalId(id)
                  .setIssuedAtMs(System.currentTimeMillis())
                  .setAccountId(VOTER)
                  .setTitle("Less for BTC " + round)
                  .setText("As it has fallen.")
                  .setDeposit("10000")
                  .addAmendments(
                      Amendment.newBuilder()
                          .setPath(collateral.getPath())
                          .setBaseVersion(collateral.getVersion())
                          .addFigures(
                              FigureText.newBuilder()
                                  .setName("weightPpm")
                                  .setText(Integer.toString(500_000 + round))))
                  .build()));
      publish("63000");
      long began = System.nanoTime();
      PreviewProposalResponse preview =
          await(
              operator.previewProposal(
                  PreviewProposalRequest.newBuilder().setProposalId(id).build()));
      long looked = System.nanoTime() - began;
      System.out.printf(
          Locale.ROOT,
          "a preview looked at %,d accounts in %,d ms%n",
          preview.getLookedAt(),
          ms(looked));
      assertThat(looked).as("nanoseconds of a preview").isLessThan(PREVIEWED.toNanos());
      assertThat(preview.getLookedAt()).isEqualTo(ACCOUNTS);
      assertThat(preview.getUnreckoned()).isZero();
    }
  }

  private static Duration promised(Duration most) {
    return ACCOUNTS <= PROMISED ? most : PATIENCE;
  }

  private static AdlInput input(Gathered gathered) {
    return new AdlInput(
        "main-1",
        "main",
        HouseAccount.DEFAULT,
        1,
        1,
        AdlPolicy.Kind.PRO_RATA,
        0,
        1_000,
        0,
        1_000_000,
        List.of(EXPOSURE),
        CandidateSelection.merge(
            List.of(gathered.candidates()), HouseAccount.DEFAULT, List.of(EXPOSURE)));
  }

  private static Trade trade(int n) {
    return Trade.newBuilder()
        .setTradeId("t-" + n)
        .setInstrument("BTC-PERP")
        .setPrice("60000")
        .setQuantity("0.01")
        .setBuyerAccountId("a" + 2 * n)
        .setSellerAccountId("a" + (2 * n + 1))
        .setExecutedAtMs(System.currentTimeMillis())
        .build();
  }

  /** Asks for all, so many at a time; one that fails, or is not answered, fails here. */
  private static void each(int number, IntFunction<? extends CompletionStage<?>> does)
      throws Exception {
    Semaphore asking = new Semaphore(ASKING);
    AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
    for (int n = 0; n < number && failed.get() == null; n++) {
      acquire(asking, 1);
      var _ =
          does.apply(n)
              .whenComplete(
                  (_, failure) -> {
                    if (failure != null) failed.compareAndSet(null, failure);
                    asking.release();
                  });
    }
    acquire(asking, ASKING);
    assertThat(failed.get()).as("what failed first").isNull();
  }

  private static void acquire(Semaphore asking, int permits) throws InterruptedException {
    assertThat(asking.tryAcquire(permits, PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as("answers come in time")
        .isTrue();
  }

  private Gathered gather() throws Exception {
    return node.deleveraging()
        .house()
        .candidates(List.of(EXPOSURE), 0, 1_000)
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private void publish(String price) throws Exception {
    List<NovationClient> clients = new ArrayList<>();
    try {
      for (int oracle = 1; oracle <= 3; oracle++) {
        NovationClient client =
            NovationClient.connect(Target.local(home, node.port(), "oracle-" + oracle));
        clients.add(client);
        PriceStream prices = client.prices();
        await(
            prices.publish(
                List.of(
                    OraclePrice.newBuilder()
                        .setSymbol("BTC")
                        .setPrice(price)
                        .setSequence(++sequence)
                        .setTimeMs(System.currentTimeMillis())
                        .build())));
      }
    } finally {
      clients.forEach(NovationClient::close);
    }
    long ticks = Long.parseLong(price) * 10;
    until(() -> node.view().instrument(0).markTicks() == ticks, "the mark is " + price);
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void until(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static long ms(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
