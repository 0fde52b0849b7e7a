package org.novation.node.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.novation.api.auth.DevKeys;
import org.novation.api.client.NovationClient;
import org.novation.api.client.Target;
import org.novation.api.client.Target.ClientIdentity;
import picocli.CommandLine.Option;

/**
 * Which node to ask and as whom. Untold, the node on this machine, with the keys and tokens that it
 * made for development under its data directory.
 */
final class ClientOptions {
  /** A name or an address, one in brackets too, and a port of at most 65535. */
  private static final Pattern ENDPOINT =
      Pattern.compile(
          "([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])"
              + ":([1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])");

  /** What may stand in a header: no space, no line end, nothing beyond ASCII. */
  private static final Pattern TOKEN = Pattern.compile("[!-~]+");

  @Option(
      names = "--endpoint",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:NOVATION_ENDPOINT:-localhost:7443}",
      description = "The node to ask (default: $$NOVATION_ENDPOINT, else localhost:7443).")
  private String endpoint;

  @Option(
      names = "--tls-ca",
      paramLabel = "FILE",
      defaultValue = "${env:NOVATION_TLS_CA}",
      description = "PEM of the certificates to trust (default: the development node's).")
  private @Nullable Path authority;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      defaultValue = "${env:NOVATION_TLS_CLIENT_CERTIFICATE}",
      description = "PEM of the certificate to show, where the node asks for one.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      defaultValue = "${env:NOVATION_TLS_CLIENT_KEY}",
      description = "PEM of its private key.")
  private @Nullable Path privateKey;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      defaultValue = "${env:NOVATION_TOKEN_FILE}",
      description = "File with the bearer token to call with.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--as",
      paramLabel = "NAME",
      description =
          "Call as one of the development node's: venue-1, oracle-1..3, alice, bob, operator,"
              + " operator-2, auditor, custodian, liquidator, voter.")
  private @Nullable String name;

  @Option(names = "--json", description = "Print JSON for programs, errors too.")
  private boolean json;

  private final Map<String, String> environment;

  ClientOptions() {
    this(System.getenv());
  }

  ClientOptions(Map<String, String> environment) {
    this.environment = environment;
  }

  /** What the command line lacks to make a call; the message says what to do. */
  static final class Unprepared extends Exception {
    private static final long serialVersionUID = 1;

    Unprepared(String message) {
      super(message, null, false, false);
    }
  }

  boolean json() {
    return json;
  }

  String endpoint() {
    return endpoint;
  }

  /** Whether the caller said as whom to call. */
  boolean named() {
    return name != null || tokenFile != null;
  }

  /** A connection as whom the caller said, else as one of the development node's. */
  NovationClient connect(String otherwise) throws Unprepared {
    Path trusted = authority != null ? authority : keys().authority();
    if (authority == null && !Files.isReadable(trusted)) {
      throw new Unprepared(
          trusted
              + " is not there: start a node here first (novation serve), or say --tls-ca and"
              + " --token-file");
    }
    if (!ENDPOINT.matcher(endpoint).matches())
      throw new Unprepared("--endpoint must be HOST:PORT, not \"" + endpoint + "\"");
    try {
      return NovationClient.connect(new Target(endpoint, trusted, token(otherwise), identity()));
    } catch (IOException e) {
      throw new Unprepared(trusted + " cannot be used as certificates: " + e.getMessage());
    }
  }

  private @Nullable ClientIdentity identity() throws Unprepared {
    if (certificate == null && privateKey == null) return null;
    if (certificate != null && privateKey != null && Files.isReadable(privateKey))
      return new ClientIdentity(certificate, privateKey);
    throw new Unprepared("--tls-cert and --tls-key go together, and both must be readable");
  }

  /** The token of whom the caller said, else of one of the development node's. */
  String token(String otherwise) throws Unprepared {
    Path file = tokenFile != null ? tokenFile : keys().token(name != null ? name : otherwise);
    try {
      String token = Files.readString(file).strip();
      if (TOKEN.matcher(token).matches()) return token;
      throw new Unprepared(file + " holds no token: give a file with nothing else in it");
    } catch (IOException e) {
      throw new Unprepared(
          "no token in "
              + file
              + ": start a node here first (novation serve), or say --token-file FILE");
    }
  }

  private DevKeys keys() {
    return DevKeys.of(Path.of(environment.getOrDefault("NOVATION_HOME", ".novation")));
  }
}
