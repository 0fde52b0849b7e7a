package org.novation.node.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.novation.simulation.Ink;
import org.novation.simulation.Progress;

/** How far a replay is, on stderr: a bar on a terminal, elsewhere a line now and then. */
final class ReplayProgress implements Progress, AutoCloseable {
  private static final long LINE_EVERY_NANOS = 10_000_000_000L;

  private final PrintStream err;
  private final boolean animated;
  private final Ink ink;
  private final LongSupplier nanoTime;
  private @Nullable ProgressBar bar;
  private long lineDue;

  ReplayProgress(PrintStream err, boolean animated, Ink ink, LongSupplier nanoTime) {
    this.err = err;
    this.animated = animated;
    this.ink = ink;
    this.nanoTime = nanoTime;
  }

  static ReplayProgress onStderr() {
    return new ReplayProgress(
        System.err, Screen.isTerminal(), Screen.ink(System.getenv()), System::nanoTime);
  }

  @Override
  public void doing(String what) {
    if (bar != null) close();
    if (animated) {
      err.print("\r\u001B[K" + what);
      err.flush();
    } else if (due()) {
      err.println(what);
    }
  }

  @Override
  public void step(long done, long total, long trades, long triggers) {
    String extra = String.format(Locale.ROOT, "%,d trades, %,d triggers", trades, triggers);
    if (animated) {
      if (bar == null) bar = open(total);
      bar.setExtraMessage(" " + extra);
      bar.stepTo(done);
    } else if (due()) {
      err.printf(
          Locale.ROOT, "%3d %%  step %,d of %,d, %s%n", done * 100 / total, done, total, extra);
    }
  }

  @Override
  public void close() {
    if (bar != null) bar.close();
    else if (animated) err.print("\r\u001B[K");
    bar = null;
  }

  private ProgressBar open(long total) {
    err.print("\r\u001B[K");
    return new ProgressBarBuilder()
        .setTaskName("replay")
        .setInitialMax(total)
        .setStyle(
            switch (ink) {
              case COLOUR -> ProgressBarStyle.COLORFUL_UNICODE_BLOCK;
              case PLAIN -> ProgressBarStyle.UNICODE_BLOCK;
            })
        .setUpdateIntervalMillis(200)
        .setConsumer(new ConsoleProgressBarConsumer(err))
        .build();
  }

  /** The first at once, then one every ten seconds. */
  private boolean due() {
    long now = nanoTime.getAsLong();
    if (lineDue != 0 && now < lineDue) return false;
    lineDue = now + LINE_EVERY_NANOS;
    return true;
  }
}
