/**
 * The two generations of endpoints, which clients use side by side: v1 names what a token is for by `resource`, v2 inside
 * `scope` (`<resource>/.default`, `<resource>/user_impersonation`). Here a request of either becomes the one form that the
 * library reads (RFC 8707), and an answer becomes what clients of that generation expect.
 */
import { Fault } from "@tieline/fault";

export type Generation = "v1" | "v2";

/** The permission to act for the person, at every resource of ours. */
export const DELEGATED = "user_impersonation";

const OIDC_SCOPES = new Set(["openid", "profile", "email", "offline_access"]);
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** `https://host/path//.default` asks for a resource that ends with a slash. */
const QUALIFIED = /^(.+:\/\/.+|[0-9a-f]{8}-[0-9a-f-]{27})\/([^/]+)$/i;

/** What v2's scopes ask for. @throws Fault `aadsts-70011` */
export function splitScope(scope: string): { resource: string | undefined; scopes: string[] } {
  const resources = new Set<string>();
  const scopes: string[] = [];
  for (const each of scope.split(/\s+/).filter((word) => word !== "")) {
    const [, resource, permission] = QUALIFIED.exec(each) ?? [];
    if (resource === undefined || permission === undefined) {
      scopes.push(each);
      continue;
    }
    if (permission !== ".default" && permission !== DELEGATED) throw new Fault("aadsts-70011", { scope: each.slice(0, 256) });
    resources.add(resource);
  }
  if (resources.size > 1) throw new Fault("aadsts-70011", { scope: scope.slice(0, 256) });
  const [resource] = resources;
  const unknown = scopes.find((each) => !OIDC_SCOPES.has(each) && each !== DELEGATED);
  if (unknown !== undefined) throw new Fault("aadsts-70011", { scope: unknown.slice(0, 256) });
  return { resource, scopes };
}

/** For the authorization and the device endpoint. @throws Fault `aadsts-70011` */
export function readAuthorization(given: URLSearchParams, generation: Generation): URLSearchParams {
  const parameters = new URLSearchParams(given);
  const { resource, scopes } = splitScope(given.get("scope") ?? "");
  const wanted = given.get("resource") ?? resource;
  setOrDelete(parameters, "resource", wanted);
  const all = new Set([...scopes, "openid", "profile", ...(generation === "v1" ? ["offline_access"] : [])]);
  if (wanted !== undefined && wanted !== "") all.add(DELEGATED);
  parameters.set("scope", [...all].join(" "));
  const prompt = given.get("prompt") ?? undefined;
  // Choosing an account is signing in; consent for everybody is consent.
  setOrDelete(parameters, "prompt", prompt?.replace("select_account", "login").replace("admin_consent", "consent"));
  if (!parameters.has("response_type") && generation === "v1") parameters.set("response_type", "code");
  return parameters;
}

/** For the token endpoint. @throws Fault `aadsts-70011` */
export function readTokenRequest(given: URLSearchParams, generation: Generation): URLSearchParams {
  const parameters = new URLSearchParams(given);
  const grant = given.get("grant_type");
  const { resource, scopes } = splitScope(given.get("scope") ?? "");
  setOrDelete(parameters, "resource", given.get("resource") ?? resource);
  if (grant === "password")
    parameters.set("scope", [...new Set([...scopes, "openid", "profile", ...(generation === "v1" ? ["offline_access"] : [])])].join(" "));
  else parameters.delete("scope");
  if (grant === "device_code") parameters.set("grant_type", DEVICE_GRANT);
  if (parameters.get("grant_type") === DEVICE_GRANT && !given.has("device_code") && given.has("code")) {
    parameters.set("device_code", given.get("code") as string);
  }
  return parameters;
}

/** What of the library's answer a client of the generation gets. */
export interface TokenAnswer {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
  id_token?: string;
  scope?: string;
}

export interface TokenFacts {
  resource: string | undefined;
  /** Ids that the vendor's client library builds an account's key from. */
  clientInfo: { uid: string; utid: string } | undefined;
  nowMs: number;
}

export function writeTokenAnswer(answer: TokenAnswer, generation: Generation, facts: TokenFacts): Record<string, string | number> {
  const { resource, clientInfo } = facts;
  const seconds = Math.floor(facts.nowMs / 1000);
  const granted = (answer.scope ?? "").split(" ").filter((each) => each !== "");
  const tokens = {
    access_token: answer.access_token,
    ...(answer.refresh_token === undefined ? {} : { refresh_token: answer.refresh_token }),
    ...(answer.id_token === undefined ? {} : { id_token: answer.id_token }),
    ...(clientInfo === undefined ? {} : { client_info: Buffer.from(JSON.stringify(clientInfo)).toString("base64url") }),
  };
  if (generation === "v1") {
    return {
      token_type: "Bearer",
      ...(granted.includes(DELEGATED) ? { scope: DELEGATED } : {}),
      expires_in: String(answer.expires_in),
      ext_expires_in: String(answer.expires_in),
      expires_on: String(seconds + answer.expires_in),
      not_before: String(seconds),
      ...(resource === undefined ? {} : { resource }),
      ...tokens,
    };
  }
  // The vendor's client looks up its cache by what it asked for, which was `.default` mostly.
  const acting = granted.includes(DELEGATED) ? [DELEGATED, ".default"].map((each) => `${resource ?? ""}/${each}`) : [];
  const scope = [...granted.filter((each) => each !== DELEGATED), ...acting];
  return {
    token_type: "Bearer",
    ...(scope.length === 0 ? {} : { scope: scope.join(" ") }),
    expires_in: answer.expires_in,
    ext_expires_in: answer.expires_in,
    ...tokens,
  };
}

function setOrDelete(parameters: URLSearchParams, name: string, value: string | undefined): void {
  if (value === undefined || value === "") parameters.delete(name);
  else parameters.set(name, value);
}
