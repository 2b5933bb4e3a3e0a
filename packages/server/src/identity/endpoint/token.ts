/**
 * The token and the device code endpoint, of both generations. A request passes these steps; each throws when it refuses:
 *
 *     the form                     one of each field, not too long
 *     the tenant                   from the address; under `common` from what is presented
 *     modern sign-in is on         Set-CsOAuthConfiguration
 *     the application              known, enabled, and itself
 *     the device does not hurry    RFC 8628 3.5
 *     the grant                    the library
 *
 * and its answer is turned into that of the generation, with the sign-in written to the tenant's log.
 */
import { Fault, isFault } from "@tieline/fault";
import type { KoaContextWithOIDC } from "oidc-provider";
import { tenantId, type TenantId } from "../../directory/index.ts";
import { NO_TENANT } from "../artifacts.ts";
import { authenticateClient } from "../client-authentication.ts";
import { factsOf, readForm, sendJson, type Exchange } from "../exchange.ts";
import { readAuthorization, readTokenRequest, writeTokenAnswer, type TokenAnswer } from "../generation.ts";
import { PROVEN } from "../provider/clients.ts";
import { innerRequest, type InnerFacts } from "../provider/inner-request.ts";
import { ROUTES, thrownIn, type LibraryAccount } from "../provider/tenant-provider.ts";
import { asRefusal, causeOf, readLibraryError, refusalBody, refusalNumber } from "../refusal.ts";

type TenantKey = TenantId | typeof NO_TENANT;

export async function token(exchange: Exchange): Promise<void> {
  const { service, generation, response } = exchange;
  const form = await readForm(exchange.request);
  const tenant = await tenantFor(exchange, form);
  const facts = factsOf(exchange, tenant, form);
  try {
    await checkModern(exchange, tenant);
    const parameters = readTokenRequest(form, generation);
    facts.facts.resource = parameters.get("resource") ?? "";
    await authenticate(exchange, tenant, form, parameters, facts);
    const device = parameters.get("device_code");
    const interval = (service.options.deviceInterval ?? 5) * 1000;
    if (device !== null && (await service.artifacts.polledTooSoon(device, interval))) {
      return sendJson(response, 400, { ...refusalBody(new Fault("aadsts-70016"), exchange.trace, service.options.host, "slow_down") });
    }
    facts.finish = (ctx) => finishToken(exchange, tenant, facts, ctx);
    await run(exchange, tenant, "token", parameters, facts);
  } catch (error) {
    const fault = asRefusal(error);
    await note(exchange, tenant, facts, fault);
    throw isFault(error) ? fault : error;
  }
}

export async function deviceCode(exchange: Exchange): Promise<void> {
  const { service, generation } = exchange;
  const form = await readForm(exchange.request);
  const hint = form.get("login_hint");
  const named = await service.tenantNamed(exchange.tenant);
  const tenant: TenantKey = named !== NO_TENANT ? named.tenantId : hint === null ? NO_TENANT : (await service.tenantOfUser(hint)).tenantId;
  await checkModern(exchange, tenant);
  const parameters = readAuthorization(form, generation);
  const facts = factsOf(exchange, tenant, form);
  facts.facts.resource = parameters.get("resource") ?? "";
  await authenticate(exchange, tenant, form, parameters, facts);
  facts.finish = (ctx) => finishDeviceCode(exchange, facts, ctx);
  await run(exchange, tenant, "device_authorization", parameters, facts);
}

/** Whose a code, a refresh token or a user name is. @throws Fault `aadsts-90002`, `aadsts-90019`, `aadsts-70018`, `aadsts-70000` */
async function tenantFor({ service, tenant }: Exchange, form: URLSearchParams): Promise<TenantKey> {
  const named = await service.tenantNamed(tenant);
  if (named !== NO_TENANT) return named.tenantId;
  const user = form.get("username");
  if (user !== null) return (await service.tenantOfUser(user)).tenantId;
  const grant = form.get("grant_type");
  const [model, id] =
    grant === "refresh_token"
      ? ["RefreshToken", form.get("refresh_token")]
      : grant === "authorization_code"
        ? ["AuthorizationCode", form.get("code")]
        : ["DeviceCode", form.get("device_code") ?? form.get("code")];
  if (id === null) throw new Fault("aadsts-90019");
  const found = await service.artifacts.tenantOf(model as string, id);
  if (found === undefined)
    throw model === "DeviceCode" ? new Fault("aadsts-70018") : new Fault("aadsts-70000", { what: "it is not known" });
  return found === NO_TENANT ? NO_TENANT : tenantId(found);
}

async function checkModern({ service }: Exchange, tenant: TenantKey): Promise<void> {
  if (tenant === NO_TENANT) return;
  if ((await service.settings(tenant).get()).modernOverride === "Disallowed") throw new Fault("modern-sign-in-off", { tenant });
}

