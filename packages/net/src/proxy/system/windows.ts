/**
 * Windows: the user's Internet options (`reg query` of the key "Internet Settings") and the machine's WinHTTP settings
 * (`netsh winhttp show proxy`). Pure.
 */
import { parseProxy, type Proxy } from "../proxy.ts";
import type { ProxySettings } from "./settings.ts";

export const INTERNET_SETTINGS = String.raw`HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings`;

/** Undefined where the output is something else. */
export function parseInternetSettings(output: string): ProxySettings | undefined {
  const values = new Map<string, string>();
  for (const line of output.split(/\r?\n/)) {
    const parts = /^\s+(\w+)\s+REG_(?:SZ|DWORD|EXPAND_SZ)\s*(.*)$/.exec(line);
    if (parts !== null) values.set((parts[1] ?? "").toLowerCase(), (parts[2] ?? "").trim());
  }
  if (values.size === 0) return undefined;
  const enabled = Number(values.get("proxyenable") ?? 0) !== 0;
  const script = values.get("autoconfigurl") ?? "";
  return {
    ...(enabled ? servers(values.get("proxyserver") ?? "") : {}),
    exceptions: enabled ? bypassed(values.get("proxyoverride") ?? "") : [],
    ...(script === "" ? {} : { script }),
    ...(Number(values.get("autodetect") ?? 0) === 0 ? {} : { discover: true }),
  };
}

/** WinHTTP's words are translated with Windows; what follows the colons is not. */
export function parseWinHttp(output: string): ProxySettings | undefined {
  const lines = Array.from(output.matchAll(/^[ \t]+\S[^:\r\n]*:[ \t]+(\S.*?)[ \t]*\r?$/gm), (match) => match[1] ?? "");
  const [server, bypass = ""] = lines;
  if (server === undefined) return undefined;
  return { ...servers(server), exceptions: bypass.startsWith("(") ? [] : bypassed(bypass) };
}

/** `host:port` for all, or `http=host:port;https=host:port;socks=host:port`. */
function servers(text: string): Pick<ProxySettings, "http" | "https" | "socks"> {
  const found: { http?: Proxy; https?: Proxy; socks?: Proxy } = {};
  for (const entry of text.split(/[;\s]+/).filter(Boolean)) {
    const [, scheme, address = ""] = /^(?:(http|https|socks|ftp)=)?(.*)$/i.exec(entry) ?? [];
    const proxy = readable(scheme?.toLowerCase() === "socks" ? `socks5://${address.replace(/^\w+:\/\//, "")}` : address);
    if (proxy === undefined) continue;
    if (scheme === undefined) Object.assign(found, { http: proxy, https: proxy });
    else if (scheme.toLowerCase() !== "ftp") found[scheme.toLowerCase() as "http" | "https" | "socks"] = proxy;
  }
  return found;
}

function bypassed(text: string): string[] {
  return text.split(/[;\s]+/).filter(Boolean);
}

function readable(address: string): Proxy | undefined {
  try {
    return parseProxy(address);
  } catch {
    return undefined;
  }
}
