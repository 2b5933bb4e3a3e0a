/** The published keys of an issuer elsewhere, for workload identity: over https alone, kept for a while. */
import { Fault } from "@tieline/fault";
import { get, type Dialler } from "@tieline/net";
import type { JWK } from "jose";
import { z } from "zod";
import type { KeyReader } from "./client-authentication.ts";

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.enum(["RSA", "EC"]) })).max(100) });

/** So long a set of keys is good before it is read again. */
const FRESH_MS = 5 * 60_000;
const MAX_BYTES = 256 * 1024;
const TIMEOUT_MS = 10_000;

/** What it throws where the keys cannot be had ends in AADSTS700027 with the reason. */
export function keyReader(dialler: Dialler, nowMs: () => number): KeyReader {
  const known = new Map<string, { keys: readonly JWK[]; untilMs: number }>();
  return async (jwksUri) => {
    const kept = known.get(jwksUri);
    if (kept !== undefined && kept.untilMs > nowMs()) return kept.keys;
    const url = new URL(jwksUri);
    if (url.protocol !== "https:") throw new Fault("usage", { what: "Keys are read over https alone.", hint: "Give an https address." });
    const { status, body } = await get(dialler, url, { timeoutMs: TIMEOUT_MS, maxBodyBytes: MAX_BYTES });
    if (status !== 200) throw new Error(`HTTP status ${status} for the issuer's keys`);
    const { keys } = KeySet.parse(JSON.parse(Buffer.from(body).toString("utf8")));
    known.set(jwksUri, { keys: keys as readonly JWK[], untilMs: nowMs() + FRESH_MS });
    return keys as readonly JWK[];
  };
}
