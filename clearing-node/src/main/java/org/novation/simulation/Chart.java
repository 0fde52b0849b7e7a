package org.novation.simulation;

import java.awt.Color;
import java.awt.Dimension;
import java.io.IOException;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.TimeZone;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.novation.ledger.WaterfallReport.Held;
import org.w3c.dom.Document;

/**
 * Price, open interest, fund and liquidations of a run over its time, one under the other, as one
 * SVG file that needs nothing else. Times are UTC.
 */
public final class Chart {
  private static final int WIDTH = 960;
  private static final int HEIGHT = 210;
  private static final int BARS = 120;

  private final ReplayReport report;
  private final long firstMs;
  private final long lastMs;

  private Chart(ReplayReport report) {
    this.report = report;
    this.firstMs = report.result().firstMs();
    this.lastMs = Math.max(report.result().lastMs(), firstMs + 1);
  }

  /** Draws it. */
  public static String svg(ReplayReport report) throws IOException {
    return new Chart(report).draw();
  }

  private String draw() throws IOException {
    SVGGraphics2D paper = new SVGGraphics2D(emptyPage());
    List<XYChart> panels = List.of(price(), openInterest(), fund(), liquidations());
    for (XYChart panel : panels) {
      panel.paint(paper, WIDTH, HEIGHT);
      paper.translate(0, HEIGHT);
    }
    paper.setSVGCanvasSize(new Dimension(WIDTH, HEIGHT * panels.size()));
    StringWriter text = new StringWriter();
    paper.stream(text, true);
    return text.toString();
  }

  private static Document emptyPage() {
    try {
      return DocumentBuilderFactory.newDefaultNSInstance()
          .newDocumentBuilder()
          .getDOMImplementation()
          .createDocument("http://www.w3.org/2000/svg", "svg", null);
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("the platform's own XML is not there", e);
    }
  }

  private XYChart price() {
    String symbol =
        report.result().courses().keySet().stream().findFirst().orElse("The first market");
    return lines(
        symbol + ", " + report.source(),
        samples().stream().map(Timeline.Sample::timeMs).toList(),
        samples().stream().map(Timeline.Sample::price).toList(),
        new Color(0x1f5fa8));
  }

  private XYChart openInterest() {
    return lines(
        "Open interest, USDC",
        samples().stream().map(Timeline.Sample::timeMs).toList(),
        samples().stream().map(Timeline.Sample::openInterest).toList(),
        new Color(0x5a7d2b));
  }

  /** What it holds stands until it changes. */
  private XYChart fund() {
    List<Long> times = new ArrayList<>();
    List<Double> amounts = new ArrayList<>();
    double before = 0;
    for (Held held : report.waterfall().report().fund()) {
      long atMs = Math.clamp(held.atMs(), firstMs, lastMs);
      if (atMs > firstMs) {
        times.add(atMs);
        amounts.add(before);
      }
      before = held.micros() / 1e6;
      times.add(atMs);
      amounts.add(before);
    }
    if (times.isEmpty()) {
      times.add(firstMs);
      amounts.add(before);
    }
    times.add(lastMs);
    amounts.add(before);
    return lines("Insurance fund, USDC", times, amounts, new Color(0x8a5a00));
  }

  private XYChart liquidations() {
    double[] counts = new double[BARS];
    long span = Math.ceilDiv(lastMs - firstMs + 1, BARS);
    for (long atMs : report.waterfall().report().liquidationsMs())
      counts[(int) Math.clamp((atMs - firstMs) / span, 0, BARS - 1)]++;
    List<Long> times = new ArrayList<>();
    for (int bar = 0; bar < BARS; bar++) times.add(firstMs + bar * span);
    XYChart chart =
        lines(
            "Liquidations begun",
            times,
            Arrays.stream(counts).boxed().toList(),
            new Color(0xb02a2a));
    Objects.requireNonNull(chart.getSeriesMap().values().iterator().next())
        .setXYSeriesRenderStyle(XYSeriesRenderStyle.StepArea);
    return chart;
  }

  private List<Timeline.Sample> samples() {
    return report.result().samples();
  }

  private static XYChart lines(String title, List<Long> times, List<Double> values, Color colour) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .theme(ChartTheme.XChart)
            .build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setTimezone(TimeZone.getTimeZone(ZoneOffset.UTC));
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setYAxisDecimalPattern("#,##0");
    chart
        .addSeries(title, times.stream().map(Date::new).toList(), values)
        .setMarker(SeriesMarkers.NONE)
        .setLineColor(colour)
        .setFillColor(colour);
    return chart;
  }
}
