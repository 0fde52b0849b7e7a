package org.novation.governance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.novation.governance.House.NOW;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.novation.instrument.Catalogue;
import org.novation.node.InstrumentConfig;

/** What the house is shipped with can be voted on: it breaks none of governance's bounds. */
final class ShippedConfigurationTest {
  @Test
  void setsUpAHouseWithEverythingThatIsListed() {
    Catalogue catalogue = InstrumentConfig.in(Path.of("..", "config")).catalogue();
    List<Parameter> parameters = new ArrayList<>();
    Set<String> indices = new TreeSet<>();
    for (int i = 0; i < catalogue.instruments(); i++) {
      parameters.add(new Parameter.Contract(catalogue.perpetual(i), false));
      indices.add(catalogue.perpetual(i).underlying());
    }
    for (int a = 0; a < catalogue.assets(); a++) {
      parameters.add(new Parameter.Collateral(catalogue.asset(a)));
      if (a > 0) indices.add(catalogue.asset(a).symbol());
    }
    for (String index : indices)
      parameters.add(new Parameter.Oracles(index, List.of("oracle-1", "oracle-2", "oracle-3")));
    for (Parameter each : House.parameters()) {
      boolean listed =
          each instanceof Parameter.Contract
              || each instanceof Parameter.Collateral
              || each instanceof Parameter.Oracles;
      if (!listed) parameters.add(each);
    }
    Governance house = House.after(Governance.EMPTY, new GovernanceCommand.SetUp(parameters), NOW);
    Catalogue inForce = house.parameters().catalogue(NOW);
    assertThat(inForce.instruments()).isEqualTo(catalogue.instruments()).isPositive();
    for (int i = 0; i < catalogue.instruments(); i++)
      assertThat(inForce.perpetual(i)).isEqualTo(catalogue.perpetual(i));
    for (int a = 0; a < catalogue.assets(); a++)
      assertThat(inForce.asset(a)).isEqualTo(catalogue.asset(a));
    assertThat(house.parameters().custody(NOW)).isNotNull();
  }
}
