package org.novation.custody;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.novation.clearing.HouseAccount;
import org.novation.custody.CustodyCommand.AdoptCustodians;
import org.novation.custody.CustodyCommand.AttestDeposit;
import org.novation.custody.CustodyCommand.NoteCredited;
import org.novation.custody.CustodyRefusal.BadSignature;
import org.novation.custody.CustodyRefusal.ConflictingAttestation;

final class CustodyDepositsTest {
  private final Office office = new Office().opened(0);

  @Test
  void confirmsADepositWhenEnoughCustodiansSayTheSame() {
    office.accepted(office.attest("ana", "0xa", 700, "a1"));
    assertThat(stage("0xa")).isEqualTo(Deposit.Stage.ATTESTED);
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isZero();
    List<CustodyEvent> events = office.accepted(office.attest("cleo", "0xa", 700, "a1"));
    assertThat(events).hasSize(2);
    assertThat(events.getLast())
        .isInstanceOfSatisfying(
            CustodyEvent.DepositConfirmed.class,
            confirmed -> {
              assertThat(confirmed.custodians()).containsExactly("ana", "cleo");
              assertThat(confirmed.account()).isEqualTo("a1");
            });
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(700);
    assertThat(office.accepted(new NoteCredited(Office.CHAIN + ":0xa"))).hasSize(1);
    assertThat(office.accepted(new NoteCredited(Office.CHAIN + ":0xa"))).isEmpty();
    assertThat(stage("0xa")).isEqualTo(Deposit.Stage.CREDITED);
  }

  @Test
  void countsACustodianOnceHoweverOftenItSpeaks() {
    AttestDeposit attest = office.attest("ana", "0xa", 700, "a1");
    assertThat(office.accepted(attest)).hasSize(1);
    assertThat(office.accepted(attest)).isEmpty();
    office.nowMs += 1;
    assertThat(office.accepted(office.attest("ana", "0xa", 700, "a1"))).isEmpty();
    assertThat(stage("0xa")).isEqualTo(Deposit.Stage.ATTESTED);
  }

  @Test
  void confirmsOnceHoweverManyAttestAfterwards() {
    office.accepted(office.attest("ana", "0xa", 700, "a1"));
    office.accepted(office.attest("ben", "0xa", 700, "a1"));
    assertThat(office.accepted(office.attest("cleo", "0xa", 700, "a1"))).isEmpty();
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(700);
  }

  @Test
  void refusesAndRecordsAnAttestationThatSaysOtherwise() {
    office.accepted(office.attest("ana", "0xa", 700, "a1"));
    int before = office.journal.size();
    assertThat(office.refusal(office.attest("ben", "0xa", 700, "a2")))
        .isEqualTo(new ConflictingAttestation(Office.CHAIN + ":0xa", "a1", 700, 1, 2));
    assertThat(office.journal).hasSize(before + 1);
    assertThat(office.journal.getLast())
        .isInstanceOfSatisfying(
            CustodyEvent.DepositAttested.class, e -> assertThat(e.conflicting()).isTrue());
    office.accepted(office.attest("cleo", "0xa", 700, "a1"));
    assertThat(deposit("0xa").content().account()).isEqualTo("a1");
    assertThat(stage("0xa")).isEqualTo(Deposit.Stage.CONFIRMED);
  }

  @Test
  void followsThoseWhoAgreeWhenTheFirstToSpeakWasAlone() {
    office.accepted(office.attest("ana", "0xa", 999, "eve"));
    office.refusal(office.attest("ben", "0xa", 700, "a1"));
    assertThat(office.accepted(office.attest("cleo", "0xa", 700, "a1"))).hasSize(2);
    assertThat(deposit("0xa").content().account()).isEqualTo("a1");
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(700);
  }

