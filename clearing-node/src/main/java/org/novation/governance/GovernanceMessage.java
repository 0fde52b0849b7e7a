package org.novation.governance;

/** What travels between nodes about governance: records that Jackson can carry. Never stored. */
public interface GovernanceMessage {}
