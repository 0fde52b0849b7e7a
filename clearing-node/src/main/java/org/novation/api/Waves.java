package org.novation.api;

import static org.novation.money.Decimals.micros;

import java.util.List;
import org.novation.api.AdlPort.PositionRank;
import org.novation.deleveraging.Allocation.Unfilled;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.WaveSummary;
import org.novation.instrument.Catalogue;
import org.novation.protocol.v1.AdlPolicy;
import org.novation.protocol.v1.AdlWave;
import org.novation.protocol.v1.GetRankResponse;
import org.novation.protocol.v1.UnfilledLots;

/** Writes waves of deleveraging, and ranks. */
final class Waves {
  private Waves() {}

  static AdlWave write(WaveSummary wave) {
    AdlWave.Builder written =
        AdlWave.newBuilder()
            .setWaveId(wave.waveId())
            .setReceiptSha256(wave.sha256())
            .setPolicy(policy(wave))
            .setBeganAtMs(wave.beganAtMs())
            .setFinishedAtMs(wave.finishedAtMs())
            .setDeficit(micros(wave.deficitMicros()))
            .setHaircut(micros(wave.haircutMicros()))
            .setOvershoot(micros(wave.finished() ? wave.haircutMicros() - wave.deficitMicros() : 0))
            .setTaken(micros(wave.takenMicros()))
            .setPaid(micros(wave.paidMicros()))
            .setUncovered(micros(wave.uncoveredMicros()))
            .setNeededLots(wave.neededLots())
            .setClosedLots(wave.closedLots())
            .setCandidates(wave.candidates())
            .setSteps(wave.steps())
            .setStepsOpen(wave.stepsOpen())
            .setReplaced(wave.replaced())
            .setHedgesBroken(wave.hedgesBroken())
            .setFundPaid(micros(wave.fundMicros()));
    for (Unfilled each : wave.unfilled()) {
      written.addUnfilled(
          UnfilledLots.newBuilder().setInstrument(each.instrument()).setLots(each.lots()));
    }
    return written.build();
  }

  private static AdlPolicy policy(WaveSummary wave) {
    return switch (wave.policy()) {
      case PRO_RATA -> AdlPolicy.ADL_POLICY_PRO_RATA;
      case QUEUE -> AdlPolicy.ADL_POLICY_QUEUE;
    };
  }

  static GetRankResponse ranks(List<PositionRank> ranks, Catalogue catalogue) {
    GetRankResponse.Builder response = GetRankResponse.newBuilder();
    for (PositionRank each : ranks) {
      Candidate position = each.position();
      int instrument = catalogue.instrumentListed(position.instrument());
      response.addRanks(
          org.novation.protocol.v1.PositionRank.newBuilder()
              .setInstrument(position.instrument())
              .setQuantity(catalogue.perpetual(instrument).lot().text(position.lots()))
              .setUnrealisedProfit(micros(position.unrealisedMicros()))
              .setRank(each.standing().rank())
              .setPositions(each.standing().total())
              .setLights(each.standing().lights()));
    }
    return response.build();
  }
}
