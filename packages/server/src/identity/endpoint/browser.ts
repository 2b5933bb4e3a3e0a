/** What a browser is led through: the authorization endpoint, the pages of an interaction, and the way back to the application. */
import { Fault } from "@tieline/fault";
import type { KoaContextWithOIDC, Provider } from "oidc-provider";
import { accountId, tenantId, type Tenant } from "../../directory/index.ts";
import { NO_TENANT } from "../artifacts.ts";
import { checkOnce, factsOf, readForm, redirect, sendPage, type Exchange } from "../exchange.ts";
import { federatedStep } from "../federation/interaction-step.ts";
import { readAuthorization } from "../generation.ts";
import type { Interaction, InteractionEnd, InteractionOutcome } from "../interaction.ts";
import { innerRequest, type InnerFacts } from "../provider/inner-request.ts";
import { ROUTES, thrownIn } from "../provider/tenant-provider.ts";
import { causeOf, readLibraryError, refusalBody, refusalNumber } from "../refusal.ts";

export async function authorize(exchange: Exchange): Promise<void> {
  const { service, request, response, url, generation } = exchange;
  const given = request.method === "POST" ? await readForm(request) : url.searchParams;
  checkOnce(given);
  const named = await service.tenantNamed(exchange.tenant);
  if (named === NO_TENANT) return findTenant(exchange, given);
  for (const field of ["client_id", "redirect_uri"]) if (!given.has(field)) throw new Fault("aadsts-90014", { field });
  if ((await service.settings(named.tenantId).get()).modernOverride === "Disallowed") {
    throw new Fault("modern-sign-in-off", { tenant: named.displayName });
  }
  const parameters = readAuthorization(given, generation);
  const facts = factsOf(exchange, named.tenantId, given);
  facts.facts.resource = parameters.get("resource") ?? "";
  if ((await service.applications(named.tenantId).find(facts.facts.appId)) === undefined) {
    throw new Fault("aadsts-700016", { app: facts.facts.appId, tenant: named.tenantId });
  }
  facts.finish = (ctx) => finish(exchange, facts, ctx);
  const provider = await service.provider(named.tenantId, generation);
  const path = `${ROUTES[generation]["authorization"] ?? ""}?${parameters.toString()}`;
  await provider.callback()(innerRequest(request, { method: "GET", mount: `/${named.tenantId}`, path, facts }), response);
}

/** Under `common`: the tenant of the user who is named, or of whom the page asks. */
async function findTenant({ service, response, url }: Exchange, given: URLSearchParams): Promise<void> {
  const hint = given.get("login_hint") ?? given.get("domain_hint");
  const { login_hint: _, ...fields } = Object.fromEntries(given);
  if (hint === null || hint === "") return sendPage(response, service.pages.askName(fields));
  try {
    const tenant = await service.tenantOfUser(hint.includes("@") ? hint : `@${hint}`);
    const path = url.pathname.replace(/^\/[^/]+/, `/${tenant.tenantId}`);
    return redirect(response, `${path}?${given.toString()}`);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return sendPage(response, service.pages.askName(fields, error));
  }
}

/** Addresses that are the library's own: the way back from an interaction, signing out, userinfo. */
export async function library(exchange: Exchange): Promise<void> {
  const { service, request, response, url, generation } = exchange;
  const named = await service.tenantNamed(exchange.tenant);
  if (named === NO_TENANT) throw new Fault("aadsts-90019");
  const body = request.method === "POST" ? await readForm(request) : undefined;
  const facts = factsOf(exchange, named.tenantId, body ?? url.searchParams);
  facts.finish = (ctx) => finish(exchange, facts, ctx);
  const provider = await service.provider(named.tenantId, generation);
  const path = url.pathname.replace(/^\/[^/]+/, "") + url.search;
  const method = request.method === "POST" ? "POST" : "GET";
  await provider.callback()(innerRequest(request, { method, mount: `/${named.tenantId}`, path, body, facts }), response);
}

/** A refusal that goes back to the application gets our words and number. */
function finish({ service, trace }: Exchange, facts: InnerFacts, ctx: KoaContextWithOIDC): void {
  const error = thrownIn(ctx);
  if (error === undefined) return;
  const location = ctx.response.get("location");
  const { fault, word } = readLibraryError(error, facts.facts);
  if (fault.code === "aadsts-9002313" || fault.code === "aadsts-90033") {
    service.options.log.warn({ correlationId: trace.correlationId, error: causeOf(fault) }, "a sign-in failed");
  }
  if (location === "" || !URL.canParse(location)) return;
  const target = new URL(location);
  if (!target.searchParams.has("error")) return;
  const body = refusalBody(fault, trace, service.options.host, word === "server_error" ? undefined : word);
  target.searchParams.set("error", body.error);
  target.searchParams.set("error_description", body.error_description);
  ctx.set("location", target.href);
}

