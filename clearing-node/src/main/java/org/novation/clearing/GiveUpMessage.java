package org.novation.clearing;

/** What travels between nodes about give-ups: records that Jackson can carry. Never stored. */
public interface GiveUpMessage {}
