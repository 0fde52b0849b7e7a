package org.novation.api.error;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a call failed, for people and for programs.
 *
 * @param code what kind of failure it is
 * @param reason which one exactly: an upper-case name that never changes its meaning
 * @param message a sentence for a person, saying what to do where that is not obvious
 * @param numbers every figure that the reason depends on, by name
 * @param field the malformed field's path in the request, or null
 */
public record Problem(
    Code code, String reason, String message, Map<String, String> numbers, @Nullable String field) {
  /** The domain of every reason. */
  public static final String DOMAIN = "novation.org";

  public Problem {
    numbers = Map.copyOf(numbers);
  }

  /** A problem with its figures, given as name, value, name, value. */
  public static Problem of(Code code, String reason, String message, String... numbers) {
    return new Problem(code, reason, message, pairs(numbers), null);
  }

  /** INVALID_ARGUMENT on a field of the request, with figures given as name, value, name, value. */
  public static Problem inField(String field, String reason, String message, String... numbers) {
    Map<String, String> figures = pairs(numbers);
    figures.put("field", field);
    return new Problem(Code.INVALID_ARGUMENT, reason, message, figures, field);
  }

  /** The outcome is unknown; the call may be retried with the same id. */
  public static Problem unavailable(String why) {
    return of(Code.UNAVAILABLE, "UNAVAILABLE", why + ": retry with the same id");
  }

  private static Map<String, String> pairs(String... numbers) {
    Map<String, String> figures = new LinkedHashMap<>();
    for (int i = 0; i < numbers.length; i += 2) figures.put(numbers[i], numbers[i + 1]);
    return figures;
  }

  /** The same problem, of a part of the request: its field's path begins there. */
  public Problem within(String part) {
    if (field == null) return this;
    Map<String, String> figures = new LinkedHashMap<>(numbers);
    figures.put("field", part + '.' + field);
    return new Problem(code, reason, message, figures, part + '.' + field);
  }

  /** As it travels. */
  public Status toStatus() {
    Status.Builder status = Status.newBuilder().setCode(code.getNumber()).setMessage(message);
    status.addDetails(
        Any.pack(
            ErrorInfo.newBuilder()
                .setReason(reason)
                .setDomain(DOMAIN)
                .putAllMetadata(numbers)
                .build()));
    if (field != null) {
      status.addDetails(
          Any.pack(
              BadRequest.newBuilder()
                  .addFieldViolations(
                      BadRequest.FieldViolation.newBuilder()
                          .setField(field)
                          .setDescription(message)
                          .setReason(reason))
                  .build()));
    }
    return status.build();
  }

  /** As a call fails with it. */
  public StatusRuntimeException toException() {
    return StatusProto.toStatusRuntimeException(toStatus());
  }

  /**
   * Thrown while a request is read, so that nothing of it goes any further. Carries no stack trace:
   * it is an answer.
   */
  public static final class Found extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Problem problem;

    public Found(Problem problem) {
      super(problem.message(), null, false, false);
      this.problem = problem;
    }

    public Problem problem() {
      return problem;
    }
  }
}
