package org.novation.api;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;

/** How a call ended, in a word or two: {@code OK}, or its code and reason. */
final class Ending {
  private Ending() {}

  static String of(Status status, Metadata trailers) {
    if (status.isOk()) return "OK";
    String reason = reason(StatusProto.fromStatusAndTrailers(status, trailers));
    return reason.isEmpty() ? status.getCode().name() : status.getCode() + " " + reason;
  }

  private static String reason(com.google.rpc.Status status) {
    for (Any detail : status.getDetailsList()) {
      if (!detail.is(ErrorInfo.class)) continue;
      try {
        return detail.unpack(ErrorInfo.class).getReason();
      } catch (InvalidProtocolBufferException e) {
        return ""; // Its code says enough.
      }
    }
    return "";
  }
}
