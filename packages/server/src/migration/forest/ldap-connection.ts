/**
 * A connection to a domain controller (RFC 4511), and the one place that knows ldapts.
 *
 * The library opens a lost connection again by itself, but neither protects it nor signs in: here a lost one is replaced by
 * a new one that has both, and what was asked is asked once more. All that is asked so is the same when done twice.
 */
import { connect, isIP } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { Fault, isFault } from "@tieline/fault";
import { networkFault, tlsOptions, type TlsTrust } from "@tieline/net";
import { Attribute, Change, Client, Control, type Entry } from "ldapts";
import { BerFrames } from "./ber-frames.ts";
import type { LdapAddress } from "./ldap-address.ts";
import { answerFault, loginFault, readable, resultCode } from "./ldap-fault.ts";

export interface LdapConnectionOptions {
  address: LdapAddress;
  /** A distinguished name, `svc@contoso.local` or `CONTOSO\svc`. */
  user: string;
  password: string;
  trust: TlsTrust;
  /** The name that its certificate bears, where that is not the address's host. */
  serverName?: string | undefined;
  /** For the connection with TLS and sign-in. */
  connectTimeoutMs: number;
  /** For one question with its answer. */
  timeoutMs: number;
}

export interface LdapQuery {
  scope: "base" | "one" | "sub";
  /** RFC 4515. */
  filter?: string;
  attributes: readonly string[];
  /** Show what is deleted as well. */
  deleted?: boolean;
  /** No more than so many entries; the rest is left out. */
  atMost?: number;
}

export interface LdapEntry {
  dn: string;
  /** In the letters that were asked for. */
  texts: (attribute: string) => readonly string[];
  octets: (attribute: string) => Uint8Array | undefined;
}

export interface LdapChange {
  kind: "add" | "delete" | "replace";
  attribute: string;
  values: readonly string[];
}

/** LDAP_SERVER_SHOW_DELETED_OID, [MS-ADTS] 3.1.1.3.4.1.14. */
const SHOW_DELETED = "1.2.840.113556.1.4.417";
/** LDAP_SERVER_PERMISSIVE_MODIFY_OID, [MS-ADTS] 3.1.1.3.4.1.8: what is so already is no error. */
const PERMISSIVE_MODIFY = "1.2.840.113556.1.4.1413";
const OCTETS = ["objectGUID", "invocationId"];

/** Questions are small and several are under way: none waits for the acknowledgement of the one before (Nagle's algorithm). */
const AT_ONCE = {
  createConnection: ((port: number, host: string) => connect(port, host).setNoDelay(true)) as typeof connect,
  createSecureConnection: ((...args: Parameters<typeof connectTls>) => connectTls(...args).setNoDelay(true)) as typeof connectTls,
};

export class LdapConnection implements AsyncDisposable {
  readonly #options: LdapConnectionOptions;
  /** What answers are told under; better known once the controller has told its name. */
  server: string;
  #client: Promise<Client> | undefined;
  #isClosed = false;

  constructor(options: LdapConnectionOptions) {
    this.#options = options;
    this.server = options.address.host;
  }

