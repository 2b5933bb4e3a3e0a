/**
 * Destinations that need no proxy, as NO_PROXY and the desktops list them: names with all below them, addresses, ranges
 * of addresses (RFC 4632), each with a port or without; `*` for everything; `<local>` for names without a dot.
 */
import { BlockList, isIP } from "node:net";
import type { Place } from "../name-map.ts";

type Rule = (host: string, port: number) => boolean;

/**
 * A test whether a destination is excepted.
 *
 * `corp.test` means the name and all below it; `.corp.test` and `*.corp.test` only those below (as Go and curl's newer
 * versions differ there, the stricter reading is taken: a leading dot excludes the name itself).
 */
export function exceptionsOf(entries: readonly string[]): (place: Place) => boolean {
  const rules = entries.map((entry) => ruleOf(entry.trim().toLowerCase())).filter((rule): rule is Rule => rule !== undefined);
  return ({ host, port }) => {
    const name = host
      .toLowerCase()
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, "");
    return rules.some((rule) => rule(name, port));
  };
}

/** The entries of NO_PROXY: separated by commas or blanks. */
export function splitExceptions(text: string): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== "");
}

/** `localhost` and the loopback addresses: never by way of a proxy that nobody named for this connection. */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost") || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

function ruleOf(entry: string): Rule | undefined {
  if (entry === "") return undefined;
  if (entry === "*") return () => true;
  if (entry === "<local>") return (host) => !host.includes(".") && isIP(host) === 0;
  const range = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(entry);
  if (range !== null) return inRange(range[1] ?? "", Number(range[2]));
  const { host, port } = withPort(entry);
  const fits = (at: number): boolean => port === undefined || port === at;
  const family = isIP(host);
  if (family !== 0) {
    const list = new BlockList();
    list.addAddress(host, family === 4 ? "ipv4" : "ipv6");
    return (name, at) => fits(at) && isIP(name) !== 0 && list.check(name, isIP(name) === 4 ? "ipv4" : "ipv6");
  }
  if (/^\*?\./.test(host)) {
    const below = host.replace(/^\*/, "");
    return (name, at) => fits(at) && name.endsWith(below) && name.length > below.length;
  }
  if (host.includes("*")) {
    const pattern = new RegExp(
      `^${host
        .split("*")
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
        .join("[^]*")}$`,
    );
    return (name, at) => fits(at) && pattern.test(name);
  }
  return (name, at) => fits(at) && (name === host || name.endsWith(`.${host}`));
}

function inRange(address: string, bits: number): Rule | undefined {
  const family = isIP(address);
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  return (name) => isIP(name) !== 0 && list.check(name, isIP(name) === 4 ? "ipv4" : "ipv6");
}

function withPort(entry: string): { host: string; port: number | undefined } {
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?\.?$/.exec(entry);
  if (parts === null) return { host: entry, port: undefined };
  return { host: (parts[1] ?? parts[2] ?? "").replace(/\.$/, ""), port: parts[3] === undefined ? undefined : Number(parts[3]) };
}
