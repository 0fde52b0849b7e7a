package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.CallFailed;
import org.novation.api.client.NovationClient;
import org.novation.api.client.PriceStream;
import org.novation.node.cli.ClientOptions.Unprepared;
import org.novation.protocol.v1.OraclePrice;
import org.novation.protocol.v1.PublishPricesResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prices for a running node. */
@Command(
    name = "price",
    description = "Publishes prices to a running node.",
    subcommands = PriceCommand.Publish.class)
final class PriceCommand extends GroupCommand {
  /** A quorum of the development node's oracles. */
  private static final List<String> ORACLES = List.of("oracle-1", "oracle-2", "oracle-3");

  @Command(
      name = "publish",
      description =
          "Publishes one price as an oracle. Untold which, as each of the development node's three, so that they"
              + " make a quorum.",
      footer = {"", "Example: novation price publish BTC 60000"})
  static final class Publish extends ClientCommand {
    @Parameters(index = "0", paramLabel = "SYMBOL", description = "E.g. BTC.")
    private String symbol;

    @Parameters(index = "1", paramLabel = "PRICE", description = "Above zero.")
    private String price;

    @Option(
        names = "--confidence",
        paramLabel = "WIDTH",
        defaultValue = "",
        description = "Half width of the oracle's own interval.")
    private String confidence;

    @Option(
        names = "--sequence",
        paramLabel = "N",
        description = "Strictly growing per oracle and symbol (default: the time in milliseconds).")
    private @Nullable Long sequence;

    @Override
    String actor() {
      return ORACLES.getFirst();
    }

    @Override
    void ask(NovationClient client) throws Unprepared, InterruptedException {
      long now = System.currentTimeMillis();
      OraclePrice observation =
          OraclePrice.newBuilder()
              .setSymbol(symbol)
              .setPrice(price)
              .setConfidence(confidence)
              .setSequence(sequence != null ? sequence : now)
              .setTimeMs(now)
              .build();
      for (String oracle : options.named() ? ORACLES.subList(0, 1) : ORACLES) {
        publish(client.as(options.token(oracle)), observation);
      }
    }

    private void publish(NovationClient oracle, OraclePrice observation)
        throws InterruptedException {
      try (PriceStream stream = oracle.prices()) {
        PublishPricesResponse response = await(stream.publish(List.of(observation)));
        if (response.getRefusedCount() > 0) throw CallFailed.of(response.getRefused(0).getStatus());
        if (options.json()) printJsonLine(response);
        else print(List.of("published %s %s".formatted(symbol, price)));
      }
    }
  }
}
