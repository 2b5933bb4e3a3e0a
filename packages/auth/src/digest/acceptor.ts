/** The server of HTTP Digest (RFC 7616 3.3): nonces that lapse and are counted, verdicts in constant time. */
import { createHmac } from "node:crypto";
import { Fault } from "@tieline/fault";
import { parseAuthorization, renderChallenge } from "../http/challenge.ts";
import { equalInConstantTime, showable, toUtf8 } from "../octets.ts";
import { draw, type Sources } from "../sources.ts";
import { digestAlgorithm, digestResponse, hexHash, type DigestAlgorithm } from "./digest.ts";

export interface DigestAcceptorOptions {
  readonly realm: string;
  readonly sources: Sources;
  /** Names out of `DIGEST_ALGORITHMS`, the first preferred. Default SHA-256. */
  readonly algorithms?: readonly string[];
  /** `digestSecret` of an account, or undefined where there is none. */
  readonly secret: (user: string, algorithm: DigestAlgorithm) => string | undefined;
  /** How long a nonce holds. Default five minutes. */
  readonly nonceMs?: number;
}

/** Nonces whose counts are remembered; the oldest is forgotten, and stale with that. */
const MAX_NONCES = 1000;

export class DigestAcceptor {
  readonly #options: DigestAcceptorOptions;
  readonly #key: Uint8Array;
  /** The highest count seen of a nonce: what is not above it was replayed. */
  readonly #counts = new Map<string, number>();

  constructor(options: DigestAcceptorOptions) {
    this.#options = options;
    this.#key = draw(options.sources, 32);
  }

  /** Values of WWW-Authenticate or Proxy-Authenticate, one an algorithm. */
  challenges(stale = false): string[] {
    const nonce = this.#nonce();
    const { realm, algorithms = ["SHA-256"] } = this.#options;
    return algorithms.map((algorithm) =>
      renderChallenge({
        scheme: "Digest",
        parameters: { realm, nonce, qop: "auth", algorithm, charset: "UTF-8", ...(stale ? { stale: "true" } : {}) },
      }),
    );
  }

  /**
   * Judges an Authorization: the user's name, or "stale" where the nonce has lapsed and all else was right.
   *
   * @throws Fault `logon-failed`, `header-malformed`
   */
  receive(authorization: string, method: string, uri: string): { user: string } | "stale" {
    const { scheme, parameters } = parseAuthorization(authorization);
    const field = (name: string): string => parameters.get(name) ?? "";
    const user = field("username*") === "" ? field("username") : decodeName(field("username*"));
    const refused = new Fault("logon-failed", { user: showable(user) });
    const algorithm = digestAlgorithm(parameters.get("algorithm"));
    const offered = this.#options.algorithms ?? ["SHA-256"];
    if (scheme.toLowerCase() !== "digest" || algorithm === undefined || !offered.includes(algorithm.name)) throw refused;
    if (field("qop") !== "auth" || !/^[0-9a-f]{8}$/i.test(field("nc")) || field("cnonce") === "" || field("uri") !== uri) throw refused;
    const known = this.#options.secret(user, algorithm);
    // An account that does not exist is worked through like one that does.
    const secret = known ?? hexHash(algorithm, `${user}:nobody`);
    const nonce = field("nonce");
    const expected = digestResponse({ algorithm, secret, nonce, cnonce: field("cnonce"), nc: field("nc"), qop: "auth", method, uri });
    if (!equalInConstantTime(toUtf8(expected), toUtf8(field("response").toLowerCase())) || known === undefined) throw refused;
    return this.#fresh(nonce, Number.parseInt(field("nc"), 16)) ? { user } : "stale";
  }

  #fresh(nonce: string, count: number): boolean {
    const { sources, nonceMs = 300_000 } = this.#options;
    const issued = Number.parseInt(nonce.split(".")[0] ?? "", 16);
    if (!equalInConstantTime(toUtf8(this.#sealed(nonce.slice(0, nonce.lastIndexOf(".")))), toUtf8(nonce))) return false;
    if (sources.nowMs() - issued > nonceMs || count <= (this.#counts.get(nonce) ?? 0)) return false;
    this.#counts.set(nonce, count);
    const oldest = this.#counts.keys().next();
    if (this.#counts.size > MAX_NONCES && oldest.done !== true) this.#counts.delete(oldest.value);
    return true;
  }

  /** The time and some chance, sealed: no table of those that were handed out is needed. */
  #nonce(): string {
    const { sources } = this.#options;
    return this.#sealed(`${sources.nowMs().toString(16)}.${Buffer.from(draw(sources, 12)).toString("hex")}`);
  }

  #sealed(text: string): string {
    return `${text}.${createHmac("sha256", this.#key).update(text).digest("hex").slice(0, 32)}`;
  }
}

function decodeName(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^utf-8'[^']*'/i, ""));
  } catch {
    return "";
  }
}
