/** Proof key for code exchange (RFC 7636): whoever catches the code has not the verifier. */
import { createHash } from "node:crypto";
import { draw, type Sources } from "../sources.ts";

export interface ProofKey {
  verifier: string;
  challenge: string;
}

export function proofKey(sources: Sources): ProofKey {
  return proofKeyOf(base64url(draw(sources, 32)));
}

/** The challenge of method S256 (RFC 7636 4.2). */
export function proofKeyOf(verifier: string): ProofKey {
  return { verifier, challenge: base64url(createHash("sha256").update(verifier, "ascii").digest()) };
}

export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}
