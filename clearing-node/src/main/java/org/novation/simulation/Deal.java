package org.novation.simulation;

/**
 * A trade that two of the crowd agreed on.
 *
 * @param number of the deal, from 0 on: makes its id
 * @param instrument index in the catalogue
 * @param buyer index of the account
 * @param seller index of the account, another one
 */
public record Deal(
    long number, int instrument, long priceTicks, long lots, int buyer, int seller, long timeMs) {}
