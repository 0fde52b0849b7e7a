package org.novation.node.cli;

import picocli.CommandLine.Command;

/** What is voted, staked and in force, and how votes are counted. */
@Command(
    name = "gov",
    description = "Governance: stakes, proposals, votes, the council, and what is in force.",
    subcommands = {
      GovCommands.ListAll.class,
      GovCommands.Show.class,
      GovCommands.Preview.class,
      GovCommands.Propose.class,
      GovCommands.Deposit.class,
      GovCommands.Vote.class,
      GovCommands.Withdraw.class,
      GovCommands.Execute.class,
      GovCommands.Stake.class,
      GovCommands.Unstake.class,
      GovCommands.Delegate.class,
      GovCommands.ListParameters.class,
      GovCommands.Council.class,
      GovTallyCommand.class
    })
final class GovCommand extends GroupCommand {}
