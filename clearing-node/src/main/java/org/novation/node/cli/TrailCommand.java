package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.GetTrailHeadResponse;
import org.novation.protocol.v1.ListTrailRecordsRequest;
import org.novation.protocol.v1.ListTrailRecordsResponse;
import org.novation.protocol.v1.TrailRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The trail of what was done with power. */
@Command(
    name = "trail",
    description = "Reads the trail of privileged actions: who asked what of the house.",
    subcommands = {TrailCommand.Head.class, TrailCommand.ListAll.class})
final class TrailCommand extends GroupCommand {
  @Command(
      name = "head",
      description = "Where the trail ends: keep it elsewhere, for novation audit --anchor.")
  static final class Head extends ClientCommand {
    @Override
    String actor() {
      return "auditor";
    }

    @Override
    void ask(NovationClient client) {
      GetTrailHeadResponse head = await(client.trailHead());
      if (options.json()) printJson(head);
      else print(List.of(head.getNumber() + ":" + head.getHash()));
    }
  }

  @Command(name = "list", description = "The records, oldest first.")
  static final class ListAll extends ClientCommand {
    @Option(
        names = "--page-size",
        paramLabel = "N",
        defaultValue = "100",
        description = "How many (default 100, at most 1000).")
    private int pageSize;

    @Option(
        names = "--after",
        paramLabel = "NUMBER",
        description = "Begin behind this record (default: with the first).")
    private @Nullable Long after;

    @Override
    String actor() {
      return "auditor";
    }

    @Override
    void ask(NovationClient client) {
      ListTrailRecordsResponse page =
          await(
              client.trail(
                  ListTrailRecordsRequest.newBuilder()
                      .setPageSize(pageSize)
                      .setPageToken(after == null ? "" : after.toString())
                      .build()));
      if (options.json()) {
        printJson(page);
        return;
      }
      TextTable table = new TextTable(5, "record", "at", "who", "what", "about", "outcome");
      for (TrailRecord each : page.getRecordsList())
        table.row(
            Long.toString(each.getNumber()),
            Figures.time(each.getAtMs()),
            each.getPrincipal(),
            each.getAction().substring(each.getAction().indexOf('/') + 1),
            each.getResource(),
            each.getOutcome());
      print(table.lines());
      if (!page.getNextPageToken().isEmpty())
        note("there are more: --after " + page.getNextPageToken());
    }
  }
}
