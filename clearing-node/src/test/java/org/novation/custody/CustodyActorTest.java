package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.novation.ManualHouseTime;
import org.novation.clearing.HouseAccount;
import org.novation.custody.CustodyActor.Answer;
import org.novation.custody.CustodyActor.Booked;
import org.novation.custody.CustodyActor.Command;
import org.novation.custody.CustodyActor.CreditDeposit;
import org.novation.custody.CustodyActor.Credited;
import org.novation.custody.CustodyActor.DebtAsked;
import org.novation.custody.CustodyActor.DebtTold;
import org.novation.custody.CustodyActor.Decide;
import org.novation.custody.CustodyActor.Done;
import org.novation.custody.CustodyActor.Finalise;
import org.novation.custody.CustodyActor.Hold;
import org.novation.custody.CustodyActor.HoldAnswered;
import org.novation.custody.CustodyActor.Refused;
import org.novation.custody.CustodyActor.Return;
import org.novation.custody.CustodyActor.TellDebt;
import org.novation.custody.CustodyActor.ToAccount;
import org.novation.custody.CustodyActor.TryAgain;
import org.novation.custody.CustodyActor.Withdrawals;
import org.novation.risk.Brake;
import org.novation.risk.Stop;

/** The shell around custody, over a journal in memory that stores bytes. */
final class CustodyActorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String ID = CustodyActor.persistenceId("main").id();
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.actor.testkit.typed.single-expect-default = 20 s
              """)
          .withFallback(PersistenceTestKitPlugin.getInstance().config())
          .withFallback(PersistenceTestKitSnapshotPlugin.config())
          .withFallback(ConfigFactory.load());
  private static final ActorTestKit KIT = ActorTestKit.create("custody", CONFIG);
  private static final PersistenceTestKit JOURNAL = PersistenceTestKit.create(KIT.system());
  private static final Refused OWING =
      new Refused(new CustodyRefusal.Braked(Brake.INSOLVENT_ACCOUNT, HouseAccount.DEFAULT, 0));

  /** Signs and knows the words; its own custody only follows what the actor has written. */
  private final Office office = new Office();

  private final ManualHouseTime time = new ManualHouseTime(office.nowMs);
  private final BlockingQueue<ToAccount> sent = new LinkedBlockingQueue<>();
  private final AtomicReference<@Nullable Stop> stop = new AtomicReference<>();
  private final TestProbe<Answer> caller = KIT.createTestProbe();
  private volatile CustodianSet custodians = SignatureVectors.set(1);
  private volatile CountDownLatch held = new CountDownLatch(0); // Who asks for terms waits.
  private volatile boolean owes;
  private volatile boolean silent;
  private volatile long debtsGone;
  private volatile long question; // The newest one's number.
  private @Nullable ActorRef<Command> running;

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  @BeforeEach
  void start() throws InterruptedException {
    JOURNAL.clearAll();
    running = begin();
    eventually(() -> assertThat(written()).isNotEmpty()); // The custodians.
    custody().tell(told(false));
  }

  private DebtTold told(boolean owing) {
    return new DebtTold(new DebtAsked(time.nowMs(), debtsGone, question), owing);
  }

  @AfterEach
  void stop() {
    if (running != null) KIT.stop(running);
  }

  private ActorRef<Command> begin() {
    return KIT.spawn(
        CustodyActor.create(
            "main",
            new CustodyActor.Surroundings(
                this::terms,
                time,
                (account, message) -> {
                  if (message instanceof TellDebt(var asked, var replyTo)) {
                    assertThat(account).isEqualTo(HouseAccount.DEFAULT);
                    question = asked.number();
                    if (!silent) replyTo.tell(new DebtTold(asked, owes));
                  } else {
                    sent.add(message);
                  }
                },
                new CustodyActor.Gate() {
                  @Override
                  public @Nullable Stop against(String asset, @Nullable String insolvent) {
                    return insolvent != null
                        ? new Stop(Brake.INSOLVENT_ACCOUNT, insolvent, 0)
                        : stop.get();
                  }

                  @Override
                  public long debtsGone() {
                    return debtsGone;
                  }
                },
                id -> CompletableFuture.completedFuture(says(id)),
                withdrawal -> {})));
  }

  private CustodyTerms terms() {
    try {
      assertThat(held.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return new CustodyTerms(1, Office.POLICY, custodians);
  }

  private ActorRef<Command> custody() {
    ActorRef<Command> now = running;
    if (now == null) throw new AssertionError("not started");
    return now;
  }

  private void crash() {
    KIT.stop(custody());
    sent.clear();
    running = begin();
  }

  private JournalSays says(String id) {
    JournalSays says = JournalSays.of(id);
    for (CustodyEvent event : written()) says = says.and(event);
    return says;
  }

  private List<CustodyEvent> written() {
    return JOURNAL.persistedInStorage(ID).stream().map(CustodyEvent.class::cast).toList();
  }

  private Answer ask(CustodyCommand command) {
    tell(command);
    return caller.receiveMessage(PATIENCE);
  }

  private void tell(CustodyCommand command) {
    custody().tell(new Decide(command, caller.getRef()));
  }

  /** Reads the journal, so that the office signs what is due. */
  private void follow() {
    for (CustodyEvent event : written().subList(office.journal.size(), written().size()))
      office.record(event);
  }

  private <M extends ToAccount> M heard(Class<M> type) throws InterruptedException {
    while (true) {
      ToAccount message = sent.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(message).as("a message within the time").isNotNull();
      if (type.isInstance(message)) return type.cast(message);
    }
  }

  private static void eventually(Runnable holds) throws InterruptedException {
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              holds.run();
              return null;
            });
  }

  private void deposit() throws InterruptedException {
    follow();
    ask(office.attest("ana", "0x1", 100_000, "a1"));
    ask(office.attest("ben", "0x1", 100_000, "a1"));
    CreditDeposit credit = heard(CreditDeposit.class);
    credit.replyTo().tell(new Credited(credit.depositId()));
    eventually(
        () -> assertThat(written().getLast()).isInstanceOf(CustodyEvent.DepositCredited.class));
    follow();
  }

  private Withdrawal held() throws InterruptedException {
    deposit();
    tell(office.request("w1", 400));
    Hold hold = heard(Hold.class);
    hold.replyTo().tell(new HoldAnswered("a1", hold.withdrawal(), HoldRefusal.NONE));
    Withdrawal withdrawal = ((Done) caller.receiveMessage(PATIENCE)).withdrawal();
    follow();
    if (withdrawal == null) throw new AssertionError("no withdrawal");
    return withdrawal;
  }

  @Test
  void tellsTheAccountOfADepositUntilItHasBookedIt() throws InterruptedException {
    follow();
    ask(office.attest("ana", "0x1", 100_000, "a1"));
    assertThat(ask(office.attest("ben", "0x1", 100_000, "a1")))
        .isInstanceOfSatisfying(
            Done.class,
            done -> {
              Deposit deposit = done.deposit();
              assertThat(deposit == null ? null : deposit.stage())
                  .isEqualTo(Deposit.Stage.CONFIRMED);
            });
    CreditDeposit first = heard(CreditDeposit.class);
    assertThat(heard(CreditDeposit.class)).isEqualTo(first);
    crash();
    CreditDeposit again = heard(CreditDeposit.class);
    assertThat(again.depositId()).isEqualTo(first.depositId());
    again.replyTo().tell(new Credited(again.depositId()));
    again.replyTo().tell(new Credited(again.depositId()));
    eventually(
        () -> assertThat(written().getLast()).isInstanceOf(CustodyEvent.DepositCredited.class));
    assertThat(written()).hasSize(5);
  }

  @Test
  void whoIsNoCustodianAnyMoreSignsNothingFromThatMomentOn() throws InterruptedException {
    follow();
    assertThat(ask(office.attest("ana", "0x1", 100_000, "a1"))).isInstanceOf(Done.class);
    removeAna();
    assertThat(ask(office.attest("ana", "0x2", 100_000, "a1"))).isInstanceOf(Refused.class);
    assertThat(written()).contains(adoption());
  }

  @Test
  void whoIsNoCustodianAnyMoreSignsNothingThatWaitedAlreadyEither() throws InterruptedException {
    follow();
    removeAna();
    held = new CountDownLatch(1);
    for (int n = 2; n < 5; n++) tell(office.attest("ana", "0x" + n, 100_000, "a1"));
    held.countDown();
    for (int n = 2; n < 5; n++)
      assertThat(caller.receiveMessage(PATIENCE)).isInstanceOf(Refused.class);
    assertThat(written()).noneMatch(CustodyEvent.DepositAttested.class::isInstance);
  }

  @Test
  void whoIsNoCustodianAnyMoreSignsNothingThoughTheJournalFailedWhenThatWasToBeWritten()
      throws InterruptedException {
    follow();
    removeAna();
    JOURNAL.failNextPersisted(ID);
    tell(office.attest("ana", "0x2", 100_000, "a1"));
    eventually(() -> assertThat(written().getLast()).isEqualTo(adoption()));
    assertThat(ask(office.attest("ana", "0x2", 100_000, "a1"))).isInstanceOf(Refused.class);
  }

  private CustodyEvent adoption() {
    return written().stream()
        .filter(
            event ->
                event instanceof CustodyEvent.CustodiansAdopted adopted
                    && adopted.set().equals(custodians))
        .findFirst()
        .orElseThrow(() -> new AssertionError("not adopted"));
  }

  private void removeAna() {
    List<Custodian> all = SignatureVectors.set(1).custodians();
    List<Custodian> others = all.stream().filter(one -> !one.name().equals("ana")).toList();
    custodians = new CustodianSet(4, others, 2, 2, 1);
  }

  @Test
  void answersARequestOnceTheMoneyIsHeld() throws InterruptedException {
    deposit();
    tell(office.request("w1", 400));
    Hold hold = heard(Hold.class);
    assertThat(hold.amount()).isEqualTo(400);
    caller.expectNoMessage(Duration.ofMillis(100));
    assertThat(heard(Hold.class)).as("until it answers").isEqualTo(hold);
    hold.replyTo().tell(new HoldAnswered("a1", hold.withdrawal(), HoldRefusal.NONE));
    assertThat(caller.receiveMessage(PATIENCE)).isInstanceOf(Done.class);
    assertThat(ask(office.request("w1", 400))).isInstanceOf(Done.class);
  }

  @Test
  void saysWhyTheAccountRefusedAndTakesBackWhatMayStillCome() throws InterruptedException {
    deposit();
    tell(office.request("w1", 400));
    Hold hold = heard(Hold.class);
    HoldRefusal why = new HoldRefusal(HoldRefusal.Code.MARGIN, "a1", 1, 2, 0);
    hold.replyTo().tell(new HoldAnswered("a1", hold.withdrawal(), why));
    Refused refused = new Refused(new CustodyRefusal.NotHeld("w1", why));
    assertThat(caller.receiveMessage(PATIENCE)).isEqualTo(refused);
    assertThat(heard(Return.class).withdrawal()).isEqualTo(hold.withdrawal());
    assertThat(ask(office.request("w1", 400))).isEqualTo(refused);
  }

  @Test
  void goesOnWhereItStoodAfterACrashAtEachStep() throws InterruptedException {
    deposit();
    tell(office.request("w1", 400));
    heard(Hold.class);
    crash();
    Hold hold = heard(Hold.class);
    hold.replyTo().tell(new HoldAnswered("a1", hold.withdrawal(), HoldRefusal.NONE));
    eventually(
        () -> assertThat(written().getLast()).isInstanceOf(CustodyEvent.WithdrawalHeld.class));
    follow();
    crash();
    Withdrawal withdrawal = office.withdrawal("a1", "w1");
    ask(office.approval("ana", withdrawal));
    ask(office.approval("ben", withdrawal));
    crash();
    eventually(
        () -> {
          time.advance(Office.DAY);
          assertThat(written().getLast()).isInstanceOf(CustodyEvent.WithdrawalEnded.class);
        });
    heard(Finalise.class);
    crash();
    Finalise finalise = heard(Finalise.class);
    finalise.replyTo().tell(new Booked("a1", finalise.withdrawal()));
    eventually(
        () -> assertThat(written().getLast()).isInstanceOf(CustodyEvent.WithdrawalBooked.class));
    follow();
    assertThat(office.withdrawal("a1", "w1").state())
        .isInstanceOfSatisfying(
            Withdrawal.State.Closed.class,
            closed -> assertThat(closed.outcome()).isEqualTo(Outcome.SETTLED));
  }

  @Test
  void asksForNothingUntilTheDefaultAccountHasAnswered() throws InterruptedException {
    deposit();
    silent = true;
    crash();
    assertThat(ask(office.request("w1", 400))).isInstanceOf(TryAgain.class);
    silent = false;
    eventually(
        () -> {
          tell(office.request("w1", 400));
          assertThat(sent).anyMatch(Hold.class::isInstance);
        });
  }

  @Test
  void letsNothingLeaveWhileTheHouseOwes() throws InterruptedException {
    Withdrawal withdrawal = held();
    ask(office.approval("ana", withdrawal));
    ask(office.approval("ben", withdrawal));
    owes = true;
    custody().tell(told(true));
    time.advance(Office.DAY);
    assertThat(ask(office.request("w2", 400))).isEqualTo(OWING);
    assertThat(written()).noneMatch(CustodyEvent.WithdrawalEnded.class::isInstance);
    owes = false;
    eventually(
        () -> {
          time.advance(2_000);
          assertThat(written()).anyMatch(CustodyEvent.WithdrawalEnded.class::isInstance);
        });
  }

  private void seconds(int many) {
    for (int second = 0; second < many; second++) time.advance(1_000);
    // It has looked when it answers this, and what comes later comes after what it was told then.
    TestProbe<Answer> probe = KIT.createTestProbe();
    custody().tell(new CustodyActor.Read(probe.getRef()));
    probe.receiveMessage(PATIENCE);
  }

  private String whyNot(CustodyCommand command) {
    return ((TryAgain) ask(command)).why();
  }

  /** Its shard moves, and the seller has handed over a debt that waits for it. */
  @Test
  void letsNothingLeaveWhileTheDefaultAccountIsSilentThoughItOwedNothingBefore()
      throws InterruptedException {
    Withdrawal withdrawal = held();
    ask(office.approval("ana", withdrawal));
    silent = true;
    seconds(3);
    stop.set(new Stop(Brake.INSOLVENT_ACCOUNT, "an account", 0)); // The seller, until it is there.
    CustodyRefusal owing = new CustodyRefusal.Braked(Brake.INSOLVENT_ACCOUNT, "an account", 0);
    assertThat(ask(office.request("w2", 400))).isEqualTo(new Refused(owing));
    stop.set(null);
    seconds(4);
    assertThat(whyNot(office.request("w2", 400)))
        .contains("has not said for 7 s whether it owes anything");
    time.leap(Office.DAY);
    ask(office.approval("ben", withdrawal));
    assertThat(whyNot(office.request("w2", 400))).contains("has not said");
    assertThat(written()).noneMatch(CustodyEvent.WithdrawalEnded.class::isInstance);
    silent = false;
    crash(); // It begins without any answer, and is told at once.
    eventually(
        () -> assertThat(written()).anyMatch(CustodyEvent.WithdrawalEnded.class::isInstance));
  }

  @Test
  void anAnswerOfBeforeADebtArrivedDoesNotCount() throws InterruptedException {
    Withdrawal withdrawal = held();
    ask(office.approval("ana", withdrawal));
    debtsGone = 1; // The default account has it, and was asked before.
    assertThat(whyNot(office.request("w2", 400))).contains("has just taken over a debt");
    owes = true;
    seconds(1);
    assertThat(ask(office.request("w2", 400))).isEqualTo(OWING);
  }

  @Test
  void anOldAnswerThatComesLateDoesNotOpenTheGate() throws InterruptedException {
    held();
    DebtTold late = told(false);
    owes = true;
    seconds(1);
    assertThat(ask(office.request("w2", 400))).isEqualTo(OWING);
    custody().tell(late);
    assertThat(ask(office.request("w3", 400))).isEqualTo(OWING);
  }

  @Test
  void believesNoAnswerOfBeforeTheClockWasSetBack() throws InterruptedException {
    held();
    seconds(2);
    time.leap(-10_000);
    assertThat(whyNot(office.request("w2", 400))).contains("clock was set back");
    custody().tell(told(true));
    assertThat(ask(office.request("w2", 400))).isEqualTo(OWING);
    custody().tell(told(false));
    tell(office.request("w2", 400));
    assertThat(heard(Hold.class).withdrawalId()).isEqualTo("w2");
  }

  @Test
  void anAnswerWithoutItsQuestionIsNone() throws InterruptedException {
    held();
    custody().tell(told(true));
    custody().tell(new DebtTold(null, false));
    assertThat(ask(office.request("w2", 400))).isEqualTo(OWING);
  }

  /** A node of an earlier version repeats the question without its number. */
  @Test
  void anAnswerThatNamesNoNumberCountsByItsTime() throws InterruptedException {
    held();
    DebtTold late = new DebtTold(new DebtAsked(time.nowMs(), debtsGone, 0), false);
    silent = true;
    seconds(1);
    custody().tell(new DebtTold(new DebtAsked(time.nowMs(), debtsGone, 0), true));
    custody().tell(late);
    assertThat(ask(office.request("w2", 400))).isEqualTo(OWING);
  }

  @Test
  void listsByAccountAndPage() throws InterruptedException {
    held();
    tell(office.request("a2", "w1", 100, "0xb"));
    heard(Hold.class);
    assertThat(list("", 0, 10)).hasSize(2);
    assertThat(list("a2", 0, 10)).extracting(Withdrawal::account).containsExactly("a2");
    assertThat(list("", 0, 1)).extracting(Withdrawal::account).containsExactly("a1");
    assertThat(list("", list("", 0, 1).getFirst().number(), 1))
        .extracting(Withdrawal::account)
        .containsExactly("a2");
  }

  private List<Withdrawal> list(String account, long after, int limit) {
    TestProbe<Answer> probe = KIT.createTestProbe();
    custody().tell(new CustodyActor.ListWithdrawals(account, after, limit, probe.getRef()));
    return ((Withdrawals) probe.receiveMessage(PATIENCE)).withdrawals();
  }

  @Test
  void findsInTheJournalWhatIsNotRemembered() throws InterruptedException {
    held();
    TestProbe<Answer> probe = KIT.createTestProbe();
    custody().tell(new CustodyActor.Find("a1", "w1", probe.getRef()));
    assertThat(probe.receiveMessage(PATIENCE)).isInstanceOf(Done.class);
    custody().tell(new CustodyActor.Find("a1", "never", probe.getRef()));
    assertThat(probe.receiveMessage(PATIENCE))
        .isEqualTo(new Refused(new CustodyRefusal.UnknownWithdrawal("a1", "never")));
  }

  /** Messages cross nodes: every record of the protocol makes the round trip through bytes. */
  @Test
  void carriesItsMessagesBetweenNodes() throws InterruptedException {
    Withdrawal withdrawal = held();
    var tools = KIT.serializationTestKit();
    tools.verifySerialization(
        new Decide(office.approval("ana", withdrawal), caller.getRef()), true);
    tools.verifySerialization(new Done(withdrawal, null), true);
    tools.verifySerialization(new Refused(new CustodyRefusal.NotHeld("w", HoldRefusal.NONE)), true);
    tools.verifySerialization(new Withdrawals(List.of(withdrawal), 1), true);
    tools.verifySerialization(new Hold(1, "w", "USDC", 5, custody()), true);
    tools.verifySerialization(new HoldAnswered("a", 1, HoldRefusal.NONE), true);
  }
}
