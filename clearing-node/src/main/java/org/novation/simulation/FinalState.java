package org.novation.simulation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.AdlWave;
import org.novation.protocol.v1.Balance;
import org.novation.protocol.v1.Fund;
import org.novation.protocol.v1.LiquidationStatus;
import org.novation.protocol.v1.Position;

/**
 * Who has what at the end: every account, the insurance fund, and the receipts of deleveraging, as
 * lines of text in one order. What two runs have in common when they came to the same end, and
 * nothing that tells how they got there, such as how many events it took.
 */
public final class FinalState {
  private FinalState() {}

  /** SHA-256 of the lines in UTF-8, each ended by a line feed, in hexadecimal. */
  public static String sha256(List<Account> accounts, Fund fund, List<AdlWave> waves) {
    MessageDigest digest = newDigest();
    for (String line : lines(accounts, fund, waves)) {
      digest.update(line.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) '\n');
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /** Accounts by id, then the fund, then waves by number. */
  static List<String> lines(List<Account> accounts, Fund fund, List<AdlWave> waves) {
    List<String> lines = new ArrayList<>();
    accounts.stream()
        .sorted(Comparator.comparing(Account::getAccountId))
        .forEach(account -> account(account, lines));
    lines.add(
        line(
            "fund",
            fund.getPool(),
            fund.getHouseTranche(),
            fund.getBalance(),
            fund.getReserved(),
            fund.getContributed(),
            fund.getPaid()));
    waves.stream()
        .sorted(
            Comparator.comparingInt((AdlWave wave) -> wave.getWaveId().length())
                .thenComparing(AdlWave::getWaveId)) // Their numbers have no zeros in front.
        .forEach(wave -> lines.add(line("receipt", wave.getWaveId(), wave.getReceiptSha256())));
    return lines;
  }

  private static void account(Account account, List<String> lines) {
    LiquidationStatus liquidation = account.getLiquidation();
    lines.add(
        line(
            "account",
            account.getAccountId(),
            account.getMember(),
            account.getCash(),
            liquidation.getPhase().name(),
            liquidation.getDeficit()));
    account.getBalancesList().stream()
        .sorted(Comparator.comparing(Balance::getAsset))
        .forEach(each -> lines.add(line(" balance", each.getAsset(), each.getAmount())));
    account.getPositionsList().stream()
        .sorted(Comparator.comparing(Position::getInstrument))
        .forEach(
            each ->
                lines.add(
                    line(
                        " position",
                        each.getInstrument(),
                        each.getQuantity(),
                        each.getCostBasis(),
                        each.getRealisedProfit(),
                        each.getAccruedFunding())));
  }

  private static String line(String... parts) {
    return String.join("|", parts);
  }
}
