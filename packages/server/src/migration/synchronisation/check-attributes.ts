/** Whether the attributes of one object can be taken: sizes, types, and the forms of names and addresses. */
import { Fault } from "@tieline/fault";
import { ATTRIBUTE_FLOW, flowOf, type Attributes, type Flow } from "./attribute-flow.ts";
import { MAX_OBJECT_BYTES, type Change } from "./contract.ts";

/** What of the tenant the check asks for. */
export interface TenantNames {
  /** Verified domains, in lower case. */
  domains: ReadonlySet<string>;
  initialDomain: string;
}

const NAME = /^[^\s@]{1,64}@[^\s@]+$/;
const SIP = /^sip:[^\s@]+@[^\s@]+$/i;

/**
 * The attributes that are known here, with a user principal name of the tenant's own domains: a name in a domain that the
 * tenant has not becomes one in its initial domain, as people of contoso.local have to get a name that can sign in.
 *
 * @throws Fault `sync-large-object`, `sync-data-validation`
 */
export function checkAttributes(change: Change, names: TenantNames): Attributes {
  const size = Buffer.byteLength(JSON.stringify(change.attributes));
  if (size > MAX_OBJECT_BYTES) throw large("all attributes", `${size} bytes`, `${MAX_OBJECT_BYTES} bytes`);
  const known = Object.entries(change.attributes).filter(([name]) => flowOf(name) !== undefined);
  for (const [name, value] of known) checkValue(flowOf(name) as Flow, value);
  const attributes = Object.fromEntries(known) as Attributes;
  for (const { attribute, column } of ATTRIBUTE_FLOW) {
    if (column !== undefined && !hasText(attributes[attribute])) throw invalid(attribute, "it is missing");
  }
  const upn = textOf(attributes, "userPrincipalName");
  if (!NAME.test(upn)) throw invalid("userPrincipalName", `"${shown(upn)}" is not of the form name@domain`);
  if (attributes["msRTCSIP-PrimaryUserAddress"] !== undefined) {
    const sip = textOf(attributes, "msRTCSIP-PrimaryUserAddress");
    if (!SIP.test(sip)) throw invalid("msRTCSIP-PrimaryUserAddress", `"${shown(sip)}" is not of the form sip:name@domain`);
    const domain = domainOf(sip);
    if (!names.domains.has(domain)) throw invalid("msRTCSIP-PrimaryUserAddress", `the tenant has no verified domain ${shown(domain)}`);
  }
  return attributes;
}

/** The name under which the user is in the tenant; empty where the attributes have none. */
export function nameInTenant(attributes: Attributes, names: TenantNames): string {
  const upn = textOf(attributes, "userPrincipalName");
  if (upn === "") return "";
  return names.domains.has(domainOf(upn)) ? upn : `${upn.replace(/@.*$/, "")}@${names.initialDomain}`;
}

function checkValue(flow: Flow, value: unknown): void {
  const { attribute, type, maxLength, maxValues = 0 } = flow;
  const checkText = (text: unknown): void => {
    if (typeof text !== "string") throw invalid(attribute, "it is no text");
    if (text.includes("\0") || !text.isWellFormed()) throw invalid(attribute, "it holds characters that no text has");
    if (text.length > maxLength) throw invalid(attribute, `it is longer than ${maxLength} characters`);
  };
  switch (type) {
    case "text":
      return checkText(value);
    case "flag":
      if (typeof value !== "boolean") throw invalid(attribute, "it is neither true nor false");
      return;
    case "number":
      if (!Number.isSafeInteger(value)) throw invalid(attribute, "it is no whole number");
      return;
    case "list":
      if (!Array.isArray(value)) throw invalid(attribute, "it is no list");
      if (value.length > maxValues) throw large(attribute, `${value.length} values`, `${maxValues} values`);
      for (const each of value) checkText(each);
  }
}

function textOf(attributes: Attributes, name: string): string {
  const value = attributes[name];
  return typeof value === "string" ? value : "";
}

function domainOf(address: string): string {
  return address.replace(/^.*@/, "").toLowerCase();
}

function hasText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function shown(text: string): string {
  return text.slice(0, 128);
}

function invalid(attribute: string, reason: string): Fault {
  return new Fault("sync-data-validation", { attribute, reason });
}

function large(attribute: string, size: string, limit: string): Fault {
  return new Fault("sync-large-object", { attribute, size, limit });
}
