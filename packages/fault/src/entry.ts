/**
 * One entry of the catalogue: everything that is known about a fault, in one place.
 *
 * A text is a template whose `{field}` placeholders are filled when the fault is rendered and read back when it is
 * recognised; so the same line serves the service (which says it) and the connector (which understands it).
 */

/** Who has to act: `local` (we were called wrongly), `peer` (the other end broke the protocol), `environment` (network, clock, proxy, certificate, account, limit). */
export type Blame = "local" | "peer" | "environment";

/** The layer that refused, from the ground up; the diagnosis names it and the command line derives its exit code from it. */
export type Layer =
  | "name"
  | "network"
  | "proxy"
  | "tls"
  | "http"
  | "authentication"
  | "permission"
  | "limit"
  | "wsman"
  | "psrp"
  | "clixml"
  | "process"
  | "discovery"
  | "session"
  | "command"
  | "directory"
  | "store"
  | "input"
  | "usage";

/** How a fault travels in WS-Management ([MS-WSMV] 2.2.4.43, DSP0226 14.6). */
export interface WsmanForm {
  /** The decimal number of `f:WSManFault/@Code`. */
  code: number;
  /** `s:Code/s:Value`: stock clients only understand `Receiver` with TimedOut and InternalError, `Sender` with all others. */
  side: "Sender" | "Receiver";
  /** The qualified name in `s:Subcode/s:Value`, with the prefixes w (wsman) and a (addressing). */
  subcode: string;
  /** URI for `w:FaultDetail`, where the specification defines one. */
  detail?: string;
}

/** Where on the way a fault is met: one of the four stages of a connection, before them, between, or after. */
export type Station = "machine" | "domain" | "discovery" | "token" | "session" | "way" | "command" | "move" | "trust" | "service";

/** One possible cause, and what would show that it is the one. */
export interface Cause {
  cause: string;
  confirm?: string;
}

export interface FaultEntry {
  blame: Blame;
  layer: Layer;
  /** What happened: the exact text that administrators know, or ours. `{name}` marks a field. */
  text: string;
  /** Other wordings of the same fault (a vendor's, an older version's); understood, never said. */
  also?: readonly string[];
  /** Why it happens, where the text does not say so itself. */
  why?: string;
  /** What the administrator should do. */
  cure: string;
  /** Where it is met, if the layer does not say so. */
  station?: Station;
  /** The possible causes, the likeliest first; instead of `why` where there are several. */
  causes?: readonly Cause[];
  /** What to type; a word in capitals stands for what only the reader knows. */
  commands?: readonly string[];
  /** The document that has the text or the remedy. */
  source?: string;
  /** What names this fault in every language: `AADSTS50126`, `0x80338012`, `error 5`, `HTTP 407`, the id of an error record. */
  marks?: readonly string[];
  wsman?: WsmanForm;
  /** HTTP status, where the fault is told without an envelope. */
  http?: number;
}

/** The names between braces in a template. */
export type Placeholder<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholder<Rest> : never;
