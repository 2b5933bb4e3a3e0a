/** From a fault to what is kept of it in the database and shown in a report. */
import { asFault, Fault, type FaultCode, type FaultFields } from "@tieline/fault";
import type { Finding } from "../moves/move.ts";
import type { Complaint } from "./batch.ts";

/** Of anything that was thrown. */
export function complaintOf(error: unknown): Complaint {
  const fault = asFault(error);
  const why = fault.why;
  const said = fault.said ?? fault.message;
  return { code: fault.code, fields: fault.fields, text: why === undefined ? said : `${said} ${why}`, cure: fault.cure };
}

export function complaint<C extends FaultCode>(code: C, fields: FaultFields<C>): Complaint {
  return complaintOf(new (Fault as unknown as new (code: C, fields: FaultFields<C>) => Fault)(code, fields));
}

export function finding<C extends FaultCode>(severity: Finding["severity"], code: C, fields: FaultFields<C>): Finding {
  return { severity, ...complaint(code, fields) };
}
