package org.novation.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.novation.api.SubmitTradesTest.await;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Updates;
import org.novation.deleveraging.AdlPolicy.Kind;
import org.novation.deleveraging.Allocation.Unfilled;
import org.novation.deleveraging.WaveSummary;
import org.novation.protocol.v1.AdlPolicy;
import org.novation.protocol.v1.AdlServiceGrpc;
import org.novation.protocol.v1.AdlWave;
import org.novation.protocol.v1.GetRankRequest;
import org.novation.protocol.v1.GetReceiptRequest;
import org.novation.protocol.v1.GetReceiptResponse;
import org.novation.protocol.v1.ListWavesRequest;
import org.novation.protocol.v1.ListWavesResponse;
import org.novation.protocol.v1.PositionRank;
import org.novation.protocol.v1.UnfilledLots;
import org.novation.protocol.v1.WatchAdlResponse;

/** Ranks, waves and receipts through the port. */
final class AdlServiceTest {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private static EdgeNode node;

  @BeforeAll
  static void start(@TempDir Path home) throws Exception {
    node = new EdgeNode(home, PATIENCE);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @BeforeEach
  void forget() {
    node.trade.forwarded.clear();
    node.trade.wave = null;
    node.trade.receipt = new byte[0];
  }

  static WaveSummary wave(long finishedAtMs, int stepsOpen) {
    return new WaveSummary(
        1,
        "main-1",
        "ab",
        Kind.PRO_RATA,
        1_000,
        finishedAtMs,
        100_000_000,
        7,
        2,
        5,
        stepsOpen,
        1,
        5,
        90_000_000,
        90_000_000,
        finishedAtMs == 0 ? 0 : 90_000_000,
        finishedAtMs == 0 ? 0 : 10_000_000,
        0,
        finishedAtMs == 0 ? List.of() : List.of(new Unfilled("BTC-PERP", 2)),
        3_000_000);
  }

  private static AdlServiceGrpc.AdlServiceBlockingStub as(String name) {
    return AdlServiceGrpc.newBlockingStub(node.channel).withInterceptors(node.as(name));
  }

  @Test
  void tellsAMemberWhereItsOwnPositionsStand() {
    GetRankRequest own = GetRankRequest.newBuilder().setAccountId("a-1").build();
    assertThat(as("alice").getRank(own).getRanksList())
        .containsExactly(
            PositionRank.newBuilder()
                .setInstrument("BTC-PERP")
                .setQuantity("-2")
                .setUnrealisedProfit("2.5")
                .setRank(4)
                .setPositions(40)
                .setLights(5)
                .build());
  }

  @Test
  void tellsNobodyOfOthersPositionsNorOfAccountsThatAreNotThere() {
    GetRankRequest others = GetRankRequest.newBuilder().setAccountId("b-1").build();
    assertRefused(() -> as("alice").getRank(others), Code.NOT_FOUND, "UNKNOWN_ACCOUNT");
    GetRankRequest nobody = GetRankRequest.newBuilder().setAccountId("x").build();
    assertRefused(() -> as("operator").getRank(nobody), Code.NOT_FOUND, "UNKNOWN_ACCOUNT");
    assertThat(node.trade.forwarded).noneMatch(each -> each.startsWith("ranks"));
  }

  @Test
  void listsWavesWithEveryFigure() {
    node.trade.wave = wave(2_000, 0);
    ListWavesResponse page =
        as("voter")
            .listWaves(ListWavesRequest.newBuilder().setPageSize(5).setPageToken("33").build());
    assertThat(node.trade.forwarded).containsExactly("waves before 33 at most 5");
    assertThat(page.getNextPageToken()).isEqualTo("77");
    assertThat(page.getWavesList())
        .containsExactly(
            AdlWave.newBuilder()
                .setWaveId("main-1")
                .setReceiptSha256("ab")
                .setPolicy(AdlPolicy.ADL_POLICY_PRO_RATA)
                .setBeganAtMs(1_000)
                .setFinishedAtMs(2_000)
                .setDeficit("100")
                .setHaircut("90")
                .setOvershoot("-10")
                .setTaken("90")
                .setPaid("90")
                .setUncovered("10")
                .setNeededLots(7)
                .setClosedLots(5)
                .addUnfilled(UnfilledLots.newBuilder().setInstrument("BTC-PERP").setLots(2))
                .setCandidates(2)
                .setSteps(5)
                .setReplaced(1)
                .setFundPaid("3")
                .build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "x", "1.5", "99999999999999999999", " 1"})
  void refusesATokenThatNoPageGave(String token) {
    ListWavesRequest request = ListWavesRequest.newBuilder().setPageToken(token).build();
    StatusRuntimeException failure =
        catchThrowableOfType(StatusRuntimeException.class, () -> as("auditor").listWaves(request));
    assertThat(failure.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(failure.getStatus().getDescription()).isNotBlank();
    assertThat(node.trade.forwarded).isEmpty();
  }

  @Test
  void refusesIdsAndSizesThatCannotBe() {
    for (String id : List.of("", "a b", "x".repeat(65), "main/1")) {
      assertRefused(
          () -> as("auditor").getReceipt(receipt(id)).hasNext(),
          Code.INVALID_ARGUMENT,
          "MALFORMED");
      GetRankRequest rank = GetRankRequest.newBuilder().setAccountId(id).build();
      assertRefused(() -> as("operator").getRank(rank), Code.INVALID_ARGUMENT, "MALFORMED");
    }
    for (int size : new int[] {-1, 1_001}) {
      ListWavesRequest request = ListWavesRequest.newBuilder().setPageSize(size).build();
      assertRefused(() -> as("auditor").listWaves(request), Code.INVALID_ARGUMENT, "MALFORMED");
    }
    assertRefused(
        () -> as("auditor").getReceipt(receipt("main-2")).hasNext(),
        Code.NOT_FOUND,
        "UNKNOWN_WAVE");
  }

  @Test
  void sendsAReceiptOfAnyLengthWhole() {
    for (int length : new int[] {1, 65_536, 65_537, 3_000_000}) {
      node.trade.receipt = "é".repeat(length).getBytes(StandardCharsets.UTF_8);
      ByteString whole = ByteString.EMPTY;
      Iterator<GetReceiptResponse> parts = as("liquidator").getReceipt(receipt("main-1"));
      while (parts.hasNext()) whole = whole.concat(parts.next().getPart());
      assertThat(whole.toByteArray()).isEqualTo(node.trade.receipt);
    }
  }

  @Test
  void cutsOffWhoLeavesAReceiptUnread() throws Exception {
    node.trade.receipt = new byte[20_000_000];
    Iterator<GetReceiptResponse> parts = as("voter").getReceipt(receipt("main-1"));
    assertThat(parts.hasNext()).isTrue();
    long until = System.nanoTime() + PATIENCE.multipliedBy(4).toNanos();
    while (System.nanoTime() < until) Thread.onSpinWait();
    assertRefused(
        () -> {
          while (parts.hasNext()) parts.next();
        },
        Code.RESOURCE_EXHAUSTED,
        "SLOW_READER");
  }

  @Test
  void watchersHearOfAWaveWhenItBeginsAndAsItGoesOn() throws Exception {
    try (NovationClient client = NovationClient.connect(node.target("voter"));
        Updates<WatchAdlResponse> waves = client.watchAdl()) {
      node.trade.wave = wave(0, 3);
      WatchAdlResponse begun = waves.next();
      assertThat(begun).isNotNull();
      assertThat(begun == null ? "" : begun.getWave().getReceiptSha256()).isEqualTo("ab");
      await(() -> !node.trade.waveWatchers.isEmpty());
      node.trade.wave = wave(2_000, 0);
      node.trade.waveWatchers.forEach(Runnable::run);
      WatchAdlResponse over = waves.next();
      assertThat(over == null ? 0 : over.getWave().getFinishedAtMs()).isEqualTo(2_000);
    }
    await(() -> node.trade.waveWatchers.isEmpty());
  }

  private static GetReceiptRequest receipt(String waveId) {
    return GetReceiptRequest.newBuilder().setWaveId(waveId).build();
  }

  private static void assertRefused(ThrowingCallable call, Code code, String reason) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure.getStatus().getCode()).isEqualTo(code);
    assertThat(EdgeNode.reason(failure)).isEqualTo(reason);
  }
}
