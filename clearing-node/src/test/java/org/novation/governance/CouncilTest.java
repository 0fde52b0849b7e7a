package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.governance.House.DAY;
import static org.novation.governance.House.HOUR;
import static org.novation.governance.House.NOW;
import static org.novation.governance.House.after;
import static org.novation.governance.House.amend;
import static org.novation.governance.House.refusal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.novation.governance.GovernanceCommand.Approve;
import org.novation.governance.GovernanceCommand.Cancel;
import org.novation.governance.GovernanceCommand.Tighten;
import org.novation.governance.Parameter.Contract;
import org.novation.instrument.Asset;
import org.novation.instrument.Ladder;

/** What a council may do by itself, and all that it may not. */
final class CouncilTest {
  private static final String KILL = "kill-switch/house";
  private static final long STAKE = 10_000 * House.UNIT;

  private final Governance house = House.setUp();

  /** Every figure of every kind of parameter that there is, so that none can be forgotten. */
  @Test
  void loosensNoFigureOfAnyParameter() {
    int tried = 0;
    for (Class<?> kind : SchemaTest.kinds()) {
      Parameter parameter = SchemaTest.sample(kind);
      for (Figure figure : Schema.of(parameter).figures()) {
        for (String text : others(parameter, figure)) {
          Effect effect = figure.effect(text(parameter, figure), text);
          if (effect == Effect.TIGHTENS) continue;
          Refusal why =
              refusal(
                  house,
                  tighten("t", amend(house, parameter.path().toString(), figure.name(), text)),
                  NOW);
          assertThat(why)
              .as("%s %s to %s", parameter.path(), figure.name(), text)
              .isInstanceOfAny(
                  Refusal.NotTighter.class,
                  Refusal.FixedFigure.class,
                  Refusal.LimitTakenAway.class,
                  Refusal.OutOfBounds.class,
                  Refusal.BreaksRule.class,
                  Refusal.UnreadableFigure.class,
                  Refusal.MaintenanceNotBelowInitial.class);
          tried++;
        }
      }
    }
    assertThat(tried).isGreaterThan(100);
  }

  @Test
  void tightensEveryFigureThatHasADirection() {
    for (Class<?> kind : SchemaTest.kinds()) {
      Parameter parameter = SchemaTest.sample(kind);
      for (Figure figure : Schema.of(parameter).figures()) {
        boolean directed =
            figure.tightens() == Tightens.BY_RISING || figure.tightens() == Tightens.BY_FALLING;
        if (!directed) continue;
        String before = text(parameter, figure);
        List<String> tighter =
            others(parameter, figure).stream()
                .filter(text -> figure.effect(before, text) == Effect.TIGHTENS)
                .toList();
        if (before.equals(
            Long.toString(
                figure.tightens() == Tightens.BY_RISING ? figure.most() : figure.least())))
          continue;
        assertThat(tighter)
            .as("%s %s", parameter.path(), figure.name())
            .anyMatch(
                text ->
                    house.decide(
                            House.signed(
                                tighten(
                                    "t",
                                    amend(
                                        house, parameter.path().toString(), figure.name(), text))),
                            NOW)
                        instanceof Decision.Accepted);
      }
    }
  }

  /** Texts of a figure nearby, at its bounds and beyond. */
  private static List<String> others(Parameter parameter, Figure figure) {
    String text = text(parameter, figure);
    List<String> others = new ArrayList<>();
    switch (figure.kind()) {
      case NUMBER -> {
        long value = Long.parseLong(text);
        for (long each : new long[] {value - 1, value + 1, figure.least(), figure.most(), 0})
          others.add(Long.toString(each));
      }
      case TEXT -> others.addAll(List.of("QUEUE", "OTHER", "0.5"));
      case NAMES ->
          others.addAll(
              List.of(text.substring(0, text.lastIndexOf(',')), text + ",x=" + "0".repeat(64)));
      case LADDER -> {
        Ladder ladder = Ladders.parse(text);
        others.add(Ladders.text(ladder.scaledBy(1_010_000)));
        others.add(Ladders.text(ladder.scaledBy(990_000)));
      }
    }
    others.removeIf(text::equals);
    return others;
  }

  private static String text(Parameter parameter, Figure figure) {
    return Schema.of(parameter).texts(parameter).getOrDefault(figure.name(), "");
  }

