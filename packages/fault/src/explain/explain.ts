/**
 * From a pasted error to what it is, where it was met, why, and what to do; without a network. Texts are recognised in
 * any wrapping, and where a text is in another language, by the codes that stand beside it.
 */
import { CATALOGUE, type FaultCode } from "../catalogue.ts";
import type { Blame, Cause, FaultEntry, Layer, Station } from "../entry.ts";
import { fold, written } from "../fold.ts";
import { patternsIn, type Found } from "../pattern-index.ts";
import { fill, placeholders } from "../template.ts";
import { marksOf, type Mark } from "./marks.ts";
import { nearest, type Candidate } from "./nearest.ts";
import { stationOf, STATIONS } from "./stations.ts";
import { MAX_PASTE, unwrap } from "./unwrap.ts";

/** One known fault in the text. */
export interface Finding {
  code: FaultCode;
  layer: Layer;
  blame: Blame;
  station: Station;
  /** The station in words. */
  where: string;
  message: string;
  /** How it was recognised: by its whole text, by a sentence of it, or by a code (which). */
  by: string;
  /** The pasted words that were recognised. */
  said?: string;
  /** What the text told beside its fixed words. */
  fields: Readonly<Record<string, string>>;
  /** The likeliest first. */
  causes: readonly Cause[];
  cure: string;
  commands: readonly string[];
  source?: string;
}

export interface Explanation {
  recognised: boolean;
  /** The surest first; none encloses another. */
  findings: readonly Finding[];
  /** Codes that no entry has, and what family they are of. */
  unknownCodes: readonly { code: string; family: string }[];
  /** For an unknown text: entries that share its words. */
  nearest: readonly Candidate[];
  /** True where the text was longer than {@link MAX_PASTE}, and only its beginning was read. */
  cut: boolean;
}

/** More findings than these help nobody. */
const MOST_FINDINGS = 5;

/**
 * @example
 * ```ts
 * explain("Tenant Domain is empty").findings[0]?.code; // "tenant-domain-empty"
 * ```
 */
export function explain(pasted: string): Explanation {
  const text = unwrap(pasted);
  const folded = fold(text);
  const marks = marksOf(`${pasted.slice(0, MAX_PASTE)}\n${text}`);
  const findings: Finding[] = [];
  const add = (finding: Finding): void => {
    if (!findings.some(({ code }) => code === finding.code)) findings.push(finding);
  };
  const told = outermost(patternsIn(folded, { partial: true }));
  const coded = marks.map((mark) => ({ mark, code: codeOf(mark) }));
  const byMark = (kinds: readonly Mark["kind"][]): void => {
    for (const { mark, code } of coded) if (code !== undefined && kinds.includes(mark.kind)) add(finding(code, {}, mark.shown));
  };
  const byText = (partial: boolean): void => {
    for (const found of told) {
      if (found.filed.partial !== partial) continue;
      const said = written(folded, found.start, found.end).slice(0, 1000);
      add(finding(found.filed.code, found.fields, partial ? "a sentence of its text" : "its text", said));
    }
  };
  // A code of the authorization server says more than the sentence of whoever passed it on; other numbers say less.
  const wholly = told.some(({ filed }) => !filed.partial && codesOf(marks).includes(filed.code));
  if (!wholly) byMark(["aadsts"]);
  byText(false);
  byMark(["aadsts"]);
  byText(true);
  byMark(["id", "number"]);
  byMark(["http"]);
  return {
    recognised: findings.length > 0,
    findings: findings.slice(0, MOST_FINDINGS),
    unknownCodes: coded.flatMap(({ mark, code }) => (code === undefined ? unknown(mark) : [])),
    nearest: findings.length > 0 ? [] : nearest(text),
    cut: pasted.length > MAX_PASTE,
  };
}

function codesOf(marks: readonly Mark[]): (FaultCode | undefined)[] {
  return marks.filter(({ kind }) => kind === "aadsts").map(codeOf);
}

/** Without those that lie inside another: the enclosing one knows more. */
function outermost(found: readonly Found[]): Found[] {
  const kept: Found[] = [];
  for (const each of found) {
    const inside = kept.some((other) => each.start >= other.start && each.end <= other.end);
    // Open fields reach far; what begins in the fixed words of a surer one is part of it, too.
    const overlaps = kept.some(
      (other) => each.start < other.end && each.end > other.start && each.filed.pattern.weight < other.filed.pattern.weight,
    );
    if (!inside && !overlaps) kept.push(each);
  }
  return kept;
}

function finding(code: FaultCode, known: Readonly<Record<string, string>>, by: string, said?: string): Finding {
  const entry: FaultEntry = CATALOGUE[code];
  const whole = (template: string): boolean => placeholders(template).every((name) => known[name] !== undefined);
  // What the text does not tell, only the reader knows: its name in capitals.
  const filled = (template: string, fields = known): string =>
    fill(template, { ...Object.fromEntries(placeholders(template).map((name) => [name, name.toUpperCase()])), ...fields });
  // A command is there to be copied: nothing that a shell could take for more than a word comes out of a stranger's text.
  const plainly = Object.fromEntries(Object.entries(known).filter(([, value]) => /^[\w][\w.@:/-]*$/.test(value)));
  const station = stationOf(entry);
  return {
    code,
    layer: entry.layer,
    blame: entry.blame,
    station,
    where: STATIONS[station],
    message: whole(entry.text) || said === undefined ? filled(entry.text) : said,
    by,
    ...(said === undefined ? {} : { said }),
    fields: known,
    causes: entry.causes ?? (entry.why === undefined || !whole(entry.why) ? [] : [{ cause: filled(entry.why) }]),
    cure: filled(entry.cure),
    commands: (entry.commands ?? []).map((command) => filled(command, plainly)),
    ...(entry.source === undefined ? {} : { source: entry.source }),
  };
}

let byMark: ReadonlyMap<string, FaultCode> | undefined;

function codeOf(mark: Mark): FaultCode | undefined {
  byMark ??= markIndex();
  return byMark.get(keyOf(mark));
}

function keyOf({ kind, shown, value }: Mark): string {
  if (kind === "number") return numberKey(value);
  return shown.toLowerCase();
}

function numberKey(value: number): string {
  return value > 0xffff ? `0x${value.toString(16)}` : `error ${value}`;
}

/** An entry's own marks come first, then the codes in its name, then the number it travels under. */
function markIndex(): Map<string, FaultCode> {
  const index = new Map<string, FaultCode>();
  const put = (key: string, code: FaultCode): void => void (index.has(key) || index.set(key, code));
  const entries = Object.entries(CATALOGUE) as [FaultCode, FaultEntry][];
  for (const [code, entry] of entries) for (const mark of entry.marks ?? []) put(mark.toLowerCase(), code);
  for (const [code] of entries) if (/^aadsts-\d+$/.test(code)) put(code.replace("-", ""), code);
  for (const [code, entry] of entries) if (entry.wsman !== undefined) put(numberKey(entry.wsman.code), code);
  return index;
}

function unknown({ kind, shown, value }: Mark): { code: string; family: string }[] {
  if (kind === "aadsts")
    return [
      { code: shown, family: "of the authorization server: it is about signing in (stage 3), not about the network or the endpoint" },
    ];
  if (kind === "http")
    return value < 400
      ? []
      : [{ code: shown, family: value < 500 ? "the web server refused the request" : "the web server or something in front of it failed" }];
  if (kind === "number" && value >= 0x80330000 && value <= 0x8033ffff)
    return [
      { code: shown, family: "of WS-Management: it comes from the remote PowerShell endpoint or from WinRM on this machine (stage 4)" },
    ];
  return [];
}
