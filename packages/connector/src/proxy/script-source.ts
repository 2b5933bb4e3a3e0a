/** Where a proxy script comes from: a file, an address, or the well-known name of WPAD. Never through a proxy. */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { Fault, isFault } from "@tieline/fault";
import { get, type Dialler } from "@tieline/net";
import { MAX_PAC_BYTES } from "./pac.ts";

const MAX_REDIRECTS = 3;

/** The text of a script. @throws Fault `proxy-script-unusable` */
export async function fetchScript(place: string, direct: Dialler): Promise<string> {
  const script = shownScript(place);
  try {
    if (!/^https?:\/\//i.test(place)) return await readFile(place.startsWith("file:") ? fileURLToPath(place) : place, "utf8");
    let url = new URL(place);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await get(direct, url, { maxBodyBytes: MAX_PAC_BYTES, timeoutMs: 10_000 });
      const { location } = answer.headers;
      if (answer.status >= 300 && answer.status < 400 && typeof location === "string" && URL.canParse(location, url)) {
        const next = new URL(location, url);
        // What decides where everything goes is not taken from the open once it was asked for under TLS.
        if (url.protocol === "https:" && next.protocol !== "https:") throw new Error("it redirects from https to http");
        url = next;
      } else if (answer.status === 200) return Buffer.from(answer.body).toString("utf8");
      else throw new Error(`HTTP status ${answer.status}`);
    }
    throw new Error("it redirects without an end");
  } catch (error) {
    const reason = isFault(error) ? error.message.replace(/\.$/, "") : (error as Error).message;
    throw new Fault("proxy-script-unusable", { script, reason: reason.slice(0, 200) }, { cause: error });
  }
}

/** Addresses may hold a password. */
export function shownScript(place: string): string {
  return place.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/s, "");
}

/**
 * The domains in which WPAD looks: the machine's own and those that its resolver searches, each with its parents, never
 * a top-level domain.
 */
export function wpadDomains(host: string, resolverFile: string): string[] {
  const own = host.includes(".") ? [host.slice(host.indexOf(".") + 1)] : [];
  const searched = Array.from(resolverFile.matchAll(/^\s*(?:search|domain)\s+(.*)$/gm), (match) =>
    (match[1] ?? "").trim().split(/\s+/),
  ).flat();
  const domains: string[] = [];
  for (const domain of [...own, ...searched]) {
    for (let rest = domain.toLowerCase().replace(/\.$/, ""); rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1))
      domains.push(rest);
  }
  return [...new Set(domains)].slice(0, 10);
}

/** Looks for a script by WPAD's well-known names. @throws Fault `proxy-not-discovered` */
export async function discoverScript(direct: Dialler, domains?: readonly string[]): Promise<{ place: string; text: string }> {
  const where = domains ?? wpadDomains(hostname(), await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
  for (const domain of where) {
    const place = `http://wpad.${domain}/wpad.dat`;
    try {
      return { place, text: await fetchScript(place, direct) };
    } catch (error) {
      if (!isFault(error)) throw error;
    }
  }
  throw new Fault("proxy-not-discovered", { asked: where.map((domain) => `wpad.${domain}`).join(", ") || "no domain is known" });
}
