/** Get-Command: what this session may run. */
import { defineCmdlet } from "../cmdlet/declaration.ts";
import { commandInfo, commandTypeNumber } from "../cmdlet/metadata.ts";
import { syntaxOf } from "../cmdlet/syntax.ts";
import { commandNotFound } from "../errors/not-found.ts";
import { enumType } from "../types/enumeration.ts";
import { hasWildcard } from "../types/wildcard.ts";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";

const COMMAND_TYPES = enumType(
  "System.Management.Automation.CommandTypes",
  { Alias: 1, Function: 2, Filter: 4, Cmdlet: 8, ExternalScript: 16, Application: 32, Script: 64, Configuration: 256, All: 383 },
  { flags: true },
);

const SUFFIX = "Microsoft.PowerShell.Commands.GetCommandCommand";

export const getCommand: Cmdlet = defineCmdlet({
  name: "Get-Command",
  synopsis: "Lists the commands that you may run.",
  description:
    "Get-Command lists the commands of this session: those of the endpoint and those that your roles include. Names may hold wildcards.",
  examples: [
    { code: "Get-Command", remarks: "Lists all of them." },
    { code: "Get-Command *-CsOnlineUser", remarks: "Lists what can be done with online users." },
    { code: "Get-Command Get-CsOnlineUser -Syntax", remarks: "Shows how the command is written." },
  ],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=113309",
  kind: "Function",
  parameters: {
    Name: {
      type: "string[]",
      position: 0,
      fromPipeline: true,
      fromPipelineByPropertyName: true,
      validate: { length: [0, 1000], count: [0, 1000] },
      help: "Names or wildcards.",
    },
    Module: { type: "string[]", validate: { length: [0, 1000], count: [0, 100] }, help: "Only those of these modules." },
    ArgumentList: {
      type: "object[]",
      validate: { count: [0, 100] },
      allowEmptyCollection: true,
      help: "Accepted for compatibility; has no effect.",
    },
    CommandType: { type: COMMAND_TYPES, help: "Only those of this type." },
    ListImported: { type: "switch", help: "Accepted for compatibility; all commands are there." },
    ShowCommandInfo: { type: "switch", help: "Accepted for compatibility." },
    Syntax: { type: "switch", help: "Shows the syntax instead." },
  },
  output: [{ typeName: "System.Management.Automation.FunctionInfo" }, { typeName: "System.Management.Automation.CmdletInfo" }],
  *process(args, context) {
    const types = args.CommandType == null ? 383 : Number(args.CommandType.base);
    const modules = args.Module?.map((module) => module.toLowerCase());
    const fits = (cmdlet: Cmdlet): boolean =>
      cmdlet.declaration.hidden !== true &&
      (types & commandTypeNumber(cmdlet)) !== 0 &&
      (modules === undefined || modules.includes((cmdlet.declaration.module ?? "").toLowerCase()));
    const names = args.Name == null || args.Name.length === 0 ? ["*"] : args.Name;
    for (const name of names) {
      const found = hasWildcard(name)
        ? context.commands.match([name])
        : [context.commands.find(name)].filter((cmdlet) => cmdlet !== undefined);
      const wanted = found.filter(fits);
      if (wanted.length === 0 && !hasWildcard(name)) {
        const missing = commandNotFound(name);
        missing.fullyQualifiedId = `CommandNotFoundException,${SUFFIX}`;
        context.writeError(missing);
      }
      for (const cmdlet of wanted) yield args.Syntax === true ? `\n${syntaxOf(cmdlet).join("\n\n")}\n` : commandInfo(cmdlet);
    }
  },
});
