package org.novation.node;

import java.util.concurrent.CompletionStage;

/**
 * Answers of actors. Pekko gives them as stages whose every continuation takes a thread of the
 * JVM's common pool: one hop more for each step, and by a thread that nobody has a say over. Here
 * they continue where the answer comes, and so must not wait.
 */
final class InPlace {
  private InPlace() {}

  /** The same answer, continued where it comes. */
  static <T> CompletionStage<T> of(CompletionStage<T> answer) {
    return answer.toCompletableFuture().copy();
  }
}
