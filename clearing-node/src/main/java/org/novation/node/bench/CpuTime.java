package org.novation.node.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Objects;

/**
 * Processor time that this JVM and the PostgreSQL servers that it can see have used: on a machine
 * that others share, time per trade says more than trades per second.
 */
record CpuTime(long jvmNanos, long postgresNanos) {
  static CpuTime now() {
    OperatingSystemMXBean system =
        Objects.requireNonNull(
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class),
            "this JVM does not tell its processor time");
    long postgres =
        ProcessHandle.allProcesses()
            .map(ProcessHandle::info)
            .filter(info -> info.command().orElse("").endsWith("/postgres"))
            .map(info -> info.totalCpuDuration().orElse(Duration.ZERO))
            .mapToLong(Duration::toNanos)
            .sum();
    return new CpuTime(system.getProcessCpuTime(), postgres);
  }

  /** What was used since; never negative, although servers' processes may have ended. */
  CpuTime since(CpuTime before) {
    return new CpuTime(
        Math.max(0, jvmNanos - before.jvmNanos), Math.max(0, postgresNanos - before.postgresNanos));
  }
}
