/** macOS: what `scutil --proxy` prints. Pure. */
import { proxyAt, type ProxySettings } from "./settings.ts";

/** Undefined where the output is something else. */
export function parseScutil(output: string): ProxySettings | undefined {
  if (!/^\s*<dictionary>/.test(output)) return undefined;
  const values = new Map<string, string>();
  const exceptions: string[] = [];
  let listing = false;
  for (const line of output.split(/\r?\n/)) {
    const pair = /^\s*(\w+) : (.*)$/.exec(line);
    if (pair === null) {
      if (line.trim() === "}") listing = false;
      continue;
    }
    const [, key = "", value = ""] = pair;
    if (listing && /^\d+$/.test(key)) exceptions.push(value.trim());
    else if (key === "ExceptionsList") listing = true;
    // Interfaces may have settings of their own below; the first ones are those of the machine.
    else if (!values.has(key)) values.set(key, value.trim());
  }
  if (values.get("ExcludeSimpleHostnames") === "1") exceptions.push("<local>");
  const at = (kind: "http" | "socks5", name: string): ReturnType<typeof proxyAt> =>
    values.get(`${name}Enable`) === "1" ? proxyAt(kind, values.get(`${name}Proxy`), Number(values.get(`${name}Port`) ?? 0)) : undefined;
  const http = at("http", "HTTP");
  const https = at("http", "HTTPS");
  const socks = at("socks5", "SOCKS");
  const script = values.get("ProxyAutoConfigEnable") === "1" ? values.get("ProxyAutoConfigURLString") : undefined;
  return {
    exceptions,
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
    ...(socks === undefined ? {} : { socks }),
    ...(script === undefined || script === "" ? {} : { script }),
    ...(values.get("ProxyAutoDiscoveryEnable") === "1" ? { discover: true } : {}),
  };
}
