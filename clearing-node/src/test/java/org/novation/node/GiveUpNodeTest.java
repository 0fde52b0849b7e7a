package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.AcceptGiveUpRequest;
import org.novation.protocol.v1.CancelGiveUpRequest;
import org.novation.protocol.v1.GiveUpReport;
import org.novation.protocol.v1.GiveUpStage;
import org.novation.protocol.v1.PermitGiveUpsRequest;
import org.novation.protocol.v1.ProposeCorrectionRequest;
import org.novation.protocol.v1.ProposeGiveUpRequest;
import org.novation.protocol.v1.TradeCorrection;

/** Legs of trades go from who executed to who carries them, through a whole node over TCP. */
final class GiveUpNodeTest extends WholeNode {
  @Test
  void aLegGoesToWhoAcceptsItAndCanCarryItAndOnce() throws Exception {
    try (Node node = start();
        NovationClient operator = as(node, "operator");
        NovationClient alice = as(node, "alice");
        NovationClient bob = as(node, "bob");
        NovationClient venue = as(node, "venue-1")) {
      publish(node, "60000");
      open(operator, "long", "alice", "10000");
      open(operator, "short", "bob", "10000");
      open(operator, "carrier", "bob", "1");
      trade(venue, "t-1");
      trade(venue, "t-2");
      publish(node, "54000"); // Beyond the band around the mark, were it a venue's trade.

      GiveUpReport proposed = propose(alice, "t-1", "carrier");
      assertThat(proposed.getStage()).isEqualTo(GiveUpStage.GIVE_UP_STAGE_PROPOSED);
      assertThat(proposed.getQuantity()).isEqualTo("0.1");
      assertThat(refusal(() -> accept(alice, "t-1", "carrier")).reason())
          .as("it is not hers to accept")
          .isEqualTo("UNKNOWN_ACCOUNT");
      assertThat(refusal(() -> propose(bob, "t-1", "carrier")).reason())
          .as("nor his to give")
          .isEqualTo("UNKNOWN_ACCOUNT");
      assertThat(refusal(() -> propose(alice, "t-1", "nobody")).reason())
          .isEqualTo("UNKNOWN_ACCOUNT");
      assertThat(refusal(() -> cancel(alice, "t-1", "nobody")).reason())
          .isEqualTo("UNKNOWN_ACCOUNT");
      assertThat(refusal(() -> propose(alice, "t-9", "carrier")).reason())
          .isEqualTo("UNKNOWN_TRADE");

      await(operator.deposit("more", "carrier", "USDC", "9999"));
      for (int again = 0; again < 3; again++)
        assertThat(accept(bob, "t-1", "carrier").getStage())
            .isEqualTo(GiveUpStage.GIVE_UP_STAGE_DONE);
      isLeftWith(operator, "long", "0.1", "10000");
      isLeftWith(operator, "carrier", "0.1", "10000");
      assertThat(propose(alice, "t-1", "carrier").getStage())
          .isEqualTo(GiveUpStage.GIVE_UP_STAGE_DONE);
      assertThat(refusal(() -> cancel(alice, "t-1", "carrier")).reason())
          .isEqualTo("GIVE_UP_DECIDED");

      permit(bob, "poor-carrier-is-not-open", false);
      open(operator, "poor", "bob", "1");
      permit(bob, "poor", true);
      CallFailed margin = refusal(() -> propose(alice, "t-2", "poor"));
      assertThat(margin.reason()).isEqualTo("INSUFFICIENT_MARGIN");
      assertThat(margin.numbers()).containsEntry("account", "poor");
      isLeftWith(operator, "long", "0.1", "10000");
      GiveUpReport refused = await(bob.giveUps("poor")).getGiveUps(0);
      assertThat(refused.getStage()).isEqualTo(GiveUpStage.GIVE_UP_STAGE_REFUSED);
      assertThat(refused.getRefusal()).contains("InsufficientMargin");
    }
    try (Node node = start();
        NovationClient operator = as(node, "operator");
        NovationClient bob = as(node, "bob")) {
      assertThat(await(bob.giveUps("carrier")).getGiveUpsList())
          .extracting(GiveUpReport::getStage)
          .containsExactly(GiveUpStage.GIVE_UP_STAGE_DONE);
      assertThat(await(bob.giveUps("poor")).getPermittedAccountIdsList()).containsExactly("long");
      isLeftWith(operator, "carrier", "0.1", "10000");
      assertThat(node.audit().violation()).isNull();
    }
  }