async function authenticate(
  exchange: Exchange,
  tenant: TenantKey,
  form: URLSearchParams,
  parameters: URLSearchParams,
  facts: InnerFacts,
): Promise<void> {
  const { service, request, address } = exchange;
  const { application, isProven } = await authenticateClient(
    { parameters: form, authorization: request.headers.authorization, audiences: audiences(exchange, tenant), address },
    {
      applications: service.applications(tenant as TenantId),
      artifacts: service.artifacts,
      tenant,
      guard: service.options.guard,
      sources: service.options.sources,
      skewSeconds: service.skewSeconds,
      readKeys: service.readKeys,
    },
  );
  for (const name of ["client_assertion", "client_assertion_type", "client_secret"]) parameters.delete(name);
  parameters.set("client_id", application.appId);
  facts.facts.appId = application.appId;
  if (!isProven) return;
  facts.proven = application;
  parameters.set("client_secret", PROVEN);
}

/** A token endpoint in all its forms, and the issuers: what the vendor's clients write into `aud`. */
function audiences({ service, tenant: segment }: Exchange, tenant: string): string[] {
  const hosts = [service.options.host, ...service.options.aliases];
  return hosts.flatMap((host) =>
    [segment, tenant, "common", "organizations"].flatMap((name) =>
      ["/oauth2/token", "/oauth2/v2.0/token", "/v2.0", "/"].map((path) => `https://${host}/${name}${path}`),
    ),
  );
}

async function run(exchange: Exchange, tenant: TenantKey, endpoint: string, parameters: URLSearchParams, facts: InnerFacts): Promise<void> {
  const { service, request, response, generation } = exchange;
  const provider = await service.provider(tenant, generation);
  const path = ROUTES[generation][endpoint] as string;
  await provider.callback()(innerRequest(request, { method: "POST", mount: `/${tenant}`, path, body: parameters, facts }), response);
}

async function finishToken(exchange: Exchange, tenant: TenantKey, facts: InnerFacts, ctx: KoaContextWithOIDC): Promise<void> {
  const { generation, trace } = exchange;
  const refused = refuse(exchange, facts, ctx);
  const account = (ctx.oidc?.entities as { Account?: LibraryAccount } | undefined)?.Account?.account;
  facts.account ??= account;
  if (refused !== undefined) {
    if (refused.code !== "aadsts-70016") await note(exchange, tenant, facts, refused);
    return;
  }
  const entities = ctx.oidc.entities as { AccessToken?: { aud?: string }; ClientCredentials?: { aud?: string } };
  const resource = (entities.AccessToken ?? entities.ClientCredentials)?.aud;
  facts.facts.resource = resource ?? facts.facts.resource;
  ctx.body = writeTokenAnswer(ctx.body as TokenAnswer, generation, {
    resource,
    nowMs: trace.nowMs,
    clientInfo: facts.clientInfo && account !== undefined ? { uid: account.accountId, utid: account.tenantId } : undefined,
  });
  await note(exchange, tenant, facts, undefined);
}

function finishDeviceCode({ service, generation, trace, response }: Exchange, facts: InnerFacts, ctx: KoaContextWithOIDC): void {
  if (refuse({ service, trace, response } as Exchange, facts, ctx) !== undefined) return;
  const answer = ctx.body as { device_code: string; user_code: string; expires_in: number };
  const interval = service.options.deviceInterval ?? 5;
  const page = `https://${service.options.host}/device`;
  const message = `To sign in, use a web browser to open the page ${page} and enter the code ${answer.user_code} to authenticate.`;
  const { device_code, user_code } = answer;
  ctx.body =
    generation === "v1"
      ? { user_code, device_code, verification_url: page, expires_in: String(answer.expires_in), interval: String(interval), message }
      : {
          user_code,
          device_code,
          verification_uri: page,
          verification_uri_complete: `${page}?user_code=${user_code}`,
          expires_in: answer.expires_in,
          interval,
          message,
        };
}

/** The library's refusal in our words, where it is one. */
function refuse({ service, trace }: Exchange, facts: InnerFacts, ctx: KoaContextWithOIDC): Fault | undefined {
  if (ctx.status < 400) return undefined;
  const { fault, word } = readLibraryError(thrownIn(ctx) ?? ctx.body, facts.facts);
  if (fault.code === "aadsts-9002313" || fault.code === "aadsts-90033") {
    service.options.log.warn({ correlationId: trace.correlationId, error: causeOf(fault) }, "a token request failed");
  }
  ctx.status = fault.entry.http ?? 400;
  ctx.body = refusalBody(fault, trace, service.options.host, word === "server_error" ? undefined : word);
  return fault;
}

async function note(
  { service, trace, address, request }: Exchange,
  tenant: TenantKey,
  facts: InnerFacts,
  fault: Fault | undefined,
): Promise<void> {
  if (tenant === NO_TENANT) return;
  const account = facts.account;
  try {
    await service.signIns(tenant).add({
      atMs: trace.nowMs,
      accountId: account?.accountId ?? null,
      name: account?.userPrincipalName ?? facts.parameters.get("username") ?? facts.facts.appId,
      appId: facts.facts.appId,
      resource: facts.facts.resource,
      method: (facts.facts.grantType === "" ? "token" : facts.facts.grantType).replace(/^.*:/, ""),
      result: fault === undefined ? 0 : refusalNumber(fault) || 1,
      address,
      userAgent: request.headers["user-agent"] ?? "",
      correlationId: trace.correlationId,
    });
  } catch (error) {
    service.options.log.warn({ correlationId: trace.correlationId, error: String(error) }, "a row of the sign-in log could not be written");
  }
}
