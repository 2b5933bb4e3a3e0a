/**
 * The other engine: a PostgreSQL server (15 or newer), named by one URL, through a pool of connections.
 *
 * A password never stands in the URL: it comes from PGPASSWORD or a file.
 */
import { readFileSync } from "node:fs";
import { Fault } from "@tieline/fault";
import { PostgresDialect, type Dialect, type PostgresPool } from "kysely";
import { Pool, types, type PoolClient as PgPoolClient, type PoolConfig } from "pg";
import { StatementNames } from "./statement-names.ts";

export interface PostgresOptions {
  /** `postgresql://user@host:port/database?sslmode=require`; no password in it. */
  url: string;
  /** From PGPASSWORD or a file; not needed where the server trusts the connection. */
  password?: string | undefined;
  /** The schema that holds the tables; made when it is missing. */
  schema?: string;
  maxConnections?: number;
}

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const SCHEMES = new Set(["postgres:", "postgresql:"]);
/** The schema of a site's tables. */
export function postgresSchema(site: string): string {
  return site === "tieline" ? "public" : site.replace(/[^a-z0-9_]/g, "_");
}

const SAFE_SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * The password for the database: of the file if one is named, else of the environment.
 *
 * @throws Fault `store-password-file`
 */
export function databasePassword(file: string | undefined, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  if (file === undefined) return environment["PGPASSWORD"];
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Fault("store-password-file", { file, reason: reasonOf(cause) }, { cause });
  }
  const password = text.split(/\r?\n/, 1)[0] ?? "";
  if (password === "") throw new Fault("store-password-file", { file, reason: "its first line is empty" });
  return password;
}

/**
 * Checks the URL without connecting.
 *
 * @throws Fault `store-password-in-url`, `store-url`
 */
export function parseDatabaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    // The text is not repeated: it may hold the password that we refuse to see.
    throw new Fault("store-url", { reason: "it is no URL" });
  }
  if (url.password !== "" || url.searchParams.has("password")) throw new Fault("store-password-in-url");
  if (!SCHEMES.has(url.protocol)) throw new Fault("store-url", { reason: `${url.protocol}// is no PostgreSQL` });
  if (url.pathname.length < 2) throw new Fault("store-url", { reason: "it names no database" });
  return url;
}

export function postgresDialect(options: PostgresOptions): Dialect {
  const url = parseDatabaseUrl(options.url);
  const schema = options.schema ?? "public";
  if (!SAFE_SCHEMA.test(schema)) throw new Fault("store-url", { reason: `${schema} is no name for a schema` });
  const pool = new Pool({
    connectionString: url.href,
    password: options.password,
    max: options.maxConnections ?? MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: url.searchParams.get("application_name") ?? "tieline",
    types: { getTypeParser: (oid: number, format?: "text" | "binary") => (oid === INT8 ? Number : types.getTypeParser(oid, format)) },
  } as PoolConfig);
  // An idle connection that the server ends must not end the process; the next query opens another.
  pool.on("error", () => undefined);
  return new PostgresDialect({ pool: guardedPool(pool, url, schema) });
}

/** The type of bigint: our integers are milliseconds and counters, exact in a double. */
const INT8 = 20;

type PoolClient = Awaited<ReturnType<PostgresPool["connect"]>>;

/**
 * The pool as Kysely sees it. Beside telling faults from errors it sees to two things that pg leaves to its users: an
 * error event of a connection in use must find a listener, or it ends the process, and a connection that was lost in a
 * query must not go back among the idle ones.
 */
function guardedPool(pool: Pool, url: URL, schema: string): PostgresPool {
  const known = new WeakMap<object, { isLost: boolean }>();
  const prepare = async (client: PgPoolClient): Promise<{ isLost: boolean }> => {
    const state = { isLost: false };
    client.on("error", () => (state.isLost = true));
    if (schema !== "public") {
      await client.query(`create schema if not exists ${schema}`);
      await client.query(`set search_path to ${schema}`);
    }
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const names = new StatementNames();
    const guarded = async (text: string, values: unknown[] = []): Promise<unknown> => {
      const name = names.of(text);
      try {
        return await (name === undefined ? query(text, values) : query({ name, text, values }));
      } catch (error) {
        const fault = lost(error, url);
        if (fault !== error || codeOf(error) === STALE) state.isLost = true;
        throw fault;
      }
    };
    client.query = guarded as typeof client.query;
    known.set(client, state);
    return state;
  };
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect(): Promise<PoolClient> {
      let client: PgPoolClient | undefined;
      try {
        client = await pool.connect();
        const state = known.get(client) ?? (await prepare(client));
        const release = client.release.bind(client);
        client.release = (error) => release(error === undefined || error === false ? state.isLost : error);
        return client as unknown as PoolClient;
      } catch (error) {
        client?.release(true);
        throw postgresFault(error, url);
      }
    },
  };
}

/** Another process has changed a table since a statement was prepared: what is prepared on the connection is of no use any more. */
const STALE = "0A000";
/** SQLSTATE classes that say the server did not let us in, or is going away. */
const LOGIN = /^(28|3D)/;
const GONE = /^(57P|08|53)/;

/** What went wrong while connecting. */
function postgresFault(error: unknown, url: URL): unknown {
  const reason = reasonOf(error);
  if (LOGIN.test(codeOf(error)) || /SASL|password/i.test(reason)) {
    return new Fault(
      "store-login",
      { address: addressOf(url), user: decodeURIComponent(url.username) || "(none)", reason },
      { cause: error },
    );
  }
  return lost(error, url);
}

/** A connection that is gone becomes a fault; what the server says about a statement stays as it is. */
function lost(error: unknown, url: URL): unknown {
  const code = codeOf(error);
  const reason = reasonOf(error);
  const isLost = GONE.test(code) || /^E[A-Z]+$/.test(code) || /timeout|terminated|not queryable/i.test(reason);
  return isLost ? new Fault("store-unreachable", { address: addressOf(url), reason }, { cause: error }) : error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function addressOf(url: URL): string {
  return `${url.hostname || "localhost"}:${url.port || "5432"}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
