package org.novation.node.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.novation.node.bench.Baseline.Connector;
import org.novation.node.bench.Baseline.Form;
import org.novation.simulation.bench.Order;
import org.novation.simulation.bench.TradeSink;
import org.novation.simulation.bench.Verdict;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls the baseline's function: one thread for each connection, fed from one queue. */
final class BaselineSink implements TradeSink {
  private static final Logger LOG = LoggerFactory.getLogger(BaselineSink.class);
  private static final int QUEUE = 16_384;
  private static final long POLL_MS = 50;

  private record Task(Order order, Consumer<Verdict> whenAnswered) {}

  private final BlockingQueue<Task> queue = new ArrayBlockingQueue<>(QUEUE);
  private final List<Thread> callers = new ArrayList<>();
  private volatile boolean closing;

  private BaselineSink() {}

  static BaselineSink open(Connector connector, Form form) throws SQLException {
    BaselineSink sink = new BaselineSink();
    for (int n = 0; n < form.connections(); n++) {
      Connection connection = connector.open();
      Thread caller =
          Thread.ofPlatform()
              .name("baseline-" + n)
              .start(() -> sink.call(connection, form.batch()));
      sink.callers.add(caller);
    }
    return sink;
  }

  @Override
  public void submit(Order order, Consumer<Verdict> whenAnswered) throws InterruptedException {
    queue.put(new Task(order, whenAnswered));
  }

  @Override
  public void close() {
    closing = true;
    try {
      for (Thread caller : callers) caller.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void call(Connection open, int batch) {
    List<Task> tasks = new ArrayList<>(batch);
    try (Connection connection = open;
        PreparedStatement one =
            connection.prepareStatement("SELECT baseline.clear(?, ?, ?, ?, ?, ?, ?)");
        PreparedStatement many =
            connection.prepareStatement("SELECT baseline.clear_all(?, ?, ?, ?, ?, ?, ?)")) {
      while (true) {
        Task first = queue.poll(POLL_MS, TimeUnit.MILLISECONDS);
        if (first == null) {
          if (closing) return;
          continue;
        }
        tasks.add(first);
        if (batch > 1) queue.drainTo(tasks, batch - 1);
        answer(tasks, batch == 1 ? one : many, batch > 1);
        tasks.clear();
      }
    } catch (SQLException e) {
      LOG.error("the baseline lost its connection", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(List<Task> tasks, PreparedStatement statement, boolean together) {
    Verdict[] verdicts;
    try {
      verdicts = together ? clearAll(tasks, statement) : clear(tasks.getFirst(), statement);
    } catch (SQLException e) {
      LOG.debug("the baseline failed", e);
      for (Task task : tasks) task.whenAnswered().accept(Verdict.UNKNOWN);
      return;
    }
    for (int n = 0; n < verdicts.length; n++) tasks.get(n).whenAnswered().accept(verdicts[n]);
  }

  private static Verdict[] clear(Task task, PreparedStatement statement) throws SQLException {
    Order order = task.order();
    statement.setString(1, tradeId(order));
    statement.setInt(2, order.instrument());
    statement.setLong(3, order.priceTicks());
    statement.setLong(4, order.lots());
    statement.setInt(5, order.buyer());
    statement.setInt(6, order.seller());
    statement.setLong(7, System.currentTimeMillis());
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return new Verdict[] {verdict(row.getInt(1))};
    }
  }

  private static Verdict[] clearAll(List<Task> tasks, PreparedStatement statement)
      throws SQLException {
    int size = tasks.size();
    String[] ids = new String[size];
    int[] instruments = new int[size];
    long[] prices = new long[size];
    long[] lots = new long[size];
    int[] buyers = new int[size];
    int[] sellers = new int[size];
    long[] executed = new long[size];
    for (int n = 0; n < size; n++) {
      Order order = tasks.get(n).order();
      ids[n] = tradeId(order);
      instruments[n] = order.instrument();
      prices[n] = order.priceTicks();
      lots[n] = order.lots();
      buyers[n] = order.buyer();
      sellers[n] = order.seller();
      executed[n] = System.currentTimeMillis();
    }
    // Arrays of primitives: the driver sends them in binary.
    statement.setObject(1, ids);
    statement.setObject(2, instruments);
    statement.setObject(3, prices);
    statement.setObject(4, lots);
    statement.setObject(5, buyers);
    statement.setObject(6, sellers);
    statement.setObject(7, executed);
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      Integer[] results = (Integer[]) row.getArray(1).getArray();
      Verdict[] verdicts = new Verdict[size];
      for (int n = 0; n < size; n++) verdicts[n] = verdict(results[n]);
      return verdicts;
    }
  }

  private static String tradeId(Order order) {
    return "t-" + order.number();
  }

  private static Verdict verdict(int code) {
    return code <= 1 ? Verdict.NOVATED : Verdict.REFUSED;
  }
}
