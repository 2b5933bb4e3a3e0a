/** KDE: the file `kioslaverc`, group "Proxy Settings". Pure. */
import { splitExceptions } from "../exceptions.ts";
import { proxyAt, type ProxySettings } from "./settings.ts";

/** ProxyType of KDE's settings. */
const MANUAL = "1";
const SCRIPT = "2";
const DISCOVERED = "3";

/** Undefined where the file has no such group. Type 4, "by the environment", is the environment's own business. */
export function parseKioslaverc(file: string): ProxySettings | undefined {
  const values = new Map<string, string>();
  let inside = false;
  let seen = false;
  for (const line of file.split(/\r?\n/)) {
    const group = /^\[([^\]]*)\]/.exec(line.trim());
    if (group !== null) {
      inside = group[1] === "Proxy Settings";
      seen ||= inside;
    } else if (inside) {
      const pair = /^([\w ]+?)(?:\[\$\w+\])?\s*=\s*(.*)$/.exec(line.trim());
      if (pair !== null) values.set(pair[1] ?? "", pair[2] ?? "");
    }
  }
  if (!seen) return undefined;
  const type = values.get("ProxyType") ?? "0";
  const exceptions = splitExceptions(values.get("NoProxyFor") ?? "");
  if (type === DISCOVERED) return { exceptions, discover: true };
  const script = values.get("Proxy Config Script") ?? "";
  if (type === SCRIPT) return script === "" ? { exceptions } : { exceptions, script };
  if (type !== MANUAL) return { exceptions: [] };
  const http = at("http", values.get("httpProxy"));
  const https = at("http", values.get("httpsProxy"));
  const socks = at("socks5", values.get("socksProxy"));
  return {
    exceptions,
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(socks === undefined ? {} : { socks }),
  };
}

/** `http://host 3128`, as KDE writes it, or with a colon. */
function at(kind: "http" | "socks5", value: string | undefined): ReturnType<typeof proxyAt> {
  const parts = /^(.*?)[ :](\d+)\/?$/.exec((value ?? "").trim());
  return parts === null ? undefined : proxyAt(kind, parts[1], Number(parts[2]));
}
