package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
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
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Trade;

/**
 * Candidates of a whole node of real accounts. {@code -Dnovation.accounts=100000} asks so many and
 * prints how long it takes.
 */
final class CandidatesAtScaleTest {
  private static final int ACCOUNTS = Integer.getInteger("novation.accounts", 60);
  private static final Exposure EXPOSURE =
      new Exposure("BTC-PERP", -1, 500, 900_000_000, 630_000, 0, 100);
  private static final int ASKING = 128;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path home;
  private long sequence = System.currentTimeMillis();

  @Test
  void everyWinnerOfANodeIsNamedAndRanked() throws Exception {
    try (Node node =
            Node.start(
                NodeSettings.local(
                    home,
                    new StoreConfig.H2Memory("scale-" + UUID.randomUUID()),
                    InstrumentConfig.in(Path.of("..", "config")).catalogue()));
        NovationClient operator =
            NovationClient.connect(Target.local(home, node.port(), "operator"));
        NovationClient venue = NovationClient.connect(Target.local(home, node.port(), "venue-1"))) {
      publish(node, "60000");
      each(ACCOUNTS, n -> node.accounts().open("a" + n, "alice"));
      each(ACCOUNTS, n -> node.accounts().deposit("a" + n, "d", "USDC", 10_000_000_000L));
      publish(node, "60000");
      each(ACCOUNTS / 2, n -> venue.submit(trade(n)));
      while (gather(node).answered() < ACCOUNTS) LockSupport.parkNanos(1_000_000);
      publish(node, "63000");
      for (int round = 0; round < 5; round++) {
        publish(node, "63000");
        long began = System.nanoTime();
        Gathered gathered = gather(node);
        long told = System.nanoTime();
        assertThat(gathered.answered()).isEqualTo(gathered.asked()).isEqualTo(ACCOUNTS);
        assertThat(gathered.candidates()).hasSize(ACCOUNTS / 2);
        Receipt receipt = Receipt.of(input(gathered));
        assertThat(receipt.allocation().haircutMicros()).isEqualTo(1_000_000);
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
            List.of(gathered.candidates()), HouseAccount.DEFAULT, AdlInput.CANDIDATES_MAX));
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

  private static void each(int number, IntFunction<? extends CompletionStage<?>> does)
      throws InterruptedException {
    Semaphore asking = new Semaphore(ASKING);
    for (int n = 0; n < number; n++) {
      asking.acquire();
      var _ = does.apply(n).whenComplete((_, _) -> asking.release());
    }
    asking.acquire(ASKING);
  }

  private static Gathered gather(Node node) throws Exception {
    return node.deleveraging()
        .house()
        .candidates(List.of(EXPOSURE), 0, 1_000)
        .toCompletableFuture()
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private void publish(Node node, String price) throws IOException, InterruptedException {
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
    while (node.view().instrument(0).markTicks() != ticks) LockSupport.parkNanos(1_000_000);
  }

  private static long ms(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }
}
