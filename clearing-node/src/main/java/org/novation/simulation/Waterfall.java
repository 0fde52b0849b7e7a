package org.novation.simulation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.novation.deleveraging.AdlPolicy;
import org.novation.ledger.WaterfallReport;
import org.novation.ledger.WaterfallReport.Figures;
import org.novation.ledger.WaterfallReport.Wave;
import org.novation.money.Decimals;

/**
 * The default waterfall's part of a report.
 *
 * @param report by the journal
 * @param negativeEquityMicros what all accounts together are worth below nothing in the end, at the
 *     last marks: nobody answers for it
 */
public record Waterfall(AdlPolicy.Kind policy, WaterfallReport report, long negativeEquityMicros) {
  /** Most waves that are told one by one to people; programs are told all. */
  private static final int LINES_MAX = 12;

  /** The policy as options name it. */
  public static String name(AdlPolicy.Kind policy) {
    return switch (policy) {
      case PRO_RATA -> "pro-rata";
      case QUEUE -> "queue";
    };
  }

  // ---- for programs

  /** Amounts are decimal strings in the settlement asset, shares decimal strings of one. */
  void json(ObjectNode root) {
    root.put("policy", name(policy));
    ObjectNode sums = root.putObject("waterfall");
    figures(sums, report.sums());
    sums.put("negativeEquity", Decimals.micros(negativeEquityMicros));
    var waves = root.putArray("waves");
    for (Wave wave : report.waves()) {
      ObjectNode node = waves.addObject();
      node.put("id", wave.waveId());
      node.put("from", Instant.ofEpochMilli(wave.beganAtMs()).toString());
      node.put("to", Instant.ofEpochMilli(wave.finishedAtMs()).toString());
      figures(node, wave.figures());
      left(node.putObject("carried"), wave.carried());
      left(node.putObject("left"), wave.left());
      node.put("negativeEquity", Decimals.micros(wave.negativeEquityMicros()));
    }
  }

  private static void left(ObjectNode node, WaterfallReport.Left left) {
    node.put("deficit", Decimals.micros(left.micros()));
    node.put("adlContracts", left.lots());
  }

  private static void figures(ObjectNode node, Figures figures) {
    node.put("deficit", Decimals.micros(figures.deficitMicros()));
    node.put("haircut", Decimals.micros(figures.haircutMicros()));
    node.put("overshoot", Decimals.micros(figures.overshootMicros()));
    node.put("adlContracts", figures.closedLots());
    node.put("adlContractsNeeded", figures.neededLots());
    node.put("hedgesBroken", figures.hedgesBroken());
    WaterfallReport.Fund of = figures.fund();
    ObjectNode fund = node.putObject("fund");
    fund.put("before", Decimals.micros(of.beforeMicros()));
    fund.put("low", Decimals.micros(of.lowMicros()));
    fund.put("after", Decimals.micros(of.afterMicros()));
    fund.put("contributed", Decimals.micros(of.contributedMicros()));
    ObjectNode draws = fund.putObject("draws");
    draws.put("auction", Decimals.micros(of.auctionDrawsMicros()));
    draws.put("debt", Decimals.micros(of.debtDrawsMicros()));
    fund.put("inReceipts", Decimals.micros(figures.receiptsMicros()));
    WaterfallReport.Auctions ended = figures.auctions();
    ObjectNode auctions = node.putObject("auctions");
    auctions.put("count", ended.count());
    auctions.put("sold", ended.sold());
    auctions.put("bids", ended.bids());
    auctions.put("medianDiscount", Decimals.ppm(ended.medianDiscountPpm()));
    auctions.put("medianSecondsToSell", Decimals.format(ended.medianMsToSell(), 3));
    auctions.put("soldShare", Decimals.ppm(ended.soldSharePpm()));
    node.put("accountsLiquidated", figures.accountsLiquidated());
    node.put("largestBystanderLoss", Decimals.micros(figures.largestBystanderLossMicros()));
  }

  // ---- for people

  /** A figure by its name. */
  record Line(String name, String figure) {}

  /** The sums, the same lines for every run: to be set side by side. */
  List<Line> lines() {
    Figures sums = report.sums();
    WaterfallReport.Fund fund = sums.fund();
    WaterfallReport.Auctions auctions = sums.auctions();
    return List.of(
        new Line("accounts liquidated", count(sums.accountsLiquidated())),
        new Line("auctions", count(auctions.count()) + ", " + count(auctions.sold()) + " sold out"),
        new Line("  median discount", percent(auctions.medianDiscountPpm())),
        new Line(
            "  median time to sell",
            String.format(Locale.ROOT, "%.1f s", auctions.medianMsToSell() / 1e3)),
        new Line("  sold before bankruptcy price", percent(auctions.soldSharePpm())),
        new Line("fund before", money(fund.beforeMicros())),
        new Line("  low", money(fund.lowMicros())),
        new Line("  after", money(fund.afterMicros())),
        new Line("  paid to takers of slices", money(fund.auctionDrawsMicros())),
        new Line("  paid for debts", money(fund.debtDrawsMicros())),
        new Line("  of that, in waves' receipts", money(sums.receiptsMicros())),
        new Line("waves of deleveraging", count(report.waves().size())),
        new Line("  deficit D", money(sums.deficitMicros())),
        new Line("  haircut H", money(sums.haircutMicros())),
        new Line("  overshoot H − D", money(sums.overshootMicros())),
        new Line("  lots closed", count(sums.closedLots())),
        new Line("  lots needed", count(sums.neededLots())),
        new Line("  hedges broken", count(sums.hedgesBroken())),
        new Line("  largest loss of a bystander", money(sums.largestBystanderLossMicros())),
        new Line("negative equity left", money(negativeEquityMicros)));
  }

  /** The waves that took most, in order of time. */
  List<Wave> largestWaves() {
    return report.waves().stream()
        .sorted((a, b) -> Long.compare(weight(b), weight(a)))
        .limit(LINES_MAX)
        .sorted((a, b) -> Long.compare(a.beganAtMs(), b.beganAtMs()))
        .toList();
  }

  private static long weight(Wave wave) {
    return Math.max(wave.figures().deficitMicros(), wave.figures().haircutMicros());
  }

  static String money(long micros) {
    return String.format(Locale.ROOT, "%,.0f", micros / 1e6);
  }

  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String percent(long ppm) {
    return String.format(Locale.ROOT, "%.2f %%", ppm / 1e4);
  }
}
