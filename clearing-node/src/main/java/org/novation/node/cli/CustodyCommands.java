package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.custody.CanonicalMessage;
import org.novation.custody.CustodianSecret;
import org.novation.custody.Purpose;
import org.novation.money.Decimals;
import org.novation.node.cli.ClientOptions.Unprepared;
import org.novation.protocol.v1.ApproveWithdrawalRequest;
import org.novation.protocol.v1.AttestDepositRequest;
import org.novation.protocol.v1.AttestDepositResponse;
import org.novation.protocol.v1.CancelWithdrawalRequest;
import org.novation.protocol.v1.Custodian;
import org.novation.protocol.v1.CustodyAsset;
import org.novation.protocol.v1.DisputeWithdrawalRequest;
import org.novation.protocol.v1.GetCustodyResponse;
import org.novation.protocol.v1.ListWithdrawalsRequest;
import org.novation.protocol.v1.ListWithdrawalsResponse;
import org.novation.protocol.v1.RequestWithdrawalRequest;
import org.novation.protocol.v1.Vault;
import org.novation.protocol.v1.WatchWithdrawalsResponse;
import org.novation.protocol.v1.Withdrawal;
import org.novation.protocol.v1.WithdrawalState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Deposits and withdrawals of a running house. */
@Command(
    name = "custody",
    description = "Asks for withdrawals, lists and watches them; signs for custodians.",
    subcommands = {
      CustodyCommands.Show.class,
      CustodyCommands.Attest.class,
      CustodyCommands.Request.class,
      CustodyCommands.Approve.class,
      CustodyCommands.Dispute.class,
      CustodyCommands.Cancel.class,
      CustodyCommands.ListAll.class,
      CustodyCommands.Get.class,
      CustodyCommands.Watch.class
    })
