/** An authorization server over a store in memory, on a free loopback port, with the lab's tenants; and a browser for it. */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { hashPassword, LogonGuard, SYSTEM_SOURCES, type LogonGuardOptions } from "@tieline/auth";
import { createLabTenants, Directory, LAB_TENANTS, type Account, type TenantId } from "../directory/index.ts";
import { sqliteDialect, storeOver, type Store } from "../store/index.ts";
import { AuthorizationServer } from "./authorization-server.ts";
import { PUBLIC_CLIENT_ID } from "./applications.ts";
import { IdentityService, type IdentitySettings } from "./service.ts";

export const HOST = "login.online.lync.com";
export const TARGET = "https://admin0a.online.lync.com/OcsPowershellOAuth";
export const [CONTOSO, FABRIKAM] = LAB_TENANTS.map((site) => site.tenant.tenantId) as [TenantId, TenantId];
export const PASSWORD = "right horse";
export const LOOPBACK = "http://localhost:53210";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

export interface Authority extends AsyncDisposable {
  service: IdentityService;
  directory: Directory;
  store: Store;
  base: string;
  /** Time in milliseconds that is added to the machine's. */
  clock: { aheadMs: number };
  logged: string[];
  account(user: string): Promise<Account>;
  post(path: string, form: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
}

let passwordHash: Promise<string> | undefined;

export async function openAuthority(
  settings: Partial<IdentitySettings> & { guard?: LogonGuardOptions; store?: Store } = {},
): Promise<Authority> {
  const clock = { aheadMs: 0 };
  const sources = { ...SYSTEM_SOURCES, nowMs: () => Date.now() + clock.aheadMs };
  const store = settings.store ?? (await storeOver(sqliteDialect(":memory:"), "sqlite", Date.now()));
  const directory = Directory.of(store);
  const hash = await (passwordHash ??= hashPassword(PASSWORD));
  await createLabTenants(directory, {
    users: 3,
    nowMs: Date.now(),
    credentials: () => Promise.resolve({ passwordHash: hash, ntHashSealed: null }),
  });
  const logged: string[] = [];
  const service = new IdentityService({
    host: HOST,
    aliases: ["login.microsoftonline.com"],
    endpointHosts: ["admin0a.online.lync.com"],
    siteKey: new Uint8Array(32).fill(7),
    deviceInterval: 0,
    ...settings,
    db: store.db,
    directory,
    guard: new LogonGuard({ firstDelayMs: 0, ...settings.guard }),
    sources,
    pause: () => Promise.resolve(),
    log: { warn: (facts, text) => void logged.push(`${text} ${JSON.stringify(facts)}`) },
  });
  for (const tenant of [CONTOSO, FABRIKAM]) await service.settings(tenant).set({ legacy: true }, Date.now());
  const server = await listen(new AuthorizationServer(service));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    service,
    directory,
    store,
    base,
    clock,
    logged,
    account: async (user) => {
      const found = await directory.accounts.find(user);
      if (found === undefined) throw new Error(`no account ${user}`);
      return found;
    },
    post: async (path, form, headers = {}) =>
      answerOf(await fetch(base + path, { method: "POST", body: new URLSearchParams(form), headers, redirect: "manual" })),
    get: async (path) => answerOf(await fetch(base + path, { redirect: "manual" })),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
    },
  };
}

async function listen(authority: AuthorizationServer): Promise<Server> {
  const server = createServer((request, response) => {
    if (authority.serves(request)) authority.handle(request, response);
    else response.writeHead(404).end();
  });
  // The tests speak without TLS; the cookies must believe that there is some.
  server.on("connection", (socket: Socket) => Object.assign(socket, { encrypted: true }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A page.
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** A browser: cookies by name and path, redirects one at a time. */
export class Browser {
  readonly #base: string;
  readonly #cookies = new Map<string, { name: string; value: string; path: string }>();
  constructor(base: string) {
    this.#base = base;
  }

  async go(address: string, form?: Record<string, string>): Promise<Answer & { url: URL }> {
    let url = new URL(address, this.#base);
    let body = form;
    for (let hops = 0; hops < 10; hops += 1) {
      const response = await fetch(url, {
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined ? {} : { body: new URLSearchParams(body) }),
        redirect: "manual",
        headers: { cookie: this.#sent(url.pathname), accept: "text/html" },
      });
      this.#keep(response);
      const answer = await answerOf(response);
      const location = response.status >= 300 && response.status < 400 ? answer.headers.get("location") : ledOn(answer.text);
      if (location === null) return { ...answer, url };
      const next = new URL(location, url);
      if (next.origin !== new URL(this.#base).origin) return { ...answer, url: next };
      url = next;
      body = undefined;
    }
    throw new Error("too many redirects");
  }

  /** Types user name and password into the form that the browser shows. */
  signIn(page: { url: URL }, user: string, password = PASSWORD): Promise<Answer & { url: URL }> {
    return this.go(page.url.pathname, { user, password });
  }

  #sent(path: string): string {
    return [...this.#cookies.values()]
      .filter((cookie) => path === cookie.path || path.startsWith(cookie.path === "/" ? "/" : `${cookie.path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }

  #keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(/; */);
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? "/";
      if (value === "") this.#cookies.delete(`${path} ${name}`);
      else this.#cookies.set(`${path} ${name}`, { name, value, path });
    }
  }
}

/** Where a page leads by itself, at once. */
function ledOn(page: string): string | null {
  const [, address] = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(page) ?? [];
  return address?.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))) ?? null;
}

export interface CodeRequest {
  address: string;
  verifier: string;
  state: string;
}

/** An authorization request of a program on the user's own machine. */
export function codeRequest(changes: Record<string, string> = {}, tenant: string = CONTOSO, generation: "v1" | "v2" = "v2"): CodeRequest {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(8).toString("hex");
  const parameters = new URLSearchParams({
    client_id: PUBLIC_CLIENT_ID,
    response_type: "code",
    redirect_uri: LOOPBACK,
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(generation === "v1" ? { resource: TARGET } : { scope: `${TARGET}/.default openid profile offline_access` }),
    ...changes,
  });
  return { address: `/${tenant}/oauth2/${generation === "v1" ? "" : "v2.0/"}authorize?${parameters.toString()}`, verifier, state };
}

/** What a token says, without looking at its signature. */
export function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
}
