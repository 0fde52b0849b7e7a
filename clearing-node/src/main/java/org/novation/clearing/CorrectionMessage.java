package org.novation.clearing;

/** What travels between nodes about corrections: records that Jackson can carry. Never stored. */
public interface CorrectionMessage {}
