package org.novation.node.cli;

import picocli.CommandLine.Command;

/** Questions about auto-deleveraging that need no running node. */
@Command(
    name = "adl",
    description = "Questions about auto-deleveraging that need no running node.",
    subcommands = AdlVerifyCommand.class)
final class AdlCommand extends GroupCommand {}
