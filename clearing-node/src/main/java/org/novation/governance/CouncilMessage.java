package org.novation.governance;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a member of the council signs, with Ed25519 (RFC 8032): everything that a command says. One
 * made for one house, one command or one member is worth nothing for another.
 *
 * <p>The bytes are texts in UTF-8, each behind its length in bytes, in decimal digits, and a colon:
 * {@code novation council 1}, the house's name as custodians sign it, {@code tighten}, {@code
 * cancel} or {@code approve}, the member, the id, when it was issued (milliseconds), and then, of a
 * tightening, the reason and of each amendment its path, the version seen, the number of figures
 * and each figure's name and text; of a cancellation the reason and the proposal; of an approval
 * the act and its hash.
 */
public final class CouncilMessage {
  private static final String PREFIX = "novation council 1";

  private CouncilMessage() {}

  /** The bytes to sign. */
  public static byte[] bytes(String house, GovernanceCommand.OfCouncil command) {
    List<String> texts = new ArrayList<>();
    texts.add(PREFIX);
    texts.add(house);
    texts.add(
        switch (command) {
          case GovernanceCommand.Tighten _ -> "tighten";
          case GovernanceCommand.Cancel _ -> "cancel";
          case GovernanceCommand.Approve _ -> "approve";
        });
    texts.add(command.member());
    texts.add(command.id());
    texts.add(Long.toString(command.issuedAtMs()));
    switch (command) {
      case GovernanceCommand.Tighten tighten -> {
        texts.add(tighten.reason());
        for (Amendment each : tighten.amendments()) {
          texts.add(each.path());
          texts.add(Long.toString(each.baseVersion()));
          texts.add(Integer.toString(each.figures().size()));
          for (Entry figure : each.figures()) {
            texts.add(figure.figure());
            texts.add(figure.text());
          }
        }
      }
      case GovernanceCommand.Cancel cancel -> {
        texts.add(cancel.reason());
        texts.add(cancel.proposalId());
      }
      case GovernanceCommand.Approve approve -> {
        texts.add(approve.actId());
        texts.add(approve.sha256());
      }
    }
    StringBuilder all = new StringBuilder();
    for (String text : texts)
      all.append(text.getBytes(StandardCharsets.UTF_8).length).append(':').append(text);
    return all.toString().getBytes(StandardCharsets.UTF_8);
  }
}
