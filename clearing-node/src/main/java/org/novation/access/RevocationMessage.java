package org.novation.access;

/** What travels between nodes about revocations: records that Jackson can carry. Never stored. */
public interface RevocationMessage {}
