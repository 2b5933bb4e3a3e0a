/** The legacy sign-in against a service that answers what a test says: good, bad and hostile. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import {
  parseIssueRequest,
  SAML_11_TOKEN,
  serializeIssueResponse,
  serializeTrustFault,
  WEB_TICKET_TOKEN,
  type IssueRequest,
} from "@tieline/auth";
import { Dialler, NameMap } from "@tieline/net";
import { FakeTime, START_MS } from "./fake-authority.fixture.ts";
import { getWebTicket, type WebTicket } from "./web-ticket.ts";

const vector = (name: string): string => readFileSync(new URL(`../../../remoting/vectors/tls/${name}.pem`, import.meta.url), "utf8");
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const ISSUER = "https://login.test/RST2.srf";
const mexOf = (issuer: string): string =>
  `<p:Policy xmlns:p="p"><i:Issuer xmlns:i="i"><i:Address>${issuer}</i:Address></i:Issuer></p:Policy>`;
const TICKET = `<b:Token xmlns:b="b">${Buffer.from("a.web.ticket").toString("base64")}</b:Token>`;

interface Service {
  mex?: { status: number; body: string };
  /** In place of the token service's answer. */
  token?: (request: IssueRequest) => string;
  ticket?: (request: IssueRequest) => string;
}

const answered = (request: IssueRequest, xml: string, tokenType: string): string =>
  serializeIssueResponse(
    { tokenType, appliesTo: request.appliesTo, createdMs: START_MS, expiresMs: START_MS + 3_600_000, xml },
    { ...request, relatesTo: request.messageId },
  );

async function ask(service: Service): Promise<{ ticket: WebTicket | undefined; asked: string[]; requests: IssueRequest[] }> {
  const asked: string[] = [];
  const requests: IssueRequest[] = [];
  const server = createServer({ cert: vector("cert"), key: vector("key") }, (request, response) => {
    const chunks: Buffer[] = [];
    asked.push(`${request.method} ${request.headers.host}${request.url}`);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "GET") {
        const { status, body } = service.mex ?? { status: 200, body: mexOf(ISSUER) };
        return void response.writeHead(status).end(body);
      }
      const asks = parseIssueRequest(Buffer.concat(chunks).toString());
      requests.push(asks);
      const isToken = asks.requestor.kind === "password";
      const make = isToken ? service.token : service.ticket;
      return void response.end(
        make?.(asks) ?? (isToken ? answered(asks, "<Assertion/>", SAML_11_TOKEN) : answered(asks, TICKET, WEB_TICKET_TOKEN)),
      );
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = (server.address() as AddressInfo).port;
  const ticket = await getWebTicket({
    user: "admin@contoso.com",
    password: "hush-hush",
    target: new URL("https://admin0a.test/OcsPowershellLiveId"),
    dialler: new Dialler({ names: NameMap.of(["closed.test:443:127.0.0.1:1", `::127.0.0.1:${port}`]), tls: { insecure: true } }),
    sources: new FakeTime(),
  });
  return { ticket, asked, requests };
}

test("password, assertion, ticket: each is shown where the one before said, for what the next is for", async () => {
  const { ticket, asked, requests } = await ask({});
  expect(ticket).toEqual({ ticket: "a.web.ticket", expiresAtMs: START_MS + 3_600_000 });
  expect(asked).toEqual([
    "GET admin0a.test/WebTicket/WebTicketService.svc/mex",
    "POST login.test/RST2.srf",
    "POST admin0a.test/WebTicket/WebTicketService.svc",
  ]);
  expect(requests).toMatchObject([
    { requestor: { kind: "password" }, appliesTo: "https://admin0a.test/WebTicket/WebTicketService.svc" },
    { requestor: { kind: "assertion", xml: "<Assertion/>" }, appliesTo: "https://admin0a.test/OcsPowershellLiveId" },
  ]);
  expect(requests[0]?.messageId).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test.each([
  ["no such service", { status: 404, body: "" }],
  ["metadata that names nobody", { status: 200, body: "<a/>" }],
])("%s is no fault: another way may go", async (_, mex) => {
  expect((await ask({ mex })).ticket).toBeUndefined();
});

const refused =
  (text: string) =>
  (request: IssueRequest): string =>
    serializeTrustFault({ code: "FailedAuthentication", text }, { ...request, relatesTo: request.messageId });

test.each<[string, Service, string]>([
  [
    "a wrong password",
    { token: refused("AADSTS50126: Error validating credentials due to invalid username or password.") },
    "logon-failed",
  ],
  ["an unknown user", { token: refused("AADSTS50034: The user account does not exist in the directory.") }, "logon-failed"],
  [
    "an account with a second factor",
    {
      token: refused(
        "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access 'x'.",
      ),
    },
    "aadsts-50076",
  ],
  ["words that nobody knows", { token: refused("no") }, "trust-refused"],
  ["a web page", { token: () => "<html><body>Sign in</body></html>" }, "trust-message-malformed"],
  ["what is no XML", { token: () => "{}" }, "trust-message-malformed"],
  ["ten megabytes", { token: () => "a".repeat(10_000_000) }, "http-answer-too-large"],
  ["a document type", { mex: { status: 200, body: "<!DOCTYPE a><a/>" } }, "trust-message-malformed"],
  ["a token service without TLS", { mex: { status: 200, body: mexOf("http://login.test/RST2.srf") } }, "authority-unusable"],
  ["a token service where nobody listens", { mex: { status: 200, body: mexOf("https://closed.test/RST2.srf") } }, "live-id-unreachable"],
  [
    "a ticket that is none",
    { ticket: (request) => answered(request, "<b:T xmlns:b=b>AAAA</b:T>", WEB_TICKET_TOKEN) },
    "trust-message-malformed",
  ],
])("%s ends in a fault of the catalogue, which holds no password", async (_, service, code) => {
  const error: unknown = await ask(service).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(JSON.stringify(error)).not.toContain("hush-hush");
});
