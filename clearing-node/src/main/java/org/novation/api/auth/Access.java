package org.novation.api.auth;

import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.novation.protocol.v1.AccessServiceGrpc;
import org.novation.protocol.v1.AccountServiceGrpc;
import org.novation.protocol.v1.AdlServiceGrpc;
import org.novation.protocol.v1.BrakeServiceGrpc;
import org.novation.protocol.v1.ClearingServiceGrpc;
import org.novation.protocol.v1.CorrectionServiceGrpc;
import org.novation.protocol.v1.CustodyServiceGrpc;
import org.novation.protocol.v1.GiveUpServiceGrpc;
import org.novation.protocol.v1.GovernanceServiceGrpc;
import org.novation.protocol.v1.InsuranceServiceGrpc;
import org.novation.protocol.v1.LiquidationServiceGrpc;
import org.novation.protocol.v1.MarketServiceGrpc;
import org.novation.protocol.v1.TrailServiceGrpc;

/**
 * The one table of who may call what. A call that is not in it is denied to everybody; a role that
 * is not in a call's row is denied that call. How far a role reaches within a call is its {@link
 * Grant}, which the service holds it to.
 */
public final class Access {
  /**
   * Answers without a token: load balancers and orchestrators have none, and it tells nothing but
   * whether the node serves.
   */
  static final Set<String> OPEN =
      Set.of(
          "grpc.health.v1.Health/Check",
          "grpc.health.v1.Health/Watch",
          "grpc.health.v1.Health/List");

