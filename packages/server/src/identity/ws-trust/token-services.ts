/**
 * The two token services of the legacy sign-in, as state-free functions over a message:
 *
 *     security token service   a password        -> an assertion for the web ticket service (or another address of ours)
 *     web ticket service       that assertion    -> a web ticket for the remote PowerShell endpoint
 *
 * An account with a second factor is refused here as everywhere where a password comes alone.
 */
import { parseIssueRequest, serializeIssueResponse, SAML_11_TOKEN, WEB_TICKET_TOKEN, WSSE, WSU, type IssueRequest } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import type { Account } from "../../directory/index.ts";
import type { IdentityService } from "../service.ts";
import { signAssertion, verifyAssertion } from "./saml-assertion.ts";
import { issueWebTicket, type WebTicket } from "./web-ticket.ts";

export const TICKET_PATH = "/WebTicket/WebTicketService.svc";
/** Long enough for the next step, too short to be worth keeping. */
const ASSERTION_MS = 10 * 60_000;
const BASE64_BINARY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

export interface TicketExchange {
  service: IdentityService;
  /** The peer's address, for the guard. */
  address: string;
}

export interface Issued {
  request: IssueRequest;
  /** The SOAP message. */
  body: string;
  account: Account;
}

/** @throws Fault `trust-message-malformed`, `aadsts-...`, `assertion-refused`; `onRequest` is told of what was asked before any refusal */
export async function issueAssertion(exchange: TicketExchange, text: string, onRequest: (request: IssueRequest) => void): Promise<Issued> {
  const { service } = exchange;
  const request = read(service, text, onRequest);
  if (request.requestor.kind !== "password") throw new Fault("trust-message-malformed", { what: "it shows no password" });
  if (!isOurs(service, request.appliesTo)) throw new Fault("aadsts-500011", { resource: request.appliesTo.slice(0, 256), tenant: "?" });
  const { user, password } = request.requestor;
  const account = await judgePassword(exchange, user, password, request.appliesTo);
  const nowMs = service.options.sources.nowMs();
  const assertion = {
    tenantId: account.tenantId,
    accountId: account.accountId,
    userPrincipalName: account.userPrincipalName,
    audience: request.appliesTo,
    issuedMs: nowMs,
    expiresMs: nowMs + ASSERTION_MS,
  };
  const id = Buffer.from(service.options.sources.random(16)).toString("hex");
  const xml = await signAssertion({ keys: service.keys, host: service.options.host }, assertion, id);
  const token = { tokenType: SAML_11_TOKEN, appliesTo: request.appliesTo, createdMs: nowMs, expiresMs: assertion.expiresMs, xml };
  return { request, account, body: serializeIssueResponse(token, { ...request, relatesTo: request.messageId }) };
}

/** @throws as `issueAssertion` */
export async function issueTicket(exchange: TicketExchange, text: string, onRequest: (request: IssueRequest) => void): Promise<Issued> {
  const { service } = exchange;
  const request = read(service, text, onRequest);
  if (request.requestor.kind !== "assertion") throw new Fault("trust-message-malformed", { what: "it shows no assertion" });
  if (!service.isResource(request.appliesTo)) throw new Fault("aadsts-500011", { resource: request.appliesTo.slice(0, 256), tenant: "?" });
  const { sources, host, directory } = service.options;
  const audience = ticketAddress(service);
  const clock = { nowMs: sources.nowMs(), skewMs: service.skewSeconds * 1000 };
  const assertion = await verifyAssertion({ keys: service.keys, host }, request.requestor.xml, audience, clock);
  const account = await directory.accounts.get(assertion.accountId);
  if (account === undefined || account.tenantId !== assertion.tenantId || !account.enabled) throw new Fault("aadsts-50057");
  if (assertion.issuedMs < account.tokensValidFromMs) throw new Fault("assertion-refused", { reason: "it was revoked" });
  const made = await issueWebTicket(service, account, request.appliesTo);
  const xml =
    `<o:BinarySecurityToken xmlns:o="${WSSE}" xmlns:u="${WSU}" u:Id="ticket" ValueType="${WEB_TICKET_TOKEN}" EncodingType="${BASE64_BINARY}">` +
    `${Buffer.from(made.ticket).toString("base64")}</o:BinarySecurityToken>`;
  const token = {
    tokenType: WEB_TICKET_TOKEN,
    appliesTo: request.appliesTo,
    createdMs: made.issuedMs,
    expiresMs: made.expiresMs,
    xml,
  };
  return { request, account, body: serializeIssueResponse(token, { ...request, relatesTo: request.messageId }) };
}

/** A ticket for a password without SOAP: the grant `password` of the web ticket service's own token endpoint. */
export async function ticketForPassword(
  exchange: TicketExchange,
  user: string,
  password: string,
  target: string,
): Promise<WebTicket & { account: Account }> {
  const account = await judgePassword(exchange, user, password, target);
  return { ...(await issueWebTicket(exchange.service, account, target)), account };
}

export function ticketAddress({ options }: IdentityService): string {
  return `https://${options.endpointHosts[0] ?? options.host}${TICKET_PATH}`;
}

function read(service: IdentityService, text: string, onRequest: (request: IssueRequest) => void): IssueRequest {
  const request = parseIssueRequest(text);
  onRequest(request);
  const now = service.options.sources.nowMs();
  const skewMs = service.skewSeconds * 1000;
  // A message that was recorded must not open anything later.
  if (!(now - skewMs < request.expiresMs) || !(now + skewMs >= request.createdMs))
    throw new Fault("trust-message-malformed", { what: "its time stamp is missing, or not of now (check the clocks of both ends)" });
  return request;
}

/** @throws Fault `aadsts-50126` and its like, `aadsts-70003` where the tenant takes no passwords from programs, `aadsts-50076`, `aadsts-50079` */
async function judgePassword({ service, address }: TicketExchange, user: string, password: string, resource: string): Promise<Account> {
  const tenant = await service.tenantOfUser(user);
  if (tenant.kind !== "online") throw new Fault("aadsts-90002", { tenant: tenant.initialDomain });
  const instead = service.secondFactor.appPassword?.bind(service.secondFactor);
  const attempt = { user, password, address, tenant: tenant.tenantId, ...(instead === undefined ? {} : { instead }) };
  const { account, wasInstead } = await service.judge.judge(attempt);
  if (!(await service.settings(account.tenantId).get()).legacy) throw new Fault("aadsts-70003", { grant: "password" });
  if (wasInstead) return account;
  const demand = await service.secondFactor.demand(account, address, "legacy");
  if (demand === "proof") throw new Fault("aadsts-50076", { resource });
  if (demand === "registration") throw new Fault("aadsts-50079", { resource });
  return account;
}

function isOurs(service: IdentityService, address: string): boolean {
  return address.toLowerCase() === ticketAddress(service).toLowerCase();
}