  /** All that is found. */
  search(base: string, query: LdapQuery): Promise<LdapEntry[]> {
    return this.#twice(`search ${base}`, base, async (client) => {
      const { searchEntries } = await client.search(base, searchOptions(query), controls(query));
      return searchEntries.map(entryOf);
    });
  }

  /** What is found, a page at a time (RFC 2696). A connection that is lost ends it: pages belong to their connection. */
  async *pages(base: string, query: LdapQuery, pageSize: number): AsyncGenerator<LdapEntry[], void, undefined> {
    const client = await this.#connected();
    try {
      for await (const { searchEntries } of client.searchPaginated(
        base,
        { ...searchOptions(query), paged: { pageSize } },
        controls(query),
      )) {
        yield searchEntries.map(entryOf);
      }
    } catch (error) {
      throw this.#fault(client, error, `search ${base}`, base);
    }
  }

  /** Makes the changes, all or none. */
  async modify(dn: string, changes: readonly LdapChange[]): Promise<void> {
    const list = changes.map(
      ({ kind, attribute, values }) =>
        new Change({ operation: kind, modification: new Attribute({ type: attribute, values: [...values] }) }),
    );
    await this.#twice("change a user", dn, (client) => client.modify(dn, list, [new Control(PERMISSIVE_MODIFY, { critical: true })]));
  }

  /** @throws Fault `forest-unreachable`, `forest-timeout`, `forest-malformed`, `forest-tls`, `forest-protection`, `forest-login` */
  async connect(): Promise<void> {
    await this.#connected();
  }

  async #twice<T>(operation: string, object: string, work: (client: Client) => Promise<T>): Promise<T> {
    for (let isSecond = false; ; isSecond = true) {
      const client = await this.#connected();
      try {
        return await work(client);
      } catch (error) {
        const fault = this.#fault(client, error, operation, object);
        if (isSecond || !isLost(fault)) throw fault;
      }
    }
  }

  #fault(client: Client, error: unknown, operation: string, object: string): Fault {
    if (isFault(error)) return error;
    const { server } = this;
    const reason = MALFORMED.get(client);
    if (reason !== undefined) return new Fault("forest-malformed", { server, reason }, { cause: error });
    if (resultCode(error) !== undefined) return answerFault(error, { server, operation, object });
    if (isTimeout(error)) {
      return new Fault("forest-timeout", { server, operation, seconds: this.#options.timeoutMs / 1000 }, { cause: error });
    }
    return new Fault("forest-unreachable", { server, reason: "the connection was lost" }, { cause: error });
  }

  async #connected(): Promise<Client> {
    if (this.#isClosed) throw new Fault("forest-unreachable", { server: this.server, reason: "the connection was closed here" });
    const current = this.#client;
    const client = await current?.catch(() => undefined);
    if (client?.isConnected === true && client.isBound) return client;
    // Whoever comes meanwhile waits for the same new one.
    if (this.#client === current) this.#client = this.#open();
    return this.#client as Promise<Client>;
  }

  async #open(): Promise<Client> {
    const { address, user, password, connectTimeoutMs, timeoutMs } = this.#options;
    const { host, port, protection } = address;
    const tls = this.#tls();
    const client = new Client({
      url: `${protection === "tls" ? "ldaps" : "ldap"}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
      timeout: timeoutMs,
      connectTimeout: connectTimeoutMs,
      ...AT_ONCE,
      ...(protection === "tls" ? { tlsOptions: tls } : {}),
    });
    wholeMessages(client);
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("Connection timeout")), connectTimeoutMs);
      });
      const opening = this.#protectAndBind(client, tls, user, password);
      await Promise.race([opening, late]);
      return client;
    } catch (error) {
      await client.unbind().catch(() => undefined);
      if (isFault(error)) throw error;
      const reason = MALFORMED.get(client);
      if (reason !== undefined) throw new Fault("forest-malformed", { server: host, reason }, { cause: error });
      if (isTimeout(error)) {
        throw new Fault("forest-timeout", { server: host, operation: "sign in", seconds: connectTimeoutMs / 1000 }, { cause: error });
      }
      const fault = networkFault(error, { host, port, timeoutMs: connectTimeoutMs });
      throw fault.layer === "tls"
        ? new Fault("forest-tls", { server: host, reason: fault.message }, { cause: error })
        : new Fault("forest-unreachable", { server: host, reason: readable(fault) }, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async #protectAndBind(client: Client, tls: ConnectionOptions, user: string, password: string): Promise<void> {
    const { host, protection } = this.#options.address;
    if (protection === "start-tls") {
      try {
        await client.startTLS({ ...tls, host });
      } catch (error) {
        if (resultCode(error) === undefined) throw error;
        throw new Fault("forest-tls", { server: host, reason: `it refuses StartTLS: ${readable(error)}.` }, { cause: error });
      }
    }
    try {
      await client.bind(user, password);
    } catch (error) {
      throw resultCode(error) === undefined ? error : loginFault(error, host, user);
    }
  }

  #tls(): ConnectionOptions {
    const { address, trust, serverName = address.host } = this.#options;
    return { ...tlsOptions(trust), ...(isIP(serverName) === 0 ? { servername: serverName } : {}) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.unbind().catch(() => undefined);
  }
}

/** Connections that were cut for what came over them, and why. */
const MALFORMED = new WeakMap<Client, string>();

/** The library gets whole and well-formed messages alone: others keep it busy for ever, or fill its memory. */
function wholeMessages(client: Client): void {
  const parser = client["messageParser"];
  const read = parser.read.bind(parser);
  const frames = new BerFrames();
  parser.read = (octets: Buffer, details: Parameters<typeof read>[1]) => {
    if (MALFORMED.has(client)) return;
    try {
      for (const message of frames.push(octets)) read(Buffer.from(message), details);
    } catch (error) {
      MALFORMED.set(client, readable(error));
      client["socket"]?.destroy(new Error("not LDAP"));
    }
  };
}

/** True for a connection that was lost; what was asked may or may not have been done. */
export function isLost(error: unknown): boolean {
  return isFault(error) && error.is("forest-unreachable") && resultCode(error.cause) === undefined;
}

/** The library tells time-outs by their words alone. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && /Operation timed out$|^Connection timeout$/.test(error.message);
}

function searchOptions({ scope, filter, attributes, atMost }: LdapQuery): Parameters<Client["search"]>[1] & object {
  return {
    scope,
    attributes: [...attributes],
    explicitBufferAttributes: OCTETS,
    ...(filter === undefined ? {} : { filter }),
    ...(atMost === undefined ? {} : { sizeLimit: atMost }),
  };
}

function controls({ deleted }: LdapQuery): Control[] {
  return deleted === true ? [new Control(SHOW_DELETED, { critical: true })] : [];
}

function entryOf(entry: Entry): LdapEntry {
  const values = (attribute: string): (string | Buffer)[] => {
    const value = entry[attribute] ?? entry[Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase()) ?? ""] ?? [];
    return Array.isArray(value) ? value : [value];
  };
  return {
    dn: entry.dn,
    // PostgreSQL keeps no NUL in a text.
    texts: (attribute) => values(attribute).map((value) => String(value).replaceAll("\0", "")),
    octets: (attribute) => {
      const [value] = values(attribute);
      return typeof value === "string" ? Buffer.from(value) : value;
    },
  };
}