  @Test
  void changesNothingOnceADepositIsConfirmed() {
    office.accepted(office.attest("ana", "0xa", 700, "a1"));
    office.accepted(office.attest("ben", "0xa", 700, "a1"));
    assertThat(office.refusal(office.attest("cleo", "0xa", 999, "a1")))
        .isInstanceOf(ConflictingAttestation.class);
    office.accepted(new AdoptCustodians(SignatureVectors.set(2)));
    for (String who : List.of("ana", "ben"))
      assertThat(office.refusal(office.attest(who, "0xa", 999, "a1")))
          .isInstanceOf(ConflictingAttestation.class);
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(700);
    assertThat(deposit("0xa").content().amount()).isEqualTo(700);
  }

  @Test
  void letsNoCustodianSayTwoThings() {
    office.accepted(office.attest("ana", "0xa", 700, "a1"));
    assertThat(office.refusal(office.attest("ana", "0xa", 701, "a1")))
        .isInstanceOf(CustodyRefusal.DuplicateWithOtherContent.class);
  }

  @Test
  void countsNoSignatureOfAnEarlierSetNorOneThatHasExpired() {
    office.accepted(office.attest("ana", "0xa", 700, "a1"));
    AttestDeposit late = office.attest("ben", "0xa", 700, "a1");
    office.accepted(new AdoptCustodians(SignatureVectors.set(2)));
    assertThat(office.refusal(late)).isEqualTo(new BadSignature("ben", 100, 2));
    assertThat(office.accepted(office.attest("ben", "0xa", 700, "a1"))).hasSize(1);
    office.nowMs += Office.HOUR;
    assertThat(office.accepted(office.attest("cleo", "0xa", 700, "a1"))).hasSize(1);
    assertThat(office.accepted(office.attest("ben", "0xa", 700, "a1"))).hasSize(2);
  }

  @Test
  void countsNoCustodianWhoWasRemoved() {
    office.accepted(office.attest("cleo", "0xa", 700, "a1"));
    CustodianSet two =
        new CustodianSet(2, SignatureVectors.set(1).custodians().subList(0, 2), 2, 2, 2);
    office.accepted(new AdoptCustodians(two));
    assertThat(office.accepted(office.attest("ana", "0xa", 700, "a1"))).hasSize(1);
    assertThat(office.refusal(office.attest("cleo", "0xa", 700, "a1")))
        .isEqualTo(new CustodyRefusal.UnknownCustodian("cleo", 2));
    assertThat(stage("0xa")).isEqualTo(Deposit.Stage.ATTESTED);
  }

  @Test
  void refusesASignatureCarriedOverToAnotherAccountTransactionOrAmount() {
    AttestDeposit good = office.attest("ana", "0xa", 700, "a1");
    for (AttestDeposit forged :
        List.of(
            with(good, "0xb", 700, "a1", good.expiresAtMs()),
            with(good, "0xa", 7_000, "a1", good.expiresAtMs()),
            with(good, "0xa", 700, "eve", good.expiresAtMs()),
            with(good, "0xa", 700, "a1", good.expiresAtMs() + 1)))
      assertThat(office.refusal(forged)).isInstanceOf(BadSignature.class);
    assertThat(office.custody.deposits()).isEmpty();
  }

  @Test
  void refusesWhatCannotBe() {
    assertThat(office.refusal(office.attest("ana", "0xa", 0, "a1")))
        .isInstanceOf(CustodyRefusal.BadField.class);
    assertThat(office.refusal(office.attest("ana", "0xa", 1, HouseAccount.STAKES)))
        .as("stakes come from accounts alone")
        .isInstanceOf(CustodyRefusal.BadField.class);
    AttestDeposit good = office.attest("ana", "0xa", 700, "a1");
    assertThat(office.refusal(with(good, "0xa", 700, "a1", office.nowMs)))
        .isEqualTo(new CustodyRefusal.Expired(office.nowMs, office.nowMs));
    assertThat(office.refusal(with(good, "0xa", 700, "a1", office.nowMs + 8 * Office.DAY)))
        .isInstanceOf(CustodyRefusal.ExpiresTooLate.class);
    assertThat(office.refusal(with(good, "0x a", 700, "a1", good.expiresAtMs())))
        .isInstanceOf(CustodyRefusal.BadField.class);
    office.policy =
        Office.policy(new CustodyPolicy.AssetLimits(java.util.Set.of("solana"), 1, 1, 1, 1, 1));
    assertThat(office.refusal(good))
        .isEqualTo(new CustodyRefusal.UnknownAsset("USDC", Office.CHAIN));
  }

