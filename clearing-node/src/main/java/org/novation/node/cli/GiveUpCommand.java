package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.List;
import java.util.Locale;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.AcceptGiveUpRequest;
import org.novation.protocol.v1.CancelGiveUpRequest;
import org.novation.protocol.v1.DeclineGiveUpRequest;
import org.novation.protocol.v1.GiveUpReport;
import org.novation.protocol.v1.ListGiveUpsResponse;
import org.novation.protocol.v1.PermitGiveUpsRequest;
import org.novation.protocol.v1.PermitGiveUpsResponse;
import org.novation.protocol.v1.ProposeGiveUpRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Legs of trades that another account is to carry. */
@Command(
    name = "give-up",
    description =
        "Gives a leg of a trade up to the account that is to carry it, at the trade's price.",
    subcommands = {
      GiveUpCommand.Propose.class,
      GiveUpCommand.Accept.class,
      GiveUpCommand.Decline.class,
      GiveUpCommand.Cancel.class,
      GiveUpCommand.Permit.class,
      GiveUpCommand.ListAll.class
    })
final class GiveUpCommand extends GroupCommand {
  /** What names a leg and where it goes. */
  abstract static class OfLeg extends ClientCommand {
    @Option(names = "--venue", paramLabel = "VENUE", required = true, description = "Of the trade.")
    String venue = "";

    @Parameters(index = "0", paramLabel = "TRADE")
    String tradeId = "";

    @Parameters(index = "1", paramLabel = "FROM", description = "Whose leg it is.")
    String from = "";

    @Parameters(index = "2", paramLabel = "TO", description = "Who is to carry it.")
    String to = "";

    abstract GiveUpReport answer(NovationClient client);

    @Override
    final void ask(NovationClient client) {
      GiveUpReport report = answer(client);
      if (options.json()) printJson(report);
      else print(List.of(sentence(report)));
    }
  }

  @Command(
      name = "propose",
      description = "Proposes to give a leg up; done at once where that is permitted.",
      footer = {"", "Example: novation give-up propose t1 a1 b1 --venue venue-1 --as alice"})
  static final class Propose extends OfLeg {
    @Override
    String actor() {
      return "alice";
    }

    @Override
    GiveUpReport answer(NovationClient client) {
      return await(
              client.proposeGiveUp(
                  ProposeGiveUpRequest.newBuilder()
                      .setVenue(venue)
                      .setTradeId(tradeId)
                      .setAccountId(from)
                      .setToAccountId(to)
                      .build()))
          .getGiveUp();
    }
  }

  @Command(
      name = "accept",
      description = "Takes a leg over, as the owner of the receiving account.")
  static final class Accept extends OfLeg {
    @Override
    String actor() {
      return "bob";
    }

    @Override
    GiveUpReport answer(NovationClient client) {
      return await(
              client.acceptGiveUp(
                  AcceptGiveUpRequest.newBuilder()
                      .setVenue(venue)
                      .setTradeId(tradeId)
                      .setAccountId(to)
                      .setFromAccountId(from)
                      .build()))
          .getGiveUp();
    }
  }

  @Command(name = "decline", description = "Will not take a leg over, as the receiving owner.")
  static final class Decline extends OfLeg {
    @Override
    String actor() {
      return "bob";
    }

    @Override
    GiveUpReport answer(NovationClient client) {
      return await(
              client.declineGiveUp(
                  DeclineGiveUpRequest.newBuilder()
                      .setVenue(venue)
                      .setTradeId(tradeId)
                      .setAccountId(to)
                      .setFromAccountId(from)
                      .build()))
          .getGiveUp();
    }
  }

  @Command(
      name = "cancel",
      description = "Keeps a leg after all, as the owner of the giving account.")
  static final class Cancel extends OfLeg {
    @Override
    String actor() {
      return "alice";
    }

    @Override
    GiveUpReport answer(NovationClient client) {
      return await(
              client.cancelGiveUp(
                  CancelGiveUpRequest.newBuilder()
                      .setVenue(venue)
                      .setTradeId(tradeId)
                      .setAccountId(from)
                      .setToAccountId(to)
                      .build()))
          .getGiveUp();
    }
  }

  @Command(
      name = "permit",
      description = "Accepts all that an account gives up to yours, from now on; --no ends that.")
  static final class Permit extends ClientCommand {
    @Parameters(index = "0", paramLabel = "FROM", description = "The giving account.")
    private String from = "";

    @Parameters(index = "1", paramLabel = "TO", description = "The receiving account.")
    private String to = "";

    @Option(names = "--no", description = "Take the permission back.")
    private boolean no;

    @Override
    String actor() {
      return "bob";
    }

    @Override
    void ask(NovationClient client) {
      PermitGiveUpsResponse response =
          await(
              client.permitGiveUps(
                  PermitGiveUpsRequest.newBuilder()
                      .setAccountId(to)
                      .setFromAccountId(from)
                      .setPermitted(!no)
                      .build()));
      if (options.json()) printJson(response);
      else
        print(
            List.of(
                "%s takes over without asking what these give up: %s"
                    .formatted(to, response.getPermittedAccountIdsList())));
    }
  }

  @Command(name = "list", description = "Lists what is given up to an account, the newest first.")
  static final class ListAll extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ACCOUNT", description = "The receiving account.")
    private String account = "";

    @Override
    String actor() {
      return "auditor";
    }

    @Override
    void ask(NovationClient client) {
      ListGiveUpsResponse listed = await(client.giveUps(account));
      if (options.json()) printJson(listed);
      else print(listed.getGiveUpsList().stream().map(GiveUpCommand::sentence).toList());
    }
  }

  private static String sentence(GiveUpReport of) {
    String stage = of.getStage().name().replace("GIVE_UP_STAGE_", "").toLowerCase(Locale.ROOT);
    String line =
        "%s: %s gives %s %s at %s of trade %s up to %s"
            .formatted(
                stage,
                of.getFromAccountId(),
                of.getQuantity(),
                of.getInstrument(),
                of.getPrice(),
                of.getTradeId(),
                of.getToAccountId());
    return of.getRefusal().isEmpty() ? line : line + "; last refused for " + of.getRefusal();
  }
}
