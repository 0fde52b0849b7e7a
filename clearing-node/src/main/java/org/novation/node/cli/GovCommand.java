package org.novation.node.cli;

import picocli.CommandLine.Command;

/** What is voted, and how votes are counted. */
@Command(
    name = "gov",
    description = "Governance: how votes are counted.",
    subcommands = {GovTallyCommand.class})
final class GovCommand extends GroupCommand {}
