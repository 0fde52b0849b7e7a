package org.novation;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
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

  @ArchTest
  static final ArchRule rulesHaveNoClockAndNoChance =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "org.novation.node..", "org.novation.api..", "org.novation.simulation..")
          .should()
          .accessTargetWhere(isClockOrChance())
          .because("the same questions always have the same answers: time comes as an argument");

  @ArchTest
  static final ArchRule nothingRunsOnTheCommonPool =
      noClasses()
          .should()
          .accessTargetWhere(isAsyncWithoutExecutor())
          .because("a clockwork's work must not run on a thread that nobody has a say over");

  @ArchTest
  static final ArchRule answersOfActorsContinueInPlace =
      methods()
          .that()
          .areDeclaredInClassesThat()
          .resideInAPackage("org.novation.node")
          .should(continueInPlace())
          .because("Pekko's answers continue on the common pool: see InPlace");

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

  private static DescribedPredicate<JavaAccess<?>> isClockOrChance() {
    Set<String> those =
        Set.of(
            "java.lang.System.currentTimeMillis",
            "java.lang.System.nanoTime",
            "java.time.Instant.now",
            "java.time.Clock.systemUTC",
            "java.lang.Math.random",
            "java.util.UUID.randomUUID",
            "java.util.concurrent.ThreadLocalRandom.current");
    return DescribedPredicate.describe(
        "is a clock or chance",
        access -> those.contains(access.getTarget().getFullName().replaceAll("\\(.*", "")));
  }

  private static DescribedPredicate<JavaAccess<?>> isAsyncWithoutExecutor() {
    return DescribedPredicate.describe(
        "is asynchronous without an executor",
        access ->
            access.getTarget() instanceof CodeUnitAccessTarget target
                && target.getOwner().isAssignableTo(CompletionStage.class)
                && target.getName().endsWith("Async")
                && target.getRawParameterTypes().stream()
                    .noneMatch(type -> type.isEquivalentTo(Executor.class)));
  }

  private static ArchCondition<JavaMethod> continueInPlace() {
    return new ArchCondition<>("hand on what actors answer by InPlace") {
      @Override
      public void check(JavaMethod method, ConditionEvents events) {
        boolean asks = false;
        boolean inPlace = false;
        for (JavaMethodCall call : method.getMethodCallsFromSelf()) {
          String owner = call.getTargetOwner().getName();
          asks |= call.getName().equals("ask") && owner.startsWith("org.apache.pekko.");
          inPlace |= owner.equals("org.novation.node.InPlace");
        }
        if (asks && !inPlace)
          events.add(SimpleConditionEvent.violated(method, method.getDescription() + " does not"));
      }
    };
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
