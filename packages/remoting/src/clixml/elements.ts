/** The elements of CLIXML by name: what each is, and how its text becomes a value ([MS-PSRP] 2.2.5). */
import type { MemberKind } from "../objects/index.ts";
import { PROGRESS_FIELDS } from "./progress.ts";
import { SCALARS, type ScalarTag } from "./scalars.ts";
import type { Rule } from "./head.ts";

/** What an element is to the builder. */
export type Kind =
  | "root"
  | "object"
  | "reference"
  | "nil"
  | "scalar"
  | "secure"
  | "text"
  | "names"
  | "name"
  | "namesReference"
  | "members"
  | "list"
  | "dictionary"
  | "entry"
  | "progress"
  | "field"
  | "unknown";

export interface Element extends Rule {
  readonly kind: Kind;
  readonly tag: string;
  readonly scalar?: ScalarTag;
  readonly members?: MemberKind;
}

const rule = (kind: Kind, tag: string, more: Partial<Element> = {}): [string, Element] => [
  tag,
  { kind, tag, leaf: kind === "scalar" || kind === "secure" || kind === "text" || kind === "name" || kind === "field", ...more },
];

export const ELEMENTS = new Map<string, Element>([
  ...Object.entries(SCALARS).map(([tag, scalar]) => rule("scalar", tag, { scalar })),
  rule("secure", "SS"),
  rule("nil", "Nil"),
  rule("root", "Objs"),
  rule("object", "Obj"),
  rule("reference", "Ref"),
  rule("names", "TN"),
  rule("name", "T"),
  rule("namesReference", "TNRef"),
  rule("text", "ToString"),
  rule("members", "Props", { members: "adapted" }),
  rule("members", "MS", { members: "extended" }),
  rule("list", "LST"),
  rule("list", "IE"),
  rule("list", "STK"),
  rule("list", "QUE"),
  rule("dictionary", "DCT"),
  rule("entry", "En"),
  rule("progress", "PR"),
  ...PROGRESS_FIELDS.filter((field) => field.tag !== "T" && field.tag !== "S").map((field) => rule("field", field.tag)),
]);
export const UNKNOWN: Element = { kind: "unknown", tag: "", leaf: false };
export const SKIPPED: Element = { kind: "nil", tag: "", leaf: false };
