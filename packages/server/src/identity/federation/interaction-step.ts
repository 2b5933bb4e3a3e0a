/**
 * Federation's turn in an interaction, before the pages have theirs: whoever is of a federated domain is led to the
 * provider as soon as the name is known, and comes back to `/<tenant>/login/<uid>/federated`.
 */
import { Fault } from "@tieline/fault";
import type { Interaction, InteractionEnd, PageRequest } from "../interaction.ts";
import type { IdentityService } from "../service.ts";
import { sendPage } from "../exchange.ts";
import type { FederatedDomain } from "./federated-domains.ts";
import { providerName } from "./federation.ts";
import { leadOn } from "./lead-on.ts";
import { forgottenCookie, hasShown, pendingCookie, readPending, shownCookie } from "./pending-sign-in.ts";

/** The step of an interaction to which a provider's answer is led. */
export const RETURN_STEP = "federated";
/** Whom a provider may know of the prompts of OpenID Connect Core 3.1.2.1; consent is asked for here. */
const PROMPTS = ["login", "select_account"];

/** True where the request was answered. @throws as `Federation.complete` */
export async function federatedStep(
  service: IdentityService,
  http: PageRequest,
  interaction: Interaction,
  end: InteractionEnd,
): Promise<boolean> {
  const { tenant, prompt, step, form, params } = interaction;
  const isPost = http.request.method === "POST";
  if (step === RETURN_STEP && !isPost) {
    await comeBack(service, http, interaction, end);
    return true;
  }
  if (prompt.name !== "login" || form.has("cancel") || (!isPost && step !== "")) return false;
  // Whoever has been there already is at a second factor of ours.
  if (!isPost && hasShown(service.vault, http.request.headers.cookie, tenant.tenantId, interaction.uid)) return false;
  const user = (isPost ? form.get("user") : params["login_hint"])?.trim() ?? "";
  const federated = await service.federation.of(tenant.tenantId, user);
  if (federated === undefined) return false;
  lead(service, http, interaction, federated, user);
  return true;
}

function lead(
  service: IdentityService,
  { request, response }: PageRequest,
  interaction: Interaction,
  federated: FederatedDomain,
  user: string,
): void {
  const { uid, tenant, params, path } = interaction;
  const asked = (params["prompt"] ?? "").split(" ").filter((each) => PROMPTS.includes(each));
  const { location, pending } = service.federation.begin(uid, federated, {
    user,
    prompt: asked.length === 0 ? undefined : asked.join(" "),
    maxAge: params["max_age"],
    redirectUri: `https://${ownHost(service, request.headers.host)}/${tenant.tenantId}/login/${RETURN_STEP}`,
  });
  response.setHeader("set-cookie", pendingCookie(service.vault, pending, tenant.tenantId, uid, path));
  sendPage(response, leadOn(seenFromHere(service, location), providerName(federated)));
}

async function comeBack(service: IdentityService, http: PageRequest, interaction: Interaction, end: InteractionEnd): Promise<void> {
  const { uid, tenant, path, address, params, resources } = interaction;
  const { request, response } = http;
  const nowMs = service.options.sources.nowMs();
  const pending = readPending(service.vault, request.headers.cookie, tenant.tenantId, uid, nowMs);
  if (pending === undefined) throw new Fault("aadsts-70044", { what: "this browser has not asked the identity provider, or too long ago" });
  response.setHeader("set-cookie", forgottenCookie(path));
  const answer = new URL(request.url ?? "/", "https://localhost").searchParams;
  const name = params["login_hint"] ?? `@${pending.domain}`;
  try {
    const { account, amr, isEnough } = await service.federation.complete(tenant.tenantId, pending, answer, params["max_age"]);
    const outcome = { accountId: account.accountId, amr, authTimeMs: nowMs, remember: false };
    if (isEnough) return await end.finish(outcome);
    if (service.pages.secondStep !== undefined) {
      response.setHeader("set-cookie", shownCookie(service.vault, tenant.tenantId, uid, path));
      return await service.pages.secondStep(http, interaction, end, { ...outcome, account });
    }
    const demand = await service.secondFactor.demand(account, address);
    if (demand === "none") return await end.finish(outcome);
    throw new Fault(demand === "proof" ? "aadsts-50076" : "aadsts-50079", { resource: resources[0] ?? "" });
  } catch (error) {
    if (error instanceof Fault) await end.note(name, error);
    throw error;
  }
}

/** The name by which the browser came, if it is one of ours or this machine's: the provider knows which of them it may lead back to. */
function ownHost({ options }: IdentityService, given = ""): string {
  const names = [options.host, ...options.aliases];
  const isOurs = names.includes(given.toLowerCase()) || /^(localhost|127\.0\.0\.1)(:\d{1,5})?$/.test(given);
  return isOurs ? given.toLowerCase() : options.host;
}

/** A provider at one of our own names is reached by the name that the browser has already. */
function seenFromHere({ options }: IdentityService, location: URL): string {
  const isOurs = [options.host, ...options.aliases].includes(location.host);
  return isOurs ? location.pathname + location.search : location.href;
}
