/** Chance and time, handed in so that the vectors of the specifications reproduce. */
import { randomBytes } from "node:crypto";
import { Fault } from "@tieline/fault";

export interface Sources {
  /** Unpredictable bytes. */
  random(length: number): Uint8Array;
  /** Milliseconds since 1970-01-01 UTC. */
  nowMs(): number;
}

/** The machine's own. */
export const SYSTEM_SOURCES: Sources = {
  random: (length) => new Uint8Array(randomBytes(length)),
  nowMs: () => Date.now(),
};

/** Bytes of exactly that length. @throws Fault `random-short` */
export function draw(sources: Sources, length: number): Uint8Array {
  const bytes = sources.random(length);
  if (bytes.length !== length) throw new Fault("random-short", { got: bytes.length, wanted: length });
  return bytes;
}
