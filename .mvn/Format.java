import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Formats this repository's Java sources with google-java-format, or checks that they are.
 *
 * <p>google-java-format reads sources with the parser of the JDK that runs it. Formatter plugins
 * run it inside Maven, which may be on JDK 17 and then cannot read Java 25; so the parent pom
 * starts this file on the build's own JDK instead.
 *
 * <p>Usage: {@code Format.java check|apply ROOT}
 */
final class Format {
  private static final Formatter FORMATTER = new Formatter();
  private static final int MAX_PASSES = 5;

  public static void main(String[] args) throws IOException {
    boolean apply = args[0].equals("apply");
    Path root = Path.of(args[1]);
    List<Path> changed;
    try (Stream<Path> sources =
        Stream.of("protocol/src", "clearing-node/src", ".mvn").map(root::resolve)) {
      changed =
          sources
              .flatMap(Format::javaFiles)
              .parallel()
              .filter(file -> differs(file, apply))
              .toList();
    }
    for (Path file : changed) {
      System.err.println((apply ? "formatted " : "not formatted: ") + root.relativize(file));
    }
    if (!apply && !changed.isEmpty()) {
      System.err.println("To format them: mvn -N validate -Pformat");
      System.exit(1);
    }
  }

  private static Stream<Path> javaFiles(Path directory) {
    if (!Files.isDirectory(directory)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean differs(Path file, boolean apply) {
    try {
      String before = Files.readString(file);
      String after = format(before);
      if (after.equals(before)) {
        return false;
      }
      if (apply) {
        Files.writeString(file, after);
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (FormatterException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    }
  }

  /** Formats until nothing moves: a long comment that was broken once may be indented next. */
  private static String format(String source) throws FormatterException {
    String before = source;
    for (int pass = 0; pass < MAX_PASSES; pass++) {
      String after = formatOnce(before);
      if (after.equals(before)) {
        return after;
      }
      before = after;
    }
    throw new IllegalStateException("still moving after " + MAX_PASSES + " passes");
  }

  private static String formatOnce(String source) throws FormatterException {
    String tidy = RemoveUnusedImports.removeUnusedImports(source);
    return FORMATTER.formatSource(ImportOrderer.reorderImports(tidy, Style.GOOGLE));
  }
}
