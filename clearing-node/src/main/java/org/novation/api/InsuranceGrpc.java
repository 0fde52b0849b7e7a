package org.novation.api;

import com.google.rpc.Code;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import org.novation.api.AccountPort.Watch;
import org.novation.api.InsurancePort.Line;
import org.novation.api.InsurancePort.Place;
import org.novation.api.error.Problem;
import org.novation.clearing.HouseAccount;
import org.novation.money.Decimals;
import org.novation.protocol.v1.ContributeToFundRequest;
import org.novation.protocol.v1.ContributeToFundResponse;
import org.novation.protocol.v1.Fund;
import org.novation.protocol.v1.GetFundRequest;
import org.novation.protocol.v1.GetFundResponse;
import org.novation.protocol.v1.InsuranceServiceGrpc.InsuranceServiceImplBase;
import org.novation.protocol.v1.ListMovementsRequest;
import org.novation.protocol.v1.ListMovementsResponse;
import org.novation.protocol.v1.WatchFundRequest;
import org.novation.protocol.v1.WatchFundResponse;

/** The insurance fund, as the contract has it. */
final class InsuranceGrpc extends InsuranceServiceImplBase {
  private static final int MICROS = 6;

  private static final Problem ONLY_FROM_ACCOUNTS =
      Problem.of(
          Code.FAILED_PRECONDITION,
          "ONLY_FROM_ACCOUNTS",
          "no single token feeds the fund here: transfer from an account, or have custodians attest"
              + " a deposit, to "
              + HouseAccount.FUND,
          "account",
          HouseAccount.FUND);

  private final InsurancePort insurance;
  private final Edge edge;
  private final boolean creditsByToken;

  InsuranceGrpc(InsurancePort insurance, Edge edge, boolean creditsByToken) {
    this.insurance = insurance;
    this.edge = edge;
    this.creditsByToken = creditsByToken;
  }

  @Override
  public void getFund(GetFundRequest request, StreamObserver<GetFundResponse> call) {
    call.onNext(GetFundResponse.newBuilder().setFund(read()).build());
    call.onCompleted();
  }

  private Fund read() {
    InsurancePort.FundView view = insurance.fund();
    if (view != null) return Funds.write(view);
    throw new Problem.Found(Problem.unavailable("this node has not heard of the fund yet"));
  }

  @Override
  public void listMovements(
      ListMovementsRequest request, StreamObserver<ListMovementsResponse> call) {
    int size = Fields.pageSize(request.getPageSize());
    Place from = request.getPageToken().isEmpty() ? null : FundPages.place(request.getPageToken());
    Stages.finish(insurance.movements(from, size), call, InsuranceGrpc::page);
  }

  private static ListMovementsResponse page(List<Line> lines) {
    ListMovementsResponse.Builder page = ListMovementsResponse.newBuilder();
    for (Line line : lines) page.addMovements(Funds.write(line));
    Place next = lines.isEmpty() ? null : FundPages.before(lines.getLast());
    if (next != null) page.setNextPageToken(FundPages.token(next));
    return page.build();
  }

  @Override
  public void watchFund(WatchFundRequest request, StreamObserver<WatchFundResponse> call) {
    Conflating<InsurancePort, WatchFundResponse> states =
        new Conflating<>(
            (ServerCallStreamObserver<WatchFundResponse>) call,
            edge,
            _ -> WatchFundResponse.newBuilder().setFund(read()).build());
    Watch watch = insurance.watch(() -> states.offer(insurance));
    states.start(watch::close);
    if (insurance.fund() != null) states.offer(insurance);
  }

  @Override
  public void contributeToFund(
      ContributeToFundRequest request, StreamObserver<ContributeToFundResponse> call) {
    String id = Fields.id("contribution_id", request.getContributionId());
    long amount = Fields.amount("amount", request.getAmount(), MICROS);
    if (!creditsByToken) throw new Problem.Found(ONLY_FROM_ACCOUNTS);
    Stages.finish(
        insurance.contribute(id, amount),
        call,
        tranche ->
            ContributeToFundResponse.newBuilder()
                .setContributionId(id)
                .setHouseTranche(Decimals.micros(tranche))
                .build());
  }
}
