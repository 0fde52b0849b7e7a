package org.novation.api;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.novation.api.error.Problem;
import org.novation.api.error.Refusals;
import org.novation.instrument.Catalogue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what the trade answers, later and by any thread, into the one answer of a call. */
final class Stages {
  private static final Logger LOG = LoggerFactory.getLogger(Stages.class);

  /** Longer than the trade takes to answer; then the caller is told that the outcome is unknown. */
  private static final long TIMEOUT_SECONDS = 30;

  private static final Context.Key<ScheduledExecutorService> TIMER = Context.key("timer");

  private Stages() {}

  /** Answers a call with what a stage gives, or refuses it. */
  static <T, A> void answer(
      CompletionStage<Answer<T>> stage,
      StreamObserver<A> call,
      Supplier<Catalogue> catalogue,
      Function<T, A> write) {
    finish(stage, call, answer -> write.apply(value(answer, catalogue)));
  }

  /**
   * What was done.
   *
   * @throws Problem.Found when it was not
   */
  static <T> T value(Answer<T> answer, Supplier<Catalogue> catalogue) {
    return switch (answer) {
      case Answer.Done<T>(var value) -> value;
      case Answer.Refused<T>(var why) ->
          throw new Problem.Found(Refusals.problem(why, catalogue.get()));
      case Answer.Unavailable<T>(var why) -> throw new Problem.Found(Problem.unavailable(why));
    };
  }

  /** Answers a call with what a stage gives; {@code write} may throw {@link Problem.Found}. */
  static <T, A> void finish(
      CompletionStage<T> stage, StreamObserver<A> call, Function<T, A> write) {
    // Without a handler an answer to a caller that has left would throw.
    ((ServerCallStreamObserver<A>) call).setOnCancelHandler(() -> {});
    var _ =
        timely(stage)
            .thenApply(write)
            .whenComplete(
                (answer, failure) -> {
                  if (failure == null) {
                    call.onNext(answer);
                    call.onCompleted();
                  } else {
                    call.onError(problem(failure).toException());
                  }
                });
  }

  /** A stage that fails when the trade does not answer in time. */
  static <T> CompletableFuture<T> timely(CompletionStage<T> stage) {
    // A copy, so that the time-out does not reach into the stage of the trade.
    CompletableFuture<T> copy = stage.toCompletableFuture().copy();
    ScheduledExecutorService timer = TIMER.get();
    if (timer == null || copy.isDone()) return copy.orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    ScheduledFuture<?> late =
        timer.schedule(
            () -> copy.completeExceptionally(new TimeoutException()),
            TIMEOUT_SECONDS,
            TimeUnit.SECONDS);
    var _ = copy.whenComplete((_, _) -> late.cancel(false));
    return copy;
  }

  /** Has the calls of a server timed by its own timer: time may be virtual. */
  static ServerInterceptor timedBy(ScheduledExecutorService timer) {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Context timed = Context.current().withValue(TIMER, timer);
        return Contexts.interceptCall(timed, call, headers, next);
      }
    };
  }

  /** What a stage's failure means to the caller. */
  static Problem problem(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null)
      cause = cause.getCause();
    if (cause instanceof Problem.Found found) return found.problem();
    if (cause instanceof TimeoutException)
      return Problem.unavailable("there was no answer in time");
    LOG.warn("A call failed", cause);
    return Problem.unavailable("the node could not answer");
  }
}