  /** However often and on whatever ways things are: nothing is ever looser than without it. */
  @Test
  void makesNothingLooserAtAnyLaterTime() {
    long seed = 5;
    Random random = new Random(seed);
    int accepted = 0;
    for (int round = 0; round < 1_000; round++) {
      Class<?> kind = SchemaTest.kinds().get(random.nextInt(SchemaTest.kinds().size()));
      Parameter from = SchemaTest.sample(kind);
      Parameter to = House.other(from, random);
      Setting before = new Setting(from, to, NOW - random.nextLong(12 * DAY), 1);
      Governance onItsWay = with(before);
      List<Entry> figures = new ArrayList<>();
      for (Figure figure : Schema.of(to).figures()) {
        if (random.nextInt(4) != 0) continue;
        String voted = text(to, figure);
        List<String> others = new ArrayList<>(others(to, figure));
        if (random.nextInt(20) != 0)
          others.removeIf(text -> figure.effect(voted, text) != Effect.TIGHTENS);
        if (!others.isEmpty())
          figures.add(new Entry(figure.name(), others.get(random.nextInt(others.size()))));
      }
      Amendment amendment = new Amendment(from.path().toString(), 1, figures);
      if (!(onItsWay.decide(House.signed(tighten("t", amendment)), NOW)
          instanceof Decision.Accepted)) continue;
      accepted++;
      Governance tightened = done(onItsWay, tighten("t", amendment));
      Setting after = Objects.requireNonNull(tightened.parameters().setting(from.path()));
      for (long at = NOW; at < NOW + 60 * DAY; at += (1 + random.nextInt(20)) * HOUR) {
        for (Figure figure : Schema.of(to).figures()) {
          if (figure.tightens() == Tightens.BY_VOTE_ONLY) continue;
          assertThat(figure.effect(text(before.at(at), figure), text(after.at(at), figure)))
              .as(
                  "seed %d round %d: %s %s after %d h, from %s to %s, then %s",
                  seed, round, from.path(), figure.name(), (at - NOW) / HOUR, from, to, figures)
              .isNotEqualTo(Effect.LOOSENS);
        }
      }
    }
    assertThat(accepted).isGreaterThan(100);
  }

  @Test
  void givesTighteningNoMoreTimeByTighteningAgain() {
    Governance rising =
        done(
            house,
            tighten(
                "t",
                amend(house, "contract/BTC-PERP", "maintenance", "0:20000,150000000000000:30000")));
    assertThat(
            refusal(
                rising,
                tighten("u", amend(rising, "contract/BTC-PERP", "bandPpm", "40000")),
                NOW + 2 * DAY))
        .isEqualTo(
            new Refusal.TighteningUnderWay("contract/BTC-PERP", "maintenance", NOW + 8 * DAY));
    assertThat(
            rising.decide(
                House.signed(tighten("u", amend(rising, "contract/BTC-PERP", "bandPpm", "40000"))),
                NOW + 8 * DAY))
        .isInstanceOf(Decision.Accepted.class);
  }

  @Test
  void isHeldUpByNoVoteOnWhatHasNoTighterSide() {
    Contract from = (Contract) House.voted(house, "contract/BTC-PERP");
    Map<String, String> texts = new LinkedHashMap<>(Schema.of(from).texts(from));
    texts.put("funding.interestPpm", "200");
    Parameter to = Schema.of(from).make("BTC-PERP", texts);
    Governance onItsWay = with(new Setting(from, to, NOW, 1));
    Governance tightened =
        done(onItsWay, tighten("t", amend(onItsWay, "contract/BTC-PERP", "bandPpm", "40000")));
    assertThat(((Contract) House.voted(tightened, "contract/BTC-PERP")).terms().bandPpm())
        .isEqualTo(40_000);
  }

  @Test
  void actsOnlyWhenEnoughOfItApproveTheSameWithinAnHour() {
    Tighten tighten = tighten("t", amend(house, "contract/BTC-PERP", "bandPpm", "40000"));
    Governance begun = after(house, tighten, NOW);
    Act act = begun.acts().values().iterator().next();
    Governance two = after(begun, approve("a", "k2", act), NOW + 1);
    two = after(two, approve("b", "k2", act), NOW + 2);
    assertThat(House.voted(two, "contract/BTC-PERP"))
        .as("one member counts once")
        .isEqualTo(House.voted(house, "contract/BTC-PERP"));
    assertThat(refusal(two, new Approve("c", NOW, "k3", "t", "other", ""), NOW + 3))
        .isEqualTo(new Refusal.OtherContent("t", act.sha256()));
    assertThat(refusal(two, approve("c", "stranger", act), NOW + 3))
        .isEqualTo(new Refusal.NotOnCouncil("stranger"));
    Governance three = after(two, approve("c", "k3", act), NOW + HOUR - 1);
    assertThat(((Contract) House.voted(three, "contract/BTC-PERP")).terms().bandPpm())
        .isEqualTo(40_000);
    assertThat(three.parameters().version()).isEqualTo(2);
    assertThat(three.acts()).isEmpty();
    assertThat(refusal(two, approve("c", "k3", act), NOW + HOUR))
        .as("an hour is over")
        .isEqualTo(new Refusal.UnknownAct("t"));
  }

