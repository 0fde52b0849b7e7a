package org.novation.governance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.novation.governance.Proposal.Ballot;
import org.novation.governance.Stakes.Holder;
import org.novation.governance.Stakes.Leaving;

/**
 * Governance at one event number, as stored to keep recovery short. Lists are in a defined order,
 * so that equal states have equal snapshots.
 *
 * @param number of the last event included
 * @param version of the parameters
 */
public record GovernanceSnapshot(
    long number,
    long atMs,
    long version,
    List<Setting.Written> settings,
    List<Holder> holders,
    List<Leaving> leaving,
    List<Stakes.Asked> asked,
    List<Stakes.Returning> returning,
    List<Kept> proposals,
    List<Waiting> acts,
    List<Author> authors,
    long forgottenThroughMs) {
  public GovernanceSnapshot {
    settings = List.copyOf(settings);
    holders = List.copyOf(holders);
    leaving = List.copyOf(leaving);
    asked = List.copyOf(asked);
    returning = List.copyOf(returning);
    proposals = List.copyOf(proposals);
    acts = List.copyOf(acts);
    authors = List.copyOf(authors);
  }

  /** What of somebody's counts or stands behind a proposal. */
  public record Share(String voter, long micros) {
    private static List<Share> of(Map<String, Long> shares) {
      return shares.entrySet().stream().map(e -> new Share(e.getKey(), e.getValue())).toList();
    }

    private static Map<String, Long> map(List<Share> shares) {
      Map<String, Long> map = new LinkedHashMap<>();
      shares.forEach(each -> map.put(each.voter(), each.micros()));
      return map;
    }
  }

  /** What somebody voted. */
  public record Cast(String voter, Choice choice, long micros) {}

  /**
   * A stage.
   *
   * @param name the record's name
   * @param figures its numbers, in their order
   * @param reason why it was cancelled, else empty
   */
  public record At(String name, List<Long> figures, String reason) {
    public At {
      figures = List.copyOf(figures);
    }

    static At of(Stage stage) {
      String name = stage.getClass().getSimpleName();
      return switch (stage) {
        case Stage.Draft s -> new At(name, List.of(s.untilMs()), "");
        case Stage.Voting s ->
            new At(
                name,
                List.of(
                    s.endsAtMs(), s.quorumPpm(), s.thresholdPpm(), s.timelockMs(), s.executionMs()),
                "");
        case Stage.Timelocked s -> new At(name, List.of(s.fromMs(), s.untilMs()), "");
        case Stage.Executed s -> new At(name, List.of(s.atMs(), s.version()), "");
        case Stage.Defeated s -> new At(name, List.of(s.atMs()), "");
        case Stage.ShortOfQuorum s -> new At(name, List.of(s.atMs()), "");
        case Stage.Expired s -> new At(name, List.of(s.atMs()), "");
        case Stage.Outdated s -> new At(name, List.of(s.atMs()), "");
        case Stage.Cancelled s -> new At(name, List.of(s.atMs()), s.reason());
        case Stage.Withdrawn s -> new At(name, List.of(s.atMs()), "");
      };
    }

    Stage stage() {
      return switch (name) {
        case "Draft" -> new Stage.Draft(figures.getFirst());
        case "Voting" ->
            new Stage.Voting(
                figures.getFirst(), figures.get(1), figures.get(2), figures.get(3), figures.get(4));
        case "Timelocked" -> new Stage.Timelocked(figures.getFirst(), figures.get(1));
        case "Executed" -> new Stage.Executed(figures.getFirst(), figures.get(1));
        case "Defeated" -> new Stage.Defeated(figures.getFirst());
        case "ShortOfQuorum" -> new Stage.ShortOfQuorum(figures.getFirst());
        case "Expired" -> new Stage.Expired(figures.getFirst());
        case "Outdated" -> new Stage.Outdated(figures.getFirst());
        case "Cancelled" -> new Stage.Cancelled(figures.getFirst(), reason);
        case "Withdrawn" -> new Stage.Withdrawn(figures.getFirst());
        default -> throw new IllegalStateException("no stage " + name);
      };
    }
  }

  /** A proposal, whole. */
  public record Kept(
      String id,
      String proposer,
      long createdAtMs,
      String title,
      String text,
      String sha256,
      List<Change.Written> changes,
      long stakedMicros,
      List<Share> weights,
      List<Share> deposits,
      List<Cast> ballots,
      At stage,
      long inFavourMicros,
      long againstMicros,
      long abstainingMicros) {
    public Kept {
      changes = List.copyOf(changes);
      weights = List.copyOf(weights);
      deposits = List.copyOf(deposits);
      ballots = List.copyOf(ballots);
    }

    static Kept of(Proposal of) {
      return new Kept(
          of.id(),
          of.proposer(),
          of.createdAtMs(),
          of.title(),
          of.text(),
          of.sha256(),
          of.changes().stream().map(Change::written).toList(),
          of.stakedMicros(),
          Share.of(of.weights()),
          Share.of(of.deposits()),
          of.ballots().entrySet().stream()
              .map(e -> new Cast(e.getKey(), e.getValue().choice(), e.getValue().micros()))
              .toList(),
          At.of(of.stage()),
          of.inFavourMicros(),
          of.againstMicros(),
          of.abstainingMicros());
    }

    /** The proposal that was written. */
    public Proposal proposal() {
      Map<String, Ballot> cast = new LinkedHashMap<>();
      ballots.forEach(each -> cast.put(each.voter(), new Ballot(each.choice(), each.micros())));
      return new Proposal(
          id,
          proposer,
          createdAtMs,
          title,
          text,
          sha256,
          changes.stream().map(Change.Written::read).toList(),
          stakedMicros,
          Share.map(weights),
          Share.map(deposits),
          cast,
          stage.stage(),
          inFavourMicros,
          againstMicros,
          abstainingMicros);
    }
  }

  /** An act that waits for approval. */
  public record Waiting(
      String id,
      String reason,
      List<Change.Written> changes,
      String cancels,
      String sha256,
      List<String> approvedBy,
      long untilMs) {
    public Waiting {
      changes = List.copyOf(changes);
      approvedBy = List.copyOf(approvedBy);
    }

    static Waiting of(Act of) {
      return new Waiting(
          of.id(),
          of.reason(),
          of.changes().stream().map(Change::written).toList(),
          of.cancels(),
          of.sha256(),
          of.approvedBy(),
          of.untilMs());
    }

    /** The act that was written. */
    public Act act() {
      return new Act(
          id,
          reason,
          changes.stream().map(Change.Written::read).toList(),
          cancels,
          sha256,
          approvedBy,
          untilMs);
    }
  }

  /** As it is stored. */
  public static GovernanceSnapshot of(Governance of) {
    return new GovernanceSnapshot(
        of.events(),
        of.atMs(),
        of.parameters().version(),
        of.parameters().written(),
        List.copyOf(of.stakes().holders().values()),
        of.stakes().leaving(),
        of.stakes().asked(),
        of.stakes().returning(),
        of.proposals().values().stream().map(Kept::of).toList(),
        of.acts().values().stream().map(Waiting::of).toList(),
        List.copyOf(of.origins().authors().values()),
        of.origins().forgottenThroughMs());
  }

  /** The same, with the commands that another remembers. */
  public GovernanceSnapshot remembering(GovernanceSnapshot other) {
    return new GovernanceSnapshot(
        number,
        atMs,
        version,
        settings,
        holders,
        leaving,
        asked,
        returning,
        proposals,
        acts,
        other.authors,
        other.forgottenThroughMs);
  }

  Governance governance() {
    Map<String, Holder> staked = new LinkedHashMap<>();
    holders.forEach(each -> staked.put(each.voter(), each));
    Map<String, Proposal> kept = new LinkedHashMap<>();
    proposals.forEach(each -> kept.put(each.id(), each.proposal()));
    Map<String, Act> waiting = new LinkedHashMap<>();
    acts.forEach(each -> waiting.put(each.id(), each.act()));
    Map<String, Author> remembered = new LinkedHashMap<>();
    authors.forEach(each -> remembered.put(each.name(), each));
    return new Governance(
        number,
        atMs,
        ParameterSet.of(version, settings),
        new Stakes(staked, leaving, asked, returning),
        kept,
        waiting,
        new Origins(remembered, forgottenThroughMs));
  }
}
