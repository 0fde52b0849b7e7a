package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.account.Account;
import org.novation.account.AccountEvent;
import org.novation.account.Leg;
import org.novation.account.Markets;
import org.novation.clearing.HouseAccount;
import org.novation.deleveraging.AdlInput;
import org.novation.deleveraging.AdlPolicy;
import org.novation.deleveraging.Coordination;
import org.novation.deleveraging.CoordinationSnapshot;
import org.novation.deleveraging.Exposure;
import org.novation.deleveraging.Receipt;
import org.novation.ledger.Auditor.ViolationException;
import org.novation.ledger.JournalReader.Row;
import org.novation.risk.Margin;

/** Receipts are held to what the default account had, and to what the fund had paid for that. */
final class DefaultAuditTest {
  private static final String NOT_PAID = "it had not paid that for what the default account";
  private static final String NOT_HELD = "contracts that the default account did not have";

  private final Account house = new Account(HouseAccount.DEFAULT, Markets.CATALOGUE);
  private final DefaultAudit audit = new DefaultAudit();
  private int legs;

  /** Two defaults, of which the fund paid 40 and 25, each with a wave of its own. */
  @BeforeEach
  void twoDefaults() {
    follow(new AccountEvent.AccountOpened(1, 1, HouseAccount.DEFAULT, HouseAccount.MEMBER));
    takesOver(5, 40);
    closes("main-1.1.0", -3);
    closes("main-1.2.0", -2);
    follow(new AccountEvent.DeficitPaid(house.events() + 1, Markets.NOW_MS, 1, "main-1.3.0", 100));
    takesOver(3, 25);
    closes("main-2.1.0", -3);
  }

  @Test
  void takesReceiptsThatSayWhatTheFundPaidForWhatTheyResolve() {
    assertThatCode(() -> judge(1, 0, 40, 5)).doesNotThrowAnyException();
    assertThatCode(() -> judge(2, 40, 25, 3)).doesNotThrowAnyException();
  }

  @Test
  void noticesAReceiptThatSaysMoreOrLess() {
    for (long wrong : List.of(0L, 39L, 41L, 65L))
      assertThatThrownBy(() -> judge(1, 0, wrong, 5)).hasMessageContaining(NOT_PAID);
    for (long wrong : List.of(0L, 24L, 26L))
      assertThatThrownBy(() -> judge(2, 40, wrong, 3)).hasMessageContaining(NOT_PAID);
  }

  @Test
  void noticesADefaultThatIsCountedTwice() {
    assertThatThrownBy(() -> judge(2, 40, 65, 3)).hasMessageContaining(NOT_PAID);
  }

  @Test
  void noticesContractsThatTheDefaultAccountDidNotHaveThen() {
    assertThatThrownBy(() -> judge(1, 0, 40, 2)).hasMessageContaining(NOT_HELD);
    assertThatThrownBy(() -> judge(1, 0, 65, 3)).hasMessageContaining(NOT_HELD);
    assertThatThrownBy(() -> judge(2, 40, 0, 5)).hasMessageContaining(NOT_HELD);
  }

  @Test
  void takesWhateverWasTakenOverBeforeTheWavesFirstStep() {
    takesOver(4, 0);
    takesOver(1, 7);
    for (long[] fundAndLots : new long[][] {{0, 4}, {7, 5}})
      assertThatCode(() -> judge(3, 65, fundAndLots[0], fundAndLots[1])).doesNotThrowAnyException();
    assertThatThrownBy(() -> judge(3, 65, 7, 4)).hasMessageContaining(NOT_PAID);
  }

  @Test
  void takesReceiptsFromBeforeTheFundsPartWasTold() {
    takesOver(4, 0);
    assertThatCode(() -> judge(3, 65, 0, 4)).doesNotThrowAnyException();
  }

  private void takesOver(long lots, long fundMicros) {
    follow(
        new AccountEvent.TransferTaken(
            house.events() + 1,
            Markets.NOW_MS,
            1,
            "debt-" + legs,
            "x",
            Markets.NOW_MS,
            List.of(leg("debt", "leg-" + legs, lots)),
            -100,
            List.of(),
            Long.MIN_VALUE,
            Margin.health(house.portfolio(), Markets.at(100)),
            fundMicros));
  }

  private void closes(String stepId, long lots) {
    follow(
        new AccountEvent.TradesCleared(
            house.events() + 1,
            Markets.NOW_MS,
            1,
            List.of(),
            List.of(leg(HouseAccount.VENUE, stepId, lots)),
            List.of(),
            Long.MIN_VALUE,
            Margin.health(house.portfolio(), Markets.at(100))));
  }

  private Leg leg(String venue, String tradeId, long lots) {
    legs++;
    long now = Markets.NOW_MS;
    long notional = Markets.CATALOGUE.perpetual(0).notionalMicros(100, lots);
    return new Leg(
        venue, tradeId, "BTC-PERP", 100, lots, "x", now, now, 100, 0, notional, 0, 0, 0, 0);
  }

  private void follow(AccountEvent event) {
    house.apply(event);
    audit.follow(house, event, Markets.CATALOGUE);
  }

  private void judge(long wave, long countedBefore, long fundMicros, long lots)
      throws ViolationException {
    Coordination coordination =
        new Coordination(
            new CoordinationSnapshot("main", 10, wave - 1, List.of(), countedBefore, 0));
    Receipt receipt =
        Receipt.of(
            new AdlInput(
                Coordination.waveId("main", wave),
                "main",
                HouseAccount.DEFAULT,
                Markets.NOW_MS,
                1,
                AdlPolicy.Kind.PRO_RATA,
                0,
                10,
                fundMicros,
                100,
                List.of(
                    new Exposure("BTC-PERP", 1, lots, 10, 100, 90, 1),
                    new Exposure("ETH-PERP", -1, 0, 10, 100, 0, 1)),
                List.of()));
    coordination.begin(receipt, Markets.NOW_MS).forEach(coordination::apply);
    audit.judge(coordination, receipt, new Row("adl|main", 1, 1, false, 0, "", new byte[0]));
  }
}
