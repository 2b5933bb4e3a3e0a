/**
 * The lists of domains in a tenant's federation settings: how they are given (texts, the objects of New-CsEdgeDomainPattern
 * and New-CsEdgeAllowList, or @{Add=...}, @{Remove=...}, @{Replace=...}), kept (names in lower case) and shown.
 */
import { ConversionError, elementsOf, textOf, type ParameterType } from "@tieline/language";
import { PsDictionary, PsObject, type PsValue } from "@tieline/remoting/objects";
import type { Json } from "../../store/index.ts";
import type { SettingForm } from "./settings-kind.ts";

const EDGE = "Microsoft.Rtc.Management.WritableConfig.Settings.Edge";
export const ALLOW_ALL = `${EDGE}.AllowAllKnownDomains`;
export const ALLOW_LIST = `${EDGE}.AllowList`;
export const DOMAIN_PATTERN = `${EDGE}.DomainPattern`;

const DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** All known domains are allowed: no list. */
export function allowAllKnownDomains(): PsObject {
  return new PsObject({ typeNames: [ALLOW_ALL, "System.Object"], text: "AllowAllKnownDomains" });
}

export function domainPattern(domain: string): PsObject {
  const object = new PsObject({ typeNames: [DOMAIN_PATTERN, "System.Object"], text: domain });
  object.set("Domain", domain, "adapted");
  return object;
}

export function allowList(domains: readonly string[]): PsObject {
  const object = new PsObject({ typeNames: [ALLOW_LIST, "System.Object"], text: domains.join(",") });
  object.set("AllowedDomain", domains.map(domainPattern), "adapted");
  return object;
}

/** One domain, of a text or of an object that has one. @throws ConversionError */
export function domainOf(value: PsValue): string {
  const domain = textOf(value instanceof PsObject ? (value.get("Domain") ?? value) : value)
    .trim()
    .toLowerCase();
  if (!DOMAIN.test(domain)) throw new ConversionError(`"${domain}" is no domain.`);
  return domain;
}

/** The domains of a text, a list, or an object that has a list. @throws ConversionError */
export function domainsOf(value: PsValue): string[] {
  if (value === null) return [];
  const inner = value instanceof PsObject ? (value.get("AllowedDomain") ?? value.get("AllowedDomains") ?? value) : value;
  return [...new Set((elementsOf(inner) ?? [inner]).map(domainOf))];
}

const VERBS = ["add", "remove", "replace"];

/** What a hash table of changes makes of a list. @throws ConversionError */
function changed(changes: PsDictionary, before: readonly string[]): string[] {
  let domains = [...before];
  for (const [name, value] of changes.entries) {
    const verb = textOf(name).toLowerCase();
    if (!VERBS.includes(verb)) throw new ConversionError(`"${textOf(name)}" is neither Add nor Remove nor Replace.`);
    const named = domainsOf(value);
    if (verb === "replace") domains = named;
    else if (verb === "add") domains = [...new Set([...domains, ...named])];
    else domains = domains.filter((domain) => !named.includes(domain));
  }
  return domains;
}

const textsOf = (kept: Json | undefined): string[] => (Array.isArray(kept) ? kept.map(String) : []);
/** Also where the object has been on the wire. */
const isAll = (value: PsValue): boolean =>
  value === null || (value instanceof PsObject && value.typeNames[0]?.replace(/^Deserialized\./, "") === ALLOW_ALL);

/** Judged when it is bound, so that a wrong domain is an error of the parameter. */
export function listType(name: string): ParameterType {
  return {
    name,
    shown: "List",
    accepts: (value) => elementsOf(value) !== undefined,
    convert(value) {
      if (value instanceof PsDictionary) changed(value, []);
      else if (!isAll(value)) domainsOf(value);
      return value;
    },
  };
}

const keepList = (value: PsValue, before: Json | undefined): string[] =>
  value instanceof PsDictionary ? changed(value, textsOf(before)) : domainsOf(value);

export const BLOCKED_DOMAINS: SettingForm = {
  type: listType(`System.Collections.Generic.List\`1[${DOMAIN_PATTERN}]`),
  keep: keepList,
  show: (kept) => textsOf(kept).map(domainPattern),
};

/** A list, or everybody: kept as nothing. */
export const ALLOWED_DOMAINS: SettingForm = {
  type: listType(`${EDGE}.IAllowedDomainsChoice`),
  keep: (value, before) => (isAll(value) ? null : keepList(value, before)),
  show: (kept) => (Array.isArray(kept) ? allowList(kept.map(String)) : allowAllKnownDomains()),
};

export const ALLOWED_DOMAINS_LIST: SettingForm = {
  ...ALLOWED_DOMAINS,
  type: listType("System.Collections.Generic.List`1[System.String]"),
  of: "AllowedDomains",
};
