/** A cmdlet's page in docs/cmdlets, out of its declaration alone: who changes a cmdlet changes its page. */
import { helpText, type Cmdlet } from "@tieline/language";

export function cmdletPage(cmdlet: Cmdlet, site: string): string {
  const { examples = [], roles = [], output = [] } = cmdlet.declaration;
  const lines = [
    `# ${cmdlet.name}`,
    "",
    `${cmdlet.declaration.synopsis} On the ${site} site.`,
    "",
    ...examples.flatMap((example) => ["```powershell", example.code, "```", "", example.remarks, ""]),
    roles.length === 0 ? "Everyone who may open a session may run it." : `Roles: ${roles.join(", ")}.`,
    ...(output.length === 0 ? [] : ["", `Puts out ${output.map(({ typeName }) => `\`${typeName}\``).join(", ")}.`]),
    "",
    "```",
    helpText(cmdlet, "full").trimEnd(),
    "```",
    "",
  ];
  return lines.join("\n");
}

/** The list of all pages. */
export function cmdletIndex(rows: readonly { cmdlet: Cmdlet; site: string }[]): string {
  return [
    "# Cmdlets",
    "",
    "Made from the catalogue by `npm run pages`; Get-Help shows the same.",
    "",
    "| cmdlet | site | |",
    "|---|---|---|",
    ...rows.map(({ cmdlet, site }) => `| [${cmdlet.name}](${cmdlet.name}.md) | ${site} | ${cmdlet.declaration.synopsis} |`),
    "",
  ].join("\n");
}
