/**
 * Custody: how money comes into the house and how it leaves (risk rules, section 14). The coins lie
 * in vaults on their chains, whose keys custodians hold; this room decides what is credited and
 * what may go, and the journal says why.
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
