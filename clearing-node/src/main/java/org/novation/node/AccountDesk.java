package org.novation.node;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.jspecify.annotations.Nullable;
import org.novation.account.AccountActor;
import org.novation.account.AccountReading;
import org.novation.account.Judgement;
import org.novation.account.TransferDesk;
import org.novation.account.TransferOrder;
import org.novation.account.WatcherActor;
import org.novation.api.AccountPort;
import org.novation.api.Answer;
import org.novation.api.error.Problem;
import org.novation.clearing.PartyMessage;
import org.novation.clearing.Rejection;
import org.novation.clearing.Trade;
import org.novation.instrument.Catalogue;
import org.novation.ledger.AccountDirectory;
import org.novation.liquidation.LiquidationState;
import org.novation.risk.Holds;
import org.novation.risk.MarketView;
import org.novation.risk.Portfolio;

/**
 * Leads the edge's questions about accounts to the accounts, and to the directory where they are
 * listed.
 */
final class AccountDesk implements AccountPort {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String SOMEBODY = "*"; // No account is called so.

  private final ActorSystem<?> system;
  private final Accounts accounts;
  private final AccountDirectory directory;
  private final Executor blocking;
  private final Supplier<MarketView> market;
  private final LongSupplier houseMs;
  private final LongSupplier wallMs;
  private final Function<Trade, @Nullable Rejection> band;

  AccountDesk(
      ActorSystem<?> system,
      Accounts accounts,
      AccountDirectory directory,
      Executor blocking,
      Supplier<MarketView> market,
      LongSupplier houseMs,
      LongSupplier wallMs,
      Function<Trade, @Nullable Rejection> band) {
    this.system = system;
    this.accounts = accounts;
    this.directory = directory;
    this.blocking = blocking;
    this.market = market;
    this.houseMs = houseMs;
    this.wallMs = wallMs;
    this.band = band;
  }

  /**
   * The directory first: what is not in it would never be listed; what is in it and not open does
   * no harm. Its time is the one that lists show too.
   */
  @Override
  public CompletionStage<Answer<Opened>> open(String accountId, String member) {
    long nowMs = houseMs.getAsLong();
    return CompletableFuture.supplyAsync(() -> directory.add(accountId, member, nowMs), blocking)
        .thenCompose(
            listedAtMs ->
                ask(accountId, replyTo -> new AccountActor.Open(member, replyTo))
                    .thenApply(
                        reply -> answer(reply, _ -> new Opened(accountId, member, listedAtMs))));
  }

  @Override
  public CompletionStage<Answer<Long>> deposit(
      String accountId, String depositId, String asset, long amount) {
    return ask(accountId, replyTo -> new AccountActor.Deposit(depositId, asset, amount, replyTo))
        .thenApply(reply -> answer(reply, account -> balance(account, asset)));
  }

  private static long balance(AccountReading account, String asset) {
    return account.balances().stream()
        .filter(b -> b.asset().equals(asset))
        .mapToLong(b -> b.amount())
        .sum();
  }

  /** The taker is asked first; whatever it says, the giver has the last word. */
  @Override
  public CompletionStage<Answer<Long>> transfer(
      String fromId, String transferId, String toId, String asset, long amount) {
    long begunMs = wallMs.getAsLong();
    TransferOrder order = new TransferOrder(transferId, toId, asset, amount);
    return ask(toId, replyTo -> new AccountActor.Admit(asset, amount, replyTo))
        .thenCompose(
            reply -> {
              @Nullable Rejection why =
                  reply instanceof AccountActor.Refused(var refused) ? refused : null;
              var asked = new TransferDesk.Asked(order, begunMs, why);
              return ask(fromId, replyTo -> new AccountActor.Send(asked, replyTo));
            })
        .thenApply(reply -> answer(reply, account -> balance(account, asset)));
  }

  @Override
  public CompletionStage<Answer<Integer>> capLeverage(String accountId, int leverageMax) {
    return ask(accountId, replyTo -> new AccountActor.CapLeverage(leverageMax, replyTo))
        .thenApply(reply -> answer(reply, account -> (int) account.leverageMax()));
  }

  @Override
  public CompletionStage<Answer<AccountView>> get(String accountId) {
    return ask(accountId, AccountActor.Get::new).thenApply(reply -> answer(reply, this::view));
  }

  /** The directory first: callers may name any account, and one that is asked is remembered. */
  @Override
  public CompletionStage<Optional<String>> memberOf(String accountId) {
    return CompletableFuture.supplyAsync(() -> directory.has(accountId), blocking)
        .thenCompose(
            known ->
                known
                    ? ask(accountId, AccountActor.Get::new).thenApply(AccountDesk::member)
                    : CompletableFuture.completedFuture(Optional.empty()));
  }

