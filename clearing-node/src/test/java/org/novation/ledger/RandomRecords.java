package org.novation.ledger;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.novation.clearing.Trade;
import org.novation.deleveraging.Candidate;
import org.novation.deleveraging.Exposure;
import org.novation.insurance.FundPolicy;
import org.novation.liquidation.auction.AuctionTerms;
import org.novation.liquidation.auction.Bid;
import org.novation.liquidation.auction.Charge;

/**
 * Makes a record of any class that is journalled, or sent between nodes, from a seed: nothing of it
 * is ever left out.
 */
public final class RandomRecords {
  private static final int LIST_MAX = 4;
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ü€";

  private final Random random;
  private final @Nullable ActorRef<?> anyActor;

  RandomRecords(long seed) {
    this(seed, null);
  }

  /** {@code anyActor} stands for every actor in a record. */
  public RandomRecords(long seed, @Nullable ActorRef<?> anyActor) {
    this.random = new Random(seed);
    this.anyActor = anyActor;
  }

  /** A record of this class with every component filled in. */
  public <T extends Record> T next(Class<T> type) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) values[i] = value(components[i].getGenericType());
    try {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<T> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true); // A room may keep a message to itself.
      return constructor.newInstance(values);
    } catch (NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new AssertionError("no random " + type, e);
    }
  }

  private Object value(Type type) {
    if (type == long.class || type == Long.class) return number();
    if (type == int.class) return (int) number();
    if (type == boolean.class) return random.nextBoolean();
    if (type == String.class) return text();
    if (type instanceof ParameterizedType generic) return generic(generic);
    if (type == byte[].class) return text().getBytes(StandardCharsets.UTF_8);
    if (type == Trade.class) return trade();
    if (type == Bid.class) return new Bid(text(), text(), share(), share(), number());
    if (type == AuctionTerms.class) return terms();
    if (type == Charge.class) return new Charge(positive(), positive(), 0);
    if (type == Exposure.class)
      return new Exposure(text(), 1, positive(), positive(), positive(), positive(), positive());
    if (type == Candidate.class) return candidate();
    if (type == FundPolicy.class) return FundPolicy.DEFAULT;
    if (type instanceof Class<?> other) {
      if (other.isSealed()) return oneOf(other.getPermittedSubclasses());
      if (other.isEnum())
        return other.getEnumConstants()[random.nextInt(other.getEnumConstants().length)];
      if (other.isRecord()) return next(other.asSubclass(Record.class));
    }
    throw new AssertionError(
        "records hold numbers, texts, enums, records and lists of them, not " + type);
  }

  private Object generic(ParameterizedType type) {
    Type[] of = type.getActualTypeArguments();
    if (type.getRawType() == List.class) return list(of[0]);
    if (type.getRawType() == Map.class) return Map.of(value(of[0]), value(of[1]));
    if (type.getRawType() == ActorRef.class && anyActor != null) return anyActor;
    throw new AssertionError("no random " + type);
  }

  private Object oneOf(Class<?>[] permitted) {
    return value(permitted[random.nextInt(permitted.length)]);
  }

  private Trade trade() {
    return new Trade(
        text(),
        text(),
        text(),
        1 + random.nextLong(1L << 60),
        1 + random.nextLong(1L << 60),
        "b" + text(),
        "s" + text(),
        number());
  }

  private AuctionTerms terms() {
    return new AuctionTerms(
        number(),
        positive(),
        positive(),
        positive(),
        positive(),
        positive(),
        positive(),
        number() >> 2,
        positive());
  }

  private Candidate candidate() {
    long lots = positive();
    return new Candidate(
        text(), text(), number(), lots, number(), number(), number(), number(), lots - 1, number(),
        number());
  }

  private List<Object> list(Type of) {
    List<Object> list = new ArrayList<>();
    for (int i = random.nextInt(LIST_MAX); i >= 0; i--) list.add(value(of));
    return list;
  }

  /** Of every length, the extremes among them. */
  private long number() {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1 -> Long.MIN_VALUE;
      case 2 -> Long.MAX_VALUE;
      default -> random.nextLong() >> random.nextInt(64);
    };
  }

  private long positive() {
    return 1 + random.nextLong(1L << 60);
  }

  private long share() {
    return 1 + random.nextLong(1_000_000);
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(24); i >= 0; i--)
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    return text.toString();
  }
}
