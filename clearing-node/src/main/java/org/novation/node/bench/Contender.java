package org.novation.node.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.novation.simulation.SimulationException;
import org.novation.simulation.bench.Latency;
import org.novation.simulation.bench.LoadDriver;
import org.novation.simulation.bench.Measured;

/**
 * What one side of the comparison did.
 *
 * @param name of the side
 * @param form how it was driven
 * @param saturated as much as it takes
 * @param half half of that, at a fixed rate
 * @param saturatedCpu processor time during {@code saturated}
 */
record Contender(
    String name, String form, Measured saturated, Measured half, CpuTime saturatedCpu) {
  /** Measures a side whose best form is known. */
  static Contender measure(
      Say say, String name, String form, LoadDriver driver, int inFlight, Duration duration)
      throws InterruptedException {
    say.doing(name + " at saturation: " + form);
    CpuTime before = CpuTime.now();
    Measured saturated = driver.saturate(inFlight, duration);
    CpuTime used = CpuTime.now().since(before);
    if (saturated.novated() == 0)
      throw new SimulationException(name + " novated nothing: " + saturated);
    double rate = saturated.perSecond() / 2;
    say.doing(name + " at half of it: " + Say.count(Math.round(rate)) + " trades/s");
    Measured half = driver.atRate(rate, MOST_IN_FLIGHT, duration);
    return new Contender(name, form, saturated, half, used);
  }

  /** Most trades unanswered at a fixed rate: what one stream allows. */
  static final int MOST_IN_FLIGHT = 16_000;

  double jvmMicros() {
    return saturatedCpu.jvmNanos() / 1e3 / saturated.novated();
  }

  double postgresMicros() {
    return saturatedCpu.postgresNanos() / 1e3 / saturated.novated();
  }

  void write(ObjectNode into) {
    into.put("form", form);
    into.put("jvmCpuMicrosPerTrade", jvmMicros());
    into.put("postgresCpuMicrosPerTrade", postgresMicros());
    write(into.putObject("saturation"), saturated);
    write(into.putObject("half"), half);
  }

  private static void write(ObjectNode into, Measured measured) {
    Latency latency = measured.latency();
    into.put("tradesPerSecond", measured.perSecond());
    into.put("inFlight", measured.inFlight());
    into.put("novated", measured.novated());
    into.put("refused", measured.refused());
    into.put("unknown", measured.unknown());
    into.put("seconds", measured.seconds());
    into.put("p50Micros", latency.p50Micros());
    into.put("p99Micros", latency.p99Micros());
    into.put("p999Micros", latency.p999Micros());
    into.put("maxMicros", latency.maxMicros());
  }
}
