/**
 * The end of a pipeline that is for the screen: Format-Table, Format-List and their kind run where the person sits, as they do
 * after Import-PSSession, and never travel to the endpoint. What they ask for becomes the printer's format and columns.
 */
import { Fault } from "@tieline/fault";
import { PsList, type PsValue } from "@tieline/remoting/objects";
import type { Statements } from "../run-pipeline.ts";
import type { Format } from "./printer.ts";

/** What the last commands of a pipeline ask for. */
export interface Shaping {
  format: Format;
  /** Named properties; left out, those of the type's view. */
  columns?: readonly string[];
}

interface Shaper {
  format?: Format;
  takesProperties?: true;
  /** Parameters that are understood and change nothing here. */
  ignored: readonly string[];
}

const SHAPERS: Readonly<Record<string, Shaper>> = {
  "format-table": { format: "table", takesProperties: true, ignored: ["autosize", "wrap"] },
  "format-list": { format: "list", takesProperties: true, ignored: [] },
  "convertto-json": { format: "json", ignored: ["depth"] },
  "convertto-csv": { format: "csv", ignored: ["notypeinformation"] },
  "out-host": { ignored: [] },
  "out-default": { ignored: [] },
};
const ALIASES: Readonly<Record<string, string>> = { ft: "format-table", fl: "format-list", oh: "out-host" };

/** The pipeline without its end, and what that end asks for. @throws Fault `usage` for a parameter that cannot be heeded */
export function shaped(statements: Statements): { statements: Statements; shaping?: Shaping } {
  const [pipeline] = statements;
  const last = pipeline?.at(-1);
  if (statements.length !== 1 || pipeline === undefined || last === undefined || pipeline.length < 2) return { statements };
  const name = last.text.toLowerCase();
  const shaper = SHAPERS[ALIASES[name] ?? name];
  if (shaper === undefined) return { statements };
  const rest: Statements = [pipeline.slice(0, -1)];
  const columns = propertiesOf(last.text, last.arguments ?? [], shaper);
  if (shaper.format === undefined) return shaped(rest);
  return { statements: rest, shaping: { format: shaper.format, ...(columns.length === 0 ? {} : { columns }) } };
}

function propertiesOf(command: string, given: readonly { name: string | null; value: PsValue }[], shaper: Shaper): string[] {
  const found: string[] = [];
  let isNext = false;
  let isIgnored = false;
  for (const { name, value } of given) {
    if (name !== null) {
      const wanted = name.replace(/^-/, "").replace(/:$/, "").toLowerCase();
      isNext = shaper.takesProperties === true && wanted !== "" && "property".startsWith(wanted);
      isIgnored = shaper.ignored.some((each) => wanted !== "" && each.startsWith(wanted));
      if (!isNext && !isIgnored)
        throw new Fault("usage", { what: `${command} does not know ${name} here.`, hint: "Leave it out, or choose the output with -o." });
    }
    if (value === null || value === undefined || (isIgnored && name === null)) continue;
    if (shaper.takesProperties !== true) continue;
    for (const each of value instanceof PsList ? value.items : Array.isArray(value) ? value : [value])
      if (String(each) !== "*") found.push(String(each));
  }
  return found;
}
