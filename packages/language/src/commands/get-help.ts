/** Get-Help: the help of the commands of this session, made from their declarations. */
import { Fault } from "@tieline/fault";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import { helpObject, helpSummary, type HelpDetail } from "../cmdlet/help.ts";
import { propertyOf } from "../types/property.ts";
import { elementsOf } from "../types/type-name.ts";
import { hasWildcard, wildcard } from "../types/wildcard.ts";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";

const CATEGORIES = [
  "None",
  "Alias",
  "Cmdlet",
  "Provider",
  "General",
  "FAQ",
  "Glossary",
  "HelpFile",
  "ScriptCommand",
  "Function",
  "Filter",
  "ExternalScript",
  "DefaultHelp",
  "Configuration",
  "DscResource",
  "Class",
  "All",
] as const;

const SUFFIX = "Microsoft.PowerShell.Commands.GetHelpCommand";

export const getHelp: Cmdlet = defineCmdlet({
  name: "Get-Help",
  synopsis: "Shows what a command does and how it is written.",
  description:
    "Get-Help shows the help of a command. Without a name, or with a wildcard that fits several, it lists the commands with a line each.",
  examples: [
    { code: "Get-Help Get-CsOnlineUser", remarks: "Shows the command's syntax and description." },
    { code: "Get-Help Get-CsOnlineUser -Examples", remarks: "Shows how it is used." },
    { code: "Get-Help *Policy*", remarks: "Lists what has to do with policies." },
  ],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=113316",
  kind: "Function",
  parameters: {
    Name: {
      type: "string",
      position: 0,
      fromPipelineByPropertyName: true,
      validate: { length: [0, 1000] },
      help: "The command's name; may hold wildcards.",
    },
    Category: { type: "string[]", validate: { set: CATEGORIES, count: [0, 1] }, help: "Only help of this category." },
    Detailed: { type: "switch", sets: ["DetailedView"], help: "Adds the parameters and examples." },
    Full: { type: "switch", sets: ["AllUsersView"], help: "Shows everything." },
    Examples: { type: "switch", sets: ["Examples"], help: "Shows the examples alone." },
    Parameter: { type: "string[]", sets: ["Parameters"], help: "Shows these parameters; may hold wildcards." },
  },
  defaultSet: "AllUsersView",
  output: [{ typeName: "MamlCommandHelpInfo" }],
  *process(args, context) {
    const categories = args.Category?.map((category) => category.toLowerCase()) ?? [];
    const fits = (cmdlet: Cmdlet): boolean =>
      cmdlet.declaration.hidden !== true &&
      (categories.length === 0 || categories.includes("all") || categories.includes(cmdlet.kind.toLowerCase()));
    const name = args.Name == null || args.Name === "" ? "*" : args.Name;
    const named = hasWildcard(name) ? undefined : context.commands.find(name);
    const found = (named === undefined ? context.commands.match([name]) : [named]).filter(fits);
    if (found.length === 0) {
      if (hasWildcard(name)) return;
      const fault = new Fault("help-not-found", { name });
      context.writeError({
        message: fault.message,
        id: `HelpNotFound,${SUFFIX}`,
        category: "ResourceUnavailable",
        type: "HelpNotFoundException",
        fault: fault as Fault,
      });
      return;
    }
    if (found.length > 1) {
      for (const cmdlet of found) yield helpSummary(cmdlet);
      return;
    }
    const cmdlet = found[0] as Cmdlet;
    if (args.Parameter != null) {
      const patterns = args.Parameter.map((pattern) => wildcard(pattern));
      const parameters = propertyOf(propertyOf(helpObject(cmdlet), "parameters") ?? null, "parameter") ?? null;
      for (const parameter of elementsOf(parameters) ?? [])
        if (patterns.some((pattern) => pattern.matches(String(propertyOf(parameter, "name"))))) yield parameter;
      return;
    }
    const detail: HelpDetail =
      args.Full === true ? "full" : args.Detailed === true ? "detailed" : args.Examples === true ? "examples" : "normal";
    yield helpObject(cmdlet, detail);
  },
});
