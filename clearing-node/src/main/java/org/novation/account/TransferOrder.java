package org.novation.account;

/**
 * What an account's owner wants another account to have.
 *
 * @param id the owner's name for it; counts once among those of the giving account, for ever
 * @param amount above 0, in the asset's smallest unit
 */
public record TransferOrder(String id, String to, String asset, long amount) {}
