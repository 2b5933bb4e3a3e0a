/** Whether something that cannot simply be taken back is meant. */
import { Fault } from "@tieline/fault";
import type { Surroundings } from "./invocation.ts";
import type { TerminalHost } from "./terminal-host.ts";

/** @throws Fault `usage` where nobody sits at a terminal and --yes was not given; `interrupted` */
export async function confirmed(
  question: string,
  { yes }: { yes?: boolean },
  terminal: Pick<TerminalHost, "ask">,
  { stdin, stderr }: Surroundings,
): Promise<boolean> {
  if (yes === true) return true;
  if (!stdin.isTTY || !stderr.isTTY)
    throw new Fault("usage", { what: `${question} Nobody sits at a terminal to say so.`, hint: "Add --yes." });
  const answer = await terminal.ask(`${question} [y/N] `);
  return /^\s*y(?:es)?\s*$/i.test(answer);
}
