package org.novation.simulation.bench;

/**
 * One trade of a load. Accounts and instruments are numbers, so that each side of a comparison
 * names them in its own way.
 *
 * @param number unique within a load, from 0
 * @param instrument index into the load's markets
 * @param priceTicks above 0
 * @param lots above 0
 * @param buyer an account, from 0
 * @param seller another account
 */
public record Order(
    long number, int instrument, long priceTicks, long lots, int buyer, int seller) {}
