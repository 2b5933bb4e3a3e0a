import type { Fault } from "./fault.ts";
import type { WsmanForm } from "./entry.ts";

/** A fault as a peer may see it: exact text and protocol form, without cause, stack or log fields. */
export interface Rendered {
  code: string;
  text: string;
  wsman: WsmanForm;
  /** HTTP status for peers that get no envelope. */
  http: number;
}

const UNNAMED: WsmanForm = { code: 1359, side: "Receiver", subcode: "w:InternalError" };

/** What the service says. An entry without a WS-Management form travels as w:InternalError with its own text. */
export function render(fault: Fault): Rendered {
  const { wsman = UNNAMED, http = 500 } = fault.entry;
  return { code: fault.code, text: fault.message, wsman, http };
}
