package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.SubmitTradesTest.await;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.clearing.Rejection;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.ListAccountsResponse;
import org.novation.protocol.v1.ListMarketsRequest;
import org.novation.protocol.v1.ListMarketsResponse;
import org.novation.protocol.v1.MarginState;
import org.novation.protocol.v1.Market;
import org.novation.protocol.v1.Position;
import org.novation.protocol.v1.PriceValidity;
import org.novation.protocol.v1.WatchAccountResponse;
import org.novation.protocol.v1.WatchMarketResponse;

/** What callers read: once, page by page, or as it changes. */
final class WatchTest {
  private EdgeNode node;
  private NovationClient alice;

  @BeforeEach
  void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home);
    alice = NovationClient.connect(node.target("alice"));
  }

  @AfterEach
  void stop() throws Exception {
    alice.close();
    node.close();
  }

  @Test
  void slowWatcherSkipsStatesAndEndsWithTheNewest() throws Exception {
    try (Updates<WatchAccountResponse> updates = alice.watchAccount("a-1")) {
      assertThat(updates.next()).isNotNull();
      for (int number = 2; number <= 20_000; number++) {
        Answer<AccountPort.AccountView> state = new Answer.Done<>(FakeTrade.account("a-1", number));
        node.trade.watchers.forEach(watcher -> watcher.accept(state));
      }
      int read = 0;
      long last = 0;
      while (last < 20_000) {
        WatchAccountResponse update = updates.next();
        assertThat(update).isNotNull();
        long number = update == null ? 0 : update.getSequenceNumber();
        assertThat(number).isGreaterThanOrEqualTo(last);
        last = number;
        read++;
      }
      assertThat(read).isLessThan(20_000);
    }
    await(() -> node.trade.watchers.isEmpty());
  }

  @Test
  void watchOfMarketTellsNowAndAfterChanges() throws Exception {
    try (Updates<WatchMarketResponse> updates = alice.watchMarket("BTC-PERP")) {
      assertThat(updates.next()).isNotNull();
      await(() -> !node.trade.marketWatchers.isEmpty());
      node.trade.marketWatchers.forEach(Runnable::run);
      assertThat(updates.next()).isNotNull();
    }
    await(() -> node.trade.marketWatchers.isEmpty());
  }

  @Test
  void accountIsWrittenWithEveryTermOfItsMargin() {
    Account account = NovationClient.await(alice.account("a-1")).getAccount();
    assertThat(account.getState()).isEqualTo(MarginState.MARGIN_STATE_HEALTHY);
    assertThat(account.getCash()).isEqualTo("10000");
    assertThat(account.getUnrealisedProfit()).isEqualTo("2000");
    assertThat(account.getEquity()).isEqualTo("12000");
    assertThat(account.getInitialMargin()).isEqualTo("5000");
    assertThat(account.getMaintenanceMargin()).isEqualTo("2500");
    assertThat(account.getFreeCollateral()).isEqualTo("7000");
    assertThat(account.getAllowed()).isEqualTo("anything");
    assertThat(account.getParameterVersion()).isEqualTo(7);
    Position position = account.getPositions(0);
    assertThat(position.getQuantity()).isEqualTo("2");
    assertThat(position.getMark()).isEqualTo("50000");
    assertThat(position.getNotional()).isEqualTo("100000");
    assertThat(position.getCostBasis()).isEqualTo("98000");
    assertThat(position.getTermsList()).isNotEmpty();
  }

  @Test
  void marketIsWrittenWithItsBrackets() {
    Market market = NovationClient.await(alice.market("BTC-PERP")).getMarket();
    assertThat(market.getTick()).isEqualTo("0.1");
    assertThat(market.getLot()).isEqualTo("0.001");
    assertThat(market.getMark()).isEqualTo("50000");
    assertThat(market.getValidity()).isEqualTo(PriceValidity.PRICE_VALIDITY_FRESH);
    assertThat(market.getFundingRate()).isEqualTo("0.0001");
    assertThat(market.getOpenInterest()).isEqualTo("5");
    assertThat(market.getBracketsList()).hasSize(2);
    assertThat(market.getBrackets(1).getFromNotional()).isEqualTo("1000000");
    assertThat(market.getBrackets(1).getInitialRate()).isEqualTo("0.1");
    assertThat(market.getBrackets(1).getInitialDeduction()).isEqualTo("50000");
  }

  @Test
  void pagesOfAccountsFollowOneAnother() {
    ListAccountsResponse first =
        NovationClient.await(
            alice.accounts(ListAccountsRequest.newBuilder().setPageSize(2).build()));
    assertThat(first.getAccountsList()).hasSize(2);
    ListAccountsResponse second =
        NovationClient.await(
            alice.accounts(
                ListAccountsRequest.newBuilder()
                    .setPageSize(2)
                    .setPageToken(first.getNextPageToken())
                    .build()));
    assertThat(second.getAccountsList()).hasSize(1);
    assertThat(second.getNextPageToken()).isEmpty();
  }

  @Test
  void pagesOfMarketsFollowOneAnother() {
    ListMarketsResponse first =
        NovationClient.await(alice.markets(ListMarketsRequest.newBuilder().setPageSize(1).build()));
    assertThat(first.getMarkets(0).getInstrument()).isEqualTo("BTC-PERP");
    ListMarketsResponse second =
        NovationClient.await(
            alice.markets(
                ListMarketsRequest.newBuilder().setPageToken(first.getNextPageToken()).build()));
    assertThat(second.getMarketsList())
        .extracting(Market::getInstrument)
        .containsExactly("ETH-PERP");
    assertThat(second.getNextPageToken()).isEmpty();
  }

  @Test
  void refusalReachesTheCallerWithItsNumbers() {
    node.trade.refusal = new Rejection.InsufficientMargin("a-1", 2_000_000, 1_000_000);
    CallFailed failed =
        catchThrowableOfType(
            CallFailed.class, () -> NovationClient.await(alice.capLeverage("a-1", 1)));
    assertThat(failed.kind()).isEqualTo(CallFailed.Kind.REFUSED);
    assertThat(failed.reason()).isEqualTo("INSUFFICIENT_MARGIN");
    assertThat(failed.numbers()).containsEntry("required", "2").containsEntry("free", "1");
  }
}
