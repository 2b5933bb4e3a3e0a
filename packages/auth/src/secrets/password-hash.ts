/**
 * Passwords at rest, in the PHC string format: argon2id where the runtime has it (Node 24 and later), else scrypt
 * (RFC 7914). Both run on the runtime's thread pool, never on the main thread, and on half of it at most: see turns.ts.
 *
 *     $argon2id$v=19$m=19456,t=2,p=1$salt$hash
 *     $scrypt$ln=15,r=8,p=3$salt$hash
 *
 * Costs are those that OWASP's password storage cheat sheet calls equivalent; an encoded string carries its own.
 */
import * as crypto from "node:crypto";
import { Fault } from "@tieline/fault";
import { equalInConstantTime, fromBase64, toBase64 } from "../octets.ts";
import { draw, SYSTEM_SOURCES, type Sources } from "../sources.ts";
import { Turns, type TurnsOptions } from "./turns.ts";

interface Argon2Parameters {
  message: Uint8Array;
  nonce: Uint8Array;
  parallelism: number;
  tagLength: number;
  memory: number;
  passes: number;
}
type Argon2 = (algorithm: "argon2id", parameters: Argon2Parameters, callback: (error: Error | null, key: Uint8Array) => void) => void;

const argon2 = (crypto as unknown as { argon2?: Argon2 }).argon2;

const SALT = 16;
const LENGTH = 32;
/** Longer passwords are refused before they cost anything. */
export const MAXIMUM_PASSWORD_BYTES = 4096;

/** Half of the runtime's threads; what waits beyond 256 would wait longer than a client does. */
const DEFAULT_TURNS: TurnsOptions = {
  atOnce: Math.max(1, Math.floor(Number(process.env["UV_THREADPOOL_SIZE"] ?? 4) / 2) || 2),
  waiting: 256,
};
const turns = new Turns(DEFAULT_TURNS);

/** How many passwords this process hashes at once (default: half of UV_THREADPOOL_SIZE, 2) and lets wait (default 256). */
export function limitPasswordHashes(options: Partial<TurnsOptions>): void {
  turns.options = { ...DEFAULT_TURNS, ...options };
}

interface Algorithm {
  readonly name: string;
  readonly available: boolean;
  readonly defaults: string;
  /** Parameters with the largest value that is accepted from a record. */
  readonly limits: Readonly<Record<string, number>>;
  readonly derive: (password: Uint8Array, salt: Uint8Array, costs: Readonly<Record<string, number>>, length: number) => Promise<Uint8Array>;
}

const ALGORITHMS: readonly Algorithm[] = [
  {
    name: "argon2id",
    available: argon2 !== undefined,
    defaults: "v=19$m=19456,t=2,p=1",
    limits: { v: 19, m: 1_048_576, t: 16, p: 16 },
    derive: (message, nonce, { m = 0, t = 0, p = 0 }, tagLength) =>
      new Promise((resolve, reject) => {
        argon2?.("argon2id", { message, nonce, parallelism: p, tagLength, memory: m, passes: t }, (error, key) =>
          error === null ? resolve(new Uint8Array(key)) : reject(error),
        );
      }),
  },
  {
    name: "scrypt",
    available: true,
    defaults: "ln=15,r=8,p=3",
    limits: { ln: 20, r: 32, p: 16 },
    derive: (password, salt, { ln = 0, r = 0, p = 0 }, length) =>
      new Promise((resolve, reject) => {
        const N = 2 ** ln;
        crypto.scrypt(password, salt, length, { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1_048_576 }, (error, key) =>
          error === null ? resolve(new Uint8Array(key)) : reject(error),
        );
      }),
  },
];

