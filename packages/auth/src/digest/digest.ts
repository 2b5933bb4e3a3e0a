/**
 * HTTP Digest (RFC 7616): what both ends compute. MD5 is there because proxies still offer nothing else; of several
 * challenges the strongest algorithm is taken. Only `qop=auth`, or none (RFC 2069's form, which old proxies speak).
 */
import { createHash } from "node:crypto";

export interface DigestAlgorithm {
  /** As it stands in the header. */
  readonly name: string;
  readonly hash: "md5" | "sha256" | "sha512-256";
  /** The secret is bound to the session's nonces. */
  readonly session: boolean;
}

/** From strong to weak (RFC 7616 6.1). */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = [
  { name: "SHA-512-256", hash: "sha512-256", session: false },
  { name: "SHA-512-256-sess", hash: "sha512-256", session: true },
  { name: "SHA-256", hash: "sha256", session: false },
  { name: "SHA-256-sess", hash: "sha256", session: true },
  { name: "MD5", hash: "md5", session: false },
  { name: "MD5-sess", hash: "md5", session: true },
];

export function digestAlgorithm(name = "MD5"): DigestAlgorithm | undefined {
  return DIGEST_ALGORITHMS.find((row) => row.name.toLowerCase() === name.toLowerCase());
}

export function hexHash({ hash }: DigestAlgorithm, text: string): string {
  return createHash(hash).update(text, "utf8").digest("hex");
}

/** What stands for the password at the server: H(user:realm:password), RFC 7616 3.4.2. */
export function digestSecret(algorithm: DigestAlgorithm, user: string, realm: string, password: string): string {
  return hexHash(algorithm, `${user}:${realm}:${password}`);
}

export interface DigestFacts {
  algorithm: DigestAlgorithm;
  /** `digestSecret` in hex. */
  secret: string;
  nonce: string;
  cnonce: string;
  /** Eight hex digits. */
  nc: string;
  qop: "auth" | undefined;
  method: string;
  uri: string;
}

/** The `response` parameter (RFC 7616 3.4.1 to 3.4.3). */
export function digestResponse({ algorithm, secret, nonce, cnonce, nc, qop, method, uri }: DigestFacts): string {
  const a1 = algorithm.session ? hexHash(algorithm, `${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = hexHash(algorithm, `${method}:${uri}`);
  return hexHash(algorithm, qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}`);
}

/** A value in quotes (RFC 9110 5.6.4). */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
}
