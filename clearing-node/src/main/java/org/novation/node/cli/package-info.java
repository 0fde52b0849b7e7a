/**
 * The command line of a node: what a person or an init system types. Data goes to stdout, progress
 * to stderr. It starts, asks and stops; it decides nothing of the trade. Start at {@link Main}.
 */
package org.novation.node.cli;
