/** The catalogue of faults: see README.md. */
export { CATALOGUE, type FaultCode, type FaultFields } from "./catalogue.ts";
export { type Blame, type FaultEntry, type Layer, type WsmanForm } from "./entry.ts";
export { asFault, Fault, isFault, type FaultOptions } from "./fault.ts";
export { recognise, type Evidence } from "./recognise.ts";
export { render, type Rendered } from "./render.ts";
