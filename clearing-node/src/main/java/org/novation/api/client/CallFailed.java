package org.novation.api.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call that did not succeed: what the house said, or that it could not be asked. */
public final class CallFailed extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final Kind kind;
  private final String code;
  private final String reason;
  private final transient Map<String, String> numbers;

  /** What a failure means to the caller. */
  public enum Kind {
    /** Final: the house said no, and nothing changed. */
    REFUSED,
    /** Final: the request itself was wrong. */
    BAD_INPUT,
    /** Unknown, or not reached: may be retried with the same id. */
    UNAVAILABLE
  }

  private CallFailed(
      Code code,
      String reason,
      String message,
      Map<String, String> numbers,
      @Nullable Throwable cause) {
    super(message, cause, false, false);
    this.kind = kind(code);
    this.code = code.name();
    this.reason = reason;
    this.numbers = Map.copyOf(numbers);
  }

  /** From what the house said. */
  public static CallFailed of(Status status) {
    return of(status, null);
  }

  private static CallFailed of(Status status, @Nullable Throwable cause) {
    Code code = Code.forNumber(status.getCode());
    ErrorInfo info = info(status);
    return new CallFailed(
        code == null ? Code.UNKNOWN : code,
        info.getReason(),
        status.getMessage(),
        info.getMetadataMap(),
        cause);
  }

  /** From how a call ended. */
  static CallFailed of(Throwable failure) {
    if (failure instanceof CallFailed known) return known;
    Status status = StatusProto.fromThrowable(failure);
    if (status == null) throw new IllegalStateException("not the end of a call", failure);
    return of(status, failure);
  }

  /** A failure on this side. */
  static CallFailed unavailable(String message) {
    return new CallFailed(Code.UNAVAILABLE, "UNAVAILABLE", message, Map.of(), null);
  }

  private static ErrorInfo info(Status status) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return detail.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException e) {
          return ErrorInfo.getDefaultInstance(); // The code and the message still say enough.
        }
      }
    }
    return ErrorInfo.getDefaultInstance();
  }

  private static Kind kind(Code code) {
    return switch (code) {
      case UNAVAILABLE,
          DEADLINE_EXCEEDED,
          CANCELLED,
          RESOURCE_EXHAUSTED,
          UNKNOWN,
          INTERNAL,
          ABORTED,
          DATA_LOSS ->
          Kind.UNAVAILABLE;
      case INVALID_ARGUMENT -> Kind.BAD_INPUT;
      case OK,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          UNAUTHENTICATED,
          FAILED_PRECONDITION,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          UNRECOGNIZED ->
          Kind.REFUSED;
    };
  }

  public Kind kind() {
    return kind;
  }

  /** The canonical code's name, e.g. {@code FAILED_PRECONDITION}. */
  public String code() {
    return code;
  }

  /** The machine-readable reason, e.g. {@code INSUFFICIENT_MARGIN}; empty when there is none. */
  public String reason() {
    return reason;
  }

  /** The figures that the reason depends on, by name. */
  public Map<String, String> numbers() {
    return numbers;
  }
}
