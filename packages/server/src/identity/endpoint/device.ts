/** The browser's side of a device's sign-in (RFC 8628 3.3): the code is typed, its tenant found, and the rest happens there. */
import { Fault } from "@tieline/fault";
import { NO_TENANT } from "../artifacts.ts";
import { factsOf, redirect, sendPage, type Exchange } from "../exchange.ts";
import { innerRequest } from "../provider/inner-request.ts";
import { ROUTES } from "../provider/tenant-provider.ts";
import { library } from "./browser.ts";

/** `/device`: a code that began under `common` becomes the tenant's of whoever is named here. */
export async function devicePage({ service, request, response, url, address }: Exchange): Promise<void> {
  request.resume();
  const userCode = (url.searchParams.get("user_code") ?? "").trim().toUpperCase().replace(/[\s-]/g, "");
  const loginHint = url.searchParams.get("login_hint") ?? "";
  const ask = (needsName: boolean, refused?: Fault): void =>
    sendPage(response, service.pages.askDeviceCode({ userCode, loginHint, needsName }, refused));
  if (userCode === "") return ask(false);
  const { guard, sources } = service.options;
  // Codes are short: whoever tries many of them is stopped as one who tries passwords.
  const attempt = guard.admit(`device page ${address}`, address, sources.nowMs());
  const found = await service.artifacts.tenantOfUserCode(userCode);
  if (found === undefined) {
    attempt.failed(sources.nowMs());
    return ask(false, new Fault("aadsts-70018"));
  }
  attempt.succeeded(sources.nowMs());
  let tenant = found;
  if (found === NO_TENANT) {
    if (loginHint === "") return ask(true);
    try {
      tenant = (await service.tenantOfUser(loginHint)).tenantId;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return ask(true, error);
    }
    if (!(await service.artifacts.adopt(userCode, tenant))) return ask(true, new Fault("sign-in-finished"));
  }
  return redirect(response, `/${tenant}/oauth2/v2.0/deviceauth?user_code=${encodeURIComponent(userCode)}`);
}

/** The tenant's page for the code. The library would post its form by script; ours asks the person at once. */
export async function deviceVerification(exchange: Exchange): Promise<void> {
  const { service, request, response, url, generation } = exchange;
  if (request.method === "POST") return library(exchange);
  const named = await service.tenantNamed(exchange.tenant);
  if (named === NO_TENANT) throw new Fault("aadsts-90019");
  const facts = factsOf(exchange, named.tenantId, url.searchParams);
  const provider = await service.provider(named.tenantId, generation);
  const path = ROUTES[generation]["code_verification"] as string;
  await provider.callback()(innerRequest(request, { method: "GET", mount: `/${named.tenantId}`, path, facts }), response);
}
