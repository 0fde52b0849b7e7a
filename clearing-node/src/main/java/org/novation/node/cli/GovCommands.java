package org.novation.node.cli;

import static org.novation.api.client.NovationClient.await;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.novation.api.client.NovationClient;
import org.novation.custody.CustodianSecret;
import org.novation.governance.CouncilMessage;
import org.novation.governance.Entry;
import org.novation.governance.GovernanceCommand;
import org.novation.node.cli.ClientOptions.Unprepared;
import org.novation.protocol.v1.AccountCount;
import org.novation.protocol.v1.Amendment;
import org.novation.protocol.v1.ApproveActRequest;
import org.novation.protocol.v1.CancelProposalRequest;
import org.novation.protocol.v1.CastVoteRequest;
import org.novation.protocol.v1.CouncilAct;
import org.novation.protocol.v1.DelegateRequest;
import org.novation.protocol.v1.DepositStakeRequest;
import org.novation.protocol.v1.DraftedProposal;
import org.novation.protocol.v1.ExecuteProposalRequest;
import org.novation.protocol.v1.FigureChange;
import org.novation.protocol.v1.FigureInForce;
import org.novation.protocol.v1.FigureText;
import org.novation.protocol.v1.GetProposalRequest;
import org.novation.protocol.v1.GetProposalResponse;
import org.novation.protocol.v1.GetStakeRequest;
import org.novation.protocol.v1.GetStakeResponse;
import org.novation.protocol.v1.HealthBucket;
import org.novation.protocol.v1.LeavingStake;
import org.novation.protocol.v1.ListParametersRequest;
import org.novation.protocol.v1.ListParametersResponse;
import org.novation.protocol.v1.ListProposalsRequest;
import org.novation.protocol.v1.ListProposalsResponse;
import org.novation.protocol.v1.ParameterChange;
import org.novation.protocol.v1.ParameterInForce;
import org.novation.protocol.v1.PreviewProposalRequest;
import org.novation.protocol.v1.PreviewProposalResponse;
import org.novation.protocol.v1.ProposalStage;
import org.novation.protocol.v1.ProposalSummary;
import org.novation.protocol.v1.ProposeRequest;
import org.novation.protocol.v1.StakeTokensRequest;
import org.novation.protocol.v1.TightenRequest;
import org.novation.protocol.v1.UnstakeTokensRequest;
import org.novation.protocol.v1.VoteChoice;
import org.novation.protocol.v1.WithdrawProposalRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is asked of a running house's governance. */
final class GovCommands {
  private static final String STAGE = "PROPOSAL_STAGE_";
  private static final int MICROS = 6;

  private GovCommands() {}

  /** One attempt at a command; the same again is the same command. */
  static final class Attempt {
    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "The command's id; say the same and --issued to try again.")
    @Nullable String id;

    @Option(names = "--issued", paramLabel = "MS", description = "When it was first tried.")
    @Nullable Long issuedMs;

    /** Fills in what was not said, and says it. */
    void begin(ClientCommand command, NovationClient client) {
      boolean told = id != null && issuedMs != null;
      if (id == null) id = AccountCommand.newId();
      if (issuedMs == null)
        issuedMs =
            await(client.parameters(ListParametersRequest.newBuilder().setPageSize(1).build()))
                .getAsOfMs();
      if (!told) command.note("to try again, say --id " + id + " --issued " + issuedMs);
    }

    String id() {
      return id == null ? "" : id;
    }

