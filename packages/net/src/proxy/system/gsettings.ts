/** GNOME and its kin: what `gsettings list-recursively org.gnome.system.proxy` prints. Pure. */
import { proxyAt, type ProxySettings } from "./settings.ts";

/** Undefined where the output is something else. */
export function parseGsettings(output: string): ProxySettings | undefined {
  const values = new Map<string, string>();
  for (const line of output.split(/\r?\n/)) {
    const parts = /^org\.gnome\.system\.proxy(?:\.(\w+))? ([\w-]+) (.*)$/.exec(line.trim());
    if (parts !== null) values.set(`${parts[1] ?? ""}.${parts[2] ?? ""}`, parts[3] ?? "");
  }
  const mode = text(values.get(".mode"));
  if (mode === undefined) return undefined;
  const exceptions = Array.from((values.get(".ignore-hosts") ?? "").matchAll(/'([^']*)'/g), (match) => match[1] ?? "");
  if (mode === "auto") {
    const script = text(values.get(".autoconfig-url")) ?? "";
    return script === "" ? { exceptions, discover: true } : { exceptions, script };
  }
  if (mode !== "manual") return { exceptions: [] };
  const at = (kind: "http" | "socks5", table: string): ReturnType<typeof proxyAt> =>
    proxyAt(kind, text(values.get(`${table}.host`)), Number(values.get(`${table}.port`) ?? 0));
  const http = at("http", "http");
  const https = at("http", "https") ?? (values.get(".use-same-proxy") === "true" ? http : undefined);
  const socks = at("socks5", "socks");
  return {
    exceptions,
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(socks === undefined ? {} : { socks }),
  };
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : /^'([^]*)'$/.exec(value)?.[1];
}
