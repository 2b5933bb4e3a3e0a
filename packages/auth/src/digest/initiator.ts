/** The client of HTTP Digest (RFC 7616 3.4): one object for one server, whose nonce it keeps for the requests that follow. */
import { Fault } from "@tieline/fault";
import type { Challenge } from "../http/challenge.ts";
import { showable } from "../octets.ts";
import { draw, type Sources } from "../sources.ts";
import { DIGEST_ALGORITHMS, digestAlgorithm, digestResponse, digestSecret, hexHash, quoted, type DigestAlgorithm } from "./digest.ts";

export interface DigestInitiatorOptions {
  readonly user: string;
  readonly password: string;
  readonly sources: Sources;
}

interface Session {
  challenge: Challenge;
  algorithm: DigestAlgorithm;
  count: number;
}

/**
 * @example
 * ```ts
 * const digest = new DigestInitiator({ user: "Mufasa", password: "Circle of Life", sources: SYSTEM_SOURCES });
 * const authorization = digest.respond(parseChallenges(header), "GET", "/dir/index.html");
 * const next = digest.authorization("GET", "/other"); // the same nonce, counted on
 * ```
 */
export class DigestInitiator {
  readonly #options: DigestInitiatorOptions;
  #session: Session | undefined;
  /** Answers since the last one that was taken. */
  #refused = 0;

  constructor(options: DigestInitiatorOptions) {
    this.#options = options;
  }

  /** True where one of the challenges can be answered. */
  static canAnswer(challenges: readonly Challenge[]): boolean {
    return best(challenges) !== undefined;
  }

  /** Authorization for a request by the nonce that is known; undefined where none is. */
  authorization(method: string, uri: string): string | undefined {
    this.#refused = 0;
    return this.#session === undefined ? undefined : this.#answer(this.#session, method, uri);
  }

  /**
   * Authorization for the next request, after a 401 or 407.
   *
   * @throws Fault `logon-failed` where the answer to a challenge was not taken, `no-common-mechanism`
   */
  respond(challenges: readonly Challenge[], method: string, uri: string): string {
    const found = best(challenges);
    if (found === undefined) {
      throw new Fault("no-common-mechanism", {
        offered: challenges.map(({ scheme }) => scheme).join(", ") || "nothing",
        permitted: "Digest",
      });
    }
    // A stale nonce says that name and password were right (3.3); a server that never has enough of it is not believed.
    const stale = found.challenge.parameters.get("stale")?.toLowerCase() === "true";
    const known = this.#session;
    const expired =
      known !== undefined && this.#refused === 0 && found.challenge.parameters.get("nonce") !== known.challenge.parameters.get("nonce");
    if (this.#refused > 2 || (this.#refused > 0 && !stale) || (known !== undefined && !stale && !expired)) {
      throw new Fault("logon-failed", { user: showable(this.#options.user) });
    }
    this.#refused++;
    this.#session = { ...found, count: 0 };
    return this.#answer(this.#session, method, uri);
  }

  #answer(session: Session, method: string, uri: string): string {
    const { user, password, sources } = this.#options;
    const { challenge, algorithm } = session;
    const { parameters } = challenge;
    session.count++;
    const realm = parameters.get("realm") ?? "";
    const nonce = parameters.get("nonce") ?? "";
    const nc = session.count.toString(16).padStart(8, "0");
    const cnonce = Buffer.from(draw(sources, 16)).toString("hex");
    const qop = parameters.has("qop") ? "auth" : undefined;
    const secret = digestSecret(algorithm, user, realm, password);
    const hidden = parameters.get("userhash")?.toLowerCase() === "true";
    const fields = [
      ...(hidden ? [`username=${quoted(hexHash(algorithm, `${user}:${realm}`))}`] : [nameField(user, parameters.get("charset"))]),
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(uri)}`,
      `response="${digestResponse({ algorithm, secret, nonce, cnonce, nc, qop, method, uri })}"`,
      ...(parameters.has("algorithm") ? [`algorithm=${algorithm.name}`] : []),
      ...(qop === undefined && !algorithm.session ? [] : [`cnonce="${cnonce}"`]),
      ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nc}`]),
      ...(parameters.has("opaque") ? [`opaque=${quoted(parameters.get("opaque") ?? "")}`] : []),
      ...(hidden ? ["userhash=true"] : []),
    ];
    return `Digest ${fields.join(", ")}`;
  }
}

/** RFC 7616 3.4: a name outside ASCII goes in RFC 5987's form, where the server says that it knows UTF-8; else as its octets. */
function nameField(user: string, charset: string | undefined): string {
  if (/^[\x20-\x7e]*$/.test(user)) return `username=${quoted(user)}`;
  if (charset?.toLowerCase() !== "utf-8") return `username=${quoted(Buffer.from(user, "utf8").toString("latin1"))}`;
  const encoded = encodeURIComponent(user).replace(/['()*!]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `username*=UTF-8''${encoded}`;
}

function best(challenges: readonly Challenge[]): { challenge: Challenge; algorithm: DigestAlgorithm } | undefined {
  const usable = challenges.flatMap((challenge) => {
    if (challenge.scheme.toLowerCase() !== "digest" || !challenge.parameters.has("nonce")) return [];
    const algorithm = digestAlgorithm(challenge.parameters.get("algorithm"));
    const qop = challenge.parameters.get("qop");
    if (algorithm === undefined || (qop !== undefined && !qop.split(/[\s,]+/).includes("auth"))) return [];
    return [{ challenge, algorithm }];
  });
  return usable.sort((a, b) => DIGEST_ALGORITHMS.indexOf(a.algorithm) - DIGEST_ALGORITHMS.indexOf(b.algorithm))[0];
}
