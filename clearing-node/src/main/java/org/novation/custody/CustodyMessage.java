package org.novation.custody;

/**
 * A message to or from custody. Travels between nodes: every implementation is a record that
 * Jackson can carry.
 */
public interface CustodyMessage {}
