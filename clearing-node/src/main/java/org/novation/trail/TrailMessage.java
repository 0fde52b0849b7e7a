package org.novation.trail;

/** What travels between nodes about the trail: records that Jackson can carry. Never stored. */
public interface TrailMessage {}
