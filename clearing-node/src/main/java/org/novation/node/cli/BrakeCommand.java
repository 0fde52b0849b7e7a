package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.protocol.v1.ClearPauseRequest;
import org.novation.protocol.v1.ListPausesResponse;
import org.novation.protocol.v1.Operation;
import org.novation.protocol.v1.Pause;
import org.novation.protocol.v1.SetPauseRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Pauses of a running node's house. */
@Command(
    name = "brake",
    description = "Pauses operations of a running house, and lifts the pauses.",
    subcommands = {BrakeCommand.ListAll.class, BrakeCommand.Set.class, BrakeCommand.Clear.class})
final class BrakeCommand extends GroupCommand {
  /** As people write them. */
  enum Paused {
    trading(Operation.OPERATION_TRADING),
    liquidation(Operation.OPERATION_LIQUIDATION),
    auctions(Operation.OPERATION_AUCTIONS),
    adl(Operation.OPERATION_ADL),
    funding(Operation.OPERATION_FUNDING),
    withdrawals(Operation.OPERATION_WITHDRAWALS);

    private final Operation operation;

    Paused(Operation operation) {
      this.operation = operation;
    }
  }

  @Command(name = "list", description = "Lists what is paused.")
  static final class ListAll extends ClientCommand {
    @Override
    String actor() {
      return "operator";
    }

    @Override
    void ask(NovationClient client) {
      ListPausesResponse paused = await(client.pauses());
      if (options.json()) {
        printJson(paused);
        return;
      }
      TextTable table = new TextTable(5, "operation", "market", "until", "by", "because");
      for (Pause each : paused.getPausesList()) {
        table.row(
            Figures.name(each.getOperation(), "OPERATION_"),
            each.getMarket(),
            each.getUntilMs() == 0 ? "lifted" : Figures.time(each.getUntilMs()),
            each.getOperator(),
            each.getReason());
      }
      print(table.lines());
    }
  }

  /** A time as people write it: 30s, 10m, 1h30m. */
  static final class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        Duration time = Duration.parse("PT" + text);
        if (time.isPositive()) return time;
      } catch (DateTimeParseException malformed) {
        throw new TypeConversionException("must be a time like 30s, 10m or 2h, not " + text);
      }
      throw new TypeConversionException("must be above zero, not " + text);
    }
  }

  /** What setting and lifting have in common. */
  abstract static class Change extends ClientCommand {
    @Parameters(
        index = "0",
        paramLabel = "OPERATION",
        description = "One of ${COMPLETION-CANDIDATES}.")
    Paused paused = Paused.trading;

    @Parameters(
        index = "1",
        paramLabel = "MARKET",
        description = "E.g. BTC-PERP; for withdrawals an asset; all for the whole house.")
    String market = "";

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        required = true,
        description = "Why, for everyone to read.")
    String reason = "";

    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "Say the same to try again (default: a new one).")
    @Nullable String id;

    @Override
    String actor() {
      return "operator";
    }

    Operation operation() {
      return paused.operation;
    }

    /** A star would be the shell's. */
    String market() {
      return market.equals("all") ? "*" : market;
    }

    String id() {
      return id != null ? id : AccountCommand.newId();
    }
  }

  @Command(
      name = "set",
      description = "Pauses an operation, in place of an earlier pause of it there.",
      footer = {"", "Example: novation brake set trading BTC-PERP --for 10m --reason 'bad index'"})
  static final class Set extends Change {
    @Option(
        names = "--for",
        paramLabel = "TIME",
        converter = Time.class,
        description = "How long: 30s, 10m, 2h (default: until it is lifted).")
    private @Nullable Duration time;

    @Option(names = "--until-ms", paramLabel = "MS", description = "Until when, instead of --for.")
    private @Nullable Long untilMs;

    @Override
    void ask(NovationClient client) {
      long until = untilMs();
      String id = id();
      if (this.id == null || time != null)
        note("pause %s: to try again, say --id %s --until-ms %d".formatted(id, id, until));
      var answer =
          await(
              client.pause(
                  SetPauseRequest.newBuilder()
                      .setId(id)
                      .setOperation(operation())
                      .setMarket(market())
                      .setUntilMs(until)
                      .setReason(reason)
                      .build()));
      if (options.json()) printJson(answer);
      else {
        print(
            List.of(
                "%s of %s is paused until %s"
                    .formatted(paused, market, until == 0 ? "lifted" : Figures.time(until))));
      }
    }

    private long untilMs() {
      if (untilMs != null) return untilMs;
      return time == null ? 0 : System.currentTimeMillis() + time.toMillis();
    }
  }

  @Command(name = "clear", description = "Lifts a pause before its time.")
  static final class Clear extends Change {
    @Override
    void ask(NovationClient client) {
      var answer =
          await(
              client.unpause(
                  ClearPauseRequest.newBuilder()
                      .setId(id())
                      .setOperation(operation())
                      .setMarket(market())
                      .setReason(reason)
                      .build()));
      if (options.json()) printJson(answer);
      else print(List.of("%s of %s goes on".formatted(paused, market)));
    }
  }
}
