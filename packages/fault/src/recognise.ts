import { CATALOGUE, type FaultCode, type FaultFields } from "./catalogue.ts";
import type { FaultEntry } from "./entry.ts";
import { Fault } from "./fault.ts";
import { fold } from "./fold.ts";
import { patternsIn } from "./pattern-index.ts";
import { placeholders } from "./template.ts";

/** What a peer was seen to answer; any part may be missing. */
export interface Evidence {
  /** The text for humans: `f:Message`, `s:Reason/s:Text`, an error record's message, a line of stderr. */
  text?: string;
  /** `f:WSManFault/@Code`, or the low half of an HRESULT. */
  wsmanCode?: number;
  /** `s:Subcode`, with or without a prefix. */
  subcode?: string;
}

/** No peer needs more to say what went wrong. */
const MAX_TEXT = 8000;

const WITH_NUMBER = (Object.entries(CATALOGUE) as [FaultCode, FaultEntry][]).filter(([, entry]) => entry.wsman !== undefined);

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
  const said = evidence.text?.slice(0, MAX_TEXT).replace(/\s+/g, " ");
  const [best] = said === undefined ? [] : patternsIn(fold(said));
  if (best !== undefined) return known(best.filed.code, best.fields, said);
  const subcode = evidence.subcode?.replace(/^.*:/, "");
  const byNumber = WITH_NUMBER.filter(([, entry]) => entry.wsman?.code === evidence.wsmanCode);
  const bySubcode = byNumber.find(([, entry]) => subcode === undefined || entry.wsman?.subcode.endsWith(`:${subcode}`) === true);
  const code = (bySubcode ?? byNumber[0])?.[0];
  return code === undefined ? undefined : known(code, {}, said);
}

/** A fault of which only some fields are known. */
export function known(code: FaultCode, some: Readonly<Record<string, string>>, said?: string): Fault {
  const entry: FaultEntry = CATALOGUE[code];
  const names = [entry.text, entry.why ?? "", entry.cure].flatMap(placeholders);
  const fields = { ...Object.fromEntries(names.map((name) => [name, "?"])), ...some };
  return new Fault(code, fields as FaultFields<FaultCode>, said === undefined ? undefined : { said });
}
