package org.novation;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the plan of the house: which room may know of actors, of the wire, of databases and of
 * whom.
 */
@AnalyzeClasses(
    packages = "org.novation",
    importOptions = {ImportOption.DoNotIncludeTests.class, RoomsTest.WithoutProtocol.class})
final class RoomsTest {
  private static final Path MAIN_SOURCES = Path.of("src", "main", "java");

  @ArchTest
  static final ArchRule onlyActorsAndWiringKnowPekko =
      noClasses()
          .that(
              resideOutsideOfPackages(
                      "org.novation.node..",
                      "org.novation.api..",
                      "org.novation.ledger..",
                      "org.novation.simulation..")
                  .and(DescribedPredicate.not(areActors())))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.pekko..")
          .because(
              "a room's rules are plain Java: they run in a test, a replay and a simulation alike")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyTheApiSpeaksGrpc =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.novation.api..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.grpc..")
          .because("the api translates between the wire and the trade, once")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyLedgerAndNodeSpeakJdbc =
      noClasses()
          .that()
          .resideOutsideOfPackages("org.novation.ledger..", "org.novation.node..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "javax.sql..")
          .because("every other room writes through its actor's journal")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule moneyKnowsNoOtherRoom = knowsOnly("money", "org.novation.money..");

  @ArchTest
  static final ArchRule instrumentKnowsOnlyMoney =
      knowsOnly("instrument", "org.novation.instrument..", "org.novation.money..");

  @ArchTest
  static final ArchRule riskKnowsOnlyMoneyAndInstrument =
      knowsOnly("risk", "org.novation.risk..", "org.novation.instrument..", "org.novation.money..");

  @ArchTest
  static final ArchRule insuranceKnowsOnlyMoneyAndTheHousesTime =
      knowsOnly(
          "insurance",
          "org.novation.insurance..",
          "org.novation.clearing..",
          "org.novation.money..");

  @ArchTest
  static final ArchRule custodyKnowsOnlyMoneyBrakesAndWhoItTalksTo =
      knowsOnly(
          "custody",
          "org.novation.custody..",
          "org.novation.clearing..",
          "org.novation.risk..",
          "org.novation.money..");

  @ArchTest
  static final ArchRule deleveragingKnowsOnlyWhatItReckonsWith =
      knowsOnly(
          "deleveraging",
          "org.novation.deleveraging..",
          "org.novation.clearing..",
          "org.novation.risk..",
          "org.novation.instrument..",
          "org.novation.money..");

  @ArchTest
  static final ArchRule governanceKnowsOnlyWhatIsVoted =
      knowsOnly(
          "governance",
          "org.novation.governance..",
          "org.novation.custody..",
          "org.novation.market..",
          "org.novation.deleveraging..",
          "org.novation.insurance..",
          "org.novation.liquidation..",
          "org.novation.clearing..",
          "org.novation.risk..",
          "org.novation.instrument..",
          "org.novation.money..");

  @Test
  void everyRoomSaysWhatItIsFor() throws IOException {
    Set<Path> rooms;
    try (Stream<Path> files = Files.walk(MAIN_SOURCES)) {
      rooms =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .map(Path::getParent)
              .collect(Collectors.toSet());
    }
    assertThat(rooms)
        .isNotEmpty()
        .allSatisfy(room -> assertThat(room.resolve("package-info.java")).exists());
  }

  private static ArchRule knowsOnly(String room, String... allowed) {
    return classes()
        .that()
        .resideInAPackage("org.novation." + room + "..")
        .should()
        .onlyDependOnClassesThat(
            DescribedPredicate.not(resideInAPackage("org.novation.."))
                .or(resideInAnyPackage(allowed)))
        .allowEmptyShould(true);
  }

  /** An actor's nested protocol belongs to the actor. */
  private static DescribedPredicate<JavaClass> areActors() {
    return DescribedPredicate.describe(
        "are actors", type -> outermost(type).getSimpleName().endsWith("Actor"));
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(RoomsTest::outermost).orElse(type);
  }

  /** What protoc generates lives in a package of its own and is no room. */
  static final class WithoutProtocol implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("/org/novation/protocol/");
    }
  }
}
