package org.novation.node.clockwork;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.jspecify.annotations.Nullable;
import scala.concurrent.ExecutionContext;

/**
 * A queue of tasks, timers, and a virtual clock. Tasks run in the order in which they came, timers
 * in the order of their hours and then of their making, all of them on the thread that calls {@link
 * #run} and its like. Time stands still while tasks run and moves only when the driver moves it.
 *
 * <p>Belongs to the thread that made it: no other may drive it. Others may put in tasks, as a
 * network's threads do; each such task makes what follows a matter of chance and is counted in
 * {@link #strays}.
 */
public final class Clockwork implements Executor {
  /** The one that an actor system is being made for, on the thread that makes it. */
  private static final ScopedValue<Clockwork> STARTING = ScopedValue.newInstance();

  /** How often what is awaited is looked at, in virtual time. */
  private static final Duration LOOK = Duration.ofMillis(10);

  /**
   * What passes in real time meanwhile, for those that wait for a network and not for the clock.
   */
  private static final Duration BREATH = Duration.ofMillis(1);

  private final long startMs;
  private final Queue<Runnable> ready = new ArrayDeque<>(); // The owner's alone.
  private final Queue<Runnable> arrived = new ConcurrentLinkedQueue<>(); // From other threads.
  private final AtomicLong strays = new AtomicLong();
  private final VirtualTimer timer = new VirtualTimer(this);

  // Guarded by itself: an actor system is made on one thread while another drives.
  private final TreeSet<Timer> timers =
      new TreeSet<>(
          Comparator.comparingLong((Timer timer) -> timer.dueNanos)
              .thenComparingLong(timer -> timer.number));
  private long numbers; // Guarded by timers.

  private volatile Thread owner = Thread.currentThread();
  private volatile boolean lent; // To the thread that drives while the owner waits.
  private volatile long nowNanos;
  private boolean running;

  /**
   * A clockwork that belongs to this thread.
   *
   * @param startMs what {@link #millis} shows first
   */
  public Clockwork(long startMs) {
    this.startMs = startMs;
  }

  static Clockwork starting() {
    return STARTING.get();
  }

  // ---- time

  /** Virtual milliseconds since 1970. */
  public long millis() {
    return startMs + TimeUnit.NANOSECONDS.toMillis(nowNanos);
  }

  /** Virtual nanoseconds since the clockwork was made. */
  public long nanos() {
    return nowNanos;
  }

  /** Wakes at a virtual time. */
  final class Timer {
    private final long dueNanos;
    private final long number;
    private final Runnable wake;
    private boolean cancelled; // Guarded by timers.

    private Timer(long dueNanos, long number, Runnable wake) {
      this.dueNanos = dueNanos;
      this.number = number;
      this.wake = wake;
    }

    /** False when it has woken or was cancelled already. */
    boolean cancel() {
      synchronized (timers) {
        if (!timers.remove(this)) return false;
        cancelled = true;
        return true;
      }
    }

    boolean isCancelled() {
      synchronized (timers) {
        return cancelled;
      }
    }

    long leftNanos() {
      return dueNanos - nowNanos;
    }
  }

  /** Has something called by the driver when so much time has passed. */
  Timer after(long delayNanos, Runnable wake) {
    synchronized (timers) {
      Timer timer = new Timer(nowNanos + Math.max(0, delayNanos), ++numbers, wake);
      timers.add(timer);
      return timer;
    }
  }

  /** Timers and tasks for those who know {@code java.util.concurrent} alone. */
  public ScheduledExecutorService timer() {
    return timer;
  }

  // ---- tasks

  @Override
  public void execute(Runnable task) {
    Thread owned = owner;
    if (Thread.currentThread() == owned) {
      ready.add(task);
      return;
    }
    if (!lent) strays.incrementAndGet();
    arrived.add(task);
    LockSupport.unpark(owned);
  }

  /** How many tasks other threads have put in: 0, where what it does is not a matter of chance. */
  public long strays() {
    return strays.get();
  }

  // ---- driving

