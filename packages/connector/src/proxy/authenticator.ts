/**
 * Logs on to proxies with the mechanisms of `@tieline/auth`, from strong to weak: Negotiate, NTLM, Digest, Basic. It
 * learns what each proxy wants, so that later connections say it at once, and shows refused credentials no second time.
 */
import {
  DigestInitiator,
  HttpInitiator,
  kerberosInitiator,
  parseChallenges,
  SYSTEM_SOURCES,
  type Challenge,
  type HttpScheme,
  type Sources,
} from "@tieline/auth";
import { Fault, isFault } from "@tieline/fault";
import { proxyName, type Proxy, type ProxyAuthenticator, type ProxyLogon, type ProxyRequest } from "@tieline/net";

export type ProxyScheme = "negotiate" | "ntlm" | "digest" | "basic";

export interface ProxyAuthenticatorOptions {
  /** For every proxy; one in the proxy's own address wins. Without any, the tickets of this machine are tried with Negotiate. */
  credential?: { user: string; password: string };
  /** The only mechanism to use. */
  scheme?: ProxyScheme;
  /** Told once a proxy, where a password goes over the wire as it is. */
  warn?: (words: string) => void;
  sources?: Sources;
}

const STRENGTH: readonly ProxyScheme[] = ["negotiate", "ntlm", "digest", "basic"];
const HTTP_NAMES: Readonly<Record<Exclude<ProxyScheme, "digest">, HttpScheme>> = { negotiate: "Negotiate", ntlm: "NTLM", basic: "Basic" };

/** What is known of one proxy with one name. */
interface Known {
  scheme?: ProxyScheme;
  digest?: DigestInitiator;
  refused?: Fault;
}

export class MechanismAuthenticator implements ProxyAuthenticator {
  readonly #options: ProxyAuthenticatorOptions;
  readonly #known = new Map<string, Known>();
  readonly #warned = new Set<string>();

  constructor(options: ProxyAuthenticatorOptions = {}) {
    this.#options = options;
  }

  begin(proxy: Proxy): ProxyLogon {
    const credential = proxy.credential ?? this.#options.credential;
    const key = `${proxyName(proxy)} ${credential?.user ?? ""}`;
    const known = this.#known.get(key) ?? {};
    this.#known.set(key, known);
    if (known.refused !== undefined) throw known.refused;
    return new Logon(proxy, credential, known, this.#options, (words) => {
      if (this.#warned.has(key)) return;
      this.#warned.add(key);
      this.#options.warn?.(words);
    });
  }
}

class Logon implements ProxyLogon {
  readonly #name: string;
  readonly #proxy: Proxy;
  readonly #credential: { user: string; password: string } | undefined;
  readonly #known: Known;
  readonly #options: ProxyAuthenticatorOptions;
  readonly #warn: (words: string) => void;
  #initiator: HttpInitiator | undefined;
  #digest: DigestInitiator | undefined;

  constructor(
    proxy: Proxy,
    credential: { user: string; password: string } | undefined,
    known: Known,
    options: ProxyAuthenticatorOptions,
    warn: (words: string) => void,
  ) {
    this.#name = proxyName(proxy);
    this.#proxy = proxy;
    this.#credential = credential;
    this.#known = known;
    this.#options = options;
    this.#warn = warn;
  }

  async start(request: ProxyRequest): Promise<string | undefined> {
    const { scheme, digest } = this.#known;
    // Of a request that is no tunnel's the connection may be logged on already: NTLM and Negotiate wait to be asked.
    if (scheme === undefined || (request.method !== "CONNECT" && (scheme === "ntlm" || scheme === "negotiate"))) return undefined;
    if (scheme === "digest") {
      this.#digest = digest;
      return digest?.authorization(request.method, request.target);
    }
    return this.#begin(scheme);
  }

  async respond(headers: readonly string[], request: ProxyRequest): Promise<string> {
    const challenges = read(headers, this.#name);
    const offered = [...new Set(challenges.map(({ scheme }) => scheme))].join(", ") || "nothing";
    try {
      if (this.#initiator !== undefined) return await this.#initiator.respond([...headers]);
      if (this.#digest !== undefined) return this.#digest.respond(challenges, request.method, request.target);
      const scheme = this.#choose(challenges, offered);
      this.#known.scheme = scheme;
      if (scheme === "digest") {
        this.#digest = this.#known.digest = new DigestInitiator({ ...this.#password(offered), sources: this.#sources });
        return this.#digest.respond(challenges, request.method, request.target);
      }
      return await this.#begin(scheme);
    } catch (error) {
      throw this.#told(error, offered);
    }
  }

  get #sources(): Sources {
    return this.#options.sources ?? SYSTEM_SOURCES;
  }

  #choose(challenges: readonly Challenge[], offered: string): ProxyScheme {
    const possible = STRENGTH.filter((scheme) => {
      if (this.#options.scheme !== undefined && this.#options.scheme !== scheme) return false;
      // Without a password there are only the tickets of this machine.
      if (this.#credential === undefined && scheme !== "negotiate") return false;
      return true;
    });
    const found = possible.find((scheme) =>
      scheme === "digest"
        ? DigestInitiator.canAnswer(challenges)
        : challenges.some((challenge) => challenge.scheme.toLowerCase() === scheme),
    );
    if (found !== undefined) {
      if (found === "basic" && this.#proxy.kind === "http" && this.#options.scheme !== "basic") {
        this.#warn(`the proxy ${this.#name} takes the password only as it is (Basic); whoever listens on the way to it can read it.`);
      }
      return found;
    }
    if (this.#credential === undefined) throw new Fault("proxy-authentication-required", { proxy: this.#name, offered });
    throw new Fault("proxy-no-common-mechanism", { proxy: this.#name, offered, permitted: possible.join(", ") || "none" });
  }

  async #begin(scheme: Exclude<ProxyScheme, "digest">): Promise<string> {
    const initiator = new HttpInitiator({
      credential: this.#credential === undefined ? { kind: "ticket" } : { kind: "password", ...this.#credential },
      sources: this.#sources,
      // Nothing is sealed for a proxy, and whether Basic may go was decided above.
      secure: true,
      scheme: HTTP_NAMES[scheme],
      targetName: `HTTP/${this.#proxy.host}`,
      ...(this.#credential === undefined ? { kerberos: kerberosInitiator } : {}),
    });
    this.#initiator = initiator;
    const value = await initiator.start();
    if (value === undefined) throw new Fault("proxy-no-common-mechanism", { proxy: this.#name, offered: scheme, permitted: "nothing" });
    return value;
  }

  #password(offered: string): { user: string; password: string } {
    if (this.#credential === undefined) throw new Fault("proxy-authentication-required", { proxy: this.#name, offered });
    return this.#credential;
  }

  /** The mechanisms' faults speak of a service; these speak of the proxy. */
  #told(error: unknown, offered: string): unknown {
    if (!isFault(error) || error.code.startsWith("proxy-")) return error;
    const user = this.#credential?.user;
    // Nothing was shown yet: there is no ticket, or no way to it.
    if (user === undefined) return new Fault("proxy-authentication-required", { proxy: this.#name, offered }, { cause: error });
    const fault = new Fault("proxy-logon-failed", { proxy: this.#name, user: user.slice(0, 256), offered }, { cause: error });
    this.#known.refused = fault;
    return fault;
  }
}

function read(headers: readonly string[], proxy: string): Challenge[] {
  try {
    return parseChallenges(headers, "Proxy-Authenticate");
  } catch (error) {
    throw new Fault("proxy-not-http", { proxy, reason: "its challenge cannot be read" }, { cause: error });
  }
}