  @Test
  void aTradeIsCorrectedOrGivenUpAndNotBoth() throws Exception {
    try (Node node = start();
        NovationClient operator = as(node, "operator");
        NovationClient other = as(node, "operator-2");
        NovationClient alice = as(node, "alice");
        NovationClient bob = as(node, "bob");
        NovationClient venue = as(node, "venue-1")) {
      publish(node, "60000");
      open(operator, "long", "alice", "10000");
      open(operator, "short", "bob", "10000");
      open(operator, "carrier", "bob", "10000");
      for (String id : List.of("t-1", "t-2", "t-3")) trade(venue, id);

      propose(alice, "t-1", "carrier");
      accept(bob, "t-1", "carrier");
      assertThat(refusal(() -> bust(operator, "c-1", "t-1")).reason()).isEqualTo("GIVEN_UP");

      bust(operator, "c-2", "t-2");
      CallFailed corrected = refusal(() -> propose(alice, "t-2", "carrier"));
      assertThat(corrected.reason()).isEqualTo("TRADE_CORRECTED");
      assertThat(corrected.numbers()).containsEntry("by", "c-2");
      await(operator.rejectCorrection("c-2"));
      assertThat(propose(alice, "t-2", "carrier").getStage())
          .as("what was rejected is corrected by nobody")
          .isEqualTo(GiveUpStage.GIVE_UP_STAGE_PROPOSED);

      propose(alice, "t-3", "carrier");
      TradeCorrection bust = bust(operator, "c-3", "t-3");
      assertThat(refusal(() -> accept(bob, "t-3", "carrier")).reason())
          .isEqualTo("TRADE_CORRECTED");
      await(other.approveCorrection("c-3", bust.getHash()));
      isLeftWith(operator, "long", "0.1", "10000");
      assertThat(node.audit().violation()).isNull();
    }
  }

  private static TradeCorrection bust(NovationClient as, String id, String tradeId) {
    return await(
            as.proposeCorrection(
                ProposeCorrectionRequest.newBuilder()
                    .setCorrectionId(id)
                    .setVenue("venue-1")
                    .setTradeId(tradeId)
                    .setAccountId("long")
                    .setReason("a mistake")
                    .build()))
        .getCorrection();
  }

  private static void permit(NovationClient as, String to, boolean known) {
    PermitGiveUpsRequest request =
        PermitGiveUpsRequest.newBuilder()
            .setAccountId(to)
            .setFromAccountId("long")
            .setPermitted(true)
            .build();
    if (known)
      assertThat(await(as.permitGiveUps(request)).getPermittedAccountIdsList())
          .containsExactly("long");
    else
      assertThat(refusal(() -> await(as.permitGiveUps(request))).reason())
          .isEqualTo("UNKNOWN_ACCOUNT");
  }

  private static GiveUpReport propose(NovationClient as, String tradeId, String to) {
    return await(
            as.proposeGiveUp(
                ProposeGiveUpRequest.newBuilder()
                    .setVenue("venue-1")
                    .setTradeId(tradeId)
                    .setAccountId("long")
                    .setToAccountId(to)
                    .build()))
        .getGiveUp();
  }

  private static GiveUpReport accept(NovationClient as, String tradeId, String to) {
    return await(
            as.acceptGiveUp(
                AcceptGiveUpRequest.newBuilder()
                    .setVenue("venue-1")
                    .setTradeId(tradeId)
                    .setAccountId(to)
                    .setFromAccountId("long")
                    .build()))
        .getGiveUp();
  }

  private static GiveUpReport cancel(NovationClient as, String tradeId, String to) {
    return await(
            as.cancelGiveUp(
                CancelGiveUpRequest.newBuilder()
                    .setVenue("venue-1")
                    .setTradeId(tradeId)
                    .setAccountId("long")
                    .setToAccountId(to)
                    .build()))
        .getGiveUp();
  }
}
