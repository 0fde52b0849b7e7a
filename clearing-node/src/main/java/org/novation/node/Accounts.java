package org.novation.node;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.novation.account.AccountActor;
import org.novation.clearing.PartyMessage;

/** Where accounts are reached, on whichever node they live. */
record Accounts(ClusterSharding sharding, ActorRef<ShardingEnvelope<PartyMessage>> region) {
  static final EntityTypeKey<PartyMessage> KEY =
      EntityTypeKey.create(PartyMessage.class, AccountActor.TYPE);

  EntityRef<PartyMessage> ref(String account) {
    return sharding.entityRefFor(KEY, account);
  }

  void send(String account, PartyMessage message) {
    region.tell(new ShardingEnvelope<>(account, message));
  }
}
