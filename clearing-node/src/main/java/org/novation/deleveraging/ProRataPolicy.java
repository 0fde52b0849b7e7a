package org.novation.deleveraging;

/** The default: contracts at the mark, and the deficit pro rata from profit, to the micro. */
public record ProRataPolicy() implements AdlPolicy {
  @Override
  public Allocation allocate(AdlInput input, long[] baseMicros) {
    ContractAllocation contracts = ContractAllocation.atTheMark(input);
    ProfitHaircut haircut = ProfitHaircut.of(input, baseMicros);
    return new Allocation(
        contracts.closings(),
        haircut.takings(),
        contracts.unfilled(),
        haircut.takenMicros(),
        haircut.uncoveredMicros(),
        contracts.hedgesBroken());
  }
}
