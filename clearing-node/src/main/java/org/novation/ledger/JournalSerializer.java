package org.novation.ledger;

import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Hands Pekko what {@link EventCodec} does. The identifier is stored with each event: never change
 * it.
 */
public final class JournalSerializer extends SerializerWithStringManifest {
  /** Pekko keeps 0 to 40 for itself. */
  public static final int IDENTIFIER = 2001;

  private static final EventCodec CODEC = Journalled.CODEC;

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object record) {
    return CODEC.manifest(record);
  }

  @Override
  public byte[] toBinary(Object record) {
    return CODEC.write(record);
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return CODEC.read(manifest, bytes);
  }
}
