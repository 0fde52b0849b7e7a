package org.novation.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.novation.instrument.Catalogue;
import org.novation.instrument.Perpetual;
import org.novation.money.Increment;
import org.novation.node.InstrumentConfig.Unlisted;

final class InstrumentConfigTest {
  /** What the project ships. */
  private static final Path SHIPPED = Path.of("..", "config");

  @TempDir private Path directory;

  @Test
  void shippedFileListsSettlementAssetFirstAndTheBracketsOfTheRiskRules() {
    Catalogue catalogue = InstrumentConfig.in(SHIPPED).catalogue();
    assertThat(catalogue.asset(0).symbol()).isEqualTo("USDC");
    assertThat(catalogue.asset("BTC")).isEqualTo(1);
    Perpetual bitcoin = catalogue.perpetual(catalogue.instrumentListed("BTC-PERP"));
    // Risk rules, worked number 2: 200M needs 3,125,000; 150M needs 1,875,000.
    assertThat(bitcoin.maintenance().requirementMicros(200_000_000_000_000L))
        .isEqualTo(3_125_000_000_000L);
    assertThat(bitcoin.maintenance().requirementMicros(150_000_000_000_000L))
        .isEqualTo(1_875_000_000_000L);
    assertThat(bitcoin.tickValueMicros()).isEqualTo(100);
    assertThat(bitcoin.scaling().sigmaReferencePpm()).isEqualTo(700_000);
    assertThat(bitcoin.funding().capPpmPerHour()).isEqualTo(40_000);
  }