  @Test
  void countsNoApprovalOfWhoHasLeftTheCouncil() {
    Act act = begun(house, tighten("t", amend(house, "contract/BTC-PERP", "bandPpm", "40000")));
    Governance two =
        after(
            after(house, tighten("t", amend(house, "contract/BTC-PERP", "bandPpm", "40000")), NOW),
            approve("a", "k2", act),
            NOW);
    List<String> members = new ArrayList<>(House.members("k", 5));
    members.set(0, House.members("n", 1).getFirst());
    Governance changed =
        with(two, Setting.settled(new Parameter.Council(members, 3, NOW + DAY), NOW, 2));
    Governance then = after(changed, approve("b", "k3", act), NOW);
    assertThat(House.voted(then, "contract/BTC-PERP"))
        .isEqualTo(House.voted(house, "contract/BTC-PERP"));
  }

  @Test
  void isStoppedByNoMemberWhoBeginsActAfterAct() {
    Governance busy = house;
    for (int n = 1; n <= 100; n++)
      busy =
          after(busy, tighten("t" + n, amend(house, "contract/BTC-PERP", "bandPpm", "40000")), NOW);
    assertThat(busy.acts().keySet()).as("his newest").containsExactly("t99", "t100");
    Tighten kill =
        new Tighten(
            "kill", NOW, "k2", "a key is lost", List.of(amend(house, KILL, "thrown", "1")), "");
    Governance killing = after(busy, kill, NOW);
    assertThat(killing.acts()).containsKeys("t99", "t100", "kill");
    killing =
        after(killing, tighten("t", amend(house, "contract/BTC-PERP", "bandPpm", "40000")), NOW);
    assertThat(killing.acts()).as("only his own go").containsOnlyKeys("t100", "kill", "t");
    Act act = Objects.requireNonNull(killing.acts().get("kill"));
    Governance killed = after(killing, approve("a", "k3", act), NOW);
    assertThat(after(killed, approve("b", "k4", act), NOW).parameters().killed()).isTrue();
    assertThat(after(busy, new GovernanceCommand.Advance(), NOW + HOUR).acts()).isEmpty();
  }

  @Test
  void beginsAnewAfterAVoteOnIt() {
    List<String> members = new ArrayList<>(House.members("k", 5));
    // Another key under the name of whoever approved.
    members.set(0, "k1=" + House.secret("n1").publicKey());
    Amendment replaced = amend(house, "council/house", "members", String.join(",", members));
    assertThat(votedWhileAnActWaits(replaced).acts()).isEmpty();
    Amendment other = amend(house, "fees/house", "tradePpm", "100");
    assertThat(votedWhileAnActWaits(other).acts()).containsOnlyKeys("t");
  }

  private Governance votedWhileAnActWaits(Amendment amendment) {
    Governance then = after(house, new GovernanceCommand.Stake("s", NOW, "anna", STAKE), NOW);
    then =
        after(
            then,
            new GovernanceCommand.Propose(
                "p", NOW, "anna", "title", "why", List.of(amendment), STAKE),
            NOW);
    Proposal proposal = Objects.requireNonNull(then.proposal("p"));
    then =
        after(
            then,
            new GovernanceCommand.Vote("v", NOW, "p", "anna", Choice.IN_FAVOUR, proposal.sha256()),
            NOW);
    long ripe = NOW + 8 * DAY;
    then = after(then, new GovernanceCommand.Advance(), ripe);
    Amendment band = amend(house, "contract/BTC-PERP", "bandPpm", "40000");
    then = after(then, new Tighten("t", ripe, "k1", "the index is wrong", List.of(band), ""), ripe);
    return after(then, new GovernanceCommand.Execute("x", ripe, "p"), ripe);
  }

  @Test
  void countsNoWordThatItsMemberDidNotSign() {
    Tighten tighten = tighten("t", amend(house, "contract/BTC-PERP", "bandPpm", "40000"));
    Refusal bad = new Refusal.BadSignature("k1");
    byte[] message = CouncilMessage.bytes("novation-test", tighten);
    String signature = House.secret("k1").sign(message);
    assertThat(house.decide(tighten.signed(signature), NOW)).isInstanceOf(Decision.Accepted.class);
    assertThat(refusal(house, tighten.signed(House.secret("k2").sign(message)), NOW))
        .isEqualTo(bad);
    byte[] elsewhere = CouncilMessage.bytes("another-house", tighten);
    assertThat(refusal(house, tighten.signed(House.secret("k1").sign(elsewhere)), NOW))
        .isEqualTo(bad);
    Tighten further = tighten("t", amend(house, "contract/BTC-PERP", "bandPpm", "30000"));
    assertThat(refusal(house, further.signed(signature), NOW)).isEqualTo(bad);
    assertThat(refusal(house, tighten("u", tighten.amendments().getFirst()).signed(signature), NOW))
        .isEqualTo(bad);
    Cancel cancel = new Cancel("t", NOW, "k1", "the index is wrong", "p", signature);
    assertThat(refusal(house, cancel, NOW)).isEqualTo(bad);
  }