interface Encoded {
  readonly algorithm: Algorithm;
  readonly costs: Readonly<Record<string, number>>;
  readonly costText: string;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

function parse(encoded: string): Encoded | undefined {
  const [empty, name, ...rest] = encoded.slice(0, 512).split("$");
  const algorithm = ALGORITHMS.find((each) => each.name === name);
  const hash = fromBase64(rest.pop() ?? "!");
  const salt = fromBase64(rest.pop() ?? "!");
  if (empty !== "" || algorithm === undefined || hash === undefined || salt === undefined) return undefined;
  const costText = rest.join("$");
  const costs: Record<string, number> = {};
  for (const part of costText.split(/[$,]/)) {
    const [, key = "", value = ""] = /^([a-z]+)=(\d{1,10})$/.exec(part) ?? [];
    const limit = algorithm.limits[key];
    if (limit === undefined || Number(value) < 1 || Number(value) > limit) return undefined;
    costs[key] = Number(value);
  }
  const complete = Object.keys(algorithm.limits).every((key) => key in costs);
  if (!complete || salt.length < 8 || salt.length > 64 || hash.length < 16 || hash.length > 64) return undefined;
  return { algorithm, costs, costText, salt, hash };
}

const unpadded = (bytes: Uint8Array): string => toBase64(bytes).replaceAll("=", "");
const preferred = ALGORITHMS.find((each) => each.available) as Algorithm;

/** One spelling for what looks the same, whatever keyboard it was typed on (RFC 8265 4.2.2, rule 4). */
function octets(password: string): Uint8Array {
  return new Uint8Array(Buffer.from(password.normalize("NFC"), "utf8"));
}

/**
 * @throws Fault `anonymous-refused` for an empty password, `usage` for one longer than 4,096 bytes, `sign-in-crowded`
 * @example
 * ```ts
 * const encoded = await hashPassword("open sesame"); // "$argon2id$v=19$m=19456,..." or "$scrypt$ln=15,..."
 * await verifyPassword(encoded, "open sesame"); // true
 * ```
 */
export async function hashPassword(
  password: string,
  sources: Sources = SYSTEM_SOURCES,
  name: "argon2id" | "scrypt" = preferred.name as "argon2id" | "scrypt",
): Promise<string> {
  const bytes = octets(password);
  if (bytes.length === 0) throw new Fault("anonymous-refused", { mechanism: "an empty password" });
  if (bytes.length > MAXIMUM_PASSWORD_BYTES) throw new Fault("usage", { what: "The password is too long.", hint: "Choose a shorter one." });
  const algorithm = ALGORITHMS.find((each) => each.name === name) as Algorithm;
  if (!algorithm.available) throw new Fault("secret-unreadable", { what: `${name} is not in this Node` });
  const salt = draw(sources, SALT);
  const hash = await turns.take(() => algorithm.derive(bytes, salt, costsOf(algorithm), LENGTH));
  return `$${algorithm.name}$${algorithm.defaults}$${unpadded(salt)}$${unpadded(hash)}`;
}

function costsOf(algorithm: Algorithm): Record<string, number> {
  return Object.fromEntries(algorithm.defaults.split(/[$,]/).map((part) => [part.split("=")[0], Number(part.split("=")[1])]));
}

const DUMMY_SALT = new Uint8Array(SALT);

/**
 * True for the right password.
 *
 * @param encoded undefined for an unknown account: then the same work is done and the answer is false, so that the
 *   time does not tell which accounts there are
 * @throws Fault `secret-unreadable` for a string of another form, or an algorithm that this Node does not have;
 *   `sign-in-crowded`
 */
export async function verifyPassword(encoded: string | undefined, password: string): Promise<boolean> {
  const bytes = octets(password);
  const fits = bytes.length > 0 && bytes.length <= MAXIMUM_PASSWORD_BYTES;
  if (encoded === undefined) {
    await turns.take(() => preferred.derive(fits ? bytes : new Uint8Array(1), DUMMY_SALT, costsOf(preferred), LENGTH));
    return false;
  }
  const record = parse(encoded);
  if (record === undefined) throw new Fault("secret-unreadable", { what: "a password hash in an unknown form" });
  if (!record.algorithm.available)
    throw new Fault("secret-unreadable", { what: `a password hash by ${record.algorithm.name}, which this Node does not have` });
  const { algorithm, salt, costs } = record;
  const hash = await turns.take(() => algorithm.derive(fits ? bytes : new Uint8Array(1), salt, costs, record.hash.length));
  return equalInConstantTime(hash, record.hash) && fits;
}

/** True where the string was made with other costs or another algorithm than `hashPassword` would take now. */
export function isOutdatedPasswordHash(encoded: string): boolean {
  const record = parse(encoded);
  return record === undefined || record.algorithm !== preferred || record.costText !== preferred.defaults;
}
