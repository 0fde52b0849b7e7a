package org.novation.node.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.novation.ledger.AuditReport;
import org.novation.ledger.AuditReport.AssetLine;
import org.novation.ledger.AuditReport.AuctionLine;
import org.novation.ledger.AuditReport.FundLine;
import org.novation.ledger.AuditReport.InstrumentLine;
import org.novation.ledger.AuditReport.StakesLine;
import org.novation.ledger.AuditReport.Sums;
import org.novation.ledger.AuditReport.Violation;
import org.novation.ledger.AuditReport.WaveLine;
import org.novation.ledger.Auditor;
import org.novation.node.NodeSettings;
import org.novation.node.store.Store;
import org.novation.node.store.StoreConfig;
import org.novation.node.store.StoreException;
import org.novation.trail.TrailHead;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Reads the whole journal and says whether the books balance. */
@Command(
    name = "audit",
    description =
        "Reads the whole journal, rebuilds every account and checks that the books balance.",
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "It rebuilds each account from its first event, reckons each booking (notional, profit,",
      "funding) once more, compares snapshots, finds both legs of every trade, adds up all"
          + " accounts",
      "and rebuilds the insurance fund, the waves of deleveraging, votes and stakes. It reckons the"
          + " hash of every",
      "record of the trail of privileged actions, and holds each to the one before, and verifies"
          + " what custodians",
      "signed where it knows for which house. It does not judge again what rests on prices or"
          + " parameters that",
      "the journal does not hold: margin requirements, haircuts, caps, refusals. It changes"
          + " nothing.",
      "Exit code: 0 everything holds, 1 something does not (the first violation is named, with its",
      "account and sequence number), 2 the store cannot be read."
    })
final class AuditCommand implements Callable<Integer> {
  private static final Pattern ANCHOR = Pattern.compile("(\\d{1,18}):([0-9a-f]{64})");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  @Option(
      names = "--store",
      description = "h2, postgres or jdbc:postgresql://HOST/DATABASE; the profile's by default.")
  private @Nullable String store;

  @Option(names = "--data", description = "The node's own directory; the profile's by default.")
  private @Nullable Path data;

  @Option(names = "--profile", defaultValue = "dev", description = "dev (default) or prod.")
  private String profile = "dev";

  @Option(
      names = "--config",
      description = "The configuration directory; this installation's config/ by default.")
  private @Nullable Path config;

  @Option(
      names = "--settlement-asset",
      description =
          "What profit and loss are settled in; the profile's first asset by default, and USDC"
              + " where --store and --data are given and no profile is read.")
  private @Nullable String settlementAsset;

  @Option(
      names = "--anchor",
      paramLabel = "NUMBER:HASH",
      converter = Anchor.class,
      description =
          "Where the trail of privileged actions ended once, as an earlier audit or novation trail"
              + " head said: finds a trail that was cut or written anew since.")
  private @Nullable TrailHead anchor;