  /** Works until nothing is left to do at this time. */
  public void run() {
    if (Thread.currentThread() != owner)
      throw new IllegalStateException("this clockwork is driven by " + owner);
    if (running) throw new IllegalStateException("a task of the clockwork must not wait for it");
    running = true;
    try {
      for (Runnable task = next(); task != null; task = next()) task.run();
    } finally {
      running = false;
    }
  }

  private @Nullable Runnable next() {
    for (Runnable task = arrived.poll(); task != null; task = arrived.poll()) ready.add(task);
    return ready.poll();
  }

  /** Works, and moves time on by so much, waking whom it passes and working after each. */
  public void advance(Duration by) {
    run();
    long untilNanos = Math.addExact(nowNanos, by.toNanos());
    for (Timer due = due(untilNanos); due != null; due = due(untilNanos)) {
      nowNanos = Math.max(nowNanos, due.dueNanos);
      due.wake.run();
      run();
    }
    nowNanos = untilNanos;
  }

  /** The same up to a time that lies ahead. */
  public void advanceTo(Duration sinceMade) {
    advance(Duration.ofNanos(Math.max(0, sinceMade.toNanos() - nowNanos)));
  }

  private @Nullable Timer due(long untilNanos) {
    synchronized (timers) {
      if (timers.isEmpty() || timers.first().dueNanos > untilNanos) return null;
      return timers.pollFirst();
    }
  }

  /** Works and moves time until something is so; false when it is not after so much time. */
  public boolean await(BooleanSupplier done, Duration atMost) {
    run();
    long deadline = Math.addExact(nowNanos, atMost.toNanos());
    while (!done.getAsBoolean()) {
      if (nowNanos >= deadline) return false;
      rest(BREATH);
      advance(LOOK);
    }
    return true;
  }

  /**
   * What a stage gives.
   *
   * @throws TimeoutException when it gives nothing within so much virtual time
   * @throws CompletionException when it fails
   */
  public <T> T await(CompletionStage<T> stage, Duration atMost) throws TimeoutException {
    if (!await(() -> stage.toCompletableFuture().isDone(), atMost)) throw new TimeoutException();
    return stage.toCompletableFuture().join();
  }

  /** Waits until another thread puts in a task, for so much real time at most. */
  public void rest(Duration atMost) {
    if (ready.isEmpty() && arrived.isEmpty()) LockSupport.parkNanos(this, atMost.toNanos());
  }

  /**
   * Makes a call that waits for the actors that it starts: works meanwhile, on another thread.
   * Virtual time stands still.
   */
  public <T> T during(Supplier<T> call) {
    run();
    Thread caller = Thread.currentThread();
    Lending lending = new Lending();
    FutureTask<Void> task = new FutureTask<>(lending, null);
    Thread helper = Thread.ofPlatform().name("novation-clockwork").daemon(true).unstarted(task);
    lent = true;
    owner = helper;
    helper.start();
    try {
      return call.get();
    } finally {
      lending.over = true;
      LockSupport.unpark(helper);
      end(task);
      owner = caller;
      lent = false;
    }
  }

  private final class Lending implements Runnable {
    volatile boolean over;

    @Override
    public void run() {
      while (!over) {
        Clockwork.this.run();
        rest(LOOK);
      }
    }
  }

  private static void end(FutureTask<Void> helper) {
    boolean interrupted = false;
    while (true) {
      try {
        helper.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        throw new CompletionException("a task failed", e.getCause());
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  // ---- Pekko

  /** Makes an actor system whose every dispatcher and timer is this clockwork. */
  public <T> ActorSystem<T> system(Behavior<T> guardian, String name, Config config) {
    Config own = ConfigFactory.parseResources("clockwork.conf");
    BootstrapSetup setup =
        BootstrapSetup.create(own.withFallback(config))
            .withDefaultExecutionContext(ExecutionContext.fromExecutor(this));
    return during(
        () ->
            ScopedValue.where(STARTING, this)
                .call(() -> ActorSystem.create(guardian, name, setup)));
  }
}
