package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.List;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.ListRevocationsResponse;
import org.novation.protocol.v1.RevokePrincipalRequest;
import org.novation.protocol.v1.RevokeTokenRequest;
import org.novation.protocol.v1.RevokedPrincipal;
import org.novation.protocol.v1.RevokedToken;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Who is let in no more. */
@Command(
    name = "access",
    description = "Takes tokens back, and lists what is taken back.",
    subcommands = {
      AccessCommand.ListAll.class,
      AccessCommand.Revoke.class,
      AccessCommand.RevokeOne.class
    })
final class AccessCommand extends GroupCommand {
  @Command(name = "list", description = "Lists what is taken back.")
  static final class ListAll extends ClientCommand {
    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      ListRevocationsResponse listed = await(client.revocations());
      if (options.json()) {
        printJson(listed);
        return;
      }
      TextTable table = new TextTable(3, "what", "issued before", "taken back at");
      for (RevokedPrincipal each : listed.getPrincipalsList())
        table.row(
            "all of " + each.getPrincipal(),
            Figures.time(each.getNotBeforeMs()),
            Figures.time(each.getRevokedAtMs()));
      for (RevokedToken each : listed.getTokensList())
        table.row("token " + each.getTokenId(), "", Figures.time(each.getRevokedAtMs()));
      print(table.lines());
    }
  }

  /** What taking back has in common. */
  abstract static class Change extends ClientCommand {
    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why, for the trail.")
    String reason = "";

    @Override
    String actor() {
      return "operator";
    }
  }

  @Command(
      name = "revoke",
      description = "Takes back all tokens of a caller that were issued until now.",
      footer = {"", "Example: novation access revoke venue-1 --reason 'key lost'"})
  static final class Revoke extends Change {
    @Parameters(index = "0", paramLabel = "NAME", description = "As in its tokens (claim sub).")
    private String name = "";

    @Override
    void ask(NovationClient client) {
      var answer =
          await(
              client.revoke(
                  RevokePrincipalRequest.newBuilder()
                      .setPrincipal(name)
                      .setReason(reason)
                      .build()));
      if (options.json()) printJson(answer);
      else print(List.of("no token of " + name + " until now counts any more"));
    }
  }

  @Command(name = "revoke-token", description = "Takes one token back.")
  static final class RevokeOne extends Change {
    @Parameters(index = "0", paramLabel = "ID", description = "The token's id (claim jti).")
    private String id = "";

    @Override
    void ask(NovationClient client) {
      var answer =
          await(
              client.revoke(
                  RevokeTokenRequest.newBuilder().setTokenId(id).setReason(reason).build()));
      if (options.json()) printJson(answer);
      else print(List.of("token " + id + " counts no more"));
    }
  }
}
