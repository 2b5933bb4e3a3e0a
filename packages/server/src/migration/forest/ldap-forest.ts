/**
 * A forest over LDAP: one domain of it, at one domain controller ([MS-ADTS]).
 *
 * Changes are found by uSNChanged, the controller's own count. Users that were removed are found among the deleted objects,
 * where the account may see them: nobody says whether it may, so one that sees none at all, and any that reads a part of
 * the domain only, lists who is there instead.
 */
import { Fault, isFault } from "@tieline/fault";
import type { TlsTrust } from "@tieline/net";
import { USER_ATTRIBUTES, WRITTEN_ATTRIBUTES } from "./attribute-flow.ts";
import type { Forest, ForestChanges, ForestPage, ForestUser } from "./forest.ts";
import { parseLdapAddress } from "./ldap-address.ts";
import { isLost, LdapConnection, type LdapChange, type LdapEntry } from "./ldap-connection.ts";
import { HomeServers } from "./home-servers.ts";
import { guidFromOctets } from "./object-guid.ts";
import { changesFrom, formatCursor } from "./usn-cursor.ts";

export interface LdapForestOptions {
  /** `ldaps://dc1.contoso.local`, or `ldap://dc1.contoso.local` for StartTLS. */
  url: string;
  /** A distinguished name, `svc@contoso.local` or `CONTOSO\svc`. */
  user: string;
  password: string;
  /** Whom to trust beside the built-in authorities. */
  trust?: TlsTrust;
  /** The name that the controller's certificate bears, where that is not the URL's host. */
  serverName?: string;
  /** Without TLS: for a controller on this machine alone. */
  plain?: boolean;
  /** Where users are read from; otherwise the whole domain. */
  base?: string;
  /** Whom to read (RFC 4515); otherwise people, without the accounts that the directory itself needs. */
  filter?: string;
  /** With the vendor's schema: FQDN of each pool to what its users have in msRTCSIP-PrimaryHomeServer, a DN. */
  homeServers?: Readonly<Record<string, string>>;
  /** Users a page, 500. Controllers give no more than their policy says, 1000 as a rule. */
  pageSize?: number;
  /** For the connection with TLS and sign-in, 15 s. */
  connectTimeoutMs?: number;
  /** For one question with its answer, 60 s. */
  timeoutMs?: number;
}

const PEOPLE = "(&(objectCategory=person)(objectClass=user)(!(isCriticalSystemObject=TRUE)))";
/** The container of deleted objects by its well-known GUID, [MS-ADTS] 6.1.1.4. */
const deletedObjects = (domain: string): string => `<WKGUID=18E2EA80684F11D2B9AA00C04F79F805,${domain}>`;
const byGuid = (guid: string): string => `<GUID=${guid}>`;
/** Questions that are asked at the same time. */
const PARALLEL = 8;

interface RootDse {
  domain: string;
  schema: string;
  service: string;
  hostName: string;
  usn: bigint;
}

/**
 * Connects, signs in, and sees whether there is what the deployment needs.
 *
 * @throws Fault `forest-address`, `forest-plain`, `forest-unreachable`, `forest-timeout`, `forest-tls`, `forest-protection`,
 *   `forest-login`, `forest-base`, `forest-schema`, `forest-home-servers`
 */
