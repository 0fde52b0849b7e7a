package org.novation.deleveraging;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;

/** What a coordinator finds around it on its node. Nothing here waits. */
public interface AdlHouse {
  /** The house's time and alarms. */
  HouseTime time();

  /** Of the governed parameters in force. */
  long parameterVersion();

  /** Sends to an account, wherever it is; may be lost. */
  void send(String account, PartyMessage message);

  /**
   * Asks the accounts with a position, on every node, and gathers all winners and the best of the
   * others. An account that does not answer in time only shows in the figures; when a node does
   * not, this fails.
   *
   * @param exposures what is to be closed: who stands against it may be asked without having won
   * @param candidatesMax of each instrument and node, beyond all winners
   */
  CompletionStage<Gathered> candidates(
      List<Exposure> exposures, long lookBackMs, int candidatesMax);

  /** Tells everybody who listens, on every node, how a wave stands. */
  void announce(WaveTold told);

  /**
   * What was gathered.
   *
   * @param candidates of each account at one version, each position once
   * @param asked accounts
   * @param answered of these
   * @param nodes that answered
   */
  record Gathered(List<Candidate> candidates, long asked, long answered, int nodes) {
    public Gathered {
      candidates = List.copyOf(candidates);
    }
  }

  /** A wave of a pool as it stands: begun, under way or over. */
  record WaveTold(String pool, WaveSummary wave) implements PartyMessage {}
}
