/** The catalogue of faults: see README.md. */
export { CATALOGUE, type FaultCode, type FaultFields } from "./catalogue.ts";
export { type Blame, type Cause, type FaultEntry, type Layer, type Station, type WsmanForm } from "./entry.ts";
export { explain, type Explanation, type Finding } from "./explain/explain.ts";
export type { Candidate } from "./explain/nearest.ts";
export { MAX_PASTE } from "./explain/unwrap.ts";
export { asFault, Fault, isFault, type FaultOptions } from "./fault.ts";
export { recognise, type Evidence } from "./recognise.ts";
export { render, type Rendered } from "./render.ts";
