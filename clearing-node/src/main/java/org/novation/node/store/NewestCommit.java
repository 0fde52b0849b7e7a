package org.novation.node.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * Has H2 open a file at its newest commit.
 *
 * <p>H2 writes each commit as a chunk somewhere in the file, and looks for the newest one by the
 * file's header (rewritten now and then only), the chunks linked from there, and the last chunk of
 * the file. When a process is killed while it writes the next chunk, it may be that none of the
 * three leads to the newest complete one; H2 then opens an older state without a word, and
 * acknowledged commits are gone. Its recovery mode looks at every block of the file and finds the
 * chunk. So when a file was not closed in order, both are compared, and a header that would lead H2
 * astray is pointed at what the full look found.
 *
 * <p>Against H2 2.5.252: the file's header is one line of text in each of the first two blocks,
 * with the block, id and version of a chunk and a checksum; each chunk begins and ends with a line
 * that has its id and version. {@code TornWriteTest} cuts off every write of a run and goes red
 * when this is no longer enough.
 */
final class NewestCommit {
  private static final int BLOCK = 4096;
  private static final int HEADERS = 2;
  private static final int FOOTER = 128;
  private static final byte[] CHUNK = "chunk:".getBytes(StandardCharsets.ISO_8859_1);

  private NewestCommit() {}

  /**
   * Makes sure that H2 will open this file at its newest complete commit.
   *
   * @param file the database's file; nothing is done when there is none, or nothing in it
   * @throws StoreException when another process has it open, or it cannot be read or mended
   */
  static void ensure(Path file) {
    if (!Files.exists(file)) return;
    try {
      long size = Files.size(file);
      if (size == 0) return; // Killed while it was made: H2 makes it then.
      // H2 cannot open this either. It is not removed by itself: a disk may have cut it short.
      if (size < HEADERS * BLOCK)
        throw new StoreException(
            file + " is cut short and holds nothing: remove it, or restore a backup");
      Look byH2 = look(file, false);
      if (byH2.closedInOrder()) return;
      Look full = look(file, true);
      if (full.version() <= byH2.version()) return;
      pointHeaderAt(full.version(), file);
      if (look(file, false).version() != full.version())
        throw new StoreException(
            file + " was damaged and could not be mended: keep a copy and restore a backup");
    } catch (MVStoreException e) {
      if (e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED)
        throw new StoreException(file + " is in use by another process: stop that one first", e);
      throw new StoreException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new StoreException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** At which version a file opens. */
  private record Look(long version, boolean closedInOrder) {}

  private static Look look(Path file, boolean everyBlock) {
    MVStore.Builder builder = new MVStore.Builder().fileName(file.toString()).readOnly();
    if (everyBlock) builder.recoveryMode();
    try (MVStore store = builder.open()) {
      return new Look(store.getCurrentVersion(), store.getStoreHeader().containsKey("clean"));
    }
  }

  private static void pointHeaderAt(long version, Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      HashMap<String, String> header = line(read(channel, 0, BLOCK));
      if (!header.containsKey("H")) header = line(read(channel, BLOCK, BLOCK));
      header.putAll(chunk(version, channel));
      header.remove("fletcher");
      byte[] block = withChecksum(header);
      for (int copy = 0; copy < HEADERS; copy++) { // One after the other: one of them is whole.
        channel.write(ByteBuffer.wrap(block), (long) copy * BLOCK);
        channel.force(true);
      }
    }
  }

  private static byte[] withChecksum(HashMap<String, String> header) {
    StringBuilder text = DataUtils.appendMap(new StringBuilder(), header);
    byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    DataUtils.appendMap(text, "fletcher", DataUtils.getFletcher32(bytes, 0, bytes.length));
    return Arrays.copyOf(text.append('\n').toString().getBytes(StandardCharsets.ISO_8859_1), BLOCK);
  }

  /** What the header says of a chunk: the complete one of this version. */
  private static HashMap<String, String> chunk(long version, FileChannel channel)
      throws IOException {
    String wanted = Long.toHexString(version);
    for (long block = HEADERS; block * BLOCK < channel.size(); block++) {
      byte[] bytes = read(channel, block * BLOCK, BLOCK);
      if (!Arrays.equals(bytes, 0, CHUNK.length, CHUNK, 0, CHUNK.length)) continue;
      HashMap<String, String> head = line(bytes);
      if (!wanted.equals(head.get("version"))) continue;
      long end = (block + Long.parseLong(head.getOrDefault("len", "1"), 16)) * BLOCK;
      HashMap<String, String> foot = line(read(channel, end - FOOTER, FOOTER));
      if (!wanted.equals(foot.get("version"))) continue;
      HashMap<String, String> found = new HashMap<>();
      found.put("block", Long.toHexString(block));
      found.put("chunk", foot.get("chunk"));
      found.put("version", wanted);
      return found;
    }
    throw new StoreException("the commit " + version + " is not where it was found");
  }

  private static byte[] read(FileChannel channel, long position, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) break;
    }
    return buffer.array();
  }

  /** H2's {@code name:value,...} up to the end of the line; empty when it is something else. */
  private static HashMap<String, String> line(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != '\n') end++;
    try {
      return DataUtils.parseMap(new String(bytes, 0, end, StandardCharsets.ISO_8859_1).trim());
    } catch (MVStoreException notAMap) {
      return new HashMap<>();
    }
  }
}
