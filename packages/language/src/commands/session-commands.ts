/** The small commands of a restricted endpoint: format data, leaving, the screen. */
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Cmdlet } from "../cmdlet/cmdlet.ts";
import type { Host } from "../cmdlet/context.ts";
import { defineCmdlet } from "../cmdlet/declaration.ts";
import { formatDefinition } from "../format/format-definition.ts";
import { render } from "../format/render.ts";
import { Views } from "../format/view.ts";
import { textOf } from "../types/text.ts";
import { wildcard } from "../types/wildcard.ts";

/** Objects that a screen command gathers before it shows them; what is beyond is shown in further tables. */
const MOST_ROWS = 1000;

export const getFormatData: Cmdlet = defineCmdlet({
  name: "Get-FormatData",
  synopsis: "Gives the views that objects of this endpoint are shown with.",
  description: "Clients ask for this when they import the commands of a session, so that objects look there as they do here.",
  examples: [{ code: "Get-FormatData -TypeName *", remarks: "Gives all views of the session's commands." }],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=144303",
  kind: "Function",
  parameters: {
    TypeName: { type: "string[]", position: 0, validate: { length: [0, 1000], count: [0, 1000] }, help: "Names of types, or wildcards." },
    PowerShellVersion: { type: "version", help: "The client's version; has no effect." },
  },
  output: [{ typeName: "System.Management.Automation.ExtendedTypeDefinition" }],
  *process(args, context) {
    const patterns = (args.TypeName == null || args.TypeName.length === 0 ? ["*"] : args.TypeName).map((pattern) => wildcard(pattern));
    const told = new Set<string>();
    for (const command of context.commands.match(["*"])) {
      for (const { typeName, view } of command.declaration.output ?? []) {
        if (view === undefined || told.has(typeName) || !patterns.some((pattern) => pattern.matches(typeName))) continue;
        told.add(typeName);
        yield formatDefinition(typeName, view);
      }
    }
  },
});

export const exitPSSession: Cmdlet = defineCmdlet({
  name: "Exit-PSSession",
  synopsis: "Leaves an interactive session.",
  examples: [{ code: "Exit-PSSession", remarks: "Goes back to the local session." }],
  aliases: ["exsn"],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=2096787",
  kind: "Function",
  parameters: {},
  process: (_args, context) => context.host?.popRunspace(),
});

export const clearHost: Cmdlet = defineCmdlet({
  name: "Clear-Host",
  synopsis: "Clears the screen.",
  examples: [{ code: "Clear-Host", remarks: "Clears the screen of the client." }],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=2096480",
  kind: "Function",
  parameters: {},
  process: (_args, context) => context.host?.clear(),
});

const ERROR_RECORD = "System.Management.Automation.ErrorRecord";

/** An error of this pipeline by the command that raised it; one that the client sends back is plain text (recorded: enter-pssession). */
async function showError(record: PsObject, host: Host | undefined): Promise<void> {
  const live = record.typeNames[0] === ERROR_RECORD;
  const activity = textOf(record.get("ErrorCategory_Activity") ?? null);
  const text = `${live && activity !== "" ? activity : "Error"}: ${textOf(record)}`;
  for (const line of text.split("\n"))
    await (live && host?.writeErrorLine !== undefined ? host.writeErrorLine(line) : host?.writeLine(line));
}

export const outDefault: Cmdlet = defineCmdlet({
  name: "Out-Default",
  synopsis: "Shows objects on the screen.",
  examples: [{ code: "Get-CsTenant | Out-Default", remarks: "Shows the tenant as a table or list." }],
  helpUri: "https://go.microsoft.com/fwlink/?LinkID=113362",
  kind: "Function",
  parameters: { InputObject: { type: "object", fromPipeline: true, help: "What to show." } },
  stages(context) {
    const views = new Views(context.commands.match(["*"]));
    let rows: PsValue[] = [];
    const show = async (): Promise<void> => {
      const lines = render(rows, { views });
      rows = [];
      for (const line of lines) await context.host?.writeLine(line);
    };
    return {
      async process(args) {
        const value = args.InputObject ?? null;
        if (value instanceof PsObject && value.isType(ERROR_RECORD)) {
          await show();
          await showError(value, context.host);
          return;
        }
        rows.push(value);
        if (rows.length >= MOST_ROWS) await show();
      },
      end: show,
    };
  },
});

export const outString: Cmdlet = defineCmdlet({
  name: "Out-String",
  hidden: true,
  synopsis: "Gives objects as text, as a screen would show them.",
  examples: [{ code: "Get-CsTenant | Out-String", remarks: "Gives the table as one text." }],
  kind: "Function",
  parameters: {
    InputObject: { type: "object", fromPipeline: true, help: "What to show." },
    Width: { type: "int", validate: { range: [2, 2147483647] }, help: "Characters a line." },
    Stream: { type: "switch", help: "One text a line." },
  },
  output: [{ typeName: "System.String" }],
  stages(context) {
    const views = new Views(context.commands.match(["*"]));
    const rows: PsValue[] = [];
    let width = 120;
    let stream = false;
    return {
      begin(args) {
        width = Math.min(args.Width ?? 120, 10_000);
        stream = args.Stream ?? false;
      },
      process: (args) => void rows.push(args.InputObject ?? null),
      end() {
        const lines = render(rows, { views, width });
        return stream ? lines : [lines.map((line) => `${line}\n`).join("")];
      },
    };
  },
});
