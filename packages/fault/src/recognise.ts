import { CATALOGUE, type FaultCode, type FaultFields } from "./catalogue.ts";
import type { FaultEntry } from "./entry.ts";
import { Fault } from "./fault.ts";
import { compile, normalise, placeholders, read, type Pattern } from "./template.ts";

/** What a peer was seen to answer; any part may be missing. */
export interface Evidence {
  /** The text for humans: `f:Message`, `s:Reason/s:Text`, an error record's message, a line of stderr. */
  text?: string;
  /** `f:WSManFault/@Code`, or the low half of an HRESULT. */
  wsmanCode?: number;
  /** `s:Subcode`, with or without a prefix. */
  subcode?: string;
}

interface Row {
  code: FaultCode;
  entry: FaultEntry;
  patterns: readonly Pattern[];
}

let rows: Row[] | undefined;

function table(): Row[] {
  rows ??= (Object.entries(CATALOGUE) as [FaultCode, FaultEntry][]).map(([code, entry]) => ({
    code,
    entry,
    patterns: [entry.text, ...(entry.also ?? [])].map(compile).filter((pattern) => pattern.weight >= 12),
  }));
  return rows;
}

/**
 * The entry that the evidence speaks of. A text that is known counts more than a number (vendors reuse numbers), a
 * number more than a subcode. Fields that the text does not give are `?`. Undefined where nothing fits: then the
 * caller says what the layer below was.
 *
 * @example
 * ```ts
 * recognise({ text: "... The maximum number of concurrent shells for this user has been exceeded. ..." })?.code;
 * ```
 */
export function recognise(evidence: Evidence): Fault | undefined {
  const text = evidence.text === undefined ? undefined : normalise(evidence.text);
  if (text !== undefined && text !== "") {
    let best: { row: Row; fields: Record<string, string>; weight: number } | undefined;
    for (const row of table()) {
      for (const pattern of row.patterns) {
        if (best !== undefined && pattern.weight <= best.weight) continue;
        const fields = read(pattern, text);
        if (fields !== undefined) best = { row, fields, weight: pattern.weight };
      }
    }
    if (best !== undefined) return make(best.row, best.fields, text);
  }
  const subcode = evidence.subcode?.replace(/^.*:/, "");
  const fits = table().filter(
    ({ entry }) =>
      entry.wsman !== undefined &&
      entry.wsman.code === evidence.wsmanCode &&
      (subcode === undefined || entry.wsman.subcode.endsWith(`:${subcode}`)),
  );
  const byCode = fits[0] ?? table().find(({ entry }) => entry.wsman !== undefined && entry.wsman.code === evidence.wsmanCode);
  return byCode === undefined ? undefined : make(byCode, {}, text);
}

function make(row: Row, known: Record<string, string>, said: string | undefined): Fault {
  const names = [row.entry.text, row.entry.why ?? "", row.entry.cure].flatMap(placeholders);
  const fields = Object.fromEntries(names.map((name) => [name, known[name] ?? "?"]));
  return new Fault(row.code, fields as FaultFields<FaultCode>, said === undefined ? undefined : { said });
}