  @Test
  void anInstrumentsOwnValueWinsOverTheDefault() {
    Catalogue catalogue = InstrumentConfig.in(SHIPPED).catalogue();
    Perpetual ether = catalogue.perpetual(catalogue.instrumentListed("ETH-PERP"));
    assertThat(ether.scaling().sigmaReferencePpm()).isEqualTo(900_000);
    assertThat(ether.scaling().multiplierMaxPpm()).isEqualTo(2_000_000);
    assertThat(ether.halt()).isEqualTo(Perpetual.Halt.DEFAULT);
    Perpetual ripple = catalogue.perpetual(catalogue.instrumentListed("XRP-PERP"));
    assertThat(ripple.halt()).isEqualTo(new Perpetual.Halt(150_000, 300_000, 120_000));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tick = 0.1             | tick = ten            | perpetuals[0].tick: must be a positive decimal number with at most 18 decimals, not ten
          tick = 0.1             | tick = -0.1           | perpetuals[0].tick: must be a positive decimal number with at most 18 decimals, not -0.1
          tick = 0.1             | tik = 0.1             | perpetuals[0].tik: no such setting; known here: symbol
          lot = 0.001            | #                     | perpetuals[0].lot: is missing
          trade-max = 1_000      | trade-max = 0.0005    | perpetuals[0].trade-max: must be a multiple of 0.001, not 0.0005
          weight = 0.95          | weight = 1.5          | assets[1]: a weight lies in 0..1: BTC
          weight = 0.95          | weight = 0.9500001    | assets[1].weight: has more than 6 decimals: 0.9500001
          stablecoin = true      | stablecoin = perhaps  | assets[3].stablecoin: must be true or false, not perhaps
          symbol = BTC-PERP      | symbol = btc          | perpetuals[0]: bad symbol btc
          symbol = ETH-PERP      | symbol = BTC-PERP     | listed twice: BTC-PERP
          maintenance = 0.0125   | maintenance = 0.025   | perpetuals[0].brackets[0].maintenance: must be below initial
          from = 150_000_000     | from = 900_000_000    | perpetuals[0].brackets: brackets must rise
          multiplier-max = 2     | multiplier-max = 9    | perpetuals[0].scaling: largest multiplier lies in 1..5
          cap-per-hour = 0.04    | cap-per-hour = 0.05   | perpetuals[0].funding: funding cap lies in 0..4 % per hour
          price-band = 0.05      | price-band = {}       | perpetuals[0].price-band: must be a single value
          move = 0.10            | move = 0.51           | perpetuals[0].halt: a move that halts lies in 1..50 %
          window-seconds = 300   | window-seconds = 0.9  | perpetuals[0].halt: a halt and its window last 1 s to 1 h
          seconds = 120          | seconds = 3601        | perpetuals[0].halt: a halt and its window last 1 s to 1 h
          version = 1            | version = 99999999999999999999 | version: is too large: 99999999999999999999
          assets = [             | assets = [ 7,         | assets[0]: must be a section in braces
          unlisted {             | unlistedd {           | unlistedd: no such setting
          price-band = 0.10      | price-band = 1        | unlisted: price band lies in 0..1
          perpetuals = [         | perpetuals = [ {      | instruments.conf:
          """)
  void oneWrongValueStopsTheStartWithOneLineThatNamesIt(
      String right, String wrong, String complaint) throws IOException {
    String shipped = Files.readString(SHIPPED.resolve(InstrumentConfig.FILE_NAME));
    assertThat(shipped).contains(right);
    Path file = directory.resolve(InstrumentConfig.FILE_NAME);
    Files.writeString(
        file, shipped.replaceFirst(java.util.regex.Pattern.quote(right), wrong.strip()));
    assertThatThrownBy(() -> InstrumentConfig.in(directory))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(complaint)
        .message()
        .doesNotContain("\n")
        .containsPattern("instruments\\.conf:\\s?\\d*");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> InstrumentConfig.in(directory))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("instruments.conf: there is no such file");
  }

  @Test
  void anUnlistedSymbolGetsAGridThatFitsItsPricesAndCautiousBrackets() {
    InstrumentConfig config = InstrumentConfig.in(SHIPPED);
    Catalogue catalogue =
        config.withUnlisted(
            List.of(
                new Unlisted("FTT", price("1.30"), price("25.9")),
                new Unlisted("LUNA", price("0.00001"), price("87.9")),
                new Unlisted("SHIB", price("0.0000071"), price("0.0000881")),
                new Unlisted("YFI", price("20000"), price("91000"))));
    assertThat(catalogue.instruments()).isEqualTo(config.catalogue().instruments() + 4);
    Perpetual ftt = catalogue.perpetual(catalogue.instrumentListed("FTT-PERP"));
    assertThat(ftt.underlying()).isEqualTo("FTT");
    assertThat(ftt.tick()).isEqualTo(Increment.of("0.0001"));
    assertThat(ftt.lot()).isEqualTo(Increment.of("0.1"));
    assertThat(ftt.initial().ratePpm(0)).isEqualTo(100_000);
    // 2 million at 25.9 are 77,220.07 coins.
    assertThat(ftt.lotsPerTradeMax()).isEqualTo(772_200);
    Perpetual luna = catalogue.perpetual(catalogue.instrumentListed("LUNA-PERP"));
    assertThat(luna.tick()).isEqualTo(Increment.of("0.0000001"));
    assertThat(luna.lot()).isEqualTo(Increment.of("10"));
    Perpetual shib = catalogue.perpetual(catalogue.instrumentListed("SHIB-PERP"));
    assertThat(shib.lot()).isEqualTo(Increment.of("100000"));
    assertThat(catalogue.perpetual(catalogue.instrumentListed("YFI-PERP")).tick())
        .isEqualTo(new Increment(1, 0));
  }

  @Test
  void aSymbolThatCannotBeListedIsNamed() {
    InstrumentConfig config = InstrumentConfig.in(SHIPPED);
    assertThatThrownBy(
            () ->
                config.withUnlisted(
                    List.of(new Unlisted("DEAD", BigDecimal.ZERO, BigDecimal.ZERO))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("DEAD cannot be listed");
    assertThatThrownBy(
            () -> config.withUnlisted(List.of(new Unlisted("a b", BigDecimal.ONE, BigDecimal.ONE))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("bad symbol a b-PERP");
  }

  private static BigDecimal price(String text) {
    return new BigDecimal(text);
  }
}
