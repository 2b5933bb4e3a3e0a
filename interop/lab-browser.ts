/** The lab's hosts for strangers that know no name map: one request to wherever a name leads, and a browser without a screen. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NameMap } from "@tieline/net";
import { LabSecrets, startLab, type RunningLab } from "../packages/server/src/index.ts";

export interface Heard {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  body: string;
}

export interface OpenLab extends AsyncDisposable {
  lab: RunningLab;
  folder: string;
  password(user: string): string;
  send(url: string, wish?: { method?: string; headers?: Record<string, string>; body?: string }): Promise<Heard>;
}

/** @param people of the first tenant */
export async function openLab(people = 5): Promise<OpenLab> {
  const folder = mkdtempSync(join(tmpdir(), "tieline-strangers-"));
  const lab = await startLab({ folder, users: people });
  const agent = new Agent({ ca: readFileSync(join(folder, lab.description.authority)) });
  const names = NameMap.of(lab.description.names);
  return {
    lab,
    folder,
    password: (user) => LabSecrets.open(folder).password(user),
    send: (url, wish = {}) => {
      const { hostname, pathname, search, port } = new URL(url);
      const place = names.find({ host: hostname, port: port === "" ? 443 : Number(port) });
      return new Promise((resolve, reject) => {
        const sent = request(
          {
            agent,
            host: place.host,
            port: place.port,
            servername: hostname,
            path: pathname + search,
            method: wish.method ?? "GET",
            headers: { host: hostname, ...wish.headers },
          },
          (response) => {
            let body = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => (body += chunk));
            response.on("end", () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")])),
                cookies: response.headers["set-cookie"] ?? [],
                body,
              }),
            );
          },
        );
        sent.on("error", reject);
        sent.end(wish.body);
      });
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      await lab[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Follows redirects, keeps cookies, fills in forms; stops at an address that is not the authority's. */
export class ScriptedBrowser {
  readonly #lab: OpenLab;
  readonly #cookies = new Map<string, { pair: string; path: string }>();
  constructor(lab: OpenLab) {
    this.#lab = lab;
  }

  async go(address: string, form?: Record<string, string>): Promise<{ url: URL; body: string }> {
    let url = new URL(address);
    let body = form === undefined ? undefined : new URLSearchParams(form).toString();
    for (let hops = 0; hops < 12; hops += 1) {
      const cookie = [...this.#cookies.values()]
        .filter(({ path }) => url.pathname === path || url.pathname.startsWith(path === "/" ? "/" : `${path}/`))
        .map(({ pair }) => pair)
        .join("; ");
      const heard = await this.#lab.send(url.href, {
        method: body === undefined ? "GET" : "POST",
        headers: { cookie, accept: "text/html", ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }) },
        ...(body === undefined ? {} : { body }),
      });
      for (const line of heard.cookies) this.#keep(line);
      const location = heard.headers["location"];
      if (location === undefined) return { url, body: heard.body };
      const next = new URL(location, url);
      if (next.hostname !== url.hostname) return { url: next, body: "" };
      url = next;
      body = undefined;
    }
    throw new Error("too many redirects");
  }

  /** Through the pages for a user name and a password, whatever else they hold, until they lead away or say that all is done. */
  async signIn(page: { url: URL; body: string }, user: string, password: string): Promise<{ url: URL; body: string }> {
    let shown = page;
    for (let pages = 0; pages < 5 && /name="(user|login_hint|password)"/.test(shown.body); pages += 1) {
      const fields: Record<string, string> = {};
      for (const [, name = "", value = ""] of shown.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
        fields[name] = value;
      const action = new URL(
        /<form[^>]* action="([^"]*)"/.exec(shown.body)?.[1]?.replaceAll("&#38;", "&") ?? shown.url.pathname,
        shown.url,
      );
      shown = await this.go(action.href, { ...fields, user, password });
    }
    return shown;
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(/; */);
    const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? "/";
    const name = pair.split("=")[0] ?? "";
    if (pair === `${name}=`) this.#cookies.delete(`${path} ${name}`);
    else this.#cookies.set(`${path} ${name}`, { pair, path });
  }
}

/** What a person does at `/device` with the code that a program shows. */
export async function finishDevice(lab: OpenLab, page: string, code: string, user: string): Promise<void> {
  const browser = new ScriptedBrowser(lab);
  const confirm = await browser.go(`${page}?user_code=${code}&login_hint=${encodeURIComponent(user)}`);
  const fields: Record<string, string> = {};
  for (const [, name = "", value = ""] of confirm.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
    fields[name] = value;
  const action = new URL(/<form[^>]* action="([^"]*)"/.exec(confirm.body)?.[1] ?? "", confirm.url);
  const done = await browser.signIn(await browser.go(action.href, { ...fields, confirm: "yes" }), user, lab.password(user));
  if (/name="password"/.test(done.body)) throw new Error(`the sign-in did not end: ${done.body.slice(0, 500)}`);
}
