/**
 * Names by the domain name system: by the servers of this machine, or by those that were named (`--dns-server`). The name
 * map comes before it; DNS gives addresses and never ports, so a service on another port still needs an entry there.
 */
import { Resolver } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { Fault, isFault } from "@tieline/fault";

export interface Address {
  address: string;
  family: 4 | 6;
}

export interface Service {
  target: string;
  port: number;
  priority: number;
  weight: number;
}

/** For one attempt at one server, in milliseconds; c-ares doubles it for the next. */
const ATTEMPT_MS = 2000;
const ATTEMPTS = 2;
/** Aliases that are followed one after the other. */
const MAX_ALIASES = 8;

export interface NameServerOptions {
  /** Names that the servers refuse, as not theirs, are asked of the machine's own: for a server that knows only its zones. */
  elseSystem?: boolean;
}

/** Who is asked for names; several servers stand for each other. */
export class NameServer {
  /** `address:port` of each; empty for the machine's own. */
  readonly servers: readonly string[];
  readonly #resolver = new Resolver({ timeout: ATTEMPT_MS, tries: ATTEMPTS });
  readonly #else: NameServer | undefined;

  private constructor(servers: readonly string[], options: NameServerOptions = {}) {
    this.servers = servers;
    if (servers.length > 0) this.#resolver.setServers(servers);
    this.#else = options.elseSystem === true ? new NameServer([]) : undefined;
  }

  /**
   * Servers in the form `address[:port]`; an IPv6 address with a port stands in brackets.
   *
   * @throws Fault `usage` where one has another form, or a name in the place of the address
   * @example
   * ```ts
   * NameServer.of(["127.0.0.1:40053"]).servers; // ["127.0.0.1:40053"]
   * ```
   */
  static of(texts: readonly string[], options?: NameServerOptions): NameServer {
    return new NameServer(texts.map(serverIn), options);
  }

  /** The servers that this machine is set up with. */
  static system(): NameServer {
    return new NameServer([]);
  }

  /** As texts and faults name it. */
  get label(): string {
    return this.servers.length === 0 ? "of this machine" : this.servers.join(", ");
  }

  /** All addresses, IPv4 first. @throws Fault `name-unknown`, `name-server-failed` */
  async addresses(host: string): Promise<Address[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family: family === 4 ? 4 : 6 }];
    // RFC 6761 6.3: this name never leaves the machine.
    if (/^(.*\.)?localhost\.?$/i.test(host)) return [{ address: "127.0.0.1", family: 4 }];
    let name = host;
    for (let alias = 0; alias <= MAX_ALIASES; alias++) {
      const found = await this.#both(name, host);
      if (found.length > 0) return found;
      const next = (await this.#ask((resolver) => resolver.resolveCname(name), host))[0];
      if (next === undefined) break;
      name = next;
    }
    throw new Fault("name-unknown", { host, port: "PORT", reason: `the name server ${this.label} has no address for it` });
  }

  /** In the order in which they are to be tried (RFC 2782), heavier ones first among equals; empty where there are none. */
  async services(name: string): Promise<Service[]> {
    const found = await this.#ask((resolver) => resolver.resolveSrv(name), name);
    return found
      .map((each) => ({ target: each.name, port: each.port, priority: each.priority, weight: each.weight }))
      .sort((a, b) => a.priority - b.priority || b.weight - a.weight);
  }

  /** The name that this one stands for; undefined where it is no alias. */
  async alias(name: string): Promise<string | undefined> {
    return (await this.#ask((resolver) => resolver.resolveCname(name), name))[0];
  }

  /** Texts, the pieces of each put together. */
  async texts(name: string): Promise<string[]> {
    const found = await this.#ask((resolver) => resolver.resolveTxt(name), name);
    return found.map((pieces) => pieces.join(""));
  }

  /** For `lookup` of node:net. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.addresses(host).then(
      (found) => {
        const wanted = found.filter(({ family }) => !options.family || family === options.family);
        const first = wanted[0];
        if (first === undefined) callback(noAddress("no address of that family"), []);
        else if (options.all === true) callback(null, wanted);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(isFault(error) && error.is("name-unknown") ? noAddress(error.fields.reason) : (error as Error), []),
    );
  };

  async #both(name: string, host: string): Promise<Address[]> {
    const results = await Promise.allSettled([
      this.#ask((resolver) => resolver.resolve4(name), host),
      this.#ask((resolver) => resolver.resolve6(name), host),
    ]);
    const found = results.flatMap((result, i) =>
      result.status === "rejected" ? [] : result.value.map((address): Address => ({ address, family: i === 0 ? 4 : 6 })),
    );
    // Half an answer is an answer: some servers fail on addresses of a family that they do not know.
    const failed = results.find((result) => result.status === "rejected");
    if (found.length === 0 && failed !== undefined) throw failed.reason;
    return found;
  }

  /** What the servers answer; nothing is an empty list, and only trouble is a fault. */
  async #ask<T>(question: (resolver: Resolver) => Promise<T[]>, host: string): Promise<T[]> {
    try {
      return await question(this.#resolver);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === "ENODATA" || code === "ENOTFOUND") return [];
      if (code === "EREFUSED" && this.#else !== undefined) return this.#else.#ask(question, host);
      throw new Fault(
        "name-server-failed",
        { server: this.label, host, reason: WORDS[code] ?? (code || "no reason given") },
        { cause: error },
      );
    }
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ETIMEOUT: "no answer in time",
  ECONNREFUSED: "nobody listens there",
  EREFUSED: "it refuses: the name is not in its zones",
  ESERVFAIL: "it failed to find out",
  EBADRESP: "its answer is damaged",
  EFORMERR: "it does not understand the question",
  EBADNAME: "the name is none",
};

/** As the system's look-up says it: the dialler knows the port and names both in its fault. */
function noAddress(reason: string | number): NodeJS.ErrnoException {
  return Object.assign(new Error(String(reason)), { code: "ENOTFOUND" });
}

function serverIn(text: string): string {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)|([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*))(?::([0-9]{1,5}))?$/i.exec(text.trim());
  const address = parts?.[1] ?? parts?.[2] ?? parts?.[3] ?? "";
  const port = Number(parts?.[4] ?? 53);
  if (isIP(address) === 0 || port < 1 || port > 65_535) {
    throw new Fault("usage", {
      what: `"${text}" is not of the form address[:port].`,
      hint: "Example: --dns-server 127.0.0.1:40053; a name server is named by its address.",
    });
  }
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
