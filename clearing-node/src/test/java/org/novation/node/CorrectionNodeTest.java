package org.novation.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.api.client.Target;
import org.novation.node.store.StoreConfig;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.CorrectionStage;
import org.novation.protocol.v1.ListCorrectionsRequest;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.Position;
import org.novation.protocol.v1.ProposeCorrectionRequest;
import org.novation.protocol.v1.Trade;
import org.novation.protocol.v1.TradeCorrection;

/** Trades are put right through a whole node over TCP, and the books hold. */
final class CorrectionNodeTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path home;
  private long sequence;

  @Test
  void twoOperatorsUndoATradeOrSettleAnotherPriceAndNobodyElse() throws Exception {
    try (Node node = start();
        NovationClient operator = as(node, "operator");
        NovationClient other = as(node, "operator-2");
        NovationClient venue = as(node, "venue-1")) {
      publish(node, "60000");
      open(operator, "long", "alice", "10000");
      open(operator, "short", "bob", "10000");
      trade(venue, "t-1");
      trade(venue, "t-2");

      TradeCorrection bust = propose(operator, "c-1", "t-1", "");
      assertThat(propose(operator, "c-1", "t-1", "")).isEqualTo(bust);
      assertThat(bust.getStage()).isEqualTo(CorrectionStage.CORRECTION_STAGE_PROPOSED);
      assertThat(refusal(() -> await(operator.approveCorrection("c-1", bust.getHash()))).reason())
          .isEqualTo("FOUR_EYES");
      CallFailed hash = refusal(() -> await(other.approveCorrection("c-1", "0".repeat(64))));
      assertThat(hash.reason()).isEqualTo("OTHER_HASH");
      assertThat(hash.numbers()).containsEntry("proposed", bust.getHash());
      assertThat(refusal(() -> propose(operator, "c-2", "t-1", "59000")).reason())
          .isEqualTo("ALREADY_CORRECTED");
      assertThat(refusal(() -> propose(operator, "c-2", "t-3", "")).reason())
          .isEqualTo("UNKNOWN_TRADE");
      assertThat(refusal(() -> propose(operator, "c-2", "t-2", "60000")).reason())
          .isEqualTo("NOTHING_TO_CORRECT");
      assertThat(refusal(() -> propose(operator, "c-2", "t-2", "60000.01")).reason())
          .isEqualTo("NOT_A_MULTIPLE_OF_TICK");

      await(other.approveCorrection("c-1", bust.getHash()));
      TradeCorrection price = propose(other, "c-2", "t-2", "59000");
      assertThat(price.getBuyerPays()).isEqualTo("-100");
      await(operator.approveCorrection("c-2", price.getHash()));
      await(operator.approveCorrection("c-2", price.getHash()));
      isLeftWith(operator, "long", "0.1", "10100");
      isLeftWith(operator, "short", "-0.1", "9900");
      eventually(
          () ->
              corrections(operator).stream()
                  .allMatch(each -> each.getStage() == CorrectionStage.CORRECTION_STAGE_BOOKED),
          "both are booked");
    }
    try (Node node = start();
        NovationClient operator = as(node, "operator")) {
      isLeftWith(operator, "long", "0.1", "10100");
      assertThat(corrections(operator))
          .extracting(TradeCorrection::getCorrectionId)
          .containsExactly("c-2", "c-1");
      assertThat(node.audit().violation()).isNull();
    }
  }

  private static List<TradeCorrection> corrections(NovationClient as) {
    return await(as.corrections(ListCorrectionsRequest.getDefaultInstance())).getCorrectionsList();
  }

  private static TradeCorrection propose(
      NovationClient as, String id, String tradeId, String newPrice) {
    return await(
            as.proposeCorrection(
                ProposeCorrectionRequest.newBuilder()
                    .setCorrectionId(id)
                    .setVenue("venue-1")
                    .setTradeId(tradeId)
                    .setAccountId("long")
                    .setNewPrice(newPrice)
                    .setReason("fat finger")
                    .build()))
        .getCorrection();
  }

  private static CallFailed refusal(Runnable call) {
    return requireNonNull(catchThrowableOfType(CallFailed.class, call::run));
  }

  private static void isLeftWith(NovationClient as, String account, String quantity, String cash)
      throws Exception {
    eventually(
        () -> {
          Account now = await(as.account(account)).getAccount();
          return now.getCash().equals(cash)
              && now.getPositionsList().stream()
                  .map(Position::getQuantity)
                  .toList()
                  .equals(List.of(quantity));
        },
        account + " is left with " + quantity + " and " + cash);
  }

  private Node start() {
    return Node.start(
        NodeSettings.local(
            home,
            new StoreConfig.H2File(home.resolve("h2").resolve("novation")),
            InstrumentConfig.in(Path.of("..", "config")).catalogue()));
  }

  private NovationClient as(Node node, String name) throws IOException {
    return NovationClient.connect(Target.local(home, node.port(), name));
  }

  private static void open(NovationClient operator, String account, String member, String cash) {
    await(operator.openAccount(account, member));
    await(operator.deposit("d-" + account, account, "USDC", cash));
  }

  private static void trade(NovationClient venue, String id) {
    await(
        venue.submit(
            Trade.newBuilder()
                .setTradeId(id)
                .setInstrument("BTC-PERP")
                .setPrice("60000")
                .setQuantity("0.1")
                .setBuyerAccountId("long")
                .setSellerAccountId("short")
                .setExecutedAtMs(System.currentTimeMillis())
                .build()));
  }

  /** Three oracles say so, until the node has heard. */
  private void publish(Node node, String price) throws Exception {
    for (int oracle = 1; oracle <= 3; oracle++) {
      try (NovationClient client = as(node, "oracle-" + oracle);
          PriceStream prices = client.prices()) {
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
    }
    long ticks = Long.parseLong(price) * 10;
    eventually(() -> node.view().mayLiquidate(0, System.currentTimeMillis()), "the price is fresh");
    eventually(() -> node.view().instrument(0).indexTicks() == ticks, "the price is known");
  }

  /** A condition that may have to ask a node. */
  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void eventually(Condition condition, String what) throws Exception {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", what).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }
}
