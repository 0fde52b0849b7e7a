package org.novation.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.account.AccountActor;
import org.novation.account.AccountEvent;
import org.novation.account.AccountEvent.CollateralDeposited;
import org.novation.account.AccountEvent.CollateralHeld;
import org.novation.account.AccountEvent.CollateralReturned;
import org.novation.account.AccountEvent.CollateralWithdrawn;
import org.novation.custody.CustodyActor;
import org.novation.custody.CustodyEvent;
import org.novation.custody.CustodyEvent.DepositAttested;
import org.novation.custody.CustodyEvent.DepositConfirmed;
import org.novation.custody.CustodyEvent.WithdrawalApproved;
import org.novation.custody.CustodyEvent.WithdrawalEnded;
import org.novation.custody.CustodyEvent.WithdrawalOpposed;
import org.novation.custody.CustodyEvent.WithdrawalRequested;
import org.novation.custody.Office;
import org.novation.custody.Purpose;
import org.novation.custody.Withdrawal;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.TestJournal.Stored;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.risk.Health;

/** What custody and its accounts wrote passes; changed in any way that moves money it does not. */
final class CustodyAuditTest {
  private static final String CUSTODY = CustodyActor.persistenceId("main").id();
  private static final String ACCOUNT = AccountActor.persistenceId("a1").id();
  private static final Health HEALTH = new Health(0, 0, 0, 0);

  private List<CustodyEvent> events = List.of();
  private final List<AccountEvent> account = new ArrayList<>();

  /** A deposit of 100,000; 300 of it left, 200 came back as the custodians wanted. */
  @BeforeEach
  void aDepositAWithdrawalAndOneThatIsCancelled() {
    Office office = new Office().opened(100_000);
    office.withdraw(office.request("w-1", 300));
    Withdrawal opposed = office.held(office.request("w-2", 200));
    for (String who : List.of("ana", "ben"))
      office.accepted(
          office.vote(who, Purpose.CANCEL_WITHDRAWAL, office.withdrawal("a1", opposed.id())));
    events = office.journal;
    long first = number("w-1");
    long second = number("w-2");
    account.add(new AccountEvent.AccountOpened(1, 1, "a1", "m"));
    account.add(new CollateralDeposited(2, 1, "ethereum:0x1", "USDC", 100_000));
    account.add(new CollateralHeld(3, 1, 1, first, "w-1", "USDC", 300, HEALTH));
    account.add(new CollateralWithdrawn(4, 1, first, "USDC", 300));
    account.add(new CollateralHeld(5, 1, 1, second, "w-2", "USDC", 200, HEALTH));
    account.add(new CollateralReturned(6, 1, second, "USDC", 200));
  }

  private long number(String withdrawalId) {
    for (CustodyEvent event : events)
      if (event instanceof WithdrawalRequested asked && asked.withdrawalId().equals(withdrawalId))
        return asked.number();
    throw new AssertionError("nobody asked for " + withdrawalId);
  }

  @Test
  void findsNothingWrongInWhatTheyWroteAndVerifiesItForThisHouseAlone() {
    assertThat(violation()).isNull();
    assertThat(found("another-house")).contains("no custodian in force signed this for another");
    assertThat(violation(null)).as("nobody said for which house").isNull();
  }

  @Test
  void noticesWhatNobodySigned() {
    change(
        DepositAttested.class,
        was ->
            new DepositAttested(
                was.number(),
                was.atMs(),
                was.chain(),
                was.transaction(),
                was.asset(),
                was.amount() + 1,
                was.address(),
                was.account(),
                was.block(),
                was.custodian(),
                was.setVersion(),
                was.expiresAtMs(),
                was.signature(),
                was.conflicting(),
                was.forgottenThroughBlock(),
                1));
    assertThat(found(Office.HOUSE)).contains("no custodian in force signed this");
  }

  @Test
  void noticesAnApprovalOfSomebodyElseAndOneOfAnotherRound() {
    WithdrawalApproved was = first(WithdrawalApproved.class);
    String other =
        events.stream()
            .filter(each -> each instanceof WithdrawalApproved)
            .map(each -> ((WithdrawalApproved) each).signature())
            .filter(each -> !each.equals(was.signature()))
            .findAny()
            .orElseThrow();
    replace(
        was,
        new WithdrawalApproved(
            was.number(),
            was.atMs(),
            was.account(),
            was.withdrawal(),
            was.custodian(),
            was.setVersion(),
            was.nonce(),
            other,
            1));
    assertThat(found(Office.HOUSE)).contains("no custodian in force signed this");
    replace(
        events.get((int) was.number() - 1),
        new WithdrawalApproved(
            was.number(),
            was.atMs(),
            was.account(),
            was.withdrawal(),
            was.custodian(),
            was.setVersion(),
            was.nonce() + 1,
            was.signature(),
            1));
    assertThat(found(Office.HOUSE)).contains("no custodian in force signed this");
  }

