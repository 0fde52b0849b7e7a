/**
 * Where a node keeps its journal: which database, how it is started, what its tables are, and how
 * Pekko Persistence is told. The same code runs on H2 in a file (nothing to install), on a
 * PostgreSQL server that the node starts from its own jars, and on a PostgreSQL server of the
 * user's.
 *
 * <p>Promise: what a commit returned from is flushed to disk in every store but {@link
 * org.novation.node.store.StoreConfig.H2Memory}. PostgreSQL runs with {@code fsync} and {@code
 * synchronous_commit} on; H2 writes each commit at once through a file that is opened for
 * synchronous writes ({@link org.novation.node.store.SyncedFilePath}).
 *
 * <p>Knows nothing of the trade: it moves bytes. Start at {@link org.novation.node.store.Store}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.node.store;
