package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.api.client.NovationClient.await;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.CorrectionStage;
import org.novation.protocol.v1.ListCorrectionsRequest;
import org.novation.protocol.v1.ProposeCorrectionRequest;
import org.novation.protocol.v1.TradeCorrection;

/** Trades are put right through a whole node over TCP, and the books hold. */
final class CorrectionNodeTest extends WholeNode {
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
        NovationClient operator = as(node, "operator");
        NovationClient alice = as(node, "alice")) {
      isLeftWith(operator, "long", "0.1", "10100");
      open(operator, "other", "alice", "1");
      assertThat(ofAccount(alice, "long"))
          .extracting(TradeCorrection::getCorrectionId)
          .containsExactly("c-2", "c-1");
      assertThat(ofAccount(alice, "other")).isEmpty();
      assertThat(refusal(() -> ofAccount(alice, "short")).reason()).isEqualTo("UNKNOWN_ACCOUNT");
      assertThat(refusal(() -> corrections(alice)).numbers()).containsEntry("field", "account_id");
      assertThat(corrections(operator))
          .extracting(TradeCorrection::getCorrectionId)
          .containsExactly("c-2", "c-1");
      assertThat(node.audit().violation()).isNull();
    }
  }

  private static List<TradeCorrection> ofAccount(NovationClient as, String account) {
    return await(as.corrections(ListCorrectionsRequest.newBuilder().setAccountId(account).build()))
        .getCorrectionsList();
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
}
