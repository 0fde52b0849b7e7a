package org.novation.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.novation.money.Decimals;
import org.novation.money.Decimals.DecimalException;
import org.novation.money.Increment;

/**
 * One section of a HOCON file, read strictly: a value that is missing, misspelt, of the wrong kind
 * or too precise is a {@link ConfigurationException} that names file, line, path and flaw. Numbers
 * are read from their text, never through a {@code double}; underscores may group digits.
 */
final class Settings {
  private final Path file;
  private final String path;
  private final Config section;

  private Settings(Path file, String path, Config section) {
    this.file = file;
    this.path = path;
    this.section = section;
  }

  /** Parses a file. Environment variables may be named in it, as HOCON has it. */
  static Settings read(Path file) {
    if (!Files.isReadable(file))
      throw new ConfigurationException(file + ": there is no such file, or it may not be read");
    try {
      ConfigParseOptions strict = ConfigParseOptions.defaults().setAllowMissing(false);
      return new Settings(file, "", ConfigFactory.parseFile(file.toFile(), strict).resolve());
    } catch (ConfigException e) {
      throw ConfigurationException.in(file, e);
    }
  }

  /** This section over the defaults for what it does not say. */
  Settings over(Settings defaults) {
    return new Settings(file, path, section.withFallback(defaults.section));
  }

  /** Refuses names that nobody reads: they are misspelt ones. */
  Settings only(String... known) {
    Set<String> names = Set.of(known);
    for (var entry : section.root().entrySet()) {
      if (!names.contains(entry.getKey())) {
        throw new ConfigurationException(
            place(entry.getValue())
                + at(entry.getKey())
                + ": no such setting; known here: "
                + String.join(", ", known));
      }
    }
    return this;
  }

  Settings section(String key) {
    ConfigValue value = value(key);
    if (!(value instanceof ConfigObject object)) throw wrong(key, "must be a section in braces");
    return new Settings(file, at(key), object.toConfig());
  }

  /** The sections of a list, in order; at least one and at most {@code max}. */
  List<Settings> sections(String key, int max) {
    ConfigValue value = value(key);
    if (value.valueType() != ConfigValueType.LIST)
      throw wrong(key, "must be a list of sections in brackets");
    List<Settings> sections = new ArrayList<>();
    for (ConfigValue item : section.getList(key)) {
      String name = at(key) + "[" + sections.size() + "]";
      if (!(item instanceof ConfigObject object))
        throw new ConfigurationException(place(item) + name + ": must be a section in braces");
      sections.add(new Settings(file, name, object.toConfig()));
    }
    if (sections.isEmpty() || sections.size() > max)
      throw wrong(key, "must have 1 to " + max + " entries");
    return sections;
  }

  boolean flag(String key) {
    String text = text(key);
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(key, "must be true or false, not " + text);
    };
  }

  String text(String key) {
    ConfigValue value = value(key);
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> section.getString(key);
      case LIST, OBJECT, NULL -> throw wrong(key, "must be a single value");
    };
  }

  /** A decimal times {@code 10^scale}, exactly. */
  long decimal(String key, int scale) {
    String text = number(key);
    try {
      return Decimals.parse(text, scale);
    } catch (DecimalException e) {
      throw wrong(
          key,
          switch (e.flaw()) {
            case MALFORMED -> "must be a plain decimal number, not " + text;
            case TOO_PRECISE -> "has more than " + scale + " decimals: " + text;
            case TOO_LARGE -> "is too large: " + text;
          });
    }
  }

  /** A fraction in parts per million. */
  long ppm(String key) {
    return decimal(key, 6);
  }

  /** An amount of the settlement asset in micros. */
  long micros(String key) {
    return decimal(key, 6);
  }

  int integer(String key) {
    long value = decimal(key, 0);
    if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) throw wrong(key, "is too large");
    return (int) value;
  }

  /** A tick or a lot. */
  Increment increment(String key) {
    String text = number(key);
    try {
      return Increment.of(text);
    } catch (DecimalException | IllegalArgumentException e) {
      throw wrong(key, "must be a positive decimal number with at most 18 decimals, not " + text);
    }
  }

  /** How many steps a quantity is. */
  long count(String key, Increment step) {
    String text = number(key);
    try {
      return step.count(text);
    } catch (DecimalException e) {
      throw wrong(key, "must be a multiple of " + step + ", not " + text);
    }
  }

  /** The complaint about one value of this section. */
  ConfigurationException wrong(String key, String what) {
    ConfigValue value = section.hasPath(key) ? section.getValue(key) : section.root();
    return new ConfigurationException(place(value) + at(key) + ": " + what);
  }

  /** The complaint about this section as a whole. */
  ConfigurationException wrong(String what) {
    return new ConfigurationException(
        place(section.root()) + (path.isEmpty() ? "" : path + ": ") + what);
  }

  private String number(String key) {
    return text(key).replace("_", "");
  }

  private ConfigValue value(String key) {
    if (!section.hasPath(key)) throw wrong(key, "is missing");
    return section.getValue(key);
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private String place(ConfigValue value) {
    int line = value.origin().lineNumber();
    return file + (line > 0 ? ":" + line : "") + ": ";
  }
}