  @Test
  void noticesAnObjectionThatNobodySigned() {
    change(
        WithdrawalOpposed.class,
        was ->
            new WithdrawalOpposed(
                was.number(),
                was.atMs(),
                was.account(),
                was.withdrawal(),
                "cem",
                was.setVersion(),
                was.nonce(),
                was.signature(),
                1));
    assertThat(found(Office.HOUSE)).contains("no custodian in force signed this");
  }

  @Test
  void noticesASettlementWithTooFewApprovalsAndOneBeforeItsTime() {
    WithdrawalApproved second = last(WithdrawalApproved.class);
    int at = (int) second.number() - 1;
    replace(
        second,
        new CustodyEvent.WithdrawalDisputed(
            second.number(),
            second.atMs(),
            second.account(),
            second.withdrawal(),
            second.custodian(),
            second.setVersion(),
            second.nonce(),
            second.signature(),
            second.atMs(),
            1));
    assertThat(found(null)).contains("settles with 0 approvals");
    replace(events.get(at), second);
    change(
        WithdrawalEnded.class,
        was ->
            new WithdrawalEnded(
                was.number(),
                second.atMs(),
                was.account(),
                was.withdrawal(),
                was.outcome(),
                was.why(),
                was.vaultsAmount(),
                was.hourLeft(),
                was.dayLeft(),
                1));
    assertThat(found(null)).contains("settles outside its time");
  }

  @Test
  void noticesADepositThatTooFewAttest() {
    change(
        DepositConfirmed.class,
        was ->
            new DepositConfirmed(
                was.number(),
                was.atMs(),
                was.chain(),
                was.transaction(),
                was.asset(),
                was.amount(),
                was.address(),
                was.account(),
                was.block(),
                List.of("ana"),
                1));
    assertThat(found(null)).contains("too few attest");
  }

  @Test
  void noticesWhatTheAccountBooksOtherwise() {
    AccountEvent honest = account.get(1);
    account.set(1, new CollateralDeposited(2, 1, "ethereum:0x1", "USDC", 100_001));
    assertThat(found(null)).contains("otherwise than custodians attest");
    account.set(1, new CollateralDeposited(2, 1, "own", "USDC", 100_000));
    assertThat(found(null)).contains("is credited, but not on its account's books");
    account.set(1, honest);
    honest = account.get(2);
    account.set(2, new CollateralHeld(3, 1, 1, number("w-1"), "w-1", "USDC", 299, HEALTH));
    account.set(3, new CollateralWithdrawn(4, 1, number("w-1"), "USDC", 299));
    assertThat(found(null)).contains("what was not asked for");
    account.set(2, honest);
    account.set(3, new CollateralReturned(4, 1, number("w-1"), "USDC", 300));
    assertThat(found(null)).contains("takes back a withdrawal that is under way, over or settled");
    account.set(3, new CollateralWithdrawn(4, 1, number("w-1"), "USDC", 300));
    account.set(5, new CollateralWithdrawn(6, 1, number("w-2"), "USDC", 200));
    assertThat(found(null)).contains("lets go of what is not settled");
  }

  @Test
  void noticesAnEndThatTheAccountNeverBooked() {
    account.removeLast(); // Not booked: nothing is said of the second yet.
    assertThat(violation()).isNull();
    account.removeLast();
    assertThat(found(null)).contains("is held, but not on its account's books");
  }

  // ---- breaking and reading it

  private <E extends CustodyEvent> E first(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).findFirst().orElseThrow();
  }

  private <E extends CustodyEvent> E last(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList().getLast();
  }

  private <E extends CustodyEvent> void change(Class<E> kind, UnaryOperator<E> how) {
    E was = first(kind);
    replace(was, how.apply(was));
  }

  private void replace(CustodyEvent was, CustodyEvent with) {
    events.set(events.indexOf(was), with);
  }

  private String found(@Nullable String house) {
    Violation violation = violation(house);
    return violation == null ? "nothing" : violation.what();
  }

  private @Nullable Violation violation() {
    return violation(Office.HOUSE);
  }

  private @Nullable Violation violation(@Nullable String house) {
    List<Stored> rows = new ArrayList<>();
    for (int i = 0; i < account.size(); i++)
      rows.add(new Stored(ACCOUNT, i + 1, (Record) account.get(i)));
    for (int i = 0; i < events.size(); i++)
      rows.add(new Stored(CUSTODY, i + 1, (Record) events.get(i)));
    try (Store store = Store.open(new StoreConfig.H2Memory("custody-" + UUID.randomUUID()))) {
      TestJournal.store(store.dataSource(), rows, List.of());
      return Auditor.audit(store.dataSource(), "USDC", null, house).violation();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
