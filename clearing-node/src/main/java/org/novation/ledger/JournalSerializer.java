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
    return record instanceof Together ? Together.MANIFEST : CODEC.manifest(record);
  }

  @Override
  public byte[] toBinary(Object record) {
    return record instanceof Together together ? together.write(CODEC) : CODEC.write(record);
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) {
    return manifest.equals(Together.MANIFEST)
        ? Together.read(CODEC, bytes)
        : CODEC.read(manifest, bytes);
  }
}
