/** `/<tenant>/login/federated`: where a provider sends the browser back. It leads on to the interaction that the answer's state names. */
import { Fault } from "@tieline/fault";
import { NO_TENANT } from "../artifacts.ts";
import { checkOnce, sendPage, type Exchange } from "../exchange.ts";
import { RETURN_STEP } from "../federation/interaction-step.ts";
import { leadOn } from "../federation/lead-on.ts";
import { uidOfState } from "../federation/pending-sign-in.ts";

/** Of the whole answer, in characters. */
const MAX_ANSWER = 8192;

/** @throws Fault `aadsts-90055`, `aadsts-70044` */
export async function federatedReturn({ service, request, response, tenant, url }: Exchange): Promise<void> {
  request.resume();
  checkOnce(url.searchParams);
  if (url.search.length > MAX_ANSWER)
    throw new Fault("aadsts-90055", { what: `the answer of the identity provider is longer than ${MAX_ANSWER} characters` });
  const named = await service.tenantNamed(tenant);
  if (named === NO_TENANT) throw new Fault("aadsts-90019");
  const uid = uidOfState(url.searchParams.get("state") ?? "");
  if (uid === undefined) throw new Fault("aadsts-70044", { what: "the answer of the identity provider has no state of ours" });
  // Nothing is judged here: the cookies that tell whose answer it is are sent to that address alone.
  sendPage(response, leadOn(`/${named.tenantId}/login/${uid}/${RETURN_STEP}${url.search}`, "the service"));
}
