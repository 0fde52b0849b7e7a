package org.novation.api.auth;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Secrets on disk: files that only their owner can read, from their first byte on, and that appear
 * whole or not at all.
 */
public final class PrivateFiles {
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private PrivateFiles() {}

  /** Makes a directory, and those above it, that only its owner can enter. */
  public static void createDirectories(Path directory) throws IOException {
    Files.createDirectories(directory, ownerOnly("rwx------"));
  }

  /** Writes a file, in place of an older one; whoever reads it meanwhile sees one or the other. */
  public static void write(Path file, String text) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    Path draft = Files.createTempFile(parent, ".draft-", "", ownerOnly("rw-------"));
    try {
      Files.writeString(draft, text);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /**
   * Where files have no permissions of this kind, the directory's own protection is all there is.
   */
  private static FileAttribute<?>[] ownerOnly(String permissions) {
    if (!POSIX) return new FileAttribute<?>[0];
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
    };
  }
}
