package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.novation.access.RevocationMessage;
import org.novation.account.AccountActor;
import org.novation.brake.BrakeMessage;
import org.novation.clearing.CorrectionMessage;
import org.novation.clearing.GiveUpMessage;
import org.novation.clearing.PartyMessage;
import org.novation.custody.CustodyActor.DebtAsked;
import org.novation.custody.CustodyActor.DebtTold;
import org.novation.custody.CustodyMessage;
import org.novation.deleveraging.AdlCoordinatorActor.DefaultRead;
import org.novation.governance.GovernanceMessage;
import org.novation.insurance.FundCommand.ReserveDraw;
import org.novation.insurance.FundMessage;
import org.novation.insurance.InsuranceFundActor;
import org.novation.insurance.InsuranceFundActor.Decide;
import org.novation.ledger.RandomRecords;
import org.novation.liquidation.auction.Allocation;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.liquidation.auction.AuctionActor.BidAnswer;
import org.novation.liquidation.auction.AuctionActor.HoldSlice;
import org.novation.liquidation.auction.BidRefusal;
import org.novation.market.MarketMessage;
import org.novation.risk.Brake;
import org.novation.risk.Stop;
import org.novation.trail.TrailMessage;

/**
 * Whatever one node tells another arrives as it was sent, by the serializers that a node is
 * configured with.
 */
final class MessagesTest {
  private static final int SEEDS = 20;

  private static ActorTestKit kit;

  @BeforeAll
  static void start() {
    kit =
        ActorTestKit.create(
            "messages",
            ConfigFactory.parseString("pekko.actor.provider = local")
                .withFallback(ConfigFactory.load()));
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void everyMessageBetweenNodesArrivesAsItWasSent() {
    ActorRef<Object> anybody = kit.createTestProbe().getRef();
    List<Class<? extends Record>> messages = messages();
    assertThat(messages).contains(AccountActor.ApplyLegs.class).hasSizeGreaterThan(20);
    for (Class<? extends Record> message : messages) {
      for (long seed = 0; seed < SEEDS; seed++) {
        Record sent = new RandomRecords(seed, anybody).next(message);
        assertThat(kit.serializationTestKit().verifySerialization(sent, true))
            .as(message.getName() + ", seed " + seed)
            .isEqualTo(sent);
      }
    }
  }

  /** Nodes of two versions talk while a cluster is upgraded one by one. */
  @Test
  void whatAnotherVersionSaysMoreOrLessOfAMessageIsPassedOver() throws IOException {
    ActorRef<AuctionActor.Command> auction =
        kit.<AuctionActor.Command>createTestProbe().getRef().narrow();
    Allocation part = new Allocation(List.of(), 1, 2, 3, 4);
    assertThat(ofAnotherVersion(new HoldSlice("a", "b", part, 77, auction), "", "settleByMs"))
        .isEqualTo(new HoldSlice("a", "b", part, 0, auction));
    Stop stop = new Stop(Brake.PAUSE, "BTC-PERP", 77);
    BidAnswer answer = new BidAnswer(null, new BidRefusal.MarketStale("BTC-PERP", stop), null);
    assertThat(ofAnotherVersion(answer, "/refused", "stop"))
        .isEqualTo(new BidAnswer(null, new BidRefusal.MarketStale("BTC-PERP", null), null));
    ReserveDraw draw = new ReserveDraw("l.debt", "l", "a", 50, 1_000);
    ActorRef<InsuranceFundActor.Answer> caller =
        kit.<InsuranceFundActor.Answer>createTestProbe().getRef();
    assertThat(ofAnotherVersion(new Decide(draw, caller), "/command", "ofLiquidation"))
        .isEqualTo(new Decide(new ReserveDraw("l.debt", "a", 50, 1_000), caller));
    DebtAsked asked = new DebtAsked(5, 6, 7);
    assertThat(ofAnotherVersion(new DebtTold(asked, true), "", "asked"))
        .isEqualTo(new DebtTold(null, true));
    assertThat(ofAnotherVersion(new DebtTold(asked, true), "/asked", "number"))
        .isEqualTo(new DebtTold(new DebtAsked(5, 6, 0), true));
    assertThat(ofAnotherVersion(new DefaultRead(1, 2, true, List.of(), 9), "", "fundPaidMicros"))
        .isEqualTo(new DefaultRead(1, 2, true, List.of(), 0));
  }

  /** What is read of a message without a field, and with one that this version does not know. */
  private static Object ofAnotherVersion(Object sent, String in, String field) throws IOException {
    Serialization serialization = SerializationExtension.get(kit.system());
    SerializerWithStringManifest serializer =
        (SerializerWithStringManifest) serialization.findSerializerFor(sent);
    CBORMapper mapper = new CBORMapper();
    JsonNode other = mapper.readTree(serialization.serialize(sent).get());
    ObjectNode part = (ObjectNode) other.at(in);
    assertThat(part.remove(field)).isNotNull();
    part.put("saidByALaterVersion", 1);
    byte[] bytes = mapper.writeValueAsBytes(other);
    return serialization
        .deserialize(bytes, serializer.identifier(), serializer.manifest(sent))
        .get();
  }

  /** Private ones are an actor's words to itself. */
  private static List<Class<? extends Record>> messages() {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.novation")
            .stream()
            .filter(
                type ->
                    type.isAssignableTo(PartyMessage.class)
                        || type.isAssignableTo(CorrectionMessage.class)
                        || type.isAssignableTo(GiveUpMessage.class)
                        || type.isAssignableTo(FundMessage.class)
                        || type.isAssignableTo(BrakeMessage.class)
                        || type.isAssignableTo(GovernanceMessage.class)
                        || type.isAssignableTo(RevocationMessage.class)
                        || type.isAssignableTo(TrailMessage.class)
                        || type.isAssignableTo(CustodyMessage.class)
                        || type.isAssignableTo(MarketMessage.class))
            .filter(JavaClass::isRecord)
            .filter(type -> !type.getModifiers().contains(JavaModifier.PRIVATE))
            .map(JavaClass::reflect)
            .<Class<? extends Record>>map(type -> type.asSubclass(Record.class))
            .toList();
  }
}
