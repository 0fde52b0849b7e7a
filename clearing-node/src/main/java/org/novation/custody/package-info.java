/**
 * Custody: how money comes into the house and how it leaves (risk rules, section 14). The coins lie
 * in vaults on their chains, whose keys custodians hold; this room decides what is credited and
 * what may go, and its journal says why.
 *
 * <h2>In</h2>
 *
 * <p>k of n custodians say of one transaction what it brought to whom; each counts once, under the
 * set of custodians that is in force. Who says otherwise than the first is refused and recorded;
 * what k agree on is confirmed, once, whoever spoke first. Then it is in the vault, and the account
 * is told until it has booked it, by the id {@code chain:transaction}.
 *
 * <h2>Out</h2>
 *
 * <p>{@link org.novation.custody.Withdrawal.State}: the account is asked for the money and holds it
 * (one withdrawal at a time on its way there); then M of N custodians approve while it waits; when
 * approvals, time, gates and limits allow, it is settled, for ever: from then on the custodians may
 * pay it out. Whatever does not get there returns: refused, called off by its owner, expired, or
 * objected to by enough custodians. One objection alone, a dispute, voids the approvals there are
 * (the nonce changes) and makes it wait anew; it cannot stop the others from approving again. The
 * account is told of the end until it has booked it. A transaction that was settled and never
 * arrives on its chain comes back as a deposit that custodians attest.
 *
 * <p>Limits are per asset, in its own unit: so a worthless asset, however it is priced, opens
 * nothing of another. An hour's and a day's share of what lies in the asset's vaults are counted
 * twice: when a withdrawal is asked for (beyond, it is refused, and told until when), and when it
 * would leave (beyond, it waits), so that what was asked for over days does not leave in one hour.
 * Windows slide by slots that count until all of them is out: never too little. An address is new
 * to an account until a withdrawal to it was settled. An account that asks for much within a day,
 * in one sum or many, waits longest.
 *
 * <p>Invariants: what lies in a vault is confirmed deposits less settled withdrawals, never
 * negative, and no vault is promised twice; a deposit is confirmed once; a withdrawal ends once; of
 * an id that may have been forgotten the journal is asked, nothing is guessed; every collection in
 * memory is bounded.
 *
 * <p>Between custody and an account, by the number of the withdrawal: custody writes that it is
 * asked for, tells the account to <em>hold</em> it, and writes the answer; it writes how it ends,
 * tells the account to <em>finalise</em> or to <em>return</em> it, and writes that this is booked.
 * Each is told again until it is answered. The account remembers the highest number it saw: a hold
 * up to that is a repetition, a return of one that it never held forbids it for ever. What an
 * account holds for a withdrawal that is over, custody takes back. A test simulates this with both
 * sides' rules under crashes, losses, repetitions and reordering, and takes each of these away in
 * turn.
 *
 * <p>{@link org.novation.custody.Custody} decides and records; {@link
 * org.novation.custody.CustodyActor} is the shell around it; {@link
 * org.novation.custody.CustodyPolicy} are its limits, {@link org.novation.custody.CustodyRefusal}
 * what it says no with. It may know {@code risk} for brakes, {@code clearing} for accounts and the
 * house's time, {@code money}.
 *
 * <h2>What a custodian signs</h2>
 *
 * <p>{@link org.novation.custody.CanonicalMessage#bytes}, with Ed25519 (RFC 8032, the plain variant
 * without a context):
 *
 * <ol>
 *   <li>16 bytes {@code NOVATION-CUSTODY}, 1 byte version (1), 1 byte purpose (1 attest a deposit,
 *       2 approve a withdrawal, 3 dispute one, 4 cancel one);
 *   <li>then ten fields, each as 2 bytes of length (unsigned, big-endian) and so many bytes, in
 *       this order: house, chain, asset, amount, address, account, reference, nonce, expiry, set
 *       version. Texts are 1 to 128 visible ASCII characters; amount (in the asset's smallest
 *       unit), nonce, expiry (milliseconds since 1970) and set version are 8 bytes, big-endian.
 * </ol>
 *
 * <p>{@code custody/signatures.json} among the test's resources has keys, messages, bytes and
 * signatures, and what must be refused; another implementation than the JDK's made it. Keys and
 * signatures are written in hexadecimal, lower case. A key must be a point of the group of prime
 * order: with one of small order a signature would fit every message. No rule rests on a
 * signature's bytes being unique; a custodian counts once per message, however it was signed.
 */
@org.jspecify.annotations.NullMarked
package org.novation.custody;