    long issuedMs() {
      return issuedMs == null ? 0 : issuedMs;
    }
  }

  /** A command of a voter's. */
  abstract static class OfVoter extends ClientCommand {
    @Mixin Attempt attempt;

    @Override
    String actor() {
      return "alice";
    }

    @Override
    final void ask(NovationClient client) throws Unprepared {
      attempt.begin(this, client);
      print(List.of(done(client)));
    }

    /** Does it, and says in a line what was done. */
    abstract String done(NovationClient client) throws Unprepared;
  }

  // ---- stakes

  @Command(
      name = "stake",
      description = "Stakes governance tokens of an account; without an amount, shows its stake.",
      footer = {"", "Example: novation gov stake a1 50000 --as alice"})
  static final class Stake extends ClientCommand {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "AMOUNT", arity = "0..1")
    private @Nullable String amount;

    @Mixin private Attempt attempt;

    @Override
    String actor() {
      return "alice";
    }

    @Override
    void ask(NovationClient client) {
      if (amount != null) {
        attempt.begin(this, client);
        await(
            client.stake(
                StakeTokensRequest.newBuilder()
                    .setCommandId(attempt.id())
                    .setIssuedAtMs(attempt.issuedMs())
                    .setAccountId(accountId)
                    .setAmount(amount)
                    .build()));
      }
      GetStakeResponse stake =
          await(client.stakeOf(GetStakeRequest.newBuilder().setAccountId(accountId).build()));
      if (options.json()) {
        printJson(stake);
        return;
      }
      TextTable table = new TextTable(1, "of " + accountId, "tokens");
      table.row("staked", stake.getStaked());
      table.row("behind no open proposal", stake.getFree());
      table.row("votes with", stake.getWeight());
      for (LeavingStake each : stake.getLeavingList())
        table.row("back at " + Figures.time(each.getReleaseAtMs()), each.getAmount());
      if (!stake.getDelegate().isEmpty()) table.row("given to", stake.getDelegate());
      print(table.lines());
    }
  }

  @Command(name = "unstake", description = "Asks for staked tokens back, after the delay.")
  static final class Unstake extends OfVoter {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "AMOUNT")
    private String amount;

    @Override
    String done(NovationClient client) {
      await(
          client.unstake(
              UnstakeTokensRequest.newBuilder()
                  .setCommandId(attempt.id())
                  .setIssuedAtMs(attempt.issuedMs())
                  .setAccountId(accountId)
                  .setAmount(amount)
                  .build()));
      return "%s of %s leave; they vote no more".formatted(amount, accountId);
    }
  }

  @Command(
      name = "delegate",
      description = "Gives an account's vote to another account, or takes it back.")
  static final class Delegate extends OfVoter {
    @Parameters(index = "0", paramLabel = "ACCOUNT")
    private String accountId;

    @Parameters(index = "1", paramLabel = "TO", arity = "0..1", defaultValue = "")
    private String delegate;

    @Override
    String done(NovationClient client) {
      await(
          client.delegate(
              DelegateRequest.newBuilder()
                  .setCommandId(attempt.id())
                  .setIssuedAtMs(attempt.issuedMs())
                  .setAccountId(accountId)
                  .setDelegate(delegate)
                  .build()));
      return "%s votes with the stake of %s"
          .formatted(delegate.isEmpty() ? accountId : delegate, accountId);
    }
  }

  // ---- proposals

  @Command(
      name = "propose",
      description = "Proposes to change parameters.",
      footerHeading = "%n",
      footer = {
        "FILE is JSON: {\"title\": …, \"text\": …, \"amendments\": [{\"path\": …, \"figures\":",
        "[{\"name\": …, \"text\": …}]}]}; an amendment without baseVersion is of what is in force.",
        "",
        "Example: novation gov propose --account a1 --deposit 10000 --title 'A wider band' \\",
        "           --text 'Spreads have grown.' --set contract/BTC-PERP/bandPpm=60000"
      })
  static final class Propose extends OfVoter {
    @Parameters(paramLabel = "FILE", arity = "0..1", description = "JSON; see below.")
    private @Nullable Path file;

    @Option(names = "--account", paramLabel = "ACCOUNT", required = true)
    private String accountId;

    @Option(
        names = "--deposit",
        paramLabel = "TOKENS",
        required = true,
        description = "Of the account's stake, to stand behind it.")
    private String deposit;

    @Option(names = "--title", paramLabel = "TEXT")
    private @Nullable String title;

    @Option(names = "--text", paramLabel = "TEXT", description = "Why.")
    private @Nullable String text;

    @Option(names = "--set", paramLabel = "PATH/FIGURE=VALUE", description = "May be repeated.")
    private List<String> set = List.of();

    @Override
    String done(NovationClient client) throws Unprepared {
      ProposeRequest.Builder request = drafted(file).toBuilder();
      if (title != null) request.setTitle(title);
      if (text != null) request.setText(text);
      List<Amendment> asked = ofNow(request.build(), set, client);
      request.clearAmendments().addAllAmendments(asked);
      await(
          client.propose(
              request
                  .setProposalId(attempt.id())
                  .setIssuedAtMs(attempt.issuedMs())
                  .setAccountId(accountId)
                  .setDeposit(deposit)
                  .build()));
      return "proposed; novation gov show " + attempt.id();
    }
  }

  /** What a file says; nothing without one. */
  private static ProposeRequest drafted(@Nullable Path file) throws Unprepared {
    ProposeRequest.Builder drafted = ProposeRequest.newBuilder();
    try {
      if (file != null) JsonFormat.parser().merge(Files.readString(file), drafted);
    } catch (InvalidProtocolBufferException e) {
      throw new Unprepared(file + " holds no proposal: " + e.getMessage());
    } catch (IOException e) {
      throw new Unprepared("cannot read " + file);
    }
    return drafted.build();
  }

  /** What was drafted and what was set besides, of the versions in force. */
  private static List<Amendment> ofNow(
      ProposeRequest drafted, List<String> set, NovationClient client) throws Unprepared {
    List<Amendment> asked = new ArrayList<>(drafted.getAmendmentsList());
    asked.addAll(amendments(set));
    return asked.stream().map(each -> ofNow(each, client)).toList();
  }

  /** By parameter, in the order in which they were said. */
  private static List<Amendment> amendments(List<String> set) throws Unprepared {
    Map<String, Amendment.Builder> byPath = new LinkedHashMap<>();
    for (String each : set) {
      int equals = each.indexOf('=');
      int slash = each.lastIndexOf('/', equals);
      if (equals < 0 || slash <= 0)
        throw new Unprepared("say --set PATH/FIGURE=VALUE, not --set " + each);
      byPath
          .computeIfAbsent(each.substring(0, slash), path -> Amendment.newBuilder().setPath(path))
          .addFigures(
              FigureText.newBuilder()
                  .setName(each.substring(slash + 1, equals))
                  .setText(each.substring(equals + 1)));
    }
    return byPath.values().stream().map(Amendment.Builder::build).toList();
  }

  /** Of the version in force, where none is said. */
  private static Amendment ofNow(Amendment amendment, NovationClient client) {
    if (amendment.getBaseVersion() != 0) return amendment;
    return await(
            client.parameters(
                ListParametersRequest.newBuilder().setPathPrefix(amendment.getPath()).build()))
        .getParametersList()
        .stream()
        .filter(each -> each.getPath().equals(amendment.getPath()))
        .findFirst()
        .map(each -> amendment.toBuilder().setBaseVersion(each.getVersion()).build())
        .orElse(amendment);
  }

  /** How somebody votes. */
  private static VoteChoice choice(String word) throws Unprepared {
    return switch (word) {
      case "for" -> VoteChoice.VOTE_CHOICE_IN_FAVOUR;
      case "against" -> VoteChoice.VOTE_CHOICE_AGAINST;
      case "abstain" -> VoteChoice.VOTE_CHOICE_ABSTAIN;
      default -> throw new Unprepared("vote for, against or abstain, not " + word);
    };
  }

  /** A command of a voter's about one proposal. */
  abstract static class OfProposal extends OfVoter {
    @Parameters(index = "0", paramLabel = "PROPOSAL")
    String proposalId = "";

    @Option(names = "--account", paramLabel = "ACCOUNT", required = true)
    String accountId = "";
  }

  @Command(
      name = "vote",
      description = "Votes on what the proposal says now, or votes otherwise.",
      footer = {"", "Example: novation gov vote p1 for --account a1 --as alice"})
  static final class Vote extends OfProposal {
    @Parameters(index = "1", paramLabel = "WORD", description = "for, against or abstain.")
    private String word;

    @Override
    String done(NovationClient client) throws Unprepared {
      VoteChoice choice = choice(word);
      GetProposalResponse read =
          await(
              client.proposal(
                  GetProposalRequest.newBuilder()
                      .setProposalId(proposalId)
                      .setVoter(accountId)
                      .build()));
      await(
          client.castVote(
              CastVoteRequest.newBuilder()
                  .setCommandId(attempt.id())
                  .setIssuedAtMs(attempt.issuedMs())
                  .setProposalId(proposalId)
                  .setAccountId(accountId)
                  .setChoice(choice)
                  .setSha256(read.getSha256())
                  .build()));
      return "%s votes with %s on %s"
          .formatted(accountId, read.getWeight(), read.getSha256().substring(0, 12));
    }
  }

  @Command(name = "deposit", description = "Puts a part of a stake behind a draft.")
  static final class Deposit extends OfProposal {
    @Parameters(index = "1", paramLabel = "AMOUNT")
    private String amount;

    @Override
    String done(NovationClient client) {
      await(
          client.depositStake(
              DepositStakeRequest.newBuilder()
                  .setCommandId(attempt.id())
                  .setIssuedAtMs(attempt.issuedMs())
                  .setProposalId(proposalId)
                  .setAccountId(accountId)
                  .setAmount(amount)
                  .build()));
      return "%s stands behind %s with %s".formatted(accountId, proposalId, amount);
    }
  }

  @Command(name = "withdraw", description = "Takes one's own proposal back.")
  static final class Withdraw extends OfProposal {
    @Override
    String done(NovationClient client) {
      await(
          client.withdrawProposal(
              WithdrawProposalRequest.newBuilder()
                  .setCommandId(attempt.id())
                  .setIssuedAtMs(attempt.issuedMs())
                  .setProposalId(proposalId)
                  .setAccountId(accountId)
                  .build()));
      return proposalId + " is withdrawn";
    }
  }

  @Command(name = "execute", description = "Puts in force what has succeeded and waited.")
  static final class Execute extends OfVoter {
    @Parameters(index = "0", paramLabel = "PROPOSAL")
    private String proposalId;

    @Override
    String done(NovationClient client) {
      long version =
          await(
                  client.executeProposal(
                      ExecuteProposalRequest.newBuilder()
                          .setCommandId(attempt.id())
                          .setIssuedAtMs(attempt.issuedMs())
                          .setProposalId(proposalId)
                          .build()))
              .getVersion();
      return "version %d is in force".formatted(version);
    }
  }

  // ---- reading

  /** Reads, as whoever may. */
  abstract static class Reading extends ClientCommand {
    @Override
    String actor() {
      return "auditor";
    }

    static long nowMs(NovationClient client) {
      return await(client.parameters(ListParametersRequest.newBuilder().setPageSize(1).build()))
          .getAsOfMs();
    }
  }

  @Command(name = "list", description = "Lists proposals, and what waits for the council.")
  static final class ListAll extends Reading {
    @Option(names = "--open", description = "Only those of which something can still become.")
    private boolean open;

    @Override
    void ask(NovationClient client) {
      ListProposalsResponse all =
          await(client.proposals(ListProposalsRequest.newBuilder().setOpenOnly(open).build()));
      if (options.json()) {
        printJson(all);
        return;
      }
      TextTable table =
          new TextTable(4, "proposal", "stage", "until", "title", "for", "against", "abstain");
      for (ProposalSummary each : all.getProposalsList())
        table.row(
            each.getProposalId(),
            Figures.name(each.getStage(), STAGE),
            Figures.time(each.getStageUntilMs()),
            each.getTitle(),
            each.getInFavour(),
            each.getAgainst(),
            each.getAbstaining());
      List<String> lines = new ArrayList<>(table.lines());
      lines.add("");
      lines.add("staked %s, held %s".formatted(all.getStaked(), all.getHeld()));
      for (CouncilAct act : all.getActsList()) {
        lines.add("");
        lines.add(
            "act %s until %s, approved by %s: %s"
                .formatted(
                    act.getActId(),
                    Figures.time(act.getUntilMs()),
                    String.join(", ", act.getApprovedByList()),
                    act.getReason()));
        if (!act.getCancels().isEmpty()) lines.add("  cancels " + act.getCancels());
        act.getChangesList().forEach(change -> lines.addAll(changes(change)));
      }
      print(lines);
    }
  }

  @Command(
      name = "show",
      description = "Shows a proposal: each figure before and after, votes, time left, and impact.")
  static final class Show extends Reading {
    @Parameters(index = "0", paramLabel = "PROPOSAL")
    private String proposalId;

    @Option(names = "--account", paramLabel = "ACCOUNT", description = "Whose vote to show.")
    private @Nullable String voter;

    @Override
    void ask(NovationClient client) {
      GetProposalResponse of =
          await(
              client.proposal(
                  GetProposalRequest.newBuilder()
                      .setProposalId(proposalId)
                      .setVoter(voter == null ? "" : voter)
                      .build()));
      if (options.json()) {
        printJson(of);
        return;
      }
      ProposalSummary proposal = of.getProposal();
      List<String> lines = new ArrayList<>();
      lines.add(proposal.getTitle());
      lines.add("");
      lines.addAll(of.getText().lines().toList());
      lines.add("");
      lines.addAll(state(proposal, nowMs(client)));
      if (voter != null)
        lines.add(
            "%s votes with %s: %s"
                .formatted(voter, of.getWeight(), Figures.name(of.getVoted(), "VOTE_CHOICE_")));
      of.getChangesList().forEach(change -> lines.addAll(changes(change)));
      lines.add("");
      lines.add("sha256 " + of.getSha256());
      if (isOpen(proposal.getStage())) {
        lines.add("");
        lines.addAll(impact(preview(client, proposalId)));
      }
      print(lines);
    }
  }

  private static boolean isOpen(ProposalStage stage) {
    return stage == ProposalStage.PROPOSAL_STAGE_DRAFT
        || stage == ProposalStage.PROPOSAL_STAGE_VOTING
        || stage == ProposalStage.PROPOSAL_STAGE_TIMELOCKED;
  }

  private static List<String> state(ProposalSummary of, long nowMs) {
    List<String> lines = new ArrayList<>();
    String stage = Figures.name(of.getStage(), STAGE);
    String time = Figures.time(of.getStageUntilMs());
    lines.add(
        of.getStageUntilMs() > nowMs
            ? "%s until %s, %s left".formatted(stage, time, span(of.getStageUntilMs() - nowMs))
            : "%s since %s".formatted(stage, time));
    if (of.getExecutableUntilMs() != 0)
      lines.add("can be executed until " + Figures.time(of.getExecutableUntilMs()));
    if (!of.getStageReason().isEmpty()) lines.add("because " + of.getStageReason());
    lines.add(
        "for %s, against %s, abstaining %s, of %s staked"
            .formatted(of.getInFavour(), of.getAgainst(), of.getAbstaining(), of.getStaked()));
    if (of.getQuorumPpm() != 0)
      lines.add(
          "needs %s of all stakes in favour, and more than %s of those who take a side"
              .formatted(percent(of.getQuorumPpm()), percent(of.getThresholdPpm())));
    return lines;
  }

  private static List<String> changes(ParameterChange change) {
    TextTable table = new TextTable(1, change.getPath(), "before", "after", "effect", "on its way");
    for (FigureChange each : change.getFiguresList())
      table.row(
          each.getName(),
          Figures.orNone(figure(each.getBefore())),
          figure(each.getAfter()),
          Figures.name(each.getEffect(), "CHANGE_EFFECT_"),
          each.getLastsMs() == 0 ? "at once" : span(each.getLastsMs()));
    List<String> lines = new ArrayList<>(List.of(""));
    lines.addAll(table.lines());
    return lines;
  }

  /** A figure for the eye: brackets as 0:1.25 % 150M:2.5 %, anything else as it is. */
  private static String figure(String text) {
    if (!text.matches("[0-9]+:[0-9]+(,[0-9]+:[0-9]+)*")) return text;
    StringBuilder brackets = new StringBuilder();
    for (String bracket : text.split(",", -1)) {
      int colon = bracket.indexOf(':');
      BigDecimal from = new BigDecimal(bracket.substring(0, colon)).movePointLeft(2 * MICROS);
      brackets
          .append(brackets.isEmpty() ? "" : " ")
          .append(from.signum() == 0 ? "0" : from.stripTrailingZeros().toPlainString() + "M")
          .append(':')
          .append(percent(Long.parseLong(bracket.substring(colon + 1))));
    }
    return brackets.toString();
  }

  private static String percent(long ppm) {
    return Figures.percent(BigDecimal.valueOf(ppm, MICROS).toPlainString());
  }

  /** Days, hours and minutes, as far as they count. */
  private static String span(long ms) {
    Duration of = Duration.ofMillis(ms);
    if (of.toDays() > 0) return "%d d %d h".formatted(of.toDays(), of.toHoursPart());
    if (of.toHours() > 0) return "%d h %d min".formatted(of.toHours(), of.toMinutesPart());
    return "%d min".formatted(of.toMinutes());
  }

  @Command(
      name = "preview",
      description =
          "Says whom a proposal, or one that nobody has made yet, would put under margin.",
      footer = {
        "",
        "Example: novation gov preview p1",
        "         novation gov preview --set contract/BTC-PERP/maintenance=0:40000"
      })
  static final class Preview extends Reading {
    @Parameters(index = "0", paramLabel = "PROPOSAL", arity = "0..1")
    private @Nullable String proposalId;

    @Option(names = "--file", paramLabel = "FILE", description = "As novation gov propose has it.")
    private @Nullable Path file;

    @Option(names = "--set", paramLabel = "PATH/FIGURE=VALUE", description = "May be repeated.")
    private List<String> set = List.of();

    @Override
    void ask(NovationClient client) throws Unprepared {
      boolean drafted = file != null || !set.isEmpty();
      if (drafted == (proposalId != null))
        throw new Unprepared("say a proposal, or by --set or --file what one would change");
      PreviewProposalResponse preview =
          proposalId != null ? preview(client, proposalId) : previewDraft(client);
      if (options.json()) printJson(preview);
      else print(impact(preview));
    }

    private PreviewProposalResponse previewDraft(NovationClient client) throws Unprepared {
      DraftedProposal.Builder draft = DraftedProposal.newBuilder();
      draft.addAllAmendments(ofNow(drafted(file), set, client));
      return await(
          client.previewProposal(PreviewProposalRequest.newBuilder().setDraft(draft).build()));
    }
  }

  private static PreviewProposalResponse preview(NovationClient client, String proposalId) {
    return await(
        client.previewProposal(
            PreviewProposalRequest.newBuilder().setProposalId(proposalId).build()));
  }

  private static List<String> impact(PreviewProposalResponse of) {
    TextTable table = new TextTable(1, "accounts (notional)", "before", "after", "newly");
    table.row(
        "under initial margin",
        count(of.getBelowInitialBefore()),
        count(of.getBelowInitialAfter()),
        count(of.getNewlyBelowInitial()));
    table.row(
        "under maintenance margin",
        count(of.getBelowMaintenanceBefore()),
        count(of.getBelowMaintenanceAfter()),
        count(of.getNewlyBelowMaintenance()));
    int last = of.getDistributionCount() - 1;
    for (int n = 0; n <= last; n++) {
      HealthBucket each = of.getDistribution(n);
      table.row(bucket(each, n, last), count(each.getBefore()), count(each.getAfter()), "");
    }
    table.row("cover 2", of.getCoverTwoBefore(), of.getCoverTwoAfter(), "");
    List<String> lines = new ArrayList<>(table.lines());
    lines.add("");
    lines.add(
        "%d of %d accounts with a position, %d without a price; the fund could pay %s; as of %s"
            .formatted(
                of.getLookedAt(),
                of.getAccounts(),
                of.getUnreckoned(),
                of.getFundAvailable(),
                Figures.time(of.getAsOfMs())));
    return lines;
  }

  private static String bucket(HealthBucket of, int n, int last) {
    if (n == 0) return "negative equity";
    if (n == last) return "no requirement";
    return of.getBelowPpm() < 0
        ? "equity beyond"
        : "equity below " + percent(of.getBelowPpm()) + " of maintenance";
  }

  private static String count(AccountCount of) {
    return of.getAccounts() == 0
        ? "0"
        : "%d (%s)".formatted(of.getAccounts(), Figures.cents(of.getNotional()));
  }

  @Command(name = "parameters", description = "Lists what is in force, and what is on its way.")
  static final class ListParameters extends Reading {
    @Parameters(
        index = "0",
        paramLabel = "PREFIX",
        arity = "0..1",
        defaultValue = "",
        description = "Only paths that begin so, e.g. contract/BTC.")
    private String prefix;

    @Override
    void ask(NovationClient client) {
      String token = "";
      do {
        ListParametersResponse page =
            await(
                client.parameters(
                    ListParametersRequest.newBuilder()
                        .setPathPrefix(prefix)
                        .setPageToken(token)
                        .build()));
        if (options.json()) printJson(page);
        else print(lines(page, token.isEmpty()));
        token = page.getNextPageToken();
      } while (!token.isEmpty());
    }

    private static List<String> lines(ListParametersResponse page, boolean first) {
      List<String> lines = new ArrayList<>();
      if (first) lines.add("version %d of %s".formatted(page.getVersion(), page.getHouse()));
      for (ParameterInForce each : page.getParametersList()) {
        TextTable table =
            new TextTable(1, each.getPath(), "now", "voted", "version " + each.getVersion());
        for (FigureInForce figure : each.getFiguresList())
          table.row(
              figure.getName(),
              figure(figure.getNow()),
              figure.getNow().equals(figure.getVoted()) ? "" : figure(figure.getVoted()),
              figure.getSettlesAtMs() > page.getAsOfMs()
                  ? "there " + Figures.time(figure.getSettlesAtMs())
                  : "");
        lines.add("");
        lines.addAll(table.lines());
      }
      return lines;
    }
  }

  // ---- the council

  /** Signs as a member of the council. */
  abstract static class OfCouncil extends ClientCommand {
    @Option(names = "--member", paramLabel = "NAME", required = true, description = "Sign as.")
    String member = "";

    @Option(
        names = "--key",
        paramLabel = "FILE",
        description =
            "The secret key, 64 hexadecimal digits (default: that of the development node).")
    @Nullable Path key;

    @Mixin Attempt attempt;

    @Override
    String actor() {
      return "operator";
    }

    @Override
    final void ask(NovationClient client) throws Unprepared {
      attempt.begin(this, client);
      print(List.of(done(client)));
    }

    abstract String done(NovationClient client) throws Unprepared;

    String sign(NovationClient client, GovernanceCommand.OfCouncil command) throws Unprepared {
      String house =
          await(client.parameters(ListParametersRequest.newBuilder().setPageSize(1).build()))
              .getHouse();
      return secret().sign(CouncilMessage.bytes(house, command));
    }

    private CustodianSecret secret() throws Unprepared {
      Path file = key;
      if (file == null) {
        String home = System.getenv().getOrDefault("NOVATION_HOME", ".novation");
        file = Path.of(home, "dev", "council", member + ".key");
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

  @Command(
      name = "tighten",
      description = "Asks the council to tighten or halt; others approve within the hour.",
      footer = {
        "",
        "Example: novation gov council tighten --member dora --reason 'bad prices' \\",
        "           --set contract/BTC-PERP/bandPpm=40000"
      })
  static final class Tighten extends OfCouncil {
    @Option(names = "--reason", paramLabel = "TEXT", required = true)
    private String reason;

    @Option(names = "--set", paramLabel = "PATH/FIGURE=VALUE", required = true)
    private List<String> set;

    @Override
    String done(NovationClient client) throws Unprepared {
      TightenRequest.Builder request =
          TightenRequest.newBuilder()
              .setActId(attempt.id())
              .setIssuedAtMs(attempt.issuedMs())
              .setCouncilMember(member)
              .setReason(reason);
      List<org.novation.governance.Amendment> signed = new ArrayList<>();
      for (Amendment asked : amendments(set)) {
        Amendment each = ofNow(asked, client);
        request.addAmendments(each);
        signed.add(
            new org.novation.governance.Amendment(
                each.getPath(),
                each.getBaseVersion(),
                each.getFiguresList().stream()
                    .map(figure -> new Entry(figure.getName(), figure.getText()))
                    .toList()));
      }
      request.setSignature(
          sign(
              client,
              new GovernanceCommand.Tighten(
                  attempt.id(), attempt.issuedMs(), member, reason, signed, "")));
      await(client.tighten(request.build()));
      return "act " + attempt.id() + " waits for approval";
    }
  }

  @Command(name = "cancel", description = "Asks the council to stop a proposal.")
  static final class Cancel extends OfCouncil {
    @Parameters(index = "0", paramLabel = "PROPOSAL")
    private String proposalId;

    @Option(names = "--reason", paramLabel = "TEXT", required = true)
    private String reason;

    @Override
    String done(NovationClient client) throws Unprepared {
      await(
          client.cancelProposal(
              CancelProposalRequest.newBuilder()
                  .setActId(attempt.id())
                  .setIssuedAtMs(attempt.issuedMs())
                  .setCouncilMember(member)
                  .setReason(reason)
                  .setProposalId(proposalId)
                  .setSignature(
                      sign(
                          client,
                          new GovernanceCommand.Cancel(
                              attempt.id(), attempt.issuedMs(), member, reason, proposalId, "")))
                  .build()));
      return "act " + attempt.id() + " waits for approval";
    }
  }

  @Command(name = "approve", description = "Approves an act, which is shown before it is signed.")
  static final class Approve extends OfCouncil {
    @Parameters(index = "0", paramLabel = "ACT")
    private String actId;

    @Override
    String done(NovationClient client) throws Unprepared {
      CouncilAct act =
          await(client.proposals(ListProposalsRequest.getDefaultInstance())).getActsList().stream()
              .filter(each -> each.getActId().equals(actId))
              .findFirst()
              .orElseThrow(() -> new Unprepared("no act " + actId + " waits for approval"));
      note(
          "signing: "
              + act.getReason()
              + (act.getCancels().isEmpty() ? "" : ", cancels " + act.getCancels()));
      act.getChangesList().forEach(change -> changes(change).forEach(this::note));
      long version =
          await(
                  client.approveAct(
                      ApproveActRequest.newBuilder()
                          .setCommandId(attempt.id())
                          .setIssuedAtMs(attempt.issuedMs())
                          .setCouncilMember(member)
                          .setActId(actId)
                          .setSha256(act.getSha256())
                          .setSignature(
                              sign(
                                  client,
                                  new GovernanceCommand.Approve(
                                      attempt.id(),
                                      attempt.issuedMs(),
                                      member,
                                      actId,
                                      act.getSha256(),
                                      "")))
                          .build()))
              .getVersion();
      return "approved; version %d is in force".formatted(version);
    }
  }

  /** What members of the council do. */
  @Command(
      name = "council",
      description = "Signs for members of the council.",
      subcommands = {Tighten.class, Cancel.class, Approve.class})
  static final class Council extends GroupCommand {}
}
