package org.novation.node;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.novation.api.AccountPort;
import org.novation.clearing.PartyMessage;
import org.novation.liquidation.auction.AuctionActor.AuctionRead;
import org.novation.liquidation.auction.AuctionReading;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The auctions of the cluster that are open, as this node last heard of them. Written by one actor,
 * read and listened to by any thread: who wants to know how an auction is does not have to ask it.
 * An auction says how it is every few seconds; one that has been silent for {@link #SILENT} is
 * gone.
 */
final class AuctionBoard {
  /** Most auctions that are kept; beyond, further ones are not known here until some have ended. */
  static final int OPEN_MAX = 100_000;

  static final Duration SILENT = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(AuctionBoard.class);
  private static final int LISTENERS_MAX = 10_000;
  private static final Duration TICK = Duration.ofSeconds(1);

  private final ConcurrentSkipListMap<String, AuctionReading> open = new ConcurrentSkipListMap<>();
  private final Set<String> insolvent = ConcurrentHashMap.newKeySet(); // Of open.
  // Open again, for its one writer: a skip list walks to what it finds, and counts itself through.
  private final Map<String, AuctionReading> newest = new HashMap<>();
  private final CopyOnWriteArrayList<Consumer<AuctionReading>> listeners =
      new CopyOnWriteArrayList<>();
  private boolean full; // By the writer alone: said once.

  /** Those that come after this id, by id, as they are when looked at. */
  Collection<AuctionReading> openAfter(String after) {
    return Collections.unmodifiableCollection(open.tailMap(after, false).values());
  }

  /** Whether no auction is open. */
  boolean isEmpty() {
    return open.isEmpty();
  }

  /** Whether what is for sale in one of them belongs to an account that owes more than it has. */
  boolean hasInsolventSeller() {
    return !insolvent.isEmpty();
  }

  /** Null when no such auction is open here. */
  @Nullable AuctionReading open(String auctionId) {
    return open.get(auctionId);
  }

  /**
   * Calls {@code listener} after each change of an auction, its end included, until closed; it must
   * not wait.
   *
   * @throws IllegalStateException when too many listen
   */
  AccountPort.Watch listen(Consumer<AuctionReading> listener) {
    if (listeners.size() >= LISTENERS_MAX) throw new IllegalStateException("too many listen");
    Consumer<AuctionReading> own = reading -> listener.accept(reading); // Its own identity.
    listeners.add(own);
    return () -> listeners.remove(own);
  }

  /** The actor that writes it, to be subscribed to the auctions' topic. */
  Behavior<PartyMessage> writer() {
    return Behaviors.withTimers(
        timers -> {
          timers.startTimerWithFixedDelay(Tick.TICK, TICK);
          return hearing(new HashMap<>());
        });
  }

  private enum Tick implements PartyMessage {
    TICK
  }

  /**
   * @param silentTicks how many ticks ago each open auction was heard of
   */
  private Behavior<PartyMessage> hearing(Map<String, Integer> silentTicks) {
    return Behaviors.receive(PartyMessage.class)
        .onMessage(
            AuctionRead.class,
            read -> {
              AuctionReading reading = read.auction();
              if (reading != null && take(reading))
                silentTicks.put(reading.opened().auctionId(), 0);
              return Behaviors.same();
            })
        .onMessageEquals(
            Tick.TICK,
            () -> {
              silentTicks.replaceAll((_, ticks) -> ticks + 1);
              silentTicks.keySet().retainAll(newest.keySet());
              silentTicks.forEach(
                  (auctionId, ticks) -> {
                    if (ticks > SILENT.toSeconds()) remove(auctionId);
                  });
              return Behaviors.same();
            })
        .build();
  }

  private void remove(String auctionId) {
    if (newest.remove(auctionId) == null) return;
    open.remove(auctionId);
    insolvent.remove(auctionId);
  }

  /** Whether it is open. An earlier reading than is known may still be heard. */
  private boolean take(AuctionReading reading) {
    String id = reading.opened().auctionId();
    AuctionReading before = newest.get(id);
    if (before != null && before.number() > reading.number()) return true;
    if (reading.ended() != null) {
      remove(id);
    } else if (before == null && newest.size() >= OPEN_MAX) {
      if (!full) LOG.warn("More than {} auctions are open; {} is not shown", OPEN_MAX, id);
      full = true;
      return false;
    } else {
      newest.put(id, reading);
      open.put(id, reading);
      if (reading.terms().bankruptcyMicros() < 0) insolvent.add(id);
      else insolvent.remove(id);
      full = false;
    }
    if (before == null || before.number() < reading.number())
      listeners.forEach(listener -> listener.accept(reading));
    return reading.ended() == null;
  }
}