/** Every request below `/<tenant>/login/<uid>`. */
export async function login(exchange: Exchange): Promise<void> {
  const { service, request, response, trace, address, rest } = exchange;
  const named = await service.tenantNamed(exchange.tenant);
  if (named === NO_TENANT) throw new Fault("aadsts-90019");
  const [uid = "", ...steps] = rest.split("/");
  const provider = await service.provider(named.tenantId, "v2");
  const facts = factsOf(exchange, named.tenantId, exchange.url.searchParams);
  const inner = innerRequest(request, { method: "GET", mount: `/${named.tenantId}`, path: `/login/${rest}`, facts });
  const details = await provider.interactionDetails(inner, response).catch((cause: unknown) => {
    throw readLibraryError(cause, facts.facts).fault;
  });
  if (details.uid !== uid) throw new Fault("aadsts-70044", { what: "it belongs to another window" });
  const params = Object.fromEntries(Object.entries(details.params).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
  const application = await service.applications(named.tenantId).find(params["client_id"] ?? "");
  if (application === undefined) throw new Fault("aadsts-700016", { app: params["client_id"] ?? "", tenant: named.tenantId });
  const { session } = details;
  const resources = [details.params["resource"]].flat().filter((each) => typeof each === "string");
  const interaction: Interaction = {
    uid,
    tenant: named,
    client: { appId: application.appId, displayName: application.displayName },
    prompt: { name: details.prompt.name, reasons: details.prompt.reasons },
    params,
    resources,
    signedIn: session === undefined ? undefined : await signedIn(provider, session),
    path: `/${named.tenantId}/login/${uid}`,
    step: steps.join("/"),
    form: request.method === "POST" ? await readForm(request) : new URLSearchParams(),
    address,
    correlationId: trace.correlationId,
  };
  const end = interactionEnd(exchange, provider, inner, named, interaction, details.returnTo);
  if (await federatedStep(service, { request, response }, interaction, end)) return;
  await service.pages.interact({ request, response }, interaction, end);
}

/** Who is signed in at the browser, and since when. */
async function signedIn(provider: Provider, session: { accountId: string; uid?: string }): Promise<InteractionOutcome> {
  const current = session.uid === undefined ? undefined : await provider.Session.findByUid(session.uid);
  const { amr = [], loginTs = 0, transient } = (current ?? {}) as { amr?: string[]; loginTs?: number; transient?: boolean };
  return { accountId: accountId(session.accountId), amr, authTimeMs: loginTs * 1000, remember: transient !== true };
}

function interactionEnd(
  exchange: Exchange,
  provider: Provider,
  inner: ReturnType<typeof innerRequest>,
  tenant: Tenant,
  interaction: Interaction,
  returnTo: string,
): InteractionEnd {
  const { service, response, trace, address, request } = exchange;
  const { uid, client, resources } = interaction;
  const finishWith = async (result: object): Promise<void> => {
    // One alone goes on, however many windows and browsers show the page.
    if (!(await service.artifacts.claim(tenant.tenantId, "Interaction", uid))) throw new Fault("sign-in-finished");
    await provider.interactionResult(inner, response, result as never, { mergeWithLastSubmission: true });
    const { pathname, search } = new URL(returnTo);
    redirect(response, pathname + search);
  };
  const note = async (name: string, account: string | null, result: number): Promise<void> => {
    await service.signIns(tenantId(tenant.tenantId)).add({
      atMs: trace.nowMs,
      accountId: account,
      name,
      appId: client.appId,
      resource: resources[0] ?? "",
      method: "interactive",
      result,
      address,
      userAgent: request.headers["user-agent"] ?? "",
      correlationId: trace.correlationId,
    });
  };
  return {
    async finish({ accountId: account, amr, authTimeMs, remember }) {
      await finishWith({ login: { accountId: account, amr: [...amr], ts: Math.floor(authTimeMs / 1000), remember } });
      await note(interaction.params["login_hint"] ?? "", account, 0);
    },
    async consent(options) {
      const account = options?.forTenant === true ? undefined : interaction.signedIn?.accountId;
      const applications = service.applications(tenant.tenantId);
      for (const resource of resources) await applications.consent(client.appId, resource, account);
      await finishWith({ consent: {} });
    },
    async decline(fault) {
      await finishWith({ error: "access_denied", error_description: fault.message });
    },
    note: (name, fault) => note(name, null, refusalNumber(fault) || 1),
  };
}