  @Test
  void looksUpInTheJournalWhatItMayHaveForgotten() {
    for (int i = 0; i < 400; i++) credit("0x" + i, 1_000 + i);
    assertThat(office.custody.deposits()).hasSizeLessThanOrEqualTo(Office.POLICY.remembered());
    assertThat(office.custody.deposit(Office.CHAIN, "0x0")).isNull();
    long held = office.custody.vaultAmount("USDC", Office.CHAIN);
    AttestDeposit again = office.attest("cleo", "0x0", 10, "a1", 1_000);
    assertThat(office.custody.decide(again, office.conditions()))
        .isInstanceOf(CustodyDecision.LookUp.class);
    assertThat(office.accepted(again)).isEmpty();
    assertThat(office.refusal(office.attest("cleo", "0x0", 10, "eve", 1_000)))
        .isInstanceOf(ConflictingAttestation.class);
    assertThat(office.custody.vaultAmount("USDC", Office.CHAIN)).isEqualTo(held);
    JournalSays stale = JournalSays.of(JournalSays.ofDeposit(Office.CHAIN, "0x0"));
    assertThat(office.custody.decide(again, office.conditions(), stale))
        .isInstanceOf(CustodyDecision.LookUp.class);
  }

  private void credit(String transaction, long block) {
    office.accepted(office.attest("ana", transaction, 10, "a1", block));
    office.accepted(office.attest("ben", transaction, 10, "a1", block));
    office.accepted(new NoteCredited(Office.CHAIN + ':' + transaction));
  }

  @Test
  void letsNoCustodianFillTheMemoryAlone() {
    int own = Office.POLICY.remembered() / 6;
    for (int i = 0; i < own; i++) office.accepted(office.attest("ana", "0x" + i, 10, "a1"));
    assertThat(office.refusal(office.attest("ana", "0xmore", 10, "a1")))
        .isEqualTo(new CustodyRefusal.Busy("deposits that one custodian alone attests", own));
    office.accepted(office.attest("ben", "0xmore", 10, "a1"));
  }

  @Test
  void adoptsOnlyALaterSet() {
    assertThat(office.accepted(new AdoptCustodians(SignatureVectors.set(1)))).isEmpty();
    CustodianSet other = new CustodianSet(1, SignatureVectors.set(1).custodians(), 3, 2, 2);
    assertThat(office.refusal(new AdoptCustodians(other)))
        .isInstanceOf(CustodyRefusal.BadSet.class);
    assertThat(office.refusal(new AdoptCustodians(new CustodianSet(2, List.of(), 2, 2, 2))))
        .isInstanceOf(CustodyRefusal.BadSet.class);
    office.accepted(new AdoptCustodians(SignatureVectors.set(3)));
    assertThat(office.refusal(new AdoptCustodians(SignatureVectors.set(2))))
        .isEqualTo(new CustodyRefusal.BadSet("version 2 does not follow 3"));
  }

  private static AttestDeposit with(
      AttestDeposit of, String transaction, long amount, String account, long expiresAtMs) {
    return new AttestDeposit(
        of.chain(),
        transaction,
        of.asset(),
        amount,
        of.address(),
        account,
        of.block(),
        expiresAtMs,
        of.custodian(),
        of.signature());
  }

  private Deposit deposit(String transaction) {
    Deposit deposit = office.custody.deposit(Office.CHAIN, transaction);
    if (deposit == null) throw new AssertionError("no deposit " + transaction);
    return deposit;
  }

  private Deposit.Stage stage(String transaction) {
    return deposit(transaction).stage();
  }
}
