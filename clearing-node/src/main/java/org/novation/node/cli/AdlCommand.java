package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.protocol.v1.AdlWave;
import org.novation.protocol.v1.GetRankResponse;
import org.novation.protocol.v1.GetReceiptResponse;
import org.novation.protocol.v1.ListWavesRequest;
import org.novation.protocol.v1.ListWavesResponse;
import org.novation.protocol.v1.PositionRank;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Questions about auto-deleveraging. */
@Command(
    name = "adl",
    description = "Ranks, waves and receipts of auto-deleveraging.",
    subcommands = {
      AdlCommand.Rank.class,
      AdlCommand.Waves.class,
      AdlCommand.Receipt.class,
      AdlVerifyCommand.class
    })
final class AdlCommand extends GroupCommand {
  @Command(
      name = "rank",
      description = "Shows how near an account's positions are to being deleveraged.")
  static final class Rank extends ClientCommand {
    @Parameters(paramLabel = "ACCOUNT")
    private String accountId;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      GetRankResponse ranks = await(client.rank(accountId));
      if (options.json()) {
        printJson(ranks);
        return;
      }
      TextTable table =
          new TextTable(1, "position", "quantity", "unrealised", "rank", "of", "lights");
      for (PositionRank each : ranks.getRanksList()) {
        table.row(
            each.getInstrument(),
            each.getQuantity(),
            Figures.cents(each.getUnrealisedProfit()),
            String.format(Locale.ROOT, "%,d", each.getRank()),
            String.format(Locale.ROOT, "%,d", each.getPositions()),
            "*".repeat(each.getLights()));
      }
      print(table.lines());
    }
  }

  @Command(name = "waves", description = "Lists waves of auto-deleveraging, newest first.")
  static final class Waves extends ClientCommand {
    private static final int PAGE_MAX = 1_000;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "100",
        description = "At most so many (default: 100).")
    private int limit;

    @Override
    String actor() {
      return "auditor";
    }

    @Override
    void ask(NovationClient client) {
      List<AdlWave> waves = new ArrayList<>();
      String next = "";
      do {
        ListWavesResponse page =
            await(
                client.waves(
                    ListWavesRequest.newBuilder()
                        .setPageSize(Math.min(PAGE_MAX, limit - waves.size()))
                        .setPageToken(next)
                        .build()));
        waves.addAll(page.getWavesList());
        next = page.getNextPageToken();
      } while (!next.isEmpty() && waves.size() < limit);
      if (options.json()) {
        printJson(ListWavesResponse.newBuilder().addAllWaves(waves).build());
      } else {
        print(table(waves).lines());
      }
      if (!next.isEmpty()) note("there are more: raise --limit");
    }

    private static TextTable table(List<AdlWave> waves) {
      TextTable table =
          new TextTable(
              2,
              "wave",
              "began",
              "by fund",
              "deficit",
              "haircut",
              "uncovered",
              "lots",
              "closed",
              "steps");
      for (AdlWave each : waves) {
        table.row(
            each.getWaveId(),
            Figures.time(each.getBeganAtMs()),
            Figures.cents(each.getFundPaid()),
            Figures.cents(each.getDeficit()),
            each.getFinishedAtMs() == 0 ? "under way" : Figures.cents(each.getHaircut()),
            Figures.cents(each.getUncovered()),
            String.format(Locale.ROOT, "%,d", each.getNeededLots()),
            String.format(Locale.ROOT, "%,d", each.getClosedLots()),
            String.format(Locale.ROOT, "%,d", each.getSteps()));
      }
      return table;
    }
  }

  @Command(
      name = "receipt",
      description = {
        "Fetches the receipt of a wave: what it was decided on, and what was decided, as JSON.",
        "novation adl verify decides it again."
      })
  static final class Receipt extends ClientCommand {
    @Parameters(paramLabel = "WAVE", description = "Its id, as adl waves lists them.")
    private String waveId;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "Write it there (default: standard output).")
    private @Nullable Path file;

    @Override
    String actor() {
      return "auditor";
    }

    @Override
    void ask(NovationClient client) throws InterruptedException {
      String json = fetch(client).toString(StandardCharsets.UTF_8);
      if (file == null) {
        print(List.of(json));
        return;
      }
      try {
        Files.writeString(file, json);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      note(waveId + " is in " + file);
    }

    /** Whole or not at all: half a receipt is none. */
    private ByteArrayOutputStream fetch(NovationClient client) throws InterruptedException {
      ByteArrayOutputStream json = new ByteArrayOutputStream();
      try (Updates<GetReceiptResponse> parts = client.receipt(waveId)) {
        for (GetReceiptResponse part = parts.next(); part != null; part = parts.next())
          json.writeBytes(part.getPart().toByteArray());
      }
      return json;
    }
  }
}
