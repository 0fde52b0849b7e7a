package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.protocol.v1.Account;
import org.novation.protocol.v1.AccountSummary;
import org.novation.protocol.v1.AccountTransition;
import org.novation.protocol.v1.DepositResponse;
import org.novation.protocol.v1.LiquidationPhase;
import org.novation.protocol.v1.ListAccountsRequest;
import org.novation.protocol.v1.ListAccountsResponse;
import org.novation.protocol.v1.OpenAccountResponse;
import org.novation.protocol.v1.SetLeverageCapResponse;
import org.novation.protocol.v1.TransferRequest;
import org.novation.protocol.v1.TransferResponse;
import org.novation.protocol.v1.WatchAccountResponse;
import org.novation.protocol.v1.WatchTransitionsResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Accounts of a running node. */
@Command(
    name = "account",
    description = "Opens, funds, shows and watches accounts of a running node.",
    subcommands = {
      AccountCommand.Open.class,
      AccountCommand.Deposit.class,
      AccountCommand.Transfer.class,
      AccountCommand.Show.class,
      AccountCommand.ListAll.class,
      AccountCommand.Watch.class,
      AccountCommand.Transitions.class,
      AccountCommand.Cap.class
    })
final class AccountCommand extends GroupCommand {
  @Command(name = "open", description = "Opens an account; opening it again changes nothing.")
  static final class Open extends ClientCommand {
    @Parameters(paramLabel = "ACCOUNT", description = "Its id: 1 to 64 of A-Z a-z 0-9 . _ : -")
    private String accountId;