export async function openLdapForest(options: LdapForestOptions): Promise<Forest> {
  const { user, password, serverName, trust = {}, connectTimeoutMs = 15_000, timeoutMs = 60_000 } = options;
  const address = parseLdapAddress(options.url, options.plain);
  const connection = new LdapConnection({ address, user, password, trust, serverName, connectTimeoutMs, timeoutMs });
  try {
    await connection.connect();
    const root = await readRoot(connection);
    connection.server = root.hostName;
    const base = options.base ?? root.domain;
    await checkBase(connection, base);
    const homeServers = new HomeServers(options.homeServers ?? {});
    await checkSchema(connection, root.schema, homeServers);
    return new LdapForest(connection, {
      name: address.name,
      domain: root.domain,
      base,
      filter: options.filter ?? PEOPLE,
      homeServers,
      pageSize: options.pageSize ?? 500,
    });
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

interface Scope {
  name: string;
  /** DN of the domain. */
  domain: string;
  base: string;
  filter: string;
  homeServers: HomeServers;
  pageSize: number;
}

class LdapForest implements Forest {
  readonly name: string;
  readonly domain: string;
  readonly #connection: LdapConnection;
  readonly #scope: Scope;
  constructor(connection: LdapConnection, scope: Scope) {
    this.name = scope.name;
    this.domain = dnsName(scope.domain);
    this.#connection = connection;
    this.#scope = scope;
  }

  async *read(cursor: string | undefined): AsyncGenerator<ForestPage, void, undefined> {
    for (let isSecond = false; ; isSecond = true) {
      try {
        return yield* this.#reading(cursor);
      } catch (error) {
        if (isSecond || !isLost(error)) throw error;
      }
    }
  }

  async *#reading(cursor: string | undefined): AsyncGenerator<ForestPage, void, undefined> {
    const connection = this.#connection;
    const { domain, base, filter } = this.#scope;
    // Read first: what changes from here on belongs to the next reading.
    const { service, usn } = await readRoot(connection);
    const invocationId = await readInvocation(connection, service);
    const next = formatCursor({ invocationId, usn });
    const page = { users: [], present: [], cursor: next, whole: false };
    const from = changesFrom(cursor, { invocationId, usn });
    if (from === undefined) {
      for await (const users of this.#users(base, filter)) yield { ...page, users };
      yield { ...page, whole: true };
      return;
    }
    if (from > usn) {
      yield page;
      return;
    }
    for await (const users of this.#users(base, `(&${filter}(uSNChanged>=${from}))`)) yield { ...page, users };
    if (base.toLowerCase() !== domain.toLowerCase() || !(await this.#seesDeleted())) {
      for await (const entries of this.#pages(base, { filter, attributes: ["objectGUID"] })) {
        yield { ...page, present: entries.flatMap((entry) => guidFromOctets(entry.octets("objectGUID")) ?? []) };
      }
      yield { ...page, whole: true };
      return;
    }
    const gone = { scope: "one" as const, filter: `(&(objectClass=user)(uSNChanged>=${from}))`, attributes: ["objectGUID"], deleted: true };
    for await (const entries of this.#pages(deletedObjects(domain), gone))
      yield { ...page, users: entries.flatMap((entry) => this.#user(entry, true)) };
    yield page;
  }

  async *#users(base: string, filter: string): AsyncGenerator<ForestUser[], void, undefined> {
    const attributes = ["objectGUID", ...USER_ATTRIBUTES];
    for await (const entries of this.#pages(base, { filter, attributes })) yield entries.flatMap((entry) => this.#user(entry, false));
  }

  #user(entry: LdapEntry, deleted: boolean): ForestUser[] {
    const guid = guidFromOctets(entry.octets("objectGUID"));
    if (guid === undefined) return [];
    const names = deleted ? [] : USER_ATTRIBUTES;
    const told = names.map((name): [string, readonly string[]] => [name, this.#scope.homeServers.read(name, entry.texts(name))]);
    return [{ guid, distinguishedName: entry.dn, attributes: Object.fromEntries(told.filter(([, values]) => values.length > 0)), deleted }];
  }

  #pages(
    base: string,
    query: { scope?: "one"; filter: string; attributes: readonly string[]; deleted?: boolean },
  ): AsyncGenerator<LdapEntry[], void, undefined> {
    return this.#connection.pages(base, { scope: "sub", ...query }, this.#scope.pageSize);
  }

  async #seesDeleted(): Promise<boolean> {
    const query = { scope: "one", filter: "(isDeleted=TRUE)", attributes: ["objectGUID"], deleted: true, atMost: 1 } as const;
    try {
      return (await this.#connection.search(deletedObjects(this.#scope.domain), query)).length > 0;
    } catch (error) {
      if (isFault(error) && (error.is("forest-object") || error.is("directory-insufficient-rights"))) return false;
      throw error;
    }
  }

  async write(guid: string, changes: ForestChanges): Promise<void> {
    const list: LdapChange[] = [];
    for (const [attribute, change] of Object.entries(this.#scope.homeServers.write(changes))) {
      if (!("beginning" in change)) list.push({ kind: "replace", attribute, values: change });
      else list.push(...(await this.#among(guid, attribute, change)));
    }
    if (list.length > 0) await this.#connection.modify(byGuid(guid), list);
  }

  /** Of an attribute that others write as well only the values that come and go are named. */
  async #among(guid: string, attribute: string, wish: { beginning: string; values: readonly string[] }): Promise<LdapChange[]> {
    const [entry] = await this.#connection.search(byGuid(guid), { scope: "base", attributes: [attribute] });
    if (entry === undefined) throw new Fault("forest-object", { server: this.#connection.server, object: guid });
    const own = entry.texts(attribute).filter((value) => value.toLowerCase().startsWith(wish.beginning));
    const gone = own.filter((value) => !wish.values.includes(value));
    const come = wish.values.filter((value) => !own.includes(value));
    return [
      ...(gone.length === 0 ? [] : [{ kind: "delete" as const, attribute, values: gone }]),
      ...(come.length === 0 ? [] : [{ kind: "add" as const, attribute, values: come }]),
    ];
  }

  async unwritable(guids: readonly string[], attributes: readonly string[]): Promise<ReadonlyMap<string, Fault>> {
    const found = new Map<string, Fault>();
    const waiting = [...guids];
    const ask = async (): Promise<void> => {
      for (let guid = waiting.shift(); guid !== undefined; guid = waiting.shift()) {
        const fault = await this.#unwritable(guid, attributes);
        if (fault !== undefined) found.set(guid, fault);
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, guids.length) }, ask));
    return found;
  }

  async #unwritable(guid: string, attributes: readonly string[]): Promise<Fault | undefined> {
    const { server } = this.#connection;
    try {
      const [entry] = await this.#connection.search(byGuid(guid), { scope: "base", attributes: ["allowedAttributesEffective"] });
      if (entry === undefined) return new Fault("forest-object", { server, object: guid });
      const allowed = new Set(entry.texts("allowedAttributesEffective").map((name) => name.toLowerCase()));
      return attributes.every((name) => allowed.has(name.toLowerCase()))
        ? undefined
        : new Fault("directory-insufficient-rights", { server });
    } catch (error) {
      if (isFault(error) && error.is("forest-object")) return error;
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }
}

async function readRoot(connection: LdapConnection): Promise<RootDse> {
  const attributes = ["defaultNamingContext", "schemaNamingContext", "dsServiceName", "dnsHostName", "highestCommittedUSN"];
  const [entry] = await connection.search("", { scope: "base", attributes });
  const one = (name: string): string => {
    const [value] = entry?.texts(name) ?? [];
    if (value === undefined || value === "" || (name.endsWith("USN") && !/^\d{1,20}$/.test(value)))
      throw new Fault("forest-base", { server: connection.server, base: name });
    return value;
  };
  return {
    domain: one("defaultNamingContext"),
    schema: one("schemaNamingContext"),
    service: one("dsServiceName"),
    hostName: one("dnsHostName"),
    usn: BigInt(one("highestCommittedUSN")),
  };
}

async function readInvocation(connection: LdapConnection, service: string): Promise<string> {
  const [entry] = await connection.search(service, { scope: "base", attributes: ["invocationId"] });
  const id = guidFromOctets(entry?.octets("invocationId"));
  if (id === undefined) throw new Fault("forest-base", { server: connection.server, base: "invocationId" });
  return id;
}

async function checkBase(connection: LdapConnection, base: string): Promise<void> {
  try {
    await connection.search(base, { scope: "base", attributes: ["objectClass"] });
  } catch (error) {
    if (!isFault(error) || !(error.is("forest-object") || error.is("forest-refused"))) throw error;
    throw new Fault("forest-base", { server: connection.server, base }, { cause: error });
  }
}

/** Syntax of attributes that hold distinguished names, [MS-ADTS] 3.1.1.2.2.2. */
const DN_SYNTAX = "2.5.5.1";

async function checkSchema(connection: LdapConnection, schema: string, homeServers: HomeServers): Promise<void> {
  const filter = `(|${WRITTEN_ATTRIBUTES.map((name) => `(lDAPDisplayName=${name})`).join("")})`;
  const entries = await connection.search(schema, { scope: "one", filter, attributes: ["lDAPDisplayName", "attributeSyntax"] });
  const syntaxes = new Map(entries.map((entry) => [entry.texts("lDAPDisplayName")[0]?.toLowerCase(), entry.texts("attributeSyntax")[0]]));
  const missing = WRITTEN_ATTRIBUTES.filter((name) => !syntaxes.has(name.toLowerCase()));
  if (missing.length > 0) throw new Fault("forest-schema", { server: connection.server, attributes: missing.join(", ") });
  if (homeServers.isEmpty && syntaxes.get("msrtcsip-primaryhomeserver") === DN_SYNTAX) {
    throw new Fault("forest-home-servers", { server: connection.server });
  }
}

/** `contoso.local` of `DC=contoso,DC=local`. */
function dnsName(domain: string): string {
  return domain
    .split(",")
    .flatMap((part) => /^\s*DC=(.*)$/i.exec(part)?.[1] ?? [])
    .join(".");
}
