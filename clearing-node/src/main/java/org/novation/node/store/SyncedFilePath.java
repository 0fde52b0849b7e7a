package org.novation.node.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * H2's file system {@code sync:}, which opens files so that every write has reached the disk when
 * it returns ({@code O_DSYNC}). H2 itself never flushes a commit: with {@code WRITE_DELAY=0} it
 * hands each commit to the operating system at once, and this makes the operating system hand it to
 * the disk. The file is an ordinary H2 database and opens without the prefix too.
 */
public final class SyncedFilePath extends FilePathWrapper {
  static {
    FilePath.register(new SyncedFilePath());
  }

  /** Makes {@code jdbc:h2:sync:} URLs work in this JVM. */
  static void register() {
    // Loading the class did it.
  }

  @Override
  public String getScheme() {
    return "sync";
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    return getBase().open(mode.equals("rw") ? "rwd" : mode);
  }
}
