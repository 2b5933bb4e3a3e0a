/** Asks the client's screen for mandatory parameters that nobody gave, in PowerShell's words. */
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import type { Host } from "../cmdlet/context.ts";
import type { Parameter } from "../cmdlet/parameter.ts";
import type { CommandArgument } from "./structured-command.ts";

export async function askForMissing(
  cmdlet: Cmdlet,
  index: number,
  missing: readonly Parameter[],
  host: Host,
): Promise<CommandArgument[] | undefined> {
  const answers = await host.prompt?.(
    `cmdlet ${cmdlet.name} at command pipeline position ${index + 1}`,
    "Supply values for the following parameters:",
    missing.map(({ name, type, help }) => ({ name, typeName: type.name, help })),
  );
  if (answers === undefined || answers.size === 0) return undefined;
  return [...answers].map(([name, value]) => ({ name, value }));
}
