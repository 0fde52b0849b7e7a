/**
 * The books as they are stored, and whether they balance. Holds the one place that gives journalled
 * records their names ({@link org.novation.ledger.Journalled}), the codec that turns them into
 * bytes and back ({@link org.novation.ledger.EventCodec}), the directory of accounts and the
 * auditor, which reads the whole journal by itself and believes nobody.
 *
 * <p>Invariants: a stored record is read back equal to what was written, for ever; what cannot be
 * read stops the reader and names its manifest. The auditor only reads.
 *
 * <p><b>How a stored record may change: never.</b> A released record keeps its components, their
 * order and their meaning; the bytes hold no names, only values in that order. What must be said
 * differently becomes a new record with a new manifest ({@code account.trades-cleared.v2}); the old
 * one stays registered and its golden file goes on being read. Where a record says one number more,
 * at its end, its earlier form is registered as that: it is read with 0 there, which means that
 * nobody said it yet. To add one: write the record, register it in {@code Journalled}, run the test
 * {@code GoldenFilesTest}, which writes the golden file of a new record and fails until both files
 * are committed; it never touches an existing one.
 *
 * <p><b>Rows.</b> What an account, an auction or a fund writes at once is one row of the journal
 * ({@link org.novation.ledger.Together}), for a row costs the same whatever it holds; {@link
 * org.novation.ledger.JournalDao} folds and unfolds them, so that nobody above Pekko's journal
 * knows. Whoever reads the table itself takes a row's events from {@code Journalled}.
 *
 * <p>Uses {@code account}, {@code market} and {@code insurance} for their records and rules. Called
 * by {@code node} and {@code api}.
 */
@org.jspecify.annotations.NullMarked
package org.novation.ledger;
