package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.novation.money.Increment;

final class SchemaTest {
  private static final Set<String> SUBJECTS =
      Set.of("symbol", "underlying", "pool", "market", "asset");

  /** Every record that can be voted, whoever adds one. */
  static List<Class<?>> kinds() {
    return List.of(Parameter.class.getPermittedSubclasses());
  }

  @Test
  void holdsEveryComponentOfEveryParameterAsAFigure() {
    for (Class<?> kind : kinds()) {
      Schema<?> schema = Schema.of(sample(kind));
      Set<String> figures = schema.figures().stream().map(Figure::name).collect(Collectors.toSet());
      Set<String> components = components(kind, "").collect(Collectors.toSet());
      Set<String> subject =
          components.stream().filter(each -> !figures.contains(each)).collect(Collectors.toSet());
      assertThat(components).as("%s", kind).containsAll(figures);
      assertThat(subject)
          .as("of %s nothing but its name is no figure", kind)
          .hasSizeLessThanOrEqualTo(1);
      assertThat(SUBJECTS).as("%s", kind).containsAll(subject);
    }
  }

  /** The leaves of a record, as figures name them: what {@code terms} holds stands for itself. */
  private static Stream<String> components(Class<?> type, String prefix) {
    return Arrays.stream(type.getRecordComponents())
        .flatMap(component -> leaves(component, prefix));
  }

  private static Stream<String> leaves(RecordComponent component, String prefix) {
    Class<?> type = component.getType();
    if (!type.isRecord() || type == Increment.class) return Stream.of(prefix + component.getName());
    boolean terms = prefix.isEmpty() && component.getName().equals("terms");
    return components(type, terms ? "" : prefix + component.getName() + ".");
  }

  @Test
  void hasEveryTopicAndEveryKindOnce() {
    assertThat(kinds()).hasSameSizeAs(Topic.values());
    for (Topic topic : Topic.values()) assertThat(Schema.of(topic).topic()).isEqualTo(topic);
    for (Class<?> kind : kinds())
      assertThat(sample(kind).path().topic()).isEqualTo(Schema.of(sample(kind)).topic());
  }

  @Test
  void makesOfItsTextsTheParameterThatTheyWereTakenFrom() {
    long seed = 20_261_122;
    Random random = new Random(seed);
    for (Class<?> kind : kinds()) {
      Parameter parameter = sample(kind);
      for (int n = 0; n < 50; n++) {
        Schema<?> schema = Schema.of(parameter);
        assertThat(schema.make(parameter.path().subject(), schema.texts(parameter)))
            .as("seed %d", seed)
            .isEqualTo(parameter);
        parameter = House.other(parameter, random);
      }
    }
  }

  @Test
  void boundsEveryFigureAndSaysWhichWayIsTighter() {
    for (Class<?> kind : kinds()) {
      for (Figure figure : Schema.of(sample(kind)).figures()) {
        assertThat(figure.least()).as(figure.name()).isLessThan(figure.most());
        boolean directed =
            figure.tightens() == Tightens.BY_RISING || figure.tightens() == Tightens.BY_FALLING;
        if (directed)
          assertThat(figure.kind())
              .as("%s of %s can be compared", figure.name(), kind)
              .isIn(Figure.Kind.NUMBER, Figure.Kind.LADDER);
      }
    }
  }

  @Test
  void writesPathsAsTheyAreRead() {
    for (Parameter each : House.parameters())
      assertThat(Path.parse(each.path().toString())).isEqualTo(each.path());
    assertThat(Path.parse("contract/BTC-PERP")).isEqualTo(new Path(Topic.CONTRACT, "BTC-PERP"));
    assertThat(Path.parse("kill-switch/house")).isEqualTo(new Path(Topic.KILL_SWITCH, "house"));
    assertThat(Path.parse("halt/*")).isEqualTo(new Path(Topic.HALT, "*"));
    for (String bad :
        List.of("", "contract", "contract/", "nothing/x", "contract/a b", "fees/../x"))
      assertThat(Path.parse(bad)).as(bad).isNull();
  }

  static Parameter sample(Class<?> kind) {
    return House.parameters().stream()
        .filter(kind::isInstance)
        .reduce((_, last) -> last)
        .orElseThrow(() -> new AssertionError("the house of these tests has no " + kind));
  }
}
