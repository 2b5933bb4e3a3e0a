/**
 * The way of old to a session, for tenants whose modern sign-in is switched off ([MS-OCAUTHWS], WS-Trust 1.3):
 *
 *     the endpoint's web ticket service -> its metadata names a security token service
 *     security token service            -> an assertion for a password
 *     web ticket service                -> a ticket for that assertion, which opens the endpoint
 *
 * An account with a second factor is refused on the way, in the service's own words.
 */
import { randomUUID } from "node:crypto";
import {
  childrenOf,
  parseIssueResponse,
  readXml,
  SAML_11_TOKEN,
  serializeIssueRequest,
  WEB_TICKET_TOKEN,
  type IssueRequest,
} from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { get, postText, type Dialler } from "@tieline/net";
import type { LegacySignIn } from "./sign-in-wish.ts";

const TICKET_PATH = "/WebTicket/WebTicketService.svc";
const MESSAGE_LIFE_MS = 5 * 60_000;
const LARGEST_ANSWER = 256 * 1024;
const ADDRESSING = "http://www.w3.org/2005/08/addressing";

/** @throws Fault `aadsts-...`, `trust-refused`, `trust-message-malformed`, `authority-unusable`, and of the transport */
export const byWebTicket: LegacySignIn = async ({ user, password, target, dialler, signal, nowMs }) => {
  const service = new URL(TICKET_PATH, target);
  const metadata = await get(dialler, new URL(`${service.href}/mex`), options(signal));
  // No such service there: then the password goes as it is.
  if (metadata.status !== 200) return undefined;
  const issuer = issuerIn(new TextDecoder().decode(metadata.body), service);
  const ask = async (to: URL, requestor: IssueRequest["requestor"], appliesTo: string, tokenType: string): Promise<string> => {
    const createdMs = nowMs();
    const times = { createdMs, expiresMs: createdMs + MESSAGE_LIFE_MS };
    const message = {
      version: "1.3",
      soap: "1.2",
      to: to.href,
      messageId: `urn:uuid:${randomUUID()}`,
      requestor,
      appliesTo,
      tokenType,
    } as const;
    return issued(dialler, to, serializeIssueRequest({ ...message, ...times }), signal);
  };
  const assertion = await ask(issuer, { kind: "password", user, password }, service.href, SAML_11_TOKEN);
  const ticket = await ask(service, { kind: "assertion", xml: assertion }, `${target.origin}${target.pathname}`, WEB_TICKET_TOKEN);
  return { kind: "token", token: Buffer.from(readXml(ticket).text.trim(), "base64").toString("utf8") };
};

async function issued(dialler: Dialler, to: URL, message: string, signal: AbortSignal | undefined): Promise<string> {
  const answer = await postText(dialler, to, message, "application/soap+xml; charset=utf-8", options(signal));
  return parseIssueResponse(new TextDecoder().decode(answer.body), to.host).xml;
}

/** The address of the token service that the metadata trusts; a password goes to none without TLS. */
function issuerIn(text: string, service: URL): URL {
  const find = (node: ReturnType<typeof readXml>): string | undefined => {
    for (const issuer of node.children.filter(({ name }) => name === "Issuer")) {
      const [address] = childrenOf(issuer, ADDRESSING, "Address");
      if (address !== undefined) return address.text.trim();
    }
    return node.children.map(find).find((found) => found !== undefined);
  };
  const address = find(readXml(text)) ?? "";
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "https:") return url;
  throw new Fault("authority-unusable", { authority: service.href, what: "its metadata names no token service that TLS protects" });
}

function options(signal: AbortSignal | undefined): { maxBodyBytes: number; signal?: AbortSignal } {
  return { maxBodyBytes: LARGEST_ANSWER, ...(signal === undefined ? {} : { signal }) };
}
