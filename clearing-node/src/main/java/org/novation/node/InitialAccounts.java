package org.novation.node;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.novation.instrument.Catalogue;
import org.novation.money.Decimals;
import org.novation.money.Decimals.DecimalException;

/**
 * Accounts that a node opens at its start, from the {@code *.json} files of a directory: each holds
 * one account or a list of them. Ids make it repeatable: what is on the books is not booked again.
 * One flaw in one file is a {@link ConfigurationException} that names it, and stops the start.
 */
public final class InitialAccounts {
  /** Most bytes of one file. */
  public static final long FILE_BYTES_MAX = 16L << 20;

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._:-]{1,64}");
  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // An amount in JSON's own number would have been through a double in most languages.
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build()
          .readerForListOf(Draft.class);

  private InitialAccounts() {}

  /**
   * One account to open.
   *
   * @param member whom it belongs to
   */
  public record InitialAccount(String accountId, String member, List<InitialDeposit> deposits) {
    public InitialAccount {
      deposits = List.copyOf(deposits);
    }
  }

  /**
   * One deposit to book.
   *
   * @param asset listed in the catalogue
   * @param amount in the asset's smallest unit, above 0
   */
  public record InitialDeposit(String id, String asset, long amount) {}

  /** As written: anything can be missing. */
  private record Draft(
      @Nullable String accountId, @Nullable String member, @Nullable List<DraftDeposit> deposits) {}

  private record DraftDeposit(
      @Nullable String id, @Nullable String asset, @Nullable String amount) {}

  /**
   * Reads every {@code *.json} file of a directory, in the order of their names. A directory that
   * is not there describes no account.
   *
   * @throws ConfigurationException when a file cannot be read, does not parse, or says what cannot
   *     be
   */
  public static List<InitialAccount> read(Path directory, Catalogue catalogue) {
    List<InitialAccount> accounts = new ArrayList<>();
    Map<String, Path> describedIn = new HashMap<>();
    for (Path file : files(directory)) {
      for (InitialAccount account : readFile(file, catalogue)) {
        Path other = describedIn.putIfAbsent(account.accountId(), file);
        if (other != null) {
          throw new ConfigurationException(
              file + ": account " + account.accountId() + " is described twice, also in " + other);
        }
        accounts.add(account);
      }
    }
    return accounts;
  }

  private static List<Path> files(Path directory) {
    if (!Files.exists(directory)) return List.of();
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    } catch (IOException e) {
      throw new ConfigurationException(directory + ": cannot be listed: " + e.getMessage());
    }
  }

  private static List<InitialAccount> readFile(Path file, Catalogue catalogue) {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new ConfigurationException(
            file + ": is larger than " + (FILE_BYTES_MAX >> 20) + " MB: split it");
      }
      List<@Nullable Draft> drafts = READER.readValue(Files.readAllBytes(file));
      if (drafts == null) throw new ConfigurationException(file + ": describes nothing");
      List<InitialAccount> accounts = new ArrayList<>();
      for (Draft draft : drafts) accounts.add(check(file, draft, catalogue));
      return accounts;
    } catch (JsonProcessingException e) {
      throw new ConfigurationException(file + lineOf(e) + ": " + flawOf(e));
    } catch (IOException e) {
      throw new ConfigurationException(file + ": cannot be read: " + e.getMessage());
    }
  }

  private static InitialAccount check(Path file, @Nullable Draft draft, Catalogue catalogue) {
    if (draft == null)
      throw new ConfigurationException(file + ": describes an account that is null");
    String account = id(file, "accountId", draft.accountId());
    String of = file + ": account " + account + ": ";
    String member = id(file, "member of account " + account, draft.member());
    List<InitialDeposit> deposits = new ArrayList<>();
    if (draft.deposits() != null) {
      for (DraftDeposit deposit : draft.deposits()) {
        if (deposit == null) throw new ConfigurationException(of + "a deposit is null");
        deposits.add(check(file, of, deposit, catalogue));
      }
    }
    return new InitialAccount(account, member, deposits);
  }

  private static InitialDeposit check(
      Path file, String of, DraftDeposit draft, Catalogue catalogue) {
    String id = id(file, "id of a deposit", draft.id());
    String deposit = of + "deposit " + id + ": ";
    if (draft.asset() == null || draft.amount() == null)
      throw new ConfigurationException(deposit + "asset and amount are needed");
    Integer asset = catalogue.asset(draft.asset());
    if (asset == null)
      throw new ConfigurationException(deposit + "asset " + draft.asset() + " is not listed");
    int decimals = catalogue.asset(asset).decimals();
    long amount;
    try {
      amount = Decimals.parse(draft.amount(), decimals);
    } catch (DecimalException e) {
      throw new ConfigurationException(
          deposit
              + "amount must be a plain decimal with at most "
              + decimals
              + " decimals, not "
              + draft.amount());
    }
    if (amount <= 0) throw new ConfigurationException(deposit + "amount must be above 0");
    return new InitialDeposit(id, draft.asset(), amount);
  }

  private static String id(Path file, String what, @Nullable String id) {
    if (id == null) throw new ConfigurationException(file + ": " + what + " is missing");
    if (!ID.matcher(id).matches()) {
      throw new ConfigurationException(
          file + ": " + what + " must be 1 to 64 characters of [A-Za-z0-9._:-]");
    }
    return id;
  }

  private static String lineOf(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return at == null || at.getLineNr() < 1 ? "" : ":" + at.getLineNr();
  }

  private static String flawOf(JsonProcessingException e) {
    String path = "";
    if (e instanceof JsonMappingException mapping) {
      // The first step is the place in the list of accounts: the line says that.
      path =
          mapping.getPath().stream()
              .skip(1)
              .map(
                  step ->
                      step.getFieldName() == null
                          ? "[" + step.getIndex() + "]"
                          : "." + step.getFieldName())
              .collect(Collectors.joining());
    }
    String said = String.valueOf(e.getOriginalMessage());
    if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() == String.class)
      said = "must be a text in quotes";
    // Jackson goes on about Java classes from the bracket on.
    said = said.replaceAll(" \\((?:class|for|through|but|0) .*", "");
    return path.isEmpty() ? said : path.substring(1) + ": " + said;
  }
}
