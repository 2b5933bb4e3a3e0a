/** What must hold of settings before they are kept, by kind; and what to say before some are removed. */
import { Fault } from "@tieline/fault";
import type { ErrorRecordParts } from "@tieline/language";
import type { SiteSetting } from "../../directory/index.ts";
import type { Json } from "../../store/index.ts";
import { FQDN } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { mine, type SessionContext } from "../session.ts";
import type { Candidate } from "./settings-kind.ts";

/** The constraint on names is the vendor's; the one on proxies is named after it by us. */
const CONSTRAINTS = "urn:schema:Microsoft.Rtc.Management.Settings.Edge.2008";

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");

function isHost(value: string): boolean {
  try {
    return FQDN.convert(value) !== "" && value.includes(".");
  } catch {
    return false;
  }
}

function isUrl(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

/** A name and a proxy of its own; a proxy that is a host, and an address that is one. */
export function judgeProvider(_context: SessionContext, { verb, name, settings, others }: Candidate): ErrorRecordParts | Fault | undefined {
  const proxy = text(settings["ProxyFqdn"]);
  const url = text(settings["AutodiscoverUrl"]);
  if (verb === "New" && others.some((other) => other.name.toLowerCase() === name.toLowerCase())) {
    return new Fault("duplicate-hosting-provider", { key: name.toUpperCase(), constraint: `${CONSTRAINTS}:ProviderName` });
  }
  if (!isHost(proxy)) return refuse("setting-not-host", { setting: "ProxyFqdn", value: proxy }, name);
  if (
    others.some(
      (other) => other.name.toLowerCase() !== name.toLowerCase() && text(other.settings["ProxyFqdn"]).toLowerCase() === proxy.toLowerCase(),
    )
  ) {
    return new Fault("duplicate-hosting-provider", { key: proxy.toUpperCase(), constraint: `${CONSTRAINTS}:ProxyFqdn` });
  }
  if (url !== "" && !isUrl(url)) return refuse("setting-not-url", { setting: "AutodiscoverUrl", value: url }, name);
  const port = Number(settings["SipClientPort"] ?? 443);
  return port >= 1 && port <= 65_535 ? undefined : refuse("setting-not-port", { setting: "SipClientPort", value: port }, name);
}

/** Whoever is homed behind the provider stays so, and cannot be moved until there is one with its proxy again. */
export async function warnOfHomed(context: SessionContext, { name, settings }: Pick<SiteSetting, "name" | "settings">): Promise<void> {
  const proxy = text(settings["ProxyFqdn"]);
  const users = await mine(context).users.count((eb) => eb("hosting_provider", "=", proxy.toLowerCase()));
  if (users === 0) return;
  // The text is ours.
  context.warning(
    `${users} user(s) are homed behind ${name} (${proxy}). Nobody can be enabled there or moved until a hosting provider with this proxy is made again.`,
  );
}

export function judgeAllowedDomain(_context: SessionContext, { verb, name, settings, others }: Candidate): ErrorRecordParts | undefined {
  const proxy = text(settings["ProxyFqdn"]);
  if (!isHost(name)) return refuse("setting-not-host", { setting: "Domain", value: name }, name);
  if (verb === "New" && others.some((other) => other.name.toLowerCase() === name.toLowerCase())) {
    return refuse("setting-exists", { kind: "AllowedDomain", name }, name);
  }
  return proxy === "" || isHost(proxy) ? undefined : refuse("setting-not-host", { setting: "ProxyFqdn", value: proxy }, name);
}

/** One way for everything wants to know which. */
export function judgeEdge(_context: SessionContext, { name, settings }: Candidate): ErrorRecordParts | undefined {
  if (settings["RoutingMethod"] !== "UseDefaultRouting") return undefined;
  const route = text(settings["DefaultRouteFqdn"]);
  return isHost(route) ? undefined : refuse("setting-not-host", { setting: "DefaultRouteFqdn", value: route }, name);
}

const HYBRID_URLS = ["HybridConfigServiceInternalUrl", "HybridConfigServiceExternalUrl"] as const;

export function judgeHybrid(_context: SessionContext, { name, settings }: Candidate): ErrorRecordParts | undefined {
  const peer = text(settings["PeerDestination"]);
  if (peer !== "" && !isHost(peer)) return refuse("setting-not-host", { setting: "PeerDestination", value: peer }, name);
  const wrong = HYBRID_URLS.find((setting) => text(settings[setting]) !== "" && !isUrl(text(settings[setting])));
  return wrong === undefined ? undefined : refuse("setting-not-url", { setting: wrong, value: text(settings[wrong]) }, name);
}
