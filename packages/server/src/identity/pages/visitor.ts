/**
 * One request of a browser: its cookies, its address, and the secret by which a form shows that it came from one of our
 * pages (the signed double-submit of OWASP's CSRF sheet, beside Origin and Fetch Metadata where the browser sends them).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { drawSecret, isSame, type RelyingParty } from "../factors/index.ts";
import type { PageAnswer } from "../interaction.ts";
import type { Vault } from "../vault.ts";

/** All of them are ours alone: `__Host-` holds them to this host, to https and to the whole path (RFC 6265bis 4.1.3.2). */
const COOKIES = {
  browser: "__Host-tieline-browser",
  session: "__Host-tieline-session",
  approver: "__Host-tieline-approver",
  remembered: "__Host-tieline-remembered",
} as const;

const MAX_COOKIES = 16_384;

export class Visitor {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The peer's. */
  readonly address: string;
  readonly #vault: Vault;
  readonly #cookies: ReadonlyMap<string, string>;
  readonly #set: string[] = [];
  #browser: string;

  constructor(request: IncomingMessage, response: ServerResponse, parts: { vault: Vault; sources: Sources }) {
    this.request = request;
    this.response = response;
    this.address = (request.socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, "");
    this.#vault = parts.vault;
    this.#cookies = parseCookies(request.headers.cookie ?? "");
    this.#browser = this.cookie("browser");
    if (this.#browser === "" && request.method !== "POST") {
      this.#browser = drawSecret(parts.sources);
      this.setCookie("browser", this.#browser);
    }
  }

  cookie(name: keyof typeof COOKIES): string {
    return (this.#cookies.get(COOKIES[name]) ?? "").slice(0, 2048);
  }

  /** @param seconds how long it is kept; left out: until the browser is closed; 0: it is taken away */
  setCookie(name: keyof typeof COOKIES, value: string, seconds?: number): void {
    const age = seconds === undefined ? "" : `; Max-Age=${seconds}`;
    this.#set.push(`${COOKIES[name]}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`);
    const before = this.response.getHeader("set-cookie");
    const kept = (Array.isArray(before) ? before : typeof before === "string" ? [before] : []).filter(
      (line) => !line.startsWith(`${COOKIES[name]}=`),
    );
    this.response.setHeader("set-cookie", [...kept, this.#set.at(-1) as string]);
  }

  /** What a sign-in that is under way is bound to. */
  get browserHash(): string {
    return this.#vault.digest("pages browser", this.#browser);
  }

  /** For the forms of one place: good in this browser alone. */
  formSecret(place: string): string {
    return this.#vault.digest(`pages form ${place}`, this.#browser);
  }

  /** @throws Fault `form-refused` */
  checkForm(place: string, form: URLSearchParams): void {
    const { origin } = this.request.headers;
    const site = this.request.headers["sec-fetch-site"];
    if (origin !== undefined && origin.toLowerCase() !== this.origin)
      throw new Fault("form-refused", { reason: "it comes from another site" });
    if (site !== undefined && site !== "same-origin" && site !== "none")
      throw new Fault("form-refused", { reason: "it comes from another site" });
    if (this.#browser === "") throw new Fault("form-refused", { reason: "the browser sent no cookie" });
    if (!isSame(form.get("form") ?? "", this.formSecret(place))) throw new Fault("form-refused", { reason: "its secret is another" });
  }

  /** As the browser sees it: `https://localhost:8443`. @throws Fault `page-input` */
  get origin(): string {
    const host = (this.request.headers.host ?? "").toLowerCase();
    if (!/^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])(?::\d{1,5})?$/.test(host))
      throw new Fault("page-input", { reason: "its host is no name" });
    return `https://${host.replace(/:443$/, "")}`;
  }

  party(name: string): RelyingParty {
    const { origin } = this;
    return { origin, id: new URL(origin).hostname, name };
  }

  /** `Firefox on Linux`: what the people of an account know it by. */
  get browserName(): string {
    const agent = this.request.headers["user-agent"] ?? "";
    const browser = BROWSERS.find(([, pattern]) => pattern.test(agent))?.[0] ?? "A browser";
    const system = SYSTEMS.find(([, pattern]) => pattern.test(agent))?.[0];
    return system === undefined ? browser : `${browser} on ${system}`;
  }

  send({ status = 200, headers, body }: PageAnswer): void {
    this.response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
  }

  sendJson(body: Readonly<Record<string, string>>): void {
    this.send({ headers: { "content-type": "application/json", "cache-control": "no-store" }, body: JSON.stringify(body) });
  }

  /** To a path of this service: never an address that came with the request. */
  redirect(path: `/${string}`): void {
    this.response.writeHead(303, { location: path, "content-length": 0, "cache-control": "no-store" }).end();
  }
}

const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ["Edge", /\bEdg(A|iOS)?\//],
  ["Firefox", /\b(Firefox|FxiOS)\//],
  ["Chrome", /\b(Chrome|CriOS|Chromium|HeadlessChrome)\//],
  ["Safari", /\bSafari\//],
];

const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X|Macintosh/],
  ["Linux", /Linux/],
];

function parseCookies(header: string): Map<string, string> {
  const pairs = header
    .slice(0, MAX_COOKIES)
    .split(";")
    .map((pair) => /^\s*([^=\s]+)=([^\s]*)\s*$/.exec(pair))
    .filter((match) => match !== null);
  return new Map(pairs.map((match) => [match[1] as string, match[2] as string]));
}
