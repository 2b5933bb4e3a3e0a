/** What a client of the lab's legacy token services sends: a request for an assertion, or with `more` for something else. */
import { SAML_11_TOKEN, serializeIssueRequest, type IssueRequest } from "@tieline/auth";

/** The lab's authorization server, and its web ticket service. */
export const LOGIN_HOST = "login.online.lync.com";
export const TICKETS = "https://admin0a.online.lync.com/WebTicket/WebTicketService.svc";

export function trustMessage(requestor: IssueRequest["requestor"], more: Partial<IssueRequest> = {}): string {
  const now = Date.now();
  return serializeIssueRequest({
    version: "1.3",
    soap: "1.2",
    to: `https://${LOGIN_HOST}/RST2.srf`,
    messageId: "urn:uuid:1",
    createdMs: now,
    expiresMs: now + 300_000,
    requestor,
    appliesTo: TICKETS,
    tokenType: SAML_11_TOKEN,
    ...more,
  });
}
