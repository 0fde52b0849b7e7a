package org.novation.account;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.HouseTime;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Timing;
import org.novation.insurance.ClosedGate;
import org.novation.insurance.FundCommand;
import org.novation.insurance.InsuranceFundActor;
import org.novation.liquidation.LiquidationPolicy;
import org.novation.liquidation.LotGrants;
import org.novation.liquidation.Slice;
import org.novation.liquidation.auction.AuctionActor;
import org.novation.risk.MarginState;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/** What an account finds around it on its node. Everything here is cheap and never blocks. */
public interface House {
  /** The markets as they are now. */
  MarketView view();

  /** By what accounts are liquidated at the parameter version of a view of this house. */
  LiquidationPolicy liquidation(MarketView view);

  /** House time: of executions, prices, events. */
  long houseMs();

  /** Wall time: of attempts, holds and deadlines. */
  long wallMs();

  Timing timing();

  /** Wakes an account at a house time; see {@link HouseTime#at}. */
  HouseTime.Alarm at(long dueMs, String account, Runnable wake);

  /**
   * How long a committed leg may wait for a write that its account makes anyway; zero when it does
   * not wait. Legs are final, their client has its answer, and their holds stand until they are
   * booked.
   */
  Duration legsWait();

  /** Sends to another account, wherever it is. */
  void send(String account, PartyMessage message);

  /** The account's portfolio or state has changed: it is to be watched as it is now. */
  void watch(String account, Portfolio portfolio, MarginState state);

  /** The account has left this node, or has no position any more. */
  void unwatch(String account);

  /**
   * An account of this node went from so many lots to so many; 0 before its recovery and after its
   * stop.
   */
  void positionChanged(int instrument, long lotsBefore, long lotsNow);

  /** An account of this node went from such a balance to such. */
  void balanceChanged(int asset, long before, long now);

  /** A trade was novated here; its price counts in the mark. */
  void novated(Leg leg);

  /**
   * An account stands elsewhere in its liquidation than before; or, after a recovery, it stands
   * anywhere but in health.
   */
  void stands(PhaseReading reading);

  /** The account has left this node: where it stands is said from elsewhere. */
  void standsNoMore(String account);

  /** An account crossed a threshold. */
  void stateChanged(String account, MarginState from, MarginState to);

  /**
   * Every event of an account's journal that this trade, or this deposit, might be in; scanned in
   * the background. Fails when that is not known in time, which says nothing about the journal.
   */
  CompletionStage<JournalAnswer> search(String account, Query query);

  /**
   * What is looked for.
   *
   * @param venue of a trade, {@link org.novation.clearing.HouseAccount#VENUE} of what was taken of
   *     another account; null when a deposit is looked for, or an order of the account's owner
   * @param id the trade's, the transfer's, the deposit's or the order's
   * @param event the number of the event that booked it where that is known, else 0: the whole
   *     journal
   * @param reading whether somebody only wants to see it, and not for long; else something cannot
   *     be booked before the answer is known
   */
  record Query(@Nullable String venue, String id, long event, boolean reading) {
    /** What must be known before something is booked. */
    public Query(@Nullable String venue, String id, long event) {
      this(venue, id, event, false);
    }
  }

  /**
   * What the journal says: the legs, deposits, transfers taken or orders carried out with that id.
   * Usually one, at most a few.
   *
   * @param feePpm the rate of the fee that the first of the legs paid; 0 when it paid none
   */
  record JournalAnswer(
      List<Leg> legs,
      long feePpm,
      List<AccountEvent.CollateralDeposited> deposits,
      List<String> transfers,
      List<TransferOrder> sent) {}

  // ---- the default waterfall

  /**
   * How much of a slice may go on sale now: asks every market of it, and what they grant counts as
   * on sale until it is given back. Fails when one does not answer.
   */
  CompletionStage<LotGrants> pace(Slice wanted);

  /** So much of what was granted is not on sale. */
  void giveBack(List<LotGrants.Grant> unused);

  /** To an auction. */
  void auction(String auctionId, AuctionActor.Command message);

  /** Asks the pool's fund; fails when it does not answer in time. */
  CompletionStage<InsuranceFundActor.Answer> fund(FundCommand command);

  /**
   * Why the fund's gate of deleveraging is closed, as far as is known here; null while it is open,
   * and where nothing was heard of the fund for so long that it may be.
   */
  @Nullable ClosedGate closedGate();

  /** The pool's default account has something to resolve. */
  void defaultTaken();
}
