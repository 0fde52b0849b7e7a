package org.novation.insurance;

/**
 * A message to or from a fund. Travels between nodes: every implementation is a record that Jackson
 * can carry.
 */
public interface FundMessage {}
