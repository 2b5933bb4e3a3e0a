/** The known hosts file of OpenSSH (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): whose host keys are believed. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

interface Line {
  patterns: readonly string[];
  revoked: boolean;
  type: string;
  key: Buffer;
}

export type Verdict = "known" | "unknown" | "changed" | "revoked";

export class KnownHosts {
  readonly #lines: Line[] = [];

  /** Lines that cannot be read are left out, as OpenSSH does; so are certificate authorities, which need host certificates. */
  static parse(text: string): KnownHosts {
    const known = new KnownHosts();
    for (const line of text.split(/\r?\n/)) {
      const fields = line.trim().split(/\s+/);
      const marker = fields[0]?.startsWith("@") === true ? fields.shift() : undefined;
      const [hosts, type, key] = fields;
      if (hosts === undefined || hosts.startsWith("#") || type === undefined || key === undefined || marker === "@cert-authority") continue;
      known.#lines.push({ patterns: hosts.split(","), revoked: marker === "@revoked", type, key: Buffer.from(key, "base64") });
    }
    return known;
  }

  /** The types of key that are known for the host; the client asks the server for one of these, so that the right key is compared. */
  typesFor(host: string, port: number): string[] {
    const types = this.#linesFor(host, port).filter((line) => !line.revoked);
    return [...new Set(types.map((line) => line.type))];
  }

  verify(host: string, port: number, key: Uint8Array): Verdict {
    const lines = this.#linesFor(host, port);
    const same = lines.filter((line) => line.key.length === key.length && timingSafeEqual(line.key, key));
    if (same.some((line) => line.revoked)) return "revoked";
    if (same.length > 0) return "known";
    return lines.some((line) => !line.revoked) ? "changed" : "unknown";
  }

  #linesFor(host: string, port: number): Line[] {
    const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
    return this.#lines.filter((line) => fits(line.patterns, name));
  }
}

/** The fingerprint as OpenSSH shows it: `SHA256:` and Base64 without padding. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** A negated pattern that fits outweighs all others. */
function fits(patterns: readonly string[], name: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (wildcard(pattern.slice(1), name)) return false;
    } else if (pattern.startsWith("|1|") ? hashed(pattern, name) : wildcard(pattern, name)) found = true;
  }
  return found;
}

function hashed(pattern: string, name: string): boolean {
  const [, , salt = "", hash = ""] = pattern.split("|");
  const expected = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** `*` and `?`, matched without backtracking over more than one star. */
function wildcard(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  let p = 0;
  let n = 0;
  let star = -1;
  let mark = 0;
  while (n < name.length) {
    if (wanted[p] === "*") {
      star = p++;
      mark = n;
    } else if (wanted[p] === "?" || wanted[p] === name[n]) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      n = ++mark;
    } else return false;
  }
  while (wanted[p] === "*") p += 1;
  return p === wanted.length;
}