  @Option(
      names = "--house",
      paramLabel = "NAME",
      description =
          "Under which name custodians sign: verifies each of their signatures. The profile's by"
              + " default.")
  private @Nullable String house;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Books books = books();
    try (Store opened = Store.openExisting(books.store)) {
      AuditReport report =
          Auditor.audit(opened.dataSource(), books.settlementAsset, anchor, books.house);
      PrintWriter out = spec.commandLine().getOut();
      if (json) out.println(json(report));
      else print(report, opened.toString(), out);
      out.flush();
      return report.holds() ? ExitCode.OK : ExitCode.SOFTWARE;
    } catch (SQLException e) {
      throw new StoreException("the journal cannot be read: " + e.getMessage(), e);
    }
  }

  /** Where a trail ended, as people pass it on. */
  static final class Anchor implements ITypeConverter<TrailHead> {
    @Override
    public TrailHead convert(String text) {
      Matcher parts = ANCHOR.matcher(text);
      if (parts.matches()) return new TrailHead(Long.parseLong(parts.group(1)), parts.group(2));
      throw new TypeConversionException(
          "must be the number of a record, a colon and its hash of 64 digits, not " + text);
    }
  }

  /** Where the books are, and in what they are kept. */
  private record Books(StoreConfig store, String settlementAsset, @Nullable String house) {}

  private Books books() {
    if (store != null && data != null) {
      return new Books(
          StoreConfig.parse(store, data, System.getenv()),
          settlementAsset == null ? "USDC" : settlementAsset,
          house);
    }
    Path directory = config == null ? NodeSettings.configDirectory() : config;
    NodeSettings settings = NodeSettings.read(directory, profile, System.getenv());
    if (data != null) settings = settings.withDataDirectory(data, System.getenv());
    return new Books(
        store == null
            ? settings.store()
            : StoreConfig.parse(store, settings.dataDirectory(), System.getenv()),
        settlementAsset == null ? settings.catalogue().asset(0).symbol() : settlementAsset,
        house == null ? settings.houseSigned() : house);
  }

  // ---- JSON

  /** The report as it is, and the verdict in the terms of the replay's report. */
  static String json(AuditReport report) {
    ObjectNode root = JSON.valueToTree(report);
    root.remove("sums");
    Sums sums = report.sums();
    if (sums != null) {
      ObjectNode invariants = root.putObject("invariants");
      invariants.put("positions", sums.positions());
      invariants.put("cash", sums.cash());
      invariants.put("coins", sums.coins());
      invariants.put("costBasis", sums.costBasis());
      invariants.put("funding", sums.funding());
    }
    root.put("hold", report.holds());
    try {
      return JSON.writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers cannot be written", e);
    }
  }

  // ---- text

  private static void print(AuditReport report, String store, PrintWriter out) {
    out.println(store);
    out.printf(
        Locale.ROOT,
        "%,d accounts, %,d events (and %,d of markets), %,d snapshots, %,d deposits, %,d trades,"
            + " %,d of them on their way%n",
        report.accounts(),
        report.events(),
        report.marketEvents(),
        report.snapshots(),
        report.deposits(),
        report.trades(),
        report.undelivered());
    if (!report.instruments().isEmpty()) {
      TextTable table =
          new TextTable(1, "instrument", "trades", "holders", "open lots", "realised", "funding");
      for (InstrumentLine line : report.instruments()) {
        table.row(
            line.instrument(),
            String.format(Locale.ROOT, "%,d", line.trades()),
            String.format(Locale.ROOT, "%,d", line.holders()),
            String.format(Locale.ROOT, "%,d", new BigInteger(line.openLots())),
            micros(line.realisedMicros()),
            micros(line.fundingMicros()));
      }
      out.println();
      table.lines().forEach(out::println);
    }
    if (!report.assets().isEmpty()) {
      TextTable table = new TextTable(1, "asset (smallest unit)", "deposited", "held");
      for (AssetLine line : report.assets()) {
        table.row(
            line.asset(),
            String.format(Locale.ROOT, "%,d", new BigInteger(line.deposited())),
            String.format(Locale.ROOT, "%,d", new BigInteger(line.held())));
      }
      out.println();
      table.lines().forEach(out::println);
    }
    if (!report.funds().isEmpty()) {
      TextTable table =
          new TextTable(
              1, "insurance fund", "contributed", "paid", "house", "balance", "reserved", "draws");
      for (FundLine line : report.funds()) {
        table.row(
            line.pool(),
            micros(line.contributedMicros()),
            micros(line.paidMicros()),
            micros(line.houseMicros()),
            micros(line.balanceMicros()),
            micros(line.reservedMicros()),
            line.openDraws() + " open");
      }
      out.println();
      table.lines().forEach(out::println);
    }
    AuctionLine auctions = report.auctions();
    if (auctions != null) {
      out.println();
      new TextTable(
              1,
              "auctions",
              "open",
              "nobody bought",
              "parts sold",
              "by accounts",
              "by fund",
              "fees")
          .row(
              String.format(Locale.ROOT, "%,d", auctions.auctions()),
              String.format(Locale.ROOT, "%,d", auctions.open()),
              String.format(Locale.ROOT, "%,d", auctions.nobodyBought()),
              String.format(Locale.ROOT, "%,d", auctions.bidsSettled()),
              micros(auctions.sellerMicros()),
              micros(auctions.fundMicros()),
              micros(auctions.feeMicros()))
          .lines()
          .forEach(out::println);
    }
    if (!report.waves().isEmpty()) {
      TextTable table =
          new TextTable(
              1, "deleveraging", "waves", "by fund", "taken", "paid", "held", "uncovered");
      for (WaveLine line : report.waves()) {
        table.row(
            line.pool(),
            String.format(Locale.ROOT, "%,d", line.waves()),
            micros(line.fundMicros()),
            micros(line.takenMicros()),
            micros(line.paidMicros()),
            micros(line.heldMicros()),
            micros(line.uncoveredMicros()));
      }
      out.println();
      table.lines().forEach(out::println);
    }
    StakesLine stakes = report.stakes();
    if (stakes != null) {
      out.println();
      new TextTable(
              1,
              "governance",
              "events",
              "voters",
              "staked",
              "leaving",
              "on the way back",
              "held by the house")
          .row(
              "version " + stakes.version(),
              String.format(Locale.ROOT, "%,d", stakes.events()),
              String.format(Locale.ROOT, "%,d", stakes.voters()),
              micros(stakes.stakedMicros()),
              micros(stakes.leavingMicros()),
              micros(stakes.returningMicros()),
              micros(stakes.heldMicros()) + (" " + stakes.token()).stripTrailing())
          .lines()
          .forEach(out::println);
    }
    if (report.trail().records() > 0) {
      out.println();
      out.printf(
          Locale.ROOT,
          "trail: %,d records; keep as --anchor %d:%s%n",
          report.trail().records(),
          report.trail().records(),
          report.trail().hash());
    }
    out.println();
    Sums sums = report.sums();
    if (sums != null) {
      TextTable table = new TextTable(1, "must be zero", "sum");
      table.row("positions", sums.positions());
      table.row("cash", sums.cash());
      table.row("coins", sums.coins());
      table.row("cost basis", sums.costBasis());
      table.row("funding", sums.funding());
      table.lines().forEach(out::println);
      out.println();
    }
    Violation violation = report.violation();
    out.println(violation == null ? "Every invariant holds." : "VIOLATION: " + violation);
  }

  private static String micros(String micros) {
    return String.format(Locale.ROOT, "%,.6f", new BigDecimal(new BigInteger(micros), 6));
  }
}
