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
 * Three custodians of a development node, of whom two must agree. Their secrets lie beside its
 * other keys, one file {@code custodians/NAME.key} each: for trying things out, and never for
 * money.
 */
final class DevCustodians {
  private static final List<String> NAMES = List.of("ana", "ben", "cleo");
  private static final int NEEDED = 2;

  private DevCustodians() {}

  /** Makes the keys that are missing. */
  static CustodianSet prepare(Path directory) throws IOException {
    Path custodians = directory.resolve("custodians");
    PrivateFiles.createDirectories(custodians);
    List<Custodian> members = new ArrayList<>();
    for (String name : NAMES) {
      Path file = custodians.resolve(name + ".key");
      if (!Files.exists(file)) {
        byte[] seed = new byte[CustodianSecret.SEED_BYTES];
        new SecureRandom().nextBytes(seed);
        PrivateFiles.write(file, HexFormat.of().formatHex(seed) + '\n');
      }
      members.add(
          new Custodian(name, CustodianSecret.of(Files.readString(file).strip()).publicKey()));
    }
    return new CustodianSet(1, members, NEEDED, NEEDED, NEEDED);
  }
}
