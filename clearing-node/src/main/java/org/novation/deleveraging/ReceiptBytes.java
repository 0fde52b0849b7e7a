package org.novation.deleveraging;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.novation.deleveraging.Allocation.Closing;
import org.novation.deleveraging.Allocation.Taking;
import org.novation.deleveraging.Allocation.Unfilled;

/**
 * The canonical bytes of a receipt, version 1. Whoever wants to check a hash without this program
 * needs no more than this page:
 *
 * <ul>
 *   <li>an integer is 8 bytes, two's complement, the highest first; a text is the integer number of
 *       its UTF-8 bytes and then these; a list is the integer number of its items and then these
 *   <li>first the text {@code novation-adl-receipt/1}
 *   <li>then the fields of {@link AdlInput} in their order, the policy by its name, each exposure
 *       and each candidate by the fields of {@link Exposure} and {@link Candidate} in their order;
 *       exposures ordered by instrument, candidates by instrument and rank
 *   <li>then the fields of {@link Allocation} in their order, likewise
 * </ul>
 */
final class ReceiptBytes {
  static final String FORMAT = "novation-adl-receipt/1";

  /** Every text and figure that there is once, with room to spare. */
  private static final long FRAME_BYTES = 16 << 10;

  private ReceiptBytes() {}

  /** Most bytes that a candidate takes: named, closed, and taken of. */
  static long most(Candidate candidate) {
    long names = length(candidate.instrument()) + length(candidate.account());
    return 3 * names + (9 + 3 + 3) * (long) Long.BYTES;
  }

  /** Most bytes that everything else takes. */
  static long mostBeside(List<Exposure> exposures) {
    long bytes = FRAME_BYTES;
    for (Exposure each : exposures)
      bytes += 2 * length(each.instrument()) + (6 + 1) * (long) Long.BYTES;
    return bytes;
  }

  private static long length(String text) {
    return Long.BYTES + (long) text.getBytes(StandardCharsets.UTF_8).length;
  }

  static byte[] write(AdlInput input, Allocation allocation) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256 + input.candidates().size() * 120);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      text(out, FORMAT);
      write(out, input);
      write(out, allocation);
    } catch (IOException impossible) {
      throw new UncheckedIOException("memory does not fail", impossible);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, AdlInput input) throws IOException {
    text(out, input.waveId());
    text(out, input.pool());
    text(out, input.defaulter());
    integers(out, input.atMs(), input.parameterVersion());
    text(out, input.policy().name());
    integers(out, input.lookBackMs(), input.candidatesMax());
    integers(out, input.fundMicros(), input.deficitMicros());
    out.writeLong(input.exposures().size());
    for (Exposure each : input.exposures()) {
      text(out, each.instrument());
      integers(out, each.side(), each.closeLots(), each.lossMicros());
      integers(out, each.markTicks(), each.bankruptcyTicks(), each.tickValueMicros());
    }
    out.writeLong(input.candidates().size());
    for (Candidate each : input.candidates()) {
      text(out, each.instrument());
      text(out, each.account());
      integers(out, each.version(), each.lots(), each.costBasisMicros());
      integers(out, each.unrealisedMicros(), each.realisedMicros(), each.equityMicros());
      integers(out, each.closableLots(), each.maintenanceMicros(), each.maintenanceAfterMicros());
    }
  }

  private static void write(DataOutputStream out, Allocation allocation) throws IOException {
    out.writeLong(allocation.closings().size());
    for (Closing each : allocation.closings()) {
      text(out, each.instrument());
      text(out, each.account());
      integers(out, each.version(), each.lots(), each.priceTicks());
    }
    out.writeLong(allocation.takings().size());
    for (Taking each : allocation.takings()) {
      text(out, each.instrument());
      text(out, each.account());
      integers(out, each.baseMicros(), each.micros(), each.poolMicros());
    }
    out.writeLong(allocation.unfilled().size());
    for (Unfilled each : allocation.unfilled()) {
      text(out, each.instrument());
      out.writeLong(each.lots());
    }
    integers(out, allocation.haircutMicros(), allocation.uncoveredMicros());
    out.writeLong(allocation.hedgesBroken());
  }

  private static void integers(DataOutputStream out, long... values) throws IOException {
    for (long value : values) out.writeLong(value);
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeLong(utf8.length);
    out.write(utf8);
  }

  // ---- read

  static Receipt read(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      if (!text(in).equals(FORMAT)) throw new IllegalArgumentException("no " + FORMAT);
      AdlInput input = readInput(in);
      Allocation allocation = readAllocation(in);
      if (in.hasRemaining()) throw new IllegalArgumentException("bytes are left over");
      return new Receipt(input, allocation, Receipt.hash(bytes));
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("the receipt is cut off", e);
    }
  }

  // Arguments are evaluated from left to right, which is the order of the bytes.

  private static AdlInput readInput(ByteBuffer in) {
    return new AdlInput(
        text(in),
        text(in),
        text(in),
        in.getLong(),
        in.getLong(),
        AdlPolicy.Kind.valueOf(text(in)),
        in.getLong(),
        small(in),
        in.getLong(),
        in.getLong(),
        list(in, () -> exposure(in)),
        list(in, () -> candidate(in)));
  }

  private static Exposure exposure(ByteBuffer in) {
    return new Exposure(
        text(in), small(in), in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong());
  }

  private static Candidate candidate(ByteBuffer in) {
    return new Candidate(
        text(in),
        text(in),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong());
  }

  private static Allocation readAllocation(ByteBuffer in) {
    return new Allocation(
        list(in, () -> new Closing(text(in), text(in), in.getLong(), in.getLong(), in.getLong())),
        list(in, () -> new Taking(text(in), text(in), in.getLong(), in.getLong(), in.getLong())),
        list(in, () -> new Unfilled(text(in), in.getLong())),
        in.getLong(),
        in.getLong(),
        small(in));
  }

  private static <T> List<T> list(ByteBuffer in, Supplier<T> item) {
    long size = in.getLong();
    // Every item has at least eight bytes, so a forged size cannot make this allocate much.
    if (size < 0 || size > in.remaining() / 8) throw new IllegalArgumentException("bad list");
    List<T> items = new ArrayList<>((int) size);
    for (long n = 0; n < size; n++) items.add(item.get());
    return items;
  }

  private static int small(ByteBuffer in) {
    long value = in.getLong();
    if (value != (int) value) throw new IllegalArgumentException(value + " is too large");
    return (int) value;
  }

  private static String text(ByteBuffer in) {
    long length = in.getLong();
    if (length < 0 || length > in.remaining()) throw new IllegalArgumentException("bad text");
    byte[] utf8 = new byte[(int) length];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
