/** What a user says of proxies, and the one choice that all stages follow. */
import { Fault } from "@tieline/fault";
import {
  always,
  chooseBySettings,
  environmentProxy,
  parseProxy,
  readSystemProxy,
  type Dialler,
  type Proxy,
  type ProxyChoice,
  type ProxySettings,
} from "@tieline/net";
import { pacChoice, type PacLimits } from "./pac.ts";
import { discoverScript, fetchScript, shownScript } from "./script-source.ts";

export type ProxyWish =
  | { kind: "none" }
  /** The environment, and where it says nothing, the desktop. */
  | { kind: "system" }
  | { kind: "environment" }
  | { kind: "proxy"; proxy: Proxy }
  /** A script; without a place, the desktop's. */
  | { kind: "auto"; script?: string }
  | { kind: "wpad" };

/**
 * `none`, `system`, `environment`, `auto[=URL or file]`, `wpad`, or a proxy's address; nothing is `system`.
 *
 * @throws Fault `usage`
 */
export function parseProxyWish(text: string | undefined): ProxyWish {
  const words = (text ?? "system").trim();
  const lower = words.toLowerCase();
  if (lower === "none" || lower === "system" || lower === "environment" || lower === "wpad" || lower === "auto") return { kind: lower };
  if (lower.startsWith("auto=")) return { kind: "auto", script: words.slice("auto=".length) };
  return { kind: "proxy", proxy: parseProxy(words) };
}

export interface ProxySources {
  environment: Readonly<Record<string, string | undefined>>;
  /** For scripts, which are fetched without a proxy. */
  direct: Dialler;
  system?: () => Promise<ProxySettings | undefined>;
  /** For tests: where WPAD looks. */
  wpadDomains?: readonly string[];
  pacLimits?: PacLimits;
}

/** @throws Fault `usage` for an address in the environment that cannot be read */
export function proxyChoiceFor(wish: ProxyWish, sources: ProxySources): ProxyChoice {
  const { environment, direct, pacLimits } = sources;
  const system = sources.system ?? (() => readSystemProxy({ environment }));
  const script = (place: string): ProxyChoice => pacChoice(shownScript(place), () => fetchScript(place, direct), pacLimits);
  switch (wish.kind) {
    case "none":
      return always("direct");
    case "proxy":
      return always(wish.proxy);
    case "environment":
      return environmentProxy(environment) ?? always("direct");
    case "auto":
      if (wish.script !== undefined) return script(wish.script);
      return lazily(async () => {
        const place = (await system())?.script;
        if (place !== undefined) return script(place);
        throw new Fault("usage", {
          what: "This machine's settings name no proxy script.",
          hint: "Name it: --proxy auto=http://HOST/proxy.pac",
        });
      });
    case "wpad":
      return lazily(async () => {
        const { place, text } = await discoverScript(direct, sources.wpadDomains);
        return pacChoice(place, () => Promise.resolve(text), pacLimits);
      });
    case "system": {
      const named = environmentProxy(environment);
      if (named !== undefined) return named;
      return lazily(async () => {
        const settings = await system();
        if (settings === undefined) return always("direct");
        const fixed = chooseBySettings(settings);
        if (settings.script === undefined) return fixed;
        const asked = script(settings.script);
        // The desktop's exceptions and this machine itself hold for its script, too; without a proxy of its own `fixed` says direct.
        const excepted = chooseBySettings({ exceptions: settings.exceptions, http: NOWHERE, https: NOWHERE });
        return async (to) => ((await excepted(to))[0] === "direct" ? ["direct"] : asked(to));
      });
    }
  }
}

/** A proxy that is never used: it stands for "not excepted". */
const NOWHERE: Proxy = { kind: "http", host: "nowhere.invalid", port: 1 };

/** A choice that is made when the first connection asks, once; one that failed is made anew. */
function lazily(make: () => Promise<ProxyChoice>): ProxyChoice {
  let made: Promise<ProxyChoice> | undefined;
  return async (to) => {
    made ??= make();
    try {
      return await (
        await made
      )(to);
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
}
