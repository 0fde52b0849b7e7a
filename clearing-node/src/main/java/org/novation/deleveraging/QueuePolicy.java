package org.novation.deleveraging;

import java.util.List;

/**
 * The classic queue: positions against the defaulter's close in the order of their rank at its
 * bankruptcy price, as many as are needed. Contracts and money are one decision here: what the
 * others give up is (mark − price) × contracts, whether that is the deficit or not; no money is
 * taken besides. Kept so that both can be compared on the same record. Source: BitMEX, Delta
 * Exchange, dYdX v4.
 */
public record QueuePolicy() implements AdlPolicy {
  @Override
  public Allocation allocate(AdlInput input, long[] baseMicros) {
    ContractAllocation contracts = ContractAllocation.atTheBankruptcyPrice(input);
    long gain = contracts.gainMicros();
    long covered = Math.clamp(gain, 0, input.deficitMicros());
    return new Allocation(
        contracts.closings(),
        List.of(),
        contracts.unfilled(),
        gain,
        input.deficitMicros() - covered,
        contracts.hedgesBroken());
  }
}