  private static final Map<String, Row> TABLE =
      table(
          row(ClearingServiceGrpc.getSubmitTradeMethod(), own(Role.VENUE)),
          row(ClearingServiceGrpc.getSubmitTradesMethod(), own(Role.VENUE)),
          row(
              ClearingServiceGrpc.getGetTradeMethod(),
              own(Role.VENUE),
              own(Role.MEMBER),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          recorded(
              AccountServiceGrpc.getOpenAccountMethod(),
              own(Role.MEMBER),
              own(Role.VOTER),
              own(Role.LIQUIDATOR),
              any(Role.OPERATOR)),
          recorded(AccountServiceGrpc.getDepositMethod(), any(Role.CUSTODIAN), any(Role.OPERATOR)),
          recorded(CorrectionServiceGrpc.getProposeCorrectionMethod(), any(Role.OPERATOR)),
          recorded(CorrectionServiceGrpc.getApproveCorrectionMethod(), any(Role.OPERATOR)),
          recorded(CorrectionServiceGrpc.getRejectCorrectionMethod(), any(Role.OPERATOR)),
          row(
              CorrectionServiceGrpc.getListCorrectionsMethod(),
              own(Role.MEMBER),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(GiveUpServiceGrpc.getProposeGiveUpMethod(), own(Role.MEMBER)),
          row(GiveUpServiceGrpc.getAcceptGiveUpMethod(), own(Role.MEMBER)),
          row(GiveUpServiceGrpc.getDeclineGiveUpMethod(), own(Role.MEMBER)),
          row(GiveUpServiceGrpc.getCancelGiveUpMethod(), own(Role.MEMBER)),
          row(GiveUpServiceGrpc.getPermitGiveUpsMethod(), own(Role.MEMBER)),
          row(
              GiveUpServiceGrpc.getListGiveUpsMethod(),
              own(Role.MEMBER),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          // No operator: nobody moves another's money.
          row(AccountServiceGrpc.getTransferMethod(), own(Role.MEMBER), own(Role.LIQUIDATOR)),
          recorded(
              AccountServiceGrpc.getSetLeverageCapMethod(), own(Role.MEMBER), any(Role.OPERATOR)),
          row(
              AccountServiceGrpc.getGetAccountMethod(),
              own(Role.MEMBER),
              own(Role.VOTER),
              own(Role.LIQUIDATOR),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(
              AccountServiceGrpc.getListAccountsMethod(),
              own(Role.MEMBER),
              own(Role.VOTER),
              own(Role.LIQUIDATOR),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(
              AccountServiceGrpc.getWatchAccountMethod(),
              own(Role.MEMBER),
              own(Role.LIQUIDATOR),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(
              AccountServiceGrpc.getPreviewTradeMethod(),
              own(Role.MEMBER),
              own(Role.LIQUIDATOR),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(MarketServiceGrpc.getPublishPricesMethod(), own(Role.ORACLE)),
          row(MarketServiceGrpc.getReportQuotesMethod(), own(Role.VENUE)),
          row(MarketServiceGrpc.getGetMarketMethod(), anybody()),
          row(MarketServiceGrpc.getListMarketsMethod(), anybody()),
          row(MarketServiceGrpc.getWatchMarketMethod(), anybody()),
          row(LiquidationServiceGrpc.getWatchAuctionsMethod(), readersOfAuctions()),
          row(LiquidationServiceGrpc.getListAuctionsMethod(), readersOfAuctions()),
          row(LiquidationServiceGrpc.getGetAuctionMethod(), readersOfAuctions()),
          row(
              LiquidationServiceGrpc.getWatchTransitionsMethod(),
              any(Role.VENUE),
              any(Role.LIQUIDATOR),
              own(Role.MEMBER),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(LiquidationServiceGrpc.getPlaceBidMethod(), own(Role.LIQUIDATOR)),
          row(
              LiquidationServiceGrpc.getGetBidMethod(),
              own(Role.LIQUIDATOR),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          recorded(CustodyServiceGrpc.getAttestDepositMethod(), any(Role.CUSTODIAN)),
          row(CustodyServiceGrpc.getRequestWithdrawalMethod(), own(Role.MEMBER)),
          recorded(CustodyServiceGrpc.getApproveWithdrawalMethod(), any(Role.CUSTODIAN)),
          recorded(CustodyServiceGrpc.getDisputeWithdrawalMethod(), any(Role.CUSTODIAN)),
          recorded(
              CustodyServiceGrpc.getCancelWithdrawalMethod(),
              own(Role.MEMBER),
              any(Role.CUSTODIAN)),
          row(CustodyServiceGrpc.getListWithdrawalsMethod(), readersOfWithdrawals()),
          row(CustodyServiceGrpc.getGetWithdrawalMethod(), readersOfWithdrawals()),
          row(CustodyServiceGrpc.getWatchWithdrawalsMethod(), readersOfWithdrawals()),
          row(
              CustodyServiceGrpc.getGetCustodyMethod(),
              any(Role.CUSTODIAN),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(GovernanceServiceGrpc.getProposeMethod(), voters()),
          row(GovernanceServiceGrpc.getDepositStakeMethod(), voters()),
          row(GovernanceServiceGrpc.getWithdrawProposalMethod(), voters()),
          row(GovernanceServiceGrpc.getCastVoteMethod(), voters()),
          row(GovernanceServiceGrpc.getDelegateMethod(), voters()),
          row(GovernanceServiceGrpc.getStakeTokensMethod(), voters()),
          row(GovernanceServiceGrpc.getUnstakeTokensMethod(), voters()),
          recorded(
              GovernanceServiceGrpc.getExecuteProposalMethod(),
              any(Role.MEMBER),
              any(Role.VOTER),
              any(Role.OPERATOR)),
          // What counts is the signature of a member of the council.
          recorded(GovernanceServiceGrpc.getTightenMethod(), any(Role.VOTER), any(Role.OPERATOR)),
          recorded(
              GovernanceServiceGrpc.getCancelProposalMethod(), any(Role.VOTER), any(Role.OPERATOR)),
          recorded(
              GovernanceServiceGrpc.getApproveActMethod(), any(Role.VOTER), any(Role.OPERATOR)),
          row(
              GovernanceServiceGrpc.getPreviewProposalMethod(),
              any(Role.MEMBER),
              any(Role.VOTER),
              any(Role.LIQUIDATOR),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(GovernanceServiceGrpc.getGetProposalMethod(), anybody()),
          row(GovernanceServiceGrpc.getListProposalsMethod(), anybody()),
          row(GovernanceServiceGrpc.getListParametersMethod(), anybody()),
          row(GovernanceServiceGrpc.getWatchProposalsMethod(), anybody()),
          row(
              GovernanceServiceGrpc.getGetStakeMethod(),
              own(Role.MEMBER),
              own(Role.VOTER),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(InsuranceServiceGrpc.getGetFundMethod(), anybody()),
          row(InsuranceServiceGrpc.getListMovementsMethod(), anybody()),
          row(InsuranceServiceGrpc.getWatchFundMethod(), anybody()),
          recorded(InsuranceServiceGrpc.getContributeToFundMethod(), any(Role.OPERATOR)),
          recorded(BrakeServiceGrpc.getSetPauseMethod(), any(Role.OPERATOR)),
          recorded(BrakeServiceGrpc.getClearPauseMethod(), any(Role.OPERATOR)),
          row(BrakeServiceGrpc.getListPausesMethod(), anybody()),
          row(
              AdlServiceGrpc.getGetRankMethod(),
              own(Role.MEMBER),
              any(Role.OPERATOR),
              any(Role.AUDITOR)),
          row(AdlServiceGrpc.getWatchAdlMethod(), anybody()),
          row(AdlServiceGrpc.getGetReceiptMethod(), anybody()),
          row(AdlServiceGrpc.getListWavesMethod(), anybody()),
          recorded(AccessServiceGrpc.getRevokeTokenMethod(), any(Role.OPERATOR)),
          recorded(AccessServiceGrpc.getRevokePrincipalMethod(), any(Role.OPERATOR)),
          row(AccessServiceGrpc.getListRevocationsMethod(), any(Role.OPERATOR), any(Role.AUDITOR)),
          row(TrailServiceGrpc.getGetTrailHeadMethod(), any(Role.OPERATOR), any(Role.AUDITOR)),
          row(TrailServiceGrpc.getListTrailRecordsMethod(), any(Role.OPERATOR), any(Role.AUDITOR)),
          // What can be called is no secret among those who may call something.
          row("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", anybody()));

  private record Row(String method, Map<Role, Grant> roles, boolean recorded) {}

  private record Cell(Role role, Grant grant) {}

  private Access() {}

  /** How far these roles reach in a call, by its full name; empty when they may not make it. */
  static Set<Grant> grants(String method, Set<Role> roles) {
    Map<Role, Grant> row = cells(method);
    Set<Grant> grants = EnumSet.noneOf(Grant.class);
    for (Role role : roles) {
      Grant grant = row.get(role);
      if (grant != null) grants.add(grant);
    }
    return grants;
  }

  /**
   * Whether the trail keeps a record of a call: it changes something, and its caller reaches what
   * is not its own.
   */
  public static boolean recorded(String method, Caller caller) {
    Row row = TABLE.get(method);
    return row != null && row.recorded() && caller.reachesAny();
  }

  /**
   * Whether a recorded call is made with no office's power: it is recorded whoever makes it, and is
   * judged by a signature or a vote after that.
   */
  public static boolean recordedOfAnybody(String method, Caller caller) {
    if (!recorded(method, caller)) return false;
    Map<Role, Grant> row = cells(method);
    return caller.principal().roles().stream()
        .filter(role -> row.get(role) == Grant.ANY)
        .noneMatch(role -> role == Role.OPERATOR || role == Role.CUSTODIAN);
  }

  /** Whether a recorded call is made with an operator's power, and with no other office's. */
  public static boolean byOperator(String method, Caller caller) {
    if (!recorded(method, caller)) return false;
    Map<Role, Grant> row = cells(method);
    return caller.principal().roles().stream()
        .filter(role -> row.get(role) == Grant.ANY)
        .allMatch(Role.OPERATOR::equals);
  }

  /** The roles that may make a call; empty for one that nobody may make. */
  static Set<Role> roles(String method) {
    return cells(method).keySet();
  }

  private static Map<Role, Grant> cells(String method) {
    Row row = TABLE.get(method);
    return row == null ? Map.of() : row.roles();
  }

  private static Map<String, Row> table(Row... rows) {
    Map<String, Row> table = new HashMap<>();
    for (Row row : rows) table.put(row.method(), row);
    return Map.copyOf(table);
  }

  private static Row row(MethodDescriptor<?, ?> method, Cell... cells) {
    return row(method.getFullMethodName(), cells);
  }

  /**
   * The same of a call that changes something with the power of an office: see {@link #recorded}. A
   * call of one request only.
   */
  private static Row recorded(MethodDescriptor<?, ?> method, Cell... cells) {
    if (method.getType() != MethodDescriptor.MethodType.UNARY)
      throw new IllegalArgumentException(
          "a stream cannot be recorded: " + method.getFullMethodName());
    Row row = row(method, cells);
    return new Row(row.method(), row.roles(), true);
  }

  private static Row row(String method, Cell... cells) {
    Map<Role, Grant> roles = new EnumMap<>(Role.class);
    for (Cell cell : cells) roles.put(cell.role(), cell.grant());
    return new Row(method, Collections.unmodifiableMap(roles), false);
  }

  private static Cell any(Role role) {
    return new Cell(role, Grant.ANY);
  }

  /** What is a role's own follows from the role. */
  private static Cell own(Role role) {
    return switch (role) {
      case VENUE -> new Cell(role, Grant.OWN_VENUE);
      case MEMBER, LIQUIDATOR, VOTER -> new Cell(role, Grant.OWN_ACCOUNTS);
      case ORACLE -> new Cell(role, Grant.OWN_FEED);
      case CUSTODIAN, OPERATOR, AUDITOR ->
          throw new IllegalArgumentException("nothing belongs to a " + role.claim());
    };
  }

  /** Who takes, watches or answers for what is sold; a whole house of the trade. */
  private static Cell[] readersOfAuctions() {
    return new Cell[] {
      any(Role.LIQUIDATOR), any(Role.MEMBER), any(Role.VENUE), any(Role.OPERATOR), any(Role.AUDITOR)
    };
  }

  private static Cell[] readersOfWithdrawals() {
    return new Cell[] {
      own(Role.MEMBER), any(Role.CUSTODIAN), any(Role.OPERATOR), any(Role.AUDITOR)
    };
  }

  /** Whoever has an account can hold tokens in it, and vote with them. */
  private static Cell[] voters() {
    return new Cell[] {own(Role.MEMBER), own(Role.VOTER)};
  }

  private static Cell[] anybody() {
    List<Cell> cells = Arrays.stream(Role.values()).map(Access::any).toList();
    return cells.toArray(new Cell[0]);
  }
}
