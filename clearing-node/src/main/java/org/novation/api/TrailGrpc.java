package org.novation.api;

import io.grpc.stub.StreamObserver;
import java.util.List;
import org.novation.protocol.v1.GetTrailHeadRequest;
import org.novation.protocol.v1.GetTrailHeadResponse;
import org.novation.protocol.v1.ListTrailRecordsRequest;
import org.novation.protocol.v1.ListTrailRecordsResponse;
import org.novation.protocol.v1.TrailServiceGrpc.TrailServiceImplBase;
import org.novation.trail.TrailRecord;

/** The trail, as the contract has it. */
final class TrailGrpc extends TrailServiceImplBase {
  private final TrailPort trail;

  TrailGrpc(TrailPort trail) {
    this.trail = trail;
  }

  @Override
  public void getTrailHead(GetTrailHeadRequest request, StreamObserver<GetTrailHeadResponse> call) {
    Stages.finish(
        trail.head(),
        call,
        head ->
            GetTrailHeadResponse.newBuilder()
                .setNumber(head.number())
                .setHash(head.hash())
                .build());
  }

  @Override
  public void listTrailRecords(
      ListTrailRecordsRequest request, StreamObserver<ListTrailRecordsResponse> call) {
    int size = Fields.pageSize(request.getPageSize());
    long after = after(request.getPageToken());
    // One more than asked for tells whether there is a next page.
    Stages.finish(trail.after(after, size + 1), call, found -> page(found, size));
  }

  private static long after(String token) {
    if (token.isEmpty()) return 0;
    long after = Fields.decimal("page_token", token, 0);
    if (after > 0) return after;
    throw Fields.found(
        "page_token", "MALFORMED", "a token is what the page before gave", "value", token);
  }

  private static ListTrailRecordsResponse page(List<TrailRecord> found, int size) {
    ListTrailRecordsResponse.Builder page = ListTrailRecordsResponse.newBuilder();
    for (TrailRecord record : found.subList(0, Math.min(size, found.size())))
      page.addRecords(write(record));
    if (found.size() > size) page.setNextPageToken(Long.toString(found.get(size - 1).number()));
    return page.build();
  }

  private static org.novation.protocol.v1.TrailRecord write(TrailRecord record) {
    return org.novation.protocol.v1.TrailRecord.newBuilder()
        .setNumber(record.number())
        .setAtMs(record.atMs())
        .setPrincipal(record.principal())
        .setAction(record.action())
        .setResource(record.resource())
        .setRequest(record.request())
        .setOutcome(record.outcome())
        .setPrevious(record.previous())
        .setHash(record.hash())
        .build();
  }
}
