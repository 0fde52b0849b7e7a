package org.novation.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.novation.api.auth.PrivateFiles;
import org.novation.custody.Custodian;
import org.novation.custody.CustodianSecret;
import org.novation.custody.CustodianSet;

/**
 * Three custodians and a council of three of a development node, of whom two must agree. Their
 * secrets lie beside its other keys, one file {@code custodians/NAME.key} or {@code
 * council/NAME.key} each: for trying things out, and never for money.
 */
final class DevSigners {
  /** So many of each must agree. */
  static final int NEEDED = 2;

  private static final List<String> CUSTODIANS = List.of("ana", "ben", "cleo");
  private static final List<String> COUNCIL = List.of("dora", "emil", "fay");

  private DevSigners() {}

  /** The custodians; makes the keys that are missing. */
  static CustodianSet custodians(Path directory) throws IOException {
    return new CustodianSet(
        1, prepare(directory.resolve("custodians"), CUSTODIANS), NEEDED, NEEDED, NEEDED);
  }

  /** The council; makes the keys that are missing. */
  static List<Custodian> council(Path directory) throws IOException {
    return prepare(directory.resolve("council"), COUNCIL);
  }

  private static List<Custodian> prepare(Path directory, List<String> names) throws IOException {
    PrivateFiles.createDirectories(directory);
    List<Custodian> members = new ArrayList<>();
    for (String name : names) {
      Path file = directory.resolve(name + ".key");
      if (!Files.exists(file)) {
        byte[] seed = new byte[CustodianSecret.SEED_BYTES];
        new SecureRandom().nextBytes(seed);
        PrivateFiles.write(file, HexFormat.of().formatHex(seed) + '\n');
      }
      members.add(
          new Custodian(name, CustodianSecret.of(Files.readString(file).strip()).publicKey()));
    }
    return members;
  }
}