  @Test
  void mayNothingOnceItsPowersHaveExpired() {
    Tighten tighten = tighten("t", amend(house, "contract/BTC-PERP", "bandPpm", "40000"));
    long end = NOW + 180 * DAY;
    assertThat(house.decide(House.signed(tighten), end - 1)).isInstanceOf(Decision.Accepted.class);
    assertThat(refusal(house, tighten, end)).isEqualTo(new Refusal.CouncilExpired(end));
  }

  @Test
  void haltsForAWeekAtMost() {
    Amendment week = amend(house, "halt/*", "tradingUntilMs", Long.toString(NOW + 7 * DAY));
    Governance halted = done(house, tighten("t", week));
    assertThat(House.voted(halted, "halt/*"))
        .isEqualTo(new Parameter.Halt("*", NOW + 7 * DAY, 0, 0, 0, 0, 0));
    Amendment longer = amend(house, "halt/*", "tradingUntilMs", Long.toString(NOW + 7 * DAY + 1));
    assertThat(refusal(house, tighten("t", longer), NOW))
        .isEqualTo(
            new Refusal.HaltTooLong("halt/*", "tradingUntilMs", NOW + 7 * DAY + 1, NOW + 7 * DAY));
    assertThat(
            refusal(
                house,
                tighten("t", amend(house, "halt/DOGE", "tradingUntilMs", Long.toString(NOW + 1))),
                NOW))
        .isEqualTo(new Refusal.UnknownParameter("halt/DOGE"));
    assertThat(refusal(halted, tighten("u", amend(halted, "halt/*", "tradingUntilMs", "0")), NOW))
        .as("lifting needs a vote")
        .isInstanceOf(Refusal.NotTighter.class);
  }

  @Test
  void listsNothing() {
    Parameter fake = new Parameter.Collateral(new Asset("ETH", 6, 0, 0, 1, false));
    assertThat(refusal(house, tighten("t", House.list(fake)), NOW))
        .isInstanceOf(Refusal.NotTighter.class);
  }

  @Test
  void isStoppedByItsOwnKillSwitchUntilAVoteLiftsIt() {
    Governance killed = done(house, tighten("t", amend(house, "kill-switch/house", "thrown", "1")));
    assertThat(killed.parameters().killed()).isTrue();
    assertThat(
            refusal(
                killed, tighten("u", amend(killed, "contract/BTC-PERP", "bandPpm", "40000")), NOW))
        .isEqualTo(new Refusal.KillSwitchThrown());
    assertThat(refusal(killed, new Cancel("v", NOW, "k1", "why", "p", ""), NOW))
        .isEqualTo(new Refusal.KillSwitchThrown());
    assertThat(
            refusal(killed, tighten("w", amend(killed, "kill-switch/house", "thrown", "0")), NOW))
        .isEqualTo(new Refusal.KillSwitchThrown());
  }

  // ---- what these tests do again and again

  private static Tighten tighten(String id, Amendment amendment) {
    return new Tighten(id, NOW, "k1", "the index is wrong", List.of(amendment), "");
  }

  private static Approve approve(String id, String member, Act act) {
    return new Approve(id, NOW, member, act.id(), act.sha256(), "");
  }

  private static Act begun(Governance house, Tighten tighten) {
    return after(house, tighten, NOW).acts().values().iterator().next();
  }

  /** Approved by enough of the council. */
  private static Governance done(Governance house, Tighten tighten) {
    Act act = begun(house, tighten);
    Governance then = after(house, tighten, NOW);
    then = after(then, approve(tighten.id() + "-2", "k2", act), NOW);
    return after(then, approve(tighten.id() + "-3", "k3", act), NOW);
  }

  private Governance with(Setting setting) {
    return with(house, setting);
  }

  private static Governance with(Governance house, Setting setting) {
    return new Governance(
        house.events(),
        house.atMs(),
        house.parameters().with(List.of(setting), house.parameters().version()),
        house.stakes(),
        house.proposals(),
        house.acts(),
        house.origins());
  }
}
