package org.novation.node.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.novation.governance.Outcome;
import org.novation.governance.RecordedProposal;
import org.novation.governance.RecordedProposal.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Counts recorded proposals by the rule that the house counts by. */
@Command(
    name = "tally",
    description = "Counts recorded proposals by the rule of the house and compares the outcomes.",
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "The file is CSV; its first line names the columns, in any order: proposal_id, votes_for,",
      "votes_against, status and, if there is one, quorum (empty: none). Others are passed over.",
      "A proposal succeeds when votes in favour reach the quorum and exceed those against."
          + " Recorded",
      "as executed, queued, succeeded or passed it must succeed; as defeated, failed, rejected or",
      "without quorum it must not. Any other status (canceled, expired, active, ...) is what votes",
      "alone cannot decide.",
      "Exit code: 0 none differs, 1 some do (each is listed), 2 the file cannot be used."
    })
final class GovTallyCommand implements Callable<Integer> {
  private static final JsonMapper MAPPER = new JsonMapper();

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "CSV file of recorded proposals.")
  private Path file;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    List<RecordedProposal> proposals;
    try {
      proposals = ProposalsFile.read(file);
    } catch (ProposalsFile.UnusableException e) {
      Failures.print(spec.commandLine(), String.valueOf(e.getMessage()));
      return Failures.UNUSABLE;
    }
    Map<Verdict, List<RecordedProposal>> by =
        proposals.stream().collect(Collectors.groupingBy(RecordedProposal::verdict));
    List<RecordedProposal> reached = by.getOrDefault(Verdict.REACHED, List.of());
    List<RecordedProposal> differing = by.getOrDefault(Verdict.DIFFERS, List.of());
    List<RecordedProposal> undecided = by.getOrDefault(Verdict.UNDECIDED, List.of());
    PrintWriter out = spec.commandLine().getOut();
    if (json) out.println(json(proposals.size(), reached, differing, undecided));
    else print(out, proposals.size(), reached, differing, undecided);
    out.flush();
    return differing.isEmpty() ? Failures.DONE : Failures.FAILED;
  }

  private static void print(
      PrintWriter out,
      int all,
      List<RecordedProposal> reached,
      List<RecordedProposal> differing,
      List<RecordedProposal> undecided) {
    new TextTable(1, "proposals", Integer.toString(all))
        .row("reach their recorded outcome", Integer.toString(reached.size()))
        .row("differ", Integer.toString(differing.size()))
        .row("votes alone cannot decide", Integer.toString(undecided.size()))
        .lines()
        .forEach(out::println);
    counts(undecided).forEach((status, count) -> out.println("  " + status + ": " + count));
    for (RecordedProposal each : differing) {
      out.printf(
          "differs: proposal %s is recorded as %s, but %s for and %s against, quorum %s, make it"
              + " %s%n",
          each.id(),
          each.word(),
          plain(each.votes().inFavour()),
          plain(each.votes().against()),
          each.quorum().signum() == 0 ? "none" : plain(each.quorum()),
          word(each.outcome()));
    }
  }

  private static String json(
      int all,
      List<RecordedProposal> reached,
      List<RecordedProposal> differing,
      List<RecordedProposal> undecided) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("proposals", all);
    root.put("reached", reached.size());
    root.put("differ", differing.size());
    root.put("undecided", undecided.size());
    ObjectNode statuses = root.putObject("undecided_by_status");
    counts(undecided).forEach(statuses::put);
    var list = root.putArray("differing");
    for (RecordedProposal each : differing) {
      list.addObject()
          .put("proposal_id", each.id())
          .put("recorded", each.word())
          .put("counted", word(each.outcome()))
          .put("votes_for", plain(each.votes().inFavour()))
          .put("votes_against", plain(each.votes().against()))
          .put("quorum", each.quorum().signum() == 0 ? "" : plain(each.quorum()));
    }
    return root.toPrettyString();
  }

  private static Map<String, Integer> counts(List<RecordedProposal> proposals) {
    Map<String, Integer> counts = new TreeMap<>();
    proposals.forEach(each -> counts.merge(each.word(), 1, Integer::sum));
    return counts;
  }

  private static String word(Outcome outcome) {
    return switch (outcome) {
      case SUCCEEDED -> "succeeded";
      case DEFEATED -> "defeated";
      case SHORT_OF_QUORUM -> "short of quorum";
    };
  }

  private static String plain(BigInteger units) {
    if (units.signum() == 0) return "0";
    return new BigDecimal(units, ProposalsFile.DECIMALS_MAX).stripTrailingZeros().toPlainString();
  }
}
