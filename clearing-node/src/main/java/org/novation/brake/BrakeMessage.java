package org.novation.brake;

/** What travels between nodes about pauses: records that Jackson can carry. Never stored. */
public interface BrakeMessage {}
