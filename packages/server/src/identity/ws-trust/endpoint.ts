/** The legacy token services on HTTP: SOAP in, SOAP out, and a refusal is a SOAP fault with the text that administrators know. */
import { serializeTrustFault, type IssueRequest } from "@tieline/auth";
import { asFault, Fault, isFault } from "@tieline/fault";
import type { TenantId } from "../../directory/index.ts";
import { readForm, sendJson, type Exchange } from "../exchange.ts";
import { asRefusal, causeOf, refusalNumber } from "../refusal.ts";
import { issueAssertion, issueTicket, ticketForPassword, type Issued, type TicketExchange } from "./token-services.ts";

const MAX_MESSAGE = 128 * 1024;
const LEGACY_CLIENT = "legacy";
/** What a peer hears beside the refusals of the authority; the rest speaks of the inside. */
const SAID: readonly string[] = ["trust-message-malformed", "assertion-refused"];

/** `/RST2.srf` and its newer addresses: a password for an assertion. */
export async function securityTokenService(exchange: Exchange): Promise<void> {
  await answered(exchange, "ws-trust", issueAssertion);
}

/** `/WebTicket/WebTicketService.svc`: an assertion for a web ticket. */
export async function webTicketService(exchange: Exchange): Promise<void> {
  await answered(exchange, "web-ticket", issueTicket);
}

/** `.../mex`: which token service the web ticket service trusts (WS-MetadataExchange, WS-SecurityPolicy 1.2 5.4.2), no more. */
export async function webTicketMetadata({ service, request, response }: Exchange): Promise<void> {
  request.resume();
  const address = `https://${service.options.host}/RST2.srf`;
  const body =
    '<?xml version="1.0" encoding="utf-8"?>' +
    '<wsp:Policy xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy" xmlns:sp="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702" ' +
    'xmlns:wsa="http://www.w3.org/2005/08/addressing"><sp:IssuedToken><sp:Issuer>' +
    `<wsa:Address>${address}</wsa:Address></sp:Issuer></sp:IssuedToken></wsp:Policy>`;
  send(response, 200, "text/xml; charset=utf-8", body);
}

/** `/WebTicket/oauthtoken`: the same for clients that speak no SOAP (grant `password`), for the endpoint of that name. */
export async function webTicketToken(exchange: Exchange): Promise<void> {
  const { service, request, response, address } = exchange;
  const form = await readForm(request);
  const grant = form.get("grant_type") ?? "";
  if (grant !== "password") throw new Fault("aadsts-70003", { grant: grant.slice(0, 64) });
  const target = form.get("resource") ?? `https://${service.options.endpointHosts[0] ?? ""}/OcsPowershellLiveId`;
  if (!service.isResource(target)) throw new Fault("aadsts-500011", { resource: target.slice(0, 256), tenant: "?" });
  const made = await ticketForPassword({ service, address }, form.get("username") ?? "", form.get("password") ?? "", target);
  await note(exchange, "web-ticket", made.account.tenantId, made.account.userPrincipalName, made.account.accountId, target, undefined);
  sendJson(response, 200, {
    access_token: made.ticket,
    token_type: "Bearer",
    expires_in: Math.floor((made.expiresMs - made.issuedMs) / 1000),
    ms_rtc_identityscope: "local",
  });
}

async function answered(
  exchange: Exchange,
  method: string,
  issue: (exchange: TicketExchange, text: string, onRequest: (request: IssueRequest) => void) => Promise<Issued>,
): Promise<void> {
  const { service, request, response, address, trace } = exchange;
  let asked: IssueRequest | undefined;
  const soap = (): IssueRequest["soap"] =>
    asked?.soap ?? (/\bapplication\/soap\+xml\b/i.test(request.headers["content-type"] ?? "") ? "1.2" : "1.1");
  const type = (): string => (soap() === "1.2" ? "application/soap+xml; charset=utf-8" : "text/xml; charset=utf-8");
  try {
    const issued = await issue({ service, address }, await readText(request), (found) => (asked = found));
    const { account } = issued;
    await note(exchange, method, account.tenantId, account.userPrincipalName, account.accountId, issued.request.appliesTo, undefined);
    send(response, 200, type(), issued.body);
  } catch (error) {
    const fault = isFault(error) && SAID.includes(error.code) ? error : asRefusal(error);
    if (fault.code === "aadsts-90033" || fault.code === "aadsts-9002313")
      service.options.log.warn({ correlationId: trace.correlationId, error: causeOf(fault) }, "a WS-Trust request failed");
    if (asked?.requestor.kind === "password") await noteRefusal(exchange, method, asked, fault);
    const code = fault.code === "trust-message-malformed" || fault.code === "aadsts-500011" ? "InvalidRequest" : "FailedAuthentication";
    const frame = { version: asked?.version ?? "1.3", soap: soap(), relatesTo: asked?.messageId ?? "" } as const;
    const tail = fault.code.startsWith("aadsts-") ? ` Trace ID: ${trace.traceId} Correlation ID: ${trace.correlationId}` : "";
    // SOAP 1.1 over HTTP: a fault is a 500 (section 6.2); 1.2 tells the sender's by 400 (part 2, 7.5.2.2).
    send(response, soap() === "1.2" ? 400 : 500, type(), serializeTrustFault({ code, text: `${fault.message}${tail}` }, frame));
  }
}

async function noteRefusal(exchange: Exchange, method: string, asked: IssueRequest, fault: Fault): Promise<void> {
  const user = asked.requestor.kind === "password" ? asked.requestor.user : "";
  const tenant = await exchange.service.tenantOfUser(user).catch(() => undefined);
  if (tenant !== undefined) await note(exchange, method, tenant.tenantId, user, null, asked.appliesTo, fault);
}

async function note(
  { service, trace, address, request }: Exchange,
  method: string,
  tenant: TenantId,
  name: string,
  accountId: string | null,
  resource: string,
  fault: Fault | undefined,
): Promise<void> {
  try {
    await service.signIns(tenant).add({
      atMs: trace.nowMs,
      accountId,
      name,
      appId: LEGACY_CLIENT,
      resource,
      method,
      result: fault === undefined ? 0 : refusalNumber(fault),
      address,
      userAgent: request.headers["user-agent"] ?? "",
      correlationId: trace.correlationId,
    });
  } catch (error) {
    service.options.log.warn({ correlationId: trace.correlationId, error: asFault(error).message }, "a sign-in could not be recorded");
  }
}

async function readText(request: Exchange["request"]): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_MESSAGE) throw new Fault("trust-message-malformed", { what: `it is longer than ${MAX_MESSAGE} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: Exchange["response"], status: number, type: string, body: string): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { "content-type": type, "content-length": bytes.length }).end(bytes);
}
