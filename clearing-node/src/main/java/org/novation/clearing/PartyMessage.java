package org.novation.clearing;

/**
 * A message to an account, whoever sends it. Travels between nodes: every implementation is a
 * record that Jackson can carry.
 */
public interface PartyMessage {}