final class CustodyCommands extends GroupCommand {
  @Command(name = "show", description = "Shows the custodians and what lies in the vaults.")
  static final class Show extends ClientCommand {
    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      GetCustodyResponse custody = await(client.custody());
      if (options.json()) {
        printJson(custody);
        return;
      }
      TextTable custodians = new TextTable(2, "custodian", "key");
      for (Custodian one : custody.getCustodiansList()) custodians.row(one.getName(), one.getKey());
      List<String> lines = new ArrayList<>(custodians.lines());
      lines.add("");
      lines.add(
          "set %d of %s: %d attest, %d approve, %d object"
              .formatted(
                  custody.getSetVersion(),
                  custody.getHouse(),
                  custody.getAttestationsNeeded(),
                  custody.getApprovalsNeeded(),
                  custody.getObjectionsNeeded()));
      lines.add("");
      TextTable vaults = new TextTable(2, "asset", "chain", "in the vault");
      for (Vault vault : custody.getVaultsList())
        vaults.row(vault.getAsset(), vault.getChain(), vault.getAmount());
      lines.addAll(vaults.lines());
      print(lines);
    }
  }

  // ---- for members

  /** One withdrawal of one account. */
  abstract static class OfOne extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    String accountId = "";

    @Parameters(index = "1", paramLabel = "WITHDRAWAL", description = "Its id in the account.")
    String withdrawalId = "";

    void show(Withdrawal withdrawal) {
      if (options.json()) printJson(withdrawal);
      else print(table(List.of(withdrawal)));
    }
  }

  @Command(name = "request", description = "Asks for collateral to leave the house.")
  static final class Request extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "AMOUNT", description = "Above zero, a plain decimal.")
    private String amount;

    @Parameters(index = "2", paramLabel = "ADDRESS", description = "The receiver's on the chain.")
    private String address;

    @Option(names = "--asset", paramLabel = "SYMBOL", defaultValue = "USDC")
    private String asset;

    @Option(names = "--chain", paramLabel = "NAME", defaultValue = "ethereum")
    private String chain;

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        description = "When it is called off unless settled, as 2026-11-23T12:00:00Z.")
    private @Nullable Instant expires;

    @Option(
        names = "--id",
        paramLabel = "ID",
        description =
            "The withdrawal's id; say the same and --expires to try again (default: a new one).")
    private @Nullable String withdrawalId;

    private static final Duration VALID = Duration.ofDays(6);

    @Override
    String actor() {
      return "alice";
    }

    @Override
    void ask(NovationClient client) {
      String id = withdrawalId != null ? withdrawalId : AccountCommand.newId();
      Instant until =
          expires != null
              ? expires
              : Instant.ofEpochSecond(Instant.now().plus(VALID).getEpochSecond());
      if (withdrawalId == null || expires == null)
        note("withdrawal " + id + ": to try again, say --id " + id + " --expires " + until);
      Withdrawal withdrawal =
          await(
                  client.withdraw(
                      RequestWithdrawalRequest.newBuilder()
                          .setAccountId(accountId)
                          .setWithdrawalId(id)
                          .setChain(chain)
                          .setAsset(asset)
                          .setAmount(amount)
                          .setAddress(address)
                          .setExpiresAtMs(until.toEpochMilli())
                          .build()))
              .getWithdrawal();
      if (options.json()) printJson(withdrawal);
      else print(table(List.of(withdrawal)));
    }
  }

  // ---- for custodians

  /** Signs with a custodian's key. */
  static final class Signing {
    @Option(names = "--custodian", paramLabel = "NAME", description = "Sign as this custodian.")
    @Nullable String custodian;

    @Option(
        names = "--key",
        paramLabel = "FILE",
        description =
            "The secret key, 64 hexadecimal digits (default: that of the development node).")
    @Nullable Path key;

    String name() throws Unprepared {
      if (custodian == null) throw new Unprepared("say --custodian NAME");
      return custodian;
    }

    CustodianSecret secret() throws Unprepared {
      Path file = key;
      if (file == null) {
        String home = System.getenv().getOrDefault("NOVATION_HOME", ".novation");
        file = Path.of(home, "dev", "custodians", name() + ".key");
      }
      try {
        return CustodianSecret.of(Files.readString(file).strip());
      } catch (IOException e) {
        throw new Unprepared("no secret key in " + file + ": say --key FILE");
      } catch (IllegalArgumentException e) {
        throw new Unprepared(file + " holds no secret key: " + e.getMessage());
      }
    }
  }

  /** Signs for or against one withdrawal, as this house says that it stands. */
  abstract static class Voting extends OfOne {
    @Mixin Signing signing;

    @Override
    String actor() {
      return "custodian";
    }

    String sign(NovationClient client, Purpose purpose) throws Unprepared {
      CustodianSecret secret = signing.secret();
      GetCustodyResponse custody = await(client.custody());
      Withdrawal of = await(client.withdrawal(accountId, withdrawalId)).getWithdrawal();
      note(
          "signing: %d units of %s on %s to %s, of account %s, nonce %d"
              .formatted(
                  of.getAmountUnits(),
                  of.getAsset(),
                  of.getChain(),
                  of.getAddress(),
                  of.getAccountId(),
                  of.getNonce()));
      return secret.sign(
          new CanonicalMessage(
              purpose,
              custody.getHouse(),
              of.getChain(),
              of.getAsset(),
              of.getAmountUnits(),
              of.getAddress(),
              of.getAccountId(),
              of.getWithdrawalId(),
              of.getNonce(),
              of.getExpiresAtMs(),
              custody.getSetVersion()));
    }
  }

  @Command(name = "approve", description = "Approves a withdrawal, signed by a custodian.")
  static final class Approve extends Voting {
    @Override
    void ask(NovationClient client) throws Unprepared {
      String signature = sign(client, Purpose.APPROVE_WITHDRAWAL);
      show(
          await(
                  client.approve(
                      ApproveWithdrawalRequest.newBuilder()
                          .setAccountId(accountId)
                          .setWithdrawalId(withdrawalId)
                          .setCustodian(signing.name())
                          .setSignature(signature)
                          .build()))
              .getWithdrawal());
    }
  }

  @Command(
      name = "dispute",
      description = "Objects to a withdrawal, signed by a custodian: approvals so far are void.")
  static final class Dispute extends Voting {
    @Override
    void ask(NovationClient client) throws Unprepared {
      String signature = sign(client, Purpose.DISPUTE_WITHDRAWAL);
      show(
          await(
                  client.dispute(
                      DisputeWithdrawalRequest.newBuilder()
                          .setAccountId(accountId)
                          .setWithdrawalId(withdrawalId)
                          .setCustodian(signing.name())
                          .setSignature(signature)
                          .build()))
              .getWithdrawal());
    }
  }

  @Command(
      name = "cancel",
      description =
          "Calls a withdrawal off, as the account's owner; with --custodian, objects to it.")
  static final class Cancel extends Voting {
    @Override
    String actor() {
      return signing.custodian == null ? "alice" : "custodian";
    }

    @Override
    void ask(NovationClient client) throws Unprepared {
      CancelWithdrawalRequest.Builder request =
          CancelWithdrawalRequest.newBuilder()
              .setAccountId(accountId)
              .setWithdrawalId(withdrawalId);
      if (signing.custodian != null) {
        request.setSignature(sign(client, Purpose.CANCEL_WITHDRAWAL)).setCustodian(signing.name());
      }
      show(await(client.cancel(request.build())).getWithdrawal());
    }
  }

  @Command(
      name = "attest",
      description = "Says, signed by a custodian, that a transaction came into the vault.")
  static final class Attest extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "AMOUNT", description = "Above zero, a plain decimal.")
    private String amount;

    @Parameters(index = "2", paramLabel = "TRANSACTION", description = "Its id on the chain.")
    private String transaction;

    @Option(
        names = "--from",
        paramLabel = "ADDRESS",
        required = true,
        description = "The sender's on the chain.")
    private String address;

    @Option(
        names = "--block",
        paramLabel = "N",
        required = true,
        description = "The number of the block that holds it.")
    private long block;

    @Option(names = "--asset", paramLabel = "SYMBOL", defaultValue = "USDC")
    private String asset;

    @Option(names = "--chain", paramLabel = "NAME", defaultValue = "ethereum")
    private String chain;

    @Mixin private Signing signing;

    private static final Duration VALID = Duration.ofDays(1);

    @Override
    String actor() {
      return "custodian";
    }

    @Override
    void ask(NovationClient client) throws Unprepared {
      CustodianSecret secret = signing.secret();
      GetCustodyResponse custody = await(client.custody());
      long expiresAtMs = Instant.now().plus(VALID).toEpochMilli();
      CanonicalMessage message;
      try {
        message =
            new CanonicalMessage(
                Purpose.ATTEST_DEPOSIT,
                custody.getHouse(),
                chain,
                asset,
                Decimals.parse(amount, decimals(custody)),
                address,
                accountId,
                transaction,
                block,
                expiresAtMs,
                custody.getSetVersion());
      } catch (IllegalArgumentException e) {
        throw new Unprepared(String.valueOf(e.getMessage()));
      }
      AttestDepositResponse response =
          await(
              client.attest(
                  AttestDepositRequest.newBuilder()
                      .setChain(chain)
                      .setTransaction(transaction)
                      .setAsset(asset)
                      .setAmount(amount)
                      .setAddress(address)
                      .setAccountId(accountId)
                      .setBlock(block)
                      .setExpiresAtMs(expiresAtMs)
                      .setCustodian(signing.name())
                      .setSignature(secret.sign(message))
                      .build()));
      if (options.json()) printJson(response);
      else
        print(
            List.of(
                response.getDepositId()
                    + (response.getConfirmed()
                        ? " is confirmed"
                        : " is attested; others must say the same")));
    }

    private int decimals(GetCustodyResponse custody) throws Unprepared {
      for (CustodyAsset one : custody.getAssetsList()) {
        if (one.getSymbol().equals(asset)) return one.getDecimals();
      }
      throw new Unprepared("there is no asset " + asset);
    }
  }

  // ---- reading

  @Command(name = "list", description = "Lists withdrawals, oldest first.")
  static final class ListAll extends ClientCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "ACCOUNT",
        description = "Of this account (default: of all).")
    private @Nullable String accountId;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      List<Withdrawal> withdrawals = new ArrayList<>();
      String next = "";
      do {
        ListWithdrawalsResponse page =
            await(
                client.withdrawals(
                    ListWithdrawalsRequest.newBuilder()
                        .setAccountId(accountId == null ? "" : accountId)
                        .setPageToken(next)
                        .build()));
        withdrawals.addAll(page.getWithdrawalsList());
        next = page.getNextPageToken();
      } while (!next.isEmpty());
      if (options.json())
        printJson(ListWithdrawalsResponse.newBuilder().addAllWithdrawals(withdrawals).build());
      else print(table(withdrawals));
    }
  }

  @Command(name = "get", description = "Shows one withdrawal, however long ago.")
  static final class Get extends OfOne {
    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      show(await(client.withdrawal(accountId, withdrawalId)).getWithdrawal());
    }
  }

  @Command(name = "watch", description = "Shows withdrawals as they change, until Ctrl-C.")
  static final class Watch extends ClientCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "ACCOUNT",
        description = "Of this account (default: of all).")
    private @Nullable String accountId;

    @Option(
        names = "--count",
        paramLabel = "N",
        defaultValue = "0",
        description = "End after so many states.")
    private int count;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) throws InterruptedException {
      String account = accountId == null ? "" : accountId;
      try (Updates<WatchWithdrawalsResponse> updates = client.watchWithdrawals(account)) {
        int shown = 0;
        for (var each = updates.next(); each != null; each = updates.next()) {
          if (options.json()) printJsonLine(each);
          else print(List.of(line(each.getWithdrawal())));
          if (++shown == count) return;
        }
      }
    }
  }

  private static String line(Withdrawal of) {
    return "%s  %s/%s  %s %s to %s  %s"
        .formatted(
            of.getNumber(),
            of.getAccountId(),
            of.getWithdrawalId(),
            of.getAmount(),
            of.getAsset(),
            of.getAddress(),
            state(of));
  }

  private static List<String> table(List<Withdrawal> withdrawals) {
    TextTable table =
        new TextTable(
            8,
            "account",
            "id",
            "asset",
            "chain",
            "address",
            "state",
            "approved by",
            "not before",
            "amount");
    for (Withdrawal of : withdrawals) {
      table.row(
          of.getAccountId(),
          of.getWithdrawalId(),
          of.getAsset(),
          of.getChain(),
          of.getAddress(),
          state(of),
          String.join(" ", of.getApprovalsList()),
          of.getState() == WithdrawalState.WITHDRAWAL_STATE_OPEN
              ? Figures.time(of.getReleasableFromMs())
              : "",
          of.getAmount());
    }
    return table.lines();
  }

  private static String state(Withdrawal of) {
    String state = Figures.name(of.getState(), "WITHDRAWAL_STATE_");
    if (!of.getRefusal().isEmpty()) return state + ": " + of.getRefusal();
    boolean disputed =
        of.getState() == WithdrawalState.WITHDRAWAL_STATE_OPEN && of.getObjectionsCount() > 0;
    return disputed ? state + ", disputed by " + String.join(" ", of.getObjectionsList()) : state;
  }
}