  private static Optional<String> member(AccountActor.Reply reply) {
    return switch (answer(reply, AccountReading::member)) {
      case Answer.Done<String>(var member) -> Optional.of(member);
      case Answer.Refused<String> _ -> Optional.empty();
      // Not knowing is not the same as there being none: the caller is to try again.
      case Answer.Unavailable<String>(var why) -> throw new Problem.Found(Problem.unavailable(why));
    };
  }

  @Override
  public CompletionStage<List<Opened>> list(@Nullable String member, String after, int limit) {
    return CompletableFuture.supplyAsync(() -> directory.page(member, after, limit), blocking)
        .thenApply(
            page ->
                page.stream()
                    .map(entry -> new Opened(entry.accountId(), entry.member(), entry.openedAtMs()))
                    .toList());
  }

  @Override
  public CompletionStage<Answer<Preview>> preview(
      String accountId, String instrument, long priceTicks, long lots) {
    return get(accountId)
        .thenApply(
            answer ->
                switch (answer) {
                  case Answer.Done<AccountView>(var before) ->
                      new Answer.Done<>(preview(before, instrument, priceTicks, lots));
                  case Answer.Refused<AccountView>(var why) -> new Answer.Refused<>(why);
                  case Answer.Unavailable<AccountView>(var why) -> new Answer.Unavailable<>(why);
                });
  }

  private Preview preview(AccountView before, String instrument, long priceTicks, long lots) {
    String id = before.accountId();
    String buyer = lots > 0 ? id : SOMEBODY;
    String seller = lots > 0 ? SOMEBODY : id;
    MarketView view = before.market();
    Trade trade =
        new Trade(
            SOMEBODY,
            SOMEBODY,
            instrument,
            priceTicks,
            Math.abs(lots),
            buyer,
            seller,
            view.timeMs());
    @Nullable Rejection why = band.apply(trade);
    Judgement judgement =
        Judgement.of(id, before.portfolio(), before.holds(), trade, view, houseMs.getAsLong());
    if (why == null) why = judgement.rejection();
    After after = after(before, trade, view);
    AccountView then =
        new AccountView(
            id,
            before.member(),
            before.sequenceNumber(),
            after.portfolio,
            before.holds(),
            view,
            before.liquidation());
    return new Preview(before, then, after.feeMicros, why);
  }

  /** A portfolio with a trade on that has paid its fee. */
  private record After(Portfolio portfolio, long feeMicros) {}

  /** Allowed or not; unchanged where it cannot even be reckoned. */
  private static After after(AccountView before, Trade trade, MarketView view) {
    Portfolio after = before.portfolio().copy();
    Integer instrument = view.catalogue().instrument(trade.instrument());
    if (instrument == null) return new After(after, 0);
    try {
      long lots = trade.signedLots(before.accountId());
      long notional =
          view.catalogue().perpetual(instrument).notionalMicros(trade.priceTicks(), lots);
      long funding = view.instrument(instrument).fundingIndex();
      after.apply(instrument, after.fill(instrument, lots, notional, funding, funding));
      long fee = view.catalogue().fees().ofTradeMicros(notional);
      if (fee != 0) after.credit(0, Math.negateExact(fee));
      return new After(after, fee);
    } catch (ArithmeticException tooLarge) {
      return new After(before.portfolio(), 0);
    }
  }

  @Override
  public Watch watch(String accountId, Consumer<Answer<AccountView>> listener) {
    Consumer<PartyMessage> account = message -> accounts.send(accountId, message);
    ActorRef<AccountActor.Reply> watcher =
        system.systemActorOf(
            WatcherActor.create(account, reply -> listener.accept(answer(reply, this::view))),
            "watcher-" + UUID.randomUUID(),
            Props.empty());
    return () -> watcher.tell(new WatcherActor.Stop());
  }

  private AccountView view(AccountReading account) {
    MarketView view = market.get();
    Catalogue catalogue = view.catalogue();
    Portfolio portfolio = account.portfolio(catalogue);
    Holds holds = account.holds(catalogue);
    return new AccountView(
        account.accountId(),
        account.member(),
        account.events(),
        portfolio,
        holds,
        view,
        new LiquidationView(
            account.liquidation(),
            account.auctionId(),
            account.liquidation() instanceof LiquidationState.Closed(_, var deficit)
                ? deficit
                : 0));
  }

  private CompletionStage<AccountActor.Reply> ask(
      String accountId, Function<ActorRef<AccountActor.Reply>, PartyMessage> message) {
    return InPlace.of(accounts.ref(accountId).ask(message::apply, PATIENCE));
  }

  private static <T> Answer<T> answer(AccountActor.Reply reply, Function<AccountReading, T> value) {
    return switch (reply) {
      case AccountActor.Done(var account) -> new Answer.Done<>(value.apply(account));
      case AccountActor.Refused(var why) -> new Answer.Refused<>(why);
      case AccountActor.TryAgain(var why) -> new Answer.Unavailable<>(why);
      default -> throw new IllegalStateException("not an answer: " + reply);
    };
  }
}
