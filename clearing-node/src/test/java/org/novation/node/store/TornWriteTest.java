package org.novation.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.sql.DataSource;
import org.h2.store.fs.FileBase;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The node is killed in the middle of a write of H2's: every write of a run is cut off half way,
 * and what the store then opens has every commit that had returned before.
 */
final class TornWriteTest {
  private static final long SEED = Long.getLong("novation.seed", 11);
  private static final int BEFORE = 30;
  private static final int COMMITS = 60;
  private static final int BLOCK = 4096;
  private static final String TABLE =
      "create table events (id bigint primary key, account varchar, payload varbinary(4000), unique (account, id))";

  @TempDir Path directory;

  /** One write of H2's, and how many rows were committed when it came. */
  private record Write(long position, byte[] bytes, int committed) {}

  @Test
  void everyCommitThatReturnedIsThereWhicheverWriteAKillCutsOff() throws Exception {
    System.out.println("seed " + SEED);
    List<Write> writes = new ArrayList<>();
    byte[] file = run(writes);
    int lostByH2 = 0;
    for (Write write : writes) {
      byte[] torn = after(file, write, half(write.bytes().length));
      if (rowsByH2(torn) < write.committed()) lostByH2++;
      assertThat(rowsByStore(torn))
          .as("rows after a kill in the write at %s", write.position())
          .isGreaterThanOrEqualTo(write.committed());
      file = after(file, write, write.bytes().length);
    }
    // Otherwise this run proves nothing, or H2 has learnt it: then NewestCommit can go.
    assertThat(lostByH2).as("kills after which H2 alone opens an older state").isPositive();
  }

  @Test
  void aFileThatWasNotBegunWhenAKillCameIsMadeAtTheNextStart() throws IOException {
    StoreConfig config = new StoreConfig.H2File(directory.resolve("new"));
    Files.createFile(directory.resolve("new.mv.db"));
    assertThatCode(() -> Store.open(config).close()).doesNotThrowAnyException();
  }

  @Test
  void aFileCutShortIsRefusedInOneLineAndLeftAsItIs() throws IOException {
    Path file = directory.resolve("short.mv.db");
    Files.write(file, new byte[BLOCK]);
    assertThatThrownBy(() -> Store.open(new StoreConfig.H2File(directory.resolve("short"))).close())
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("cut short");
    assertThat(file).hasSize(BLOCK);
  }

  private byte[] run(List<Write> writes) throws SQLException, IOException {
    RecordedFilePath.register();
    Path database = directory.resolve("run");
    Random random = new Random(SEED);
    byte[] start = new byte[0];
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:h2:recorded:" + database + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE",
                "novation",
                "");
        Statement statement = connection.createStatement()) {
      // Space is used anew at once, as it is after 45 s otherwise.
      statement.execute("set retention_time 0");
      statement.execute(TABLE);
      connection.setAutoCommit(false);
      int rows = 0;
      try (PreparedStatement insert =
          connection.prepareStatement("insert into events values (?, ?, ?)")) {
        for (int commit = 0; commit < BEFORE + COMMITS; commit++) {
          if (commit == BEFORE) {
            start = Files.readAllBytes(database.resolveSibling("run.mv.db"));
            RecordedFilePath.into = writes;
          }
          for (int row = random.nextInt(12); row >= 0; row--) {
            byte[] payload = new byte[random.nextInt(3000)];
            random.nextBytes(payload);
            insert.setLong(1, rows++);
            insert.setString(2, "account-" + random.nextInt(1000));
            insert.setBytes(3, payload);
            insert.addBatch();
          }
          insert.executeBatch();
          connection.commit();
          RecordedFilePath.committed = rows;
        }
      } finally {
        RecordedFilePath.into = null;
      }
    }
    return start;
  }

  /** Whole blocks, as the operating system takes them. */
  private static int half(int length) {
    return length <= BLOCK ? length / 2 : (length / 2 + BLOCK - 1) / BLOCK * BLOCK;
  }

  private static byte[] after(byte[] file, Write write, int length) {
    byte[] result =
        Arrays.copyOf(file, Math.max(file.length, Math.toIntExact(write.position()) + length));
    System.arraycopy(write.bytes(), 0, result, Math.toIntExact(write.position()), length);
    return result;
  }

  private int rowsByH2(byte[] file) throws IOException, SQLException {
    Files.write(directory.resolve("h2.mv.db"), file);
    try (Connection connection =
        DriverManager.getConnection("jdbc:h2:" + directory.resolve("h2"), "novation", "")) {
      return rows(connection);
    }
  }

  private int rowsByStore(byte[] file) throws IOException, SQLException {
    Files.write(directory.resolve("store.mv.db"), file);
    try (Store store = Store.openExisting(new StoreConfig.H2File(directory.resolve("store")))) {
      DataSource source = store.dataSource();
      try (Connection connection = source.getConnection()) {
        return rows(connection);
      }
    }
  }

  private static int rows(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select count(*) from events")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  /** A file system that notes every write. */
  public static final class RecordedFilePath extends FilePathWrapper {
    private static volatile @Nullable List<Write> into;
    private static volatile int committed;

    static void register() {
      FilePath.register(new RecordedFilePath());
    }

    @Override
    public String getScheme() {
      return "recorded";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
      FileChannel base = getBase().open(mode);
      return new FileBase() {
        @Override
        public long size() throws IOException {
          return base.size();
        }

        @Override
        public long position() throws IOException {
          return base.position();
        }

        @Override
        public FileChannel position(long position) throws IOException {
          base.position(position);
          return this;
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
          return base.read(to);
        }

        @Override
        public int read(ByteBuffer to, long position) throws IOException {
          return base.read(to, position);
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
          note(from, base.position());
          return base.write(from);
        }

        @Override
        public int write(ByteBuffer from, long position) throws IOException {
          note(from, position);
          return base.write(from, position);
        }

        private void note(ByteBuffer from, long position) {
          List<Write> writes = into;
          if (writes == null) return;
          byte[] bytes = new byte[from.remaining()];
          from.duplicate().get(bytes);
          writes.add(new Write(position, bytes, committed));
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
          assertThat(into).as("a run that only writes").isNull();
          base.truncate(size);
          return this;
        }

        @Override
        public void force(boolean metaData) throws IOException {
          base.force(metaData);
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
          return base.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
          base.close();
        }
      };
    }
  }
}