    @Option(
        names = "--member",
        paramLabel = "MEMBER",
        defaultValue = "",
        description = "Whom it belongs to; a member may leave it out (default: whom --as names).")
    private String member;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      OpenAccountResponse opened = await(client.openAccount(accountId, member));
      if (options.json()) printJson(opened);
      else {
        print(
            List.of(
                "%s of %s, open since %s"
                    .formatted(
                        opened.getAccountId(),
                        opened.getMember(),
                        Figures.time(opened.getOpenedAtMs()))));
      }
    }
  }

  @Command(name = "deposit", description = "Credits collateral that has arrived.")
  static final class Deposit extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "AMOUNT", description = "Above zero, a plain decimal.")
    private String amount;

    @Parameters(
        index = "2",
        paramLabel = "ASSET",
        defaultValue = "USDC",
        description = "Default: ${DEFAULT-VALUE}.")
    private String asset;

    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "The deposit's id; say the same to try again (default: a new one).")
    private @Nullable String depositId;

    @Override
    String actor() {
      return "custodian";
    }

    @Override
    void ask(NovationClient client) {
      String id = depositId != null ? depositId : newId();
      if (depositId == null) note("deposit " + id + ": to try again, say --id " + id);
      DepositResponse response = await(client.deposit(id, accountId, asset, amount));
      if (options.json()) printJson(response);
      else print(List.of("%s holds %s %s".formatted(accountId, response.getBalance(), asset)));
    }
  }

  @Command(
      name = "transfer",
      description =
          "Gives collateral to another account; what may be withdrawn may be given. Each account is"
              + " margined alone: a sub-account is one more account of the same member.",
      footer = {"", "Example: novation account transfer a1 a1.btc USDC 500 --id t1 --as alice"})
  static final class Transfer extends ClientCommand {
    @Parameters(index = "0", paramLabel = "FROM")
    private String fromId;

    @Parameters(index = "1", paramLabel = "TO")
    private String toId;

    @Parameters(index = "2", paramLabel = "ASSET")
    private String asset;

    @Parameters(index = "3", paramLabel = "AMOUNT", description = "Above zero, a plain decimal.")
    private String amount;

    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "The transfer's id; say the same to try again (default: a new one).")
    private @Nullable String transferId;

    @Override
    String actor() {
      return "alice";
    }

    @Override
    void ask(NovationClient client) {
      String id = transferId != null ? transferId : newId();
      if (transferId == null) note("transfer " + id + ": to try again, say --id " + id);
      TransferResponse response =
          await(
              client.transfer(
                  TransferRequest.newBuilder()
                      .setTransferId(id)
                      .setAccountId(fromId)
                      .setToAccountId(toId)
                      .setAsset(asset)
                      .setAmount(amount)
                      .build()));
      if (options.json()) printJson(response);
      else
        print(
            List.of(
                "%s %s on its way to %s; %s holds %s"
                    .formatted(amount, asset, toId, fromId, response.getBalance())));
    }
  }

  @Command(name = "show", description = "Shows an account with every figure of its margin.")
  static final class Show extends ClientCommand {
    @Parameters(paramLabel = "ACCOUNT")
    private String accountId;

    @Option(names = "--terms", description = "Also show how each figure came about.")
    private boolean terms;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      Account account = await(client.account(accountId)).getAccount();
      if (options.json()) printJson(account);
      else print(AccountText.lines(account, terms));
    }
  }

  @Command(
      name = "transitions",
      description =
          "Shows every account that is not healthy, and each whenever that changes, until Ctrl-C.",
      footer = {"", "Example, what a venue sees: novation account transitions --as venue-1"})
  static final class Transitions extends ClientCommand {
    @Option(
        names = "--count",
        paramLabel = "N",
        defaultValue = "0",
        description = "End after so many.")
    private int count;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) throws InterruptedException {
      try (Updates<WatchTransitionsResponse> updates = client.watchTransitions()) {
        int shown = 0;
        for (var each = updates.next(); each != null; each = updates.next()) {
          if (options.json()) printJsonLine(each);
          else if (each.hasTransition()) print(List.of(line(each.getTransition())));
          else note("that is every account that is not healthy now");
          if (each.hasTransition() && ++shown == count) return;
        }
      }
    }

    private static String line(AccountTransition each) {
      String from =
          each.getPreviousPhase() == LiquidationPhase.LIQUIDATION_PHASE_UNSPECIFIED
              ? ""
              : phase(each.getPreviousPhase()) + " -> ";
      String of = each.getLiquidationId().isEmpty() ? "" : "  " + each.getLiquidationId();
      return Figures.time(each.getAtMs())
          + "  "
          + each.getAccountId()
          + "  "
          + from
          + phase(each.getPhase())
          + of;
    }

    private static String phase(LiquidationPhase phase) {
      return Figures.name(phase, "LIQUIDATION_PHASE_");
    }
  }

  @Command(name = "list", description = "Lists accounts by id.")
  static final class ListAll extends ClientCommand {
    @Option(
        names = "--member",
        paramLabel = "MEMBER",
        defaultValue = "",
        description = "Only this member's.")
    private String member;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "1000",
        description = "At most so many (default: 1000).")
    private int limit;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      List<AccountSummary> accounts = new ArrayList<>();
      String next = "";
      do {
        ListAccountsResponse page = await(client.accounts(page(next, limit - accounts.size())));
        accounts.addAll(page.getAccountsList());
        next = page.getNextPageToken();
      } while (!next.isEmpty() && accounts.size() < limit);
      if (options.json()) {
        printJson(
            ListAccountsResponse.newBuilder()
                .addAllAccounts(accounts)
                .setNextPageToken(next)
                .build());
        return;
      }
      TextTable table = new TextTable(3, "account", "member", "opened");
      for (AccountSummary each : accounts) {
        table.row(each.getAccountId(), each.getMember(), Figures.time(each.getOpenedAtMs()));
      }
      print(table.lines());
      if (!next.isEmpty()) note("there are more: raise --limit");
    }

    private ListAccountsRequest page(String token, int left) {
      return ListAccountsRequest.newBuilder()
          .setMember(member)
          .setPageToken(token)
          .setPageSize(Math.clamp(left, 1, 1_000))
          .build();
    }
  }

  @Command(
      name = "watch",
      description = "Shows an account now and whenever it changes, until Ctrl-C.")
  static final class Watch extends ClientCommand {
    @Parameters(paramLabel = "ACCOUNT")
    private String accountId;

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
      try (Updates<WatchAccountResponse> updates = client.watchAccount(accountId)) {
        int shown = 0;
        for (WatchAccountResponse each = updates.next(); each != null; each = updates.next()) {
          if (options.json()) printJsonLine(each);
          else print(List.of(line(each)));
          if (++shown == count) return;
        }
      }
    }

    private static String line(WatchAccountResponse update) {
      Account account = update.getAccount();
      return "%s  #%d  %s  equity %s  initial %s  maintenance %s  free %s"
          .formatted(
              Figures.time(account.getPricedAtMs()),
              update.getSequenceNumber(),
              Figures.name(account.getState(), "MARGIN_STATE_"),
              Figures.cents(account.getEquity()),
              Figures.cents(account.getInitialMargin()),
              Figures.cents(account.getMaintenanceMargin()),
              Figures.cents(account.getFreeCollateral()));
    }
  }

  @Command(name = "cap", description = "Caps an account's leverage, or removes the cap.")
  static final class Cap extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "LEVERAGE", description = "1 to 100; 0 removes the cap.")
    private int leverage;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      SetLeverageCapResponse response = await(client.capLeverage(accountId, leverage));
      if (options.json()) printJson(response);
      else {
        String cap =
            response.getMaxLeverage() == 0 ? "no cap" : "at most " + response.getMaxLeverage();
        print(List.of("leverage of %s: %s".formatted(accountId, cap)));
      }
    }
  }

  /** An id that nobody else chooses. */
  static String newId() {
    return "cli-" + UUID.randomUUID();
  }
}
